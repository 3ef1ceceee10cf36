"""The real model that the cases are measured on, and what its server counts."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from harness.checkpoint import prepare
from harness.environment import CACHE, ROOT
from harness.plan import Model, VllmEngine
from harness.score import Tokenizer
from harness.serve import Endpoint, serve

COUNTERS = ("prompt_tokens_total", "prefix_cache_hits_total", "generation_tokens_total")


@dataclass(frozen=True)
class Served:
    """SmolLM2-135M behind a vLLM of ours."""

    endpoint: Endpoint
    engine: VllmEngine
    folder: Path
    tokenizer: Tokenizer

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return len(self.tokenizer.encode_prompt(text))

    def counters(self) -> dict[str, float]:
        """What the server has counted since its start."""
        return counters(self.endpoint)


def counters(endpoint: Endpoint) -> dict[str, float]:
    """What a server has counted since its start."""
    with urllib.request.urlopen(f"{endpoint.url}/metrics", timeout=30) as response:  # noqa: S310 - our server
        text = response.read().decode()
    return {name: _sum(text, name) for name in COUNTERS}


@contextmanager
def served(device: str, folder: Path, max_model_len: int = 2048) -> Iterator[Served]:
    """Start it as an evaluation does, in float32 so that scores can be compared."""
    config = yaml.safe_load((ROOT / "configs" / "engine" / f"{device}.yaml").read_text(encoding="utf-8"))
    engine = VllmEngine.model_validate({**config, "dtype": "float32", "max_model_len": max_model_len})
    entrant = yaml.safe_load((ROOT / "configs" / "entrant" / "smollm2_135m.yaml").read_text(encoding="utf-8"))
    model = Model.model_validate(entrant)
    checkpoint = prepare(model, engine, root=ROOT, cache=CACHE, notify=_say)
    with serve(engine, checkpoint.folder, model.name, folder / "server.log", _say) as endpoint:
        yield Served(endpoint, engine, checkpoint.folder, Tokenizer.load(checkpoint.folder))


def _sum(text: str, name: str) -> float:
    return sum(float(value) for value in re.findall(rf"^vllm:{name}(?:\{{.*\}})? (\S+)$", text, re.MULTILINE))


def _say(text: str) -> None:
    print(f"  {text}", flush=True)  # noqa: T201
