"""Items become requests: lm-eval builds the prompts, one request carries all that shares a context."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import SuiteError
from harness.hashing import digest, sha256_text
from harness.plan import Task
from harness.request import Generation, Loglikelihood, Request
from harness.suites import lmeval, schema
from harness.suites.item import Item


@dataclass(frozen=True)
class Ask:
    """One request of an item, and which of lm-eval's instances it answers."""

    ask: Loglikelihood | Generation
    instances: tuple[int, ...]
    """Positions among the item's instances, in the order of the continuations."""


@dataclass(frozen=True)
class Prompted:
    """An item with everything that is asked about it."""

    item: Item
    instances: tuple[Any, ...]
    """lm-eval's instances, in its order (for choices: one per choice)."""
    asks: tuple[Ask, ...]

    @property
    def prompt_sha256(self) -> str:
        """Digest of the context as it is sent (of the list of contexts, where there are several)."""
        contexts = [ask.ask.context for ask in self.asks]
        return sha256_text(contexts[0]) if len(contexts) == 1 else digest(contexts)


def prompt(
    task: Any,
    items: Sequence[Item],
    *,
    seed: int,
    chat_template: Callable[..., str] | None,
    system_prompt: str | None,
    limit: int | None = None,
) -> list[Prompted]:
    """Build the prompts of (the first `limit`) items. The same seed draws the same few-shots, however often called.

    Without a chat template the prompts are plain text, and the system prompt, a message of chats, is left out.
    """
    task.set_fewshot_seed(seed)
    task.build_all_requests(
        limit=limit,
        system_instruction=None if chat_template is None else system_prompt,
        apply_chat_template=chat_template is not None,
        fewshot_as_multiturn=chat_template is not None and not _answered_in_question(task),
        chat_template=chat_template,
    )
    by_row: dict[int, list[Any]] = defaultdict(list)
    for instance in task.instances:
        by_row[instance.doc_id].append(instance)
    chosen = items if limit is None else items[:limit]
    return [_prompted(item, sorted(by_row[item.row], key=lambda one: one.idx)) for item in chosen]


def _answered_in_question(task: Any) -> bool:
    """Whether the text of a few-shot holds its answer too (MMLU-ProX): then no turn of the assistant would part them.

    All examples then stand in the one turn of the user; else each is two turns, as lm-eval's command line has it.
    """
    return bool(task.fewshot_cfg.doc_to_target == "")


def _prompted(item: Item, instances: list[Any]) -> Prompted:
    if instances[0].request_type == "generate_until":
        (instance,) = instances
        context, settings = instance.args[:2]
        return Prompted(item, (instance,), (Ask(generation(context, settings), (0,)),))
    places: dict[str, list[int]] = defaultdict(list)
    for place, instance in enumerate(instances):
        places[instance.args[0]].append(place)
    asks = [
        Ask(Loglikelihood(context, tuple(instances[place].args[1] for place in here)), tuple(here))
        for context, here in places.items()
    ]
    return Prompted(item, tuple(instances), tuple(asks))


def generation(context: str, settings: dict[str, Any]) -> Generation:
    """A generation request from a task's `generation_kwargs`. SuiteError for one that a request cannot carry."""
    normal = lmeval.generation_settings(settings)
    unknown = sorted(normal.keys() - schema.GENERATION_KEYS)
    if unknown:
        raise SuiteError(
            f"generation_kwargs: {', '.join(unknown)} cannot be sent to the engine",
            f"use only {', '.join(sorted(schema.GENERATION_KEYS))}",
        )
    return Generation(
        context=context,
        until=tuple(dict.fromkeys(stop for stop in normal["until"] if stop)),
        max_tokens=normal["max_gen_toks"],
        temperature=float(normal.get("temperature", 0.0)) if normal["do_sample"] else 0.0,
        top_p=float(normal.get("top_p", 1.0)),
    )


def requests(plan: Task, prompted: Sequence[Prompted]) -> list[Request]:
    """Every request of a task: items in order, their repeats inner, an item's contexts innermost."""
    return [
        Request(task=plan.name, item_id=one.item.id, index=index, repeat=repeat, ask=ask.ask)
        for one in prompted
        for repeat in range(plan.repeats)
        for index, ask in enumerate(one.asks)
    ]
