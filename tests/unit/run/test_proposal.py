"""A config proposed from a checkpoint: composes as it stands once the team has filled its blanks."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.checkpoint import Description, describe
from harness.config import load_round
from harness.errors import ConfigError
from harness.plan import RemoteEngine
from harness.run.proposal import Proposal, folder_title, model_name, path_in_config, propose

OURS = {"owner": "My Lab, Seoul", "country": "KR", "licence": "Apache-2.0"}
DESCRIPTION = Description(
    architecture="LlamaForCausalLM",
    parameters=53408,
    dtype="F32",
    context=1024,
    vocabulary=512,
    has_chat_template=True,
    licence=None,
    problems=(),
)


def proposed(description: Description = DESCRIPTION, **changes: str) -> Proposal:
    return propose(description, source="My-Model.7B", path="/models/My-Model.7B", changes=changes)


@pytest.fixture
def copied(tmp_path: Path, project: Path) -> Path:
    """A copy of the project's configs."""
    return Path(shutil.copytree(project / "configs", tmp_path / "configs"))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("My-Model.7B", "my_model_7b"),
        ("org/Sub/My Model", "my_model"),
        ("7b--chat/", "model_7b_chat"),
        ("__x__", "x"),
        ("한국어모델", "entrant"),
        ("한국어-LLM-8B", "llm_8b"),
        ("", "entrant"),
    ],
)
def test_a_name_is_made_of_lower_case_letters_digits_and_underscores(source: str, name: str) -> None:
    assert model_name(source) == name


def test_a_snapshot_of_the_hub_is_named_after_its_repository() -> None:
    assert folder_title(Path("/hub/models--my--Model-8B/snapshots/0123abc")) == "Model-8B"
    assert folder_title(Path("/models/Model-8B")) == "Model-8B"


def test_a_folder_of_the_project_is_named_from_its_root(tmp_path: Path) -> None:
    assert path_in_config(tmp_path / "a" / ".." / "b", tmp_path) == "b"
    assert path_in_config(Path("/elsewhere/b"), tmp_path) == "/elsewhere/b"


def test_what_only_the_team_knows_is_left_to_it_and_explained() -> None:
    config = proposed().config
    assert "owner: ???  # who made the model\n" in config
    assert "country: ???  # ISO 3166 alpha-2 code, such as KR\n" in config
    assert "licence: ???  # SPDX identifier, or the licence's own name\n" in config
    assert proposed().model.owner == "not stated"


def test_mode_base_is_proposed_and_chat_said_to_be_possible_where_there_is_a_template() -> None:
    assert "mode: base  # the checkpoint has a chat template, so that chat is possible\n" in proposed().config
    assert "mode: base  # there is no chat template\n" in proposed(replace(DESCRIPTION, has_chat_template=False)).config


def test_the_licence_of_the_model_card_is_taken_and_its_origin_said() -> None:
    assert (
        "licence: mit  # from the front matter of README.md\n" in proposed(replace(DESCRIPTION, licence="mit")).config
    )


def test_parameters_that_cannot_be_counted_are_null() -> None:
    assert "parameters: null  # could not be counted\n" in proposed(replace(DESCRIPTION, parameters=None)).config


def test_a_completed_proposal_composes_and_validates_in_a_round(copied: Path) -> None:
    proposal = proposed(**OURS)
    assert "???" not in proposal.config
    (copied / "entrant" / "my_model_7b.yaml").write_text(proposal.config)
    round_ = load_round(["+entrant@entrants.my_model_7b=my_model_7b"], copied)
    assert round_.entrants[-1] == proposal.model


def test_a_proposal_that_is_not_completed_asks_for_what_is_missing(copied: Path) -> None:
    (copied / "entrant" / "my_model_7b.yaml").write_text(proposed().config)
    with pytest.raises(ConfigError, match=r"entrants.my_model_7b.owner must be given"):
        load_round(["+entrant@entrants.my_model_7b=my_model_7b"], copied)


@pytest.mark.parametrize("title", ["yes", "12", "a: b", "x # y", "${oc.env:HOME}", "가나다 1.0", "'", '"', "null", "~"])
def test_any_title_survives_the_way_through_the_file(copied: Path, title: str) -> None:
    (copied / "entrant" / "my_model_7b.yaml").write_text(proposed(**OURS, title=title).config)
    assert load_round(["+entrant@entrants.my_model_7b=my_model_7b"], copied).entrants[-1].title == title


def test_a_served_models_engine_is_proposed_beside_the_entrant() -> None:
    engine = RemoteEngine(kind="remote", url="http://host:8000", served_model="org/big", max_model_len=2048)
    config = propose(DESCRIPTION, source="org/big", path="tok", changes={}, remote=engine).config
    assert "# engines:\n#   big:\n#     kind: remote\n" in config
    assert "#     served_model: org/big\n" in config
    assert "stated_weights" in config


def test_an_unknown_field_is_named_with_the_allowed_ones() -> None:
    with pytest.raises(ConfigError, match=r"entrant\.licens: no such key; allowed: name, title"):
        proposed(licens="MIT")


def test_a_mode_that_does_not_exist_is_named_with_the_modes() -> None:
    with pytest.raises(ConfigError, match=r"entrant\.mode = 'chatty': .*'base', 'chat' or 'thinking'"):
        proposed(mode="chatty")


def test_a_checkpoint_is_described_by_its_config_and_headers(tiny_checkpoint: Path) -> None:
    assert describe(tiny_checkpoint) == DESCRIPTION
