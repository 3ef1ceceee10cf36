"""Behaviour on the same secret items: do two models err alike more than models of their strength do? Refers, never
convicts.

Same wrong answers given that both are wrong; chance-adjusted error agreement, CAPA (Goel et al. 2025, arXiv
2502.04313): kappa = (c_obs - c_exp) / (1 - c_exp). Models trained apart on the
same data agree more than chance, so the scale is set by controls: models of like capability that are known to be
independent. Candidate and control are exchanged item by item, so that every item is a stratum of its own difficulty:
marks permuted within strata of estimated difficulty are no test, since hard and easy items remain in each
(docs/audit.md has the figures).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.audit.finding import P_FLOOR, Component, Finding
from harness.errors import ConfigError, VerificationError
from harness.hashing import sha256_file
from harness.plan.base import Frozen
from harness.records import Sample
from harness.store import RunFolder

METHOD = "behaviour"
ENTRANT = "entrant"
"""Name under which --samples gives the audited checkpoint's own run."""
MATCHED = 0.1
"""A control's accuracy may differ from the candidate's by at most this."""
LEAST_CONTROLS = 3
LEAST_BOTH_WRONG = 30
"""Items that both got wrong, below which likeness of errors cannot be told."""
ALPHA = 0.01
EXCESS = 0.5
"""Of what the closest control leaves open, the least share that the pair must fill to be referred: shared data fills
some."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """One model's answers by item. Failed answers are left out."""

    response: Mapping[str, str]
    """Choice or text given, without surrounding space."""
    right: Mapping[str, bool]
    """Whether it was graded correct."""
    choices: Mapping[str, int]
    """Choices of the item; 0 where the answer is free text."""

    @property
    def accuracy(self) -> float:
        """Share correct; NaN where nothing was answered."""
        return float(np.mean(list(self.right.values()))) if self.right else float("nan")


@dataclass(frozen=True)
class Paired:
    """Two models on the items that both answered: (n,) arrays."""

    same: Flags
    """Both gave the same answer."""
    right: tuple[Flags, Flags]
    """Who was right."""
    choices: NDArray[np.int64]
    """Choices of each item; 0 where the answer is free text."""

    @property
    def both_wrong(self) -> Flags:
        return ~self.right[0] & ~self.right[1]


class BehaviourLikeness(Frozen):
    """How alike two models answer."""

    items: int
    """Items that both answered."""
    accuracy: tuple[float, float]
    """Share of those that each got right."""
    agreement: float
    """Same answer, right or wrong; next-token agreement (arXiv 2502.00706) where answers are labels of one token."""
    both_wrong: int
    """Items that both got wrong."""
    same_wrong: float | None
    """Same answer among those; null where there is none."""
    same_wrong_chance: float | None
    """What uniform guessing among an item's wrong choices would give; null for free text."""
    capa: float | None
    """Chance-adjusted error agreement, hard answers; null where agreement by chance is certain."""


def answers(samples: Sequence[Sample]) -> Answers:
    """Graded samples of one model, first repeats. Failed and empty answers, alike in every model, are missing."""
    kept = [
        sample
        for sample in samples
        if sample.repeat == 0 and sample.outcome != "failed" and (sample.response or "").strip()
    ]
    return Answers(
        response={sample.item_id: (sample.response or "").strip() for sample in kept},
        right={sample.item_id: sample.outcome == "correct" for sample in kept},
        choices={sample.item_id: len(sample.logprobs or ()) for sample in kept},
    )


def read_answers(run: Path) -> Answers:
    """The answers of a scored run, items under their task's name. VerificationError where a file is damaged."""
    folder = RunFolder(run)
    samples: list[Sample] = []
    for task in folder.read_record().tasks:
        kept = folder.read_samples(task.task)
        if sha256_file(folder.samples(task.task)) != task.samples_sha256:
            raise VerificationError(
                f"{folder.samples(task.task)} is not what record.json says", f"make verify RUN={run}"
            )
        samples += [sample.model_copy(update={"item_id": f"{task.task}/{sample.item_id}"}) for sample in kept]
    return answers(samples)


