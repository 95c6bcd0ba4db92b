"""How results and sterility reads are judged, as tables under their requirement sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import Refused, Verdict, judge, verdict_of
from mfg.qc import rules
from mfg.qc.records import READINGS
from mfg.qc.rules import STERILITY, Read, Reported, Reviewing, Taking, coefficient_of_variation, judged
from mfg.recipes.specification import Test

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_test(kind: str = "number", low: str | None = None, high: str | None = None, **more: Any) -> Test:
    """A test of our own; limits as text."""
    plain = {"id": "t", "title": "The test", "method": "M-1", "scope": "dose", "timing": "before"}
    return Test(**(plain | {"kind": kind, "low": low and Decimal(low), "high": high and Decimal(high)} | more))


COUNT = a_test("replicates", unit="{cells}/mL", replicates=3, max_cv_percent=Decimal(15))
GOOD = Reported(a_test("number", "80", unit="%"), "t", "92.0", "", "S-0001", True, NOON, NOON, NOON)


@pytest.mark.parametrize(("test", "value", "verdict"), [
    (a_test("number", "80"), "80", "PASS"),
    (a_test("number", "80"), "79.9999", "FAIL"),
    (a_test("number", None, "5"), "5", "PASS"),
    (a_test("number", None, "5"), "5.0001", "FAIL"),
    (a_test("number"), "0", "PASS"),
    (a_test("reading", None, "0.5"), "<0.5", "PASS"),
    (a_test("reading", None, "500"), "<1000", "CANNOT DETERMINE"),
    (a_test("reading", None, "0.5"), ">0.5", "FAIL"),
    (a_test("reading", "70"), ">=70", "PASS"),
    (a_test("choice", equals="negative", choices=("negative", "positive")), "negative", "PASS"),
    (a_test("choice", equals="negative", choices=("negative", "positive")), "positive", "FAIL"),
    (a_test("choice", choices=("A", "B"), timing="characterisation"), "B", "PASS"),
    (COUNT, "6.1e6; 5.9e6; 6.0e6", "PASS"),
    (COUNT, "6e6; 9e6; 3e6", "FAIL"),
    (COUNT, "0; 0; 0", "FAIL"),
    (replace(COUNT, low=Decimal("6e6")), "6.1e6; 5.9e6; 6.0e6", "PASS"),
    (replace(COUNT, low=Decimal("6.1e6")), "6.1e6; 5.9e6; 6.0e6", "FAIL"),
])
def test_a_value_is_judged_against_inclusive_limits_and_a_bound_only_where_it_decides(
        test: Test, value: str, verdict: str) -> None:
    assert judged(test, value) == verdict


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    ({}, None, None),
    ({"asked": a_test("sterility", days=14)}, "QC-01", "FAIL"),
    ({"asked": None}, "QC-01", "FAIL"),
    ({"of_dose": False}, "QC-02", "FAIL"),
    ({"value": ""}, "QC-03", "CANNOT DETERMINE"),
    ({"value": "ninety"}, "QC-03", "FAIL"),
    ({"value": "92,0"}, "QC-03", "FAIL"),
    ({"value": "NaN"}, "QC-03", "FAIL"),
    ({"value": "inf"}, "QC-03", "FAIL"),
    ({"value": "<92"}, "QC-03", "FAIL"),
    ({"asked": COUNT, "value": "6e6; 6e6"}, "QC-03", "FAIL"),
    ({"asked": COUNT, "value": "6e6; 6e6;"}, "QC-03", "FAIL"),
    ({"asked": a_test("choice", equals="negative", choices=("negative",)), "value": "neg"}, "QC-03", "FAIL"),
    ({"value": "100.1"}, "QC-04", "FAIL"),
    ({"value": "-0.1"}, "QC-04", "FAIL"),
    ({"asked": a_test("reading", unit="%"), "value": ">101"}, "QC-04", "FAIL"),
    ({"asked": COUNT, "value": "6e6; -6e6; 6e6"}, "QC-04", "FAIL"),
    ({"unit": "{cells}/mL"}, "QC-05", "FAIL"),
    ({"unit": "%"}, None, None),
    ({"tested_at": NOON - timedelta(minutes=1)}, "QC-06", "FAIL"),
    ({"tested_at": NOON + timedelta(minutes=1)}, "QC-06", "FAIL"),
])
def test_what_cannot_be_a_result_is_refused(change: dict[str, Any], rule: str | None, verdict: str | None) -> None:
    findings = judge((*rules.KNOWN, *rules.RECORD), replace(GOOD, **change))
    wrong = {finding.rule: finding.verdict.value for finding in findings if finding.verdict is not Verdict.PASS}
    assert wrong.get(rule or "") == verdict
    assert bool(wrong) == (rule is not None)


TAKING = Taking("NK-26-001-C05", "NK-26-001", "NK-26-001-D1", "NK-26-001", 1, False, NOON, NOON, NOON,
                ("NK-26-001-C05", "NK-26-001-C04"))


@pytest.mark.parametrize(("change", "rule"), [
    ({}, None),
    ({"dose": None, "dose_batch": None, "attempt": None}, None),
    ({"batch": None}, "QC-07"),
    ({"dose_batch": "NK-26-002"}, "QC-07"),
    ({"attempt": 0}, "QC-08"),
    ({"attempt": None}, "QC-08"),
    ({"withdrawn": True}, "QC-08"),
    ({"container": "NK-26-001-C04"}, None),
    ({"container": "NK-26-001-C03"}, "QC-14"),
    ({"fill": ()}, "QC-14"),
    ({"taken_at": NOON - timedelta(seconds=1)}, "QC-09"),
    ({"taken_at": NOON + timedelta(seconds=1)}, "QC-09"),
])
def test_a_sample_is_taken_from_a_container_of_its_batch_and_of_the_present_fill(
        change: dict[str, Any], rule: str | None) -> None:
    wrong = [finding.rule for finding in judge(rules.TAKE, replace(TAKING, **change))
             if finding.verdict is not Verdict.PASS]
    assert wrong == ([rule] if rule else [])


READ = Read("S-0001", "Sterility", 14, "no growth, final", 14, 13, NOON, NOON + timedelta(days=14),
            NOON + timedelta(days=14))


@pytest.mark.parametrize(("change", "rule"), [
    ({}, None),
    ({"test": None}, "QC-10"),
    ({"day": 13, "last_day": 12}, "QC-11"),
    ({"last_day": 14}, "QC-11"),
    ({"read_at": NOON - timedelta(days=1)}, "QC-11"),
    ({"entered_at": NOON}, "QC-11"),
    ({"days": None}, "QC-12"),
    ({"days": 15}, "QC-12"),
    ({"read_at": NOON + timedelta(days=14, seconds=-1)}, "QC-12"),
])
def test_sterility_is_read_on_its_day_and_final_only_after_all_its_days(
        change: dict[str, Any], rule: str | None) -> None:
    findings = judge(rules.READ, replace(READ, **change))
    assert (rule in {f.rule for f in findings if f.verdict is not Verdict.PASS}) == (rule is not None)
    assert (verdict_of(findings) is Verdict.PASS) == (rule is None)


@given(st.integers(-20, 40), st.integers(0, 40), st.integers(0, 40 * 24))
def test_no_final_read_ever_passes_before_the_last_day(day: int, days: int, hours: int) -> None:
    read = replace(READ, day=day, days=days, last_day=None, read_at=NOON + timedelta(hours=hours),
                   entered_at=NOON + timedelta(days=90))
    if verdict_of(judge(rules.READ, read)) is Verdict.PASS:
        assert hours >= days * 24 and day == hours // 24


def test_after_growth_nothing_makes_a_sterility_test_clean_again() -> None:
    for reading in ("no growth", "no growth, final", "growth suspect"):
        with pytest.raises(Refused):
            STERILITY.after(reading, "growth suspect")
    assert STERILITY.after("growth confirmed", "growth suspect") == "growth confirmed"


def test_every_reading_has_its_state() -> None:
    assert STERILITY.states == {"inoculated", *READINGS, "invalid"}


def test_a_tester_does_not_review_their_own_result() -> None:
    assert rules.two_people(Reviewing("R-1", "P-0007", "P-0007")).verdict is Verdict.FAIL
    assert rules.two_people(Reviewing("R-1", "P-0007", "P-0008")).verdict is Verdict.PASS
    assert rules.two_people(Reviewing("R-1", "P-0007", "P-0008", ("P-0008",))).verdict is Verdict.FAIL
    assert rules.two_people(Reviewing("R-1", "P-0007", "P-0008", ("P-0007",))).verdict is Verdict.PASS


@pytest.mark.parametrize(("values", "percent"), [
    (("10", "10", "10"), "0"), (("9", "11"), "14.142"), (("6.1e6", "5.9e6", "6.0e6"), "1.667"), (("5",), None),
    (("0", "0"), None), ((), None),
])
def test_the_spread_of_replicates_is_the_sample_cv(values: tuple[str, ...], percent: str | None) -> None:
    spread = coefficient_of_variation(tuple(Decimal(value) for value in values))
    assert (spread if spread is None else round(spread, 3)) == (None if percent is None else Decimal(percent))
