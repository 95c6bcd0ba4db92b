"""The picture of where cells come from and what became of them: every container a box, every making a line.

Donor side at the top, doses at the bottom, so that it reads like a page and fits a tablet and a sheet of paper. It
looks nothing up and judges nothing: containers and their descent arrive as facts. Sample tubes of one container are
drawn as one box with their number, because nothing descends from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mfg.facts import Refused
from mfg.paper import fonts
from mfg.paper.shapes import Drawing, Path, Rect, Text

INK, QUIET, BRAND, PAPER, HERE = "#14201d", "#4a5854", "#0f4c4a", "#ffffff", "#dcebe9"
#: pixels: a box, the room between boxes and between rows; so many boxes side by side
WIDE, TALL, GAP, ROW, ACROSS = 140.0, 62.0, 14.0, 44.0, 5
MOST = ACROSS * WIDE + (ACROSS + 1) * GAP


@dataclass(frozen=True, slots=True)
class Kin:
    """One container of the family: its code, its kind in words, and what is known of it, such as its volume."""

    code: str
    kind: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class _Box:
    code: str
    kind: str
    told: str
    parents: tuple[str, ...]


def lineage(kin: Sequence[Kin], parents: Mapping[str, Sequence[str]], here: str = "") -> Drawing:
    """The family as a drawing: `parents` names for each container what it was made from, `here` is emphasised.

    Raises Refused when the descent leads round in a circle, which no record may say.
    """
    boxes = _folded(kin, parents, here)
    if not boxes:
        return _nothing()
    rows = _rows(boxes)
    places, height = _places(rows)
    said = f"Descent of {here}" if here else "Descent of the containers"
    drawing = Drawing(MOST, height, f"{said}: {len(kin)} containers from {', '.join(b.code for b in rows[0])}.")
    for box in boxes:
        for parent in box.parents:
            drawing.add(_line(places[parent], places[box.code]))
    for box in boxes:
        _draw(drawing, box, places[box.code], box.code == here)
    return drawing


def _nothing() -> Drawing:
    drawing = Drawing(MOST, 60, "No container is recorded yet.")
    drawing.add(Text(0, 34, "No container is recorded yet.", 14, QUIET))
    return drawing


def _folded(kin: Sequence[Kin], parents: Mapping[str, Sequence[str]], here: str) -> list[_Box]:
    """A box for each container; sample tubes nothing was made from share one box per container they come from."""
    known = {one.code for one in kin}
    bearing = {parent for of in parents.values() for parent in of}
    made: list[_Box] = []
    tubes: dict[tuple[str, ...], list[Kin]] = defaultdict(list)
    for one in kin:
        origin = tuple(code for code in parents.get(one.code, ()) if code in known)
        if one.kind == "sample tube" and one.code not in bearing and one.code != here:
            tubes[origin].append(one)
        else:
            made.append(_Box(one.code, one.kind, one.told, origin))
    for origin, several in tubes.items():
        first = several[0]
        made.append(_Box(first.code, "sample tube", first.told, origin) if len(several) == 1 else
                    _Box(first.code, f"{len(several)} sample tubes", f"to {several[-1].code.rpartition('-')[2]}",
                         origin))
    return made


def _rows(boxes: Sequence[_Box]) -> list[list[_Box]]:
    """The boxes by generation: each below everything it comes from, near its first parent."""
    depth: dict[str, int] = {}
    left = list(boxes)
    while left:
        ready = [box for box in left if all(parent in depth for parent in box.parents)]
        if not ready:
            raise Refused(f"The descent of {', '.join(box.code for box in left[:4])} leads round in a circle. Call QA.")
        for box in ready:
            depth[box.code] = 1 + max((depth[parent] for parent in box.parents), default=-1)
        left = [box for box in left if box.code not in depth]
    rows: list[list[_Box]] = [[] for _ in range(max(depth.values()) + 1)]
    order: dict[str, int] = {}
    for level, row in enumerate(rows):
        row += sorted((box for box in boxes if depth[box.code] == level),
                      key=lambda box: (min((order[parent] for parent in box.parents), default=0), box.code))
        order |= {box.code: len(order) + place for place, box in enumerate(row)}
    return rows


@dataclass(frozen=True, slots=True)
class _Place:
    """The top left corner of a box, and the top of the first line of its generation."""

    x: float
    y: float
    first: float


def _places(rows: Sequence[Sequence[_Box]]) -> tuple[dict[str, _Place], float]:
    """Where every box stands; a wide generation goes on in further lines, in the same columns."""
    places: dict[str, _Place] = {}
    y = 2.0
    for row in rows:
        columns = min(len(row), ACROSS)
        x = (MOST - columns * WIDE - (columns - 1) * GAP) / 2
        for number, box in enumerate(row):
            line, column = divmod(number, ACROSS)
            places[box.code] = _Place(x + column * (WIDE + GAP), y + line * (TALL + GAP), y)
        y += ((len(row) - 1) // ACROSS) * (TALL + GAP) + TALL + ROW
    return places, y - ROW + 2


def _line(parent: _Place, child: _Place) -> Path:
    """From below the parent to the child, in right angles; to a further line through the gap beside it.
    """
    x, y, bend = parent.x + WIDE / 2, parent.y + TALL, child.first - ROW / 3
    start = ((x, y), (x, bend))
    if child.y == child.first:
        end = child.x + WIDE / 2
        return Path((*start, (end, bend), (end, child.y)), QUIET, 1.5)
    gap, middle = child.x - GAP / 2, child.y + TALL / 2
    return Path((*start, (gap, bend), (gap, middle), (child.x, middle)), QUIET, 1.5)


def _draw(drawing: Drawing, box: _Box, place: _Place, here: bool) -> None:
    x, y = place.x, place.y
    drawing.add(Rect(x, y, WIDE, TALL, HERE if here else PAPER, BRAND if here else QUIET, 3 if here else 1.2),
                Text(x + 10, y + 20, _cut(box.kind, 12), 12, QUIET), Text(x + 10, y + 38, _cut(box.code, 14), 14, INK,
                                                                          bold=True),
                Text(x + 10, y + 55, _cut(("this one; " if here else "") + box.told, 12), 12, QUIET))


def _cut(text: str, size: float) -> str:
    """What fits into a box; the table under the picture has the whole."""
    font = fonts.BOLD if size > 13 else fonts.SANS
    if fonts.width(text, font, size) <= WIDE - 18:
        return text
    while text and fonts.width(text + "…", font, size) > WIDE - 18:
        text = text[:-1]
    return text + "…"
