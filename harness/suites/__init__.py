"""Tasks become requests, and answers become graded samples. The only importer of lm_eval.

lm-eval defines the tasks, builds the prompts, filters the answers and computes the metrics; its `evaluate()` is
never called (it grades a lost log-likelihood as an answer). What is ours: files and rows are checked before
anything is asked, every item and repeat ends in exactly one outcome, and a failure of the machine is never graded.
"""

from harness.suites.load import count, load
from harness.suites.task import LoadedTask

__all__ = ["LoadedTask", "count", "load"]
