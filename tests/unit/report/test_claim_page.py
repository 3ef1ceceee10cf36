"""The answer to an accusation as terminal text, markdown and HTML."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.audit.claim import parse
from harness.audit.claim_answer import answer
from harness.errors import ConfigError
from harness.report.claim import claim_html, claim_markdown, claim_summary, write_claim

ANSWER = answer(parse("LayerNorm cosine 0.989 between Solar and <b>GLM</b>"), {}, {})


def test_the_page_answers_in_one_line_first_and_needs_no_other_file():
    page = claim_html(ANSWER, "en")
    assert "it is no evidence of copying" in page
    assert '<td class="number">0.9901</td>' in page
    assert "<b>GLM" not in page
    assert "://" not in page
    assert "<script" not in page


@pytest.mark.parametrize(("lang", "said"), [("en", "# A claim answered"), ("ko", "# 주장에 대한 답변")])
def test_markdown_has_the_sections_in_the_language(lang, said):
    text = claim_markdown(ANSWER, lang)
    assert text.startswith(said)
    assert text.count("\n## ") == 3


def test_the_terminal_says_that_it_is_no_verdict():
    file = io.StringIO()
    Console(file=file, width=200).print(claim_summary(ANSWER, "en"))
    assert "It is no verdict on a model" in file.getvalue()


def test_the_ending_of_the_file_chooses_the_form(tmp_path):
    assert write_claim(ANSWER, tmp_path / "a" / "page.html", "ko").read_text().startswith("<!doctype html>")
    assert write_claim(ANSWER, tmp_path / "page.md", "ko").read_text().startswith("# ")
    with pytest.raises(ConfigError, match="neither"):
        write_claim(ANSWER, tmp_path / "page.pdf", "en")
