"""What a verdict takes from files beside the runs: panels, external tables, audit reports, rulings."""

from harness.panels.inputs import input_files, read_inputs, read_what_is_there

__all__ = ["input_files", "read_inputs", "read_what_is_there"]
