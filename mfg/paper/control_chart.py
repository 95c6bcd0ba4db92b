"""A chart of values in the order of time against their centre, their spread and their limits, for screen and paper.

What a point means is told by shape, colour and word: what breaks a rule, what is only a bound, what is left out and
why. It computes no limit and judges nothing; whatever is drawn arrives as facts. A long series goes on in further
rows of the picture, so that every point can be seen and touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from mfg.facts import plain, significant
from mfg.paper import fonts
from mfg.paper.drawing import BRAND, COLOURS, GRID, INK, QUIET
from mfg.paper.shapes import Circle, Drawing, Path, Rect, Shape, Text

WIDTH, LEFT, RIGHT, TALL = 760.0, 74.0, 640.0, 262.0
#: points side by side in one row of the picture, and the most on one page
ACROSS, MOST = 40, 200
FAIL, WARN = COLOURS["FAIL"], COLOURS["CANNOT DETERMINE"]
#: what a point is -> what the legend says
KINDS = {"good": "in order", "warning": "warning: look at it", "broken": "breaks a rule", "bound": "only a bound",
         "left out": "left out, see the table"}


@dataclass(frozen=True, slots=True)
class Plotted:
    """One value. `broken` are the words beside it, such as the rules it breaks; `rejects` when one of them rejects."""

    label: str
    at: datetime
    value: Decimal
    #: "<" or ">" where the value is only known to lie below or above
    bound: str = ""
    broken: tuple[str, ...] = ()
    rejects: bool = False
    #: why it is left out of the statistics; drawn hollow
    left_out: str = ""

    @property
    def kind(self) -> str:
        """Which mark it gets."""
        if self.left_out:
            return "left out"
        if self.broken:
            return "broken" if self.rejects else "warning"
        return "bound" if self.bound else "good"


@dataclass(frozen=True, slots=True)
class Lines:
    """Centre and SD where they are known, and the limits values are judged by, with the word for them."""

    centre: Decimal | None = None
    sd: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    word: str = "limit"
    #: a sentence under the title, such as why there is no centre yet
    note: str = ""


@dataclass
class _Panel:
    """Where values lie in one row of the picture: floats for geometry only."""

    top: float
    low: float
    high: float
    many: int
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    @property
    def bottom(self) -> float:
        return self.top + 190

    def x(self, place: int) -> float:
        step = (RIGHT - LEFT - 24) / max(1, self.many - 1)
        return LEFT + 12 + (place * step if self.many > 1 else (RIGHT - LEFT - 24) / 2)

    def y(self, value: float | Decimal) -> float:
        return self.bottom - (float(value) - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def inside(self, value: Decimal) -> tuple[float, int]:
        """Where a point is drawn, and 1 above or -1 below the picture: it stands at the edge then."""
        over = 1 if float(value) > self.high else -1 if float(value) < self.low else 0
        return {1: self.top + 16, -1: self.bottom - 16, 0: self.y(value)}[over], over

    def free(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Is there nothing written yet? Then it is taken now."""
        box = (left, top, right, bottom)
        if any(left < r and right > le and top < b and bottom > t for le, t, r, b in self.taken):
            return False
        self.taken.append(box)
        return True


def control_chart(title: str, unit: str, points: Sequence[Plotted], lines: Lines) -> Drawing:
    """The whole chart as one drawing, in as many rows as it needs."""
    rows = _rows(points)
    head = 50.0 if lines.note else 30.0
    drawing = Drawing(WIDTH, head + TALL * len(rows) + 22, says(title, unit, points, lines))
    _head(drawing, title, unit, points, lines)
    for number, row in enumerate(rows):
        _panel(drawing, head + TALL * number + 18, row, points, lines)
    _legend(drawing, points, lines, drawing.h - 10)
    return drawing


def chart_parts(title: str, unit: str, points: Sequence[Plotted], lines: Lines) -> list[Drawing]:
    """The same rows each as a drawing of its own, for paper: a picture does not go over the end of a page."""
    parts = []
    rows = _rows(points)
    for number, row in enumerate(rows, 1):
        more = f", part {number} of {len(rows)}" if len(rows) > 1 else ""
        head = 50.0 if lines.note else 30.0
        drawing = Drawing(WIDTH, head + TALL + 22, says(title, unit, row, lines))
        _head(drawing, f"{title}{more}", unit, points, lines)
        _panel(drawing, head + 18, row, points, lines)
        _legend(drawing, row, lines, drawing.h - 10)
        parts.append(drawing)
    return parts


def says(title: str, unit: str, points: Sequence[Plotted], lines: Lines) -> str:
    """The picture in a sentence."""
    counts = {kind: sum(one.kind == kind for one in points) for kind in KINDS}
    told = ", ".join(f"{many} {KINDS[kind]}" for kind, many in counts.items() if many) or "no value"
    centre = f"; centre {significant(lines.centre, 4)}, SD {significant(lines.sd, 3)}" \
        if lines.centre is not None and lines.sd is not None else "; centre not known"
    return f"{title}{f', {unit}' if unit else ''}: {told}{centre}"


