"""What a checkpoint says of itself, read without its values."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from harness.checkpoint.architecture import Architecture
from harness.checkpoint.files import CONFIG, TEMPLATE_FOLDER, read_json
from harness.checkpoint.inspection import header_problems
from harness.checkpoint.problem import Problem

FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\s*$", re.DOTALL | re.MULTILINE)
TEMPLATES = ("chat_template.jinja", "chat_template.json")
LONGEST_README = 1 << 20


@dataclass(frozen=True)
class Description:
    """A checkpoint's own account of itself. Null: it does not say."""

    architecture: str | None
    """Class that the config names, such as LlamaForCausalLM."""
    parameters: int | None
    """Values in all tensors; null where weights are absent, incomplete or packed by a quantiser."""
    dtype: str | None
    """Type of most values, as safetensors name it."""
    context: int | None
    """Longest sequence, tokens."""
    vocabulary: int | None
    """Rows of the embedding."""
    has_chat_template: bool
    licence: str | None
    """Licence from the front matter of README.md."""
    problems: tuple[Problem, ...]
    """What is wrong with files, index and headers."""


def describe(folder: Path, *, needs_weights: bool = True) -> Description:
    """Read config, headers and README of `folder`; where `needs_weights` is false, no weights are looked for."""
    config = read_json(folder / CONFIG)
    architecture = Architecture(config if isinstance(config, dict) else {})
    tensors, problems = header_problems(folder) if needs_weights else ([], [])
    if not isinstance(config, dict):
        problems = [Problem(f"{CONFIG} cannot be read in {folder}", "complete the checkpoint"), *problems]
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        sizes[tensor.dtype] += math.prod(tensor.shape)
    names = architecture.config.get("architectures")
    countable = sizes and not problems and not architecture.config.get("quantization_config")
    return Description(
        architecture=str(names[0]) if isinstance(names, list) and names else None,
        parameters=sizes.total() if countable else None,
        dtype=sizes.most_common(1)[0][0] if sizes else None,
        context=architecture.context,
        vocabulary=architecture.vocab_size,
        has_chat_template=_has_chat_template(folder),
        licence=_licence(folder),
        problems=tuple(problems),
    )


def _has_chat_template(folder: Path) -> bool:
    settings = read_json(folder / "tokenizer_config.json")
    named = isinstance(settings, dict) and bool(settings.get("chat_template"))
    return named or any((folder / name).is_file() for name in TEMPLATES) or (folder / TEMPLATE_FOLDER).is_dir()


def _licence(folder: Path) -> str | None:
    """`license` of the model card, or `license_name` where that says `other`."""
    try:
        text = (folder / "README.md").read_bytes()[:LONGEST_README].decode(errors="replace")
    except OSError:
        return None
    matter = FRONT_MATTER.match(text)
    if matter is None:
        return None
    fields = dict(re.findall(r"^(license(?:_name)?):[ \t]*[\"']?([\w.+-]+)", matter[1], re.MULTILINE))
    name = fields.get("license")
    return fields.get("license_name", name) if name == "other" else name
