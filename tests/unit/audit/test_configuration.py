"""A sub-configuration of another family sends its component to the comparison with that family."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.audit.configuration import answered, component, findings, notes, present
from harness.audit.finding import Finding
from harness.audit.nested import Nested
from harness.audit.subject import Subject


def subject(name: str, folder: Path, **config: object) -> Subject:
    return Subject(name, folder, config, {}, {})


def test_the_encoder_that_the_configuration_reuses_is_referred(tmp_path):
    """The one entrant that was disqualified: its config.json need not name the type, the installed source does."""
    entrant = subject("hyperclovax", tmp_path, model_type="hyperclovax_vision_v2", vision_config={})
    (found,) = findings(entrant, subject("qwen", tmp_path, model_type="qwen2_5_vl"))
    assert (found.component, found.strength, found.method) == ("vision", "refer", "configuration")
    assert "qwen2_5_vl_vision" in found.statement
    assert findings(entrant, subject("llama", tmp_path, model_type="llama")) == ()


def test_a_foreign_type_without_a_candidate_of_its_family_is_a_note(tmp_path):
    entrant = subject("hyperclovax", tmp_path, model_type="hyperclovax_vision_v2")
    (note,) = notes(entrant, [subject("llama", tmp_path, model_type="llama")])
    assert "name such a model with --against" in note
    assert list(notes(entrant, [subject("qwen", tmp_path, model_type="qwen2_5_vl")])) == []


def test_source_that_the_checkpoint_ships_goes_before_the_installed_one(tmp_path):
    (tmp_path / "configuration_mine.py").write_text('kind = self.audio_config.get("model_type", "whisper")\n')
    entrant = subject("mine", tmp_path, model_type="mine")
    (found,) = findings(entrant, subject("openai", tmp_path, model_type="whisper"))
    assert found.component == "audio"


def test_a_model_of_its_own_family_has_nothing_to_say(tmp_path):
    assert not present(subject("solar", tmp_path, model_type="solar_open"))


def test_an_architecture_that_half_of_all_models_run_is_no_trace_of_one_of_them(tmp_path):
    entrant = subject("mine", tmp_path, model_type="llava", text_config={"model_type": "llama"})
    found = findings(entrant, subject("llama", tmp_path, model_type="llama"))
    assert {(one.component, one.strength) for one in found} == {("text", "no_evidence")}


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("vision_config", "qwen2_5_vl_vision", "vision"),
        ("model_type", "clip_vision_model", "vision"),
        ("encoder.audio_config", "whisper", "audio"),
        ("text_config", "llama", "text"),
        ("qformer_config", "blip_2_qformer", "projector"),
    ],
)
def test_the_component_is_told_by_place_or_type(path, kind, expected):
    assert component(Nested(path=path, model_type=kind, where="config.json")) == expected


def test_a_referral_to_weights_is_answered_by_weights_that_were_compared() -> None:
    named = Finding(component="vision", candidate="a", method="configuration", strength="refer", statement="s")
    units = Finding(component="vision", candidate="a", method="matching", strength="no_evidence", statement="s")
    assert [one.strength for one in answered([named])] == ["refer"]
    assert [one.strength for one in answered([named, units])] == ["no_evidence", "no_evidence"]
    alike = units.model_copy(update={"strength": "derived"})
    assert [one.strength for one in answered([named, alike])] == ["refer", "derived"]
