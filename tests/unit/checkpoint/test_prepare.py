"""What a model's files are digested to, and where they come from."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from harness.checkpoint import Checkpoint, prepare
from harness.checkpoint.locate import hub_cache
from harness.errors import CheckpointError
from harness.plan import (
    DirectorySource,
    FakeEngine,
    GgufPackageSource,
    HubSource,
    Model,
    PackagedFile,
    RemoteEngine,
    Source,
)
from tests.unit.checkpoint.conftest import Copy

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FAKE = FakeEngine(kind="fake", max_model_len=512)
NUMBER_CHANGING = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


def model(source: Source) -> Model:
    return Model(name="tiny", title="Tiny", owner="nobody", country="KR", licence="Apache-2.0", source=source)


def prepared(folder: Path, engine: FakeEngine | RemoteEngine = FAKE) -> Checkpoint:
    source = DirectorySource(kind="directory", path=str(folder))
    return prepare(model(source), engine, root=Path("/"), cache=folder / "cache", notify=lambda _: None)


def remote(**stated: str) -> RemoteEngine:
    return RemoteEngine(kind="remote", url="http://h", served_model="m", max_model_len=512, stated_weights=stated)


def test_every_file_that_can_change_a_number_is_digested(copy: Copy) -> None:
    for name in ("README.md", "LICENSE.txt", "conversion.json"):
        (copy.folder / name).write_text("{}")
    assert set(prepared(copy.folder).files) == NUMBER_CHANGING
    (copy.folder / "generation_config.json").write_text("{}")
    (copy.folder / "chat_template.jinja").write_text("{{ messages }}")
    expected = NUMBER_CHANGING | {"generation_config.json", "chat_template.jinja"}
    assert set(prepared(copy.folder).files) == expected


@pytest.mark.parametrize("name", sorted(NUMBER_CHANGING))
def test_the_fingerprint_follows_every_such_file(copy: Copy, name: str) -> None:
    before = prepared(copy.folder).fingerprint
    if name == "model.safetensors":
        copy.change_tensors(lambda tensors: tensors["model.norm.weight"].__setitem__(0, 2.0))
    else:
        path = copy.folder / name
        path.write_text(path.read_text() + " ")
    assert re.fullmatch("[0-9a-f]{64}", before)
    assert prepared(copy.folder).fingerprint != before


def test_the_fingerprint_does_not_follow_the_place(copy: Copy, tmp_path: Path) -> None:
    elsewhere = Path(shutil.copytree(copy.folder, tmp_path / "elsewhere"))
    assert prepared(elsewhere).fingerprint == prepared(copy.folder).fingerprint


def test_a_safetensors_file_that_the_index_leaves_out_does_not_count(copy: Copy) -> None:
    copy.split()
    (copy.folder / "consolidated.safetensors").write_bytes(b"never loaded")
    assert "consolidated.safetensors" not in prepared(copy.folder).files


def test_the_template_digest_follows_the_template_and_nothing_else(copy: Copy) -> None:
    before = prepared(copy.folder)
    copy.change_json("tokenizer_config.json", model_max_length=99)
    assert prepared(copy.folder).template_digest == before.template_digest
    assert prepared(copy.folder).tokenizer_digest != before.tokenizer_digest
    copy.change_json("tokenizer_config.json", chat_template="{{ messages }}")
    assert prepared(copy.folder).template_digest != before.template_digest
    copy.change_json("tokenizer_config.json", chat_template=None)
    assert prepared(copy.folder).template_digest is None


def test_a_remote_model_has_stated_weights_in_place_of_measured_ones(copy: Copy) -> None:
    first, second = "a" * 64, "b" * 64
    checkpoint = prepared(copy.folder, remote(w=first))
    assert set(checkpoint.files) == NUMBER_CHANGING - {"model.safetensors"}
    assert checkpoint.stated == {"w": first}
    assert checkpoint.pinned
    assert checkpoint.fingerprint != prepared(copy.folder, remote(w=second)).fingerprint


def test_a_remote_model_without_stated_weights_is_not_pinned(copy: Copy) -> None:
    assert not prepared(copy.folder, remote()).pinned


def test_the_context_is_the_models(copy: Copy) -> None:
    assert prepared(copy.folder).context == 1024


def test_all_problems_come_in_one_error(copy: Copy) -> None:
    copy.change_json("config.json", max_position_embeddings=256)
    (copy.folder / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError) as caught:
        prepared(copy.folder)
    assert str(caught.value) == (
        f"the checkpoint of tiny in {copy.folder} cannot be used: 2 problems\n"
        "- max_model_len 512 is longer than the model's context of 256 tokens\n"
        "  -> set engine.max_model_len=256 or less\n"
        f"- tokenizer.json is missing in {copy.folder}; found tokenizer_config.json\n"
        "  -> save the tokenizer in its fast form"
    )


def test_a_relative_directory_starts_at_the_projects_root(copy: Copy) -> None:
    source = DirectorySource(kind="directory", path="checkpoint")
    made = prepare(model(source), FAKE, root=copy.folder.parent, cache=copy.folder, notify=lambda _: None)
    assert made.folder == copy.folder


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=f"checkpoint directory {tmp_path}/none does not exist"):
        prepared(tmp_path / "none")


def hub_model(copy: Copy, cache: Path, revision: str | None, ref: str = "main") -> Model:
    """The tiny checkpoint as the hub's cache would hold it."""
    repository = cache / "models--org--tiny"
    shutil.copytree(copy.folder, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / ref).write_text(COMMIT)
    return model(HubSource(kind="hub", repo="org/tiny", revision=revision))


