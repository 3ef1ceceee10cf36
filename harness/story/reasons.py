"""The verdict's reasons in Korean: records hold them in English, whose wording is a closed set of templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from string import Formatter

from harness.story.words import Lang
from harness.verdict.reasons import ENGLISH, Code

KOREAN: Mapping[Code, str] = {
    "no_record": "실행 기록이 없습니다.",
    "failed": "{task}: 응답 {asked}개 중 {count}개 실패. 기계의 문제이며 오답으로 세지 않습니다.",
    "missing": "{task}: 응답 {asked}개가 필요하지만 {count}개만 있습니다.",
    "uneven": "{task}: 응답이 계획한 문항과 반복 횟수에 맞지 않습니다.",
    "not_recorded": "{task}: 실행 기록에 이 과제가 없습니다.",
    "record_incomplete": "실행이 완료되지 않았습니다: {problems}",
    "floor_pass": "{suite}: {value}. 신뢰구간 전체가 하한 {threshold} 이상입니다.",
    "floor_fail": "{suite}: {value}. 신뢰구간 전체가 하한 {threshold} 미만입니다.",
    "floor_undecided": "{suite}: {value}. 하한 {threshold}이(가) 신뢰구간 안에 있어 판가름 나지 않습니다.",
    "ratio_pass": "{suite}: {reference} 대비 {value}배. 신뢰구간 전체가 {threshold}배 이상입니다.",
    "ratio_fail": "{suite}: {reference} 대비 {value}배. 신뢰구간 전체가 {threshold}배 미만입니다.",
    "ratio_undecided": "{suite}: {reference} 대비 {value}배. {threshold}배가 신뢰구간 안에 있어 판가름 나지 않습니다.",
    "ratio_undefined": "{suite}: {reference} 점수가 0이어서 비율을 구할 수 없습니다.",
    "entrant_missing": "{suite}: 참가 모델의 응답이 빠져 있습니다.",
    "reference_missing": "{suite}: {reference}의 응답이 빠져 있습니다.",
    "other_mode": "{suite}: 질의 방식이 {ours}, {reference} 쪽은 {theirs}. 방식이 같을 때만 비교합니다.",
    "other_items": "{suite}: {reference}에게 같은 문항을 묻지 않아 비교하지 않습니다.",
    "gates_passed": "모든 통과 기준을 충족했습니다({count}개).",
    "no_gates": "규칙에 통과 기준이 없습니다.",
    "rank": "총점 순위 {ranked}개 중 {rank}위. 상위 {keep}개가 남으며, 어느 모델인지 판가름 나지 않았습니다.",
    "rank_stay": "총점 순위 {ranked}개 중 {rank}위. 상위 {keep}개가 남습니다.",
    "rank_leave": "총점 순위 {ranked}개 중 {rank}위. 상위 {keep}개만 남습니다.",
    "tie": "총점이 {rival}와(과) 같고 동점을 가르는 규칙이 없습니다. 점수 차: {value}.",
    "overlap": "{rival}와(과)의 총점 차: {value}. 신뢰구간에 0이 들어 있습니다.",
    "rival_gate": "{rival}의 총점이 더 높지만 그 통과 기준이 판가름 나지 않았습니다.",
    "rival_gate_missing": "{rival}의 총점이 더 높지만 그 통과 기준의 증거가 빠져 있습니다.",
    "rival_missing": "{rival}의 증거가 빠져 있어 총점을 알 수 없습니다.",
    "rival_other_mode": "{rival}에는 다른 방식으로 물었습니다. 방식이 같을 때만 비교합니다.",
    "rival_other_items": "{rival}에는 같은 문항을 묻지 않아 비교하지 않습니다.",
    "point_estimate": "신뢰구간으로 판가름 나지 않아, 규칙에 따라 점추정으로 판정했습니다.",
}

POINT_ESTIMATE = ENGLISH["point_estimate"]


def reason_in(reason: str, lang: Lang) -> str:
    """A recorded reason in a language; as recorded where its wording is none of the verdict's."""
    if lang == "en":
        return reason
    for code, pattern in _patterns():
        if found := pattern.fullmatch(reason):
            return KOREAN[code].format(**{name: _korean_number(fact) for name, fact in found.groupdict().items()})
    return reason


@cache
def _patterns() -> tuple[tuple[Code, re.Pattern[str]], ...]:
    return tuple((code, re.compile(_pattern(template), re.DOTALL)) for code, template in ENGLISH.items())


def _pattern(template: str) -> str:
    """What a template's sentences look like, each fact a named group."""
    parts = Formatter().parse(template)
    return "".join(re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in parts)


def _korean_number(fact: str) -> str:
    fact = re.sub(r"\((\S+) % interval (\S+) to (\S+)\)", r"(\1% 신뢰구간 \2–\3)", fact)
    return fact.replace("(without an interval)", "(신뢰구간 없음)")
