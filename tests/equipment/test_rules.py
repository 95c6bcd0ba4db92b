"""Equipment is used in service, calibrated, maintained, clean and of the right kind, each at the time of use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.equipment.records import KINDS, STATES
from mfg.equipment.rules import (
    CALIBRATION,
    EQUIPMENT_USE,
    MOVES,
    PAST,
    REGISTRATION,
    RETURN,
    CalibrationFacts,
    EquipmentUse,
    Registration,
    Return,
    Told,
    due_word,
)
from mfg.facts import Refused, judge, verdict_of

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
GOOD = EquipmentUse(
    "EQ-0001", "incubator", "in service", NOON, "incubator", True, "CAL-0001", True, True, NOON + DAY, None, True,
    NOON + DAY, "before each batch and every so many hours", NOON - HOUR, 24, "NK-26-001", "NK-26-002", NOON - 2 * HOUR)
ALL = ("EQP-01", "EQP-02", "EQP-03", "EQP-04", "EQP-05")


def verdicts(rules: tuple, facts: object) -> dict[str, str]:
    return {finding.rule: finding.verdict.value for finding in judge(rules, facts)}


def wrong(rules: tuple, facts: object) -> dict[str, str]:
    return {rule: verdict for rule, verdict in verdicts(rules, facts).items() if verdict != "PASS"}


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"state": "installed"}, {"EQP-01": "FAIL"}),
    ({"state": "out of service"}, {"EQP-01": "FAIL"}),
    ({"state": "retired"}, {"EQP-01": "FAIL"}),
    ({"state": "not registered yet"}, {"EQP-01": "FAIL"}),
    ({"calibration": None, "calibrated_until": None}, {"EQP-02": "CANNOT DETERMINE"}),
    ({"calibrated_until": None}, {"EQP-02": "CANNOT DETERMINE"}),
    ({"confirmed": False}, {"EQP-02": "CANNOT DETERMINE"}),
    ({"left_within": False}, {"EQP-02": "FAIL"}),
    ({"found_outside_later": "CAL-0002"}, {"EQP-02": "CANNOT DETERMINE"}),
    ({"needs_calibration": False, "calibration": None, "calibrated_until": None}, {}),
    ({"maintained_until": None}, {"EQP-03": "CANNOT DETERMINE"}),
    ({"maintained_until": None, "needs_maintenance": False}, {}),
    ({"cleaning_rule": ""}, {"EQP-04": "CANNOT DETERMINE"}),
    ({"cleaned_at": None}, {"EQP-04": "CANNOT DETERMINE"}),
    ({"cleaned_at": None, "cleaning_rule": "not needed"}, {}),
    ({"cleaning_hours": None}, {"EQP-04": "CANNOT DETERMINE"}),
    ({"kind": "centrifuge"}, {"EQP-05": "FAIL"}),
    ({"wanted": ""}, {"EQP-05": "CANNOT DETERMINE"}),
    ({"state": "retired", "wanted": "pipette"}, {"EQP-01": "FAIL", "EQP-05": "FAIL"}),
])
def test_equipment_is_used_only_when_every_rule_passes(change: dict, expected: dict) -> None:
    assert verdicts(EQUIPMENT_USE, replace(GOOD, **change)) == dict.fromkeys(ALL, "PASS") | expected


@pytest.mark.parametrize(("due", "rule"), [("calibrated_until", "EQP-02"), ("maintained_until", "EQP-03")])
def test_the_due_moment_itself_is_still_in_time_and_a_second_later_is_not(due: str, rule: str) -> None:
    assert wrong(EQUIPMENT_USE, replace(GOOD, **{due: NOON})) == {}
    assert wrong(EQUIPMENT_USE, replace(GOOD, **{due: NOON - SECOND})) == {rule: "FAIL"}


@pytest.mark.parametrize(("cleaned", "expected"), [
    (NOON - 24 * HOUR, "PASS"), (NOON - 24 * HOUR - SECOND, "FAIL"), (NOON, "PASS")])
def test_a_cleaning_holds_its_hours_to_the_second(cleaned: datetime, expected: str) -> None:
    used = replace(GOOD, cleaning_rule="every so many hours", cleaned_at=cleaned)
    assert verdicts(EQUIPMENT_USE, used)["EQP-04"] == expected


@pytest.mark.parametrize(("other", "expected"), [
    (None, "PASS"), (NOON - HOUR - SECOND, "PASS"), (NOON - HOUR, "FAIL"), (NOON - HOUR / 2, "FAIL")])
def test_equipment_is_cleaned_between_two_batches(other: datetime | None, expected: str) -> None:
    """Used at the very moment of the cleaning counts as not cleaned since: nobody can tell which came first."""
    used = replace(GOOD, cleaning_rule="before each batch", cleaning_hours=None, other_used_at=other)
    assert verdicts(EQUIPMENT_USE, used)["EQP-04"] == expected


def test_what_is_cleaned_by_the_hour_may_serve_several_batches() -> None:
    used = replace(GOOD, cleaning_rule="every so many hours", other_used_at=NOON - HOUR / 2)
    assert wrong(EQUIPMENT_USE, used) == {}


@given(st.lists(st.sampled_from(["state", "calibration", "calibrated_until", "maintained_until", "cleaning_rule",
                                 "cleaned_at", "cleaning_hours", "wanted"]), min_size=1))
def test_equipment_never_passes_with_a_fact_missing(names: list[str]) -> None:
    empty = {"state": "", "cleaning_rule": "", "wanted": ""}
    blanked = replace(GOOD, **{name: empty.get(name) for name in names})
    assert verdict_of(judge(EQUIPMENT_USE, blanked)).value != "PASS"


@pytest.mark.parametrize(("due", "word"), [
    (None, "NEVER DONE"), (NOON - SECOND, "OVERDUE"), (NOON, "DUE SOON"), (NOON + 14 * DAY - SECOND, "DUE SOON"),
    (NOON + 14 * DAY, "OK"), (NOON + 300 * DAY, "OK")])
def test_the_word_about_a_due_date(due: datetime | None, word: str) -> None:
    assert due_word(due, NOON) == word


NEW = Registration("incubator", KINDS, True, 365, True, 180, "every so many hours", 24, None)


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"calibration_days": None}, {"EQP-06": "CANNOT DETERMINE"}),
    ({"maintenance_days": None}, {"EQP-06": "CANNOT DETERMINE"}),
    ({"cleaning_hours": None}, {"EQP-06": "CANNOT DETERMINE"}),
    ({"calibration_days": 0}, {"EQP-06": "FAIL"}),
    ({"needs_calibration": False}, {"EQP-06": "FAIL"}),
    ({"needs_calibration": False, "calibration_days": None}, {}),
    ({"needs_maintenance": False}, {"EQP-06": "FAIL"}),
    ({"cleaning_rule": "before each batch"}, {"EQP-06": "FAIL"}),
    ({"cleaning_rule": "before each batch", "cleaning_hours": None}, {}),
    ({"kind": "teapot"}, {"EQP-07": "FAIL"}),
    ({"cleaning_rule": "sometimes", "cleaning_hours": None}, {"EQP-07": "FAIL"}),
    ({"serial_known_as": "EQ-0007"}, {"EQP-07": "FAIL"}),
])
def test_equipment_is_registered_whole_and_once(change: dict, expected: dict) -> None:
    assert wrong(REGISTRATION, replace(NEW, **change)) == expected


CAL = CalibrationFacts("EQ-0001", Decimal("37.0"), Decimal("0.5"), Decimal("37.5"), Decimal("36.5"), "Cel", NOON,
                       NOON + 365 * DAY, 365, NOON)


@pytest.mark.parametrize(("found", "within"), [
    ("37.5", True), ("36.5", True), ("37.500001", False), ("36.499999", False), ("37", True)])
def test_a_reading_at_its_tolerance_is_within_it(found: str, within: bool) -> None:
    assert replace(CAL, as_found=Decimal(found)).found_within is within
    assert replace(CAL, as_left=Decimal(found)).left_within is within


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"due_at": NOON + 365 * DAY + SECOND}, {"EQP-09": "FAIL"}),
    ({"due_at": NOON}, {"EQP-09": "FAIL"}),
    ({"due_at": NOON + SECOND}, {}),
    ({"interval_days": None}, {"EQP-09": "CANNOT DETERMINE"}),
    ({"tolerance": Decimal("-0.1")}, {"EQP-10": "FAIL"}),
    ({"tolerance": Decimal(0)}, {}),
    ({"unit": ""}, {"EQP-10": "CANNOT DETERMINE"}),
])
def test_a_calibration_is_told_as_it_can_be(change: dict, expected: dict) -> None:
    assert wrong(CALIBRATION, replace(CAL, **change)) == expected


@pytest.mark.parametrize(("done", "expected"), [
    (NOON, {}), (NOON + SECOND, {"EQP-08": "FAIL"}), (None, {"EQP-08": "CANNOT DETERMINE"})])
def test_nothing_is_recorded_before_it_was_done(done: datetime | None, expected: dict) -> None:
    assert wrong(PAST, Told(done, NOON)) == expected


@pytest.mark.parametrize(("out", "back", "expected"), [
    ("P-0003", "P-0004", {}), ("P-0004", "P-0004", {"EQP-11": "FAIL"}), ("", "P-0004", {"EQP-11": "CANNOT DETERMINE"})])
def test_who_took_it_out_does_not_bring_it_back(out: str, back: str, expected: dict) -> None:
    assert wrong(RETURN, Return("EQ-0001", out, back)) == expected


def test_the_states_of_equipment_are_those_the_database_knows() -> None:
    assert MOVES.states == set(STATES)
    reached = {MOVES.start}
    for _ in MOVES.moves:
        reached |= {move.after for move in MOVES.moves if move.before & reached}
    assert reached == MOVES.states
    assert {state for state in MOVES.states if not any(state in move.before for move in MOVES.moves)} == {"retired"}
    with pytest.raises(Refused, match="nothing, the state is final"):
        MOVES.after("return to service", "retired")
