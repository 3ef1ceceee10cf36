"""Keep the k best: who stays, who leaves, and for whom that is not settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.records import GateOutcome

Order = Literal["above", "below", "unclear", "unknown"]
"""How one entrant's total lies to another's; `unclear`: tied or in doubt, `unknown`: not to be compared."""

Fate = Literal["stay", "leave", "undecided", "incomplete"]


@dataclass(frozen=True)
class Place:
    """What the ranking does to one entrant."""

    fate: Fate
    doubtful: tuple[str, ...]
    """Rivals who might or might not take a place from it."""


def place(name: str, gates: Mapping[str, GateOutcome], order: Callable[[str, str], Order], keep: int) -> Place:
    """One entrant's place among those who pass their gates; `order(a, b)` is how a lies to b.

    It leaves where k rivals surely pass and lie above it, stays where fewer than k might; else it hangs on the rivals
    between. Of these, one whose evidence is missing or not comparable makes it `incomplete`, since more evidence would
    help; mere overlap or a tie makes it `undecided`.
    """
    rivals = sorted(rival for rival in gates if rival != name and gates[rival] != "fail")
    ahead = [rival for rival in rivals if gates[rival] == "pass" and order(rival, name) == "above"]
    doubtful = tuple(rival for rival in rivals if rival not in ahead and order(rival, name) != "below")
    if len(ahead) >= keep:
        return Place("leave", ())
    if len(ahead) + len(doubtful) < keep:
        return Place("stay", ())
    unknown = any(gates[rival] == "incomplete" or order(rival, name) == "unknown" for rival in doubtful)
    return Place("incomplete" if unknown else "undecided", doubtful)
