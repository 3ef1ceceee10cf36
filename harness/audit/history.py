"""Training evidence that an entrant submits: initial weights, early checkpoints, loss log. Does the story hang
together?

Weights that were initialised and then trained leave a trail: the first checkpoint looks random, each descends from the
one before it, the distance from the beginning grows without a leap, and the loss starts where guessing is. A trail that
fits proves nothing by itself (it can be made up from both ends); a trail that breaks is a question for experts.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from harness.audit.likeness import Alike, compare, correlation_p
from harness.audit.subject import Subject, open_subject, reading
from harness.audit.values import WEIGHTS, Floats, Values
from harness.checkpoint.architecture import Architecture
from harness.errors import ConfigError
from harness.plan.base import Frozen

Outcome = Literal["fits", "refer"]

ALPHA = 0.01
EDGE = 1.1
"""The largest singular value of a random matrix lies at s (sqrt(m) + sqrt(n)); more than this factor beyond it is
structure."""
LARGE = 1024
"""Values of a tensor that is looked at for descent."""
SAMPLE = 256
"""Rows and columns of a matrix that are looked at."""
LONGEST_STEP = 18
"""Digits of a step."""
FEWEST = 3
"""Checkpoints that make a trail."""
LEAP = 10.0
"""One stretch may go this many times as far per root of steps as the median stretch."""
GUESSING = 0.8
"""The first loss is at least this share of the logarithm of the vocabulary."""
RANDOM_SHARE = 0.9
"""Share of the first checkpoint's matrices that must look random."""


class Check(Frozen):
    """One question about the trail."""

    name: Literal["random_start", "descent", "smooth_growth", "loss_start", "loss_order"]
    """What was asked."""
    outcome: Outcome
    """`fits`, or `refer`: experts should ask the entrant."""
    statement: str
    """One sentence with the figures."""
    value: float | None = None
    """The figure that decided."""


@dataclass(frozen=True)
class Stretch:
    """From one checkpoint of the trail to the next."""

    steps: tuple[int, int]
    """Training steps at both ends."""
    distance: float
    """How far the weights moved, relative to their length at the beginning."""
    from_start: float
    """Distance of the later end from the first checkpoint."""
    unrelated_p: float
    """p of the median tensor's correlation between both ends: small where the later descends from the earlier."""


def looks_random(matrix: Floats) -> bool:
    """Whether the largest singular value of a corner lies no farther out than that of independent entries of its
    spread.
    """
    corner = np.asarray(matrix[:SAMPLE, :SAMPLE], np.float64)
    corner = corner - corner.mean()
    spread = float(corner.std())
    if spread == 0:
        return True  # zeros and other constants are an initialisation too
    edge = spread * (math.sqrt(corner.shape[0]) + math.sqrt(corner.shape[1]))
    return float(np.linalg.norm(corner, 2)) <= EDGE * edge


def random_start(first: Subject) -> Check:
    """Whether the first checkpoint's matrices look random."""
    found = [looks_random(matrix) for matrix in _beginnings(first.values)]
    share = float(np.mean(found)) if found else 0.0
    return Check(
        name="random_start",
        outcome="fits" if share >= RANDOM_SHARE else "refer",
        statement=f"{sum(found)} of {len(found)} matrices of the first checkpoint look like independent random values",
        value=share,
    )


def stretches(trail: Mapping[int, Subject]) -> list[Stretch]:
    """The trail in order of steps."""
    steps = sorted(trail)
    return [
        Stretch(
            steps=(earlier, later),
            distance=_distance(trail[earlier].values, trail[later].values),
            from_start=_distance(trail[steps[0]].values, trail[later].values),
            unrelated_p=_descent_p(list(compare(trail[earlier], trail[later], "weights"))),
        )
        for earlier, later in pairwise(steps)
    ]


def descent(found: Sequence[Stretch]) -> Check:
    """Whether every checkpoint descends from the one before it."""
    broken = [one for one in found if one.unrelated_p >= ALPHA]
    where = "" if not broken else f", not from step {broken[0].steps[0]} to {broken[0].steps[1]}"
    return Check(
        name="descent",
        outcome="refer" if broken else "fits",
        statement=f"{len(found) - len(broken)} of {len(found)} checkpoints descend from the one before them{where}",
        value=max((one.unrelated_p for one in found), default=None),
    )


def smooth_growth(found: Sequence[Stretch]) -> Check:
    """Whether the distance from the beginning grows, and no stretch leaps beyond what its steps explain."""
    speeds = [one.distance / math.sqrt(one.steps[1] - one.steps[0]) for one in found]
    median = float(np.median(speeds)) if speeds else 0.0
    fastest = max(range(len(found)), key=lambda place: speeds[place]) if found else 0
    leap = speeds[fastest] / median if median > 0 else 0.0
    shrinks = any(later.from_start < 0.9 * earlier.from_start for earlier, later in pairwise(found))
    said = f"from step {found[fastest].steps[0]} to {found[fastest].steps[1]}" if found else "nowhere"
    return Check(
        name="smooth_growth",
        outcome="refer" if leap > LEAP or shrinks else "fits",
        statement=f"the distance from the first checkpoint {'shrinks at one point' if shrinks else 'grows'};"
        f" the fastest stretch is {said}, {leap:.1f} times as fast as the median one",
        value=leap,
    )


