"""What a result is made of, and whether it still follows from it."""

from harness.evidence.comparable import mixed_reasons, plan_problems
from harness.evidence.completeness import is_whole
from harness.evidence.installed import installed_versions
from harness.evidence.manifest import GradedTask, build_manifest, server_reasons, tree_reasons, with_reasons
from harness.evidence.tree import code_digest
from harness.evidence.verify import read_evidence, verify

__all__ = [
    "GradedTask",
    "build_manifest",
    "code_digest",
    "installed_versions",
    "is_whole",
    "mixed_reasons",
    "plan_problems",
    "read_evidence",
    "server_reasons",
    "tree_reasons",
    "verify",
    "with_reasons",
]
