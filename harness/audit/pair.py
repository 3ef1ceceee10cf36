"""The audited checkpoint beside one candidate: what they share, worked out once for all methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from harness.audit.anatomy import STACKED, Anatomy, anatomy
from harness.audit.finding import Component, Finding
from harness.audit.frame import Frame
from harness.audit.memory import left_out, widest
from harness.audit.parts import Stack
from harness.audit.rows import crossed, polar
from harness.audit.subject import Subject
from harness.audit.tables import Table, stored
from harness.audit.turning import Turn, turn_by_layers
from harness.audit.units import readable
from harness.audit.values import Floats, Ids
from harness.audit.vocabulary import Vocabulary, shared_rows, vocabulary
from harness.plan.audit import MEMORY_GIB

FEWEST_PER_DIMENSION = 4
"""Shared tokens per dimension below which a fitted rotation proves nothing."""
MOST_TOKENS = 8192
"""Shared tokens that determine a rotation, in wide streams FEWEST_PER_DIMENSION; more add cost and no certainty."""


class Body:
    """A subject with its anatomy and vocabulary."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @cached_property
    def anatomy(self) -> Anatomy:
        return anatomy(self.subject)

    @cached_property
    def vocabulary(self) -> Vocabulary | None:
        return vocabulary(self.subject.folder)

    @property
    def stacks(self) -> Sequence[Stack]:
        """The layers of all components, and those beside them."""
        return (*self.anatomy.stacks.values(), *self.anatomy.beside)

    @cached_property
    def layered(self) -> Mapping[Component, frozenset[str]]:
        """Names of the matrices that layers are read from, by component."""
        found: dict[Component, frozenset[str]] = {}
        for stack in self.stacks:
            names = {name for block in stack.blocks for name in readable(stack, block, self.subject.values)}
            found[stack.component] = found.get(stack.component, frozenset()) | names
        return found

    def matrix(self, component: Component) -> str | None:
        """Name of the token embedding or the head."""
        return self.anatomy.embedding if component == "embeddings" else self.anatomy.head


