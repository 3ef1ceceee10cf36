"""`python -m tests.zoo.orientation`: the methods side by side on one model of width 96 and 6 layers, its copies and
strangers.

The table of docs/audit.md. Aligned weight similarity is shown as it was published too (unbiased CKA of query and key
weights, as stored and after Procrustes), beside the likeness of heads that the audit takes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from harness.audit import activations, aligned, norms, trunk
from harness.audit.aligned import unbiased_cka
from harness.audit.finding import Finding
from harness.audit.frame import procrustes
from harness.audit.pair import Body, Pair
from harness.audit.projections import Projections, Side
from harness.audit.subject import open_subject
from harness.environment import CACHE
from tests.zoo import attacks
from tests.zoo.model import Shape
from tests.zoo.originals import cached, write_checkpoint
from tests.zoo.train import Weights, train

SHAPE = Shape(width=96, layers=6, heads=6, kv_heads=6, ffn=256)
STEPS, RATE = 300, 3e-3
TABLE_SEED = 5


def _train(seed: int, language: int = 0) -> Weights:
    identity: dict[str, object] = {"orientation": seed, "language": language, "steps": STEPS, "rate": RATE}
    return cached(CACHE / "zoo", f"orientation_{seed}_{language}", identity,
                  lambda: train(SHAPE, seed=seed, language=language, steps=STEPS, rate=RATE))  # fmt: skip


def _tuned(weights: Weights, steps: int = 100, rate: float = 5e-4, shape: Shape = SHAPE) -> Weights:
    return train(shape, seed=9, language=1, order=7, steps=steps, rate=rate, start=weights)[0]


def pairs() -> Iterator[tuple[str, Weights, Shape, Weights]]:
    """Name, audited weights and shape, candidate's weights."""
    rng, parent = np.random.default_rng(TABLE_SEED), _train(1)
    for seed in (2, 3, 4, 5, 6):
        yield f"independent {seed - 1}", _train(seed), SHAPE, parent
    yield "same seed, other data", _train(1, language=1), SHAPE, parent
    yield "fine-tune", _tuned(parent), SHAPE, parent
    yield "continued pretraining, full rate", _tuned(parent, STEPS, RATE), SHAPE, parent
    permuted = attacks.permute_heads(attacks.permute_units(parent, SHAPE, rng), SHAPE, rng)
    yield "permuted + fine-tune", _tuned(permuted), SHAPE, parent
    yield "rotated + fine-tune", _tuned(attacks.rotate(parent, SHAPE, rng)), SHAPE, parent
    noised = {name: (value + rng.normal(0, 0.01, value.shape)).astype(np.float32) for name, value in parent.items()}
    yield "noise of 0.01", noised, SHAPE, parent
    pruned, cut = attacks.keep_layers(parent, SHAPE, (0, 1, 3, 5))
    yield "pruned + healed", _tuned(pruned, 100, 1e-3, cut), cut, parent
    yield "feed-forward reset + retrained", _tuned(attacks.reset_ffn(parent, SHAPE, rng), 150, 2e-3), SHAPE, parent


def row(pair: Pair) -> tuple[str, ...]:
    """The figures of one pair."""
    gains, order = _first(norms.findings, pair), _first(trunk.findings, pair)
    acted, heads = _first(activations.findings, pair), _first(aligned.findings, pair)
    p_value = "–" if order.p_value is None else f"{order.p_value:.1g}"
    return (
        f"{gains.details['cosine']:.3f}", f"{gains.details['nearest']:.2f}", p_value, f"{acted.value:.2f}",
        f"{awm(pair, turned=False):.2f}", f"{awm(pair, turned=True):.2f}", f"{heads.value:.2f}",
    )  # fmt: skip


def _first(findings: Callable[[Pair], tuple[Finding, ...]], pair: Pair) -> Finding:
    return next(one for one in findings(pair) if one.component == "text")


def awm(pair: Pair, *, turned: bool) -> float:
    """Mean over layers of the best unbiased CKA of query and key weights, as published."""
    rows = pair.token_rows("embeddings")
    assert rows is not None
    turn = procrustes(*rows) if turned else np.eye(SHAPE.width, dtype=np.float32)
    sides: list[list[Projections]] = [
        [Projections(stack, block, body.subject.values) for block in stack.blocks]
        for body in (pair.ours, pair.theirs)
        if (stack := body.anatomy.stacks["text"])
    ]
    names: tuple[Side, ...] = ("query", "key")
    scores = [
        [np.mean([unbiased_cka(one.read(name) @ turn, other.read(name)) for name in names]) for other in sides[1]]
        for one in sides[0]
    ]
    return float(np.max(scores, axis=1).mean())


HEADER = ("", "norm cosine", "norm Pearson", "weights p", "activations", "AWM", "AWM + Procrustes", "heads (CKA)")


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        lines = [HEADER, ("---",) * len(HEADER)]
        for index, (name, ours, shape, theirs) in enumerate(pairs()):
            bodies = (
                Body(open_subject(part, write_checkpoint(Path(folder) / f"{part}{index}", weights, sizes.config())))
                for part, weights, sizes in (("ours", ours, shape), ("theirs", theirs, SHAPE))
            )
            lines.append((name, *row(Pair(*bodies))))
            sys.stderr.write(f"{' '.join(lines[-1])}\n")
    sys.stdout.write("".join(f"| {' | '.join(line)} |\n" for line in lines))


if __name__ == "__main__":
    main()
