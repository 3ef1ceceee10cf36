"""The story of a round, top to bottom."""

from harness.run.planned import planned
from harness.run.round import Concluded, decide_round, evaluate_round, report_round, track_round
from harness.run.screen import Screen

__all__ = ["Concluded", "Screen", "decide_round", "evaluate_round", "planned", "report_round", "track_round"]
