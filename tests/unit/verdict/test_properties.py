"""What holds whatever the scores."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.verdict import decide
from tests.unit.verdict.rounds import floor, ratio_to, right, round_of, single

N = 12
NAMES = ("a", "b", "c")
WORTH = {"eliminate": 0, "undecided": 1, "incomplete": 1, "advance": 2}

answers = st.lists(st.sampled_from([0.0, 1.0]), min_size=N, max_size=N)
fields = st.fixed_dictionaries(dict.fromkeys((*NAMES, "ref"), answers))
keeps = st.integers(1, 3)
policies = st.sampled_from(["report", "point_estimate"])


def verdicts(names: tuple[str, ...], scores: dict[str, list[float]], keep: int, policy: str) -> dict:
    gates = [floor(0.3), ratio_to("ref", 0.9)]
    round_ = round_of(names, gates=gates, keep=keep, references=["ref"], items=N, on_undecided=policy, resamples=100)
    return decide(round_, single(round_, scores))[0]


@settings(max_examples=30, deadline=None)
@given(fields, keeps, policies)
def test_every_entrant_has_one_decision_and_the_order_does_not_matter(scores: dict, keep: int, policy: str) -> None:
    forwards = verdicts(NAMES, scores, keep, policy)
    backwards = verdicts(NAMES[::-1], scores, keep, policy)
    assert set(forwards) == set(NAMES)
    assert forwards == backwards


@settings(max_examples=30, deadline=None)
@given(fields, keeps, st.permutations(NAMES))
def test_names_do_not_matter(scores: dict, keep: int, others: list[str]) -> None:
    renamed = dict(zip(NAMES, others, strict=True))
    moved = {renamed.get(name, name): given_ for name, given_ in scores.items()}
    before, after = verdicts(NAMES, scores, keep, "report"), verdicts(NAMES, moved, keep, "report")
    assert all(before[name].decision == after[renamed[name]].decision for name in NAMES)


@settings(max_examples=30, deadline=None)
@given(fields, keeps, st.integers(0, N - 1))
def test_a_better_answer_never_worsens_the_decision_by_rule(scores: dict, keep: int, item: int) -> None:
    better = scores | {"a": [1.0 if i == item else score for i, score in enumerate(scores["a"])]}
    before, after = (verdicts(NAMES, each, keep, "report")["a"].decision_by_rule for each in (scores, better))
    assert WORTH[after] >= WORTH[before]


@settings(max_examples=30, deadline=None)
@given(fields, keeps, policies, st.sampled_from((*NAMES, "ref")))
def test_missing_evidence_never_lets_anyone_advance(scores: dict, keep: int, policy: str, lost: str) -> None:
    full = verdicts(NAMES, scores, keep, policy)
    rest = verdicts(NAMES, {name: given_ for name, given_ in scores.items() if name != lost}, keep, policy)
    advancing = {name for name in NAMES if rest[name].decision == "advance"}
    assert advancing <= {name for name in NAMES if full[name].decision == "advance"}
    assert lost == "ref" or rest[lost].decision == "incomplete"


@settings(max_examples=30, deadline=None)
@given(fields, keeps)
def test_what_the_intervals_settle_agrees_with_the_rule(scores: dict, keep: int) -> None:
    for result in verdicts(NAMES, scores, keep, "report").values():
        if result.decision in ("advance", "eliminate"):
            assert result.decision == result.decision_by_rule


def test_equal_scores_give_equal_decisions() -> None:
    results = verdicts(NAMES, dict.fromkeys((*NAMES, "ref"), right(8, N)), 2, "report")
    assert {result.decision for result in results.values()} == {"undecided"}
