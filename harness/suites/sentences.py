"""NLTK's sentence splitter, which lm-eval's IFEval would download when it is imported, put in place before that.

The mirror's own copy (`nltk_data/tokenizers/punkt_tab/english`) is used where it has one. Else a stand-in: the same
splitter, knowing the abbreviations below instead of those learned from a corpus. Which of the two it was is part of
the task's digests. They differ where a text holds other abbreviations; IFEval counts sentences in a tenth of its items.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harness.data.mirror import Mirror
from harness.hashing import digest, sha256_files

MODEL = Path("tokenizers/punkt_tab/english")
ABBREVIATIONS = (
    "a.d a.m adm approx apr aug ave b.c blvd brig bros c.e ca capt cf cmdr co col corp cpl d.c dec dept dr e.g ed "
    "est et etc feb fig fri ft gen gov hon i.e inc jan jr jul jun lt ltd maj mar messrs mon mr mrs ms mt no nov "
    "oct p.m ph.d pp pres prof pvt rd rep rev sat sen sep sept sgt sr st sun supt thu tue u.k u.n u.s u.s.a univ "
    "v viz vol vs wed"
)
"""As the splitter knows them: in small letters, without the last full stop."""

FILES = {
    "abbrev_types.txt": ABBREVIATIONS.replace(" ", "\n") + "\n",
    "collocations.tab": "",
    "ortho_context.tab": "",
    "sent_starters.txt": "",
}


def used_by(file: Path) -> bool:
    """Whether a task file's rules split sentences."""
    return "ifeval" in file.parts


def place(mirror: Mirror, cache: Path) -> None:
    """Let NLTK find a splitter, and no other one, before anything asks for it."""
    folder = mirror.folder / "nltk_data"
    if not (folder / MODEL).is_dir():
        folder = cache / "nltk_data"
        _write(folder / MODEL)
    others = [name for name in os.environ.get("NLTK_DATA", "").split(os.pathsep) if name and name != str(folder)]
    os.environ["NLTK_DATA"] = os.pathsep.join([str(folder), *others])  # read when NLTK is imported
    if "nltk.data" in sys.modules:
        sys.modules["nltk.data"].path.insert(0, str(folder))


def settle_language_guesses() -> None:
    """IFEval's other library guesses languages by drawing at random; the same seed always draws the same."""
    if "langdetect" in sys.modules:
        sys.modules["langdetect"].DetectorFactory.seed = 0


def model_digest(mirror: Mirror) -> str:
    """Digest of the splitter in use."""
    folder = mirror.folder / "nltk_data" / MODEL
    return digest(sha256_files(folder.iterdir(), folder)) if folder.is_dir() else f"stand-in:{digest(FILES)}"


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            temporary = path.with_name(f".{name}.{os.getpid()}")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
