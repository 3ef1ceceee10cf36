"""What happened: frozen, versioned records, as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict

from harness.plan import Frozen, Mode

Outcome = Literal["correct", "wrong", "scored", "refused", "unparsed", "truncated", "failed"]
"""How one item and repeat ended. `failed` is the machine's fault and never graded."""

OUTCOMES: tuple[Outcome, ...] = ("correct", "wrong", "scored", "refused", "unparsed", "truncated", "failed")

Status = Literal["complete", "incomplete"]

Decision = Literal["advance", "eliminate", "disqualify", "held", "undecided", "incomplete"]

GateOutcome = Literal["pass", "fail", "held", "undecided", "incomplete"]


class Number(Frozen):
    """A number and how sure it is. All but `value` are null where it has no sampling model."""

    value: float
    low: float | None = None
    """Lower end of the confidence interval."""
    high: float | None = None
    """Upper end of the confidence interval."""
    level: float | None = None
    """Confidence level of the interval."""
    n: int | None = None
    """Items behind the number."""
    effective: float | None = None
    """Independent 0/1 items that a mean of sampled items is worth."""


class Sample(Frozen):
    """One item and repeat of one task: a line of samples/<task>.jsonl."""

    # What is no number is named with its item and task where samples become items.
    model_config = ConfigDict(allow_inf_nan=True)

    item_id: str
    repeat: int
    outcome: Outcome
    score: float | None
    """In [0, 1]; null exactly where the outcome is `failed`."""
    target: str
    """The right answer (several: a JSON list)."""
    response: str | None
    """The choice taken or the text generated; null where the machine gave none."""
    cluster: str | None
    """Items with equal clusters are not independent."""
    prompt_sha256: str
    """Digest of the context as it was sent."""
    logprobs: tuple[float, ...] | None = None
    """Log-likelihood of each choice, nats; null for generated answers."""
    cause: str | None = None
    """Why the sample failed."""


class Excerpt(Frozen):
    """A sample chosen for readers, with its prompt: a line of excerpts/<task>.jsonl. The answer is in the sample."""

    item_id: str
    repeat: int
    prompts: tuple[str, ...]
    """The context as it was sent; several where the choices have one each."""
    left_out: int = 0
    """Characters left out of the middle of long prompts."""


class TaskResult(Frozen):
    """One task of one model: its ledger and its score."""

    task: str
    suite: str
    metric: str
    mode: Mode
    n: int
    """Items and repeats asked."""
    outcomes: Mapping[Outcome, int]
    """Ledger: how many samples ended in each outcome; sums to `n`."""
    score: Number | None
    """Mean over items; null where a sample failed."""
    chance: float
    samples_sha256: str
    """Digest of the samples file."""


class SuiteResult(Frozen):
    """One suite of one model."""

    suite: str
    score: Number | None
    """Weighted mean of the tasks' means; null where a task has none."""


ReplayCondition = Literal["batched", "shuffled", "alone", "cold"]
"""How answers are asked again: as in the run, in another order, one at a time, one at a time without prefix cache."""


class Replayed(Frozen):
    """One way of asking again, against the run's own answers."""

    condition: ReplayCondition
    compared: int
    """Requests answered both times."""
    flips: int
    """Of these, how many took another choice or wrote another text."""
    largest: float | None
    """Largest difference of a log-likelihood, nats; null where no choices were scored."""


class Determinism(Frozen):
    """The determinism certificate: whether answers depend on batch, order and cache."""

    requests: int
    """Requests asked again under each condition."""
    conditions: tuple[Replayed, ...]
    flip_rate: float | None
    """Flips per comparison; null where nothing could be compared."""
    largest: float | None
    """Largest difference of a log-likelihood under any condition, nats."""
    tie_width: float
    """Nats: twice that difference, or 0.0001 where that is more."""
    near_ties: int
    """Multiple-choice requests of the run whose two likeliest choices are no further apart than `tie_width`."""
    choices: int
    """Multiple-choice requests of the run."""
    ties: tuple[str, ...]
    """The first of the near-ties, as task/item."""


