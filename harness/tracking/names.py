"""What MLflow accepts as a key, a value and a note."""

from __future__ import annotations

import html
import re

KEY_LIMIT = 250
PARAM_LIMIT = 6000
TAG_LIMIT = 8000
EXPERIMENT_TAG_LIMIT = 5000
DIGEST_LIMIT = 36
"""Characters that MLflow 3.17 stores of a key, a parameter, a tag of a run and of an experiment, and a digest."""


def key(*parts: str) -> str:
    """A metric's, parameter's or tag's name: parts joined by slashes, other signs than letters, digits, _ - . by _."""
    return "/".join(re.sub(r"[^A-Za-z0-9_.\-]", "_", part).strip(".") or "_" for part in parts)[:KEY_LIMIT]


def cut(text: str, limit: int) -> str:
    """A text that fits."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def markdown(text: str) -> str:
    """A text that Markdown shows as it is."""
    plain = html.escape(text.replace("\n", " "), quote=False)
    return re.sub(r"([\\`*_{}\[\]()|~])", r"\\\1", plain)
