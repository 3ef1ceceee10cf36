"""Every bad input ends in one message that names the thing, with the documented exit code, and loses nothing."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from harness import cli
from harness.plan import FakeEngine
from harness.serve.fake import FakeServer
from tests.copying import copying_round
from tests.tiny import CONTEXT

ITEMS = 40


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project root of its own, with one round named tiny: one skilled fake entrant."""
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setattr(cli, "CACHE", tmp_path / ".cache")
    round_ = copying_round(tmp_path, {"able": 1.0}, n=ITEMS, name="tiny")
    (tmp_path / "configs" / "round").mkdir(parents=True)
    (tmp_path / "configs" / "config.yaml").write_text("defaults:\n  - round: tiny\n  - _self_\n")
    content = yaml.safe_dump(round_.model_dump(mode="json", exclude_none=True), allow_unicode=True)
    (tmp_path / "configs" / "round" / "tiny.yaml").write_text(f"# @package _global_\n{content}", encoding="utf-8")
    return tmp_path


@pytest.fixture
def evaluate(root: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(*overrides: str) -> tuple[int, str]:
        code = cli.main(["eval", *overrides])
        return code, capfd.readouterr().err

    return run


def stored(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (root / "results" / "tiny").rglob("*") if path.is_file()}


def checkpoint(root: Path) -> Path:
    return root / "checkpoints" / "able"


def remove_weights(root: Path) -> None:
    (checkpoint(root) / "model.safetensors").unlink()


def truncate_weights(root: Path) -> None:
    file = checkpoint(root) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def poison(value: float) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        file = checkpoint(root) / "model.safetensors"
        weights = {name: np.array(tensor) for name, tensor in load_file(file).items()}
        weights["model.layers.1.mlp.up_proj.weight"][3, 4] = value
        save_file(weights, file, metadata={"format": "pt"})

    return spoil


def shrink_vocabulary(root: Path) -> None:
    file = checkpoint(root) / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"vocab_size": 300}))


def edit_task(old: str, new: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        file = root / "tasks" / "copy_choice.yaml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return spoil


def edit_row(change: dict[str, Any]) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        file = root / "tasks" / "copy_choice.jsonl"
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        rows[5] |= change
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))

    return spoil


def drop_row(root: Path) -> None:
    file = root / "tasks" / "copy_choice.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (remove_weights, ["able", "safetensors"]),
        (truncate_weights, ["able", "model.safetensors"]),
        (poison(float("nan")), ["able", "model.layers.1.mlp.up_proj.weight", "NaN"]),
        (poison(float("inf")), ["able", "model.layers.1.mlp.up_proj.weight", "nf"]),
        (shrink_vocabulary, ["able", "vocab", "300"]),
        (edit_task("output_type:", "otput_type:"), ["copy_choice.yaml", "otput_type", "output_type"]),
        (edit_task("metric: acc", "metric: accc"), ["copy_choice", "accc"]),
        (edit_task("{{answer}}", "{{anser}}"), ["copy_choice", "anser"]),
        (edit_row({"answer": None}), ["copy_choice", "copy_choice-5"]),
        (edit_row({"answer": "E"}), ["copy_choice", "copy_choice-5"]),
        (edit_row({"item_id": "copy_choice-4"}), ["copy_choice", "copy_choice-4"]),
        (drop_row, ["copy_choice", "39", "40"]),
    ],
)
def test_a_mistake_is_named_and_what_was_complete_stays(
    root: Path, evaluate: Callable[..., tuple[int, str]], spoil: Callable[[Path], None], named: list[str]
) -> None:
    assert evaluate()[0] == 0
    before = stored(root)
    spoil(root)
    code, error = evaluate()
    assert code == 2
    said = error[error.index("harness eval:") :]
    assert [part for part in named if part not in said] == [], said
    assert "Traceback" not in error
    assert stored(root) == before


