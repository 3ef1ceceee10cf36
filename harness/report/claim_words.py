"""Titles of the page that answers an accusation, in English and Korean."""

from __future__ import annotations

from harness.plan import Lang

WORDS: dict[str, tuple[str, str]] = {
    "title": ("A claim answered", "주장에 대한 답변"),
    "claimed": ("The claim", "제기된 주장"),
    "independent": ("The same statistic over unrelated models", "무관한 모델에서의 같은 통계량"),
    "fair": ("What a fair statistic says", "공정한 통계량으로 보면"),
    "needed": ("What is still needed", "아직 필요한 것"),
    "source": ("Source", "출처"),
    "pairs": ("Pairs", "쌍"),
    "low": ("Low", "하한"),
    "median": ("Median", "중앙값"),
    "high": ("High", "상한"),
    "value": ("Claimed", "제시된 값"),
    "simulated": ("simulated vectors N(1, 0.1)", "난수 벡터 N(1, 0.1)"),
    "checkpoints": ("checkpoints given as independent", "무관하다고 제출된 체크포인트"),
    "published code": ("published model code", "공개된 모델 코드"),
    "no_verdict": (
        (
            "This page says what a number is worth. It is no verdict on a model: that takes the full audit of the"
            " weights, and people."
        ),
        "이 문서는 수치의 의미를 설명할 뿐, 모델에 대한 판정이 아닙니다. 판정은 가중치 전체에 대한 감사로만 내립니다.",
    ),
}


def said(key: str, lang: Lang) -> str:
    """The text under a key in one language."""
    return WORDS[key][1 if lang == "ko" else 0]
