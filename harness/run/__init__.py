"""The story of a round, top to bottom."""

from harness.run.dry_run import Rehearsed, dry_run
from harness.run.figures import Figure, figures
from harness.run.planned import planned
from harness.run.published import Locked, Pulled, lock_suites, pull_suites, verify_mirror
from harness.run.round import Concluded, decide_round, evaluate_round, report_round, track_round
from harness.run.screen import Screen, Terminal
from harness.run.verification import verified

__all__ = [
    "Concluded",
    "Figure",
    "Locked",
    "Pulled",
    "Rehearsed",
    "Screen",
    "Terminal",
    "decide_round",
    "dry_run",
    "evaluate_round",
    "figures",
    "lock_suites",
    "planned",
    "pull_suites",
    "report_round",
    "track_round",
    "verified",
    "verify_mirror",
]
