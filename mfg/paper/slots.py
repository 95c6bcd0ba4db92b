"""The results of one test as a picture: the original first, then every slot beside it, used or free.

What stands is told by shape and word, never by colour alone. It judges nothing: verdicts arrive as facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mfg.paper.shapes import Drawing, Path, Rect, Text, verdict_sign

INK, QUIET, LINE = "#14201d", "#4a5854", "#0f4c4a"
WIDE, TALL, GAP, COLUMNS = 176, 84, 16, 3
#: characters of a value that have room in a box
ROOM = 19


@dataclass(frozen=True)
class Place:
    """A place for one result. `verdict` is empty where none is recorded; `mark` says what became of it."""

    title: str
    code: str
    value: str = ""
    verdict: str = ""
    mark: str = ""

    @property
    def free(self) -> bool:
        """Nothing is recorded in it."""
        return not self.verdict

    @property
    def told(self) -> str:
        """The value, or that there is none; a place that is closed is not free any more."""
        return self.value if self.verdict else "not used" if self.mark else "free"


def slots_drawing(places: Sequence[Place]) -> Drawing:
    """The places in rows of three; a free one is dashed and says so."""
    rows = -(-len(places) // COLUMNS)
    drawing = Drawing(COLUMNS * (WIDE + GAP) - GAP + 4, rows * (TALL + GAP) - GAP + 4, _says(places))
    for at, place in enumerate(places):
        _place(drawing, place, 2 + at % COLUMNS * (WIDE + GAP), 2 + at // COLUMNS * (TALL + GAP))
    return drawing


def _says(places: Sequence[Place]) -> str:
    told = [f"{one.title}: " + (one.told if one.free else f"{one.value}, {one.verdict}")
            + (f", {one.mark}" if one.mark else "") for one in places]
    return ". ".join(told) + "."


def _place(drawing: Drawing, place: Place, x: float, y: float) -> None:
    corners = ((x, y), (x + WIDE, y), (x + WIDE, y + TALL), (x, y + TALL))
    if place.free:
        drawing.add(Path(corners, QUIET, 1.5, closed=True, dash=(5, 4)))
    else:
        drawing.add(Rect(x, y, WIDE, TALL, "#ffffff", LINE, 2))
    drawing.add(Text(x + 10, y + 21, place.title, 14, INK, bold=True), *verdict_sign(place.verdict, x + 20, y + 42, 20))
    drawing.add(Text(x + 36, y + 47, _short(place.told), 14, QUIET if place.free else INK))
    drawing.add(Text(x + 10, y + 72, place.mark or place.code, 12, QUIET))


def _short(value: str) -> str:
    return value if len(value) <= ROOM else value[:ROOM - 1] + "…"
