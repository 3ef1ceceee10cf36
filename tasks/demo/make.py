"""Make the items of the demo suites, or check that the committed ones are what this program makes.

    python tasks/demo/make.py            write tasks/demo/data/<task>/{train,fewshot,test}.jsonl
    python tasks/demo/make.py --check    write nothing; exit 1 where a file differs or a promise is broken

Nothing but Python's standard library is needed. The same seed gives the same bytes on any machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))  # so that it also runs as a plain file

from tasks.demo.generator import english, korean  # noqa: E402
from tasks.demo.generator.split import Row, splits  # noqa: E402

SEED = 20260701
FAMILIES = (*korean.FAMILIES, *english.FAMILIES)


def files(seed: int) -> dict[str, list[Row]]:
    """Rows by file name relative to this folder."""
    return {
        f"data/{family.task.removeprefix('demo_')}/{split}.jsonl": rows
        for family in FAMILIES
        for split, rows in splits(family, seed).items()
    }


def encode(rows: list[Row]) -> bytes:
    """A split as it is stored: one JSON object a line, UTF-8."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def question_key(row: Row) -> str:
    """Equal for rows that ask the same."""
    choices = row.get("choices", [])
    return "\n".join([str(row["question"]), *sorted(choices)])  # type: ignore[call-overload]


def broken_promises(made: dict[str, list[Row]]) -> Iterator[str]:
    """What README.md promises of the items and does not hold, in words."""
    ids = Counter(row["item_id"] for rows in made.values() for row in rows)
    yield from (f"item id {name} is used {count} times" for name, count in ids.items() if count > 1)
    for task in sorted({name.rpartition("/")[0] for name in made}):
        rows = [row for name in made if name.startswith(f"{task}/") for row in made[name]]
        asked = Counter(question_key(row) for row in rows)
        yield from (f"{task}: asked {count} times: {key!r}" for key, count in asked.items() if count > 1)
        places = Counter(row["answer"] for row in made[f"{task}/test.jsonl"] if "choices" in row)
        if places and max(places.values()) - min(places.values()) > 1:
            yield f"{task}: answers are not evenly placed: {dict(places)}"


def differences(made: dict[str, list[Row]]) -> Iterator[str]:
    """Committed files that are missing, changed or not made by this program."""
    for name, rows in made.items():
        path = FOLDER / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.read_bytes() != encode(rows):
            yield f"{name} differs from what the generator makes"
    known = {FOLDER / name for name in made}
    yield from (
        f"{path.relative_to(FOLDER)} is not made here" for path in (FOLDER / "data").rglob("*.*") if path not in known
    )


def main() -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    check = parser.parse_args().check
    made = files(SEED)
    problems = list(broken_promises(made)) + (list(differences(made)) if check else [])
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    if not check:
        for name, rows in made.items():
            (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / name).write_bytes(encode(rows))
    total = sum(len(rows) for name, rows in made.items() if name.endswith("/test.jsonl"))
    print(f"{len(FAMILIES)} tasks, {total} test items: {'as committed' if check else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
