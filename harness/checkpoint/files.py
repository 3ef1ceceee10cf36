"""Which of a checkpoint's files can change a number, and which weight files the server will read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONFIG = "config.json"
INDEX = "model.safetensors.index.json"
CONVERSION = "conversion.json"
TOKENIZER_FILES = frozenset({
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "vocab.txt", "merges.txt", "spiece.model",
})  # fmt: skip
SETTINGS_SUFFIXES = frozenset({".json", ".jinja", ".model", ".txt", ".tiktoken", ".py"})
PROSE = ("readme", "license", "licence", "notice", "use_policy")
LONGEST_FILE_NAME = 255  # bytes, of Linux
TEMPLATE_FOLDER = "additional_chat_templates"


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that vLLM loads: those that the index names, or all of them where there is no index.

    Files that the index names but that are missing are left out (the inspection reports them).
    """
    named = weight_map(folder)
    if named is None:
        return sorted(path for path in folder.glob("*.safetensors") if path.is_file())
    return sorted({folder / name for name in named.values() if (folder / name).is_file()})


def weight_map(folder: Path) -> dict[str, str] | None:
    """File by tensor name, from the index; None where there is no index or it cannot be read."""
    index = read_json(folder / INDEX)
    named = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(named, dict) or not all(_is_plain_name(name) for name in named.values()):
        return None
    return named


def settings_files(folder: Path) -> list[Path]:
    """Every other file that can change a number: config, index, tokenizer, templates, generation config."""
    top = [path for path in folder.iterdir() if path.is_file() and path.suffix in SETTINGS_SUFFIXES]
    kept = [path for path in top if path.name != CONVERSION and not path.name.lower().startswith(PROSE)]
    return sorted([*kept, *(folder / TEMPLATE_FOLDER).glob("*.jinja")])


def read_json(path: Path) -> Any:
    """The file's JSON value; None where it is missing or broken. A pipe or a device is never opened: it may not end."""
    try:
        return json.loads(path.read_bytes()) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None


def _is_plain_name(name: object) -> bool:
    """A file of the folder itself, not a path that leads out of it or that no file system could hold."""
    if not isinstance(name, str) or name != Path(name).name or name in ("", ".", ".."):
        return False
    return "\0" not in name and len(name.encode(errors="replace")) <= LONGEST_FILE_NAME
