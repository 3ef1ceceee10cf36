"""A conversion is trusted only when it ended well, and only while its files stay as they were."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkpoint import conversion
from harness.errors import CheckpointError, SetupError, StorageError
from harness.hashing import sha256_file, sha256_text
from harness.plan import GgufPackageSource, PackagedFile


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GgufPackageSource]:
    """A package with a small file in the place of the GGUF."""
    package = tmp_path / "packages" / "a_model_package"
    package.mkdir(parents=True)
    (package / "m.gguf").write_bytes(b"GGUF")
    monkeypatch.syspath_prepend(str(package.parent))
    yield GgufPackageSource(
        kind="gguf_package",
        parts=(PackagedFile(package="a_model_package", file="m.gguf"),),
        sha256=sha256_file(package / "m.gguf"),
        probe="A probe.",
        probe_max_nll=2.0,
    )
    sys.modules.pop("a_model_package", None)


def child(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a small program stand in for the converter; `out` is its folder."""
    program = f"import json, sys; from pathlib import Path; out = Path(json.loads(sys.argv[-1])['out']); {script}"
    monkeypatch.setattr(conversion, "CONVERTER", ("-c", program))


def finished(nll: float = 1.0) -> str:
    record = json.dumps({"probe_nll": nll, "files": {"config.json": sha256_text("{}")}})
    written = "(out / 'config.json').write_text('{}')"
    return f"print('working'); {written}; (out / 'conversion.json').write_text({record!r})"


def run(source: GgufPackageSource, cache: Path, said: list[str] | None = None) -> Path:
    return conversion.converted(source, cache, (said if said is not None else []).append)


def leftovers(cache: Path) -> list[str]:
    return [path.name for path in (cache / "checkpoints").iterdir() if path.suffix != ".lock"]


def test_a_model_is_converted_once_with_progress(
    source: GgufPackageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, finished())
    said: list[str] = []
    folder = run(source, tmp_path, said)
    assert folder.parent == tmp_path / "checkpoints"
    assert folder.name.startswith(source.sha256[:16])
    assert said == ["converting m.gguf (once): working, 0 s so far"]
    child(monkeypatch, "sys.exit(1)")
    assert run(source, tmp_path) == folder


def test_another_probe_or_bos_token_is_another_conversion(
    source: GgufPackageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, finished())
    others = [source.model_copy(update={"probe": "Another."}), source.model_copy(update={"bos_token": "<s>"})]
    assert len({run(each, tmp_path) for each in (source, *others)}) == 3


FULL = "the disk filled up during the conversion of m.gguf"
FAILURES = [
    ("sys.exit('boom')", CheckpointError, "the conversion of m.gguf ended with exit code 1:\nboom"),
    ("import os; os.kill(os.getpid(), 9)", SetupError, "the conversion of m.gguf was killed by signal 9"),
    ("sys.stderr.write('unsound\\n  -> mend'); sys.exit(2)", CheckpointError, "unsound"),
    ("sys.stderr.write('too big\\n  -> free'); sys.exit(3)", StorageError, "too big"),
    ("raise OSError(28, 'No space left on device')", StorageError, FULL),
]


@pytest.mark.parametrize(("script", "error", "message"), FAILURES)
def test_a_failed_conversion_is_explained_and_leaves_nothing(
    source: GgufPackageSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    error: type[Exception],
    message: str,
) -> None:
    child(monkeypatch, f"(out / 'model.safetensors').write_text('half'); {script}")
    with pytest.raises(error) as caught:
        run(source, tmp_path)
    assert caught.value.message == message  # type: ignore[attr-defined]
    assert leftovers(tmp_path) == []


def test_a_disk_that_fills_up_at_the_last_moment_is_named(
    source: GgufPackageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    child(monkeypatch, finished())
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"cannot write .*: No space left on device"):
        run(source, tmp_path)
    assert leftovers(tmp_path) == []


def test_an_interrupt_ends_the_conversion_and_leaves_nothing(
    source: GgufPackageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, "import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    pids: list[int] = []

    def interrupted(message: str) -> None:
        pids.append(int(message.split(": ")[1].split(",")[0]))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        conversion.converted(source, tmp_path, interrupted)
    assert not Path(f"/proc/{pids[0]}").exists()
    assert leftovers(tmp_path) == []


def test_what_a_killed_harness_left_behind_is_thrown_away(
    source: GgufPackageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, finished())
    name = run(source, tmp_path).name
    (tmp_path / "checkpoints" / name).rename(tmp_path / "checkpoints" / f".{name}.part-x1")
    run(source, tmp_path)
    assert leftovers(tmp_path) == [name]


def test_a_changed_cached_file_is_noticed(
    source: GgufPackageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, finished())
    folder = run(source, tmp_path)
    (folder / "config.json").write_text("{} ")
    with pytest.raises(CheckpointError, match="have changed since they were made"):
        run(source, tmp_path)


def test_a_stricter_bound_than_the_measured_one_refuses_the_cached_conversion(
    source: GgufPackageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, finished(nll=1.5))
    run(source, tmp_path)
    with pytest.raises(CheckpointError, match=r"scores 1.5 nats per token on the probe; at most 1.0 allowed"):
        run(source.model_copy(update={"probe_max_nll": 1.0}), tmp_path)


def test_a_file_other_than_the_declared_one_is_refused(source: GgufPackageSource, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="the config declares 0000"):
        run(source.model_copy(update={"sha256": "0" * 64}), tmp_path)


def test_parts_are_joined_in_order_checked_as_one_file_and_removed_again(
    source: GgufPackageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "packages" / "a_model_package"
    (package / "m.gguf.part00").write_bytes(b"GG")
    (package / "m.gguf.part01").write_bytes(b"UF")
    parts = tuple(PackagedFile(package="a_model_package", file=f"m.gguf.part0{number}") for number in (0, 1))
    child(monkeypatch, f"assert Path(json.loads(sys.argv[-1])['gguf']).read_bytes() == b'GGUF'; {finished()}")
    said: list[str] = []
    folder = run(source.model_copy(update={"parts": parts}), tmp_path, said)
    assert said == ["converting m.gguf (once): working, 0 s so far"]
    assert leftovers(tmp_path) == [folder.name]
    with pytest.raises(CheckpointError, match="the config declares"):
        run(source.model_copy(update={"parts": parts[::-1]}), tmp_path)
