"""What was issued is used, wasted or returned; what is left follows; a count shows whether it is true."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import judge
from mfg.materials.amounts import (
    CONFIRM,
    COUNT,
    KINDS,
    RECONCILIATION,
    Confirming,
    Counted,
    Taken,
    accounted_for,
    by_batch,
    by_step,
    here,
    left_of,
    sums_of,
)
from mfg.materials.records import CONSUMPTION_KINDS, COUNT_STATES


def row(kind: str, amount: str, on: str = "B-1/seed", lot: str = "LOT-0001") -> Taken:
    return Taken(lot, on.partition("/")[0], on, kind, Decimal(amount), "mL")


def rows(text: str) -> list[Taken]:
    return [row(*one.split()) for one in text.split(", ") if one]


@pytest.mark.parametrize(("told", "verdict", "difference", "out"), [
    pytest.param("used 5", "PASS", 0, 5, id="taken straight from the lot"),
    pytest.param("used 5, wasted 1", "PASS", 0, 6, id="what is wasted has left the lot too"),
    pytest.param("issued 10, used 7, wasted 1, returned 2", "PASS", 0, 8, id="everything issued is accounted for"),
    pytest.param("issued 10, used 7, returned 2", "CANNOT DETERMINE", 1, 8, id="something is not accounted for yet"),
    pytest.param("issued 10", "CANNOT DETERMINE", 10, 10, id="issued and nothing told"),
    pytest.param("issued 10, used 11", "FAIL", -1, 10, id="more used than issued"),
    pytest.param("issued 4, issued 6, used 10", "PASS", 0, 10, id="issued twice"),
])
def test_what_was_issued_is_accounted_for(told: str, verdict: str, difference: int, out: int) -> None:
    sums = sums_of(rows(told))
    assert sums is not None
    assert (accounted_for(sums).verdict.value, sums.difference, sums.out) == (verdict, difference, out)


def test_nothing_taken_has_no_sums() -> None:
    assert sums_of([]) is None and by_step([]) == ()


def test_steps_and_lots_are_kept_apart_and_added_up_for_the_batch() -> None:
    told = [row("used", "5"), row("issued", "4", "B-1/wash"), row("used", "3", "B-1/wash"),
            row("used", "9", "B-2/seed"), row("used", "1", lot="LOT-0002")]
    steps = by_step(told)
    assert [(one.lot, one.on, one.issued, one.used) for one in steps] == [
        ("LOT-0001", "B-1/seed", 5, 5), ("LOT-0001", "B-1/wash", 4, 3), ("LOT-0001", "B-2/seed", 9, 9),
        ("LOT-0002", "B-1/seed", 1, 1)]
    whole = {(one.within, one.lot): (one.issued, one.used, one.difference) for one in by_batch(steps)}
    assert whole == {("B-1", "LOT-0001"): (9, 8, 1), ("B-2", "LOT-0001"): (9, 9, 0), ("B-1", "LOT-0002"): (1, 1, 0)}


def test_a_difference_in_one_step_shows_in_the_batch() -> None:
    (whole,) = by_batch(by_step([row("used", "5"), row("issued", "4", "B-1/wash"), row("used", "3", "B-1/wash")]))
    assert accounted_for(whole).verdict.value == "CANNOT DETERMINE"


@pytest.mark.parametrize(("quantity", "told", "corrections", "left"), [
    ("10", "", [], "10"),
    ("10", "used 3", [], "7"),
    ("10", "used 3", ["-1"], "6"),
    ("10", "issued 6, used 1, returned 2", [], "6"),
    ("10", "used 10", [], "0"),
    (None, "used 3", [], None),
    (None, "", [], None),
])
def test_what_is_left_is_what_came_less_what_went(quantity: str | None, told: str, corrections: list,
                                                  left: str | None) -> None:
    found = left_of(None if quantity is None else Decimal(quantity), by_step(rows(told)),
                    [Decimal(one) for one in corrections])
    assert found == (None if left is None else Decimal(left))


AMOUNT = st.integers(0, 1000).map(lambda whole: Decimal(whole) / 100)


@given(st.lists(st.tuples(st.sampled_from(KINDS), AMOUNT, st.sampled_from(["B-1/a", "B-1/b", "B-2/a"]))))
def test_no_amount_is_lost_in_any_sum(told: list) -> None:
    """Told again: whatever the grouping, used is all that was used."""
    steps = by_step([row(kind, str(amount), on) for kind, amount, on in told])
    for kind in ("used", "wasted", "returned"):
        assert sum(getattr(one, kind) for one in by_batch(steps)) == sum(
            amount for each, amount, _ in told if each == kind)


def test_a_step_takes_from_what_was_issued_to_it_else_from_the_lot() -> None:
    assert here(None, Decimal(9)) == 9
    assert here(sums_of(rows("used 3")), Decimal(9)) == 9
    assert here(sums_of(rows("issued 5, used 3")), Decimal(9)) == 2


COUNTED = Counted("LOT-0001", Decimal(99), Decimal(100), Decimal(200), "mL", Decimal("0.5"))


@pytest.mark.parametrize(("change", "expected"), [
    pytest.param({}, "PASS", id="just at the limit: 1 of 200 mL is 0.5 %"),
    pytest.param({"counted": Decimal("98.999999")}, "FAIL", id="a little more is missing"),
    pytest.param({"counted": Decimal("101.000001")}, "FAIL", id="too much is as wrong as too little"),
    pytest.param({"limit_percent": None}, "CANNOT DETERMINE", id="off, and no limit stated"),
    pytest.param({"limit_percent": None, "counted": Decimal(100)}, "PASS", id="exactly right needs no limit"),
    pytest.param({"limit_percent": Decimal(0)}, "FAIL", id="a limit of nothing"),
    pytest.param({"computed": None}, "CANNOT DETERMINE", id="nobody knows what should be left"),
    pytest.param({"quantity": None}, "CANNOT DETERMINE", id="a share of an unknown quantity"),
])
def test_a_count_is_held_against_what_should_be_left(change: dict, expected: str) -> None:
    assert [one.verdict.value for one in judge(COUNT, replace(COUNTED, **change))] == [expected]


CONFIRMING = Confirming("LOT-0001", Decimal(99), Decimal(99), Decimal(100), Decimal(100), "mL")


@pytest.mark.parametrize(("change", "expected"), [
    ({}, ["PASS", "PASS"]),
    ({"again": Decimal("99.1")}, ["FAIL", "PASS"]),
    ({"computed_now": Decimal(95)}, ["PASS", "FAIL"]),
    ({"computed_now": None}, ["PASS", "CANNOT DETERMINE"]),
])
def test_a_count_is_confirmed_by_the_same_count_of_the_same_lot(change: dict, expected: list) -> None:
    assert [one.verdict.value for one in judge(CONFIRM, replace(CONFIRMING, **change))] == expected


def test_kinds_and_states_are_those_of_the_database() -> None:
    assert set(KINDS) == set(CONSUMPTION_KINDS)
    assert RECONCILIATION.states == set(COUNT_STATES)
