"""Every rule with an answer that keeps it and one that does not; none keeps the empty answer."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.graders import hangul
from harness.graders.instructions import RULES, follows
from harness.graders.relation import COMPARISONS, holds

REQUEST = (
    "반지의 제왕을 요약해 주세요.\n첫 번째로 요청을 그대로 반복한 다음 답을 주세요 (1. 이 문장은 포함되지 않습니다)"
)

CASES: list[tuple[str, Mapping[str, Any], str, str]] = [
    ("length_constraints:number_words", {"relation": "최소", "num_words": 3}, "나는 밥을 먹었다.", "나는 먹었다."),
    ("length_constraints:number_words", {"relation": "미만", "num_words": 3}, "나는 먹었다.", "나는 밥을 먹었다."),
    ("length_constraints:number_sentences", {"relation": "at least", "num_sentences": 2}, "비 왔다. 눈 왔다.", "비."),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "하나\n***\n둘", "하나\n\n둘"),
    ("length_constraints:nth_paragraph_first_word",
     {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "바다"}, "산이다.\n\n바다는 넓다.", "바다다.\n\n산이다."),
    ("length_constraints:nth_paragraph_first_word",
     {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "firm"}, "Firm은 회사다.", "firms are many."),
    ("keywords:existence", {"keywords": ["고양이", "dog"]}, "고양이와 dog를 본다.", "고양이와 dogs를 본다."),
    ("keywords:forbidden_words", {"forbidden_words": ["coil"]}, "recoil은 다른 말.", "Coil을 감는다."),
    ("keywords:frequency", {"relation": "적어도", "keyword": "눈", "frequency": 2}, "눈이 온다, 눈이.", "눈이 온다."),
    ("keywords:letter_frequency", {"let_relation": "less than", "letter": "b", "let_frequency": 2}, "Bo", "Bobby b"),
    ("keywords:letter_frequency", {"let_relation": "exactly", "letter": "ㄱ", "let_frequency": 2}, "고기", "가"),
    ("punctuation:no_comma", {}, "쉼표 없이 씁니다.", "쉼표, 있습니다."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*하나* **둘**", "*하나* ** **"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* 하나\n- 둘", "* 하나"),
    ("detectable_format:multiple_sections", {"section_spliter": "SECTION", "num_sections": 2},
     "SECTION 1\n가\nSECTION 2\n나", "SECTION 1\n가"),
    ("detectable_format:title", {}, "<<봄의 노래>>\n봄이다.", "<< >> 봄"),
    ("detectable_format:json_format", {}, '```json\n{"이름": "봄"}\n```', "{이름: 봄}"),
    ("detectable_format:constrained_response", {}, "내 대답은 예입니다.", "예"),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[이름] 님, [주소]로", "[이름] 님"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "글.\nP.P.S. 덧붙임", "글. 덧붙임"),
    ("startend:quotation", {}, '"모두 따옴표 안에."', '"아니" 라고'),
    ("startend:end_checker", {"end_phrase": "다른 질문 있으신가요?"}, "끝. 다른 질문 있으신가요?", "끝."),
    ("combination:two_responses", {}, "하나\n******\n둘", "하나\n******\n하나"),
    ("combination:repeat_prompt", {}, "반지의 제왕을 요약해 주세요.\n프로도가 떠난다.", "프로도가 떠난다."),
    ("korean:speech_level", {"style": "hapsyo"}, "비가 옵니다. 춥습니까?", "비가 와요. 춥습니다."),
    ("korean:speech_level", {"style": "haeyo"}, "비가 와요. 춥죠?", "비가 온다."),
    ("korean:speech_level", {"style": "haera"}, "비가 온다. 춥다.", "비가 옵니다."),
    ("korean:forbidden_script", {"script": "latin"}, "한글만 씁니다.", "한글과 ABC"),
    ("korean:number_syllables", {"relation": "정확히", "num_syllables": 5}, "세종대왕님!", "세종대왕"),
    ("korean:acrostic", {"word": "봄비"}, "봄: 봄이 왔네\n비: 비도 오네", "봄이 왔네"),
    ("korean:forbidden_particle", {"particle": "은"}, "나는 학교에 간다", "봄은 좋다"),
    ("korean:speech_level", {"style": "hae"}, "비가 와. 춥지?", "비가 온다."),
    ("korean:speech_level", {"style": "haera"}, "사실이 아니다.", "사실이 아닙니다."),
    ("Korean:acrostic_poem", {"target_word": "자유"}, "<<봄>>\n자: 자연 속에서\n유: 유유히\n끝", "유유히\n자연"),
    ("Korean:postposition_drop", {}, "물 끓이기. 면 넣기.", "물을 끓인다."),
    ("Korean:honorifics", {"direction_to": "honorific"}, "<<쉼>>\n오셨습니까? 이제 쉬세요.", "왔어? 이제 쉬세요."),
    ("Korean:honorifics", {"direction_to": "non-honorific"}, "어제 즐거웠어. 또 놀자.", "어제 즐거웠어요."),
]  # fmt: skip


NUMBERS = [
    ("chinese", "사과 하나, 배 둘, 포도 세 송이.", "사과 일 개, 배 이 개, 포도 삼 송이.", "사과 하나, 배 둘"),
    ("korean", "회의는 이십 분 동안 진행됩니다.", "회의는 스무 분 동안 진행됩니다.", "회의는 이십 분 동안 진행됩니다."),
    ("chinese", "내 나이는 서른 다섯 살이에요.", "내 나이는 삼십오 세예요.", "내 나이는 삼십사 세예요."),
    ("korean", "칠 일 동안 여행을 갑니다.", "이레 동안 여행을 갑니다.", "여드레 동안 여행을 갑니다."),
    ("korean", "이 일은 구 명의 팀원이 필요합니다.", "이 일은 아홉 명의 팀원이 필요합니다.", "팀원이 필요합니다."),
]  # fmt: skip


@pytest.mark.parametrize(("system", "sentence", "kept", "broken"), NUMBERS)
def test_numbers_are_written_in_the_other_system(system: str, sentence: str, kept: str, broken: str) -> None:
    request = f"다음 문장의 숫자를 바꾸세요. '{sentence}'\n먼저 요청한 내용을 단어 그대로 반복한 후에 답변하세요"
    arguments = {"direction_to": system}
    assert follows("Korean:numbers", kept, request, arguments)
    assert follows("Korean:numbers", f"다음 문장의 숫자를 바꾸세요. '{sentence}'\n\n{kept}", request, arguments)
    assert not follows("Korean:numbers", broken, request, arguments)


def test_a_repeated_request_is_not_judged_for_its_own_speech() -> None:
    request = "다음 문장을 반말로 바꾸세요. '또 놀아요.'\n먼저 요청한 내용을 단어 그대로 반복한 후에 답변하세요"
    arguments = {"direction_to": "non-honorific"}
    assert follows("Korean:honorifics", "다음 문장을 반말로 바꾸세요. '또 놀아요.' 또 놀자.", request, arguments)
    assert not follows("Korean:honorifics", "다음 문장을 반말로 바꾸세요. '또 놀아요.' 또 놀아요.", request, arguments)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_model_that_repeats_itself_does_not_keep_a_rule(rule: str) -> None:
    arguments = next((given for name, given, *_ in CASES if name == rule), {"direction_to": "korean"})
    for piece in ("\n***\n", "가. ", "- x\n", "*a* ", "[x]", "1. ", "P.S. ", '"'):
        begun = time.process_time()
        follows(rule, (piece * 20_000)[:20_000], REQUEST, arguments)
        assert time.process_time() - begun < 10, piece


@pytest.mark.parametrize(("rule", "arguments", "kept", "broken"), CASES)
def test_a_rule_tells_what_keeps_it_from_what_does_not(
    rule: str, arguments: Mapping[str, Any], kept: str, broken: str
) -> None:
    assert follows(rule, kept, REQUEST, arguments)
    assert follows(rule, unicodedata.normalize("NFD", kept), REQUEST, arguments)
    assert not follows(rule, broken, REQUEST, arguments)
    assert not follows(rule, "  \n", REQUEST, arguments)


def test_every_rule_has_a_case() -> None:
    assert {case[0] for case in CASES} | {"Korean:numbers"} == set(RULES)


def test_unknown_rules_relations_and_scripts_are_named() -> None:
    with pytest.raises(ValueError, match="unknown rule 'no:such'"):
        follows("no:such", "x", "", {})
    with pytest.raises(ValueError, match="unknown relation '쯤'"):
        holds(1, "쯤", 1)
    with pytest.raises(ValueError, match="unknown script 'greek'"):
        hangul.uses("α", "greek")


@given(st.sampled_from(sorted(COMPARISONS)), st.integers(0, 99), st.integers(0, 99))
def test_a_relation_and_its_opposite_share_no_count(relation: str, count: int, bound: int) -> None:
    opposite = {"at least": "less than", "less than": "at least", "at most": "more than", "more than": "at most"}
    english = next(name for name in ("at least", "less than", "at most", "more than", "exactly")
                   if COMPARISONS[name] is COMPARISONS[relation])  # fmt: skip
    if english in opposite:
        assert holds(count, relation, bound) is not holds(count, opposite[english], bound)


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=80), st.sampled_from(CASES))
def test_no_answer_breaks_a_rule_s_program(text: str, case: tuple[str, Mapping[str, Any], str, str]) -> None:
    assert follows(case[0], text, REQUEST, case[1]) in (True, False)


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)))
def test_jamo_and_syllables_are_the_same_in_nfc_and_nfd(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert hangul.syllables(text) == hangul.syllables(apart) == len(text)
    assert hangul.jamo(text) == hangul.jamo(apart)
