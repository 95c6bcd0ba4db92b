"""The proof of a label before it is printed: drawn, turned into dots, read by a reader of another origin, compared.

Nothing here draws or judges facts. What it catches is what a person would find too late: a bar code that cannot be
read or says something else, text outside its place, in another font or size, ink where nothing was meant to be.
The reader (zxing-cpp) shares no code with what draws the symbols.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pypdfium2
import zxingcpp
from PIL import Image

from mfg.facts import Refused
from mfg.paper import east_asian, fonts
from mfg.paper.barcodes import QUIET_LINEAR, QUIET_MATRIX, code128_width
from mfg.paper.labels import drawn
from mfg.paper.layout import Facts, Layout
from mfg.paper.place import MM_PER_PT, Bars, Mark, Rule, Squares, Words, dot_mm, place

#: the reader's name of a symbology -> ours
_NAMES = {zxingcpp.BarcodeFormat.Code128: "Code128", zxingcpp.BarcodeFormat.DataMatrix: "DataMatrix"}
_FORMATS: Any = tuple(_NAMES)
#: dots of ink beside its place that a raster may show: half a dot of rounding on each side, and the edge of a glyph
_EDGE = 2
#: darker than this is ink, of 255
_DARK = 128

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One symbol a reader found: ours or not, which symbology, the scanner's identifier, the text."""

    symbology: str
    aim: str
    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved of one label: its PDF, at which resolution, and every symbol that was read on it."""

    pdf: bytes
    dpi: int
    symbols: tuple[Found, ...]

    @property
    def pdf_hash(self) -> str:
        """SHA-256 of the PDF, in hexadecimal."""
        return sha256(self.pdf).hexdigest()


def picture(pdf: bytes, dpi: int, page: int = 0) -> Image.Image:
    """One page in grey, at the dots of a printer of that resolution (a head sold as 203 dpi has 8 dots a mm)."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        # A hair less: pages are whole dots, and a rounding error upwards would add an empty row.
        drawn_page: Image.Image = document[page].render(scale=MM_PER_PT / dot_mm(dpi) * (1 - 1e-6),
                                                        grayscale=True).to_pil()
        return drawn_page
    finally:
        document.close()


def codes_on(image: Image.Image) -> tuple[Found, ...]:
    """Every Code 128 and Data Matrix a reader finds in an upright picture, from top to bottom.

    It does not turn, invert or shrink the picture: what it cannot read as it lies is not good enough to print.
    """
    dots = memoryview(image.tobytes()).cast("B", shape=(image.height, image.width))  # a picture itself is copied twice
    read = zxingcpp.read_barcodes(dots, formats=_FORMATS, try_rotate=False, try_invert=False, try_downscale=False)
    found = sorted(read, key=lambda one: (one.position.top_left.y, one.position.top_left.x))
    return tuple(Found(_NAMES[one.format], one.symbology_identifier, one.text) for one in found)


def prove(layout: Layout, facts: Facts, dpi: int = 300) -> Proof:
    """Draw the label, read it back at the dots of its printer, and refuse it where anything differs."""
    marks = place(layout, facts, dpi)
    return examine(layout, marks, drawn(layout, [marks], dpi), dpi)


def examine(layout: Layout, marks: list[Mark], pdf: bytes, dpi: int) -> Proof:
    """Hold a drawn label against what was placed on it. Refused with everything that is wrong."""
    image = picture(pdf, dpi)
    read = codes_on(image)
    faults = [*_wrong_size(layout, image, dpi), *_misread(marks, read), *_misplaced(marks, image, dpi)]
    if faults:
        raise Refused(f"The label {layout.name} would not print as it should at {dpi} dpi; nothing was printed. "
                      f"{' '.join(faults)} Tell whoever keeps the label layouts.", kind="rule")
    return Proof(pdf, dpi, read)


def _wrong_size(layout: Layout, image: Image.Image, dpi: int) -> list[str]:
    wide, tall = (round(side / dot_mm(dpi)) for side in layout.size)
    if image.size == (wide, tall):
        return []
    return [f"It is {image.width} x {image.height} dots; {wide} x {tall} were expected."]


