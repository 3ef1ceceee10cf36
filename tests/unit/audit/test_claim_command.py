"""`harness claim` and `harness history` at the door."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from harness.cli import main
from tests.unit.audit.models import fresh, written

CLAIM = "LayerNorm cosine 0.989 between X and Y"


@pytest.mark.parametrize(("lang", "said"), [("en", "it is no evidence of copying"), ("ko", "복제의 증거가 아닙니다")])
def test_a_claim_is_answered_in_the_language(capsys, tmp_path, lang, said):
    out = tmp_path / "page.md"
    assert main(["claim", "LayerNorm cosine 0.989 between X and Y", "--lang", lang, "--out", str(out)]) == 0
    assert said in " ".join(capsys.readouterr().out.split())
    assert said in out.read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["claim", "they copied it"],
        ["claim", "LayerNorm cosine 0.99 between X and Y", "--checkpoint", "X=/nowhere"],
        ["claim", "LayerNorm cosine 0.99 between X and Y", "--out", "/proc/page.html"],
        ["claim", "LayerNorm cosine 0.99 between X and Y", "--out", "page.pdf"],
        ["claim", "LayerNorm cosine 0.99 between X and Y", "--checkpoint", "X=/" + "x" * 300],
        ["history", "0=/nowhere"],
        ["history", "0=/" + "x" * 300],
        ["history", "9" * 5000 + "=/tmp"],
    ],
)
def test_a_mistake_is_one_message(capsys, arguments):
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"harness {arguments[0]}: ")


def test_a_name_taken_apart_into_jamo_is_the_claim_s_name(capsys, tmp_path):
    apart = unicodedata.normalize("NFD", "한글모델")
    folders = [f"{apart}={written(tmp_path / apart, fresh(1))}", f"Y={written(tmp_path / 'y', fresh(2))}"]
    claim = "LayerNorm cosine 0.989 between 한글모델 and Y"
    assert main(["claim", claim, "--checkpoint", folders[0], "--checkpoint", folders[1]]) == 0
    assert "Measured on" in capsys.readouterr().out
    assert main(["claim", claim, "--checkpoint", folders[0], "--checkpoint", f"한글모델={tmp_path}"]) == 2
    assert "names 한글모델 twice" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_said_before_the_work(capsys, tmp_path):
    folder = written(tmp_path / "x", fresh(1))
    models = ["--checkpoint", f"X={folder}", "--checkpoint", f"Y={tmp_path / 'x'}"]
    (folder / "model.safetensors").write_bytes(b"")  # would be told, if it were read
    for out, message in (
        (tmp_path / "page.pdf", "ends in neither"),
        (folder / "page.html", "which is read and must not change"),
        (tmp_path / ("x" * 250 + ".md"), "cannot be written: File name too long"),
        (Path("/proc/page.html"), "cannot be written"),
    ):
        assert main(["claim", CLAIM, *models, "--out", str(out)]) == 2
        assert message in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_a_log_that_is_missing_is_said_before_the_work(capsys, tmp_path):
    trail = [f"{step}={written(tmp_path / str(step), fresh(step))}" for step in range(3)]
    for log in (tmp_path / "gone.jsonl", tmp_path, tmp_path / ("x" * 300)):
        assert main(["history", *trail, "--losses", str(log)]) == 2
        assert f"--losses {log} " in capsys.readouterr().err
