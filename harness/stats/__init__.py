"""Estimates with their uncertainty: scores in, numbers out. Pure."""

from harness.stats.combine import combine
from harness.stats.compare import Pairs, difference, ratio
from harness.stats.estimate import mean, proportion
from harness.stats.items import Items, items
from harness.stats.scores import items_score, pairs, points, suite_mean, suite_score, task_score, weights

__all__ = [
    "Items",
    "Pairs",
    "combine",
    "difference",
    "items",
    "items_score",
    "mean",
    "pairs",
    "points",
    "proportion",
    "ratio",
    "suite_mean",
    "suite_score",
    "task_score",
    "weights",
]
