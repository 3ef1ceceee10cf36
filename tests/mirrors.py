"""Mirrors of published sets as the hub lays them out, made from the real rows that lie beside the project.

A test that needs them is skipped where the folder is absent: none of these rows may be copied into the project.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

REAL = Path(os.environ.get("PUBLISHED_DATA") or Path(__file__).parents[2] / "shared" / "data")
"""Beside the project, or the folder that PUBLISHED_DATA names."""

needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"there are no published test sets in {REAL}")

Row = Mapping[str, Any]
Splits = Mapping[str, Iterable[Row]]


def write_set(mirror: Path, hub: str, configs: Mapping[str, Splits]) -> Path:
    """Write one set: a JSONL file per config and split, and the front matter by which datasets finds them."""
    files = {
        f"{config}/{split}.jsonl": list(rows) for config, splits in configs.items() for split, rows in splits.items()
    }
    named = {config: {split: f"{config}/{split}.jsonl" for split in splits} for config, splits in configs.items()}
    return write_files(mirror, hub, files, named)


def write_files(
    mirror: Path, hub: str, files: Mapping[str, Sequence[Row]], configs: Mapping[str, Mapping[str, str]] | None = None
) -> Path:
    """Write one set as its repository lays it out: files by their names, whose endings are their formats.

    `configs`: by config and split, the pattern of its files in the front matter; none where the card names no config.
    """
    folder = mirror / hub
    for name, rows in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        WRITERS[Path(name).suffix](folder / name, rows)
    lines = ["---", "license: other"] + (["configs:"] if configs else [])
    for config, splits in (configs or {}).items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, pattern in splits.items():
            lines += [f"  - split: {split}", f"    path: {pattern}"]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]), encoding="utf-8")
    return folder


def _parquet(path: Path, rows: Sequence[Row]) -> None:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([dict(row) for row in rows]), path)


def _csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _array(path: Path, rows: Sequence[Row]) -> None:
    path.write_text(json.dumps(list(rows), ensure_ascii=False, indent=4), encoding="utf-8")


def _lines(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")


WRITERS = {".parquet": _parquet, ".csv": _csv, ".json": _array, ".jsonl": _lines}
"""What writes rows into a file, by the ending of its name."""


def table(path: str, delimiter: str = "\t", quoting: int = csv.QUOTE_MINIMAL) -> list[dict[str, str]]:
    """A CSV or TSV file's rows."""
    csv.field_size_limit(1 << 30)
    with (REAL / path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter, quoting=quoting))  # type: ignore[arg-type]


def lines(path: str) -> list[dict[str, Any]]:
    """A JSONL file's rows."""
    with (REAL / path).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def kobest(mirror: Path) -> Path:
    """skt/kobest_v1 without wic, which is not at hand."""
    return write_set(
        mirror,
        "skt/kobest_v1",
        {
            "boolq": {split: _boolq(name) for split, name in KOBEST_SPLITS},
            "copa": {split: _copa(name) for split, name in KOBEST_SPLITS},
            "hellaswag": {split: _hellaswag(name) for split, name in KOBEST_SPLITS},
            "sentineg": {split: _sentineg(name) for split, name in KOBEST_SPLITS},
        },
    )


KOBEST_SPLITS = (("train", "dev"), ("validation", "dev"), ("test", "test"))
"""The stock tasks name a train split, whose rows are not at hand: the dev rows stand in for it, and are never shown."""


def _boolq(name: str) -> list[Row]:
    rows = table(f"kobest/BoolQ/{name}.tsv", quoting=csv.QUOTE_NONE)
    answers = {"true": 1, "false": 0}
    return [
        {"paragraph": row["Text"], "question": row["Question"], "label": answers[row["Answer"].strip().lower()]}
        for row in rows
    ]


def _copa(name: str) -> list[Row]:
    rows = table(f"kobest/COPA/{name}.tsv", quoting=csv.QUOTE_NONE)
    return [
        {
            "premise": row["sentence"],
            "question": row["question"],
            "alternative_1": row["1"],
            "alternative_2": row["2"],
            "label": int(row["Answer"]) - 1,
        }
        for row in rows
    ]


def _hellaswag(name: str) -> list[Row]:
    rows = table(f"kobest/HellaSwag/{name}.tsv")  # three cells are quoted
    return [
        {"context": row["context"], "label": int(row["label"])}
        | {f"ending_{n}": row[f"choice{n}"] for n in range(1, 5)}
        for row in rows
    ]


def _sentineg(name: str) -> list[Row]:
    rows = table(f"kobest/SentiNeg/{name}.tsv", quoting=csv.QUOTE_NONE)
    return [{"sentence": row["Text"], "label": int(row["Label"])} for row in rows]


def mmlu(mirror: Path, subjects: Sequence[str]) -> Path:
    """cais/mmlu: a config for each of the subjects."""
    configs = {
        subject: {split: _mmlu(f"mmlu/{split}/{subject}_{split}.csv", subject) for split in ("test", "dev")}
        for subject in subjects
    }
    return write_set(mirror, "cais/mmlu", configs)


def mmlu_subjects() -> list[str]:
    """Every subject that is at hand."""
    return sorted(path.name.removesuffix("_test.csv") for path in (REAL / "mmlu/test").glob("*_test.csv"))


