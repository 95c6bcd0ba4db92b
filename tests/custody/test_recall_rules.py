"""Stops, recalls and their answers: a row per verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mfg.batches.stop_rules import LIFT, STOPS, Lifting, StopFact, Stopped
from mfg.custody import recall_rules as rules
from mfg.custody.recall_rules import Answering, Beginning, Reconciling
from mfg.custody.rules import STOPPED, Going
from mfg.custody.shipment_rules import RELEASED
from mfg.facts import judge
from mfg.release.revoking_rules import REVOKE, Revoking

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STOP = (StopFact("STP-0001", "S-0001", "growth suspect on day 2"),)
FREE = Stopped("NK-26-001-C05", "released on condition", ())


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"), ({"stops": STOP}, "FAIL"), ({"dose_state": "revoked"}, "FAIL"),
    ({"dose_state": "released then failed"}, "FAIL"), ({"stops": None}, "CANNOT DETERMINE"),
    ({"dose_state": "certified"}, "PASS"), ({"dose_state": "rejected"}, "PASS"),
])
def test_nothing_stops(change: dict[str, Any], verdict: str) -> None:
    (found,) = judge(STOPS, replace(FREE, **change))
    assert (found.rule, found.verdict.value) == ("STOP-01", verdict)


@pytest.mark.parametrize(("stopped", "back", "verdict"), [
    (FREE, False, "PASS"), (FREE, True, "PASS"), (replace(FREE, stops=STOP), False, "FAIL"),
    (replace(FREE, stops=STOP), True, "PASS"), (replace(FREE, dose_state="revoked"), False, "FAIL"),
    (replace(FREE, stops=None), True, "CANNOT DETERMINE"),
])
def test_only_back(stopped: Stopped, back: bool, verdict: str) -> None:
    (found,) = judge(STOPPED, Going(stopped, back))
    assert (found.rule, found.verdict.value) == ("CUS-07", verdict)


@pytest.mark.parametrize(("left", "verdict"), [((), "PASS"), (("The growth in S-0001 was not set aside.",), "FAIL")])
def test_cause_settled(left: tuple[str, ...], verdict: str) -> None:
    (found,) = judge(LIFT, Lifting("STP-0001", left))
    assert (found.rule, found.verdict.value) == ("STOP-02", verdict)


@pytest.mark.parametrize(("infused", "verdict"), [((), "PASS"), (("NK-26-001-C05",), "FAIL")])
def test_not_infused(infused: tuple[str, ...], verdict: str) -> None:
    (found,) = judge(REVOKE, Revoking("NK-26-001-D1", infused))
    assert (found.rule, found.verdict.value) == ("RVK-01", verdict)


@pytest.mark.parametrize(("bags", "running", "verdict"), [
    (("C05",), None, "PASS"), (("C05",), "RCL-0001", "FAIL"), ((), None, "CANNOT DETERMINE")])
def test_can_begin(bags: tuple[str, ...], running: str | None, verdict: str) -> None:
    (found,) = judge(rules.BEGIN, Beginning("NK-26-001-D1", bags, running))
    assert (found.rule, found.verdict.value) == ("RCL-01", verdict)


ANSWER = Answering("C05", "destroyed", "P-0003", frozenset({"warehouse"}), "P-0003", "Autoclaved, seen by the nurse.",
                   NOON, NOON)
QA = frozenset({"qa"})


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    ({}, "RCL-02", "PASS"), ({"holder": "P-0004"}, "RCL-02", "FAIL"), ({"holder": ""}, "RCL-02", "PASS"),
    ({"holder": "P-0004", "roles": QA}, "RCL-02", "PASS"), ({"answer": "returned"}, "RCL-02", "FAIL"),
    ({"answer": "returned", "roles": QA}, "RCL-02", "PASS"),
    ({"answer": "returned", "roles": QA, "holder": "P-0004"}, "RCL-02", "FAIL"),
    ({}, "RCL-03", "PASS"), ({"words": " "}, "RCL-03", "CANNOT DETERMINE"),
    ({"happened_at": NOON + timedelta(minutes=1)}, "RCL-03", "FAIL"),
])
def test_answering(change: dict[str, Any], rule: str, verdict: str) -> None:
    found = {one.rule: one.verdict.value for one in judge(rules.ANSWER, replace(ANSWER, **change))}
    assert found[rule] == verdict


@pytest.mark.parametrize(("bags", "deviations", "verdict"), [
    ((("C05", "returned"), ("C06", "infused")), (), "PASS"), ((("C05", "returned"), ("C06", "asked")), (), "FAIL"),
    ((("C05", "cannot be found"),), ("DEV-0001",), "FAIL"), ((("C05", "cannot be found"),), (), "PASS"),
    ((), (), "CANNOT DETERMINE"),
])
def test_reconciled(bags: tuple[tuple[str, str], ...], deviations: tuple[str, ...], verdict: str) -> None:
    (found,) = judge(rules.CLOSE, Reconciling("RCL-0001", bags, deviations))
    assert (found.rule, found.verdict.value) == ("RCL-04", verdict)


def test_every_answer_moves_a_bag_and_a_lost_one_may_turn_up() -> None:
    assert {rules.RECALLED.after(one, "asked") for one in rules.ANSWERS} == set(rules.ANSWERS)
    assert rules.RECALLED.after("returned", "cannot be found") == "returned"
    assert rules.RECALLED.states - rules.RECALLED.final == {"asked", "cannot be found"}
    assert rules.RECALL.after("close recall", "open") in rules.RECALL.final


def test_whatever_may_leave_may_be_released() -> None:
    from mfg.batches.rules import DOSE
    from mfg.batches.rules import RELEASED as OUT

    assert set(RELEASED) == OUT and {DOSE.after("revoke release", one) for one in OUT} == {"revoked"}
