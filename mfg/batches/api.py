"""The doors of batches, steps, containers and doses, and what JSON reads of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.acts import open_batch
from mfg.batches.bodies import (
    CheckFill,
    CorrectEntry,
    EnterValue,
    FillDose,
    OpenBatch,
    PerformStep,
    PlanDose,
    VerifyStep,
)
from mfg.batches.container_doors import CONTAINER_DOORS, CONTAINER_VIEWS
from mfg.batches.containers import containers_of, parents_of
from mfg.batches.effect import IMPACT_DOORS, IMPACT_VIEWS
from mfg.batches.entering import NOT_TYPED, Job, job
from mfg.batches.filling import check_fill, doses_of, fill_dose, plan_dose
from mfg.batches.handling_api import HANDLING, REDLINE_VIEWS, blind_pairs, step_pairs, step_seen
from mfg.batches.hold_pages import hold_version, shows_hold
from mfg.batches.hold_records import hold_time, holds_of
from mfg.batches.holds import continue_after_breach
from mfg.batches.material_doors import MATERIAL_DOORS, MATERIAL_VIEWS
from mfg.batches.reading_again import HIDDEN, again, hidden
from mfg.batches.records import Batch, DoseBag, attachments_of, bags_of, steps_of
from mfg.batches.records import batch as load_batch
from mfg.batches.records import dose as load_dose
from mfg.batches.redlines import redlines_on
from mfg.batches.runner import correct_entry, enter_value, perform_step, repeat_step, verify_step
from mfg.batches.told import growth_of
from mfg.canonical import plain_data
from mfg.documents.records import Document
from mfg.donors.records import Collection
from mfg.doors import Door, Pairs, View
from mfg.ledger import Who
from mfg.trial.records import Recipient
from mfg.units import in_words


def _enter(session: Session, who: Who, *, accept_breach: str, **entered: Any) -> str:
    return enter_value(session, who, accept_breach=accept_breach == "yes", **entered)


def _correct(session: Session, who: Who, *, accept_breach: str, **entered: Any) -> str:
    return correct_entry(session, who, accept_breach=accept_breach == "yes", **entered)


# --- what a form is prepared with -----------------------------------------------------------------------------


def _for_opening(session: Session) -> dict[str, Any]:
    """Only what can be chosen: eligible recipients, accepted collections not in a batch, effective documents."""
    used = select(Batch.collection)
    collections = session.scalars(select(Collection).where(
        Collection.state == "accepted", Collection.code.not_in(used)).order_by(Collection.code))
    recipients = session.scalars(select(Recipient.code).where(
        Recipient.eligible_at.is_not(None)).order_by(Recipient.code))
    documents = session.scalars(select(Document).where(Document.state == "effective").order_by(Document.key)).all()
    return {"recipient": _choices([(code, code) for code in recipients]),
            "collection": _choices([(one.code, f"{one.code} for {one.recipient}") for one in collections]),
            "master_record": _choices([(one.key, one.title) for one in documents if one.kind == "master record"]),
            "specification": _choices([(one.key, one.title) for one in documents if one.kind == "specification"])}


def _choices(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    empty = {} if pairs else {"hint": "There is none yet that could be chosen."}
    return {"kind": "choice", "choices": pairs} | empty


def _units(work: Job) -> dict[str, Any]:
    """The units of the step's numbers, in words: nobody types 10*6/mL."""
    units = dict.fromkeys(one.unit for one in work.shape.fields if one.unit and one.kind not in NOT_TYPED)
    return {"unit": {"kind": "choice", "choices": [(one, in_words(one) or "no unit") for one in units]}
            if units else {"kind": "hidden"}}


def _for_entry(session: Session, *, step: str) -> dict[str, Any]:
    work = job(session, step)
    return {"field": _choices([(one.id, f"{one.label}{f', {in_words(one.unit)}' if one.unit else ''}")
                               for one in work.shape.fields if one.id not in work.entries
                               and one.kind not in NOT_TYPED])} | _units(work)


