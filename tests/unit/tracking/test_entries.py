from __future__ import annotations

import pytest

from harness.hashing import sha256_file, sha256_text
from harness.story import ModelStory, Story
from harness.tracking.entries import model_entry, round_entry


def of(story: Story, name: str) -> ModelStory:
    return next(model for model in story.models if model.name == name)


def test_the_parent_s_note_is_the_verdict_in_words_and_says_demo_first(story: Story) -> None:
    note = round_entry(story, "en").note({"haneul": "#/runs/1"})
    assert note.startswith("## DEMO: 하늘 1.0 advances;")
    assert "**UNOFFICIAL**" in note
    assert "[하늘 1.0](#/runs/1)" in note
    assert "<b>" not in note


def test_a_model_s_note_gives_the_reasons_and_leads_to_its_samples(story: Story) -> None:
    note = model_entry(story, of(story, "baram"), "ko").note({"baram": "#/runs/1"})
    assert "한국어: 40.3%(95% 신뢰구간 34.1–46.9%)." in note.replace("\\", "")
    assert "(#/runs/1/traces?filter=TAG::%3D::wrong::outcome)" in note


def test_the_chosen_samples_are_traces_with_prompt_answer_and_outcome(story: Story) -> None:
    traces = model_entry(story, of(story, "nuri"), "en").traces
    assert {"wrong", "correct", "failed"} <= {trace.sample.outcome for trace in traces}
    failed = next(trace for trace in traces if trace.sample.outcome == "failed")
    assert (failed.model, failed.task, failed.sample.cause) == ("nuri", "ko_copy", "connection closed <by peer>")
    assert "질문" in failed.sample.prompt


def test_headline_metrics_come_first(story: Story) -> None:
    metrics = list(model_entry(story, of(story, "haneul"), "en").metrics)
    assert metrics[:4] == ["total", "demo_korean", "demo_general", "task/ko_copy"]


def test_a_gate_has_threshold_margin_and_the_margin_s_lower_end(story: Story) -> None:
    baram = of(story, "baram")
    metrics = model_entry(story, baram, "en").metrics
    assert baram.entrant is not None
    gate = baram.entrant.gates["floor_demo_korean"]
    assert gate.value is not None
    assert gate.value.low is not None
    assert metrics["gate/floor_demo_korean/threshold"] == 0.4
    assert metrics["gate/floor_demo_korean/margin"] == pytest.approx(gate.value.value - 0.4)
    assert metrics["gate/floor_demo_korean/margin_low"] == pytest.approx(gate.value.low - 0.4)


def test_tags_hold_the_decision_the_gates_and_the_record_s_digest(story: Story) -> None:
    baram = of(story, "baram")
    tags = model_entry(story, baram, "en").tags
    assert baram.folder is not None
    assert tags["decision"] == "undecided"
    assert tags["gate.floor_demo_korean"] == "undecided"
    assert tags["gate.floor_demo_general"] == "pass"
    assert (tags["official"], tags["demo"]) == ("false", "true")
    assert tags["record_sha256"] == sha256_file(baram.folder.record)


def test_missing_evidence_is_no_metric_and_marks_the_run(story: Story) -> None:
    entry = model_entry(story, of(story, "nuri"), "en")
    assert "total" not in entry.metrics
    assert "task/ko_copy" not in entry.metrics
    assert "task/ko_arithmetic" in entry.metrics
    assert not entry.whole


def test_every_task_s_items_are_a_dataset_with_their_digest(story: Story) -> None:
    datasets = model_entry(story, of(story, "haneul"), "en").datasets
    assert (datasets[0].name, datasets[0].rows) == ("ko_copy", 60)
    assert datasets[0].sha256 == sha256_text("ko_copy")
    assert len(datasets) == 7


def test_a_model_without_a_run_is_logged_with_what_is_known(story: Story) -> None:
    entry = model_entry(story, of(story, "imported"), "en")
    assert entry.metrics == {"total": 44.0}
    assert entry.files == ()
    assert entry.tables == {}
