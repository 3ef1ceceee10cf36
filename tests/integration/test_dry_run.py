"""A team's dry run: the path of a round on the fake engine, its own files, no decision."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rich.console import Console
from safetensors.numpy import load_file, save_file

from harness.errors import CheckpointError, ConfigError, SetupError, SuiteError
from harness.evidence import verify
from harness.plan import FakeEngine
from harness.report import rehearsal_summary
from harness.run import Rehearsed, Screen, dry_run
from harness.serve.fake import FakeServer
from tests.copying import copying_round
from tests.tiny import build_tiny_checkpoint

RULES = {
    "name": "copying",
    "version": 1,
    "items": [
        {"name": "copying", "points": 60, "source": {"kind": "suite", "suite": "copying"}},
        {"name": "secret", "points": 40, "source": {"kind": "suite", "suite": "secret"}},
    ],
    "gates": [
        {"kind": "floor", "name": "floor", "source": {"kind": "suite", "suite": "copying"}, "minimum": 0.5},
        {"kind": "floor", "name": "secret_floor", "source": {"kind": "suite", "suite": "secret"}, "minimum": 0.5},
        {
            "kind": "ratio",
            "name": "frontier",
            "source": {"kind": "suite", "suite": "copying"},
            "reference": "frontier",
            "minimum": 0.8,
        },
    ],
    "elimination": {"kind": "keep", "keep": 1},
}
ENGINES = {
    "fake": {"kind": "fake", "max_model_len": 512, "skill": 1.0},
    "remote": {"kind": "remote", "url": "???", "served_model": "???", "max_model_len": 2048},
}
ORDER = (
    "files and headers",
    "shapes, values and tokenizer",
    "proposed config",
    "reading the suites",
    "the prompts fit the model",
    "starting the engine",
    "fast scores agree with plain ones",
    "questions",
    "writing the report",
)


class Home:
    """A team's machine: a project with the round `copying`, and a checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.checkpoint = build_tiny_checkpoint(folder / "models" / "My-Tiny.7B")
        self.said = StringIO()
        round_ = copying_round(self.root, {"able": 1.0, "frontier": 1.0}, references=("frontier",))
        content = round_.model_dump(mode="json", exclude={"engine", "engines", "references", "suites", "rules"})
        suite = round_.suites[0].model_dump(mode="json")
        secret = suite | {"name": "secret", "title": {"en": "Secret"}, "public": False}
        secret["tasks"] = [suite["tasks"][0] | {"name": "nobody_finds_this"}]
        content |= {
            "results": "results",
            "defaults": [{"/engine": "fake"}, "_self_"],
            "entrants": {"able": round_.entrants[0].model_dump(mode="json")},
            "references": {"frontier": round_.references[0].model_dump(mode="json")},
            "suites": {"copying": suite, "secret": secret},
            "rules": RULES,
        }
        self._write("config", {"defaults": [{"round": "copying"}, "_self_"]})
        self._write("round/copying", content, head="# @package _global_\n")
        for name, engine in ENGINES.items():
            self._write(f"engine/{name}", engine)

    def _write(self, name: str, content: Any, head: str = "") -> None:
        path = self.root / "configs" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def dry_run(self, entrant: str | Path | None = None, *given: str) -> Rehearsed:
        screen = Screen(Console(file=self.said, width=200))
        chosen = str(self.checkpoint if entrant is None else entrant)
        return dry_run(chosen, given, root=self.root, cache=self.root / ".cache", screen=screen)

    def refusal(self, kind: type[Exception], entrant: str | Path | None = None, *given: str) -> str:
        with pytest.raises(kind) as caught:
            self.dry_run(entrant, *given)
        assert not list(self.root.rglob("server.log"))
        return str(caught.value)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def shown(rehearsed: Rehearsed) -> str:
    console = Console(file=StringIO(), width=250)
    console.print(rehearsal_summary(rehearsed.concluded.folder, rehearsed.planned))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_dry_run_scores_the_public_suites_and_decides_nothing(home: Home) -> None:
    rehearsed = home.dry_run()
    record = rehearsed.concluded.record
    entrant = record.entrants["my_tiny_7b"]
    assert record.status == "complete"
    assert not record.official
    assert any(reason.code == "unofficial_dry_run" for reason in record.unofficial_because)
    assert (entrant.decision, entrant.decision_by_rule) == ("undecided", "undecided")
    assert entrant.total is not None
    assert entrant.total.value == pytest.approx(60)
    assert entrant.gates["floor"].outcome == "pass"


