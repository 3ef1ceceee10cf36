"""A dry run against the rules of its round: how far from each threshold, and what cannot be known at home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.numbers import percent, percent_of_rule, points, with_interval
from harness.plan import Below, Elimination, Floor, Gate, KeepK, Lang, Ratio, Round, in_language
from harness.records import GateOutcome, Number
from harness.story.finished import ModelStory, Story
from harness.visible import visible

Prospect = Literal["would_pass", "would_fail", "not_settled", "depends", "missing"]
"""`depends`: on what only the round itself has; `missing`: answers of the entrant are."""

PROSPECTS: Mapping[GateOutcome, Prospect] = {
    "pass": "would_pass",
    "fail": "would_fail",
    "undecided": "not_settled",
    "incomplete": "missing",
}

SENTENCES: Mapping[str, tuple[str, str]] = {
    "would_pass": ("would pass", "통과할 수준"),
    "would_fail": ("would fail", "미달할 수준"),
    "not_settled": ("not settled", "판가름 나지 않음"),
    "depends": ("cannot be known here", "여기서는 알 수 없음"),
    "missing": ("answers are missing", "응답 누락"),
    "floor": ("{suite}: at least {minimum}", "{suite}: {minimum} 이상"),
    "ratio": ("{suite}: at least {minimum} of {reference}", "{suite}: {reference} 대비 {minimum} 이상"),
    "keep_one": ("The highest total stays", "총점 1위만 남음"),
    "keep": ("The {keep} highest totals stay", "총점 상위 {keep}개가 남음"),
    "leave": ("The {leave} lowest total(s) leave", "총점 하위 {leave}개가 탈락"),
    "below": ("Who has fewer than {minimum} points leaves", "{minimum}점 미만은 탈락"),
    "elsewhere": (
        "It rests on what only the round has: panels, tables, an audit or people's rulings.",
        "심사단, 외부 수치, 감사, 위원회 판단처럼 라운드에만 있는 자료에 달려 있습니다.",
    ),
    "passes": (
        "{value}: {margin} percentage points to spare, and {reach} at the interval's lower end.",
        "{value}: 기준보다 {margin}%p 높고, 신뢰구간 하한도 {reach}%p 높습니다.",
    ),
    "fails": (
        "{value}: {margin} percentage points short, and {reach} at the interval's upper end.",
        "{value}: 기준보다 {margin}%p 낮고, 신뢰구간 상한도 {reach}%p 낮습니다.",
    ),
    "open_above": (
        (
            "{value}: {margin} percentage points above, but the interval reaches {reach} below the threshold:"
            " not settled at the {level} level."
        ),
        (
            "{value}: 기준보다 {margin}%p 높지만 신뢰구간이 기준 아래로 {reach}%p 내려가, {level} 수준에서"
            " 판가름 나지 않습니다."
        ),
    ),
    "open_below": (
        (
            "{value}: {margin} percentage points below, but the interval reaches {reach} above the threshold:"
            " not settled at the {level} level."
        ),
        (
            "{value}: 기준보다 {margin}%p 낮지만 신뢰구간이 기준 위로 {reach}%p 올라가, {level} 수준에서"
            " 판가름 나지 않습니다."
        ),
    ),
    "no_score": ("Some answers failed, so there is no score.", "일부 응답이 실패하여 점수가 없습니다."),
    "not_public": (
        "The suite is not public: it is asked in the official round only.",
        "비공개 평가군이며 공식 라운드에서만 묻습니다.",
    ),
    "reference": (
        (
            "Depends on {reference}'s score on the same items, taken in the same mode. Yours is {value}: enough"
            " where {reference} scores {bound} or less, by the point estimate."
        ),
        (
            "같은 문항과 방식으로 잰 {reference}의 점수에 달려 있습니다. 이 모델은 {value}이며, 점추정으로는"
            " {reference}의 점수가 {bound} 이하이면 기준에 이릅니다."
        ),
    ),
    "reference_any": (
        (
            "Depends on {reference}'s score on the same items, taken in the same mode. Yours is {value}: enough"
            " whatever {reference} scores, by the point estimate."
        ),
        (
            "같은 문항과 방식으로 잰 {reference}의 점수에 달려 있습니다. 이 모델은 {value}이며, 점추정으로는"
            " {reference}의 점수가 얼마이든 기준에 이릅니다."
        ),
    ),
    "rivals": (
        "Depends on the totals of the other entrants. Yours, of the {public} points of the public suites: {total}.",
        "다른 참가 모델의 총점에 달려 있습니다. 이 모델의 공개 평가군 총점({public}점 만점): {total}.",
    ),
    "hidden_points": (
        " {hidden} more points come from suites that are not public.",
        " 나머지 {hidden}점은 비공개 평가군에서 나옵니다.",
    ),
}


@dataclass(frozen=True)
class Judgement:
    """One rule of the round, as far as a dry run can judge it."""

    label: str
    prospect: Prospect
    text: str
    """Why, with values and margins."""


def say(key: str, lang: Lang, **values: str) -> str:
    """A text of this module in one language."""
    english, korean = SENTENCES[key]
    return (korean if lang == "ko" else english).format(**values)


def judgements(story: Story, planned: Round, lang: Lang) -> list[Judgement]:
    """Every gate of the `planned` round and its elimination, for the one entrant of the dry run `story`."""
    model = story.entrants[0]
    found = [_gate(gate, model, planned, lang) for gate in planned.rules.gates]
    return [*found, *_elimination(model, planned, lang)]


def unasked(planned: Round, lang: Lang) -> list[str]:
    """Titles of the suites that are not public."""
    return [_suite(planned, suite.name, lang) for suite in planned.suites if not suite.public]


def _gate(gate: Gate, model: ModelStory, planned: Round, lang: Lang) -> Judgement:
    if not isinstance(gate, Floor | Ratio) or gate.suite is None:
        return Judgement(in_language(gate.title, lang) or gate.name, "depends", say("elsewhere", lang))
    label = _label(gate, gate.suite, planned, lang)
    if not planned.suite(gate.suite).public:
        return Judgement(label, "depends", say("not_public", lang))
    if isinstance(gate, Ratio):
        return _against_reference(gate, label, _score(model, gate.suite), planned, lang)
    result = model.entrant.gates[gate.name] if model.entrant else None
    if result is None or result.value is None:
        return Judgement(label, "missing", say("no_score", lang))
    return Judgement(label, PROSPECTS[result.outcome], _margin(result.value, gate.minimum, result.outcome, lang))


def _label(gate: Floor | Ratio, suite_name: str, planned: Round, lang: Lang) -> str:
    suite, minimum = _suite(planned, suite_name, lang), percent_of_rule(gate.minimum)
    if isinstance(gate, Floor):
        return say("floor", lang, suite=suite, minimum=minimum)
    return say("ratio", lang, suite=suite, minimum=minimum, reference=_references(planned, gate))


def _margin(value: Number, minimum: float, outcome: GateOutcome, lang: Lang) -> str:
    """How far from the threshold the score is, and the end of the interval that matters."""
    above = value.value >= minimum
    low, high = value.value if value.low is None else value.low, value.value if value.high is None else value.high
    key, end = {
        "pass": ("passes", low),
        "fail": ("fails", high),
    }.get(outcome, ("open_above", low) if above else ("open_below", high))
    return say(
        key,
        lang,
        value=with_interval(value, percent, lang),
        margin=_distance(value.value, minimum),
        reach=_distance(end, minimum),
        level=f"{100 * (value.level or 0):g}%",
    )


def _distance(value: float, threshold: float) -> str:
    return f"{abs(value - threshold) * 100:.1f}"


def _against_reference(gate: Ratio, label: str, score: Number | None, planned: Round, lang: Lang) -> Judgement:
    """A reference's score is not guessed; said is up to which one the entrant's would do."""
    if score is None:
        return Judgement(label, "missing", say("no_score", lang))
    bound = score.value / gate.minimum
    text = say(
        "reference" if bound < 1 else "reference_any",
        lang,
        reference=_references(planned, gate),
        value=with_interval(score, percent, lang),
        bound=percent(bound),
    )
    return Judgement(label, "depends", text)


def _elimination(model: ModelStory, planned: Round, lang: Lang) -> Iterator[Judgement]:
    if planned.rules.elimination is None:
        return
    label = _place(planned.rules.elimination, lang)
    total = model.result.total
    if total is None:
        yield Judgement(label, "missing", say("no_score", lang))
        return
    most = {item.name: item.points for item in planned.rules.items}
    public = sum(most[name] for name in model.result.items)
    hidden = sum(most.values()) - public
    text = say("rivals", lang, total=with_interval(total, points, lang), public=f"{public:g}")
    yield Judgement(label, "depends", text + (say("hidden_points", lang, hidden=f"{hidden:g}") if hidden else ""))


def _place(rule: Elimination, lang: Lang) -> str:
    if isinstance(rule, KeepK):
        return say("keep_one" if rule.keep == 1 else "keep", lang, keep=str(rule.keep))
    if isinstance(rule, Below):
        return say("below", lang, minimum=f"{rule.minimum:g}")
    return say("leave", lang, leave=str(rule.leave))


def _score(model: ModelStory, suite: str) -> Number | None:
    results = model.record.suites if model.record else ()
    return next((result.score for result in results if result.suite == suite), None)


def _suite(planned: Round, name: str, lang: Lang) -> str:
    return in_language(planned.suite(name).title, lang) or name


def _references(planned: Round, gate: Ratio) -> str:
    return ", ".join(visible(planned.model_title(name), 60) for name in gate.rivals)
