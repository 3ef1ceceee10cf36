"""A small suite on disk, to be broken in one place by each test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.plan import Suite, Task

CHOICE_ROWS = [
    {
        "id": f"q{n}",
        "group": f"g{n % 2}",
        "question": f"Which is number {n}?",
        "choices": ["one", "two"],
        "answer": n % 2,
    }
    for n in range(4)
]
WRITTEN_ROWS = [{"id": f"w{n}", "group": "g", "question": f"{n} plus 1?", "answer": str(n + 1)} for n in range(4)]
SHOTS = [
    {"id": "s0", "group": "g", "question": "Which is number 8?", "choices": ["one", "two"], "answer": 0},
    {"id": "s1", "group": "g", "question": "Which is number 9?", "choices": ["one", "two"], "answer": 1},
]
WRITTEN_SHOTS = [{"id": "s2", "group": "g", "question": "8 plus 1?", "answer": "9"}]

CHOICE = """
task: toy_choice
dataset_path: json
dataset_kwargs:
  data_files: {fewshot: folder/choice_shots.jsonl, test: folder/choice.jsonl}
test_split: test
fewshot_split: fewshot
fewshot_config:
  sampler: first_n
num_fewshot: 1
output_type: multiple_choice
doc_to_text: "{{question}}\\nAnswer:"
doc_to_choice: choices
doc_to_target: answer
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""

WRITTEN = """
task: toy_written
dataset_path: json
dataset_kwargs:
  data_files: {fewshot: folder/written_shots.jsonl, test: folder/written.jsonl}
test_split: test
fewshot_split: fewshot
fewshot_config:
  sampler: first_n
num_fewshot: 1
output_type: generate_until
doc_to_text: "{{question}}\\nAnswer:"
doc_to_target: answer
generation_kwargs:
  until: ["\\n"]
  max_gen_toks: 8
filter_list:
  - name: number
    filter:
      - function: regex
        regex_pattern: "([0-9]+)"
      - function: take_first
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""


def choice_task(**changes: Any) -> Task:
    """The plan of the choice task."""
    settings = {"name": "toy_choice", "metric": "acc", "items": 4, "capability": "toy", "item_id": "id"}
    return Task(**{**settings, "cluster": "group", **changes})


def written_task(**changes: Any) -> Task:
    """The plan of the written task."""
    settings = {"name": "toy_written", "metric": "exact_match", "filter": "number", "items": 4, "capability": "toy"}
    return Task(**{**settings, "item_id": "id", **changes})


def suite(*tasks: Task, folder: str | None = "folder") -> Suite:
    """A suite of the given tasks."""
    return Suite(name="toy", title={"en": "Toy"}, language="en", folder=folder, tasks=tasks or (choice_task(),))


def write(root: Path, changes: Mapping[str, str] | None = None, files: Mapping[str, Any] | None = None) -> Path:
    """Write the suite's folder under `root`: task files with texts replaced, data files with rows replaced."""
    folder = root / "folder"
    folder.mkdir()
    rows = {"choice": CHOICE_ROWS, "choice_shots": SHOTS, "written": WRITTEN_ROWS, "written_shots": WRITTEN_SHOTS}
    contents: dict[str, Any] = rows | dict(files or {})
    for name, content in contents.items():
        lines = [json.dumps(row, ensure_ascii=False) for row in content]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, text in (("choice", CHOICE), ("written", WRITTEN)):
        for old, new in (changes or {}).items():
            text = text.replace(old, new)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder
