"""Programs that a model wrote run here, without network and with limits, and nowhere else."""

from harness.sandbox.judge import passes
from harness.sandbox.limits import Limits
from harness.sandbox.process import Ended, Ran
from harness.sandbox.run import require, run

__all__ = ["Ended", "Limits", "Ran", "passes", "require", "run"]
