"""lm-eval's side: its own program on its own task files, the mirror as its working directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.mirror import Mirror
from harness.environment import CACHE, ROOT
from harness.suites import sentences
from tests.bench.engine import Served
from tests.published.groups import Compared, Group

CODE_EVAL = Path(__file__).with_name("code_eval.py")
"""Put where lm-eval's `humaneval` finds it when it asks the hub's library for `code_eval`."""


@dataclass(frozen=True)
class Row:
    """What lm-eval logged of one item."""

    score: float
    logprobs: tuple[float, ...]
    """Of its choices; empty for a text."""
    text: str | None
    prompt: str


def rows(group: Group, served: Served, mirror: Path, out: Path) -> dict[str, dict[int, Row]]:
    """Rows of each task by document. RuntimeError with lm-eval's last words where it fails."""
    (mirror / "code_eval").mkdir(exist_ok=True)
    (mirror / "code_eval/code_eval.py").write_text(CODE_EVAL.read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        _command(group, served, out), cwd=mirror, env=_environment(out), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError("lm-eval failed:\n" + "\n".join(done.stderr.splitlines()[-15:]))
    return {one.plan.name: _logged(one, out) for one in group.tasks}


def _command(group: Group, served: Served, out: Path) -> list[str]:
    command = [sys.executable, "-m", "lm_eval", "run", "--tasks", ",".join(one.theirs for one in group.tasks)]
    length = served.engine.max_model_len
    if group.reference == "hf":
        said = f"pretrained={served.folder},dtype=float32,max_length={length}"
        command += ["--model", "hf", "--device", "cpu", "--batch_size", "1", "--model_args", said]
    else:
        said = (
            f"model={served.endpoint.served_model},base_url={served.endpoint.url}/v1/completions,"
            f"tokenizer={served.folder},tokenizer_backend=huggingface,num_concurrent=16,max_length={length + 1}"
        )
        command += ["--model", "local-completions", "--model_args", said]
    command += ["--output_path", str(out), "--log_samples", "--confirm_run_unsafe_code"]
    if group.folder is not None:
        command += ["--include_path", str(ROOT / group.folder)]
    if group.shots is not None:
        command += ["--num_fewshot", str(group.shots)]
    return command + (["--apply_chat_template"] if group.chat else [])


def _environment(out: Path) -> Mapping[str, str]:
    """No network; the splitter that IFEval would download is the one that the harness puts in place; no rows of another
    mirror, which datasets would take for these (its cache tells folders apart by their last name only)."""
    sentences.place(Mirror(Path("/nowhere")), CACHE)
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_EVALUATE_OFFLINE": "1"}
    return {
        **os.environ,
        **offline,
        "HF_DATASETS_CACHE": str(out / "datasets"),
        "HF_ALLOW_CODE_EVAL": "1",
        "OMP_NUM_THREADS": "2",
        "PYTHONPATH": str(ROOT),
    }


def _logged(one: Compared, out: Path) -> dict[int, Row]:
    (path,) = out.rglob(f"samples_{one.theirs}_20*.jsonl")
    with path.open(encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    return {row["doc_id"]: _row(one, row) for row in found if row["filter"] == one.filter}


def _row(one: Compared, logged: Mapping[str, Any]) -> Row:
    answers = [answer[0] for answer in logged["resps"]]
    is_text = isinstance(answers[0], str)
    return Row(
        score=float(logged[one.metric]),
        logprobs=() if is_text else tuple(float(answer[0]) for answer in answers),
        text=answers[0] if is_text else None,
        prompt=logged["arguments"]["gen_args_0"]["arg_0"],
    )
