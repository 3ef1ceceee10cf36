"""A model's files: found or converted, read before they are trusted, and digested."""

from harness.checkpoint.inspection import inspect
from harness.checkpoint.prepare import Checkpoint, prepare
from harness.checkpoint.problem import Problem

__all__ = ["Checkpoint", "Problem", "inspect", "prepare"]