def _for_correction(session: Session, *, step: str) -> dict[str, Any]:
    work = job(session, step)
    covered = hidden(work)
    told = {one.id: HIDDEN if one.id in covered else work.entries[one.id].value for one in work.shape.fields
            if one.id in work.entries and one.kind not in NOT_TYPED}
    return {"field": _choices([(one.id, f"{one.label}: {told[one.id]}") for one in work.shape.fields
                               if one.id in told])} | _units(work)


def _for_verifying(session: Session, *, step: str) -> dict[str, Any]:
    """What has to be read again, without the first reading; the page of the step has a box for each."""
    asked = again(job(session, step))
    hint = "One per line: " + ", ".join(f"{one.id} = {one.label.lower()}{f' in {one.unit}' if one.unit else ''}"
                                        for one in asked)
    return {"readings": {"hint": hint, "required": True} if asked else {"kind": "hidden"}}


# --- what is about to be signed ---------------------------------------------------------------------------------


def shows_step(session: Session, *, step: str) -> Pairs:
    """The step and every value that counts."""
    return step_pairs(job(session, step))


def shows_blind(session: Session, *, step: str) -> Pairs:
    """The same, without the numbers that the second person has to read again."""
    return blind_pairs(job(session, step))


def shows_batch(session: Session, *, batch: str) -> Pairs:
    """For whom, of what, and how far it has come."""
    row, steps = load_batch(session, batch), steps_of(session, batch)
    verified = sum(step.state == "verified" for step in steps)
    return [("Batch", row.code), ("Recipient", row.recipient), ("Donor", row.donor),
            ("Master record", row.master_record), ("Steps verified", f"{verified} of {len(steps)}")]


def shows_dose(session: Session, *, dose: str) -> Pairs:
    """The dose and its bags, without their volumes: the second person reads those blind."""
    row = load_dose(session, dose)
    return [("Dose", row.code), ("Batch", row.batch), ("Infusion", str(row.infusion)), ("State", row.state),
            ("Bags", ", ".join(bag.container for bag in bags_of(session, row)) or "none yet")]


def batch_version(session: Session, *, batch: str) -> str:
    return str(load_batch(session, batch).version)


def _dose_version(session: Session, *, dose: str) -> str:
    return str(load_dose(session, dose).version)


# --- reading ----------------------------------------------------------------------------------------------------


def columns(row: Any) -> dict[str, Any]:
    """Every column of a row as plain data."""
    return {one.key: plain_data(getattr(row, one.key)) for one in row.__mapper__.column_attrs}


def read_batches(session: Session) -> Any:
    """All batches, the newest first."""
    return [columns(row) for row in session.scalars(select(Batch).order_by(Batch.code.desc()))]


def read_batch(session: Session, *, batch: str) -> Any:
    """One batch with its steps, containers, doses and growth."""
    row, grown, parents = load_batch(session, batch), growth_of(session, batch), parents_of(session, batch)
    return columns(row) | {
        "steps": [columns(step) for step in steps_of(session, batch)],
        "containers": [columns(one) | {"parents": parents.get(one.code, [])} for one in containers_of(session, batch)],
        "doses": [columns(dose) for dose in doses_of(session, batch)],
        "holds": [columns(one) for one, _ in holds_of(session, batch)],
        "growth": plain_data({"points": grown.points, "fold": grown.fold, "doublings": grown.doublings,
                              "doubling_hours": grown.doubling_hours})}


