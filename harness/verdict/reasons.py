"""Every reason that a verdict gives: a code, its facts and the words. Another language is another table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.numbers import Style, more_or_less, percent, percent_of_rule, plain, points, with_interval
from harness.plan import Lang, Round
from harness.records import Fact, Number, Reason, ReasonCode

ENGLISH: Mapping[ReasonCode, str] = {
    "no_record": "There is no record of a run.",
    "failed": "{task}: {count} of {asked} answers failed, which is the machine's fault and never counts as wrong.",
    "missing": "{task}: {count} answers are there where {asked} were to be given.",
    "not_counted": (
        "{task}: {count} of {asked} answers were refused, unread or cut off, and by these rules such answers count as"
        " missing."
    ),
    "uneven": "{task}: the answers are not spread over items and repeats as planned.",
    "not_recorded": "{task}: the run's record does not list it.",
    "record_incomplete": "The run is not complete: {problems}",
    "floor_pass": "{suite} is {value}; the whole interval reaches the floor of {threshold}.",
    "floor_fail": "{suite} is {value}; the whole interval lies below the floor of {threshold}.",
    "floor_undecided": "{suite} is {value}; the interval holds the floor of {threshold}, so it does not settle it.",
    "ratio_pass": "{suite} is {value} of {reference}'s; the whole interval reaches {threshold}.",
    "ratio_fail": "{suite} is {value} of {reference}'s; the whole interval lies below {threshold}.",
    "ratio_undecided": "{suite} is {value} of {reference}'s; the interval holds {threshold}: it settles nothing.",
    "ratio_undefined": "{suite}: {reference} scored 0, so there is no ratio to it.",
    "entrant_missing": "{suite}: answers of the entrant are missing.",
    "reference_missing": "{suite}: answers of {reference} are missing.",
    "other_mode": "{suite}: asked in mode {ours}, {reference} in mode {theirs}; only equal modes are compared.",
    "other_items": "{suite}: {reference} was not asked the same items, so the two are not compared.",
    "gates_passed": "Every gate is passed ({count}).",
    "no_gates": "The rules set no gate.",
    "rank": "Rank {rank} of {ranked} by total; {keep} stay, and which is not settled.",
    "rank_stay": "Rank {rank} of {ranked} by total; {keep} stay.",
    "rank_leave": "Rank {rank} of {ranked} by total, below the {keep} that stay.",
    "tie": "The total equals {rival}'s, and the rules break no ties; in points, the difference is {difference}.",
    "overlap": "In points, the total less {rival}'s is {difference}; the interval holds 0.",
    "rival_gate": "{rival} has the higher total, but its gates are not settled.",
    "rival_gate_missing": "{rival} has the higher total, but evidence for its gates is missing.",
    "rival_missing": "Evidence of {rival} is missing, so its total is unknown.",
    "rival_other_mode": "{rival} was asked in another mode; only equal modes are compared.",
    "rival_other_items": "{rival} was not asked the same items, so the two are not compared.",
    "point_estimate": "The intervals do not settle it; by these rules the point estimates decide.",
    "dry_run": "This is a dry run: it depends on rivals and panels that are not here, so nothing is decided.",
    "unpublished": "Never published or supplied: the points for {items}.",
    "raters_missing": "{item}: a score is missing of {raters}; the rules ask for every rater's.",
    "few_raters": "{item}: {count} rater(s) are left of the {least} that the rules ask for at least.",
    "imported_total": "The total was imported ({file}); nothing is known of its doubt.",
    "announced": "The contest itself announced: {decision} ({source}).",
    "safety_pass": "Safety: {suite} is {value}; the whole interval reaches the floor of {threshold}.",
    "safety_fail": "Safety: {suite} is {value}; the whole interval lies below the floor of {threshold}.",
    "safety_undecided": "Safety: {suite} is {value}; the interval holds the floor of {threshold}: it settles nothing.",
    "margin_pass": "{suite}: {value} against {reference}; the whole interval lies within the margin of {threshold}.",
    "margin_fail": "{suite}: {value} against {reference}; the whole interval lies below the margin of {threshold}.",
    "margin_undecided": "{suite}: {value} against {reference}; the interval holds the margin of {threshold}.",
    "no_audit": "Independence: no audit report of {model} was supplied (audits.{entrant}).",
    "empty_audit": "Independence: the audit report of {model} holds no conclusion (audits.{entrant}).",
    "audit_lacks": "Independence: the audit of {model} concludes nothing about {candidates} (audits.{entrant}).",
    "audit_without_weights": "Independence: the audit of {model} compared no weights (audits.{entrant}).",
    "independence_pass": "Independence: nothing forbidden among {count} conclusions of the audit.",
    "independence_disclosed": "Independence: {component}, {candidate}: {relation}; declared, as asked. {because}",
    "independence_found": (
        "Independence: {component}, {candidate}: {relation}; forbidden, and held until people rule on it. {because}"
        " Finding {finding}."
    ),
    "independence_left_out": (
        "Independence: {component}, {candidate}: {relation}, for some of it was not compared; held until people rule"
        " on it. {because} Finding {finding}."
    ),
    "independence_undisclosed": (
        "Independence: {component}, {candidate}: {relation}; it had to be declared and was not, so that people must"
        " rule on it. {because} Finding {finding}."
    ),
    "independence_forbidden": (
        "Independence: {component}, {candidate}: {relation}; forbidden, and these rules disqualify at once. {because}"
    ),
    "independence_cleared": "Independence: {component}, {candidate}: cleared by {who} on {when}. The entrant: {reply}",
    "independence_ruled": (
        "Independence: {component}, {candidate}: ruled not independent by {who} on {when}. The entrant: {reply}"
    ),
    "licence_pass": "The licence, {licence}, is one of those allowed.",
    "licence_fail": "The licence, {licence}, is none of those allowed: {allowed}.",
    "imported_pass": "{gate}: passed, by {file}.",
    "imported_fail": "{gate}: failed, by {file}.",
    "imported_undecided": "{gate}: undecided, by {file}.",
    "imported_held": "{gate}: held, by {file}.",
    "imported_figure": "{suite} is {value} where {threshold} is asked; an imported figure brings no interval.",
    "imported_missing": "{gate}: no outcome was published or supplied.",
    "returned": "Its owner was eliminated in {before} and may not come back. {because}",
    "below_pass": "The total is {total}; the whole interval reaches {minimum} points.",
    "below_fail": "The total is {total}; the whole interval lies below {minimum} points.",
    "below_undecided": "The total is {total}; the interval does not settle whether it reaches {minimum} points.",
    "rival_imported": "In points, the total less {rival}'s is {difference}; an imported total brings no interval.",
    "rival_held": "{rival} has the higher total, but it is held until people rule on it.",
    "unofficial_replay": "this is a replay of figures that a contest published: it decides nothing",
    "unofficial_second_hand": "figures in {files} are second-hand or inferred",
    "unofficial_dry_run": "this is a dry run: it decides nothing",
    "unofficial_fake_engine": "the engine is the fake one: its answers come from no model",
    "unofficial_fake_server": "the server says that it is a fake one: its answers come from no model",
    "unofficial_unknown_server": "nobody knows which server gave the answers, or some of them",
    "unofficial_unstated": "nobody states which weights {served} serves (engine.stated_weights)",
    "unofficial_unpinned": "the model's revision is not pinned to a commit",
    "unofficial_unlocked": "the data of {tasks} is not locked to a revision",
    "unofficial_no_checkout": "the harness does not run from a git checkout of its own, so its state is unknown",
    "unofficial_changed": "the harness differs from its commit: {files}",
    "unofficial_overridden": "the command line changed the round: {parts}",
    "unofficial_no_run": "there is no run",
    "unofficial_mixed": "not all runs were made with the same {parts}; `harness eval` makes the older ones again",
}

UNITS: Mapping[str, Style] = {
    "value": percent,
    "threshold": percent_of_rule,
    "difference": more_or_less,
    "total": points,
    "minimum": points,
}
"""How the numbers among the facts are written: shares as in every table, differences in points."""


SINGULAR: Mapping[str, str] = {"models": "model", "tasks": "task", "items": "item", "candidates": "candidate"}
"""Lists of names among the facts that have titles."""


def reason(round_: Round, code: ReasonCode, **facts: Fact) -> Reason:
    """A reason as it is recorded, with its English words."""
    return Reason(code=code, facts=facts, text=worded(ENGLISH[code], facts, round_, "en"))


def of_models(because: Reason, models: Sequence[str], round_: Round) -> Reason:
    """The reason, said of some models only."""
    return reason(round_, because.code, **{**because.facts, "models": tuple(models)})


def worded(template: str, facts: Mapping[str, Fact], round_: Round, lang: Lang) -> str:
    """A reason's sentence in one language, suites, tasks and models by their titles, after the models it is said of."""
    plainly = facts.get("unit") == "plain"
    shown = {name: _shown(name, fact, round_, lang, plainly=plainly) for name, fact in facts.items()}
    text = template.format(**shown)
    return f"{shown['models']}: {text}" if "models" in shown else text


def _shown(name: str, fact: Fact, round_: Round, lang: Lang, *, plainly: bool = False) -> str:
    style = plain if plainly else UNITS.get(name, plain)
    if isinstance(fact, Number):
        return with_interval(fact, style, lang)
    if name in UNITS and isinstance(fact, int | float):
        return style(fact)
    if isinstance(fact, tuple):
        return ", ".join(_shown(SINGULAR[name], each, round_, lang) if name in SINGULAR else each for each in fact)
    if name in ("suite", "item"):
        return round_.measure_title(str(fact), lang)
    if name == "task":
        return round_.task_title(str(fact), lang)
    if name in ("reference", "rival", "model"):
        return round_.model_title(str(fact))
    if name == "candidate":
        return round_.candidate_title(str(fact))
    return str(fact)
