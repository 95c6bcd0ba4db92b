"""Code 128 and Data Matrix symbols as vectors on a page and as ZPL field data.

Every bar and module is a whole number of printer dots. This file knows nothing of what the text means: it
takes strings that are already in their coded form and refuses what a scanner could not give back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from barcode.charsets import code128 as charset
from barcode.codex import Code128 as LibraryCode128
from barcode.writer import BaseWriter
from ppf.datamatrix import DataMatrix
from reportlab.pdfgen.canvas import Canvas

from mfg.facts import Refused

# Renderers that paint every touched pixel would grow each bar by a dot; so little less than a dot stops them.
INSET_DOTS = 0.02
QUIET_LINEAR = 10  # modules clear on each side of Code 128 (ISO/IEC 15417)
QUIET_MATRIX = 2  # modules clear round Data Matrix; ISO/IEC 16022 asks 1, print clutter makes it 2

Matrix = tuple[tuple[int, ...], ...]
Rect = tuple[int, int, int, int]  # x, y, width, height in dots, y downwards


def printable(text: str, symbology: str) -> str:
    """Return the text, or refuse it: both encoders fail silently outside printable ASCII and on nothing."""
    if not text:
        raise Refused(f"A {symbology} symbol cannot be empty. Give the text it shall carry.", kind="input")
    for character in text:
        if not " " <= character <= "~":
            raise Refused(f"A {symbology} symbol cannot carry U+{ord(character):04X} (in {text!r}). "
                          "Only printable ASCII characters are allowed.", kind="input")
    return text


class Code128(LibraryCode128):  # type: ignore[misc]
    """Code 128 that keeps a leading digit pair 99.

    The library folds a switch of subset right after the start code into another start code. In subset C
    the value 99 is data, not a switch, and the library (0.16.1) folds it away: "9912" would print as "12".
    """

    def _try_to_optimize(self, encoded: list[int]) -> list[int]:
        switches = {charset.C["TO_A"], charset.C["TO_B"]}
        if len(encoded) > 1 and encoded[1] in switches:
            return [charset.TO[encoded[1]], *encoded[2:]]
        return encoded


class CanvasWriter(BaseWriter):  # type: ignore[misc]
    """Draws bars straight onto a reportlab canvas as one filled path. All its lengths are printer dots."""

    def __init__(self, canvas: Canvas, x: float, top: float, height: int, dot: float) -> None:
        super().__init__(self._start, self._bar, None, self._finish)
        self._canvas, self._x, self._top, self._tall, self._dot = canvas, x, top, height, dot
        self.quiet_zone = self.margin_top = 0

    def _start(self, code: list[str]) -> None:
        self._rects: list[Rect] = []

    def _bar(self, x: int, y: float, wide: int, color: str) -> None:
        if color != self.background:
            self._rects.append((x, 0, wide, self._tall))

    def _finish(self) -> None:
        fill_rects(self._canvas, self._rects, self._x, self._top, self._dot)


class _Inset(dict[int, str]):
    """A whole number of dots -> its text, moved by a little; a label has thousands of them and few different ones."""

    def __init__(self, moved: float) -> None:
        super().__init__()
        self.moved = moved

    def __missing__(self, dots: int) -> str:
        self[dots] = f"{dots + self.moved:.2f}"
        return self[dots]


_START, _LENGTH = _Inset(INSET_DOTS / 2), _Inset(-INSET_DOTS)


def fill_rects(canvas: Canvas, rects: Iterable[Rect], left: float, top: float, dot: float) -> None:
    """Fill rectangles as one path, each a little inset; left, top and dot in points.

    Written as PDF operators, in dots from the top left corner: reportlab formats numbers so slowly that the path object
    would cost more than the encoding of the symbol.
    """
    path = "\n".join(f"{_START[x]} {_START[y]} {_LENGTH[wide]} {_LENGTH[tall]} re" for x, y, wide, tall in rects)
    canvas._code.append(f"q {dot:.8f} 0 0 {-dot:.8f} {left:.5f} {top:.5f} cm\n{path}\nf Q")


def code128_width(text: str) -> int:
    """The width of the symbol in modules, without quiet zones."""
    return len(Code128(printable(text, "Code 128")).build()[0])


def draw_code128(canvas: Canvas, text: str, left: float, top: float, module: int, height: int,
                 dot: float) -> None:
    """Draw the symbol; left and top in points, module and height in dots, dot in points."""
    writer = CanvasWriter(canvas, left, top, height, dot)
    writer.module_width = module
    writer.render(Code128(printable(text, "Code 128")).build())


def code128_zpl(text: str) -> str:
    """The `^FD` data of a `^BC` field in mode N, every change of subset spelled out.

    In this field `>` begins an invocation code, so unescaped data loses characters without a word: an expiry
    `&>0270732359` would lose its century. The codes come from the encoder that also draws the PDF.
    """
    encoded = Code128(printable(text, "Code 128")).encoded
    subset = "ABC"[encoded[0] - charset.START_CODES["A"]]
    out = [{"A": ">9", "B": ">:", "C": ">;"}[subset]]
    switch = {charset.C["TO_A"]: "A", charset.C["TO_B"]: "B", charset.B["TO_C"]: "C"}
    for code in encoded[1:]:
        if subset == "C" and code < 100:
            out.append(f"{code:02d}")
        elif code in switch:
            subset = switch[code]
            out.append({"A": ">7", "B": ">6", "C": ">5"}[subset])
        else:
            out.append({">": ">0", "^": "><", "~": ">="}.get(chr(code + 32), chr(code + 32)))
    return "".join(out)


def matrix(text: str) -> Matrix:
    """The modules of a square ECC 200 Data Matrix, row by row, 1 is dark, without quiet zone.

    Never a rectangle: long rectangles (DMRE) are another standard that hospital scanners do not read.
    """
    rows = DataMatrix(printable(text, "Data Matrix"), rect=False).matrix
    if len(rows) != len(rows[0]):
        raise Refused(f"The Data Matrix of {text!r} came out {len(rows[0])} by {len(rows)}; it must be square. "
                      "Shorten the message.", kind="input")
    return tuple(tuple(int(cell) for cell in row) for row in rows)


def runs(rows: Matrix) -> Iterator[tuple[int, int, int]]:
    """The dark runs of a matrix as (column, row, length), so that neighbours are drawn as one rectangle."""
    for y, row in enumerate(rows):
        start = None
        for x, cell in enumerate((*row, 0)):
            if cell and start is None:
                start = x
            elif not cell and start is not None:
                yield start, y, x - start
                start = None


def draw_matrix(canvas: Canvas, rows: Matrix, left: float, top: float, module: int, dot: float) -> None:
    """Draw a Data Matrix; left and top in points, module in dots, dot in points."""
    fill_rects(canvas, ((x * module, y * module, length * module, module) for x, y, length in runs(rows)),
               left, top, dot)
