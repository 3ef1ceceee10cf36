"""Sets in English."""

from __future__ import annotations

from pathlib import Path

from tests.mirrors import write_files
from tests.unit.tasks.public.sets.shape import LETTERS, SUBJECTS, Row, shard, shards


def mmlu_pro(mirror: Path) -> Path:
    """Parquet in one config; options are a list of up to ten."""

    def row(n: int, subject: str, place: int, reasoning: str) -> Row:
        choices = [f"{k} apples" for k in range(10 if place > 4 else 5)]
        shared = {"question_id": n, "question": f"{subject}, question {n}?", "options": choices}
        shared |= {"answer": LETTERS[place], "answer_index": place, "cot_content": reasoning}
        return shared | {"category": subject, "src": "made up"}

    reasoning = "A: Let's think step by step. None are left. The answer is (A)."
    files = {
        shard("data", "test"): [
            row(100 * k + n, one, place, "") for k, one in enumerate(SUBJECTS) for n, place in enumerate((3, 9))
        ],
        shard("data", "validation"): [
            row(100 * k + 50 + n, one, 0, reasoning) for k, one in enumerate(SUBJECTS) for n in range(5)
        ],
    }
    return write_files(mirror, "TIGER-Lab/MMLU-Pro", files, {"default": shards("data", "test", "validation")})


def gpqa(mirror: Path) -> Path:
    """A table of commas with the notes of its writers; one split, whatever it is called."""
    shared = {
        "Pre-Revision Question": "Which?",
        "Self-reported question-writing time (minutes)": 60,
        "Explanation": "-",
    }
    rows = [
        shared
        | {"Question": f'Which is {n},\nsay "exactly"?', "Correct Answer": f"{n} mol\n"}
        | {f"Incorrect Answer {k}": f"{n + 10 * k} mol" for k in (1, 2, 3)}
        | {"Record ID": f"rec{n}", "Subdomain": "Chemistry", "Canary String": "none"}
        for n in range(6)
    ]
    files = {f"gpqa_{part}.csv": rows for part in ("diamond", "extended", "main")}
    configs = {name.removesuffix(".csv"): {"train": name} for name in files}
    return write_files(mirror, "Idavidrein/gpqa", files, configs)


def aime25(mirror: Path) -> Path:
    """Lines of JSON without a config; answers are texts."""
    answers = ("70", "588")
    rows = [{"problem": f"Find $m+n$. ({n})", "answer": answer, "id": str(n)} for n, answer in enumerate(answers)]
    return write_files(mirror, "math-ai/aime25", {"test.jsonl": rows})


def arc(mirror: Path) -> Path:
    """Parquet; choices are two lists, labelled by letters or by figures, three to five of them."""

    def row(n: int, labels: str, key: str) -> Row:
        texts = [f"a stone of {k} kilograms" for k in range(len(labels))]
        choices = {"text": texts, "label": list(labels)}
        return {"id": f"MadeUp_{n}", "question": "Which falls?", "choices": choices, "answerKey": key}

    rows = [row(0, "ABCD", "B"), row(1, "1234", "1"), row(2, "ABC", "C"), row(3, "ABCDE", "D")]
    splits = ("train", "validation", "test")
    files = {shard("ARC-Challenge", split): rows for split in splits}
    return write_files(mirror, "allenai/ai2_arc", files, {"ARC-Challenge": shards("ARC-Challenge", *splits)})


def winogrande(mirror: Path) -> Path:
    """Parquet; a gap in the sentence, the right option's number as a text, none in the test split."""

    def row(answer: str) -> Row:
        sentence = "The cup did not fit into the box because the _ was too big."
        return {"sentence": sentence, "option1": "box", "option2": "cup", "answer": answer}

    splits = {"train": [row("2")], "validation": [row("2"), row("1")], "test": [row("")]}
    files = {shard("winogrande_xl", split): rows for split, rows in splits.items()}
    return write_files(mirror, "allenai/winogrande", files, {"winogrande_xl": shards("winogrande_xl", *splits)})


MATH = {
    "algebra": ("\\boxed{\\frac{1}{2}}", "\\boxed{-3}"),
    "counting_and_probability": ("\\boxed{6}", "\\boxed{120}"),
    "geometry": ("\\boxed{90^\\circ}", "\\boxed{25\\pi}"),
    "intermediate_algebra": ("\\boxed{[-2,7]}", "\\boxed{x^2 - 1}"),
    "number_theory": ("\\boxed{1011_2}", "\\boxed 7$."),
    "prealgebra": ("\\boxed{\\$1.50\\text{ or }\\$2}", "\\boxed{10\\%}"),
    "precalculus": ("\\boxed{(3,-4)}", "\\boxed{\\sqrt{3}}"),
}
"""Last formulas of two solutions a subject."""


def hendrycks_math(mirror: Path) -> Path:
    """Parquet; the answer stands in the solution's last box."""
    files: dict[str, list[Row]] = {}
    for subject, boxes in MATH.items():
        test = [
            {"problem": f"What is it? ({n})", "level": "Level 1", "type": subject.title()}
            | {"solution": f"It is ${box}$."}
            for n, box in enumerate(boxes)
        ]
        train = [test[0] | {"problem": "What was it?"}]
        files |= {shard(subject, "train"): train, shard(subject, "test"): test}
    configs = {subject: shards(subject, "train", "test") for subject in MATH}
    return write_files(mirror, "EleutherAI/hendrycks_math", files, configs)


def truthfulqa(mirror: Path) -> Path:
    """Parquet; the first choice of the one-answer form is the right one, numbers of choices differ."""

    def targets(n: int, right: int) -> Row:
        choices = [f"It has {k} corners." for k in range(n)]
        return {"choices": choices, "labels": [int(k < right) for k in range(n)]}

    rows = [
        {"question": f"How many corners has shape {n}?", "mc1_targets": targets(n, 1), "mc2_targets": targets(n, 2)}
        for n in (2, 5)
    ]
    files = {shard("multiple_choice", "validation"): rows}
    return write_files(
        mirror, "truthfulqa/truthful_qa", files, {"multiple_choice": shards("multiple_choice", "validation")}
    )


def mbpp(mirror: Path) -> Path:
    """Parquet; numbers name the tasks, assertions are a list, most have no code before them."""

    def row(n: int) -> Row:
        tests = ["assert twice(2) == 4", "assert twice(-1) == LOW" if n % 2 else "assert twice(0) == 0"]
        shared = {
            "task_id": n,
            "text": "Write a function to double a number.",
            "code": "def twice(n):\n    return 2 * n",
        }
        return shared | {"test_list": tests, "test_setup_code": "LOW = -2" if n % 2 else "", "challenge_test_list": []}

    splits = {"train": [row(601)], "test": [row(11), row(12)], "validation": [row(511)], "prompt": [row(1)]}
    files = {shard("full", split): rows for split, rows in splits.items()}
    return write_files(mirror, "google-research-datasets/mbpp", files, {"full": shards("full", *splits)})
