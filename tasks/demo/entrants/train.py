"""Train one of the demo's entrants and write its checkpoint and its training log.

    python -m tasks.demo.entrants.train specialist      (or novice), from the project's root

The same recipe, data and library versions start from the same weights and see the same batches in the same order.
torch doesn't promise equal bits on another machine or number of threads, so a second training gives other bytes and
nearly the same scores; the training log holds the digests of the files that are committed.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from harness.hashing import sha256_file
from tasks.demo.entrants.network import CONTEXT, answers_right, batch_loss, network, save
from tasks.demo.entrants.packing import Sequence, one_pass, pack
from tasks.demo.entrants.recipe import CHECKPOINTS, RECIPES, Recipe
from tasks.demo.entrants.texts import TaskTexts, read_tasks
from tasks.demo.entrants.vocabulary import save_tokenizer, train_tokenizer

WARM_UP = 100
"""Steps until the full learning rate."""


def main() -> None:
    """Train the named entrant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--folder", type=Path, default=CHECKPOINTS, help="where the checkpoint's folder is made")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    folder = options.folder / options.name
    folder.mkdir(parents=True, exist_ok=True)
    log = train(RECIPES[options.name], folder)
    (options.folder / f"{options.name}.json").write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")


def train(recipe: Recipe, folder: Path) -> dict[str, object]:
    """Write tokenizer and weights into `folder`; the training log."""
    started = time.monotonic()
    tasks = read_tasks()
    tokenizer = train_tokenizer(_tokenizer_texts(tasks))
    save_tokenizer(tokenizer, folder, CONTEXT)
    torch.manual_seed(recipe.seed)
    model = network(tokenizer.get_vocab_size())
    entries = _steps(model, recipe, tasks, tokenizer)
    save(model, folder)
    return {
        "recipe": asdict(recipe),
        "parameters": model.num_parameters(),
        "vocabulary": tokenizer.get_vocab_size(),
        "tokens": entries[-1]["tokens"],
        "seconds": round(time.monotonic() - started),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "transformers", "tokenizers", "safetensors", "lm-eval")},
        "data": {task.name: task.data_sha256 for task in tasks},
        "held_out": held_out(model, tasks, tokenizer),
        "files": {path.name: sha256_file(path) for path in sorted(folder.iterdir())},
        "steps": entries,
    }


def held_out(model: LlamaForCausalLM, tasks: list[TaskTexts], tokenizer: Tokenizer) -> dict[str, list[int]]:
    """By task: answers right among the train rows that were not trained on, and how many those are."""
    return {
        task.name: list(answers_right(model, list(pack(task, [task.example(row) for row in task.held_out], tokenizer))))
        for task in tasks
    }


def _tokenizer_texts(tasks: list[TaskTexts]) -> Iterator[str]:
    for task in tasks:
        yield task.description
        for example in map(task.example, task.train):
            yield example.prompt + example.answer + task.delimiter


def _steps(
    model: LlamaForCausalLM, recipe: Recipe, tasks: list[TaskTexts], tokenizer: Tokenizer
) -> list[dict[str, float]]:
    """Train in place; one log entry (mean loss in nats per token since the last) for every `log_every` steps."""
    optimisers = _optimisers(model, recipe.rate)
    schedules = [torch.optim.lr_scheduler.LambdaLR(one, lambda step: _share(step, recipe.steps)) for one in optimisers]
    entries: list[dict[str, float]] = []
    losses: list[float] = []
    tokens, started = 0, time.monotonic()
    batches = _batches(recipe, tasks, tokenizer)
    for step in range(1, recipe.steps + 1):
        batch = next(batches)
        loss = batch_loss(model, batch, answers=recipe.answers, alone=step <= recipe.alone)
        loss.backward()  # type: ignore[no-untyped-call]
        for one, schedule in zip(optimisers, schedules, strict=True):
            one.step()
            one.zero_grad()
            schedule.step()
        losses.append(loss.item())
        tokens += sum(len(sequence.ids) for sequence in batch)
        if step % recipe.log_every == 0 or step == recipe.steps:
            seconds = round(time.monotonic() - started, 1)
            entries.append({"step": step, "loss": sum(losses) / len(losses), "tokens": tokens, "seconds": seconds})
            print(entries[-1], flush=True)
            losses.clear()
        if step % 500 == 0 and recipe.answers:
            print(held_out(model, tasks, tokenizer), flush=True)
    return entries


def _batches(recipe: Recipe, tasks: list[TaskTexts], tokenizer: Tokenizer) -> Iterator[list[Sequence]]:
    """Batches without end, pass after pass."""
    rng = Random(recipe.seed)  # noqa: S311 - an order, no secret
    while True:
        sequences = one_pass(tasks, tokenizer, rng)
        for start in range(0, len(sequences) - recipe.batch + 1, recipe.batch):
            yield sequences[start : start + recipe.batch]


def _optimisers(model: LlamaForCausalLM, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the embedding and the norms."""
    matrices = [value for name, value in model.named_parameters() if value.ndim == 2 and "embed" not in name]
    others = [value for name, value in model.named_parameters() if value.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(matrices, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(others, lr=rate, weight_decay=0.0)]


def _share(step: int, steps: int) -> float:
    """The learning rate's share of its highest: up over the first steps, then straight down to zero."""
    return min((step + 1) / WARM_UP, (steps - step) / max(steps - WARM_UP, 1), 1.0)


if __name__ == "__main__":
    main()
