"""Small task files in lm-eval's own form, and lm-eval's instances turned into our requests."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.request import Generation, Loglikelihood, Request

LETTERS = {
    "output_type": "multiple_choice",
    "doc_to_text": "Question: {{question}}\nA. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\n"
    "D. {{choices[3]}}\nAnswer:",
    "doc_to_choice": ["A", "B", "C", "D"],
    "doc_to_target": "answer",
    "num_fewshot": 2,
    "fewshot_split": "test",
    "fewshot_config": {"sampler": "first_n"},
}
TEXTS = {
    "output_type": "multiple_choice",
    "doc_to_text": "{{question}}\n{{'정답:' if korean else 'Answer:'}} ",
    "doc_to_choice": "choices",
    "doc_to_target": "answer",
    "target_delimiter": "",
    "num_fewshot": 0,
}
GENERATED = {
    "output_type": "generate_until",
    "doc_to_text": "Q: {{question}}\nA:",
    "doc_to_target": "{{choices[answer]}}",
    "num_fewshot": 0,
    "generation_kwargs": {"until": ["\n\n", "Q:"], "max_gen_toks": 24},
}
TASKS: Mapping[str, Mapping[str, Any]] = {"letters": LETTERS, "texts": TEXTS, "generated": GENERATED}

ROWS = [
    ("What is the capital of France?", ["Rome", "Paris", "Seoul", "Oslo"], 1),
    ("Which planet is the largest of the solar system?", ["Jupiter", "Mars", "Venus", "the Earth"], 0),
    ("Which of these is a mammal?", ["a trout", "a sparrow", "a dolphin", "an ant"], 2),
    ("What do plants take from the air?", ["iron", "salt", "sand", "carbon dioxide"], 3),
    ("How many days does a leap year have?", ["365", "366", "364", "360"], 1),
    ("Who wrote Hamlet?", ["William Shakespeare", "Mark Twain", "Homer", "Goethe"], 0),
    ("대한민국의 수도는 어디입니까?", ["부산", "대구", "서울", "인천"], 2),
    ("물이 어는 온도는 섭씨 몇 도입니까?", ["0도", "100도", "50도", "-40도"], 0),
    ("훈민정음을 만든 사람은 누구입니까?", ["이순신", "세종대왕", "김구", "장영실"], 1),
    ("다음 중 과일은 무엇입니까?", ["배추", "감자", "무", "뷁뷁 사과"], 3),
]


def write_tasks(folder: Path) -> Path:
    """Write each task's YAML and the rows they share into `folder` and return it."""
    rows = [
        {"question": question, "choices": choices, "answer": answer, "korean": any("가" <= c <= "힣" for c in question)}
        for question, choices, answer in ROWS
    ]
    return write_task_files(folder, {name: (config, rows) for name, config in TASKS.items()})


def write_task_files(folder: Path, tasks: Mapping[str, tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]) -> Path:
    """Write tasks with their rows. JSON is YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (config, rows) in tasks.items():
        data = folder / f"{name}.jsonl"
        data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        whole = {
            "task": name,
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": {"test": str(data)}},
            "test_split": "test",
            **config,
        }
        (folder / f"{name}.yaml").write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    return folder


def instances(folder: Path, names: Sequence[str]) -> list[Any]:
    """lm-eval's instances of the tasks in `folder`, task by task in its own order."""
    from lm_eval.tasks import TaskManager

    tasks = TaskManager(include_path=str(folder), include_defaults=False).load(list(names))["tasks"]
    for name in names:
        tasks[name].set_fewshot_seed(0)
        tasks[name].build_all_requests()
    return [instance for name in names for instance in tasks[name].instances]


def requests_of(found: Sequence[Any]) -> tuple[list[Request], list[list[int]]]:
    """Our requests, and for each the positions of the instances that it stands for."""
    grouped: dict[tuple[str, int, str], list[int]] = defaultdict(list)
    for number, instance in enumerate(found):
        grouped[instance.task_name, instance.doc_id, instance.args[0]].append(number)
    requests = []
    for (task, doc, context), numbers in grouped.items():
        first = found[numbers[0]]
        ask: Loglikelihood | Generation
        if first.request_type == "loglikelihood":
            ask = Loglikelihood(context, tuple(found[number].args[1] for number in numbers))
        else:
            settings = first.args[1]
            ask = Generation(context, tuple(settings["until"]), settings["max_gen_toks"])
        requests.append(Request(task, str(doc), 0, 0, ask))
    return requests, list(grouped.values())
