"""The picture of what happened to a sample, the newest on top: a shape and a word say how its label was read.

It judges nothing; the table under it has the whole of every text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mfg.paper import fonts
from mfg.paper.drawing import BRAND, COLOURS, INK, QUIET
from mfg.paper.shapes import Circle, Drawing, Path, Rect, Text

WIDE, STEP, TOP = 760.0, 34.0, 8.0
#: how a label was read -> the word for it; where none had to be read there is none
READ = {"scanned": "label scanned", "typed": "label typed by hand"}


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as text: when, what and where, how warm, by whom, and how the label was read ("" where it is not)."""

    at: str
    what: str
    warm: str
    by: str
    read: str


def sample_chain(events: Sequence[Happened]) -> Drawing:
    """A line of events from top to bottom."""
    drawing = Drawing(WIDE, max(len(events), 1) * STEP + 2 * TOP, f"{len(events)} events, the newest on top.")
    for place, one in enumerate(events):
        y = TOP + place * STEP + STEP / 2
        if place:
            drawing.add(Path(((16, y - STEP + 8), (16, y - 8)), QUIET, 2))
        _mark(drawing, one.read, y)
        drawing.add(Text(34, y - 2, _cut(one.what, 480), 13, INK, bold=True),
                    Text(34, y + 13, one.at, 11, QUIET), Text(190, y + 13, _cut(one.by, 320), 11, QUIET),
                    Text(590, y + 4, one.warm, 13, INK, "end"))
        if one.read in READ:
            colour = COLOURS["PASS" if one.read == "scanned" else "CANNOT DETERMINE"]
            drawing.add(Text(WIDE - 4, y + 4, READ[one.read], 12, colour, "end", bold=True))
    return drawing


def _mark(drawing: Drawing, read: str, y: float) -> None:
    """A filled circle: scanned. A square: typed. A small point: nothing was read."""
    if read == "typed":
        drawing.add(Rect(9, y - 7, 14, 14, fill=COLOURS["CANNOT DETERMINE"]))
    else:
        drawing.add(Circle(16, y, 7 if read == "scanned" else 4, fill=COLOURS["PASS"] if read == "scanned" else BRAND))


def _cut(text: str, room: float) -> str:
    if fonts.width(text, fonts.BOLD, 13) <= room:
        return text
    while text and fonts.width(text + "…", fonts.BOLD, 13) > room:
        text = text[:-1]
    return text + "…"
