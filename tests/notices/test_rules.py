"""Notices in time, to whom they go, and calls: a row per verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mfg.facts import judge
from mfg.notices import rules
from mfg.notices.rules import Acknowledging, Calling, Waiting
from mfg.verbs import GXP_ROLES

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WAITS = Waiting("NTC-0001", "qa", NOON, NOON + timedelta(hours=2), None, NOON + timedelta(hours=1))


def after(**delta: float) -> datetime:
    return NOON + timedelta(**delta)


@pytest.mark.parametrize(("change", "verdict"), [
    ({"acknowledged_at": after(minutes=5)}, "PASS"), ({"acknowledged_at": after(hours=2)}, "PASS"),
    ({}, "CANNOT DETERMINE"), ({"at": after(hours=2)}, "CANNOT DETERMINE"),
    ({"at": after(hours=2, seconds=1)}, "FAIL"), ({"acknowledged_at": after(hours=3)}, "FAIL"),
])
def test_acknowledged_in_time(change: dict[str, datetime], verdict: str) -> None:
    (found,) = judge(rules.IN_TIME, replace(WAITS, **change))
    assert (found.rule, found.verdict.value) == ("NOT-01", verdict)


@pytest.mark.parametrize(("roles", "before", "wrong"), [
    ({"qa"}, None, []), ({"operator", "qa"}, None, []), ({"qualified person"}, None, ["NOT-02"]),
    (set(), None, ["NOT-02"]), ({"qa"}, "P-0007", ["NOT-03"]),
])
def test_acknowledging(roles: set[str], before: str | None, wrong: list[str]) -> None:
    found = judge(rules.ACKNOWLEDGE, Acknowledging("NTC-0001", "qa", frozenset(roles), before))
    assert [one.rule for one in found if one.verdict.value != "PASS"] == wrong


@pytest.mark.parametrize(("told", "at", "verdict"), [
    ("treating physician", NOON, "PASS"), ("Dr Somebody", NOON, "FAIL"),
    ("treating physician", NOON + timedelta(minutes=1), "FAIL")])
def test_call_was_made(told: str, at: datetime, verdict: str) -> None:
    (found,) = judge(rules.CALL, Calling(told, tuple(GXP_ROLES), at, NOON))
    assert (found.rule, found.verdict.value) == ("NOT-04", verdict)


def test_a_notice_is_passed_on_to_a_role_there_is_and_never_to_itself() -> None:
    for role, told in rules.NEXT_ROLE.items():
        assert {role, told} <= GXP_ROLES and role != told
    assert set(rules.TOLD_OF_GROWTH) <= set(rules.NEXT_ROLE)
