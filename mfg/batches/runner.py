"""The steps of a batch: values entered, steps performed, verified, corrected, repeated.

Limits are judged at entry, where something can still be done; see `entering.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.acts import new_step
from mfg.batches.entering import Job, job, keep, read_any, todo_before, working
from mfg.batches.records import Step, steps_of
from mfg.batches.rules import (
    BATCH,
    PERFORM,
    REPEAT,
    STEP,
    VERIFY,
    WORK,
    Performing,
    Repeating,
    Verifying,
)
from mfg.batches.told import record_of
from mfg.facts import Refused, judge, number, refuse_unless
from mfg.ledger import Who, act, fresh
from mfg.recipes.master import MasterRecord, Phase


def enter_value(session: Session, who: Who, *, step: str, field: str, value: str, unit: str = "",
                accept_breach: bool = False, breach_reason: str = "") -> str:
    """Enter one value of a step, exactly as read, in the field's unit. Returns the step code.

    Outside its limits it is kept only with `accept_breach` and a reason, and a deviation opens with it.
    """
    reason = (breach_reason or who.reason).strip()
    with act(session, "enter value", on=step, within=batch_of(step), **who.how | {"reason": reason}) as doing:
        work = job(session, step)
        refuse_unless(judge(WORK, working(session, work)))
        spec = work.field(field)
        if work.row.state != STEP.start or field in work.entries:
            raise Refused(f"{spec.label} of {step} is already entered or the step is signed. Correct the entry with a "
                          "reason; what was entered stays readable.")
        read = read_any(session, work, spec, value, unit, doing.at)
        keep(session, doing, work, spec, read, accepted=accept_breach, reason=reason)
        doing.result = step
    return doing.result


def batch_of(step: str) -> str:
    """The batch a step code begins with."""
    return step.partition("/")[0]


def perform_step(session: Session, who: Who, *, step: str, done_at: datetime, late_reason: str = "",
                 seen: str | None = None) -> str:
    """Sign a step as performed, with the time the work was done. Returns the step code."""
    reason = (late_reason or who.reason).strip()
    with act(session, "perform step", on=step, within=batch_of(step), **who.how | {"reason": reason}) as doing:
        work = job(session, step)
        fresh(work.row, seen)
        state = STEP.after("perform step", work.row.state)
        missing = tuple(one.label for one in work.shape.fields if not one.optional and one.id not in work.entries)
        refuse_unless((*judge(WORK, working(session, work)),
                       *judge(PERFORM, Performing(step, missing, done_at, doing.at, reason))))
        row = work.row
        row.state, row.done_at, row.late_reason = state, done_at, reason
        row.performed_by, row.performed_at = doing.by.code, doing.at
        doing.signs(content_of(work))
        doing.result = step
    return doing.result


def content_of(work: Job) -> dict[str, Any]:
    """What performer and verifier sign: the step, when it was done, every value that counts."""
    return {"step": work.row.code, "title": work.shape.title, "done_at": work.row.done_at,
            "late_reason": work.row.late_reason,
            "entries": [[one.field, one.value, one.unit, one.verdict, one.entered_by, one.entered_at]
                        for one in sorted(work.entries.values(), key=lambda one: one.field)]}


def verify_step(session: Session, who: Who, *, step: str, readings: Mapping[str, str] | None = None,
                seen: str | None = None) -> str:
    """Verify a step another person performed. Returns the step code.

    `readings` holds, by field id, the numbers a critical step asks to be read again, as text.
    """
    second = {id: number(text, what=id) for id, text in (readings or {}).items()}
    with act(session, "verify step", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        fresh(work.row, seen)
        state = STEP.after("verify step", work.row.state)
        refuse_unless(judge(VERIFY, _verifying(work, doing.by.code, second)))
        work.row.state, work.row.verified_by, work.row.verified_at = state, doing.by.code, doing.at
        doing.signs(content_of(work))
        doing.result = step
    return doing.result


def _verifying(work: Job, verifier: str, second: Mapping[str, Decimal]) -> Verifying:
    blind = [one for one in work.shape.fields if one.blind and one.id in work.entries]
    readings = tuple((one.label, work.entries[one.id].amount, second.get(one.id)) for one in blind)
    unknown = tuple(sorted(set(second) - {one.id for one in blind}))
    return Verifying(work.row.code, verifier, frozenset(one.entered_by for one in work.entries.values()), readings,
                     unknown)


def correct_entry(session: Session, who: Who, *, step: str, field: str, value: str, unit: str = "",
                  accept_breach: bool = False, seen: str | None = None) -> str:
    """Put a right value in the place of a wrong one, signed, with `who.reason`. Returns the step code.

    The old value stays readable. A verified step has to be verified again, a complete batch reviewed again.
    """
    with act(session, "correct entry", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        fresh(work.row, seen)
        spec, before = work.field(field), work.entries.get(field)
        if before is None:
            raise Refused(f"{spec.label} of {step} has no value yet. Enter it; there is nothing to correct.")
        read = read_any(session, work, spec, value, unit, doing.at)
        if read.text == before.value:
            raise Refused(f"{spec.label} of {step} already is {before.value}. Nothing was changed.")
        after = keep(session, doing, work, spec, read, accepted=accept_breach, reason=who.reason.strip())
        work.row.state = STEP.after("correct entry", work.row.state)
        work.row.verified_by = work.row.verified_at = None
        work.batch.state = BATCH.after("correct entry", work.batch.state)
        doing.signs({"step": step, "field": field, "from": before.value, "to": after.value, "unit": after.unit,
                     "corrects": before.code, "entry": after.code, "reason": who.reason.strip()})
        doing.result = step
    return doing.result


def repeat_step(session: Session, who: Who, *, step: str) -> str:
    """Add the next repeat of a step, or, for a staged step, the next stage of the process. Returns its first step."""
    with act(session, "repeat step", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        record = record_of(session, work.batch)
        phase = record.phase_of(work.row.step_id)
        assert phase is not None, "a batch pins the version its steps were made from"
        steps = steps_of(session, work.batch.code)
        made = _next_stage(record, phase, work, steps) if phase.staged else [_next_repeat(session, work, steps)]
        work.batch.state = BATCH.after("repeat step", work.batch.state)
        session.add_all(made)
        doing.result = made[0].code
    return doing.result


def _next_repeat(session: Session, work: Job, steps: list[Step]) -> Step:
    """One more of a step that may repeat by itself."""
    row = work.row
    same = [one for one in steps if one.step_id == row.step_id]
    after = tuple(one.step_id for one in steps if one.stage >= row.stage and one.ordinal > row.ordinal
                  and one.state != STEP.start)
    unfinished = tuple(one.code.partition("/")[2] for one in same if one.state == STEP.start)
    refuse_unless(judge(REPEAT, Repeating(row.step_id, work.shape.repeat, len(same), unfinished, after)))
    if todo := todo_before(session, same[-1]):
        raise Refused(f"{', '.join(todo[:4])} comes first: it is not performed yet.")
    return new_step(row.batch, row.phase, row.step_id, row.ordinal, len(same) + 1, row.stage)


def _next_stage(record: MasterRecord, phase: Phase, work: Job, steps: list[Step]) -> list[Step]:
    """All staged steps once more, for the next harvest."""
    done = max(one.stage for one in steps)
    unfinished = tuple(one.code.partition("/")[2] for one in steps if one.state == STEP.start)
    refuse_unless(judge(REPEAT, Repeating(f"the part from {phase.title.lower()} on", phase.staged, done, unfinished,
                                          ())))
    return [new_step(work.batch.code, each.id, step.id, ordinal, done + 1, done + 1)
            for ordinal, (each, step) in enumerate(record.steps(), 1) if each.staged]
