"""Constraints on English texts that can be held against them without a judge, by the names of IFBench. Pure.

Names and arguments are those of IFBench (Pyatkin et al. 2025, arXiv 2507.02833); what each demands is decided here by
what its instruction says, so scores do not stand beside those of IFBench's own program (docs/data.md says how often the
two differ). `words:start_verb` is not among them: it needs a tagger of English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.graders.constraints import counting, layout, ordering, single

Constraint = Callable[[str, str, Mapping[str, Any]], bool]
"""Of a response, the request that it answers and the constraint's arguments."""

CONSTRAINTS: Mapping[str, Constraint] = {
    "count:word_count_range": counting.word_range,
    "count:unique_word_count": counting.unique_words,
    "count:conjunctions": counting.conjunctions,
    "count:person_names": counting.names,
    "count:numbers": counting.numbers,
    "count:punctuation": counting.punctuation,
    "count:pronouns": counting.pronouns,
    "count:words_japanese": counting.japanese,
    "count:keywords_multiple": counting.keywords,
    "ratio:stop_words": counting.stop_words,
    "ratio:sentence_type": counting.two_to_one,
    "ratio:sentence_balance": counting.balanced,
    "ratio:overlap": counting.overlap,
    "ratio:sentence_words": layout.equal_lengths,
    "words:repeats": counting.repeats,
    "words:alphabet": ordering.alphabet,
    "words:vowel": ordering.three_vowels,
    "words:consonants": ordering.clusters,
    "words:palindrome": ordering.palindromes,
    "words:prime_lengths": ordering.prime_lengths,
    "words:odd_even_syllables": ordering.parity,
    "words:last_first": ordering.last_is_next_first,
    "words:paragraph_last_first": ordering.ends_as_it_begins,
    "words:no_consecutive": ordering.no_shared_initials,
    "words:keywords_specific_position": ordering.keyword_at,
    "words:words_position": ordering.second_and_last_but_one,
    "sentence:alliteration_increment": ordering.alliteration,
    "sentence:keyword": ordering.keyword_in_sentence,
    "sentence:increment": ordering.increment,
    "repeat:repeat_change": ordering.change_first,
    "repeat:repeat_simple": ordering.only_this,
    "repeat:repeat_span": ordering.span,
    "format:parentheses": layout.parentheses,
    "format:quotes": layout.quotes,
    "format:options": layout.options,
    "format:newline": layout.word_a_line,
    "format:emoji": layout.emoji,
    "format:line_indent": layout.stairs,
    "format:quote_unquote": layout.explained,
    "format:list": layout.marked_list,
    "format:thesis": layout.thesis,
    "format:sub-bullets": layout.sub_bullets,
    "format:no_bullets_bullets": layout.sentences_then_bullets,
    "format:title_case": ordering.title_case,
    "format:output_template": layout.template,
    "format:no_whitespace": layout.no_whitespace,
    "custom:multiples": single.multiples,
    "custom:mcq_count_length": single.questions,
    "custom:reverse_newline": single.countries,
    "custom:word_reverse": ordering.backwards,
    "custom:sentence_alphabet": ordering.alphabet_of_sentences,
    "custom:european_capitals_sort": single.capitals,
    "custom:csv_city": single.cities,
    "custom:csv_special_character": single.special_character,
    "custom:csv_quotes": single.quoted_fields,
    "custom:date_format_list": single.dates,
}


def meets(name: str, response: str, request: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a response meets a constraint. An empty one meets none. ValueError for one that is not in CONSTRAINTS."""
    if name not in CONSTRAINTS:
        raise ValueError(f"unknown constraint {name!r}; known: {', '.join(sorted(CONSTRAINTS))}")
    return bool(response.strip()) and CONSTRAINTS[name](response, request, arguments)


def meets_loosely(name: str, response: str, request: str, arguments: Mapping[str, Any]) -> bool:
    """Whether it does with or without its first and its last line, and with or without stars."""
    lines = response.split("\n")
    cut = (lines, lines[1:], lines[:-1], lines[1:-1])
    texts = ["\n".join(some) if some is lines else "\n".join(some).strip() for some in cut]
    return any(meets(name, each, request, arguments) for text in texts for each in (text, text.replace("*", "")))
