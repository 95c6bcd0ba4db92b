"""What is done in the laboratory: taking samples, recording and reviewing results, reading sterility.

A result outside its limits opens its deviation in the same act, so neither can be there without the other.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.divisions import any_container
from mfg.batches.records import Descent, Dose, DoseBag, bags_of
from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.batches.scans import identified
from mfg.db import next_code
from mfg.facts import Refused, Verdict, judge, refuse_unless
from mfg.ledger import Doing, Who, act, fresh
from mfg.qc.late import failed_late, growth
from mfg.qc.records import Result, Sample, SterilityRead, reads_of_sample, specification_of, tests_for
from mfg.qc.records import result as result_of
from mfg.qc.records import sample as sample_of
from mfg.qc.rules import (
    GRAVE_ROLES,
    GROWTH,
    KNOWN,
    READ,
    RECORD,
    RESULT,
    REVIEW,
    STERILITY,
    TAKE,
    Read,
    Reported,
    Reviewing,
    Taking,
    judged,
    limit_text,
)
from mfg.qc.sterility_records import invalidation_of
from mfg.quality.records import draft
from mfg.recipes.specification import Test


def take_sample(session: Session, who: Who, *, container: str, purpose: str, dose: str = "",
                taken_at: datetime | None = None) -> str:
    """Take a sample from a container, scanned, for its batch or for a dose, scanned. Returns the sample's code.

    A sample of a dose bag is a sample of its dose. `taken_at` is now when nobody says otherwise.
    """
    with act(session, "take sample", on=container, **who.how) as doing:
        source, dose = any_container(session, container), identified(dose, "dose")[0] if dose else ""
        bag, container = session.get(DoseBag, source.code), source.code
        for_dose = dose_of(session, bag.dose if bag else dose) if bag or dose else None
        if bag and dose and dose != bag.dose:
            raise Refused(f"{container} is a bag of {bag.dose}, not of {dose}. Scan a bag of {dose}.")
        at, batch = taken_at or doing.at, source.batch
        refuse_unless(judge(TAKE, Taking(
            container, batch, for_dose.code if for_dose else None, for_dose.batch if for_dose else None,
            for_dose.attempt if for_dose else None, bool(bag and bag.withdrawn_at), source.made_at, at, doing.at,
            filled_from(session, for_dose) if for_dose else ())))
        code = next_code(session, Sample, "S", 4)
        session.add(Sample(code=code, batch=batch, container=container, purpose=purpose, taken_at=at,
                           dose=for_dose.code if for_dose else None, attempt=for_dose.attempt if for_dose else None,
                           taken_by=doing.by.code))
        doing.signs({"sample": code, "container": container, "dose": for_dose.code if for_dose else None,
                     "purpose": purpose, "taken_at": at})
        doing.on, doing.within, doing.result = code, batch or "", code
    return doing.result


def filled_from(session: Session, dose: Dose) -> tuple[str, ...]:
    """The bags of the present fill of a dose, and the containers they were filled from."""
    bags = [one.container for one in bags_of(session, dose)]
    sources = session.scalars(select(Descent.parent).where(Descent.child.in_(bags)).order_by(Descent.parent))
    return (*bags, *dict.fromkeys(sources))


def record_result(session: Session, who: Who, *, sample: str, test: str, value: str, unit: str = "", note: str = "",
                  tested_at: datetime | None = None) -> str:
    """Record what a test found. A failing one is kept and opens a deviation. Returns the result's code.

    One that tells of organisms or of another's cells stops every dose of the batch in the same act; any other failing
    one that comes after a release fails the doses it was found for (`late.py`).
    """
    with act(session, "record result", on=sample, **who.how) as doing:
        row, value = sample_of(session, sample), value.strip()
        doing.within = row.batch
        asked, at = specification_of(session, row.batch).test(test), tested_at or doing.at
        told = Reported(asked, test, value, unit, sample, row.dose is not None, row.taken_at, at, doing.at)
        refuse_unless(judge(KNOWN, told))
        refuse_unless(judge(RECORD, told))
        assert asked is not None  # QC-01 has passed
        _not_answered_before(session, sample, asked)
        result = _keep(session, doing, row, asked, value, note, at)
        if result.verdict == Verdict.FAIL.value:
            severity = "critical" if asked.role in GRAVE_ROLES else "major"
            draft(session, within=row.batch, on=result.code, severity=severity, by=doing.by.code, at=doing.at,
                  what=f"{asked.title} of sample {sample} is {value} {asked.unit}".rstrip()
                       + f"; {limit_text(asked)} was expected. Out of specification.")
            failed_late(session, doing, row, asked, result.code,
                        f"{asked.title} is {value} {asked.unit}".rstrip() + f"; {limit_text(asked)} was expected")
        doing.on = doing.result = result.code
        doing.signs({"result": result.code, "sample": sample, "test": test, "value": value, "unit": asked.unit,
                     "verdict": result.verdict, "specification": result.specification, "tested_at": at})
    return doing.result


def _not_answered_before(session: Session, sample: str, asked: Test) -> None:
    """No testing into compliance: one sample answers a test once, and every answer stays."""
    code = session.scalar(select(Result.code).where(Result.sample == sample, Result.test == asked.id))
    if code:
        raise Refused(f"Sample {sample} already has the result {code} for {asked.title}; it stays. A further test "
                      "takes a further sample, and every result counts.")


def _keep(session: Session, doing: Doing, row: Sample, asked: Test, value: str, note: str, at: datetime) -> Result:
    result = Result(code=next_code(session, Result, "R"), sample=row.code, batch=row.batch, test=asked.id,
                    specification=batch_of(session, row.batch).specification, value=value, unit=asked.unit or "1",
                    verdict=judged(asked, value).value, note=note, tested_at=at, tested_by=doing.by.code,
                    state=RESULT.start)
    session.add(result)
    return result


def review_result(session: Session, who: Who, *, result: str, seen: str | None = None) -> str:
    """Review a result as second person. Returns its code."""
    with act(session, "review result", on=result, **who.how) as doing:
        row = result_of(session, result)
        fresh(row, seen)
        doing.within = row.batch
        state = RESULT.after("review result", row.state)
        refuse_unless(judge(REVIEW, Reviewing(row.code, row.tested_by, doing.by.code)))
        row.state, row.reviewed_by, row.reviewed_at = state, doing.by.code, doing.at
        doing.signs({"result": row.code, "sample": row.sample, "test": row.test, "value": row.value,
                     "unit": row.unit, "verdict": row.verdict, "tested_by": row.tested_by})
        doing.result = row.code
    return doing.result


def read_sterility(session: Session, who: Who, *, sample: str, day: int, reading: str,
                   read_at: datetime | None = None) -> str:
    """Record one read of a running sterility test. Returns the read's code.

    Growth, suspect or confirmed, opens a critical deviation, stops every dose of the batch, makes those that were
    released “released then failed” and tells who has to act, all in the same act (`late.py`).
    """
    with act(session, "read sterility", on=sample, **who.how) as doing:
        row, at = sample_of(session, sample), read_at or doing.at
        doing.within = row.batch
        asked = next((one for one in tests_for(specification_of(session, row.batch), row.dose is not None)
                      if one.kind == "sterility"), None)
        before = reads_of_sample(session, sample)
        last = before[-1] if before else None
        refuse_unless(judge(READ, Read(
            sample, asked.title if asked else None, day, reading, asked.days if asked else None,
            last.day if last else None, row.taken_at, at, doing.at)))
        STERILITY.after(reading, "invalid" if invalidation_of(session, sample) else
                        last.reading if last else STERILITY.start)
        code = next_code(session, SterilityRead, "SR")
        session.add(SterilityRead(code=code, sample=sample, day=day, reading=reading, read_at=at,
                                  read_by=doing.by.code))
        if reading in GROWTH:
            growth(session, doing, row, day, reading)
        doing.signs({"read": code, "sample": sample, "day": day, "reading": reading, "read_at": at})
        doing.result = code
    return doing.result
