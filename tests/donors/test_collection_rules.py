"""A collection is plausible as told, and is accepted only as the right bag, cold enough, sealed and tight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mfg.donors.collection_rules import (
    MOVES,
    RECEIPT,
    TOLD_COLLECTION,
    CollectionTold,
    Receipt,
    gap_hours,
)
from mfg.facts import judge

START = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)
END = START + timedelta(hours=4)
TOLD = CollectionTold("DON-0001", "SUB-0001", True, START, END, Decimal(120), Decimal(12), Decimal("1.2e10"),
                      Decimal(14), END)
GOOD = Receipt("COL-000001", END, END + timedelta(hours=3), "2-8 °C", Decimal(2), Decimal(8), True, True,
               "CHA99992622222B", "CHA99992622222B")
ALL = {f"COL-0{n}": "PASS" for n in range(4, 8)}


def verdicts(rules: tuple, facts: object) -> dict[str, str]:
    return {finding.rule: finding.verdict.value for finding in judge(rules, facts)}


@pytest.mark.parametrize(("change", "wrong"), [
    ({}, {}),
    ({"listed": False}, {"COL-01": "FAIL"}),
    ({"ended_at": START}, {"COL-02": "FAIL"}),
    ({"at": END - timedelta(seconds=1)}, {"COL-02": "FAIL"}),
    ({"ended_at": START + timedelta(hours=25), "at": END + timedelta(days=2)}, {"COL-02": "FAIL"}),
    ({"volume_ml": Decimal(0)}, {"COL-03": "FAIL"}),
    ({"anticoagulant_ml": Decimal(121)}, {"COL-03": "FAIL"}),
    ({"anticoagulant_ml": Decimal(-1)}, {"COL-03": "FAIL"}),
    ({"tnc": Decimal(0)}, {"COL-03": "FAIL"}),
    ({"nk_percent": Decimal("100.1")}, {"COL-03": "FAIL"}),
    ({"nk_percent": None}, {}),
])
def test_a_collection_is_plausible(change: dict, wrong: dict) -> None:
    expected = {"COL-01": "PASS", "COL-02": "PASS", "COL-03": "PASS"} | wrong
    assert verdicts(TOLD_COLLECTION, replace(TOLD, **change)) == expected


@pytest.mark.parametrize(("change", "wrong"), [
    ({}, {}),
    ({"coi_read": "CHA99992622222C"}, {"COL-04": "FAIL"}),
    ({"coi_read": None}, {"COL-04": "CANNOT DETERMINE"}),
    ({"low_c": Decimal("1.9")}, {"COL-05": "FAIL"}),
    ({"high_c": Decimal("8.01")}, {"COL-05": "FAIL"}),
    ({"low_c": None}, {"COL-05": "CANNOT DETERMINE"}),
    ({"transport": None}, {"COL-05": "CANNOT DETERMINE"}),
    ({"transport": "15-25 °C"}, {"COL-05": "FAIL"}),
    ({"transport": "15-25 °C", "low_c": Decimal(15), "high_c": Decimal(25)}, {}),
    ({"seal_intact": False}, {"COL-06": "FAIL"}),
    ({"leak_free": False}, {"COL-06": "FAIL"}),
    ({"leak_free": None}, {"COL-06": "CANNOT DETERMINE"}),
    ({"received_at": END - timedelta(seconds=1)}, {"COL-07": "FAIL"}),
    ({"received_at": None}, {"COL-07": "CANNOT DETERMINE"}),
])
def test_what_arrived_is_judged_whole(change: dict, wrong: dict) -> None:
    assert verdicts(RECEIPT, replace(GOOD, **change)) == ALL | wrong


def test_the_custody_gap_is_counted_in_utc() -> None:
    """Central Europe: the night in which 2 o'clock comes twice has 25 hours."""
    evening = datetime.fromisoformat("2026-10-24T12:00:00+02:00")
    next_day = datetime.fromisoformat("2026-10-25T12:00:00+01:00")
    assert gap_hours(evening, next_day) == Decimal("25.0")


def test_every_state_is_reached_and_only_rejected_is_final() -> None:
    assert {MOVES.start, *(move.after for move in MOVES.moves)} == {"collected", "inspected", "accepted", "rejected"}
    assert set().union(*(move.before for move in MOVES.moves)) == {"collected", "inspected", "accepted"}
