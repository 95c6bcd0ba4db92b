"""Rules of batches, steps and doses as tables of rows, and the states they move between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg.batches import filling_rules as filling
from mfg.batches import rules
from mfg.batches.records import BATCH_STATES, DOSE_STATES, STEP_STATES
from mfg.facts import Moves, Verdict, judge
from mfg.verbs import VERBS

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OPENING = rules.Opening("SUB-0001", NOW, "COL-000001", "accepted", "SUB-0001", "")
WORKING = rules.Working("NK-26-001/seed", "NK-26-001", "open", ())
PERFORMING = rules.Performing("NK-26-001/seed", (), NOW, NOW, "", NOW - timedelta(days=30))
VERIFYING = rules.Verifying("NK-26-001/seed", "P-2", frozenset({"P-1"}), (("Volume", Decimal("1.5"), Decimal("1.50")),))
REPEATING = rules.Repeating("count", 8, 1, (), ())
FILLING = filling.Filling("NK-26-001-D1", NOW, NOW, NOW - timedelta(hours=2), Decimal(24), Decimal(24), True)
CHECKING = filling.Checking("NK-26-001-D1", "NK-26-001-C07", ("NK-26-001-C07",), False, Decimal("120.0"), Decimal(120))

ROWS: list[tuple[Any, Any, dict[str, Any], str]] = [
    # BAT-01 a batch begins only with an accepted collection
    (rules.collection_accepted, OPENING, {}, "PASS"),
    (rules.collection_accepted, OPENING, {"collection_state": "inspected"}, "FAIL"),
    # BAT-02 processed for the recipient it was collected for
    (rules.collection_of_recipient, OPENING, {}, "PASS"),
    (rules.collection_of_recipient, OPENING, {"collection_recipient": "SUB-0002"}, "FAIL"),
    # BAT-03 eligibility confirmed before cells are processed
    (rules.recipient_eligible, OPENING, {}, "PASS"),
    (rules.recipient_eligible, OPENING, {"eligible_at": None}, "CANNOT DETERMINE"),
    # BAT-04 one batch for a collection
    (rules.collection_unused, OPENING, {}, "PASS"),
    (rules.collection_unused, OPENING, {"used_by": "NK-26-001"}, "FAIL"),
    # BAT-05 complete only when every step is verified
    (rules.all_verified, rules.Completing("NK-26-001", ()), {}, "PASS"),
    (rules.all_verified, rules.Completing("NK-26-001", ("seed",)), {}, "FAIL"),
    # STEP-01 values go into an open batch
    (rules.batch_open, WORKING, {}, "PASS"),
    (rules.batch_open, WORKING, {"batch_state": "complete"}, "FAIL"),
    # STEP-02 in order
    (rules.in_order, WORKING, {}, "PASS"),
    (rules.in_order, WORKING, {"before": ("receive",)}, "FAIL"),
    # STEP-03 nothing left out
    (rules.all_entered, PERFORMING, {}, "PASS"),
    (rules.all_entered, PERFORMING, {"missing": ("Volume",)}, "FAIL"),
    # STEP-04 not before it is done
    (rules.not_in_future, PERFORMING, {}, "PASS"),
    (rules.not_in_future, PERFORMING, {"done_at": NOW + timedelta(seconds=1)}, "FAIL"),
    # STEP-05 more than 15 minutes late says why
    (rules.late_has_reason, PERFORMING, {"done_at": NOW - timedelta(minutes=15)}, "PASS"),
    (rules.late_has_reason, PERFORMING, {"done_at": NOW - timedelta(minutes=15, seconds=1)}, "FAIL"),
    (rules.late_has_reason, PERFORMING, {"done_at": NOW - timedelta(days=1), "reason": "network down"}, "PASS"),
    # STEP-06 the verifier entered nothing
    (rules.verifier_apart, VERIFYING, {}, "PASS"),
    (rules.verifier_apart, VERIFYING, {"verifier": "P-1"}, "FAIL"),
    # STEP-07 two readings agree exactly
    (rules.readings_agree, VERIFYING, {}, "PASS"),
    (rules.readings_agree, VERIFYING, {"readings": ()}, "PASS"),
    (rules.readings_agree, VERIFYING, {"readings": (("Volume", Decimal("1.5"), Decimal("1.51")),)}, "FAIL"),
    (rules.readings_agree, VERIFYING, {"readings": (("Bag", "NK-26-001-C02", "NK-26-001-C03"),)}, "FAIL"),
    # what is not read again is no mismatch: it is STEP-13
    (rules.readings_agree, VERIFYING, {"readings": (("Volume", Decimal("1.5"), None),)}, "PASS"),
    # STEP-14 no earlier, to the minute, than the steps before it
    (rules.done_in_order, PERFORMING, {}, "PASS"),
    (rules.done_in_order, PERFORMING, {"before_at": NOW}, "PASS"),
    (rules.done_in_order, PERFORMING, {"before_at": NOW + timedelta(seconds=59)}, "PASS"),
    (rules.done_in_order, PERFORMING, {"before_at": NOW + timedelta(seconds=60)}, "FAIL"),
    # STEP-13 everything asked for is read again, and nothing else
    (rules.all_read_again, VERIFYING, {}, "PASS"),
    (rules.all_read_again, VERIFYING, {"readings": (("Volume", Decimal("1.5"), None),)}, "CANNOT DETERMINE"),
    (rules.all_read_again, VERIFYING, {"unknown": ("mass",)}, "FAIL"),
    # STEP-09 a step with a condition is done where it holds, and waits while nobody can tell
    (rules.branch_leads_here, WORKING, {}, "PASS"),
    (rules.branch_leads_here, WORKING, {"needed": Verdict.FAIL, "branch": "only when it is so."}, "FAIL"),
    (rules.branch_leads_here, WORKING, {"needed": Verdict.CANNOT_DETERMINE, "branch": "No value."},
     "CANNOT DETERMINE"),
    # STEP-10 a loop ends before the next step begins
    (rules.loops_ended, WORKING, {}, "PASS"),
    (rules.loops_ended, WORKING, {"loops": ("count repeats until fold >= 10.",)}, "FAIL"),
    # STEP-11 a calculated value that did not come out stops both signatures
    (rules.all_determined, PERFORMING, {}, "PASS"),
    (rules.all_determined, PERFORMING, {"undetermined": ("Volume has no value.",)}, "CANNOT DETERMINE"),
    (rules.all_determined, VERIFYING, {"undetermined": ("Volume has no value.",)}, "CANNOT DETERMINE"),
    # STEP-12 nothing was done before the batch was opened
    (rules.done_after_opening, PERFORMING, {"opened_at": NOW}, "PASS"),
    (rules.done_after_opening, PERFORMING, {"opened_at": NOW + timedelta(seconds=1)}, "FAIL"),
    (rules.done_after_opening, PERFORMING, {"opened_at": None}, "CANNOT DETERMINE"),
    # STEP-08 repeats one after the other, as often as allowed, before the process goes on
    (rules.repeat_allowed, REPEATING, {}, "PASS"),
    (rules.repeat_allowed, REPEATING, {"allowed": None}, "FAIL"),
    (rules.repeat_allowed, REPEATING, {"done": 8}, "FAIL"),
    (rules.repeat_allowed, REPEATING, {"unfinished": ("count",)}, "FAIL"),
    (rules.repeat_allowed, REPEATING, {"begun_after": ("harvest",)}, "FAIL"),
    # FILL-01 the infusion is one of the protocol's
    (filling.infusion_planned, filling.Planning(3, 3, "T/1"), {}, "PASS"),
    (filling.infusion_planned, filling.Planning(4, 3, "T/1"), {}, "FAIL"),
    (filling.infusion_planned, filling.Planning(0, 3, "T/1"), {}, "FAIL"),
    (filling.infusion_planned, filling.Planning(1, None, "T/1"), {}, "CANNOT DETERMINE"),
    # FILL-02 the expiry can be computed
    (filling.expiry_known, FILLING, {}, "PASS"),
    (filling.expiry_known, FILLING, {"shelf_life_hours": None}, "CANNOT DETERMINE"),
    (filling.expiry_known, FILLING, {"loading_stopped": None}, "CANNOT DETERMINE"),
    (filling.expiry_known, FILLING, {"retention_hours": None}, "CANNOT DETERMINE"),
    (filling.expiry_known, FILLING, {"loading_stopped": None, "retention_hours": None, "loads": False}, "PASS"),
    # FILL-03 filled after loading, before the loaded cells expire, and not in the future
    (filling.filled_in_time, FILLING, {}, "PASS"),
    (filling.filled_in_time, FILLING, {"filled_at": NOW + timedelta(minutes=1)}, "FAIL"),
    (filling.filled_in_time, FILLING, {"filled_at": NOW - timedelta(hours=3)}, "FAIL"),
    (filling.filled_in_time, FILLING, {"loading_stopped": NOW - timedelta(hours=24)}, "FAIL"),
    (filling.filled_in_time, FILLING, {"loading_stopped": None}, "CANNOT DETERMINE"),
    # FILL-04 the bag is of this dose and not checked yet
    (filling.bag_of_dose, CHECKING, {}, "PASS"),
    (filling.bag_of_dose, CHECKING, {"scanned": "NK-26-001-C06"}, "FAIL"),
    (filling.bag_of_dose, CHECKING, {"checked": True}, "FAIL"),
    # FILL-05 both persons read the same volume
    (filling.volumes_agree, CHECKING, {}, "PASS"),
    (filling.volumes_agree, CHECKING, {"second_ml": Decimal("119.9")}, "FAIL"),
    (filling.volumes_agree, CHECKING, {"first_ml": None}, "CANNOT DETERMINE"),
]


@pytest.mark.parametrize(("one", "facts", "change", "expected"), ROWS)
def test_a_rule(one: Any, facts: Any, change: dict[str, Any], expected: str) -> None:
    finding = one(replace(facts, **change))
    assert finding.verdict.value == expected
    assert finding.why.endswith(".") or finding.why.endswith("…")


def test_every_rule_of_the_room_has_a_row() -> None:
    tuples = (rules.OPEN, rules.COMPLETE, rules.WORK, rules.PERFORM, rules.VERIFY, rules.REPEAT,
              filling.PLAN, filling.FILL, filling.CHECK)
    listed = {one.id for many in tuples for one in many}
    assert {row[0].id for row in ROWS} == listed
    assert all(one.requirement for many in tuples for one in many)


def test_all_findings_come_at_once() -> None:
    wrong = replace(OPENING, collection_state="rejected", collection_recipient="SUB-0002", used_by="NK-26-001")
    assert sum(one.verdict.value == "FAIL" for one in judge(rules.OPEN, wrong)) == 3


@pytest.mark.parametrize("differ", ["119.9", "120.000001"])
def test_a_differing_reading_does_not_betray_the_first(differ: str) -> None:
    found = filling.volumes_agree(replace(CHECKING, second_ml=Decimal(differ)))
    assert "120" not in found.why.replace("NK-26-001-C07", "")


def test_the_earliest_end_governs_and_says_so() -> None:
    early = filling.expiry(NOW, Decimal(24), NOW - timedelta(hours=2), Decimal(24))
    assert early[0] == NOW + timedelta(hours=22) and "retention" in early[1]
    late = filling.expiry(NOW, Decimal(6), NOW - timedelta(hours=2), Decimal(24))
    assert late[0] == NOW + timedelta(hours=6) and "shelf life" in late[1]
    assert filling.expiry(NOW, Decimal(6), None, None)[0] == NOW + timedelta(hours=6)


@pytest.mark.parametrize(("moves", "kept"), [
    (rules.STEP, STEP_STATES), (rules.BATCH, BATCH_STATES), (rules.DOSE, DOSE_STATES)], ids=["step", "batch", "dose"])
def test_states_are_reachable_leavable_and_known_to_the_database(moves: Moves, kept: tuple[str, ...]) -> None:
    assert set(moves.states) == set(kept)
    reached = {moves.start}
    for _ in moves.moves:
        reached |= {move.after for move in moves.moves if move.before & reached}
    assert reached == set(kept)
    for state in set(kept) - moves.final:
        assert any(state in move.before and move.after != state for move in moves.moves), state
    assert {move.verb for move in moves.moves} <= set(VERBS)
