"""Generated tokens a second: ours over `vllm bench serve`'s, the same prompts on the same server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from harness.request import Generation, Request
from harness.score import Journal, Scorer
from tests.bench.engine import Served
from tests.bench.result import Case, Other


def measure(served: Served, prompts: Sequence[str], *, tokens: int, rounds: int) -> Case:
    """Both in turn, `rounds` times; a first pass of each fills the prefix cache and is not counted."""
    ours, theirs = [], []
    for number in range(rounds + 1):
        rates = _ours(served, prompts, tokens), _theirs(served, prompts, tokens)
        print(f"  ours {rates[0]:.4g}, vllm bench serve {rates[1]:.4g} tokens/s", flush=True)  # noqa: T201
        if number:
            ours.append(rates[0])
            theirs.append(rates[1])
    return Case(
        ours=median(ours),
        others={"vllm bench serve": Other(value=median(theirs), measured={"rounds": theirs})},
        ratio=median(ours) / median(theirs),
        compared_with="vllm bench serve",
        scores_equal=None,
        unit="tokens/s",
        aim=0.97,
        details={
            "prompts": len(prompts),
            "max_tokens": tokens,
            "rounds": ours,
            "concurrency": served.engine.concurrency,
        },
    )


def _ours(served: Served, prompts: Sequence[str], tokens: int) -> float:
    requests = [
        Request("bench", str(number), 0, 0, Generation(prompt, (), tokens)) for number, prompt in enumerate(prompts)
    ]
    with TemporaryDirectory() as folder, Journal.open(Path(folder, "journal.sqlite")) as journal:
        scorer = Scorer(served.tokenizer, journal, served.engine, "0" * 64)
        before, began = served.counters(), time.monotonic()
        scorer.answer(requests, served.endpoint, lambda *_: None)
        seconds = time.monotonic() - began
        if scorer.counts["failed"]:
            raise RuntimeError(f"{scorer.counts['failed']} of our texts failed")
    return (served.counters()["generation_tokens_total"] - before["generation_tokens_total"]) / seconds


def _theirs(served: Served, prompts: Sequence[str], tokens: int) -> float:
    with TemporaryDirectory() as folder:
        data = Path(folder, "prompts.jsonl")
        data.write_text("".join(json.dumps({"prompt": prompt}) + "\n" for prompt in prompts))
        command = [str(Path(sys.executable).with_name("vllm")), "bench", "serve", "--backend", "openai"]
        command += ["--base-url", served.endpoint.url, "--model", served.endpoint.served_model]
        command += ["--tokenizer", str(served.folder), "--dataset-name", "custom", "--dataset-path", str(data)]
        command += ["--custom-output-len", str(tokens), "--skip-chat-template", "--disable-shuffle", "--no-oversample"]
        command += ["--num-prompts", str(len(prompts)), "--max-concurrency", str(served.engine.concurrency)]
        command += ["--temperature", "0", "--disable-tqdm", "--num-warmups", "0"]
        command += ["--save-result", "--result-dir", folder, "--result-filename", "result.json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
        if done.returncode:
            raise RuntimeError(f"vllm bench serve failed: {done.stderr[-500:]}")
        result = json.loads(Path(folder, "result.json").read_text())
    if result["completed"] < len(prompts):
        raise RuntimeError(f"vllm bench serve completed {result['completed']} of {len(prompts)}")
    return float(result["output_throughput"])
