"""A checkpoint that a recipe makes: once for each recipe, setting and original, and never trusted after a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.checkpoint import folder_of
from harness.errors import CheckpointError
from harness.plan import ClosedSource, DirectorySource, Model, RecipeSource

PROGRAM = """
import json, sys
from pathlib import Path

job = json.loads(sys.argv[1])
print("working", flush=True)
text = (Path(job["source"]) / "config.json").read_text()
(Path(job["out"]) / "config.json").write_text(text + str(job["settings"]))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one recipe and one checkpoint."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "copy.py").write_text(PROGRAM)
    (tmp_path / "original").mkdir()
    (tmp_path / "original" / "config.json").write_text("{}")
    return tmp_path


def model(**changes: object) -> Model:
    original = DirectorySource(kind="directory", path="original")
    source = RecipeSource(kind="recipe", recipe="recipes.copy", of=original, settings={"seed": 1})
    return Model(
        name="m", title="M", owner="o", country="KR", licence="MIT", source=source.model_copy(update=changes)
    )  # fmt: skip


@pytest.fixture
def make(root: Path) -> Callable[..., Path]:
    def made(said: list[str] | None = None, **changes: object) -> Path:
        return folder_of(model(**changes), root, root / "cache", (said if said is not None else []).append)

    return made


def test_a_recipe_is_run_once_with_progress_and_its_record_says_from_what(make: Callable[..., Path]) -> None:
    said: list[str] = []
    folder = make(said)
    assert (folder / "config.json").read_text() == "{}{'seed': 1}"
    record = json.loads((folder / "conversion.json").read_text())
    assert set(record) == {"recipe", "settings", "of", "files"}
    assert said == ["running the recipe recipes.copy (once): working, 0 s so far"]
    assert make(said) == folder
    assert len(said) == 1


def test_other_settings_another_original_and_another_program_make_another_copy(
    make: Callable[..., Path], root: Path
) -> None:
    folders = {make(), make(settings={"seed": 2})}
    (root / "original" / "config.json").write_text("{ }")
    folders.add(make())
    (root / "recipes" / "copy.py").write_text(PROGRAM + "\n")
    folders.add(make())
    assert len(folders) == 4


def test_a_changed_copy_is_noticed(make: Callable[..., Path]) -> None:
    (make() / "config.json").write_text("changed")
    with pytest.raises(CheckpointError, match="have changed since they were made"):
        make()


def test_a_recipe_that_is_none_is_named(make: Callable[..., Path]) -> None:
    with pytest.raises(CheckpointError, match=r"there is no recipe .*recipes/other\.py"):
        make(recipe="recipes.other")


def test_a_recipe_that_fails_leaves_nothing_and_its_last_words_are_shown(make: Callable[..., Path], root: Path) -> None:
    (root / "recipes" / "copy.py").write_text("import sys; sys.exit('no such tensor')")
    with pytest.raises(CheckpointError, match=r"the recipe recipes\.copy ended with exit code 1:\nno such tensor"):
        make()
    assert [path for path in (root / "cache" / "checkpoints").iterdir() if path.is_dir()] == []


def test_closed_weights_are_nowhere(root: Path) -> None:
    closed = model().model_copy(update={"source": ClosedSource(kind="closed")})
    with pytest.raises(CheckpointError, match="m: its weights are closed"):
        folder_of(closed, root, root / "cache", lambda _: None)
