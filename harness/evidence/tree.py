"""The state of the project's own files: a digest of the code, and what differs from the last commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.hashing import digest, sha256_files

CODE_SUFFIXES = (".py", ".html", ".css")

WATCHED = ("harness", "configs", "tasks", "requirements", "pyproject.toml")
"""What can change a number; a change here makes a run unofficial."""


def code_digest(root: Path) -> str:
    """Digest of everything under harness/ that is code or template."""
    files = [path for path in (root / "harness").rglob("*") if path.suffix in CODE_SUFFIXES]
    return digest(sha256_files(files, root))


def commit(root: Path) -> str | None:
    """The commit that is checked out; None outside a git checkout."""
    return _git(root, "rev-parse", "HEAD")


def changes(root: Path) -> list[str] | None:
    """Watched files that differ from the commit, untracked ones included; None outside a git checkout."""
    status = _git(root, "status", "--porcelain", "--untracked-files=all", "--", *WATCHED)
    return None if status is None else [line[3:] for line in status.splitlines()]


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.rstrip("\n") if done.returncode == 0 else None
