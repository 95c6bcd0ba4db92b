"""The picture of a chart: every kind of point has a shape of its own, and nothing of a long series is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal as D
from xml.etree import ElementTree

import pytest

from mfg.paper.control_chart import ACROSS, KINDS, MOST, Lines, Plotted, chart_parts, control_chart, mark
from mfg.paper.shapes import Circle, Drawing, Path, Rect, Text, to_svg
from mfg.paper.trend import ChartPaper, chart_pdf
from tests.office import NOON

LINES = Lines(D(90), D(2), D(84), D(100), "specification")


def points(many: int, **odd: Plotted) -> list[Plotted]:
    made = [Plotted(f"NK-26-{place + 1:03d}", NOON + timedelta(days=place), D(88) + place % 5) for place in range(many)]
    for name, one in odd.items():
        made[int(name.removeprefix("at"))] = one
    return made


def words(drawing: Drawing) -> list[str]:
    return [shape.text for shape in drawing.shapes if isinstance(shape, Text)]


def dots(drawing: Drawing) -> int:
    """The points in order; the one of the legend is told apart by where it stands."""
    return sum(isinstance(shape, Circle) and shape.r == 4.5 for shape in drawing.shapes) - 1


@pytest.mark.parametrize("many", [1, 2, ACROSS, ACROSS + 1, MOST])
def test_every_point_of_a_series_is_drawn_once(many: int) -> None:
    drawing = control_chart("NK cells", "%", points(many), LINES)
    assert dots(drawing) == many
    assert sum(dots(part) for part in chart_parts("NK cells", "%", points(many), LINES)) == many


def test_points_of_one_row_do_not_touch() -> None:
    drawing = control_chart("NK cells", "%", points(MOST), LINES)
    at = sorted({(round(shape.y / 262), round(shape.x, 2)) for shape in drawing.shapes
                 if isinstance(shape, Circle) and shape.r == 4.5})
    gaps = [b[1] - a[1] for a, b in zip(at, at[1:], strict=False) if a[0] == b[0] and b[1] > a[1]]
    assert min(gaps) > 9


def test_the_shapes_differ_without_any_colour() -> None:
    told = set()
    for kind in KINDS:
        shapes = mark(kind, 0, 0, "<")
        told.add(tuple((type(one).__name__, len(one.points) if isinstance(one, Path) else bool(
            getattr(one, "fill", "") not in ("", "#ffffff"))) for one in shapes))
    assert len(told) == len(KINDS)


def test_what_breaks_a_rule_is_told_by_word_and_by_its_code() -> None:
    broken = Plotted("NK-26-007", NOON, D(97), broken=("1-3s",), rejects=True)
    drawing = control_chart("NK cells", "%", points(40, at6=broken), LINES)
    assert "1-3s" in words(drawing) and "NK-26-007" in words(drawing) and "breaks a rule" in words(drawing)
    assert "1 breaks a rule" in drawing.says


def test_a_bound_is_an_open_triangle_towards_where_the_value_lies() -> None:
    below, above = mark("bound", 50, 50, "<")[0], mark("bound", 50, 50, ">")[0]
    assert isinstance(below, Path) and isinstance(above, Path) and below.fill == "#ffffff"
    assert max(y for _, y in below.points) == 57 and min(y for _, y in above.points) == 43
    assert sum(y == 57 for _, y in below.points) == 1, "one corner points down"


def test_the_line_stops_at_what_is_left_out() -> None:
    def lines(made: list[Plotted]) -> list[int]:
        return [len(one.points) for one in control_chart("x", "%", made, Lines()).shapes
                if isinstance(one, Path) and one.width == 1.5 and not one.closed and len(one.points) != 3]

    left_out = Plotted("NK-26-006", NOON, D(90), left_out="Not reviewed")
    assert lines(points(11)) == [11] and lines(points(11, at5=left_out)) == [5, 5]


def test_an_excluded_value_far_off_stands_at_the_edge_and_presses_nothing_together() -> None:
    far = Plotted("NK-26-006", NOON, D("0.001"), left_out="Wrong vial")
    drawing = control_chart("x", "%", points(11, at5=far), LINES)
    plain = control_chart("x", "%", points(11), LINES)
    ys = [[shape.y for shape in one.shapes if isinstance(shape, Circle) and shape.r == 4.5][0] for one in
          (drawing, plain)]
    assert ys[0] == ys[1]
    ring = next(one for one in drawing.shapes if isinstance(one, Circle) and one.r == 5.5)
    assert 30 < ring.y < drawing.h - 60


def test_a_limit_far_off_is_told_and_not_drawn() -> None:
    assert "limit at least 10 (off the picture)" in words(control_chart("x", "%", points(9), Lines(low=D(10))))
    assert "specification at least 84, at most 100" in words(control_chart("x", "%", points(9), LINES))


def test_without_a_centre_nothing_is_called_in_order() -> None:
    told = words(control_chart("x", "%", points(3), Lines(note="No centre is drawn.")))
    assert "value, not judged yet" in told and "in order" not in told and "No centre is drawn." in told


def test_no_value_is_a_sentence() -> None:
    assert "No value is recorded in this period." in words(control_chart("x", "%", [], LINES))


@pytest.mark.parametrize("value", ["0", "1e-6", "6.2e6", "-5"])
def test_any_size_of_number_can_be_drawn(value: str) -> None:
    made = [Plotted("A", NOON, D(value)), Plotted("B", NOON, D(value))]
    assert len(control_chart("x", "1", made, Lines()).shapes) > 4


def test_text_stays_text_in_the_picture_and_every_place_lies_inside_it() -> None:
    hostile = Plotted("<script>&", NOON, D(90), broken=('"><b>',), rejects=True)
    drawing = control_chart("<b>", "%", points(60, at3=hostile), LINES)
    root = ElementTree.fromstring(to_svg(drawing))  # noqa: S314  our own text
    assert not re.search("<script|<b>", to_svg(drawing)) and root.tag.endswith("svg")
    for shape in drawing.shapes:
        if isinstance(shape, (Circle, Rect, Text)):
            assert -1 <= shape.x <= drawing.w + 1 and -1 <= shape.y <= drawing.h + 1


def test_the_paper_has_picture_and_every_value() -> None:
    made = points(90)
    pdf = chart_pdf(ChartPaper("NK cells", "%", "PASS", "in order", "About.", made, LINES, ("Of", "Value"),
                               [(one.label, str(one.value)) for one in made]), "2026", "now")
    assert pdf.startswith(b"%PDF")
