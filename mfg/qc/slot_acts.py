"""Testing again, only in a slot opened beforehand: a set or an invalidated result repeated, retests, a resample.

Two people who reach for the last slot take turns in the ledger; the second finds it used.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Doing, Who, act
from mfg.qc.acts import failed, tested
from mfg.qc.oos_records import Slot
from mfg.qc.oos_records import oos as oos_of
from mfg.qc.oos_records import slot as slot_of
from mfg.qc.records import Result, Sample
from mfg.qc.records import result as result_of
from mfg.qc.records import sample as sample_of
from mfg.qc.reporting import Report, answer_of, keep
from mfg.qc.slot_rules import USE, Using
from mfg.recipes.specification import Test

#: which verb uses which kinds of slot
REPEATS, RETESTS = ("repeat set", "repeat"), ("retest", "resample")


def record_retest(session: Session, who: Who, *, slot: str, sample: str = "", **told: Any) -> str:
    """Record a retest or the test of a resample. Returns the result's code."""
    return _recorded(session, who, "record retest", RETESTS, slot, sample, Report(**told))


def record_repeat(session: Session, who: Who, *, slot: str, sample: str = "", **told: Any) -> str:
    """Record the repeat of a set of replicates, or of an invalidated result. Returns the result's code."""
    return _recorded(session, who, "record repeat", REPEATS, slot, sample, Report(**told))


def _recorded(session: Session, who: Who, verb: str, kinds: tuple[str, ...], slot: str, sample: str,
              told: Report) -> str:
    with act(session, verb, on=slot, **who.how) as doing:
        place = slot_of(session, slot)
        first = result_of(session, place.follows)
        doing.within = first.batch
        if place.kind not in kinds:
            raise Refused(f"{slot} is for a {place.kind}; “{verb}” is for a {' or a '.join(kinds)}.")
        row = sample_of(session, sample or first.sample)
        answer = answer_of(session, doing, row, first.test, told)
        refuse_unless(judge(USE, _using(session, doing, place, first, row, answer.asked, answer.value)))
        result = keep(session, doing, row, answer, slot=_next(session, row.code, first.test))
        place.result = result.code
        failed(session, doing, row, answer.asked, result)
        tested(doing, result, slot=place.code, kind=place.kind, follows=first.code)
    return doing.result


def _using(session: Session, doing: Doing, place: Slot, first: Result, row: Sample, asked: Test, value: str) -> Using:
    original = sample_of(session, first.sample)
    answered = session.scalar(select(Result.code).where(Result.sample == row.code, Result.test == first.test).limit(1))
    same = (row.batch, row.dose, row.attempt) == (original.batch, original.dose, original.attempt)
    state = oos_of(session, place.oos).state if place.oos else None
    return Using(place.code, place.kind, place.result, state, row.code, original.code,
                 row.container == original.container, same, row.taken_at >= place.opened_at, doing.by.code,
                 first.tested_by, asked, value, answered)


def _next(session: Session, sample: str, test: str) -> int:
    """1 for the first result in a slot, and on: 0 is the answer outside any slot."""
    last = session.scalar(select(func.max(Result.slot)).where(Result.sample == sample, Result.test == test))
    return (last or 0) + 1
