"""Setting a positive sterility test aside, lifting a stop whose cause is settled, and noting reads nobody made."""

from __future__ import annotations

import logging
from datetime import datetime
from threading import Event
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from mfg.batches.hold_records import latest_known
from mfg.batches.stop_rules import LIFT, Lifting
from mfg.batches.stops import DoseStop, dose_stop
from mfg.db import desk, look, next_code
from mfg.facts import Refused, Verdict, judge, refuse_unless
from mfg.identity import roles_of
from mfg.ledger import SYSTEM, Doing, Repeated, Who, act, fresh, now
from mfg.notices.records import notify
from mfg.qc.records import Result, Sample, reads_of_sample
from mfg.qc.records import sample as sample_of
from mfg.qc.rules import STERILITY
from mfg.qc.sterility_records import Invalidation, invalidated_before, invalidation_of, open_tests, running
from mfg.qc.sterility_rules import INVALIDATE, Invalidating, daily_reads, final_in_time
from mfg.quality.records import Deviation, is_done, standing_investigation

log = logging.getLogger("mfg")


class _NotDue(Exception):
    """It was read in the meantime: there is nothing to note."""


# --- set aside ------------------------------------------------------------------------------------------------------


def invalidate_sterility(session: Session, who: Who, *, sample: str, ground: str, evidence: str) -> str:
    """Set a positive sterility test aside for a proven fault of the test. Its reads stay; no dose is un-failed and no
    stop is lifted by it. Returns the sample."""
    with act(session, "invalidate sterility test", on=sample, **who.how) as doing:
        row = sample_of(session, sample)
        doing.within = row.batch
        STERILITY.after("invalidate sterility test", _reading(session, row))
        deviation = _deviation(session, row)
        facts = _invalidating(session, doing, row, deviation, ground, evidence)
        refuse_unless(judge(INVALIDATE, facts))
        assert deviation is not None and facts.investigation is not None  # STE-06 has passed
        code = next_code(session, Invalidation, "INV", 4)
        session.add(Invalidation(code=code, sample=row.code, ground=ground, evidence=evidence,
                                 reason=doing.how.reason, deviation=deviation.code, investigation=facts.investigation,
                                 invalidated_by=doing.by.code, invalidated_at=doing.at))
        notify(session, to=("qc reviewer", "qualified person"), about=row.code, within=row.batch, at=doing.at,
               because_of=doing.verb.name, todo="Take a further sample and begin the one repeat of the test.",
               what=f"The growth in {row.code} was set aside ({ground}). What was stopped stays stopped.")
        doing.signs({"sample": row.code, "reads": [[one.day, one.reading] for one in reads_of_sample(session, sample)],
                     "ground": ground, "evidence": evidence, "reason": doing.how.reason,
                     "deviation": deviation.code, "investigation": facts.investigation})
        doing.result = row.code
    return doing.result


def _reading(session: Session, row: Sample) -> str:
    """The state of a sample's test: its newest reading, or that it was set aside."""
    if invalidation_of(session, row.code) is not None:
        return "invalid"
    reads = reads_of_sample(session, row.code)
    return reads[-1].reading if reads else STERILITY.start


def _deviation(session: Session, row: Sample) -> Deviation | None:
    """The newest deviation that growth in this sample opened."""
    return session.scalar(select(Deviation).where(
        Deviation.on_code == row.code, Deviation.kind == "sterility positive").order_by(Deviation.code.desc()).limit(1))


def _invalidating(session: Session, doing: Doing, row: Sample, deviation: Deviation | None, ground: str,
                  evidence: str) -> Invalidating:
    stands = standing_investigation(session, deviation) if deviation else None
    reads = reads_of_sample(session, row.code)
    return Invalidating(
        row.code, reads[-1].reading if reads else None, ground, evidence,
        frozenset({row.taken_by, *(one.read_by for one in reads)}), doing.by.code, stands.code if stands else None,
        stands.by if stands else None, roles_of(session, stands.by) if stands else frozenset(),
        invalidated_before(session, row))


# --- lifting a stop ---------------------------------------------------------------------------------------------------


