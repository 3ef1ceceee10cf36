"""A whole round on the fake engine: every stage real but the model."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from harness.errors import CheckpointError, ConfigError, SuiteError
from harness.evidence import verify
from harness.plan import FakeEngine, Round
from harness.plan.model import Thinking
from harness.run import Concluded, Screen, decide_round, evaluate_round
from harness.serve.fake import FakeServer
from tests.copying import copying_round
from tests.tiny import build_tiny_checkpoint


@pytest.fixture
def said() -> StringIO:
    return StringIO()


@pytest.fixture
def screen(said: StringIO) -> Screen:
    return Screen(Console(file=said, width=200))


def run(round_: Round, project: Path, screen: Screen) -> Concluded:
    return evaluate_round(round_, root=project, cache=project / ".cache", screen=screen)


def samples(concluded: Concluded, model: str, task: str) -> Path:
    result = concluded.record.entrants[model]
    assert result.run
    return concluded.folder.run_at(result.run).samples(task)


def test_a_skilled_entrant_advances_and_an_unskilled_one_is_eliminated(
    tmp_path: Path, project: Path, screen: Screen
) -> None:
    concluded = run(copying_round(tmp_path, {"able": 1.0, "novice": 0.0}), project, screen)
    record = concluded.record
    assert record.status == "complete"
    assert record.entrants["able"].decision == "advance"
    assert record.entrants["novice"].decision == "eliminate"
    assert not record.official
    assert any("fake" in reason.text for reason in record.unofficial_because)
    assert verify(concluded.folder.path) == []


def test_a_second_run_reuses_everything_and_changes_no_byte(
    tmp_path: Path, project: Path, screen: Screen, said: StringIO
) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0})
    first = run(round_, project, screen)
    before = {path: path.read_bytes() for path in first.folder.path.rglob("*") if path.is_file()}
    run(round_, project, screen)
    assert {path: path.read_bytes() for path in first.folder.path.rglob("*") if path.is_file()} == before
    assert "Able: complete, reused" in said.getvalue()


def server_reasons(concluded: Concluded) -> set[str]:
    return {reason.code for reason in concluded.record.unofficial_because if reason.code.endswith("_server")}


def test_answers_of_a_fake_server_stay_unofficial_when_they_come_from_the_journal(
    tmp_path: Path, project: Path, screen: Screen
) -> None:
    checkpoint = build_tiny_checkpoint(tmp_path / "checkpoints" / "able", seed=0)
    with FakeServer(FakeEngine(kind="fake", max_model_len=512, skill=1.0), checkpoint, "able") as server:
        stated = {"model.safetensors": "0" * 64}
        remote = {"kind": "remote", "url": server.url, "served_model": "able", "max_model_len": 512, "attempts": 1}
        round_ = copying_round(tmp_path, {"able": 1.0}, n=8, engine={**remote, "stated_weights": stated}, engines={})
        asked = run(round_, project, screen)
    assert server_reasons(asked) == {"unofficial_fake_server"}

    other_level = round_.model_copy(update={"rules": round_.rules.model_copy(update={"level": 0.9})})
    assert server_reasons(run(other_level, project, screen)) == {"unofficial_fake_server"}

    shutil.rmtree(asked.folder.path)  # as where it was killed before its record was written
    for journal in asked.folder.path.parent.glob("journal/*.sqlite"):
        with closing(sqlite3.connect(journal)) as connection, connection:
            connection.execute("UPDATE answers SET server = NULL")  # as journals of the first format know none
    assert server_reasons(run(round_, project, screen)) == {"unofficial_unknown_server"}


def test_another_language_renders_anew_and_decides_nothing_anew(tmp_path: Path, project: Path, screen: Screen) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0})
    first = run(round_, project, screen)
    before = first.folder.record.read_bytes()
    run(round_.model_copy(update={"lang": "ko"}), project, screen)
    assert first.folder.record.read_bytes() == before
    assert "진출: Able" in first.folder.report.read_text(encoding="utf-8")


def test_the_prompts_of_a_few_samples_are_kept(tmp_path: Path, project: Path, screen: Screen) -> None:
    from harness.hashing import sha256_text

    concluded = run(copying_round(tmp_path, {"novice": 0.0}), project, screen)
    result = concluded.record.entrants["novice"]
    assert result.run
    stored = concluded.folder.run_at(result.run)
    digests = {sample.item_id: sample.prompt_sha256 for sample in stored.read_samples("copy_word")}
    kept = stored.read_excerpts("copy_word")
    assert kept
    assert all(sha256_text(excerpt.prompts[0]) == digests[excerpt.item_id] for excerpt in kept)


def test_a_changed_task_asks_again_only_what_changed(tmp_path: Path, project: Path, screen: Screen) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0})
    first = run(round_, project, screen).record.entrants["able"]
    task = tmp_path / "tasks" / "copy_word.yaml"
    task.write_text(task.read_text().replace("Answer:", "Your answer:"))
    concluded = run(round_, project, screen)
    second = concluded.record.entrants["able"]
    assert first.run != second.run
    assert second.run
    execution = concluded.folder.run_at(second.run).read_execution()
    assert execution.requests["engine"] == 40
    assert execution.requests["journal"] == 40


def test_deciding_again_needs_no_model(tmp_path: Path, project: Path, screen: Screen) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0, "novice": 0.0})
    first = run(round_, project, screen)
    before = first.folder.record.read_bytes()
    for name in ("able", "novice"):
        (tmp_path / "checkpoints" / name / "model.safetensors").unlink()
    decide_round(round_, root=project, screen=screen)
    assert first.folder.record.read_bytes() == before


def test_deciding_before_anything_ran_is_incomplete(tmp_path: Path, project: Path, screen: Screen) -> None:
    record = decide_round(copying_round(tmp_path, {"able": 1.0}), root=project, screen=screen).record
    assert record.status == "incomplete"
    assert record.entrants["able"].decision == "incomplete"


def test_the_ratio_to_a_reference_and_keep_k_decide(tmp_path: Path, project: Path, screen: Screen) -> None:
    rules = {
        "name": "full",
        "version": 1,
        "items": [{"name": "copying", "points": 100, "source": {"kind": "suite", "suite": "copying"}}],
        "gates": [
            {
                "kind": "ratio",
                "name": "frontier",
                "source": {"kind": "suite", "suite": "copying"},
                "reference": "frontier",
                "minimum": 0.6,
            },
        ],
        "elimination": {"kind": "keep", "keep": 1},
    }
    skills = {"able": 1.0, "middling": 0.75, "novice": 0.0, "frontier": 0.9}
    round_ = copying_round(tmp_path, skills, n=150, references=("frontier",), rules=rules)
    entrants = run(round_, project, screen).record.entrants
    assert entrants["able"].decision == "advance"
    assert entrants["middling"].gates["frontier"].outcome == "pass"
    assert entrants["middling"].decision == "eliminate"
    assert entrants["novice"].gates["frontier"].outcome == "fail"
    assert entrants["novice"].decision == "eliminate"


def test_the_tidy_table_holds_every_number_with_its_interval(tmp_path: Path, project: Path, screen: Screen) -> None:
    folder = run(copying_round(tmp_path, {"able": 1.0}), project, screen).folder
    table = pd.read_parquet(folder.scores_parquet)
    assert {"round", "model", "suite", "task", "metric", "value", "low", "high", "n"} <= set(table.columns)
    task = table[table["task"] == "copy_choice"].iloc[0]
    assert task["low"] <= task["value"] <= task["high"]
    assert task["n"] == 40
    assert len(pd.read_csv(folder.scores_csv)) == len(table)


def test_stored_files_follow_their_schemas(tmp_path: Path, project: Path, screen: Screen) -> None:
    import jsonschema

    concluded = run(copying_round(tmp_path, {"able": 1.0}), project, screen)
    result = concluded.record.entrants["able"]
    assert result.run
    stored = concluded.folder.run_at(result.run)
    line = stored.samples("copy_word").read_text(encoding="utf-8").split("\n")[0]
    for name, text in {
        "round": concluded.folder.record.read_text(),
        "record": stored.record.read_text(),
        "manifest": stored.manifest.read_text(),
        "execution": stored.execution.read_text(),
        "sample": line,
    }.items():
        schema = json.loads((project / "schemas" / f"{name}.schema.json").read_text())
        jsonschema.validate(json.loads(text), schema)


def test_records_hold_neither_clock_nor_host(tmp_path: Path, project: Path, screen: Screen) -> None:
    import platform

    concluded = run(copying_round(tmp_path, {"able": 1.0}), project, screen)
    result = concluded.record.entrants["able"]
    assert result.run
    stored = concluded.folder.run_at(result.run)
    year = stored.read_execution().started[:8]
    for file in (stored.record, stored.manifest, concluded.folder.record):
        assert year not in file.read_text()
        assert f'"{platform.node()}"' not in file.read_text()


@pytest.mark.parametrize(
    ("change", "discrepancy"),
    [
        ({"outcome": "correct", "score": 1.0}, "its digest is not the recorded one"),
        ({"outcome": "correct", "score": 1.0}, "was taken and"),
        ({"outcome": "correct", "score": 1.0}, "from the samples"),
        ({"outcome": "unparsed", "score": 1.0}, "unparsed with score 1.0"),
        ({"outcome": "truncated", "score": 1.0}, "truncated with score 1.0"),
        ({"outcome": "scored", "score": 0.5}, "scored, which a 0/1 task has not"),
        ({"repeat": 3}, "planned are 1 repeats"),
        ({"score": None}, "with score None"),
        ({"item_id": "copy_choice-1"}, "occurs 2 times"),
        ({"score": "many"}, "is not a valid record"),
    ],
)
def test_verify_names_a_sample_that_was_changed(
    tmp_path: Path, project: Path, screen: Screen, change: dict[str, object], discrepancy: str
) -> None:
    concluded = run(copying_round(tmp_path, {"novice": 0.0}), project, screen)
    path = samples(concluded, "novice", "copy_choice")
    lines = [json.loads(line) for line in path.read_text().split("\n") if line]
    wrong = next(i for i, line in enumerate(lines) if line["outcome"] == "wrong" and line["item_id"] != "copy_choice-1")
    lines[wrong] |= change
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    assert discrepancy in "\n".join(verify(concluded.folder.path))


def edited(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content, ensure_ascii=False))


@pytest.mark.parametrize(
    ("change", "discrepancy"),
    [
        (lambda plan: plan["suites"][0]["tasks"][0].update(weight=2.0), "it differs in suites"),
        (lambda plan: plan["entrants"][0].update(mode="chat"), "it differs in model"),
        (lambda plan: plan["engines"]["able"].update(seed=7), "it differs in engine"),
        (lambda plan: plan.update(seed=7), "it differs in seed"),
        (lambda plan: plan["rules"].update(level=2), "damaged"),
        (lambda plan: plan.pop("rules"), "damaged"),
    ],
)
def test_verify_names_a_plan_that_the_runs_do_not_follow(
    tmp_path: Path, project: Path, screen: Screen, change: Callable[[dict[str, Any]], None], discrepancy: str
) -> None:
    concluded = run(copying_round(tmp_path, {"able": 1.0}), project, screen)
    edited(concluded.folder.record, lambda record: change(record["plan"]))
    assert discrepancy in "\n".join(verify(concluded.folder.path))


def test_verify_names_entrants_whose_runs_were_swapped(tmp_path: Path, project: Path, screen: Screen) -> None:
    concluded = run(copying_round(tmp_path, {"able": 1.0, "novice": 0.0}), project, screen)

    def swap(record: dict[str, Any]) -> None:
        able, novice = record["entrants"]["able"], record["entrants"]["novice"]
        record["entrants"].update(able=novice, novice=able)

    edited(concluded.folder.record, swap)
    assert "does not follow the round's plan for able" in "\n".join(verify(concluded.folder.path))


@pytest.mark.parametrize("label", ["mode", "metric", "chance"])
def test_verify_names_a_label_that_was_changed(tmp_path: Path, project: Path, screen: Screen, label: str) -> None:
    concluded = run(copying_round(tmp_path, {"able": 1.0}), project, screen)
    value = {"mode": "chat", "metric": "bogus", "chance": 0.9}[label]
    relative = concluded.record.entrants["able"].run
    assert relative
    edited(concluded.folder.run_at(relative).record, lambda record: record["tasks"][0].update({label: value}))
    assert "suite, metric, mode and chance" in "\n".join(verify(concluded.folder.path))


def test_verify_names_a_fake_engine_that_was_made_official(tmp_path: Path, project: Path, screen: Screen) -> None:
    concluded = run(copying_round(tmp_path, {"able": 1.0}), project, screen)
    relative = concluded.record.entrants["able"].run
    assert relative
    official = {"official": True, "unofficial_because": []}
    edited(concluded.folder.run_at(relative).manifest, lambda manifest: manifest.update(official))
    edited(concluded.folder.run_at(relative).record, lambda record: record.update(official=True))
    assert "official, although its engine allows no official run" in "\n".join(verify(concluded.folder.path))


def test_runs_of_another_plan_decide_nothing(tmp_path: Path, project: Path, screen: Screen) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0})
    run(round_, project, screen)
    with pytest.raises(ConfigError, match="it differs in seed"):
        decide_round(round_.model_copy(update={"seed": 7}), root=project, screen=screen)


def asked_apart(tmp_path: Path, project: Path, screen: Screen, between: Callable[[], None]) -> Round:
    """A round of two entrants, each evaluated by itself, with something done in between."""
    round_ = copying_round(tmp_path, {"able": 1.0, "rival": 0.7})
    for entrant in round_.entrants:
        alone = {"entrants": (entrant,), "engines": {entrant.name: round_.engines[entrant.name]}}
        run(round_.model_copy(update=alone), project, screen).folder.record.unlink()
        between()
    return round_


def test_runs_that_were_asked_other_questions_decide_nothing(tmp_path: Path, project: Path, screen: Screen) -> None:
    task = tmp_path / "tasks" / "copy_word.yaml"

    def edit() -> None:
        task.write_text(task.read_text().replace("Copy:", "Repeat:"))

    round_ = asked_apart(tmp_path, project, screen, edit)
    expected = (
        r"runs/rival/\w+ and runs/able/\w+ were not asked the same, .*: copy_word \(file:.*copy_word.yaml\) differ"
    )
    with pytest.raises(ConfigError, match=expected):
        decide_round(round_, root=project, screen=screen)
    assert run(round_, project, screen).record.status == "complete"
    assert decide_round(round_, root=project, screen=screen).record.status == "complete"


def test_verify_names_runs_that_were_asked_other_questions(
    tmp_path: Path, project: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tmp_path / "tasks" / "copy_word.yaml"

    def edit() -> None:
        task.write_text(task.read_text() + "# other\n")

    round_ = asked_apart(tmp_path, project, screen, edit)
    with monkeypatch.context() as patch:
        patch.setattr("harness.run.round.plan_problems", lambda *_: [])
        folder = decide_round(round_, root=project, screen=screen).folder
    (problem,) = verify(folder.path)
    assert "were not asked the same, and cannot be compared: copy_word" in problem


def test_runs_made_with_other_code_or_packages_are_unofficial_and_verify_agrees(
    tmp_path: Path, project: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upgrade() -> None:
        monkeypatch.setattr("harness.evidence.manifest.code_digest", lambda _: "0" * 64)
        monkeypatch.setattr("harness.evidence.manifest.installed_versions", lambda: {"vllm": "9"})

    round_ = asked_apart(tmp_path, project, screen, upgrade)
    decided = decide_round(round_, root=project, screen=screen)
    (mixed,) = [because for because in decided.record.unofficial_because if because.code == "unofficial_mixed"]
    assert mixed.text.startswith("not all runs were made with the same harness, ")
    assert "vllm" in mixed.text
    assert verify(decided.folder.path) == []
    hidden = [because.model_dump() for because in decided.record.unofficial_because if because != mixed]
    edited(decided.folder.record, lambda record: record.update(unofficial_because=hidden))
    assert f"it does not say: {mixed.text}" in "\n".join(verify(decided.folder.path))
    again = run(round_, project, screen).record
    assert "unofficial_mixed" not in [because.code for because in again.unofficial_because]


def test_verify_accepts_the_last_digits_of_another_processor(tmp_path: Path, project: Path, screen: Screen) -> None:
    concluded = run(copying_round(tmp_path, {"able": 1.0, "novice": 0.3}), project, screen)

    def nudge(content: dict[str, Any]) -> None:
        for number in (content["total"], content["gates"]["floor"]["value"]):
            number["low"] *= 1 + 2e-8

    edited(concluded.folder.record, lambda record: nudge(record["entrants"]["novice"]))
    assert verify(concluded.folder.path) == []
    edited(concluded.folder.record, lambda record: record["entrants"]["novice"]["total"].update(low=1.0))
    assert "novice: total" in "\n".join(verify(concluded.folder.path))


def test_a_round_that_the_command_line_changed_says_so(tmp_path: Path, project: Path, screen: Screen) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0}, overridden=["rules"])
    because = run(round_, project, screen).record.unofficial_because
    assert "the command line changed the round: rules" in [reason.text for reason in because]


def test_verify_names_a_verdict_that_was_changed(tmp_path: Path, project: Path, screen: Screen) -> None:
    concluded = run(copying_round(tmp_path, {"novice": 0.0}), project, screen)
    record = json.loads(concluded.folder.record.read_text())
    record["entrants"]["novice"]["decision"] = "advance"
    concluded.folder.record.write_text(json.dumps(record, ensure_ascii=False))
    assert "novice: decision 'advance', recomputed 'eliminate'" in "\n".join(verify(concluded.folder.path))


def test_verify_names_a_missing_file(tmp_path: Path, project: Path, screen: Screen) -> None:
    concluded = run(copying_round(tmp_path, {"able": 1.0}), project, screen)
    samples(concluded, "able", "copy_word").unlink()
    assert "copy_word.jsonl is missing" in "\n".join(verify(concluded.folder.path))


def test_thinking_is_refused_where_the_template_knows_nothing_of_it(
    tmp_path: Path, project: Path, screen: Screen
) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0})
    thinking = round_.entrants[0].model_copy(update={"mode": "thinking"})
    with pytest.raises(CheckpointError, match="the same with thinking on and off"):
        run(round_.model_copy(update={"entrants": (thinking,)}), project, screen)


def test_a_round_with_a_thinking_model_is_decided(tmp_path: Path, project: Path, screen: Screen) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0})
    config = tmp_path / "checkpoints" / "able" / "tokenizer_config.json"
    asked = "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}"

    def tell(content: dict[str, Any]) -> None:
        content["chat_template"] += asked

    edited(config, tell)
    thinking = round_.entrants[0].model_copy(update={"mode": "thinking", "thinking": Thinking(max_tokens=64)})
    concluded = run(round_.model_copy(update={"entrants": (thinking,)}), project, screen)
    assert concluded.record.status == "complete"
    assert verify(concluded.folder.path) == []
    edited(concluded.folder.record, lambda record: record["plan"]["entrants"][0]["thinking"].update(max_tokens=32))
    assert "it differs in model" in "\n".join(verify(concluded.folder.path))


def test_a_model_in_chat_mode_is_asked_through_its_template(tmp_path: Path, project: Path, screen: Screen) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0})
    chat = round_.entrants[0].model_copy(update={"mode": "chat"})
    concluded = run(round_.model_copy(update={"entrants": (chat,)}), project, screen)
    relative = concluded.record.entrants["able"].run
    assert relative
    assert {task.mode for task in concluded.folder.run_at(relative).read_record().tasks} == {"chat"}
    (excerpt, *_) = concluded.folder.run_at(relative).read_excerpts("copy_word")
    assert "<|im_start|>assistant" in str(excerpt)


def test_a_prompt_that_does_not_fit_one_model_stops_the_round_before_any_is_served(
    tmp_path: Path, project: Path, screen: Screen
) -> None:
    round_ = copying_round(tmp_path, {"able": 1.0, "short": 1.0})
    short = round_.engines["short"].model_copy(update={"max_model_len": 16})
    round_ = round_.model_copy(update={"engines": {**round_.engines, "short": short}})
    with pytest.raises(SuiteError, match=r"(?s)Short cannot be asked.*copy_choice"):
        run(round_, project, screen)
    assert not list((tmp_path / "results").rglob("samples"))
