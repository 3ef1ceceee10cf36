from __future__ import annotations

import pytest

from harness.graders.code import completed, written

PROMPT = 'def add(a, b):\n    """Add."""\n'


@pytest.mark.parametrize(
    ("response", "program"),
    [
        ("    return a + b\n", PROMPT + "    return a + b\n"),
        ("    return a + b\n```\nThis adds.", PROMPT + "    return a + b\n"),
        ("```python\n    return a + b\n```", PROMPT + "    return a + b\n"),
        ("Here:\n```python\ndef add(a, b):\n    return a + b\n```\nDone.", "def add(a, b):\n    return a + b\n"),
        ("```\ndef add(a, b):\n    return 0\n```\nBetter:\n```py\ndef add(a, b):\n    return a + b\n```",
         "def add(a, b):\n    return a + b\n"),
        ("```python\ndef add(a, b):\n    return a + b", "def add(a, b):\n    return a + b"),
        ("def add(a, b):\n    return a + b", "def add(a, b):\n    return a + b"),
        ("def addition(): pass", PROMPT + "def addition(): pass"),
    ],
)  # fmt: skip
def test_a_completion_or_a_whole_function_becomes_a_program(response: str, program: str) -> None:
    assert completed(PROMPT, response, "add") == program


@pytest.mark.parametrize(
    ("response", "program"),
    [
        ("x = 1\n```\nmore", "x = 1\n"),
        ("```python\nx = 1\n```", "x = 1\n"),
        ("a ```python\nx = 1\n``` b ```\nx = 2\n```", "x = 2\n"),
        ("", ""),
    ],
)
def test_a_written_program_is_the_last_block(response: str, program: str) -> None:
    assert written(response) == program
