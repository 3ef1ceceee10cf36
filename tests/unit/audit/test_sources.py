"""Python files that a checkpoint ships, written by whoever wants the audit to end or to look away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.audit import sources
from harness.audit.code import findings, notes, with_unread
from harness.audit.configuration import notes as configuration_notes
from harness.audit.finding import LEFT_OUT, Finding
from harness.audit.nested import LONGEST
from harness.audit.sources import LONGEST_LINE, MOST_BYTES, code_of, shipped
from harness.audit.subject import Subject

SIZE = MOST_BYTES - 64
LARGE = "x = 1\n" * (MOST_BYTES // 6 + 1)
MOST_MIB, MOST_SECONDS = 150, 30
MEASURED = """
import resource, sys
from pathlib import Path
from harness.audit import nested
from harness.audit.sources import shipped
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for source in shipped(Path(sys.argv[1])).sources:
    source.header, source.prints, nested.in_source(source, "mine")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


def line(text: str) -> str:
    """As long a line as is read, of one piece over and over."""
    return text * ((LONGEST_LINE - 100) // len(text)) + "\n"


def lines(text: str) -> str:
    return text * (SIZE // len(text.encode()))


HOSTILE: dict[str, Callable[[], str]] = {
    "short lines": lambda: lines("a\n"),
    "brackets": lambda: "(" * (LONGEST_LINE // 2) + ")" * (LONGEST_LINE // 2),
    "brackets over lines": lambda: lines("(\n"),
    "comments": lambda: lines("#\n"),
    "holders": lambda: lines("# copyright\n"),
    "no characters": lambda: lines("a\0\n"),
    "no UTF-8": lambda: lines("\ufffd\n"),
    "wide characters": lambda: "# \U0001f600\n" + lines("a\n")[:-16],
    "spaces before what is no Python": lambda: lines(line(" ") + "$"),
    "open strings": lambda: lines("'" + line("\\'")),
    "spaces after a copyright": lambda: lines("# copyright x" + line(" ")),
    "dots after a copyright": lambda: lines("# copyright x" + line(".")),
    "licences without an end": lambda: lines("# creative commons\n"),
    "identifiers": lambda: lines("# SPDX-License-Identifier: (MIT\n"),
    "a docstring in pieces": lambda: lines("''\\\n"),
    "formatted strings": lambda: lines('f"' + line("{a}")[:-1] + '"\n'),
    "a formatted docstring": lambda: 'f"""' + lines("{a}\n")[:-16] + '"""\n',
    "not not not": lambda: line("not ") + "a\n",
    "indents": lambda: "".join(" " * depth + "if a:\n" for depth in range(990)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_takes_more_memory_or_time_than_its_size_allows(name: str, tmp_path: Path) -> None:
    (tmp_path / "configuration_mine.py").write_text(HOSTILE[name](), encoding="utf-8")
    assert not shipped(tmp_path).unread
    command = [sys.executable, "-c", MEASURED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=MOST_SECONDS)
    assert int(done.stdout) < MOST_MIB


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (LARGE.encode(), "larger than 512 KiB"),
        (b"x = '" + b"a" * LONGEST_LINE + b"'\n", "a line of more than 20,000 characters"),
        (b"x = (\n", "EOF in multi-line statement"),
        (b"x = 1\n$\n", "no Python at line 2"),
        (b"\0", "no Python at line 1"),
    ],
)
def test_code_that_is_not_read_is_named_and_sent_to_people(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "modeling_mine.py").write_bytes(content)
    ours, theirs = (
        Subject("mine", tmp_path, {}, {}, {}),
        Subject("llama", tmp_path / "no", {"model_type": "llama"}, {}, {}),
    )
    found = findings(ours, theirs)
    assert found[0].strength == "refer"
    assert f"modeling_mine.py: {why}" in found[0].statement.replace("('", "")
    assert all(one.strength != "no_evidence" for one in found if shipped(tmp_path).unread)
    assert len(list(notes(ours))) == len(shipped(tmp_path).unread)


def test_files_beyond_the_limits_of_a_checkpoint_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_BYTES_IN_ALL", 20)
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("x = 1  # 10")
    found = shipped(tmp_path)
    assert [source.name for source in found.sources] == ["a.py"]
    assert [one.partition(":")[0] for one in found.unread] == ["b.py", "c.py"]


def test_of_many_files_the_first_are_named_and_the_others_counted(tmp_path: Path) -> None:
    for place in range(60):
        (tmp_path / f"{place}.py").write_text("x" * (LONGEST_LINE + 1))
    assert shipped(tmp_path).unread[-1] == "and 10 more files"


def test_a_candidates_code_that_is_not_read_leaves_no_conclusion() -> None:
    found = Finding(component="code", candidate="other", method="code", strength="no_evidence", statement="unlike")
    assert with_unread(found, (), ()) == found
    left = with_unread(found, (), ("modeling.py: larger than 512 KiB",))
    assert (left.strength, left.details[LEFT_OUT]) == ("not_comparable", True)
    assert "modeling.py" in left.statement


def test_a_configuration_too_long_for_its_syntax_tree_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "configuration_mine.py").write_text("x = 1\n" * (LONGEST // 6 + 1))
    (note,) = configuration_notes(Subject("mine", tmp_path, {"model_type": "mine"}, {}, {}), [])
    assert "configuration_mine.py: longer than" in note


def test_a_mark_of_the_byte_order_and_old_ends_of_lines_are_python(tmp_path: Path) -> None:
    (tmp_path / "modeling_mine.py").write_bytes("\ufeffx = 1\r\ny = 2\rz = 3\n".encode())
    found = code_of(tmp_path, None)
    assert found is not None
    assert [source.text for source in found.sources] == ["x = 1\ny = 2\nz = 3\n"]


@pytest.mark.parametrize("name", ["deep/below/modeling_mine.py", "notice_model.py", "large.py"])
def test_the_digest_changes_with_every_file_that_an_audit_reads_or_names(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    digests = set()
    for content in ("x = 1\n", "x = 2\n", LARGE):
        (tmp_path / name).write_text(content)
        digests.add(shipped(tmp_path).digest)
    (tmp_path / name).unlink()
    assert len(digests | {shipped(tmp_path).digest}) == 4


def test_a_name_that_is_no_text_has_a_digest(tmp_path: Path) -> None:
    Path(tmp_path.as_posix(), "a\udcff.py").write_text("x = 1\n")
    assert len(shipped(tmp_path).digest) == 64
