"""The embedded fonts, and text measured, wrapped and drawn in them.

Vera carries the words; DejaVu Sans Mono carries codes and every glyph Vera lacks; Noto Sans carries Chinese, Japanese
and Korean. A character none has is shown as its number, [U+0E01]: nothing is dropped and nothing becomes an empty box.
It does not lay out pages.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

import barcode
import reportlab
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from mfg.paper import east_asian, font_files

SANS, BOLD, ITALIC, MONO = "Vera", "VeraBd", "VeraIt", "DejaVuSansMono"
LINE = 1.2  # line height in ems: Vera rises 0.93 and falls 0.24
RISE = 0.93  # from the top of a line to its baseline, in ems


def font_file(font: str) -> str:
    """The path of the TrueType file of one of our fonts."""
    if font in east_asian.FACES:
        return east_asian.font_file(font)
    if font == MONO:
        return os.path.join(os.path.dirname(barcode.__file__), "fonts", "DejaVuSansMono.ttf")
    return os.path.join(os.path.dirname(reportlab.__file__), "fonts", f"{font}.ttf")


@cache
def register() -> dict[str, frozenset[int]]:
    """Make the fonts known to reportlab, once; returns the characters each of them has."""
    rl_config.useA85 = 0  # binary streams: a quarter smaller, and quicker, than their ASCII form
    glyphs = {}
    for name in (SANS, BOLD, ITALIC, MONO):
        font = font_files.keep(TTFont(name, font_file(name), asciiReadable=0))  # only the glyphs used: half the bytes
        pdfmetrics.registerFont(font)
        glyphs[name] = frozenset(font.face.charToGlyph)
    return glyphs


#: control and format characters, lone surrogates, private and unassigned ones: a reader must see that they are there
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _home(character: str, font: str) -> str:
    """The font that draws a character: the one wanted, the spare one, one of the East Asian ones, or none ("")."""
    code = ord(character)
    if code < 127:
        return font if code >= 32 else ""
    if unicodedata.category(character) in _UNSEEN:
        return ""
    if code in register().get(font, ()):
        return font
    return MONO if code in register()[MONO] else east_asian.home(character)


def missing(text: str) -> list[str]:
    """The characters of a text that no embedded font can draw, in order of appearance."""
    if text.isascii() and text.isprintable():
        return []
    return [character for character in dict.fromkeys(text) if not _home(character, SANS)]


@lru_cache(maxsize=4_000)
def pieces(text: str, font: str) -> tuple[tuple[str, str], ...]:
    """Split a text into (font, text) runs, falling back to the mono font and then to [U+XXXX]."""
    if text.isascii() and text.isprintable():
        return ((font, text),)
    runs: list[tuple[str, str]] = []
    for character in text:
        home = _home(character, font)
        run = (home, character) if home else (font, f"[U+{ord(character):04X}]")
        if runs and runs[-1][0] == run[0]:
            run = (run[0], runs.pop()[1] + run[1])
        runs.append(run)
    return tuple(runs)


class _Widths(dict[str, float]):
    """Character -> how wide it stands in one font at one point, looked up once."""

    def __init__(self, font: str) -> None:
        super().__init__()
        register()
        self.font = font

    def __missing__(self, character: str) -> float:
        wide = sum(pdfmetrics.stringWidth(part, face, 1) for face, part in pieces(character, self.font))
        self[character] = float(wide)
        return self[character]


_widths = cache(_Widths)


def width(text: str, font: str, size: float) -> float:
    """The width of a text in points."""
    return sum(map(_widths(font).__getitem__, text)) * size


def draw(canvas: Canvas, x: float, y: float, text: str, font: str = SANS, size: float = 9) -> None:
    """Draw one line of text with its baseline at y, in points, in the fill colour of the canvas."""
    if text.isascii() and text.isprintable():
        _draw_run(canvas, x, y, text, font, size)
        return
    for face, part in pieces(text, font):
        outline = _outline(font, face)
        if outline:
            _draw_thick(canvas, x, y, part, face, size, outline)
        else:
            _draw_run(canvas, x, y, part, face, size)
        x += width(part, face, size)


def _outline(font: str, face: str) -> float:
    """How much has to be drawn round the glyphs of a face that stands in for a font, in ems."""
    if face in east_asian.FACES:
        return east_asian.BOLD_OUTLINE if font == BOLD else east_asian.REGULAR_OUTLINE
    return 0.045 if font == BOLD and face == MONO else 0.0


def _draw_thick(canvas: Canvas, x: float, y: float, text: str, face: str, size: float, outline: float) -> None:
    """A face without the weight that is wanted: an outline in the colour of the text thickens its glyphs."""
    colour = canvas._fillColorObj  # a tuple until somebody sets one
    red, green, blue = colour if isinstance(colour, tuple) else colour.rgb()
    canvas._code.append(f"q {size * outline:.3f} w {red:.4f} {green:.4f} {blue:.4f} RG 2 Tr")
    _draw_run(canvas, x, y, text, face, size)
    canvas._code.append("Q")


class _Beyond(Exception):
    """A character lies outside the first 256 of its font in this document."""


class _Glyphs(dict[int, str]):
    """Character -> its escaped byte in the first subset of a font, for one document."""

    def __init__(self, font: str, canvas: Canvas) -> None:
        super().__init__()
        self.face, self.document, self.escape = pdfmetrics.getFont(font), canvas._doc, canvas._escape
        self.name = self.face.getSubsetInternalName(0, canvas._doc)

    def __missing__(self, code: int) -> str:
        subset, data = self.face.splitString(chr(code), self.document)[0]
        if subset:
            raise _Beyond
        self[code] = self.escape(data)
        return self[code]


def _glyphs(canvas: Canvas, font: str) -> _Glyphs:
    known: dict[str, _Glyphs] = canvas._doc.__dict__.setdefault("_mfg_glyphs", {})
    return known.get(font) or known.setdefault(font, _Glyphs(font, canvas))


def foresee(canvas: Canvas, texts: Iterable[tuple[str, str]]) -> None:
    """Give the characters of (text, font) their places in an order that does not depend on which is drawn first.

    Digits always have one, so that labels that differ in their numbers share the files of their fonts.
    """
    found: dict[str, set[str]] = {}
    for text, font in texts:
        for face, part in pieces(text, font):
            found.setdefault(face, set("0123456789")).update(part)
    for face in sorted(found):
        known, characters = _glyphs(canvas, face), "".join(sorted(found[face]))
        subset, places = known.face.splitString(characters, canvas._doc)[0]
        if subset == 0 and len(places) == len(characters):
            known.update({ord(one): _ESCAPED[place] for one, place in zip(characters, places, strict=True)})


#: a byte as it stands in a text of a PDF
_ESCAPED = [f"\\{byte:03o}" if byte < 32 or byte > 126 else f"\\{chr(byte)}" if chr(byte) in "()\\" else chr(byte)
            for byte in range(256)]


def _draw_run(canvas: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    """Text as PDF operators.

    Written by hand because reportlab takes every character through Python: its drawString takes most of the time
    of a long record.
    """
    glyphs = _glyphs(canvas, font)
    try:
        shown = f"{glyphs.name} {size:g} Tf ({text.translate(glyphs)}) Tj"
    except _Beyond:
        face, document = glyphs.face, glyphs.document
        shown = " ".join(f"{face.getSubsetInternalName(subset, document)} {size:g} Tf ({canvas._escape(data)}) Tj"
                         for subset, data in face.splitString(text, document))
    canvas._code.append(f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm {shown} ET")


def wrap(text: str, font: str, size: float, room: float, *, split_words: bool = True) -> list[str]:
    """Break a text into lines no wider than `room` points.

    A word too long for a line is cut (hashes, codes), unless `split_words` is off: then it stands alone and
    is too wide, which the caller must notice.
    """
    lines: list[str] = []
    for paragraph in text.replace("\r\n", "\n").split("\n"):
        lines.extend(_wrap_paragraph(paragraph, font, size, room, split_words))
    return lines


def _wrap_paragraph(text: str, font: str, size: float, room: float, split_words: bool) -> list[str]:
    if width(text, font, size) <= room:
        return [text]
    lines, line = [], ""
    for space, word in _breakable(text):
        tried = f"{line}{space}{word}" if line else word
        if width(tried, font, size) <= room:
            line = tried
            continue
        if line:
            lines.append(line)
        while split_words and len(word) > 1 and width(word, font, size) > room:
            head = _longest_head(word, font, size, room)
            lines.append(head)
            word = word[len(head):]
        line = word
    return [*lines, line] if line else lines


def _breakable(text: str) -> list[tuple[str, str]]:
    """(what stands before it, word) of everything a line may break before."""
    words = text.split(" ")
    if text.isascii():
        return [(" ", word) for word in words]
    return [(" " if at == 0 else "", unit) for word in words for at, unit in enumerate(east_asian.units(word))]


def _longest_head(word: str, font: str, size: float, room: float) -> str:
    """The longest beginning of a word that fits, at least one character, so that wrapping always ends."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width(word[:middle], font, size) <= room else (low, middle - 1)
    return word[:low]
