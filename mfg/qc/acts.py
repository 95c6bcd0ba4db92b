"""What is done in the laboratory: taking samples, recording and reviewing results, reading sterility.

A result outside its limits opens its deviation and its OOS in the same act, so none can be there without the other.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.divisions import any_container
from mfg.batches.records import Descent, Dose, DoseBag, bags_of
from mfg.batches.records import dose as dose_of
from mfg.batches.sampling import answered_by
from mfg.batches.scans import identified
from mfg.controls.records import controlled
from mfg.controls.rules import IN_ORDER
from mfg.db import next_code
from mfg.facts import Finding, Refused, Verdict, judge, refuse_unless
from mfg.ledger import Doing, Who, act, fresh
from mfg.qc.instrument_records import measured_by
from mfg.qc.late import failed_late, growth
from mfg.qc.oos_opening import answering, needs_repeat_set, open_oos, open_repeat_set
from mfg.qc.records import Result, Sample, SterilityRead, reads_of_sample, specification_of, tests_for
from mfg.qc.records import result as result_of
from mfg.qc.records import sample as sample_of
from mfg.qc.reporting import Report, answer_of, keep
from mfg.qc.rules import (
    GRAVE_ROLES,
    GROWTH,
    READ,
    RESULT,
    REVIEW,
    STERILITY,
    TAKE,
    Read,
    Reviewing,
    Taking,
    limit_text,
)
from mfg.qc.sampling_plan import asked_for, refuse_untestable
from mfg.qc.slot_rules import OUTSIDE
from mfg.qc.sterility_records import invalidation_of
from mfg.quality.records import draft
from mfg.recipes.specification import Test


def take_sample(session: Session, who: Who, *, container: str, purpose: str, dose: str = "",
                taken_at: datetime | None = None, planned: str = "", tubes: int | None = None,
                volume_ml: Decimal | None = None) -> str:
    """Take a sample from a container, scanned, for its batch or for a dose, scanned. Returns the sample's code.

    A sample of a dose bag is a sample of its dose. `taken_at` is now when nobody says otherwise. `planned` is what
    of the plan it is, such as NK-26-001/qc_sample/sterility; tubes and volume are those of the plan unless told.
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
        plan = asked_for(session, planned, source, for_dose)
        code = next_code(session, Sample, "S", 4)
        session.add(Sample(code=code, batch=batch, container=container, purpose=purpose, taken_at=at,
                           dose=for_dose.code if for_dose else None, attempt=for_dose.attempt if for_dose else None,
                           taken_by=doing.by.code))
        if plan:
            answered_by(session, doing, plan, code, tubes, volume_ml)
        doing.signs({"sample": code, "container": container, "dose": for_dose.code if for_dose else None,
                     "purpose": purpose, "taken_at": at, "planned": planned})
        doing.on, doing.within, doing.result = code, batch or "", code
    return doing.result


def filled_from(session: Session, dose: Dose) -> tuple[str, ...]:
    """The bags of the present fill of a dose, and the containers they were filled from."""
    bags = [one.container for one in bags_of(session, dose)]
    sources = session.scalars(select(Descent.parent).where(Descent.child.in_(bags)).order_by(Descent.parent))
    return (*bags, *dict.fromkeys(sources))


def record_result(session: Session, who: Who, *, sample: str, test: str, **told: Any) -> str:
    """Record what a test found; `told` are the parts of a Report. Returns the result's code.

    A failing one is kept and opens a deviation. One that tells of organisms or of another's cells stops every dose of
    the batch in the same act; any other failing one that comes after a release fails the doses it was found for
    (`late.py`).
    """
    with act(session, "record result", on=sample, **who.how) as doing:
        row = sample_of(session, sample)
        doing.within = row.batch
        answer = answer_of(session, doing, row, test, Report(**told))
        refuse_unless(judge(OUTSIDE, answering(session, row, answer.asked)))
        result = keep(session, doing, row, answer)
        failed(session, doing, row, answer.asked, result)
        tested(doing, result)
    return doing.result


def failed(session: Session, doing: Doing, row: Sample, asked: Test, result: Result) -> None:
    """What a failing result leaves in the act that saves it: its deviation and its OOS, or its one repeat set."""
    if result.verdict != Verdict.FAIL.value:
        return
    if needs_repeat_set(result, asked):
        open_repeat_set(session, doing, result, asked)
        return
    severity = "critical" if asked.role in GRAVE_ROLES else "major"
    deviation = draft(session, within=row.batch, on=result.code, severity=severity, by=doing.by.code, at=doing.at,
                      what=f"{asked.title} of sample {row.code} is {result.value} {asked.unit}".rstrip()
                           + f"; {limit_text(asked)} was expected. Out of specification.")
    open_oos(session, doing, result, asked, deviation)
    failed_late(session, doing, row, asked, result.code,
                f"{asked.title} is {result.value} {asked.unit}".rstrip() + f"; {limit_text(asked)} was expected")


def tested(doing: Doing, result: Result, **more: Any) -> None:
    """What the tester signs."""
    doing.on = doing.result = result.code
    doing.signs({"result": result.code, "sample": result.sample, "test": result.test, "value": result.value,
                 "unit": result.unit, "verdict": result.verdict, "specification": result.specification,
                 "tested_at": result.tested_at, "how": result.how, "equipment": result.equipment,
                 "events": result.events} | more)


def review_result(session: Session, who: Who, *, result: str, seen: str | None = None) -> str:
    """Review a result as second person. Returns its code."""
    with act(session, "review result", on=result, **who.how) as doing:
        row = result_of(session, result)
        fresh(row, seen)
        doing.within = row.batch
        state = RESULT.after("review result", row.state)
        refuse_unless([*judge(REVIEW, Reviewing(row.code, row.tested_by, doing.by.code,
                                                measured_by(session, row.code))), *_control(session, row)])
        row.state, row.reviewed_by, row.reviewed_at = state, doing.by.code, doing.at
        doing.signs({"result": row.code, "sample": row.sample, "test": row.test, "value": row.value,
                     "unit": row.unit, "verdict": row.verdict, "tested_by": row.tested_by})
        doing.result = row.code
    return doing.result


def _control(session: Session, row: Result) -> tuple[Finding, ...]:
    """A good result counts only with its control in order; any other one is reviewed whatever its control says."""
    return judge(IN_ORDER, controlled(session, row.test, row.tested_at)) if row.verdict == Verdict.PASS.value else ()


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
        if reading not in GROWTH:  # growth is recorded whatever has become of the tube: it never disappears
            refuse_untestable(session, row)
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
