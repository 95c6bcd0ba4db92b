"""What a failing result opens in its own act: an OOS, or the one repeat set of replicates that lie too far apart.

Neither can be there without the other, because they commit together. What is done with them is `oos_acts.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.containers import ancestors, descendants
from mfg.batches.records import Dose, DoseBag, bags_of
from mfg.db import next_code
from mfg.facts import plain
from mfg.ledger import Doing
from mfg.qc.oos_records import Oos, Slot, slot_of_result
from mfg.qc.oos_rules import OOS, START_WITHIN, conclude_by, working_days_after
from mfg.qc.records import Result, Sample
from mfg.qc.records import sample as sample_of
from mfg.qc.rules import coefficient_of_variation, replicates
from mfg.qc.slot_rules import TAKES_PLACE, Answering, scattered
from mfg.quality.records import Deviation
from mfg.recipes.specification import Test


def answering(session: Session, row: Sample, asked: Test) -> Answering:
    """What stands in the way of a first answer: one that the sample has, or failing ones of the same cells."""
    before = session.scalar(select(Result.code).where(Result.sample == row.code, Result.test == asked.id).order_by(
        Result.slot).limit(1))
    same = {row.container, *ancestors(session, row.container), *descendants(session, row.container)}
    failing = session.scalars(select(Result).join(Sample, Sample.code == Result.sample).where(
        Result.batch == row.batch, Result.test == asked.id, Result.verdict == "FAIL",
        Sample.container.in_(same)).order_by(Result.code))
    return Answering(row.code, asked.title, before, tuple(
        one.code for one in failing if not _taken_place_of(session, one, asked)))


def _taken_place_of(session: Session, row: Result, asked: Test) -> bool:
    """Is there a later result in the place of this one? Only an invalidated or a scattered one can have that."""
    if row.invalidated_at is None and not (row.slot == 0 and scattered(asked, row.value)):
        return False
    return session.scalar(select(Slot.code).where(Slot.follows == row.code, Slot.kind.in_(TAKES_PLACE),
                                                  Slot.result.is_not(None)).limit(1)) is not None


def needs_repeat_set(row: Result, asked: Test) -> bool:
    """Replicates too far apart, outside any slot: one full set is repeated before anything is judged."""
    return row.slot == 0 and scattered(asked, row.value)


def open_repeat_set(session: Session, doing: Doing, row: Result, asked: Test) -> Slot:
    """The one slot for a full set of replicates, where the first ones lie too far apart."""
    spread = coefficient_of_variation(replicates(row.value))
    told = "not known" if spread is None else f"{spread:.1f} %"
    limit = "" if asked.max_cv_percent is None else f"; at most {plain(asked.max_cv_percent)} % was expected"
    return open_slot(session, doing, row.code, "repeat set", f"The CV of {row.code} is {told}{limit}.")


def open_slot(session: Session, doing: Doing, follows: str, kind: str, why: str, *, of_oos: str | None = None,
              number: int = 1, many: int = 1) -> Slot:
    """A place for one further result, after `follows`."""
    slot = Slot(code=next_code(session, Slot, "SLOT", 4), kind=kind, follows=follows, oos=of_oos, number=number,
                many=many, why=why, opened_by=doing.by.code, opened_at=doing.at)
    session.add(slot)
    session.flush()
    return slot


def open_oos(session: Session, doing: Doing, row: Result, asked: Test, deviation: Deviation) -> Oos:
    """The OOS of a failing reportable result, due from now on."""
    of = sample_of(session, row.sample)
    session.flush()
    made = Oos(code=next_code(session, Oos, "OOS", 4), result=row.code, sample=row.sample, batch=row.batch,
               dose=of.dose, attempt=of.attempt, test=asked.id, deviation=deviation.code,
               opened_by=doing.by.code, opened_at=doing.at,
               start_by=working_days_after(doing.at, START_WITHIN),
               conclude_by=conclude_by(doing.at, _shelf_lives(session, of)), state=OOS.start, review="", plan="",
               policy="", cause="", others_looked_at="")
    session.add(made)
    return made


def _shelf_lives(session: Session, of: Sample) -> tuple[datetime, ...]:
    """When the bags that wait for this result run out: those of its dose, or of every dose of the batch."""
    doses = session.scalars(select(Dose).where(Dose.code == of.dose if of.dose else Dose.batch == of.batch))
    bags: list[DoseBag] = [bag for dose in doses for bag in bags_of(session, dose)]
    return tuple(bag.expires_at for bag in bags)


def retests_allowed(session: Session, row: Oos, asked: Test) -> int:
    """As many as the specification fixed; none more for a result that is itself a retest or a resample."""
    slot = slot_of_result(session, row.result)
    return 0 if slot is not None and slot.kind in ("retest", "resample") else asked.retests