def read_step(session: Session, *, step: str) -> Any:
    """One step: what it asks for in this batch, what was entered, and its files; what is to be read again is hidden."""
    work = job(session, step)
    covered, branch = hidden(work), work.flow.branch(work.row)
    return columns(work.row) | {
        "asks": plain_data(work.shape), "stands": work.flow.standing(work.row),
        "needed": {"verdict": branch.verdict.value, "why": branch.why}, "seen": work.seen,
        "entries": {id: columns(one) | (COVERED if id in covered else {}) for id, one in work.entries.items()},
        "attachments": [columns(one) for one in attachments_of(session, step)],
        "redlines": [columns(one) for one in redlines_on(work.flow.redlines, work.row.step_id, work.row.repeat)]}


COVERED = {"value": HIDDEN, "amount": None, "reason": ""}


def read_hold(session: Session, *, hold: str) -> Any:
    """One hold time: when it started, what is used, when it runs out, and what became of a breach."""
    return columns(hold_time(session, hold))


def read_dose(session: Session, *, dose: str) -> Any:
    """One dose with all its bags, withdrawn ones too."""
    row = load_dose(session, dose)
    bags = session.scalars(select(DoseBag).where(DoseBag.dose == dose).order_by(DoseBag.container))
    return columns(row) | {"bags": [columns(bag) for bag in bags]}


def _step_page(code: str) -> str:
    return f"/steps/{code}"


def _batch_page(code: str) -> str:
    return f"/batches/{code}"


def _dose_page(code: str) -> str:
    return f"/doses/{code}"


DOORS = (
    *MATERIAL_DOORS,
    *IMPACT_DOORS,
    Door("open batch", "/batches", open_batch, "Open a batch", "Sign and issue the batch record", _batch_page,
         OpenBatch, prepares=_for_opening,
         intro="The versions of protocol, master record and specification effective now stay with this batch."),
    *CONTAINER_DOORS,
    Door("plan dose", "/batches/<batch>", plan_dose, "Plan a dose", "Plan the dose", _dose_page, PlanDose),
    Door("enter value", "/steps/<step>", _enter, "Enter a value", "Record the value", _step_page, EnterValue,
         prepares=_for_entry),
    Door("perform step", "/steps/<step>", perform_step, "Sign the step as performed", "Sign as performer", _step_page,
         PerformStep, shows=shows_step, seen=step_seen),
    Door("verify step", "/steps/<step>", verify_step, "Verify the step", "Sign as verifier", _step_page, VerifyStep,
         shows=shows_blind, seen=step_seen, prepares=_for_verifying),
    Door("correct entry", "/steps/<step>", _correct, "Correct an entry", "Sign the correction", _step_page,
         CorrectEntry, prepares=_for_correction, seen=step_seen,
         intro="What was entered stays readable. A verified step has to be verified again."),
    Door("repeat step", "/steps/<step>", repeat_step, "Do this once more", "Add the repeat", _step_page,
         intro="A step that belongs to a harvest begins the next harvest with all its steps."),
    *HANDLING,
    Door("continue after breach", "/holds/<hold>", continue_after_breach, "Let the work continue after a breach",
         "Sign: continue under the deviation", lambda code: f"/holds/{code}", shows=shows_hold, seen=hold_version,
         intro="The steps behind this hold time are held until you decide. The deviation stays open."),
    Door("fill dose", "/doses/<dose>", fill_dose, "Fill the dose", "Sign the fill", _dose_page, FillDose,
         shows=shows_dose, seen=_dose_version, intro="Filling again withdraws the bags filled before."),
    Door("check fill", "/doses/<dose>", check_fill, "Check a filled bag", "Sign the check", _dose_page, CheckFill,
         shows=shows_dose, seen=_dose_version),
)
VIEWS = (
    *MATERIAL_VIEWS,
    *IMPACT_VIEWS,
    View("/batches", read_batches, "Batches"),
    View("/batches/<batch>", read_batch, "Batch"),
    View("/steps/<step>", read_step, "Step"),
    View("/holds/<hold>", read_hold, "Hold time"),
    *REDLINE_VIEWS,
    View("/doses/<dose>", read_dose, "Dose"),
    *CONTAINER_VIEWS,
)
