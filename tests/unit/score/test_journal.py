from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import StorageError
from harness.score import Journal
from harness.score.calls import Result, Scores, Tokens

ANSWERS: dict[str, Result] = {
    "a": Scores((-0.1, -1 / 3), (True, False), (0.0, 0.25)),
    "b": Tokens((1, 2, 300_000), "length"),
    "c": Tokens((), "stop"),
}

WRITER = """
import sys
from pathlib import Path
from harness.score import Journal
from harness.score.calls import Tokens
journal = Journal.open(Path(sys.argv[1]))
for number in range(1_000_000):
    journal.put({f"{number}": Tokens((number,), "stop")})
    print(number, flush=True)
"""


def test_answers_come_back_bit_by_bit_after_reopening(tmp_path: Path):
    with Journal.open(tmp_path / "deep" / "journal.sqlite") as journal:
        assert journal.note is None
        journal.put(ANSWERS)
    with Journal.open(tmp_path / "deep" / "journal.sqlite") as journal:
        assert journal.note is None
        assert journal.get(["a", "b", "c", "unknown"]) == ANSWERS


def test_more_keys_than_one_query_takes_are_all_found(tmp_path: Path):
    many: dict[str, Result] = {f"k{number}": Tokens((number,), "stop") for number in range(1203)}
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        journal.put(many)
        assert journal.get([*many, *many]) == many


def test_another_process_reads_while_this_one_writes(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    with Journal.open(path) as writer, Journal.open(path) as reader:
        writer.put(ANSWERS)
        assert reader.get(ANSWERS) == ANSWERS


def test_whatever_put_returned_from_survives_kill_9(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 20:
            pass
        os.kill(writer.pid, signal.SIGKILL)
        last = [int(line) for line in writer.stdout.read().split()][-1:]
    promised = [str(number) for number in range((last or [20])[0] + 1)]
    with Journal.open(path) as journal:
        assert journal.note is None
        assert journal.get(promised).keys() == set(promised)


@pytest.mark.parametrize("content", [b"no database at all" * 300, b"", "cut"])
def test_a_damaged_file_is_set_aside_and_named(tmp_path: Path, content: bytes | str):
    path = tmp_path / "journal.sqlite"
    with Journal.open(path) as journal:
        journal.put({f"{number}": Tokens(tuple(range(200)), "stop") for number in range(200)})
    damaged = path.read_bytes()[: path.stat().st_size // 2] if content == "cut" else bytes(content)
    path.write_bytes(damaged)

    with Journal.open(path) as journal:
        journal.put(ANSWERS)
        assert journal.get(ANSWERS) == ANSWERS
        note = journal.note

    if content == b"":
        assert note is None  # an empty file is a new database
    else:
        assert note is not None
        assert "journal.sqlite.corrupt-1" in note
        assert (tmp_path / "journal.sqlite.corrupt-1").read_bytes() == damaged


def test_a_second_damaged_file_does_not_overwrite_the_first(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    for _ in range(2):
        path.write_bytes(b"garbage" * 1000)
        Journal.open(path).close()

    assert {p.name for p in tmp_path.glob("*.corrupt-*")} == {"journal.sqlite.corrupt-1", "journal.sqlite.corrupt-2"}


def test_a_row_that_fails_its_checksum_counts_as_absent_and_is_reported(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    with Journal.open(path) as journal:
        journal.put(ANSWERS)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE answers SET value = CAST(replace(value, '300000', '300001') AS BLOB) WHERE key = 'b'"
        )
    connection.close()

    with Journal.open(path) as journal:
        assert journal.get(ANSWERS).keys() == {"a", "c"}
        assert journal.note is not None
        assert "1 damaged" in journal.note
        journal.put({"b": ANSWERS["b"]})
        assert journal.get(ANSWERS) == ANSWERS


def test_a_journal_of_another_format_is_set_aside(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    Journal.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()

    with Journal.open(path) as journal:
        assert journal.note is not None
        assert "format 99" in journal.note


REAL, FAKE = {"version": "0.32.0", "models": ["a"]}, {"version": "0.0-fake"}


def test_beside_each_answer_stands_what_its_server_said_of_itself(tmp_path: Path):
    for server, keys in ((FAKE, "a"), (REAL, "bc"), (FAKE, "c")):
        with Journal.open(tmp_path / "journal.sqlite") as journal:
            journal.hear(server)
            journal.put({key: ANSWERS[key] for key in keys})
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        assert [journal.servers(keys) for keys in ("a", "b", "ac", "abc", "?")] == [
            [FAKE], [REAL], [FAKE], [FAKE, REAL], [],
        ]  # fmt: skip


def test_a_journal_of_the_first_format_keeps_its_answers_and_knows_no_server_of_theirs(tmp_path: Path):
    path = tmp_path / "journal.sqlite"
    with Journal.open(path) as journal:
        journal.put(ANSWERS)
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE answers DROP COLUMN server")
        connection.execute("DROP TABLE servers")
        connection.execute("PRAGMA user_version=1")
    connection.close()

    with Journal.open(path) as journal:
        assert (journal.note, journal.get(ANSWERS)) == (None, ANSWERS)
        journal.hear(REAL)
        journal.put({"b": ANSWERS["b"]})
        assert (journal.servers("a"), journal.servers("b"), journal.servers("ab")) == ([{}], [REAL], [{}, REAL])


def test_a_full_disk_is_a_storage_error_and_keeps_what_was_written(tmp_path: Path):
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        journal.put(ANSWERS)
        journal._connection.execute("PRAGMA max_page_count=4")
        with pytest.raises(StorageError, match="full") as caught:
            journal.put({f"{number}": Tokens(tuple(range(500)), "stop") for number in range(200)})
        assert caught.value.exit_code == 3
        assert journal.get(ANSWERS) == ANSWERS
        assert journal.get(["0"]) == {}


def test_a_folder_in_the_journals_place_is_a_storage_error(tmp_path: Path):
    (tmp_path / "journal.sqlite").mkdir()

    with pytest.raises(StorageError, match=r"journal\.sqlite"):
        Journal.open(tmp_path / "journal.sqlite")
