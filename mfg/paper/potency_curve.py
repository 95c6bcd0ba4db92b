"""The curve of a killing assay: lysis over the effector to target ratio, by loaded and by unloaded cells.

Loaded cells are a full line with filled dots, unloaded ones a broken line with rings. Lysis arrives worked out; the
positions are floats, every figure that is printed is made from the Decimal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from mfg.paper.drawing import BRAND, COLOURS, GRID, INK, QUIET, plain
from mfg.paper.shapes import Circle, Drawing, Path, Rect, Text

WIDTH, HEIGHT = 560.0, 330.0
LEFT, TOP, RIGHT, BOTTOM = 64.0, 62.0, 540.0, 270.0
#: ratio, lysis by loaded cells, lysis by unloaded cells; None: not known
Lysis = tuple[Decimal, Decimal | None, Decimal | None]


def potency_curve(points: Sequence[Lysis], *, claim: Decimal | None = None, minimum: Decimal | None = None,
                  title: str = "Lysis of target cells") -> Drawing:
    """The two curves with the limit at the ratio of the claim; no point draws a sentence instead."""
    told = sorted((one for one in points if one[0] > 0), key=lambda one: one[0])
    values = [value for one in told for value in one[1:] if value is not None]
    if not values:
        drawing = Drawing(WIDTH, 60, f"{title}: no lysis is known yet.")
        drawing.add(Text(0, 30, f"{title}: no lysis is known yet.", 16, INK))
        return drawing
    drawing = Drawing(WIDTH, HEIGHT, f"{title}: {'; '.join(_words(one) for one in told)}")
    drawing.add(Text(0, 20, f"{title}, %", 16, INK, bold=True))
    frame = _Frame([one[0] for one in told], values)
    frame.axes(drawing, told)
    if minimum is not None:
        drawing.add(Path(((LEFT, frame.y(minimum)), (RIGHT, frame.y(minimum))), COLOURS["FAIL"], 2, dash=(2, 3)))
    at_claim = next((one for one in told if one[0] == claim), None)
    if at_claim is not None and at_claim[1] is not None and at_claim[2] is not None:
        _difference(drawing, frame, at_claim[0], at_claim[1], at_claim[2])
    _curve(drawing, frame, [(ratio, value) for ratio, _, value in told if value is not None], loaded=False)
    _curve(drawing, frame, [(ratio, value) for ratio, value, _ in told if value is not None], loaded=True,
           under=[ratio for ratio, value, other in told if value is not None and other is not None and other > value])
    _legend(drawing, minimum)
    return drawing


class _Frame:
    """Where a ratio and a lysis lie: ratios on a logarithmic axis, lysis on a straight one that holds 0 to 100."""

    def __init__(self, ratios: Sequence[Decimal], values: Sequence[Decimal]) -> None:
        logs = [math.log(float(one)) for one in ratios]
        self.first, self.last = min(logs), max(logs)
        self.low = min(0.0, math.floor(float(min(values)) / 20) * 20)
        self.high = max(100.0, math.ceil(float(max(values)) / 20) * 20)

    def x(self, ratio: Decimal) -> float:
        """A margin of a tenth on either side; a single ratio stands in the middle."""
        span = self.last - self.first
        part = 0.5 if span == 0 else 0.08 + 0.84 * (math.log(float(ratio)) - self.first) / span
        return LEFT + part * (RIGHT - LEFT)

    def y(self, value: Decimal | float) -> float:
        part = (float(value) - self.low) / (self.high - self.low)
        return BOTTOM - min(1.0, max(0.0, part)) * (BOTTOM - TOP)

    def axes(self, drawing: Drawing, told: Sequence[Lysis]) -> None:
        step = max(20, math.ceil((self.high - self.low) / 8 / 20) * 20)
        for value in range(int(self.low), int(self.high) + 1, step):
            drawing.add(Path(((LEFT, self.y(value)), (RIGHT, self.y(value))), INK if value == 0 else GRID, 1),
                        Text(LEFT - 8, self.y(value) + 5, f"{value}", 14, QUIET, "end"))
        drawing.add(Path(((LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)), QUIET, 1.5))
        taken = -1e9
        for ratio, _, _ in told:
            if self.x(ratio) - taken >= 44:
                taken = self.x(ratio)
                drawing.add(Path(((taken, BOTTOM), (taken, BOTTOM + 5)), QUIET, 1.5),
                            Text(taken, BOTTOM + 21, f"{plain(ratio)}:1", 14, QUIET, "middle"))
        drawing.add(Text(RIGHT, BOTTOM + 44, "effector cells to target cells \u2192", 14, INK, "end"))


def _curve(drawing: Drawing, frame: _Frame, told: Sequence[tuple[Decimal, Decimal]], *, loaded: bool,
           under: Sequence[Decimal] = ()) -> None:
    """One line with its dots; their figures stand over them, or under where the other line is the upper one."""
    places = tuple((frame.x(ratio), frame.y(value)) for ratio, value in told)
    if len(places) > 1:
        drawing.add(Path(places, BRAND, 3) if loaded else Path(places, QUIET, 2, dash=(7, 5)))
    for (x, y), (ratio, value) in zip(places, told, strict=True):
        drawing.add(Circle(x, y, 5.5, fill=BRAND, stroke="#ffffff", width=1.5) if loaded else
                    Circle(x, y, 5, fill="#ffffff", stroke=QUIET, width=2))
        label = plain(round(value, 1))
        drawing.add(Text(x, y + 22 if ratio in under else y - 12, label, 13, INK, "middle", bold=True) if loaded else
                    Text(x + 13, y - 3, label, 13, INK))


def _difference(drawing: Drawing, frame: _Frame, ratio: Decimal, loaded: Decimal, unloaded: Decimal) -> None:
    """What the antibody adds at the ratio of the claim, as a bar between the two curves."""
    x, top, foot = frame.x(ratio), frame.y(loaded), frame.y(unloaded)
    drawing.add(Rect(x - 9, min(top, foot), 18, abs(foot - top), fill="#cfe3df"),
                Path(((x, TOP - 8), (x, BOTTOM)), QUIET, 1, dash=(2, 4)))
    added = plain(round(loaded - unloaded, 1))
    drawing.add(Text(RIGHT, 20, f"loaded \u2212 unloaded at {plain(ratio)}:1 = {added} points", 14, INK, "end"))


def _legend(drawing: Drawing, minimum: Decimal | None) -> None:
    y = 44.0
    drawing.add(Path(((LEFT, y), (LEFT + 34, y)), BRAND, 3), Circle(LEFT + 17, y, 5.5, fill=BRAND),
                Text(LEFT + 42, y + 5, "loaded", 14, INK),
                Path(((LEFT + 120, y), (LEFT + 154, y)), QUIET, 2, dash=(7, 5)),
                Circle(LEFT + 137, y, 5, fill="#ffffff", stroke=QUIET, width=2),
                Text(LEFT + 162, y + 5, "unloaded", 14, INK))
    if minimum is not None:
        drawing.add(Path(((LEFT + 260, y), (LEFT + 294, y)), COLOURS["FAIL"], 2, dash=(2, 3)),
                    Text(LEFT + 302, y + 5, f"loaded at least {plain(minimum)} %", 14, INK))


def _words(one: Lysis) -> str:
    ratio, *values = one
    loaded, unloaded = ("not known" if value is None else f"{plain(round(value, 1))} %" for value in values)
    return f"at {plain(ratio)}:1 loaded {loaded}, unloaded {unloaded}"
