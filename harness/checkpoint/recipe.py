"""Checkpoints that a program of the project makes out of another one: made once, kept by what they were made from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from harness.checkpoint.files import CONVERSION
from harness.checkpoint.once import made_once, run_maker
from harness.errors import CheckpointError
from harness.hashing import digest, sha256_file, sha256_files
from harness.plan import RecipeSource


def made(source: RecipeSource, original: Path, root: Path, cache: Path, notify: Callable[[str], None]) -> Path:
    """The folder of what the recipe makes of the checkpoint `original`; runs it where the cache has none.

    CheckpointError where there is no such recipe, it fails, or a cached file has changed.
    """
    program = root / Path(*source.recipe.split(".")).with_suffix(".py")
    if not program.is_file():
        raise CheckpointError(f"there is no recipe {program}", "correct source.recipe of the model's config")
    files = [path for path in original.iterdir() if path.is_file() and path.name != CONVERSION]
    made_of = {
        "recipe": sha256_file(program), "settings": dict(source.settings), "of": sha256_files(files, original)
    }  # fmt: skip

    def make(out: Path) -> None:
        job = json.dumps({"source": str(original), "out": str(out), "settings": dict(source.settings)})
        what = f"the recipe {source.recipe}"
        run_maker(("-m", source.recipe, job), what, f"running {what}", notify, root)
        written = sha256_files([path for path in out.iterdir() if path.is_file()], out)
        record = {**made_of, "files": written}
        (out / CONVERSION).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    folder = cache / "checkpoints" / f"{source.recipe.rpartition('.')[2]}-{digest(made_of)[:16]}"
    made_once(folder, make)
    return folder
