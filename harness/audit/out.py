"""The file that a command will write: what is wrong with it is found out before the work of hours, not after it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from harness.errors import ConfigError
from harness.store import FULL, disk_errors, temporary_beside

NAME_A_FILE = "name a file that can be written"


def check_out(out: Path, read: Iterable[Path]) -> None:
    """Whether `out` can be written, and would change nothing that is read: folders and files of the command line.

    The folder of `out` is made where it is missing. ConfigError says why not; StorageError for a full disk.
    """
    try:
        _refuse_what_is_read(out, read)
        if out.exists() and not out.is_file():
            what = "is a folder" if out.is_dir() else "is neither a file nor a folder"
            raise ConfigError(f"--out {out} {what}", NAME_A_FILE)
        temporary_beside(out).unlink()
    except OSError as error:
        if error.errno in FULL:
            with disk_errors(out):
                raise
        raise ConfigError(f"--out {out} cannot be written: {error.strerror}", NAME_A_FILE) from error


def _refuse_what_is_read(out: Path, read: Iterable[Path]) -> None:
    """A link is replaced, not followed; those on the way to it are followed."""
    place = Path(os.path.realpath(out.parent)) / out.name
    for path in read:
        if place.is_relative_to(os.path.realpath(path)):
            where = f"lies in {path}, which is read and must not change" if path.is_dir() else "is read too"
            raise ConfigError(f"--out {out} {where}", "name a file elsewhere")
