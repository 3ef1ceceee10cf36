"""The state of the project's own files: a digest of the code, and what differs from the last commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.hashing import digest, sha256_files

CODE_SUFFIXES = (".py", ".j2", ".html", ".css")

WATCHED = ("harness", "configs", "tasks", "requirements", "pyproject.toml")
"""What can change a number; a change here makes a run unofficial."""

MADE_BY_PYTHON = ("__pycache__", ".egg-info")


def code_digest(root: Path) -> str:
    """Digest of everything under harness/ that is code or template."""
    files = [path for path in (root / "harness").rglob("*") if path.suffix in CODE_SUFFIXES]
    return digest(sha256_files(files, root))


def changes(root: Path) -> list[str] | None:
    """Watched files that differ from the commit, untracked and ignored ones included.

    None where the root is not the top of a git checkout of its own: an outer repository knows nothing of it.
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root.resolve():
        return None
    watched = [name for name in WATCHED if (root / name).exists()]
    status = _git(root, "status", "--porcelain", "--untracked-files=all", "--ignored=matching", "--", *watched)
    # Lower-case tags are files that somebody told git to take for unchanged.
    flags = _git(root, "ls-files", "-v", "--", *watched)
    if status is None or flags is None:
        return None
    changed = [line[3:] for line in status.splitlines() if not any(mark in line for mark in MADE_BY_PYTHON)]
    return changed + [line[2:] for line in flags.splitlines() if line[:1].islower() or line[:1] == "S"]


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.rstrip("\n") if done.returncode == 0 else None
