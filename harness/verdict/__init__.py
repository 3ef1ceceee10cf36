"""Rules × evidence -> decisions. Pure."""

from harness.verdict.decide import decide
from harness.verdict.evidence import Evidence
from harness.verdict.reasons import ENGLISH, of_models, reason, worded

__all__ = ["ENGLISH", "Evidence", "decide", "of_models", "reason", "worded"]
