"""The first program inside a sandbox: sets the limits, gives up its rights, and takes the part that it is given.

It is handed to the interpreter as text, so it imports nothing but the standard library. Arguments: the limits as JSON
(cpu_s, memory_bytes, processes, file_bytes), the user to become (empty where it is already nobody), the part, the
descriptor on which it says that it stands, and (of `functions` and `tests`) those from which it reads and to which it
writes the other's messages. Standard input holds a JSON document: what to run.

The parts. `program` runs a program with an input, as a shell would. `functions` loads one and answers calls of what it
defines; `tests` runs tests that call it from another sandbox, so that program and tests never share a process: only
plain values cross, and whatever else it answers with stays where it is and is named by a number.
"""

import builtins
import collections
import decimal
import fractions
import io
import json
import os
import random
import resource
import sys
import types
from collections.abc import Callable
from typing import Any

LONGEST_MESSAGE = 1 << 26
"""Bytes: a longer one is refused."""
MOST_OF_AN_ITERATOR = 1_000_000


def enclose(limits: dict[str, int], user: str) -> None:
    """Hard limits first: what comes after cannot raise them."""
    for name, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
    ):
        resource.setrlimit(name, (value, value))
    if user:
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    # Counted per user, so it is set once the process is the user whose processes count.
    resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"], limits["processes"]))


def stand(ready: int) -> None:
    """Say that the sandbox stands: what ends from here on is the program's own doing."""
    os.write(ready, b"+")
    os.close(ready)


def load(source: str, name: str) -> dict[str, Any]:
    """Run a source as a module of that name, the same way every time."""
    random.seed(0)
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]  # as an interpreter with `site` has them
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)  # noqa: S102 - what the sandbox is for
    return module.__dict__


def give_input(text: str) -> None:
    """Standard input is a file that is nowhere: the program may read its descriptor as it likes."""
    path = "/tmp/.input"  # noqa: S108 - private
    with open(path, "w+b") as file:  # noqa: PTH123 - pathlib would be a second import
        file.write(text.encode(errors="surrogatepass"))
        file.seek(0)
        os.dup2(file.fileno(), 0)
    os.unlink(path)  # noqa: PTH108
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115


class Kept:
    """Objects that do not cross, by the numbers that stand for them on the other side."""

    def __init__(self) -> None:
        self.objects: list[Any] = []

    def number(self, value: Any) -> int:
        self.objects.append(value)
        return len(self.objects) - 1


def packed(value: Any, keep: Callable[[Any], int]) -> Any:
    """A value as JSON. Subclasses cross as what they are made of; what is no plain value is kept."""
    if value is None or value is True or value is False:
        return value
    for bare in (int, float, str):
        if isinstance(value, bare):
            return value if type(value) is bare else bare(value)
    for name, kind in SEQUENCES.items():
        if isinstance(value, kind):
            return {name: [packed(one, keep) for one in kind.__iter__(value)]}
    if isinstance(value, dict):
        return {"dict": [[packed(key, keep), packed(one, keep)] for key, one in dict.items(value)]}
    for name, (kinds, write) in OTHERS.items():
        if isinstance(value, kinds):
            return {name: write(value)}
    if isinstance(value, collections.abc.Iterator):
        return {"iterator": [packed(one, keep) for one, _ in zip(value, range(MOST_OF_AN_ITERATOR), strict=False)]}
    return {"kept": keep(value)}


SEQUENCES: dict[str, Any] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": collections.deque,
}


OTHERS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "complex": (complex, lambda value: [value.real, value.imag]),
    "bytes": ((bytes, bytearray), lambda value: bytes(value).hex()),
    "range": (range, lambda value: [value.start, value.stop, value.step]),
    "decimal": (decimal.Decimal, str),
    "fraction": (fractions.Fraction, str),
}


def unpacked(data: Any, find: Callable[[int], Any]) -> Any:
    """The value that `packed` wrote. ValueError for anything else."""
    if not isinstance(data, dict):
        return data
    ((name, body),) = data.items()
    if name in SEQUENCES:
        return SEQUENCES[name](unpacked(one, find) for one in body)
    if name == "iterator":
        return iter([unpacked(one, find) for one in body])
    if name == "dict":
        return {unpacked(key, find): unpacked(one, find) for key, one in body}
    makers: dict[str, Callable[[], Any]] = {
        "complex": lambda: complex(*body),
        "bytes": lambda: bytes.fromhex(body),
        "range": lambda: range(*body),
        "decimal": lambda: decimal.Decimal(body),
        "fraction": lambda: fractions.Fraction(body),
        "kept": lambda: find(int(body)),
    }
    if name not in makers:
        raise ValueError(f"no value is called {name!r}")
    return makers[name]()


