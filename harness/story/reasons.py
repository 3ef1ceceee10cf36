"""The verdict's reasons in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from harness.plan import Lang, Round
from harness.records import Reason, ReasonCode
from harness.story.independence import RENDERED, in_korean
from harness.verdict import worded

KOREAN: Mapping[ReasonCode, str] = {
    "no_record": "실행 기록이 없습니다.",
    "failed": "{task}: 응답 {asked}개 중 {count}개 실패. 평가 시스템의 오류이므로 오답으로 세지 않습니다.",
    "missing": "{task}: 응답 {asked}개가 필요하지만 {count}개만 있습니다.",
    "not_counted": (
        "{task}: 응답 {asked}개 중 {count}개가 거절, 판독 불가, 잘림이며, 이 규칙에서는 결측으로 처리합니다."
    ),
    "uneven": "{task}: 응답이 계획한 문항과 반복 횟수에 맞지 않습니다.",
    "not_recorded": "{task}: 실행 기록에 이 과제가 없습니다.",
    "record_incomplete": "실행이 완료되지 않았습니다: {problems}",
    "floor_pass": "{suite}: {value}. 신뢰구간 전체가 하한 {threshold} 이상입니다.",
    "floor_fail": "{suite}: {value}. 신뢰구간 전체가 하한 {threshold} 미만입니다.",
    "floor_undecided": "{suite}: {value}. 신뢰구간이 하한 {threshold} 양쪽에 걸쳐 있어 판가름 나지 않습니다.",
    "ratio_pass": "{suite}: {reference} 대비 {value}. 신뢰구간 전체가 기준 {threshold} 이상입니다.",
    "ratio_fail": "{suite}: {reference} 대비 {value}. 신뢰구간 전체가 기준 {threshold} 미만입니다.",
    "ratio_undecided": (
        "{suite}: {reference} 대비 {value}. 신뢰구간이 기준 {threshold} 양쪽에 걸쳐 있어 판가름 나지 않습니다."
    ),
    "ratio_undefined": "{suite}: {reference}의 점수가 0이어서 비율을 구할 수 없습니다.",
    "entrant_missing": "{suite}: 참가 모델의 응답이 빠져 있습니다.",
    "reference_missing": "{suite}: {reference}의 응답이 빠져 있습니다.",
    "other_mode": "{suite}: 질의 방식이 다릅니다(참가 모델 {ours}, {reference} {theirs}). 방식이 같을 때만 비교합니다.",
    "other_items": "{suite}: {reference}에는 같은 문항을 묻지 않아 비교하지 않습니다.",
    "gates_passed": "통과 기준 {count}개를 모두 충족했습니다.",
    "no_gates": "규칙에 통과 기준이 없습니다.",
    "rank": "총점 순위: {ranked}개 모델 중 {rank}위. 상위 {keep}개가 남으며, 어느 모델인지는 판가름 나지 않았습니다.",
    "rank_stay": "총점 순위: {ranked}개 모델 중 {rank}위. 상위 {keep}개가 남습니다.",
    "rank_leave": "총점 순위: {ranked}개 모델 중 {rank}위. 상위 {keep}개에 들지 못했습니다.",
    "tie": "{rival}의 총점과 같고, 동점을 가르는 규칙이 없습니다. 점수 차: {difference}.",
    "overlap": "{rival} 대비 총점 차이(점): {difference}. 신뢰구간에 0이 포함되어 순위가 판가름 나지 않습니다.",
    "rival_gate": "{rival}의 총점이 더 높지만, 그 모델의 통과 기준이 판가름 나지 않았습니다.",
    "rival_gate_missing": "{rival}의 총점이 더 높지만, 그 모델의 통과 기준을 판단할 증거가 빠져 있습니다.",
    "rival_missing": "{rival}의 증거가 빠져 있어 그 총점을 알 수 없습니다.",
    "rival_other_mode": "{rival}에는 다른 방식으로 질의했습니다. 방식이 같을 때만 비교합니다.",
    "rival_other_items": "{rival}에는 같은 문항을 묻지 않아 비교하지 않습니다.",
    "point_estimate": "신뢰구간으로는 판가름 나지 않아, 규칙에 따라 점추정값으로 판정했습니다.",
    "dry_run": "예행 평가입니다. 경쟁 모델과 심사단 점수에 달린 판정은 내리지 않습니다.",
    "raters_missing": "{item}: {raters}의 점수가 빠져 있습니다. 규칙은 모든 심사위원의 점수를 요구합니다.",
    "few_raters": "{item}: 남은 심사위원이 {count}명으로, 규칙이 요구하는 최소 {least}명보다 적습니다.",
    "unpublished": "공개되거나 제출되지 않은 점수: {items}.",
    "imported_total": "외부에서 가져온 총점({file})이며, 얼마나 확실한지는 알 수 없습니다.",
    "announced": "대회의 공식 발표: {decision}({source}).",
    "safety_pass": "안전성, {suite}: {value}. 신뢰구간 전체가 하한 {threshold} 이상입니다.",
    "safety_fail": "안전성, {suite}: {value}. 신뢰구간 전체가 하한 {threshold} 미만입니다.",
    "safety_undecided": "안전성, {suite}: {value}. 신뢰구간이 하한 {threshold}에 걸쳐 있어 판가름 나지 않습니다.",
    "margin_pass": "{suite}: {reference} 대비 {value}. 신뢰구간 전체가 허용 차이 {threshold} 안에 있습니다.",
    "margin_fail": "{suite}: {reference} 대비 {value}. 신뢰구간 전체가 허용 차이 {threshold} 아래에 있습니다.",
    "margin_undecided": "{suite}: {reference} 대비 {value}. 신뢰구간이 허용 차이 {threshold}에 걸쳐 있습니다.",
    "no_audit": "독자성: {model}의 감사 보고서가 제출되지 않았습니다(audits.{entrant}).",
    "empty_audit": "독자성: {model}의 감사 보고서에 결론이 없습니다(audits.{entrant}).",
    "audit_lacks": "독자성: {model}의 감사에 {candidates}에 대한 결론이 없습니다(audits.{entrant}).",
    "audit_without_weights": "독자성: {model}의 감사가 가중치를 하나도 비교하지 않았습니다(audits.{entrant}).",
    "independence_pass": "독자성: 감사 결론 {count}개 가운데 금지된 것이 없습니다.",
    "independence_disclosed": "독자성: {component}, {candidate}: {relation}. 규칙대로 신고되었습니다. {because}",
    "independence_found": (
        "독자성: {component}, {candidate}: {relation}. 금지된 사항이며 위원회가 판단할 때까지 보류합니다. {because}"
        " 감사 결론 {finding}."
    ),
    "independence_left_out": (
        "독자성: {component}, {candidate}: {relation}. 비교하지 못한 부분이 있어 위원회가 판단할 때까지 보류합니다."
        " {because} 감사 결론 {finding}."
    ),
    "independence_undisclosed": (
        "독자성: {component}, {candidate}: {relation}. 신고하지 않아 위원회의 판단이 필요합니다. {because}"
        " 감사 결론 {finding}."
    ),
    "independence_forbidden": (
        "독자성: {component}, {candidate}: {relation}. 금지된 사항이며 이 규칙에서는 곧바로 실격입니다. {because}"
    ),
    "independence_cleared": "독자성: {component}, {candidate}: {when} {who} 문제없음 판단. 참가 기관: {reply}",
    "independence_ruled": "독자성: {component}, {candidate}: {when} {who} 불인정 판단. 참가 기관: {reply}",
    "licence_pass": "라이선스 {licence}: 허용된 라이선스입니다.",
    "licence_fail": "라이선스 {licence}: 허용된 라이선스({allowed})가 아닙니다.",
    "imported_pass": "{gate}: 충족({file}).",
    "imported_fail": "{gate}: 미달({file}).",
    "imported_undecided": "{gate}: 미결정({file}).",
    "imported_held": "{gate}: 보류({file}).",
    "imported_figure": "{suite}: {value}, 기준 {threshold}. 가져온 수치에는 신뢰구간이 없어 판가름 나지 않습니다.",
    "imported_missing": "{gate}: 공개되거나 제출된 결과가 없습니다.",
    "returned": "소유 기관이 {before}에서 탈락하여 다시 참가할 수 없습니다. {because}",
    "below_pass": "총점 {total}. 신뢰구간 전체가 {minimum}점 이상입니다.",
    "below_fail": "총점 {total}. 신뢰구간 전체가 {minimum}점 미만입니다.",
    "below_undecided": "총점 {total}. {minimum}점에 이르는지 신뢰구간으로 판가름 나지 않습니다.",
    "rival_imported": "{rival}의 총점과의 차이(점): {difference}. 외부에서 가져온 총점에는 신뢰구간이 없습니다.",
    "rival_held": "{rival}: 총점이 더 높지만 위원회가 판단할 때까지 보류 중입니다.",
    "unofficial_replay": "대회가 공개한 수치로 다시 판정한 것이며, 아무것도 결정하지 않습니다",
    "unofficial_second_hand": "{files}의 수치가 간접 출처이거나 추정값입니다",
    "unofficial_dry_run": "예행 평가이므로 아무것도 판정하지 않습니다",
    "unofficial_fake_engine": "가짜 엔진을 썼습니다. 응답이 모델에서 나온 것이 아닙니다",
    "unofficial_fake_server": "서버가 스스로 가짜라고 밝혔습니다. 응답이 모델에서 나온 것이 아닙니다",
    "unofficial_unknown_server": "응답의 전부 또는 일부를 어느 서버가 냈는지 알 수 없습니다",
    "unofficial_unstated": "{served} 서버가 어떤 가중치를 쓰는지 밝힌 사람이 없습니다(engine.stated_weights)",
    "unofficial_unpinned": "모델의 리비전이 커밋으로 고정되지 않았습니다",
    "unofficial_unlocked": "{tasks}의 데이터가 리비전으로 고정되지 않았습니다",
    "unofficial_no_checkout": "하네스가 자체 git 체크아웃에서 실행되지 않아 그 상태를 알 수 없습니다",
    "unofficial_changed": "하네스가 커밋과 다릅니다: {files}",
    "unofficial_overridden": "명령줄에서 라운드 설정을 바꾸었습니다: {parts}",
    "unofficial_no_run": "실행 기록이 없습니다",
    "unofficial_mixed": "실행마다 쓴 버전이 다릅니다: {parts}. `harness eval`이 오래된 실행을 다시 만듭니다",
}


def reason_in(reason: Reason, round_: Round, lang: Lang) -> str:
    """A recorded reason in a language."""
    if lang == "en":
        return reason.text
    facts = in_korean(reason.facts) if reason.code in RENDERED else reason.facts
    return worded(KOREAN[reason.code], facts, round_, lang)
