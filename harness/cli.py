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
    _audit_command(commands)
    _sketch_command(commands)
    _claim_command(commands)
    _history_command(commands)
    verify = commands.add_parser("verify", help="recompute a result from its samples")
    verify.add_argument("folder", type=Path, help="results/ROUND, or results/ROUND/runs/MODEL/RUN")
    verify.set_defaults(command=_verify)
    _data_commands(commands)
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


def _data_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    help_ = "the data that suites ask: a mirror of published sets, and generated families"
    data = commands.add_parser("data", help=help_, description=help_)
    kinds = data.add_subparsers(dest="data_name", metavar="WHAT", required=True)
    families = kinds.add_parser("families", help="list the families of generated items, one name a line")
    families.set_defaults(command=_families)
    generate = kinds.add_parser("generate", help="write items of a family: the same seed gives the same bytes")
    generate.add_argument("family", metavar="FAMILY", help="a name that `harness data families` lists")
    generate.add_argument(
        "--seed", type=int, required=True, metavar="S", help="whole number that the items follow from"
    )
    generate.add_argument("--n", type=int, required=True, metavar="N", help="number of items")
    generate.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl", help="file to write")
    generate.set_defaults(command=_generate)
    pull = kinds.add_parser("pull", help="bring the published sets of suites into the mirror")
    pull.add_argument("suites", nargs="*", metavar="SUITE", help="configs/suite/SUITE.yaml; all where none is named")
    pull.add_argument(
        "--from", dest="source", type=Path, metavar="DIR", help="a folder of org/name folders, not the hub"
    )
    pull.set_defaults(command=_pull)
    lock = kinds.add_parser("lock", help="write the mirror's digests and row counts into tasks/data.lock")
    lock.add_argument("suites", nargs="*", metavar="SUITE", help="configs/suite/SUITE.yaml; all where none is named")
    lock.set_defaults(command=_lock)
    kit = kinds.add_parser("kit", help="pack the commit, its packages and the mirror for a machine without a network")
    kit.add_argument("out", type=Path, metavar="KIT.tar", help="the archive to write; kit/install.sh in it installs")
    kit.add_argument("--accel", choices=("cpu", "gpu"), default="cpu", help="for which lock file (default: cpu)")
    kit.set_defaults(command=_kit)
    kinds.add_parser("verify", help="compare the mirror with tasks/data.lock").set_defaults(command=_verify_data)
    figures = kinds.add_parser("figures", help="macro-F1 of a run's choice tasks, and KoBBQ's bias scores")
    figures.add_argument("folder", type=Path, metavar="RUN", help="results/ROUND/runs/MODEL/RUN")
    figures.set_defaults(command=_figures)


def _audit_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    help_ = "say of each component of a checkpoint whether it descends from named candidates"
    parser = commands.add_parser("audit", help=help_, description=help_)
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="a folder with config.json and *.safetensors"
    )
    for option, what in (
        ("--against", "a model that it may descend from: a folder, or the file of its sketch; repeat for more"),
        ("--null", "a model known to be independent of the other nulls; repeat for more"),
    ):
        parser.add_argument(option, action="append", default=[], metavar="NAME=CHECKPOINT", help=what)
    parser.add_argument(
        "--samples",
        action="append",
        default=[],
        metavar="NAME=RUN",
        help="a scored run, to compare answers:"
        " entrant=RUN for the checkpoint, CANDIDATE=RUN, and any other name for a control",
    )
    parser.add_argument(
        "--owners",
        type=Path,
        metavar="FILE",
        help="who made the models, in YAML: NAME: {owner, country, licence}, the checkpoint under `entrant`;"
        " else configs/reference and configs/entrant are asked for the names given",
    )
    parser.add_argument("--entrant", metavar="NAME", help="the checkpoint is that of configs/entrant/NAME.yaml")
    parser.add_argument(
        "--memory",
        type=_gibibytes,
        metavar="GIB",
        help="what the audit may take (default: 4); streams too wide to be turned within it are compared as stored",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the record is written (JSON)")
    parser.add_argument("--lang", choices=("en", "ko"), default="en", help="language of the page beside the record")
    parser.set_defaults(command=_audit)


def _gibibytes(text: str) -> float:
    try:
        given = float(text)
    except ValueError:
        given = 0.0
    from harness.plan.audit import MOST_MEMORY_GIB

    if not 1 <= given <= MOST_MEMORY_GIB:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no amount of memory: give GiB, 1 at least and {MOST_MEMORY_GIB:,} at most"
        )
    return given


def _sketch_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    help_ = "take a sketch of a checkpoint, about one percent of it, against which `harness audit` can screen"
    parser = commands.add_parser("sketch", help=help_, description=help_)
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="a folder with config.json and *.safetensors"
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, metavar="FILE", help="where the sketch is written")
    what.add_argument("--check", type=Path, metavar="FILE", help="a sketch: is it that of this checkpoint?")
    parser.add_argument("--seed", type=int, metavar="N", help="draws the units; by chance where none is given")
    parser.set_defaults(command=_sketch)


def _claim_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    help_ = "say what a public accusation of copying is worth, on one page"
    parser = commands.add_parser("claim", help=help_, description=help_)
    parser.add_argument("claim", metavar="CLAIM", help='one line, such as "LayerNorm cosine 0.989 between X and Y"')
    for option, what in (
        ("--checkpoint", "the folder of a model that the claim names"),
        ("--null", "a model known to be independent of the other nulls; repeat for more"),
    ):
        parser.add_argument(option, action="append", default=[], metavar="NAME=FOLDER", help=what)
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the page as .html or .md")
    parser.add_argument("--lang", choices=("en", "ko"), default="en", help="language of the page")
    parser.set_defaults(command=_claim)


