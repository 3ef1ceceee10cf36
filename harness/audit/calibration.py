"""What must come together before anything is called derived. Figures and the models behind them: docs/audit.md.

A small p-value alone convicts nobody: models that learn from the same data resemble each other a little, and a p-value
grows small on a little. So every conviction also needs a resemblance that no pair of independents came near.
"""

from __future__ import annotations

from dataclasses import dataclass

ALPHA = 0.01
"""Family-wise error rate of a whole audit."""

CALIBRATED_ON = (
    "Least effects for a conviction were set on 16 independent tiny models (width 64 to 96, 4 to 6 layers, 120 pairs)."
)


@dataclass(frozen=True)
class Floor:
    """Least effect for a conviction."""

    agreement: float
    """Share of units, 0 to 1."""
    similarity: float
    """Median similarity of matched units."""
    alpha: float = ALPHA
    """Family-wise error rate that the p-value must meet."""
    hint: tuple[float, float] = (0.0, 0.0)
    """Least agreement and similarity that experts are asked to look at; zeros: the p-value alone decides."""
    alone: tuple[float, float] = (0.0, 0.0)
    """Least agreement and similarity of a layer that convicts without a second one."""

    def hints(self, agreement: float, similarity: float, p_value: float, limit: float) -> bool:
        """Whether experts should look."""
        return p_value <= limit and agreement >= self.hint[0] and similarity >= self.hint[1]

    def convicts(self, agreement: float, similarity: float, p_value: float, limit: float) -> bool:
        return p_value <= limit and agreement >= self.agreement and similarity >= self.similarity

    def suffices(self, agreement: float, similarity: float) -> bool:
        """Whether a layer that convicts may do so alone."""
        return agreement >= self.alone[0] and similarity >= self.alone[1]


ORDER = Floor(agreement=0.25, similarity=0.15)
"""Independents reached 0.11 of the units; the p-value is exact whatever the data."""
MATCHING = Floor(agreement=0.35, similarity=0.35, hint=(0.2, 0.3), alone=(0.6, 0.6))
"""Not exact: both matchings see the same training data, and the rotation by moments has seen the gates.
Where embeddings alone were reused, the first layer's feed-forward units learn the same tokens again: 0.30 at 0.40, in
that layer only. So a single layer must be far above.
Independents reached 0.04 of feed-forward units, 0.19 of 16 value dimensions, similarity 0.27."""
EMBEDDING_ORDER = Floor(agreement=0.25, similarity=0.15)
"""Dimensions of the embedding that lie where the candidate's lie."""

ALIGNED_REFER, ALIGNED_DERIVED = 0.5, 0.7
"""Whitened held-out alignment of embeddings: independents reached 0.11 (embeddings) and 0.30 (heads, long training)."""

START_SIMILARITY, START_NORMS = 0.95, 0.3
"""One seed, other data: similarity 0.86, norm gains -0.05. Continued pretraining at full rate: 0.93 and 0.71."""

IDENTICAL_SHARE = 0.02
"""Share of a component's values in identical tensors that convicts; less is for experts to look at."""
FEWEST_DISTINCT = 32
"""Distinct values that a tensor needs before being identical means anything."""
