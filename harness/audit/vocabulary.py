"""Which rows of two embeddings belong to the same token, read from tokenizer files that are never executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.audit.values import Ids
from harness.checkpoint.files import read_json

Vocabulary = Mapping[str, int]


def vocabulary(folder: Path) -> Vocabulary | None:
    """Row by token string, from tokenizer.json or vocab.json; None where neither can be read."""
    content = read_json(folder / "tokenizer.json")
    if isinstance(content, dict) and isinstance(content.get("model"), dict):
        found = _entries(content["model"].get("vocab"))
        extra = content.get("added_tokens")
        for added in extra if isinstance(extra, list) else ():
            if isinstance(added, dict) and isinstance(added.get("content"), str) and _is_row(added.get("id")):
                found[added["content"]] = added["id"]
        if found:
            return found
    return _entries(read_json(folder / "vocab.json")) or None


def _entries(vocab: Any) -> dict[str, int]:
    """A mapping (BPE, WordPiece, WordLevel) or a list of pairs (Unigram)."""
    if isinstance(vocab, dict):
        return {token: row for token, row in vocab.items() if _is_row(row)}
    if isinstance(vocab, list):
        pairs = ((entry[0], row) for row, entry in enumerate(vocab) if isinstance(entry, list) and entry)
        return {token: row for token, row in pairs if isinstance(token, str)}
    return {}


def _is_row(row: Any) -> bool:
    return type(row) is int and row >= 0


def shared_rows(ours: Vocabulary | None, theirs: Vocabulary | None, sizes: tuple[int, int]) -> tuple[Ids, Ids] | None:
    """Rows of the shared tokens, in the audited embedding's order.

    Where a checkpoint brings no tokenizer, equal sizes let row n stand for one token in both: an assumption that can
    hide a derivation, never make one.
    """
    if ours is None or theirs is None:
        rows = np.arange(min(sizes), dtype=np.int64)
        return (rows, rows) if sizes[0] == sizes[1] else None
    both = sorted((row, theirs[token]) for token, row in ours.items() if token in theirs)
    pairs = np.array([pair for pair in both if pair[0] < sizes[0] and pair[1] < sizes[1]], np.int64)
    return (pairs[:, 0], pairs[:, 1]) if len(pairs) else None
