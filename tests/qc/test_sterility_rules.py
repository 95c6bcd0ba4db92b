"""The plan of reads and setting a positive aside: a row per verdict; expectations are counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mfg.facts import judge
from mfg.qc import sterility_rules as rules
from mfg.qc.sterility_rules import Invalidating, Running

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def reads(*days: int, last: str = "no growth") -> tuple[tuple[int, str], ...]:
    return (*((one, "no growth") for one in days[:-1]), (days[-1], last))


RUNS = Running("S-0001", 14, START, reads(1, 2, 3), day(3.5))


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"), ({"at": day(14)}, "PASS"), ({"at": day(16)}, "PASS"),
    ({"at": day(16) + timedelta(seconds=1)}, "FAIL"), ({"at": day(40), "reads": ()}, "FAIL"),
    ({"at": day(40), "reads": reads(1, 14, last="no growth, final")}, "PASS"),
    ({"at": day(40), "reads": reads(2, last="growth suspect")}, "PASS"), ({"at": day(40), "invalid": True}, "PASS"),
    ({"days": None}, "CANNOT DETERMINE"),
])
def test_final_in_time(change: dict[str, Any], verdict: str) -> None:
    found = rules.final_in_time(replace(RUNS, **change))
    assert (found.rule, found.verdict.value) == ("STE-01", verdict)


@pytest.mark.parametrize(("change", "missed", "verdict"), [
    ({}, (), "PASS"), ({"at": day(4.9)}, (), "PASS"), ({"at": day(5)}, (4,), "FAIL"),
    ({"reads": reads(1, 3), "at": day(3.5)}, (2,), "FAIL"), ({"reads": (), "at": day(2.5)}, (1,), "FAIL"),
    ({"reads": reads(0, 14, last="no growth, final"), "at": day(30)}, tuple(range(1, 14)), "FAIL"),
    ({"reads": reads(1, 2, last="growth confirmed"), "at": day(30)}, (), "PASS"),
    ({"days": None}, None, "CANNOT DETERMINE"),
])
def test_daily_reads(change: dict[str, Any], missed: tuple[int, ...] | None, verdict: str) -> None:
    facts = replace(RUNS, **change)
    found = rules.daily_reads(facts)
    assert (found.rule, found.verdict.value) == ("STE-02", verdict)
    assert missed is None or facts.missed == missed


@pytest.mark.parametrize(("change", "verdict"), [
    ({"reads": reads(14, last="no growth, final")}, "PASS"), ({"reads": reads(2, last="growth confirmed")}, "PASS"),
    ({"reads": reads(2, last="growth suspect"), "invalid": True}, "PASS"), ({}, "CANNOT DETERMINE"),
    ({"reads": reads(2, last="growth suspect")}, "CANNOT DETERMINE"), ({"reads": ()}, "CANNOT DETERMINE"),
])
def test_came_to_its_end(change: dict[str, Any], verdict: str) -> None:
    assert rules.came_to_its_end(replace(RUNS, **change)).verdict.value == verdict


ASIDE = Invalidating("S-0001", "growth suspect", "negative control", "The control of lot M-7 grew too, record C-12.",
                     frozenset({"P-0001", "P-0002"}), "P-0009", "DEV-0001-I1", "P-0005", frozenset({"qc reviewer"}))


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    ({"reading": "no growth"}, "STE-04", "FAIL"), ({"reading": "no growth, final"}, "STE-04", "FAIL"),
    ({"reading": None}, "STE-04", "CANNOT DETERMINE"), ({"reading": "growth confirmed"}, "STE-04", "PASS"),
    ({"ground": "product"}, "STE-05", "FAIL"), ({"ground": ""}, "STE-05", "FAIL"),
    ({"evidence": " "}, "STE-05", "CANNOT DETERMINE"), ({"ground": "technique"}, "STE-05", "PASS"),
    ({"investigation": None}, "STE-06", "CANNOT DETERMINE"),
    ({"investigator_roles": frozenset({"production supervisor"})}, "STE-06", "FAIL"), ({}, "STE-06", "PASS"),
    ({"by": "P-0001"}, "STE-07", "FAIL"), ({"by": "P-0005"}, "STE-07", "FAIL"), ({}, "STE-07", "PASS"),
    ({"before": ("S-0000",)}, "STE-08", "FAIL"), ({}, "STE-08", "PASS"),
])
def test_invalidating(change: dict[str, Any], rule: str, verdict: str) -> None:
    found = {one.rule: one.verdict.value for one in judge(rules.INVALIDATE, replace(ASIDE, **change))}
    assert found[rule] == verdict
    assert {other for other, said in found.items() if said != "PASS"} <= {rule}


def test_only_a_fault_of_the_test_itself_is_a_ground() -> None:
    assert set(rules.GROUNDS) == {"media", "environment", "negative control", "technique"}
