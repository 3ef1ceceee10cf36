"""Who made the models of an audit: the committee's file goes before the configs, and nobody is guessed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.cli import main
from harness.config import load_model
from harness.errors import ConfigError
from harness.findings import AuditReport, Party
from harness.run.parties import named_parties
from tests.conftest import PROJECT
from tests.unit.audit.models import SHAPE, fresh, written
from tests.unit.audit.test_descent import disguised

CONFIGS = PROJECT / "configs"


def parties(*names: str, owners: Path | None = None, entrant: str | None = None) -> dict[str, Party]:
    return named_parties(names, owners, entrant, CONFIGS)


def test_a_candidate_that_the_configs_know_has_their_owner() -> None:
    found = parties("glm_4_5_air", "smollm2_135m", "nobody_knows_it")
    assert {name: (party.owner, party.country, party.licence) for name, party in found.items()} == {
        "glm_4_5_air": ("Zhipu AI", "CN", "MIT"),
        "smollm2_135m": ("Hugging Face (HuggingFaceTB)", "US", "Apache-2.0"),
    }


def test_the_entrant_is_that_of_the_config_named() -> None:
    assert (
        parties(entrant="solar_open_100b")["entrant"].owner
        == load_model("solar_open_100b", CONFIGS, ("entrant",)).owner
    )  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match=r"--entrant none: there is no configs/entrant/none\.yaml"):
        parties(entrant="none")


def test_the_file_of_owners_goes_before_the_configs(tmp_path: Path) -> None:
    file = tmp_path / "owners.yaml"
    file.write_text("glm_4_5_air: {owner: Somebody, country: KR}\nentrant: {owner: 나래 AI, country: KR}\n")
    found = parties("glm_4_5_air", owners=file, entrant="solar_open_100b")
    assert found["glm_4_5_air"] == Party(owner="Somebody", country="KR")
    assert found["entrant"] == Party(owner="나래 AI", country="KR")


WRONG = {
    "no mapping": ("- a\n", "holds no names"),
    "no YAML": ("a: [", "cannot be read"),
    "no owner": ("x: {country: KR}", "cannot be read"),
    "an unknown key": ("x: {owner: A, contry: KR}", "cannot be read"),
    "a stranger": ("y: {owner: A}", "names y, which take no part in this audit"),
    "another encoding": (b"x: {owner: \xff\xfe}", "cannot be read"),
    "an alias without end": ("x: &x {owner: *x}", "cannot be read"),
}


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG)
def test_a_file_of_owners_that_is_none_is_one_message(content: str | bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "owners.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError, match=message):
        parties("x", owners=file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        parties("x", owners=tmp_path / "gone.yaml")


def audited(tmp_path: Path, owners: str) -> AuditReport:
    parent = written(tmp_path / "parent", fresh(1))
    copy = written(tmp_path / "copy", disguised(fresh(1), SHAPE, np.random.default_rng(0)))
    (tmp_path / "owners.yaml").write_text(owners)
    out = tmp_path / "audit.json"
    given = ["--against", f"parent={parent}", "--owners", str(tmp_path / "owners.yaml"), "--out", str(out)]
    assert main(["audit", str(copy), *given]) == 0
    return AuditReport.model_validate(json.loads(out.read_text()))


@pytest.mark.parametrize(
    ("owner", "lineage", "said"),
    [
        ("Narae AI", "own", "parent is the entrant's own: own lineage, not foreign descent."),
        ("Elsewhere", "foreign", "beyond what independent models show."),
    ],
)
def test_the_record_says_whose_model_it_descends_from(owner: str, lineage: str, said: str, tmp_path: Path) -> None:
    owners = f"entrant: {{owner: Narae AI, country: KR}}\nparent: {{owner: {owner}, country: KR}}\n"
    report = audited(tmp_path, owners)
    text = next(one for one in report.conclusions if one.component == "text")
    assert (text.conclusion, text.lineage, text.owner, text.country) == ("derived", lineage, owner, "KR")
    assert text.reason.endswith(said)
    assert text.value is not None
    assert report.checkpoint.party == Party(owner="Narae AI", country="KR")


def test_without_owners_the_lineage_is_unknown(tmp_path: Path) -> None:
    report = audited(tmp_path, "parent: {owner: Elsewhere}")
    assert {one.lineage for one in report.conclusions} == {"unknown"}


def test_a_candidate_may_not_be_called_entrant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "x", fresh(1))
    assert main(["audit", str(folder), "--against", f"entrant={folder}", "--out", str(tmp_path / "o.json")]) == 2
    assert "entrant is the name of the checkpoint itself" in capsys.readouterr().err
