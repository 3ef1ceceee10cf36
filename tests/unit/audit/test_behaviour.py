"""Copies err alike, models trained on the same data do not err alike enough to be referred."""

from __future__ import annotations

import numpy as np
import pytest

from harness.audit import behaviour
from harness.audit.behaviour import Answers, answers, capa, findings, likeness, pair
from harness.records import Sample

CHOICES = 4


def model(rng, hardness, attractor, strength: float, pull: float) -> Answers:
    """Right by ability and difficulty; when wrong, drawn with chance `pull` to what its data suggests."""
    count = len(hardness)
    right = rng.random(count) < 1 / (1 + np.exp(hardness - strength))
    wrong = np.where(rng.random(count) < pull, attractor, rng.integers(1, CHOICES, count))
    return recorded(np.where(right, 0, wrong))


def recorded(given) -> Answers:
    """Choice 0 is right."""
    ids = [f"t/{n:05d}" for n in range(len(given))]
    return Answers(
        response={i: str(g) for i, g in zip(ids, given, strict=True)},
        right={i: bool(g == 0) for i, g in zip(ids, given, strict=True)},
        choices=dict.fromkeys(ids, CHOICES),
    )


def copy(rng, original: Answers, changed: float) -> Answers:
    """The same answers but for a share that is answered anew."""
    given = np.array([int(answer) for answer in original.response.values()])
    return recorded(np.where(rng.random(len(given)) < changed, rng.integers(0, CHOICES, len(given)), given))


def world(seed: int, items: int = 1000, pull: float = 0.5):
    """A candidate and four controls, all trained apart on the same data."""
    rng = np.random.default_rng(seed)
    hardness, attractor = rng.normal(0.5, 1.2, items), rng.integers(1, CHOICES, items)
    models = [model(rng, hardness, attractor, 0.3, pull) for _ in range(6)]
    return rng, models[0], models[1], {f"control{n}": one for n, one in enumerate(models[2:])}


@pytest.mark.parametrize("pull", [0.0, 0.3, 0.6, 0.9])
def test_models_trained_apart_on_the_same_data_are_never_referred(pull):
    strengths = set()
    for seed in range(15):
        _, suspect, candidate, controls = world(seed, pull=pull)
        (found,) = findings(suspect, candidate, "other", controls)
        strengths.add(found.strength)
    assert strengths == {"no_evidence"}


def test_sharing_data_with_the_candidate_alone_is_not_enough_to_be_referred():
    """Controls that learned from other data: the p-value is tiny, the likeness still far from a copy's."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        hardness = rng.normal(0.5, 1.2, 1500)
        ours, theirs = rng.integers(1, CHOICES, (2, 1500))
        suspect, candidate = (model(rng, hardness, ours, 0.3, 0.6) for _ in range(2))
        controls = {f"c{n}": model(rng, hardness, theirs, 0.3, 0.6) for n in range(4)}
        (found,) = findings(suspect, candidate, "other", controls)
        assert found.strength == "no_evidence"


@pytest.mark.parametrize("changed", [0.0, 0.05, 0.15])
def test_the_same_right_and_wrong_answers_are_referred_and_never_convict(changed):
    rng, _, candidate, controls = world(1)
    (found,) = findings(copy(rng, candidate, changed), candidate, "other", controls)
    assert found.strength == "refer"
    assert found.p_value is not None
    assert found.p_value < 1e-6
    assert "no proof of descent" in found.statement


def test_capa_is_one_for_copies_and_zero_for_uniform_independent_errors():
    """kappa = (c_obs - c_exp) / (1 - c_exp), by hand: two models, half right, four choices."""
    rng = np.random.default_rng(0)
    first, second = (
        recorded(np.where(rng.random(20_000) < 0.5, 0, rng.integers(1, CHOICES, 20_000))) for _ in range(2)
    )
    assert capa(pair(first, second)) == pytest.approx(0.0, abs=0.02)
    assert capa(pair(first, first)) == pytest.approx(1.0)
    half = recorded(np.array([0, 0, 1, 2]))
    other = recorded(np.array([0, 1, 1, 3]))
    expected = 0.5 * 0.25 + 0.5 * 0.75 / 3
    assert capa(pair(half, other)) == pytest.approx((0.5 - expected) / (1 - expected))


def test_failed_answers_are_missing_not_alike():
    def sample(item: str, outcome: str, response: str | None) -> Sample:
        score = None if outcome == "failed" else float(outcome == "correct")
        return Sample(
            item_id=item,
            repeat=0,
            outcome=outcome,
            score=score,
            target="A",
            response=response,
            cluster=None,
            prompt_sha256="0" * 64,
        )

    rows = [
        sample("1", "failed", None),
        sample("2", "wrong", " B "),
        sample("3", "correct", "A"),
        sample("4", "unparsed", None),
    ]
    found = answers(rows)
    assert found.response == {"2": "B", "3": "A"}
    assert likeness(found, found).items == 2


def test_empty_generations_are_missing_too():
    row = Sample(
        item_id="1",
        repeat=0,
        outcome="wrong",
        score=0.0,
        target="A",
        response="  ",
        cluster=None,
        prompt_sha256="0" * 64,
    )
    assert answers([row]).response == {}


def test_the_p_value_of_exchangeable_models_is_a_p_value():
    """The largest over the controls is conservative: at most one in twenty lies below 0.05."""
    values = []
    for seed in range(60):
        _, suspect, candidate, controls = world(seed, items=500, pull=0.5)
        found = findings(suspect, candidate, "other", controls)[0].p_value
        assert found is not None
        values.append(found)
    assert np.mean(np.array(values) < 0.05) <= 0.05


def test_too_few_controls_or_errors_compare_nothing():
    _, suspect, candidate, controls = world(3)
    few = dict(list(controls.items())[:2])
    assert findings(suspect, candidate, "other", few)[0].strength == "not_comparable"
    _, suspect, candidate, controls = world(3, items=30)
    assert findings(suspect, candidate, "other", controls)[0].strength == "not_comparable"


def test_controls_of_other_capability_are_left_out():
    rng = np.random.default_rng(0)
    hardness, attractor = rng.normal(0, 1, 500), rng.integers(1, CHOICES, 500)
    strong, weak = (model(rng, hardness, attractor, strength, 0.5) for strength in (3.0, -1.0))
    assert behaviour.matched(strong, {"weak": weak}) == {}
