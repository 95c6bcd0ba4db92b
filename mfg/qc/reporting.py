"""A result as it is reported: by hand, from readings of an instrument, or from raw values with their controls.

It works inside the act of a result and opens none itself; `acts.py` and `slot_acts.py` do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from mfg.batches.records import batch as batch_of
from mfg.db import next_code
from mfg.facts import Refused, Verdict, judge, refuse_unless, verdict_of
from mfg.ledger import Doing
from mfg.qc.controls import judged_controls, of_the_sample, readable, value_from_controls
from mfg.qc.evidence import (
    READ,
    TYPED,
    gathered,
    keep_evidence,
    measured_at,
    one_truth,
    readings_behind,
    value_of,
)
from mfg.qc.evidence_rules import Evidence, claimed
from mfg.qc.instrument_rules import Used
from mfg.qc.records import Result, Sample, specification_of
from mfg.qc.rules import KNOWN, RECORD, RESULT, Reported, judged
from mfg.qc.sampling_plan import refuse_untestable
from mfg.recipes.specification import Test


@dataclass(frozen=True)
class Report:
    """What somebody reports. The value is blank where readings or raw values give it; scans are as scanned."""

    value: str = ""
    unit: str = ""
    note: str = ""
    tested_at: datetime | None = None
    equipment: str = ""
    lots: Sequence[str] = ()
    events: int | None = None
    controls: Mapping[str, str] = field(default_factory=dict)
    readings: Sequence[str] = ()


@dataclass(frozen=True)
class Answer:
    """A report that may be kept: the test it answers, its value and what it rests on."""

    asked: Test
    value: str
    note: str
    at: datetime
    evidence: Evidence
    readings: tuple[Used, ...]


def answer_of(session: Session, doing: Doing, row: Sample, test: str, told: Report) -> Answer:
    """A report as an answer to a test of a sample; refused with everything that is missing or impossible."""
    asked = specification_of(session, row.batch).test(test)
    readings = readings_behind(session, asked, row.code, told.readings, told.note) if asked else ()
    value = _value(asked, told, readings)
    measured = measured_at(session, told.readings)
    one_truth("Tested at", _minute(told.tested_at), _minute(measured))
    at = measured or told.tested_at or doing.at
    facts = Reported(asked, test, value, told.unit, row.code, row.dose is not None, row.taken_at, at, doing.at)
    refuse_unless(judge(KNOWN, facts))
    refuse_unless(judge(RECORD, facts))
    of_the_sample(told.controls, row.code)
    refuse_untestable(session, row)
    assert asked is not None  # QC-01 has passed
    return Answer(asked, value, told.note, at, gathered(session, doing, asked, row, told, value, at, readings),
                  readings)


def _minute(at: datetime | None) -> datetime | None:
    """A moment as people type it."""
    return at.replace(second=0, microsecond=0) if at else None


def _value(asked: Test | None, told: Report, readings: tuple[Used, ...]) -> str:
    """What is reported, from one source only: a value that is typed beside what a file says would be a second truth."""
    typed = told.value.strip()
    if asked is None:
        return typed
    if told.controls:
        readable(asked, told.controls)
    given = value_of(asked, readings) if readings else value_from_controls(asked, told.controls)
    if typed and given and typed != given:
        raise Refused(f"{typed} was entered for {asked.title}, and its "
                      f"{'readings say' if readings else 'raw values give'} {given}. Leave the result empty, or "
                      "correct what it comes from.", kind="input",
                      fields={"value": [f"{given} was expected, or nothing."]})
    return given or typed


def keep(session: Session, doing: Doing, row: Sample, answer: Answer, *, slot: int = 0) -> Result:
    """A result, judged against the specification that its batch pins, with everything it rests on."""
    asked, evidence = answer.asked, answer.evidence
    result = Result(
        code=next_code(session, Result, "R"), sample=row.code, batch=row.batch, test=asked.id,
        specification=batch_of(session, row.batch).specification, value=answer.value, unit=asked.unit or "1",
        verdict=verdict(answer).value, note=answer.note, tested_at=answer.at, tested_by=doing.by.code,
        state=RESULT.start, slot=slot, how=READ if answer.readings else TYPED, events=evidence.events,
        equipment=evidence.equipment.equipment if evidence.equipment else None)
    session.add(result)
    session.flush()
    keep_evidence(session, doing, result, evidence, answer.readings)
    return result


def verdict(answer: Answer) -> Verdict:
    """The verdict of the value, of its events, and of every control: the worst of them."""
    asked, evidence = answer.asked, answer.evidence
    found = [claimed(asked, judged(asked, answer.value), evidence.events)]
    controls = judged_controls(asked, answer.value, dict(evidence.controls))
    found += [verdict_of(controls)] if controls else []
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.PASS if set(found) == {Verdict.PASS} else Verdict.CANNOT_DETERMINE
