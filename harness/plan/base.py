"""What all planned types share."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]


def _a_day(text: str) -> str:
    """Only one spelling of a day: days are compared as texts."""
    try:
        day = datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    if not day or day != text:
        raise ValueError(f"{text!r} is no day; write it as 2026-08-18")
    return text


Day = Annotated[str, AfterValidator(_a_day)]
"""A day, ISO 8601."""

Mode = Literal["base", "chat", "thinking"]
"""How a model is prompted. Scores are compared only where both were taken in the same mode."""


Lang = Literal["en", "ko"]
"""Languages that readers are addressed in."""


def in_language(texts: Mapping[str, str], lang: Lang) -> str:
    """The text in a language, else in English, else any; empty where there is none."""
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")


class Frozen(BaseModel):
    """Immutable, and refuses keys that it does not know and numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)