def _mmlu(path: str, subject: str) -> list[Row]:
    return [
        {
            "question": row["question"],
            "subject": subject,
            "choices": [row[f"choice{n}"] for n in range(4)],
            "answer": int(row["answer"]),
        }
        for row in table(path, delimiter=",")
    ]


def gsm8k(mirror: Path, shots: int = 8, asked: int | None = None) -> Path:
    """openai/gsm8k. Its train split is not at hand: the first test rows stand in for it, and are not asked."""
    rows = lines("gsm8k/test.jsonl")
    test = rows[shots:] if asked is None else rows[shots : shots + asked]
    return write_set(mirror, "openai/gsm8k", {"main": {"train": rows[:shots], "test": test}})


def ifeval(mirror: Path) -> Path:
    """google/IFEval, every item's settings with every key, as the hub's columns have them."""
    rows = lines("ifeval/input_data.jsonl")
    keys = sorted({key for row in rows for settings in row["kwargs"] for key in settings})
    whole = [row | {"kwargs": [{key: one.get(key) for key in keys} for one in row["kwargs"]]} for row in rows]
    return write_set(mirror, "google/IFEval", {"default": {"train": whole}})


def bbh(mirror: Path) -> Path:
    """lukaemon/bbh: a config a task."""
    configs = {
        path.stem: {"test": json.loads(path.read_text(encoding="utf-8"))["examples"]}
        for path in sorted((REAL / "bbh/bbh").glob("*.json"))
    }
    return write_set(mirror, "SaylorTwift/bbh", configs)


def klue_nli(mirror: Path) -> Path:
    """klue/klue, its nli development split."""
    labels = {"entailment": 0, "neutral": 1, "contradiction": 2}
    rows = json.loads((REAL / "klue/klue-nli-v1.1_dev.json").read_text(encoding="utf-8"))
    shared = ("guid", "source", "premise", "hypothesis")
    nli = [{key: row[key] for key in shared} | {"label": labels[row["gold_label"]]} for row in rows]
    return write_set(mirror, "klue/klue", {"nli": {"validation": nli}})


def kornli(mirror: Path) -> Path:
    """kakaobrain/kor_nli, its xnli part."""
    labels = {"entailment": 0, "neutral": 1, "contradiction": 2}
    splits = {
        split: [
            {"premise": row["sentence1"], "hypothesis": row["sentence2"], "label": labels[row["gold_label"]]}
            for row in table(f"kornlu/xnli.{name}.ko.tsv", quoting=csv.QUOTE_NONE)
        ]
        for split, name in (("validation", "dev"), ("test", "test"))
    }
    return write_set(mirror, "kakaobrain/kor_nli", {"xnli": splits})


def kobbq(mirror: Path) -> Path:
    """naver-ai/kobbq, its evaluation samples."""
    return write_set(mirror, "naver-ai/kobbq", {"default": {"test": table("kobbq/KoBBQ_test_samples.tsv")}})


def safety(mirror: Path) -> Path:
    """SQuARe and KoSBi, which lie in a repository outside the hub."""
    files = {"question": "question_test", "response_ood": "response_test_ood", "kosbi": "kosbi_test"}
    return write_set(
        mirror,
        "naver-ai/korean-safety-benchmarks",
        {
            config: {
                "test": [_flat(row) for row in json.loads((REAL / f"square_kosbi/{name}.json").read_text("utf-8"))]
            }
            for config, name in files.items()
        },
    )


def _flat(row: Row) -> Row:
    """Without the columns whose type changes from row to row, which no task reads."""
    return {key: value for key, value in row.items() if not isinstance(value, list) and not key.endswith("_sub_label")}


def agieval(mirror: Path) -> list[Path]:
    """hails/agieval-*: the prompt as one text, as that copy of AGIEval has it."""
    return [
        write_set(mirror, f"hails/agieval-{name}", {"default": {"test": [_agieval(row) for row in lines(path)]}})
        for name, path in ((name, f"agieval_en/{name}.jsonl") for name in ("sat-math", "sat-en", "lsat-lr"))
    ]


def _agieval(row: Row) -> Row:
    letters = "ABCDE"[: len(row["options"])]
    choices = " ".join(row["options"])
    ask = f"Among A through {letters[-1]}, the answer is"
    query = f"{row['passage']}Q: {row['question']} Answer Choices: {choices}\nA: {ask}"
    return {"query": query, "choices": row["options"], "gold": [letters.index(row["label"])]}


def kite(mirror: Path) -> Path:
    """junkim100/KITE, the part that was translated from IFEval; a rule's arguments with every key, as on the hub."""
    rows = lines("kite/relevant.jsonl")
    keys = sorted({key for row in rows for settings in row["kwargs"] for key in settings})
    whole = [
        {
            "key": row["key"],
            "instruction": row["instruction"],
            "instruction_id_list": row["instruction_id_list"],
            "kwargs": [{key: one.get(key) for key in keys} for one in row["kwargs"]],
        }
        for row in rows
    ]
    return write_set(mirror, "junkim100/KITE", {"translated_and_filtered": {"test": whole}})


def humaneval(mirror: Path) -> Path:
    """openai/openai_humaneval."""
    with gzip.open(REAL / "humaneval/HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return write_set(mirror, "openai/openai_humaneval", {"openai_humaneval": {"test": rows}})
