"""The joint bootstrap beside lm-eval's and a plain loop: 10 entrants × 100,000 items × 10,000 resamples."""

from __future__ import annotations

import contextlib
import io
import resource
import time
from collections.abc import Callable

import numpy as np

from harness.stats import Items, resample

ENTRANTS, ITEMS, TASKS, RESAMPLES = 10, 100_000, 10, 10_000
LM_EVAL_ITERATIONS, LOOP_ITERATIONS = 200, 20


def timings() -> dict[str, float]:
    """Seconds for the whole shape; the others run a part of it, scaled up (their work is proportional)."""
    rng = np.random.default_rng(1)
    binary, graded = _tasks(rng, binary=True), _tasks(rng, binary=False)
    found = {
        "ours_binary_s": _seconds(lambda: resample(binary, RESAMPLES, rng).weighted(np.ones(TASKS))),
        "ours_graded_s": _seconds(lambda: resample(graded, RESAMPLES, rng).weighted(np.ones(TASKS))),
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    scores = np.concatenate([row[0].scores for row in graded])
    found["lm_eval_s_scaled"] = _lm_eval(scores) * ENTRANTS * RESAMPLES / LM_EVAL_ITERATIONS
    found["loop_s_scaled"] = _seconds(lambda: _loop(scores)) * ENTRANTS * RESAMPLES / LOOP_ITERATIONS
    return found


def _tasks(rng: np.random.Generator, *, binary: bool) -> list[list[Items]]:
    size = ITEMS // TASKS
    ids = tuple(map(str, range(size)))
    rows = []
    for _ in range(TASKS):
        hard = rng.random(size)
        scores = [rng.random(size) < hard if binary else hard * rng.random(size) for _ in range(ENTRANTS)]
        rows.append([Items(ids, each.astype(float), None, binary) for each in scores])
    return rows


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _lm_eval(scores: np.ndarray) -> float:
    """One entrant, two chunks, so that both cores have work, as it ships."""
    from lm_eval.api import metrics

    xs = list(scores)
    pieces = LM_EVAL_ITERATIONS // 2
    worker = metrics._bootstrap_internal(metrics.mean, pieces)
    import multiprocessing

    with contextlib.redirect_stdout(io.StringIO()), multiprocessing.Pool(2) as pool:
        return _seconds(lambda: pool.map(worker, [(0, xs), (1, xs)]))


def _loop(scores: np.ndarray) -> list[float]:
    rng = np.random.default_rng(1)
    return [float(rng.choice(scores, len(scores)).mean()) for _ in range(LOOP_ITERATIONS)]
