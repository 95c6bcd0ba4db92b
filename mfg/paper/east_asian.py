"""The fonts for Chinese, Japanese and Korean, and where such a text may break. It draws nothing.

They are large (9 to 18 MB each), so a font is opened when a text first needs it and then kept: about 0.1 s and 20 to
30 MB. They are variable fonts whose outlines as stored are the thinnest weight; who draws them thickens them.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

#: looked at in this order: simplified Chinese first, then what only the others have
FACES = {"NotoSansSC": "notosanssc/NotoSansSC[wght].ttf", "NotoSansTC": "notosanstc/NotoSansTC[wght].ttf",
         "NotoSansJP": "notosansjp/NotoSansJP[wght].ttf", "NotoSansKR": "notosanskr/NotoSansKR[wght].ttf"}
#: outline in ems that makes the thinnest weight look like a regular and like a bold one
REGULAR_OUTLINE, BOLD_OUTLINE = 0.042, 0.08
#: the same weights where the font can be asked for them
REGULAR_WEIGHT, BOLD_WEIGHT = 400, 700
_BLOCKS = ((0x1100, 0x11FF), (0x2E80, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F),
           (0xFF00, 0xFFEF), (0x20000, 0x323AF))
_ANY = "".join(f"{chr(low)}-{chr(high)}" for low, high in _BLOCKS)
_OPENING, _CLOSING = "（「『【《〈“‘", "。，、；：！？）」』】》〉”’…—%"
#: a character with what must not stand at the end of a line before it, or at the beginning of one after it
_UNIT = re.compile(f"[{_OPENING}]*[{_ANY}][{_CLOSING}]*|[^{_ANY}{_OPENING}]+|.")
_ONE = re.compile(f"[{_ANY}]")


def is_east_asian(code: int) -> bool:
    """Whether a character belongs to these scripts; nothing is opened to tell."""
    return code >= _BLOCKS[0][0] and any(low <= code <= high for low, high in _BLOCKS)


def in_text(text: str) -> bool:
    """Whether any character of a text belongs to these scripts."""
    return not text.isascii() and _ONE.search(text) is not None


def font_file(face: str) -> str:
    """The path of the TrueType file of a face; FileNotFoundError where the package with the fonts is missing."""
    spec = find_spec("justmytype_intl_cjk")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The fonts for Chinese, Japanese and Korean are missing; install the program again.")
    return str(Path(spec.submodule_search_locations[0]) / "fonts" / "ofl" / FACES[face])


@cache
def _glyphs(face: str) -> frozenset[int]:
    font = TTFont(face, font_file(face), asciiReadable=0)
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


@cache
def home(character: str) -> str:
    """The face that has this character, opened now if it was not; none ("")."""
    if not is_east_asian(ord(character)):
        return ""
    return next((face for face in FACES if ord(character) in _glyphs(face)), "")


def units(word: str) -> list[str]:
    """A word in the pieces between which a line may break: these scripts have no spaces."""
    return _UNIT.findall(word) if _ONE.search(word) else [word]
