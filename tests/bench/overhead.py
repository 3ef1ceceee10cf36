"""What the harness itself costs: requests a second on one core against an engine that computes nothing, and memory.

    python -m tests.bench.overhead PART URL N CONCURRENCY      one measurement, in a process of its own

PART `scorer` is the whole way from texts to answers; `pool` asks calls that a generator makes one by one: client, pool
and journal alone; `lm-eval` is its local-completions. Each prints its seconds, its processor seconds and its memory.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tests.bench.result import Case, Other

LATENCIES_MS = (0.0, 5.0)
CONCURRENCY = 64
LM_EVAL_REQUESTS = 2_000
JOURNAL_SHARE_AT = 1_000
"""Requests a second at which the journal's share of the wall time is stated."""


def measure(*, quick: bool) -> Case:
    """10,000 requests at 0 and 5 ms of latency; memory at 1,000, 10,000 and 50,000 requests, and by concurrency."""
    requests = 2_000 if quick else 10_000
    rates: dict[str, dict[str, float]] = {}
    for latency in LATENCIES_MS:
        with _lean(latency) as url:
            rates[f"{latency:g} ms"] = _rates(_part("scorer", url, requests, CONCURRENCY), requests)
    with _lean(0) as url:
        sizes = (1_000, 10_000) if quick else (1_000, 10_000, 50_000)
        pool = {f"{n}": _part("pool", url, n, CONCURRENCY)["grown_mib"] for n in sizes}
        whole = {f"{n}": _part("scorer", url, n, CONCURRENCY)["grown_mib"] for n in sizes}
        in_flight = {f"{c}": _part("pool", url, sizes[1], c)["grown_mib"] for c in (16, 256, 1024)}
        without = _part("pool-unjournalled", url, requests, CONCURRENCY)
        journalled = _part("pool", url, requests, CONCURRENCY)
        theirs = _rates(_part("lm-eval", url, LM_EVAL_REQUESTS, CONCURRENCY), LM_EVAL_REQUESTS)
    ours = rates["0 ms"]["per_core_second"]
    return Case(
        ours=ours,
        others={"local-completions": Other(value=theirs["per_core_second"], measured=theirs)},
        ratio=ours / theirs["per_core_second"],
        compared_with="local-completions",
        scores_equal=None,
        unit="requests/s of one core",
        aim=3_000,
        details={
            "requests": requests,
            "concurrency": CONCURRENCY,
            "rates": rates,
            "memory_grown_mib_by_requests_pool_client_journal": pool,
            "memory_grown_mib_by_requests_texts_to_answers": whole,
            "memory_grown_mib_by_concurrency": in_flight,
            "journal": _journal_share(),
            "processor_s_with_and_without_journal": [journalled["cpu_s"], without["cpu_s"]],
        },
    )


def _rates(found: dict[str, float], requests: int) -> dict[str, float]:
    return {
        "per_core_second": round(requests / found["cpu_s"], 1),
        "per_second": round(requests / found["seconds"], 1),
        "load_average": round(os.getloadavg()[0], 2),
    }


