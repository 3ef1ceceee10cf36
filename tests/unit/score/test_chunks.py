from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Rust

from harness.score import Tokenizer
from harness.score.chunks import AWKWARD, BREAK, WORD, Chunks

pieces = st.sampled_from(
    [
        "\n",
        "\n\n",
        " ",
        "  ",
        "\t",
        "\r\n",
        "A",
        "Answer:",
        "가나",
        "뷁",
        "1",
        ".",
        "'",
        "'s",
        "<|im_end|>",
        "é",
        "u\u0301",
        " word",
        "A sentence of several words, long enough to be cut: ",
        " 긴 문장을 여러 번 이어 붙인 다음에도 같은 토큰이 나와야 한다.",
    ]
)

GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
JOINING = r"\s?\p{L}+|\p{N}|[^\s\p{L}\p{N}]+|\s+"
"""A line break belongs to the word behind it."""


@pytest.fixture
def rust(tokenizer: Tokenizer) -> Rust:
    return Rust.from_str(tokenizer._backend._tokenizer.to_str())


def cutting(rust: Rust, pattern: str) -> Rust:
    rust.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    return rust


@pytest.mark.parametrize("pattern", [None, GPT2, LLAMA3])
@settings(max_examples=60, deadline=None)
@given(st.lists(pieces, max_size=24).map("".join))
def test_lines_are_tokenised_as_the_whole_is(tokenizer: Tokenizer, pattern: str | None, text: str):
    rust = Rust.from_str(tokenizer._backend._tokenizer.to_str())
    chunks = Chunks(rust if pattern is None else cutting(rust, pattern))

    assert chunks.usable
    for special in (False, True):
        assert chunks.encode([text, AWKWARD + text], special) == chunks._whole([text, AWKWARD + text], special)


def test_a_long_text_without_spaces_is_read_once(rust: Rust):
    """Its time grew with the square of its length: a quarter of an hour for this one."""
    text = "字" * 400_000

    assert Chunks(rust).encode([text], False) == [rust.encode(text, add_special_tokens=False).ids]


def test_awkward_text_has_breaks_and_words():
    assert len(BREAK.findall(AWKWARD)) > 10
    assert len(WORD.findall(AWKWARD)) > 15


def test_a_tokenizer_that_joins_a_break_and_a_word_is_given_whole_texts(rust: Rust):
    chunks = Chunks(cutting(rust, JOINING))

    assert not chunks.usable
    assert chunks.encode(["one.\ntwo"], False) == [rust.encode("one.\ntwo", add_special_tokens=False).ids]


def test_a_tokenizer_that_changes_texts_as_a_whole_is_given_whole_texts(rust: Rust):
    rust.normalizer = normalizers.Prepend("_")

    assert not Chunks(rust).usable


def test_a_tokenizer_whose_tokens_hold_line_breaks_is_given_whole_texts(rust: Rust):
    rust.add_special_tokens([AddedToken("<a>\nb")])

    assert not Chunks(rust).usable


def test_real_texts_that_come_out_otherwise_end_it(rust: Rust, monkeypatch: pytest.MonkeyPatch):
    chunks = Chunks(rust)
    monkeypatch.setattr(chunks, "_in_chunks", lambda texts, _: [[0] for _ in texts])

    assert chunks.encode(["one.\ntwo"], False) == [rust.encode("one.\ntwo", add_special_tokens=False).ids]
    assert not chunks.usable


@pytest.mark.parametrize(
    "token", [AddedToken("<end of text>"), AddedToken("<mask>", rstrip=True), AddedToken("User: ")]
)
def test_a_tokenizer_whose_tokens_reach_over_a_space_is_given_whole_texts(rust: Rust, token: AddedToken):
    rust.add_special_tokens([token])

    assert not Chunks(rust).usable


def test_the_choices_of_a_question_share_its_context(rust: Rust, monkeypatch: pytest.MonkeyPatch):
    chunks, context = Chunks(rust), "What did the teacher measure between the bridge and the harbour? " * 4 + "Answer:"
    encoded: list[str] = []
    whole = chunks._whole
    monkeypatch.setattr(chunks, "_whole", lambda texts, special: encoded.extend(texts) or whole(texts, special))

    chunks._to_try = 0
    chunks.encode([context, f"{context} by foot", f"{context} by boat"], False)

    assert sum(map(len, encoded)) < 2 * len(context)
