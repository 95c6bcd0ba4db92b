"""A4 pages filled from top to bottom: headings with bookmarks, label-value pairs, tables, pictures, codes.

Drawn straight onto the canvas, one pass, so that a record of thousands of rows takes seconds and little memory.
It knows how things look, not what a batch is.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from mfg.paper import barcodes, fonts
from mfg.paper.shapes import Drawing, on_canvas, verdict_sign

WIDE, TALL = 595.0, 842.0  # A4 in whole points
LEFT, RIGHT, TOP, BOTTOM = 40.0, 555.0, 792.0, 58.0
ROOM = RIGHT - LEFT
INK, QUIET, LINE, SHADE = "#14201d", "#4a5854", "#9aa7a2", "#eef1ef"
BODY = 7.5
PAD = 3.0
SIGNS = ("PASS", "FAIL", "CANNOT DETERMINE", "")
_COLOURS = {colour: HexColor(colour) for colour in (INK, QUIET, LINE, SHADE)}


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a table cell that starts on a line of its own; `sign` draws the shape of a verdict before it."""

    text: str
    bold: bool = False
    mono: bool = False
    quiet: bool = False
    struck: bool = False
    sign: str | None = None

    @property
    def font(self) -> str:
        """The embedded font it is drawn in."""
        return fonts.MONO if self.mono else fonts.BOLD if self.bold else fonts.SANS


Cell = str | Run | Sequence[Run]
Line = tuple[str, Run, bool]  # text, its run, first line of the run


def verdict_run(verdict: str) -> Run:
    """A verdict as shape and word; nothing where no verdict is due."""
    return Run(verdict, bold=True, sign=verdict) if verdict else Run("")


