"""A local copy of published sets: a folder `org/name` each, with the files of the hub's repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.environment import CACHE, ROOT

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


def mirror_of(root: Path = ROOT) -> Mirror:
    """The mirror in use: the folder that HARNESS_MIRROR names, else the project's own."""
    named = os.environ.get(VARIABLE)
    default = CACHE / "mirror" if root == ROOT else root / ".cache" / "mirror"
    return Mirror(Path(named).expanduser().absolute() if named else default)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path