def _part(part: str, url: str, n: int, concurrency: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.overhead", part, url, str(n), str(concurrency)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"{part} failed: {done.stderr[-500:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {part} {n} requests, {concurrency} in flight: {found}", flush=True)  # noqa: T201
    return found


@contextmanager
def _lean(latency_ms: float) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.lean", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def _journal_share(commits: int = 40, batch: int = 50) -> dict[str, float]:
    """What the journal costs at 1,000 answers a second in commits of 50: share of the wall time on the event loop's
    core, and how long a commit keeps its own thread waiting for the disk."""
    from harness.environment import CACHE
    from harness.score import Journal
    from harness.score.calls import Result, Scores

    def answers(number: int) -> dict[str, Result]:
        return {
            f"{number:032x}{each:032x}": Scores((-1.0, -2.0, -3.0, -4.0), (True, False, False, False), (0.0,) * 4)
            for each in range(batch)
        }

    with TemporaryDirectory(dir=CACHE) as folder, Journal.open(Path(folder, "journal.sqlite")) as journal:
        batches = [answers(number) for number in range(commits)]
        began, busy = time.monotonic(), time.thread_time()
        for each in batches:
            journal.put(each)
        waited, worked = time.monotonic() - began, time.thread_time() - busy
    of_a_second = JOURNAL_SHARE_AT / (commits * batch)
    return {
        "share_of_wall_time_at_1000_per_s": round(worked * of_a_second, 5),
        "disk_thread_share_at_1000_per_s": round(waited * of_a_second, 5),
        "commit_ms": round(1000 * waited / commits, 3),
    }


@dataclass(frozen=True)
class _Endpoint:
    url: str
    served_model: str = "lean"
    api_key: None = None
    check: Callable[[], None] = field(default=lambda: None)
    confirm: Callable[[], None] = field(default=lambda: None)


def _pool(url: str, n: int, concurrency: int, *, journalled: bool = True) -> Callable[[], None]:
    from harness.score import Journal
    from harness.score.calls import Call, pack
    from harness.score.client import Client
    from harness.score.pool import Pool
    from harness.score.shapes import LabelsCall

    def calls(count: int) -> Iterator[tuple[str, Call]]:
        for number in range(count):
            call = LabelsCall("f" * 64, pack([number % 500, 1, 2, 3] * 25), (10, 11, 12, 13))
            yield f"{number:064x}", call

    async def ask(count: int) -> None:
        with TemporaryDirectory() as folder, Journal.open(Path(folder, "journal.sqlite")) as journal:
            client = Client(_Endpoint(url), timeout_s=60, attempts=3, concurrency=concurrency, first_pause_s=0.1)
            async with client:
                write = journal.put if journalled else lambda _: None
                await Pool(client, write, concurrency, lambda *_: None).run(calls(count))

    asyncio.run(ask(500))  # what happens only once is not counted
    return lambda: asyncio.run(ask(n))


def _scorer(url: str, n: int, concurrency: int) -> Callable[[], None]:
    from harness.plan import FakeEngine
    from harness.request import Loglikelihood, Request
    from harness.score import Journal, Scorer, Tokenizer
    from tests.tiny import build_tiny_checkpoint

    folder = TemporaryDirectory()
    tokenizer = Tokenizer.load(build_tiny_checkpoint(Path(folder.name, "checkpoint")))
    plan = FakeEngine(kind="fake", max_model_len=512, concurrency=concurrency)
    labels = (" A", " B", " D", " 가")

    def ask(count: int, name: str) -> None:
        requests = [
            Request("t", str(i), 0, 0, Loglikelihood(f"Question {i}: {'what is it? ' * 8}\nAnswer:", labels))
            for i in range(count)
        ]
        with Journal.open(Path(folder.name, name)) as journal:
            scorer = Scorer(tokenizer, journal, plan, "f" * 64)
            scorer.answer(requests, _Endpoint(url), lambda *_: None)
            if scorer.counts["failed"]:
                raise RuntimeError(f"{scorer.counts['failed']} requests failed")

    ask(500, "first.sqlite")
    return lambda: ask(n, "second.sqlite")


def _lm_eval(url: str, n: int, concurrency: int) -> Callable[[], None]:
    from lm_eval.api.instance import Instance
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    from tests.tiny import build_tiny_checkpoint

    folder = TemporaryDirectory()
    model = LocalCompletionsAPI(
        model="lean",
        base_url=f"{url}/v1/completions",
        tokenizer=str(build_tiny_checkpoint(Path(folder.name, "checkpoint"))),
        num_concurrent=concurrency,
    )

    def ask(count: int) -> None:
        text = "what is it? " * 8
        asked = [
            Instance("loglikelihood", {}, (f"Question {count + i}: {text}\nAnswer:", " A"), i) for i in range(count)
        ]
        model.loglikelihood(asked, disable_tqdm=True)
        assert folder.name

    ask(100)
    return lambda: ask(n)


def main() -> None:
    part, url, n, concurrency = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    ways: dict[str, Callable[[], Callable[[], None]]] = {
        "pool": lambda: _pool(url, n, concurrency),
        "pool-unjournalled": lambda: _pool(url, n, concurrency, journalled=False),
        "scorer": lambda: _scorer(url, n, concurrency),
        "lm-eval": lambda: _lm_eval(url, n, concurrency),
    }
    run = ways[part]()
    gc.collect()
    process = psutil.Process()
    memory, cpu, began = process.memory_info().rss, time.process_time(), time.monotonic()
    run()
    result: dict[str, Any] = {
        "seconds": round(time.monotonic() - began, 3),
        "cpu_s": round(time.process_time() - cpu, 3),
        "grown_mib": round((process.memory_info().rss - memory) / 2**20, 1),
    }
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main()
