from __future__ import annotations

from pathlib import Path

import pytest

from harness.story.reasons import KOREAN
from harness.story.words import WORDS
from harness.verdict import ENGLISH

TERMS = (
    *("entrant", "reference", "suite", "task", "item", "prompt", "target", "response", "verdict", "gates", "threshold"),
    *("total", "score", "mode", "official", "unofficial", "demo"),
    *("advance", "eliminate", "disqualify", "held", "undecided", "incomplete", "pass", "fail"),
    *("correct", "wrong", "scored", "refused", "unparsed", "truncated", "failed"),
)
"""Keys of `WORDS` whose texts are a term each."""

INSIDE_SENTENCES = ("interval", "point estimate", "floor", "dry run")


@pytest.fixture(scope="module")
def glossary(project: Path) -> set[tuple[str, str]]:
    rows = [line.strip("| ").split(" | ") for line in (project / "docs" / "glossary.md").read_text().splitlines()]
    return {(row[0], row[1]) for row in rows if len(row) == 3}


@pytest.mark.parametrize("key", TERMS)
def test_every_term_of_the_reports_is_in_the_glossary(key: str, glossary: set[tuple[str, str]]) -> None:
    assert WORDS[key] in glossary


@pytest.mark.parametrize("term", INSIDE_SENTENCES)
def test_reasons_say_a_term_as_the_glossary_does(term: str, glossary: set[tuple[str, str]]) -> None:
    korean = dict(glossary)[term]
    said = [code for code, text in ENGLISH.items() if term in text]
    assert said
    assert [code for code in said if korean not in KOREAN[code] and "{value}" not in ENGLISH[code]] == []
