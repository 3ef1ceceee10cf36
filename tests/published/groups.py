"""What is compared: tasks by the published set that they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from harness.plan import Shots, Task
from tests import mirrors

Reference = Literal["hf", "local-completions"]
"""lm-eval's backend: its own forward passes by transformers, or the same server that this harness asks."""


@dataclass(frozen=True)
class Compared:
    """A task as this harness and as lm-eval name it."""

    plan: Task
    theirs: str
    """lm-eval's name of the task."""
    metric: str
    filter: str


@dataclass(frozen=True)
class Group:
    """Tasks that are asked together."""

    fill: Callable[[Path], object]
    """Writes the sets into a mirror."""
    asked: str
    """Which of its files hold rows that are asked (glob)."""
    rows: int
    """Rows of each such file that are kept, evenly spaced."""
    tasks: tuple[Compared, ...]
    reference: Reference
    shots: int | None = None
    """Few-shots where the task files do not say."""
    folder: str | None = None
    """Task files of this project's own."""
    chat: bool = False


def _task(name: str, metric: str = "acc", *, filter_: str = "none", theirs: str | None = None, **said: Any) -> Compared:
    named = {"metric": metric, "filter": filter_} | said
    plan = Task(name=name, items=0, capability="compared", **named)
    return Compared(plan, theirs or name, metric, filter_)


def _choices(*names: str, **said: Any) -> tuple[Compared, ...]:
    return tuple(_task(name, **said) for name in names)


def _mmlu(mirror: Path) -> object:
    return mirrors.mmlu(mirror, mirrors.mmlu_subjects())


FIVE = Shots(n=5, split="dev")
WRITTEN: Mapping[str, Any] = {"truncated": "grade"}
"""lm-eval grades an answer that the budget cut off; here the suites count it as `truncated`, so that is said."""


def groups() -> dict[str, Group]:
    """Every comparison by name."""
    bbh = [f"bbh_cot_fewshot_{path.stem}" for path in sorted((mirrors.REAL / "bbh/bbh").glob("*.json"))]
    gsm8k = _task("gsm8k", "exact_match", filter_="flexible-extract", **WRITTEN)
    ifeval = _task("ifeval", "prompt_level_strict_acc", **WRITTEN)
    kite = _task("kite", "all_followed", **WRITTEN)
    humaneval = Compared(_task("humaneval_sandboxed", "passed", **WRITTEN).plan, "humaneval", "pass@1", "create_test")
    own = "tasks/public"
    return {
        "kobest": Group(
            mirrors.kobest,
            "*/test.jsonl",
            40,
            (
                *_choices("kobest_boolq", "kobest_copa", "kobest_sentineg"),
                _task("kobest_hellaswag", "acc_norm"),
            ),
            "hf",
        ),
        "mmlu": Group(
            _mmlu,
            "*/test.jsonl",
            2,
            tuple(_task(f"mmlu_{subject}", shots=FIVE) for subject in mirrors.mmlu_subjects()[::5]),
            "hf",
            shots=5,
        ),
        "agieval": Group(
            mirrors.agieval,
            "*/test.jsonl",
            24,
            _choices("agieval_sat_math", "agieval_sat_en", "agieval_lsat_lr"),
            "hf",
        ),
        "klue": Group(mirrors.klue_nli, "nli/validation.jsonl", 60, _choices("klue_nli"), "hf", folder=own),
        "kornli": Group(mirrors.kornli, "xnli/test.jsonl", 60, _choices("kornli"), "hf", folder=own),
        "kobbq": Group(
            mirrors.kobbq,
            "default/test.jsonl",
            60,
            (_task("kobbq"), _task("kobbq_unbiased", "unbiased")),
            "hf",
            folder=own,
        ),
        "safety": Group(
            mirrors.safety,
            "*/test.jsonl",
            80,
            _choices("square_sensitive", "square_harmless", "square_acceptable", "square_unacceptable")
            + _choices("kosbi_safe", "kosbi_unsafe"),
            "hf",
            folder=own,
        ),
        "gsm8k": Group(partial(mirrors.gsm8k), "main/test.jsonl", 32, (gsm8k,), "local-completions"),
        "bbh": Group(
            mirrors.bbh,
            "*/test.jsonl",
            3,
            tuple(_task(name, "exact_match", filter_="get-answer", **WRITTEN) for name in bbh),
            "local-completions",
        ),
        "ifeval": Group(mirrors.ifeval, "default/train.jsonl", 32, (ifeval,), "local-completions"),
        "humaneval": Group(
            mirrors.humaneval, "*/test.jsonl", 48, (humaneval,), "local-completions", folder="tasks/code"
        ),
        "gsm8k_chat": Group(partial(mirrors.gsm8k), "main/test.jsonl", 32, (gsm8k,), "local-completions", chat=True),
        "ifeval_chat": Group(mirrors.ifeval, "default/train.jsonl", 32, (ifeval,), "local-completions", chat=True),
        "kite_chat": Group(
            mirrors.kite,
            "*/test.jsonl",
            32,
            (kite,),
            "local-completions",
            folder=own,
            chat=True,
        ),
    }


def fill(group: Group, mirror: Path, limit: int | None) -> None:
    """The group's sets in a mirror, cut to so many rows of each asked file."""
    group.fill(mirror)
    for path in mirror.glob(f"*/*/{group.asked}"):
        rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        count = min(len(rows), group.rows if limit is None else limit)
        path.write_text("".join(rows[place * len(rows) // count] for place in range(count)), encoding="utf-8")
