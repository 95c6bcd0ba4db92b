"""Gates: which events lie in them, held against plain arithmetic of our own, and which gate files are refused."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Refused
from mfg.instruments.fcs import read_flow
from mfg.instruments.flow_readers import read_fcs
from mfg.instruments.gate_file import read_gates
from mfg.instruments.gate_scales import Scale
from mfg.instruments.gating import Gated, inverted, populations, share, within
from tests.instruments.fcs_bytes import axis, boolean, fcs, gates, matrix, polygon, rectangle, scale

#: x, y of 100 events on a grid from 0 to 9
GRID = [(x, y) for x in range(10) for y in range(10)]
FLOW = read_flow("grid.fcs", fcs(GRID, ("X", "Y")))


def counted(*parts: str) -> dict[str, tuple[str, int, int]]:
    """Path -> parent, events, events of the parent."""
    found = populations(Gated(FLOW, read_gates("gates.xml", gates(*parts))))
    return {one.path: (one.parent, one.events, one.of_events) for one in found}


def places(key: str, *parts: str) -> list[tuple[int, int]]:
    """The grid points in a gate."""
    return [GRID[event] for event in Gated(FLOW, read_gates("gates.xml", gates(*parts))).members(key)]


@pytest.mark.parametrize(("low", "high", "inside"), [
    (3, 6, [3, 4, 5]), (3, None, [3, 4, 5, 6, 7, 8, 9]), (None, 3, [0, 1, 2]), ("2.5", "3", []), ("-1e3", "1e3", None)])
def test_the_lower_bound_belongs_to_the_gate_and_the_upper_does_not(low: object, high: object,
                                                                    inside: list[int] | None) -> None:
    found = places("A", rectangle("A", axis("X", low, high)))
    assert found == [one for one in GRID if inside is None or one[0] in inside]


def test_parents_and_their_whole_paths() -> None:
    assert counted(rectangle("NK", axis("Y", 5), parent="Live"), rectangle("Live", axis("X", 2)),
                   rectangle("Bright", axis("Y", 8), parent="NK")) == {
        "Live/NK": ("Live", 40, 80), "Live": ("All events", 80, 100), "Live/NK/Bright": ("Live/NK", 16, 40)}


def test_gates_made_of_others_stand_on_the_population_of_their_parent() -> None:
    low, high = rectangle("Low", axis("X", None, 5)), rectangle("High", axis("Y", 5))
    assert set(places("Both", low, high, boolean("Both", "and", "Low", "High"))) == {
        one for one in GRID if one[0] < 5 <= one[1]}
    assert set(places("Any", low, high, boolean("Any", "or", "Low", "!High"))) == {
        one for one in GRID if one[0] < 5 or one[1] < 5}
    assert set(places("No", low, high, boolean("No", "not", "Low", parent="High"))) == {
        one for one in GRID if one[0] >= 5 <= one[1]}
    assert set(places("Yes", low, high, boolean("Yes", "not", "!Low"))) == {one for one in GRID if one[0] < 5}


def test_a_reference_means_the_population_with_its_parents() -> None:
    found = places("Not", rectangle("Live", axis("X", 5)), rectangle("NK", axis("Y", 5), parent="Live"),
                   boolean("Not", "not", "NK"))
    assert set(found) == {one for one in GRID if not (one[0] >= 5 and one[1] >= 5)}


def divider(key: str, channel: str, *values: int) -> str:
    told = "".join(f"<gating:value>{value}</gating:value>" for value in values)
    return axis(channel, tag="divider", more=f' gating:id="{key}"').replace("</gating:divider>",
                                                                           f"{told}</gating:divider>")


QUADRANTS = ('<gating:QuadrantGate gating:id="Q">' + divider("dx", "X", 3, 6) + divider("dy", "Y", 5)
             + "".join(f'<gating:Quadrant gating:id="{key}"><gating:position gating:divider_ref="dx" '
                       f'gating:location="{x}"/><gating:position gating:divider_ref="dy" gating:location="{y}"/>'
                       f"</gating:Quadrant>" for key, x, y in (("LL", 1, 1), ("ML", 4, 1), ("HH", 7, 5), ("MH", 3, 9)))
             + "</gating:QuadrantGate>")


def test_quadrants_are_gates_between_the_values_that_part_them() -> None:
    assert {key: value[1] for key, value in counted(QUADRANTS, rectangle("In", axis("X", 4), parent="ML")).items()} == {
        "LL": 15, "ML": 15, "HH": 20, "MH": 15, "ML/In": 10}
    assert set(places("HH", QUADRANTS)) == {one for one in GRID if one[0] >= 6 and one[1] >= 5}


TRIANGLE = ((1, 1), (7, 1), (7, 7))


def test_the_edge_of_a_polygon_is_inside() -> None:
    assert set(places("P", polygon("P", "X", "Y", *TRIANGLE))) == {
        one for one in GRID if 1 <= one[1] <= one[0] <= 7}


def on_an_edge(x: Fraction, y: Fraction, a: tuple[int, int], b: tuple[int, int]) -> bool:
    cross = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
    return cross == 0 and min(a[0], b[0]) <= x <= max(a[0], b[0]) and min(a[1], b[1]) <= y <= max(a[1], b[1])


def inside_by_fractions(x: int, y: int, corners: list[tuple[int, int]]) -> bool:
    """Own reckoning: on an edge, or an odd number of edges crossed by a ray to the left."""
    fx, fy = Fraction(x), Fraction(y)
    edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    if any(on_an_edge(fx, fy, a, b) for a, b in edges):
        return True
    crossed = 0
    for (ax, ay), (bx, by) in edges:
        if min(ay, by) <= fy < max(ay, by):
            crossed += ax + (fy - ay) * Fraction(bx - ax, by - ay) < fx
    return crossed % 2 == 1


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(-2, 12), st.integers(-2, 12)), min_size=3, max_size=8))
def test_any_polygon_is_as_exact_fractions_say(corners: list[tuple[int, int]]) -> None:
    for x, y in GRID[::3]:
        assert within(float(x), float(y), corners) == inside_by_fractions(x, y, corners), (x, y)


SCALES = [Scale("flin", 1000, a=100), Scale("flog", 10_000, 5), Scale("fasinh", 1000, 4, 1),
          Scale("logicle", 1000, 4.5, 0, 0.5), Scale("logicle", 262_144, 4.5, 0.5, 1), Scale("logicle", 1000, 4, 1, 0),
          Scale("hyperlog", 1000, 4, 1, 1), Scale("hyperlog", 10_000, 4.5, 0, 1)]


@pytest.mark.parametrize("one", SCALES, ids=lambda one: f"{one.kind}-{one.a:g}-{one.w:g}")
def test_a_scale_ends_at_one_rises_and_turns_back_into_itself(one: Scale) -> None:
    forms = one.forms()
    assert one.fault == "" and math.isclose(forms.on(one.t), 1, rel_tol=1e-12)
    values = [0.001, 0.5, 1, 10, 100, 999, 1000] + ([] if one.kind == "flog" else [-100, -10, -1, 0])
    told = [forms.on(value) for value in sorted(values)]
    assert told == sorted(told) and len(set(told)) == len(told)
    for value in values:
        assert math.isclose(forms.back(forms.on(value)), value, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize(("one", "value", "on"), [
    # worked out by hand from the formulas of the standard
    (Scale("flin", 1000, a=100), 450, 0.5), (Scale("flog", 10_000, 5), 100, 0.6),
    (Scale("fasinh", math.sinh(4 * math.log(10)), 4, 0), math.sinh(2 * math.log(10)), 0.5),
    (Scale("logicle", 1000, 4, 1, 1), 0, 0.4), (Scale("hyperlog", 1000, 4, 1, 1), 0, 0.4),
    (Scale("logicle", 1000, 4.5, 0, 0.9), 0, 0.2)])
def test_a_scale_gives_what_the_formula_gives(one: Scale, value: float, on: float) -> None:
    assert math.isclose(one.forms().on(value), on, rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.parametrize("one", [
    Scale("flin", 0), Scale("flin", 10, a=11), Scale("flog", 10, 0), Scale("flog", -1, 4), Scale("fasinh", 10, 4, 5),
    Scale("fasinh", 10, 4, -1), Scale("logicle", 10, 4, 0, 3), Scale("logicle", 10, 4, -1, 0.5),
    Scale("hyperlog", 10, 4, 0, 0), Scale("logicle", 10, 400, 0, 1), Scale("flog", math.inf, 4)])
def test_parameters_that_cannot_be_are_named(one: Scale) -> None:
    assert one.fault


def test_bounds_on_a_scale_are_bounds_of_the_instrument() -> None:
    told = scale("s", "fasinh", T=1000, M=4, A=0)
    bound = Scale("fasinh", 1000, 4, 0).forms().on(5)
    found = places("A", told, rectangle("A", axis("X", repr(bound - 1e-9), scale="s")))
    assert {x for x, _ in found} == {5, 6, 7, 8, 9}
    for kind, more in (("logicle", {"W": 0.5}), ("hyperlog", {"W": 0.5}), ("flog", None), ("fasinh", {})):
        given_ = {"T": 1000, "M": 4} | ({"A": 0} | more if more is not None else {})
        one = Scale(kind, 1000, 4, 0, float((more or {}).get("W", 0)))
        on = one.forms().on
        corners = [(repr(on(x)), repr(on(y))) for x, y in ((1.5, 1.5), (6.5, 1.5), (6.5, 4.5), (1.5, 4.5))]
        assert set(places("P", scale("s", kind, **given_), polygon("P", "X", "Y", *corners, scale="s"))) == {
            (x, y) for x, y in GRID if 2 <= x <= 6 and 2 <= y <= 4}


def test_a_compensation_takes_out_what_spills_over() -> None:
    rows = [(a + b * Fraction(1, 4), a * Fraction(1, 8) + b) for a, b in ((8, 0), (0, 8), (8, 8), (100, 50))]
    content = fcs([tuple(map(float, row)) for row in rows], ("D1", "D2"),
                  words={"$SPILLOVER": "2,D1,D2,1,0.125,0.25,1"})
    told = matrix("M", ("A", "B"), ("D1", "D2"), (("1", "0.125"), ("0.25", "1")))
    for part, how in ((axis("D2", 7.99, 8.01, how="FCS"), "FCS"), (axis("B", 7.99, 8.01, how="M"), "M")):
        found = Gated(read_flow("f", content), read_gates("g", gates(told, rectangle("R", part))))
        assert list(found.members("R")) == [1, 2], how
    # a channel that is not part of it, and a file without one, stay as they are
    plain = fcs([(8.0, 1.0)], ("D1", "D2"))
    assert list(Gated(read_flow("f", plain), read_gates("g", gates(rectangle("R", axis("D1", 8, how="FCS")))))
                .members("R")) == [0]


@given(st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=3, max_size=3))
def test_the_inverse_of_a_table_is_its_inverse_or_none(rows: list[list[int]]) -> None:
    (a, b, c), (d, e, f), (g, h, i) = rows
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    found = inverted(tuple(tuple(map(float, row)) for row in rows))
    assert (found is None) == (determinant == 0)
    for r in range(3 if found else 0):
        for k in range(3):
            assert math.isclose(sum(rows[r][j] * found[j][k] for j in range(3)), r == k, abs_tol=1e-9)  # type: ignore[index]


SQUARE = rectangle("A", axis("X", 1, 2))
REFUSED = {
    "no xml": (b"NK: 92 %", "well-formed"),
    "cut short": (gates(SQUARE)[:-20], "well-formed"),
    "another vocabulary": (b"<gates/>", "Gating-ML 2.0 was expected"),
    "the name without its namespace": (b"<Gating-ML/>", "Gating-ML 2.0 was expected"),
    "no gate": (gates(), "no gate"),
    "a bomb": (b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>', "document type"),
    "an outside entity": (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "document type"),
    "deep nesting": (b"<a>" * 500 + b"</a>" * 500, "nested deeper"),
    "too many elements": (b"<a>" + b"<b/>" * 250_000 + b"</a>", "more than"),
    "twice": (gates(SQUARE, SQUARE), "stands twice"),
    "twice, once as quadrants": (gates(QUADRANTS, rectangle("Q", axis("X", 1))), "stands twice"),
    "unknown parent": (gates(rectangle("A", axis("X", 1), parent="Q9")), "no gate of the file"),
    "quadrants as a parent": (gates(QUADRANTS, rectangle("A", axis("X", 1), parent="Q")), "no gate of the file"),
    "unknown reference": (gates(SQUARE, boolean("B", "and", "A", "Z")), "no gate of the file"),
    "its own parent": (gates(rectangle("A", axis("X", 1), parent="A")), "rests on itself"),
    "a circle of parents": (gates(*(rectangle(a, axis("X", 1), parent=b) for a, b in ("AB", "BC", "CA"))),
                            "rests on itself"),
    "a circle through a reference": (gates(rectangle("A", axis("X", 1), parent="B"), boolean("B", "not", "A")),
                                     "rests on itself"),
    "a slash in a name": (gates(rectangle("A/B", axis("X", 1))), "part of a path"),
    "the name of the root": (gates(rectangle("All events", axis("X", 1))), "part of a path"),
    "thousands of gates": (gates(*(rectangle(f"G{n}", axis("X", 1)) for n in range(3000))), "more than 200"),
    "no bound": (gates(rectangle("A", axis("X"))), "no bound"),
    "no room": (gates(rectangle("A", axis("X", 2, 2))), "no room"),
    "the wrong way round": (gates(rectangle("A", axis("X", 3, 2))), "no room"),
    "no axis": (gates(rectangle("A")), "0 axes"),
    "a bound that is no number": (gates(rectangle("A", axis("X", "nan"))), "number was expected"),
    "a bound with a comma": (gates(rectangle("A", axis("X", "1,5"))), "number was expected"),
    "a bound without namespace": (gates(SQUARE.replace("gating:min", "min")), "not supported"),
    "a bound nobody knows": (gates(SQUARE.replace("gating:max", "gating:maximum")), "not supported"),
    "no compensation told": (gates(SQUARE.replace(' gating:compensation-ref="uncompensated"', "")),
                             "no compensation-ref"),
    "unknown compensation": (gates(rectangle("A", axis("X", 1, how="M"))), "is not in the file"),
    "unknown scale": (gates(rectangle("A", axis("X", 1, scale="s"))), "is not in the file"),
    "an ellipse": (gates('<gating:EllipsoidGate gating:id="E"/>'), "not supported"),
    "a ratio": (gates(SQUARE.replace("fcs-dimension data-type:name", "new-dimension data-type:transformation-ref")),
                "ratios of channels are not"),
    "a scale with an end": (gates(scale("s", "flin", T=10, A=1, boundMin=0), SQUARE), "not supported"),
    "a scale nobody knows": (gates(scale("s", "fratio", A=1, B=1, C=1), SQUARE), "is supported here"),
    "a scale that cannot be": (gates(scale("s", "fasinh", T=0, M=4, A=0), SQUARE), "cannot be"),
    "a scale twice": (gates(scale("s", "flin", T=1, A=0), scale("s", "flin", T=2, A=0), SQUARE), "stands twice"),
    "two corners": (gates(polygon("P", "X", "Y", (1, 1), (2, 2))), "three corners"),
    "a corner of three": (gates(polygon("P", "X", "Y", (1, 1, 1), *TRIANGLE)), "three corners"),
    "too many corners": (gates(polygon("P", "X", "Y", *[(n, n * n) for n in range(1200)])), "too many corners"),
    "not of two": (gates(SQUARE, boolean("B", "not", "A", "A")), "in “not”"),
    "and of one": (gates(SQUARE, boolean("B", "and", "A")), "two or more"),
    "dividers the wrong way round": (gates(QUADRANTS.replace("<gating:value>3", "<gating:value>8")), "rising values"),
    "an unknown divider": (gates(QUADRANTS.replace('divider_ref="dx"', 'divider_ref="dz"')), "divider"),
    "a table that is not square": (gates(matrix("M", "A", ("X", "Y"), [(1, 0)]), SQUARE), "square"),
    "a table with a gap": (gates(matrix("M", "AB", ("X", "Y"), [(1, 0), (1,)]), SQUARE), "square"),
    "a table turned round already": (gates(matrix("M", "A", "X", [(1,)]).replace(
        "transforms:id", 'transforms:matrix-inverted-already="true" transforms:id'), SQUARE), "not supported"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_gate_file_that_cannot_be_trusted_is_refused_with_a_sentence(case: str) -> None:
    content, says = REFUSED[case]
    with pytest.raises(Refused) as refused:
        read_gates("gates.xml", content)
    assert says in refused.value.why and refused.value.why.startswith("gates.xml: ")
    assert refused.value.kind == "input" and len(refused.value.why) < 500


@pytest.mark.parametrize(("part", "says"), [
    (rectangle("A", axis("Z", 1)), "which the file does not have"),
    (matrix("M", "AB", ("X", "Y"), [(1, 2), (2, 4)]) + rectangle("A", axis("A", 1, how="M")), "not independent"),
    (matrix("M", "AB", ("X", "Z"), [(1, 0), (0, 1)]) + rectangle("A", axis("B", 1, how="M")), "does not have"),
])
def test_gates_that_do_not_fit_the_file_are_refused(part: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        counted(part)


def test_a_gate_on_time_counted_in_steps_is_refused() -> None:
    content = fcs([(1, 2)], ("Time", "X"), words={"$TIMESTEP": "0.01"})
    with pytest.raises(Refused, match="time"):
        read_fcs("f", content, "g", gates(rectangle("A", axis("Time", 1))))


@pytest.mark.parametrize(("events", "of_events", "percent"), [
    (6891, 34753, "19.8285"), (92, 854, "10.7728"), (0, 5, "0.0000"), (5, 5, "100.0000"), (1, 3, "33.3333"),
    # halves go to the even digit
    (1, 800_000, "0.0001"), (1, 2_000_000, "0.0000"), (3, 2_000_000, "0.0002")])
def test_a_share_is_exact_to_four_decimals(events: int, of_events: int, percent: str) -> None:
    assert share(events, of_events) == Decimal(percent) and str(share(events, of_events)) == percent


def test_nothing_of_nothing_is_no_share() -> None:
    assert share(0, 0) is None
    found = read_fcs("f", fcs(GRID, ("X", "Y")), "g", gates(rectangle("A", axis("X", 50)),
                                                           rectangle("B", axis("Y", 1), parent="A")))
    value = found.measurements[0].value("percent_of_parent", "A/B")
    assert value is not None and value.reading is None and "no events" in value.why and value.parent == "A"


def test_a_file_under_its_gates_says_all_a_record_needs() -> None:
    content, told = fcs(GRID, ("X", "Y"), markers=("CD56", "CD3")), gates(rectangle("Live", axis("X", 2)),
                                                                         rectangle("NK", axis("Y", 7), parent="Live"))
    found = read_fcs("run.fcs", content, "panel.xml", told)
    run = found.measurements[0]
    assert [(one.what, one.of, one.parent, str(one.reading), one.unit) for one in run.values] == [
        ("events", "All events", "", "100", "1"),
        ("events", "Live", "All events", "80", "1"), ("percent_of_parent", "Live", "All events", "80", "%"),
        ("events", "Live/NK", "Live", "24", "1"), ("percent_of_parent", "Live/NK", "Live", "30", "%")]
    assert run.channels == (("X", "CD56"), ("Y", "CD3")) and found.kind == "fcs"
    assert (found.gates_name, len(found.gates_sha256), len(found.sha256)) == ("panel.xml", 64, 64)
    assert found.gates_sha256 != found.sha256
