"""Hangul syllables as arithmetic: Unicode 16, section 3.12 (conjoining jamo behaviour)."""

from __future__ import annotations

FIRST = 0xAC00
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

NATIVE_UNITS = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")


def compose(initial: str, vowel: str, final: str = "") -> str:
    """The syllable of an initial, a vowel and a final consonant (or none)."""
    place = (INITIALS.index(initial) * len(VOWELS) + VOWELS.index(vowel)) * len(FINALS) + FINALS.index(final)
    return chr(FIRST + place)


def has_final(word: str) -> bool:
    """Whether the word's last syllable ends in a consonant."""
    return (ord(word[-1]) - FIRST) % len(FINALS) != 0


def particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """The form of a particle that the word takes."""
    return after_consonant if has_final(word) else after_vowel


def counting(number: int) -> str:
    """A native number, 1 to 29, as it stands before a counter: 한, 두, ..., 열, 열한, ..., 스무, 스물한."""
    tens, units = divmod(number, 10)
    if number == 20:
        return "스무"
    return ("", "열", "스물")[tens] + NATIVE_UNITS[units]
