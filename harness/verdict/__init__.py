"""Rules × evidence -> decisions. Pure."""

from harness.verdict.agreement import panel_results
from harness.verdict.decide import decide
from harness.verdict.evidence import Evidence
from harness.verdict.field import weighted_tasks
from harness.verdict.inputs import Cell, Finding, Inputs, Panel, Ruling, Table, key_of
from harness.verdict.reasons import ENGLISH, of_models, reason, worded

__all__ = [
    "ENGLISH",
    "Cell",
    "Evidence",
    "Finding",
    "Inputs",
    "Panel",
    "Ruling",
    "Table",
    "decide",
    "key_of",
    "of_models",
    "panel_results",
    "reason",
    "weighted_tasks",
    "worded",
]
