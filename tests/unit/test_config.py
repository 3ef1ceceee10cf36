from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.config import choices, load_round, load_suite, to_yaml
from harness.errors import ConfigError

CONFIGS = Path(__file__).parents[2] / "configs"


def refusal(*overrides: str, configs: Path = CONFIGS) -> str:
    with pytest.raises(ConfigError) as caught:
        load_round(overrides, configs)
    return str(caught.value)


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Path]:
    """A copy of the configs that a test may spoil."""
    return shutil.copytree(CONFIGS, tmp_path / "configs")


@pytest.mark.parametrize("name", choices(CONFIGS, "round"))
def test_every_round_composes_and_validates(name: str) -> None:
    round_ = load_round([f"round={name}"], CONFIGS)
    assert round_.name == name
    assert f"name: {name}\n" in to_yaml(round_)


@pytest.mark.parametrize("group", ["entrant", "reference"])
def test_every_model_composes_into_a_round(group: str) -> None:
    present = [model.name for model in load_round([], CONFIGS).models]
    known = choices(CONFIGS, group)
    overrides = [f"+{group}@{group}s.{name}={name}" for name in known if name not in present]
    assert set(known) <= {model.name for model in load_round(overrides, CONFIGS).models}


@pytest.mark.parametrize("name", [n for n in choices(CONFIGS, "engine") if n != "remote"])
def test_every_engine_composes_into_a_round(name: str) -> None:
    assert load_round([f"engine={name}"], CONFIGS).engine.max_model_len > 0


@pytest.mark.parametrize("name", choices(CONFIGS, "audit"))
def test_every_audit_composes_into_a_round(name: str) -> None:
    audit = load_round([f"audit={name}"], CONFIGS).audit
    assert audit is not None
    assert all(model.owner and model.country and model.licence for model in audit.candidates)


def test_a_candidate_that_the_round_knows_otherwise_is_refused() -> None:
    message = refusal("audit.candidates.smollm2_135m.owner=Somebody")
    assert "audit: smollm2_135m has another source or owner than the round's model of that name" in message


def test_a_candidate_with_closed_weights_is_refused() -> None:
    message = refusal("+reference@audit.candidates.claude=claude")
    assert "audit: claude: its weights are closed, so that nothing can be compared" in message


def test_the_disguised_entrant_is_made_of_the_reference() -> None:
    round_ = load_round(["round=demo"], CONFIGS)
    disguised = next(model for model in round_.entrants if model.name == "smollm2_disguised")
    assert disguised.source.kind == "recipe"
    assert disguised.source.of == round_.references[0].source
    assert round_.audit is not None
    assert round_.audit.candidates == round_.references


def test_overrides_reach_nested_values() -> None:
    round_ = load_round(["engine.concurrency=3", "rules.level=0.9", "seed=7"], CONFIGS)
    assert (round_.engine.concurrency, round_.rules.level, round_.seed) == (3, 0.9, 7)


def test_an_unknown_round_is_named_with_the_known_ones() -> None:
    message = refusal("round=dmeo")
    assert "round=dmeo: there is no configs/round/dmeo.yaml (did you mean demo?)" in message
    assert "it has: demo" in message


def test_an_unknown_entrant_is_named_with_the_known_ones() -> None:
    message = refusal("+entrant@entrants.x=smolm2_135m")
    assert "entrant=smolm2_135m: there is no configs/entrant/smolm2_135m.yaml (did you mean smollm2_135m?)" in message


def test_an_unknown_suite_in_a_round_file_is_named(copied: Path) -> None:
    file = copied / "round" / "demo.yaml"
    file.write_text(file.read_text().replace("demo_korean: demo_korean", "demo_korean: demo_koraen"))
    assert "suite=demo_koraen: there is no configs/suite/demo_koraen.yaml" in refusal(configs=copied)


def test_an_unknown_key_is_named_with_its_value_and_the_allowed_ones() -> None:
    message = refusal("engine.max_modle_len=512")
    assert "engine.max_modle_len = 512: no such key (did you mean max_model_len?)" in message
    assert "allowed: args, attempts, batch_invariant" in message


def test_an_unknown_key_at_the_top_is_named() -> None:
    assert "entrantz = 'x': no such key (did you mean entrants?)" in refusal("entrantz=x")


def test_an_unknown_key_of_a_member_is_named_by_the_member() -> None:
    message = refusal("entrants.demo_novice.licens=MIT")
    assert "entrants.demo_novice.licens = 'MIT': no such key (did you mean licence?)" in message


def test_a_wrong_type_is_named_with_its_value() -> None:
    assert "engine.max_model_len = 'long'" in refusal("engine.max_model_len=long")


def test_a_closed_set_lists_its_members() -> None:
    message = refusal("entrants.demo_novice.mode=chatty")
    assert "entrants.demo_novice.mode = 'chatty'" in message
    assert "'base', 'chat' or 'thinking'" in message


def test_what_must_be_given_is_asked_for() -> None:
    assert "engine.url must be given" in refusal("engine=remote")


def test_a_rule_about_an_absent_suite_is_refused(copied: Path) -> None:
    file = copied / "rules" / "demo.yaml"
    file.write_text(file.read_text().replace("suite: demo_korean", "suite: demo_chinese"))
    message = refusal(configs=copied)
    assert "suite 'demo_chinese' is not in this round; it has: demo_korean, demo_general" in message


def test_a_member_under_another_name_is_refused() -> None:
    assert "entrants.other says that its name is 'demo_novice'" in refusal("+entrant@entrants.other=demo_novice")


def test_a_broken_override_is_one_line() -> None:
    message = refusal("engine.max_model_len=[1,")
    assert message.startswith("the configs do not compose")
    assert "Traceback" not in message


def test_a_folder_without_configs_is_named(tmp_path: Path) -> None:
    assert f"{tmp_path} holds no config.yaml" in refusal(configs=tmp_path)


def test_an_override_that_can_change_the_verdict_is_kept_in_mind() -> None:
    assert load_round(["round=demo"], CONFIGS).overridden == ()
    assert load_round(["lang=ko", "results=elsewhere", "engine.concurrency=3"], CONFIGS).overridden == ()
    assert load_round(["rules.level=0.9"], CONFIGS).overridden == ("rules",)
    assert load_round(["engine=fake"], CONFIGS).overridden == ("engines",)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (b"defaults:\n\t- demo\n", "line 2"),
        (b"name: t\nitems\nrules: {}\n", "line 3"),
        (b"name: one\nname: two\n", "name"),
        ("title: {ko: 이름}\n".encode("cp949"), "UTF-8"),
        ("name: t\n".encode("utf-16"), "UTF-8"),
    ],
    ids=["a tab", "no colon", "twice", "cp949", "utf-16"],
)
def test_a_file_that_is_no_yaml_or_not_utf8_is_named(copied: Path, written: bytes, named: str) -> None:
    (copied / "round" / "slip.yaml").write_bytes(written)
    with pytest.raises(ConfigError) as caught:
        load_round(["round=slip"], copied)
    assert "slip.yaml" in caught.value.message
    assert named in f"{caught.value.message} {caught.value.remedy}"


def test_a_suite_file_that_is_no_yaml_is_named(copied: Path) -> None:
    (copied / "suite" / "slip.yaml").write_bytes(b"name: s\n\ttasks: []\n")
    with pytest.raises(ConfigError, match=r"slip\.yaml"):
        load_suite("slip", copied)
