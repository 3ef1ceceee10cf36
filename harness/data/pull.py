"""Published sets into the mirror: from the hub at a commit, or from a folder that was carried here."""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from harness.data.lock import Lock
from harness.data.mirror import Mirror, check_set
from harness.errors import SetupError, StorageError, SuiteError
from harness.plan import Origin

NOTE = ".pulled.json"
"""Beside each set: the commit that it was pulled at."""

UNFINISHED = ".pull-"
"""Beginning of the folders in which sets arrive."""

STORAGE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EACCES, errno.EPERM})
"""What the disk says, not the network."""


@dataclass(frozen=True)
class Wanted:
    """A set that suites name."""

    hub: str
    revision: str | None
    """Commit that the suites pin; None where they leave it to the lock."""
    files: tuple[str, ...] = ()
    """Patterns of the files that they need; all where there is none."""

    def needs(self, name: str) -> bool:
        """Whether a file of the set is wanted; what describes the set always is."""
        return not self.files or name == "README.md" or any(fnmatchcase(name, pattern) for pattern in self.files)


Fetch = Callable[[Wanted, Path], str]
"""Fetches a set (at its commit, else the newest) into a folder and returns the commit, empty where it is not known."""


def wanted(origins: Sequence[Origin], lock: Lock) -> list[Wanted]:
    """The sets of origins, once each, at the commit pinned or locked. SuiteError where two pins differ."""
    pins: dict[str, str | None] = {}
    files: dict[str, set[str] | None] = {}
    for origin in origins:
        before = pins.get(origin.hub)
        if before and origin.revision and before != origin.revision:
            raise SuiteError(
                f"{origin.hub} is pinned to {before} and to {origin.revision}",
                "pin it to one commit in configs/suite/",
            )
        pins[origin.hub] = before or origin.revision
        others = files.get(origin.hub, set())
        files[origin.hub] = None if others is None or not origin.files else others | {*origin.files}
    locked = {hub: entry.revision for hub, entry in lock.sets.items()}
    return [Wanted(hub, pins[hub] or locked.get(hub), tuple(sorted(files[hub] or ()))) for hub in sorted(pins)]


def pull(mirror: Mirror, want: Wanted, fetch: Fetch) -> str | None:
    """Bring one set into the mirror, whole or not at all, and return its commit.

    StorageError where the disk is full or may not be written: then what was there is there still.
    """
    target = mirror.folder / want.hub
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=UNFINISHED) as fresh:
            folder = Path(fresh) / "set"
            commit = fetch(want, folder)
            _without_script(want.hub, folder)
            check_set(want.hub, folder)
            (folder / NOTE).write_text(json.dumps({"revision": commit or None}), encoding="utf-8")
            _put(folder, target, Path(fresh) / "before")
    except OSError as error:
        raise StorageError(
            f"{want.hub} cannot be written into the mirror {mirror.folder}: {error.strerror or error}",
            "make room or mend the rights there, or name another folder in HARNESS_MIRROR; what was there is unchanged",
        ) from error
    return commit or None


def _put(folder: Path, target: Path, before: Path) -> None:
    """The folder takes the target's place; where it cannot, the target is what it was."""
    replaced = target.exists() or target.is_symlink()
    if replaced:
        target.rename(before)
    try:
        folder.rename(target)
    except OSError:
        if replaced:
            before.rename(target)
        raise


def pulled_revision(mirror: Mirror, hub: str) -> str | None:
    """The commit that a set in the mirror was pulled at; None where it is not known."""
    note = mirror.folder / hub / NOTE
    if not note.is_file():
        return None
    try:
        content: Mapping[str, str | None] = json.loads(note.read_text(encoding="utf-8"))
        return content["revision"]
    except (ValueError, TypeError, KeyError) as error:
        raise SuiteError(f"{note} is damaged: {error}", f"pull {hub} again") from error


def from_folder(source: Path) -> Fetch:
    """Fetches sets from a folder of `org/name` folders: another mirror, or one that was carried here."""

    def fetch(want: Wanted, target: Path) -> str:
        folder = source / want.hub
        if not folder.is_dir():
            raise SetupError(f"{source} holds no {want.hub}", "name a folder that holds it as org/name")
        if folder.resolve() == (target.parents[1] / want.hub.rpartition("/")[2]).resolve():
            raise SetupError(f"{folder} is the mirror's own {want.hub}", "name another folder than the mirror")
        carried = pulled_revision(Mirror(source), want.hub)
        if want.revision and carried and carried != want.revision:
            raise SetupError(
                f"{folder} is {want.hub} at {carried}, pinned is {want.revision}", "carry the pinned commit here"
            )
        files = [(path, path.relative_to(folder)) for path in Mirror(source).files(want.hub)]
        if not (needed := [(path, name) for path, name in files if want.needs(name.as_posix())]):
            raise SetupError(f"{folder} holds no file that is needed of {want.hub}", "carry the whole set here")
        for path, name in needed:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target / name)
        return carried or ""

    return fetch


def from_hub(want: Wanted, target: Path) -> str:
    """Fetches a set from the hub. SetupError where the hub cannot be reached or does not have it."""
    from httpx2 import HTTPError
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, OfflineModeIsEnabled

    hub = want.hub
    patterns = ["README.md", *want.files] if want.files else None
    try:
        commit = want.revision or HfApi().dataset_info(hub).sha
        if commit is None:
            raise SetupError(f"the hub names no commit of {hub}", "pin one in the suite's config")
        snapshot_download(hub, repo_type="dataset", revision=commit, local_dir=target, allow_patterns=patterns)
    except OfflineModeIsEnabled as error:
        raise SetupError(f"{hub}: HF_HUB_OFFLINE is set", "unset it for `harness data pull`") from error
    except GatedRepoError as error:
        page = f"https://huggingface.co/datasets/{hub}"
        remedy = f"accept its terms at {page}, then set HF_TOKEN to a token of that account"
        raise SetupError(f"{hub}: the set is gated", remedy) from error
    except HfHubHTTPError as error:
        remedy = "correct the id or the commit; a private set needs HF_TOKEN"
        raise SetupError(f"{hub}: the hub answered: {str(error).splitlines()[0]}", remedy) from error
    except (HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno in STORAGE:
            raise
        remedy = "pull where there is a network, carry the mirror here, then: harness data pull --from DIR"
        raise SetupError(f"{hub}: the hub cannot be reached: {error}", remedy) from error
    return commit


DATA = frozenset({".parquet", ".jsonl", ".json", ".csv", ".tsv", ".gz", ".arrow", ".zst"})


def _without_script(hub: str, folder: Path) -> None:
    """A loading script beside data is left behind: datasets runs none, and reads no set that has one."""
    script = folder / f"{hub.rpartition('/')[2]}.py"
    if script.is_file() and any(path.suffix in DATA for path in folder.rglob("*")):
        script.unlink()
