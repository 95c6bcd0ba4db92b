"""A series: what counts, what is only drawn, and when it says what. Expectations are worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import Refused, Verdict
from mfg.paper.control_chart import MOST
from mfg.recipes.specification import ROLES
from mfg.trending.found import SOURCES
from mfg.trending.series import LEAST, SERIES, series
from mfg.trending.shown import table, trend_data
from mfg.trending.trend import OUTSIDE, Limits, Trend, Value, trend
from tests.office import NOON

VIABILITY = SERIES["viability"]
#: moving ranges all 2, so mean moving range 2: centre 91, limits 91 ± 5.32, SD 2 / 1.128
EIGHT = ("90", "92") * 4


def value(number: str, place: int, **more: object) -> Value:
    told = {"label": f"NK-26-{place:03d}", "at": NOON + timedelta(days=place), "value": D(number),
            "url": f"/results/R-{place:06d}", "record": f"R-{place:06d}"}
    return Value(**told | more)  # type: ignore[arg-type]


def made(*numbers: str, limits: Limits | None = None) -> Trend:
    return trend(VIABILITY, [value(one, place) for place, one in enumerate(numbers)], limits or Limits())


def test_eight_numbers_make_a_centre_and_fewer_make_none() -> None:
    assert made(*EIGHT[:7]).state == (Verdict.CANNOT_DETERMINE, "7 of 8 numbers, too few to tell")
    found = made(*EIGHT)
    assert found.state == (Verdict.PASS, "in order")
    assert found.shewhart is not None and (found.shewhart.centre, found.shewhart.low, found.shewhart.high) == (
        D(91), D("85.68"), D("96.32"))
    assert LEAST == 8


def test_no_value_and_values_that_never_move_cannot_be_told() -> None:
    assert made().state == (Verdict.CANNOT_DETERMINE, "no value")
    assert made(*["90"] * 9).state == (Verdict.CANNOT_DETERMINE, "all values are the same")


def test_a_newest_value_out_of_trend_fails_and_an_older_one_is_told() -> None:
    jump = made(*EIGHT * 2, "80")
    assert jump.state[0] is Verdict.FAIL and "1-3s" in jump.state[1]
    assert made(*EIGHT * 2, "80", "91").state == (Verdict.PASS, "in order, 1 out before")


def test_a_value_outside_its_limit_fails_with_few_values_too() -> None:
    values = [value("90", 0), value("60", 1, outside=True)]
    assert trend(VIABILITY, values, Limits(low=D(70))).state == (Verdict.FAIL, f"newest value: {OUTSIDE}")


def test_a_bound_is_drawn_at_its_bound_and_never_counted() -> None:
    values = [value(one, place) for place, one in enumerate(EIGHT)]
    found = trend(VIABILITY, [*values, value("0.5", 9, bound="<")], Limits())
    assert found.shewhart == made(*EIGHT).shewhart and len(found.counted) == 8
    assert found.points[-1].kind == "bound" and found.state[0] is Verdict.PASS
    assert table(found)[0][2] == "<0.5 %" and table(found)[0][3] == ""


def test_what_nobody_reviewed_is_drawn_hollow_and_changes_nothing() -> None:
    values = [value(one, place) for place, one in enumerate(EIGHT)]
    waiting = value("20", 9, left_out="recorded, not reviewed", outside=True)
    found = trend(VIABILITY, [*values, waiting], Limits())
    assert found.state == (Verdict.PASS, "in order") and found.shewhart == made(*EIGHT).shewhart
    assert found.points[-1].kind == "left out" and found.out == ()
    assert table(found)[0][4] == {"verdict": "TODO", "text": "left out", "sub": "recorded, not reviewed"}


def test_the_newest_are_shown_and_the_others_counted() -> None:
    found = trend(VIABILITY, [value(str(90 + place % 2), place) for place in range(MOST + 7)], Limits())
    assert (len(found.values), found.earlier) == (MOST, 7) and found.values[-1].label == f"NK-26-{MOST + 6:03d}"


def test_json_carries_every_number_exactly_as_text() -> None:
    told = trend_data(made(*EIGHT[:2], "90.10"))
    assert [one["value"] for one in told["values"]] == ["90", "92", "90.1"]
    assert (told["centre"], told["verdict"], told["unit"]) == (None, "CANNOT DETERMINE", "%")


@given(st.permutations(range(12)))
def test_the_order_of_time_is_the_order_of_the_series_however_it_was_found(order: list[int]) -> None:
    values = [value(str(90 + place), place) for place in range(12)]
    assert trend(VIABILITY, [values[place] for place in order], Limits()) == trend(VIABILITY, values, Limits())


@given(st.lists(st.integers(0, 100), min_size=1, max_size=20), st.data())
def test_leaving_a_value_out_never_counts_it(numbers: list[int], data: st.DataObject) -> None:
    values = [value(str(one), place) for place, one in enumerate(numbers)]
    gone = data.draw(st.integers(0, len(values) - 1))
    left = [replace(one, left_out="why") if place == gone else one for place, one in enumerate(values)]
    found = trend(VIABILITY, left, Limits())
    assert len(found.counted) == len(values) - 1 and gone not in found.broken
    assert found.shewhart == trend(VIABILITY, values[:gone] + values[gone + 1:], Limits()).shewhart


@pytest.mark.parametrize("key", SERIES)
def test_every_series_has_a_source_and_the_unit_of_its_role(key: str) -> None:
    one = series(key)
    assert one.source in SOURCES and one.about
    assert (one.source == "results") == bool(one.role)
    if one.role:
        assert ROLES[one.role][1] == one.unit


def test_an_unknown_series_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="There is no series “mood”"):
        series("mood")
