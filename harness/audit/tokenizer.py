"""Tokenizer likeness: shared vocabulary, equal ids, common merges and their order, read from tokenizer.json as data.
Refers, never convicts.

Two tokenizers trained apart on like corpora share much of their vocabulary, because common words are common everywhere;
they do not share ids or the order of merges. A shared tokenizer is often lawful and disclosed, and says nothing of how
the weights came about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.audit.finding import Finding
from harness.plan.base import Frozen

if TYPE_CHECKING:
    from harness.audit.subject import Subject

METHOD = "tokenizer"
FILE, MODEL_FILE = "tokenizer.json", "tokenizer.model"
MOST_BYTES = 256 << 20
LEAST_SHARED = 100
"""Fewer shared merges have no meaningful order."""
SAME_JACCARD, SAME_ID_SHARE = 0.9, 0.5
"""Near-identical: this vocabulary overlap, and of the shared tokens this share under the same id."""
SAME_ORDER, SAME_PREFIX = 0.95, 500
"""Taken over in part: the order of shared merges, with a common beginning of this many merges."""


@dataclass(frozen=True)
class Tokenizer:
    """A tokenizer as data."""

    vocabulary: Mapping[str, int]
    """Id by token, added tokens included."""
    merges: tuple[str, ...]
    """Merge rules in order, a space between the halves; empty where the kind has none."""
    kind: str
    """BPE, Unigram, WordPiece or WordLevel."""


class TokenizerLikeness(Frozen):
    """How alike two tokenizers are."""

    sizes: tuple[int, int]
    """Entries of each vocabulary."""
    shared: int
    """Tokens that both hold."""
    jaccard: float
    """Shared over all tokens."""
    same_id: int
    """Shared tokens under the same id."""
    same_id_share: float
    """Of the shared tokens, those under the same id."""
    merges: tuple[int, int]
    """Merge rules of each."""
    merge_prefix: int
    """Merge rules equal from the beginning on."""
    first_merges: int | None
    """Of the first 1,000 merge rules, those equal at their own place; null where a side has fewer."""
    merge_order: float | None
    """Spearman correlation of the places of shared merge rules; null where fewer than 100 are shared."""
    same_place: float | None
    """Of the shared merge rules, the share that stands at the same place; null where none is shared."""


def read(folder: Path) -> Tokenizer | None:
    """The tokenizer of a checkpoint; null where there is no readable tokenizer.json. Nothing of the checkpoint is
    executed.
    """
    path = folder / FILE
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return parse(content)


def parse(content: Any) -> Tokenizer | None:
    """The tokenizer in the JSON of a tokenizer.json; null where it has another form."""
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict):
        return None
    vocabulary = {**_vocabulary(model.get("vocab")), **_added(content.get("added_tokens"))}
    if not vocabulary:
        return None
    return Tokenizer(vocabulary, _merges(model.get("merges")), str(model.get("type") or "BPE"))


def compare(ours: Tokenizer, theirs: Tokenizer) -> TokenizerLikeness:
    """Every figure of two tokenizers."""
    shared = ours.vocabulary.keys() & theirs.vocabulary.keys()
    union = len(ours.vocabulary) + len(theirs.vocabulary) - len(shared)
    same = sum(ours.vocabulary[token] == theirs.vocabulary[token] for token in shared)
    places = _places(ours.merges), _places(theirs.merges)
    common = sorted(places[0].keys() & places[1].keys())
    return TokenizerLikeness(
        sizes=(len(ours.vocabulary), len(theirs.vocabulary)),
        shared=len(shared),
        jaccard=len(shared) / union,
        same_id=same,
        same_id_share=same / len(shared) if shared else 0.0,
        merges=(len(ours.merges), len(theirs.merges)),
        merge_prefix=sum(1 for _ in takewhile(_equal, zip(ours.merges, theirs.merges, strict=False))),
        first_merges=_first(ours.merges, theirs.merges),
        merge_order=_order([[place[merge] for merge in common] for place in places]),
        same_place=sum(places[0][merge] == places[1][merge] for merge in common) / len(common) if common else None,
    )


def near_identical(likeness: TokenizerLikeness) -> bool:
    """Nearly the same entries under nearly the same ids; or merges in the same order from the first on."""
    entries = likeness.jaccard >= SAME_JACCARD and likeness.same_id_share >= SAME_ID_SHARE
    return entries or taken_over(likeness)


def taken_over(likeness: TokenizerLikeness) -> bool:
    """Merges that begin alike and keep their order: a tokenizer cut down, extended or renumbered."""
    least = min(likeness.merges)
    begins = least > 0 and likeness.merge_prefix >= min(SAME_PREFIX, least)
    return begins and likeness.merge_order is not None and likeness.merge_order >= SAME_ORDER


def conclude(likeness: TokenizerLikeness, candidate: str) -> Finding:
    """Identical and near-identical tokenizers are referred; nothing here convicts."""
    refer = near_identical(likeness)
    return Finding(
        component="tokenizer",
        candidate=candidate,
        method=METHOD,
        strength="refer" if refer else "no_evidence",
        statement=_statement(likeness, candidate, refer=refer),
        statistic="vocabulary Jaccard",
        value=likeness.jaccard,
        details=likeness.model_dump(mode="json"),
    )


def present(suspect: Subject) -> bool:
    """Whether the checkpoint has a tokenizer, readable or not."""
    return any((suspect.folder / name).is_file() for name in (FILE, MODEL_FILE, "vocab.json", "vocab.txt"))


def findings(suspect: Subject, candidate: Subject) -> tuple[Finding, ...]:
    """What the two tokenizers say."""
    ours, theirs = read(suspect.folder), read(candidate.folder)
    if ours is None or theirs is None:
        who = suspect.name if ours is None else candidate.name
        return (
            Finding(
                component="tokenizer",
                candidate=candidate.name,
                method=METHOD,
                strength="not_comparable",
                statement=f"{who} has no readable {FILE}; save the tokenizer in its fast form to compare it",
                details={},
            ),
        )
    return (conclude(compare(ours, theirs), candidate.name),)


def _statement(likeness: TokenizerLikeness, candidate: str, *, refer: bool) -> str:
    order = "–" if likeness.merge_order is None else f"{likeness.merge_order:.2f}"
    figures = (
        f"{likeness.shared:,} of {likeness.sizes[0]:,} and {likeness.sizes[1]:,} tokens are shared (Jaccard"
        f" {likeness.jaccard:.3f}), {likeness.same_id_share:.1%} of them under the same id; the first"
        f" {likeness.merge_prefix:,} merge rules agree, order of shared merges {order}"
    )
    if not refer:
        return figures
    same = likeness.jaccard == likeness.same_id_share == 1.0
    if same:
        how = f"identical to that of {candidate}"
    else:
        how = (
            f"taken over from that of {candidate}, or the reverse"
            if taken_over(likeness)
            else f"near that of {candidate}"
        )
    return f"{figures}; the tokenizer is {how}: ask for its source and licence, it says nothing of the weights"


def _vocabulary(vocab: Any) -> dict[str, int]:
    if isinstance(vocab, dict):
        return {token: number for token, number in vocab.items() if isinstance(number, int)}
    if isinstance(vocab, list):  # Unigram: [token, score], the id is the place
        pairs = ((entry[0], place) for place, entry in enumerate(vocab) if isinstance(entry, list) and entry)
        return {token: place for token, place in pairs if isinstance(token, str)}
    return {}


def _added(added: Any) -> dict[str, int]:
    entries = [entry for entry in added if isinstance(entry, dict)] if isinstance(added, list) else []
    return {
        entry["content"]: entry["id"]
        for entry in entries
        if isinstance(entry.get("content"), str) and isinstance(entry.get("id"), int)
    }


def _merges(merges: Any) -> tuple[str, ...]:
    """Older files write `a b`, newer ones `["a", "b"]`."""
    rules = merges if isinstance(merges, list) else []
    return tuple(rule if isinstance(rule, str) else " ".join(map(str, rule)) for rule in rules if _is_rule(rule))


def _is_rule(rule: Any) -> bool:
    return isinstance(rule, str) or (isinstance(rule, list) and len(rule) == 2)


def _places(merges: Sequence[str]) -> dict[str, int]:
    return {merge: place for place, merge in enumerate(merges)}


def _equal(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]


def _first(ours: Sequence[str], theirs: Sequence[str], count: int = 1000) -> int | None:
    if min(len(ours), len(theirs)) < count:
        return None
    return sum(map(_equal, zip(ours[:count], theirs[:count], strict=True)))


def _order(places: Sequence[Sequence[int]]) -> float | None:
    """Spearman correlation of places without ties."""
    import numpy as np

    if len(places[0]) < LEAST_SHARED:
        return None
    ranks = [np.argsort(np.argsort(place)) for place in places]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
