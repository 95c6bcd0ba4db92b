"""Puts facts into a layout: text fitted to its box, symbols on whole printer dots. The result is what both
back ends, PDF and ZPL, draw; nothing is decided after this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from mfg.codes.check import check_character
from mfg.facts import Refused
from mfg.paper import barcodes, fonts
from mfg.paper.layout import SIGNS, SMALLEST_PT, Element, Facts, Layout, applies, chosen, fact, said, stated

MM_PER_PT = 25.4 / 72
# A "203 dpi" head really has 8 dots per mm.
DOT_MM = {203: 0.125, 300: 25.4 / 300, 600: 25.4 / 600}
STROKE_MM = 0.3


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text: left, top and measured width in mm, size in points.

    `align` is for a printer whose own font is narrower: it keeps the line left, centred or right in `wide`.
    """

    x: float
    top: float
    text: str
    font: str
    size: float
    wide: float
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Bars:
    """A Code 128 symbol: all in dots."""

    x: int
    top: int
    module: int
    height: int
    text: str


@dataclass(frozen=True, slots=True)
class Squares:
    """A Data Matrix symbol: all in dots."""

    x: int
    top: int
    module: int
    rows: barcodes.Matrix
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A filled rectangle in mm."""

    x: float
    top: float
    w: float
    h: float


Mark = Words | Bars | Squares | Rule


def dot_mm(dpi: int) -> float:
    """The size of a printer dot in mm."""
    if dpi not in DOT_MM:
        raise Refused(f"No printer of {dpi} dpi is known. Use one of {', '.join(map(str, DOT_MM))}.", kind="input")
    return DOT_MM[dpi]


def place(layout: Layout, facts: Facts, dpi: int) -> list[Mark]:
    """Every mark of the label, or a refusal naming the fact or element that stands in the way."""
    if not isinstance(facts, Mapping):
        raise Refused(f"The facts of a label are names with texts, not {type(facts).__name__}. "
                      "Give a mapping such as {\"batch\": \"...\"}.", kind="input")
    marks: list[Mark] = []
    for element in layout.elements:
        if applies(element.when, facts):
            marks.extend(_PLACE[element.kind](element, layout, facts, dot_mm(dpi)))
    return marks


def _wide(text: str, font: str, size: float) -> float:
    return fonts.width(text, font, size) * MM_PER_PT


def _font(element: Element) -> str:
    return fonts.MONO if element.mono else fonts.BOLD if element.bold else fonts.SANS


@lru_cache(maxsize=4_000)
def _fit(text: str, font: str, largest: float, room_w: float, room_h: float,
         wrapped: bool) -> tuple[float, tuple[tuple[str, float], ...]] | None:
    """The largest size at which a text goes into a box, with its lines and their widths in mm; None: at none allowed.

    Kept, because captions and statements are the same on every label of a batch.
    """
    for size in _sizes(largest):
        lines = fonts.wrap(text, font, size, room_w / MM_PER_PT, split_words=False) if wrapped else [text]
        wide = [_wide(line, font, size) for line in lines]
        if len(lines) * size * fonts.LINE * MM_PER_PT <= room_h + 1e-6 and max(wide) <= room_w + 1e-6:
            return size, tuple(zip(lines, wide, strict=True))
    return None


def _sizes(largest: float) -> list[float]:
    """From the wished size down to the smallest allowed, by half points."""
    steps = int((largest - SMALLEST_PT) * 2)
    return [largest - step / 2 for step in range(steps + 1)] + ([SMALLEST_PT] if largest % 0.5 else [])


def _words(element: Element, layout: Layout, text: str, *, wrapped: bool, indent: float = 0,
           caption: str = "") -> list[Mark]:
    """Fit a text into its box; too long a text is refused, never clipped."""
    strange = fonts.missing(text.replace("\n", "") if wrapped else text)
    if strange:
        raise Refused(f"{element.id!r} of label {layout.name} contains {strange[0]!r} (U+{ord(strange[0]):04X}), "
                      "which the label fonts cannot draw. Write it with other characters.", kind="input")
    font, pad = _font(element), 0.7 if element.frame else 0.0
    above = SMALLEST_PT * fonts.LINE * MM_PER_PT if caption else 0.0
    room_w, room_h = element.w - 2 * pad - indent, element.h - 2 * pad - above
    fitted = _fit(text, font, element.size, room_w, room_h, wrapped)
    if fitted is None:
        raise Refused(f"{text!r} does not fit into {element.id!r} of label {layout.name} "
                      f"({element.w:g} x {element.h:g} mm) even at {SMALLEST_PT:g} pt. "
                      "Shorten the text or enlarge the box in a new layout version.", kind="input")
    marks: list[Mark] = [*_frame(element)]
    if caption:
        marks += _caption(element, layout, caption, pad)
    size, lines = fitted
    line_mm = size * fonts.LINE * MM_PER_PT
    slack = (room_h - len(lines) * line_mm) / 2 if element.frame else 0.0
    for number, (line, wide) in enumerate(lines):
        shift = {"left": 0.0, "center": 0.5, "right": 1.0}[element.align] * (room_w - wide)
        marks.append(Words(element.x + pad + indent + shift, element.y + pad + above + slack + number * line_mm,
                           line, font, size, wide, element.align))
    return marks


def _caption(element: Element, layout: Layout, caption: str, pad: float) -> list[Mark]:
    wide = _wide(caption, fonts.SANS, SMALLEST_PT)
    if wide > element.w - 2 * pad:
        raise Refused(f"The caption {caption!r} does not fit into {element.id!r} of label {layout.name}. "
                      "Shorten it.", kind="input")
    return [Words(element.x + pad, element.y + pad, caption, fonts.SANS, SMALLEST_PT, wide)]


def _frame(element: Element) -> list[Rule]:
    if not element.frame:
        return []
    x, y, w, h = element.x, element.y, element.w, element.h
    return [Rule(x, y, w, STROKE_MM), Rule(x, y + h - STROKE_MM, w, STROKE_MM),
            Rule(x, y, STROKE_MM, h), Rule(x + w - STROKE_MM, y, STROKE_MM, h)]


def _text(element: Element, layout: Layout, facts: Facts, dot: float) -> list[Mark]:
    caption = said(element.caption, layout, facts) if element.caption else ""
    return _words(element, layout, said(element.text, layout, facts), wrapped=element.kind == "block",
                  caption=caption)


def _statement(element: Element, layout: Layout, facts: Facts, dot: float) -> list[Mark]:
    """All statements called for; nothing at all where none is called for."""
    found = chosen(element, layout, facts)
    if not found:
        return []
    signs = [SIGNS[statement.symbol] for statement in found if statement.symbol]
    indent = min(element.h, 9.0) + 0.5 if signs else 0.0
    told = [text for statement in found for text in stated(statement, layout, facts)]
    marks = _words(element, layout, (" " if element.inline else "\n").join(told), wrapped=True, indent=indent)
    if signs:
        marks.append(_sign(element, signs[0], indent))
    return marks


def _sign(element: Element, sign: str, side: float) -> Words:
    """A warning sign left of the text. Its ink is as wide as its advance and stands on the baseline, about
    0.53 em high: that, not the empty line above it, is centred in the box.
    """
    size = min((side - 0.5) / _wide(sign, fonts.MONO, 1.0), (element.h - 1.4) / (0.53 * MM_PER_PT))
    ink = 0.53 * size * MM_PER_PT
    top = element.y + (element.h + ink) / 2 - fonts.RISE * size * MM_PER_PT
    return Words(element.x + (0.9 if element.frame else 0.0), top, sign, fonts.MONO, size, side)


def _code128(element: Element, layout: Layout, facts: Facts, dot: float) -> list[Mark]:
    """Bars with ten clear modules on each side, inside the box."""
    text = fact(facts, element.fact)
    module = max(1, round(element.module_mm / dot))
    modules = barcodes.code128_width(text)
    need = (modules + 2 * barcodes.QUIET_LINEAR) * module * dot
    if need > element.w + 1e-6:
        raise _too_wide(element, layout, text, need)
    return [Bars(round(element.x / dot) + barcodes.QUIET_LINEAR * module, round(element.y / dot), module,
                 int(element.h / dot), text)]


def _datamatrix(element: Element, layout: Layout, facts: Facts, dot: float) -> list[Mark]:
    """A matrix in the middle of its box with two clear modules all round."""
    text = fact(facts, element.fact)
    module = max(1, round(element.module_mm / dot))
    rows = barcodes.matrix(text)
    side = len(rows) * module
    need = (side + 2 * barcodes.QUIET_MATRIX * module) * dot
    if need > min(element.w, element.h) + 1e-6:
        raise _too_wide(element, layout, text, need)
    x, y = (round((start + length / 2) / dot - side / 2)
            for start, length in ((element.x, element.w), (element.y, element.h)))
    return [Squares(x, y, module, rows, text)]


def _too_wide(element: Element, layout: Layout, text: str, need: float) -> Refused:
    return Refused(f"The symbol {element.id!r} of label {layout.name} needs {need:.1f} mm with its quiet zone to "
                   f"carry {text!r}; its box is {element.w:g} x {element.h:g} mm. Shorten the message or enlarge "
                   "the box in a new layout version.", kind="input")


def _din(element: Element, layout: Layout, facts: Facts, dot: float) -> list[Mark]:
    """The donation number as people read it: groups of 5, 2 and 6, then the check character in a box.

    Flags 00 need not be printed; other flags follow the number in small type.
    """
    code, check = fact(facts, element.fact), fact(facts, f"{element.fact}_check")
    if len(code) != 16 or not code.startswith("=") or len(check) != 1:
        raise Refused(f"{element.fact!r} is {code!r} with check {check!r}; a donation identification number with "
                      "its '=' and two flag characters (16 in all) and one check character are needed.",
                      kind="input")
    if check_character(code[1:14]) != check:
        raise Refused(f"The check character of {code[1:14]} is {check_character(code[1:14])}, but "
                      f"'{element.fact}_check' says {check!r}. Read the number again.", kind="input")
    number = f"{code[1:6]} {code[6:8]} {code[8:14]}" + (f" {code[14:]}" if code[14:] != "00" else "")
    side = element.h
    middle = max(0.0, (side - element.size * fonts.LINE * MM_PER_PT) / 2)
    words = Element("text", element.id, element.x, element.y + middle, element.w - side - 1, side - middle,
                    size=element.size, mono=True)
    box = Element("text", element.id, element.x + element.w - side, element.y, side, side, size=element.size,
                  mono=True, align="center", frame=True)
    return _words(words, layout, number, wrapped=False) + _words(box, layout, check, wrapped=False)


def _line(element: Element, layout: Layout, facts: Facts, dot: float) -> list[Mark]:
    return [Rule(element.x, element.y, element.w, element.h)]


_PLACE = {"text": _text, "block": _text, "statement": _statement, "code128": _code128, "datamatrix": _datamatrix,
          "din": _din, "line": _line}
