"""`harness decide` on rounds whose figures are imported: the known answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.environment import ROOT


def decided(name: str, results: Path, *more: str) -> tuple[int, dict[str, Any]]:
    code = main(["decide", f"round={name}", f"results={results}", *more])
    return code, json.loads((results / name / "round.json").read_text(encoding="utf-8"))


def decisions(record: dict[str, Any]) -> dict[str, str]:
    return {name: entrant["decision"] for name, entrant in record["entrants"].items()}


def test_round_2_eliminates_motif_by_its_second_hand_totals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, record = decided("round2", tmp_path)
    assert (code, record["status"], record["official"]) == (0, "complete", False)
    assert decisions(record) == {
        "ax_k2": "advance",
        "solar_open_2_250b": "advance",
        "k_exaone_2_750b": "advance",
        "motif_3": "eliminate",
    }
    motif = record["entrants"]["motif_3"]
    assert motif["total"] == {"value": 65.8, "low": None, "high": None, "level": None, "n": None, "effective": None}
    assert motif["gates"]["independence"]["kind"] == "imported"
    assert [flip["count"] for flip in motif["flips"]] == [3.2]
    assert "Motif 3 (in doubt) is eliminated" in capsys.readouterr().out.replace("\n", " ")
    assert main(["verify", str(tmp_path / "round2")]) == 0


def test_round_1_knows_one_total_and_names_what_was_never_published(tmp_path: Path) -> None:
    code, record = decided("round1", tmp_path)
    assert (code, record["status"]) == (3, "incomplete")
    assert set(decisions(record).values()) == {"incomplete"}
    totals = {name: entrant["total"] for name, entrant in record["entrants"].items()}
    assert totals.pop("k_exaone_236b")["value"] == pytest.approx(90.2)
    assert set(totals.values()) == {None}
    unpublished = record["entrants"]["ax_k1"]["reasons"][0]
    assert unpublished["facts"]["items"] == ["common", "individual", "expert", "user"]


def test_the_fictional_round_exercises_everything(tmp_path: Path) -> None:
    code, record = decided("fictional", tmp_path)
    assert (code, record["status"], record["demo"]) == (0, "complete", True)
    assert decisions(record) == {
        "baram": "advance",
        "narae": "held",
        "haneul": "advance",
        "miru": "advance",
        "noeul": "eliminate",
        "dasom": "disqualify",
    }
    assert record["entrants"]["haneul"]["total"]["value"] == record["entrants"]["miru"]["total"]["value"]
    assert record["entrants"]["noeul"]["p_last"] == 1.0
    assert len(record["inputs"]) == 10
    assert record["panels"]["user"]["missing"] == {"user 24": 1}
    assert record["panels"]["expert"]["alpha"]["value"] > 0.7
    assert main(["verify", str(tmp_path / "fictional")]) == 0
    page = (tmp_path / "fictional" / "report.html").read_text(encoding="utf-8")
    assert "held until people rule on it" in page
    assert "What would reverse it" in page


def test_a_ruling_settles_what_was_held(tmp_path: Path) -> None:
    _, record = decided("fictional", tmp_path)
    finding = record["entrants"]["narae"]["gates"]["independence"]["reason"]["facts"]["finding"]
    ruling = tmp_path / "ruling.yaml"
    ruling.write_text(
        f"entrant: narae\nfindings: [{finding}]\ndecision: disqualified\nreply: It was a strategic choice.\n"
        "who: the committee\nwhen: 2027-01-11\n",
        encoding="utf-8",
    )
    _, after = decided("fictional", tmp_path, f"rulings=[{ruling}]")
    assert decisions(after)["narae"] == "disqualify"


def test_a_changed_copy_of_an_input_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decided("round2", tmp_path)
    (copy,) = (tmp_path / "round2" / "inputs").iterdir()
    copy.write_text(copy.read_text(encoding="utf-8").replace("65.8", "69.5"), encoding="utf-8")
    assert main(["verify", str(tmp_path / "round2")]) == 4
    assert "its digest is another one" in capsys.readouterr().out


def test_nothing_is_served_where_all_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "round=round2", f"results={tmp_path}"]) == 2
    assert "run `harness decide round=round2`" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["demo", "round1", "round2", "final_draft", "fictional"])
def test_every_round_is_planned(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", f"round={name}"]) == 0
    assert capsys.readouterr().out.startswith(f"round {name}")


def test_a_panel_mistake_stops_before_anything_is_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = (ROOT / "configs/imported/fictional_experts.csv").read_text(encoding="utf-8")
    broken = tmp_path / "experts.csv"
    broken.write_text(given + "expert 01,baram,plan,8\n", encoding="utf-8")
    code = main(["decide", "round=fictional", f"results={tmp_path}", f"rules.items.1.source.file={broken}"])
    assert code == 2
    assert "twice" in capsys.readouterr().err
