"""Figures of a whole task, recomputed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import SetupError
from harness.records import OUTCOMES, RunRecord, Sample, TaskResult
from harness.run import figures
from harness.store import RunFolder, write_record


def sample(item: str, target: str, response: str | None, *, right: bool | None = None, choice: bool = True) -> Sample:
    score = None if response is None else float(response == target if right is None else right)
    return Sample(
        item_id=item,
        repeat=0,
        outcome="failed" if score is None else "correct" if score else "wrong",
        score=score,
        target=target,
        response=response,
        cluster=None,
        prompt_sha256="0" * 64,
        logprobs=(-1.0, -2.0) if choice else None,
        cause="lost" if score is None else None,
    )


def run(folder: Path, tasks: dict[str, Sequence[Sample]]) -> Path:
    written = RunFolder(folder)
    results = []
    for task, samples in tasks.items():
        written.write_samples(task, samples)
        ledger = {outcome: sum(one.outcome == outcome for one in samples) for outcome in OUTCOMES}
        results.append(TaskResult(
            task=task, suite="s", metric="acc", mode="base", n=len(samples), outcomes=ledger, score=None, chance=0.5,
            samples_sha256="0" * 64,
        ))  # fmt: skip
    write_record(
        written.record,
        RunRecord(
            model="m", run="0" * 16, status="complete", official=False, level=0.95, tasks=tuple(results), suites=()
        ),
    )
    return folder


def test_macro_f1_of_choices_and_of_nothing_else(tmp_path: Path) -> None:
    skewed = [sample(str(n), "예", "예") for n in range(8)] + [sample(str(n), "아니오", "예") for n in (8, 9)]
    texts = [sample(str(n), "예" if n else "아니오", "예", choice=False) for n in range(4)]
    lost = [*skewed[:9], sample("9", "아니오", None)]
    (found,) = figures(run(tmp_path, {"kobest_boolq": skewed, "gsm8k": texts, "kobest_copa": lost}))
    assert (found.task, found.name, found.n) == ("kobest_boolq", "macro_f1", 10)
    assert found.value == pytest.approx((2 * 0.8 / 1.8 + 0) / 2)


def test_the_bias_scores_of_kobbq(tmp_path: Path) -> None:
    told = [sample(f"age-001-{n:03d}-dis-bsd", "A", "A") for n in range(4)]
    told += [sample(f"age-001-{n:03d}-dis-cnt", "B", "B" if n else "A") for n in range(4)]
    told += [sample("age-001-000-amb-bsd", "C", "A")]
    untold = [sample(f"{n}", "C", "C", right=True) for n in range(5)]
    untold += [sample(f"{n}", "C", "A", right=False) for n in range(5, 8)]
    untold += [sample(f"{n}", "C", "B", right=True) for n in range(8, 10)]
    found = {
        one.name: (one.task, one.value, one.n)
        for one in figures(run(tmp_path, {"kobbq": told, "kobbq_unbiased": untold}))
    }
    assert found["diff_bias_disambiguated"] == ("kobbq", 0.25, 8)
    assert found["diff_bias_ambiguous"] == ("kobbq_unbiased", pytest.approx(0.1), 10)


def test_the_command_says_a_line_a_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, {"klue_nli": [sample("1", "참", "참"), sample("2", "거짓", "거짓")]})
    assert main(["data", "figures", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "klue_nli\tmacro_f1\t1.0000\t2\n"


def test_a_folder_without_a_run_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="holds no run"):
        figures(tmp_path)
