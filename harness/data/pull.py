"""Published sets into the mirror: from the hub at a commit, or from a folder that was carried here."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.data.lock import Lock
from harness.data.mirror import Mirror
from harness.errors import SetupError, SuiteError

NOTE = ".pulled.json"
"""Beside each set: the commit that it was pulled at."""

Fetch = Callable[[str, str | None, Path], str]
"""Fetches a set (id, commit or None for the newest) into a folder and returns the commit."""


@dataclass(frozen=True)
class Wanted:
    """A set that suites name."""

    hub: str
    revision: str | None
    """Commit that the suites pin; None where they leave it to the lock."""


def wanted(origins: Sequence[tuple[str, str | None]], lock: Lock) -> list[Wanted]:
    """The sets of (id, commit) pairs, once each, at the commit pinned or locked. SuiteError where two pins differ."""
    pins: dict[str, str | None] = {}
    for hub, revision in origins:
        before = pins.get(hub)
        if before and revision and before != revision:
            raise SuiteError(f"{hub} is pinned to {before} and to {revision}", "pin it to one commit in configs/suite/")
        pins[hub] = before or revision
    locked = {hub: entry.revision for hub, entry in lock.sets.items()}
    return [Wanted(hub, pins[hub] or locked.get(hub)) for hub in sorted(pins)]


def pull(mirror: Mirror, want: Wanted, fetch: Fetch) -> str | None:
    """Bring one set into the mirror, whole or not at all, and return its commit."""
    target = mirror.folder / want.hub
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pull-") as fresh:
        folder = Path(fresh) / "set"
        commit = fetch(want.hub, want.revision, folder)
        _check(want.hub, folder)
        (folder / NOTE).write_text(json.dumps({"revision": commit or None}), encoding="utf-8")
        if target.exists():
            target.rename(Path(fresh) / "before")
        folder.rename(target)
    return commit or None


def pulled_revision(mirror: Mirror, hub: str) -> str | None:
    """The commit that a set in the mirror was pulled at; None where it is not known."""
    note = mirror.folder / hub / NOTE
    if not note.is_file():
        return None
    content: Mapping[str, str | None] = json.loads(note.read_text(encoding="utf-8"))
    return content.get("revision")


def from_folder(source: Path) -> Fetch:
    """Fetches sets from a folder of `org/name` folders: another mirror, or one that was carried here."""

    def fetch(hub: str, revision: str | None, target: Path) -> str:
        folder = source / hub
        if not folder.is_dir():
            raise SetupError(f"{source} holds no {hub}", "name a folder that holds it as org/name")
        carried = pulled_revision(Mirror(source), hub)
        if revision and carried and carried != revision:
            raise SetupError(f"{folder} is {hub} at {carried}, pinned is {revision}", "carry the pinned commit here")
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns(".*"))
        return carried or ""

    return fetch


def from_hub(hub: str, revision: str | None, target: Path) -> str:
    """Fetches a set from the hub. SetupError where the hub cannot be reached or does not have it."""
    from httpx2 import HTTPError
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        commit = revision or HfApi().dataset_info(hub).sha
        if commit is None:
            raise SetupError(f"the hub names no commit of {hub}", "pin one in the suite's config")
        snapshot_download(hub, repo_type="dataset", revision=commit, local_dir=target)
    except OfflineModeIsEnabled as error:
        raise SetupError(f"{hub}: HF_HUB_OFFLINE is set", "unset it for `harness data pull`") from error
    except HfHubHTTPError as error:
        remedy = "a gated set needs its terms accepted and HF_TOKEN set; else correct the id or the commit"
        raise SetupError(f"{hub}: the hub answered: {str(error).splitlines()[0]}", remedy) from error
    except (HTTPError, OSError) as error:
        remedy = "pull where there is a network, carry the mirror here, then: harness data pull --from DIR"
        raise SetupError(f"{hub}: the hub cannot be reached: {error}", remedy) from error
    return commit


def _check(hub: str, folder: Path) -> None:
    """Refuse what datasets cannot read: a set whose rows come from a program."""
    script = folder / f"{hub.rpartition('/')[2]}.py"
    data = [path for path in folder.rglob("*") if path.suffix in {".parquet", ".jsonl", ".json", ".csv", ".tsv", ".gz"}]
    if script.is_file() and not data:
        raise SuiteError(
            f"{hub} at this commit is a loading script, which datasets no longer runs",
            "pin a commit of its refs/convert/parquet branch",
        )
