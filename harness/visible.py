"""Text of unknown origin made safe to show: nothing invisible, nothing that steers a terminal or a page."""

from __future__ import annotations

import unicodedata

KEPT = "\n\t"
PICTURES = 0x2400
"""Unicode's pictures of the control characters begin here."""
ELLIPSIS = "…"


def visible(text: str, limit: int | None = None) -> str:
    """Control, direction and other formatting characters shown instead of obeyed; at most `limit` characters."""
    shown = text if limit is None else text[: limit + 1]
    clean = "".join(_shown(character) for character in shown)
    return clean if limit is None or len(clean) <= limit else clean[: limit - 1] + ELLIPSIS


def _shown(character: str) -> str:
    if character in KEPT or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return character
    code = ord(character)
    return chr(PICTURES + code) if code < 0x20 else f"⟨U+{code:04X}⟩"
