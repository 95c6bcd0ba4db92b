"""What happens to a step beside entering and signing it: paused, taken over, skipped, given a file.

The steps themselves are done in `runner.py`.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.batches.calculating import calculate
from mfg.batches.entering import Told, job, store, working
from mfg.batches.entry_rules import LEAVE_OUT, TAKE_OVER, TAKE_UP, LeavingOut, TakingOver, TakingUp
from mfg.batches.flow import NOT_APPLICABLE, place, short
from mfg.batches.records import Attachment
from mfg.batches.rules import STEP, WORK, batch_open
from mfg.batches.runner import as_seen, batch_of, may_be_entered, record
from mfg.batches.values import Value
from mfg.db import next_code
from mfg.facts import Refused, judge, refuse_unless
from mfg.files import Upload, keep_file
from mfg.ledger import Who, act

NONE = "N/A"


def pause_step(session: Session, who: Who, *, step: str, seen: str | None = None) -> str:
    """Put a step aside, with `who.reason`; nothing is entered in it until it is resumed. Returns the step code."""
    return _moved(session, who, "pause step", step, seen)


def resume_step(session: Session, who: Who, *, step: str, seen: str | None = None) -> str:
    """Go on with a step that was put aside. Returns the step code."""
    return _moved(session, who, "resume step", step, seen)


def _moved(session: Session, who: Who, verb: str, step: str, seen: str | None) -> str:
    with act(session, verb, on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        as_seen(work, seen)
        work.row.state = STEP.after(verb, work.row.state)
        refuse_unless(judge((batch_open,), working(work)))
        doing.result = step
    return doing.result


def hand_over_step(session: Session, who: Who, *, step: str, state_seen: str, seen: str | None = None) -> str:
    """Take a step over: the signer is responsible from now on. `state_seen` says how they found it.

    Others may still enter values; whoever performs it signs for it. Returns the step code.
    """
    how = who.how | {"reason": who.reason or state_seen.strip()}
    with act(session, "hand over step", on=step, within=batch_of(step), **how) as doing:
        work = job(session, step)
        as_seen(work, seen)
        row = work.row
        row.state = STEP.after("hand over step", row.state)
        before = row.responsible
        refuse_unless((*judge((batch_open,), working(work)),
                       *judge(TAKE_OVER, TakingOver(step, before, doing.by.code, state_seen))))
        row.responsible = doing.by.code
        doing.signs({"step": step, "from": before, "to": doing.by.code, "found": state_seen.strip(),
                     "entries": sorted(one.code for one in work.entries.values())})
        doing.result = step
    return doing.result


def skip_step(session: Session, who: Who, *, step: str, seen: str | None = None) -> str:
    """Leave out a step that the master record calls optional, signed, with `who.reason`. Returns the step code."""
    with act(session, "skip step", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        as_seen(work, seen)
        row = work.row
        state = STEP.after("skip step", row.state)
        entered = tuple(work.field(one.field).label for one in work.entries.values() if one.how != "computed")
        refuse_unless((*judge(WORK, working(work)),
                       *judge(LEAVE_OUT, LeavingOut(work.shape.title, work.shape.optional, entered))))
        row.state, row.skipped_by, row.skipped_at, row.skip_reason = state, doing.by.code, doing.at, who.reason.strip()
        doing.signs({"step": step, "title": work.shape.title, "skipped": True, "reason": row.skip_reason})
        doing.result = step
    return doing.result


def take_up_step(session: Session, who: Who, *, step: str, seen: str | None = None) -> str:
    """Do a skipped step after all, with `who.reason`, as long as nothing after it was begun. Returns the step code."""
    with act(session, "take up step", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        as_seen(work, seen)
        row = work.row
        state = STEP.after("take up step", row.state)
        begun = tuple(short(one) for one in work.flow.steps
                      if place(one) > place(row) and work.flow.begun(one))
        refuse_unless((*judge((batch_open,), working(work)), *judge(TAKE_UP, TakingUp(step, begun))))
        row.state, row.skipped_by, row.skipped_at, row.skip_reason = state, None, None, ""
        doing.result = step
    return doing.result


def mark_not_applicable(session: Session, who: Who, *, step: str, field: str, seen: str | None = None) -> str:
    """Say that an optional value is none, signed, with `who.reason`. No arithmetic uses it. Returns the step code."""
    with act(session, "mark not applicable", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        as_seen(work, seen)
        spec = work.field(field)
        refuse_unless((*judge(WORK, working(work)), *judge(LEAVE_OUT, LeavingOut(spec.label, spec.optional, ()))))
        may_be_entered(session, work, spec, NONE)
        if spec.kind == "calculated":
            raise Refused(f"{spec.label} is calculated by the system. It may stay undetermined, as it is optional.",
                          kind="input")
        told = Told(reason=who.reason.strip(), read_at=doing.at)
        row = store(session, doing, work.flow, work.row, spec, Value(NONE, NOT_APPLICABLE), told)
        calculate(session, doing, work, told)
        work.row.responsible = work.row.responsible or doing.by.code
        doing.signs({"step": step, "field": field, "entry": row.code, "value": NONE, "reason": told.reason})
        doing.result = step
    return doing.result


def attach_file(session: Session, who: Who, *, step: str, file: Upload, caption: str, field: str = "") -> str:
    """Attach a photograph or file to a step; with `field` it is the value that field asks for. Returns the step code.

    Without a field it may be added to any step of an open batch, signed ones too: it is evidence more, and changes
    nothing that was signed.
    """
    with act(session, "attach file", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        refuse_unless(judge(WORK if field else (batch_open,), working(work)))
        kept = keep_file(session, file, by=doing.by.code, at=doing.at)
        session.add(Attachment(code=next_code(session, Attachment, "ATT", 6), step=step, field=field or None,
                               file=kept.code, caption=caption, by=doing.by.code, at=doing.at))
        if field:
            spec = work.field(field)
            if spec.kind != "file":
                raise Refused(f"{spec.label} asks for a {spec.kind}, not for a file. Enter its value.", kind="input")
            may_be_entered(session, work, spec, file.name)
            record(session, doing, work, spec, Value(kept.code, "attached"), Told(read_at=doing.at))
        doing.result = step
    return doing.result
