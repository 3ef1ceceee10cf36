"""Tracing a small Python program. The answer comes from a simulator of these few statements, not from Python."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family

VARIABLES = ("a", "b", "c", "d", "k", "m", "p", "q", "x", "y", "z")
TASK = {
    "ko": "다음 파이썬 프로그램은 무엇을 출력합니까? 출력되는 수만 쓰십시오.",
    "en": "What does this Python program print? Answer with the printed number only.",
}

State = dict[str, int]


@dataclass(frozen=True)
class Update:
    """`target OP= operand`; the operand is a number or a variable."""

    target: str
    sign: str
    operand: str | int

    def run(self, state: State) -> None:
        value = state[self.operand] if isinstance(self.operand, str) else self.operand
        now = state[self.target]
        state[self.target] = {"+": now + value, "-": now - value, "*": now * value}[self.sign]

    def lines(self) -> list[str]:
        return [f"{self.target} {self.sign}= {self.operand}"]


@dataclass(frozen=True)
class Branch:
    """`if variable % divisor == rest:` one update, else another."""

    variable: str
    divisor: int
    rest: int
    then: Update
    otherwise: Update

    def run(self, state: State) -> None:
        (self.then if state[self.variable] % self.divisor == self.rest else self.otherwise).run(state)

    def lines(self) -> list[str]:
        test = f"if {self.variable} % {self.divisor} == {self.rest}:"
        return [test, *_indented(self.then.lines()), "else:", *_indented(self.otherwise.lines())]


@dataclass(frozen=True)
class Loop:
    """`for index in range(start, stop, step):` with a body."""

    index: str
    start: int
    stop: int
    step: int
    body: tuple[Update | Branch, ...]

    def run(self, state: State) -> None:
        value = self.start
        while value < self.stop:
            state[self.index] = value
            for statement in self.body:
                statement.run(state)
            value += self.step

    def lines(self) -> list[str]:
        head = f"for {self.index} in range({self.start}, {self.stop}, {self.step}):"
        return [head, *_indented([line for statement in self.body for line in statement.lines()])]


Statement = Update | Branch | Loop


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def tracing(draw: Draw, level: int, *, language: str) -> Candidate:
    """Updates (level 1), also a branch (2), also a loop (3), a branch in a loop between updates (4)."""
    names = draw.sample(VARIABLES, 3)
    state = {name: draw.between(1, 20) for name in names}
    program = _program(draw, level, names)
    lines = [f"{name} = {value}" for name, value in state.items()]
    lines += [line for statement in program for line in statement.lines()]
    for statement in program:
        statement.run(state)
    shown = f"print({names[0]} + {names[1]})"
    return Candidate("\n".join([TASK[language], "", *lines, shown]), f"{state[names[0]] + state[names[1]]}")


def _program(draw: Draw, level: int, names: list[str]) -> list[Statement]:
    if level == 1:
        return [_update(draw, names) for _ in range(4)]
    if level == 2:
        return [_update(draw, names), _branch(draw, names), _update(draw, names)]
    if level == 3:
        return [_update(draw, names), _loop(draw, (_sum(draw, names), _sum(draw, names))), _update(draw, names)]
    body = (_branch(draw, names, mild=True), _sum(draw, names))
    return [_update(draw, names), _loop(draw, body), _branch(draw, names), _update(draw, names)]


def _update(draw: Draw, names: list[str]) -> Update:
    target, sign = draw.choice(names), draw.choice("++--*")
    if sign == "*":
        return Update(target, sign, draw.between(2, 4))
    other = draw.choice([name for name in names if name != target])
    operands: tuple[str | int, ...] = (other, draw.between(1, 15))
    return Update(target, sign, draw.choice(operands))


def _sum(draw: Draw, names: list[str]) -> Update:
    """An update that grows slowly when repeated."""
    target = draw.choice(names[:2])
    sign = draw.choice("+-")
    operands: tuple[str | int, ...] = (names[2], "i", draw.between(1, 9))
    return Update(target, sign, draw.choice(operands))


def _branch(draw: Draw, names: list[str], *, mild: bool = False) -> Branch:
    make, divisor = (_sum if mild else _update), draw.between(2, 5)
    tested = draw.choice((*names[:2], "i")) if mild else draw.choice(names)
    then = otherwise = make(draw, names)
    while otherwise == then:
        otherwise = make(draw, names)
    return Branch(tested, divisor, draw.below(divisor), then, otherwise)


def _loop(draw: Draw, body: tuple[Update | Branch, ...]) -> Loop:
    start, step = draw.between(0, 4), draw.between(1, 3)
    return Loop("i", start, start + step * draw.between(3, 5), step, body)


FAMILIES = (
    Family("code_trace_ko", (partial(tracing, language="ko"),)),
    Family("code_trace_en", (partial(tracing, language="en"),)),
)
