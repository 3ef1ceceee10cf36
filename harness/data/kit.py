"""One archive that installs and runs the project on a machine without a network.

kit/install.sh         checks every file against KIT.sha256, then installs
kit/KIT.sha256         digest of every other file
kit/project/           the committed project, with its history: what runs is the commit
kit/wheels/            every package of the lock file (uv, the demo's model and the report's fonts among them)
kit/mirror/            the published sets, as they lie in the mirror here
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from harness.data.mirror import Mirror
from harness.data.pull import UNFINISHED
from harness.errors import SetupError, StorageError
from harness.hashing import sha256_files

Accelerator = Literal["cpu", "gpu"]
Run = Callable[[Sequence[str]], None]

INSTALL = """#!/bin/bash
# Installs the project from this folder alone. It needs Python 3.11, make and a C compiler's runtime; no network.
set -eu
kit=$(cd "$(dirname "$0")" && pwd)
(cd "$kit" && sha256sum --quiet --check KIT.sha256)
printf 'no-index = true\\nfind-links = ["%s"]\\n' "$kit/wheels" > "$kit/uv.toml"
export UV_CONFIG_FILE="$kit/uv.toml" UV_OFFLINE=1 PIP_NO_INDEX=1 PIP_FIND_LINKS="$kit/wheels"
mkdir -p "$kit/project/.cache"
if test -d "$kit/mirror"; then cp -r "$kit/mirror" "$kit/project/.cache/mirror"; fi
make -C "$kit/project" install ACCEL={accel}
echo "installed: cd $kit/project && make eval"
"""


def pack(out: Path, root: Path, mirror: Mirror, accel: Accelerator, run: Run | None = None) -> Path:
    """Write the kit to `out`, a .tar file, and return it. SetupError names what this machine lacks for it."""
    _refuse(out, root, accel)
    try:
        _pack(out, root, mirror, accel, run or _run)
    except OSError as error:
        raise StorageError(
            f"{out}: the kit cannot be written: {error.strerror or error}", "make room (a kit takes some GB, twice)"
        ) from error
    return out


def _pack(out: Path, root: Path, mirror: Mirror, accel: Accelerator, do: Run) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".kit-") as work:
        kit = Path(work) / "kit"
        (kit / "wheels").mkdir(parents=True)
        do(["git", "clone", "--quiet", "--no-hardlinks", str(root), str(kit / "project")])
        for command in _downloads(root, kit / "wheels", accel):
            do(command)
        if mirror.folder.is_dir():
            shutil.copytree(mirror.folder, kit / "mirror", ignore=shutil.ignore_patterns(f"{UNFINISHED}*"))
        (kit / "install.sh").write_text(INSTALL.replace("{accel}", accel), encoding="utf-8")
        (kit / "install.sh").chmod(0o755)
        _write_digests(kit)
        whole = Path(work) / "kit.tar"
        with tarfile.open(whole, "w") as archive:
            archive.add(kit, "kit")
        whole.replace(out)


def uncommitted(root: Path) -> list[str]:
    """Files whose changes a kit would not hold, since it holds the commit."""
    found = subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=False)
    return [line[3:] for line in found.stdout.splitlines()]


def _refuse(out: Path, root: Path, accel: Accelerator) -> None:
    if not (root / ".git").exists():
        raise SetupError(f"{root} is no checkout: a kit holds a commit", "clone the project, then pack it there")
    if out.suffix != ".tar":
        raise SetupError(f"{out}: a kit is one .tar file", "name it KIT.tar")
    if not (root / "requirements" / f"{accel}.txt").is_file():
        raise SetupError(f"there is no lock file requirements/{accel}.txt", "write it: make lock")


def _downloads(root: Path, wheels: Path, accel: Accelerator) -> list[list[str]]:
    """One command for each lock file: every package at its locked digest, none that is not locked."""
    files = ("build.txt", "uv.txt", "models.txt", f"{accel}.txt")
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    return [[*download, "--dest", str(wheels), "--requirement", str(root / "requirements" / name)] for name in files]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise SetupError(
            f"{' '.join(command[:4])} ... ended with {done.returncode}: {said}",
            "pack where the package index can be reached; PIP_FIND_LINKS may name a folder of wheels",
        )


def _write_digests(kit: Path) -> None:
    """In the format of sha256sum. Links are left out: git has none here, and a digest would follow them."""
    files = [path for path in kit.rglob("*") if path.is_file() and not path.is_symlink()]
    lines = [f"{found}  {name}\n" for name, found in sha256_files(files, kit).items()]
    (kit / "KIT.sha256").write_text("".join(lines), encoding="utf-8")
