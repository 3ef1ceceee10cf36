"""Canonical bytes and SHA-256 digests: what identities and evidence are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CHUNK_BYTES = 1 << 20


def canonical_json(value: Any) -> bytes:
    """One byte string per JSON value: sorted keys, no spaces, UTF-8; NaN and infinity are refused."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def digest(value: Any) -> str:
    """SHA-256 (64 hex digits) of a JSON value's canonical bytes."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def sha256_text(text: str) -> str:
    """SHA-256 (64 hex digits) of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_file(*parts: Path) -> str:
    """SHA-256 (64 hex digits) of a file's bytes, read in chunks; of several, as if they were one file."""
    state = hashlib.sha256()
    for path in parts:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                state.update(chunk)
    return state.hexdigest()


def sha256_files(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """Digest of each file under its POSIX path relative to `root`, in sorted order."""
    return {path.relative_to(root).as_posix(): sha256_file(path) for path in sorted(paths)}
