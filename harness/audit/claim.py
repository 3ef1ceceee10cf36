"""A public accusation in one line ("LayerNorm cosine 0.989 between X and Y"), read in English and Korean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from harness.claims import Claim, Part, Statistic
from harness.errors import ConfigError

KindT = TypeVar("KindT", bound=str)
LONGEST = 500
STATISTICS: tuple[tuple[Statistic, str], ...] = (
    ("divergence", r"jensen|\bJSD?\b|\bKL\b|divergence|다이버전스|발산"),
    ("cka", r"\bCKA\b"),
    ("profile", r"profile|standard deviations?\b|\bstd\b|표준\s*편차"),
    ("code", r"\bcode\b|winnow|소스|코드"),
    ("jaccard", r"jaccard|overlap|shared tokens|자카드|중복|겹"),
    ("agreement", r"agree|same (?:wrong )?answers?|(?:답|응답|출력|예측)[^,;]{0,12}일치|같은 (?:오)?답"),
    ("pearson", r"pearson|correlat|피어슨|상관"),
    ("cosine", r"cosine|\bcos\b|코사인|similarity|유사도"),
    ("identical", r"identical|\bequals?\b|bit for bit|same (?:weights|tensors)|동일|똑같|일치"),
)
PARTS: tuple[tuple[Part, str], ...] = (
    ("norm", r"(?:layer|rms|group)\s*-?_?norm|\bnorms?\b|정규화|노름"),
    ("router", r"router|\bgates?\b|라우터"),
    ("vision", r"vision|visual|image|비전|시각"),
    ("audio", r"audio|speech|오디오|음성"),
    ("tokenizer", r"tokeni[sz]er|vocab|tokens?\b|merges?|토크나이저|어휘"),
    ("embeddings", r"embed|임베딩"),
    ("code", r"\bcode\b|소스|코드"),
    ("outputs", r"output|logit|answer|next-token|출력|답"),
    ("weights", r"weight|param|layer|가중치|매개변수"),
)
NUMBER = r"[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
SIGMAS = re.compile(rf"({NUMBER})\s*(?:-?\s*sigmas?|σ|시그마)", re.IGNORECASE)
COUNTED = r"\s*(?:층|개|쌍|번째|layers?\b|pairs?\b)"
# Hangul may follow a number at once (0.989로); what is counted is no value.
VALUE = re.compile(rf"(?<![A-Za-z0-9_.-])({NUMBER})\s*(%|퍼센트)?(?![A-Za-z0-9_]|\.\d|{COUNTED})")

DECIMAL_COMMA = re.compile(r"(?<![\w.,])(?<!layers )(?<!blocks )(0,\d+|\d+,\d{1,2}(?=\s*(?:%|퍼센트)))(?![,.]?\d)")
"""A number as many countries write it; 1,024 and 1,2 may be something else."""

BARE_POINT = re.compile(r"(?<![\w.])\.(?=\d+(?![A-Za-z0-9_.]))")
"""Of a number without its zero: .989"""

JOINED = re.compile(r"(?<![\w.])\d+(?:,\d+)+(?:\.\d+)?")
"""Numbers with thousands apart, or several: no value to be sure of."""

PLACE = re.compile(r"\b(?:layers?|blocks?)\s*#?\d+(?![.\d])", re.IGNORECASE)
"""Where something was measured, which is no value."""

SHARE = re.compile(r"[-+−]?[01]\.\d+|[-+−]?\d+(?:\.\d+)?%")
"""A number that is a statistic's rather than a version's."""

QUOTES = "\"'“”‘’"
WORDS_OF_A_NAME = r"[A-Za-z][A-Za-z0-9_.+/-]*(?:\s+[A-Za-z0-9][A-Za-z0-9_.+/-]*){0,4}?"
END = r"(?=\s*(?:$|[,;:()]|\.\s|\.$|\b(?:is|are|was|were|has|have|gives?|shows?|at|of)\b))"
PARTICLE = "(?:의|는|은|가|이)?"


def _any(group: str) -> str:
    """A name of any words, up to what must follow it."""
    return rf"[{QUOTES}]?(?P<{group}>[^,;:()]{{1,80}}?)[{QUOTES}]?"


def _named(group: str) -> str:
    """Several words in Latin letters (Solar Open 100B), or one word in any."""
    return rf"(?P<{group}>{WORDS_OF_A_NAME}|[\w.+/-]+?)"


BETWEEN = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\bbetween\s+{_any('x')}\s+and\s+{_any('y')}{END}",
        rf"{_named('x')}\s+(?:vs\.?|versus|against|대)\s+{_any('y')}{END}",
        rf"\bof\s+{_any('x')}\s+and\s+{_any('y')}{END}",
        rf"\bof\s+{_any('x')}\s+(?:equals?|are|is)\b.*?\b(?:those|that|to)\s+of\s+{_any('y')}{END}",
        rf"{_named('x')}의\s.*(?:가|이|은|는)\s+{_named('y')}(?:와|과|하고)(?=\s)",
        rf"{_named('x')}(?:와|과|하고)\s+{_named('y')}{PARTICLE}(?:\s*사이|\s*간|(?=\s)|$)",
        r"\((?P<x>[^,;:()]{1,80}),\s*(?P<y>[^,;:()]{1,80})\)",
        rf"^(?P<x>[\w.+/-]+)\s+and\s+{_any('y')}{END}",
    )
)
"""Ways of naming two models, the surest first."""
FORM = (
    'write it like "LayerNorm cosine 0.989 between X and Y"; statistics: cosine, Pearson, CKA, divergence, Jaccard,'
    " code, agreement, identical weights"
)


def parse(text: str) -> Claim:
    """The accusation; ConfigError where it names no statistic or no two models."""
    line = " ".join(unicodedata.normalize("NFC", text)[:LONGEST].split())  # some systems take Hangul apart
    rest = _with_points(line)
    models = _models(rest)
    for name in models or ():
        rest = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", " ", rest)
    statistic = _first(STATISTICS, rest)
    if statistic is None or models is None:
        lacks = "statistic" if statistic is None else "two models"
        raise ConfigError(f"the claim names no {lacks}: {line!r}", FORM)
    rest = JOINED.sub(" ", rest)
    sigmas = SIGMAS.search(rest)
    return Claim(
        text=line,
        statistic=statistic,
        part=_part(statistic, rest),
        value=_value(SIGMAS.sub(" ", rest)),
        sigmas=_number(sigmas[1]) if sigmas else None,
        models=models,
    )


def _with_points(line: str) -> str:
    """The line with its decimal numbers written as 0.989."""
    line = DECIMAL_COMMA.sub(lambda found: found[1].replace(",", "."), line)
    return BARE_POINT.sub("0.", line)


def _models(line: str) -> tuple[str, str] | None:
    for form in BETWEEN:
        found = form.search(line)
        names = (_name(found["x"]), _name(found["y"])) if found else ("", "")
        if all(names):
            return names
    return None


def _name(text: str) -> str:
    """A model's name, without what the claim says beside it (`LayerNorm cosine Solar Open 100B`, `Air 0.989`)."""
    words = text.strip(f" .{QUOTES}").split()
    while len(words) > 1 and SHARE.fullmatch(words[-1]):
        words.pop()
    said = [index for index, word in enumerate(words[:-1]) if _says(word)]
    return " ".join(words[1 + max(said, default=-1) :])


