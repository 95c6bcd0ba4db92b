"""The embedded fonts, and text measured, wrapped and drawn in them.

Vera carries the words; DejaVu Sans Mono carries codes and every glyph Vera lacks. A character neither has is
shown as its number, [U+4E2D]: nothing is dropped and nothing becomes an empty box. It does not lay out pages.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache

import barcode
import reportlab
from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

SANS, BOLD, ITALIC, MONO = "Vera", "VeraBd", "VeraIt", "DejaVuSansMono"
LINE = 1.2  # line height in ems: Vera rises 0.93 and falls 0.24
RISE = 0.93  # from the top of a line to its baseline, in ems


def font_file(font: str) -> str:
    """The path of the TrueType file of one of our four fonts."""
    if font == MONO:
        return os.path.join(os.path.dirname(barcode.__file__), "fonts", "DejaVuSansMono.ttf")
    return os.path.join(os.path.dirname(reportlab.__file__), "fonts", f"{font}.ttf")


@cache
def register() -> dict[str, frozenset[int]]:
    """Make the fonts known to reportlab, once; returns the characters each of them has."""
    rl_config.useA85 = 0  # binary streams: a quarter smaller, and quicker, than their ASCII form
    glyphs = {}
    for name in (SANS, BOLD, ITALIC, MONO):
        font = TTFont(name, font_file(name), asciiReadable=0)  # only the glyphs used: half the bytes and time
        pdfmetrics.registerFont(font)
        glyphs[name] = frozenset(font.face.charToGlyph)
    return glyphs


def missing(text: str) -> list[str]:
    """The characters of a text that no embedded font can draw, in order of appearance."""
    if text.isascii() and text.isprintable():
        return []
    sans, mono = register()[SANS], register()[MONO]
    return [character for character in dict.fromkeys(text)
            if character < " " or (ord(character) not in sans and ord(character) not in mono)]


@lru_cache(maxsize=20_000)
def pieces(text: str, font: str) -> tuple[tuple[str, str], ...]:
    """Split a text into (font, text) runs, falling back to the mono font and then to [U+XXXX]."""
    if text.isascii() and text.isprintable():
        return ((font, text),)
    own, spare = register()[font], register()[MONO]
    runs: list[tuple[str, str]] = []
    for character in text:
        code = ord(character)
        if code >= 32 and code in own:
            run = (font, character)
        elif code >= 32 and code in spare:
            run = (MONO, character)
        else:
            run = (font, f"[U+{code:04X}]")
        if runs and runs[-1][0] == run[0]:
            run = (run[0], runs.pop()[1] + run[1])
        runs.append(run)
    return tuple(runs)


@lru_cache(maxsize=50_000)
def width(text: str, font: str, size: float) -> float:
    """The width of a text in points."""
    register()
    return float(sum(pdfmetrics.stringWidth(part, face, size) for face, part in pieces(text, font)))


def draw(canvas: Canvas, x: float, y: float, text: str, font: str = SANS, size: float = 9) -> None:
    """Draw one line of text with its baseline at y, in points, in the fill colour of the canvas."""
    runs = pieces(text, font)
    for face, part in runs:
        if font == BOLD and face == MONO:
            _draw_thick(canvas, x, y, part, size)
        else:
            _draw_run(canvas, x, y, part, face, size)
        if len(runs) > 1:
            x += width(part, face, size)


def _draw_thick(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    """The spare font has no bold: a thin outline in the colour of the text thickens its glyphs."""
    canvas.saveState()
    canvas.setLineWidth(size * 0.045)
    canvas.setStrokeColor(canvas._fillColorObj)
    canvas.setFont(MONO, size)
    canvas.drawString(x, y, text, mode=2)
    canvas.restoreState()


def _draw_run(canvas: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    """Text as PDF operators.

    Written by hand because reportlab formats every number in Python: its drawString takes most of the time
    of a long record.
    """
    face, document = pdfmetrics.getFont(font), canvas._doc
    shown = " ".join(f"{face.getSubsetInternalName(subset, document)} {size:g} Tf ({canvas._escape(data)}) Tj"
                     for subset, data in face.splitString(text, document))
    canvas._code.append(f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm {shown} ET")


def wrap(text: str, font: str, size: float, room: float, *, split_words: bool = True) -> list[str]:
    """Break a text into lines no wider than `room` points.

    A word too long for a line is cut (hashes, codes), unless `split_words` is off: then it stands alone and
    is too wide, which the caller must notice.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        lines.extend(_wrap_paragraph(paragraph, font, size, room, split_words))
    return lines


def _wrap_paragraph(text: str, font: str, size: float, room: float, split_words: bool) -> list[str]:
    if width(text, font, size) <= room:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        tried = f"{line} {word}" if line else word
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


def _longest_head(word: str, font: str, size: float, room: float) -> str:
    """The longest beginning of a word that fits, at least one character, so that wrapping always ends."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width(word[:middle], font, size) <= room else (low, middle - 1)
    return word[:low]
