"""The three zoos as cases to judge: texts, models with encoders, and the hub's families."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from pathlib import Path

from harness.audit.finding import Component
from tests.zoo import second, vlm
from tests.zoo.confusion import Case, Truth
from tests.zoo.derivatives import DERIVATIVES, derivative
from tests.zoo.originals import ORIGINALS, original, write_checkpoint
from tests.zoo.train import train

CONTROLS = ("base_b", "tied_a")
"""Independents that every copy of the first zoo is held against too."""


def _kept(folder: Path, name: str, make: Callable[[], Path]) -> Path:
    """A checkpoint that is written once."""
    path = folder / name
    return path if (path / "config.json").exists() else make()


def first_original(folder: Path, name: str) -> Path:
    """One independent of the first zoo as a checkpoint."""
    shape = ORIGINALS[name].shape
    return _kept(folder, name, lambda: write_checkpoint(folder / name, original(name), shape.config()))


def _independent(candidate: str, component: Component) -> Truth:
    return "independent"


def _pairs(folder: Path, names: list[str], write: Callable[[Path, str], Path]) -> Iterator[Case]:
    """Every pair of independents, once."""
    later: dict[str, list[str]] = {}
    for one, other in combinations(names, 2):
        later.setdefault(one, []).append(other)
    for name, others in later.items():
        against = {other: partial(write, folder, other) for other in others}
        yield Case(name, partial(write, folder, name), against, _independent)


def first(folder: Path) -> Iterator[Case]:
    """The zoo on which the floors were chosen."""
    yield from _pairs(folder, list(ORIGINALS), first_original)
    for name, spec in DERIVATIVES.items():

        def write(name: str = name) -> Path:
            return _kept(folder, f"copy_{name}", lambda: write_checkpoint(folder / f"copy_{name}", *derivative(name)))

        def truth(
            candidate: str, component: Component, parent: str = spec.parent,
            descends: tuple[Component, ...] = spec.descends, also: tuple[str, ...] = spec.also,
        ) -> Truth:  # fmt: skip
            if candidate in (parent, *also):
                return "descends" if component in descends else "beside"
            return "independent"

        against = {other: partial(first_original, folder, other) for other in dict.fromkeys((spec.parent, *CONTROLS))}
        yield Case(name, write, against, truth)
    yield from _same_seed(folder)


def _same_seed(folder: Path) -> Iterator[Case]:
    """Models that began from an original's seed and learned from other data, or other orders of the same."""
    for name, language, order in (("base_a", 1, 1), ("tied_a", 1, 1), ("base_a", 0, 5)):
        spec = ORIGINALS[name]

        def write(name: str = name, language: int = language, order: int = order) -> Path:
            spec, place = ORIGINALS[name], f"seed_of_{name}_{language}{order}"
            return _kept(folder, place, lambda: write_checkpoint(
                folder / place,
                train(spec.shape, seed=spec.seed, language=language, order=order, steps=spec.steps)[0],
                spec.shape.config(),
            ))  # fmt: skip

        def truth(candidate: str, component: Component) -> Truth:
            return "same seed"

        yield Case(f"seed_of_{name}_{language}{order}", write, {name: partial(first_original, folder, name)}, truth)
        del spec


def towers(folder: Path) -> Iterator[Case]:
    """Models of several parts against those whose parts they may have, and against encoders by themselves."""
    candidates = {name: partial(_composed, folder, name) for name in vlm.CANDIDATES}
    lone = {f"lone_{name}": partial(vlm.write_lone, folder, name) for name in ("vision_a", "audio_a")}
    for name, spec in vlm.COMPOSED.items():

        def truth(candidate: str, component: Component, name: str = name, spec: vlm.Composed = spec) -> Truth:
            if candidate in vlm.CANDIDATES:
                found = vlm.descends(name, candidate)
                return "descends" if component in found else "beside" if found else "independent"
            return "descends" if component == spec.kind and candidate == f"lone_{spec.tower}" else "independent"

        yield Case(name, partial(_composed, folder, name), {**candidates, **lone}, truth)


def _composed(folder: Path, name: str) -> Path:
    return _kept(folder, name, lambda: vlm.write_composed(folder, name))


def held_out(folder: Path) -> Iterator[Case]:
    """The second zoo, which had no part in choosing floors."""
    yield from _pairs(folder, list(second.MEMBERS), _member)
    for name, copy in second.COPIES.items():

        def truth(candidate: str, component: Component, copy: second.Copy = copy) -> Truth:
            if candidate in (copy.parent, *copy.also):
                return "descends" if component in copy.descends else "beside"
            return "independent"

        def write(name: str = name) -> Path:
            place = f"copy_{name}"
            return _kept(folder, place, lambda: write_checkpoint(folder / place, *second.made(name)))

        names = dict.fromkeys((copy.parent, *copy.also, *second.CONTROLS))
        yield Case(name, write, {other: partial(_member, folder, other) for other in names}, truth)


def _member(folder: Path, name: str) -> Path:
    return _kept(folder, name, lambda: second.written(folder, name))


ZOOS: dict[str, Callable[[Path], Iterator[Case]]] = {"first": first, "towers": towers, "held_out": held_out}
