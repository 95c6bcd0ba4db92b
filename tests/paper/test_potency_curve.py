"""The curve of a killing assay shows every value it is given, loaded and unloaded told apart without colour."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.paper.potency_curve import BOTTOM, LEFT, RIGHT, TOP, Lysis, potency_curve
from mfg.paper.shapes import Circle, Path, Text, to_svg

D = Decimal
POINTS: list[Lysis] = [(D(10), D(55), D(21)), (D("2.5"), D("20.55"), D(5)), (D(5), D(40), None)]


def dots(points: list[Lysis]) -> list[Circle]:
    found = [one for one in potency_curve(points).shapes if isinstance(one, Circle)]
    return found[:-2]  # the last two are the legend


def test_every_value_is_a_dot_and_a_figure() -> None:
    drawing = potency_curve(POINTS, claim=D(10), minimum=D(40))
    assert len(dots(POINTS)) == 5
    words = [one.text for one in drawing.shapes if isinstance(one, Text)]
    for figure in ("55", "21", "5", "40", "10:1", "5:1", "2.5:1", "loaded at least 40 %",
                   "loaded \u2212 unloaded at 10:1 = 34 points"):
        assert figure in words
    assert drawing.says == ("Lysis of target cells: at 2.5:1 loaded 20.6 %, unloaded 5 %; at 5:1 loaded 40 %, unloaded "
                            "not known; at 10:1 loaded 55 %, unloaded 21 %")


def test_loaded_is_a_full_line_and_unloaded_a_broken_one() -> None:
    lines = [one for one in potency_curve(POINTS).shapes if isinstance(one, Path) and one.width in (2, 3)
             and len(one.points) > 1 and one.points[0][1] > TOP]
    assert {(one.width, bool(one.dash)) for one in lines} == {(3, False), (2, True)}


def test_without_values_a_sentence_is_drawn() -> None:
    for points in ([], [(D(10), None, None)], [(D(0), D(5), D(5))]):
        assert "no lysis is known yet" in to_svg(potency_curve(points))


RATIOS = st.decimals("0.001", "1000", places=3)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(RATIOS, *[st.none() | st.decimals(-500, 500, places=2)] * 2), max_size=8),
       st.none() | RATIOS, st.none() | st.decimals(-500, 500, places=1))
def test_whatever_was_measured_stays_in_the_picture(points: list[Lysis], claim: Decimal | None,
                                                    minimum: Decimal | None) -> None:
    drawing = potency_curve(points, claim=claim, minimum=minimum)
    assert len(to_svg(drawing)) < 20_000
    for one in drawing.shapes:
        if isinstance(one, Circle):
            assert LEFT <= one.x <= RIGHT and (TOP <= one.y <= BOTTOM or one.y == 44)
