"""The audit's page: a reader who is no specialist cannot misread it."""

from __future__ import annotations

import re

import pytest

from harness.findings import AuditReport, Conclusion, Cost, Examined, Finding, LayerPair, Party, Strength
from harness.report.audit import audit_html, write_audit_page
from harness.report.audit_summary import answers, gravest, headline
from harness.report.audit_view import audit_view
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


def told(found: AuditReport, lang) -> dict[str, str]:
    return {answer.question: "\n".join(answer.lines) for answer in answers(found, lang)}


def test_the_summary_answers_what_a_reader_asks_in_both_languages():
    english, korean = told(DERIVED, "en"), told(DERIVED, "ko")
    assert english["What was tested?"] == "entrant, 1,234,567 parameters: text trunk and tokenizer."
    assert english["Against whom?"].splitlines()[0] == "alpha (nobody said whose it is)"
    assert english["Against whom?"].endswith("No other model was looked at.")
    assert (
        "Tokenizer: experts should compare it with alpha. This is no finding of copying." in english["What came out?"]
    )
    assert "at most 1% (7 tests, adjusted together)" in english["How often does such an audit err?"]
    assert "No evidence is not proof of the contrary" in english["What does not follow?"]
    assert "the contest's rules and people do" in english["Who decides?"]
    assert list(korean) == [
        "무엇을 시험했는가?", "누구와 비교했는가?", "결과는?", "이런 감사는 얼마나 틀리는가?", "무엇을 알 수 없는가?",
        "누가 판정하는가?",
    ]  # fmt: skip
    assert korean["무엇을 시험했는가?"] == "entrant, 매개변수 1,234,567개: 언어 모델 본체, 토크나이저."
    assert "언어 모델 본체: alpha에서 파생. 가중치가 그 모델에서 나왔습니다." in korean["결과는?"]


ENTRANT, ELSEWHERE = Party(owner="나래 AI", country="KR"), Party(owner="Elsewhere", country="US", licence="MIT")


def with_parties(own: bool) -> AuditReport:
    """The same with owners; `alpha` is the entrant's own or somebody else's."""
    party = ENTRANT if own else ELSEWHERE
    lineage = "own" if own else "foreign"
    conclusions = tuple(
        one.model_copy(update={"lineage": lineage, "owner": party.owner, "country": party.country, "value": 0.9})
        for one in DERIVED.conclusions
    )
    checkpoint = DERIVED.checkpoint.model_copy(update={"party": ENTRANT})
    alpha, beta = (one.model_copy(update={"party": party}) for one in DERIVED.candidates)
    return DERIVED.model_copy(
        update={"conclusions": conclusions, "checkpoint": checkpoint, "candidates": (alpha, beta)}
    )


def test_owners_and_countries_stand_beside_the_models():
    page = audit_html(with_parties(own=False), "en")
    assert told(with_parties(own=False), "en")["What was tested?"].startswith("entrant (나래 AI, KR), 1,234,567")
    assert "alpha (Elsewhere, US)" in page
    assert '<td>Elsewhere</td><td>US</td><td class="short">MIT</td>' in page


def test_descent_from_a_model_of_the_same_owner_is_no_accusation():
    own = with_parties(own=True)
    assert headline(own, "en") == "Text trunk of entrant: derived from alpha, a model of its own owner"
    assert headline(own, "ko") == "entrant의 언어 모델 본체: 같은 기관의 모델 alpha에서 파생(자체 계보)"
    assert "own lineage, not foreign descent" in told(own, "en")["What came out?"]
    assert audit_view(own, "en").worst == "refer", "the tokenizer is still to be looked at"
    assert audit_view(with_parties(own=False), "en").worst == "derived"


def test_a_sketch_is_told_from_a_whole_candidate():
    alpha, beta = DERIVED.candidates
    sketched = DERIVED.model_copy(update={"candidates": (alpha.model_copy(update={"sketch": True}), beta)})
    assert "only a sketch of it" in told(sketched, "en")["Against whom?"]
    assert "clears nobody" in told(sketched, "en")["What does not follow?"]
    assert "(sketch)" in audit_html(sketched, "en")


def test_the_korean_page_tells_every_reason_in_korean_and_keeps_the_english_beside_it():
    page = audit_view(with_parties(own=False), "ko")
    (leaf, _) = page.tree[0].leaves
    assert leaf.reason == "언어 모델 본체: alpha에서 파생. 같은 순서로 놓인 유닛의 비율 90.0%(보정한 p값 1e-09)."
    assert leaf.original == "why. (p값 1e-09)"
    assert page.findings[0].statement == "같은 순서로 놓인 유닛의 비율 90.0%"
    assert page.findings[0].original == "units agree"
    assert all(not row.original for row in audit_view(DERIVED, "en").findings)


def test_the_cost_is_told_a_pair_of_layers_and_projected_as_arithmetic():
    cost = Cost(
        seconds=130.0, bytes_read=2_000_000_000, digest_seconds=2.0, seconds_per_layer=1.5, layer_pairs=980,
        method_seconds={"trunk": 98.0, "embeddings": 30.0}, peak_memory_bytes=1_500_000_000,
    )  # fmt: skip
    lines = audit_view(DERIVED.model_copy(update={"cost": cost}), "en").cost
    assert lines[0] == "130.0 s in all; 2.0 s of them for reading 2.00 GB (1.00 GB/s)."
    assert lines[1].startswith("980 pairs of layers, 0.100 s a pair")
    assert lines[1].endswith("30.0 s for token tables.")
    assert lines[2].startswith("Arithmetic, no measurement")
    assert "0.6 h of reading at this rate, and 0.1 h for their 3,721 pairs" in lines[2]
    assert lines[3] == "1.50 GB of memory at the peak."
    assert audit_view(DERIVED.model_copy(update={"cost": None}), "en").cost == ()


def test_what_each_conclusion_means_stands_on_the_page():
    page = audit_html(DERIVED, "en")
    assert "Experts should look before anybody says more." in page
    assert "Nothing follows, neither for nor against." in page


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