@pytest.mark.parametrize(
    ("override", "named"),
    [
        (f"engines.able.max_model_len={CONTEXT + 1}", ["able", str(CONTEXT), str(CONTEXT + 1)]),
        ("engines.able.max_model_len=16", ["copy_choice", "16"]),
        ("suites.0.tasks.0.name=copy_chioce", ["copy_chioce", "copy_choice"]),
    ],
)
def test_a_plan_that_does_not_fit_is_named(
    root: Path, evaluate: Callable[..., tuple[int, str]], override: str, named: list[str]
) -> None:
    key, _, value = override.partition("=")
    file = root / "configs" / "round" / "tiny.yaml"
    content = yaml.safe_load(file.read_text())
    here = content
    *path, last = [int(part) if part.isdigit() else part for part in key.split(".")]
    for part in path:
        here = here[part]
    here[last] = int(value) if value.isdigit() else value
    file.write_text(f"# @package _global_\n{yaml.safe_dump(content, allow_unicode=True)}")
    code, error = evaluate()
    assert code == 2
    assert [part for part in named if part not in error] == [], error


def test_a_port_in_use_is_named(root: Path, evaluate: Callable[..., tuple[int, str]]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        use_engine(root, {"kind": "vllm", "device": "cpu", "dtype": "float32", "max_model_len": 512, "port": port})
        code, error = evaluate()
    assert code == 2
    assert str(port) in error


@pytest.mark.real
def test_a_vllm_that_dies_at_start_leaves_the_entrant_incomplete_and_quotes_its_log(
    root: Path, evaluate: Callable[..., tuple[int, str]]
) -> None:
    engine = {"kind": "vllm", "device": "cpu", "dtype": "float32", "max_model_len": 512, "args": ["--no-such-flag"]}
    use_engine(root, engine)
    code, error = evaluate()
    assert code == 3
    assert "--no-such-flag" in error
    record = json.loads((root / "results" / "tiny" / "round.json").read_text())
    assert record["status"] == "incomplete"
    assert record["entrants"]["able"]["decision"] == "incomplete"
    assert record["entrants"]["able"]["total"] is None


def test_an_engine_that_fails_in_the_middle_is_gone_on_with(
    root: Path, evaluate: Callable[..., tuple[int, str]]
) -> None:
    engine = FakeEngine(kind="fake", max_model_len=512, skill=1.0)
    asked = 0

    def break_down(_: dict[str, Any]) -> Any:
        nonlocal asked
        asked += 1
        return "500" if asked > 90 else None  # the start and the agreement check take 40 to 50

    with FakeServer(engine, checkpoint(root), "able", faults=break_down) as broken:
        use_engine(root, remote(broken.url))
        code, _ = evaluate()
    assert code == 3
    record = json.loads((root / "results" / "tiny" / "round.json").read_text())
    assert record["entrants"]["able"]["decision"] == "incomplete"
    with FakeServer(engine, checkpoint(root), "able") as sound:
        use_engine(root, remote(sound.url))
        code, _ = evaluate()
    assert code == 0
    record = json.loads((root / "results" / "tiny" / "round.json").read_text())
    assert record["status"] == "complete"
    execution = root / "results" / "tiny" / record["entrants"]["able"]["run"] / "execution.json"
    requests = json.loads(execution.read_text())["requests"]
    assert requests["journal"] > 0
    assert requests["journal"] + requests["engine"] == 2 * ITEMS


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where this machine lets the test mount one."""
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small file system here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_named_and_the_run_goes_on_after_it_was_freed(
    root: Path, evaluate: Callable[..., tuple[int, str]], full_disk: Path
) -> None:
    ballast = full_disk / "ballast"
    ballast.write_bytes(bytes(180 * 1024))
    code, error = evaluate(f"results={full_disk}")
    assert code == 3
    assert "No space left" in error or "full" in error
    assert str(full_disk) in error
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", full_disk], check=True)
    assert evaluate(f"results={full_disk}")[0] == 0


def use_engine(root: Path, engine: dict[str, Any]) -> None:
    file = root / "configs" / "round" / "tiny.yaml"
    content = yaml.safe_load(file.read_text())
    content["engines"] = {"able": engine}
    file.write_text(f"# @package _global_\n{yaml.safe_dump(content, allow_unicode=True)}")


def remote(url: str) -> dict[str, Any]:
    stated = {"model.safetensors": "0" * 64}
    return {
        "kind": "remote",
        "url": url,
        "served_model": "able",
        "max_model_len": 512,
        "attempts": 1,
        "stated_weights": stated,
    }
