"""A round that audits its entrants itself: who copied is out, whatever the score; whoever did not is not touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from rich.console import Console

from harness.audit import sketch_checkpoint
from harness.audit.audit import audit
from harness.errors import CheckpointError, ConfigError
from harness.plan import Audit, DirectorySource, RemoteEngine, Round, SketchSource
from harness.report import write_report
from harness.report.page import render
from harness.run import Concluded, Screen, audits, decide_round, evaluate_round, verified
from harness.run.audits import against, audit_entrants, audited
from harness.run.round import prepare_model
from harness.store import AuditFolder, Results, RoundFolder
from harness.story import read_story
from harness.tracking.entries import model_entry
from tests.copying import copying_round

WEIGHTS = ["text", "vision", "audio", "projector", "embeddings", "head"]
POLICY = [
    {"components": WEIGHTS, "relations": ["derived"], "lineage": "foreign", "ruling": "forbidden"},
    {"components": ["tokenizer", "code"], "relations": ["derived", "refer"], "ruling": "allowed"},
    {"relations": ["refer"], "ruling": "forbidden"},
    {"relations": ["derived", "no_evidence", "not_comparable"], "ruling": "allowed"},
]


def audited_round(folder: Path, *, owner: str = "nobody", policy: list[dict[str, Any]] = POLICY, **gate: Any) -> Round:
    """`able` made its own weights; `copy`, who scores as well, disguised those of `origin`, by the owner given."""
    round_ = copying_round(folder, {"able": 1.0, "copy": 1.0, "origin": 1.0}, references=("origin",))
    content = round_.model_dump()
    _, copy = content["entrants"]
    (origin,) = content["references"]
    origin |= {"owner": owner, "country": "US", "title": "The Origin"}
    recipe = {"recipe": "tasks.demo.entrants.disguise", "settings": {"seed": 3, "noise": 0.01}}
    copy["source"] = {"kind": "recipe", "of": origin["source"], **recipe}
    independence = {"kind": "independence", "name": "independence", "automatic": True, "policy": policy, **gate}
    content["rules"]["gates"] = [*content["rules"]["gates"], independence]
    return Round.model_validate({**content, "audit": {"candidates": [origin]}})


@pytest.fixture
def said() -> StringIO:
    return StringIO()


@pytest.fixture
def screen(said: StringIO) -> Screen:
    return Screen(Console(file=said, width=200))


@pytest.fixture
def run(tmp_path: Path, project: Path, screen: Screen) -> Callable[[Round], Concluded]:
    return lambda round_: evaluate_round(round_, root=project, cache=tmp_path / "cache", screen=screen)


Run = Callable[[Round], Concluded]


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, project: Path) -> tuple[Round, Concluded]:
    """The round with a foreign origin, decided: read, or copied before it is spoiled."""
    folder = tmp_path_factory.mktemp("decided")
    round_ = foreign(folder)
    screen = Screen(Console(file=StringIO(), width=200))
    return round_, evaluate_round(round_, root=project, cache=folder / "cache", screen=screen)


@pytest.fixture
def spoiled(decided: tuple[Round, Concluded], tmp_path: Path) -> RoundFolder:
    """A copy of its folder."""
    return RoundFolder(shutil.copytree(decided[1].folder.path, tmp_path / "spoiled"))


def with_owner(round_: Round, owner: str) -> Round:
    """The same round with another owner of the origin."""
    content = round_.model_dump()
    for model in (*content["references"], *content["audit"]["candidates"]):
        model["owner"] = owner
    return Round.model_validate(content)


def foreign(tmp_path: Path, **changes: Any) -> Round:
    return audited_round(tmp_path, owner="Somebody Else", **changes)


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def audit_of(folder: RoundFolder, entrant: str) -> AuditFolder:
    (found,) = folder.audits(entrant)
    return found


def test_a_disguised_copy_is_disqualified_although_it_scores_like_its_origin(decided: tuple[Round, Concluded]) -> None:
    record = decided[1].record
    able, copy = record.entrants["able"], record.entrants["copy"]
    assert record.status == "complete"
    assert (able.decision, copy.decision) == ("advance", "disqualify")
    assert copy.total == record.references["origin"].total
    assert able.gates["independence"].outcome == "pass"
    reasons = [copy.gates["independence"].reason, *copy.gates["independence"].further]
    found = {reason.facts["component"] for reason in reasons if reason.code == "independence_forbidden"}
    assert found == {"text", "embeddings", "head"}
    assert all("The Origin (Somebody Else, US): derived" in reason.text for reason in reasons)


def test_a_round_with_audits_is_verified_and_repeated_byte_for_byte(
    decided: tuple[Round, Concluded], project: Path, screen: Screen, said: StringIO
) -> None:
    round_, first = decided
    assert verified(first.folder.path) == []
    before = {path: path.read_bytes() for path in first.folder.path.rglob("*") if path.is_file()}
    cache = first.folder.path.parents[1] / "cache"
    evaluate_round(round_, root=project, cache=cache, screen=screen)
    assert {path: path.read_bytes() for path in first.folder.path.rglob("*") if path.is_file()} == before
    assert "Copy: audit complete, reused" in said.getvalue()


def test_a_decision_from_the_records_takes_the_audits_too(
    decided: tuple[Round, Concluded], project: Path, screen: Screen
) -> None:
    round_, first = decided
    before = first.folder.record.read_bytes()
    assert decide_round(round_, root=project, screen=screen).record.entrants["copy"].decision == "disqualify"
    assert first.folder.record.read_bytes() == before
    first.folder.record.unlink()
    decide_round(round_, root=project, screen=screen)
    assert first.folder.record.read_bytes() == before


def test_a_decision_under_other_owners_asks_for_another_audit(
    decided: tuple[Round, Concluded], project: Path, screen: Screen
) -> None:
    round_ = with_owner(decided[0], "A Third")
    with pytest.raises(ConfigError, match="against other candidates or owners than this round names: origin"):
        decide_round(round_, root=project, screen=screen)


def test_descent_from_a_model_of_ones_own_is_allowed_and_said(tmp_path: Path, run: Run) -> None:
    concluded = run(audited_round(tmp_path, owner="nobody"))
    assert concluded.record.entrants["copy"].decision == "advance"
    report = audit_of(concluded.folder, "copy").read_record()
    text = next(one for one in report.conclusions if one.component == "text")
    assert (text.conclusion, text.lineage, text.owner) == ("derived", "own", "nobody")
    assert text.reason.endswith("origin is the entrant's own: own lineage, not foreign descent.")


POLICIES: list[tuple[dict[str, Any], str, str]] = [
    ({"automatic": False}, "held", "independence_found"),
    ({"policy": [{**POLICY[0], "country": "other"}, *POLICY[1:]]}, "disqualify", "independence_forbidden"),
    ({"policy": [{**POLICY[0], "country": "same"}, *POLICY[1:]]}, "advance", "independence_pass"),
]


@pytest.mark.parametrize(("gate", "decision", "code"), POLICIES)
def test_the_rules_say_what_descent_means(
    decided: tuple[Round, Concluded], spoiled: RoundFolder, project: Path, screen: Screen, tmp_path: Path,
    gate: dict[str, Any], decision: str, code: str,
) -> None:  # fmt: skip
    content = decided[0].model_dump(mode="json")
    content["rules"]["gates"][-1] |= gate
    content |= {"results": str(tmp_path), "name": "spoiled"}
    spoiled.record.unlink()
    entrant = decide_round(Round.model_validate(content), root=project, screen=screen).record.entrants["copy"]
    assert entrant.decision == decision
    assert code in {reason.code for reason in entrant.reasons}


def test_an_entrant_is_not_held_against_itself(decided: tuple[Round, Concluded]) -> None:
    round_ = decided[0]
    assert round_.audit is not None
    candidates = (*round_.audit.candidates, round_.entrants[0])
    both = round_.model_copy(update={"audit": round_.audit.model_copy(update={"candidates": candidates})})
    named = {model.name: [one.name for one in against(both, model)] for model in both.entrants}
    assert named == {"able": ["origin"], "copy": ["origin", "able"]}


def test_an_entrant_that_somebody_else_serves_is_not_audited(decided: tuple[Round, Concluded]) -> None:
    remote = RemoteEngine(kind="remote", url="http://host:8000", served_model="x", max_model_len=512)
    round_ = decided[0].model_copy(update={"engines": {**decided[0].engines, "copy": remote}})
    assert [model.name for model in audited(round_)] == ["able"]


def test_without_any_audit_the_verdict_is_incomplete(
    decided: tuple[Round, Concluded], spoiled: RoundFolder, project: Path, screen: Screen, tmp_path: Path
) -> None:
    round_ = decided[0].model_copy(update={"audit": None, "results": str(tmp_path), "name": "spoiled"})
    record = decide_round(round_, root=project, screen=screen).record
    assert (record.status, record.entrants["copy"].decision) == ("incomplete", "incomplete")
    assert {reason.code for reason in record.entrants["copy"].reasons} == {"no_audit"}


def test_a_candidate_that_cannot_be_read_stops_the_round_before_anything_is_served(tmp_path: Path, run: Run) -> None:
    round_ = foreign(tmp_path)
    assert round_.audit is not None
    (origin,) = round_.audit.candidates
    bad = origin.model_copy(update={"name": "gone", "source": DirectorySource(kind="directory", path="no/such")})
    with pytest.raises(CheckpointError, match="does not exist"):
        run(round_.model_copy(update={"audit": round_.audit.model_copy(update={"candidates": (bad,)})}))
    assert not list((tmp_path / "results").rglob("record.json"))


@pytest.fixture
def audit_all(tmp_path: Path, project: Path, screen: Screen) -> Callable[[Round], Round]:
    """The audits of a round alone; nothing is served."""

    def run(round_: Round) -> Round:
        cache = tmp_path / "cache"
        found = {model.name: prepare_model(round_, model, project, cache, screen) for model in round_.served}
        return audit_entrants(round_, found, root=project, cache=cache, results=Results(tmp_path), screen=screen)

    return run


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("too deep"), ValueError("no such token")])
def test_an_audit_that_fails_names_its_entrant_and_the_others_are_kept(
    error: Exception,
    tmp_path: Path,
    audit_all: Callable[[Round], Round],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails_for_able(*given: Any, name: str, **more: Any) -> Any:
        if name == "able":
            raise error
        return audit(*given, name=name, **more)

    monkeypatch.setattr(audits, "audit", fails_for_able)
    with pytest.raises(CheckpointError, match=f"able in .* could not be audited: {type(error).__name__}"):
        audit_all(foreign(tmp_path))
    assert [path.parent.parent.name for path in tmp_path.rglob("audits/*/*/audit.json")] == ["copy"]


def test_code_that_changed_anywhere_in_a_checkpoint_is_audited_again(
    tmp_path: Path, audit_all: Callable[[Round], Round]
) -> None:
    round_ = foreign(tmp_path)
    able = next(model for model in round_.entrants if model.name == "able")
    assert isinstance(able.source, DirectorySource)
    folder, made = Path(able.source.path), set()
    (folder / "below").mkdir()
    for name in ("below/modeling_able.py", "notice_able.py"):
        for content in ("x = 1", "x = 2"):
            (folder / name).write_text(content)
            made.add(audit_all(round_).audits["able"])
    assert len(made) == 4
    assert audit_all(round_).audits["able"][0] in {name for names in made for name in names}


def test_a_sketched_candidate_sends_the_copy_to_experts(tmp_path: Path, run: Run) -> None:
    round_ = foreign(tmp_path)
    (origin,) = round_.references
    path = tmp_path / "origin.sketch"
    assert isinstance(origin.source, DirectorySource)
    sketch_checkpoint(Path(origin.source.path), path, 5, lambda _: None)
    sketched = origin.model_copy(update={"name": "sketched", "source": SketchSource(kind="sketch", path=str(path))})
    audit = Audit(candidates=(sketched,))
    concluded = run(round_.model_copy(update={"audit": audit}))
    assert concluded.record.entrants["copy"].decision == "held"
    assert concluded.record.entrants["able"].decision == "advance"
    assert {reason.facts.get("relation") for reason in concluded.record.entrants["copy"].reasons} >= {"refer"}
    assert verified(concluded.folder.path) == []


def test_a_sketch_is_no_entrant(tmp_path: Path) -> None:
    content = foreign(tmp_path).model_dump(mode="json")
    content["entrants"][0]["source"] = {"kind": "sketch", "path": "x.sketch"}
    with pytest.raises(ValidationError, match="able: a sketch can only be a candidate of the audit"):
        Round.model_validate(content)


TAMPERED: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (lambda report: report["conclusions"][0].update(conclusion="no_evidence"), "recomputed 'derived'"),
    (lambda report: report["conclusions"].pop(0), "no conclusion recorded, recomputed 'derived'"),
    (lambda report: report["findings"][0].update(value=0.5), "its digest is another one"),
]


@pytest.mark.parametrize(("change", "discrepancy"), TAMPERED)
def test_verify_names_an_audit_that_was_changed(
    spoiled: RoundFolder, change: Callable[[dict[str, Any]], None], discrepancy: str
) -> None:
    for path in (audit_of(spoiled, "copy").record, *spoiled.inputs.glob("*.json")):
        if "derived" in path.read_text(encoding="utf-8"):
            edited(path, change)
    assert discrepancy in "\n".join(verified(spoiled.path))


def test_verify_names_an_audit_of_other_weights_than_those_served(spoiled: RoundFolder) -> None:
    manifest = audit_of(spoiled, "able").manifest
    edited(manifest, lambda content: content["identity"]["entrant"]["files"].update({"config.json": "0" * 64}))
    assert "its files are not those that were served" in "\n".join(verified(spoiled.path))


def test_the_report_tells_it_in_both_languages_and_leads_to_the_audit(decided: tuple[Round, Concluded]) -> None:
    folder = decided[1].folder
    page = audit_of(folder, "copy").page
    link = page.relative_to(folder.path).as_posix()
    told = {"en": render(read_story(folder), "en"), "ko": render(read_story(folder), "ko")}
    assert page.is_file()
    assert all(f'href="{link}"' in text for text in told.values())
    assert "Copy is disqualified" in told["en"]
    assert "Text trunk, token embeddings and output head of Copy: derived from origin" in told["en"]
    assert "실격: Copy" in told["ko"]
    assert "Copy의 언어 모델 본체, 토큰 임베딩, 출력 헤드: origin에서 파생" in told["ko"]
    assert "독자성: 언어 모델 본체, The Origin (Somebody Else, US): 파생" in told["ko"]


def test_mlflow_has_the_gate_the_reasons_and_the_page(decided: tuple[Round, Concluded]) -> None:
    story = read_story(decided[1].folder)
    copy = next(model for model in story.models if model.name == "copy")
    entry = model_entry(story, copy, "ko")
    assert entry.tags["gate.independence"] == "fail"
    assert entry.tags["decision"] == "disqualify"
    assert audit_of(decided[1].folder, "copy").page in entry.files
    assert "독자성: 언어 모델 본체, The Origin" in entry.note({})


def test_another_language_renders_the_page_of_the_audit_anew(spoiled: RoundFolder) -> None:
    write_report(spoiled, "ko")
    assert '<html lang="ko">' in audit_of(spoiled, "copy").page.read_text(encoding="utf-8")
