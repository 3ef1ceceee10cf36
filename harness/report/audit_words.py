"""Sentences of the audit's page, in English and Korean. None of them says that a model owes nothing to others: no test
can show that.
"""

from __future__ import annotations

from harness.plan import Lang
from harness.story.independence import TERMS

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Independence audit", "독자성 감사"),
    # one sentence on top
    "top_derived": ("{parts} of {name}: derived from {candidates}", "{name}의 {parts}: {candidates}에서 파생"),
    "top_refer": ("{name}: {parts} must be looked at by experts", "{name}: {parts}에 대해 전문가 검토 필요"),
    "top_no_evidence": (
        "{name}: no evidence of descent from the candidates tested",
        "{name}: 시험한 후보 모델에서 파생되었다는 증거를 찾지 못함",
    ),
    "top_not_comparable": ("{name}: nothing could be compared", "{name}: 비교할 수 있는 것이 없음"),
    "top_own": (
        "{parts} of {name}: derived from {candidates}, a model of its own owner",
        "{name}의 {parts}: 같은 기관의 모델 {candidates}에서 파생(자체 계보)",
    ),
    # the summary
    "summary": ("In short", "요약"),
    "asked_what": ("What was tested?", "무엇을 시험했는가?"),
    "asked_whom": ("Against whom?", "누구와 비교했는가?"),
    "asked_result": ("What came out?", "결과는?"),
    "asked_rate": ("How often does such an audit err?", "이런 감사는 얼마나 틀리는가?"),
    "asked_limit": ("What does not follow?", "무엇을 알 수 없는가?"),
    "asked_people": ("Who decides?", "누가 판정하는가?"),
    "what": ("{name}{by}, {parameters} parameters: {parts}.", "{name}{by}, 매개변수 {parameters}개: {parts}."),
    "by": (" ({owner})", "({owner})"),
    "owner_country": ("{owner}, {country}", "{owner}, {country}"),
    "nobody_said": ("nobody said whose it is", "소유 기관이 제출되지 않음"),
    "whom": ("{candidate} ({owner})", "{candidate} ({owner})"),
    "whom_sketch": (
        "{candidate} ({owner}): only a sketch of it, about one percent of its weights",
        "{candidate} ({owner}): 가중치의 1% 정도를 추린 스케치만 비교",
    ),
    "whom_else": ("No other model was looked at.", "그 밖의 모델과는 비교하지 않았습니다."),
    "rate": (
        (
            "Tests with exact chances: were nothing copied, the chance that they call anything in this whole audit"
            " “derived” is at most {alpha} ({tests} tests, adjusted together). Other methods have no such chance; they"
            " say “derived” only where the likeness is far beyond every pair of unrelated models that was tried."
        ),
        (
            "정확한 확률이 있는 검정: 복제한 것이 전혀 없을 때 이 감사 전체에서 하나라도 ‘파생’이라고 잘못 말할 확률은"
            " 최대 {alpha}입니다(검정 {tests}회를 함께 보정). 그 밖의 방법에는 그런 확률이 없으며, 시험해 본 어떤"
            " 무관한 모델 쌍보다도 훨씬 더 닮았을 때만 ‘파생’이라고 말합니다."
        ),
    ),
    "rate_each": (
        (
            "Tests with exact chances: were nothing copied, the chance that they call anything in the audit of an"
            " entrant “derived” is at most {alpha}. Other methods have no such chance; they say “derived” only where"
            " the likeness is far beyond every pair of unrelated models that was tried."
        ),
        (
            "정확한 확률이 있는 검정: 복제한 것이 전혀 없을 때 참가 모델 하나의 감사에서 하나라도"
            " ‘파생’이라고 잘못 말할 확률은 최대 {alpha}입니다. 그 밖의 방법에는 그런 확률이 없으며, 시험해 본"
            " 어떤 무관한 모델 쌍보다도 훨씬 더 닮았을 때만 ‘파생’이라고 말합니다."
        ),
    ),
    "nulls": (
        "The scale was checked on {pairs} pairs of models known to be unrelated: {names}.",
        "서로 무관하다고 알려진 모델 {pairs}쌍으로 기준을 확인했습니다: {names}.",
    ),
    "no_nulls": (
        "No unrelated models were given with this audit; its thresholds are those of the calibration in docs/audit.md.",
        "이 감사에는 무관한 대조 모델이 제출되지 않았으며, 기준값은 docs/audit.md의 보정 결과를 따릅니다.",
    ),
    "found_derived": (
        "{part}: derived from {candidate}. Its weights descend from that model.",
        "{part}: {candidate}에서 파생. 가중치가 그 모델에서 나왔습니다.",
    ),
    "found_own": (
        "{part}: derived from {candidate}, a model of the same owner. That is own lineage, not foreign descent.",
        "{part}: 같은 기관의 모델 {candidate}에서 파생. 자체 계보이며 다른 기관의 모델에서 파생된 것이 아닙니다.",
    ),
    "found_refer": (
        "{part}: experts should compare it with {candidate}. This is no finding of copying.",
        "{part}: 전문가가 {candidate}와(과) 비교해야 합니다. 복제했다는 결론이 아닙니다.",
    ),
    "found_no_evidence": (
        "No evidence of descent from {candidate}: {parts}.",
        "{candidate}에서 파생되었다는 증거를 찾지 못한 것: {parts}.",
    ),
    "found_not_comparable": (
        "Could not be compared with {candidate}, from which nothing follows: {parts}.",
        "{candidate}와(과) 비교할 수 없었으며 어떤 결론도 나오지 않는 것: {parts}.",
    ),
    "limit": (
        (
            "No evidence is not proof of the contrary: models that were not named, and kinds of copying that evade"
            " the tests, remain possible."
        ),
        (
            "증거를 찾지 못했다는 것이 그 반대의 증명은 아닙니다. 비교하지 않은 모델이나 시험을 피하는 복제 방식은"
            " 여전히 가능합니다."
        ),
    ),
    "limit_sketch": (
        "A sketch can only say which full weights to ask for. It convicts nobody and clears nobody.",
        "스케치로는 어느 모델의 전체 가중치를 요청할지만 알 수 있습니다. 파생 여부는 결론 내리지 않습니다.",
    ),
    "people": (
        (
            "The audit itself decides nothing: the contest's rules and people do. Tokenizer, code, licence and"
            " behaviour can only refer a case to experts."
        ),
        (
            "감사 자체는 아무것도 판정하지 않으며, 대회 규칙과 사람이 판정합니다. 토크나이저, 코드, 라이선스, 응답"
            " 행동은 전문가 검토를 요청할 수 있을 뿐입니다."
        ),
    ),
    # what the conclusions mean
    "meanings": ("How to read the conclusions", "결론 읽는 법"),
    "means_derived": (
        "The weights of this part come from the candidate's, whatever was done to them since.",
        "이 부분의 가중치는 이후 어떻게 바꾸었든 후보 모델의 가중치에서 나왔습니다.",
    ),
    "means_refer": (
        "Something is alike and may have an innocent reason. Experts should look before anybody says more.",
        "닮은 점이 있으나 정당한 이유가 있을 수 있습니다. 더 말하기 전에 전문가가 확인해야 합니다.",
    ),
    "means_no_evidence": (
        "The tests found nothing against this candidate. That proves nothing about other models.",
        "이 후보에 대해서는 시험에서 아무것도 나오지 않았습니다. 다른 모델에 대해서는 아무것도 증명하지 않습니다.",
    ),
    "means_not_comparable": (
        "The tests could not be applied. Nothing follows, neither for nor against.",
        "시험을 적용할 수 없었습니다. 유리하게도 불리하게도 결론이 나오지 않습니다.",
    ),
    # sections
    "components": ("Components", "구성 요소"),
    "layers": ("Layer against layer", "층별 비교"),
    "layers_note": (
        (
            "{part} against {candidate}, the nearest candidate ({method}). Each square sets one layer of the"
            " checkpoint (down) against one layer of the candidate (across): the darker, the larger the share of"
            " units that agree. Grey: within what unrelated models show{band}."
        ),
        (
            "{part}과(와) 가장 가까운 후보 {candidate}의 비교({method}). 각 칸은 체크포인트의 한 층(세로)과 후보의"
            " 한 층(가로)이며, 진할수록 일치하는 유닛의 비율이 높습니다. 회색: 무관한 모델에서도 나오는 범위{band}."
        ),
    ),
    "band": (" ({low} to {high} over the null pairs)", "(무관한 쌍에서 {low}~{high})"),
    "no_layers": ("No layers could be compared.", "비교할 수 있는 층이 없습니다."),
    "ours": ("layer of the checkpoint", "체크포인트의 층"),
    "theirs": ("layer of {candidate}", "{candidate}의 층"),
    "candidate": ("Candidate", "후보 모델"),
    "conclusion": ("Conclusion", "결론"),
    "sizes": ("Entries", "어휘 크기"),
    "shared": ("Shared", "공유"),
    "jaccard": ("Jaccard", "자카드"),
    "same_id": ("Same id", "같은 번호"),
    "prefix": ("Merges alike from the first on", "처음부터 같은 병합 규칙"),
    "order": ("Order of shared merges", "공유 병합 순서"),
    "similarity": ("Similarity", "유사도"),
    "median": ("Median of published pairs", "공개 모델 쌍의 중앙값"),
    "limit99": ("One pair in a hundred exceeds", "100쌍 중 1쌍이 넘는 값"),
    "headers": ("Copyright and licence headers", "저작권·라이선스 표시"),
    "behaviour": ("Behaviour", "응답 행동"),
    "findings": ("Everything that was found", "모든 결과"),
    "findings_note": (
        (
            "p-values before they are adjusted together. A small one alone convicts nobody: the likeness must also"
            " exceed what unrelated models reach."
        ),
        "보정 전 p값입니다. p값이 작다는 것만으로는 결론을 내리지 않으며, 유사도도 무관한 모델의 범위를 넘어야 합니다.",
    ),
    "own": ("own lineage", "자체 계보"),
    "supplied": ("What the report that was supplied concludes", "제출된 보고서의 결론"),
    "component": ("Component", "구성 요소"),
    "method": ("Method", "방법"),
    "p": ("p", "p값"),
    "statement": ("Finding", "내용"),
    "took_part": ("Who took part", "참여한 체크포인트"),
    "role": ("Role", "역할"),
    "audited": ("audited", "감사 대상"),
    "null": ("unrelated control", "무관한 대조 모델"),
    "digest": ("SHA-256 of all tensors", "모든 텐서의 SHA-256"),
    "parameters": ("Parameters", "매개변수"),
    "notes": ("What a reader must know", "읽을 때 알아야 할 것"),
    "country": ("Country", "국가"),
    "owner": ("Owner", "소유 기관"),
    "licence_of": ("Licence", "라이선스"),
    "sketch": ("sketch", "스케치"),
    "key_share": ("share of units that agree", "일치하는 유닛의 비율"),
    "key_chance": ("within what chance allows", "우연으로도 나오는 범위"),
    "costs": ("What the audit cost", "감사에 든 비용"),
    "cost_time": (
        "{seconds} s in all; {reading} s of them for reading {bytes} GB ({rate} GB/s).",
        "모두 {seconds}초. 그중 {bytes}GB를 읽는 데 {reading}초({rate}GB/s).",
    ),
    "cost_pair": (
        (
            "{pairs} pairs of layers, {each} s a pair; {layer} s for each layer that took part; {tables} s for token"
            " tables."
        ),
        "층의 쌍 {pairs}개, 쌍마다 {each}초. 참여한 층마다 {layer}초. 토큰 표에 {tables}초.",
    ),
    "cost_memory": ("{memory} GB of memory at the peak.", "최대 메모리 {memory}GB."),
    "cost_large": (
        (
            "Arithmetic, no measurement: two models of 519 billion parameters in 61 layers (1.04 TB each) would take"
            " {reading} h of reading at this rate, and {comparing} h for their 3,721 pairs of layers at this cost a"
            " pair; wider layers and their token tables cost more (docs/audit.md)."
        ),
        (
            "측정이 아닌 산술: 매개변수 5,190억 개, 61층 모델 둘(각 1.04TB)이라면 이 속도로 읽는 데 {reading}시간, 층의"
            " 쌍 3,721개를 같은 비용으로 비교하는 데 {comparing}시간. 층과 토큰 표가 넓으면 더 듭니다(docs/audit.md)."
        ),
    ),
    "nothing": ("Nothing to show.", "해당 사항이 없습니다."),
}


def said(key: str, lang: Lang, **values: object) -> str:
    """The text under a key (here, or a term of the audit) in one language, with its blanks filled in."""
    return (WORDS.get(key) or TERMS[key])[lang == "ko"].format(**values)
