"""Pictures: well-formed, readable without colour, the same on screen and on paper."""

from __future__ import annotations

import io
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from reportlab.pdfgen.canvas import Canvas

from mfg.facts import Refused
from mfg.paper.drawing import (
    dose_gauge,
    growth_curve,
    on_canvas,
    readable,
    scientific,
    to_svg,
    verdict_sign,
    viability_trend,
)
from mfg.paper.shapes import Circle, Drawing, Path, Rect, Text
from tests.paper.reading import picture_of_pdf

D = Decimal
GROWTH = [(D("0"), D("2.1e7")), (D("7"), D("1.1e8")), (D("14"), D("9.4e8"))]
SVG = "{http://www.w3.org/2000/svg}"


def pictures() -> list[Drawing]:
    return [growth_curve(GROWTH, 'A "quoted" & <odd> title'), viability_trend([(D(0), D(97)), (D(7), D("94.5"))]),
            dose_gauge(D("78.5"), D(80), D(120), (D("72.2"), D("84.8")), "FAIL"), dose_gauge(None, None, None),
            growth_curve([]), growth_curve(GROWTH[:1]), viability_trend([])]


@pytest.mark.parametrize("drawing", pictures(), ids=lambda drawing: drawing.says[:30])
def test_svg_is_well_formed_says_itself_in_words_and_needs_no_style(drawing: Drawing) -> None:
    told = to_svg(drawing)
    root = ElementTree.fromstring(told)  # noqa: S314  our own text
    assert root.tag == f"{SVG}svg" and root.get("role") == "img" and root.get("aria-label")
    assert root.find(f"{SVG}title").text == root.get("aria-label")
    for element in root.iter():
        assert "style" not in element.attrib
        assert element.tag.removeprefix(SVG) in {"svg", "title", "path", "rect", "circle", "text"}


def _texts(drawing: Drawing) -> list[str]:
    return [shape.text for shape in drawing.shapes if isinstance(shape, Text)]


def test_growth_has_powers_of_ten_on_its_axis_and_a_dot_for_each_count() -> None:
    drawing = growth_curve(GROWTH)
    assert {"10\u2077", "10\u2078", "10\u2079"} <= set(_texts(drawing))
    dots = [shape for shape in drawing.shapes if isinstance(shape, Circle)]
    assert len(dots) == 3
    assert dots[0].y > dots[1].y > dots[2].y and dots[0].x < dots[1].x < dots[2].x
    assert "9.4 \u00d7 10\u2078 at day 14" in drawing.says


def test_equal_folds_are_equal_heights_on_the_growth_curve() -> None:
    drawing = growth_curve([(D(0), D("1e7")), (D(1), D("1e8")), (D(2), D("1e9"))])
    first, second, third = (shape.y for shape in drawing.shapes if isinstance(shape, Circle))
    assert first - second == pytest.approx(second - third)


def test_points_given_out_of_order_are_drawn_in_time() -> None:
    assert to_svg(growth_curve(GROWTH[::-1])) == to_svg(growth_curve(GROWTH))


def test_a_count_of_zero_is_refused_because_a_log_axis_would_lie() -> None:
    with pytest.raises(Refused, match="logarithmic"):
        growth_curve([(D(0), D(0))])


def test_the_gauge_puts_the_dose_where_it_belongs() -> None:
    def place(value: str) -> float:
        drawing = dose_gauge(D(value), D(80), D(120), None, "PASS")
        pointer = next(s for s in drawing.shapes if isinstance(s, Path) and s.closed)
        return sum(x for x, _ in pointer.points) / len(pointer.points)

    def limits() -> list[float]:
        drawing = dose_gauge(D(100), D(80), D(120), None, "PASS")
        return [s.x for s in drawing.shapes if isinstance(s, Text) and s.text in ("80 %", "120 %")]

    low, high = limits()
    assert place("80") == pytest.approx(low) and place("120") == pytest.approx(high)
    assert place("100") == pytest.approx((low + high) / 2)
    assert place("79") < low < place("81")


def test_a_dose_off_the_scale_stays_on_the_picture_and_is_told_in_figures() -> None:
    for value in ("0", "900"):
        drawing = dose_gauge(D(value), D(80), D(120), None, "FAIL")
        for shape in drawing.shapes:
            for x, _ in getattr(shape, "points", ()):
                assert 0 <= x <= drawing.w
        assert f"{value}.0 % FAIL" in _texts(drawing) or f"{value} % FAIL" in _texts(drawing)


def test_an_unknown_dose_is_said_and_not_drawn() -> None:
    drawing = dose_gauge(None, D(80), D(120), None, "CANNOT DETERMINE")
    assert "The dose is not known." in _texts(drawing)
    assert not [shape for shape in drawing.shapes if isinstance(shape, Rect)]


def test_unknown_limits_are_not_invented() -> None:
    drawing = dose_gauge(D(100), None, D(120), None, "CANNOT DETERMINE")
    assert "allowed not known to 120 %" in drawing.says
    assert "80 %" not in _texts(drawing)


@pytest.mark.parametrize(("value", "limits", "told"), [
    ("78.5", (80, 120), "78.5"), ("79.98", (80, 120), "79.98"), ("79.9996", (80, 120), "79.9996"),
    ("80", (80, 120), "80"),
    ("80.00001", (80, 120), "80.00001"), ("95.123456", (80, 120), "95.1"), ("120.04", (80, 120), "120.04"),
])
def test_rounding_for_reading_never_moves_a_dose_onto_or_over_a_limit(value: str, limits: tuple[int, int],
                                                                     told: str) -> None:
    assert readable(D(value), tuple(map(D, limits))) == told


@pytest.mark.parametrize(("value", "told"), [
    ("7850000", "7.85 \u00d7 10\u2076"), ("1e7", "1.00 \u00d7 10\u2077"), ("0", "0"),
    ("0.00045", "4.50 \u00d7 10\u207b\u2074"),
    ("9.999e8", "1.00 \u00d7 10\u2079"),
])
def test_numbers_are_written_with_raised_exponents(value: str, told: str) -> None:
    assert scientific(D(value)) == told


def test_the_signs_differ_in_shape_not_only_in_colour() -> None:
    outlines = {verdict: (type(sign[0]), len(getattr(sign[0], "points", ())), bool(sign[0].fill))
                for verdict in ("PASS", "FAIL", "CANNOT DETERMINE", "") for sign in [verdict_sign(verdict, 0, 0, 10)]}
    assert len(set(outlines.values())) == 4


def test_the_same_list_is_drawn_on_paper() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(300, 200))
    tall = on_canvas(canvas, growth_curve(GROWTH), 0, 200, 300)
    canvas.save()
    assert tall == pytest.approx(230 * 300 / 560)
    picture = picture_of_pdf(out.getvalue(), 72)
    dot = next(s for s in growth_curve(GROWTH).shapes if isinstance(s, Circle))
    scale = 300 / 560
    assert picture.getpixel((round(dot.x * scale), round(dot.y * scale))) < 110
    assert picture.getpixel((298, 195)) == 255
