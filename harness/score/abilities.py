"""What an engine can do, found out by trying: two questions that need no task."""

from __future__ import annotations

from collections.abc import Mapping

from harness.plan.engine import FakeEngine, RemoteEngine, VllmEngine
from harness.request import Failure
from harness.score.calls import Call, Result, Shape, pack
from harness.score.covering import Abilities
from harness.score.shapes import LabelsCall, TraceCall

UNLIKELY = (3, 4)
"""Token ids that no model would generate by itself, so that forcing them shows."""


def trials(scope: str, prefix: int) -> dict[str, Call]:
    """A call of each shape that an engine may lack, by key."""
    prompt = pack([prefix, *UNLIKELY])
    calls: tuple[Call, ...] = (LabelsCall(scope, prompt, UNLIKELY), TraceCall(scope, prompt, UNLIKELY))
    return {call.key: call for call in calls}


def planned(engine: VllmEngine | RemoteEngine | FakeEngine) -> Abilities:
    """What the config says of an engine; of a remote one, which nobody knows, the least."""
    if isinstance(engine, RemoteEngine):
        return Abilities(frozenset())
    cached = not isinstance(engine, VllmEngine) or engine.prefix_caching
    return Abilities(frozenset({"labels", "trace"} if engine.forcing else {"labels"}), cached)


def shown(calls: Mapping[str, Call], results: Mapping[str, Result | Failure]) -> Abilities:
    """What the answers to the trials show."""
    shapes: set[Shape] = {
        call.shape for key, call in calls.items() if key in results and not isinstance(results[key], Failure)
    }
    return Abilities(frozenset(shapes))
