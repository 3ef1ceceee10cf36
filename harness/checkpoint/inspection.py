"""Everything that is wrong with a checkpoint, found by reading it before it is served."""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.checkpoint.architecture import Architecture, config_problems, fit_problems
from harness.checkpoint.files import CONFIG, INDEX, read_json, weight_files, weight_map
from harness.checkpoint.problem import Problem
from harness.checkpoint.tensors import Tensor, named, not_finite, read_header
from harness.checkpoint.vocabulary import vocabulary_problems
from harness.hashing import canonical_json

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def inspect(folder: Path, *, needs_weights: bool = True, max_model_len: int | None) -> list[Problem]:
    """Every problem of the checkpoint in `folder`; an empty list means that it may be served.

    `needs_weights` is false where somebody else serves the weights: then only config and tokenizer are read.
    `max_model_len` (tokens) must fit the model's own context.
    """
    if not folder.is_dir():
        return [Problem(f"checkpoint folder {folder} does not exist", "correct source.path of the model's config")]
    config = read_json(folder / CONFIG)
    architecture = Architecture(config) if isinstance(config, dict) else None
    problems = [*_config_problems(folder, architecture, max_model_len), *_remote_code(folder), *_template(folder)]
    problems += vocabulary_problems(folder, architecture or Architecture({}))
    if needs_weights:
        problems += _weight_problems(folder, architecture)
    return problems


def _config_problems(folder: Path, architecture: Architecture | None, max_model_len: int | None) -> Iterator[Problem]:
    if architecture is not None:
        yield from config_problems(architecture, max_model_len)
        return
    state = "holds no JSON object" if (folder / CONFIG).exists() else "is missing"
    yield Problem(f"{CONFIG} {state} in {folder}", "complete the checkpoint: it must be in the hub's layout")


def _remote_code(folder: Path) -> Iterator[Problem]:
    """Code that comes with the weights is never run."""
    for name in (CONFIG, "tokenizer_config.json"):
        content: Any = read_json(folder / name)
        if isinstance(content, dict) and content.get("auto_map"):
            yield Problem(
                f"{name} asks for the checkpoint's own code (auto_map: {reprlib.repr(content['auto_map'])})",
                "such code is never run; where vLLM and transformers know the architecture, ask the owner for"
                " a revision without auto_map",
            )


def _template(folder: Path) -> Iterator[Problem]:
    """A chat template that has no digest: no text of Unicode, or nested without end."""
    settings = read_json(folder / "tokenizer_config.json")
    if not isinstance(settings, dict) or not settings.get("chat_template"):
        return
    try:
        canonical_json(settings["chat_template"])
    except (ValueError, RecursionError):
        yield Problem("tokenizer_config.json: chat_template holds no valid text", "download or copy the file again")


def header_problems(folder: Path) -> tuple[list[Tensor], list[Problem]]:
    """The tensors that can be read, and what is wrong with weight files, index and headers; values are not read."""
    problems = [*_pickle_problems(folder), *_index_problems(folder)]
    tensors: list[Tensor] = []
    broken: set[Path] = set()
    for path in weight_files(folder):
        found, wrong = read_header(path)
        tensors += found
        problems += wrong
        broken |= {path} if wrong else set()
    return tensors, [*problems, *_name_problems(folder, tensors, broken)]


def _weight_problems(folder: Path, architecture: Architecture | None) -> list[Problem]:
    tensors, problems = header_problems(folder)
    if tensors and architecture is not None:
        problems += fit_problems(architecture, tensors, whole=not problems)
    return [*problems, *not_finite(tensors)]


def _pickle_problems(folder: Path) -> Iterator[Problem]:
    """No safetensors at all. Pickles beside safetensors are never read (--load-format safetensors)."""
    if weight_files(folder) or (folder / INDEX).exists():
        return
    if broken := sorted(path.name for path in folder.glob("*.safetensors")):
        yield Problem(f"no file, or a link to nothing: {', '.join(broken)}", "copy the files themselves (cp -rL)")
        return
    pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if pickles:
        yield Problem(
            f"the weights are pickle files, which can run code when they are read: {', '.join(pickles)}",
            "convert them to safetensors in a place that you trust, and give that checkpoint",
        )
    else:
        yield Problem(f"no weight file (*.safetensors) in {folder}", "complete the checkpoint")


def _index_problems(folder: Path) -> Iterator[Problem]:
    if not (folder / INDEX).exists():
        return
    expected = weight_map(folder)
    if expected is None:
        yield Problem(f"{INDEX} holds no weight_map of tensor names to files of this folder", "download it again")
        return
    missing = sorted({name for name in expected.values() if not (folder / name).is_file()})
    for name in missing:
        count = sum(file == name for file in expected.values())
        yield Problem(f"{name} is missing; {INDEX} expects {count} tensors in it", "download the missing file")


def _name_problems(folder: Path, tensors: list[Tensor], broken: set[Path]) -> Iterator[Problem]:
    """Tensors that the index promises and no file holds; tensors that two files hold."""
    twice = sorted(name for name, count in Counter(tensor.name for tensor in tensors).items() if count > 1)
    if twice:
        files = sorted({tensor.file.name for tensor in tensors if tensor.name == twice[0]})
        yield Problem(
            f"{len(twice)} tensors lie in more than one file, such as {named(twice[0])} in {' and '.join(files)}",
            f"keep one set of weight files, or add {INDEX}, which says which files count",
        )
    present = {(tensor.name, tensor.file.name) for tensor in tensors}
    expected = (weight_map(folder) or {}).items()
    readable = {path.name for path in weight_files(folder) if path not in broken}
    lost = sorted(name for name, file in expected if file in readable and (name, file) not in present)
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        yield Problem(
            f"tensor {named(lost[0])}{more} is in {INDEX} but not in the file that it names",
            "download index and weight files again: they are of different versions",
        )