def _rows(points: Sequence[Plotted]) -> list[Sequence[Plotted]]:
    """Rows of about the same length."""
    if not points:
        return [points]
    many = math.ceil(len(points) / ACROSS)
    each = math.ceil(len(points) / many)
    return [points[at:at + each] for at in range(0, len(points), each)]


def _head(drawing: Drawing, title: str, unit: str, points: Sequence[Plotted], lines: Lines) -> None:
    """The title, beside it the limits with the line they are drawn as, and the note."""
    drawing.add(Text(0, 18, f"{title}{f', {unit}' if unit else ''}", 16, INK, bold=True))
    if lines.note:
        drawing.add(Text(0, 40, lines.note, 14, QUIET))
    told = _limits_told(points, lines)
    if told:
        x = WIDTH - fonts.width(told, fonts.BOLD, 13) - 4
        drawing.add(Text(x, 18, told, 13, INK, bold=True), *_double(x - 34, x - 8, 13.5))


def _limits_told(points: Sequence[Plotted], lines: Lines) -> str:
    """The limits in words; one that lies off the picture says so."""
    if not points:
        return ""
    low, high = _scale(points, lines)
    told = [f"{side} {plain(limit)}" + ("" if low <= float(limit) <= high else " (off the picture)")
            for limit, side in ((lines.low, "at least"), (lines.high, "at most")) if limit is not None]
    return f"{lines.word} {', '.join(told)}" if told else ""


def _double(x: float, to_x: float, y: float) -> list[Shape]:
    return [Path(((x, y - 1.5), (to_x, y - 1.5)), INK, 1.2), Path(((x, y + 1.5), (to_x, y + 1.5)), INK, 1.2)]


