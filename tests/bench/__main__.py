"""`python -m tests.bench [a b c d e] [--quick] [--device cpu|gpu]`"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.environment import ROOT, contain
from tests.bench import choices, generation, items, overhead, result
from tests.bench.engine import Served, served

CASES = {
    "a": "a_fewshot_choice",
    "b": "b_zeroshot_choice",
    "c": "c_text_choice",
    "d": "d_generation",
    "e": "e_overhead",
}


def main() -> None:
    given = _arguments()
    contain()
    os.environ |= {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}
    warnings.filterwarnings("ignore")  # of the programs that are compared with
    bench = result.Bench(quick=given.quick, machine=result.machine(), versions=result.versions())
    for name, case in _measured(given.cases, given.device, quick=given.quick):
        bench = bench.model_copy(update={"cases": {**bench.cases, name: case}})
        result.write(given.out, bench)
    result.show(bench)


def _measured(wanted: list[str], device: str, *, quick: bool) -> Iterator[tuple[str, result.Case]]:
    if "e" in wanted:
        yield CASES["e"], overhead.measure(quick=quick)
    with ExitStack() as stack:
        real = [letter for letter in wanted if letter != "e"]
        if not real:
            return
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server = stack.enter_context(served(device, folder))
        for letter in real:
            print(CASES[letter], flush=True)  # noqa: T201
            yield CASES[letter], _on_the_real_model(letter, server, quick=quick)


def _on_the_real_model(letter: str, server: Served, *, quick: bool) -> result.Case:
    n = 8 if quick else 64
    match letter:
        case "a":
            shared = 200 if quick else 1000
            asked, aim = items.fewshot_letters(n, server.count, shared=shared), 20.0
        case "b":
            asked, aim = items.letters(n, server.count), 3.0
        case "c":
            asked, aim = items.endings(n, server.count), 2.0
        case _:
            prompts = items.stories(8 if quick else 64, server.count)
            return generation.measure(server, prompts, tokens=16 if quick else 64, rounds=1 if quick else 3)
    return choices.measure(server, asked, aim=aim, quick=quick)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="speed, side by side")
    chosen = list(os.environ.get("BENCH", "abcde").replace(" ", "").replace(",", ""))
    parser.add_argument("cases", nargs="*", default=chosen, help="a b c d e; all where none is named (or BENCH=abc)")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: a trial of the bench itself")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu", help="the engine config: configs/engine/")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench" / "scoring.json")
    given = parser.parse_args()
    given.cases = [name[0] for name in given.cases]
    if unknown := [name for name in given.cases if name not in CASES]:
        parser.error(f"no case {unknown[0]!r}: choose from a b c d e")
    given.cases = sorted(set(given.cases))
    return given


if __name__ == "__main__":
    main()
