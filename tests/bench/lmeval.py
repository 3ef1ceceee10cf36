"""lm-eval's backends on the bench's items, each within a time that it is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.serve.log import decisive_lines
from tests.bench.engine import Served
from tests.bench.items import Item

ITEMS_AT_A_TIME = 16
Scores = list[tuple[float, ...]]
"""Log-likelihoods of each item's choices, nats."""


@dataclass(frozen=True)
class Timed:
    """What a backend did in its time."""

    seconds: float
    scores: Scores
    """Of the first items, as many as were done."""

    @property
    def rate(self) -> float:
        """Items a second."""
        return len(self.scores) / self.seconds


def local_completions(served: Served, concurrency: int) -> Any:
    """The backend that asks a server."""
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    return LocalCompletionsAPI(
        model=served.endpoint.served_model,
        base_url=f"{served.endpoint.url}/v1/completions",
        tokenizer=str(served.folder),
        num_concurrent=concurrency,
        max_length=served.engine.max_model_len - 1,
    )


def best_concurrency(served: Served, items: Sequence[Item], tried: Sequence[int]) -> tuple[int, dict[int, float]]:
    """The concurrency with the highest rate on a few items, and the rates of all that were tried."""
    rates = {each: timed(local_completions(served, each), items, 600).rate for each in tried}
    return max(rates, key=rates.__getitem__), rates


def timed(backend: Any, items: Sequence[Item], budget_s: float) -> Timed:
    """Score items until all are done or the time is up; whole groups only."""
    scores: Scores = []
    began = time.monotonic()
    while len(scores) < len(items) and time.monotonic() - began < budget_s:
        scores += score(backend, items[len(scores) : len(scores) + ITEMS_AT_A_TIME])
    return Timed(time.monotonic() - began, scores)


def score(backend: Any, items: Sequence[Item]) -> Scores:
    """Log-likelihoods of each item's choices."""
    from lm_eval.api.instance import Instance

    asked = [
        Instance("loglikelihood", {}, (item.context, choice), number)
        for number, item in enumerate(items)
        for choice in item.choices
    ]
    found = iter(backend.loglikelihood(asked, disable_tqdm=True))
    return [tuple(next(found)[0] for _ in item.choices) for item in items]


def hf(folder: Path) -> Any:
    """The backend on transformers."""
    import torch
    from lm_eval.models.huggingface import HFLM

    device = "cuda" if torch.cuda.is_available() else "cpu"
    return HFLM(pretrained=str(folder), dtype="float32", batch_size=4, max_length=2048, device=device)


def vllm(folder: Path) -> Any:
    """The backend with a vLLM in its own process."""
    from lm_eval.models.vllm_causallms import VLLM

    return VLLM(pretrained=str(folder), dtype="float32", max_model_len=2048, enforce_eager=True, seed=0)


BACKENDS: dict[str, Callable[[Path], Any]] = {"hf": hf, "vllm": vllm}


def in_own_process(name: str, served: Served, items: Sequence[Item], budget_s: float, start_s: float = 300) -> Timed:
    """A backend that computes by itself; RuntimeError with its last words where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        task, result = Path(folder, "task.json"), Path(folder, "result.json")
        task.write_text(json.dumps({"items": [asdict(item) for item in items], "budget_s": budget_s}))
        command = [sys.executable, "-m", "tests.bench.lmeval", name, str(served.folder), str(task), str(result)]
        environment = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_LOGGING_LEVEL": "ERROR"}
        environment.pop("TQDM_DISABLE", None)  # vLLM divides by the time that its progress bar has measured
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment, timeout=start_s + 2 * budget_s
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"no group of {ITEMS_AT_A_TIME} items within {start_s + 2 * budget_s:g} s") from None
        if done.returncode:
            raise RuntimeError("; ".join(decisive_lines(done.stderr)) or "it said nothing")
        found = json.loads(result.read_text())
    return Timed(found["seconds"], [tuple(each) for each in found["scores"]])


def main() -> None:
    name, folder, task, result = sys.argv[1:]
    asked = json.loads(Path(task).read_text())
    items = [Item(each["context"], tuple(each["choices"])) for each in asked["items"]]
    backend = BACKENDS[name](Path(folder))
    score(backend, items[:1])  # what happens only once is not timed
    Path(result).write_text(json.dumps(asdict(timed(backend, items, asked["budget_s"]))))


if __name__ == "__main__":
    main()
