"""Small rounds and their evidence, from a few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.plan import FakeEngine, KeepK, Mode, Model, PointItem, Round, Rules, Suite, SuiteMean, Task, Tracking
from harness.plan.gates import Floor, Ratio
from harness.plan.model import DirectorySource
from harness.records import RunRecord, Sample, TaskResult
from harness.stats import task_score
from harness.verdict import Evidence

Scores = Sequence[float | None]

RIGHT_OF = 100
"""Items of a task unless told otherwise."""


def right(count: int, of: int = RIGHT_OF) -> list[float | None]:
    """Scores of a task with so many right answers, the right ones first."""
    return [1.0] * count + [0.0] * (of - count)


def model(name: str, mode: Mode = "base") -> Model:
    return Model(
        name=name,
        title=name.upper(),
        owner="Nobody",
        country="KR",
        licence="MIT",
        source=DirectorySource(kind="directory", path="nowhere"),
        mode=mode,
    )


def suite(name: str, items: int = RIGHT_OF) -> Suite:
    task = Task(name=f"{name}_task", metric="acc", items=items, capability="knowledge")
    return Suite(name=name, title={"en": f"Suite {name}"}, language="en", tasks=(task,))


def round_of(
    entrants: Sequence[str],
    *,
    gates: Sequence[Floor | Ratio] = (),
    keep: int | None = None,
    references: Sequence[str] = (),
    suites: Sequence[str] = ("main",),
    items: int = RIGHT_OF,
    on_undecided: str = "report",
    points: float = 100,
    resamples: int = 2000,
) -> Round:
    return Round(
        name="test",
        title={"en": "Test"},
        entrants=tuple(model(name) for name in entrants),
        references=tuple(model(name) for name in references),
        suites=tuple(suite(name, items) for name in suites),
        rules=Rules(
            name="test",
            version=1,
            items=tuple(
                PointItem(name=f"{name}_points", points=points, source=SuiteMean(kind="suite", suite=name))
                for name in suites
            ),
            gates=tuple(gates),
            elimination=None if keep is None else KeepK(kind="keep", keep=keep),
            on_undecided=on_undecided,
            resamples=resamples,
        ),
        engine=FakeEngine(kind="fake", max_model_len=128),
        tracking=Tracking(kind="none"),
    )


def floor(minimum: float, suite_name: str = "main") -> Floor:
    return Floor(
        kind="floor", name=f"{suite_name}_floor", source=SuiteMean(kind="suite", suite=suite_name), minimum=minimum
    )


def ratio_to(reference: str, minimum: float, suite_name: str = "main") -> Ratio:
    return Ratio(
        kind="ratio",
        name=f"{suite_name}_ratio",
        source=SuiteMean(kind="suite", suite=suite_name),
        reference=reference,
        minimum=minimum,
    )


def samples(scores: Scores, prefix: str = "item") -> list[Sample]:
    """One sample a score; None is a failure of the machine."""
    return [
        Sample(
            item_id=f"{prefix}{index:05d}",
            repeat=0,
            outcome="failed" if score is None else "correct" if score == 1 else "wrong",
            score=score,
            target="A",
            response=None if score is None else "A",
            cluster=None,
            prompt_sha256="0" * 64,
        )
        for index, score in enumerate(scores)
    ]


def evidence(round_: Round, scores: Mapping[str, Scores], *, mode: Mode = "base", prefix: str = "item") -> Evidence:
    """A finished run with the given scores by suite (each has one task)."""
    tasks = {suite.tasks[0].name: (suite, samples(scores[suite.name], prefix)) for suite in round_.suites}
    results = tuple(
        TaskResult(
            task=name,
            suite=suite.name,
            metric="acc",
            mode=mode,
            n=len(given),
            outcomes={},
            score=task_score(given, suite.tasks[0], round_.rules.level),
            chance=0.0,
            samples_sha256="0" * 64,
        )
        for name, (suite, given) in tasks.items()
    )
    failed = any(sample.score is None for _, given in tasks.values() for sample in given)
    record = RunRecord(
        model="any",
        run="0" * 16,
        status="incomplete" if failed else "complete",
        official=False,
        level=round_.rules.level,
        tasks=results,
        suites=(),
    )
    return Evidence(run="runs/any/0", record=record, samples={name: given for name, (_, given) in tasks.items()})


def single(round_: Round, scores: Mapping[str, Scores], **options: object) -> dict[str, Evidence]:
    """Evidence of models in a round of one suite, `main`."""
    return {name: evidence(round_, {"main": given}, **options) for name, given in scores.items()}  # type: ignore[arg-type]
