"""NanumGothic, from the koreanize-matplotlib package: located without importing it, cut to what a page needs."""

from __future__ import annotations

import base64
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from harness.errors import SetupError

Weight = Literal["regular", "bold"]
FILES: dict[Weight, str] = {"regular": "NanumGothic.ttf", "bold": "NanumGothicBold.ttf"}
PACKAGE = "koreanize_matplotlib"


def font_file(weight: Weight) -> Path:
    """The font file of a weight; SetupError where the package is not installed whole."""
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "fonts" / FILES[weight]
        if path.is_file():
            return path
    raise SetupError(f"{FILES[weight]} of {PACKAGE} is not installed", "run: make install")


def subset_woff(characters: set[str], weight: Weight) -> bytes:
    """A WOFF font with the glyphs of those characters that NanumGothic has. Equal input gives equal bytes."""
    from fontTools.subset import Options, Subsetter  # slow to import
    from fontTools.ttLib import TTFont

    options = Options(layout_features=[], hinting=False, notdef_outline=True)
    options.drop_tables += [f"TSI{number}" for number in range(6)]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[ord(character) for character in characters])
    file = io.BytesIO()
    with TTFont(font_file(weight), recalcTimestamp=False, lazy=True) as font:
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(file, reorderTables=False)
    return file.getvalue()


def data_uri(font: bytes) -> str:
    """A font as a URI that needs no other file."""
    return "data:font/woff;base64," + base64.b64encode(font).decode()
