"""A table on a sheet: cells of several runs, a header that returns on every page, rows that go on over it.

It knows how a table looks, not what stands in it. Text is wrapped, never cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfg.paper import fonts

if TYPE_CHECKING:
    from mfg.paper.sheet import Sheet

BODY, SMALL = 7.5, 7.0
PAD = 3.0
STEP = BODY * fonts.LINE
SIGN_ROOM = 12.0
PAGE_ROOM = 17.0  # for a page number of up to four digits
#: a row of at most so many lines is not split between two pages
WHOLE = 14


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a table cell that starts on a line of its own.

    `sign` draws a shape before it; `goes` makes it a link to an anchor; `paged` writes that anchor's page after it.
    """

    text: str
    bold: bool = False
    mono: bool = False
    quiet: bool = False
    struck: bool = False
    sign: str | None = None
    goes: str = ""
    paged: bool = False

    @property
    def font(self) -> str:
        """The embedded font it is drawn in."""
        return fonts.MONO if self.mono else fonts.BOLD if self.bold else fonts.SANS


Cell = str | Run | Sequence[Run]
Line = tuple[str, Run, bool, bool]  # text, its run, first line of the run, last line of the run


def verdict_run(verdict: str) -> Run:
    """A verdict as shape and word; nothing where no verdict is due."""
    return Run(verdict, bold=True, sign=verdict) if verdict else Run("")


class Grid:
    """One table being drawn on a sheet. `widths` are shares of the page width."""

    def __init__(self, sheet: Sheet, header: Sequence[str], widths: Sequence[float], room: float) -> None:
        total = sum(widths)
        self.sheet, self.room = sheet, room
        self.columns = [width / total * room for width in widths]
        self.header = [fonts.wrap(text, fonts.BOLD, SMALL, width - 2 * PAD)
                       for text, width in zip(header, self.columns, strict=True)]
        self.header_tall = max(map(len, self.header)) * SMALL * fonts.LINE + 2 * PAD

    def draw(self, rows: Iterable[Sequence[Cell]]) -> None:
        """The header and every row."""
        self.sheet.need(self.header_tall + 24)
        self._header()
        for row in rows:
            cells = [broken(cell, width - 2 * PAD) for cell, width in zip(row, self.columns, strict=True)]
            while any(cells):
                cells = self._row(cells)
        self.sheet.y -= 4

    def _header(self) -> None:
        sheet, x = self.sheet, self.sheet.left
        sheet.shade(sheet.y - self.header_tall, self.header_tall)
        for lines, width in zip(self.header, self.columns, strict=True):
            for number, line in enumerate(lines):
                fonts.draw(sheet.canvas, x + PAD, sheet.y - PAD - SMALL * fonts.RISE - number * SMALL * fonts.LINE,
                           line, fonts.BOLD, SMALL)
            x += width
        sheet.rule(sheet.y - self.header_tall)
        sheet.y -= self.header_tall

    def _row(self, cells: list[list[Line]]) -> list[list[Line]]:
        """Draw as many lines of a row as the page has room for; returns the lines left over."""
        sheet, longest = self.sheet, max(map(len, cells))
        fits = int((sheet.y - sheet.bottom - 2 * PAD) / STEP)
        if fits < longest and (fits < 3 or longest <= WHOLE):
            sheet.new_page()
            self._header()
            fits = int((sheet.y - sheet.bottom - 2 * PAD) / STEP)
        tall = min(longest, fits) * STEP + 2 * PAD
        x = sheet.left
        for lines, width in zip(cells, self.columns, strict=True):
            if lines:
                self._cell(lines[:fits], x + PAD, sheet.y - PAD - BODY * fonts.RISE)
            x += width
        sheet.y -= tall
        sheet.rule(sheet.y)
        return [lines[fits:] for lines in cells] if longest > fits else []

    def _cell(self, lines: Sequence[Line], x: float, y: float) -> None:
        sheet = self.sheet
        for text, run, first, last in lines:
            at = x if run.sign is None else x + SIGN_ROOM
            if first and run.sign is not None:
                sheet.sign(run.sign, x + 4, y + 2.6)
            sheet.ink(quiet=run.quiet)
            fonts.draw(sheet.canvas, at, y, text, run.font, BODY)
            if run.struck or run.goes:
                self._over(text, run, at, y, last)
            y -= STEP

    def _over(self, text: str, run: Run, x: float, y: float, last: bool) -> None:
        """The line through a value that does not count, the link, and the page it leads to."""
        wide = fonts.width(text, run.font, BODY)
        if run.struck:
            self.sheet.stroke(x, y + 2.6, x + wide, y + 2.6)
        if run.goes:
            self.sheet.link(run.goes, x, y - 2, wide + (PAGE_ROOM if run.paged and last else 0), STEP)
            if run.paged and last:
                self.sheet.page_of(run.goes, x + wide, y)


def broken(cell: Cell, room: float) -> list[Line]:
    """The lines of a cell that is `room` points wide."""
    if isinstance(cell, str):
        run = Run(cell)
        if len(cell) < 60 and "\n" not in cell and fonts.width(cell, fonts.SANS, BODY) <= room:
            return [(cell, run, True, True)]  # most cells: one short line
        cell = run
    lines: list[Line] = []
    for run in [cell] if isinstance(cell, Run) else cell:
        taken = (SIGN_ROOM if run.sign is not None else 0) + (PAGE_ROOM if run.paged else 0)
        told = fonts.wrap(run.text, run.font, BODY, room - taken)
        lines.extend((text, run, number == 0, number == len(told) - 1) for number, text in enumerate(told))
    return lines
