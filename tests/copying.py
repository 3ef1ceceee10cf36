"""A small round on the fake engine: copying tasks, so that `skill` becomes accuracy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.plan import Round
from tests.tiny import build_tiny_checkpoint

LETTERS = ("A", "B", "C", "D")
WORDS = ("Seoul", "Busan", "서울", "부산", "Jeju", "제주")

CHOICE_YAML = """task: copy_choice
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: multiple_choice
doc_to_text: "Item {{{{item_id}}}}\\nCopy: {{{{answer}}}}\\nAnswer:"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: answer
num_fewshot: 0
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""

WORD_YAML = """task: copy_word
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: generate_until
doc_to_text: "Item {{{{item_id}}}}\\nCopy: {{{{answer}}}}\\nAnswer:"
doc_to_target: answer
num_fewshot: 0
generation_kwargs:
  until: ["\\n"]
  max_gen_toks: 16
filter_list:
  - name: none
    filter:
      - function: remove_whitespace
      - function: take_first
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""


def write_tasks(folder: Path, n: int = 40) -> Path:
    """Write the two task files and their data into `folder` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, template, answers in (("copy_choice", CHOICE_YAML, LETTERS), ("copy_word", WORD_YAML, WORDS)):
        data = folder / f"{name}.jsonl"
        rows = [{"item_id": f"{name}-{i}", "answer": answers[i % len(answers)]} for i in range(n)]
        data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        (folder / f"{name}.yaml").write_text(template.format(data=data), encoding="utf-8")
    return folder


def copying_round(folder: Path, skills: Mapping[str, float], *, n: int = 40, **changes: Any) -> Round:
    """A round of fake entrants, `skills` by name, whose files all lie under `folder`."""
    models = [_model(folder, name, seed) for seed, name in enumerate(skills)]
    references = changes.pop("references", ())
    content: dict[str, Any] = {
        "name": "copying",
        "title": {"en": "Copying", "ko": "베끼기"},
        "results": str(folder / "results"),
        "entrants": [model for model in models if model["name"] not in references],
        "references": [model for model in models if model["name"] in references],
        "suites": [_suite(write_tasks(folder / "tasks", n), n)],
        "rules": {
            "name": "copying",
            "version": 1,
            "items": [{"name": "copying", "points": 100, "source": {"kind": "suite", "suite": "copying"}}],
            "gates": [
                {"kind": "floor", "name": "floor", "source": {"kind": "suite", "suite": "copying"}, "minimum": 0.5}
            ],
        },
        "engine": {"kind": "fake", "max_model_len": 512},
        "engines": {
            name: {"kind": "fake", "max_model_len": 512, "skill": skill, "seed": seed}
            for seed, (name, skill) in enumerate(skills.items())
        },
        "tracking": {"kind": "none"},
    }
    return Round.model_validate(content | changes)


def _model(folder: Path, name: str, seed: int) -> dict[str, Any]:
    return {
        "name": name,
        "title": name.title(),
        "owner": "nobody",
        "country": "KR",
        "licence": "Apache-2.0",
        "source": {
            "kind": "directory",
            "path": str(build_tiny_checkpoint(folder / "checkpoints" / name, seed=seed)),
        },
    }


def _suite(tasks: Path, n: int) -> dict[str, Any]:
    shared = {"items": n, "capability": "copying", "item_id": "item_id"}
    return {
        "name": "copying",
        "title": {"en": "Copying", "ko": "베끼기"},
        "language": "en",
        "folder": str(tasks),
        "tasks": [
            {"name": "copy_choice", "metric": "acc", "chance": 0.25, **shared},
            {"name": "copy_word", "metric": "exact_match", **shared},
        ],
    }
