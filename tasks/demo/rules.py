"""Rules that grade written answers for which there is no single right text.

lm-eval imports this file by its path, so it needs nothing but the standard library. Each rule gets an item and the
filtered answers (one), and gives {"rule": 1} where the answer keeps the rule, else {"rule": 0}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

FIRST_SYLLABLE = 0xAC00
LAST_SYLLABLE = 0xD7A3
SYLLABLES_PER_INITIAL = 21 * 28
SYLLABLES_PER_VOWEL = 28
RIEUL, NIEUN, IEUNG = 5, 2, 11
"""Places of ㄹ, ㄴ and ㅇ among the initial consonants."""
SOFT_VOWELS = frozenset({2, 3, 6, 7, 12, 17, 20})
"""Places of ㅑ ㅒ ㅕ ㅖ ㅛ ㅠ ㅣ among the vowels."""


def word_chain(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, int]:
    """끝말잇기: one word of Hangul, of the length asked, that begins with the given word's last syllable.

    The initial-sound law (두음법칙) allows 역 after 력 and 노 after 로. Whether the word stands in a dictionary is
    not checked; a word that only repeats one syllable, or the given word, is refused.
    """
    answer = results[0].strip().rstrip(".!").strip("'\"‘’“”")
    return {
        "rule": int(
            len(answer) == doc["length"]
            and all(FIRST_SYLLABLE <= ord(sign) <= LAST_SYLLABLE for sign in answer)
            and answer[0] in {doc["word"][-1], softened(doc["word"][-1])}
            and len(set(answer)) > 1
            and answer != doc["word"]
        )
    }


def softened(syllable: str) -> str:
    """The syllable as it would begin a word by the initial-sound law: 력 → 역, 로 → 노, 녀 → 여; others as they are."""
    initial, rest = divmod(ord(syllable) - FIRST_SYLLABLE, SYLLABLES_PER_INITIAL)
    vowel = rest // SYLLABLES_PER_VOWEL
    if initial in {RIEUL, NIEUN} and vowel in SOFT_VOWELS:
        initial = IEUNG
    elif initial == RIEUL:
        initial = NIEUN
    return chr(FIRST_SYLLABLE + initial * SYLLABLES_PER_INITIAL + rest)


def sentence(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, int]:
    """One sentence of 4 to 15 words, with a capital at its start and a stop at its end only, that holds every word."""
    answer = results[0].strip()
    words = re.findall(r"[a-z]+(?:['’-][a-z]+)*", answer.lower())
    return {
        "rule": int(
            4 <= len(words) <= 15
            and answer[0].isupper()
            and re.fullmatch(r"[^.!?]+[.!?]", answer) is not None
            and all(word in words for word in doc["words"])
        )
    }
