"""The audit's terms and findings in Korean and English: components, conclusions, and what each method counts."""

from __future__ import annotations

from collections.abc import Mapping

from harness.findings import P_FLOOR, Conclusion, Finding
from harness.numbers import percent
from harness.plan import Lang
from harness.records import Fact, ReasonCode

TERMS: Mapping[str, tuple[str, str]] = {
    # components
    "text": ("text trunk", "언어 모델 본체"),
    "vision": ("vision tower", "비전 인코더"),
    "audio": ("audio tower", "오디오 인코더"),
    "projector": ("projector", "프로젝터"),
    "embeddings": ("token embeddings", "토큰 임베딩"),
    "head": ("output head", "출력 헤드"),
    "tokenizer": ("tokenizer", "토크나이저"),
    "code": ("code", "코드"),
    # conclusions
    "derived": ("derived", "파생"),
    "refer": ("for experts", "전문가 검토"),
    "no_evidence": ("no evidence found", "증거 찾지 못함"),
    "not_comparable": ("not comparable", "비교 불가"),
}

SHARES: Mapping[str, tuple[str, str]] = {
    "reach": ("share of values that were not compared", "비교하지 못한 값의 비율"),
    "census": ("share of values that are identical to the last bit", "마지막 비트까지 같은 값의 비율"),
    "weights": ("share of units in the same order", "같은 순서로 놓인 유닛의 비율"),
    "matching": (
        "share of units that two separate sets of weights match alike",
        "서로 다른 두 가중치 집합으로 짝지은 결과가 일치한 유닛의 비율",
    ),
}
"""What the value of each method is, where it is a share."""

FIGURES: Mapping[str, tuple[str, str]] = {
    "alignment": (
        "agreement of tokens that the rotation was not fitted to",
        "회전을 맞추는 데 쓰지 않은 토큰 벡터의 일치도",
    ),
    "turned": (
        "median cosine of tokens, turned as the rest of the text is",
        "텍스트의 나머지와 같은 회전을 적용한 토큰 벡터의 코사인 중앙값",
    ),
    "activations": (
        "share of units that two separate sets of activations match alike",
        "서로 다른 두 활성값으로 짝지은 결과가 일치한 유닛의 비율",
    ),
    "norms": ("centred correlation of norm gains", "정규화 계수의 중심화 상관"),
    "tokenizer": ("vocabulary Jaccard", "어휘 자카드 유사도"),
    "code": ("code similarity (winnowing)", "코드 유사도(위노잉)"),
    "behaviour": ("same wrong answer, given that both are wrong", "둘 다 틀렸을 때 같은 오답의 비율"),
    "sketch": ("what the sketch shows", "스케치에서 본 일치"),
    "embeddings": ("token vectors", "토큰 벡터"),
    "licence": ("licence and copyright headers", "라이선스와 저작권 표시"),
    "configuration": ("model types named in the configuration", "설정 파일에 적힌 모델 종류"),
}
"""What the value of each other method is."""

KOREAN_LEADS: Mapping[str, str] = {
    "derived": "{part}: {candidate}에서 파생",
    "refer": "{part}: 전문가가 {candidate} 모델과 비교해야 함",
    "no_evidence": "{part}: {candidate}에서 파생되었다는 증거를 찾지 못함",
    "not_comparable": "{part}: {candidate} 모델과 비교할 수 없음",
}

RENDERED: frozenset[ReasonCode] = frozenset({
    "independence_found", "independence_left_out", "independence_undisclosed", "independence_forbidden",
    "independence_disclosed", "independence_cleared", "independence_ruled",
})  # fmt: skip
"""Reasons whose facts name a component, a conclusion and the sentence of a report, which is English."""


def term(key: str, lang: Lang) -> str:
    """A component or a conclusion in a language; what is none stays as it is."""
    return TERMS[key][lang == "ko"] if key in TERMS else key


def statistic(method: str, lang: Lang) -> str:
    """What a method counts; its bare name where it is not known here."""
    known = SHARES.get(method) or FIGURES.get(method)
    return known[lang == "ko"] if known else method


def figure(method: str, value: float) -> str:
    """The value of a method as a reader meets it."""
    return percent(value) if method in SHARES else f"{value:.2f}"


def chance_text(p_value: float) -> str:
    """A p-value as it is shown; never below what arithmetic can tell."""
    return "≤ 2e-16" if p_value <= P_FLOOR else f"{p_value:.2g}"


def conclusion_in_korean(one: Conclusion) -> str:
    """A conclusion in one sentence, by its figures: the record's own sentence is English."""
    chance = "" if one.p_value is None else f"(보정한 p값 {chance_text(one.p_value)})"
    lead = KOREAN_LEADS[one.conclusion].format(part=term(one.component, "ko"), candidate=one.candidate)
    if one.value is None:
        return f"{lead}.{_whose(one)}"
    return f"{lead}. {statistic(one.method, 'ko')} {figure(one.method, one.value)}{chance}.{_whose(one)}"


def _whose(one: Conclusion) -> str:
    if one.lineage == "own":
        return " 같은 기관의 모델이므로 자체 계보입니다."
    return ""


def finding_in_korean(finding: Finding) -> str:
    """What one method saw, by its figures."""
    value = "" if finding.value is None else f" {figure(finding.method, finding.value)}"
    parts = [f"{statistic(finding.method, 'ko')}{value}"]
    alike, layers = finding.details.get("layers_derived", finding.details.get("layers_alike")), finding.layers
    if isinstance(alike, list | tuple) and layers:
        parts.append(f"무관한 모델의 범위를 넘은 층 {len(alike)}/{1 + max(pair.layer for pair in layers)}")
    similarity, tokens = finding.details.get("similarity"), finding.details.get("tokens")
    if isinstance(similarity, int | float):
        parts.append(f"유사도 {similarity:.2f}")
    if isinstance(tokens, int):
        parts.append(f"공유 토큰 {tokens:,}개")
    return ", ".join(parts)


def in_korean(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts of a reason of independence in Korean; the report's English sentence gives way to its figures."""
    said = {name: term(str(facts[name]), "ko") for name in ("component", "relation") if name in facts}
    return {**facts, **said, **({"because": _because(facts)} if "because" in facts else {})}


def _because(facts: Mapping[str, Fact]) -> str:
    """The finding that decided, in one sentence."""
    method, value, chance = (facts.get(name) for name in ("method", "share", "chance"))
    if not isinstance(method, str) or method == "-":
        return str(facts["because"])
    shown = f": {figure(method, value)}" if isinstance(value, int | float) else ""
    p = f"(보정한 p값 {chance_text(chance)})" if isinstance(chance, int | float) else ""
    return f"근거: {statistic(method, 'ko')}{shown}{p}."
