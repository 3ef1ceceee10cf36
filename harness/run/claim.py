"""A public accusation answered on one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.claims import ClaimAnswer
from harness.errors import ConfigError


def answer_claim(text: str, checkpoints: Sequence[str], nulls: Sequence[str]) -> ClaimAnswer:
    """Parse and answer. `checkpoints` and `nulls` are NAME=FOLDER, where names of models may hold spaces.

    ConfigError for a line or a NAME=FOLDER that cannot be read; CheckpointError for damaged weights.
    """
    from harness.audit.claim import parse
    from harness.audit.claim_answer import answer

    return answer(parse(text), _folders("--checkpoint", checkpoints), _folders("--null", nulls))


def _folders(option: str, given: Sequence[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for entry in given:
        name, equals, folder = entry.partition("=")
        if not equals or not name.strip() or not Path(folder).is_dir():
            raise ConfigError(
                f"{option} {entry!r} is not NAME=FOLDER of an existing folder", f"write {option} X=/models/x"
            )
        found[name.strip()] = Path(folder)
    return found
