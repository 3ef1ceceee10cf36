"""Published sets in small: rows of made-up content in the files, columns and types that the hub's repositories have.

What a column holds is worked out from the stock tasks that read it and from the sets' cards; no published row was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.mirrors import write_files

Row = dict[str, Any]

FOUR = ("수박", "참외", "호박", "가지")
FIVE = (*FOUR, "당근")
LETTERS = "ABCDEFGHIJ"

PLACES = (1, 0, 3, 2)
"""Where the right choice of each asked row of four choices stands."""


def options(texts: Sequence[str], names: Sequence[str] = LETTERS) -> Row:
    """A column for each choice."""
    return dict(zip(names, texts, strict=False))


def shards(config: str, *splits: str) -> dict[str, str]:
    """Patterns of a config whose splits are parquet files in a folder of its name."""
    return {split: f"{config}/{split}-*" for split in splits}


def shard(folder: str, split: str) -> str:
    return f"{folder}/{split}-00000-of-00001.parquet"


# Korean


def kmmlu_hard(mirror: Path, subjects: Sequence[str]) -> Path:
    """A table of commas for each subject and split; the share of people who knew it is missing in the first rows."""

    def row(text: str, place: int, known: float | None) -> Row:
        shared = {"question": text, "answer": place + 1, **options(FOUR)}
        return shared | {"category": subjects[0], "human_accuracy": known}

    dev = [row(f'보기 {n}: 다음 중 "둥근" 것은?', n % 4, None) for n in range(5)]
    test = [row(f"{n}번 저항이 5 \u2126일 때,\n옳은 것은?", place, 0.25) for n, place in enumerate(PLACES)]
    files = {f"data/{one}-hard-{split}.csv": rows for one in subjects for split, rows in (("dev", dev), ("test", test))}
    configs = {one: {split: f"data/{one}-hard-{split}.csv" for split in ("dev", "test")} for one in subjects}
    return write_files(mirror, "HAERAE-HUB/KMMLU-HARD", files, configs)


def wic(mirror: Path) -> Path:
    """Lines of JSON; the word stands in brackets, and some contexts end with a tab."""
    pairs = [("말", "[말]을 타고 달린다.\t", "고운 [말]을 쓴다.", 0), ("손", "[손]을 씻는다.", "[손]을 흔든다.", 1)]
    rows = [{"word": word, "context_1": one, "context_2": two, "label": label} for word, one, two, label in pairs]
    splits = ("train", "test", "validation")
    files = {f"wic/{split}.jsonl": rows for split in splits}
    return write_files(mirror, "skt/kobest_v1", files, {"wic": {split: f"wic/{split}.jsonl" for split in splits}})


CLICK = {
    "click_cul_economy": ("KIIP_economy_1", "Kedu_economy_2"),
    "click_cul_geography": ("CSAT_geography_22_1", "KIIP_geography_2"),
    "click_cul_history": ("KHB_45_1", "PSE_history_2"),
    "click_cul_kpop": ("KIIP_popular_1", "Kedu_popular_2"),
    "click_cul_law": ("KIIP_law_1", "PSAT_21_2"),
    "click_cul_politics": ("KIIP_politics_1", "Kedu_politics_2"),
    "click_cul_society": ("KIIP_society_1", "Kedu_society_2"),
    "click_cul_tradition": ("KIIP_tradition_1", "Kedu_tradition_2"),
    "click_lang_function": ("CSAT_korean_23_36", "PSE_korean_2", "CSAT_korean_20_7"),
    "click_lang_grammar": ("Kedu_14_1", "TK_2016_2", "CSAT_korean_20_11"),
    "click_lang_text": ("CSAT_korean_22_1", "TK_2016_9", "CSAT_korean_23_7"),
}
"""Ids of the questions of each task, of the kinds that the stock task tells apart."""


def click(mirror: Path) -> Path:
    """A JSON list a source, without any config; the right answer is a text, questions of the entrance exam have five."""

    def row(name: str, number: int) -> Row:
        choices = list(FIVE if "CSAT" in name else FOUR)
        paragraph = "밭에 간다." if number else ""
        return {"id": name, "paragraph": paragraph, "question": "무엇인가?", "choices": choices, "answer": choices[3]}

    files = {
        f"Dataset/{task.split('_')[1].title()}/Korean {task.split('_')[2].title()}/{name.partition('_')[0]}_{n}.json": [
            row(name, n)
        ]
        for task, names in CLICK.items()
        for n, name in enumerate(names)
    }
    return write_files(mirror, "EunsuKim/CLIcK", files)


CSATQA_CARD = """---
dataset_info:
  features:
  - name: gold
    dtype: int64
  - name: Human_Peformance
    dtype: float64
  splits:
  - name: train
    num_examples: 936