@pytest.mark.parametrize(("revision", "pinned"), [(None, False), ("main", False), (COMMIT, True)])
def test_a_hub_model_is_found_in_the_cache_and_pinned_by_a_commit_only(
    copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revision: str | None, pinned: bool
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    planned = hub_model(copy, tmp_path / "hub", revision)
    made = prepare(planned, FAKE, root=tmp_path, cache=tmp_path, notify=lambda _: None)
    assert made.folder == tmp_path / "hub/models--org--tiny/snapshots" / COMMIT
    assert made.pinned is pinned


def test_a_hub_model_that_is_not_there_is_named_with_the_command_that_downloads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    planned = model(HubSource(kind="hub", repo="org/none", revision=COMMIT))
    with pytest.raises(CheckpointError) as caught:
        prepare(planned, FAKE, root=tmp_path, cache=tmp_path, notify=lambda _: None)
    assert f"org/none at revision {COMMIT} is not in the hub cache" in caught.value.message
    assert f"hf download org/none --revision {COMMIT}" in (caught.value.remedy or "")


def test_the_hub_cache_is_the_hubs_own_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.delenv("HF_HOME", raising=False)
    assert hub_cache(Path("/c")) == Path("/c/huggingface/hub")
    monkeypatch.setenv("HF_HOME", "/home")
    assert hub_cache(Path("/c")) == Path("/home/hub")
    monkeypatch.setenv("HF_HUB_CACHE", "/hub")
    assert hub_cache(Path("/c")) == Path("/hub")


@pytest.mark.parametrize(
    ("package", "file", "message"),
    [
        ("no_such_package", "x.gguf", "the model package no_such_package is not installed"),
        ("tests", "x.gguf", "x.gguf is not in the package tests; it has: no GGUF file"),
    ],
)
def test_a_missing_model_package_or_file_is_named(tmp_path: Path, package: str, file: str, message: str) -> None:
    source = GgufPackageSource(
        kind="gguf_package",
        parts=(PackagedFile(package=package, file=file),),
        sha256="0" * 64,
        probe="a",
        probe_max_nll=1,
    )
    with pytest.raises(CheckpointError, match=message):
        prepare(model(source), FAKE, root=tmp_path, cache=tmp_path, notify=lambda _: None)
