"""A request becomes calls, and the calls' results become its answer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.hashing import digest
from harness.plan.model import Thinking
from harness.request import Answer, Failure, Generation, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer, Request
from harness.score.calls import Call, Result, Scores, Tokens, pack
from harness.score.covering import Abilities, Ids, Part, cover
from harness.score.shapes import EchoCall
from harness.score.texts import GenerateCall, ThinkCall
from harness.score.tokens import Tokenizer

SEED_BITS = 31
ASKS_PER_BATCH = 256
"""Asks whose texts are tokenised together: enough for every core, little enough to hold."""

Results = Mapping[str, Result | Failure]
Places = tuple[tuple[Part, ...], ...]
Question = tuple[Loglikelihood | Generation, int]
"""What is asked, and the repeat where something is drawn (else 0)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls that answer a request."""

    calls: Mapping[str, Call]
    """By key; empty where the request cannot be asked."""
    places: Places = ()
    """For each continuation: the parts that its log-likelihood is the sum of. Empty for a text."""
    obstacle: str | None = None
    """Why the request cannot be asked at all."""


class Planner:
    """Plans requests, each distinct question once."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        scope: str,
        seed: int,
        *,
        can: Abilities | None = None,
        thinking: Thinking | None = None,
    ) -> None:
        self._tokenizer, self._scope, self._seed = tokenizer, scope, seed
        self.can, self._thinking = can or Abilities(), thinking
        self._plans: dict[Question, Plan] = {}
        self._places: dict[Places, Places] = {}
        """Each distinct value once: most questions of a task have the same."""

    def prepare(self, requests: Iterable[Request]) -> None:
        """Plan the requests, their texts tokenised in batches."""
        fresh = list(dict.fromkeys(question for each in requests if (question := _question(each)) not in self._plans))
        for start in range(0, len(fresh), ASKS_PER_BATCH):
            some = fresh[start : start + ASKS_PER_BATCH]
            self._plan_choices([one for one in some if isinstance(one[0], Loglikelihood)])
            self._plan_texts([one for one in some if isinstance(one[0], Generation)])

    def plan(self, request: Request) -> Plan:
        """The request's calls. Repeats differ only where something is drawn."""
        question = _question(request)
        if question not in self._plans:
            self.prepare([request])
        return self._plans[question]

    def calls(self, request: Request, results: Results) -> dict[str, Call]:
        """The request's calls by key, with those that follow from the results known so far."""
        calls = dict(self.plan(request).calls)
        for key, call in list(calls.items()):
            result = results.get(key, MISSING)
            if not isinstance(result, Failure) and (following := call.then(result)) is not None:
                calls[following.key] = following
        return calls

    def calls_of(self, requests: Iterable[Request], results: Results) -> dict[str, Call]:
        """The calls of all requests by key, with those that follow from the results known so far."""
        return {key: call for request in requests for key, call in self.calls(request, results).items()}

    def echoes(self, ask: Loglikelihood) -> list[EchoCall]:
        """The plain form of a multiple-choice question: each continuation echoed on its own."""
        context, continuations = self._tokenizer.encode_choices(ask.context, ask.continuations)
        return [EchoCall(self._scope, pack(context), ids) for ids in continuations]

    def scores(self, request: Request, results: Results) -> Scores | Failure:
        """Log-likelihood, greedy flag and margin of each continuation; a Failure where a call failed or is missing."""
        plan = self.plan(request)
        found = _found(plan.calls, results)
        if plan.obstacle is not None or isinstance(found, Failure):
            return found if isinstance(found, Failure) else Failure(str(plan.obstacle))
        return Scores(*zip(*(_summed(parts, found) for parts in plan.places), strict=True))

    def answer(self, request: Request, results: Results) -> Answer:
        """The request's answer from its calls' results; a Failure where one of them failed or is missing."""
        ask = request.ask
        if isinstance(ask, Generation):
            return self._text(ask, self.plan(request), results)
        scores = self.scores(request, results)
        return scores if isinstance(scores, Failure) else LoglikelihoodAnswer(scores.logprobs, scores.greedy)

    def _plan_choices(self, questions: Sequence[Question]) -> None:
        asks = [ask for ask, _ in questions if isinstance(ask, Loglikelihood)]
        pairs = self._tokenizer.encode_batch([(ask.context, ask.continuations) for ask in asks])
        for question, (context, continuations) in zip(questions, pairs, strict=True):
            self._plans[question] = self._loglikelihood(context, continuations)

    def _plan_texts(self, questions: Sequence[Question]) -> None:
        prompts = self._tokenizer.encode_prompts([ask.context for ask, _ in questions])
        for (ask, repeat), prompt in zip(questions, prompts, strict=True):
            if isinstance(ask, Generation):
                self._plans[ask, repeat] = self._generation(ask, repeat, prompt)

    def _loglikelihood(self, context: Ids, continuations: Sequence[Ids]) -> Plan:
        if not context:
            return Plan({}, obstacle="the context has no tokens")
        if not continuations or not all(continuations):
            return Plan({}, obstacle="a continuation has no tokens")
        found = cover(self._scope, pack(context), continuations, self.can)
        places = tuple(found.places[ids] for ids in continuations)
        return Plan(found.calls, self._places.setdefault(places, places))

    def _generation(self, ask: Generation, repeat: int, prompt: Ids) -> Plan:
        if not prompt:
            return Plan({}, obstacle="the context has no tokens")
        call = GenerateCall(
            self._scope,
            pack(prompt),
            stop=self._stop(ask),
            max_tokens=ask.max_tokens,
            temperature=ask.temperature,
            top_p=ask.top_p,
            seed=self._seed_of(repeat) if ask.temperature > 0 else None,
            vocabulary=self._tokenizer.vocabulary,
        )
        if self._thinking is not None:
            call = ThinkCall.before(call, end=self._thinking.end, budget=self._thinking.max_tokens)
        return Plan({call.key: call})

    def _seed_of(self, repeat: int) -> int:
        return int(digest([self._seed, repeat])[:16], 16) % (1 << SEED_BITS)

    def _stop(self, ask: Generation) -> tuple[str, ...]:
        """The task's stop strings and the end token's text (lm-eval's `handle_stop_sequences`)."""
        end = (self._tokenizer.end_text,) if self._tokenizer.end_text else ()
        return tuple(dict.fromkeys(text for text in (*ask.until, *end) if text))

    def _text(self, ask: Generation, plan: Plan, results: Results) -> Answer:
        if plan.obstacle is not None:
            return Failure(plan.obstacle)
        ((key, call),) = plan.calls.items()
        ids: Ids = ()
        while call is not None:
            result = results.get(key, MISSING)
            if not isinstance(result, Tokens):
                return result if isinstance(result, Failure) else Failure(f"a text was answered with {result!r}")
            ids += result.ids
            if (following := call.then(result)) is None:
                break
            key, call = following.key, following
        return self._answered(ask, ids, result)

    def _answered(self, ask: Generation, ids: Ids, last: Tokens) -> GenerationAnswer:
        """Decoded without special tokens, cut at each stop string in turn (lm-eval's `postprocess_generated_text`)."""
        thought, whole = self._apart(ids, last)
        text = whole
        for stop in self._stop(ask):
            text = text.split(stop)[0]
        return GenerationAnswer(text, "stop" if text != whole else last.finish, thought)

    def _apart(self, ids: Ids, last: Tokens) -> tuple[str | None, str]:
        """Thinking and answer. Thinking that the budget cut off has no answer; without any, all is answer."""
        if self._thinking is None:
            return None, self._tokenizer.decode(ids)
        thought, end, behind = self._tokenizer.decode(ids, special=True).partition(self._thinking.end)
        if end:
            return thought, self._tokenizer.without_special(behind)
        return (thought, "") if last.finish == "length" else ("", self._tokenizer.decode(ids))


MISSING = Failure("not asked: the journal holds no answer")


def _question(request: Request) -> Question:
    drawn = isinstance(request.ask, Generation) and request.ask.temperature > 0
    return request.ask, request.repeat if drawn else 0


def _found(calls: Iterable[str], results: Results) -> list[Result] | Failure:
    """The results of a question's calls, in their order."""
    found: list[Result] = []
    for key in calls:
        result = results.get(key, MISSING)
        if isinstance(result, Failure):
            return result
        found.append(result)
    return found


def _summed(parts: Sequence[Part], results: Sequence[Result]) -> tuple[float, bool, float]:
    """A continuation's log-likelihood, whether each of its tokens is the likeliest, and the largest margin."""
    each = []
    for call, place in parts:
        scores = results[call]
        if not isinstance(scores, Scores):
            raise TypeError(f"a continuation was answered with {scores!r}")
        each.append((scores.logprobs[place], scores.greedy[place], scores.margins[place]))
    values, greedy, margins = zip(*each, strict=True)
    return math.fsum(values), all(greedy), max(margins)
