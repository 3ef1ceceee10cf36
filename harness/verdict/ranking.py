"""Elimination by rank: who stays, who leaves, and for whom that is not settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.plan import KeepK, LeaveK, Lowest
from harness.records import GateOutcome

Order = Literal["above", "below", "tied", "unclear", "unknown"]
"""How one entrant's total lies to another's; `unclear`: in doubt, `unknown`: not to be compared."""

Fate = Literal["stay", "leave", "undecided", "incomplete"]

Compare = Callable[[str, str], Order]


@dataclass(frozen=True)
class Place:
    """What the ranking does to one entrant."""

    fate: Fate
    doubtful: tuple[str, ...] = ()
    """Rivals who might or might not take a place from it, or leave in its stead."""


def place(name: str, gates: Mapping[str, GateOutcome], order: Compare, rule: KeepK | LeaveK | Lowest) -> Place:
    """One entrant's place; `gates`: every entrant's outcome, `order(a, b)`: how a's total lies to b's.

    keep k: it leaves where k rivals surely pass their gates and lie above it, and stays where fewer than k might.
    leave k: it stays where k rivals surely pass and lie below it, and leaves where fewer than k might. Between, it
    hangs on the rivals in question: `incomplete` where evidence of one is missing, since more would help, else
    `undecided`.
    """
    keeps, count, gates = _counted(gates, rule)
    rivals = sorted(rival for rival in gates if rival != name and gates[rival] != "fail")
    lies = {rival: _settled(order(rival, name), rule.ties) for rival in rivals}
    counted: Order = "above" if keeps else "below"
    spared: Order = "below" if keeps else "above"
    sure = [rival for rival in rivals if gates[rival] == "pass" and lies[rival] == counted]
    doubtful = tuple(rival for rival in rivals if rival not in sure and lies[rival] != spared)
    fates: tuple[Fate, Fate] = ("leave", "stay") if keeps else ("stay", "leave")
    if len(sure) >= count:
        return Place(fates[0])
    if len(sure) + len(doubtful) < count:
        return Place(fates[1])
    unknown = any(gates[rival] == "incomplete" or lies[rival] == "unknown" for rival in doubtful)
    return Place("incomplete" if unknown else "undecided", doubtful)


@dataclass(frozen=True)
class Crossing:
    """What it takes for an entrant to change sides of the line, whatever becomes of its gates."""

    rises: bool
    """It leaves now and would have to rise; else it stays and would have to fall."""
    rivals: tuple[str, ...]
    """Who lies on the other side of it."""
    needed: int
    """So many of them must change sides with it."""
    reaches: bool
    """Whether equal totals are enough."""


def crossing(
    name: str, gates: Mapping[str, GateOutcome], order: Compare, rule: KeepK | LeaveK | Lowest
) -> Crossing | None:
    """None where the line itself is not settled; arguments as in `place`.

    Who surely passes its gates can take a place, whoever might must be reckoned with where a place is to be safe.
    """
    keeps, count, gates = _counted(gates, rule)
    rivals = sorted(rival for rival in gates if rival != name and gates[rival] != "fail")
    lies = {rival: _settled(order(rival, name), rule.ties) for rival in rivals}
    if "unknown" in lies.values():
        return None
    side: Order = "above" if keeps else "below"
    counted = tuple(rival for rival in rivals if lies[rival] in (side, "unclear"))
    sure = [rival for rival in counted if gates[rival] == "pass" and lies[rival] == side]
    if len(sure) < count <= len(counted):
        return None
    full = len(sure) >= count
    others = tuple(rival for rival in rivals if rival not in sure and gates[rival] == "pass")
    return Crossing(
        rises=full == keeps,
        rivals=counted if full else others,
        needed=len(counted) - count + 1 if full else count - len(sure),
        reaches=rule.ties == ("stay" if full == keeps else "leave"),
    )


def _counted(
    gates: Mapping[str, GateOutcome], rule: KeepK | LeaveK | Lowest
) -> tuple[bool, int, Mapping[str, GateOutcome]]:
    """Whether places to stay are counted (else places to leave), how many, and who takes part."""
    if isinstance(rule, KeepK):
        # With slots used up, all are ranked together, whatever their gates.
        return True, rule.keep, dict.fromkeys(gates, "pass") if rule.disqualified_uses_slot else gates
    if rule.disqualified_uses_slot:
        # k leave in all, those who fail a gate among them: of the others, as many stay as if none had failed.
        return True, len(gates) - rule.leave, gates
    return False, rule.leave, gates


def _settled(order: Order, ties: Literal["undecided", "stay", "leave"]) -> Order:
    """Equal totals, as the rules have it: where they stay, an equal rival counts as below, else as above."""
    if order != "tied":
        return order
    if ties == "undecided":
        return "unclear"
    return "below" if ties == "stay" else "above"
