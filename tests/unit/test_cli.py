from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import run
from harness.cli import main

HEAVY = ("torch", "vllm", "mlflow", "lm_eval", "hydra", "transformers", "pandas", "numpy", "pydantic")


def test_help_imports_nothing_heavy() -> None:
    code = f"""
import sys
from harness.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "exit codes:" in done.stdout


def test_a_mistake_is_one_message_without_a_traceback_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "round=nowhere"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("harness eval: round=nowhere: there is no configs/round/nowhere.yaml")
    assert "Traceback" not in error


def test_cfg_shows_the_composed_round_and_stops(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "round=demo", "engine.concurrency=5", "--cfg"]) == 0
    shown = capsys.readouterr().out
    assert "name: demo" in shown
    assert "concurrency: 5" in shown


def test_plan_names_the_command_that_serves_each_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "round=demo"]) == 0
    shown = capsys.readouterr().out
    assert "(DEMO)" in shown
    assert "vllm serve" in shown
    assert "suite demo_korean" in shown


def test_verify_of_a_folder_that_is_no_result_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    assert "holds neither round.json nor manifest.json" in capsys.readouterr().err


def test_an_unknown_command_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["evaluate"])
    assert caught.value.code == 2
    assert "'eval', 'decide', 'plan'" in capsys.readouterr().err


def test_a_dry_run_of_nothing_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dry-run", str(tmp_path / "nowhere")]) == 2
    error = capsys.readouterr().err
    assert f"harness dry-run: {tmp_path / 'nowhere'} is neither a directory nor an address" in error
    assert "Traceback" not in error


def test_a_dry_run_of_a_broken_checkpoint_lists_its_faults_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert main(["dry-run", str(tmp_path), "round=demo", "engine=fake"]) == 2
    error = capsys.readouterr().err
    for wrong in ("names no architecture", "tokenizer.json is missing", "no weight file"):
        assert wrong in error
    assert "Traceback" not in error


HOSTILE = "nowhere/\x1b[31m\u202e\ud800[/b]"


def test_an_error_shows_what_steers_a_terminal_and_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dry-run", HOSTILE]) == 2
    error = capsys.readouterr().err
    assert "nowhere/␛[31m⟨U+202E⟩⟨U+D800⟩[/b] is neither a directory" in error
    assert "\n  -> " in error


def test_discrepancies_are_shown_literally(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "verified", lambda _: ["item \x1b[2J: wrong"])
    assert main(["verify", str(tmp_path)]) == 4
    assert capsys.readouterr().out == "item ␛[2J: wrong\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "euc-kr"])
def test_what_a_terminal_cannot_encode_is_escaped(encoding: str) -> None:
    code = "import sys; from harness.cli import main, _say; main(['eval', 'round=없음']); _say('한 \u4e2d ✓')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}, check=True
    )
    assert b"Traceback" not in done.stderr
    assert done.stdout.decode(encoding).endswith("\\u2713\n")


@pytest.mark.parametrize("command", ["['plan', 'round=demo']", "['eval', 'round=demo', '--cfg']"])
def test_a_reader_who_leaves_ends_the_command_without_a_traceback(command: str) -> None:
    code = f"import sys; from harness.cli import main; sys.exit(main({command}))"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_broken_pipe_of_something_else_is_a_bug(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(_: Path) -> list[str]:
        raise BrokenPipeError

    monkeypatch.setattr(run, "verified", broken)
    with pytest.raises(BrokenPipeError):
        main(["verify", str(tmp_path)])