def pair(first: Answers, second: Answers, items: Sequence[str] | None = None) -> Paired:
    """Both models on the items that both answered (or on those named that both answered), in sorted order."""
    shared = first.response.keys() & second.response.keys()
    ids = sorted(shared if items is None else shared & set(items))
    return Paired(
        same=np.array([first.response[i] == second.response[i] for i in ids], dtype=bool),
        right=(
            np.array([first.right[i] for i in ids], dtype=bool),
            np.array([second.right[i] for i in ids], dtype=bool),
        ),
        choices=np.array([first.choices[i] for i in ids], dtype=np.int64),
    )


def capa(paired: Paired) -> float | None:
    """(c_obs - c_exp) / (1 - c_exp): c_exp is what two models of these accuracies agree on when errors are uniform and
    apart.

    Free text (0 choices) has no agreement by chance among errors. Null where nothing was answered or c_exp is 1.
    """
    if not len(paired.same):
        return None
    accuracy = [float(right.mean()) for right in paired.right]
    wrong = np.where(paired.choices > 1, 1.0 / np.maximum(paired.choices - 1, 1), 0.0)
    expected = accuracy[0] * accuracy[1] + (1 - accuracy[0]) * (1 - accuracy[1]) * float(wrong.mean())
    return None if expected >= 1 else (float(paired.same.mean()) - expected) / (1 - expected)


def likeness(first: Answers, second: Answers) -> BehaviourLikeness:
    """Every figure of a pair."""
    paired = pair(first, second)
    both = paired.both_wrong
    count = int(both.sum())
    chances = paired.choices[both]
    guessed = float(np.mean(1 / (chances - 1))) if count and bool((chances > 1).all()) else None
    return BehaviourLikeness(
        items=len(paired.same),
        accuracy=(_mean(paired.right[0]), _mean(paired.right[1])),
        agreement=_mean(paired.same),
        both_wrong=count,
        same_wrong=_mean(paired.same[both]) if count else None,
        same_wrong_chance=guessed,
        capa=capa(paired),
    )


def matched(candidate: Answers, controls: Mapping[str, Answers], within: float = MATCHED) -> dict[str, Answers]:
    """Controls whose accuracy is near the candidate's."""
    return {name: one for name, one in controls.items() if abs(one.accuracy - candidate.accuracy) <= within}


def findings(
    suspect: Answers, candidate: Answers, name: str, controls: Mapping[str, Answers], component: Component = "text"
) -> tuple[Finding, ...]:
    """What the answers say of one candidate, set against matched controls (models known to be independent of the
    suspect).
    """
    near = matched(candidate, controls)
    found = likeness(suspect, candidate)
    if found.both_wrong < LEAST_BOTH_WRONG:
        return (_incomparable(name, component, f"only {found.both_wrong} items that both got wrong", found),)
    if len(near) < LEAST_CONTROLS:
        return (_incomparable(name, component, f"only {len(near)} controls of like accuracy", found),)
    excess = {control: same_wrong_excess(suspect, candidate, one) for control, one in near.items()}
    return (_verdict(name, component, found, excess),)


def run_findings(runs: Mapping[str, Path], candidates: Sequence[str]) -> tuple[Finding, ...]:
    """Behaviour of scored runs: `entrant`'s against each candidate's; every other run is a control.

    Nothing where no runs are given. ConfigError where the entrant's or every candidate's is missing, and for folders
    that hold no run.
    """
    if not runs:
        return ()
    named = [name for name in candidates if name in runs]
    if ENTRANT not in runs or not named:
        lacks = ENTRANT if ENTRANT not in runs else "candidate of --against"
        raise ConfigError(
            f"--samples names no run of the {lacks}", f"write --samples {ENTRANT}=RUN --samples CANDIDATE=RUN"
        )
    for name, run in runs.items():
        if not RunFolder(run).record.is_file():
            raise ConfigError(
                f"--samples {name}={run}: no scored run lies there", "give results/ROUND/runs/MODEL/RUN of a round"
            )
    known = {name: read_answers(run) for name, run in runs.items()}
    controls = {name: one for name, one in known.items() if name not in (ENTRANT, *named)}
    return tuple(found for name in named for found in findings(known[ENTRANT], known[name], name, controls))


