"""What a result is made of, and whether it still follows from it."""

from harness.evidence.manifest import GradedTask, build_manifest
from harness.evidence.verify import read_evidence, verify

__all__ = ["GradedTask", "build_manifest", "read_evidence", "verify"]
