"""The path of scans as a picture and on paper: the wristband on top, the donor's arm at the bottom. It judges nothing.

The same drawing stands on the page and on the paper; the table under it has the whole of every text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mfg.paper import fonts
from mfg.paper.drawing import COLOURS, INK, QUIET
from mfg.paper.parts import draw_table
from mfg.paper.shapes import Circle, Drawing, Path, Rect, Text
from mfg.paper.sheet import Run, Sheet, verdict_run

WIDE, STEP, TOP = 760.0, 30.0, 8.0
#: how a label was read -> (word, colour, shape)
WORDS = {"scanned": ("scanned", COLOURS["PASS"]), "typed": ("typed by hand", COLOURS["CANNOT DETERMINE"])}
UNREAD = ("not recorded", COLOURS["CANNOT DETERMINE"])


@dataclass(frozen=True, slots=True)
class Line:
    """One link as text: when, what, of what, by whom, and how it was read ("scanned", "typed" or "")."""

    at: str
    what: str
    code: str
    by: str
    how: str
    record: str

    @property
    def word(self) -> str:
        """How it was read, in words."""
        return WORDS.get(self.how, UNREAD)[0]


@dataclass(frozen=True, slots=True)
class Judged:
    """One finding over the path."""

    verdict: str
    rule: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class PathPaper:
    """Everything that stands on the sheet."""

    dose: str
    pairs: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    findings: Sequence[Judged]
    printed_at: str


def path_drawing(lines: Sequence[Line]) -> Drawing:
    """A line of links from top to bottom; each has a shape and a word for how it was read."""
    drawing = Drawing(WIDE, max(len(lines), 1) * STEP + 2 * TOP, f"The path of {len(lines)} scans, the newest on top.")
    if not lines:
        drawing.add(Text(0, TOP + 18, "Nothing is recorded yet.", 14, QUIET))
    for place, one in enumerate(lines):
        y = TOP + place * STEP + STEP / 2
        if place:
            drawing.add(Path(((16, y - STEP + 8), (16, y - 8)), QUIET, 2))
        _mark(drawing, one.how, y)
        drawing.add(Text(34, y + 4, one.at, 11, QUIET), Text(152, y + 4, _cut(one.what, 300), 12, INK, bold=True),
                    Text(462, y + 4, _cut(one.code, 190), 12, INK), Text(WIDE - 4, y + 4, one.word, 11,
                                                                       WORDS.get(one.how, UNREAD)[1], "end", bold=True))
    return drawing


def _mark(drawing: Drawing, how: str, y: float) -> None:
    """A filled circle: scanned. A square: typed. An open circle: nobody recorded it."""
    colour = WORDS.get(how, UNREAD)[1]
    if how == "scanned":
        drawing.add(Circle(16, y, 7, fill=colour))
    elif how == "typed":
        drawing.add(Rect(9, y - 7, 14, 14, fill=colour))
    else:
        drawing.add(Circle(16, y, 7, stroke=colour, width=2))


def _cut(text: str, room: float) -> str:
    if fonts.width(text, fonts.BOLD, 12) <= room:
        return text
    while text and fonts.width(text + "…", fonts.BOLD, 12) > room:
        text = text[:-1]
    return text + "…"


def path_pdf(facts: PathPaper) -> bytes:
    """The sheet: whose dose it is, the findings, the picture, and every link in full."""
    sheet = Sheet("Path of identity", facts.dose, (f"Dose {facts.dose} · printed {facts.printed_at}",
                                                   "From the wristband back to the donor's arm"))
    sheet.heading(f"Path of identity of dose {facts.dose}", keep=120)
    sheet.pairs(list(facts.pairs))
    sheet.table(("Verdict", "Rule and reason"),
                ([verdict_run(one.verdict), [Run(f"{one.rule}  {one.title}", bold=True), Run(one.why)]]
                 for one in facts.findings), (20, 80))
    sheet.heading("The path", keep=120)
    for first in range(0, max(len(facts.lines), 1), 20):  # a picture does not go on over the end of a page
        sheet.picture(path_drawing(facts.lines[first:first + 20]), 515)
    sheet.heading("Every link")
    draw_table(sheet, ("When (UTC)", "What was done", "What was read", "How", "By", "Record"),
               [(one.at, one.what, one.code, one.word, one.by, one.record) for one in facts.lines],
               "Nothing is recorded yet.")
    return sheet.finish()
