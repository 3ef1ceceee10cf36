"""What a round would do, in words: nothing is loaded, nothing is served."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from harness.errors import ConfigError
from harness.panels import input_files, read_what_is_there
from harness.plan import (
    BasicSource,
    Below,
    Compared,
    Elimination,
    Floor,
    Gate,
    KeepK,
    Measure,
    Model,
    NonInferiority,
    RemoteEngine,
    Round,
    Suite,
    SuiteMean,
    TaskMean,
    VllmEngine,
    basic,
)
from harness.plan.gates import Window
from harness.plan.serving import MARKS, Mark
from harness.run.audits import audited
from harness.run.memory import Layout, Memory, layout, memory, per_gpu
from harness.run.prospects import prospects
from harness.run.schedule import answers, hours, latest_start
from harness.run.stated import LEGEND, fact_lines, marked
from harness.serve import vllm_commands
from harness.verdict import Inputs

ANY_PORT = 8000


def planned(round_: Round, *, root: Path) -> str:
    """Models with the commands that serve them, suites with their sizes, rules, and what they can settle.

    ConfigError names every model that the GPUs given cannot hold.
    """
    return "\n".join(_lines(round_, root))


def _lines(round_: Round, root: Path) -> Iterator[str]:
    yield f"round {round_.name}{'  (DEMO)' if round_.demo else ''}{'  (replay)' if round_.replay else ''}"
    for model in round_.models:
        yield from _model_lines(round_, model)
    if any(marked(model) for model in round_.models):
        yield f"\nfacts: {LEGEND}"
    for suite in round_.suites:
        yield from _suite_lines(suite)
    if not round_.suites:
        yield f"\nno suites: nothing is served; `harness decide round={round_.name}` decides from imported figures"
    yield from _audit_lines(round_)
    yield from _input_lines(round_, root)
    yield from _rule_lines(round_)
    yield from _schedule_lines(round_)
    _refuse_what_does_not_fit(round_)


def _model_lines(round_: Round, model: Model) -> Iterator[str]:
    role = "entrant" if model in round_.entrants else "reference"
    yield f"\n{role} {model.name}: {model.title}, {model.owner} ({model.country}), {model.licence}, mode {model.mode}"
    yield from (f"  {line}" for line in fact_lines(model))
    engine = round_.engine_of(model.name)
    if isinstance(engine, VllmEngine) and engine.device == "cuda":
        yield from _memory_lines(round_, model, engine)
    if model not in round_.served:
        yield "  not served in this round"
    elif isinstance(engine, VllmEngine):
        where = getattr(model.source, "path", None) or getattr(model.source, "repo", None) or f"<{model.name}>"
        for node, command in enumerate(vllm_commands(engine, where, model.name, engine.port or ANY_PORT)):
            yield f"  node {node}: {shlex.join(command)}"
    elif isinstance(engine, RemoteEngine):
        yield f"  served by its operator at {engine.url} as {engine.served_model}"
    else:
        yield "  served by the fake engine: never official"


def _memory_lines(round_: Round, model: Model, engine: VllmEngine) -> Iterator[str]:
    needed = memory(model, engine)
    if needed is None:
        yield "  memory: not known, because its parameters are not declared"
        return
    cache = "not known (the layers' shape is not declared)"
    if needed.cache is not None:
        cache = f"{needed.cache:.1f} GiB for one request of {engine.max_model_len} tokens, {needed.caches:.1f} for all"
    activations = f"activations {needed.activations:.1f} GiB"
    yield f"  memory: weights {needed.weights:.1f} GiB; keys and values {cache}; {activations}"
    if round_.hardware is None:
        return
    found = layout(needed, round_.hardware)
    if found is not None:
        without = ", its cache not counted" if needed.cache is None else ""
        yield f"  layout: {_layout(found)}{without}{_departure(needed, found, engine, round_)}"
    stated = model.serving.tensor_parallel
    if stated is not None:
        yield f"  its owner serves it with tensor {stated}"


def _layout(found: Layout) -> str:
    return f"tensor {found.tensor} × pipeline {found.pipeline} = {found.gpus} GPUs, {found.per_gpu:.1f} GiB on each"


def _departure(needed: Memory, found: Layout, engine: VllmEngine, round_: Round) -> str:
    """What to set where the engine's own layout would not fit."""
    given = round_.hardware
    tensor, pipeline = engine.tensor_parallel_size, engine.pipeline_parallel_size
    if given is None or per_gpu(needed, tensor, pipeline) <= given.memory_gib * given.usable:
        return ""
    return (
        f"; the engine's tensor {tensor} × pipeline {pipeline} would not fit: set tensor_parallel_size={found.tensor}"
        f" pipeline_parallel_size={found.pipeline} nodes={found.pipeline}"
    )


def _refuse_what_does_not_fit(round_: Round) -> None:
    given = round_.hardware
    if given is None:
        return
    problems = []
    for model in round_.models:
        engine = round_.engine_of(model.name)
        needed = memory(model, engine) if isinstance(engine, VllmEngine) and engine.device == "cuda" else None
        if needed is not None and layout(needed, given) is None:
            whole = given.nodes * given.gpus_per_node * given.memory_gib * given.usable
            problems.append(f"{model.name}: weights of {needed.weights:.0f} GiB and what serving takes beside them")
            problems[-1] += f" do not fit {given.nodes} × {given.gpus_per_node} GPUs ({whole:.0f} GiB usable)"
    if problems:
        raise ConfigError("\n".join(problems), "raise hardware.nodes or hardware.memory_gib, or quantise the model")


