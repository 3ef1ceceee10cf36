"""Programs that cheat gain nothing: tests run in another sandbox, and only plain values cross."""

from __future__ import annotations

import select
import shutil
import threading

import pytest

from harness.errors import SandboxError
from harness.sandbox import Limits, judge, passes
from harness.sandbox.process import Sandbox

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")

LIMITS = Limits(wall_s=9, cpu_s=2, memory_mib=256, processes=8, output_kib=64, scratch_mib=8)
TESTS = "assert add(2, 3) == 5\nassert add(-1, 1) == 0"
RIGHT = "def add(a, b):\n    return a + b"


@pytest.mark.parametrize(
    "program",
    [
        RIGHT,
        f"print('noise'); import sys; sys.stderr.write('x')\n{RIGHT}",
        f"{RIGHT}\nif __name__ == '__main__':\n    add(input(), 1)",
        "add = lambda a, b: a + b",
        "from operator import add",
        "class Adder:\n    def __call__(self, a, b): return a + b\nadd = Adder()",
        "def print(*_): pass\ndef add(a, b):\n    print(a); return a + b",
    ],
)
def test_a_right_program_passes_however_it_is_written(program: str) -> None:
    assert passes(program, TESTS, ["add"], limits=LIMITS)


ANSWERING = """import os
def add(a, b):
    for number in range(3, 1000):
        try: os.write(number, {message})
        except OSError: pass
    return {value}"""
"""Writes on every line that it may have, then answers."""

CHEATING = {
    "wrong": "def add(a, b):\n    return a - b",
    "nothing": "",
    "no Python": "def add(a, b:",
    "no function": "add = 5",
    "ends at once": f"{RIGHT}\nraise SystemExit(0)",
    "dies at once": f"import os\n{RIGHT}\nos._exit(0)",
    "dies when called": "import os\ndef add(a, b):\n    os._exit(0)",
    "ends when called": "def add(a, b):\n    raise SystemExit(0)",
    "says that it passed": "def add(a, b):\n    print('passed'); return None",
    "never ends": "def add(a, b):\n    while True: pass",
    "too large": "def add(a, b):\n    return bytearray(2 ** 40)",
    "too deep": "def add(a, b):\n    return add(a, b)",
    "equals everything": "class Any:\n    def __eq__(self, _): return True\ndef add(a, b): return Any()",
    "a number that equals everything": (
        "class Any(int):\n    def __eq__(self, _): return True\ndef add(a, b): return Any(7)"
    ),
    "a text that equals everything": (
        "class Any(str):\n    def __eq__(self, _): return True\n    __hash__ = str.__hash__\n"
        "def add(a, b): return Any()"
    ),
    "looks for the tests in memory": (
        "import gc\ndef add(a, b):\n    for each in gc.get_objects():\n"
        "        if isinstance(each, str) and 'assert add' in each: return a + b\n    return None"
    ),
    "looks for the tests in its frames": (
        "import sys\ndef add(a, b):\n    frame = sys._getframe()\n    while frame:\n"
        "        if {'tests', 'word', 'expected'} & frame.f_locals.keys(): return a + b\n        frame = frame.f_back"
    ),
    "overrides what judges it": (
        "import builtins, sys\nbuiltins.AssertionError = KeyboardInterrupt\nsys.settrace(lambda *_: None)\n"
        "sys.excepthook = lambda *_: __import__('os')._exit(0)\ndef add(a, b): return None"
    ),
    "ends well in the end": (
        "import atexit, os\natexit.register(lambda: os._exit(0))\ndef add(a, b): raise AssertionError"
    ),
    "more answers than questions": ANSWERING.format(message=repr(b'{"value": 5}\n{"value": 0}\n'), value=None),
    "no message": ANSWERING.format(message="b'[' * 100000 + b'\\n'", value=5),
    "a message that ends the tests": ANSWERING.format(
        message=repr(b'{"error": "SystemExit", "message": 0}\n'), value=5
    ),
    "closes the line": "import os\ndef add(a, b):\n    os.closerange(3, 1000)\n    return 5",
    "answers before it is asked": ANSWERING.format(message=repr(b'{"value": 5}\n'), value="a + b"),
}


@pytest.mark.parametrize("name", CHEATING)
def test_a_wrong_or_cheating_program_fails(name: str) -> None:
    tests = "assert add(2, 3) == 5\nassert add(-1, 1) == 0\nassert add(4, 4) == 8"
    assert not passes(CHEATING[name], tests, ["add"], limits=LIMITS)


