"""The pictures of a batch: how the cells grew, how viable they stayed, where a dose lies between its limits.

Facts come as Decimal and turn into floats only as positions on the picture; every figure that is printed is made
from the Decimal. It judges nothing: verdict and limits arrive as facts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from mfg.facts import Refused
from mfg.paper.shapes import Circle, Drawing, Path, Point, Rect, Text, on_canvas, to_svg, verdict_sign

__all__ = ["Drawing", "Point", "dose_gauge", "growth_curve", "on_canvas", "power_of_ten", "scientific", "to_svg",
           "verdict_sign", "viability_trend"]

INK, QUIET, GRID, BRAND = "#14201d", "#4a5854", "#d5dbd8", "#0f4c4a"
COLOURS = {"PASS": "#0b6b47", "FAIL": "#a81b1b", "CANNOT DETERMINE": "#7a4d00"}
_RAISED = str.maketrans("0123456789-", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b")
Series = Sequence[tuple[Decimal, Decimal]]


def power_of_ten(exponent: int) -> str:
    """`10` with a raised exponent.

    >>> power_of_ten(7) == "10\u2077"
    True
    """
    return "10" + str(exponent).translate(_RAISED)


def scientific(value: Decimal, digits: int = 3) -> str:
    """A number as `7.85 x 10^6` with a real times sign and raised exponent, rounded half even for reading only."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}E}".split("E")
    return f"{mantissa} \u00d7 {power_of_ten(int(exponent))}"


def plain(value: Decimal) -> str:
    """A number without exponent and trailing zeros."""
    told = f"{value:f}"
    return told.rstrip("0").rstrip(".") if "." in told else told


def readable(value: Decimal, limits: Sequence[Decimal | None]) -> str:
    """A value rounded for reading, but never onto or over a limit: 79.98 against 80 stays 79.98, not 80.0."""
    for places in range(1, 12):
        rounded = value.quantize(Decimal(1).scaleb(-places))
        if all(rounded.compare(limit) == value.compare(limit) for limit in limits if limit is not None):
            return plain(rounded) if rounded == value else f"{rounded:f}"
    return plain(value)


class _Frame:
    """Where a value lies in the plot area of a chart: plain arithmetic on floats, for geometry only."""

    def __init__(self, box: tuple[float, float, float, float], xs: Sequence[float], low: float, high: float) -> None:
        self.left, self.top, self.right, self.bottom = box
        self.first, self.last = min(xs), max(xs)
        self.low, self.high = low, high

    def x(self, value: float) -> float:
        span = self.last - self.first
        return self.left + (0.5 if span == 0 else (value - self.first) / span) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)


def _axes(drawing: Drawing, frame: _Frame, marks: Sequence[tuple[float, str]]) -> None:
    for value, label in marks:
        y = frame.y(value)
        drawing.add(Path(((frame.left, y), (frame.right, y)), GRID, 1),
                    Text(frame.left - 8, y + 5, label, 14, QUIET, "end"))
    drawing.add(Path(((frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)), QUIET, 1.5))


def _line(drawing: Drawing, points: Sequence[Point]) -> None:
    if len(points) > 1:
        drawing.add(Path(tuple(points), BRAND, 3))
    drawing.add(*(Circle(x, y, 5, fill=BRAND, stroke="#ffffff", width=1.5) for x, y in points))


def _times(drawing: Drawing, frame: _Frame, series: Series, unit: str) -> None:
    """Every time that has room for its label; the last one always, with the unit."""
    taken = -1e9
    last = f"{unit} {short(series[-1][0])}"
    room_ends = frame.x(float(series[-1][0])) - 9 * len(last)
    for time, _ in series[:-1]:
        x = frame.x(float(time))
        if x - taken >= 34 and x < room_ends:
            drawing.add(Text(x, frame.bottom + 20, short(time), 14, QUIET, "middle"))
            taken = x
    anchor = "end" if len(series) > 1 else "middle"
    drawing.add(Text(frame.x(float(series[-1][0])), frame.bottom + 20, last, 14, QUIET, anchor))


