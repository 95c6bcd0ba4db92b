"""The thirteen points of 21 CFR 211.188, one by one: met, not met, and not to be determined."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from mfg.facts import Finding, judge
from mfg.review.batch_record import BagLine, BatchRecord, ClearanceLine, ContainerLine, HoldLine, LotLine
from mfg.review.completeness import COMPLETENESS
from tests.review.records import a_step, an_entry, at, good

#: the clause -> our rule, restated from the regulation
CLAUSES = {f"211.188(b)({n})": f"REC-{n:02d}" for n in range(1, 14)}
WITHOUT: dict[str, dict[str, object]] = {
    "REC-01": {"steps": (a_step(1, done_at=None),)},
    "REC-04": {"entries": (an_entry(unit=""),)},
    "REC-05": {"steps": (a_step(1, missing=("Volume",)),)},
    "REC-03": {"lots": (LotLine("LOT-1", "medium", "m", "", "in use", at(9), "s", at(1)),)},
    "REC-02": {"steps": (a_step(7, open=True),)},
    "REC-06": {"clearances": (ClearanceLine("LC-1", "ROOM-0001", "before", "P-1", at(1), "P-2"),)},
    "REC-08": {"labels": ()},
    "REC-09": {"containers": (ContainerLine("C", "", None, at(1)),)},
    "REC-11": {"steps": (a_step(1, verified_by=None),)},
    "REC-12": {"entries": (an_entry(verdict="FAIL"),)},
    "REC-13": {"bags": (BagLine("C", "D1", Decimal(1), "P-1", at(1), None, False),)},
}
EMPTY: dict[str, dict[str, object]] = {
    "REC-01": {"steps": ()}, "REC-02": {"equipment": ()}, "REC-03": {"lots": ()}, "REC-04": {"entries": ()},
    "REC-05": {"steps": ()}, "REC-06": {"clearances": ()}, "REC-07": {"yields": ()}, "REC-08": {"bags": ()},
    "REC-09": {"containers": ()}, "REC-10": {"samples": ()}, "REC-11": {"steps": ()}, "REC-13": {"bags": ()},
}


def point(record: BatchRecord, rule: str) -> Finding:
    return next(one for one in judge(COMPLETENESS, record) if one.rule == rule)


def test_every_clause_has_its_rule_and_says_so() -> None:
    found = {one.id: one.requirement for one in COMPLETENESS}
    assert list(found) == list(CLAUSES.values())
    assert all(clause in found[rule] for clause, rule in CLAUSES.items())


@pytest.mark.parametrize("rule", CLAUSES.values())
def test_a_whole_record_meets(rule: str) -> None:
    assert point(good(), rule).verdict.value == "PASS"


@pytest.mark.parametrize("rule", WITHOUT)
def test_a_record_with_a_gap_fails(rule: str) -> None:
    assert point(good(**WITHOUT[rule]), rule).verdict.value == "FAIL"


@pytest.mark.parametrize("rule", EMPTY)
def test_a_record_without_any_of_it_cannot_be_determined(rule: str) -> None:
    assert point(good(**EMPTY[rule]), rule).verdict.value == "CANNOT DETERMINE"


def test_two_signatures_of_one_person_are_not_two_people() -> None:
    assert point(good(steps=(a_step(1, verified_by="P-1"),)), "REC-11").verdict.value == "FAIL"


def test_a_bag_checked_by_who_filled_it_is_not_examined() -> None:
    one = replace(good().bags[0], checked_by="P-1")
    assert point(good(bags=(one,)), "REC-13").verdict.value == "FAIL"


def test_a_clearance_that_nobody_confirmed_does_not_count() -> None:
    one, other = good().clearances
    assert point(good(clearances=(one, replace(other, confirmed_by=None))), "REC-06").verdict.value == "FAIL"


def test_a_skipped_step_needs_no_second_person() -> None:
    steps = (a_step(1), a_step(2, state="skipped", skipped="no need", verified_by=None, done_at=None))
    assert point(good(steps=steps), "REC-11").verdict.value == "PASS"


def test_a_time_exceeded_without_a_deviation_is_a_gap() -> None:
    late = HoldLine("H-1", "Open time", "breached", at(0), None, Decimal(60), None, "major", "s", breached_at=at(61))
    assert point(good(holds=(late,)), "REC-12").verdict.value == "FAIL"


def test_a_withdrawn_bag_needs_no_label() -> None:
    bags = (*good().bags, BagLine("C06", "D1", Decimal(1), "P-1", at(1), None, True))
    assert point(good(bags=bags), "REC-08").verdict.value == "PASS"


def test_the_partial_label_alone_is_not_the_label_of_a_bag() -> None:
    partial = replace(good().labels[0], layout="partial_label")
    assert point(good(labels=(partial,)), "REC-08").verdict.value == "FAIL"
    assert point(good(labels=(partial, replace(partial, code="LBL-0002", layout="dose_bag"))),
                 "REC-08").verdict.value == "PASS"