def _suite_lines(suite: Suite) -> Iterator[str]:
    uncounted = sum(not task.items for task in suite.tasks)
    more = f" at least; {uncounted} task(s) are not counted yet (harness data lock)" if uncounted else ""
    yield f"\nsuite {suite.name}: {sum(task.items * task.repeats for task in suite.tasks)} answers to grade{more}"
    for task in suite.tasks:
        items = f"{task.items} items" if task.items else "items not counted yet"
        yield f"  {task.name}: {items}, {task.metric}, {task.capability}"


def _audit_lines(round_: Round) -> Iterator[str]:
    """Who is audited against whom; nothing where reports are supplied or nobody asks for any."""
    if round_.audit is None:
        return
    yield f"\naudit of {', '.join(model.name for model in audited(round_)) or 'nobody: no weights are here'}, against:"
    yield from (f"  {model.name}: {round_.candidate_title(model.name)}" for model in round_.audit.candidates)
    yield from (f"  known to be independent: {model.name}" for model in round_.audit.nulls)


def _input_lines(round_: Round, root: Path) -> Iterator[str]:
    """Every file, checked where it is there already."""
    files = input_files(round_)
    if not files:
        return
    inputs = read_what_is_there(round_, lambda name: root / Path(name).expanduser())
    yield "\nfrom files:"
    for name in files:
        there = (root / Path(name).expanduser()).is_file()
        yield f"  {name}{_marks(inputs, name)}{'' if there else '  (not there yet)'}"


def _marks(inputs: Inputs, file: str) -> str:
    """How many figures of a table are second-hand or inferred."""
    cells = [cell for key, table in inputs.tables.items() if key.split("|")[0] == file for cell in table.cells.values()]
    doubtful: tuple[Mark, ...] = ("second_hand", "inferred")
    counts = [(sum(cell.mark == mark for cell in cells), MARKS[mark].strip()) for mark in doubtful]
    said = ", ".join(f"{count} {mark}" for count, mark in counts if count)
    return f"  {len(cells)} figures, {said}" if said else ""


def _rule_lines(round_: Round) -> Iterator[str]:
    rules = round_.rules
    yield f"\nrules {rules.name} version {rules.version}, intervals at {rules.level:.0%}"
    for item in rules.items:
        scale = "" if item.scale.kind == "linear" else f", {item.scale.kind}"
        yield f"  {item.points:g} points: {_source(item.source)}{scale}"
    for gate in rules.gates:
        yield f"  {_gate_line(gate)}"
        if isinstance(gate, Compared) and gate.window is not None:
            yield f"    {_window(gate, gate.window, round_)}"
    if rules.elimination:
        yield f"  {_elimination(rules.elimination)}"
    yield from (f"  power: {line}" for line in prospects(round_))


def _source(source: Measure) -> str:
    return ", ".join(dict.fromkeys(_named(each) for each in basic(source)))


def _named(source: BasicSource) -> str:
    if isinstance(source, SuiteMean):
        return f"mean of {source.suite}"
    return f"mean of {source.task}" if isinstance(source, TaskMean) else f"{source.kind} {source.file}"


def _gate_line(gate: Gate) -> str:
    if isinstance(gate, Floor):
        return f"gate {gate.name}: {_source(gate.source)} at least {gate.minimum:g}"
    if isinstance(gate, NonInferiority):
        return f"gate {gate.name}: {_source(gate.source)} less than {gate.margin:g} below {', '.join(gate.rivals)}"
    if isinstance(gate, Compared):
        return f"gate {gate.name}: {_source(gate.source)} at least {gate.least:.1%} of {', '.join(gate.rivals)}"
    return f"gate {gate.name}: {gate.kind}"


def _window(gate: Compared, window: Window, round_: Round) -> str:
    """The days that count, and who else was released in them."""
    first, last = window.days
    others = [
        model.name
        for model in round_.references
        if model.name not in gate.rivals and model.released is not None and window.holds(model.released)
    ]
    also = f"; released in it too, and not named: {', '.join(others)}" if others else ""
    return f"references released from {first} to {last}{also}"


def _elimination(rule: Elimination) -> str:
    if isinstance(rule, Below):
        return f"who has fewer than {rule.minimum:g} points leaves"
    if isinstance(rule, KeepK):
        return "the highest total stays" if rule.keep == 1 else f"the {rule.keep} highest totals stay"
    return "the lowest total leaves" if rule.leave == 1 else f"the {rule.leave} lowest totals leave"


def _schedule_lines(round_: Round) -> Iterator[str]:
    figures = round_.schedule
    if figures is None or not round_.served:
        return
    yield f"\nschedule, {answers(round_)} answers a model, models in turn:"
    each = []
    for model in round_.served:
        engine = round_.engine_of(model.name)
        needed = memory(model, engine) if isinstance(engine, VllmEngine) else None
        each.append(hours(0.0 if needed is None else needed.weights, answers(round_), figures))
        yield f"  {model.name}: {each[-1].load:.2f} h to load, {each[-1].answers:.2f} h to answer"
    whole = sum(one.whole for one in each)
    yield f"  together {whole:.1f} h, {whole * figures.reserve:.1f} h with the reserve"
    if (start := latest_start(each, figures)) is not None:
        yield f"  latest safe start: {start.isoformat(timespec='minutes')}"
