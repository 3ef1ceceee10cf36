"""The lines of a log that matter, from logs that vLLM 0.32 really wrote (shortened)."""

from __future__ import annotations

import pytest

from harness.serve.log import decisive_lines, latest_line

ULIMIT = (
    "(APIServer pid=7) WARNING 11-22 02:32:22 [system_utils.py:255] Found ulimit of 20000 and failed to automatically"
    " increase. This can cause fd limit errors like `OSError: [Errno 24] Too many open files`."
)
STARTING = "(Worker pid=3) INFO 11-22 02:33:11 [cpu_model_runner.py:68] Starting to load model /models/m..."
SHARDS = "Loading safetensors checkpoint shards:   0% Completed | 0/1 [00:00<?, ?it/s]\r"
ROUTE = "(APIServer pid=7) INFO 11-22 02:33:18 [launcher.py:195] Route: /health, Methods: GET"
BANNER = "(APIServer pid=7) INFO 11-22 02:32:22 [api_utils.py:347]   █▄█▀ █     █     █"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None),
        (STARTING, "Starting to load model /models/m..."),
        (f"{STARTING}\n{ROUTE}\n{BANNER}\n\n", "Starting to load model /models/m..."),
        (f"{STARTING}\n{SHARDS}", "Loading safetensors checkpoint shards:   0% Completed | 0/1 [00:00<?, ?it/s]"),
        (f"{STARTING}\n{ULIMIT}", "Starting to load model /models/m..."),
        (f"{STARTING}\n\x1b[1;36m(Worker pid=3)\x1b[0;0m INFO 11-22 02:33:14 [a.py:2] Warm", "Warm"),
        ("x" * 500, "x" * 120 + " ..."),
    ],
)
def test_the_latest_line_is_the_last_that_tells_something(text: str, line: str | None) -> None:
    assert latest_line(text) == line


WRONG_CONTEXT = f"""{ULIMIT}
Traceback (most recent call last):
  File "/v/vllm/engine/arg_utils.py", line 1955, in create_model_config
    return ModelConfig(
           ^^^^^^^^^^^^
pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig
  Value error, User-specified max_model_len (2048) is greater than the derived max_model_len
    For further information visit https://errors.pydantic.dev/2.14/v/value_error
"""

ROOT_CAUSE_IN_A_WORKER = """
(EngineCore pid=4) ERROR 11-22 02:33:14 [core.py:900] EngineCore failed to start.
(EngineCore pid=4) ERROR 11-22 02:33:14 [core.py:900] Traceback (most recent call last):
(EngineCore pid=4) ERROR 11-22 02:33:14 [core.py:900]   File "/v/vllm/v1/engine/core.py", line 8, in run
(EngineCore pid=4) ERROR 11-22 02:33:14 [core.py:900] ValueError: not enough memory for the KV cache
(EngineCore pid=4) ValueError: not enough memory for the KV cache
(APIServer pid=3) Traceback (most recent call last):
(APIServer pid=3)   File "/v/vllm/v1/engine/utils.py", line 8, in wait
(APIServer pid=3) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}
"""

DECISIVE = [
    ("vllm: error: unrecognized arguments: --bogus", ["vllm: error: unrecognized arguments: --bogus"]),
    (
        WRONG_CONTEXT,
        [
            (
                "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig:"
                " Value error, User-specified max_model_len (2048) is greater than the derived max_model_len"
            )
        ],
    ),
    (ROOT_CAUSE_IN_A_WORKER, ["ValueError: not enough memory for the KV cache"]),
    ("a\nRuntimeError: Engine core initialization failed.", ["RuntimeError: Engine core initialization failed."]),
    (
        "torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB",
        ["torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB"],
    ),
    ("starting\nIllegal instruction (core dumped)", ["Illegal instruction (core dumped)"]),
    ("OSError: [Errno 98] Address already in use", ["OSError: [Errno 98] Address already in use"]),
    ("one\n\ntwo\nthree\nfour\nfive\nsix", ["three", "four", "five", "six"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "lines"), DECISIVE)
def test_the_decisive_lines_are_the_root_causes(text: str, lines: list[str]) -> None:
    assert decisive_lines(text) == lines
