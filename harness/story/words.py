"""Every sentence that a reader meets, in English and Korean. One table, so that the terms stay the same everywhere."""

from __future__ import annotations

from harness.plan import Lang

WORDS: dict[str, tuple[str, str]] = {
    # banners
    "demo": ("DEMO", "시연"),
    "demo_note": (
        "A demonstration on small models. It says nothing about any real contest.",
        "작은 모델로 하는 시연이며, 실제 대회의 결과가 아닙니다.",
    ),
    "official": ("Official result", "공식 결과"),
    "official_demo": (
        "Taken as an official result is: clean checkout, pinned weights, locked data.",
        "공식 결과와 같은 조건(변경 없는 코드, 고정된 가중치와 데이터)에서 얻었습니다.",
    ),
    "unofficial": ("UNOFFICIAL", "비공식"),
    "unofficial_note": ("This result is not official, because:", "다음 이유로 공식 결과가 아닙니다:"),
    "unofficial_unsaid": ("the record gives no reason", "기록에 이유가 없습니다"),
    # decisions, short
    "advance": ("advance", "진출"),
    "eliminate": ("eliminate", "탈락"),
    "disqualify": ("disqualify", "실격"),
    "held": ("held", "보류"),
    "undecided": ("undecided", "미결정"),
    "incomplete": ("incomplete", "미완료"),
    # decisions, as the end of a sentence about one entrant and about several
    "advance_one": ("{names} advances", "진출: {names}"),
    "advance_many": ("{names} advance", "진출: {names}"),
    "eliminate_one": ("{names} is eliminated", "탈락: {names}"),
    "eliminate_many": ("{names} are eliminated", "탈락: {names}"),
    "disqualify_one": ("{names} is disqualified", "실격: {names}"),
    "disqualify_many": ("{names} are disqualified", "실격: {names}"),
    "held_one": ("{names} is held for the committee", "위원회 심의까지 보류: {names}"),
    "held_many": ("{names} are held for the committee", "위원회 심의까지 보류: {names}"),
    "undecided_one": ("{names} remains undecided", "미결정: {names}"),
    "undecided_many": ("{names} remain undecided", "미결정: {names}"),
    "incomplete_one": ("{names} cannot be decided yet, evidence is missing", "증거 부족으로 미완료: {names}"),
    "incomplete_many": ("{names} cannot be decided yet, evidence is missing", "증거 부족으로 미완료: {names}"),
    "and": (" and ", ", "),
    "comma": (", ", ", "),
    # gates
    "pass": ("pass", "충족"),
    "fail": ("fail", "미달"),
    "gate_floor": ("{suite}: minimum {minimum}", "{suite}: 최저 {minimum}"),
    "gate_ratio": ("{suite}: at least {minimum} of {reference}", "{suite}: {reference} 대비 {minimum} 이상"),
    "line_floor": ("minimum {minimum}", "최저 {minimum}"),
    "line_ratio": ("{minimum} of {reference} = {value}", "{reference}의 {minimum} = {value}"),
    # doubt
    "in_doubt": ("{name} (in doubt)", "{name}(불확실)"),
    "doubt_none_advance": (
        "No gate is in doubt: at the {level} level each interval lies wholly above its threshold.",
        "불확실한 통과 기준이 없습니다. {level} 신뢰구간이 모두 기준값 이상입니다.",
    ),
    "doubt_none_eliminate": (
        "This is not in doubt: at the {level} level a failed gate lies wholly below its threshold.",
        "이 판정은 불확실하지 않습니다. 미달한 기준의 {level} 신뢰구간 전체가 기준값 아래에 있습니다.",
    ),
    "doubt_by_rule": (
        "The point estimates alone, whatever their doubt, would say: {decision}.",
        "신뢰구간을 무시하고 점추정값만 보면: {decision}.",
    ),
    "doubt_incomplete": (
        "What the machine failed to answer is missing. It is not counted against the entrant.",
        "평가 시스템의 오류로 얻지 못한 응답은 결측으로 처리하며, 참가 모델에 불리하게 세지 않습니다.",
    ),
    # headings and columns
    "verdict": ("Verdict", "판정"),
    "not_decided": ("The round is incomplete", "평가가 완료되지 않았습니다"),
    "entrant": ("Entrant", "참가 모델"),
    "reference": ("Reference", "비교 모델"),
    "model": ("Model", "모델"),
    "owner": ("Owner", "소유 기관"),
    "decision": ("Decision", "판정"),
    "total": ("Total", "총점"),
    "of_points": ("of {points} points", "{points}점 만점"),
    "gates": ("Gates", "통과 기준"),
    "interval": ("{level} interval", "{level} 신뢰구간"),
    "threshold": ("Threshold", "기준값"),
    "scores": ("Scores against thresholds", "점수와 기준값"),
    "figure_note": (
        "Dot: score. Bar: {level} interval. Vertical line: threshold. Filled: entrants. Open: references.",
        "점: 점수. 가로 막대: {level} 신뢰구간. 세로선: 기준값. 채운 원은 참가 모델, 빈 마름모는 비교 모델입니다.",
    ),
    "tasks": ("Tasks and where every answer went", "과제별 점수와 응답 집계"),
    "tasks_note": (
        "Every item and repeat ends in one outcome. A failed answer is the machine's fault and is never graded.",
        "모든 문항은 정확히 하나의 결과로 집계됩니다. ‘실패’는 평가 시스템의 오류이며 채점하지 않습니다.",
    ),
    "task": ("Task", "과제"),
    "suite": ("Suite", "평가군"),
    "score": ("Score", "점수"),
    "chance": ("guessing gives {chance}", "무작위 추측 {chance}"),
    "n": ("Asked", "질의 수"),
    "correct": ("Correct", "정답"),
    "wrong": ("Wrong", "오답"),
    "scored": ("Scored", "부분 점수"),
    "refused": ("Refused", "거부"),
    "unparsed": ("Unparsed", "해석 불가"),
    "truncated": ("Truncated", "잘림"),
    "failed": ("Failed", "실패"),
    "rules": ("How it is decided", "판정 규칙"),
    "rule_item": ("{points} points × the mean of the suite “{suite}”.", "{points}점 × 평가군 ‘{suite}’의 평균."),
    "rule_floor": ("Gate: the mean of “{suite}” must reach {minimum}.", "통과 기준: ‘{suite}’ 평균이 {minimum} 이상."),
    "rule_ratio": (
        "Gate: the mean of “{suite}” must reach {minimum} of {reference}'s, in the same mode.",
        "통과 기준: ‘{suite}’ 평균이 같은 방식으로 잰 {reference} 평균의 {minimum} 이상.",
    ),
    "rule_keep": ("The {keep} highest totals stay.", "총점 상위 {keep}개가 남습니다."),
    "rule_report": (
        "Where an interval does not settle a rule, the entrant is reported as undecided.",
        "신뢰구간으로 판가름 나지 않으면 ‘미결정’으로 보고합니다.",
    ),
    "rule_point_estimate": (
        "Where an interval does not settle a rule, the point estimate decides, and the doubt is said.",
        "신뢰구간으로 판가름 나지 않으면 점추정값으로 판정하고, 불확실하다는 점을 밝힙니다.",
    ),
    "rule_source": ("Source: {source}", "출처: {source}"),
    "method": ("What was run and how", "무엇을 어떻게 실행했는가"),
    "run": ("Run", "실행"),
    "no_run": ("This model has no run in this round.", "이 라운드에서 실행되지 않은 모델입니다."),
    "licence": ("Licence", "라이선스"),
    "parameters": ("Parameters, as declared", "매개변수 수(신고값)"),
    "mode": ("Prompted as", "질의 방식"),
    "engine": ("Engine", "엔진"),
    "server": ("Server, by its own account", "서버(자체 보고)"),
    "started": ("Started", "시작"),
    "finished": ("Finished", "종료"),
    "stages": ("Seconds by stage", "단계별 시간(초)"),
    "requests": ("Requests", "요청 수"),
    "record_digest": ("SHA-256 of record.json", "record.json의 SHA-256"),
    "identity": ("Everything that can change a number", "결과를 바꿀 수 있는 모든 것"),
    "samples": ("Answers that earned no point: a small sample", "점수를 얻지 못한 응답 일부"),
    "samples_note": (
        "A seeded draw among answers that were wrong, refused, unparsed, truncated or failed; long texts are cut.",
        "오답, 거부, 해석 불가, 잘림, 실패 응답 가운데 시드를 고정해 뽑았으며, 긴 글은 잘랐습니다.",
    ),
    "samples_kept": ("Samples with their prompts", "프롬프트와 함께 남긴 응답"),
    "samples_all": ("Every answer lies in: {path}", "전체 응답의 위치: {path}"),
    "item": ("Item", "문항"),
    "outcome": ("Outcome", "결과"),
    "prompt": ("Prompt", "프롬프트"),
    "show_prompt": ("as it was sent", "보낸 그대로 보기"),
    "target": ("Right answer", "정답"),
    "response": ("The model's answer", "모델의 응답"),
    "no_response": ("no answer", "응답 없음"),
    "cause": ("Cause", "원인"),
    "no_samples": ("No answer lost a point.", "점수를 잃은 응답이 없습니다."),
    "problems": ("What is missing", "빠진 증거"),
    "problem_failed": (
        "{model}: {failed} of {n} answers to {task} failed.",
        "{model}: {task} 응답 {n}개 중 {failed}개 실패.",
    ),
    "problem_no_run": ("{model}: there is no record of a run.", "{model}: 실행 기록이 없습니다."),
    "files": ("Files", "파일"),
    "verify": (
        "Anyone can recompute this verdict from the stored answers: make verify RUN={path}",
        "저장된 응답으로 누구나 판정을 다시 계산할 수 있습니다: make verify RUN={path}",
    ),
}


def word(key: str, lang: Lang, **values: object) -> str:
    """The text under a key in one language, with its blanks filled in."""
    english, korean = WORDS[key]
    return (korean if lang == "ko" else english).format(**values)
