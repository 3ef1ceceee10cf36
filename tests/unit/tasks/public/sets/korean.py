"""Sets in Korean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.mirrors import write_files
from tests.unit.tasks.public.sets.shape import FIVE, FOUR, LETTERS, PLACES, SUBJECTS, Row, options, shard, shards


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
    """A JSON list a source, without any config; the right answer is a text, and the entrance exam has five choices."""

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


PARTS = ("appellant", "fact", "claim", "judicial_opinion")
"""Of a case at law."""

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
        tuple(f"{which}_case_{part}" for which in ("query", "retrieved") for part in PARTS),
    ),
    "reasoning_case_relevance_qa_q": (
        2,
        ("query", *(f"retrieved_case_{part}" for part in PARTS)),
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
    """A table of commas for each source, beside the English original; columns of numbers or of formulas."""

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
