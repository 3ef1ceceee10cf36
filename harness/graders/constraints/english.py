"""Words, sentences and syllables of English text. Pure."""

from __future__ import annotations

import re
import string

PUNCTUATION = str.maketrans("", "", string.punctuation)
EDGES = string.punctuation + string.whitespace

_ABBREVIATIONS = r"Mr|Mrs|Ms|Dr|St|Prof|Inc|Ltd|Jr|Sr|Co|Ph\.D|e\.g|i\.e|vs|etc"
_NO_END = re.compile(
    rf"(?<![A-Za-z])(?:{_ABBREVIATIONS}|[A-Za-z](?:\.[A-Za-z])*)\.|(?<=\d)\.(?=\d)|\.(?=(?:com|net|org|io|gov|edu|me)\b)"
)
"""Full stops that end no sentence: of abbreviations, of single letters, within numbers and addresses."""
_MARK = "\x00"
_END = re.compile(r"""(\.{2,}|[.!?]+)(["”'’)\]]*)""")
_BREAK = "\x01"

STOP_WORDS = frozenset(
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her
    hers herself it its itself they them their theirs themselves what which who whom this that these
    those am is are was were be been being have has had having do does did doing a an the and but if or
    because as until while of at by for with about against between into through during before after
    above below to from up down in out on off over under again further then once here there when where
    why how all any both each few more most other some such no nor not only own same so than too very s
    t can will just don should now d ll m o re ve y ain aren couldn didn doesn hadn hasn haven isn ma
    mightn mustn needn shan shouldn wasn weren won wouldn
    """.split()  # noqa: SIM905 - reads better as prose
)
"""Function words, a contraction's parts among them."""
PRONOUNS = frozenset(
    """
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself
    she her hers herself it its itself they them their theirs themselves
    """.split()  # noqa: SIM905 - reads better as prose
)
CONJUNCTIONS = frozenset(
    """
    and but for nor or so yet
    """.split()  # noqa: SIM905 - reads better as prose
)
"""Coordinating ones."""

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^laeiouy]e|[^aeiouytd]ed|[^aeiouysxzcg]es)$")
_SPLIT = re.compile(r"(?:ia|io|iu|eo|ua(?!r)|uo|ying)(?!u?s?$)|[aeiouy]ing")


def tokens(text: str) -> list[str]:
    """Runs of letters, digits and underscores."""
    return re.findall(r"\w+", text)


def words(text: str) -> list[str]:
    """What stands between blanks, in lower case and without punctuation; nothing that is punctuation alone."""
    return text.lower().translate(PUNCTUATION).split()


def trimmed(text: str) -> list[str]:
    """What stands between blanks, in lower case, without punctuation at its ends."""
    return [word for each in text.lower().split() if (word := each.strip(EDGES))]


def sentences(text: str) -> list[str]:
    """Sentences: up to a full stop, question mark or exclamation mark and the quotes behind it."""
    flat = " ".join(text.split("\n"))
    kept = _NO_END.sub(lambda match: match[0].replace(".", _MARK), flat)
    parted = _END.sub(lambda match: match[0] + _BREAK, kept).replace(_MARK, ".")
    return [part for each in parted.split(_BREAK) if (part := each.strip())]


def ends(sentence: str) -> str:
    """The mark that a sentence ends on, empty where it ends on none."""
    last = sentence.rstrip("\"”'’)] ")[-1:]
    return last if last in ".!?" else ""


def syllables(word: str) -> int:
    """Syllables of a word, by its spelling: an estimate, wrong for about one word in ten."""
    bare = re.sub("[^a-z]", "", word.lower())
    if not bare:
        return 0
    count = len(_VOWELS.findall(bare)) + len(_SPLIT.findall(bare))
    if _SILENT.search(bare) and count > 1:
        count -= 1
    return max(count, 1)
