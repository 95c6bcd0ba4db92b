"""The test symbols of a scanner as a picture for the screen and as a sheet to pin up: a Data Matrix and a Code 128.

They carry control characters, which labels never do, so they are encoded here. What they carry is handed in.
"""

from __future__ import annotations

import io

from ppf.datamatrix import DataMatrix
from reportlab.pdfgen.canvas import Canvas

from mfg.paper import fonts
from mfg.paper.barcodes import QUIET_LINEAR, Code128, Matrix, fill_rects, runs
from mfg.paper.barcodes import Rect as Box
from mfg.paper.shapes import Drawing, Rect, to_svg

#: clear modules round the square symbol, on a screen with other things near it
CLEAR = 4
#: pixels a module is wide on the screen, points on paper (0.5 mm and 0.25 mm)
SQUARE_PX, BARS_PX = 8, 2
SQUARE_PT, BARS_PT = 1.42, 0.71
TALL = 60


def square_svg(text: str, says: str) -> str:
    """The Data Matrix; ASCII only."""
    rows = _square(text)
    side = (len(rows) + 2 * CLEAR) * SQUARE_PX
    return _svg(Drawing(side, side, says), [(x + CLEAR, y + CLEAR, wide, 1) for x, y, wide in runs(rows)], SQUARE_PX,
                SQUARE_PX)


def bars_svg(text: str, says: str) -> str:
    """The Code 128; ASCII only."""
    boxes, wide = _bars(text)
    drawing = Drawing((wide + 2 * QUIET_LINEAR) * BARS_PX, TALL + 20, says)
    return _svg(drawing, [(x + QUIET_LINEAR, 10, w, TALL) for x, _, w, _ in boxes], BARS_PX, 1)


def _svg(drawing: Drawing, boxes: list[Box], across: int, down: int) -> str:
    drawing.add(Rect(0, 0, drawing.w, drawing.h, "#ffffff"))
    drawing.add(*(Rect(x * across, y * down, w * across, h * down, "#000000") for x, y, w, h in boxes))
    return to_svg(drawing)


def _square(text: str) -> Matrix:
    return tuple(tuple(int(cell) for cell in row) for row in DataMatrix(text, rect=False).matrix)


def _bars(text: str) -> tuple[list[Box], int]:
    """The bars as boxes one module tall, and the width of the symbol in modules."""
    modules = Code128(text).build()[0]
    row = tuple(int(one) for one in modules)
    return [(x, 0, wide, 1) for x, _, wide in runs((row,))], len(row)


def sheet(square: str, bars: str, place: str) -> bytes:
    """One A4 page with both symbols, to be kept at a workstation; `place` is printed at its foot."""
    fonts.register()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=1, pageCompression=1, initialFontName=fonts.SANS)
    canvas.setTitle("Test symbols of a scanner")
    lines = (("Test symbols of a scanner", fonts.BOLD, 20, 780),
             ("Open Workstations, Calibrate this workstation, and scan one of them there.", fonts.SANS, 12, 756),
             ("Square symbol", fonts.BOLD, 13, 716), ("Bars, for a scanner that reads bars only", fonts.BOLD, 13, 560),
             (place, fonts.SANS, 10, 60))
    for text, font, size, y in lines:
        fonts.draw(canvas, 60, y, text, font, size)
    fill_rects(canvas, [(x, y, wide, 1) for x, y, wide in runs(_square(square))], 80, 700, SQUARE_PT)
    boxes, _wide = _bars(bars)
    fill_rects(canvas, [(x, 0, wide, TALL) for x, _, wide, _ in boxes], 80, 540, BARS_PT)
    canvas.showPage()
    canvas.save()
    return out.getvalue()
