"""A finished round as a reader meets it: its files read, its verdict and its numbers in words."""

from harness.story.excerpts import Excerpt, choose_excerpts
from harness.story.finished import ModelStory, Story, read_story
from harness.story.numbers import interval, percent, percent_of_rule, plain, points, share_of
from harness.story.tidy import ScoreRow, score_rows
from harness.story.verdict import (
    TITLE_LIMIT,
    EntrantWords,
    GateWords,
    describe_entrant,
    describe_gate,
    gate_label,
    headline,
    item_label,
    ledger_problems,
    percent_level,
    rules_in_words,
    total_in_words,
)
from harness.story.visible import visible
from harness.story.words import Lang, word

__all__ = [
    "TITLE_LIMIT",
    "EntrantWords",
    "Excerpt",
    "GateWords",
    "Lang",
    "ModelStory",
    "ScoreRow",
    "Story",
    "choose_excerpts",
    "describe_entrant",
    "describe_gate",
    "gate_label",
    "headline",
    "interval",
    "item_label",
    "ledger_problems",
    "percent",
    "percent_level",
    "percent_of_rule",
    "plain",
    "points",
    "read_story",
    "rules_in_words",
    "score_rows",
    "share_of",
    "total_in_words",
    "visible",
    "word",
]
