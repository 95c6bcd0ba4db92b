"""A lot is used when QA released it, it is in date at that moment, and it is what the step asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mfg.facts import Refused, judge, verdict_of
from mfg.materials.rules import APPROVAL, LOT_USE, MOVES, RECEIPT, LotFacts, LotUse

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
USE = LotUse("LOT-0001", "medium", "released", NOON, NOON, "medium")
LOT = LotFacts("bispecific antibody", "CoA 7", Decimal("100"), "ug/mL", NOON, NOON + timedelta(days=1), NOON)


def verdicts(rules: tuple, facts: object) -> dict[str, str]:
    return {finding.rule: finding.verdict.value for finding in judge(rules, facts)}


@pytest.mark.parametrize(("change", "wrong"), [
    ({}, {}),
    ({"state": "quarantine"}, {"MAT-01": "FAIL"}),
    ({"state": "rejected"}, {"MAT-01": "FAIL"}),
    ({"at": NOON + timedelta(microseconds=1)}, {"MAT-02": "FAIL"}),
    ({"kind": "cytokine"}, {"MAT-03": "FAIL"}),
    ({"wanted": ""}, {"MAT-03": "CANNOT DETERMINE"}),
    ({"state": "rejected", "wanted": "bag or set"}, {"MAT-01": "FAIL", "MAT-03": "FAIL"}),
])
def test_a_lot_is_used_only_released_in_date_and_of_the_right_kind(change: dict, wrong: dict) -> None:
    expected = {"MAT-01": "PASS", "MAT-02": "PASS", "MAT-03": "PASS"} | wrong
    assert verdicts(LOT_USE, replace(USE, **change)) == expected


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


@pytest.mark.parametrize(("change", "wrong"), [
    ({"certificate": ""}, {"MAT-06": "CANNOT DETERMINE"}),
    ({"expires_at": NOON - timedelta(seconds=1)}, {"MAT-07": "FAIL"}),
    ({"expires_at": NOON}, {}),
])
def test_a_lot_is_approved_with_its_certificate_and_in_date(change: dict, wrong: dict) -> None:
    assert verdicts(APPROVAL, replace(LOT, **change)) == {"MAT-05": "PASS", "MAT-06": "PASS", "MAT-07": "PASS"} | wrong


def test_a_receipt_from_the_future_is_no_receipt() -> None:
    told = replace(LOT, received_at=NOON + timedelta(minutes=1))
    assert verdicts(RECEIPT, told)["MAT-04"] == "FAIL"
    assert verdict_of(judge(RECEIPT, LOT)).value == "PASS"


def test_a_rejected_lot_stays_rejected() -> None:
    assert MOVES.after("reject lot", "released") == "rejected"
    with pytest.raises(Refused, match="nothing, the state is final"):
        MOVES.after("release lot", "rejected")