class Sheet:
    """A document being filled. `foot` stands on every page with the page number."""

    def __init__(self, title: str, subject: str, foot: Sequence[str]) -> None:
        fonts.register()
        self._out = io.BytesIO()
        self.canvas = Canvas(self._out, pagesize=(WIDE, TALL), invariant=1, pageCompression=1,
                             initialFontName=fonts.SANS)
        self.canvas.setTitle(f"{title} {subject}")
        self.canvas.showOutline()
        self.title, self.subject, self.foot = title, subject, foot
        self.page, self._marks, self._colour = 1, 0, ""
        self.y = TOP
        self._frame()

    def finish(self) -> bytes:
        """Close the last page, write down how many there are, and return the PDF."""
        self._forms()
        self.canvas.showPage()
        self.canvas.save()
        return self._out.getvalue()

    def _forms(self) -> None:
        """Drawings that pages refer to before they exist: the number of pages, the signs of the verdicts."""
        self.canvas.beginForm("pages", 0, -4, 40, 10)
        fonts.draw(self.canvas, 0, 0, str(self.page), fonts.SANS, 7)
        self.canvas.endForm()
        for number, verdict in enumerate(SIGNS):
            self.canvas.beginForm(f"sign{number}", -5, -5, 5, 5)
            on_canvas(self.canvas, Drawing(10, 10, verdict, list(verdict_sign(verdict, 0, 0, 8))), 0, 0, 10)
            self.canvas.endForm()

    def _ink(self, colour: str) -> None:
        if colour != self._colour:
            self.canvas.setFillColor(_COLOURS[colour])
            self._colour = colour

    def _frame(self) -> None:
        """Head and foot of a page, which begins without any colour set."""
        canvas, self._colour = self.canvas, ""
        self._ink(INK)
        fonts.draw(canvas, LEFT, 810, self.title, fonts.BOLD, 9)
        wide = fonts.width(self.subject, fonts.BOLD, 9)
        fonts.draw(canvas, RIGHT - wide, 810, self.subject, fonts.BOLD, 9)
        canvas.setStrokeColor(_COLOURS[INK])
        canvas.setLineWidth(0.8)
        canvas.line(LEFT, 804, RIGHT, 804)
        canvas.line(LEFT, 48, RIGHT, 48)
        for number, line in enumerate(self.foot):
            fonts.draw(canvas, LEFT, 38 - number * 10, line, fonts.SANS, 7)
        told = f"page {self.page} of "
        x = RIGHT - 18 - fonts.width(told, fonts.SANS, 7)
        fonts.draw(canvas, x, 38, told, fonts.SANS, 7)
        canvas.saveState()
        canvas.translate(RIGHT - 18, 38)
        canvas.doForm("pages")
        canvas.restoreState()

    def new_page(self) -> None:
        """Turn the page."""
        self.canvas.showPage()
        self.page += 1
        self.y = TOP
        self._frame()

    def need(self, points: float) -> None:
        """Turn the page unless so much of it is left."""
        if self.y - points < BOTTOM:
            self.new_page()

    def heading(self, text: str, level: int = 0, keep: float = 60) -> None:
        """A heading with a bookmark, never alone at the foot of a page: `keep` points must fit after it."""
        size = (13.0, 9.5)[min(level, 1)]
        self.y -= (14.0, 8.0)[min(level, 1)] if self.y < TOP else 0
        lines = fonts.wrap(text, fonts.BOLD, size, ROOM)
        self.need(keep + len(lines) * size * fonts.LINE)
        self._marks += 1
        self.canvas.bookmarkHorizontal(f"m{self._marks}", 0, self.y + 4)
        self.canvas.addOutlineEntry(text, f"m{self._marks}", level=level, closed=level == 0)
        self._lines(lines, fonts.BOLD, size)
        self.y -= 3

    def paragraph(self, text: str, *, size: float = 8.5, bold: bool = False, mono: bool = False,
                  quiet: bool = False) -> None:
        """A text across the page."""
        font = fonts.MONO if mono else fonts.BOLD if bold else fonts.SANS
        self._lines(fonts.wrap(text, font, size, ROOM), font, size, QUIET if quiet else INK)
        self.y -= 3

    def _lines(self, lines: Iterable[str], font: str, size: float, colour: str = INK) -> None:
        step = size * fonts.LINE
        for line in lines:
            self.need(step)
            self._ink(colour)
            fonts.draw(self.canvas, LEFT, self.y - size * fonts.RISE, line, font, size)
            self.y -= step

    def banner(self, word: str, text: str, verdict: str) -> None:
        """The one thing a reader must see first, in a heavy frame with its sign."""
        lines = fonts.wrap(text, fonts.SANS, 9.5, ROOM - 76)
        tall = 30 + len(lines) * 9.5 * fonts.LINE + 10
        self.need(tall + 8)
        top = self.y
        self.canvas.setLineWidth(2.5)
        self.canvas.setStrokeColor(_COLOURS[INK])
        self.canvas.rect(LEFT, top - tall, ROOM, tall)
        sign = Drawing(44, 44, verdict, list(verdict_sign(verdict, 22, 22, 40)))
        on_canvas(self.canvas, sign, LEFT + 12, top - (tall - 44) / 2, 44)
        self._ink(INK)
        fonts.draw(self.canvas, LEFT + 68, top - 24, word, fonts.BOLD, 17)
        for number, line in enumerate(lines):
            fonts.draw(self.canvas, LEFT + 68, top - 40 - number * 9.5 * fonts.LINE, line, fonts.SANS, 9.5)
        self.y = top - tall - 8

    def pairs(self, pairs: Sequence[tuple[str, str]], *, size: float = 8.5) -> None:
        """Labels and values in two columns, read down the left first by rows."""
        for index in range(0, len(pairs), 2):
            row = [self._pair(pair, size) for pair in pairs[index:index + 2]]
            tall = max(9 + len(lines) * size * fonts.LINE for _, lines in row) + 4
            self.need(tall)
            for column, (label, lines) in enumerate(row):
                x = LEFT + column * (ROOM / 2 + 8)
                self._ink(QUIET)
                fonts.draw(self.canvas, x, self.y - 7, label, fonts.SANS, 7)
                self._ink(INK)
                for number, line in enumerate(lines):
                    fonts.draw(self.canvas, x, self.y - 9 - size * fonts.RISE - number * size * fonts.LINE, line,
                               fonts.BOLD, size)
            self.y -= tall

    def _pair(self, pair: tuple[str, str], size: float) -> tuple[str, list[str]]:
        return pair[0], fonts.wrap(pair[1] or "not recorded", fonts.BOLD, size, ROOM / 2 - 16)

    def picture(self, drawing: Drawing, wide: float) -> None:
        """A drawing at the left margin."""
        tall = drawing.h * wide / drawing.w
        self.need(tall + 4)
        on_canvas(self.canvas, drawing, LEFT, self.y, wide)
        self.y -= tall + 4

    def matrix(self, text: str, module: float = 1.6) -> None:
        """A Data Matrix at the left margin."""
        rows = barcodes.matrix(text)
        side = (len(rows) + 4) * module
        self.need(side)
        self._ink(INK)
        barcodes.draw_matrix(self.canvas, rows, LEFT + 2 * module, self.y - 2 * module, 1, module)
        self.y -= side

    def table(self, header: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[float]) -> None:
        """A table whose header returns on every page; a row taller than the page goes on over it.

        `widths` are shares of the page width.
        """
        total = sum(widths)
        columns = [width / total * ROOM for width in widths]
        self._header(header, columns)
        for row in rows:
            cells = [_broken(cell, width - 2 * PAD) for cell, width in zip(row, columns, strict=True)]
            while cells and any(cells):
                cells = self._row(cells, columns, header)
        self.y -= 4

    def _header(self, header: Sequence[str], columns: Sequence[float]) -> None:
        cells = [fonts.wrap(text, fonts.BOLD, 7, width - 2 * PAD) for text, width in zip(header, columns, strict=True)]
        tall = max(map(len, cells)) * 7 * fonts.LINE + 2 * PAD
        self.need(tall + 24)
        self._ink(SHADE)
        self.canvas.rect(LEFT, self.y - tall, ROOM, tall, stroke=0, fill=1)
        self._ink(INK)
        x = LEFT
        for lines, width in zip(cells, columns, strict=True):
            for number, line in enumerate(lines):
                fonts.draw(self.canvas, x + PAD, self.y - PAD - 7 * fonts.RISE - number * 7 * fonts.LINE, line,
                           fonts.BOLD, 7)
            x += width
        self._rule(self.y - tall)
        self.y -= tall

    def _rule(self, y: float) -> None:
        self.canvas.setStrokeColor(_COLOURS[LINE])
        self.canvas.setLineWidth(0.4)
        self.canvas.line(LEFT, y, RIGHT, y)

    def _row(self, cells: list[list[Line]], columns: Sequence[float], header: Sequence[str]) -> list[list[Line]]:
        """Draw as many lines of a row as the page has room for; returns the lines left over."""
        step = BODY * fonts.LINE
        longest = max(map(len, cells))
        fits = int((self.y - BOTTOM - 2 * PAD) / step)
        if fits < min(longest, 3):
            self.new_page()
            self._header(header, columns)
            fits = int((self.y - BOTTOM - 2 * PAD) / step)
        tall = min(longest, fits) * step + 2 * PAD
        x = LEFT
        for lines, width in zip(cells, columns, strict=True):
            self._cell(lines[:fits], x + PAD, self.y - PAD - BODY * fonts.RISE)
            x += width
        self.y -= tall
        self._rule(self.y)
        return [lines[fits:] for lines in cells] if longest > fits else []

    def _cell(self, lines: Sequence[Line], x: float, y: float) -> None:
        for text, run, first in lines:
            indent = 12 if run.sign is not None else 0
            if first and run.sign is not None:
                self._sign(run.sign, x + 4, y + 2.6)
            self._ink(QUIET if run.quiet else INK)
            fonts.draw(self.canvas, x + indent, y, text, run.font, BODY)
            if run.struck:
                self.canvas.setStrokeColor(_COLOURS[INK])
                self.canvas.setLineWidth(0.7)
                self.canvas.line(x, y + 2.6, x + fonts.width(text, run.font, BODY), y + 2.6)
            y -= BODY * fonts.LINE

    def _sign(self, verdict: str, x: float, y: float) -> None:
        number = SIGNS.index(verdict) if verdict in SIGNS else 3
        self.canvas.saveState()
        self.canvas.translate(x, y)
        self.canvas.doForm(f"sign{number}")
        self.canvas.restoreState()


def _broken(cell: Cell, room: float) -> list[Line]:
    """The lines of a cell."""
    runs = [Run(cell)] if isinstance(cell, str) else [cell] if isinstance(cell, Run) else cell
    lines: list[Line] = []
    for run in runs:
        told = fonts.wrap(run.text, run.font, BODY, room - (12 if run.sign is not None else 0))
        lines.extend((text, run, number == 0) for number, text in enumerate(told))
    return lines
