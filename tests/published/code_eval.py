"""Stands in for the hub's metric `code_eval`, which runs programs bare: the same question, asked in the sandbox.

`compute` gives pass@1 for one candidate a problem, as lm-eval's `humaneval` calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate

from harness.graders.code import taken
from harness.sandbox import passes


class CodeEval(evaluate.Metric):  # type: ignore[misc]
    """One greedy program for each problem."""

    def _info(self) -> Any:
        text = datasets.Value("string")
        features = datasets.Features({"predictions": datasets.Sequence(text), "references": text})
        return evaluate.MetricInfo(description="pass@1, in a sandbox", citation="", features=features)

    def _compute(
        self, predictions: Sequence[Sequence[str]], references: Sequence[str], k: Sequence[int] = (1,)
    ) -> tuple[dict[str, float], dict[str, Any]]:
        pairs = zip(predictions, references, strict=True)
        passed = [passes(programs[0], tests, taken(tests)) for programs, tests in pairs]
        return {"pass@1": sum(passed) / len(passed)}, {}
