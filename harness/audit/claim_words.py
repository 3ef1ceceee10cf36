"""The sentences that answer an accusation, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping

from harness.plan import Lang

WORDS: Mapping[str, tuple[str, str]] = {
    # headlines, by standing
    "ordinary": (
        "The claimed number is what independent models show too: it is no evidence of copying.",
        "제시된 수치는 서로 무관한 모델에서도 나오는 값이며, 복제의 증거가 아닙니다.",
    ),
    "not_telling": (
        "This statistic does not tell descendants from independent models, whatever its value.",
        "이 통계량은 값과 상관없이 파생 모델과 무관한 모델을 구별하지 못합니다.",
    ),
    "disclosure": (
        "If right, this raises a question of disclosure and licence. It says nothing of how the weights came about.",
        "사실이라면 출처 공개와 라이선스의 문제입니다. 가중치가 어떻게 만들어졌는지는 말해 주지 않습니다.",
    ),
    "remarkable": (
        "If right, independent models do not show this: the full audit of the weights must settle it.",
        "사실이라면 무관한 모델에서는 나오지 않는 값입니다. 가중치 전체에 대한 감사로 가려야 합니다.",
    ),
    "unsettled": (
        "The claim cannot be answered as it stands: a figure is missing.",
        "필요한 수치가 없어 이 주장에는 아직 답할 수 없습니다.",
    ),
    "impossible": (
        "No models show such a number: the statistic cannot take this value. The claim is wrong as it stands.",
        "이 통계량이 가질 수 없는 값입니다. 어떤 모델에서도 나올 수 없으므로 주장은 이대로는 틀렸습니다.",
    ),
    # what independent models show
    "outside": (
        "{value} lies outside {low} to {high}, between which this statistic lies. A percentage is written with %.",
        "{value}은(는) 이 통계량의 범위 {low}~{high}을 벗어납니다. 백분율이라면 %를 붙여야 합니다.",
    ),
    "below": (
        "{value} is below {low}, which this statistic never is.",
        "{value}은(는) {low}보다 작습니다. 이 통계량은 {low}보다 작을 수 없습니다.",
    ),
    "norm_why": (
        (
            "Norm weights lie around one value, so any two such vectors point almost the same way. For a spread s"
            " around a mean m the cosine of unrelated vectors is 1 / (1 + (s/m)²)."
        ),
        (
            "정규화 가중치는 한 값 주위에 몰려 있어, 서로 무관한 두 벡터도 거의 같은 방향을 가리킵니다. 평균이 m,"
            " 표준편차가 s이면 무관한 벡터의 코사인은 1 / (1 + (s/m)²)입니다."
        ),
    ),
    "simulated": (
        (
            "Of {pairs} simulated pairs of unrelated vectors N(1, 0.1) with {size} values the cosine is {median}"
            " ({low} to {high})."
        ),
        "서로 무관한 난수 벡터 N(1, 0.1), 길이 {size}, {pairs}쌍의 코사인은 {median}입니다({low}~{high}).",
    ),
    "spread": (
        "The claimed {value} is what unrelated vectors have whose spread is {spread} of their mean.",
        "제시된 {value}은(는) 표준편차가 평균의 {spread}인 무관한 벡터의 코사인과 같습니다.",
    ),
    "sigmas": (
        "Sigmas mean something only when they are counted from pairs of independent models; the “{sigmas} σ” are not.",
        "시그마는 무관한 모델 쌍을 기준으로 셀 때만 의미가 있습니다. ‘{sigmas}σ’는 그렇게 센 값이 아닙니다.",
    ),
    "nulls": (
        "Over {pairs} pairs of the independent models given (--null) the same statistic is {median} ({low} to {high}).",
        "함께 제출된 무관한 모델 {pairs}쌍(--null)에서 같은 통계량은 {median}입니다({low}~{high}).",
    ),
    "centred_null": (
        (
            "Between independent models a centred correlation lies around 0 with standard deviation 1/√d: {sd} at d"
            " = {size} values."
        ),
        "무관한 모델 사이에서 중심화 상관계수는 0 근처이며 표준편차는 1/√d입니다(값 {size}개에서 {sd}).",
    ),
    "embedding_mean": (
        (
            "Embedding rows share a common direction, so that their raw cosine is above 0 between independent"
            " models; take the mean off first."
        ),
        "임베딩 행에는 공통 방향이 있어 무관한 모델 사이에서도 코사인이 0보다 큽니다. 먼저 평균을 빼야 합니다.",
    ),
    "cka": (
        (
            "CKA between independent small models was 0.72 to 0.86, and 0.69 to 0.99 for descendants: models that"
            " solve the same task resemble each other."
        ),
        (
            "무관한 소형 모델 사이의 CKA는 0.72~0.86, 파생 모델은 0.69~0.99였습니다. 같은 과제를 푸는 모델은 서로"
            " 비슷합니다."
        ),
    ),
    "divergence": (
        "Published divergences of outputs were 1.96e-6 for a true descendant and 1.85e-6 for an independent pair.",
        "공개된 출력 분포 차이는 실제 파생 모델이 1.96e-6, 무관한 모델이 1.85e-6이었습니다.",
    ),
    "profile": (
        (
            "Curves over layers (standard deviations, norms) follow from architecture and optimiser; independent"
            " models of one design share them."
        ),
        "층별 곡선(표준편차, 노름)은 구조와 최적화 방법에서 나오므로, 설계가 같은 무관한 모델도 같은 모양을 보입니다.",
    ),
    "agreement": (
        (
            "Independent models trained on the same data agree with each other, in one measurement more than true"
            " fine-tunes did."
        ),
        "같은 데이터로 따로 학습한 모델은 서로 일치하며, 실제 미세조정 모델보다 더 일치한 측정도 있습니다.",
    ),
    "identical": (
        (
            "Models that were trained apart have no weight matrix in common to the last bit. What all models share are"
            " constants: norms of ones, biases of zeros, tables of rotary positions. They must not be counted."
        ),
        (
            "따로 학습한 모델은 마지막 비트까지 같은 가중치 행렬을 갖지 않습니다. 모든 모델이 공유하는 것은 상수(1로"
            " 채운 정규화, 0으로 채운 편향, 회전 위치 표)뿐이며, 이런 것은 세지 말아야 합니다."
        ),
    ),
    "tokens": (
        (
            "Tokenizers trained apart share common words: published pairs of unrelated models share 30 % (Jaccard"
            " 0.300), and an openly reused vocabulary 92.6 %, with merges in another order."
        ),
        (
            "따로 만든 토크나이저도 흔한 낱말을 공유합니다. 무관한 공개 모델 사이의 자카드 값은 0.300이었고,"
            " 공개적으로 재사용한 어휘는 92.6%가 겹치되 병합 순서는 달랐습니다."
        ),
    ),
    "code": (
        (
            "Of {pairs} pairs of published language models the similarity has the median {median} and reaches"
            " {high}; one in a hundred exceeds {limit}."
        ),
        (
            "공개 언어 모델 {pairs}쌍의 유사도는 중앙값 {median}, 최댓값 {high}이며, 100쌍 중 1쌍은 {limit}을(를)"
            " 넘습니다."
        ),
    ),
    # what a fair statistic says
    "fair_measured": (
        (
            "Measured on {tensors} tensors of both models: cosine {cosine}, centred correlation {pearson}."
            " Independent models would give 0 ± {sd}."
        ),
        (
            "두 모델의 텐서 {tensors}개에서 잰 값: 코사인 {cosine}, 중심화 상관계수 {pearson}. 무관한 모델이면 0 ±"
            " {sd}입니다."
        ),
    ),
    "fair_largest": (
        "The farthest tensor is {name}: {largest}; the chance of that in any of {tensors} independent tensors is {p}.",
        "가장 벗어난 텐서는 {name}: {largest}. 무관한 텐서 {tensors}개 중 하나라도 이만큼 벗어날 확률은 {p}입니다.",
    ),
    "fair_above": ("That is beyond chance for these tensors.", "이 텐서에 관해서는 우연으로 보기 어렵습니다."),
    "fair_within": (
        "That is within chance: these tensors give no evidence of copying.",
        "우연의 범위 안에 있습니다. 이 텐서에서는 복제의 증거가 나오지 않습니다.",
    ),
    "fair_norm": (
        (
            "The fair statistic for norm weights is the centred (Pearson) correlation of the same vectors: 0 ± {sd}"
            " at d = {size} between independent models, near 1 for a true descendant. It was not given."
        ),
        (
            "정규화 가중치에 공정한 통계량은 같은 벡터의 중심화(피어슨) 상관계수입니다. 무관한 모델이면 d ="
            " {size}에서 0 ± {sd}, 실제 파생 모델이면 1에 가깝습니다. 이 값은 제시되지 않았습니다."
        ),
    ),
    "fair_value": (
        "The claimed {value} is {times} times the standard deviation {sd} of independent models at d = {size}.",
        "제시된 {value}은(는) d = {size}에서 무관한 모델의 표준편차 {sd}의 {times}배입니다.",
    ),
    "fair_weights": (
        "Tests on the weights with exact p-values: matching of hidden units, and activations, layer against layer.",
        "정확한 p값을 주는 가중치 검정(은닉 유닛 대응, 활성값 대응, 층별 비교)이 공정한 통계량입니다.",
    ),
    "fair_identical": (
        (
            "Digests of the tensors of both models, constants left out: harness audit counts them whatever the tensors"
            " are called (census)."
        ),
        "상수를 뺀 두 모델 텐서의 해시를 비교합니다. harness audit이 텐서 이름과 상관없이 셉니다(census).",
    ),
    "fair_tokens": (
        (
            "Ids of shared tokens, the common beginning of the merges and their order tell a taken-over tokenizer"
            " from one trained apart."
        ),
        (
            "공유 토큰의 번호, 병합 규칙의 공통 앞부분과 순서를 보면 가져온 토크나이저와 따로 만든 것을 구별할 수"
            " 있습니다."
        ),
    ),
    "fair_code": (
        (
            "Code with its names neutralised, set against pairs of the same family; the headers; and the model"
            " types that the configuration names."
        ),
        "이름을 중립화한 코드를 같은 계열의 쌍과 비교하고, 저작권 표시와 설정 파일이 가리키는 모델 유형을 함께 봅니다.",
    ),
    "fair_agreement": (
        "The same wrong answers on secret items that both models got wrong, set against models of like accuracy.",
        "두 모델이 모두 틀린 비공개 문항에서 같은 오답을 낸 비율을, 정확도가 비슷한 다른 모델과 비교합니다.",
    ),
    # what is still needed
    "need_checkpoints": (
        "The checkpoints of {x} and {y} (--checkpoint {x}=FOLDER --checkpoint {y}=FOLDER).",
        "{x}, {y}의 체크포인트(--checkpoint {x}=폴더 --checkpoint {y}=폴더).",
    ),
    "need_nulls": (
        "Independent models of like size, on which the same statistic is taken (--null NAME=FOLDER).",
        "같은 통계량을 잴, 크기가 비슷한 무관한 모델(--null 이름=폴더).",
    ),
    "need_audit": (
        "The full audit: harness audit FOLDER_OF_{x} --against {y}=FOLDER.",
        "전체 감사: harness audit {x}의_폴더 --against {y}=폴더.",
    ),
    "need_order": (
        "Which of the two is the older, and whether both descend openly from a third model or share an owner.",
        "어느 쪽이 먼저인지, 둘이 제3의 모델에서 공개적으로 파생했거나 소유자가 같은지 여부.",
    ),
    "need_value": ("The claimed number.", "주장하는 수치."),
    "need_disclosure": (
        "The entrant's account of the source and its licence.",
        "출처와 라이선스에 대한 참가 기관의 설명.",
    ),
    "need_samples": (
        "Answers of both models and of controls on the same secret items, from scored rounds.",
        "같은 비공개 문항에 대한 두 모델과 대조 모델의 채점된 응답.",
    ),
}


def both(key: str, **values: object) -> dict[Lang, str]:
    """A sentence in both languages, with its blanks filled in."""
    english, korean = WORDS[key]
    return {"en": english.format(**values), "ko": korean.format(**values)}
