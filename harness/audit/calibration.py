"""What must come together before anything is called derived. Figures and the models behind them: docs/audit.md.

A small p-value alone convicts nobody: models that learn from the same data resemble each other a little, and a p-value
grows small on a little. So every conviction also needs a resemblance that no pair of independents came near.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.audit.finding import Component

ALPHA = 0.01
"""Family-wise error rate of a whole audit."""

CALIBRATED_ON = (
    "Least effects for a conviction were set on 21 independent tiny models (width 32 to 128, 3 to 6 layers, 210 pairs);"
    " of 136 pairs of 17 others, which had no part in it, none was accused or referred."
)


@dataclass(frozen=True)
class Floor:
    """Least effect for a conviction."""

    agreement: float
    """Share of units, 0 to 1."""
    similarity: float
    """Median similarity of matched units."""
    hint: tuple[float, float]
    """Least agreement and similarity that experts are asked to look at."""
    alone: tuple[float, float] = (0.0, 0.0)
    """Least agreement and similarity of a layer that convicts without a second one."""

    def hints(self, agreement: float, similarity: float) -> bool:
        """Whether experts should look."""
        return agreement >= self.hint[0] and similarity >= self.hint[1]

    def convicts(self, agreement: float, similarity: float) -> bool:
        return agreement >= self.agreement and similarity >= self.similarity

    def suffices(self, agreement: float, similarity: float) -> bool:
        """Whether a layer that convicts may do so alone."""
        return agreement >= self.alone[0] and similarity >= self.alone[1]


ORDER = Floor(agreement=0.25, similarity=0.15, hint=(0.1, 0.1))
"""Independents reached 0.11 of the units; the p-value is exact whatever the data."""
MATCHING = Floor(agreement=0.35, similarity=0.35, hint=(0.2, 0.3), alone=(0.6, 0.6))
"""Without a p-value: both matchings see the same training data, and a rotation found in the layers has seen them.
Where embeddings alone were reused, the first layer's feed-forward units learn the same tokens again: 0.30 at 0.40, in
that layer only. So a single layer must be far above.
Independents reached 0.04 of feed-forward units, 0.19 of 16 value dimensions, similarity 0.27."""
FEWEST_AGREEING = 10
"""Units that must be matched alike before their share counts: of the 16 query dimensions that one key head has, 5 of
two independents agreed at a similarity of 0.37; of 12 on the held-out zoo 6, at 0.50."""
EMBEDDING_ORDER = Floor(agreement=0.25, similarity=0.15, hint=(0.1, 0.1))
"""Dimensions of the embedding that lie where the candidate's lie."""

ACTIVATIONS = Floor(agreement=0.5, similarity=0.5, hint=(0.35, 0.5), alone=(0.8, 0.8))
"""Without a p-value: models of the same data come to do the same on the same tokens."""


@dataclass(frozen=True)
class Heads:
    """Least unbiased CKA of heads, once the streams are brought together."""

    derived: float
    """Mean over layers that convicts."""
    refer: float
    """Mean over layers that experts are asked to look at."""
    layer: float
    """Likeness of one layer that is the candidate's."""
    layers: int
    """Such layers that convict, whatever the mean."""
    highest: float
    """Highest mean of independents."""


HEADS = Heads(derived=0.5, refer=0.4, layer=0.6, layers=2, highest=0.32)
"""No p-value: two models of the same data share some of it. Independents reached 0.13 where the floors were set, 0.32
on the held-out zoo."""


@dataclass(frozen=True)
class Tokens:
    """Least likeness of token tables."""

    derived: float
    """Held-out correlation of the least alike tenth of the directions that convicts."""
    refer: float
    """The same that experts are asked to look at."""
    highest: float
    """The same that independents reached."""
    turned: float
    """Median cosine of tokens in a basis that they did not determine, beside a text that descends."""


ENDS_ALIGNED = Tokens(derived=0.45, refer=0.35, highest=0.32, turned=0.3)
"""Independents reached 0.23 (heads of width 32, where the median token had a cosine of 0.66) where the floors were set,
0.32 on the held-out zoo."""


@dataclass(frozen=True)
class Renumbered:
    """Tokens found under other numbers."""

    agreement: float
    """Share of tokens that convicts, found alike by both halves of the directions."""
    close: float
    """Their median cosine."""
    moved: float
    """Share of tokens that must have moved; else the plain comparison speaks."""

    def convicts(self, agreement: float, close: float) -> bool:
        return agreement >= self.agreement and close >= self.close


RENUMBERED = Renumbered(agreement=0.5, close=0.85, moved=0.5)

BESIDE: Mapping[Component, tuple[float, float]] = {
    "embeddings": (0.4, 0.3), "head": (0.85, 0.55), "projector": (0.9, 0.75),
}  # fmt: skip
"""Median cosine of tokens, or of a projector's matrix, that convicts, and that experts are asked to look at, where a
part beside it is the candidate's. A head that was learned anew on a reused text and embeddings came to 0.77, on
reused embeddings alone to 0.28; embeddings on a reused text to 0.02."""
BESIDE_TIED = (0.85, 0.55)
"""The same for embeddings that are the head too."""
EVEN = 0.5
"""Whitened cosine of the least alike tenth of the tokens that convicts from the lower of both values on: what is
learned anew comes near for some tokens and not for others (0.40 where the median is 0.77), a mixture with another model
for all (0.58 at half and half)."""

START_SIMILARITY, START_NORMS, START_LAG = 0.95, 0.65, 0.3
"""One seed, other data: similarity of units 0.87, nearest norm gains 0.13 to 0.44; the same data in another order: 0.92
and 0.59. Continued pretraining at full rate: 0.90 and 0.67; a text whose embeddings and head were made anew: 0.87 and
0.59; a third of one model and two thirds of another: 0.49 and 0.52. So gains lag behind units where only a start is
shared."""

IDENTICAL_SHARE = 0.02
"""Share of a component's values in identical tensors that convicts where some are matrices of layers; less is for
experts to look at."""
MOST_OF_IT = 0.5
"""Share of a component's values, or of its matrices outside layers, that convicts: less may be drawn by a seed that
many share, or worked out."""