def _empty(title: str, what: str) -> Drawing:
    drawing = Drawing(560, 80, f"{title}: {what}")
    drawing.add(Text(0, 24, title, 16, INK, bold=True), Text(0, 52, what, 14, QUIET))
    return drawing


def short(time: Decimal) -> str:
    """A time on an axis, to one decimal: for reading off a picture, the table under it has the exact one."""
    return plain(round(time, 1))


def growth_curve(points: Series, title: str = "Viable cells", unit: str = "day") -> Drawing:
    """Viable cells over time on a log axis: (time in `unit`, cells) in any order.

    A count of zero or less has no place on a log axis and is refused; no points draw a sentence instead.
    """
    series = sorted(points)
    if not series:
        return _empty(title, "No count is recorded yet.")
    for time, cells in series:
        if cells <= 0:
            raise Refused(f"{plain(cells)} viable cells at {unit} {plain(time)} cannot be drawn on a logarithmic axis. "
                          "Correct the count.", kind="input")
    decades = [cells.adjusted() for _, cells in series]
    low, high = min(decades), max(decades) + 1
    first, last = series[0][1], series[-1][1]
    drawing = Drawing(560, 230, f"{title}: {scientific(first, 2)} at {unit} {short(series[0][0])}, "
                                f"{scientific(last, 2)} at {unit} {short(series[-1][0])}")
    frame = _Frame((64, 40, 540, 196), [float(time) for time, _ in series], low, high)
    drawing.add(Text(0, 20, title, 16, INK, bold=True))
    step = max(1, math.ceil((high - low) / 5))
    _axes(drawing, frame, [(e, power_of_ten(e)) for e in range(low, high + 1, step)])
    _times(drawing, frame, series, unit)
    places = [(frame.x(float(time)), frame.y(float(cells.log10()))) for time, cells in series]
    _line(drawing, places)
    _ends(drawing, places, [scientific(first, 2), scientific(last, 2)])
    return drawing


def _ends(drawing: Drawing, places: Sequence[Point], labels: Sequence[str]) -> None:
    """The first and the last value in words beside their points."""
    (x, y), (end_x, end_y) = places[0], places[-1]
    if len(places) > 1:
        rises = places[1][1] < y  # keep the words off the line: under a rising one, over a falling one
        drawing.add(Text(x + 10, y + 18 if rises and y < 172 else y - 16, labels[0], 14, INK))
    drawing.add(Text(end_x, end_y - 12, labels[1], 14, INK, "end", bold=True))


def viability_trend(points: Series, title: str = "Viability", unit: str = "day",
                    minimum: Decimal | None = None) -> Drawing:
    """Viability in percent over time, 0 to 100 on a straight axis, with the lower limit where there is one."""
    series = sorted(points)
    if not series:
        return _empty(title, "No viability is recorded yet.")
    drawing = Drawing(560, 190, f"{title}: {plain(series[0][1])} % at {unit} {short(series[0][0])}, "
                                f"{plain(series[-1][1])} % at {unit} {short(series[-1][0])}")
    frame = _Frame((64, 40, 540, 156), [float(time) for time, _ in series], 0, 100)
    drawing.add(Text(0, 20, title, 16, INK, bold=True))
    _axes(drawing, frame, [(value, f"{value} %") for value in (0, 25, 50, 75, 100)])
    _times(drawing, frame, series, unit)
    if minimum is not None:
        y = frame.y(float(minimum))
        drawing.add(Path(((frame.left, y), (frame.right, y)), COLOURS["FAIL"], 2, dash=(6, 4)),
                    Text(frame.left + 6, y + 16, f"at least {plain(minimum)} %", 14, COLOURS["FAIL"]))
    places = [(frame.x(float(time)), frame.y(min(100.0, float(value)))) for time, value in series]
    _line(drawing, places)
    drawing.add(Text(places[-1][0], places[-1][1] + 22, f"{plain(series[-1][1])} %", 14, INK, "end", bold=True))
    return drawing