def loss_checks(losses: Mapping[int, float], vocabulary: int) -> tuple[Check, Check]:
    """Whether the loss (nats a token, by step) starts at guessing, and ends below its start."""
    steps = sorted(losses)
    first, last, guess = losses[steps[0]], losses[steps[-1]], math.log(vocabulary)
    return (
        Check(
            name="loss_start",
            outcome="fits" if first >= GUESSING * guess else "refer",
            statement=f"the loss is {first:.2f} at step {steps[0]}; guessing among {vocabulary:,} gives {guess:.2f}",
            value=first / guess,
        ),
        Check(
            name="loss_order",
            outcome="fits" if last < first else "refer",
            statement=f"over {len(steps)} entries the loss goes from {first:.2f} to {last:.2f}",
            value=last,
        ),
    )


def read_losses(path: Path) -> dict[int, float]:
    """Loss by step from a file of JSON lines {"step": …, "loss": …}. ConfigError where it is none, or holds what is no
    loss.
    """
    found: dict[int, float] = {}
    for number, line in enumerate(_lines(path), 1):
        try:
            entry = json.loads(line)
            step, loss = int(entry["step"]), float(entry["loss"])
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise ConfigError(
                f"{path}:{number}: no entry of a loss log", 'write {"step": 0, "loss": 10.8} a line'
            ) from error
        if not math.isfinite(loss) or loss < 0 or step < 0:
            raise ConfigError(f"{path}:{number}: loss {loss} at step {step}", "give the log as training wrote it")
        found[step] = loss
    if not found:
        raise ConfigError(f"{path} holds no losses", 'write {"step": 0, "loss": 10.8} a line')
    return found


def _lines(path: Path) -> list[str]:
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"--losses {path} is no file", "give the log as training wrote it")
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ConfigError(f"--losses {path} cannot be read: {error.strerror}", "give the file of the log") from error


def checks(
    trail: Mapping[int, Subject], losses: Mapping[int, float] | None, vocabulary: int | None
) -> tuple[Check, ...]:
    """Every question that the evidence allows; `trail` holds checkpoints by step, the audited one last."""
    found = stretches(trail)
    asked = (random_start(trail[min(trail)]), descent(found), smooth_growth(found))
    return asked if losses is None or vocabulary is None else (*asked, *loss_checks(losses, vocabulary))


def _descent_p(found: Sequence[Alike]) -> float:
    """The middle one of all large tensors: a few that are equal in every model (tables of sines) decide nothing."""
    values = [correlation_p(one.pearson, one.size) if one.pearson > 0 else 1.0 for one in found if one.size >= LARGE]
    return float(np.median(values)) if values else 1.0


def _distance(before: Values, after: Values) -> float:
    """Length of the difference over that of the earlier weights: tensors of one name and shape, a part at a time."""
    moved = length = 0.0
    for name in _names(before):
        if name in after.tensors and after.tensors[name].shape == before.tensors[name].shape:
            for place in before.spans(name):
                start = before.span(name, *place).astype(np.float64)
                moved += float(np.sum((after.span(name, *place) - start) ** 2))
                length += float(np.sum(start**2))
    return math.sqrt(moved / length) if length else 0.0


def _beginnings(values: Values) -> Iterator[Floats]:
    """The first SAMPLE rows of every matrix."""
    for name in _names(values):
        shape = values.tensors[name].shape
        if len(shape) == 2 and min(shape) >= 16:
            yield values.span(name, 0, min(SAMPLE, shape[0]))


def _names(values: Values) -> list[str]:
    return [name for name, tensor in values.tensors.items() if tensor.dtype in WEIGHTS]


def history(trail: Sequence[str], losses: Path | None) -> tuple[Check, ...]:
    """The checks of STEP=CHECKPOINT entries and a loss log.

    ConfigError for entries or a log that are none; CheckpointError for checkpoints that the audit refuses too.
    """
    found: dict[int, Path] = {}
    for entry in trail:
        step, equals, folder = entry.partition("=")
        is_step = step.isdecimal() and len(step) <= LONGEST_STEP
        is_folder = os.path.isdir(folder)  # noqa: PTH112 (Path.is_dir raises where a name is too long)
        if not equals or not is_step or not is_folder or int(step) in found:
            raise ConfigError(
                f"{entry!r} is no STEP=CHECKPOINT of a new step and an existing folder", "write 1000=/ckpt/1000"
            )
        found[int(step)] = Path(folder)
    if len(found) < FEWEST:
        raise ConfigError(f"{len(found)} checkpoints are no trail", "give at least three, the first before training")
    read = None if losses is None else read_losses(losses)
    with reading(found[max(found)]):
        opened = {step: open_subject(f"of step {step}", folder) for step, folder in found.items()}
        return checks(opened, read, Architecture(opened[max(opened)].config).vocab_size)
