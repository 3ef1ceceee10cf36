"""What can be known to go wrong before a token is computed. Nothing is ever truncated: what does not fit is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.request import Request
from harness.score.calls import BYTES_PER_ID, Call, unpack
from harness.score.planning import Plan
from harness.score.texts import GenerateCall
from harness.score.tokens import Tokenizer


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one request."""

    kind: str
    """Says what, for a count of requests."""
    example: str
    """The values of this request."""
    remedy: str


def problems(asked: Iterable[tuple[Request, Plan]], tokenizer: Tokenizer, max_model_len: int) -> list[str]:
    """One sentence for each task and kind of problem, with a count, an example and a remedy."""
    found: dict[tuple[str, str], list[tuple[Request, Problem]]] = {}
    for request, plan in asked:
        for problem in _of_request(plan, tokenizer, max_model_len):
            found.setdefault((request.task, problem.kind), []).append((request, problem))
    return [_sentence(task, kind, cases) for (task, kind), cases in found.items()]


def _sentence(task: str, kind: str, cases: list[tuple[Request, Problem]]) -> str:
    request, problem = cases[0]
    count = "1 request" if len(cases) == 1 else f"{len(cases)} requests"
    return f"{task}: {count} {kind} (item {request.item_id}: {problem.example}); {problem.remedy}"


def _of_request(plan: Plan, tokenizer: Tokenizer, max_model_len: int) -> Iterator[Problem]:
    if plan.obstacle is not None:
        yield Problem("cannot be asked", plan.obstacle, "mend the task's prompt or choices")
        return
    calls = list(plan.calls.values())
    longest = max(calls, key=lambda call: call.length)
    if longest.length > max_model_len:
        yield _too_long(longest, max_model_len)
    yield from _bos(unpack(longest.packed[: 2 * BYTES_PER_ID]), tokenizer)
    if tokenizer.adds_end:
        yield Problem(
            "would end with an end token",
            "the tokenizer appends one to every text",
            "set add_eos_token to false: a prompt that has ended cannot be continued",
        )


def _too_long(call: Call, max_model_len: int) -> Problem:
    answer = "max_tokens" if isinstance(call, GenerateCall) else "continuation"
    return Problem(
        "would not fit into the model's context",
        f"{call.prompt_length} tokens of prompt and {call.length - call.prompt_length} of {answer}"
        f" against max_model_len={max_model_len}",
        "raise engine.max_model_len if the model allows it, or shorten the task's few-shot examples or budget",
    )


def _bos(start: list[int], tokenizer: Tokenizer) -> Iterator[Problem]:
    """BOS exactly once where the tokenizer wants it, and never twice."""
    bos = tokenizer.bos
    if bos is None:
        return
    if start == [bos, bos]:
        yield Problem(
            "would start with BOS twice",
            f"token ids {start}",
            "let either the chat template or the tokenizer add it, not both",
        )
    elif start[:1] != [bos] and (tokenizer.adds_bos or tokenizer.should_add_bos):
        yield Problem(
            "would start without the BOS that the tokenizer asks for",
            f"first token id {start[0]} instead of {bos}",
            "restore the tokenizer's post-processor, or set add_bos_token to false if the model was trained without",
        )
