"""An area is used released, clean, cleared by two people, by one recipient's material, and monitored while open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mfg.equipment.area_records import STATES
from mfg.equipment.area_rules import (
    AREA_RELEASE,
    AREA_USE,
    CLEARANCE,
    CONFIRMATION,
    MOVES,
    PLACE,
    READY,
    AreaRelease,
    AreaUse,
    Clearance,
    Confirmation,
    Place,
)
from mfg.facts import judge, verdict_of

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
GOOD = AreaUse("ROOM-0002", "cabinet", "A", "released", NOON, "NK-26-001", "SUB-0001", True, True, "B", NOON - HOUR, 24,
               NOON - 2 * HOUR, None, None, "CLR-0001", "P-0003", "P-0004", "", "EM-0001")
ALL = ("AREA-01", "AREA-02", "AREA-03", "AREA-04", "AREA-05")


def verdicts(rules: tuple, facts: object) -> dict[str, str]:
    return {finding.rule: finding.verdict.value for finding in judge(rules, facts)}


def wrong(rules: tuple, facts: object) -> dict[str, str]:
    return {rule: verdict for rule, verdict in verdicts(rules, facts).items() if verdict != "PASS"}


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"state": "in use", "occupied_by": "NK-26-001", "occupant": "SUB-0001"}, {}),
    ({"state": "on hold"}, {"AREA-01": "FAIL"}),
    ({"state": "cleaning due"}, {"AREA-01": "FAIL"}),
    ({"state": "not registered yet"}, {"AREA-01": "FAIL"}),
    ({"cleaned_at": None}, {"AREA-01": "CANNOT DETERMINE"}),
    ({"cleaning_hours": None}, {"AREA-01": "CANNOT DETERMINE"}),
    ({"cleaned_at": NOON - 24 * HOUR, "other_left_at": None}, {}),
    ({"cleaned_at": NOON - 24 * HOUR - SECOND, "other_left_at": None}, {"AREA-01": "FAIL"}),
    ({"other_left_at": NOON - HOUR}, {}),
    ({"other_left_at": NOON - HOUR + SECOND}, {"AREA-01": "FAIL"}),
    ({"clearance": None}, {"AREA-02": "CANNOT DETERMINE"}),
    ({"confirmed_by": None}, {"AREA-02": "CANNOT DETERMINE"}),
    ({"cleared_by": None}, {"AREA-02": "CANNOT DETERMINE"}),
    ({"confirmed_by": "P-0003"}, {"AREA-02": "FAIL"}),
    ({"clearance_ended": "NK-26-002 was in ROOM-0002 since"}, {"AREA-02": "FAIL"}),
    ({"clearance": None, "clearance_needed": False}, {}),
    ({"occupied_by": "NK-26-002", "occupant": "SUB-0002"}, {"AREA-03": "FAIL"}),
    ({"occupied_by": "NK-26-002", "occupant": "SUB-0001"}, {"AREA-03": "FAIL"}),
    ({"occupied_by": "NK-26-001", "occupant": "SUB-0002"}, {"AREA-03": "FAIL"}),
    ({"recipient": ""}, {"AREA-03": "CANNOT DETERMINE"}),
    ({"batch": ""}, {"AREA-03": "CANNOT DETERMINE"}),
    ({"monitoring": None}, {"AREA-04": "FAIL"}),
    ({"monitoring": None, "open_step": False}, {}),
    ({"grade": "B"}, {"AREA-05": "FAIL"}),
    ({"grade": "B", "open_step": False}, {}),
    ({"background": "C"}, {"AREA-05": "FAIL"}),
    ({"background": None}, {"AREA-05": "CANNOT DETERMINE"}),
    ({"background": "D", "kind": "isolator"}, {}),
])
def test_an_area_is_used_only_when_every_rule_passes(change: dict, expected: dict) -> None:
    assert verdicts(AREA_USE, replace(GOOD, **change)) == dict.fromkeys(ALL, "PASS") | expected


def test_the_hard_stop_names_the_other_batch_and_nobody_s_recipient() -> None:
    facts = replace(GOOD, occupied_by="NK-26-002", occupant="SUB-0042")
    (stop,) = [one for one in judge(AREA_USE, facts) if one.rule == "AREA-03"]
    assert "NK-26-002" in stop.why
    assert "SUB-" not in stop.why + str(stop.value) + str(stop.limit)


@pytest.mark.parametrize("name", ["state", "cleaned_at", "cleaning_hours", "clearance", "cleared_by", "confirmed_by",
                                  "monitoring", "background", "grade", "batch", "recipient"])
def test_an_area_never_passes_with_a_fact_missing(name: str) -> None:
    blank = {"state": "", "grade": "", "batch": "", "recipient": ""}.get(name)
    assert verdict_of(judge(AREA_USE, replace(GOOD, **{name: blank}))).value != "PASS"


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"occupied_by": "NK-26-001"}, {}),
    ({"occupied_by": "NK-26-002"}, {"AREA-09": "FAIL"}),
    ({"state": "cleaning due"}, {"AREA-01": "FAIL"}),
])
def test_a_line_is_cleared_only_in_an_area_that_is_clean_and_empty_of_others(change: dict, expected: dict) -> None:
    assert wrong(READY, replace(GOOD, **change)) == expected


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"kind": "corridor"}, {"AREA-06": "FAIL"}),
    ({"grade": "E"}, {"AREA-06": "FAIL"}),
    ({"cleaning_hours": 0}, {"AREA-06": "FAIL"}),
    ({"background": None}, {"AREA-06": "CANNOT DETERMINE"}),
    ({"background_kind": "cabinet"}, {"AREA-06": "FAIL"}),
    ({"kind": "room"}, {"AREA-06": "FAIL"}),
    ({"kind": "room", "background": None, "background_kind": None}, {}),
])
def test_a_cabinet_stands_in_a_room_and_a_room_in_none(change: dict, expected: dict) -> None:
    assert wrong(PLACE, replace(Place("cabinet", "A", "ROOM-0001", "room", 24), **change)) == expected


YES = tuple((what, True) for what in ("material", "labels", "records", "cleaning", "documents"))
CLEAR = Clearance("ROOM-0002", "NK-26-001", "before", YES, True, None)


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"items": ()}, {"CLR-01": "CANNOT DETERMINE"}),
    ({"items": (*YES, ("waste", None))}, {"CLR-01": "CANNOT DETERMINE"}),
    ({"kind": "during"}, {"CLR-02": "FAIL"}),
    ({"batch_known": False}, {"CLR-02": "FAIL"}),
    ({"kind": "after"}, {"CLR-02": "FAIL"}),
    ({"kind": "after", "occupied_by": "NK-26-002"}, {"CLR-02": "FAIL"}),
    ({"kind": "after", "occupied_by": "NK-26-001"}, {}),
    ({"kind": "after", "occupied_by": "NK-26-001", "occupied_since": NOON, "cleared_at": NOON}, {}),
    ({"kind": "after", "occupied_by": "NK-26-001", "occupied_since": NOON, "cleared_at": NOON - SECOND},
     {"CLR-02": "FAIL"}),
])
def test_a_line_clearance_is_told_as_it_can_be(change: dict, expected: dict) -> None:
    assert wrong(CLEARANCE, replace(CLEAR, **change)) == expected


@pytest.mark.parametrize("number", range(5))
def test_one_no_is_enough_to_refuse_a_line_clearance_and_is_named(number: int) -> None:
    items = tuple((what, place != number) for place, (what, _yes) in enumerate(YES))
    finding = judge(CLEARANCE, replace(CLEAR, items=items))[0]
    assert (finding.rule, finding.verdict.value) == ("CLR-01", "FAIL")
    assert YES[number][0] in finding.why


LOOK = Confirmation("CLR-0001", "before", "NK-26-001", "P-0003", "P-0004", NOON, NOON, None)


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"confirmed_by": "P-0003"}, {"CLR-03": "FAIL"}),
    ({"cleared_by": ""}, {"CLR-03": "CANNOT DETERMINE"}),
    ({"done_at": NOON - SECOND}, {"CLR-04": "FAIL"}),
    ({"occupied_by": "NK-26-001"}, {}),
    ({"occupied_by": "NK-26-002"}, {"CLR-05": "FAIL"}),
    ({"kind": "after"}, {"CLR-05": "FAIL"}),
    ({"kind": "after", "occupied_by": "NK-26-001"}, {}),
])
def test_a_second_person_confirms_what_is_still_so(change: dict, expected: dict) -> None:
    assert wrong(CONFIRMATION, replace(LOOK, **change)) == expected


HELD = AreaRelease("ROOM-0002", NOON, "P-0003", "P-0004", NOON, None)


@pytest.mark.parametrize(("change", "expected"), [
    ({}, {}),
    ({"occupied_by": "NK-26-001"}, {"AREA-07": "FAIL"}),
    ({"cleaned_at": None}, {"AREA-07": "CANNOT DETERMINE"}),
    ({"held_since": None}, {"AREA-07": "CANNOT DETERMINE"}),
    ({"cleaned_at": NOON - SECOND}, {"AREA-07": "FAIL"}),
    ({"released_by": "P-0003"}, {"AREA-08": "FAIL"}),
    ({"held_by": None}, {"AREA-08": "CANNOT DETERMINE"}),
])
def test_an_area_comes_off_hold_empty_clean_and_by_another(change: dict, expected: dict) -> None:
    assert wrong(AREA_RELEASE, replace(HELD, **change)) == expected


def test_the_states_of_an_area_are_those_the_database_knows_and_none_is_a_dead_end() -> None:
    assert MOVES.states == set(STATES)
    reached = {MOVES.start}
    for _ in MOVES.moves:
        reached |= {move.after for move in MOVES.moves if move.before & reached}
    assert reached == MOVES.states
    assert all(any(state in move.before for move in MOVES.moves) for state in MOVES.states)
