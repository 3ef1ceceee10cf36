"""IFEval finds a sentence splitter without a network, and the run says which."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.data.mirror import Mirror
from harness.suites import lmeval, sentences


@pytest.fixture
def placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NLTK_DATA", "/somewhere/of/the/users")
    sentences.place(Mirror(tmp_path / "mirror"), tmp_path / "cache")
    return tmp_path / "cache/nltk_data"


def test_the_stand_in_stands_before_what_the_user_has(placed: Path) -> None:
    assert os.environ["NLTK_DATA"].split(os.pathsep) == [str(placed), "/somewhere/of/the/users"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("Mr. Kim of Kim Co. met Dr. Lee at 9 a.m. sharp.", 1),
        ("It costs 3.5 dollars. Cheap.", 2),
        ("No full stop", 1),
    ],
)
def test_sentences_are_counted(placed: Path, text: str, count: int) -> None:
    from nltk.data import FileSystemPathPointer
    from nltk.tokenize.punkt import PunktSentenceTokenizer, load_punkt_params

    splitter = PunktSentenceTokenizer()
    splitter._params = load_punkt_params(FileSystemPathPointer(str(placed / sentences.MODEL)))
    assert len(splitter.tokenize(text)) == count


def test_the_mirrors_own_splitter_is_used_and_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLTK_DATA", "")
    mirror = Mirror(tmp_path / "mirror")
    assert sentences.model_digest(mirror).startswith("stand-in:")
    own = mirror.folder / "nltk_data" / sentences.MODEL
    own.mkdir(parents=True)
    (own / "abbrev_types.txt").write_text("mr\n")
    sentences.place(mirror, tmp_path / "cache")
    assert os.environ["NLTK_DATA"] == str(mirror.folder / "nltk_data")
    assert not sentences.model_digest(mirror).startswith("stand-in:")


def test_only_tasks_that_count_sentences_are_touched() -> None:
    assert sentences.used_by(lmeval.tasks_folder() / "ifeval/ifeval.yaml")
    assert not sentences.used_by(lmeval.tasks_folder() / "gsm8k/gsm8k.yaml")