def _misread(marks: list[Mark], read: tuple[Found, ...]) -> list[str]:
    """What stands on the label and was not read, and what was read and does not stand on it."""
    placed = Counter(("Code128" if isinstance(mark, Bars) else "DataMatrix", mark.text)
                     for mark in marks if isinstance(mark, (Bars, Squares)))
    seen = Counter((one.symbology, one.text) for one in read)
    return [*(f"The {kind} {text} could not be read." for kind, text in (placed - seen).elements()),
            *(f"The {kind} {text} was read and does not belong there." for kind, text in (seen - placed).elements())]


def _misplaced(marks: list[Mark], image: Image.Image, dpi: int) -> list[str]:
    """Text that has no ink or not the extent it should have, quiet zones with ink in them, ink outside every place."""
    ink = image.point(lambda grey: 255 if grey < _DARK else 0)
    dot = dot_mm(dpi)
    faults = [fault for mark in marks if isinstance(mark, Words) for fault in _ill_drawn(mark, ink, dot)]
    faults += [fault for mark in marks if isinstance(mark, (Bars, Squares)) for fault in _ill_sized(mark, ink, dot)]
    for mark in marks:
        ink.paste(0, _reach(mark, dot))
    for mark in marks:
        if isinstance(mark, (Bars, Squares)) and ink.crop(_reach(mark, dot, quiet=True)).getbbox():
            faults.append(f"There is ink in the quiet zone of {mark.text}.")
    stray = ink.getbbox()
    return faults if stray is None else [
        *faults, f"There is ink at {stray[0] * dot:.1f} x {stray[1] * dot:.1f} mm, where nothing was placed."]


def _ill_drawn(words: Words, ink: Image.Image, dot: float) -> list[str]:
    """A text whose ink is not there, or ends early: another font or a smaller size was drawn."""
    if not words.text.strip():
        return []
    found = ink.crop(_reach(words, dot)).getbbox()
    if found is None:
        return [f"“{words.text}” is not on it."]
    wide = fonts.width(words.text.strip(), words.font, words.size) * MM_PER_PT / dot
    # white at both ends of a text belongs to its first and last letter; a Chinese full stop is white for most of its em
    bearing = words.size * MM_PER_PT / dot * (0.8 if east_asian.in_text(words.text) else 0.3)
    short = wide - (found[2] - found[0]) > 2 * bearing + _EDGE
    return [f"“{words.text}” is not drawn in its font and size."] if short else []


def _ill_sized(symbol: Bars | Squares, ink: Image.Image, dot: float) -> list[str]:
    """A symbol smaller than it should be can be read here, and not by the scanner at the bedside."""
    place = _reach(symbol, dot)
    found = ink.crop(place).getbbox() or (0, 0, 0, 0)
    wide, tall = (place[end] - place[start] - 2 * _EDGE for start, end in ((0, 2), (1, 3)))
    if wide - (found[2] - found[0]) <= _EDGE and tall - (found[3] - found[1]) <= _EDGE:
        return []
    return [f"The symbol {symbol.text} is not as large as it should be."]


def _reach(mark: Mark, dot: float, *, quiet: bool = False) -> Box:
    """The dots a mark may cover; with `quiet`, those that have to be clear round a symbol too."""
    match mark:
        case Words():
            wide = max(mark.wide, fonts.width(mark.text, mark.font, mark.size) * MM_PER_PT)
            tall = mark.size * fonts.LINE * MM_PER_PT
            # outlines that thicken a text stand half beside its place
            thick = mark.size * MM_PER_PT * east_asian.BOLD_OUTLINE / 2 if east_asian.in_text(mark.text) else 0.0
            return _box((mark.x - thick) / dot, mark.top / dot, (wide + 2 * thick) / dot, tall / dot)
        case Rule():
            return _box(mark.x / dot, mark.top / dot, mark.w / dot, mark.h / dot)
        case Bars():
            clear = QUIET_LINEAR * mark.module if quiet else 0
            wide = code128_width(mark.text) * mark.module
            return _box(mark.x - clear, mark.top, wide + 2 * clear, mark.height)
        case Squares():
            clear, side = (QUIET_MATRIX * mark.module if quiet else 0), len(mark.rows) * mark.module
            return _box(mark.x - clear, mark.top - clear, side + 2 * clear, side + 2 * clear)


def _box(x: float, y: float, wide: float, tall: float) -> Box:
    return (max(0, int(x) - _EDGE), max(0, int(y) - _EDGE), round(x + wide) + _EDGE, round(y + tall) + _EDGE)