def _history_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    help_ = "look at an entrant's training evidence: does the story hang together?"
    parser = commands.add_parser("history", help=help_, description=help_)
    parser.add_argument("trail", nargs="+", metavar="STEP=CHECKPOINT", help="first before training, last audited")
    parser.add_argument("--losses", type=Path, metavar="FILE", help='lines {"step": 0, "loss": 10.8}, nats a token')
    parser.set_defaults(command=_history)


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

    _say(planned(options.round, root=ROOT))
    return EXIT_OK


def _report(options: argparse.Namespace) -> int:
    from harness.run import report_round

    _say(f"{report_round(options.round, root=ROOT)}")
    return EXIT_OK


def _track(options: argparse.Namespace) -> int:
    from harness.run import track_round

    _say(f"{track_round(options.round, root=ROOT)}")
    return EXIT_OK


def _audit(options: argparse.Namespace) -> int:
    from harness.audit import audit_checkpoint, named_folders
    from harness.plan.audit import MEMORY_GIB
    from harness.report.audit import page_beside, write_audit_page
    from harness.run.parties import named_parties

    names = [*named_folders("--against", options.against), *named_folders("--null", options.null)]
    report = audit_checkpoint(
        options.checkpoint,
        options.against,
        options.null,
        options.out,
        samples=options.samples,
        beside=[page_beside(options.out)],
        name=options.entrant,
        parties=named_parties(names, options.owners, options.entrant, ROOT / "configs"),
        memory_gib=options.memory or MEMORY_GIB,
        notify=_say,
    )
    for one in report.conclusions:
        whose = ", ".join(part for part in (one.owner, one.country) if part)
        candidate = f"{one.candidate} ({whose})" if whose else one.candidate
        _say(f"{one.component:<10} {candidate:<20} {one.conclusion:<14} {one.reason}")
    _say(f"{write_audit_page(report, options.out, options.lang)}")
    return EXIT_OK


def _sketch(options: argparse.Namespace) -> int:
    from harness.audit import check_sketch, sketch_checkpoint

    if options.check is not None:
        check_sketch(options.checkpoint, options.check, _say)
        _say(f"{options.check}: the sketch of {options.checkpoint}")
        return EXIT_OK
    head = sketch_checkpoint(options.checkpoint, options.out, options.seed, _say)
    size = options.out.stat().st_size
    _say(f"{options.out}: {head.units_kept:,} units, {size:,} bytes ({size / head.bytes:.2%} of the checkpoint)")
    return EXIT_OK


def _history(options: argparse.Namespace) -> int:
    from harness.audit.history import history

    for check in history(options.trail, options.losses):
        _say(f"{check.name:<14} {check.outcome:<6} {check.statement}")
    return EXIT_OK


def _claim(options: argparse.Namespace) -> int:
    from harness.report.claim import claim_summary, write_claim
    from harness.run import Terminal
    from harness.run.claim import answer_claim

    answer = answer_claim(options.claim, options.checkpoint, options.null, options.out)
    Terminal().print(claim_summary(answer, options.lang))
    if options.out is not None:
        _say(f"{write_claim(answer, options.out, options.lang)}")
    return EXIT_OK


def _verify(options: argparse.Namespace) -> int:
    from harness.run import verified

    discrepancies = verified(options.folder)
    for line in discrepancies:
        _say(line)
    if discrepancies:
        return EXIT_VERIFICATION
    _say(f"{options.folder}: intact")
    return EXIT_OK


def _families(_: argparse.Namespace) -> int:
    from harness.data.families import names

    for name in names():
        _say(name)
    return EXIT_OK


def _generate(options: argparse.Namespace) -> int:
    from harness.data.families import write

    write(options.family, seed=options.seed, n=options.n, out=options.out)
    return EXIT_OK


def _pull(options: argparse.Namespace) -> int:
    from harness.run import Screen, pull_suites

    pulled = pull_suites(options.suites, ROOT, options.source, Screen())
    for problem in pulled.problems:
        _say(problem)
    _say(f"{pulled.folder}")
    return EXIT_INCOMPLETE if pulled.problems else EXIT_OK


def _lock(options: argparse.Namespace) -> int:
    from harness.run import Screen, lock_suites

    locked = lock_suites(options.suites, ROOT, Screen())
    for problem in locked.problems:
        _say(problem)
    _say(f"{locked.path}: {len(locked.lock.sets)} sets, {len(locked.lock.items)} tasks")
    return EXIT_INCOMPLETE if locked.problems else EXIT_OK


def _kit(options: argparse.Namespace) -> int:
    from harness.data.kit import pack, uncommitted
    from harness.data.mirror import mirror_of

    if changed := uncommitted(ROOT):
        sys.stderr.write(visible(f"the kit holds the commit, without the changes to {len(changed)} files") + "\n")
    _say(f"{pack(options.out, ROOT, mirror_of(ROOT), options.accel)}")
    return EXIT_OK


def _figures(options: argparse.Namespace) -> int:
    from harness.run import figures

    for one in figures(options.folder):
        _say(f"{one.task}\t{one.name}\t{one.value:.4f}\t{one.n}")
    return EXIT_OK


def _verify_data(_: argparse.Namespace) -> int:
    from harness.run import verify_mirror

    problems = verify_mirror(ROOT)
    for problem in problems:
        _say(problem)
    if problems:
        return EXIT_VERIFICATION
    _say("the mirror is as locked")
    return EXIT_OK


def _say(text: str) -> None:
    sys.stdout.write(f"{visible(text)}\n")


if __name__ == "__main__":
    sys.exit(main())
