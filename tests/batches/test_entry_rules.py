"""Rules of single values, of what is left out and of hands that change, as tables of rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mfg.batches import entry_rules as rules

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ENTERING = rules.Entering("Volume", NOW, NOW, NOW - timedelta(days=2), "")
LEAVING = rules.LeavingOut("Glucose", True, ())
TAKING = rules.TakingOver("NK-26-001/seed", "P-1", "P-2", "cells thawed, not counted")

ROWS: list[tuple[Any, Any, dict[str, Any], str]] = [
    # ENT-01 a value is entered after it was read
    (rules.read_in_the_past, ENTERING, {}, "PASS"),
    (rules.read_in_the_past, ENTERING, {"read_at": NOW + timedelta(seconds=1)}, "FAIL"),
    # ENT-02 more than 15 minutes is late and says why
    (rules.late_value_has_reason, ENTERING, {"read_at": NOW - timedelta(minutes=15)}, "PASS"),
    (rules.late_value_has_reason, ENTERING, {"read_at": NOW - timedelta(minutes=15, seconds=1)}, "FAIL"),
    (rules.late_value_has_reason, ENTERING, {"read_at": NOW - timedelta(days=1), "reason": "gloved"}, "PASS"),
    # ENT-03 no value was read before the batch was opened
    (rules.read_after_opening, ENTERING, {"opened_at": NOW}, "PASS"),
    (rules.read_after_opening, ENTERING, {"opened_at": NOW + timedelta(seconds=1)}, "FAIL"),
    # ENT-04 what comes from paper carries the time that stands on the paper
    (rules.paper_has_its_time, ENTERING, {"said": False}, "PASS"),
    (rules.paper_has_its_time, ENTERING, {"paper": "PB-0001/3"}, "PASS"),
    (rules.paper_has_its_time, ENTERING, {"paper": "PB-0001/3", "said": False}, "FAIL"),
    # ENT-05 only what is optional is left out
    (rules.may_be_left_out, LEAVING, {}, "PASS"),
    (rules.may_be_left_out, LEAVING, {"optional": False}, "FAIL"),
    # ENT-06 what was entered is not left out
    (rules.nothing_entered, LEAVING, {}, "PASS"),
    (rules.nothing_entered, LEAVING, {"entered": ("Glucose",)}, "FAIL"),
    # ENT-09 a skipped step is taken up only while nothing after it has begun
    (rules.nothing_begun_after, rules.TakingUp("NK-26-001/seed", ()), {}, "PASS"),
    (rules.nothing_begun_after, rules.TakingUp("NK-26-001/seed", ()), {"begun_after": ("count",)}, "FAIL"),
    # ENT-07 another person takes over
    (rules.another_takes_over, TAKING, {}, "PASS"),
    (rules.another_takes_over, TAKING, {"responsible": None}, "PASS"),
    (rules.another_takes_over, TAKING, {"taker": "P-1"}, "FAIL"),
    # ENT-08 and says what they saw
    (rules.state_is_named, TAKING, {}, "PASS"),
    (rules.state_is_named, TAKING, {"state_seen": "  "}, "CANNOT DETERMINE"),
]


@pytest.mark.parametrize(("one", "facts", "change", "expected"), ROWS)
def test_a_rule(one: Any, facts: Any, change: dict[str, Any], expected: str) -> None:
    finding = one(replace(facts, **change))
    assert finding.verdict.value == expected
    assert finding.why.endswith(".")


def test_every_rule_of_the_room_has_a_row() -> None:
    tuples = (rules.ENTER, rules.LEAVE_OUT, rules.TAKE_OVER, rules.TAKE_UP)
    assert {row[0].id for row in ROWS} == {one.id for many in tuples for one in many}
    assert all(one.requirement for many in tuples for one in many)
