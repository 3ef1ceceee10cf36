"""A mirror that is broken in whatever way ends in one message that names what is wrong, never in a traceback."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import SuiteError
from harness.plan import Suite, Task
from harness.suites import LoadedTask, load
from tests.mirrors import write_set

TASK = """task: toy
dataset_path: org/toy
dataset_name: default
test_split: test
output_type: multiple_choice
doc_to_text: "{{q}}"
doc_to_choice: ["0", "1"]
doc_to_target: "{{label}}"
num_fewshot: 0
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
"""
ROWS = [{"q": f"{n}?", "label": str(n % 2)} for n in range(4)]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The set's folder in the mirror of a project of one task."""
    monkeypatch.delenv("HARNESS_MIRROR", raising=False)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/toy.yaml").write_text(TASK)
    return write_set(tmp_path / ".cache/mirror", "org/toy", {"default": {"test": ROWS}})


def loaded(toy: Path) -> LoadedTask:
    task = Task(name="toy", metric="acc", items=4, capability="x")
    suite = Suite(name="s", title={}, language="en", folder="folder", tasks=(task,))
    (found,) = load(suite, root=toy.parents[3], seed=0)
    return found


def data(toy: Path) -> Path:
    return toy / "default/test.jsonl"


def readme(toy: Path, old: str, new: str) -> None:
    path = toy / "README.md"
    path.write_text(path.read_text().replace(old, new))


def only(toy: Path, name: str, content: bytes) -> None:
    shutil.rmtree(toy)
    toy.mkdir()
    (toy / "README.md").write_text("# a set\n")
    (toy / name).write_bytes(content)


def outside(toy: Path, name: str) -> None:
    shutil.copy(data(toy), toy.parents[1] / "outside.jsonl")
    readme(toy, "default/test.jsonl", name)


def as_folder(toy: Path) -> None:
    data(toy).unlink()
    data(toy).mkdir()


def dangling(toy: Path) -> None:
    data(toy).unlink()
    data(toy).symlink_to("/nowhere/at/all")


def as_file(toy: Path) -> None:
    shutil.rmtree(toy)
    toy.write_text("")


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file that ends too early": (lambda toy: data(toy).write_text(data(toy).read_text()[:-9]), "cannot be read"),
    "an empty file": (lambda toy: data(toy).write_text(""), "holds no rows"),
    "no text": (lambda toy: data(toy).write_bytes(bytes(range(256))), "cannot be read"),
    "another encoding": (lambda toy: data(toy).write_bytes(b'{"q": "\xe9", "label": "0"}\n'), "can't decode"),
    "a front matter that is no YAML": (
        lambda toy: (toy / "README.md").write_text("---\nconfigs: [\n---\n"),
        "org/toy: the front matter of README.md cannot be read",
    ),
    "a file that is not there": (lambda toy: readme(toy, "test.jsonl", "gone.jsonl"), "Unable to find .*gone.jsonl"),
    "another config": (lambda toy: readme(toy, "config_name: default", "config_name: other"), "'default' not found"),
    "another split": (lambda toy: readme(toy, "split: test", "split: dev"), "the data has no 'test'"),
    "another column": (
        lambda toy: data(toy).write_text(data(toy).read_text().replace('"q"', '"question"')),
        "there is no column 'q'",
    ),
    "a missing answer": (
        lambda toy: data(toy).write_text(data(toy).read_text().replace('"1"', "null")),
        "answer 'None' is not among its choices",
    ),
    "a lost row": (
        lambda toy: data(toy).write_text("".join(data(toy).read_text().splitlines(True)[1:])),
        "holds 3 rows",
    ),
    "a row of other text": (
        lambda toy: data(toy).write_text(data(toy).read_text() + json.dumps(ROWS[0] | {"q": "다섯"}) + "\n"),
        "column 'q' is not in Unicode NFC|holds 5 rows",
    ),
    "a loading script": (lambda toy: (toy / "toy.py").write_text(""), "loading script, toy.py"),
    "a damaged parquet": (lambda toy: only(toy, "test.parquet", b"PAR1" + bytes(99) + b"PAR1"), "cannot be read"),
    "an empty parquet": (lambda toy: only(toy, "test.parquet", b""), "cannot be read"),
    "a pointer in a file's place": (lambda toy: only(toy, "test.parquet", POINTER), "cannot be read"),
    "rows outside of the set": (lambda toy: outside(toy, "../../outside.jsonl"), "not in the set's folder"),
    "rows elsewhere": (lambda toy: outside(toy, str(toy.parents[1] / "outside.jsonl")), "not in the set's folder"),
    "rows of a network": (lambda toy: outside(toy, "https://example.org/rows.jsonl"), "not in the set's folder"),
    "a link to nothing": (dangling, "Unable to find"),
    "a folder in a file's place": (as_folder, "Unable to find"),
    "a file in the set's place": (as_file, "bring org/toy into the mirror"),
    "no set": (shutil.rmtree, "bring org/toy into the mirror"),
    "no data": (lambda toy: shutil.rmtree(toy / "default"), "Unable to find"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mirror_is_said(toy: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    breaking, said = BROKEN[name]
    breaking(toy)
    with pytest.raises(SuiteError) as caught:
        loaded(toy)
    assert re.search(said, str(caught.value)), caught.value
    assert len(str(caught.value)) < 500
    assert capfd.readouterr().err == ""


def test_a_byte_order_mark_and_links_do_no_harm(toy: Path) -> None:
    data(toy).write_bytes(b"\xef\xbb\xbf" + data(toy).read_bytes())
    (toy / "circle").symlink_to(toy)
    elsewhere = toy.parents[1] / "elsewhere"
    (toy / "default").rename(elsewhere)
    (toy / "default").symlink_to(elsewhere)
    assert [item.doc["q"] for item in loaded(toy).items] == [row["q"] for row in ROWS]
