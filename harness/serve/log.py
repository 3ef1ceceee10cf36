"""What a server's log says: what it is doing now, and why it died."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE = 400
MAX_STATUS = 120
TAIL_CHARACTERS = 8192
DECISIVE_LINES = 4

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
PROCESS = re.compile(r"^(?:\([\w.\- ]+ pid=\d+\)\s?)+")
STAMP = re.compile(r"^(DEBUG|INFO|WARNING|ERROR|CRITICAL)\s+\d\d-\d\d \d\d:\d\d:\d\d \[[^\]]+\]\s?")
LETTERS = re.compile(r"[^\W\d_]{2}")
NOISE = re.compile(
    r"^Route: |^Available routes|^\[?[WIE]\d{4} |Warning: |^if hasattr|^wrapper = |ulimit"
    r"|reserved_cpus|OpenMP thread binding"
)

HARMLESS = ("DEBUG", "INFO", "WARNING")

EXCEPTION = re.compile(r"^(?:[A-Za-z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Timeout|Expired|NotFound)\b(?::.*|$)")
FATAL = re.compile(
    r"illegal instruction|out of memory|outofmemory|cannot allocate memory|no space left on device"
    r"|address already in use|segmentation fault|bus error|error: |killed|core dumped|no such file or directory",
    re.IGNORECASE,
)
# What merely follows when another process of the server has died.
CONSEQUENCE = re.compile(
    r"Engine core initialization failed|EngineDeadError|WorkerProc initialization failed|Engine core proc .* died"
    r"|cancelled|See root cause above|leaked \w+ objects|Executor failed",
    re.IGNORECASE,
)


def latest_line(text: str) -> str | None:
    """The last line that tells a reader something, without its stamp; None where there is none yet."""
    for line in reversed(text[-TAIL_CHARACTERS:].splitlines()):
        message = _read(line).text.strip()
        if LETTERS.search(message) and not NOISE.search(message):
            return _short(message, MAX_STATUS)
    return None


def decisive_lines(text: str) -> list[str]:
    """The few lines that say why a server died: root causes first, its last lines where no line says it."""
    lines = [_read(line) for line in text.splitlines()]
    telling = [_with_detail(lines, number) for number, line in enumerate(lines) if _is_telling(line)]
    causes = [line for line in telling if not CONSEQUENCE.search(line)] or telling
    if not causes:
        causes = [line.text.strip() for line in lines if line.text.strip()]
    return [_short(line, MAX_LINE) for line in dict.fromkeys(causes)][-DECISIVE_LINES:]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without colours and stamps; its indentation stays."""

    level: str | None
    text: str


def _read(line: str) -> _Line:
    bare = PROCESS.sub("", ANSI.sub("", line).rstrip())
    stamp = STAMP.match(bare)
    return _Line(stamp[1], bare[stamp.end() :]) if stamp else _Line(None, bare)


def _is_telling(line: _Line) -> bool:
    """An exception or a fatal message; what the server itself calls information or a warning is none."""
    if line.level in HARMLESS:
        return False
    return bool(EXCEPTION.match(line.text) or FATAL.search(line.text))


def _with_detail(lines: list[_Line], number: int) -> str:
    """The line, and the indented one below it: libraries such as pydantic put the reason there."""
    line = lines[number].text.strip()
    below = lines[number + 1].text if number + 1 < len(lines) else ""
    is_detail = below.startswith("  ") and EXCEPTION.match(line) and not below.lstrip().startswith(("File ", "^", "~"))
    return f"{line}: {below.strip()}" if is_detail else line


def _short(line: str, limit: int) -> str:
    return line if len(line) <= limit else f"{line[:limit]} ..."
