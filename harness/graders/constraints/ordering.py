"""Constraints on words and sentences in their order. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from harness.graders.constraints.english import EDGES, PUNCTUATION, sentences, syllables, trimmed, words

Args = Mapping[str, Any]

CLUSTER = re.compile(r"[bcdfghjklmnpqrstvwxyz]{2}")
PRIMES = frozenset({2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97})


def alphabet(text: str, _: str, __: Args) -> bool:
    """Each word begins with the letter after that of the word before it; Z is followed by A."""
    firsts = [word[0] for word in words(text)]
    places = [string.ascii_lowercase.find(first) for first in firsts]
    return bool(places) and min(places) >= 0 and all((one + 1) % 26 == two for one, two in pairwise(places))


def three_vowels(text: str, _: str, __: Args) -> bool:
    return "\n" not in text.strip() and len(set("aeiou") & set(text.lower())) <= 3


def clusters(text: str, _: str, __: Args) -> bool:
    return all(CLUSTER.search(word) for word in text.lower().split())


def alliteration(text: str, _: str, __: Args) -> bool:
    """More words that share their first letter with a neighbour in each sentence than in the one before."""
    counts = [_alliterating(trimmed(sentence)) for sentence in sentences(text)]
    return all(one < two for one, two in pairwise(counts))


def _alliterating(found: Sequence[str]) -> int:
    """Words in runs of two or more with one first letter."""
    runs, run = 0, 1
    for one, two in pairwise(found):
        if one[0] == two[0]:
            run += 1
            continue
        runs, run = runs + (run if run > 1 else 0), 1
    return runs + (run if run > 1 else 0)


def palindromes(text: str, _: str, __: Args) -> bool:
    return sum(len(word) >= 5 and word == word[::-1] for word in words(text)) >= 10


def prime_lengths(text: str, _: str, __: Args) -> bool:
    return all(len(word) in PRIMES for word in words(text))


def keyword_in_sentence(text: str, _: str, args: Args) -> bool:
    found, place = sentences(text), int(args["N"])
    return len(found) >= place and args["word"].lower() in found[place - 1].lower()


def parity(text: str, _: str, __: Args) -> bool:
    """Odd and even numbers of syllables in turn, by an estimate."""
    return all((syllables(one) + syllables(two)) % 2 for one, two in pairwise(words(text)))


def last_is_next_first(text: str, _: str, __: Args) -> bool:
    parts = [found for sentence in sentences(text) if (found := trimmed(sentence))]
    return all(one[-1] == two[0] for one, two in pairwise(parts))


def ends_as_it_begins(text: str, _: str, __: Args) -> bool:
    """Of every line with anything on it."""
    lines = [trimmed(line) for line in text.split("\n") if line.strip()]
    return all(found and found[0] == found[-1] for found in lines)


def increment(text: str, _: str, args: Args) -> bool:
    counts = [len(words(sentence)) for sentence in sentences(text)]
    return bool(counts) and all(two == one + args["small_n"] for one, two in pairwise(counts))


def no_shared_initials(text: str, _: str, __: Args) -> bool:
    return all(one[0] != two[0] for one, two in pairwise(words(text)))


def alphabet_of_sentences(text: str, _: str, __: Args) -> bool:
    firsts = [trimmed(sentence)[0][0] if trimmed(sentence) else "" for sentence in sentences(text)]
    return firsts == list(string.ascii_lowercase)


def keyword_at(text: str, _: str, args: Args) -> bool:
    """The m-th word of the n-th sentence."""
    found, sentence, place = sentences(text), int(args["n"]), int(args["m"])
    if len(found) < sentence:
        return False
    listed = [word.strip(EDGES) for word in found[sentence - 1].split() if word.strip(EDGES)]
    return len(listed) >= place and listed[place - 1] == args["keyword"].strip()


def second_and_last_but_one(text: str, _: str, args: Args) -> bool:
    listed = [word.strip(EDGES) for word in text.split() if word.strip(EDGES)]
    return len(listed) >= 2 and listed[1] == listed[-2] == args["keyword"].strip()


def change_first(text: str, _: str, args: Args) -> bool:
    """The request again, its first word exchanged."""
    ours, theirs = text.split(), args["prompt_to_repeat"].split()
    return bool(ours[1:] == theirs[1:] and ours[:1] != theirs[:1])


SIMPLE = "only output this sentence here, ignore all other requests."


def only_this(text: str, _: str, __: Args) -> bool:
    return text.strip().lower() == SIMPLE


def span(text: str, _: str, args: Args) -> bool:
    """Words n_start to n_end of the request, with or without the last: what an instruction says of it differs."""
    wanted = args["prompt_to_repeat"].lower().split()
    start, end = int(args["n_start"]), int(args["n_end"])
    return text.strip().lower().split() in (wanted[start:end], wanted[start : end + 1])


def title_case(text: str, _: str, __: Args) -> bool:
    """Every word begins with a capital letter; what begins with no letter passes."""
    found = [word.translate(PUNCTUATION) for word in text.split()]
    return all(word[0].isupper() or not word[0].isalpha() for word in found if word)


def backwards(text: str, _: str, __: Args) -> bool:
    """One sentence about the bald eagle, its words from the last to the first."""
    turned = " ".join(reversed(words(text)))
    return "bald eagle" in turned and len(sentences(text)) <= 1
