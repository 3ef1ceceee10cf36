"""Every answer that the engine gave, durable under its call's key, shared by all rounds of a model.

SQLite in WAL mode with a full sync at every commit: a batch that `put` has returned from survives a crash of the
process and of the machine. Each row carries a checksum; a row that fails it counts as absent and is named in `note`.
Beside each answer stands what the server that gave it said of itself: an answer is worth no more than its server,
however long ago it was given. Journals of the first format, which did not keep that, are read on.
"""

from __future__ import annotations

import itertools
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from harness.errors import StorageError
from harness.score.calls import Result, Scores, Tokens
from harness.store import disk_errors

FORMAT = 2
"""Of the tables, in SQLite's user_version."""
READABLE = (0, 1, FORMAT)
"""0: a new file. 1: without servers."""
KEYS_PER_QUERY = 500
BUSY_TIMEOUT_S = 60.0

SETTINGS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")
ANSWERS = """
CREATE TABLE IF NOT EXISTS answers
(key TEXT PRIMARY KEY, value BLOB NOT NULL, checksum INTEGER NOT NULL, server INTEGER) WITHOUT ROWID
"""
"""`server` is null where nobody said which it was."""
SERVERS = "CREATE TABLE IF NOT EXISTS servers (id INTEGER PRIMARY KEY, report TEXT NOT NULL UNIQUE)"


class Journal:
    """Answers by key in one SQLite file. Readers in other processes are welcome."""

    def __init__(self, path: Path, connection: sqlite3.Connection, note: str | None) -> None:
        self.path = path
        self.note = note
        """What was wrong with the file and what was done about it; null where nothing was."""
        self._connection = connection
        self._server: int | None = None

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
            for key, value, checksum, _ in self._rows(list(dict.fromkeys(keys))):
                if checksum == _checksum(key, value):
                    found[key] = _decoded(value)
                else:
                    damaged += 1
        if damaged:
            self.note = f"{damaged} damaged answers in the journal {self.path} are not used and will be asked again"
        return found

    def hear(self, reported: Mapping[str, Any]) -> None:
        """Keep what a server says of itself; the answers that follow are its."""
        report = (orjson.dumps(dict(reported), option=orjson.OPT_SORT_KEYS).decode(),)
        with _storage_errors(self.path), self._connection:
            self._connection.execute("INSERT OR IGNORE INTO servers (report) VALUES (?)", report)
            (self._server,) = self._connection.execute("SELECT id FROM servers WHERE report = ?", report).fetchone()

    def servers(self, keys: Iterable[str]) -> list[dict[str, Any]]:
        """What the servers that gave these answers said of themselves, each once; empty for those that nobody knows."""
        with _storage_errors(self.path):
            known: dict[int | None, str] = dict(self._connection.execute("SELECT id, report FROM servers"))
            found = {server for _, _, _, server in self._rows(list(dict.fromkeys(keys)))}
        return [orjson.loads(known.get(server, "{}")) for server in sorted(found, key=lambda each: each or 0)]

    def put(self, answers: Mapping[str, Result]) -> None:
        """Write a batch in one commit; it is durable on return. StorageError where the disk fails."""
        values = {key: orjson.dumps(result) for key, result in answers.items()}
        rows = [(key, value, _checksum(key, value), self._server) for key, value in values.items()]
        with _storage_errors(self.path), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", rows)

    def close(self) -> None:
        """Merge the write-ahead log into the file and let it go."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rows(self, keys: Sequence[str]) -> Iterator[tuple[str, bytes, int, int | None]]:
        for start in range(0, len(keys), KEYS_PER_QUERY):
            some = keys[start : start + KEYS_PER_QUERY]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, value, checksum, server FROM answers WHERE key IN ({marks})"  # noqa: S608 - marks
            yield from self._connection.execute(query, some)


def _connect(path: Path) -> sqlite3.Connection:
    # The pool writes from a worker thread, one batch at a time, while nobody reads.
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    for setting in SETTINGS:
        connection.execute(setting)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] == 1:
            connection.execute("ALTER TABLE answers ADD COLUMN server INTEGER")
        for table in (ANSWERS, SERVERS):
            connection.execute(table)
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
    if version not in READABLE:
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
