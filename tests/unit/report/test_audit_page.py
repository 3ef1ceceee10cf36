"""The audit's page: a reader who is no specialist cannot misread it."""

from __future__ import annotations

import re

import pytest

from harness.findings import AuditReport, Conclusion, Cost, Examined, Finding, LayerPair, Strength
from harness.report.audit import audit_html, write_audit_page
from harness.report.audit_view import audit_view, gravest, headline, summary
from harness.report.audit_words import WORDS
from harness.report.heatmap import heat_map
from harness.story.independence import chance_text


def examined(name: str) -> Examined:
    return Examined(
        name=name, digest="a" * 64, parameters=1_234_567, model_type="llama", components=("text", "tokenizer"),
        layers={"text": 3}, width={"text": 8},
    )  # fmt: skip


def conclusion(component: str, candidate: str, strength: Strength) -> Conclusion:
    return Conclusion(
        component=component, candidate=candidate, conclusion=strength, method="weights", p_value=1e-9, reason="why."
    )


def report(*conclusions: Conclusion, findings: tuple[Finding, ...] = (), name: str = "entrant") -> AuditReport:
    return AuditReport(
        checkpoint=examined(name), candidates=(examined("alpha"), examined("beta")), nulls=(), methods=("weights",),
        alpha=0.01, tests=7, null_pairs=0, notes=("a note",), conclusions=conclusions, findings=findings,
        cost=Cost(seconds=1.0, bytes_read=10, digest_seconds=0.5, seconds_per_layer=None, peak_memory_bytes=10),
    )  # fmt: skip


def layers() -> Finding:
    pairs = tuple(
        LayerPair(layer=i, other=j, part="ffn", agreement=share, similarity=0.8, p_value=p_value)
        for i in range(3)
        for j in range(3)
        for share, p_value in [(0.9, 1e-12) if i == j else (0.02, 0.5)]
    )  # fmt: skip
    return Finding(
        component="text", candidate="alpha", method="weights", strength="derived", statement="units agree", value=0.9,
        p_value=1e-10, layers=pairs, details={"comparisons": 9, "null_low": 0.0, "null_high": 0.11},
    )  # fmt: skip


DERIVED = report(
    conclusion("text", "alpha", "derived"), conclusion("text", "beta", "no_evidence"),
    conclusion("tokenizer", "alpha", "refer"), conclusion("tokenizer", "beta", "not_comparable"), findings=(layers(),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("strength", "english", "korean"),
    [
        ("derived", "Text trunk of entrant: derived from alpha", "entrant의 언어 모델 본체: alpha에서 파생"),
        ("refer", "entrant: text trunk must be looked at by experts", "언어 모델 본체에 대해 전문가 검토 필요"),
        ("no_evidence", "entrant: no evidence of descent from the candidates tested", "증거를 찾지 못함"),
        ("not_comparable", "entrant: nothing could be compared", "entrant: 비교할 수 있는 것이 없음"),
    ],
)  # fmt: skip
def test_the_headline_says_the_gravest_conclusion(strength, english, korean):
    found = report(conclusion("text", "alpha", strength))
    assert headline(found, "en") == english
    assert headline(found, "ko").endswith(korean)


def test_the_gravest_of_none_is_not_comparable():
    assert gravest([]) == "not_comparable"


def test_the_summary_says_what_against_whom_and_with_what_error_rate_in_both_languages():
    english, korean = "\n".join(summary(DERIVED, "en")), "\n".join(summary(DERIVED, "ko"))
    for part in (
        "entrant (1,234,567 parameters)",
        "Against whom: alpha and beta. No other model",
        "at most 1% (7 tests",
    ):
        assert part in english
    for part in ("entrant(매개변수 1,234,567개)", "누구와 비교했는가: alpha, beta", "최대 1%입니다(검정 7회"):
        assert part in korean
    assert "Tokenizer: experts should compare it with alpha. This is no finding of copying." in english


def test_no_sentence_calls_a_model_independent():
    assert not [key for key, texts in WORDS.items() if "independent" in texts[0]]
    assert "독립" not in " ".join(korean for _, korean in WORDS.values())


def test_the_page_shows_every_part_and_needs_no_other_file():
    page = audit_html(DERIVED, "en")
    for part in (
        'class="map"',
        "units agree",
        "a note",
        "derived from alpha",
        "alpha에서 파생",
        "(0.00 to 0.11 over the null pairs)",
    ):
        assert part in page
    assert "<script" not in page
    assert "://" not in page
    assert page == audit_html(DERIVED, "en")


def test_names_of_a_hostile_checkpoint_are_shown_and_not_obeyed():
    found = report(conclusion("text", "alpha", "derived"), name="<b>x</b>\u202e")
    page = audit_html(found, "en")
    assert "<b>x" not in page
    assert "⟨U+202E⟩" in page


def test_the_page_lies_beside_the_record(tmp_path):
    assert write_audit_page(DERIVED, tmp_path / "audit.json") == tmp_path / "audit.html"
    assert write_audit_page(DERIVED, tmp_path / "audit.html").name == "audit.html.page.html"


def test_only_layers_beyond_chance_are_coloured():
    heat = heat_map(layers(), 0.01, "ours", "theirs <1>")
    assert (heat.told, heat.layers) == (3, (3, 3))
    assert len(re.findall('class="told"', heat.svg)) == 3
    assert "theirs &lt;1&gt;" in heat.svg


def test_the_nearest_candidate_is_drawn_for_each_component():
    far = layers().model_copy(update={"candidate": "beta", "strength": "no_evidence", "p_value": 0.4})
    drawn = audit_view(DERIVED.model_copy(update={"findings": (far, layers())}), "en").maps
    assert len(drawn) == 1
    assert "alpha, the nearest candidate" in drawn[0].caption


def test_no_p_value_below_what_arithmetic_tells_is_shown():
    assert chance_text(2.0**-52) == "≤ 2e-16"
    assert chance_text(0.012) == "0.012"
