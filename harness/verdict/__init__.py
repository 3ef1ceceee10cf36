"""Rules × evidence -> decisions. Pure."""

from harness.verdict.decide import decide
from harness.verdict.evidence import Evidence

__all__ = ["Evidence", "decide"]
