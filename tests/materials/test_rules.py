"""A lot is used when QA released it, it is in date at that moment, within its open life, and enough of it is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import Refused, judge, verdict_of
from mfg.materials import records
from mfg.materials.receipt_rules import APPROVAL, RECEIPT, SUPPLIER, LotFacts
from mfg.materials.rules import LOT_USE, MOVES, OPENING, LotUse, Opening, after_use, standing, usable_until
from mfg.verbs import VERBS

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
USE = LotUse("LOT-0001", "medium", "released", NOON - timedelta(days=1), NOON, NOON, "medium")
TAKEN = replace(USE, amount=Decimal(5), unit="mL", left=Decimal(5), left_unit="mL")
OPENED = replace(USE, open_life_hours=Decimal(24), opened_at=NOON - timedelta(hours=24))
LOT = LotFacts("bispecific antibody", "CoA 7", Decimal("100"), "ug/mL", NOON, NOON + timedelta(days=1), NOON,
               Decimal(50), "mL", True, "GMP", False, "", "ab" * 32, "A supplier", "qualified")
USED = {"MAT-01": "PASS", "MAT-02": "PASS", "MAT-03": "PASS", "MAT-08": "PASS", "MAT-09": "PASS"}
APPROVED = {"MAT-05": "PASS", "MAT-06": "PASS", "MAT-07": "PASS", "MAT-16": "PASS", "MAT-17": "PASS"}


def verdicts(rules: tuple, facts: object) -> dict[str, str]:
    return {finding.rule: finding.verdict.value for finding in judge(rules, facts)}


@pytest.mark.parametrize(("change", "wrong"), [
    pytest.param({}, {}, id="released and in date"),
    pytest.param({"state": "in use"}, {}, id="in use already"),
    *(pytest.param({"state": state}, {"MAT-01": "FAIL"}, id=state)
      for state in ("quarantine", "depleted", "blocked", "rejected", "recalled", "expired")),
    pytest.param({"released_at": NOON}, {}, id="released at the very moment of use"),
    pytest.param({"released_at": NOON + TICK}, {"MAT-01": "FAIL"}, id="released later than it was used"),
    pytest.param({"released_at": None}, {"MAT-01": "CANNOT DETERMINE"}, id="nobody knows when it was released"),
    pytest.param({"at": NOON + TICK}, {"MAT-02": "FAIL"}, id="expired at the time of use though in date at receipt"),
    pytest.param({"kind": "cytokine"}, {"MAT-03": "FAIL"}, id="another kind"),
    pytest.param({"wanted": ""}, {"MAT-03": "CANNOT DETERMINE"}, id="nobody knows which kind is wanted"),
    pytest.param({"state": "rejected", "wanted": "bag or set"}, {"MAT-01": "FAIL", "MAT-03": "FAIL"},
                 id="two things wrong are both told"),
])
def test_a_lot_is_used_only_released_in_date_and_of_the_right_kind(change: dict, wrong: dict) -> None:
    assert verdicts(LOT_USE, replace(USE, **change)) == USED | wrong


@pytest.mark.parametrize(("change", "expected"), [
    pytest.param({}, "PASS", id="the last moment of the open life"),
    pytest.param({"opened_at": NOON - timedelta(hours=24) - TICK}, "FAIL", id="a moment after the open life"),
    pytest.param({"opened_at": NOON}, "PASS", id="just opened"),
    pytest.param({"opened_at": None}, "CANNOT DETERMINE", id="an open life, and no opening recorded"),
    pytest.param({"open_life_hours": None}, "CANNOT DETERMINE", id="open, and no open life stated"),
    pytest.param({"open_life_hours": Decimal("24.5"), "opened_at": NOON - timedelta(hours=24, minutes=30)}, "PASS",
                 id="half an hour counts"),
])
def test_an_opened_container_is_used_within_its_open_life(change: dict, expected: str) -> None:
    assert verdicts(LOT_USE, replace(OPENED, **change)) == USED | {"MAT-08": expected}


@pytest.mark.parametrize(("change", "expected"), [
    pytest.param({}, "PASS", id="all that is left"),
    pytest.param({"amount": Decimal("5.000001")}, "FAIL", id="a little more than is left"),
    pytest.param({"amount": Decimal(0)}, "PASS", id="nothing taken"),
    pytest.param({"amount": Decimal(-1)}, "FAIL", id="less than nothing"),
    pytest.param({"amount": None}, "CANNOT DETERMINE", id="a blank amount is not 0"),
    pytest.param({"unit": None}, "CANNOT DETERMINE", id="an amount without a unit"),
    pytest.param({"unit": "L", "amount": Decimal("0.001")}, "FAIL", id="another unit, though it would be enough"),
    pytest.param({"left": None, "left_unit": None}, "CANNOT DETERMINE", id="an unknown quantity is never enough"),
    pytest.param({"left": None, "left_unit": None, "amount": Decimal(0)}, "CANNOT DETERMINE",
                 id="an unknown quantity is not enough even for nothing"),
])
def test_what_is_taken_has_to_be_there(change: dict, expected: str) -> None:
    assert verdicts(LOT_USE, replace(TAKEN, **change)) == USED | {"MAT-09": expected}


MOMENTS = st.integers(-100, 100).map(lambda hours: NOON + timedelta(hours=hours))
AMOUNTS = st.none() | st.integers(-2, 20).map(Decimal)


@given(at=MOMENTS, expires=MOMENTS, released=st.none() | MOMENTS, opened=st.none() | MOMENTS, life=AMOUNTS,
       amount=AMOUNTS, left=AMOUNTS, state=st.sampled_from(records.STATES), unit=st.sampled_from(["mL", "L", None]))
def test_a_use_that_passes_breaks_nothing(at: datetime, expires: datetime, released: datetime | None,
                                          opened: datetime | None, life: Decimal | None, amount: Decimal | None,
                                          left: Decimal | None, state: str, unit: str | None) -> None:
    """Told again without the rules: hours as hours, and nothing unknown anywhere."""
    found = judge(LOT_USE, LotUse("LOT-0001", "medium", state, released, expires, at, "medium", life, opened, amount,
                                  unit, left, "mL"))
    if verdict_of(found).value == "PASS":
        assert state in ("released", "in use") and released is not None and released <= at <= expires
        assert (opened is None) == (life is None)
        assert opened is None or life is None or (at - opened).total_seconds() <= life * 3600
        assert (amount is None and unit is None) or (
            amount is not None and left is not None and unit == "mL" and 0 <= amount <= left)


def test_a_lot_is_usable_until_the_first_of_expiry_and_open_life() -> None:
    assert usable_until(NOON, None, Decimal(1)) == NOON
    assert usable_until(NOON, NOON - timedelta(hours=3), Decimal(2)) == NOON - timedelta(hours=1)
    assert usable_until(NOON, NOON - timedelta(hours=3), Decimal(100)) == NOON


# --- receipt and approval ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "expected"), [
    ({}, "PASS"),
    ({"strength": None, "strength_unit": None}, "CANNOT DETERMINE"),
    ({"strength_unit": None}, "FAIL"),
    ({"strength": None}, "FAIL"),
    ({"strength_unit": "Gy"}, "FAIL"),
    ({"strength": Decimal(0)}, "FAIL"),
    ({"kind": "medium", "strength": None, "strength_unit": None}, "PASS"),
    ({"kind": "feeder cells", "strength": Decimal(100), "strength_unit": "Gy"}, "PASS"),
    ({"kind": "feeder cells", "strength": None, "strength_unit": None}, "CANNOT DETERMINE"),
])
def test_the_strength_a_batch_computes_with_is_stated_with_its_unit(change: dict, expected: str) -> None:
    assert verdicts(RECEIPT, replace(LOT, **change))["MAT-05"] == expected


@pytest.mark.parametrize(("change", "rule", "expected"), [
    pytest.param({}, "MAT-13", "PASS", id="a quantity with its unit"),
    pytest.param({"quantity": None, "quantity_unit": None}, "MAT-13", "PASS", id="no quantity at all"),
    pytest.param({"quantity": None}, "MAT-13", "FAIL", id="a unit without a quantity"),
    pytest.param({"quantity_unit": None}, "MAT-13", "FAIL", id="a quantity without a unit"),
    pytest.param({"quantity": Decimal(0)}, "MAT-13", "FAIL", id="a quantity of nothing"),
    pytest.param({"critical": False}, "MAT-14", "FAIL", id="an antibody called not critical"),
    pytest.param({"critical": None}, "MAT-14", "CANNOT DETERMINE", id="nobody said whether it is critical"),
    pytest.param({"kind": "wash buffer", "critical": False, "strength": None, "strength_unit": None}, "MAT-14", "PASS",
                 id="a wash buffer need not be critical"),
    pytest.param({"scanned": (("expiry", "2027-01-01", "2027-01-01"),)}, "MAT-15", "PASS", id="as on the bar code"),
    pytest.param({"scanned": (("expiry", "2027-01-01", "2027-01-02"),)}, "MAT-15", "FAIL",
                 id="another expiry than on the bar code"),
    pytest.param({"received_at": NOON + timedelta(minutes=1)}, "MAT-04", "FAIL", id="a receipt from the future"),
])
def test_a_receipt_is_complete_and_without_contradiction(change: dict, rule: str, expected: str) -> None:
    found = verdicts(RECEIPT, replace(LOT, **change))
    assert found.pop(rule) == expected
    assert set(found.values()) == {"PASS"}


@pytest.mark.parametrize(("change", "wrong"), [
    pytest.param({}, {}, id="everything well"),
    pytest.param({"certificate": ""}, {"MAT-06": "CANNOT DETERMINE"}, id="no certificate"),
    pytest.param({"certificate_file": None}, {"MAT-06": "CANNOT DETERMINE"}, id="a certificate named but not kept"),
    pytest.param({"expires_at": NOON - timedelta(seconds=1)}, {"MAT-07": "FAIL"}, id="expired"),
    pytest.param({"expires_at": NOON}, {}, id="the last moment"),
    pytest.param({"supplier_state": "conditional"}, {}, id="a conditional supplier"),
    pytest.param({"supplier_state": "proposed"}, {"MAT-16": "FAIL"}, id="a proposed supplier"),
    pytest.param({"supplier_state": "disqualified"}, {"MAT-16": "FAIL"}, id="a disqualified supplier"),
    pytest.param({"supplier_state": None}, {"MAT-16": "CANNOT DETERMINE"}, id="a supplier nobody listed"),
    pytest.param({"supplier_state": "proposed", "critical": False}, {}, id="a proposed supplier, not critical"),
    pytest.param({"supplier_state": "disqualified", "critical": False}, {"MAT-16": "FAIL"},
                 id="a disqualified supplier, not critical"),
    pytest.param({"critical": None, "supplier_state": "proposed"}, {"MAT-16": "FAIL"},
                 id="not said whether critical counts as critical"),
    pytest.param({"grade": ""}, {"MAT-17": "CANNOT DETERMINE"}, id="no grade"),
    pytest.param({"animal_origin": None}, {"MAT-17": "CANNOT DETERMINE"}, id="nobody said whether of animal origin"),
    pytest.param({"animal_origin": True}, {"MAT-17": "CANNOT DETERMINE"}, id="animal origin without a TSE statement"),
    pytest.param({"animal_origin": True, "tse_statement": "TSE 4"}, {}, id="animal origin with its TSE statement"),
])
def test_a_lot_is_approved_with_certificate_supplier_and_origin(change: dict, wrong: dict) -> None:
    assert verdicts(APPROVAL, replace(LOT, **change)) == APPROVED | wrong


# --- opening -----------------------------------------------------------------------------------------------------

OPEN = Opening("LOT-0001", Decimal(24), NOON, NOON - timedelta(days=2), NOON, NOON - timedelta(days=1), 2, 1)


@pytest.mark.parametrize(("change", "wrong"), [
    pytest.param({}, {}, id="the last container, just now"),
    pytest.param({"open_life_hours": None}, {"MAT-10": "CANNOT DETERMINE"}, id="no open life stated"),
    pytest.param({"opened_at": NOON + TICK}, {"MAT-11": "FAIL"}, id="an opening from the future"),
    pytest.param({"opened_at": NOON - timedelta(days=1) - TICK}, {"MAT-11": "FAIL"}, id="before the last opening"),
    pytest.param({"last_opened_at": None, "opened_at": NOON - timedelta(days=3)}, {"MAT-11": "FAIL"},
                 id="before it was received"),
    pytest.param({"opened": 2}, {"MAT-12": "FAIL"}, id="no container left"),
    pytest.param({"containers": None}, {"MAT-12": "CANNOT DETERMINE"}, id="nobody knows how many there are"),
])
def test_a_container_is_opened_in_order(change: dict, wrong: dict) -> None:
    expected = {"MAT-10": "PASS", "MAT-11": "PASS", "MAT-12": "PASS"} | wrong
    assert verdicts(OPENING, replace(OPEN, **change)) == expected


# --- states ------------------------------------------------------------------------------------------------------


def test_a_rejected_lot_stays_rejected_and_a_recalled_one_recalled() -> None:
    assert MOVES.after("reject lot", "released") == "rejected"
    for final in ("rejected", "recalled"):
        with pytest.raises(Refused, match="nothing, the state is final"):
            MOVES.after("release lot", final)


def test_a_lot_that_was_used_is_recalled_and_not_rejected() -> None:
    with pytest.raises(Refused, match="recall lot"):
        MOVES.after("reject lot", "in use")


@pytest.mark.parametrize(("moves", "kept"), [(MOVES, records.STATES), (SUPPLIER, records.SUPPLIER_STATES)])
def test_states_are_reachable_leavable_and_known_to_the_database(moves: object, kept: tuple[str, ...]) -> None:
    assert moves.states == set(kept)
    assert {move.after for move in moves.moves} | {moves.start} == set(kept)
    assert {state for move in moves.moves for state in move.before} == set(kept) - moves.final
    assert {move.verb for move in moves.moves} <= set(VERBS)


@pytest.mark.parametrize(("state", "left", "expected"), [
    ("released", None, "in use"), ("released", Decimal(1), "in use"), ("in use", Decimal(0), "depleted"),
    ("depleted", Decimal(1), "in use"), ("in use", None, "in use"), ("blocked", Decimal(0), "blocked"),
    ("recalled", Decimal(0), "recalled"),
])
def test_what_use_makes_of_a_lot_follows_from_what_is_left(state: str, left: Decimal | None, expected: str) -> None:
    assert after_use(state, left) == expected


def test_the_approval_of_a_lot_stands_until_somebody_stops_it() -> None:
    assert {standing(state) for state in ("released", "in use", "depleted")} == {"released"}
    for state in ("quarantine", "blocked", "rejected", "recalled"):
        assert standing(state) == state