def _panel(drawing: Drawing, top: float, row: Sequence[Plotted], every: Sequence[Plotted], lines: Lines) -> None:
    """One row. Every row has the same scale, so that they can be compared."""
    if not row:
        drawing.add(Text(0, top + 20, "No value is recorded in this period.", 14, QUIET))
        return
    low, high = _scale(every, lines)
    panel = _Panel(top, low, high, len(row))
    _axis(drawing, panel)
    _lines(drawing, panel, lines)
    _joined(drawing, panel, row)
    places = [(panel.x(place), panel.inside(one.value)[0]) for place, one in enumerate(row)]
    panel.taken += [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    for place, one in enumerate(row):
        if one.broken:
            _word(drawing, panel, *places[place], ", ".join(one.broken), FAIL if one.rejects else WARN)
    for one, (x, y) in zip(row, places, strict=True):
        drawing.add(*mark(one.kind, x, y, one.bound), *_beyond(x, y, panel.inside(one.value)[1]))
    _labels(drawing, panel, row)


def _beyond(x: float, y: float, over: int) -> list[Shape]:
    """An arrow at a point that lies above or below the picture."""
    tip = y - 14 * over
    return [Path(((x, y - 7 * over), (x, tip)), QUIET, 1.8),
            Path(((x - 4, tip + 4 * over), (x, tip), (x + 4, tip + 4 * over)), QUIET, 1.8)] if over else []


def _scale(points: Sequence[Plotted], lines: Lines) -> tuple[float, float]:
    """From the lowest to the highest of what counts and of the lines, with a margin. A limit far off is told, not
    drawn, and what is left out does not press the others together."""
    told = [float(one.value) for one in points if not one.left_out] or [float(one.value) for one in points]
    if lines.centre is not None and lines.sd is not None:
        told += [float(lines.centre - 3 * lines.sd), float(lines.centre + 3 * lines.sd)]
    low, high = min(told), max(told)
    span = (high - low) or abs(high) or 1.0
    told += [float(one) for one in (lines.low, lines.high)
             if one is not None and low - 0.8 * span <= float(one) <= high + 0.8 * span]
    low, high = min(told), max(told)
    pad = 0.08 * ((high - low) or abs(high) or 1.0)
    return low - pad, high + pad


def _axis(drawing: Drawing, panel: _Panel) -> None:
    step = _step((panel.high - panel.low) / 6)
    value = math.ceil(panel.low / step) * step
    while value <= panel.high:
        y = panel.y(value)
        drawing.add(Path(((LEFT, y), (RIGHT, y)), GRID, 0.8),
                    Text(LEFT - 8, y + 5, plain(Decimal(f"{value:.6g}")), 13, QUIET, "end"))
        value = round(value / step + 1) * step
    drawing.add(Path(((LEFT, panel.top), (LEFT, panel.bottom), (RIGHT, panel.bottom)), QUIET, 1.5))


def _step(rough: float) -> float:
    """1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(one * power for one in (1, 2, 5, 10) if one * power >= rough)


def _lines(drawing: Drawing, panel: _Panel, lines: Lines) -> None:
    if lines.centre is not None and lines.sd is not None:
        for spreads in (-3, -2, -1, 0, 1, 2, 3):
            value = lines.centre + spreads * lines.sd
            colour = {0: BRAND, 1: QUIET, 2: WARN, 3: FAIL}[abs(spreads)]
            dash = {0: (), 1: (1.5, 4.0), 2: (5.0, 4.0), 3: (9.0, 4.0)}[abs(spreads)]
            y = panel.y(value)
            drawing.add(Path(((LEFT, y), (RIGHT, y)), colour, 1.2 if abs(spreads) == 1 else 1.8, dash=dash))
            word = f"{spreads:+d} SD" if spreads else "centre"
            told = f"{word}  {significant(value, 4)}"
            if panel.free(RIGHT + 6, y - 6, WIDTH, y + 6):
                drawing.add(Text(RIGHT + 6, y + 4.5, told, 12, colour, bold=spreads in (-3, 0, 3)))
    for limit in (lines.low, lines.high):
        if limit is not None and panel.low <= float(limit) <= panel.high:
            drawing.add(*_double(LEFT, RIGHT, panel.y(limit)))


def _joined(drawing: Drawing, panel: _Panel, row: Sequence[Plotted]) -> None:
    """The line through what counts; it stops at what is left out and at what is only a bound."""
    run: list[tuple[float, float]] = []
    for place, one in enumerate([*row, None]):
        if one is None or one.left_out or one.bound:
            if len(run) > 1:
                drawing.add(Path(tuple(run), QUIET, 1.5))
            run = []
        else:
            run.append((panel.x(place), panel.y(one.value)))


def mark(kind: str, x: float, y: float, bound: str = "") -> list[Shape]:
    """The shape of a point: dot, diamond, crossed square, open triangle, ring. They differ without any colour."""
    triangle = ((x - 7, y - 5), (x + 7, y - 5), (x, y + 7)) if bound == "<" else \
        ((x - 7, y + 5), (x + 7, y + 5), (x, y - 7))
    shapes: dict[str, Callable[[], list[Shape]]] = {
        "good": lambda: [Circle(x, y, 4.5, fill=BRAND, stroke="#ffffff", width=1)],
        "warning": lambda: [Path(((x, y - 8), (x + 8, y), (x, y + 8), (x - 8, y)), "#ffffff", 1, WARN, True)],
        "broken": lambda: [Rect(x - 7, y - 7, 14, 14, fill=FAIL, stroke="#ffffff", width=1),
                           Path(((x - 4, y - 4), (x + 4, y + 4)), "#ffffff", 2),
                           Path(((x + 4, y - 4), (x - 4, y + 4)), "#ffffff", 2)],
        "bound": lambda: [Path(triangle, INK, 1.8, "#ffffff", True)],
        "left out": lambda: [Circle(x, y, 5.5, fill="#ffffff", stroke=QUIET, width=1.8)]}
    return shapes[kind]()


def _word(drawing: Drawing, panel: _Panel, x: float, y: float, told: str, colour: str) -> None:
    """The rule beside its point, at the first place where nothing else is written."""
    half = fonts.width(told, fonts.BOLD, 12) / 2 + 2
    middle = min(max(x, LEFT + half), RIGHT - half)
    for base in (y - 12, y + 22, y - 26, y + 36, y - 40, y + 50, y - 54):
        inside = panel.top - 14 <= base - 10 and base <= panel.bottom - 2
        if inside and panel.free(middle - half, base - 10, middle + half, base + 2):
            drawing.add(Rect(middle - half, base - 10, 2 * half, 13, fill="#ffffff"),
                        Text(middle, base, told, 12, colour, "middle", bold=True))
            return


def _labels(drawing: Drawing, panel: _Panel, row: Sequence[Plotted]) -> None:
    """Codes under the axis: what breaks a rule first, then the ends, then whatever still has room; and the days."""
    first = [place for place, one in enumerate(row) if one.kind == "broken"]
    for place in dict.fromkeys((*first, 0, len(row) - 1, *range(len(row)))):
        one, x = row[place], panel.x(place)
        half = max(fonts.width(one.label, fonts.BOLD, 12), fonts.width(f"{one.at:%Y-%m-%d}", fonts.SANS, 11)) / 2 + 4
        middle = min(max(x, half), WIDTH - half)
        bad = one.kind == "broken"
        if panel.free(middle - half, panel.bottom + 8, middle + half, panel.bottom + 38):
            drawing.add(Path(((x, panel.bottom), (x, panel.bottom + 6)), QUIET, 1.2),
                        Text(middle, panel.bottom + 20, one.label, 12, FAIL if bad else INK, "middle", bold=bad),
                        Text(middle, panel.bottom + 34, f"{one.at:%Y-%m-%d}", 11, QUIET, "middle"))


def _legend(drawing: Drawing, points: Sequence[Plotted], lines: Lines, y: float) -> None:
    """Only what is in the picture. Without a centre nothing is in order or out of it."""
    words = KINDS | ({} if lines.centre is not None else {"good": "value, not judged yet"})
    x = LEFT
    for kind, word in words.items():
        bound = next((one.bound for one in points if one.kind == kind), None)
        if bound is not None:
            drawing.add(*mark(kind, x, y - 4, bound), Text(x + 14, y, word, 13, INK))
            x += 40 + fonts.width(word, fonts.SANS, 13)
