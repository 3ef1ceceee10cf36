"""An accusation answered: the same statistic over independent pairs, a fair one, and what is still needed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from harness.audit.claim_words import both
from harness.audit.likeness import compare, measured, simulated, spread_behind
from harness.audit.subject import open_subject, reading
from harness.claims import Claim, ClaimAnswer, Measured, Spread, Standing, Statistic
from harness.errors import ConfigError
from harness.plan import Lang

SIZE = 4096
"""Values in a norm of a model whose checkpoint was not given."""
FAR = 5.0
"""A centred correlation this many null deviations from 0 is remarkable."""
ALPHA = 0.01
TENSORS = frozenset({"norm", "router", "embeddings", "weights", "vision", "audio"})
"""Parts that are tensors."""
MERGED_TOKENS = 0.9
"""Vocabulary overlap that raises the question of disclosure."""

BOUNDS: Mapping[Statistic, tuple[float, float]] = {
    "cosine": (-1, 1),
    "pearson": (-1, 1),
    "cka": (0, 1),
    "divergence": (0, math.inf),
}
"""Between which values a statistic lies. The others may be claimed as counts: 120 shared tokens."""

NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")

Said: TypeAlias = dict[Lang, str]


@dataclass(frozen=True)
class Evidence:
    """What could be measured for a claim."""

    measured: Measured | None = None
    spreads: tuple[Spread, ...] = ()
    code_limit: float | None = None
    """What one pair of published code in a hundred exceeds."""


def answer(claim: Claim, checkpoints: Mapping[str, Path], nulls: Mapping[str, Path]) -> ClaimAnswer:
    """Measure what can be measured, and say what the claim is worth.

    ConfigError where a checkpoint belongs to a model that the claim does not name.
    """
    strangers = sorted(set(checkpoints) - set(claim.models))
    if strangers:
        names = " and ".join(claim.models)
        raise ConfigError(
            f"--checkpoint {strangers[0]}: the claim is about {names}", "name the models as the claim does"
        )
    with reading(next(iter((*checkpoints.values(), *nulls.values())), Path())):
        evidence = gather(claim, checkpoints, nulls)
    return worded(claim, evidence)


def gather(claim: Claim, checkpoints: Mapping[str, Path], nulls: Mapping[str, Path]) -> Evidence:
    """The statistic on the two models' own tensors, and over independent pairs.

    CheckpointError for checkpoints that the audit refuses too.
    """
    if claim.part == "code":
        return _published_code()
    if claim.part not in TENSORS:
        return Evidence()
    opened = [open_subject(name, checkpoints[name]) for name in claim.models if name in checkpoints]
    found = measured(list(compare(opened[0], opened[1], claim.part))) if len(opened) == 2 else None
    spreads = (
        [simulated(found.values if found else SIZE)] if (claim.statistic, claim.part) == ("cosine", "norm") else []
    )
    independents = [open_subject(name, folder) for name, folder in nulls.items()]
    pairs = [measured(list(compare(*pair, claim.part))) for pair in combinations(independents, 2)]
    values = sorted(_of(claim, pair) for pair in pairs if pair is not None)
    if values:
        middle = values[len(values) // 2]
        spreads.append(Spread(source="checkpoints", pairs=len(values), low=values[0], median=middle, high=values[-1]))
    return Evidence(found, tuple(spreads))


def worded(claim: Claim, evidence: Evidence) -> ClaimAnswer:
    """The answer in both languages. Pure."""
    standing = _standing(claim, evidence)
    return ClaimAnswer(
        claim=claim,
        standing=standing,
        reference=evidence.spreads,
        measured=evidence.measured,
        headline=both(standing),
        independent=_joined(_independent(claim, evidence)),
        fair=_joined(_fair(claim, evidence)),
        needed=_joined(_needed(claim, evidence, standing)),
    )


def _published_code() -> Evidence:
    from harness.audit.code import matched_null

    null = matched_null("all")
    if not null.values:
        return Evidence()
    spread = Spread(
        source="published code", pairs=len(null.values), low=null.values[0], median=null.median, high=null.values[-1]
    )
    return Evidence(None, (spread,), null.limit)


def _of(claim: Claim, found: Measured) -> float:
    return found.pearson if claim.statistic == "pearson" else found.cosine


def _standing(claim: Claim, evidence: Evidence) -> Standing:
    """What the number is worth. A measured centred correlation goes before the claimed number."""
    if claim.part in TENSORS and evidence.measured is not None and evidence.measured.p_value < ALPHA:
        return "remarkable"
    if _is_impossible(claim):
        return "impossible"
    if claim.statistic in ("cka", "divergence", "profile"):
        return "not_telling"
    if claim.part in TENSORS and evidence.measured is not None:
        return "ordinary"
    if (claim.statistic, claim.part) == ("cosine", "norm"):
        return "ordinary" if claim.value is None or claim.value < 1 else "remarkable"
    if claim.statistic == "identical":
        return "ordinary" if claim.value == 0 else "remarkable"
    if (
        claim.value is None
        or claim.statistic == "agreement"
        or (claim.statistic, claim.part) == ("cosine", "embeddings")
    ):
        return "unsettled"
    if claim.part == "code":
        return "disclosure" if claim.value > (evidence.code_limit or 0) else "ordinary"
    if claim.part == "tokenizer":
        return "disclosure" if claim.value >= MERGED_TOKENS else "ordinary"
    return "remarkable" if abs(claim.value) * math.sqrt(SIZE) > FAR else "ordinary"


def _is_impossible(claim: Claim) -> bool:
    low, high = BOUNDS.get(claim.statistic, (-math.inf, math.inf))
    return claim.value is not None and not low <= claim.value <= high


def _bounds(claim: Claim) -> Said:
    low, high = BOUNDS[claim.statistic]
    if math.isinf(high):
        return both("below", value=f"{claim.value:g}", low=low)
    return both("outside", value=f"{claim.value:g}", low=low, high=high)


def _independent(claim: Claim, evidence: Evidence) -> Iterator[Said]:
    """What independent models show in the same statistic."""
    if _is_impossible(claim):
        yield _bounds(claim)
    if (claim.statistic, claim.part) == ("cosine", "norm"):
        yield both("norm_why")
    for spread in evidence.spreads:
        yield _spread(spread, evidence)
    if (claim.statistic, claim.part) == ("cosine", "norm"):
        yield from _norm_value(claim)
    elif claim.statistic in ("cka", "divergence", "profile", "agreement", "identical"):
        yield both(claim.statistic)
    elif claim.part == "tokenizer":
        yield both("tokens")
    elif claim.part in TENSORS:
        yield both("centred_null", sd=_short(_sd(evidence)), size=_size(evidence))
        if claim.part == "embeddings":
            yield both("embedding_mean")


def _norm_value(claim: Claim) -> Iterator[Said]:
    spread = spread_behind(claim.value) if claim.value is not None else None
    if spread is not None:
        yield both("spread", value=f"{claim.value:g}", spread=f"{spread:.1%}")
    if claim.sigmas is not None:
        yield both("sigmas", sigmas=f"{claim.sigmas:g}")


def _spread(spread: Spread, evidence: Evidence) -> Said:
    figures = {"pairs": f"{spread.pairs:,}", "low": _short(spread.low), "median": _short(spread.median)}
    figures["high"] = _short(spread.high)
    if spread.source == "simulated":
        return both("simulated", size=_size(evidence), **figures)
    if spread.source == "checkpoints":
        return both("nulls", **figures)
    return both("code", limit=_short(evidence.code_limit or 0.0), **figures)


def _fair(claim: Claim, evidence: Evidence) -> Iterator[Said]:
    """What a fair statistic says, or which one it would be."""
    found = evidence.measured
    if found is not None:
        yield both(
            "fair_measured",
            tensors=found.tensors,
            cosine=_short(found.cosine),
            pearson=_short(found.pearson),
            sd=_short(found.null_sd),
        )
        p_value = f"{found.p_value:.2g}"
        yield both(
            "fair_largest", name=found.largest_name, largest=_short(found.largest), tensors=found.tensors, p=p_value
        )
        yield both("fair_above" if found.p_value < ALPHA else "fair_within")
    elif claim.part == "norm" and claim.statistic != "pearson":
        yield both("fair_norm", sd=_short(_sd(evidence)), size=_size(evidence))
    elif claim.statistic == "pearson" and claim.value is not None and not _is_impossible(claim):
        ratio = abs(claim.value) / _sd(evidence)
        times = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
        yield both("fair_value", value=f"{claim.value:g}", times=times, sd=_short(_sd(evidence)), size=_size(evidence))
    yield from _fair_elsewhere(claim)


def _fair_elsewhere(claim: Claim) -> Iterator[Said]:
    if claim.part == "tokenizer":
        yield both("fair_tokens")
    elif claim.part == "code":
        yield both("fair_code")
    elif claim.statistic == "agreement":
        yield both("fair_agreement")
    elif claim.statistic == "identical":
        yield both("fair_identical")
        yield both("fair_weights")
    else:
        yield both("fair_weights")


def _needed(claim: Claim, evidence: Evidence, standing: Standing) -> Iterator[Said]:
    x, y = claim.models
    if (claim.value is None and claim.statistic != "identical") or _is_impossible(claim):
        yield both("need_value")
    if claim.statistic == "agreement":
        yield both("need_samples")
    if evidence.measured is None and claim.part not in ("code", "tokenizer"):
        yield both("need_checkpoints", x=x, y=y)
    if claim.part in TENSORS and not any(spread.source == "checkpoints" for spread in evidence.spreads):
        yield both("need_nulls")
    if standing == "disclosure":
        yield both("need_disclosure")
    elif standing == "remarkable":
        yield both("need_order")
    yield both("need_audit", x=x, y=_word(y))


def _word(name: str) -> str:
    """A model's name as `harness audit` takes it."""
    return NOT_IN_A_NAME.sub("_", name).strip("_") or "Y"


def _size(evidence: Evidence) -> int:
    return evidence.measured.values if evidence.measured else SIZE


def _sd(evidence: Evidence) -> float:
    return 1 / math.sqrt(_size(evidence))


def _short(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 0.1 or 0.9 < abs(value) < 1 else f"{value:.3f}"


def _joined(said: Iterator[Said]) -> dict[Lang, tuple[str, ...]]:
    lines: Sequence[Said] = tuple(said)
    return {"en": tuple(line["en"] for line in lines), "ko": tuple(line["ko"] for line in lines)}
