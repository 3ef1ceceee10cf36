"""A kit holds the commit, the locked packages and the mirror, and installs without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.data.kit import pack, uncommitted
from harness.data.mirror import Mirror
from harness.errors import SetupError, StorageError
from tests.mirrors import write_set


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "requirements").mkdir(parents=True)
    for name in ("build", "uv", "models", "cpu"):
        (root / f"requirements/{name}.txt").write_text(f"{name}==1\n")
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "first"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True)
    write_set(root / ".cache/mirror", "org/toy", {"default": {"test": [{"q": "1"}]}})
    return root


def downloading(asked: list[str]) -> object:
    def run(command: Sequence[str]) -> None:
        if command[0] == "git":
            subprocess.run(command, check=True)
            return
        name = Path(command[-1]).stem
        asked.append(name)
        assert "--require-hashes" in command
        (Path(command[command.index("--dest") + 1]) / f"{name}.whl").write_bytes(b"wheel")

    return run


def test_a_set_that_has_not_arrived_is_not_packed(checkout: Path, tmp_path: Path) -> None:
    write_set(checkout / ".cache/mirror/org/.pull-abc", "set", {"default": {"test": [{"q": "half"}]}})
    out = pack(tmp_path / "kit.tar", checkout, Mirror(checkout / ".cache/mirror"), "cpu", downloading([]))  # type: ignore[arg-type]
    with tarfile.open(out) as archive:
        assert not [name for name in archive.getnames() if ".pull-" in name]


def test_a_full_disk_is_said_and_leaves_no_kit(checkout: Path, tmp_path: Path) -> None:
    def full(command: Sequence[str]) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match=r"kit\.tar: the kit cannot be written: No space left on device"):
        pack(tmp_path / "kits/kit.tar", checkout, Mirror(checkout / ".cache/mirror"), "cpu", full)
    assert list((tmp_path / "kits").iterdir()) == []


def test_a_kit_holds_commit_packages_mirror_and_digests(checkout: Path, tmp_path: Path) -> None:
    asked: list[str] = []
    out = pack(tmp_path / "kit.tar", checkout, Mirror(checkout / ".cache/mirror"), "cpu", downloading(asked))  # type: ignore[arg-type]
    assert asked == ["build", "uv", "models", "cpu"]
    with tarfile.open(out) as archive:
        archive.extractall(tmp_path, filter="data")
    kit = tmp_path / "kit"
    assert (kit / "project/requirements/cpu.txt").is_file()
    assert (kit / "mirror/org/toy/default/test.jsonl").is_file()
    assert {path.stem for path in (kit / "wheels").iterdir()} == {"build", "uv", "models", "cpu"}
    assert os.access(kit / "install.sh", os.X_OK)
    checked = subprocess.run(["sha256sum", "--quiet", "--check", "KIT.sha256"], cwd=kit, check=False)
    assert checked.returncode == 0


def test_a_file_that_was_changed_on_the_way_stops_the_installation(checkout: Path, tmp_path: Path) -> None:
    out = pack(tmp_path / "kit.tar", checkout, Mirror(tmp_path / "none"), "cpu", downloading([]))  # type: ignore[arg-type]
    with tarfile.open(out) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "kit/wheels/cpu.whl").write_bytes(b"another")
    done = subprocess.run([str(tmp_path / "kit/install.sh")], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "cpu.whl" in done.stdout + done.stderr


def test_what_is_not_committed_is_said(checkout: Path) -> None:
    assert uncommitted(checkout) == [".cache/"]
    (checkout / "requirements/cpu.txt").write_text("cpu==2\n")
    assert "requirements/cpu.txt" in uncommitted(checkout)


@pytest.mark.parametrize(("out", "said"), [("kit.zip", "one .tar file"), ("kit.tar", "no lock file")])
def test_what_cannot_be_packed_is_refused(checkout: Path, tmp_path: Path, out: str, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        pack(tmp_path / out, checkout, Mirror(tmp_path / "none"), "gpu", downloading([]))  # type: ignore[arg-type]


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no checkout"):
        pack(tmp_path / "kit.tar", tmp_path, Mirror(tmp_path / "none"), "cpu", downloading([]))  # type: ignore[arg-type]


def test_a_failed_download_leaves_no_kit(checkout: Path, tmp_path: Path) -> None:
    def run(command: Sequence[str]) -> None:
        if command[0] != "git":
            raise SetupError("no index")
        subprocess.run(command, check=True)

    with pytest.raises(SetupError, match="no index"):
        pack(tmp_path / "out/kit.tar", checkout, Mirror(tmp_path / "none"), "cpu", run)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap, which takes the network away, is not installed")
def test_the_project_installs_and_decides_the_demo_from_a_kit_without_a_network(tmp_path: Path, project: Path) -> None:
    try:
        out = pack(tmp_path / "kit.tar", project, Mirror(tmp_path / "none"), "cpu")
    except SetupError as error:
        pytest.skip(f"no kit can be packed here: {error.message}")
    with tarfile.open(out) as archive:
        archive.extractall(tmp_path, filter="data")
    out.unlink()
    alone = ["bwrap", "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"]
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}
    for command in (
        [str(tmp_path / "kit/install.sh")],
        ["make", "-C", str(tmp_path / "kit/project"), "eval", "ARGS=tracking=none"],
    ):
        done = subprocess.run([*alone, *command], env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (tmp_path / "kit/project/results/demo/round.json").is_file()