def _says(word: str) -> bool:
    """Whether a word names a statistic or a part, is a number, or joins such words."""
    patterns = [pattern for _, pattern in STATISTICS] + [pattern for _, pattern in PARTS]
    said = any(re.search(pattern, word, re.IGNORECASE) for pattern in patterns)
    return said or word.lower() in ("of", "the", "for") or VALUE.fullmatch(word) is not None


def _first(table: Sequence[tuple[KindT, str]], text: str) -> KindT | None:
    return next((name for name, pattern in table if re.search(pattern, text, re.IGNORECASE)), None)


def _part(statistic: Statistic, text: str) -> Part:
    fixed: dict[Statistic, Part] = {
        "code": "code",
        "divergence": "outputs",
        "agreement": "outputs",
        "jaccard": "tokenizer",
    }
    return fixed.get(statistic) or _first(PARTS, text) or "weights"


def _value(text: str) -> float | None:
    """The first number with a point or a percent sign, else the first; a percentage as a share."""
    found = list(VALUE.finditer(PLACE.sub(" ", text)))
    if not found:
        return None
    chosen = next((one for one in found if "." in one[1] or one[2]), found[0])
    return _number(chosen[1]) / 100 if chosen[2] else _number(chosen[1])


def _number(text: str) -> float:
    return float(text.replace("−", "-"))
