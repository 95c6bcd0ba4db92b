"""A drawing as a plain list of shapes in a pixel box, drawn as SVG for the screen or on a PDF canvas.

One list, two back ends, so that the picture people see is the picture they print. Colours repeat what shape and
words already say: every drawing must be readable in black and white. Nothing here computes a result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from mfg.paper import fonts

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points; closed and filled it is a polygon. Colours are `#rrggbb`, empty is none."""

    points: tuple[Point, ...]
    stroke: str = "#14201d"
    width: float = 1.0
    fill: str = ""
    closed: bool = False
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle from its top left corner."""

    x: float
    y: float
    w: float
    h: float
    fill: str = ""
    stroke: str = ""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle; without a fill it is a ring."""

    x: float
    y: float
    r: float
    fill: str = ""
    stroke: str = ""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; y is its baseline; anchor is start, middle or end."""

    x: float
    y: float
    text: str
    size: float = 12.0
    fill: str = "#14201d"
    anchor: str = "start"
    bold: bool = False


Shape = Path | Rect | Circle | Text


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes in a box of w by h pixels, y downwards, and the sentence that says the same in words."""

    w: float
    h: float
    says: str
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        """Draw on top of what is there."""
        self.shapes.extend(shapes)


def _n(value: float) -> str:
    """A number as short text, the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def to_svg(drawing: Drawing) -> str:
    """The drawing as an SVG element that a page may hold inline.

    Presentation attributes only: a strict content security policy blocks style attributes.
    """
    body = "".join(_svg(shape) for shape in drawing.shapes)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(drawing.w)} {_n(drawing.h)}" width="100%" '
            f'font-family="DejaVu Sans, Noto Sans, Segoe UI, sans-serif" role="img" '
            f'aria-label={quoteattr(drawing.says)}><title>{escape(drawing.says)}</title>{body}</svg>')


def _paint(fill: str, stroke: str, width: float) -> str:
    line = f' stroke="{stroke}" stroke-width="{_n(width)}"' if stroke else ""
    return f' fill="{fill or "none"}"{line}'


def _svg(shape: Shape) -> str:
    match shape:
        case Path():
            told = "L".join(f"{_n(x)} {_n(y)}" for x, y in shape.points)
            dash = f' stroke-dasharray="{" ".join(map(_n, shape.dash))}"' if shape.dash else ""
            return (f'<path d="M{told}{"Z" if shape.closed else ""}"'
                    f'{_paint(shape.fill, shape.stroke, shape.width)}{dash}/>')
        case Rect():
            return (f'<rect x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.w)}" height="{_n(shape.h)}"'
                    f'{_paint(shape.fill, shape.stroke, shape.width)}/>')
        case Circle():
            return (f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.r)}"'
                    f'{_paint(shape.fill, shape.stroke, shape.width)}/>')
        case Text():
            bold = ' font-weight="700"' if shape.bold else ""
            return (f'<text x="{_n(shape.x)}" y="{_n(shape.y)}" font-size="{_n(shape.size)}"{bold} '
                    f'text-anchor="{shape.anchor}" fill="{shape.fill}">{escape(shape.text)}</text>')


def on_canvas(canvas: Canvas, drawing: Drawing, x: float, y: float, w: float) -> float:
    """Draw with the top left corner at (x, y) points, w points wide; returns the height used, in points."""
    scale = w / drawing.w
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(scale, scale)
    for shape in drawing.shapes:
        _on_canvas(canvas, shape)
    canvas.restoreState()
    return drawing.h * scale


def _ink(canvas: Canvas, fill: str, stroke: str, width: float) -> dict[str, int]:
    if fill:
        canvas.setFillColor(HexColor(fill))
    if stroke:
        canvas.setStrokeColor(HexColor(stroke))
        canvas.setLineWidth(width)
    return {"fill": int(bool(fill)), "stroke": int(bool(stroke))}


def _on_canvas(canvas: Canvas, shape: Shape) -> None:
    match shape:
        case Path():
            path = canvas.beginPath()
            path.moveTo(shape.points[0][0], -shape.points[0][1])
            for px, py in shape.points[1:]:
                path.lineTo(px, -py)
            if shape.closed:
                path.close()
            canvas.setDash(list(shape.dash))
            canvas.drawPath(path, **_ink(canvas, shape.fill, shape.stroke, shape.width))
            canvas.setDash([])
        case Rect():
            canvas.rect(shape.x, -shape.y - shape.h, shape.w, shape.h,
                        **_ink(canvas, shape.fill, shape.stroke, shape.width))
        case Circle():
            canvas.circle(shape.x, -shape.y, shape.r, **_ink(canvas, shape.fill, shape.stroke, shape.width))
        case Text():
            font = fonts.BOLD if shape.bold else fonts.SANS
            shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor] * fonts.width(shape.text, font, shape.size)
            canvas.setFillColor(HexColor(shape.fill))
            fonts.draw(canvas, shape.x - shift, -shape.y, shape.text, font, shape.size)


def verdict_sign(verdict: str, x: float, y: float, size: float) -> list[Shape]:
    """The shape of a verdict, centred at (x, y): ticked circle PASS, crossed octagon FAIL, marked diamond
    CANNOT DETERMINE, empty ring for anything not decided yet. The shapes differ without any colour.
    """
    r, white = size / 2, "#ffffff"
    if verdict == "PASS":
        return [Circle(x, y, r, fill="#0b6b47"),
                Path(_around(x, y, r, (-0.5, 0.05), (-0.15, 0.4), (0.5, -0.35)), white, r * 0.26)]
    if verdict == "FAIL":
        octagon = _around(x, y, r, *((sx * a, sy * b) for sx, sy, a, b in _OCTAGON))
        return [Path(octagon, "", 0, "#a81b1b", True),
                Path(_around(x, y, r, (-0.38, -0.38), (0.38, 0.38)), white, r * 0.26),
                Path(_around(x, y, r, (0.38, -0.38), (-0.38, 0.38)), white, r * 0.26)]
    if verdict == "CANNOT DETERMINE":
        diamond = _around(x, y, r, (0, -1), (1, 0), (0, 1), (-1, 0))
        return [Path(diamond, "", 0, "#7a4d00", True),
                Text(x, y + r * 0.45, "?", r * 1.3, white, "middle", bold=True)]
    return [Circle(x, y, r * 0.9, stroke="#4a5854", width=r * 0.22)]


_OCTAGON = ((-1, -1, 0.41, 1), (1, -1, 0.41, 1), (1, -1, 1, 0.41), (1, 1, 1, 0.41),
            (1, 1, 0.41, 1), (-1, 1, 0.41, 1), (-1, 1, 1, 0.41), (-1, -1, 1, 0.41))


def _around(x: float, y: float, r: float, *offsets: Point) -> tuple[Point, ...]:
    return tuple((x + dx * r, y + dy * r) for dx, dy in offsets)