@pytest.mark.parametrize(
    ("value", "test"),
    [
        ("[1, (2,), {4}, frozenset({5}), {'a': [None]}]", "== [1, (2,), {4}, frozenset({5}), {'a': [None]}]"),
        ("(1, 2)", "!= [1, 2]"),
        ("1.0", "== 1"),
        ("float('nan')", "!= 0"),
        ("-0.0", "== 0.0"),
        ("2 ** 20000", "== 2 ** 20000"),
        ("3 + 4j", "== 3 + 4j"),
        ("b'\\xff'", "== b'\\xff'"),
        ("'\\ud800 가'", "== '\\ud800 가'"),
        ("{1: 'x', (2, 3): 'y'}", "== {1: 'x', (2, 3): 'y'}"),
        ("__import__('collections').Counter('aab')", "== {'a': 2, 'b': 1}"),
        ("__import__('collections').deque([1])", "== __import__('collections').deque([1])"),
        ("__import__('fractions').Fraction(1, 3)", "== __import__('fractions').Fraction(1, 3)"),
        ("__import__('decimal').Decimal('0.1')", "== __import__('decimal').Decimal('0.1')"),
        ("range(3)", "== range(3)"),
        ("True", "is True"),
        ("None", "is None"),
    ],
)  # fmt: skip
def test_plain_values_cross_as_they_are(value: str, test: str) -> None:
    assert passes(f"def f(): return {value}", f"assert f() {test}", ["f"], limits=LIMITS)


TREE = """class N:
    def __init__(self, v): self.v, self.left = v, None
def height(n): return 0 if n is None else 1 + height(n.left)
"""
GROWN = "root = N(1)\nroot.left = N(2)\nroot.left.v = 5\nassert height(root) == 2 and root.left.v == 5"


@pytest.mark.parametrize(
    ("program", "tests", "names"),
    [
        ("def f(): yield from 'ab'", "assert list(f()) == ['a', 'b']", ["f"]),
        ("def f(): return map(str, [1])", "assert next(f()) == '1'", ["f"]),
        ("def f(): return {'a': 1}.keys()", "assert set(f()) == {'a'} and len(f()) == 1", ["f"]),
        ("class P:\n    def __init__(self, a): self.a = a\ndef f(ps): return sum(p.a for p in ps)",
         "assert f([P(1), P(2)]) == 3 and P(4).a == 4", ["P", "f"]),
        ("class S:\n    def twice(self, n, *, more=0): return 2 * n + more", "assert S().twice(3, more=1) == 7", ["S"]),
        ("def f(n):\n    if n < 0: raise ValueError('below')\n    return n",
         "try: f(-1)\nexcept ValueError as error: assert str(error) == 'below'\nelse: assert False", ["f"]),
        ("def f(n): raise __import__('json').JSONDecodeError('m', 'd', 0)",
         "try: f(-1)\nexcept RuntimeError: pass\nelse: assert False", ["f"]),
        (TREE, GROWN, ["N", "height"]),
        ("LIMIT = 7\ndef f(): return 7", "assert f() == LIMIT", ["f", "LIMIT"]),
    ],
)  # fmt: skip
def test_what_is_no_plain_value_stays_and_can_be_used(program: str, tests: str, names: list[str]) -> None:
    assert passes(program, tests, names, limits=LIMITS)


def test_a_program_ends_no_iteration_of_the_tests() -> None:
    program, tests = "def f(n): raise StopIteration", "assert all(map(lambda n: f(n) == n, [1, 2]))"
    assert not passes(program, tests, ["f"], limits=LIMITS)


def test_tests_have_their_own_helpers_and_modules() -> None:
    given = "import math\ndef close(a, b): return math.isclose(a, b)"
    cheat = "def close(a, b): return True\ndef root(n): return 0"
    tests = "assert close(root(9), 3)"
    assert passes("def root(n): return n ** 0.5", tests, ["root"], given=given, limits=LIMITS)
    assert not passes(cheat, tests, ["root"], given=given, limits=LIMITS)


@pytest.mark.parametrize("which", [0, 1], ids=["program", "tests"])
def test_a_pair_of_which_one_is_killed_from_outside_says_nothing_of_the_program(
    which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = judge._both

    def killed(*pair: Sandbox) -> object:
        def kill_once_it_stands() -> None:
            select.select([pair[which]._ready], [], [])
            pair[which]._child.kill()

        killing = threading.Thread(target=kill_once_it_stands)
        killing.start()
        try:
            return real(*pair)
        finally:
            killing.join()

    monkeypatch.setattr(judge, "_both", killed)
    slow = "import time\ndef add(a, b):\n    time.sleep(60)\n    return a + b"
    with pytest.raises(SandboxError, match="killed from outside"):
        passes(slow, TESTS, ["add"], limits=LIMITS.model_copy(update={"wall_s": 60}))


def test_a_pair_that_does_not_stand_is_started_again_and_then_said(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = judge._tests

    def failing(times: int) -> None:
        def once(*given: object) -> object:
            calls.append(1)
            if len(calls) <= times:
                raise SandboxError("a sandbox did not come to stand")
            return real(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(judge, "_tests", once)

    failing(2)
    assert passes(RIGHT, TESTS, ["add"], limits=LIMITS)
    calls.clear()
    failing(3)
    with pytest.raises(SandboxError, match="did not come to stand"):
        passes(RIGHT, TESTS, ["add"], limits=LIMITS)
