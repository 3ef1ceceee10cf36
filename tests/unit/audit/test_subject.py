"""What is no sound checkpoint is refused in one message; nothing is executed, no link is followed out."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.audit import subject as subject_module
from harness.audit.subject import open_subject
from harness.cli import main
from harness.errors import CheckpointError
from tests.unit.audit.models import fresh, written

WEIGHTS = "model.safetensors"


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, ("exploded",))


def _nan(folder: Path) -> None:
    weights = fresh(1)
    weights["model.layers.0.mlp.up_proj.weight"][0, 0] = np.nan
    written(folder, weights)


def _pickle(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))


def _linked(folder: Path) -> None:
    outside = folder.parent / "outside.safetensors"
    shutil.move(folder / WEIGHTS, outside)
    (folder / WEIGHTS).symlink_to(outside)


def _config(**values: object) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **values}))

    return change


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated": (lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes()[:-100]), "is truncated"),
    "corrupt header": (lambda f: (f / WEIGHTS).write_bytes(b"\xff" * 64), "truncated or no safetensors"),
    "NaN": (_nan, "1 values that are NaN or infinite"),
    "pickle": (_pickle, "pickle files"),
    "no config": (lambda f: (f / "config.json").unlink(), "config.json is missing"),
    "config is no object": (lambda f: (f / "config.json").write_text("[1]"), "holds no JSON object"),
    "absurd size": (_config(hidden_size=10**18), "config.json says hidden_size"),
    "negative size": (_config(num_hidden_layers=-4), "config.json says num_hidden_layers"),
    "link that leaves": (_linked, "is a link that leaves the checkpoint"),
    "dangling link": (lambda f: (f / "tokenizer.json").symlink_to(f / "gone"), "is a link to nothing"),
    "a pipe": (lambda f: os.mkfifo(f / "extra.safetensors"), "is neither a file nor a folder"),
    "no weights": (lambda f: (f / WEIGHTS).unlink(), "no weight file"),
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS)
def test_bad_input_is_one_message_and_exit_code_2(
    fault: Callable[[Path], object],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    sound, broken = written(tmp_path / "sound", fresh(2)), written(tmp_path / "broken", fresh(1))
    fault(broken)
    for checkpoint, other in ((broken, sound), (sound, broken)):
        out = tmp_path / "audit.json"
        assert main(["audit", str(checkpoint), "--against", f"other={other}", "--out", str(out)]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert "Traceback" not in error
        assert not out.exists()
    assert not (tmp_path / "exploded").exists()


def test_a_folder_of_countless_files_is_refused_without_being_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject_module, "MOST_FILES", 20)
    folder = written(tmp_path / "many", fresh(1))
    for index in range(20):
        (folder / f"{index}.txt").touch()
    with pytest.raises(CheckpointError, match="holds more than 20 files"):
        open_subject("many", folder)


def test_a_snapshot_of_the_hub_s_cache_is_read_through_its_links(tmp_path: Path) -> None:
    plain = written(tmp_path / "plain", fresh(1))
    repository = tmp_path / "hub" / "models--a--b"
    snapshot, blobs = repository / "snapshots" / "0123", repository / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for file in plain.iterdir():
        shutil.copy(file, blobs / f"blob-{file.name}")
        (snapshot / file.name).symlink_to(Path("../../blobs") / f"blob-{file.name}")
    assert open_subject("a", snapshot).digest == open_subject("a", plain).digest


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "no candidate is named"),
        (["--against", "nameless"], "is not NAME=CHECKPOINT"),
        (["--against", "a=/nowhere"], "there is no folder /nowhere"),
        (["--against", "a=/x", "--against", "a=/y"], "names a twice"),
    ],
)
def test_wrong_options_are_mistakes(
    given: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "sound", fresh(1))
    assert main(["audit", str(folder), *given, "--out", str(tmp_path / "audit.json")]) == 2
    assert message in capsys.readouterr().err
