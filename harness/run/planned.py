"""What a round would do, in words: nothing is loaded, nothing is served."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from harness.plan import Floor, Gate, Model, RemoteEngine, Round, Suite, VllmEngine
from harness.serve import vllm_commands

ANY_PORT = 8000


def planned(round_: Round) -> str:
    """Models with the commands that serve them, suites with their sizes, rules."""
    return "\n".join(_lines(round_))


def _lines(round_: Round) -> Iterator[str]:
    yield f"round {round_.name}{'  (DEMO)' if round_.demo else ''}"
    for model in round_.models:
        yield from _model_lines(round_, model)
    for suite in round_.suites:
        yield from _suite_lines(suite)
    yield from _rule_lines(round_)


def _model_lines(round_: Round, model: Model) -> Iterator[str]:
    role = "entrant" if model in round_.entrants else "reference"
    yield f"\n{role} {model.name}: {model.title}, {model.owner} ({model.country}), {model.licence}, mode {model.mode}"
    engine = round_.engine_of(model.name)
    if isinstance(engine, VllmEngine):
        where = getattr(model.source, "path", None) or getattr(model.source, "repo", None) or f"<{model.name}>"
        for node, command in enumerate(vllm_commands(engine, where, model.name, engine.port or ANY_PORT)):
            yield f"  node {node}: {shlex.join(command)}"
    elif isinstance(engine, RemoteEngine):
        yield f"  served by its operator at {engine.url} as {engine.served_model}"
    else:
        yield "  served by the fake engine: never official"


def _suite_lines(suite: Suite) -> Iterator[str]:
    yield f"\nsuite {suite.name}: {sum(task.items * task.repeats for task in suite.tasks)} answers to grade"
    for task in suite.tasks:
        yield f"  {task.name}: {task.items} items, {task.metric}, {task.capability}"


def _rule_lines(round_: Round) -> Iterator[str]:
    rules = round_.rules
    yield f"\nrules {rules.name} version {rules.version}, intervals at {rules.level:.0%}"
    for item in rules.items:
        yield f"  {item.points:g} points: mean of {item.suite}"
    yield from (f"  {_gate_line(gate)}" for gate in rules.gates)
    if rules.elimination:
        keep = rules.elimination.keep
        yield "  the highest total stays" if keep == 1 else f"  the {keep} highest totals stay"


def _gate_line(gate: Gate) -> str:
    if isinstance(gate, Floor):
        return f"gate {gate.name}: {gate.suite} at least {gate.minimum:.1%}"
    return f"gate {gate.name}: {gate.suite} at least {gate.minimum:.1%} of {gate.reference}"