---
"""
"""Speaks of a table that the repository no longer has; its program knew a config for each subject."""


def csatqa(mirror: Path) -> Path:
    """Two files of JSON lines beside a card; the right option's number is a text, most rows have no subject."""
    subjects = ("GR", "LI", "RCH", "RCS", "RCSS", "WR", "N/A")
    shared = {"test_name": "2031 수능", "context": "시가 있다.", "Human_Peformance": "45.1"}
    shared |= options(FIVE, [f"option#{n}" for n in range(1, 6)])
    rows = [
        shared | {"question_number": n, "question": f"{n}번은?", "gold": str(gold), "Category": subject}
        for n, (subject, gold) in enumerate((subject, gold) for subject in subjects for gold in (5, 1))
    ]
    files = {"data/csatqa.jsonl": rows, "data/csatqa_eval.jsonl": rows[:2]}
    folder = write_files(mirror, "HAERAE-HUB/csatqa", files)
    for name in ("csatqa", "csatqa_eval"):
        (folder / f"data/{name}.jsonl").rename(folder / f"data/{name}.json")
    (folder / "README.md").write_text(CSATQA_CARD, encoding="utf-8")
    return folder


def belebele(mirror: Path) -> Path:
    """Lines of JSON; the right answer's number is a text, the day a date."""
    shared = {"flores_passage": "강이 흐른다.", "dialect": "kor_Hang", "ds": "2023-05-03"}
    shared |= options(FOUR, [f"mc_answer{n}" for n in range(1, 5)])
    rows = [
        shared
        | {"link": f"https://example.org/{n // 2}", "question_number": n % 2 + 1, "question": f"{n}번은? "}
        | {"correct_answer_num": str(place + 1)}
        for n, place in enumerate(PLACES)
    ]
    files = {"data/kor_Hang.jsonl": rows}
    return write_files(mirror, "facebook/belebele", files, {"kor_Hang": {"test": "data/kor_Hang.jsonl"}})


GLOBAL_MMLU = ("Business", "Humanities", "Medical", "Other", "Social Sciences", "STEM")


def global_mmlu(mirror: Path) -> Path:
    """Parquet; the notes on culture are texts, empty for most rows of the second split."""
    names = [f"option_{letter}" for letter in "abcd"]
    notes = ("required_knowledge", "time_sensitive", "reference", "culture", "region", "country")

    def row(n: int, category: str, place: int, note: str | None) -> Row:
        shared = {"sample_id": f"law/test/{n}", "subject": "law", "subject_category": category, "question": f"{n}번은?"}
        shared |= options(FOUR, names) | {"answer": LETTERS[place]} | dict.fromkeys(notes, note)
        return shared | {"cultural_sensitivity_label": "CA", "is_annotated": note is not None}

    asked = [(category, place) for category in GLOBAL_MMLU for place in PLACES]
    files = {
        shard("ko", "test"): [row(n, category, place, "[]") for n, (category, place) in enumerate(asked)],
        shard("ko", "dev"): [row(n, category, 0, "-" if n else None) for n, category in enumerate(GLOBAL_MMLU)],
    }
    return write_files(mirror, "CohereForAI/Global-MMLU-Lite", files, {"ko": shards("ko", "test", "dev")})


def kormedmcqa(mirror: Path) -> Path:
    """Parquet; answers are numbers from 1, only the examples have a reasoning."""

    def row(n: int, place: int, text: str, reasoning: str) -> Row:
        shared = {"subject": "의사", "year": 2031, "period": 1, "q_number": n, "question": f"{text} {n}"}
        return shared | options(FIVE) | {"answer": place + 1, "cot": reasoning}

    splits = {
        "train": [row(1, 0, "연습", "")],
        "dev": [row(1, 0, "개발", "")],
        "test": [row(n, place, "환자", "") for n, place in enumerate((4, 1))],
        "fewshot": [row(n, n, "보기", "그래서 답이다.") for n in range(5)],
    }
    jobs = ("dentist", "doctor", "nurse", "pharm")
    files = {shard(job, split): rows for job in jobs for split, rows in splits.items()}
    return write_files(mirror, "sean0042/KorMedMCQA", files, {job: shards(job, *splits) for job in jobs})


