"""The joint bootstrap beside lm-eval's and a plain loop: 10 entrants × 100,000 items × 10,000 resamples."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import resource
import time
from collections.abc import Callable

import numpy as np

from harness.stats import Items, resample

ENTRANTS, ITEMS, TASKS, RESAMPLES = 10, 100_000, 10, 10_000
LM_EVAL_ITERATIONS, LOOP_ITERATIONS = 200, 20


def timings() -> dict[str, float]:
    """Wall and CPU seconds for the whole shape; the others run a part of it, scaled up (their work is proportional).

    Ratios are of CPU seconds, which a busy machine changes little.
    """
    rng = np.random.default_rng(1)
    binary, graded = _tasks(rng, binary=True), _tasks(rng, binary=False)
    ours_binary = _timed(lambda: resample(binary, RESAMPLES, rng).weighted(np.ones(TASKS)))
    ours_graded = _timed(lambda: resample(graded, RESAMPLES, rng).weighted(np.ones(TASKS)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    scores = np.concatenate([row[0].scores for row in graded])
    lm_eval = _scaled(_lm_eval(scores), LM_EVAL_ITERATIONS)
    loop = _scaled(_timed(lambda: _loop(scores)), LOOP_ITERATIONS)
    found = {"ours_binary": ours_binary, "ours_graded": ours_graded, "lm_eval": lm_eval, "loop": loop}
    seconds = {f"{name}_{kind}_s": round(each[at], 2) for name, each in found.items() for at, kind in enumerate(KINDS)}
    ratios = {f"{name}_ratio": round(found[name][1] / ours_graded[1], 1) for name in ("lm_eval", "loop")}
    return {**seconds, **ratios, "peak_gib": round(peak, 3)}


KINDS = ("wall", "cpu")


def _tasks(rng: np.random.Generator, *, binary: bool) -> list[list[Items]]:
    size = ITEMS // TASKS
    ids = tuple(map(str, range(size)))
    rows = []
    for _ in range(TASKS):
        hard = rng.random(size)
        scores = [rng.random(size) < hard if binary else hard * rng.random(size) for _ in range(ENTRANTS)]
        rows.append([Items(ids, each.astype(float), None, binary) for each in scores])
    return rows


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds, those of finished child processes included."""
    start, cpu = time.perf_counter(), _cpu()
    run()
    return time.perf_counter() - start, _cpu() - cpu


def _cpu() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _scaled(seconds: tuple[float, float], iterations: int) -> tuple[float, float]:
    """One entrant's part of the resamples, scaled up to the whole."""
    wall, cpu = (each * ENTRANTS * RESAMPLES / iterations for each in seconds)
    return wall, cpu


def _lm_eval(scores: np.ndarray) -> tuple[float, float]:
    """One entrant, two chunks, so that both cores have work, as it ships."""
    from lm_eval.api import metrics

    xs = list(scores)
    worker = metrics._bootstrap_internal(metrics.mean, LM_EVAL_ITERATIONS // 2)

    def run() -> None:
        with multiprocessing.Pool(2) as pool:
            pool.map(worker, [(0, xs), (1, xs)])
            pool.close()
            pool.join()  # children count once they have ended

    with contextlib.redirect_stdout(io.StringIO()):
        return _timed(run)


def _loop(scores: np.ndarray) -> list[float]:
    rng = np.random.default_rng(1)
    return [float(rng.choice(scores, len(scores)).mean()) for _ in range(LOOP_ITERATIONS)]
