"""`harness claim` and `harness history` at the door."""

from __future__ import annotations

import pytest

from harness.cli import main


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
        ["history", "0=/nowhere"],
    ],
)
def test_a_mistake_is_one_message(capsys, arguments):
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"harness {arguments[0]}: ")
