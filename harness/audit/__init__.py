"""Does a checkpoint descend from a named candidate? Findings and conclusions per component."""

from harness.audit.command import audit_checkpoint, check_sketch, named_folders, sketch_checkpoint

__all__ = ["audit_checkpoint", "check_sketch", "named_folders", "sketch_checkpoint"]
