"""The tokenizer's files against the model's vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.checkpoint.architecture import Architecture
from harness.checkpoint.files import TOKENIZER_FILES, read_json
from harness.checkpoint.problem import Problem

SAME_REVISION = "use the tokenizer and the weights of one and the same revision"
ID = r"[0-9]{1,18}"
SPECIAL = ("bos_token_id", "eos_token_id", "pad_token_id")


def vocabulary_problems(folder: Path, architecture: Architecture) -> list[Problem]:
    """A tokenizer that is missing or broken, or whose ids the model has no rows for."""
    if not (folder / "tokenizer.json").exists():
        present = sorted(name for name in TOKENIZER_FILES if (folder / name).exists())
        found = f"; found {', '.join(present)}" if present else ""
        return [Problem(f"tokenizer.json is missing in {folder}{found}", "save the tokenizer in its fast form")]
    vocabulary = _read(folder / "tokenizer.json")
    if not vocabulary:
        return [Problem("tokenizer.json holds no readable tokenizer", "download or copy the file again")]
    config = read_json(folder / "tokenizer_config.json")
    if (folder / "tokenizer_config.json").exists() and not isinstance(config, dict):
        return [Problem("tokenizer_config.json holds no JSON object", "download or copy the file again")]
    return [*_beyond(vocabulary, config or {}, architecture), *_unknown_specials(vocabulary, config or {})]


def _read(path: Path) -> dict[str, int]:
    """Id by token, added tokens included; empty where the file is broken."""
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path)).get_vocab(with_added_tokens=True)
    except Exception:  # noqa: BLE001 - the library raises bare Exception for every kind of broken file
        return {}


def _beyond(vocabulary: dict[str, int], config: dict[str, Any], architecture: Architecture) -> Iterator[Problem]:
    rows = architecture.vocab_size
    if rows is None:
        return
    ids = {**vocabulary, **_added(config)}
    beyond = {token: number for token, number in ids.items() if number >= rows}
    if beyond:
        token = max(beyond, key=lambda token: beyond[token])
        yield Problem(
            f"the tokenizer has ids up to {beyond[token]} ({token!r}), the model only {rows} rows (vocab_size):"
            f" {len(beyond)} tokens have none",
            SAME_REVISION,
        )
    for name in SPECIAL:
        value = architecture.text.get(name)
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, int) and number >= rows:
                yield Problem(f"config.json: {name} {number} is beyond vocab_size {rows}", SAME_REVISION)


def _added(config: dict[str, Any]) -> dict[str, int]:
    added = config.get("added_tokens_decoder")
    if not isinstance(added, dict):
        return {}
    return {_text(token): int(number) for number, token in added.items() if re.fullmatch(ID, number)}


def _unknown_specials(vocabulary: dict[str, int], config: dict[str, Any]) -> Iterator[Problem]:
    """A special token that the vocabulary lacks would be given a new id, for which the model has no row."""
    known = vocabulary.keys() | _added(config).keys()
    for name in ("bos_token", "eos_token"):
        token = _text(config.get(name))
        if token and token not in known:
            yield Problem(f"tokenizer_config.json: {name} {token!r} is not in the vocabulary", SAME_REVISION)


def _text(token: Any) -> str:
    content = token.get("content") if isinstance(token, dict) else token
    return content if isinstance(content, str) else ""
