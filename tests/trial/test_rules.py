"""A place in a cohort is taken once, and a weight counts only if a person can have it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mfg.facts import judge
from mfg.trial.rules import (
    ANSWER,
    ENROLMENT,
    WEIGHT,
    Answering,
    Enrolment,
    WeightFacts,
    settled,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PLACE = Enrolment("T-1/1", "effective", "1", (("1", 3), ("2", None)), 2)


def verdicts(rules: tuple, facts: object) -> dict[str, str]:
    return {finding.rule: finding.verdict.value for finding in judge(rules, facts)}


@pytest.mark.parametrize(("change", "wrong"), [
    ({}, {}),
    ({"taken": 3}, {"TRL-03": "FAIL"}),
    ({"taken": 0}, {}),
    ({"protocol_state": "approved"}, {"TRL-01": "FAIL"}),
    ({"protocol_state": "superseded"}, {"TRL-01": "FAIL"}),
    ({"cohort": "2"}, {"TRL-03": "CANNOT DETERMINE"}),
    ({"cohort": "9"}, {"TRL-02": "FAIL", "TRL-03": "FAIL"}),
    ({"places": ()}, {"TRL-02": "FAIL", "TRL-03": "FAIL"}),
])
def test_a_place_is_in_a_known_cohort_of_an_effective_protocol(change: dict, wrong: dict) -> None:
    expected = {"TRL-01": "PASS", "TRL-02": "PASS", "TRL-03": "PASS"} | wrong
    assert verdicts(ENROLMENT, replace(PLACE, **change)) == expected


@pytest.mark.parametrize(("kg", "expected"), [
    ("70.0", "PASS"), ("400", "PASS"), ("0.001", "PASS"), ("400.001", "FAIL"), ("0", "FAIL"), ("-70", "FAIL"),
])
def test_a_weight_is_more_than_nothing_and_at_most_400_kg(kg: str, expected: str) -> None:
    assert verdicts(WEIGHT, WeightFacts(Decimal(kg), NOON, NOON))["TRL-04"] == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, "PASS"), (-1, "PASS"), (1, "FAIL")])
def test_a_weight_is_not_measured_in_the_future(seconds: int, expected: str) -> None:
    told = WeightFacts(Decimal(70), NOON + timedelta(seconds=seconds), NOON)
    assert verdicts(WEIGHT, told)["TRL-05"] == expected


def test_only_an_assumed_value_is_answered() -> None:
    assert verdicts(ANSWER, Answering("T-1/1", "tolerance_pct", ("tolerance_pct",))) == {"TRL-06": "PASS"}
    assert verdicts(ANSWER, Answering("T-1/1", "age", ("tolerance_pct",))) == {"TRL-06": "FAIL"}
    assert verdicts(ANSWER, Answering("T-1/1", "", ())) == {"TRL-06": "FAIL"}


@pytest.mark.parametrize(("assumed", "answer", "expected"), [
    ("20", "20", True), ("actual measured", " Actual measured ", True), ("20", "25", False), (None, "none", False),
    (None, "", False),
])
def test_only_the_same_answer_settles_an_assumption(assumed: str | None, answer: str, expected: bool) -> None:
    assert settled(assumed, answer) is expected