def test_its_files_lie_apart_in_the_layout_of_a_round_and_verify(home: Home) -> None:
    folder = home.dry_run().concluded.folder
    assert folder.path == home.root / "results" / "dry-run" / "copying" / "my_tiny_7b"
    run = folder.run_at(folder.read_record().entrants["my_tiny_7b"].run or "")
    assert not run.read_manifest().official
    assert folder.report.is_file()
    assert folder.scores_csv.is_file()
    assert sorted(path.name for path in (home.root / "results").iterdir()) == ["dry-run"]
    assert verify(folder.path) == []


def test_what_fails_cheapest_is_checked_first_each_with_its_mark_and_time(home: Home) -> None:
    home.dry_run()
    said = home.said.getvalue()
    places = [said.index(stage) for stage in ORDER]
    assert places == sorted(places)
    for stage in (stage for stage in ORDER if stage != "proposed config"):
        (line,) = [line for line in said.splitlines() if stage in line]
        assert line.startswith("✓")
        assert line.endswith(" s")


def test_the_same_dry_run_again_asks_nothing(home: Home) -> None:
    first = home.dry_run().concluded.folder.record.read_bytes()
    assert home.dry_run().concluded.folder.record.read_bytes() == first
    assert "complete, reused" in home.said.getvalue()


def test_margins_are_shown_and_what_depends_on_others_is_said(home: Home) -> None:
    text = shown(home.dry_run())
    assert "DRY RUN, UNOFFICIAL" in text
    assert "Copying: at least 50%: would pass" in text
    assert "50.0 percentage points to spare" in text
    assert "Copying: at least 80% of Frontier: cannot be known here" in text
    assert "Secret: at least 50%: cannot be known here" in text
    assert "The highest total stays: cannot be known here" in text
    assert "40 more points come from suites that are not public" in text
    assert "Not asked, because not public: Secret" in text
    assert not any(word in text for word in ("advance", "eliminate"))


def test_an_unskilled_model_would_fail(home: Home) -> None:
    text = shown(home.dry_run(None, "engine.skill=0"))
    assert "Copying: at least 50%: would fail" in text
    assert "percentage points short" in text


def test_the_proposed_config_evaluates_in_a_round_once_it_is_completed(home: Home) -> None:
    from harness.config import load_round

    rehearsed = home.dry_run(None, "entrant.owner=My Lab", "entrant.country=KR", "entrant.licence=MIT")
    (home.root / "configs" / "entrant").mkdir()
    shutil.copy(rehearsed.concluded.folder.entrant_config, home.root / "configs" / "entrant" / "my_tiny_7b.yaml")
    round_ = load_round(["+entrant@entrants.my_tiny_7b=my_tiny_7b"], home.root / "configs")
    assert round_.entrants[-1].model_dump(mode="json") == rehearsed.concluded.record.plan["entrants"][0]


def test_chat_mode_is_asked_for_by_an_override(home: Home) -> None:
    folder = home.dry_run(None, "entrant.mode=chat", "entrant.name=chatty").concluded.folder
    record = folder.read_record()
    assert folder.path.name == "chatty"
    assert {task.mode for task in folder.run_at(record.entrants["chatty"].run or "").read_record().tasks} == {"chat"}


def test_chat_mode_without_a_template_is_refused_before_anything_is_served(home: Home, tmp_path: Path) -> None:
    plain = build_tiny_checkpoint(tmp_path / "plain", chat=False)
    assert "no chat template" in home.refusal(CheckpointError, plain, "entrant.mode=chat")


