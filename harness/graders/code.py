"""From a model's text to the program that it means, and what tests take from a program. Pure."""

from __future__ import annotations

import ast
import builtins
import re
import sys

FENCED = re.compile(r"```[ \t]*(?:python|py|python3)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)


def completed(prompt: str, response: str, name: str) -> str:
    """The program of a response that continues `prompt`, the head of a function called `name`.

    A fenced block that defines the function stands for itself (the last such one); one that does not, and text
    without fences, continues the prompt.
    """
    blocks = _blocks(response)
    whole = [block for block in blocks if defines(block, name)]
    if whole:
        return whole[-1]
    if blocks:
        return prompt + blocks[-1]
    return response if defines(response, name) else prompt + response.partition("```")[0]


def written(response: str) -> str:
    """The program of a response that is one: its last fenced block, else the text up to a closing fence."""
    blocks = _blocks(response)
    return blocks[-1] if blocks else response.partition("```")[0]


def _blocks(response: str) -> list[str]:
    """Fenced blocks; none where the first fence closes one that the prompt had opened."""
    before, fence, after = response.partition("```")
    bare = after[:1] in ("", "\n")
    if fence and bare and before.strip() and response.count(fence) % 2:
        return []
    return FENCED.findall(response)


def defines(source: str, name: str) -> bool:
    """Whether a text has a line at its margin that defines the function."""
    return re.search(rf"^(?:async )?def {re.escape(name)}\b", source, re.MULTILINE) is not None


def taken(tests: str) -> list[str]:
    """Names that tests use and do not make themselves, sorted: what they take from the program. Modules are left out.

    SyntaxError where the tests are no Python.
    """
    used, made = set(), set(dir(builtins))
    for node in ast.walk(ast.parse(tests)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                made.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                made |= {(each.asname or each.name).partition(".")[0] for each in names}
            case ast.ExceptHandler(name=str(name)):
                made.add(name)
    return sorted(used - made - set(modules(tests)))


def modules(tests: str) -> list[str]:
    """Modules of the standard library whose members tests use (`math.isclose`), whether or not they import them."""
    owners = {
        node.value.id
        for node in ast.walk(ast.parse(tests))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return sorted(owners & sys.stdlib_module_names)