class RunRecord(Frozen):
    """record.json: what one model scored. No clock, no host."""

    schema_version: Literal[1] = 1
    model: str
    run: str
    """The run's identity, 16 hex digits."""
    status: Status
    official: bool
    level: float
    """Confidence level of the intervals."""
    tasks: tuple[TaskResult, ...]
    suites: tuple[SuiteResult, ...]
    determinism: Determinism | None = None
    """Null where nothing was asked again."""
    problems: tuple[str, ...] = ()
    """What is missing, in words."""


ReasonCode = Literal[
    "no_record",
    "failed",
    "missing",
    "not_counted",
    "uneven",
    "not_recorded",
    "record_incomplete",
    "floor_pass",
    "floor_fail",
    "floor_undecided",
    "ratio_pass",
    "ratio_fail",
    "ratio_undecided",
    "ratio_undefined",
    "entrant_missing",
    "reference_missing",
    "other_mode",
    "other_items",
    "gates_passed",
    "no_gates",
    "rank",
    "rank_stay",
    "rank_leave",
    "tie",
    "overlap",
    "rival_gate",
    "rival_gate_missing",
    "rival_missing",
    "rival_other_mode",
    "rival_other_items",
    "point_estimate",
    "dry_run",
    "unpublished",
    "raters_missing",
    "few_raters",
    "imported_total",
    "announced",
    "safety_pass",
    "safety_fail",
    "safety_undecided",
    "margin_pass",
    "margin_fail",
    "margin_undecided",
    "no_audit",
    "empty_audit",
    "audit_lacks",
    "audit_without_weights",
    "independence_pass",
    "independence_disclosed",
    "independence_found",
    "independence_left_out",
    "independence_undisclosed",
    "independence_forbidden",
    "independence_cleared",
    "independence_ruled",
    "licence_pass",
    "licence_fail",
    "imported_pass",
    "imported_fail",
    "imported_undecided",
    "imported_held",
    "imported_missing",
    "imported_figure",
    "returned",
    "below_pass",
    "below_fail",
    "below_undecided",
    "rival_held",
    "rival_imported",
    "unofficial_dry_run",
    "unofficial_fake_engine",
    "unofficial_fake_server",
    "unofficial_unknown_server",
    "unofficial_unstated",
    "unofficial_unpinned",
    "unofficial_unlocked",
    "unofficial_no_checkout",
    "unofficial_changed",
    "unofficial_overridden",
    "unofficial_no_run",
    "unofficial_replay",
    "unofficial_second_hand",
    "unofficial_mixed",
]

Fact = int | float | str | tuple[str, ...] | Number


class Reason(Frozen):
    """Why something was decided, as data: every language words it from `code` and `facts`."""

    code: ReasonCode
    facts: Mapping[str, Fact] = {}
    """What the words need: suites, tasks and models by their names in the plan, numbers with their intervals."""
    text: str
    """The reason in English."""


class Manifest(Frozen):
    """manifest.json: what a run is made of, written before the first token."""

    schema_version: Literal[1] = 1
    run: str
    """First 16 hex digits of the digest of `identity`."""
    model: str
    official: bool
    unofficial_because: tuple[Reason, ...]
    identity: Mapping[str, Any]
    """Everything that can change a number, as digests and settings."""


class Check(Frozen):
    """One line of the preflight's checklist."""

    of: str
    """The task, or `model`."""
    name: str
    """What was looked at."""
    ok: bool
    found: str
    """What was found, in words."""


class Execution(Frozen):
    """execution.json: clock, host and what only the server knew."""

    schema_version: Literal[1] = 1
    started: str
    """ISO 8601, UTC."""
    finished: str
    seconds: Mapping[str, float]
    """Wall time of each stage."""
    host: Mapping[str, Any]
    server: Mapping[str, Any]
    """Version and models as the server reported them; empty where nothing had to be served."""
    answered_by: tuple[Mapping[str, Any], ...] = ()
    """The same of every server whose answers the run rests on, those from the journal included; an empty one where
    nobody knows which it was."""
    requests: Mapping[str, int]
    """Requests answered by the engine and by the journal, and retries."""
    preflight: tuple[Check, ...] = ()
    """The preflight's checklist."""


