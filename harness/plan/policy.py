"""Independence: which finding of the audit is forbidden, must be disclosed, or is allowed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.plan.base import Day, Frozen
from harness.plan.serving import Mark

Component = Literal["text", "vision", "audio", "projector", "embeddings", "head", "tokenizer", "code"]

Relation = Literal["derived", "refer", "not_comparable", "no_evidence"]
"""What the audit concluded about a component and a candidate."""

PolicyRuling = Literal["forbidden", "disclose", "allowed"]


class PolicyRow(Frozen):
    """What one kind of finding means; the first row that fits a finding counts."""

    components: tuple[Component, ...] = ()
    """Components that it speaks of; all where empty."""
    relations: tuple[Relation, ...] = Field(min_length=1)
    lineage: Literal["foreign", "own"] | None = None
    """Whether the candidate is the entrant's own earlier model; either where null. An unknown owner is foreign."""
    country: Literal["same", "other"] | None = None
    """Whether the candidate's owner is of the entrant's country; either where null. An unknown country is another."""
    declared: bool | None = None
    """Whether the entrant declared the reuse itself; either where null."""
    ruling: PolicyRuling
    """forbidden; disclose: allowed where the entrant declared it; allowed."""


class Declaration(Frozen):
    """What an entrant says of itself: a component that it took from elsewhere, or from its own earlier model."""

    component: Component
    of: str
    """Name of the model as the audit's reports name the candidate."""
    own: bool = False
    """It is the entrant's own earlier model."""
    text: str = ""
    """In the entrant's words, and where it says so."""


class EliminatedBefore(Frozen):
    """Who left in an earlier round."""

    owner: str
    """Owner as its model's config names it."""
    round: str
    """The round in which it left."""
    because: str = ""


class AdditionalCall(Frozen):
    """A call for further entrants between two rounds."""

    date: Day
    """Day of the choice."""
    owners: tuple[str, ...] = Field(min_length=1)
    """Who joined by it."""


class Lineage(Frozen):
    """Who may take part: those who advanced or joined by an additional call, and not who was eliminated before."""

    eliminated: tuple[EliminatedBefore, ...] = ()
    returns: Literal["forbidden", "allowed"] = "forbidden"
    """Whether who was eliminated may come back."""
    advanced: tuple[str, ...] = ()
    """Owners who advanced from the round before; everybody may take part where empty."""
    calls: tuple[AdditionalCall, ...] = ()

    def eliminated_in(self, owner: str) -> EliminatedBefore | None:
        """Where an owner left for good; None where it may take part."""
        if self.returns == "allowed":
            return None
        return next((before for before in self.eliminated if before.owner == owner), None)

    def admitted(self, owner: str) -> bool:
        """Whether an owner advanced or joined by a call; nobody is asked where the rules name none."""
        joined = {each for call in self.calls for each in call.owners}
        return not self.advanced or owner in self.advanced or owner in joined


class Announced(Frozen):
    """What a contest announced about an entrant."""

    decision: Literal["advance", "eliminate", "disqualify", "held"]
    source: str
    mark: Mark = "published"
