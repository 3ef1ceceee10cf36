"""`harness COMMAND [overrides]`: the door. Everything heavy is imported behind it."""

from __future__ import annotations

import argparse
import io
import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from harness.environment import CACHE, ROOT, contain
from harness.errors import HarnessError
from harness.visible import visible

if TYPE_CHECKING:
    from harness.plan import Round
    from harness.run import Concluded

EXIT_CODES = """exit codes:
  0  the job was completed, whatever the verdict
  1  a bug: please report it
  2  a mistake of the user's, explained in one message
  3  incomplete: run the same command again, or supply what the message names
  4  verification failed
130  interrupted; what was answered is kept
"""

EXIT_OK, EXIT_INCOMPLETE, EXIT_VERIFICATION, EXIT_INTERRUPTED, EXIT_TERMINATED = 0, 3, 4, 130, 143
EXIT_UNREAD = 141
"""Whoever read the output has left; the exit code of a program that SIGPIPE ends."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _show_what_cannot_be_encoded()
    options = _parser().parse_args(arguments)
    contain()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
    except HarnessError as error:
        sys.stderr.write(f"harness {options.name}: {visible(str(error))}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted: what was answered is kept; run the same command again to go on\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        if not _reader_has_left():
            raise
        return EXIT_UNREAD
    return code


def _show_what_cannot_be_encoded() -> None:
    """Hangul on a terminal that has none is shown as escapes, and ends no evaluation."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _reader_has_left() -> bool:
    """Whether stdout or stderr is a pipe without a reader; it is then silenced, since it is flushed again at exit."""
    outputs = select.poll()
    for descriptor in (1, 2):
        outputs.register(descriptor, 0)  # errors alone are reported
    left = [descriptor for descriptor, event in outputs.poll(0) if event & select.POLLERR]
    for descriptor in left:
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    return bool(left)


def _terminate(*_: object) -> NoReturn:
    # Unwinds the stack, so that engines are reaped as on any other way out.
    raise SystemExit(EXIT_TERMINATED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness",
        description="Evaluate the entrants of a round, decide who stays, say how sure that is.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="name", metavar="COMMAND", required=True)
    _round_command(commands, "eval", _eval, "evaluate a round and decide it")
    _round_command(commands, "decide", _decide, "decide a round from the records that exist; nothing is served")
    _round_command(commands, "plan", _plan, "say what a round would do, with the commands that serve each model")
    _round_command(commands, "report", _report, "write a decided round's report and tables again")
    _round_command(commands, "track", _track, "log a decided round to MLflow")
    _dry_run_command(commands)
    verify = commands.add_parser("verify", help="recompute a result from its samples")
    verify.add_argument("folder", type=Path, help="results/ROUND, or results/ROUND/runs/MODEL/RUN")
    verify.set_defaults(command=_verify)
    return parser


def _round_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Callable[[argparse.Namespace], int],
    help_: str,
) -> None:
    parser = commands.add_parser(name, help=help_, description=help_)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="such as round=demo or engine.concurrency=8")
    parser.add_argument("--cfg", action="store_true", help="show the composed round and stop")
    parser.set_defaults(command=lambda options: _with_round(options, command))


def _dry_run_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    help_ = "rehearse a round with one checkpoint or server: unofficial, nothing is decided"
    parser = commands.add_parser("dry-run", help=help_, description=help_)
    parser.add_argument(
        "entrant", metavar="ENTRANT", help="a checkpoint directory, or a server such as http://host:8000"
    )
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="KEY=VALUE",
        help="round=NAME and other overrides of the round; entrant.FIELD=VALUE for the proposed config, such as"
        " entrant.mode=chat; tokenizer=DIR for a server",
    )
    parser.set_defaults(command=_dry_run)


def _with_round(options: argparse.Namespace, command: Callable[[argparse.Namespace], int]) -> int:
    from harness.config import load_round, to_yaml

    options.round = load_round(options.overrides, ROOT / "configs")
    if options.cfg:
        sys.stdout.write(to_yaml(options.round))
        return EXIT_OK
    return command(options)


def _eval(options: argparse.Namespace) -> int:
    from harness.run import Screen, evaluate_round

    screen = Screen()
    return _show(evaluate_round(options.round, root=ROOT, cache=CACHE, screen=screen), options.round)


def _dry_run(options: argparse.Namespace) -> int:
    from harness.report import rehearsal_summary
    from harness.run import Screen, Terminal, dry_run

    rehearsed = dry_run(options.entrant, options.overrides, root=ROOT, cache=CACHE, screen=Screen())
    folder, planned = rehearsed.concluded.folder, rehearsed.planned
    Terminal().print(rehearsal_summary(folder, planned, planned.lang))
    return EXIT_OK if rehearsed.concluded.record.status == "complete" else EXIT_INCOMPLETE


def _decide(options: argparse.Namespace) -> int:
    from harness.run import Screen, decide_round

    return _show(decide_round(options.round, root=ROOT, screen=Screen()), options.round)


def _show(concluded: Concluded, round_: Round) -> int:
    from harness.report import summary
    from harness.run import Terminal

    Terminal().print(summary(concluded.folder, round_.lang))
    return EXIT_OK if concluded.record.status == "complete" else EXIT_INCOMPLETE


def _plan(options: argparse.Namespace) -> int:
    from harness.run import planned

    _say(planned(options.round))
    return EXIT_OK


def _report(options: argparse.Namespace) -> int:
    from harness.run import report_round

    _say(f"{report_round(options.round, root=ROOT)}")
    return EXIT_OK


def _track(options: argparse.Namespace) -> int:
    from harness.run import track_round

    _say(f"{track_round(options.round, root=ROOT)}")
    return EXIT_OK


def _verify(options: argparse.Namespace) -> int:
    from harness.evidence import verify

    discrepancies = verify(options.folder)
    for line in discrepancies:
        _say(line)
    if discrepancies:
        return EXIT_VERIFICATION
    _say(f"{options.folder}: intact")
    return EXIT_OK


def _say(text: str) -> None:
    sys.stdout.write(f"{visible(text)}\n")


if __name__ == "__main__":
    sys.exit(main())
