"""A change of the instructions of one batch: proposed by the supervisor, approved or rejected by quality assurance.

Only what is approved acts, from `redlines.py`; the pinned master record stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.acts import new_step
from mfg.batches.entering import Job, job
from mfg.batches.flow import place, short
from mfg.batches.records import Redline
from mfg.batches.records import redline as load_redline
from mfg.batches.redline_rules import REDLINE, REDLINING, Redlining
from mfg.batches.redlines import FIELD_PARTS, LIMITS, added_step, changed, in_words, redlined_record
from mfg.batches.runner import batch_of
from mfg.canonical import canonical
from mfg.db import next_code
from mfg.facts import Refused, judge, number, refuse_unless
from mfg.ledger import Who, act, fresh
from mfg.recipes.faults import faults

#: what each kind of redline has to say
NEEDS = {"instruction": "Write the new instruction.", "limits": "Choose the value and give at least one limit.",
         "field": "Describe exactly one value to enter.",
         "step": "Give the step an id, a title and an instruction."}


def propose_redline(session: Session, who: Who, *, step: str, kind: str, instruction: str = "", field: str = "",
                    limits: Mapping[str, str] | None = None, id: str = "", title: str = "",
                    asks: Sequence[Mapping[str, str]] = ()) -> str:
    """Propose a change of one step of one batch, with `who.reason`. Returns RL-0001.

    `kind`: "instruction" with its new text; "limits" with `field` and low, high, alert_low, alert_high as text, those
    left out stay; "field" with one of `asks`; "step", done after this one, with id, title, instruction, asks.
    """
    change = _change(kind, instruction.strip(), field, limits or {}, id, title, asks)
    with act(session, "propose redline", on=step, within=batch_of(step), **who.how) as doing:
        work = job(session, step)
        code = next_code(session, Redline, "RL", 4)
        row = Redline(code=code, batch=work.batch.code, step=step, step_id=work.row.step_id, repeat=work.row.repeat,
                      kind=kind, change=canonical(change).decode(), was="", becomes="", reason=who.reason.strip(),
                      proposed_by=doing.by.code, proposed_at=doing.at, state=REDLINE.start)
        refuse_unless(judge(REDLINING, _redlining(work, row)))
        row.was, row.becomes = in_words(work.shape, kind, change)
        session.add(row)
        doing.on = doing.result = code
        doing.signs(content_of(row))
    return doing.result


def _change(kind: str, instruction: str, field: str, limits: Mapping[str, str], id: str, title: str,
            asks: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What changes, as plain data; a refusal (kind "input") when a part of it is missing or no number."""
    asked = [{name: one[name] for name in FIELD_PARTS if one.get(name)} for one in asks]
    bounds = {name: limits[name] for name in LIMITS if limits.get(name)}
    for name, told in ((name, told) for one in (bounds, *asked) for name, told in one.items() if name in LIMITS):
        number(told, what=name.replace("_", " "))
    changes: dict[str, tuple[dict[str, Any], bool]] = {
        "instruction": ({"instruction": instruction}, bool(instruction)),
        "limits": ({"field": field} | bounds, bool(field and bounds)),
        "field": (asked[0] if asked else {}, len(asked) == 1),
        "step": ({"id": id, "title": title, "instruction": instruction, "fields": asked},
                 bool(id and title and instruction))}
    change, whole = changes.get(kind, ({}, False))
    if not whole or any(not (one.get("id") and one.get("label") and one.get("kind")) for one in asked):
        raise Refused(f"The redline is not complete. {NEEDS.get(kind, 'Choose what changes.')} A value to enter has "
                      "an id, a label and a kind.", kind="input")
    return change


def content_of(row: Redline) -> dict[str, Any]:
    """What proposer and approver sign: the step, what the master record says, what holds instead, and why."""
    return {"redline": row.code, "batch": row.batch, "step": row.step, "kind": row.kind, "was": row.was,
            "becomes": row.becomes, "change": row.change, "reason": row.reason, "proposed_by": row.proposed_by}


def _redlining(work: Job, row: Redline) -> Redlining:
    """The step as it is and as it would be, with what stands against it. Shared by proposal and approval."""
    change = json.loads(row.change)
    if row.kind == "limits":
        work.field(change["field"])
    acting = Redline(code="~", step_id=row.step_id, repeat=row.repeat, kind=row.kind, change=row.change,
                     state="approved")
    wrong = faults(redlined_record(work.flow.pinned, [*work.flow.redlines, acting]))
    return Redlining(work.row.code, work.shape, changed(work.shape, row.kind, change), _begun(work, row.kind, change),
                     tuple(one.why for one in wrong), added_step(change) if row.kind == "step" else None,
                     work.batch.state)


def _begun(work: Job, kind: str, change: Mapping[str, Any]) -> tuple[str, ...]:
    """What is done already and would be changed afterwards."""
    row, flow = work.row, work.flow
    if kind == "step":
        return tuple(f"{short(one)} has begun, which comes after {short(row)}" for one in flow.steps
                     if place(one) > place(row) and flow.begun(one))
    same = [one for one in flow.steps if one.step_id == row.step_id and one.repeat >= row.repeat]
    signed = [f"{short(one)} is {one.state}" for one in same if one.state not in ("todo", "paused")]
    entered = [f"{work.field(change['field']).label} is entered" for one in same
               if kind == "limits" and change["field"] in flow.of(one)]
    return tuple(signed + entered)


def approve_redline(session: Session, who: Who, *, redline: str, seen: str | None = None) -> str:
    """Let a redline act from now on, signed by quality assurance. Returns its code."""
    with act(session, "approve redline", on=redline, **who.how) as doing:
        row = load_redline(session, redline)
        fresh(row, seen)
        doing.within = row.batch
        state = REDLINE.after("approve redline", row.state)
        work = job(session, row.step)
        refuse_unless(judge(REDLINING, _redlining(work, row)))
        row.state, row.decided_by, row.decided_at = state, doing.by.code, doing.at
        if row.kind == "step":
            _add_step(session, work, row)
        doing.signs(content_of(row))
        doing.result = redline
    return doing.result


def _add_step(session: Session, work: Job, row: Redline) -> None:
    """The added step in its place: what comes after it moves on by one."""
    record = redlined_record(work.flow.pinned, work.flow.redlines)  # the row among them is approved by now
    places = {step.id: ordinal for ordinal, (_, step) in enumerate(record.steps(), 1)}
    for one in work.flow.steps:
        if one.ordinal != places[one.step_id]:
            one.ordinal = places[one.step_id]
    added = json.loads(row.change)["id"]
    session.add(new_step(row.batch, work.row.phase, added, places[added], work.row.stage or 1, work.row.stage))


def reject_redline(session: Session, who: Who, *, redline: str, seen: str | None = None) -> str:
    """Refuse a redline, signed, with `who.reason`. It never acts. Returns its code."""
    with act(session, "reject redline", on=redline, **who.how) as doing:
        row = load_redline(session, redline)
        fresh(row, seen)
        doing.within = row.batch
        row.state = REDLINE.after("reject redline", row.state)
        row.decided_by, row.decided_at = doing.by.code, doing.at
        doing.signs(content_of(row) | {"rejected_because": who.reason.strip()})
        doing.result = redline
    return doing.result