def _nan(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors["model.norm.weight"][3] = np.nan
    tensors["lm_head.weight"] = np.zeros((500, 32), np.float32)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _config(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


def _unlink(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _truncated(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-64])


@pytest.mark.parametrize(
    ("damage", "wrong"),
    [
        (
            (_nan, _config(max_position_embeddings=256, auto_map={"AutoModel": "x.Y"}), _unlink("tokenizer.json")),
            (
                "NaN or infinite",
                "lm_head.weight has 500 rows",
                "max_model_len 512",
                "auto_map",
                "tokenizer.json is missing",
            ),
        ),
        (
            (_truncated, _config(architectures=None), _unlink("tokenizer.json")),
            ("model.safetensors is truncated", "names no architecture", "tokenizer.json is missing"),
        ),
        (
            (_unlink("config.json"), _nan, _unlink("tokenizer.json")),
            ("config.json is missing", "NaN or infinite", "tokenizer.json is missing"),
        ),
        ((_unlink("model.safetensors"), _unlink("config.json")), ("no weight file", "config.json is missing")),
    ],
)
def test_a_broken_checkpoint_gets_a_list_of_all_that_is_wrong_each_with_a_remedy(
    home: Home, damage: tuple[Callable[[Path], None], ...], wrong: tuple[str, ...]
) -> None:
    for change in damage:
        change(home.checkpoint)
    message = home.refusal(CheckpointError)
    for part in wrong:
        assert part in message
    assert f"{len(wrong)} problems" in message
    assert message.count("  -> ") == len(wrong)
    assert CheckpointError.exit_code == 2
    assert "✗" in home.said.getvalue()
    assert "reading the suites" not in home.said.getvalue()


def test_a_prompt_that_does_not_fit_is_refused_before_anything_is_served(home: Home) -> None:
    message = home.refusal(SuiteError, None, "engine.max_model_len=16")
    assert "copy_choice" in message
    assert "✗ My-Tiny.7B: the prompts fit the model" in home.said.getvalue()


@pytest.mark.parametrize("entrant", ["nowhere", "org/name", "round=copying"])
def test_what_is_neither_a_directory_nor_an_address_is_refused(home: Home, entrant: str) -> None:
    assert f"{entrant} is neither a directory nor an address" in home.refusal(ConfigError, entrant)


def test_a_file_is_refused(home: Home) -> None:
    message = home.refusal(ConfigError, home.checkpoint / "model.safetensors")
    assert "is a file; a checkpoint is a folder in the hub's layout" in message


@pytest.fixture
def weightless(home: Home, tmp_path: Path) -> Path:
    """config.json and tokenizer alone."""
    ignored = shutil.ignore_patterns("*.safetensors")
    return Path(shutil.copytree(home.checkpoint, tmp_path / "tokenizer", ignore=ignored))


def test_a_server_is_asked_what_it_serves_and_rehearsed(home: Home, weightless: Path) -> None:
    engine = FakeEngine(kind="fake", max_model_len=640, skill=1.0)
    with FakeServer(engine, home.checkpoint, "my-lab/Big-Model") as server:
        rehearsed = home.dry_run(server.url, f"tokenizer={weightless}")
    folder = rehearsed.concluded.folder
    record = folder.read_record()
    assert record.status == "complete"
    assert record.plan["engine"]["kind"] == "remote"
    assert record.plan["engine"]["served_model"] == "my-lab/Big-Model"
    assert record.plan["engine"]["max_model_len"] == 640
    assert any("nobody states which weights" in reason.text for reason in record.unofficial_because)
    assert folder.path.name == "big_model"
    config = folder.entrant_config.read_text(encoding="utf-8")
    assert f"#     url: {json.dumps(server.url)}\n#     served_model: my-lab/Big-Model\n" in config
    assert "would pass" in shown(rehearsed)


def test_a_server_without_a_tokenizer_is_told_why_it_is_needed(home: Home) -> None:
    message = home.refusal(ConfigError, "http://127.0.0.1:9")
    assert "prompts are sent as token ids" in message
    assert "tokenizer=DIR" in message


def test_a_server_that_serves_another_model_than_the_named_one_is_refused(home: Home, weightless: Path) -> None:
    engine = FakeEngine(kind="fake", max_model_len=640)
    with FakeServer(engine, home.checkpoint, "big") as server:
        message = home.refusal(SetupError, server.url, f"tokenizer={weightless}", "engine.served_model=huge")
    assert "serves no model 'huge'; it serves: big" in message


def test_a_password_in_an_address_is_never_repeated(home: Home, weightless: Path) -> None:
    message = home.refusal(SetupError, "http://me:hunter2@127.0.0.1:9", f"tokenizer={weightless}")
    assert "hunter2" not in message + home.said.getvalue()


def test_an_engine_that_fails_leaves_the_dry_run_incomplete_and_blames_nobody(home: Home, weightless: Path) -> None:
    engine = FakeEngine(kind="fake", max_model_len=640)
    with FakeServer(engine, home.checkpoint, "big", faults=lambda _: "500") as server:
        rehearsed = home.dry_run(server.url, f"tokenizer={weightless}")
    record = rehearsed.concluded.record
    assert record.status == "incomplete"
    assert record.entrants["big"].decision == "incomplete"
    assert "✗ big: starting the engine" in home.said.getvalue()
    assert "Copying: at least 50%: answers are missing" in shown(rehearsed)
