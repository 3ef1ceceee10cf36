"""A public accusation in one line ("LayerNorm cosine 0.989 between X and Y"), read in English and Korean."""

from __future__ import annotations

import re
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
    ("agreement", r"agree|same (?:wrong )?answers?|일치|같은 (?:오)?답"),
    ("pearson", r"pearson|correlat|피어슨|상관"),
    ("cosine", r"cosine|\bcos\b|코사인|similarity|유사도"),
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
VALUE = re.compile(rf"(?<![\w.-])({NUMBER})\s*(%|퍼센트)?(?![\w.])")
NAME = r"[\"'“‘]?(?P<{}>[^,;:()]{{1,80}}?)[\"'”’]?"
END = r"(?=\s*(?:$|[,;:()]|\.\s|\.$|\b(?:is|are|was|were|has|have|gives?|shows?|at|of)\b))"
BETWEEN = (
    re.compile(rf"\bbetween\s+{NAME.format('x')}\s+and\s+{NAME.format('y')}{END}", re.IGNORECASE),
    re.compile(rf"(?P<x>[\w.+/-]+)\s+(?:vs\.?|versus|against|대)\s+{NAME.format('y')}{END}", re.IGNORECASE),
    re.compile(rf"\bof\s+{NAME.format('x')}\s+and\s+{NAME.format('y')}{END}", re.IGNORECASE),
    re.compile(r"(?P<x>[\w.+/-]+?)(?:와|과)\s+(?P<y>[\w.+/-]+?)(?:의|는|은|가|이)?(?:\s*사이|\s*간|\s|$)"),
    re.compile(rf"^(?P<x>[\w.+/-]+)\s+and\s+{NAME.format('y')}{END}", re.IGNORECASE),
)
FORM = (
    'write it like "LayerNorm cosine 0.989 between X and Y"; statistics: cosine, Pearson, CKA, divergence, Jaccard,'
    " code, agreement"
)


def parse(text: str) -> Claim:
    """The accusation; ConfigError where it names no statistic or no two models."""
    line = " ".join(text[:LONGEST].split())
    between, models = _models(line)
    rest = line.replace(between, " ") if between else line
    statistic = _first(STATISTICS, rest)
    if statistic is None or models is None:
        lacks = "statistic" if statistic is None else "two models"
        raise ConfigError(f"the claim names no {lacks}: {line!r}", FORM)
    sigmas = SIGMAS.search(rest)
    return Claim(
        text=line,
        statistic=statistic,
        part=_part(statistic, rest),
        value=_value(SIGMAS.sub(" ", rest)),
        sigmas=_number(sigmas[1]) if sigmas else None,
        models=models,
    )


def _models(line: str) -> tuple[str, tuple[str, str] | None]:
    for form in BETWEEN:
        if (found := form.search(line)) and (found["x"].strip(" .") and found["y"].strip(" .")):
            return found[0], (found["x"].strip(" ."), found["y"].strip(" ."))
    return "", None


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
    """The first number; a percentage as a share."""
    found = VALUE.search(text)
    if found is None:
        return None
    return _number(found[1]) / 100 if found[2] else _number(found[1])


def _number(text: str) -> float:
    return float(text.replace("−", "-"))
