"""The machines and the hours that a round is given, for planning only: they change no number."""

from __future__ import annotations

import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from harness.plan.base import Frozen, Positive

Rate = Annotated[float, Field(gt=0)]


def _a_moment(text: str) -> str:
    try:
        offset = datetime.datetime.fromisoformat(text).utcoffset()
    except ValueError:
        offset = None
    if offset is None:
        raise ValueError(f"{text!r} is no moment with its offset from UTC; write it as 2027-01-15T12:00:00+09:00")
    return text


class Hardware(Frozen):
    """The GPUs that one model may span."""

    nodes: Positive = 1
    gpus_per_node: Positive = 8
    memory_gib: Rate
    """Memory of one GPU, GiB."""
    usable: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Share of it that the engine may take."""


class Schedule(Frozen):
    """How fast the engine is, as measured on such machines, and when the round must be done."""

    load_gib_per_s: Rate
    """Weights read into the GPUs, GiB a second."""
    prefill_tokens_per_s: Rate
    """Prompt tokens a second, all requests together."""
    decode_tokens_per_s: Rate
    """Generated tokens a second, all requests together."""
    prompt_tokens: Rate
    """Mean tokens of a prompt."""
    answer_tokens: Rate
    """Mean tokens of an answer, its thinking included."""
    reserve: Annotated[float, Field(ge=1)] = 1.5
    """Planned hours × this: for restarts, and for answers longer than thought."""
    deadline: Annotated[str, AfterValidator(_a_moment)] | None = None
    """When the verdict is due, ISO 8601 with its offset from UTC."""
