"""Excursions, gaps, cover and mean kinetic temperature, restated by hand and at random."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mfg.custody.logger_csv import LogReading
from mfg.custody.logger_rules import (
    LOG,
    LogFacts,
    excursions,
    in_transit,
    judged_log,
    mean_kinetic,
)
from mfg.facts import Limits, Verdict, judge

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COLD = Limits(Decimal(2), Decimal(8), "Cel")


def log(*celsius: str | None, every: int = 10, first: datetime = START) -> tuple[LogReading, ...]:
    return tuple(LogReading(place + 2, first + place * every * MINUTE, None if one is None else Decimal(one))
                 for place, one in enumerate(celsius))


def facts(readings: tuple[LogReading, ...], **change: object) -> LogFacts:
    base = {"start": START, "end": START + 40 * MINUTE, "limits": COLD, "interval": 10 * MINUTE,
            "at": START + timedelta(days=1)}
    return LogFacts(readings, **base | change)  # type: ignore[arg-type]


def verdicts(f: LogFacts) -> list[str]:
    return [one.verdict.value for one in judge(LOG, f)]


PASS, FAIL, UNKNOWN = "PASS", "FAIL", "CANNOT DETERMINE"


@pytest.mark.parametrize(("readings", "change", "expected"), [
    (log("2", "8", "5", "5", "5"), {}, [PASS, PASS, PASS, PASS]),
    (log("5", "8.01", "5", "5", "5"), {}, [FAIL, PASS, PASS, PASS]),
    (log("5", "1.99", "5", "5", "5"), {}, [FAIL, PASS, PASS, PASS]),
    (log("5", "5", "5", "5"), {}, [PASS, UNKNOWN, PASS, PASS]),
    (log("5", "5", "5", "5", "5", first=START + MINUTE), {}, [PASS, UNKNOWN, PASS, PASS]),
    (log("5", "5", None, "5", "5"), {}, [PASS, PASS, UNKNOWN, PASS]),
    (log("5", "5", "5", every=20), {}, [PASS, PASS, UNKNOWN, PASS]),
    (log(*["5"] * 9, every=5), {}, [PASS, PASS, UNKNOWN, PASS]),
    (log("5", "5", "5", "5", "5"), {"at": START + 34 * MINUTE}, [PASS, PASS, PASS, UNKNOWN]),
    (log("5", "5", "5", "5", "5"), {"at": START + 35 * MINUTE}, [PASS, PASS, PASS, PASS]),
    (log("5", "5", "5", "5", "5"), {"limits": None}, [UNKNOWN, PASS, PASS, PASS]),
    (log("5", "5", "5", "5", "5"), {"interval": None}, [PASS, PASS, UNKNOWN, PASS]),
    (log("5", "5", "5", "5", "5"), {"end": None}, [PASS, UNKNOWN, PASS, PASS]),
    ((), {}, [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]),
])
def test_each_rule_by_its_edges(readings: tuple[LogReading, ...], change: dict[str, object],
                                expected: list[str]) -> None:
    assert verdicts(facts(readings, **change)) == expected


def test_what_lies_before_and_after_the_transit_does_not_count_but_its_neighbours_do() -> None:
    before = log("20", "20", "5", "5", "5", "5", "5", "5", "20", "20", first=START - 30 * MINUTE)
    f = facts(before)
    assert [one.row for one in in_transit(f)] == [5, 6, 7, 8, 9]
    assert verdicts(f)[0] == PASS
    assert verdicts(facts(log("20", "20", "20", "5", "5", "5", "5", first=START - 25 * MINUTE)))[0] == FAIL


def test_an_excursion_lasts_from_the_last_good_reading_to_the_next() -> None:
    found = excursions(log("5", "9", "10", "5", "5", "1", "5", "12"), COLD)
    told = [((one.start - START) // MINUTE, (one.end - START) // MINUTE, one.minutes, one.low, one.high)
            for one in found]
    assert told == [(0, 30, Decimal("30.0"), Decimal(9), Decimal(10)),
                    (40, 60, Decimal("20.0"), Decimal(1), Decimal(1)),
                    (60, 70, Decimal("10.0"), Decimal(12), Decimal(12))]
    assert "60 min in all" in judge(LOG, facts(log("5", "9", "10", "5", "5", "1", "5", "12"),
                                               end=START + 70 * MINUTE))[0].why


def test_a_log_that_is_outside_from_the_first_to_the_last_reading_is_one_excursion() -> None:
    assert [(one.start, one.end) for one in excursions(log("9", "9", "9"), COLD)] == [(START, START + 20 * MINUTE)]


@pytest.mark.parametrize("values", [["5"], ["25", "25", "25"], ["20", "25", "30", "40"], ["-80", "-20"]])
def test_the_mean_kinetic_temperature_is_the_one_of_the_formula(values: list[str]) -> None:
    ratio = 83.144 / 0.0083144
    mean = sum(math.exp(-ratio / (float(one) + 273.15)) for one in values) / len(values)
    expected = ratio / -math.log(mean) - 273.15
    found = mean_kinetic([Decimal(one) for one in values])
    assert found is not None and abs(float(found) - expected) < 0.006
    assert mean_kinetic([]) is None


@settings(max_examples=150, deadline=None)
@given(some.lists(some.sampled_from(["5", "2", "8", "1.9", "8.1", None]), min_size=3, max_size=20), some.data(),
       some.integers(0, 30), some.integers(0, 120))
def test_taking_readings_out_of_a_regular_log_never_makes_it_pass(values: list[str | None], data: some.DataObject,
                                                                  start: int, length: int) -> None:
    readings = log(*values)
    kept = data.draw(some.lists(some.sampled_from(readings), unique=True).map(
        lambda chosen: tuple(sorted(chosen, key=lambda one: one.at))))
    change = {"start": START + start * MINUTE, "end": START + (start + length) * MINUTE}
    if judged_log(facts(readings, **change)) is not Verdict.PASS:
        assert judged_log(facts(kept, **change)) is not Verdict.PASS
