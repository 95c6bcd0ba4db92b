"""The doors of what happens around a step, and of redlines, with what JSON reads of redlines. `api.py` opens them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.entering import Job, job
from mfg.batches.handling import (
    attach_file,
    hand_over_step,
    mark_not_applicable,
    pause_step,
    resume_step,
    skip_step,
    take_up_step,
)
from mfg.batches.handling_bodies import AttachFile, HandOver, MarkNotApplicable, ProposeRedline
from mfg.batches.reading_again import HIDDEN, hidden
from mfg.batches.records import Redline
from mfg.batches.records import redline as load_redline
from mfg.batches.redline_rules import IDENTITY
from mfg.batches.redlines import LIMITS
from mfg.batches.redlining import approve_redline, propose_redline, reject_redline
from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.ledger import Who
from mfg.recipes.master import FieldSpec
from mfg.units import in_words


def _propose(session: Session, who: Who, **given: Any) -> str:
    limits = {name: given.pop(name) for name in LIMITS}
    return propose_redline(session, who, limits=limits, **given)


# --- what a form is prepared with -----------------------------------------------------------------------------


def _chosen(fields: list[FieldSpec]) -> dict[str, Any]:
    """A choice among fields; nothing at all where there is none to choose."""
    if not fields:
        return {"field": {"kind": "hidden"}}
    pairs = [(one.id, f"{one.label}{f', {in_words(one.unit)}' if one.unit else ''}") for one in fields]
    return {"field": {"kind": "choice", "choices": pairs}}


def _for_none(session: Session, *, step: str) -> dict[str, Any]:
    work = job(session, step)
    fields = [one for one in work.shape.fields if one.optional and one.id not in work.entries
              and one.kind != "calculated"]
    return _chosen(fields) if fields else {"field": {"kind": "choice", "choices": [],
                                                     "hint": "No optional value is open in this step."}}


def _for_file(session: Session, *, step: str) -> dict[str, Any]:
    work = job(session, step)
    return _chosen([one for one in work.shape.fields if one.kind == "file" and one.id not in work.entries])


def _for_redline(session: Session, *, step: str) -> dict[str, Any]:
    work = job(session, step)
    numbers = [one for one in work.shape.fields if one.unit and one.kind not in IDENTITY
               and one.id not in work.entries]
    return _chosen(numbers) | {"instruction": {"hint": f"Now: {work.shape.instruction}"}}


# --- what is about to be signed ---------------------------------------------------------------------------------


def step_seen(session: Session, *, step: str) -> str:
    """The version of the step and its values that the person sees."""
    return job(session, step).seen


def step_pairs(work: Job) -> Pairs:
    """The step and every value that counts."""
    pairs = [("Step", work.shape.title), ("Batch", work.batch.code)]
    for one in work.shape.fields:
        entry = work.entries.get(one.id)
        pairs.append((one.label, f"{entry.value} {entry.unit or ''}".strip() if entry else "not entered"))
    return pairs


def blind_pairs(work: Job) -> Pairs:
    """The same, without what the second person has to read again."""
    covered = {work.field(id).label for id in hidden(work)}
    return [(label, HIDDEN if label in covered else value) for label, value in step_pairs(work)]


def _shows_step(session: Session, *, step: str) -> Pairs:
    work = job(session, step)
    return [*blind_pairs(work), ("Responsible now", work.row.responsible or "nobody yet")]


def redline_pairs(row: Redline) -> Pairs:
    """What the master record says, what would hold instead, and why."""
    return [("Step", row.step), ("The master record says", row.was), ("In this batch instead", row.becomes),
            ("Because", row.reason), ("Proposed by", row.proposed_by)]


def _shows_redline(session: Session, *, redline: str) -> Pairs:
    return redline_pairs(load_redline(session, redline))


def _redline_version(session: Session, *, redline: str) -> str:
    return str(load_redline(session, redline).version)


# --- reading ----------------------------------------------------------------------------------------------------


def all_redlines(session: Session) -> list[Redline]:
    """Every redline, the newest first."""
    return list(session.scalars(select(Redline).order_by(Redline.code.desc())))


def _columns(row: Redline) -> dict[str, Any]:
    return {one.key: plain_data(getattr(row, one.key)) for one in row.__mapper__.column_attrs}


def _step_page(code: str) -> str:
    return f"/steps/{code}"


def _redline_page(code: str) -> str:
    return f"/redlines/{code}"


HANDLING = (
    Door("pause step", "/steps/<step>", pause_step, "Pause the step", "Pause the step", _step_page,
         intro="Nothing is entered in it until somebody resumes it.", seen=step_seen),
    Door("resume step", "/steps/<step>", resume_step, "Resume the step", "Resume the step", _step_page,
         seen=step_seen),
    Door("hand over step", "/steps/<step>", hand_over_step, "Take the step over", "Sign and take over", _step_page,
         HandOver, shows=_shows_step, seen=step_seen,
         intro="Whoever takes over signs: you are responsible for it from now on."),
    Door("skip step", "/steps/<step>", skip_step, "Skip the step", "Sign and skip", _step_page, shows=_shows_step,
         seen=step_seen, danger=True, intro="Only a step the master record calls optional."),
    Door("take up step", "/steps/<step>", take_up_step, "Do it after all", "Take the step up", _step_page,
         seen=step_seen, intro="As long as nothing after it has begun."),
    Door("mark not applicable", "/steps/<step>", mark_not_applicable, "Mark a value as not applicable",
         "Sign: not applicable", _step_page, MarkNotApplicable, prepares=_for_none, seen=step_seen,
         intro="Only an optional value. No calculation uses it."),
    Door("attach file", "/steps/<step>", attach_file, "Attach a photograph or file", "Attach it", _step_page,
         AttachFile, prepares=_for_file),
    Door("propose redline", "/steps/<step>", _propose, "Propose a redline", "Sign the proposal", _redline_page,
         ProposeRedline, prepares=_for_redline,
         intro="It holds for this batch only, from this step on, once quality assurance has approved it."),
    Door("approve redline", "/redlines/<redline>", approve_redline, "Approve the redline", "Sign and approve",
         _redline_page, shows=_shows_redline, seen=_redline_version,
         intro="It acts at once, in this batch only. The master record stays as it is."),
    Door("reject redline", "/redlines/<redline>", reject_redline, "Reject the redline", "Sign and reject",
         _redline_page, shows=_shows_redline, seen=_redline_version, danger=True),
)
REDLINE_VIEWS = (
    View("/redlines", lambda session: [_columns(row) for row in all_redlines(session)], "Redlines"),
    View("/redlines/<redline>", lambda session, redline: _columns(load_redline(session, redline)), "Redline"),
)
