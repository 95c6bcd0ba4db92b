"""The steps of a batch: values entered, steps performed, verified, corrected, repeated.

Limits are judged at entry, where something can still be done; see `entering.py`. What is left out, paused, handed
over or attached is `handling.py`; changes for one batch are `redlining.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.acts import new_step
from mfg.batches.calculating import calculate, undetermined
from mfg.batches.entering import Job, Told, job, keep, read_any, working
from mfg.batches.entry_rules import ENTER, Entering
from mfg.batches.flow import short
from mfg.batches.gates import note_lapses, perform_gates, qualified, used, watched_by
from mfg.batches.holds import keep_time, on_time
from mfg.batches.reading_again import HIDDEN, hidden, verifying
from mfg.batches.records import Step, StepEntry
from mfg.batches.rules import (
    BATCH,
    PERFORM,
    REPEAT,
    STEP,
    VERIFY,
    WORK,
    Performing,
    Repeating,
)
from mfg.batches.sampling import drawn_or_explained
from mfg.batches.values import Value
from mfg.facts import Refused, judge, refuse_unless
from mfg.identity import Person
from mfg.ledger import Doing, Who, act
from mfg.recipes.master import FieldSpec, MasterRecord, Phase
from mfg.units import in_words


def enter_value(session: Session, who: Who, *, step: str, field: str, value: str, unit: str = "",
                accept_breach: bool = False, breach_reason: str = "", read_at: datetime | None = None,
                late_reason: str = "", paper: str = "") -> str:
    """Enter one value of a step, exactly as read, in the field's unit. Returns the step code.

    Outside its limits it is kept only with `accept_breach` and a reason, and a deviation opens with it. `read_at` is
    when it was read, the time of entry unless said otherwise; more than 15 minutes before needs `late_reason`.
    `paper` is the number of the sheet a value is transcribed from after an outage.
    """
    reason = (breach_reason or who.reason).strip()
    on_time(session)
    with act(session, "enter value", on=step, within=batch_of(step), **who.how | {"reason": reason}) as doing:
        work = job(session, step)
        spec = work.field(field)
        told = Told(accept_breach, reason, read_at or doing.at, late_reason.strip(), paper.strip())
        refuse_unless((*judge(WORK, working(work)),
                       *judge(ENTER, _entering(work, spec, told, doing.at, said=read_at is not None))))
        may_be_entered(session, work, spec, value)
        read = read_any(session, work, spec, value, unit, doing.at, told.read_at or doing.at)
        record(session, doing, work, spec, read, told)
        doing.result = step
    return doing.result


def record(session: Session, doing: Doing, work: Job, spec: FieldSpec, read: Value, told: Told) -> None:
    """Keep a new value and what follows from it: calculated values, and who is responsible from now on."""
    entry = keep(session, doing, work, spec, replace(read, how="transcribed") if told.paper else read, told)
    used(session, doing, work, spec, entry)
    calculate(session, doing, work, told)
    keep_time(session, doing, work.flow, work.row, spec.id)
    if work.row.responsible is None:
        work.row.responsible = doing.by.code


def batch_of(step: str) -> str:
    """The batch a step code begins with."""
    return step.partition("/")[0]


def _entering(work: Job, spec: FieldSpec, told: Told, now: datetime, *, said: bool) -> Entering:
    return Entering(spec.label, told.read_at or now, now, work.batch.opened_at, told.late_reason, told.paper, said)


def may_be_entered(session: Session, work: Job, spec: FieldSpec, value: str) -> None:
    """Refuse what somebody else has entered meanwhile, and tell who; or a step that takes no new value."""
    there = work.entries.get(spec.id)
    if there is not None and spec.kind != "calculated":
        person = session.get(Person, there.entered_by)
        name = person.printed_name if person else there.entered_by
        known = HIDDEN if spec.id in hidden(work) else _told(there)
        raise Refused(f"{spec.label} of {work.row.code} is already entered: {known}, by {name} at "
                      f"{there.entered_at:%Y-%m-%d %H:%M} UTC. Yours ({value.strip()[:40]}) was not saved. Compare "
                      "both; if the first is wrong, correct it with a reason.", kind="stale")
    if work.row.state != STEP.start:
        raise Refused(f"{work.row.code} is {work.row.state}; values are entered before a step is signed. "
                      + ("Resume it first." if work.row.state == "paused" else "Correct an entry with a reason."))


def _told(entry: StepEntry) -> str:
    return f"{entry.value} {in_words(entry.unit)}".strip()


def perform_step(session: Session, who: Who, *, step: str, done_at: datetime, late_reason: str = "",
                 seen: str | None = None) -> str:
    """Sign a step as performed, with the time the work was done. Returns the step code."""
    reason = (late_reason or who.reason).strip()
    on_time(session)
    with act(session, "perform step", on=step, within=batch_of(step), **who.how | {"reason": reason}) as doing:
        work = job(session, step)
        as_seen(work, seen)
        state = STEP.after("perform step", work.row.state)
        gates = perform_gates(session, work, person=doing.by.code, done_at=done_at, now=doing.at)
        refuse_unless((*judge(WORK, working(work)), *judge(PERFORM, _performing(work, done_at, doing.at, reason)),
                       *drawn_or_explained(session, work), *gates.holding))
        row = work.row
        row.state, row.done_at, row.late_reason = state, done_at, reason
        row.performed_by, row.performed_at = doing.by.code, doing.at
        row.responsible = row.responsible or doing.by.code
        calculate(session, doing, work, Told(reason=f"{short(row)} is performed."))
        keep_time(session, doing, work.flow, row)
        watched_by(session, doing, work, done_at)
        note_lapses(session, doing, work, gates, done_at)
        doing.signs(content_of(work))
        doing.result = step
    return doing.result


def as_seen(work: Job, seen: str | None) -> None:
    """Refuse when the person saw other values, or another state of the step, than those that are there now."""
    if seen is not None and seen != work.seen:
        raise Refused(f"You saw version {seen} of this step and its values; it is now at version {work.seen}. "
                      "Nothing was saved. Look at it again.", kind="stale")


def _performing(work: Job, done_at: datetime, now: datetime, reason: str) -> Performing:
    missing = tuple(one.label for one in work.shape.fields
                    if not one.optional and one.kind != "calculated" and one.id not in work.entries)
    before = max((one.done_at for one in work.flow.before(work.row) if one.done_at), default=None)
    return Performing(work.row.code, missing, done_at, now, reason, work.batch.opened_at, before, undetermined(work))


def content_of(work: Job) -> dict[str, Any]:
    """What performer and verifier sign: the step, when it was done, every value that counts."""
    return {"step": work.row.code, "title": work.shape.title, "instruction": work.shape.instruction,
            "done_at": work.row.done_at, "late_reason": work.row.late_reason,
            "entries": [[one.field, one.value, one.unit, one.how, one.verdict, one.alert, one.read_at, one.entered_by,
                         one.entered_at] for one in sorted(work.entries.values(), key=lambda one: one.field)]}


def verify_step(session: Session, who: Who, *, step: str, readings: Mapping[str, str] | None = None,
                seen: str | None = None) -> str:
    """Verify a step another person performed. Returns the step code.

    `readings` holds, by field id, what the step asks to be read or scanned again, as text: see `reading_again.py`.
    """
    on_time(session)
    with act(session, "verify step", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        as_seen(work, seen)
        state = STEP.after("verify step", work.row.state)
        refuse_unless((*judge(VERIFY, verifying(session, work, doing.by.code, readings or {}, undetermined(work))),
                       *drawn_or_explained(session, work), *qualified(session, work, doing.by.code, doing.at)))
        work.row.state, work.row.verified_by, work.row.verified_at = state, doing.by.code, doing.at
        doing.signs(content_of(work))
        doing.result = step
    return doing.result


def correct_entry(session: Session, who: Who, *, step: str, field: str, value: str, unit: str = "",
                  accept_breach: bool = False, read_at: datetime | None = None, seen: str | None = None) -> str:
    """Put a right value in the place of a wrong one, signed, with `who.reason`. Returns the step code.

    The old value stays readable. A verified step has to be verified again, a complete batch reviewed again. Without
    `read_at` the time of the first reading stands: it is that reading which was put down wrongly.
    """
    on_time(session)
    with act(session, "correct entry", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        as_seen(work, seen)
        spec, before = work.field(field), work.entries.get(field)
        if before is None:
            raise Refused(f"{spec.label} of {step} has no value yet. Enter it; there is nothing to correct.")
        told = Told(accept_breach, who.reason.strip(), read_at or before.read_at or before.entered_at,
                    before.late_reason, before.paper or "")
        refuse_unless(judge(ENTER, replace(_entering(work, spec, told, doing.at, said=True), reason=told.reason)))
        read = read_any(session, work, spec, value, unit, doing.at, told.read_at or doing.at)
        if read.text == before.value:
            raise Refused(f"{spec.label} of {step} already is {before.value}. Nothing was changed.")
        after = keep(session, doing, work, spec, replace(read, how="transcribed") if told.paper else read, told)
        used(session, doing, work, spec, after)
        calculate(session, doing, work, told)
        keep_time(session, doing, work.flow, work.row, spec.id)
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
        phase = work.flow.record.phase_of(work.row.step_id)
        assert phase is not None, "a batch pins the version its steps were made from"
        made = _next_stage(work.flow.record, phase, work) if phase.staged else [_next_repeat(work)]
        work.batch.state = BATCH.after("repeat step", work.batch.state)
        session.add_all(made)
        doing.result = made[0].code
    return doing.result


def _next_repeat(work: Job) -> Step:
    """One more of a step that may repeat by itself."""
    row, steps = work.row, work.flow.steps
    same = [one for one in steps if one.step_id == row.step_id]
    after = tuple(one.step_id for one in steps if one.stage >= row.stage and one.ordinal > row.ordinal
                  and one.state != STEP.start)
    unfinished = tuple(short(one) for one in same if one.state in OPEN_STATES)
    refuse_unless(judge(REPEAT, Repeating(row.step_id, work.shape.repeat, len(same), unfinished, after)))
    if todo := work.flow.in_the_way(same[-1]):
        raise Refused(f"{', '.join(todo[:4])} comes first: it is not performed yet.")
    return new_step(row.batch, row.phase, row.step_id, row.ordinal, len(same) + 1, row.stage)


OPEN_STATES = ("todo", "paused")


def _next_stage(record: MasterRecord, phase: Phase, work: Job) -> list[Step]:
    """All staged steps once more, for the next harvest."""
    steps = work.flow.steps
    done = max(one.stage for one in steps)
    unfinished = tuple(short(one) for one in steps if work.flow.standing(one) in OPEN_STATES)
    refuse_unless(judge(REPEAT, Repeating(f"the part from {phase.title.lower()} on", phase.staged, done, unfinished,
                                          ())))
    return [new_step(work.batch.code, each.id, step.id, ordinal, done + 1, done + 1)
            for ordinal, (each, step) in enumerate(record.steps(), 1) if each.staged]
