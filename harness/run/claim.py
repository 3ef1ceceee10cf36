"""A public accusation answered on one page."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from harness.claims import ClaimAnswer
from harness.errors import ConfigError


def answer_claim(text: str, checkpoints: Sequence[str], nulls: Sequence[str], out: Path | None = None) -> ClaimAnswer:
    """Parse and answer. `checkpoints` and `nulls` are NAME=FOLDER, where names of models may hold spaces; `out` is the
    page that the caller will write.

    ConfigError for a line or a NAME=FOLDER that cannot be read, and for a page that cannot be written; CheckpointError
    for damaged weights.
    """
    from harness.audit.claim import parse
    from harness.audit.claim_answer import answer
    from harness.audit.out import check_out
    from harness.report.claim import page_form

    claim = parse(text)
    models, independents = _folders("--checkpoint", checkpoints), _folders("--null", nulls)
    if out is not None:
        page_form(out)
        check_out(out, (*models.values(), *independents.values()))
    return answer(claim, models, independents)


def _folders(option: str, given: Sequence[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for entry in given:
        name, equals, folder = entry.partition("=")
        name = unicodedata.normalize("NFC", name).strip()  # as the claim's names are
        is_folder = os.path.isdir(folder)  # noqa: PTH112 (Path.is_dir raises where a name is too long)
        if not equals or not name or not is_folder:
            raise ConfigError(
                f"{option} {entry!r} is not NAME=FOLDER of an existing folder", f"write {option} X=/models/x"
            )
        if name in found:
            raise ConfigError(f"{option} names {name} twice", "give every model one folder")
        found[name] = Path(folder)
    return found
