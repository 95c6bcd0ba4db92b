"""A4 pages filled from top to bottom: headings with bookmarks, label-value pairs, tables, pictures, codes.

Drawn straight onto the canvas, one pass, so that a record of thousands of rows takes seconds and little memory:
what is known only at the end (how many pages, which page a step is on) is a small drawing that pages refer to before
it exists. It knows how things look, not what a batch is.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from mfg.paper import barcodes, fonts
from mfg.paper.grid import BODY, Cell, Grid, Run
from mfg.paper.grid import verdict_run as verdict_run
from mfg.paper.shapes import Drawing, Path, Shape, Text, on_canvas, verdict_sign

WIDE, TALL = 595.0, 842.0  # A4 in whole points
LEFT, RIGHT, TOP, BOTTOM = 40.0, 555.0, 792.0, 58.0
ROOM = RIGHT - LEFT
INK, QUIET, LINE, SHADE = "#14201d", "#4a5854", "#9aa7a2", "#eef1ef"
SIGNS = ("PASS", "FAIL", "CANNOT DETERMINE", "", "critical", "major", "minor")
SIZES, ABOVE = (13.0, 10.5, 9.0), (14.0, 9.0, 7.0)  # of headings by level, and the space over them
_COLOURS = {colour: HexColor(colour) for colour in (INK, QUIET, LINE, SHADE)}
# As operators: reportlab formats each number in Python, and a long record has tens of thousands of lines.
_FILLS = {colour: "{:.4f} {:.4f} {:.4f} rg".format(*_COLOURS[colour].rgb()) for colour in _COLOURS}
_STROKES = {colour: "{:.4f} {:.4f} {:.4f} RG".format(*_COLOURS[colour].rgb()) for colour in (INK, LINE)}


def sign_of(word: str, size: float) -> list[Shape]:
    """The shape of a verdict or of a severity; they differ without any colour."""
    if word == "critical":
        return verdict_sign("FAIL", 0, 0, size)
    if word not in ("major", "minor"):
        return verdict_sign(word, 0, 0, size)
    r = size / 2
    fill = "#7a4d00" if word == "major" else ""
    triangle = Path(((0, -r), (r, r * 0.85), (-r, r * 0.85)), "#7a4d00", r * 0.16, fill, True)
    return [triangle, Text(0, r * 0.68, "!", r * 1.25, "#ffffff" if fill else "#7a4d00", "middle", bold=True)]


def shown(text: str) -> str:
    """A text as it is drawn, characters no font has as their numbers; for bookmarks and titles."""
    return "".join(part for _, part in fonts.pieces(text.replace("\n", " "), fonts.SANS))


class Sheet:
    """A document being filled. `foot` stands on every page with the page number."""

    left = LEFT
    #: where the subject in the head ends
    head_right = RIGHT

    def __init__(self, title: str, subject: str, foot: Sequence[str]) -> None:
        fonts.register()
        self._out = io.BytesIO()
        self.canvas = Canvas(self._out, pagesize=(WIDE, TALL), invariant=1, pageCompression=1,
                             initialFontName=fonts.SANS)
        self.canvas.setTitle(shown(f"{title} {subject}"))
        self.canvas.showOutline()
        self.title, self.subject = title, subject
        self.foot = [line for told in foot for line in fonts.wrap(told, fonts.SANS, 7, ROOM - 80)][:4]
        self.bottom = BOTTOM
        self.page, self._colour, self.running = 1, "", ""
        self._anchors: dict[str, int] = {}  # anchor -> its number
        self._places: dict[str, int] = {}  # anchor -> the page it is on
        self._asked: dict[str, None] = {}  # anchors whose page was written somewhere
        self.y = TOP
        self._frame()

    def finish(self) -> bytes:
        """Close the last page, write down how many there are, and return the PDF."""
        self._forms()
        self.canvas.showPage()
        self.canvas.save()
        return self._out.getvalue()

    def _forms(self) -> None:
        """Drawings that pages refer to before they exist: numbers of pages, the signs."""
        self._number("pages", str(self.page))
        for anchor in self._asked:
            self._number(f"page{self._anchors[anchor]}", str(self._places.get(anchor, "\u2013")))
        for anchor in self._anchors:
            if anchor not in self._places:  # a link must lead somewhere: the end of the record
                self.canvas.bookmarkHorizontal(self._key(anchor), 0, self.y)
        for number, word in enumerate(SIGNS):
            self.canvas.beginForm(f"sign{number}", -5, -5, 5, 5)
            on_canvas(self.canvas, Drawing(10, 10, word, sign_of(word, 8)), 0, 0, 10)
            self.canvas.endForm()

    def _number(self, form: str, told: str) -> None:
        self.canvas.beginForm(form, 0, -4, 40, 10)
        fonts.draw(self.canvas, 0, 0, told, fonts.SANS, 7)
        self.canvas.endForm()

    # --- ink

    def ink(self, *, quiet: bool = False, colour: str = "") -> None:
        """The colour text is drawn in from here on."""
        colour = colour or (QUIET if quiet else INK)
        if colour != self._colour:
            self.canvas._code.append(_FILLS[colour])
            self.canvas._fillColorObj = _COLOURS[colour]
            self._colour = colour

    def stroke(self, x: float, y: float, to_x: float, to_y: float, *, colour: str = INK, width: float = 0.7) -> None:
        """A straight line."""
        self.canvas._code.append(f"{_STROKES[colour]} {width} w n {x:.2f} {y:.2f} m {to_x:.2f} {to_y:.2f} l S")

    def rule(self, y: float) -> None:
        """A thin line across the page."""
        self.stroke(LEFT, y, RIGHT, y, colour=LINE, width=0.4)

    def shade(self, y: float, tall: float) -> None:
        """A grey band across the page."""
        self.ink(colour=SHADE)
        self.canvas._code.append(f"n {LEFT:.2f} {y:.2f} {ROOM:.2f} {tall:.2f} re f")
        self.ink()

    def form(self, name: str, x: float, y: float) -> None:
        """Refer to a drawing of `_forms` at a place."""
        self.canvas._code.append(f"q 1 0 0 1 {x:.2f} {y:.2f} cm")
        self.canvas.doForm(name)
        self.canvas._code.append("Q")

    def sign(self, word: str, x: float, y: float) -> None:
        """The shape of a verdict or severity, 8 points, centred."""
        self.form(f"sign{SIGNS.index(word) if word in SIGNS else 3}", x, y)

    # --- pages, anchors

    def _frame(self) -> None:
        """Head and foot of a page, which begins without any colour set."""
        canvas, self._colour = self.canvas, ""
        self.ink()
        fonts.draw(canvas, LEFT, 810, self.title, fonts.BOLD, 9)
        subject = _fitting(self.subject, fonts.BOLD, 9, ROOM / 2)
        wide, begins = fonts.width(subject, fonts.BOLD, 9), LEFT + fonts.width(self.title, fonts.BOLD, 9) + 10
        fonts.draw(canvas, self.head_right - wide, 810, subject, fonts.BOLD, 9)
        self.ink(quiet=True)
        running = _fitting(self.running, fonts.SANS, 8, self.head_right - wide - 10 - begins)
        fonts.draw(canvas, begins, 810, running, fonts.SANS, 8)
        self.ink()
        self.stroke(LEFT, 804, RIGHT, 804, width=0.8)
        self.stroke(LEFT, 48, RIGHT, 48, width=0.8)
        for number, line in enumerate(self.foot):
            fonts.draw(canvas, LEFT, 38 - number * 9, line, fonts.SANS, 7)
        told = f"page {self.page} of "
        fonts.draw(canvas, RIGHT - 18 - fonts.width(told, fonts.SANS, 7), 38, told, fonts.SANS, 7)
        self.form("pages", RIGHT - 18, 38)

    def new_page(self) -> None:
        """Turn the page."""
        self.canvas.showPage()
        self.page += 1
        self.y = TOP
        self._frame()

    def need(self, points: float) -> None:
        """Turn the page unless so much of it is left."""
        if self.y - points < self.bottom:
            self.new_page()

    def _key(self, anchor: str) -> str:
        return f"a{self._anchors.setdefault(anchor, len(self._anchors))}"

    def link(self, anchor: str, x: float, y: float, wide: float, tall: float) -> None:
        """A place that leads to an anchor, which may come later."""
        self.canvas.linkAbsolute("", self._key(anchor), Rect=(x, y, x + wide, y + tall), thickness=0)

    def page_of(self, anchor: str, x: float, y: float) -> None:
        """The number of the page an anchor is on, which may come later."""
        self._key(anchor)
        self._asked[anchor] = None
        self.form(f"page{self._anchors[anchor]}", x, y)

    def heading(self, text: str, level: int = 0, keep: float = 60, *, anchor: str = "", running: str = "",
                sign: str | None = None, word: str = "") -> None:
        """A heading with a bookmark, never alone at the foot of a page: `keep` points must fit after it.

        `anchor` is what links call it; `running` stands at the head of the pages that follow; `sign` and `word`
        stand at its right end.
        """
        size, self.running = SIZES[level], running or text
        self.y -= ABOVE[level] if self.y < TOP else 0
        taken = fonts.width(word, fonts.BOLD, BODY) + 24 if word else 0
        lines = fonts.wrap(text, fonts.BOLD, size, ROOM - taken)
        self.need(keep + len(lines) * size * fonts.LINE)
        name = anchor or f"heading {len(self._places)}"
        self.canvas.bookmarkHorizontal(self._key(name), 0, self.y + 4)
        self._places[name] = self.page
        self.canvas.addOutlineEntry(shown(text), self._key(name), level=level, closed=1)
        if word:
            at, base = RIGHT - taken + 24, self.y - size * fonts.RISE
            self.ink()
            self.sign(sign or "", at - 7, base + 2.6)
            fonts.draw(self.canvas, at, base, word, fonts.BOLD, BODY)
        self._lines(lines, fonts.BOLD, size)
        self.y -= 3

    # --- text

    def paragraph(self, text: str, *, size: float = 8.5, bold: bool = False, mono: bool = False,
                  quiet: bool = False) -> None:
        """A text across the page."""
        font = fonts.MONO if mono else fonts.BOLD if bold else fonts.SANS
        self._lines(fonts.wrap(text, font, size, ROOM), font, size, quiet=quiet)
        self.y -= 3

    def remark(self, text: str, *, sign: str, bold: bool = True) -> None:
        """A sentence a reader must not miss, with its sign before it."""
        step, font = 8 * fonts.LINE, fonts.BOLD if bold else fonts.SANS
        for number, line in enumerate(fonts.wrap(text, font, 8, ROOM - 13)):
            self.need(step)
            self.ink()
            if number == 0:
                self.sign(sign, LEFT + 4, self.y - 8 * fonts.RISE + 2.8)
            fonts.draw(self.canvas, LEFT + 13, self.y - 8 * fonts.RISE, line, font, 8)
            self.y -= step
        self.y -= 2

    def _lines(self, lines: Iterable[str], font: str, size: float, *, quiet: bool = False) -> None:
        step = size * fonts.LINE
        for line in lines:
            self.need(step)
            self.ink(quiet=quiet)
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
        on_canvas(self.canvas, Drawing(44, 44, verdict, sign_of(verdict, 40)), LEFT + 34, top - tall / 2, 44)
        self.ink()
        fonts.draw(self.canvas, LEFT + 68, top - 24, word, fonts.BOLD, 17)
        for number, line in enumerate(lines):
            fonts.draw(self.canvas, LEFT + 68, top - 40 - number * 9.5 * fonts.LINE, line, fonts.SANS, 9.5)
        self.y = top - tall - 8

    def boxes(self, boxes: Sequence[tuple[str, str, str]], tall: float = 40.0) -> None:
        """A few figures side by side, each in a box: label, figure, the sign before it."""
        self.need(tall + 8)
        wide = ROOM / max(1, len(boxes))
        for column, (label, figure, sign) in enumerate(boxes):
            x, room = LEFT + column * wide, wide - 28
            self.ink(quiet=True)
            fonts.draw(self.canvas, x + 6, self.y - 12, _fitting(label, fonts.SANS, 7, wide - 12), fonts.SANS, 7)
            self.ink()
            size = next((size for size in (13, 10, 8, 7) if fonts.width(figure, fonts.BOLD, size) <= room), 6)
            self.sign(sign, x + 11, self.y - tall + 14)
            fonts.draw(self.canvas, x + 20, self.y - tall + 10, figure, fonts.BOLD, size)
            frame = f"{x:.2f} {self.y - tall:.2f} {wide - 4:.2f} {tall:.2f}"
            self.canvas._code.append(f"{_STROKES[INK]} 0.8 w n {frame} re S")
        self.y -= tall + 8

    def pairs(self, pairs: Sequence[tuple[str, str]], *, size: float = 8.5, columns: int = 2) -> None:
        """Labels and values in columns, read by rows."""
        wide = ROOM / columns
        for index in range(0, len(pairs), columns):
            row = [(label, fonts.wrap(value or "not recorded", fonts.BOLD, size, wide - 12))
                   for label, value in pairs[index:index + columns]]
            tall = max(9 + len(lines) * size * fonts.LINE for _, lines in row) + 4
            if tall > TOP - self.bottom:
                self._long_pairs(pairs[index:index + columns], size)
                continue
            self.need(tall)
            for column, (label, lines) in enumerate(row):
                self._pair(label, lines, LEFT + column * wide, size)
            self.y -= tall

    def _pair(self, label: str, lines: Sequence[str], x: float, size: float) -> None:
        self.ink(quiet=True)
        fonts.draw(self.canvas, x, self.y - 7, label, fonts.SANS, 7)
        self.ink()
        for number, line in enumerate(lines):
            fonts.draw(self.canvas, x, self.y - 9 - size * fonts.RISE - number * size * fonts.LINE, line, fonts.BOLD,
                       size)

    def _long_pairs(self, pairs: Sequence[tuple[str, str]], size: float) -> None:
        """Values longer than a page go over as many as they need."""
        for label, value in pairs:
            self.paragraph(label, size=7, quiet=True)
            self.paragraph(value, size=size, bold=True)

    # --- pictures, tables

    def picture(self, drawing: Drawing, wide: float) -> None:
        """A drawing at the left margin."""
        tall = drawing.h * wide / drawing.w
        self.need(tall + 4)
        on_canvas(self.canvas, drawing, LEFT, self.y, wide)
        self._colour = ""
        self.y -= tall + 4

    def photographs(self, pictures: Sequence[tuple[str, bytes]], side: float = 116.0) -> None:
        """JPEG pictures in rows of four, each over its caption."""
        for index in range(0, len(pictures), 4):
            row = [(caption, ImageReader(io.BytesIO(content))) for caption, content in pictures[index:index + 4]]
            self.need(side + 16)
            for column, (caption, image) in enumerate(row):
                x, (wide, tall) = LEFT + column * (side + 16), image.getSize()
                scale = side / max(wide, tall)
                self.canvas.drawImage(image, x, self.y - tall * scale, wide * scale, tall * scale)
                self.ink(quiet=True)
                told = _fitting(caption, fonts.SANS, 7, side)
                fonts.draw(self.canvas, x, self.y - tall * scale - 9, told, fonts.SANS, 7)
            self.y -= side + 16

    def matrix(self, text: str, module: float = 1.6) -> None:
        """A Data Matrix at the left margin."""
        rows = barcodes.matrix(text)
        side = (len(rows) + 4) * module
        self.need(side)
        self.ink()
        barcodes.draw_matrix(self.canvas, rows, LEFT + 2 * module, self.y - 2 * module, 1, module)
        self.y -= side

    def table(self, header: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[float]) -> None:
        """A table whose header returns on every page; a row taller than the page goes on over it.

        `widths` are shares of the page width.
        """
        Grid(self, header, widths, ROOM).draw(rows)


def _fitting(text: str, font: str, size: float, room: float) -> str:
    """A text shortened to fit, for what stands in full elsewhere."""
    if fonts.width(text, font, size) <= room:
        return text
    while text and fonts.width(f"{text}\u2026", font, size) > room:
        text = text[:-1]
    return f"{text}\u2026" if text else ""


__all__ = ["ROOM", "Cell", "Run", "Sheet", "shown", "sign_of", "verdict_run"]
