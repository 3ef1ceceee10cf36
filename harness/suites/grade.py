"""Answers become samples: every item and repeat ends in exactly one outcome."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.errors import SuiteError
from harness.plan import Task
from harness.records import Outcome, Sample
from harness.request import Answer, Failure, Generation, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer
from harness.suites.ask import Prompted

Answers = Mapping[tuple[str, int, int], Answer]
"""Answers by item id, repeat and index."""

MISSING = Failure("no answer came back")


def grade(task: Any, plan: Task, prompted: Sequence[Prompted], answers: Answers) -> list[Sample]:
    """One sample per item and repeat, in item order. A grader that cannot do one of them fails that one only."""
    return [_sample(task, plan, one, repeat, answers) for one in prompted for repeat in range(plan.repeats)]


def _sample(task: Any, plan: Task, one: Prompted, repeat: int, answers: Answers) -> Sample:
    given = [answers.get((one.item.id, repeat, index), MISSING) for index in range(len(one.asks))]
    causes = [cause for ask, answer in zip(one.asks, given, strict=True) if (cause := unusable(ask.ask, answer))]
    if causes:
        return _failed(one, repeat, "; ".join(dict.fromkeys(causes)))
    replies = _replies(one, given)
    text = given[0].text if isinstance(given[0], GenerationAnswer) else None
    logprobs = None if text is not None else tuple(float(reply[0]) for reply in replies)
    response = text if logprobs is None else _taken(plan, one, logprobs)
    shown = None if logprobs is None or one.item.choices is None else logprobs[: len(one.item.choices)]
    if isinstance(given[0], GenerationAnswer) and _is_cut_off(plan, given[0]):
        return _ended(one, repeat, "truncated", 0.0, response, shown)
    try:
        filtered = filtered_replies(task, plan.filter, one, replies)
        if text is not None and (text.strip() == "" or _is_unparsed(plan, filtered[0])):
            return _ended(one, repeat, "refused" if _is_refusal(plan, text) else "unparsed", 0.0, response, shown)
        score = checked_score(plan, one.item.id, task.process_results(one.item.doc, filtered))
    except SuiteError as error:
        return _failed(one, repeat, error.message, response, shown)
    except Exception as error:  # noqa: BLE001 - a task's own code raises whatever it likes; all else is already served
        return _failed(one, repeat, f"the task's grader stopped: {type(error).__name__}: {error}", response, shown)
    outcome: Outcome = "scored" if not plan.binary else "correct" if score == 1 else "wrong"
    return _ended(one, repeat, outcome, score, response, shown)


def _is_cut_off(plan: Task, answer: GenerationAnswer) -> bool:
    """Whether the budget ended an answer that is not graded as it stands; one cut off in its thinking never is."""
    return answer.finish == "length" and (plan.truncated == "zero" or answer.text.strip() == "")


def _is_refusal(plan: Task, text: str) -> bool:
    return any(re.search(pattern, text) for pattern in plan.refusals)


def unusable(ask: Loglikelihood | Generation, answer: Answer) -> str | None:
    """Why an answer may not be graded; None where it may."""
    if isinstance(answer, Failure):
        return answer.cause or "the engine failed and gave no reason"
    if isinstance(ask, Generation):
        return None if isinstance(answer, GenerationAnswer) else "a log-likelihood came back where a text was asked"
    if not isinstance(answer, LoglikelihoodAnswer):
        return "a text came back where a log-likelihood was asked"
    if not len(answer.logprobs) == len(answer.greedy) == len(ask.continuations):
        return f"{len(answer.logprobs)} log-likelihoods came back for {len(ask.continuations)} continuations"
    lost = [value for value in answer.logprobs if not math.isfinite(value)]
    return f"log-likelihood is {lost[0]}" if lost else None


def filtered_replies(task: Any, name: str, one: Prompted, replies: Sequence[Any]) -> list[Any]:
    """Replies (one per instance) through the task's named filter. An item's answers never meet another item's."""
    (ensemble,) = [each for each in task._filters if each.name == name]
    # Copies: the task's own instances stay as they were built.
    pairs = zip(one.instances, replies, strict=True)
    instances = [replace(instance, resps=[reply], filtered_resps={}) for instance, reply in pairs]
    ensemble.apply(instances)
    return [instance.filtered_resps[name] for instance in instances]


