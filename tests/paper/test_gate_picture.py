"""The picture of a gate shows the counts it is given, where they lie, and stays small whatever the events are."""

from __future__ import annotations

import math
import re

import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Refused
from mfg.instruments.fcs import read_flow
from mfg.instruments.gate_file import read_gates
from mfg.instruments.gate_step import BINS, Step, step_of
from mfg.instruments.gating import Gated
from mfg.paper.gate_picture import gate_picture
from mfg.paper.shapes import Circle, Path, to_svg
from tests.instruments.fcs_bytes import axis, boolean, fcs, gates, polygon, rectangle, scale

GRID = [(x, y) for x in range(10) for y in range(10)]


def step(key: str, *parts: str, rows: list[tuple[float, float]] | None = None) -> Step:
    flow = read_flow("f", fcs(rows or GRID, ("X", "Y"), markers=("CD56", "CD3"), kind="D"))
    return step_of(Gated(flow, read_gates("g", gates(*parts))), key)


def test_every_event_of_the_parent_is_in_one_bin_and_so_is_every_one_of_the_gate() -> None:
    found = step("NK", rectangle("Live", axis("X", 2)),
                 rectangle("NK", axis("X", 4), axis("Y", None, 5), parent="Live"))
    assert (found.path, found.parent, found.events, found.of_events) == ("Live/NK", "Live", 30, 80)
    assert len(found.bins) == BINS and {len(row) for row in found.bins} == {BINS}
    assert sum(count for row in found.bins for count, _ in row) == 80
    assert sum(inside for row in found.bins for _, inside in row) == 30
    assert [(one.channel, one.marker, one.scale) for one in found.sides] == [("X", "CD56", "linear"),
                                                                            ("Y", "CD3", "linear")]
    # an open gate has no line where it is open: one bound on either side, two lines
    assert len(found.outline) == 2


def test_dots_of_the_gate_are_filled_and_lie_within_its_outline() -> None:
    found = step("P", polygon("P", "X", "Y", (1.5, 1.5), (6.5, 1.5), (6.5, 6.5), (1.5, 6.5)))
    drawing = gate_picture(found, "25.0000")
    outline = [one for one in drawing.shapes if isinstance(one, Path) and one.width == 2.5][0]
    xs, ys = zip(*outline.points, strict=True)
    dots = [one for one in drawing.shapes if isinstance(one, Circle)][:-2]  # the last two are the legend
    assert len(dots) == 100 and sum(bool(one.fill) for one in dots) == 25 == found.events
    for one in dots:
        assert bool(one.fill) == (min(xs) < one.x < max(xs) and min(ys) < one.y < max(ys))
    assert drawing.says == "Gate P: 25 of 100 events of All events = 25.0000 %"


def test_a_gate_on_one_channel_is_drawn_as_bars() -> None:
    found = step("A", rectangle("A", axis("X", 3, 6)))
    assert len(found.bins) == 1 and sum(inside for _, inside in found.bins[0]) == 30
    assert len(found.outline) == 2
    assert "CD56 (X), linear" in to_svg(gate_picture(found, "30.0000"))


def test_a_polygon_that_leaves_the_picture_is_cut_and_not_bent() -> None:
    found = step("P", polygon("P", "X", "Y", (-1000, -1000), (1000, -1000), (1000, 1000)))
    for x, y in found.outline[0]:
        assert -1e-9 <= x <= 1 + 1e-9 and -1e-9 <= y <= 1 + 1e-9
        assert y <= x + 1e-9  # the slanting side is x = y, and both sides of the picture are alike
    assert found.events == 55


def test_marks_are_values_of_the_instrument() -> None:
    told = scale("s", "fasinh", T=1000, M=4, A=1)
    rows = [(float(n), float(n)) for n in (0, 1, 10, 100, 999)]
    found = step("A", told, rectangle("A", axis("X", 0.5, scale="s"), axis("Y", 0.5, scale="s")), rows=rows)
    assert [label for _, label in found.sides[0].marks] == ["0", "1", "10", "1e2", "1e3"][:len(found.sides[0].marks)]
    svg = to_svg(gate_picture(found, ""))
    assert "10\u00b2" in svg and "asinh" in svg
    ElementTree.fromstring(svg)


def test_what_cannot_be_drawn_is_said() -> None:
    low, high = rectangle("L", axis("X", None, 5)), rectangle("H", axis("Y", 5))
    for key, parts in (("B", (low, high, boolean("B", "and", "L", "H"))), ("Z", (low,)),
                       ("E", (rectangle("N", axis("X", 99)), rectangle("E", axis("Y", 1), parent="N")))):
        with pytest.raises(Refused, match="cannot be drawn"):
            step(key, *parts)


def test_channels_that_do_not_fit_on_the_picture_are_named() -> None:
    found = step("A", rectangle("A", axis("X", 1), axis("Y", 1), axis("X", None, 9)))
    assert found.unseen == ("X",) and "also by X" in to_svg(gate_picture(found, ""))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-1e308, 1e308, allow_nan=False)] * 2), min_size=1, max_size=30),
       st.floats(-1e6, 1e6), st.sampled_from(["", "flog", "logicle", "fasinh"]))
def test_any_events_give_a_small_picture_or_a_sentence(rows: list[tuple[float, float]], bound: float,
                                                       kind: str) -> None:
    given_ = {"flog": {"T": 1000, "M": 4}, "logicle": {"T": 1000, "M": 4, "W": 1, "A": 0},
              "fasinh": {"T": 1000, "M": 4, "A": 0}}
    told = scale("s", kind, **given_[kind]) if kind else ""
    low = bound / 1e6 if kind else bound
    try:
        drawing = gate_picture(step("A", told, rectangle("A", axis("X", f"{low:f}", scale=kind and "s"),
                                                         axis("Y", f"{low:f}", scale=kind and "s")), rows=rows), "1")
    except Refused:
        return
    svg = to_svg(drawing)
    assert len(svg) < 200_000 and not re.search(r"nan|inf[^o]", svg)
    assert all(math.isfinite(one.x) and math.isfinite(one.y) for one in drawing.shapes if isinstance(one, Circle))
