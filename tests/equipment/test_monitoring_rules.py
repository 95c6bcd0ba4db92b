"""Counts against the limits of EU GMP Annex 1 (2022), restated here row by row, and what a session's word is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.equipment.monitoring_limits import GROWTH, KINDS, PARTICLES, SEVERITY, action_for, assumed_alert
from mfg.equipment.monitoring_records import STATES
from mfg.equipment.monitoring_rules import (
    COUNTED,
    LIMIT,
    MOVES,
    PLANNED,
    REVIEW,
    TIMES,
    LimitTold,
    PlateFacts,
    PlateTold,
    Review,
    Times,
    gravest,
    judged,
)
from mfg.facts import Reading, judge

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

#: kind, condition, limits in A, B, C, D; None: not set by the annex
ANNEX_1 = [
    ("active air", "in operation", 0, 10, 100, 200),
    ("settle plate", "in operation", 0, 5, 50, 100),
    ("contact plate", "in operation", 0, 5, 25, 50),
    ("glove print", "in operation", 0, 5, None, None),
    ("particles 0.5 um", "at rest", 3520, 3520, 352000, 3520000),
    ("particles 0.5 um", "in operation", 3520, 352000, 3520000, None),
    ("particles 5 um", "at rest", 29, 29, 2930, 29300),
    ("particles 5 um", "in operation", 29, 2930, 29300, None),
]
ROWS = [(kind, condition, grade, limit) for kind, condition, *limits in ANNEX_1
        for grade, limit in zip("ABCD", limits, strict=True)]


def plate(kind: str, grade: str, count: str | None, condition: str = "in operation", **change: object) -> PlateFacts:
    """A plate that was out as its kind is: 4 hours, or 1000 litres."""
    action = action_for(kind, grade, condition)
    facts = PlateFacts("EM-0001-01", kind, grade, Reading.parse(count) if count is not None else None, action.limit,
                       action.source, assumed_alert(action.limit), "assumed", NOON, NOON + 240 * MINUTE,
                       Decimal(1000) if KINDS[kind].per_litres else None)
    return replace(facts, **change)


def word(facts: PlateFacts) -> str:
    return judged(facts)[0]


@pytest.mark.parametrize(("kind", "condition", "grade", "limit"), ROWS)
def test_the_action_limits_are_those_of_annex_1_2022(kind: str, condition: str, grade: str, limit: int | None) -> None:
    found = action_for(kind, grade, condition)
    assert found.limit == (None if limit is None else Decimal(limit))
    assert found.source == "EU GMP Annex 1 (2022)"


def test_no_kind_of_count_is_without_a_row_and_what_the_annex_does_not_say_is_assumed() -> None:
    restated = {row[0] for row in ANNEX_1}
    assert set(GROWTH) | set(PARTICLES) == set(KINDS) == restated | {"gown plate"}
    assert action_for("gown plate", "B", "in operation").source.startswith("assumed")


@pytest.mark.parametrize(("kind", "condition", "grade", "limit"), [row for row in ROWS if row[3]])
def test_a_count_at_the_limit_is_no_action_and_one_more_is(kind: str, condition: str, grade: str, limit: int) -> None:
    assert word(plate(kind, grade, str(limit), condition)) == "ALERT"
    assert word(plate(kind, grade, str(limit + 1), condition)) == "ACTION"
    assert word(plate(kind, grade, str(limit // 2), condition)) == "WITHIN"
    assert word(plate(kind, grade, str(limit // 2 + 1), condition)) == "ALERT"


@pytest.mark.parametrize("kind", sorted(GROWTH))
def test_any_growth_in_grade_a_is_action(kind: str) -> None:
    assert word(plate(kind, "A", "0")) == "WITHIN"
    assert word(plate(kind, "A", "1")) == "ACTION"


@pytest.mark.parametrize(("kind", "condition", "grade", "limit"), [row for row in ROWS if row[3] is None])
def test_where_no_limit_is_set_nobody_can_tell(kind: str, condition: str, grade: str, limit: None) -> None:
    assert word(plate(kind, grade, "0", condition)) == "CANNOT DETERMINE"
    assert word(plate(kind, grade, "0", condition, action=Decimal(10))) == "WITHIN"


@pytest.mark.parametrize(("minutes", "count", "expected"), [
    # grade B: 5 CFU per 4 h, alert assumed at 2.5
    (240, "5", "ALERT"), (240, "6", "ACTION"), (240, "2", "WITHIN"),
    # out for one hour: 1 CFU is 4 per 4 h, 2 are 8
    (60, "1", "ALERT"), (60, "2", "ACTION"), (60, "0", "WITHIN"),
    # out for 48 minutes: 1 CFU is exactly 5 per 4 h
    (48, "1", "ALERT"), (47, "1", "ACTION"),
])
def test_a_settle_plate_counts_per_four_hours(minutes: int, count: str, expected: str) -> None:
    assert word(plate("settle plate", "B", count, exposed_until=NOON + minutes * MINUTE)) == expected


@pytest.mark.parametrize(("until", "count", "expected"), [
    (NOON + 240 * MINUTE, "0", "WITHIN"),
    (NOON + 240 * MINUTE + SECOND, "0", "CANNOT DETERMINE"),
    # never scaled down: 6 in 8 hours would be 3 in 4 hours
    (NOON + 480 * MINUTE, "6", "ACTION"), (NOON + 480 * MINUTE, "5", "CANNOT DETERMINE"),
    (NOON, "0", "CANNOT DETERMINE"), (NOON, "7", "CANNOT DETERMINE"), (None, "0", "CANNOT DETERMINE"),
])
def test_a_settle_plate_out_longer_than_four_hours_proves_nothing_good(until: datetime | None, count: str,
                                                                       expected: str) -> None:
    assert word(plate("settle plate", "B", count, exposed_until=until)) == expected


@pytest.mark.parametrize(("litres", "count", "expected"), [
    ("1000", "10", "ALERT"), ("1000", "11", "ACTION"), ("500", "5", "ALERT"), ("500", "6", "ACTION"),
    ("100", "1", "ALERT"), ("100", "2", "ACTION"), (None, "0", "CANNOT DETERMINE")])
def test_air_counts_per_cubic_metre(litres: str | None, count: str, expected: str) -> None:
    drawn = Decimal(litres) if litres else None
    assert word(plate("active air", "B", count, litres=drawn)) == expected


@pytest.mark.parametrize(("count", "expected"), [
    (None, "CANNOT DETERMINE"), (">300", "ACTION"), (">=6", "ACTION"), (">4", "CANNOT DETERMINE"), ("<2", "WITHIN")])
def test_a_plate_that_was_not_read_or_not_counted_out(count: str | None, expected: str) -> None:
    assert word(plate("contact plate", "B", count)) == expected


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("grade", "ABCD")
def test_a_plate_not_read_is_never_within(kind: str, grade: str) -> None:
    assert word(plate(kind, grade, None)) == "CANNOT DETERMINE"


def test_a_blank_reading_is_not_zero() -> None:
    finding = judge(COUNTED, PlateTold("contact plate", "", True, None, "M1", None, ""))[0]
    assert (finding.verdict.value, "A blank is not 0" in finding.why) == ("FAIL", True)


@given(st.integers(1, 480), st.integers(0, 40))
def test_no_settle_plate_above_its_limit_is_called_within(minutes: int, count: int) -> None:
    told = word(plate("settle plate", "B", str(count), exposed_until=NOON + minutes * MINUTE))
    if told in ("WITHIN", "ALERT"):
        assert minutes <= 240 and count * 240 <= 5 * minutes
    if told == "WITHIN":
        assert count * 240 * 2 <= 5 * minutes


@pytest.mark.parametrize(("words", "expected"), [
    ([], "CANNOT DETERMINE"), (["WITHIN"], "WITHIN"), (["WITHIN", "ALERT"], "ALERT"),
    (["ALERT", "CANNOT DETERMINE"], "CANNOT DETERMINE"), (["CANNOT DETERMINE", "ACTION", "WITHIN"], "ACTION")])
def test_the_word_of_a_session_is_that_of_its_gravest_plate(words: list[str], expected: str) -> None:
    assert gravest(words) == expected


@pytest.mark.parametrize(("change", "good"), [
    ({}, True),
    ({"kind": "agar"}, False),
    ({"media_lot": ""}, False),
    ({"operator": "P-0003"}, False),
    ({"litres": Decimal(1000)}, False),
    ({"kind": "glove print", "operator": "P-0003", "operator_known": True}, True),
    ({"kind": "gown plate", "operator": "P-0003", "operator_known": True}, True),
    ({"kind": "glove print"}, False),
    ({"kind": "glove print", "operator": "P-9999"}, False),
    ({"kind": "active air"}, False),
    ({"kind": "active air", "litres": Decimal(0)}, False),
    ({"kind": "active air", "litres": Decimal(1000)}, True),
    ({"kind": "particles 5 um", "litres": Decimal(1000), "media_lot": ""}, True),
])
def test_a_plate_says_what_it_needs(change: dict, good: bool) -> None:
    told = replace(PlateTold("contact plate", "", False, None, "M1"), **change)
    assert (judge(PLANNED, told)[0].verdict.value == "PASS") is good


@pytest.mark.parametrize(("reading", "lost", "good"), [
    ("0", "", True), ("12", "", True), (">300", "", True), (None, "dropped", True), (None, "", False),
    ("1", "dropped", False), ("1.5", "", False), ("-1", "", False)])
def test_a_plate_has_a_whole_count_or_a_reason(reading: str | None, lost: str, good: bool) -> None:
    told = PlateTold("contact plate", "", True, None, "M1", Reading.parse(reading) if reading else None, lost)
    assert (judge(COUNTED, told)[0].verdict.value == "PASS") is good


@pytest.mark.parametrize(("start", "end", "good"), [
    (None, NOON, True), (None, NOON + SECOND, False), (NOON, NOON, True), (NOON, NOON - SECOND, False)])
def test_times_follow_each_other_and_none_lies_in_the_future(start: datetime | None, end: datetime, good: bool) -> None:
    assert (judge(TIMES, Times(start, end, NOON))[0].verdict.value == "PASS") is good


@pytest.mark.parametrize(("alert", "action", "annex", "good"), [
    (3, None, 5, True), (5, None, 5, True), (6, None, 5, False), (1, 4, 5, True), (1, 5, 5, True), (1, 6, 5, False),
    (5, 4, 5, False), (None, None, 5, False), (None, 8, None, True), (3, None, None, True), (-1, None, 5, False)])
def test_a_limit_of_the_site_is_never_looser_than_the_annex(alert: int | None, action: int | None, annex: int | None,
                                                            good: bool) -> None:
    def made(value: int | None) -> Decimal | None:
        return None if value is None else Decimal(value)

    told = LimitTold("contact plate", "B", made(alert), made(action), made(annex))
    assert (judge(LIMIT, told)[0].verdict.value == "PASS") is good


@pytest.mark.parametrize(("unread", "plates", "verdict"), [
    ((), 3, "PASS"), (("EM-0001-02",), 3, "FAIL"), ((), 0, "CANNOT DETERMINE")])
def test_a_session_is_reviewed_complete(unread: tuple[str, ...], plates: int, verdict: str) -> None:
    assert judge(REVIEW, Review("EM-0001", unread, plates))[0].verdict.value == verdict


def test_an_action_in_a_or_b_is_major_and_in_c_or_d_minor() -> None:
    assert SEVERITY == {"A": "major", "B": "major", "C": "minor", "D": "minor"}


def test_the_states_of_a_session_are_those_the_database_knows() -> None:
    assert MOVES.states == set(STATES)
    assert {state for state in MOVES.states if not any(state in move.before for move in MOVES.moves)} == {"reviewed"}
