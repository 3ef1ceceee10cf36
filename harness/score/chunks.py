"""Fast tokenising of prompts that share most of their text, exactly as the whole texts would be.

Byte-level tokenizers cut a text into words before they merge anything. A word does not reach over a lone line break
into a letter behind it, and a lone space belongs to the letter behind it. So a text may be taken apart there, and what
a thousand prompts or the choices of one question share is tokenised once. (Of several breaks the last one does not do:
most tokenizers look at what follows white space before they cut it.) Whether a tokenizer cuts so is tried on awkward
text, and on the first real texts against the whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

BREAK = re.compile(r"(?<=\S)\n(?=[^\W\d_])")
"""A lone line break before a letter."""
WORD = re.compile(r"(?<=[\w.,:;?!)])(?= [^\W\d_])")
"""A lone space before a letter."""
STRETCH = 96
"""Characters that are worth a look-up."""
AWKWARD = (
    "end\nStart. \n Two\n\nThree!\nfour?\n\n\nfive'\ns 6\nseven 8 \nnine\t\nten\r\nEleven\r\n\r\ntwelve-\nA/\nB:\n다"
    "음.\n가나 다\n\n라) 마…\n한字\nЖé\nÀ\u0301\n\u200bx\n<|a|>\nuser\nit's\nI'LL\n123\nabc\n  indented\nend\n"
    "can't stop, it's 'quoted' words: (a b) c? d! e; f. G 1 h 23 가 나. é À\u0301 x_ y  two  spaces 字 Ж I'LL go\tthere"
)
PLAIN_NORMALIZERS = ("NFC", "NFKC")
TEXTS_TRIED = 64


class Chunks:
    """One tokenizer of the `tokenizers` library. Not `usable` where texts cannot be taken apart."""

    def __init__(self, rust: Any) -> None:
        self._rust = rust
        self._front: tuple[int, ...] = ()
        """What comes before a text that is encoded with special tokens."""
        self.usable = hasattr(rust, "encode_batch_fast") and self._cuts_between_words() and self._adds_in_front_alone()
        self._to_try = TEXTS_TRIED

    def encode(self, texts: Sequence[str], special: bool) -> list[Sequence[int]]:
        """Token ids of each text, with special tokens or without."""
        self._rust.no_truncation()  # whatever its file or an earlier user has set
        self._rust.no_padding()
        if self.usable and self._to_try > 0:
            self._try(texts[: self._to_try])
        return self._in_chunks(texts, special) if self.usable else self._whole(texts, special)

    def _try(self, texts: Sequence[str]) -> None:
        self._to_try -= len(texts)
        self.usable = self._in_chunks(texts, True) == self._whole(texts, True)

    def _whole(self, texts: Sequence[str], special: bool) -> list[Sequence[int]]:
        return [encoding.ids for encoding in self._rust.encode_batch_fast(texts, add_special_tokens=special)]

    def _in_chunks(self, texts: Sequence[str], special: bool) -> list[Sequence[int]]:
        apart = [_apart(text) for text in texts]
        distinct = list(dict.fromkeys(chain.from_iterable(apart)))
        ids = dict(zip(distinct, self._whole(distinct, False), strict=True))
        front = self._front if special else ()
        return [list(chain(front, *(ids[chunk] for chunk in chunks))) for chunks in apart]

    def _cuts_between_words(self) -> bool:
        """Whether words end at every cut of awkward text, and nothing works on more than a word at a time."""
        config = json.loads(self._rust.to_str())
        model, cutter = config["model"], self._rust.pre_tokenizer
        if model.get("type") != "BPE" or model.get("dropout") or cutter is None:
            return False
        if any(kind not in PLAIN_NORMALIZERS for kind in _kinds(config["normalizer"])):
            return False
        if any(map(_reaches_over_a_cut, config["added_tokens"])):
            return False
        starts = {start for _, (start, _) in cutter.pre_tokenize_str(AWKWARD)}
        cut = starts.issuperset(each.end() for cuts in (BREAK, WORD) for each in cuts.finditer(AWKWARD))
        return cut and self._in_chunks([AWKWARD], False) == self._whole([AWKWARD], False)

    def _adds_in_front_alone(self) -> bool:
        plain, whole = (self._rust.encode("a", add_special_tokens=special).ids for special in (False, True))
        self._front = tuple(whole[: len(whole) - len(plain)])
        return bool([*self._front, *plain] == whole)


def _apart(text: str) -> list[str]:
    """The text in lines, and long lines in stretches of some words."""
    lines = _cut(text, [each.end() for each in BREAK.finditer(text)])
    return [stretch for line in lines for stretch in _cut(line, _ends_of_stretches(line))]


def _ends_of_stretches(line: str) -> list[int]:
    """Counted from the line's beginning, so that lines that begin alike are cut alike."""
    ends = [0]
    while space := WORD.search(line, ends[-1] + STRETCH):
        ends.append(space.end())
    return ends[1:]


def _cut(text: str, ends: Sequence[int]) -> list[str]:
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def _reaches_over_a_cut(token: Mapping[str, Any]) -> bool:
    """Whether an added token could stand on both sides of a cut, or takes the white space beside it."""
    text = token["content"]
    return bool(token["lstrip"] or token["rstrip"] or "\n" in text or WORD.search(f"{text}a"))


def _kinds(normalizer: Any) -> Iterable[str]:
    if normalizer is None:
        return ()
    return [each["type"] for each in normalizer.get("normalizers", [normalizer])]
