"""What a round's reader gets: a page, a terminal summary and a table of every number."""

from harness.report.page import write_report
from harness.report.rehearsal import rehearsal_summary
from harness.report.scores import write_scores
from harness.report.terminal import summary

__all__ = ["rehearsal_summary", "summary", "write_report", "write_scores"]
