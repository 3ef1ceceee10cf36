"""A program that evaluates a round of stock tasks from a mirror; a test runs it where there is no network."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.environment import contain
from harness.plan import Round
from tests.copying import copying_round

SUITE = {
    "name": "published",
    "title": {"en": "Published sets"},
    "language": "ko",
    "tasks": [
        {"name": "kobest_copa", "metric": "acc", "items": 1000, "chance": 0.5, "capability": "reasoning"},
        {"name": "mmlu_anatomy", "metric": "acc", "items": 135, "chance": 0.25, "capability": "knowledge"},
        {
            "name": "gsm8k",
            "metric": "exact_match",
            "filter": "flexible-extract",
            "shots": {"n": 0},
            "max_tokens": 64,
            "items": 40,
            "capability": "arithmetic",
        },
    ],
}


def published_round(folder: Path) -> Round:
    """A round of one fake entrant that is asked stock tasks."""
    return copying_round(
        folder,
        {"able": 1.0},
        suites=[SUITE],
        rules={
            "name": "published",
            "version": 1,
            "items": [{"name": "published", "points": 100, "source": {"kind": "suite", "suite": "published"}}],
            "gates": [],
        },
        engine={"kind": "fake", "max_model_len": 1024},
        engines={},
    )


def main(folder: Path, root: Path) -> None:
    from harness.run import Screen, evaluate_round

    concluded = evaluate_round(published_round(folder), root=root, cache=folder / "cache", screen=Screen())
    sys.stdout.write(f"{concluded.folder.path}\n")


if __name__ == "__main__":
    contain()
    main(Path(sys.argv[1]), Path(sys.argv[2]))
