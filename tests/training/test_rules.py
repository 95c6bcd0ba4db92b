"""Qualified then, for the version that counted then: judged at the moment of the work, never at that of looking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import Verdict, judge
from mfg.training.rules import MOVES, QUALIFIED, Held, Item, Qualification, Trainer
from mfg.training.teaching_rules import (
    ASSIGNED,
    COMPLETED,
    CONFIRMED,
    EARLIER,
    SUPERVISED,
    Assigning,
    Completing,
    Earlier,
    Supervising,
    Teaching,
    last_day,
)

WORK = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HELD = Held("TRN-0001", "SOP-101/2", WORK - 100 * DAY, WORK + 100 * DAY)
ITEM = Item("SOP-101", "SOP-101", "Gowning", True, "SOP-101/2", (HELD,))
GENERAL = Item("GOWNING", "GOWNING", "Gowning", held=(replace(HELD, version=""),))


def verdicts(*items: Item, at: datetime = WORK) -> tuple[str, ...]:
    return tuple(one.verdict.value for one in judge(QUALIFIED, Qualification("P-0003", at, items)))


def why(*items: Item, rule: int = 0, at: datetime = WORK) -> str:
    return judge(QUALIFIED, Qualification("P-0003", at, items))[rule].why


def held(**change: Any) -> Item:
    return replace(ITEM, held=(replace(HELD, **change),))


@pytest.mark.parametrize(("item", "expected"), [
    (ITEM, ("PASS", "PASS", "PASS")),
    (GENERAL, ("PASS", "PASS", "PASS")),
    (replace(ITEM, held=()), ("FAIL", "FAIL", "PASS")),
    (replace(GENERAL, held=()), ("FAIL", "PASS", "PASS")),
    (held(valid_until=None), ("PASS", "PASS", "PASS")),
    (held(version="SOP-101/1"), ("PASS", "FAIL", "PASS")),
    (held(version="SOP-101/3"), ("PASS", "FAIL", "PASS")),
    (held(version=""), ("PASS", "FAIL", "PASS")),
    (replace(ITEM, version=None), ("PASS", "CANNOT DETERMINE", "PASS")),
    (Item("SOP-999", None), ("CANNOT DETERMINE", "PASS", "CANNOT DETERMINE")),
])
def test_what_is_held_decides(item: Item, expected: tuple[str, ...]) -> None:
    assert verdicts(item) == expected


@pytest.mark.parametrize(("valid_until", "expected"), [
    (datetime(2026, 11, 20, tzinfo=UTC), "PASS"),
    (datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC), "PASS"),
    (datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC), "FAIL"),
    (datetime(2026, 11, 21, tzinfo=UTC), "PASS"),
])
def test_the_last_day_counts_whole(valid_until: datetime, expected: str) -> None:
    assert verdicts(held(valid_until=valid_until))[0] == expected


@pytest.mark.parametrize(("valid_from", "expected"), [(WORK, "PASS"), (WORK + timedelta(seconds=1), "FAIL")])
def test_the_first_moment_is_the_signature_of_the_trainer(valid_from: datetime, expected: str) -> None:
    assert verdicts(held(valid_from=valid_from))[0] == expected


@pytest.mark.parametrize(("ended_at", "expected"), [(WORK, "FAIL"), (WORK + timedelta(seconds=1), "PASS")])
def test_a_withdrawal_counts_from_its_own_moment(ended_at: datetime, expected: str) -> None:
    assert verdicts(held(ended_at=ended_at))[0] == expected


def test_valid_on_the_day_though_expired_now() -> None:
    """The gate is asked about a day long past: what is expired today was valid then."""
    old = held(valid_from=WORK - 800 * DAY, valid_until=WORK - 400 * DAY)
    assert verdicts(old, at=WORK - 500 * DAY)[0] == "PASS"
    assert verdicts(old)[0] == "FAIL"


def test_expired_on_the_day_though_renewed_since() -> None:
    renewed = replace(ITEM, held=(replace(HELD, valid_until=WORK - 5 * DAY),
                                  replace(HELD, code="TRN-0002", valid_from=WORK + DAY)))
    assert verdicts(renewed) == ("FAIL", "FAIL", "PASS")
    assert "TRN-0001 expired after 2026-11-15. It has to be renewed." in why(renewed)
    assert verdicts(renewed, at=WORK + 2 * DAY) == ("PASS", "PASS", "PASS")


@pytest.mark.parametrize(("item", "told"), [
    (replace(ITEM, held=()), "no training is on record"),
    (held(valid_from=WORK + DAY), "TRN-0001 counts only from 2026-11-21 12:00 UTC"),
    (held(ended_at=WORK - DAY), "TRN-0001 was withdrawn on 2026-11-19 12:00 UTC"),
    (held(valid_until=WORK - DAY), "TRN-0001 expired after 2026-11-19"),
    (Item("SOP-999", None), "Nothing is on record under “SOP-999”"),
])
def test_a_refusal_says_what_came_nearest(item: Item, told: str) -> None:
    assert told in why(item)


def test_an_unknown_procedure_is_named() -> None:
    found = judge(QUALIFIED, Qualification("P-0003", WORK, (ITEM, Item("SOP-9", None), Item("X", None))))[2]
    assert (found.verdict, found.rule) == (Verdict.CANNOT_DETERMINE, "TRN-03") and "“SOP-9”, “X”" in found.why


def test_one_item_that_fails_fails_all() -> None:
    assert verdicts(ITEM, held(valid_until=WORK - DAY), Item("SOP-9", None)) == ("FAIL", "FAIL", "CANNOT DETERMINE")


def test_work_that_asks_for_no_training_says_so() -> None:
    assert verdicts() == ("PASS", "PASS", "PASS") and why() == "This work asks for no training."


TRAINER = Trainer("P-0005", (HELD,))
LEARNING = replace(ITEM, held=(), task="TRN-0007", trainers=(TRAINER,))


@pytest.mark.parametrize(("change", "expected"), [
    ({}, ("PASS", "PASS", "PASS")),
    ({"task": None}, ("FAIL", "FAIL", "PASS")),
    ({"trainers": ()}, ("FAIL", "FAIL", "PASS")),
    ({"trainers": (Trainer("P-0005", ()),)}, ("FAIL", "FAIL", "PASS")),
    ({"trainers": (Trainer("P-0005", (replace(HELD, version="SOP-101/1"),)),)}, ("FAIL", "FAIL", "PASS")),
    ({"trainers": (Trainer("P-0005", (replace(HELD, valid_until=WORK - DAY),)),)}, ("FAIL", "FAIL", "PASS")),
    ({"trainers": (Trainer("P-0005", ()), TRAINER)}, ("PASS", "PASS", "PASS")),
    ({"version": None}, ("FAIL", "CANNOT DETERMINE", "PASS")),
])
def test_a_trainee_counts_only_with_a_task_and_a_qualified_trainer(change: dict, expected: tuple[str, ...]) -> None:
    assert verdicts(replace(LEARNING, **change)) == expected


def test_a_trainee_who_knows_the_old_version_learns_the_new_under_the_trainer() -> None:
    assert verdicts(replace(LEARNING, held=(replace(HELD, version="SOP-101/1"),))) == ("PASS", "PASS", "PASS")


MOMENTS = st.integers(-5, 5).map(lambda hours: WORK + timedelta(hours=12 * hours))
HELDS = st.lists(st.builds(Held, st.just("TRN-0001"), st.sampled_from(["SOP-101/1", "SOP-101/2"]), MOMENTS,
                           st.none() | MOMENTS, st.none() | MOMENTS), max_size=3).map(
    lambda found: tuple(sorted(found, key=lambda one: one.valid_from)))


@given(HELDS, HELDS, st.booleans(), st.sampled_from(["SOP-101/2", None]))
def test_pass_means_a_valid_qualification_or_a_qualified_supervisor(
        mine: tuple[Held, ...], theirs: tuple[Held, ...], learning: bool, version: str | None) -> None:
    """Restated on its own: days compared as dates, everything else as moments."""
    def counts(all_of: tuple[Held, ...]) -> bool:
        return any(one.version == version and one.valid_from <= WORK
                   and (one.valid_until is None or one.valid_until.date() >= WORK.date())
                   and not (one.ended_at is not None and one.ended_at <= WORK) for one in all_of)

    item = replace(ITEM, version=version, held=mine, task="TRN-0009" if learning else None,
                   trainers=(Trainer("P-0005", theirs),))
    expected = version is not None and (counts(mine) or (learning and counts(theirs)))
    assert (set(verdicts(item)) == {"PASS"}) == expected


def test_every_state_is_reached_and_only_settled_ones_are_final() -> None:
    reached = {MOVES.start, *(move.after for move in MOVES.moves)}
    assert reached == MOVES.states == {"assigned", "done", "qualified", "failed", "withdrawn", "superseded"}
    assert MOVES.states - set().union(*(move.before for move in MOVES.moves)) == MOVES.final


# --- teaching

TEACHING = Teaching("P-0005", "P-0003", ITEM, WORK, False, True, WORK - DAY, WORK + 300 * DAY)


def confirmed(**change: Any) -> dict[str, str]:
    return {one.rule: one.verdict.value for one in judge(CONFIRMED, replace(TEACHING, **change))}


@pytest.mark.parametrize(("change", "rule", "expected"), [
    ({}, "TRN-04", "PASS"),
    ({"item": replace(ITEM, held=())}, "TRN-04", "FAIL"),
    ({"item": replace(ITEM, held=()), "qa": True}, "TRN-04", "FAIL"),
    ({"item": replace(ITEM, held=()), "anybody": False}, "TRN-04", "FAIL"),
    ({"item": replace(ITEM, held=()), "qa": True, "anybody": False}, "TRN-04", "PASS"),
    ({"item": held(version="SOP-101/1")}, "TRN-04", "FAIL"),
    ({"trainee": "P-0005"}, "TRN-05", "FAIL"),
    ({"trainee": ""}, "TRN-05", "CANNOT DETERMINE"),
    ({}, "TRN-05", "PASS"),
    ({"trained_at": WORK}, "TRN-06", "PASS"),
    ({"trained_at": WORK + timedelta(seconds=1)}, "TRN-06", "FAIL"),
    ({"trained_at": None}, "TRN-06", "CANNOT DETERMINE"),
    ({"valid_until": WORK}, "TRN-06", "PASS"),
    ({"valid_until": WORK - DAY}, "TRN-06", "FAIL"),
    ({"valid_until": None}, "TRN-06", "PASS"),
    ({}, "TRN-07", "PASS"),
    ({"assessed": True}, "TRN-07", "CANNOT DETERMINE"),
    ({"assessed": True, "result": " "}, "TRN-07", "CANNOT DETERMINE"),
    ({"assessed": True, "result": "20 of 20"}, "TRN-07", "PASS"),
])
def test_a_trainer_confirms_only_as_the_rules_say(change: dict, rule: str, expected: str) -> None:
    found = confirmed(**change)
    assert found[rule] == expected
    assert {verdict for one, verdict in found.items() if one != rule} == {"PASS"}


@pytest.mark.parametrize(("change", "expected"), [
    ({}, ("PASS", "PASS")), ({"by": "P-0004"}, ("FAIL", "PASS")), ({"trainee": ""}, ("CANNOT DETERMINE", "PASS")),
    ({"trained_at": WORK + DAY}, ("PASS", "FAIL")), ({"trained_at": WORK}, ("PASS", "PASS")),
])
def test_a_trainee_signs_for_a_training_that_was_held(change: dict, expected: tuple[str, ...]) -> None:
    facts = replace(Completing("TRN-0001", "P-0003", "P-0003", WORK - DAY, WORK), **change)
    assert tuple(one.verdict.value for one in judge(COMPLETED, facts)) == expected


@pytest.mark.parametrize(("change", "expected"), [({}, "PASS"), ({"active": False}, "FAIL"), ({"already": "TRN-1"},
                                                                                             "FAIL")])
def test_a_task_is_given_once_and_to_somebody_there(change: dict, expected: str) -> None:
    assert judge(ASSIGNED, replace(Assigning("P-0003", True, "SOP-101/1", None), **change))[0].verdict == expected


@pytest.mark.parametrize(("change", "expected"), [
    ({}, "PASS"), ({"batch_known": False}, "FAIL"), ({"trainer": "P-0003"}, "FAIL"), ({"teaches": ()}, "FAIL"),
    ({"learning": ()}, "CANNOT DETERMINE"),
])
def test_supervision_needs_a_step_a_learner_and_a_teacher(change: dict, expected: str) -> None:
    facts = Supervising("P-0005", "P-0003", "NK-26-001/receive", True, ("SOP-101/2",), ("SOP-101/2",))
    assert judge(SUPERVISED, replace(facts, **change))[0].verdict == expected


@pytest.mark.parametrize(("change", "expected"), [
    ({}, "PASS"), ({"active": False}, "FAIL"), ({"by": "P-0003"}, "FAIL"), ({"trained_at": WORK + DAY}, "FAIL"),
    ({"trained_at": WORK}, "PASS"), ({"evidence": ""}, "CANNOT DETERMINE"), ({"unknown": ("SOP-9",)}, "FAIL"),
    ({"valid_until": WORK - 2 * DAY}, "FAIL"), ({"valid_until": WORK - DAY}, "PASS"),
])
def test_earlier_training_is_proved(change: dict, expected: str) -> None:
    facts = replace(Earlier("P-0003", True, "P-0009", WORK - DAY, WORK, "file 1", None, ()), **change)
    assert judge(EARLIER, facts)[0].verdict == expected


@pytest.mark.parametrize(("held_on", "months", "expected"), [
    ("2026-11-20", 12, "2027-11-20"), ("2026-01-31", 1, "2026-02-28"), ("2027-08-31", 6, "2028-02-29"),
    ("2026-12-15", 1, "2027-01-15"), ("2028-02-29", 12, "2029-02-28"), ("2026-11-30", 3, "2027-02-28"),
])
def test_months_are_counted_in_the_calendar(held_on: str, months: int, expected: str) -> None:
    last = last_day(datetime.fromisoformat(f"{held_on}T10:00:00+00:00"), months)
    assert last is not None and last.isoformat() == f"{expected}T23:59:59+00:00"


def test_without_months_there_is_no_last_day() -> None:
    assert last_day(WORK, None) is None
