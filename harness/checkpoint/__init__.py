"""A model's files: found or converted, read before they are trusted, and digested."""

from harness.checkpoint.description import Description, describe
from harness.checkpoint.inspection import inspect
from harness.checkpoint.prepare import Checkpoint, folder_of, prepare
from harness.checkpoint.problem import Problem, problems_error

__all__ = ["Checkpoint", "Description", "Problem", "describe", "folder_of", "inspect", "prepare", "problems_error"]
