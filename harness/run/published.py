"""Published sets: pulled into the mirror, locked, and compared with the lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config import choices, load_suite
from harness.data.lock import Lock, differences, locked_set, read_lock, write_lock
from harness.data.mirror import Mirror, mirror_of
from harness.data.pull import from_folder, from_hub, pull, pulled_revision, wanted
from harness.errors import SetupError, UserError
from harness.plan import Origin, Suite
from harness.run.screen import Screen


@dataclass(frozen=True)
class Locked:
    """What `harness data lock` wrote, and what it could not."""

    path: Path
    lock: Lock
    problems: tuple[str, ...]
    """A sentence for each set that is not in the mirror and each task that cannot be counted."""


@dataclass(frozen=True)
class Pulled:
    """What `harness data pull` brought, and what it could not."""

    folder: Path
    """The mirror."""
    problems: tuple[str, ...]
    """A message for each set that could not be brought; the others are there."""


def pull_suites(names: Sequence[str], root: Path, source: Path | None, screen: Screen) -> Pulled:
    """Bring the sets of the named suites (none named: all) into the mirror, from the hub or from a folder."""
    mirror, lock = mirror_of(root), read_lock(root)
    fetch = from_hub if source is None else from_folder(source)
    problems: list[str] = []
    for want in wanted(_origins(_suites(names, root)), lock):
        try:
            with screen.waiting(f"pulling {want.hub}"):
                commit = pull(mirror, want, fetch)
        except UserError as error:
            problems.append(str(error))
        else:
            screen.say(f"{want.hub}: {commit or 'given without a commit'}")
    return Pulled(mirror.folder, tuple(problems))


def lock_suites(names: Sequence[str], root: Path, screen: Screen) -> Locked:
    """Write the digests of the suites' sets, and the number of items of their tasks, into tasks/data.lock."""
    mirror, before = mirror_of(root), read_lock(root)
    suites = _suites(names, root)
    hubs = sorted({origin.hub for origin in _origins(suites)})
    missing = tuple(f"{hub} is not in the mirror {mirror.folder}" for hub in hubs if mirror.find(hub) is None)
    sets = {hub: locked_set(mirror, hub, pulled_revision(mirror, hub)) for hub in hubs if mirror.find(hub) is not None}
    counts, uncounted = _counts(suites, mirror, root, screen)
    lock = Lock(sets={**before.sets, **sets}, items={**before.items, **counts})
    return Locked(write_lock(root, lock), lock, (*missing, *uncounted))


def verify_mirror(root: Path) -> list[str]:
    """What of the mirror is not as locked, a sentence each. SetupError where nothing is locked."""
    mirror, lock = mirror_of(root), read_lock(root)
    if not lock.sets:
        raise SetupError("tasks/data.lock names no set", "fill the mirror and lock it: harness data pull, then lock")
    found = [problem for hub in sorted(lock.sets) for problem in differences(mirror, hub, lock.sets[hub])]
    return found + [f"{hub}: the set is not in the lock" for hub in mirror.sets() if hub not in lock.sets]


def _counts(
    suites: Sequence[Suite], mirror: Mirror, root: Path, screen: Screen
) -> tuple[dict[str, int], tuple[str, ...]]:
    from harness.suites import count

    counts: dict[str, int] = {}
    problems: list[str] = []
    for suite in suites:
        here = [task for task in suite.tasks if task.origin is not None and mirror.find(task.origin.hub) is not None]
        if not here:
            continue
        with screen.waiting(f"counting {suite.name}"):
            found, failed = count(suite.model_copy(update={"tasks": tuple(here)}), root=root)
        counts |= found
        stated = {task.name: task.items for task in here if task.items}
        problems += failed
        problems += [
            f"{name}: {stated[name]} items stated, {n} counted" for name, n in found.items() if stated.get(name, n) != n
        ]
        problems += _totals(suite, found)
    return counts, tuple(problems)


def _totals(suite: Suite, counts: Mapping[str, int]) -> list[str]:
    """A sentence for each benchmark whose tasks do not hold as many items together as are published."""
    known = {task.benchmark: task.origin.total for task in suite.tasks if task.origin and task.origin.total}
    parts = {name: [task.name for task in suite.tasks if task.benchmark == name] for name in known}
    whole = {name: sum(counts[part] for part in parts[name]) for name in known if counts.keys() >= {*parts[name]}}
    return [f"{name}: {known[name]} items stated in all, {n} counted" for name, n in whole.items() if n != known[name]]


def _suites(names: Sequence[str], root: Path) -> list[Suite]:
    configs = root / "configs"
    return [load_suite(name, configs) for name in names or choices(configs, "suite")]


def _origins(suites: Sequence[Suite]) -> list[Origin]:
    return [task.origin for suite in suites for task in suite.tasks if task.origin is not None]
