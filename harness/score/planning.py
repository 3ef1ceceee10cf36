"""A request becomes calls, and the calls' results become its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.hashing import digest
from harness.request import Answer, Failure, Generation, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer, Request
from harness.score.calls import MAX_LABELS, Call, EchoCall, GenerateCall, LabelsCall, Result, Scores, Tokens, pack
from harness.score.tokens import Ids, Tokenizer

SEED_BITS = 31


@dataclass(frozen=True, slots=True)
class Plan:
    """The calls that answer a request."""

    calls: Mapping[str, Call]
    """By key; empty where the request cannot be asked."""
    places: tuple[tuple[str, int], ...]
    """For each continuation: its call's key and its position in the call's scores. For a text: its call."""
    obstacle: str | None = None
    """Why the request cannot be asked at all."""


class Planner:
    """Plans requests, each distinct question once."""

    def __init__(self, tokenizer: Tokenizer, scope: str, seed: int) -> None:
        self._tokenizer, self._scope, self._seed = tokenizer, scope, seed
        self._plans: dict[tuple[Loglikelihood | Generation, int], Plan] = {}

    def plan(self, request: Request) -> Plan:
        """The request's calls. Repeats differ only where something is drawn."""
        ask = request.ask
        drawn = isinstance(ask, Generation) and ask.temperature > 0
        repeat = request.repeat if drawn else 0
        plan = self._plans.get((ask, repeat))
        if plan is None:
            plan = self._plans[ask, repeat] = self._planned(ask, repeat)
        return plan

    def echoes(self, call: LabelsCall) -> list[EchoCall]:
        """The plain form of a labels call: each label echoed on its own."""
        return [EchoCall(call.scope, call.packed, (label,)) for label in call.labels]

    def answer(self, request: Request, results: Mapping[str, Result | Failure]) -> Answer:
        """The request's answer from its calls' results; a Failure where one of them failed or is missing."""
        plan = self.plan(request)
        if plan.obstacle is not None:
            return Failure(plan.obstacle)
        found: dict[str, Result] = {}
        for key in plan.calls:
            result = results.get(key, Failure("not asked: the journal holds no answer"))
            if isinstance(result, Failure):
                return result
            found[key] = result
        if isinstance(request.ask, Generation):
            return self._text(request.ask, found[plan.places[0][0]])
        scores = [(found[key], position) for key, position in plan.places]
        logprobs = tuple(result.logprobs[at] for result, at in scores if isinstance(result, Scores))
        greedy = tuple(result.greedy[at] for result, at in scores if isinstance(result, Scores))
        return LoglikelihoodAnswer(logprobs, greedy)

    def _planned(self, ask: Loglikelihood | Generation, repeat: int) -> Plan:
        if isinstance(ask, Generation):
            return self._generation(ask, repeat)
        context, continuations = self._tokenizer.encode_choices(ask.context, ask.continuations)
        if not context:
            return Plan({}, (), "the context has no tokens")
        if not continuations or not all(continuations):
            return Plan({}, (), "a continuation has no tokens")
        return self._loglikelihood(pack(context), continuations)

    def _loglikelihood(self, context: bytes, continuations: Sequence[Ids]) -> Plan:
        """One-token continuations share calls of at most MAX_LABELS labels; each longer one has a call of its own."""
        labels = list(dict.fromkeys(ids[0] for ids in continuations if len(ids) == 1))
        places: dict[Ids, tuple[str, int]] = {}
        calls: dict[str, Call] = {}
        for start in range(0, len(labels), MAX_LABELS):
            together = LabelsCall(self._scope, context, tuple(labels[start : start + MAX_LABELS]))
            key = together.key
            calls[key] = together
            places |= {(label,): (key, position) for position, label in enumerate(together.labels)}
        for ids in continuations:
            if ids not in places:
                alone = EchoCall(self._scope, context, ids)
                key = alone.key
                calls[key], places[ids] = alone, (key, 0)
        return Plan(calls, tuple(places[ids] for ids in continuations))

    def _generation(self, ask: Generation, repeat: int) -> Plan:
        prompt = self._tokenizer.encode_prompt(ask.context)
        if not prompt:
            return Plan({}, (), "the context has no tokens")
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
        key = call.key
        return Plan({key: call}, ((key, 0),))

    def _seed_of(self, repeat: int) -> int:
        return int(digest([self._seed, repeat])[:16], 16) % (1 << SEED_BITS)

    def _stop(self, ask: Generation) -> tuple[str, ...]:
        """The task's stop strings and the end token's text (lm-eval's `handle_stop_sequences`)."""
        end = (self._tokenizer.end_text,) if self._tokenizer.end_text else ()
        return tuple(dict.fromkeys(text for text in (*ask.until, *end) if text))

    def _text(self, ask: Generation, tokens: Result) -> GenerationAnswer:
        """Decoded without special tokens, cut at each stop string in turn (lm-eval's `postprocess_generated_text`)."""
        if not isinstance(tokens, Tokens):
            raise TypeError(f"a generation was answered with {tokens!r}")
        whole = text = self._tokenizer.decode(tokens.ids)
        for stop in self._stop(ask):
            text = text.split(stop)[0]
        return GenerationAnswer(text, "stop" if text != whole else tokens.finish)
