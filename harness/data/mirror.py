"""A local copy of published sets: a folder `org/name` each, with the files of the hub's repository."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.environment import CACHE, ROOT
from harness.errors import SuiteError

VARIABLE = "HARNESS_MIRROR"
"""Environment variable that names another folder than `.cache/mirror`: where a set lies changes no number."""


@dataclass(frozen=True)
class Mirror:
    """The sets below one folder."""

    folder: Path

    def find(self, hub: str) -> Path | None:
        """The folder of a set; None where the mirror does not have it."""
        if hub.startswith(("/", ".")) or ".." in hub.split("/"):
            return None
        folder = self.folder / hub
        return folder if (folder / "README.md").is_file() or any(_files(folder)) else None

    def sets(self) -> list[str]:
        """Ids of all sets, sorted."""
        readmes = self.folder.glob("*/*/README.md")
        return sorted(readme.parent.relative_to(self.folder).as_posix() for readme in readmes)

    def files(self, hub: str) -> list[Path]:
        """Every file of a set, sorted; what starts with a dot (git's and the hub client's own) is left out."""
        return sorted(_files(self.folder / hub))


def check_set(hub: str, folder: Path) -> None:
    """SuiteError for a set that datasets could not read, or would read past the files that the lock fixes."""
    script = folder / f"{hub.rpartition('/')[2]}.py"
    if script.is_file():
        raise SuiteError(
            f"{hub}: the set comes with a loading script, {script.name}, and datasets runs none",
            "remove the script where data files lie beside it; else pull a commit of its refs/convert/parquet branch",
        )
    for name in _named_files(hub, folder):
        if "://" in name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise SuiteError(f"{hub}: README.md names {name!r}, which is not in the set's folder", "pull the set again")


FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)


def _named_files(hub: str, folder: Path) -> list[str]:
    """Files that the front matter of a set's README names."""
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    if not (found := FRONT_MATTER.match(text)):
        return []
    try:
        front = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise SuiteError(
            f"{hub}: the front matter of README.md cannot be read: {said}", "pull the set again"
        ) from error
    configs = front.get("configs") if isinstance(front, dict) else None
    files = [config.get("data_files") for config in configs or [] if isinstance(config, dict)]
    return [*_texts(files), *_texts([config.get("data_dir") for config in configs or [] if isinstance(config, dict)])]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key != "split":
                yield from _texts(one)


def mirror_of(root: Path = ROOT) -> Mirror:
    """The mirror in use: the folder that HARNESS_MIRROR names, else the project's own."""
    named = os.environ.get(VARIABLE)
    default = CACHE / "mirror" if root == ROOT else root / ".cache" / "mirror"
    return Mirror(Path(named).expanduser().absolute() if named else default)


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, also behind links, for datasets follows them; none twice by way of a circle."""
    seen: set[str] = set()
    for here, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(here)
        folders[:] = [name for name in folders if not name.startswith(".")]
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (path for name in names if not name.startswith(".") and (path := Path(here, name)).is_file())