def dose_gauge(fraction_pct: Decimal | None, low_pct: Decimal | None, high_pct: Decimal | None,
               interval: tuple[Decimal, Decimal] | None = None, verdict: str = "CANNOT DETERMINE") -> Drawing:
    """Where a dose lies between its limits, all in percent of the cohort's target.

    Unknown dose or limits are said, not drawn. Whatever lies off the scale is drawn as an arrow at its edge.
    """
    verdict = str(verdict)
    says = _gauge_words(fraction_pct, low_pct, high_pct, interval, verdict)
    drawing = Drawing(520, 96, says)
    if fraction_pct is None:
        drawing.add(*verdict_sign(verdict, 24, 44, 28), Text(48, 49, "The dose is not known.", 14, INK))
        return drawing
    known = [value for value in (low_pct, high_pct, Decimal(100)) if value is not None]
    pad = max(max(known) - min(known), Decimal(20))
    frame = _Frame((10, 0, 510, 0), [float(min(known) - pad), float(max(known) + pad)], 0, 1)
    _gauge_scale(drawing, frame, low_pct, high_pct)
    colour = COLOURS.get(verdict, QUIET)
    if interval is not None:
        low, high = (_inside(frame, value) for value in interval)
        drawing.add(Path(((low, 43), (high, 43)), colour, 3), Path(((low, 37), (low, 49)), colour, 3),
                    Path(((high, 37), (high, 49)), colour, 3))
    x = _inside(frame, fraction_pct)
    drawing.add(*_pointer(frame, float(fraction_pct), x, colour))
    anchor = "start" if x < 60 else "end" if x > 460 else "middle"
    told = f"{readable(fraction_pct, (low_pct, high_pct))} % {verdict}"
    drawing.add(Text(x, 20, told, 14, colour, anchor, bold=True))
    return drawing


def _inside(frame: _Frame, value: Decimal) -> float:
    return min(frame.right, max(frame.left, frame.x(float(value))))


def _pointer(frame: _Frame, value: float, x: float, colour: str) -> list[Path]:
    """A diamond at the value, or an arrow where the value is off the scale."""
    if value < frame.first:
        shape: tuple[Point, ...] = ((x, 43), (x + 14, 32), (x + 14, 54))
    elif value > frame.last:
        shape = ((x, 43), (x - 14, 32), (x - 14, 54))
    else:
        shape = ((x, 32), (x + 11, 43), (x, 54), (x - 11, 43))
    return [Path(shape, "#ffffff", 1.5, colour, True)]


def _gauge_scale(drawing: Drawing, frame: _Frame, low: Decimal | None, high: Decimal | None) -> None:
    left = frame.left if low is None else frame.x(float(low))
    right = frame.right if high is None else frame.x(float(high))
    target = frame.x(100.0)
    drawing.add(Rect(frame.left, 34, frame.right - frame.left, 18, fill="#eceeed", stroke="#9aa7a2", width=1))
    if low is not None or high is not None:
        drawing.add(Rect(left, 34, right - left, 18, fill="#bfe3d0"))
    for value, x in ((low, left), (high, right)):
        if value is not None:
            drawing.add(Path(((x, 26), (x, 60)), COLOURS["PASS"], 3),
                        Text(x, 80, f"{plain(value)} %", 14, INK, "middle"))
    drawing.add(Path(((target, 30), (target, 56)), INK, 2, dash=(4, 3)))
    if all(value is None or abs(frame.x(float(value)) - target) > 50 for value in (low, high)):
        drawing.add(Text(target, 80, "target", 14, INK, "middle"))


def _gauge_words(fraction: Decimal | None, low: Decimal | None, high: Decimal | None,
                 interval: tuple[Decimal, Decimal] | None, verdict: str) -> str:
    if fraction is None:
        return f"{verdict}: the dose is not known"
    limits = " to ".join("not known" if value is None else f"{plain(value)} %" for value in (low, high))
    spread = f", 95 % interval {readable(interval[0], ())} to {readable(interval[1], ())} %" if interval else ""
    return f"{verdict}: {readable(fraction, (low, high))} % of target, allowed {limits}{spread}"
