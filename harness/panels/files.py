"""Opening the files that a round names: which bytes they are, and what is said where one cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ConfigError
from harness.hashing import sha256_file

if TYPE_CHECKING:
    import pandas as pd

Locate = Callable[[str], Path]
"""Where the file lies that a round names."""


def located(name: str, what: str, locate: Locate) -> Path:
    """The file; ConfigError where there is none."""
    path = locate(name)
    if not path.is_file():
        raise ConfigError(f"{what} {name}: there is no such file ({path})", "supply the file, or mend its path")
    return path


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return sha256_file(path)


def read_cells(path: Path) -> pd.DataFrame:
    """Every cell as text, empty ones as "", blank lines left out; the index is the line in the file.

    ConfigError where it is neither CSV nor XLSX.
    """
    import pandas as pd  # slow to import

    try:
        if path.suffix.lower() == ".xlsx":
            frame = pd.read_excel(path, dtype=str, keep_default_na=False, engine="openpyxl")
        else:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False, comment=None)
    except (ValueError, KeyError, OSError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ConfigError(f"{path} cannot be read as a table: {error}", "supply CSV in UTF-8 or XLSX") from error
    frame.columns = [str(column).strip() for column in frame.columns]
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    frame = frame.map(lambda cell: str(cell).strip())
    return frame[(frame != "").any(axis=1)]
