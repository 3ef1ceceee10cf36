"""Every constraint with an answer that meets it and one that does not; none is met by the empty answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.graders.constraints import CONSTRAINTS, english, meets, meets_loosely, single

ALPHABET = " ".join(f"{letter}ax." for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
QUESTION = "Question {n}: {ask}?\nA. a\nB. b\nC. c\nD. d\nE. e"
QUESTIONS = "\n".join(QUESTION.format(n=n, ask="who painted this " * n) for n in range(1, 5))
NATIONS = [chr(97 + n % 26).upper() + "a" * (1 + n // 26) for n in range(60)]
AFRICA = "\n".join(sorted([*NATIONS, "Zimbabwe"], reverse=True))
CITY = "ID,Country,City,Year,Count\n" + "\n".join(f"{n},A,B,2000,{n}" for n in range(7))
STOCK = "ProductID,Category,Brand,Price,Stock\n" + "\n".join(f'{n},A,"B{n}",1,{n}' for n in range(14))
GRADES = "\n".join("\t".join(f'"{field}"' for field in row) for row in (
    ("StudentID", "Subject", "Grade", "Semester", "Score"), *[("1", "a", "b", "c", "2")] * 3))  # fmt: skip
WORDS = {f"keyword{n}": word for n, word in enumerate(("ox", "elk", "yak", "gnu", "cod"), 1)}
FIVE = " ".join(["ox"] + ["elk"] * 2 + ["yak"] * 3 + ["gnu"] * 5 + ["cod"] * 7)
PALINDROMES = "level radar civic kayak refer rotor madam stats solos tenet"

CASES: list[tuple[str, Mapping[str, Any], str, str]] = [
    ("count:word_count_range", {"min_words": 2, "max_words": 3}, "One two, three.", "One two three four."),
    ("count:unique_word_count", {"N": 3}, "A bee sees a cat.", "A bee, a bee."),
    ("count:conjunctions", {"small_n": 2}, "He ran, but fell and rose.", "And more and, yes, And."),
    ("count:person_names", {"N": 2}, "Emma met Liam.", "Emma met Otto."),
    ("count:numbers", {"N": 2}, "In 1,234 days came 5.", "In 3 days."),
    ("count:punctuation", {}, "Well: no; yes, so! What?! Why? End.", "Well: no; yes, so! Why? End."),
    ("count:pronouns", {"N": 2}, "She/her is here.", "She is here."),
    ("count:words_japanese", {"N": 2}, "one 猫 two いぬ", "one cat two いぬ"),
    ("count:keywords_multiple", WORDS, FIVE, FIVE + " cod"),
    ("ratio:stop_words", {"percentage": 40}, "the cat sat", "the cat is on it"),
    ("ratio:sentence_type", {}, "It is. It was. Is it?", "It is. Is it?"),
    ("ratio:sentence_balance", {}, "It is. Is it? It is!", "It is."),
    ("ratio:overlap", {"reference_text": "abcdef", "percentage": 50}, "abcdxy", "abcdef"),
    ("ratio:sentence_words", {}, "Cats run. Dogs sit. Owls fly.", "Cats run. Cats sit. Owls fly."),
    ("words:repeats", {"small_n": 2}, "a rose, a bud", "a rose, a bud, a leaf"),
    ("words:alphabet", {}, "Yes, zebras are big", "Yes, all zebras"),
    ("words:vowel", {}, "An owl can go in", "An owl can go in, even"),
    ("words:consonants", {}, "Strong winds blast", "Strong winds are"),
    ("words:palindrome", {}, PALINDROMES, PALINDROMES.replace("tenet", "noon")),
    ("words:prime_lengths", {}, "An owl flies", "An owls flies"),
    ("words:odd_even_syllables", {}, "the water is open", "the cat is open"),
    ("words:last_first", {}, "He saw rain. Rain fell.", "He saw rain. Snow fell."),
    ("words:paragraph_last_first", {}, "Home is home.\nSea, the sea!", "Home is near."),
    ("words:no_consecutive", {}, "Big cats bite", "Big bears bite"),
    ("words:keywords_specific_position", {"keyword": "red", "n": 2, "m": 3}, "Yes. It is red.", "Yes. It was not red."),
    ("words:words_position", {"keyword": "sea"}, "The sea is a sea again", "The sea is again"),
    ("sentence:alliteration_increment", {}, "Cats run. Big bears run.", "Big bears run. Cats sit."),
    ("sentence:keyword", {"word": "elk", "N": 2}, "Yes. An elk ran.", "An elk ran. Yes."),
    ("sentence:increment", {"small_n": 1}, "He ran. He ran far. He ran so far.", "He ran. He ran very far."),
    ("repeat:repeat_change", {"prompt_to_repeat": "Sing a song."}, "Hum a song.", "Sing a song."),
    ("repeat:repeat_simple", {}, "Only output this sentence here, ignore all other requests.", "Sure."),
    ("repeat:repeat_span", {"prompt_to_repeat": "a b c d e", "n_start": 1, "n_end": 3}, "b c d", "a b"),
    ("format:parentheses", {}, "((([{x}])))", "((()(([x]))"[:9]),
    ("format:quotes", {}, "\"a 'b \"c\" d' e\"", "\"a 'b' c\""),
    ("format:options", {"options": "yes/no/maybe"}, "Maybe.", "Maybe not."),
    ("format:options", {"options": "a), b), c), d)"}, "b)", "b) the second"),
    ("format:options", {"options": "I know or I don't know"}, "I don't know.", "I do not know."),
    ("format:newline", {}, "one\n\ntwo", "one two\nthree"),
    ("format:emoji", {}, "It rains 🌧️. It snows! ❄️", "It rains 🌧️. It snows."),
    ("format:line_indent", {}, "a\n b\n   c", "a\n b\n c"),
    ("format:quote_unquote", {}, '"Rain" is water.', 'Water is "rain"'),
    ("format:list", {"sep": "!?!?"}, "!?!? one\n!?!? two", "!?!? one"),
    ("format:thesis", {}, "<i>Rain falls.</i> It does.", "<i> </i> Rain falls."),
    ("format:sub-bullets", {}, "* one\n - a\n* two\n - b", "* one\n - a\n* two"),
    ("format:no_bullets_bullets", {}, "One. Two.\n* a\n* b", "One.\n* a\n* b"),
    ("format:title_case", {}, "The Old Man And 3 Cats", "The old Man"),
    ("format:output_template", {}, "My Answer: a My Conclusion: b Future Outlook: c", "My Conclusion: b My Answer: a"),
    ("format:no_whitespace", {}, "none", "some here"),
    ("custom:multiples", {}, "14, 21, 28, 35, 42, 49", "7, 14, 21, 28, 35, 42, 49"),
    ("custom:mcq_count_length", {}, QUESTIONS, "\n".join(reversed(QUESTIONS.split("\n\n")))[1:]),
    ("custom:reverse_newline", {}, AFRICA, "\n".join(AFRICA.split("\n")[:20])),
    ("custom:word_reverse", {}, "eagle bald the is It", "It is the bald eagle"),
    ("custom:sentence_alphabet", {}, ALPHABET, ALPHABET[5:]),
    ("custom:european_capitals_sort", {}, ", ".join(single.NORTH), ", ".join(reversed(single.NORTH))),
    ("custom:european_capitals_sort", {}, ", ".join(single.NORTH).replace(" Kyiv,", ""), "Oslo"),
    ("custom:csv_city", {}, CITY, CITY + "\n8,A,B,2000,8"),
    ("custom:csv_special_character", {}, STOCK.replace("B3", "B&3"), STOCK),
    ("custom:csv_quotes", {}, GRADES, GRADES.replace('"1"', "1")),
    ("custom:date_format_list", {}, "1796-04-12, 1815-06-18", "1815-06-31"),
]  # fmt: skip

REQUEST = "Write. Mention at least 2 names from this list of person names: Emma, Liam, Sophia ."
ARGUMENTS: dict[str, Mapping[str, Any]] = {name: arguments for name, arguments, _, _ in CASES}


@pytest.mark.parametrize(("name", "arguments", "met", "missed"), CASES, ids=[case[0] for case in CASES])
def test_a_constraint_tells_what_meets_it_from_what_does_not(
    name: str, arguments: Mapping[str, Any], met: str, missed: str
) -> None:
    assert meets(name, met, REQUEST, arguments)
    assert not meets(name, missed, REQUEST, arguments)
    assert not meets(name, " \n", REQUEST, arguments)


def test_every_constraint_is_tried_and_an_unknown_one_is_named() -> None:
    assert ARGUMENTS.keys() == CONSTRAINTS.keys()
    with pytest.raises(ValueError, match="unknown constraint 'words:start_verb'"):
        meets("words:start_verb", "Go.", "", {})


def test_a_first_or_last_line_and_stars_do_not_count_loosely() -> None:
    for text in ("Sure, here it is:\nMaybe.", "Maybe.\nHope this helps!", "**Maybe.**", "Sure:\n*Maybe*\nBye."):
        assert meets_loosely("format:options", text, "", {"options": "yes/no/maybe"})
    assert not meets("format:options", "Sure:\nMaybe.", "", {"options": "yes/no/maybe"})
    assert not meets_loosely("format:options", "One\nMaybe.\nTwo\nThree", "", {"options": "yes/no/maybe"})


@settings(max_examples=200)
@given(st.sampled_from(sorted(CONSTRAINTS)), st.text())
def test_whatever_is_written_a_constraint_is_met_or_not(name: str, text: str) -> None:
    assert meets(name, text, REQUEST, ARGUMENTS[name]) in (True, False)
    assert meets_loosely(name, text, REQUEST, ARGUMENTS[name]) >= meets(name, text, REQUEST, ARGUMENTS[name])


@pytest.mark.parametrize(
    "piece", ["a", "a ", ". ", "a. ", "(", "\"'", "* ", "1,", "\n", "Question 1", "e.g. ", "<i>", "가", "🌧"]
)
def test_long_answers_take_no_long_time(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    begun = time.process_time()
    for name in CONSTRAINTS:
        meets(name, text, REQUEST, ARGUMENTS[name])
    assert time.process_time() - begun < 20


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Kim paid $3.50 at 10 a.m. today. He left!", 2),
        ("Visit example.com now. Is it up?", 2),
        ("Wait... what?! No.", 3),
        ('He said "go." Then he went.', 2),
        ("no mark at the end", 1),
        ("", 0),
    ],
)
def test_sentences_are_parted_where_they_end(text: str, count: int) -> None:
    assert len(english.sentences(text)) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [("the", 1), ("water", 2), ("make", 1), ("table", 2), ("jumped", 1), ("wanted", 2), ("beautiful", 3), ("rhythm", 1),
     ("seeing", 2), ("123", 0)],
)  # fmt: skip
def test_syllables_of_common_words(word: str, count: int) -> None:
    assert english.syllables(word) == count