class Line:
    """One message a line, both ways."""

    def __init__(self, reading: int, writing: int) -> None:
        self._in, self._out = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")

    def send(self, message: Any) -> None:
        self._out.write(json.dumps(message).encode() + b"\n")
        self._out.flush()

    def receive(self) -> Any:
        """EOFError where the other side has gone, ValueError where it says no message."""
        text = self._in.readline(LONGEST_MESSAGE)
        if not text:
            raise EOFError("the other side has gone")
        if not text.endswith(b"\n"):
            raise ValueError("a message without an end")
        return json.loads(text)


def answer_calls(source: str, line: Line) -> None:
    """Load the program, then do what the tests ask, one thing at a time, until they go."""
    names, kept = load(source, "program"), Kept()

    def done(asked: dict[str, Any]) -> Any:
        if "name" in asked:
            return names[asked["name"]]
        this = kept.objects[asked["of"]]
        if asked["do"] == "attribute":
            return getattr(this, asked["attribute"])
        if asked["do"] == "set":
            return setattr(this, asked["attribute"], unpacked(asked["value"], kept.objects.__getitem__))
        if asked["do"] == "call":
            given, named = (unpacked(asked[part], kept.objects.__getitem__) for part in ("given", "named"))
            return this(*given, **named)
        doing: dict[str, Callable[[Any], Any]] = {"iterate": iter, "measure": len, "say": str}
        return doing[asked["do"]](this)

    while True:
        try:
            asked = line.receive()
        except EOFError:
            os._exit(0)
        try:
            reply = {"value": packed(done(asked), kept.number)}
        except BaseException as error:  # noqa: BLE001 - an exit is an answer to the one who called
            reply = {"error": type(error).__name__, "message": str(error)}
        line.send(reply)


class Remote:
    """Something of the program's, seen from the tests."""

    _number: int
    _line: Line

    def __init__(self, number: int, line: Line) -> None:
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_line", line)

    def _ask(self, do: str, **more: Any) -> Any:
        return asked(self._line, {"do": do, "of": self._number, **more})

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._ask("call", given=packed(given, number_of), named=packed(named, number_of))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._ask("attribute", attribute=name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("set", attribute=name, value=packed(value, number_of))

    def __iter__(self) -> Any:
        return iter(self._ask("iterate"))

    def __len__(self) -> int:
        return int(self._ask("measure"))

    def __str__(self) -> str:
        return str(self._ask("say"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and other._number == self._number

    def __hash__(self) -> int:
        return self._number


def number_of(value: Any) -> int:
    """TypeError for what the tests cannot send: values of their own kinds."""
    if isinstance(value, Remote):
        return value._number
    raise TypeError(f"a {type(value).__name__} cannot be sent to the program")


def asked(line: Line, question: dict[str, Any]) -> Any:
    """The program's answer; an exception of its own is raised here, as the built-in one of that name."""
    line.send(question)
    reply = line.receive()
    if "error" not in reply:
        return unpacked(reply["value"], lambda number: Remote(number, line))
    kind = getattr(builtins, str(reply["error"]), RuntimeError)
    # UnicodeError takes other arguments; the end of an iteration would end one of the tests' own.
    unfit = UnicodeError | StopIteration | StopAsyncIteration
    fits = isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, unfit)
    raise (kind if fits else RuntimeError)(reply["message"])


def hold(given: str, tests: str, functions: list[str], line: Line) -> None:
    """Run the tests with the program's functions in the place of their names: the end without an error is a pass."""
    names = load(given, "tests")
    for name in functions:
        names[name] = asked(line, {"name": name})
    exec(compile(tests, "tests", "exec"), names)  # noqa: S102 - the set's own tests


def main() -> None:
    limits, user, part, ready, *line = sys.argv[1:]
    enclose(json.loads(limits), user)
    sys.set_int_max_str_digits(0)
    what = json.loads(sys.stdin.buffer.read())
    sys.argv = ["program"]
    if part == "program":
        give_input(what["input"])
        stand(int(ready))
        load(what["program"], "__main__")
        return
    sys.stdin = io.StringIO()
    stand(int(ready))
    reading, writing = map(int, line)
    if part == "functions":
        answer_calls(what["program"], Line(reading, writing))
    else:
        hold(what["given"], what["tests"], what["functions"], Line(reading, writing))


main()
