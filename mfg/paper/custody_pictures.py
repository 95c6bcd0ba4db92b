"""Pictures of custody: the temperature of a transit against its limits, and who held a thing when.

Facts come as they are; nothing is judged here. Readings are thinned only for drawing, and never those at a turn: of
each column of the picture the lowest and the highest stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from mfg.paper.drawing import BRAND, COLOURS, GRID, INK, QUIET, plain
from mfg.paper.shapes import Circle, Drawing, Path, Point, Rect, Text

WIDTH, LEFT, RIGHT = 760.0, 70.0, 740.0


def temperature_curve(readings: Sequence[tuple[datetime, Decimal]], low: Decimal | None, high: Decimal | None,
                      start: datetime | None, end: datetime | None) -> Drawing:
    """Degree Celsius over time with the ordered limits and the transit; outside is marked with a cross as well."""
    if not readings:
        drawing = Drawing(WIDTH, 60, "No temperature is recorded.")
        drawing.add(Text(0, 30, "No temperature is recorded.", 16, INK))
        return drawing
    values = [value for _, value in readings]
    bounds = [one for one in (low, high) if one is not None]
    bottom, top = float(min([*values, *bounds])) - 1, float(max([*values, *bounds])) + 1
    first, last = readings[0][0], readings[-1][0]
    span = max((last - first).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return LEFT + min(1.0, max(0.0, (at - first).total_seconds() / span)) * (RIGHT - LEFT)

    def y(value: Decimal) -> float:
        return 230 - (float(value) - bottom) / (top - bottom) * 190

    drawing = Drawing(WIDTH, 270, f"Temperature {plain(min(values))} to {plain(max(values))} °C from "
                                  f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC")
    drawing.add(Text(0, 20, "Temperature, °C", 16, INK, bold=True))
    _limits(drawing, low, high, y)
    for moment, word in ((start, "dispatched"), (end, "delivered")):
        if moment is not None and first <= moment <= last:
            drawing.add(Path(((x(moment), 40), (x(moment), 230)), QUIET, 1.5, dash=(3, 3)),
                        Text(x(moment) + 4, 36, word, 13, QUIET, "end" if x(moment) > RIGHT - 90 else "start"))
    drawing.add(Path(((LEFT, 40), (LEFT, 230), (RIGHT, 230)), QUIET, 1.5))
    places = _thinned([(x(at), y(value)) for at, value in readings])
    drawing.add(Path(tuple(places), BRAND, 2) if len(places) > 1 else Circle(*places[0], 4, fill=BRAND))
    outside = [(x(at), y(value)) for at, value in readings
               if (low is not None and value < low) or (high is not None and value > high)]
    for px, py in _thinned(outside):
        drawing.add(Path(((px - 4, py - 4), (px + 4, py + 4)), COLOURS["FAIL"], 2),
                    Path(((px - 4, py + 4), (px + 4, py - 4)), COLOURS["FAIL"], 2))
    for at, anchor in ((first, "start"), (last, "end")):
        drawing.add(Text(x(at), 252, f"{at:%Y-%m-%d %H:%M} UTC", 13, QUIET, anchor))
    return drawing


def _limits(drawing: Drawing, low: Decimal | None, high: Decimal | None,
            y: Callable[[Decimal], float]) -> None:
    for value, below in ((high, False), (low, True)):
        if value is not None:
            drawing.add(Path(((LEFT, y(value)), (RIGHT, y(value))), COLOURS["FAIL"], 2, dash=(6, 4)),
                        Text(LEFT - 8, y(value) + 5, plain(value), 14, COLOURS["FAIL"], "end", bold=True),
                        Text(RIGHT, y(value) + (16 if below else -6), "lower limit" if below else "upper limit", 13,
                             COLOURS["FAIL"], "end"))


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Of each pixel column the first, lowest, highest and last point."""
    columns: dict[int, list[Point]] = {}
    for point in points:
        columns.setdefault(int(point[0]), []).append(point)
    kept: list[Point] = []
    for found in columns.values():
        chosen = {0, len(found) - 1, min(range(len(found)), key=lambda n: found[n][1]),
                  max(range(len(found)), key=lambda n: found[n][1])}
        kept += [found[place] for place in sorted(chosen)]
    return kept


def custody_line(events: Sequence[tuple[datetime, str, str]], gaps: Sequence[tuple[str, str, str]],
                 holder: str) -> Drawing:
    """What happened to a thing, from top to bottom: (when, what, who); beside the gaps (record, verdict, sentence)."""
    step = 46.0
    height = 40 + step * max(1, len(events)) + 30
    says = f"{len(events)} events of custody; held now by {holder or 'nobody who took it over'}"
    drawing = Drawing(WIDTH, height, says)
    drawing.add(Text(0, 20, f"Held now by: {holder or 'nobody has taken it over yet'}", 16, INK, bold=True))
    x = 190.0
    if events:
        drawing.add(Path(((x, 44), (x, 44 + step * (len(events) - 1))), GRID, 4))
    for place, (at, what, who) in enumerate(events):
        y = 44 + step * place
        drawing.add(Circle(x, y, 7, fill=BRAND, stroke="#ffffff", width=2),
                    Text(x - 18, y + 5, f"{at:%Y-%m-%d %H:%M} UTC", 13, QUIET, "end"),
                    Text(x + 20, y + 1, _cut(what), 14, INK, bold=True), Text(x + 20, y + 18, _cut(who), 13, QUIET))
    bad = [one for one in gaps if one[1] != "PASS"]
    y = height - 12
    told = "No gap" if not bad else f"{len(bad)} gap{'s' if len(bad) > 1 else ''}: " + ", ".join(
        f"{record} {verdict}" for record, verdict, _ in bad[:4])
    told = told if gaps else "No hand-over is recorded"  # of nothing nobody can say that it has no gap
    worst = "FAIL" if any(one[1] == "FAIL" for one in bad) else "CANNOT DETERMINE" if bad else "PASS"
    colour = COLOURS[worst] if gaps else QUIET
    drawing.add(Rect(0, y - 14, 8, 18, fill=colour), Text(16, y, told, 14, colour, bold=True))
    return drawing


def _cut(text: str) -> str:
    return text if len(text) <= 68 else f"{text[:67]}…"