class GateResult(Frozen):
    """One gate for one entrant."""

    name: str
    kind: str
    outcome: GateOutcome
    value: Number | None
    """What the gate looked at."""
    threshold: float | None
    """What the value must reach; null where the gate looks at no number."""
    reason: Reason
    """Why it ended so."""
    further: tuple[Reason, ...] = ()
    """What else it found, the weightiest first."""


class PointResult(Frozen):
    """Points of one rule item."""

    name: str
    points: float
    """The most that can be had."""
    value: Number | None
    """Points scored."""


class ModelResult(Frozen):
    """A model in round.json."""

    run: str | None
    """Run directory relative to the round's; null where the model has no run."""
    total: Number | None
    items: Mapping[str, PointResult]
    reasons: tuple[Reason, ...] = ()
    """What the decision rests on, the weightiest first."""


class Flip(Frozen):
    """The fewest changes that would reverse a decision: the flip card."""

    rule: str
    """Gate, `rank` or `below` (a total against the least points) that the changes would turn while the others stand
    as they are; `decision`: all that speaks against the entrant at once."""
    rival: str | None
    """A gate's reference; for a rank the only entrant that would have to change sides with it."""
    rivals: tuple[str, ...] = ()
    """For a rank: everyone who would have to change sides with it."""
    unit: Literal["items", "grader", "raters", "points"]
    """What changes: items graded the other way; answers that the grader could not read, or took for refused or cut off,
    judged otherwise; raters' scores moved to the scale's end; points of a total."""
    count: float
    """How many do it; no fewer do where `exact`."""
    exact: bool
    at_least: float | None = None
    """Where not exact: so many are proven to be needed; null where nothing is proven."""
    examples: tuple[str, ...] = ()
    """The first changes: task and item, or rater."""


class EntrantResult(ModelResult):
    """An entrant in round.json: a model with a decision."""

    decision: Decision
    decision_by_rule: Decision
    """The rules applied to the point estimates, whatever the doubt."""
    gates: Mapping[str, GateResult]
    p_reversal: float | None = None
    """Share of resamples of items and raters in which the rules alone would decide otherwise; null without any."""
    p_last: float | None = None
    """Share of resamples in which it has the lowest total."""
    ranks: tuple[int, int] | None = None
    """Best and worst rank by total that the simultaneous rank intervals leave open."""
    more_items: int | None = None
    """Items of the same kind, all models together, that would settle what is undecided; null where nothing is, or none
    would."""
    flips: tuple[Flip, ...] = ()
    """What would reverse the decision, the fewest changes first."""


class PanelResult(Frozen):
    """The raters behind one item of points."""

    item: str
    raters: int
    missing: Mapping[str, int]
    """Scores that a rater did not give, by rater; empty where all are there."""
    outlying: Mapping[str, float]
    """Raters who stand apart, with the robust z-score of their bias or disagreement."""
    alpha: Number | None
    """Krippendorff's alpha, interval metric; null where there is nothing to tell agreement from."""


class RoundRecord(Frozen):
    """round.json: the verdict. Written last."""

    schema_version: Literal[1] = 1
    round: str
    title: Mapping[str, str]
    demo: bool
    status: Status
    official: bool
    unofficial_because: tuple[Reason, ...] = ()
    plan: Mapping[str, Any]
    """The composed round, from which the verdict is recomputed."""
    inputs: Mapping[str, str] = {}
    """SHA-256 of every panel, table, audit report and ruling, by its path in the plan; copies lie in inputs/."""
    panels: Mapping[str, PanelResult] = {}
    """The raters behind each item that a panel scored."""
    entrants: Mapping[str, EntrantResult]
    references: Mapping[str, ModelResult]