KBL_TEXTS = {
    "knowledge_common_legal_mistake_qa": (3, ()),
    "knowledge_common_legal_mistake_qa_reasoning": (3, ()),
    "knowledge_legal_concept_qa": (5, ()),
    "knowledge_offense_component_qa": (2, ()),
    "knowledge_query_and_statute_matching_qa": (5, ()),
    "knowledge_statute_hallucination_qa": (4, ()),
    "knowledge_statute_number_and_content_matching_qa": (5, ()),
    "reasoning_case_relevance_qa_p": (
        2,
        tuple(f"{which}_case_{part}" for which in ("query", "retrieved") for part in ("appellant", "fact", "claim"))
        + ("query_case_judicial_opinion", "retrieved_case_judicial_opinion"),
    ),
    "reasoning_case_relevance_qa_q": (
        2,
        ("query", *(f"retrieved_case_{part}" for part in ("appellant", "fact", "claim", "judicial_opinion"))),
    ),
    "reasoning_causal_reasoning_qa": (2, ("facts_charged", "defendant_claim", "facts_accepted", "cause", "effect")),
    "reasoning_statement_consistency_qa": (2, ("statement1", "statement2")),
}
"""By the end of a config's name: how many choices its questions have, and which texts."""

KBL_EXAMS = ("civil_2024", "civil_2025", "criminal_2024", "public_2024")


def kbl(mirror: Path) -> Path:
    """A JSON list a config, named one by one in the card; the right letter is `label`, in the examinations `gt`."""
    files: dict[str, list[Row]] = {}
    configs: dict[str, dict[str, str]] = {}

    def add(config: str, name: str, rows: list[Row]) -> None:
        files[name] = rows
        configs[config] = {"test": name}

    for name, (choices, texts) in KBL_TEXTS.items():
        shared = dict.fromkeys(texts, "갑이 을에게 돈을 빌렸다.") | options(FIVE[:choices])
        rows = [shared | {"doc-id": n, "question": f"{n}번은?", "label": letter} for n, letter in enumerate("BA")]
        add(f"kbl_{name}", f"{name.partition('_')[0]}/kbl_{name}_v0.1.json", rows)
    for exam in KBL_EXAMS:
        field, _, year = exam.partition("_")
        rows = [{"question": f"{n}번은?", **options(FIVE), "gt": letter} for n, letter in enumerate("BA")]
        add(f"bar_exam_{exam}", f"bar_exam/{field}/{field}{year}.json", rows)
    return write_files(mirror, "lbox/kbl", files, configs)


SUBJECTS = (
    "biology",
    "business",
    "chemistry",
    "computer science",
    "economics",
    "engineering",
    "health",
    "history",
    "law",
    "math",
    "other",
    "philosophy",
    "physics",
    "psychology",
)
"""Of MMLU-Pro and of its translations."""


def mmlu_prox(mirror: Path) -> Path:
    """Parquet; a column for each of ten options, null where a question has fewer; only examples have a reasoning."""

    def row(n: int, subject: str, place: int, reasoning: str | None) -> Row:
        shared = {"question_id": n, "question": f"{subject} {n}번은?", "answer": LETTERS[place], "answer_index": place}
        shared |= {f"option_{k}": f"{k}개" if k < (10 if n % 2 else 5) else None for k in range(10)}
        return shared | {"cot_content": reasoning, "category": subject, "src": "ori", "question_id_src": n}

    reasoning = "A: 한 단계씩 생각해 봅시다. 둥근 것을 찾습니다. 답은 (A)입니다."
    files = {
        shard("ko", "test"): [
            row(100 * k + n, one, place, "") for k, one in enumerate(SUBJECTS) for n, place in enumerate((3, 9))
        ],
        shard("ko", "validation"): [
            row(100 * k + 50 + n, one, 0, reasoning) for k, one in enumerate(SUBJECTS) for n in range(5)
        ],
    }
    return write_files(mirror, "li-lab/MMLU-ProX", files, {"ko": shards("ko", "test", "validation")})


def hrm8k(mirror: Path) -> Path:
    """A table of commas for each source, beside the English original; columns of numbers, of fractions and of options."""

    def rows(*answers: object) -> list[Row]:
        return [
            {"question": f"{n}번, 값은 얼마인가?", "answer": answer, "original": f'Question {n}, "what is it"?'}
            for n, answer in enumerate(answers)
        ]

    files = {
        "HRM8K/gsm8k_test.csv": rows(1234, 18),
        "HRM8K/ksm_test.csv": rows(7, 12),
        "HRM8K/math_do_test.csv": rows(0.5, 30.0),
        "HRM8K/mmmlu_test.csv": rows(3, 1),
        "HRM8K/omni-math_do_test.csv": rows("\\frac{1}{2}", "\\sqrt{3}"),
    }
    names = ("GSM8K", "KSM", "MATH", "MMMLU", "OMNI_MATH")
    return write_files(
        mirror, "HAERAE-HUB/HRM8K", files, {name: {"test": file} for name, file in zip(names, files, strict=True)}
    )


# English


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
