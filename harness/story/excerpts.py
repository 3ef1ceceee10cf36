"""The samples that the run chose for readers, with their prompts, made safe to show."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import VerificationError
from harness.records import Excerpt, Outcome, Sample
from harness.story.finished import ModelStory
from harness.visible import visible

BETWEEN_PROMPTS = "\n────\n"
"""Between the contexts of an item that has several."""


@dataclass(frozen=True)
class ShownSample:
    """One question and its answer, safe to show."""

    item_id: str
    repeat: int
    outcome: Outcome
    score: float | None
    prompt: str
    target: str
    response: str | None
    cause: str | None


def shown_samples(model: ModelStory, task: str, limit: int) -> list[ShownSample]:
    """The chosen samples of one task in their stored order, every text of at most `limit` characters.

    VerificationError where an excerpt belongs to no sample.
    """
    samples = {(sample.item_id, sample.repeat): sample for sample in model.samples(task)}
    return [_shown(excerpt, _sample_of(excerpt, samples, task), limit) for excerpt in model.excerpts(task)]


def _sample_of(excerpt: Excerpt, samples: dict[tuple[str, int], Sample], task: str) -> Sample:
    try:
        return samples[excerpt.item_id, excerpt.repeat]
    except KeyError as error:
        raise VerificationError(f"{task}: the excerpt of item {excerpt.item_id} belongs to no sample") from error


def _shown(excerpt: Excerpt, sample: Sample, limit: int) -> ShownSample:
    return ShownSample(
        item_id=visible(sample.item_id, limit),
        repeat=sample.repeat,
        outcome=sample.outcome,
        score=sample.score,
        prompt=_ends(visible(BETWEEN_PROMPTS.join(excerpt.prompts)), limit),
        target=visible(sample.target, limit),
        response=None if sample.response is None else visible(sample.response, limit),
        cause=None if sample.cause is None else visible(sample.cause, limit),
    )


def _ends(prompt: str, limit: int) -> str:
    """The prompt, or its beginning and (the question being there) a longer part of its end."""
    if len(prompt) <= limit:
        return prompt
    return f"{prompt[: limit // 4]}\n[…]\n{prompt[-(limit * 3 // 4) :]}"
