"""Tokenizers trained apart, taken over, cut down and renumbered."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Library
from tokenizers import decoders, models, pre_tokenizers, trainers

from harness.audit.tokenizer import Tokenizer, compare, conclude, near_identical, parse, read

SYLLABLES = [
    "ka",
    "no",
    "mi",
    "ra",
    "so",
    "te",
    "lu",
    "be",
    "chi",
    "dor",
    "an",
    "el",
    "tra",
    "pi",
    "gu",
    "sen",
    "or",
    "va",
    "모",
    "델",
    "을",
    "평",
    "가",
    "하",
    "다",
    "는",
]


def words(seed: int, count: int = 3000) -> list[str]:
    """A language of its own words: the same for every draw, other texts from each seed."""
    language = random.Random(0)
    vocabulary = ["".join(language.choices(SYLLABLES, k=language.randint(1, 4))) for _ in range(count)]
    rng = random.Random(seed)
    weights = [1 / (rank + 3) for rank in range(count)]
    return [" ".join(rng.choices(vocabulary, weights, k=12)) for _ in range(1500)]


def trained(seed: int, size: int = 1200) -> Tokenizer:
    tokenizer = Library(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, special_tokens=[f"<{seed}>"])
    tokenizer.train_from_iterator(words(seed), trainer)
    found = parse(json.loads(tokenizer.to_str()))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def family() -> list[Tokenizer]:
    """Trained apart on like corpora: one language, other texts."""
    return [trained(seed) for seed in range(1, 6)]


def test_tokenizers_trained_apart_on_like_corpora_are_not_referred(family):
    found = [compare(one, two) for place, one in enumerate(family) for two in family[:place]]
    assert max(one.jaccard for one in found) > 0.5, "the null would be too easy"
    assert not any(near_identical(one) for one in found)


def test_another_size_of_the_same_training_is_taken_over(family):
    """Training on the same text goes through the same merges: cut down or extended."""
    found = compare(trained(1, 900), family[0])
    assert near_identical(found)
    assert found.merge_prefix >= 500


def test_the_same_tokenizer_is_referred_and_never_convicts(family):
    found = conclude(compare(family[0], family[0]), "other")
    assert (found.strength, found.value, found.p_value) == ("refer", 1.0, None)
    assert "identical to that of other" in found.statement
    assert "says nothing of the weights" in found.statement


def test_renumbering_the_tokens_hides_nothing(family):
    one = family[0]
    turned = {token: len(one.vocabulary) - 1 - number for token, number in one.vocabulary.items()}
    found = compare(Tokenizer(turned, one.merges, "BPE"), one)
    assert found.same_id_share < 0.01
    assert near_identical(found)


def test_the_published_dispute_is_not_referred():
    """196,608 and 151,329 entries, 80,339 shared, none of the first 1,000 merges: Jaccard 0.300."""
    ours = {f"s{n}": n for n in range(80_339)} | {f"a{n}": n + 80_339 for n in range(196_608 - 80_339)}
    theirs = {f"s{n}": n + 7 for n in range(80_339)} | {f"b{n}": n + 80_400 for n in range(151_329 - 80_339)}
    merges = [tuple(f"{side} {n}" for n in range(1000)) for side in "ab"]
    found = compare(Tokenizer(ours, merges[0], "BPE"), Tokenizer(theirs, merges[1], "BPE"))
    assert found.jaccard == pytest.approx(0.300, abs=5e-4)
    assert (found.shared, found.first_merges, found.merge_prefix) == (80_339, 0, 0)
    assert conclude(found, "other").strength == "no_evidence"


@given(st.permutations(range(150)))
def test_merge_order_is_one_only_for_the_same_order(order):
    rules = tuple(f"a{n} b{n}" for n in range(150))
    turned = Tokenizer({"a": 0}, tuple(rules[n] for n in order), "BPE")
    found = compare(Tokenizer({"a": 0}, rules, "BPE"), turned)
    assert found.merge_order is not None
    assert (found.merge_order == pytest.approx(1.0)) == (list(order) == sorted(order))
    assert found.merges == (150, 150)


@given(
    st.dictionaries(st.text(max_size=5), st.integers(0, 99), min_size=1, max_size=30),
    st.dictionaries(st.text(max_size=5), st.integers(0, 99), min_size=1, max_size=30),
)
def test_likeness_does_not_depend_on_the_side(first, second):
    one, two = (Tokenizer(vocabulary, (), "Unigram") for vocabulary in (first, second))
    there, back = compare(one, two), compare(two, one)
    assert (there.jaccard, there.same_id, there.shared) == (back.jaccard, back.same_id, back.shared)
    assert 0 <= there.jaccard <= 1
    assert compare(one, one).jaccard == 1


def test_both_ways_of_writing_merges_and_unigram_vocabularies_are_read():
    old = parse(
        {
            "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]},
            "added_tokens": [{"content": "<s>", "id": 2}],
        }
    )
    new = parse({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": [["a", "b"]]}})
    unigram = parse({"model": {"type": "Unigram", "vocab": [["a", -1.0], ["b", -2.0]]}})
    assert old is not None
    assert new is not None
    assert unigram is not None
    assert old.merges == new.merges
    assert old.vocabulary == {"a": 0, "b": 1, "<s>": 2}
    assert unigram.vocabulary == {"a": 0, "b": 1}


@pytest.mark.parametrize("content", ["", "[]", "{", '{"model": 3}', '{"model": {"vocab": 3}}', "[" * 100_000])
def test_a_broken_file_is_no_tokenizer(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content)
    assert read(tmp_path) is None
