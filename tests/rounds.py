"""A finished round on disk with every kind of decision, Korean titles and hostile answers: no model needed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from harness.hashing import digest, sha256_file, sha256_text
from harness.plan import (
    FakeEngine,
    Floor,
    KeepK,
    Model,
    PointItem,
    Ratio,
    Round,
    Rules,
    Suite,
    SuiteMean,
    Task,
    Tracking,
)
from harness.plan.model import DirectorySource
from harness.records import (
    Decision,
    EntrantResult,
    Excerpt,
    Execution,
    Fact,
    GateOutcome,
    GateResult,
    Manifest,
    ModelResult,
    Number,
    Outcome,
    PointResult,
    Reason,
    ReasonCode,
    RoundRecord,
    RunRecord,
    Sample,
    SuiteResult,
    TaskResult,
)
from harness.store import Results, RoundFolder, RunFolder, write_record
from harness.verdict import reason

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></body><h1>나는 합격했다</h1>",
    "\x1b[31mred\x1b[0m \u202egnp.exe \x00",
    "{{ 7 * 7 }} {% raw %} [bold red]markup[/] $x_{1}$ -->",
    "정답은 ㉮입니다. " * 200,
    "答えはBです 🙂",
    "",
)
"""What a model may answer and a page must survive."""


@dataclass(frozen=True)
class Contender:
    """A made-up model: how often it is right, and what is to become of it."""

    name: str
    title: str
    skill: Mapping[str, float]
    """Share of right answers by suite."""
    decision: Decision | None
    """None: a reference."""
    by_rule: Decision = "eliminate"
    failed: int = 0
    """Answers of the first task that the machine lost."""
    has_run: bool = True


CONTENDERS = (
    Contender("haneul", "하늘 1.0", {"demo_korean": 0.82, "demo_general": 0.77}, "advance", "advance"),
    Contender("byeolbit", "별빛-멀티모달", {"demo_korean": 0.76, "demo_general": 0.72}, "held", "advance"),
    Contender("horang", "호랑이 (Horang-i)", {"demo_korean": 0.74, "demo_general": 0.8}, "disqualify", "disqualify"),
    Contender("baram", "바람 <b>2.0</b> & $x_1$", {"demo_korean": 0.41, "demo_general": 0.48}, "undecided"),
    Contender("dodam", "도담 소형", {"demo_korean": 0.14, "demo_general": 0.2}, "eliminate", "eliminate"),
    Contender("nuri", "누리", {"demo_korean": 0.6, "demo_general": 0.6}, "incomplete", "incomplete", failed=7),
    Contender("smol", "SmolLM2 135M", {"demo_korean": 0.31, "demo_general": 0.52}, None),
    Contender("imported", "Imported index", {}, None, has_run=False),
)

TASKS: tuple[tuple[str, str, str, int, float, bool], ...] = (
    ("demo_korean", "ko_copy", "글자 옮기기", 60, 0.25, True),
    ("demo_korean", "ko_arithmetic", "우리말 셈", 60, 0.0, True),
    ("demo_korean", "ko_knowledge", "한국 상식", 60, 0.25, True),
    ("demo_korean", "ko_summary", "한 문장 요약", 40, 0.0, False),
    ("demo_general", "en_copy", "Copying letters", 60, 0.25, True),
    ("demo_general", "en_sorting", "Sorting words", 60, 0.0, True),
    ("demo_general", "en_instructions", "Following instructions", 40, 0.0, False),
)

FLOORS = {"demo_korean": 0.4, "demo_general": 0.35}
SHARE_OF_REFERENCE = 0.95
POINTS = {"demo_korean": 60.0, "demo_general": 40.0}


def build_round(
    results: Path,
    *,
    name: str = "demo",
    demo: bool = True,
    contenders: Sequence[Contender] = CONTENDERS,
    seed: int = 0,
    tracking: Literal["mlflow", "none"] = "mlflow",
    uri: str | None = None,
) -> RoundFolder:
    """Write a whole round under `results` and return its folder. Equal arguments give equal bytes."""
    folder = Results(results).round(name)
    plan = _plan(name, demo, contenders, seed, Tracking(kind=tracking, uri=uri))
    runs = {one.name: _write_run(folder, plan, one, seed) for one in contenders if one.has_run}
    incomplete = any(one.decision == "incomplete" for one in contenders)
    record = RoundRecord(
        round=name,
        title=plan.title,
        demo=demo,
        status="incomplete" if incomplete else "complete",
        official=False,
        unofficial_because=(
            reason(plan, "unofficial_unpinned", models=("haneul",)),
            reason(plan, "unofficial_changed", files=("<b>harness/x.py</b>",)),
        ),
        plan=plan.model_dump(mode="json", exclude={"lang"}),
        entrants={one.name: _entrant(one, plan, runs) for one in contenders if one.decision is not None},
        references={one.name: _reference(one, runs) for one in contenders if one.decision is None},
    )
    write_record(folder.record, record)
    return folder


def _plan(name: str, demo: bool, contenders: Sequence[Contender], seed: int, tracking: Tracking) -> Round:
    titles = {"demo_korean": ("Korean", "한국어"), "demo_general": ("General", "일반")}
    suites = tuple(
        Suite(
            name=suite,
            title={"en": titles[suite][0], "ko": titles[suite][1]},
            language="ko" if suite == "demo_korean" else "en",
            tasks=tuple(_task(row) for row in TASKS if row[0] == suite),
        )
        for suite in titles
    )
    return Round(
        name=name,
        title={"en": "Demonstration round", "ko": "독자 AI 파운데이션 모델 시연 평가"},
        demo=demo,
        seed=seed,
        entrants=tuple(_model(one) for one in contenders if one.decision is not None),
        references=tuple(_model(one) for one in contenders if one.decision is None),
        suites=suites,
        rules=Rules(
            name="demo",
            version=1,
            source="made up for the demonstration",
            items=tuple(
                PointItem(name=suite, points=most, source=SuiteMean(kind="suite", suite=suite))
                for suite, most in POINTS.items()
            ),
            gates=(
                *(
                    Floor(kind="floor", name=f"floor_{s}", source=SuiteMean(kind="suite", suite=s), minimum=least)
                    for s, least in FLOORS.items()
                ),
                Ratio(
                    kind="ratio",
                    name="ratio_demo_general",
                    source=SuiteMean(kind="suite", suite="demo_general"),
                    reference="smol",
                    minimum=SHARE_OF_REFERENCE,
                ),
            ),
            elimination=KeepK(kind="keep", keep=4),
        ),
        engine=FakeEngine(kind="fake", max_model_len=1024),
        tracking=tracking,
    )


def _model(one: Contender) -> Model:
    return Model(
        name=one.name,
        title=one.title,
        owner="가나다 연구소" if one.decision else "Hugging Face",
        country="KR" if one.decision else "US",
        licence="Apache-2.0",
        source=DirectorySource(kind="directory", path=f"models/{one.name}"),
        parameters=12_345_678,
        context=1024,
    )


def _task(row: tuple[str, str, str, int, float, bool]) -> Task:
    _, name, title, items, chance, binary = row
    return Task(
        name=name,
        title={"ko": title, "en": title if title.isascii() else name},
        metric="acc" if chance else "exact_match",
        binary=binary,
        items=items,
        chance=chance,
        capability="demo",
    )


def _write_run(folder: RoundFolder, plan: Round, one: Contender, seed: int) -> tuple[str, RunRecord]:
    identity = {
        "model": {"name": one.name, "mode": "base", "system_prompt": None},
        "files": {"config.json": sha256_text(one.name), "model.safetensors": sha256_text(one.title)},
        "engine": plan.engine.identity(),
        "seed": seed,
        "suites": {
            suite.name: {task.name: {"digests": {"rows:test": sha256_text(task.name)}} for task in suite.tasks}
            for suite in plan.suites
        },
    }
    run = digest(identity)[:16]
    files = folder.run(one.name, run)
    write_record(
        files.manifest,
        Manifest(
            run=run,
            model=one.name,
            official=False,
            unofficial_because=(reason(plan, "unofficial_no_checkout"),),
            identity=identity,
        ),
    )
    tasks = tuple(_write_task(files, one, row, seed) for row in TASKS)
    suites = tuple(_suite(suite, tasks) for suite in POINTS)
    record = RunRecord(
        model=one.name,
        run=run,
        status="incomplete" if one.failed else "complete",
        official=False,
        level=0.95,
        tasks=tasks,
        suites=suites,
        problems=(f"{TASKS[0][1]}: {one.failed} of {TASKS[0][3]} answers failed: connection closed",)
        if one.failed
        else (),
    )
    write_record(
        files.execution,
        Execution(
            started="2026-02-01T09:00:00+00:00",
            finished="2026-02-01T09:01:30+00:00",
            seconds={"serve": 61.2, "score": 27.4, "grade": 0.9},
            host={"cpu": 2, "system": "Linux"},
            server={"version": "fake", "models": [one.name]},
            requests={"engine": 380, "journal": 0, "retries": 3, "failed": one.failed},
        ),
    )
    write_record(files.record, record)
    return files.path.relative_to(folder.path).as_posix(), record


def _write_task(files: RunFolder, one: Contender, row: tuple[str, str, str, int, float, bool], seed: int) -> TaskResult:
    suite, name, _, items, chance, binary = row
    rng = random.Random(f"{seed}/{one.name}/{name}")
    failed = one.failed if name == TASKS[0][1] else 0
    samples = [_sample(rng, i, one.skill[suite], binary=binary, failed=i < failed) for i in range(items)]
    path = files.write_samples(name, samples)
    files.write_excerpts(name, _excerpts(samples))
    counts = Counter(sample.outcome for sample in samples)
    scores = [sample.score for sample in samples if sample.score is not None]
    return TaskResult(
        task=name,
        suite=suite,
        metric="acc" if chance else "exact_match",
        mode="base",
        n=items,
        outcomes={outcome: counts[outcome] for outcome in get_args(Outcome)},
        score=None if failed else wilson(sum(scores) / items, items),
        chance=chance,
        samples_sha256=sha256_file(path),
    )


def _sample(rng: random.Random, index: int, skill: float, *, binary: bool, failed: bool) -> Sample:
    right = rng.random() < skill
    outcome: Outcome = "failed" if failed else "correct" if right else rng.choice(["wrong", "unparsed", "truncated"])
    score: float | None = None if failed else float(right)
    if not binary and not failed:
        outcome, score = "scored", round(min(1.0, max(0.0, rng.gauss(skill, 0.1))), 3)
    return Sample(
        item_id=f"item-{index:03d}",
        repeat=0,
        outcome=outcome,
        score=score,
        target="나. 서울",
        response=None if failed else "나. 서울" if right else rng.choice(HOSTILE),
        cluster=None,
        prompt_sha256=sha256_text(str(index)),
        cause="connection closed <by peer>" if failed else None,
    )


def _excerpts(samples: Sequence[Sample]) -> list[Excerpt]:
    """The first of each outcome."""
    first = {sample.outcome: sample for sample in reversed(samples)}
    prompt = "보기에서 고르시오. <b>수도</b>는?\n정답: 나\n\n질문 {}: 한국의 수도는?\n정답:"
    return [
        Excerpt(item_id=sample.item_id, repeat=sample.repeat, prompts=(prompt.format(sample.item_id),))
        for sample in first.values()
    ]


def wilson(value: float, n: int) -> Number:
    """A proportion with its 95% Wilson interval."""
    z = 1.959964
    centre = (value + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (value * (1 - value) / n + z * z / (4 * n * n)) ** 0.5
    return Number(value=value, low=max(0.0, centre - half), high=min(1.0, centre + half), level=0.95, n=n)


def _suite(suite: str, tasks: Sequence[TaskResult]) -> SuiteResult:
    members = [task for task in tasks if task.suite == suite]
    scores = [task.score for task in members if task.score is not None]
    if len(scores) < len(members):
        return SuiteResult(suite=suite, score=None)
    return SuiteResult(
        suite=suite, score=wilson(sum(score.value for score in scores) / len(scores), sum(task.n for task in members))
    )


def _scaled(number: Number, factor: float) -> Number:
    return Number(
        value=number.value * factor,
        low=None if number.low is None else number.low * factor,
        high=None if number.high is None else number.high * factor,
        level=number.level,
        n=number.n,
    )


def _points(runs: Mapping[str, tuple[str, RunRecord]], name: str) -> tuple[Number | None, dict[str, PointResult]]:
    scores = {suite.suite: suite.score for suite in runs[name][1].suites} if name in runs else {}
    values = {suite: _scaled(score, POINTS[suite]) for suite, score in scores.items() if score is not None}
    items = {suite: PointResult(name=suite, points=most, value=values.get(suite)) for suite, most in POINTS.items()}
    if len(values) < len(POINTS):
        return None, items
    half = sum(((v.high or 0) - (v.low or 0)) ** 2 / 4 for v in values.values()) ** 0.5
    total = sum(v.value for v in values.values())
    return Number(value=total, low=total - half, high=total + half, level=0.95, n=380), items


def _entrant(one: Contender, plan: Round, runs: Mapping[str, tuple[str, RunRecord]]) -> EntrantResult:
    assert one.decision is not None
    total, items = _points(runs, one.name)
    return EntrantResult(
        run=runs[one.name][0] if one.name in runs else None,
        total=total,
        items=items,
        reasons=_reasons(one, plan),
        decision=one.decision,
        decision_by_rule=one.by_rule,
        gates=_gates(one, plan, runs),
    )


def _reasons(one: Contender, plan: Round) -> tuple[Reason, ...]:
    """As the verdict words them, but for one that is made up and hostile."""
    if one.decision == "advance":
        return reason(plan, "gates_passed", count=3), reason(plan, "rank_stay", rank=1, ranked=6, keep=4)
    if one.decision == "undecided":
        value = Number(value=0.4031, low=0.3411, high=0.469, level=0.95, n=220)
        return (reason(plan, "floor_undecided", suite="demo_korean", value=value, threshold=0.4),)
    return (_made_up(f"{one.name}: a reason <i>as recorded</i>"),)


def _made_up(text: str) -> Reason:
    return Reason(code="record_incomplete", facts={"problems": text}, text=text)


def _reference(one: Contender, runs: Mapping[str, tuple[str, RunRecord]]) -> ModelResult:
    total, items = _points(runs, one.name)
    return ModelResult(
        run=runs[one.name][0] if one.name in runs else None,
        total=total if one.has_run else Number(value=44.0),
        items=items if one.has_run else {},
        reasons=() if one.has_run else (_made_up("imported from a published table"),),
    )


def _gates(one: Contender, plan: Round, runs: Mapping[str, tuple[str, RunRecord]]) -> dict[str, GateResult]:
    scores = {suite.suite: suite.score for suite in runs[one.name][1].suites} if one.name in runs else {}
    gates = [_gate(plan, f"floor_{s}", "floor", scores.get(s), least) for s, least in FLOORS.items()]
    ours, theirs = scores.get("demo_general"), None
    if "smol" in runs:
        theirs = {suite.suite: suite.score for suite in runs["smol"][1].suites}["demo_general"]
    ratio = _scaled(ours, 1 / theirs.value) if ours and theirs else None
    gates.append(_gate(plan, "ratio_demo_general", "ratio", ratio, SHARE_OF_REFERENCE))
    if one.decision == "disqualify":
        gates.append(
            GateResult(
                name="independence",
                kind="independence",
                outcome="fail",
                value=None,
                threshold=0.01,
                reason=_made_up("vision: derived from a candidate"),
            )
        )
    return {gate.name: gate for gate in gates}


def _gate(plan: Round, name: str, kind: str, value: Number | None, threshold: float) -> GateResult:
    outcome: GateOutcome = "incomplete"
    if value is not None and value.low is not None and value.high is not None:
        outcome = "pass" if value.low >= threshold else "fail" if value.high < threshold else "undecided"
    return GateResult(
        name=name,
        kind=kind,
        outcome=outcome,
        value=value,
        threshold=threshold,
        reason=_gate_reason(plan, name, outcome, value, threshold),
    )


def _gate_reason(plan: Round, name: str, outcome: GateOutcome, value: Number | None, threshold: float) -> Reason:
    kind, suite = name.split("_", 1)
    if value is None:
        return reason(plan, "entrant_missing", suite=suite)
    codes: Mapping[str, ReasonCode] = {
        "floor_pass": "floor_pass",
        "floor_fail": "floor_fail",
        "floor_undecided": "floor_undecided",
        "ratio_pass": "ratio_pass",
        "ratio_fail": "ratio_fail",
        "ratio_undecided": "ratio_undecided",
    }
    facts: dict[str, Fact] = {"suite": suite, "value": value, "threshold": threshold}
    return reason(plan, codes[f"{kind}_{outcome}"], **facts, **({"reference": "smol"} if kind == "ratio" else {}))
