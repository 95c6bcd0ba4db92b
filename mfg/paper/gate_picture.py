"""The picture of one gate: where the events of its parent lie, which of them the gate takes, and how many that are.

A dot stands for all events of one small square, larger the more there are; filled where most of them lie in the gate,
a ring where not, so that it can be read without colour. Counts arrive as counts; nothing is worked out here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mfg.instruments.gate_step import Side, Step
from mfg.paper.drawing import BRAND, GRID, INK, QUIET, power_of_ten
from mfg.paper.shapes import Circle, Drawing, Path, Rect, Text

WIDTH, HEIGHT = 520.0, 556.0
LEFT, TOP, SIDE = 76.0, 78.0, 420.0
FLAT = 200.0


def gate_picture(step: Step, share: str) -> Drawing:
    """One gate on one or two channels. `share` is the percentage as it is recorded; blank where there is none."""
    tall = SIDE if len(step.sides) > 1 else FLAT
    told = f"{step.events} of {step.of_events} events of {step.parent}" + (f" = {share} %" if share else "")
    drawing = Drawing(WIDTH, HEIGHT - SIDE + tall, f"Gate {step.path}: {told}")
    drawing.add(Text(0, 20, _cut(step.path), 16, INK, bold=True), Text(0, 42, _cut(told, 66), 14, INK))
    drawing.add(Rect(LEFT, TOP, SIDE, tall, fill="#ffffff", stroke=QUIET, width=1.5))
    _side(drawing, step.sides[0], tall, across=True)
    if len(step.sides) > 1:
        _side(drawing, step.sides[1], tall, across=False)
        _dots(drawing, step.bins)
    else:
        _bars(drawing, step.bins[0])
    for line in step.outline:
        points = tuple((LEFT + x * SIDE, TOP + (1 - y) * tall) for x, y in line)
        drawing.add(Path(points, "#ffffff", 5), Path(points, INK, 2.5))
    _legend(drawing, step, TOP + tall + 54)
    return drawing


def _side(drawing: Drawing, side: Side, tall: float, *, across: bool) -> None:
    """Marks and name of one side; the marks are left out where they would run into each other."""
    taken = -1e9
    for at, text in side.marks:
        label = _raised(text)
        place = at * (SIDE if across else tall)
        if place - taken < (34 if across else 18):
            continue
        taken = place
        if across:
            x = LEFT + place
            drawing.add(Path(((x, TOP + tall), (x, TOP + tall + 5)), QUIET, 1.5),
                        Text(x, TOP + tall + 20, label, 13, QUIET, "middle"))
        else:
            y = TOP + tall - place
            drawing.add(Path(((LEFT - 5, y), (LEFT, y)), QUIET, 1.5), Text(LEFT - 9, y + 5, label, 13, QUIET, "end"))
    name = f"{side.marker} ({side.channel})" if side.marker else side.channel
    told = f"{_cut(name, 44)}, {side.scale}"
    drawing.add(Text(LEFT + SIDE, TOP + tall + 40, f"{told} \u2192", 14, INK, "end", bold=True) if across else
                Text(LEFT - 8, TOP - 8, f"\u2191 {told}", 14, INK, bold=True))


def _raised(label: str) -> str:
    """`1e3` as a power of ten."""
    sign, _, power = label.partition("1e")
    return f"{sign}{power_of_ten(int(power))}" if power.isdigit() and sign in ("", "-") else label


def _dots(drawing: Drawing, bins: Sequence[Sequence[tuple[int, int]]]) -> None:
    cell = SIDE / len(bins)
    most = math.log1p(max(count for row in bins for count, _ in row))
    for r, row in enumerate(bins):
        for c, (count, inside) in enumerate(row):
            if count:
                size = cell * (0.2 + 0.3 * math.log1p(count) / most)
                x, y = LEFT + (c + 0.5) * cell, TOP + SIDE - (r + 0.5) * cell
                drawing.add(_dot(x, y, size, taken=2 * inside > count))


def _dot(x: float, y: float, size: float, *, taken: bool) -> Circle:
    return Circle(x, y, size, fill=BRAND) if taken else Circle(x, y, size - 0.5, stroke="#8a9792", width=1)


def _bars(drawing: Drawing, row: Sequence[tuple[int, int]]) -> None:
    """How often each value is, on a straight axis from 0; the part in the gate is filled."""
    cell, most = SIDE / len(row), max(count for count, _ in row)
    for c, (count, inside) in enumerate(row):
        tall, taken = (value / most * (FLAT - 12) for value in (count, inside))
        x, foot = LEFT + c * cell, TOP + FLAT
        if count:
            drawing.add(Rect(x + 1, foot - tall, cell - 2, tall, fill="#ffffff", stroke="#8a9792"))
        if inside:
            drawing.add(Rect(x + 1, foot - taken, cell - 2, taken, fill=BRAND))
    drawing.add(Text(LEFT - 9, TOP + 16, str(most), 13, QUIET, "end"),
                Text(LEFT - 9, TOP + FLAT, "0", 13, QUIET, "end"),
                Path(((LEFT, TOP + 12), (LEFT + SIDE, TOP + 12)), GRID, 1))


def _legend(drawing: Drawing, step: Step, y: float) -> None:
    drawing.add(_dot(LEFT + 6, y, 5.5, taken=True), Text(LEFT + 18, y + 5, "in the gate", 13, INK),
                _dot(LEFT + 116, y, 5.5, taken=False), Text(LEFT + 128, y + 5, "of the parent, not in it", 13, INK))
    if step.unseen:
        drawing.add(Text(LEFT + SIDE, y + 5, f"also by {_cut(', '.join(step.unseen), 20)}", 13, INK, "end"))


def _cut(text: str, longest: int = 58) -> str:
    """A long path keeps its end, which is the name of the gate itself."""
    return text if len(text) <= longest else f"\u2026{text[1 - longest:]}"