@dataclass(frozen=True)
class Excess:
    """The pair set against one control, over the items that all three got wrong."""

    items: int
    """Items that all three got wrong."""
    share: float
    """Same answer of suspect and candidate."""
    control: float
    """Same answer of suspect and control, or of candidate and control, whichever is more."""
    p_value: float
    """McNemar's exact test, one-sided, of the pair against the closer control."""

    @property
    def filled(self) -> float:
        """Of what the control leaves open to full agreement, the share that the pair fills."""
        return (self.share - self.control) / (1 - self.control) if self.control < 1 else 0.0


def same_wrong_excess(suspect: Answers, candidate: Answers, control: Answers) -> Excess:
    """Whether suspect and candidate give the same wrong answers more often than either does with a control, on the same
    items.
    """
    ids = [
        item
        for item in sorted(suspect.right.keys() & candidate.right.keys() & control.right.keys())
        if not (suspect.right[item] or candidate.right[item] or control.right[item])
    ]
    texts = [np.array([one.response[item] for item in ids], dtype=object) for one in (suspect, candidate, control)]
    same = texts[0] == texts[1]
    rivals = [_against(same, texts[0] == texts[2]), _against(same, texts[1] == texts[2])]
    share, p_value = max(rivals, key=lambda rival: rival[1])
    return Excess(items=len(ids), share=_mean(same), control=share, p_value=p_value)


def _against(same: Flags, rival: Flags) -> tuple[float, float]:
    """The rival's share, and the one-sided exact p that the pair agrees no more often than the rival."""
    from scipy.stats import binomtest

    gained, lost = int((same & ~rival).sum()), int((~same & rival).sum())
    if gained + lost == 0:
        return _mean(rival), 1.0
    return _mean(rival), float(binomtest(gained, gained + lost, alternative="greater").pvalue)


def _verdict(name: str, component: Component, found: BehaviourLikeness, excess: Mapping[str, Excess]) -> Finding:
    """Refer where the pair exceeds every matched control by far. The p-value is the largest of all, so that choosing
    among controls needs no correction.
    """
    closest = max(excess, key=lambda control: (excess[control].p_value, excess[control].control))
    p_value = max(P_FLOOR, excess[closest].p_value)
    refer = p_value < ALPHA and min(one.filled for one in excess.values()) >= EXCESS
    share = 0.0 if found.same_wrong is None else found.same_wrong
    scale = (
        f"on the items that {closest} got wrong too, the answer is the same in {excess[closest].share:.1%}, against"
        f" {excess[closest].control:.1%} with that control, the closest of {len(excess)} of like accuracy"
    )
    tail = (
        "; likeness of behaviour is no proof of descent, since shared training data has the same effect"
        if refer
        else ""
    )
    return Finding(
        component=component,
        candidate=name,
        method=METHOD,
        strength="refer" if refer else "no_evidence",
        statement=(
            f"of {found.both_wrong:,} items that both models got wrong, {share:.1%} have the same wrong answer;"
            f" {scale}{tail}"
        ),
        statistic="same wrong answer given both wrong",
        value=found.same_wrong,
        p_value=p_value,
        details={**found.model_dump(mode="json"), "controls": {key: asdict(one) for key, one in excess.items()}},
    )


def _incomparable(name: str, component: Component, why: str, found: BehaviourLikeness) -> Finding:
    return Finding(
        component=component,
        candidate=name,
        method=METHOD,
        strength="not_comparable",
        statement=f"answers cannot be compared: {why}",
        details=found.model_dump(mode="json"),
    )


def _mean(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else 0.0