def lift_stop(session: Session, who: Who, *, stop: str, seen: str | None = None) -> str:
    """Lift a stop whose cause is settled, with the reason. Rules of release still ask everything. Returns its code."""
    with act(session, "lift stop", on=stop, **who.how) as doing:
        row = dose_stop(session, stop)
        fresh(row, seen)
        doing.within = row.batch
        if row.lifted_at is not None:
            raise Refused(f"{row.code} was lifted {row.lifted_at:%Y-%m-%d %H:%M} UTC already.")
        refuse_unless(judge(LIFT, Lifting(row.code, unsettled(session, row))))
        row.lifted_by, row.lifted_at, row.lifted_why = doing.by.code, doing.at, doing.how.reason
        doing.signs({"stop": row.code, "batch": row.batch, "dose": row.dose, "cause": row.cause, "why": row.why,
                     "reason": doing.how.reason})
        doing.result = row.code
    return doing.result


def unsettled(session: Session, row: DoseStop) -> tuple[str, ...]:
    """Why the cause of a stop still stands. Growth that was proven to be a fault of the test settles, and a result
    that its OOS found not to stand; nothing else ever does."""
    cause, found = session.get(Sample, row.cause), session.get(Result, row.cause)
    told = []
    if found is not None:
        told += [] if found.invalidated_at else [f"{found.code} stands; only an OOS that ends invalidated settles it."]
    elif cause is None:
        told.append(f"{row.cause} cannot be settled: what it stopped stays stopped.")
    elif invalidation_of(session, cause.code) is None:
        told.append(f"The growth in {cause.code} was not set aside.")
    told += [f"{one.code} on {row.cause} is {one.state}." for one in session.scalars(select(Deviation).where(
        Deviation.on_code == row.cause).order_by(Deviation.code)) if not is_done(one)]
    return tuple(told)


# --- the system, where nobody reads --------------------------------------------------------------------------------


def missing_reads(session: Session, at: datetime) -> list[tuple[str, str]]:
    """(sample, what is missing) of running tests: their last read overdue, or days that are over without a read."""
    found = []
    for row, facts in open_tests(session, at):
        if final_in_time(facts).verdict is Verdict.FAIL:
            found.append((row.code, "final"))
        elif facts.missed:
            found.append((row.code, f"day {facts.missed[-1]}"))
    return found


def report_missing_read(session: Session, who: Who, *, sample: str, missing: str) -> str:
    """The system notes a read that nobody made and tells who has to act. Returns the sample."""
    with act(session, "report missing read", on=sample, **who.how) as doing:
        row = sample_of(session, sample)
        doing.within = row.batch
        if (sample, missing) not in missing_reads(session, latest_known(session, doing.at)):
            raise _NotDue
        facts = running(session, row, latest_known(session, doing.at))
        final = missing == "final"
        found = final_in_time(facts) if final else daily_reads(facts)
        notify(session, to=("qc reviewer", "qa") if final else ("qc analyst",), about=row.code, within=row.batch,
               at=doing.at, because_of=doing.verb.name, what=found.why,
               todo="Read it now and say why it is late; the batch cannot be closed." if final else
                    "Read it today, and say in the deviation or the remark why it was not read.")
        doing.result = sample
    return doing.result


def note_missing_reads(engine: Engine, clock: datetime, **info: Any) -> tuple[str, ...]:
    """Note every missing read, each in an act of its own, once. Returns the samples. It writes; nothing that only reads
    may call it."""
    with look(engine) as session:
        found = missing_reads(session, latest_known(session, clock))
    return tuple(sample for sample, missing in found if _noted(engine, sample, missing, info))


def _noted(engine: Engine, sample: str, missing: str, info: dict[str, Any]) -> bool:
    with desk(engine, **info) as session:
        try:
            report_missing_read(session, Who(SYSTEM, nonce=f"missing {sample} {missing}"), sample=sample,
                                missing=missing)
        except (Repeated, _NotDue):
            return False
    return True


def watch(engine: Engine, stop: Event, *, every: float = 60.0, **info: Any) -> None:
    """Note missing reads, every so many seconds, until `stop` is set: for a thread beside the web server."""
    while not stop.wait(every):
        try:
            note_missing_reads(engine, now(), **info)
        except Exception:
            log.exception("Sterility reads could not be looked after; they are tried again.")
