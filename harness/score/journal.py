"""Every answer that the engine gave, durable under its call's key, shared by all rounds of a model.

SQLite in WAL mode with a full sync at every commit: a batch that `put` has returned from survives a crash of the
process and of the machine. Each row carries a checksum; a row that fails it counts as absent and is named in `note`.
"""

from __future__ import annotations

import itertools
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from harness.errors import StorageError
from harness.score.calls import Result, Scores, Tokens
from harness.store import disk_errors

FORMAT = 1
"""Of the table, in SQLite's user_version."""
KEYS_PER_QUERY = 500
BUSY_TIMEOUT_S = 60.0

SETTINGS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")
TABLE = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID
"""


class Journal:
    """Answers by key in one SQLite file. Readers in other processes are welcome."""

    def __init__(self, path: Path, connection: sqlite3.Connection, note: str | None) -> None:
        self.path = path
        self.note = note
        """What was wrong with the file and what was done about it; null where nothing was."""
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create; a file that is no sound journal is set aside beside it and named in `note`."""
        with _storage_errors(path), disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            defect = _defect(path)
            note = _set_aside(path, defect) if defect else None
            return cls(path, _connect(path), note)

    def get(self, keys: Iterable[str]) -> dict[str, Result]:
        """The answers that are here, by key."""
        found: dict[str, Result] = {}
        damaged = 0
        with _storage_errors(self.path):
            for key, value, checksum in self._rows(list(dict.fromkeys(keys))):
                if checksum == _checksum(key, value):
                    found[key] = _decoded(value)
                else:
                    damaged += 1
        if damaged:
            self.note = f"{damaged} damaged answers in the journal {self.path} are not used and will be asked again"
        return found

    def put(self, answers: Mapping[str, Result]) -> None:
        """Write a batch in one commit; it is durable on return. StorageError where the disk fails."""
        values = {key: orjson.dumps(result) for key, result in answers.items()}
        rows = [(key, value, _checksum(key, value)) for key, value in values.items()]
        with _storage_errors(self.path), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Merge the write-ahead log into the file and let it go."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rows(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, int]]:
        for start in range(0, len(keys), KEYS_PER_QUERY):
            some = keys[start : start + KEYS_PER_QUERY]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, value, checksum FROM answers WHERE key IN ({marks})"  # noqa: S608 - question marks
            yield from self._connection.execute(query, some)


def _connect(path: Path) -> sqlite3.Connection:
    # The pool writes from a worker thread, one batch at a time, while nobody reads.
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    for setting in SETTINGS:
        connection.execute(setting)
    with connection:
        connection.execute(TABLE)
        connection.execute(f"PRAGMA user_version={FORMAT}")
    return connection


def _defect(path: Path) -> str | None:
    """What makes an existing file unusable as a journal, in a word or two; None where nothing does."""
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        raise  # locked or unreadable, not corrupt
    except sqlite3.DatabaseError as error:
        return str(error)
    if version not in (0, FORMAT):
        return f"format {version} instead of {FORMAT}"
    return None if verdict == "ok" else str(verdict)


def _set_aside(path: Path, defect: str) -> str:
    """Rename the file and its companions to the first free `.corrupt-N` name; says so."""
    number = next(n for n in itertools.count(1) if not Path(f"{path}.corrupt-{n}").exists())
    aside = Path(f"{path}.corrupt-{number}")
    for suffix in ("-wal", "-shm", ""):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.rename(f"{aside}{suffix}")
    return f"the journal {path} is damaged ({defect}); it was set aside as {aside.name} and its answers are asked again"


def _checksum(key: str, value: bytes) -> int:
    return zlib.crc32(value, zlib.crc32(key.encode()))


def _decoded(value: bytes) -> Result:
    fields = orjson.loads(value)
    if "ids" in fields:
        return Tokens(tuple(fields["ids"]), fields["finish"], fields.get("stop"))
    return Scores(tuple(fields["logprobs"]), tuple(fields["greedy"]), tuple(fields["margins"]))


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StorageError(
            f"the journal {path} cannot be used: {error}",
            "free space on its disk or end what locks it, then run the same command again; no answer written is lost",
        ) from error
