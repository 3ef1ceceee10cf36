"""What is known of a model, and what it scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.plan import Mode, Model, Round, Suite, Task
from harness.records import Number, Reason, RunRecord, Sample
from harness.stats import Items, Pairs, items, items_score, pairs, suite_mean, weights
from harness.verdict.counted import AS_SCORED, Judged, counted, judged
from harness.verdict.reasons import reason


@dataclass(frozen=True)
class Evidence:
    """What one model's run left behind."""

    run: str | None = None
    """Run directory relative to the round's."""
    record: RunRecord | None = None
    samples: Mapping[str, Sequence[Sample]] = field(default_factory=dict)
    """Samples by task name."""


@dataclass(frozen=True)
class Scored:
    """One model's scores, computed anew from its samples."""

    model: Model
    run: str | None
    items: Mapping[str, Items | None]
    """By task; None where an answer failed or is missing."""
    judged: Mapping[str, Judged]
    """By task, items in the same order; without the tasks that have none."""
    suites: Mapping[str, Number | None]
    """Suite means in [0, 1]; None where a task has none."""
    modes: Mapping[str, Mode]
    """Mode in which each task was asked, as recorded."""
    missing: tuple[Reason, ...]
    """Why the run is incomplete; empty where it is complete, or nothing was to be run."""

    def suite_modes(self, suite: Suite) -> list[Mode | None]:
        """The mode of each task of a suite."""
        return [self.modes.get(task.name) for task in suite.tasks]


def scored(model: Model, evidence: Evidence, round_: Round) -> Scored:
    """Estimate everything about one model; VerificationError for samples that contradict themselves."""
    samples = {} if evidence.record is None else evidence.samples
    counts = {
        task.name: counted(samples.get(task.name, ()), task, round_.rules.scoring.get(suite.name, AS_SCORED))
        for suite in round_.suites
        for task in suite.tasks
    }
    graded = {name: items(*each) for name, each in counts.items()}
    asked = model in round_.served
    return Scored(
        model=model,
        run=evidence.run,
        items=graded,
        judged={name: judged(counts[name][0], each.ids) for name, each in graded.items() if each is not None},
        suites={suite.name: _suite(suite, graded, round_) for suite in round_.suites},
        modes={} if evidence.record is None else {task.task: task.mode for task in evidence.record.tasks},
        missing=tuple(_missing(evidence, graded, {name: each for name, (each, _) in counts.items()}, round_))
        if asked
        else (),
    )


def suite_pairs(first: Scored, second: Scored, suite: Suite) -> list[Pairs] | None:
    """Both models' answers to one suite; None where they were not asked the same items, or not all are answered."""
    return _pairs(first, second, list(zip(suite.tasks, weights(suite), strict=True)))


def same_items(first: Scored, second: Scored, tasks: Sequence[str]) -> bool:
    """Whether both answered the same items of all these tasks."""
    both = [(first.items.get(task), second.items.get(task)) for task in tasks]
    return all(ours and theirs and ours.ids == theirs.ids and ours.clusters == theirs.clusters for ours, theirs in both)


def _pairs(first: Scored, second: Scored, tasks: Sequence[tuple[Task, float]]) -> list[Pairs] | None:
    ours = [first.items[task.name] for task, _ in tasks]
    theirs = [second.items[task.name] for task, _ in tasks]
    known, others = [each for each in ours if each], [each for each in theirs if each]
    if len(known) < len(tasks) or len(others) < len(tasks):
        return None
    return pairs(known, others, [factor for _, factor in tasks])


def _suite(suite: Suite, graded: Mapping[str, Items | None], round_: Round) -> Number | None:
    level, estimand = round_.rules.level, round_.rules.estimand
    return suite_mean([items_score(graded[task.name], level, estimand) for task in suite.tasks], suite, level)


def _missing(
    evidence: Evidence, graded: Mapping[str, Items | None], counting: Mapping[str, Sequence[Sample]], round_: Round
) -> Iterator[Reason]:
    record = evidence.record
    if record is None:
        yield reason(round_, "no_record")
        return
    lenient = [suite.name for suite in round_.suites if _lenient(suite, round_)]
    found = []
    for suite in round_.suites:
        for task in suite.tasks:
            if suite.name not in lenient or graded[task.name] is None:
                given = evidence.samples.get(task.name, ())
                found += [
                    *_missing_of(task, given, record, round_),
                    *_uncounted(task, given, counting[task.name], round_),
                ]
    yield from found
    if not found and record.status != "complete" and not lenient:
        yield reason(round_, "record_incomplete", problems="; ".join(record.problems) or "-")


def _lenient(suite: Suite, round_: Round) -> bool:
    """Whether the rules take a suite's mean although some answers are missing."""
    return round_.rules.scoring.get(suite.name, AS_SCORED).missing == "leave_out"


def _uncounted(task: Task, samples: Sequence[Sample], counting: Sequence[Sample], round_: Round) -> Iterator[Reason]:
    """Answers that have a score, which the rules do not take."""
    lost = sum(sample.score is None for sample in counting) - sum(sample.score is None for sample in samples)
    if lost > 0:
        yield reason(round_, "not_counted", task=task.name, count=lost, asked=task.items * task.repeats)


def _missing_of(task: Task, samples: Sequence[Sample], record: RunRecord, round_: Round) -> Iterator[Reason]:
    asked = task.items * task.repeats
    failed = sum(sample.score is None for sample in samples)
    if failed:
        yield reason(round_, "failed", task=task.name, count=failed, asked=asked)
    if len(samples) != asked:
        yield reason(round_, "missing", task=task.name, count=len(samples), asked=asked)
    elif not failed and items(samples, task) is None:
        yield reason(round_, "uneven", task=task.name)
    if task.name not in {result.task for result in record.tasks}:
        yield reason(round_, "not_recorded", task=task.name)