def checked_score(plan: Task, item: str, metrics: Any) -> float:
    """The primary metric of one item, in [0, 1] (binary: 0 or 1); SuiteError where it is anything else."""
    where = f"{plan.name}: item {item}: metric {plan.metric!r}"
    if not isinstance(metrics, Mapping):
        raise SuiteError(f"{where} is not computed; the task returns {metrics!r}", "return a dict by metric name")
    if plan.metric not in metrics:
        known = ", ".join(repr(name) for name in metrics) or "none"
        raise SuiteError(f"{where} is not computed; the task has: {known}", "correct `metric` in the suite's config")
    try:
        score = float(metrics[plan.metric])
    except (TypeError, ValueError, OverflowError) as error:
        value = metrics[plan.metric]
        raise SuiteError(f"{where} is {value!r}, not a number per item", "choose a metric that has one") from error
    if not 0 <= score <= 1:
        raise SuiteError(f"{where} is {score}, outside [0, 1]", "choose a metric that is a share")
    if plan.binary and score not in (0.0, 1.0):
        raise SuiteError(f"{where} is {score}, neither 0 nor 1", "set `binary: false` in the suite's config")
    return score


def _replies(one: Prompted, given: Sequence[Answer]) -> list[Any]:
    """What lm-eval's backends would have put on each instance: (log-likelihood, greedy), or a text."""
    replies: list[Any] = [None] * len(one.instances)
    for ask, answer in zip(one.asks, given, strict=True):
        if isinstance(answer, GenerationAnswer):
            replies[ask.instances[0]] = answer.text
        elif isinstance(answer, LoglikelihoodAnswer):
            for place, value, greedy in zip(ask.instances, answer.logprobs, answer.greedy, strict=True):
                replies[place] = (value, greedy)
    return replies


def _taken(plan: Task, one: Prompted, logprobs: Sequence[float]) -> str | None:
    """The choice that the metric takes for the model's answer; None where there are no choices."""
    choices = one.item.choices
    if choices is None:
        return None
    weights: list[float] = list(logprobs[: len(choices)])
    if plan.metric == "acc_norm":
        weights = [value / len(text) for value, text in zip(weights, choices, strict=True)]
    elif plan.metric == "acc_bytes":
        weights = [value / len(text.encode()) for value, text in zip(weights, choices, strict=True)]
    elif plan.metric == "acc_mutual_info":
        weights = [value - alone for value, alone in zip(weights, logprobs[len(choices) :], strict=True)]
    return choices[weights.index(max(weights))]


def _is_unparsed(plan: Task, filtered: Any) -> bool:
    while isinstance(filtered, list) and len(filtered) == 1:
        filtered = filtered[0]
    return isinstance(filtered, str) and (filtered == plan.unparsed or filtered.strip() == "")


def _ended(
    one: Prompted,
    repeat: int,
    outcome: Outcome,
    score: float | None,
    response: str | None,
    logprobs: tuple[float, ...] | None,
    cause: str | None = None,
) -> Sample:
    return Sample(
        item_id=one.item.id,
        repeat=repeat,
        outcome=outcome,
        score=score,
        target=one.item.target,
        response=None if response is None else storable(response),
        cluster=one.item.cluster,
        prompt_sha256=one.prompt_sha256,
        logprobs=logprobs,
        cause=cause,
    )


def _failed(
    one: Prompted,
    repeat: int,
    cause: str,
    response: str | None = None,
    logprobs: tuple[float, ...] | None = None,
) -> Sample:
    return _ended(one, repeat, "failed", None, response, logprobs, storable(cause))


def storable(text: str) -> str:
    """The text with lone surrogates, which no UTF-8 file can hold, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
