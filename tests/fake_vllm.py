"""The fake engine as a program with vLLM's command line, so that it can be killed like one.

    python fake_vllm.py serve FOLDER --port P --served-model-name NAME --max-model-len N ...

Environment: FAKE_LOG, a file that gets a line for each question: process id and digest of the payload.
FAKE_SKILL, FAKE_LATENCY_MS: as in FakeEngine. FAKE_POISON: a text; a prompt that holds it kills the process.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import orjson
from tokenizers import Tokenizer

from harness.plan import FakeEngine
from harness.serve.fake import FakeServer


def main() -> None:
    given = _arguments()
    engine = FakeEngine(
        kind="fake",
        max_model_len=given.max_model_len,
        skill=float(os.environ.get("FAKE_SKILL", "1")),
        latency_ms=float(os.environ.get("FAKE_LATENCY_MS", "0")),
    )
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    log = os.open(os.environ["FAKE_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    tokenizer = Tokenizer.from_file(str(given.folder / "tokenizer.json"))
    poison = os.environ.get("FAKE_POISON")

    def seen(payload: dict[str, Any]) -> None:
        if isinstance(payload["prompt"], str):
            return  # a probe
        os.write(log, f"{os.getpid()} {payload_digest(payload)}\n".encode())
        if poison and poison in tokenizer.decode(payload["prompt"]):
            os.kill(os.getpid(), signal.SIGKILL)

    with FakeServer(engine, given.folder, given.served_model_name, faults=seen, port=given.port):
        stop.wait()


def payload_digest(payload: dict[str, Any]) -> str:
    """Of what is asked; the model's name differs from start to start."""
    asked = {name: value for name, value in payload.items() if name != "model"}
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--served-model-name", required=True)
    parser.add_argument("--max-model-len", type=int, required=True)
    return parser.parse_known_args()[0]


if __name__ == "__main__":
    main()
