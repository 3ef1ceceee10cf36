from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
