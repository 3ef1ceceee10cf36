"""Calendar and age: weekdays over days, months and leap years; 세는나이 and 만 나이. No lunar dates."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Literal

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family
from tasks.generated.korean import NAMES, topic
from tasks.generated.numbers import around

Language = Literal["ko", "en"]

DAYS = {
    "ko": ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
ORDINALS = {"ko": ("첫째", "둘째", "셋째", "넷째"), "en": ("first", "second", "third", "fourth")}


def calendar(draw: Draw, level: int, *, language: Language) -> Candidate:
    """The day of the week some days later, of a date of the same year, of another year; the n-th weekday of a month."""
    start = date(draw.between(1980, 2060), 1, 1) + timedelta(draw.below(365))
    if level == 4:
        return _nth(draw, start.replace(day=1), language)
    if level == 1:
        away = draw.between(8, 400)
        return _weekday(draw, _days_later(start, away, language), start + timedelta(away), language)
    end = start
    while end == start or (level == 2) != (end.year == start.year):
        first = date(start.year if level == 2 else start.year + draw.between(1, 9), 1, 1)
        end = first + timedelta(draw.below(365))
    return _weekday(draw, _other_date(start, end, language), end, language)


def _days_later(start: date, away: int, language: Language) -> str:
    given = _given(start, language)
    if language == "ko":
        return f"{given} 이날부터 {away}일 뒤는 무슨 요일입니까?"
    return f"{given} What day of the week is it {away} days later?"


def _other_date(start: date, end: date, language: Language) -> str:
    given = _given(start, language)
    if language == "ko":
        return f"{given} {_shown(end, 'ko')}은 무슨 요일입니까?"
    return f"{given} What day of the week is {_shown(end, 'en')}?"


def _weekday(draw: Draw, question: str, day: date, language: Language) -> Candidate:
    names = DAYS[language]
    right = names[day.weekday()]
    return Candidate(question, right, tuple(draw.sample([name for name in names if name != right], 3)))


def _nth(draw: Draw, first: date, language: Language) -> Candidate:
    weekday, turn = draw.below(7), draw.below(4)
    right = 1 + (weekday - first.weekday()) % 7 + 7 * turn
    wrong = around(draw, right, (right - 7, right + 7, right - 1, right + 1), least=1, most=28)
    name, ordinal = DAYS[language][weekday], ORDINALS[language][turn]
    if language == "ko":
        question = f"{_given(first, 'ko')} {first.year}년 {first.month}월의 {ordinal} {name}은 며칠입니까?"
        return Candidate(question, f"{right}일", tuple(f"{day}일" for day in wrong))
    month = f"{MONTHS[first.month - 1]} {first.year}"
    question = f"{_given(first, 'en')} On which day of the month is the {ordinal} {name} of {month}?"
    return Candidate(question, f"{right}", tuple(f"{day}" for day in wrong))


def _given(day: date, language: Language) -> str:
    name = DAYS[language][day.weekday()]
    return f"{_shown(day, 'ko')}은 {name}입니다." if language == "ko" else f"{_shown(day, 'en')} is a {name}."


def _shown(day: date, language: Language) -> str:
    if language == "ko":
        return f"{day.year}년 {day.month}월 {day.day}일"
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


COUNTED_AGE = "세는나이(태어난 해에 한 살, 새해 첫날마다 한 살을 더하는 나이)"
FULL_AGE = "만 나이(태어날 때 영 살, 생일이 될 때마다 한 살을 더하는 나이)"
DIGITS = "숫자로만 답하십시오."


def age(draw: Draw, level: int) -> Candidate:
    """세는나이 and 만 나이, forwards and backwards."""
    name, born = draw.choice(NAMES), _day(draw, 1940, 2015)
    day = _day(draw, born.year + 6, born.year + 80)
    was = f"{topic(name)} {_shown(born, 'ko')}에 태어났습니다."
    when = f"{_shown(day, 'ko')}"
    if level == 1:
        return Candidate(f"{was} {when} 현재 {COUNTED_AGE}로 몇 살입니까? {DIGITS}", f"{day.year - born.year + 1}")
    if level == 2:
        return Candidate(f"{was} {when} 현재 {FULL_AGE}로 몇 살입니까? {DIGITS}", f"{full_age(born, day)}")
    return _birth_year(name, born, day) if level == 3 else _together(draw, name, born, day)


def _birth_year(name: str, born: date, day: date) -> Candidate:
    birthday = f"{name}의 생일은 {born.month}월 {born.day}일이고"
    story = f"{birthday}, {_shown(day, 'ko')} 현재 {FULL_AGE}로 {full_age(born, day)}살입니다."
    return Candidate(f"{story} {topic(name)} 몇 년에 태어났습니까? {DIGITS}", f"{born.year}")


def _together(draw: Draw, name: str, born: date, day: date) -> Candidate:
    other = draw.choice([one for one in NAMES if one != name])
    second = _day(draw, max(1940, born.year - 20), min(born.year + 20, day.year - 1))
    story = (
        f"{topic(name)} {_shown(born, 'ko')}에, {topic(other)} {_shown(second, 'ko')}에 태어났습니다. "
        f"{_shown(day, 'ko')} 현재 {name}의 {COUNTED_AGE}와 {other}의 {FULL_AGE}를 더하면 얼마입니까?"
    )
    return Candidate(f"{story} {DIGITS}", f"{day.year - born.year + 1 + full_age(second, day)}")


def full_age(born: date, day: date) -> int:
    """Birthdays up to and with the day. (Nobody here is born on February 29.)"""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _day(draw: Draw, first: int, last: int) -> date:
    day = date(draw.between(first, last), 1, 1) + timedelta(draw.below(365))
    return day.replace(day=28) if (day.month, day.day) == (2, 29) else day


FAMILIES = (
    Family("calendar_ko", (partial(calendar, language="ko"),)),
    Family("calendar_en", (partial(calendar, language="en"),)),
    Family("age_ko", (age,)),
)
