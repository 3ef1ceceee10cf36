"""What was learned anew beside a reused part is not taken for reused itself."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from harness.audit.finding import Finding
from harness.audit.neighbours import tempered
from harness.audit.pair import Pair
from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written
from tests.zoo import attacks

UNTIED = cast(Pair, SimpleNamespace(ours=SimpleNamespace(anatomy=SimpleNamespace(head="lm_head.weight"))))
TIED = cast(Pair, SimpleNamespace(ours=SimpleNamespace(anatomy=SimpleNamespace(head=None))))


def found(component: str, method: str = "weights", strength: str = "derived", **details: object) -> Finding:
    return Finding.model_validate(
        {"component": component, "candidate": "a", "method": method, "strength": strength, "statement": "s",
         "details": details}
    )  # fmt: skip


TEXT = found("text", frame="as stored")
TURNED = found("text", "matching", frame="by layers")


@pytest.mark.parametrize(
    ("beside", "finding", "strength"),
    [
        ([TEXT], found("head", closeness=0.28, least=0.1), "no_evidence"),  # learned anew on reused embeddings
        ([TEXT], found("head", closeness=0.77, least=0.4), "refer"),  # learned anew on a reused text and embeddings
        ([TEXT], found("head", closeness=0.73, least=0.58), "derived"),  # half of it, mixed with another model's
        ([TEXT], found("head", closeness=0.95, least=0.3), "derived"),
        ([], found("head", closeness=0.28, least=0.1), "derived"),  # nothing beside it: its order was arbitrary
        ([TEXT], found("embeddings", closeness=0.45, least=0.1), "derived"),
        ([TEXT], found("embeddings", closeness=0.02, least=0.0), "no_evidence"),
        ([TEXT], found("projector", closeness=0.8), "refer"),
        ([TEXT], found("projector", closeness=0.5), "no_evidence"),
        ([TURNED], found("head", closeness=0.05, least=0.0), "derived"),  # another basis: what is stored says nothing
        ([TURNED], found("head", "turned", closeness=0.9, least=0.5), "derived"),
        ([], found("head", "turned", closeness=0.9, least=0.5), "no_evidence"),
        ([], found("head", "alignment", one_width=False), "no_evidence"),
        ([TEXT], found("head", "alignment", one_width=False), "derived"),
        ([TEXT], found("head", "census", closeness=0.0), "derived"),
    ],
)  # fmt: skip
def test_a_table_is_weighed_by_what_beside_it_is_the_candidate_s(
    beside: list[Finding], finding: Finding, strength: str
) -> None:
    assert tempered(UNTIED, [*beside, finding])[-1].strength == strength


def test_tied_embeddings_are_weighed_as_the_head_that_they_are() -> None:
    table = found("embeddings", closeness=0.5, least=0.1)
    assert tempered(UNTIED, [TEXT, table])[-1].strength == "derived"
    assert tempered(TIED, [TEXT, table])[-1].strength == "no_evidence"


def test_a_head_beside_reused_embeddings_is_not_accused(tmp_path: Path) -> None:
    """The head as training leaves it there: a little of the other's in every direction."""
    rng = np.random.default_rng(0)
    theirs, ours = fresh(1), fresh(5)
    ours["model.embed_tokens.weight"] = attacks.noise(theirs, 0.2, rng)["model.embed_tokens.weight"]
    head = "lm_head.weight"
    ours[head] = (0.3 * theirs[head] + ours[head]).astype(np.float32)
    report = audited(written(tmp_path / "ours", ours), theirs=written(tmp_path / "theirs", theirs))
    parts = ("text", "embeddings", "head")
    assert [concluded(report, "theirs")[part] for part in parts] == ["no_evidence", "derived", "no_evidence"]
    (order,) = (one for one in report.findings if one.component == "head" and one.method == "weights")
    assert order.value is not None
    assert order.value > 0.9  # its dimensions do stand in the other's order
    assert "comes to resemble it too" in order.statement


def test_renumbered_and_turned_tokens_are_found_beside_a_text_that_descends(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weights = attacks.rotate(attacks.permute_units(fresh(1), SHAPE, rng), SHAPE, rng)
    copy = written(tmp_path / "copy", attacks.shuffle_tokens(weights, rng))
    others = {name: written(tmp_path / name, fresh(seed)) for name, seed in (("parent", 1), ("stranger", 2))}
    report = audited(copy, **others)
    assert {concluded(report, "parent")[part] for part in ("text", "embeddings", "head")} == {"derived"}
    assert {concluded(report, "stranger")[part] for part in ("text", "embeddings", "head")} == {"no_evidence"}
