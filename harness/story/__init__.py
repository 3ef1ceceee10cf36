"""A finished round as a reader meets it: its files read, its verdict and its numbers in words."""

from harness.numbers import interval, percent, percent_of_rule, plain, points, share_of
from harness.plan import Lang
from harness.story.audits import AuditStory
from harness.story.doubt import panels_in_words
from harness.story.excerpts import ShownSample, shown_samples
from harness.story.finished import ModelStory, Story, read_story
from harness.story.reasons import reason_in
from harness.story.rules import TITLE_LIMIT, gate_label, item_label, rules_in_words
from harness.story.tidy import ScoreRow, score_rows
from harness.story.verdict import (
    EntrantWords,
    GateWords,
    describe_entrant,
    describe_gate,
    headline,
    ledger_problems,
    percent_level,
    total_in_words,
    unofficial_reasons,
)
from harness.story.words import word
from harness.visible import visible

__all__ = [
    "TITLE_LIMIT",
    "AuditStory",
    "EntrantWords",
    "GateWords",
    "Lang",
    "ModelStory",
    "ScoreRow",
    "ShownSample",
    "Story",
    "describe_entrant",
    "describe_gate",
    "gate_label",
    "headline",
    "interval",
    "item_label",
    "ledger_problems",
    "panels_in_words",
    "percent",
    "percent_level",
    "percent_of_rule",
    "plain",
    "points",
    "read_story",
    "reason_in",
    "rules_in_words",
    "score_rows",
    "share_of",
    "shown_samples",
    "total_in_words",
    "unofficial_reasons",
    "visible",
    "word",
]
