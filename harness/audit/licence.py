"""Foreign copyright and licence headers in an entrant's code, and headers that were removed from code taken over.
Refers, never convicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.audit.finding import Finding
from harness.audit.headers import MOST_NAMES, Header, plain_name
from harness.audit.sources import Source, first_of
from harness.audit.winnow import shared
from harness.plan.base import Frozen

METHOD = "licence"
COMMON = frozenset({"huggingface", "hugging face"})
"""Their header stands on most published model code; it says nothing of one candidate."""
TAKEN_OVER = 0.5
"""Share of a candidate file's fingerprints that an entrant's file must hold for the file to count as taken over."""
SHOWN = 3
"""Files that a statement names; the details name more."""
LEAST_PRINTS = 30
"""Fewer fingerprints (about 150 tokens) are too little to tell a copied file."""


class Removed(Frozen):
    """A file that was taken over without its header."""

    file: str
    """The entrant's file."""
    original: str
    """The candidate's file."""
    share: float
    """Share of the original's fingerprints found in the entrant's file."""
    holders: tuple[str, ...]
    """Copyright holders that the original names and the entrant's file does not."""


def headers(sources: Sequence[Source]) -> tuple[Header, ...]:
    """The header of each file."""
    return tuple(source.header for source in sources)


def left_behind(ours: Sequence[Header], theirs: Sequence[Header]) -> dict[str, list[str]]:
    """Files of ours by each copyright holder that the candidate's code names too, the common ones left out."""
    foreign = _names(theirs)
    found: dict[str, list[str]] = {}
    for own in ours:
        for holder in own.holders:
            if plain_name(holder) in foreign:
                found.setdefault(holder, []).append(own.file)
    return found


def removed(ours: Sequence[Source], theirs: Sequence[Source]) -> tuple[Removed, ...]:
    """Files of ours that hold most of a candidate's file and name none of those of its holders."""
    return tuple(found for source in ours for original in theirs if (found := _removed(source, original)) is not None)


def licence_findings(
    ours: Sequence[Source], theirs: Sequence[Source], candidate: str, unread: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """What the headers of the entrant's own files say, set against the candidate's. Nothing where the entrant ships no
    code; `unread` are files that it ships and that were not read: people have to.
    """
    if not ours and not unread:
        return ()
    own = headers(ours)
    unread = (*unread, *(_half_read(one) for one in own if one.left_out))
    foreign, gone = left_behind(own, headers(theirs)), removed(ours, theirs)
    return (
        Finding(
            component="code",
            candidate=candidate,
            method=METHOD,
            strength="refer" if foreign or gone or unread else "no_evidence",
            statement="; ".join(_said(foreign, gone, own, candidate, unread)),
            details={
                "left_behind": {holder: list(files) for holder, files in foreign.items()},
                "removed": [one.model_dump(mode="json") for one in gone],
                "headers": [
                    one.model_dump(mode="json", exclude={"left_out"})
                    for one in own
                    if one.holders or one.licences or one.unknown
                ],
                "unread": list(unread),
            },
        ),
    )


def _half_read(one: Header) -> str:
    return f"{one.file}: {one.left_out:,} holders and expressions beyond the first {MOST_NAMES} of each"


def _said(
    foreign: dict[str, list[str]], gone: Sequence[Removed], own: Sequence[Header], candidate: str, unread: Sequence[str]
) -> Iterator[str]:
    for holder, files in foreign.items():
        yield f"{_several(files)} carries the copyright of {holder}, as the code of {candidate} does"
    for one in gone:
        yield (
            f"{one.file} holds {one.share:.0%} of {candidate}'s {one.original} without its copyright header"
            f" ({', '.join(one.holders)})"
        )
    if foreign or gone:
        yield "a question of disclosure and licence, not of the weights"
    else:
        yield f"no copyright header of {candidate} in {len(own)} files of code, and none removed from a file taken over"
    if unread:
        yield not_read(unread)


def not_read(files: Sequence[str]) -> str:
    """A sentence that names the first of the files."""
    return f"not read, so that people have to look at it: {', '.join(first_of(files, SHOWN))}"


def _several(files: Sequence[str]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} (and {len(files) - 1} more files)"


def _names(found: Sequence[Header]) -> set[str]:
    return {plain_name(holder) for one in found for holder in one.holders} - COMMON


def _removed(source: Source, original: Source) -> Removed | None:
    theirs = [holder for holder in original.header.holders if plain_name(holder)]
    ours = {plain_name(holder) for holder in source.header.holders}
    gone = tuple(holder for holder in theirs if plain_name(holder) not in ours)
    prints = original.prints
    if not gone or len(gone) < len(theirs) or len(prints) < LEAST_PRINTS:
        return None
    share = shared(prints, source.prints) / len(prints)
    return Removed(file=source.name, original=original.name, share=share, holders=gone) if share >= TAKEN_OVER else None