@dataclass(frozen=True)
class Pair:
    """The audited checkpoint and one candidate."""

    ours: Body
    """The audited checkpoint."""
    theirs: Body
    """The candidate."""
    memory_gib: float = MEMORY_GIB
    """What the audit may take."""
    chosen: tuple[Stack, Stack] | None = None
    """The only layers that are compared; null for those of every component that both have."""

    @property
    def candidate(self) -> str:
        return self.theirs.subject.name

    @cached_property
    def tokens(self) -> tuple[Ids, Ids] | None:
        """Rows of both embeddings that belong to the same tokens; None where no tokens can be paired."""
        names = self.ours.anatomy.embedding, self.theirs.anatomy.embedding
        if names[0] is None or names[1] is None:
            return None
        sizes = (
            self.ours.subject.values.tensors[names[0]].shape[0],
            self.theirs.subject.values.tensors[names[1]].shape[0],
        )
        return shared_rows(self.ours.vocabulary, self.theirs.vocabulary, sizes)

    def token_rows(self, component: Component) -> tuple[Table, Table] | None:
        """Vectors of shared tokens, in the embeddings or the heads: (tokens, width) of both."""
        return self.token_rows_of(self.ours.matrix(component), self.theirs.matrix(component))

    def token_rows_of(
        self, ours: str | None, theirs: str | None, gains: tuple[Floats, Floats] | None = None
    ) -> tuple[Table, Table] | None:
        """The same from any two matrices of one row per token, columns times gains."""
        if ours is None or theirs is None or self.tokens is None:
            return None
        rows = self._some(self.tokens, ours, theirs)
        if rows is None:
            return None
        one = np.ones(1, np.float32)
        first, second = (one, one) if gains is None else gains
        return (
            stored(self.ours.subject.values, ours, rows[0], first),
            stored(self.theirs.subject.values, theirs, rows[1], second),
        )

    def _some(self, tokens: tuple[Ids, Ids], name: str, other: str) -> tuple[Ids, Ids] | None:
        """Shared rows, evenly spread, that both matrices have: at most as many as a rotation needs."""
        ours, theirs = tokens
        shapes = self.ours.subject.values.tensors[name].shape, self.theirs.subject.values.tensors[other].shape
        most = max(MOST_TOKENS, FEWEST_PER_DIMENSION * max(*shapes[0][1:], *shapes[1][1:]))
        inside = (ours < shapes[0][0]) & (theirs < shapes[1][0])
        ours, theirs = ours[inside], theirs[inside]
        if len(ours) == 0:
            return None
        chosen = np.unique(np.linspace(0, len(ours) - 1, min(len(ours), most)).astype(np.int64))
        return ours[chosen], theirs[chosen]

    def fits(self, *widths: int) -> bool:
        """Whether matrices of width x width fit the memory, as bringing two streams into one basis needs them."""
        return max(widths) <= widest(self.memory_gib)

    def left_out(self, component: Component, *widths: int) -> Finding:
        """What is said where the memory does not suffice: then no evidence is no conclusion either."""
        return left_out(component, self.candidate, "alignment", max(widths), self.memory_gib)

    def stacks(self, component: Component) -> tuple[Stack, Stack] | None:
        """The layers of the component in both; None where one has none."""
        if self.chosen is not None:
            return self.chosen if component == self.chosen[0].component else None
        ours = self.ours.anatomy.stacks.get(component)
        theirs = self.theirs.anatomy.stacks.get(component)
        return None if ours is None or theirs is None else (ours, theirs)

    @property
    def components(self) -> Sequence[Component]:
        """Those whose layers are compared."""
        if self.chosen is not None:
            return (self.chosen[0].component,)
        return [component for component in STACKED if component in self.ours.anatomy.members]

    def beside(self) -> Iterator[tuple[Pair, Stack, Stack]]:
        """Every other two stacks with the pair of which only they are compared: those of one component, those of one
        width, and those of a component that the candidate lacks with all of its.

        A copy may lie beside layers that are larger, or under a name that speaks of another component.
        """
        ours, theirs = (body.anatomy for body in (self.ours, self.theirs))
        for mine, other in product(self.ours.stacks, self.theirs.stacks):
            together = mine.component == other.component
            main = ours.stacks.get(mine.component) is mine and theirs.stacks.get(other.component) is other
            misnamed = not together and (mine.width == other.width or mine.component not in theirs.stacks)
            if (together and not main) or misnamed:
                yield self._only(mine, other), mine, other

    def _only(self, mine: Stack, other: Stack) -> Pair:
        """The same pair, of which only these layers are compared; what tokens determine is not worked out again."""
        pair = Pair(self.ours, self.theirs, self.memory_gib, (mine, other))
        for known in ("tokens", "vocabulary_turn"):
            if known in self.__dict__:
                pair.__dict__[known] = self.__dict__[known]
        return pair

    def frames(self, component: Component) -> Iterator[Frame]:
        """Every way of bringing the two streams into one basis, the cheapest first, worked out when asked for."""
        stacks = self.stacks(component)
        if stacks is None:
            return
        if stacks[0].width == stacks[1].width:
            yield Frame("as stored", None)
        entering = self._entering(component) if stacks[1].component == component else None
        if entering is not None and entering.shape == (stacks[0].width, stacks[1].width):
            yield Frame("by vocabulary" if component == "text" else "by patches", entering)
        turn = self.turn(component)
        if turn is not None:
            yield Frame("by layers", turn.rotation, turn.without)

    def _entering(self, component: Component) -> Floats | None:
        """The rotation that what enters the streams determines."""
        return self.vocabulary_turn if component == "text" else self._rotation(self._patches(component))

    @cached_property
    def vocabulary_turn(self) -> Floats | None:
        """The rotation (audited width, candidate's width) that shared tokens of the embeddings determine."""
        return self._rotation(self.token_rows("embeddings"))

    def turn(self, component: Component) -> Turn | None:
        """The rotation that the layers themselves determine, worked out once."""
        if component not in self.turns:
            stacks = self.stacks(component)
            values = self.ours.subject.values, self.theirs.subject.values
            self.turns[component] = None if stacks is None else turn_by_layers(*stacks, values)
        return self.turns[component]

    @cached_property
    def turns(self) -> dict[Component, Turn | None]:
        """Rotations found so far."""
        return {}

    def _patches(self, component: Component) -> tuple[Floats, Floats] | None:
        """What enters two towers, pixel by pixel: (pixels, width) of both."""
        names = self.ours.anatomy.anchors.get(component), self.theirs.anatomy.anchors.get(component)
        if names[0] is None or names[1] is None:
            return None
        ours, theirs = self.ours.subject.values.whole(names[0]), self.theirs.subject.values.whole(names[1])
        ours, theirs = ours.reshape(len(ours), -1).T, theirs.reshape(len(theirs), -1).T
        return (ours, theirs) if len(ours) == len(theirs) else None

    def _rotation(self, entering: tuple[Table, Table] | None) -> Floats | None:
        """What brings the vectors that enter one stream to those of the other; None where they are too few or wide."""
        if entering is None:
            return None
        widths = entering[0].shape[1], entering[1].shape[1]
        return polar(crossed(*entering)) if len(entering[0]) >= max(widths) and self.fits(*widths) else None
