"""Which steps are drawn, what the statement says, and when a review may be signed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import judge
from mfg.review.batch_record import hash_of
from mfg.review.completeness import COMPLETENESS
from mfg.review.coverage import covered, drawn, statement
from mfg.review.exceptions import exceptions_of
from mfg.review.rules import LOOK, SIGN, Looking, Reviewing
from tests.review.records import a_step, an_entry, at, good


@given(st.text(min_size=1, max_size=64), st.integers(0, 40))
def test_one_in_five_green_steps_is_drawn_and_never_fewer_than_three(seed: str, number: int) -> None:
    record = good(steps=tuple(a_step(n) for n in range(number)))
    found = drawn(record, exceptions_of(record), seed)
    wanted = min(number, max(3, (number + 4) // 5))
    assert len(found) == len(set(found)) == wanted and set(found) <= {step.code for step in record.steps}


def test_the_same_seed_draws_the_same_steps_and_another_seed_others() -> None:
    record = good(steps=tuple(a_step(n) for n in range(40)))
    assert drawn(record, (), "a") == drawn(record, (), "a") != drawn(record, (), "b")


def test_a_step_with_an_exception_is_not_drawn_as_green() -> None:
    record = good(steps=tuple(a_step(n, done_at=at(-60), late_reason="x") for n in range(9)) + (a_step(9),))
    assert drawn(record, exceptions_of(record), "seed") == ("NK-26-001/s9",)


def test_a_step_nobody_performed_is_not_drawn() -> None:
    steps = tuple(a_step(n, performed_by=None, performed_at=None) for n in range(9))
    assert drawn(good(steps=steps), (), "seed") == ()


def test_the_statement_counts_what_was_checked_by_the_system_and_by_the_reviewer() -> None:
    record = good(entries=(an_entry(), an_entry(code="2", verdict="FAIL", reason="kept")))
    found, points = exceptions_of(record), judge(COMPLETENESS, record)
    told = statement(record, found, points, 1, ("NK-26-001/s4",))
    total = sum(one.count for one in covered(record, points))
    assert f"The system made {total} checks" in told and "2 values held against their limits" in told
    assert "13 points of completeness" in told and "I assessed 1 of them" in told and "NK-26-001/s4" in told
    assert "REC-12" in told  # a breach without a deviation


def reviewing(**other: object) -> Reviewing:
    record = good(entries=(an_entry(verdict="FAIL", reason="kept"), an_entry(code="3", verdict="ALERT")))
    grave = frozenset(one.key for one in exceptions_of(record) if one.severity != "minor")
    base = Reviewing("NK-26-001-R1", "a", "a", exceptions_of(record), grave, True, ("s1", "s2"),
                     {"s1": True, "s2": True}, judge(COMPLETENESS, good()))
    return replace(base, **other)


def verdicts(**other: object) -> dict[str, str]:
    return {one.rule: one.verdict.value for one in judge(SIGN, reviewing(**other))}


def test_a_review_done_in_full_may_be_signed() -> None:
    assert set(verdicts().values()) == {"PASS"}


@pytest.mark.parametrize(("other", "rule", "verdict"), [
    ({"hash_now": "b"}, "REV-01", "FAIL"),
    ({"assessed": frozenset()}, "REV-02", "FAIL"),
    ({"minor_read": False}, "REV-02", "FAIL"),
    ({"looked": {"s1": True}}, "REV-03", "CANNOT DETERMINE"),
    ({"looked": {}}, "REV-03", "CANNOT DETERMINE"),
    ({"looked": {"s1": True, "s2": False}}, "REV-03", "FAIL"),
    ({"completeness": ()}, "REV-04", "CANNOT DETERMINE"),
    ({"completeness": judge(COMPLETENESS, good(bags=()))}, "REV-04", "CANNOT DETERMINE"),
    ({"completeness": judge(COMPLETENESS, good(labels=()))}, "REV-04", "FAIL"),
], ids=lambda value: str(value)[:30])
def test_a_review_is_not_signed_when(other: dict[str, object], rule: str, verdict: str) -> None:
    assert verdicts(**other)[rule] == verdict


def test_a_point_that_cannot_be_determined_may_be_explained_but_a_gap_may_not() -> None:
    unknown = judge(COMPLETENESS, good(bags=()))
    explained = reviewing().assessed | {"REC-08", "REC-13"}
    assert verdicts(completeness=unknown, assessed=explained)["REV-04"] == "PASS"
    gap = judge(COMPLETENESS, good(labels=()))
    assert verdicts(completeness=gap, assessed=explained)["REV-04"] == "FAIL"


def test_every_grave_exception_that_is_left_is_named() -> None:
    told = next(one for one in judge(SIGN, reviewing(assessed=frozenset())) if one.rule == "REV-02")
    assert "limit breach at NK-26-001/s1" in told.why and "Assess" in told.why


@pytest.mark.parametrize(("step", "verdict"), [("s1", "PASS"), ("s7", "FAIL")])
def test_only_a_step_that_was_drawn_is_looked_at(step: str, verdict: str) -> None:
    assert [one.verdict.value for one in judge(LOOK, Looking(step, ("s1", "s2")))] == [verdict]


@pytest.mark.parametrize("name", ["steps", "entries", "lots", "equipment", "clearances", "containers", "bags"])
def test_a_later_change_of_production_is_another_record(name: str) -> None:
    record = good()
    assert hash_of(replace(record, **{name: getattr(record, name)[:-1]})) != hash_of(record)


@pytest.mark.parametrize("name", ["samples", "labels", "refusals", "monitoring", "clock_set_back"])
def test_what_comes_after_production_does_not_undo_its_review(name: str) -> None:
    record = good()
    assert hash_of(replace(record, **{name: ()})) == hash_of(record)
