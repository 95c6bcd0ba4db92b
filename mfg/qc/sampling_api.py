"""The doors of a sample after it was drawn, and of the plan of samples, with what JSON reads of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.api import batch_version, shows_batch
from mfg.batches.entering import job
from mfg.batches.records import batch as batch_of
from mfg.batches.sample_records import PlannedSample, answers_at
from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Moment, Number, Scanned, Words
from mfg.ledger import now
from mfg.qc import sampling_acts as acts
from mfg.qc.completing import complete_batch
from mfg.qc.records import Sample
from mfg.qc.sampling_gather import Tube, sampling_of, tube, tubes
from mfg.qc.sampling_records import SampleEvent
from mfg.qc.sampling_rules import CONDITIONS, SEALS
from mfg.recipes.master import KEEPS

NOW = "Leave it empty for now; else with its zone, for instance 2026-11-20T08:10Z."
PLACE = "Room, hatch, refrigerator: where it is now."


class SendSample(Body):
    """A sample given on its way."""

    place = Words("Where to, and how", limit=200)
    temperature_c = Number("Temperature", "Cel", required=False)
    at = Moment("Sent at", required=False, hint=NOW)
    late_reason = Words("Why it is entered late", required=False, hint="Only when it was more than 15 minutes ago.")


class ReceiveSample(Body):
    """A sample that has arrived in the laboratory."""

    label = Scanned("Label of the sample", takes=acts.SAMPLE_LABEL)
    place = Words("Where it is now", limit=200, hint=PLACE)
    temperature_c = Number("Temperature on arrival", "Cel", required=False, hint="Needed where the plan has limits.")
    condition = Choice("Condition", CONDITIONS)
    seal = Choice("Seal", SEALS)
    at = Moment("Received at", required=False, hint=NOW)
    late_reason = Words("Why it is entered late", required=False, hint="Only when it was more than 15 minutes ago.")


class RefuseSample(Body):
    """A sample the laboratory does not take."""

    place = Words("Where it is now", limit=200, hint=PLACE)
    temperature_c = Number("Temperature on arrival", "Cel", required=False)
    at = Moment("Refused at", required=False, hint=NOW)


class StoreRetain(Body):
    """A sample that is kept."""

    label = Scanned("Label of the sample", takes=acts.SAMPLE_LABEL)
    place = Words("Place in the store", limit=200, hint="Store, shelf, box, position.")
    keep = Choice("Kept", KEEPS)
    until = Moment("Kept until at least", required=False, hint="Empty: as long as the plan says.")
    temperature_c = Number("Temperature of the store", "Cel", required=False)


class InspectRetain(Body):
    """A retain that was looked at."""

    place = Words("Place in the store", limit=200)
    note = Words("What was seen")
    temperature_c = Number("Temperature of the store", "Cel", required=False)


class ByLabel(Body):
    """A sample in the hand, known by its label."""

    label = Scanned("Label of the sample", takes=acts.SAMPLE_LABEL)
    place = Words("Where", limit=200)


class ExplainMissing(Body):
    """A sample of the plan that was not taken."""

    plan = Words("Sample of the plan", limit=40)


# --- what a form is prepared with, and what is signed -------------------------------------------------------------


def _shows(session: Session, *, sample: str) -> Pairs:
    held = tube(session, sample)
    return [("Sample", sample), ("Of the plan", held.spec.title if held.spec else "no"), ("Batch", held.row.batch),
            ("Dose", held.row.dose or "of the batch"), ("State", held.state),
            ("Drawn", f"{held.row.taken_at:%Y-%m-%d %H:%M} UTC by {held.row.taken_by}"), *limits_told(held)]


def limits_told(held: Tube) -> Pairs:
    """What the plan allows on the way to the laboratory, and after it."""
    spec = held.spec
    found: Pairs = []
    if held.due_at is not None:
        found.append(("To be received by", f"{held.due_at:%Y-%m-%d %H:%M} UTC"))
    if spec and spec.temperature:
        found.append(("Kept at", f"{spec.temperature}"))
    if spec and spec.retain_days and held.kept_until:
        found.append(("Kept until", f"{held.kept_until:%Y-%m-%d}"))
    return found


def _seen(session: Session, *, sample: str) -> str:
    return tube(session, sample).seen


def _storing(session: Session, *, sample: str) -> Mapping[str, Mapping[str, Any]]:
    spec = tube(session, sample).spec
    return {"keep": {"value": spec.keep}} if spec and spec.keep else {}


def _missing(session: Session, *, step: str) -> Mapping[str, Mapping[str, Any]]:
    work, told = job(session, step), {one.plan for one in answers_at(session, step)}
    planned = work.flow.record.samples_at(work.row.step_id)
    open_ = [(one.id, one.title) for one in planned if one.id not in told]
    return {"plan": {"kind": "choice", "choices": open_ or [(one.id, one.title) for one in planned]}}


def _step_pairs(session: Session, *, step: str) -> Pairs:
    work = job(session, step)
    return [("Step", work.shape.title), ("Batch", work.batch.code)]


def _sample_url(code: str) -> str:
    return f"/samples/{code}"


def _door(verb: str, call: Any, title: str, main: str, body: type[Body] = Body, **more: Any) -> Door:
    return Door(verb, "/samples/<sample>", call, title, main, _sample_url, body=body, shows=_shows, seen=_seen, **more)


DOORS = (
    Door("complete batch", "/batches/<batch>", complete_batch, "Complete the batch", "Sign the production review",
         lambda code: f"/batches/{code}", shows=shows_batch, seen=batch_version,
         intro="Every step has to be performed and verified, every sample of the plan answered, every OOS "
               "concluded."),
    Door("explain missing sample", "/steps/<step>", acts.explain_missing_sample, "A sample of the plan was not taken",
         "Sign: not taken", lambda code: f"/steps/{code}", body=ExplainMissing, danger=True, prepares=_missing,
         shows=_step_pairs, intro="A deviation opens with it, and holds every dose until it is closed."),
    _door("send sample", acts.send_sample, "Send the sample", "Record: on its way", SendSample),
    _door("receive sample", acts.receive_sample, "Receive the sample", "Sign the receipt", ReceiveSample,
          intro="Late, warm or damaged it is kept, and a deviation opens with it. The label of another sample stops."),
    _door("refuse sample", acts.refuse_sample, "Refuse the sample", "Sign the refusal", RefuseSample, danger=True,
          intro="No result of it counts, and a deviation opens with it. Another sample may be taken in its place."),
    _door("store retain", acts.store_retain, "Store it as a retain", "Sign: stored", StoreRetain, prepares=_storing),
    _door("inspect retain", acts.inspect_retain, "Look at the retain", "Sign what was seen", InspectRetain),
    _door("remove retain", acts.remove_retain, "Take the retain out", "Sign: taken out", ByLabel, danger=True),
    _door("dispose sample", acts.dispose_sample, "Dispose of the sample", "Sign: disposed of", ByLabel, danger=True,
          intro="Another person who sees it signs as witness."),
    _door("witness disposal", acts.witness_disposal, "Witness the disposal", "Sign: seen disposed of"),
)


# --- reading ------------------------------------------------------------------------------------------------------


def chain_data(session: Session, sample: str) -> dict[str, Any]:
    """State, plan and chain of one sample, as plain data."""
    held = tube(session, sample)
    answer = held.answer
    planned = {"step": answer.step, "plan": answer.plan, "title": held.spec.title, "tubes": answer.tubes,
               "volume_ml": plain_data(answer.volume_ml), "due_at": plain_data(held.due_at),
               "temperature": str(held.spec.temperature or "")} if answer and held.spec else None
    return {"state": held.state, "planned": planned, "kept_until": plain_data(held.kept_until),
            "events": [event_data(one) for one in held.events]}


def event_data(one: SampleEvent) -> dict[str, Any]:
    """One event as plain data."""
    return {attribute.key: plain_data(getattr(one, attribute.key)) for attribute in one.__mapper__.column_attrs}


def expected(session: Session) -> list[Tube]:
    """The samples the laboratory waits for, the one due first on top; those without a time come last."""
    here = select(SampleEvent.sample).where(SampleEvent.kind.in_(("received", "refused")))
    batches = session.scalars(select(Sample.batch).where(
        Sample.batch.in_(select(PlannedSample.batch)), Sample.code.not_in(here)).distinct().order_by(Sample.batch))
    found = [one for code in batches.all() for one in tubes(session, batch_of(session, code))
             if one.receipt_needed and one.state in ("taken", "in transit")]
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or one.row.taken_at, one.row.code))


def retains(session: Session) -> list[Tube]:
    """What is kept, or is to be kept and is not stored yet; what is kept no longer comes first."""
    kept = select(Sample.batch).join(SampleEvent, SampleEvent.sample == Sample.code).where(SampleEvent.kind == "stored")
    batches = session.scalars(select(Sample.batch).where(
        Sample.batch.in_(select(PlannedSample.batch)) | Sample.batch.in_(kept)).distinct().order_by(Sample.batch))
    found = [one for code in batches.all() for one in tubes(session, batch_of(session, code))
             if one.kept_until is not None and one.state not in ("refused", "to be witnessed", "disposed")]
    return sorted(found, key=lambda one: (one.kept_until or one.row.taken_at, one.row.code))


def _told(held: Tube) -> dict[str, Any]:
    left = None if held.due_at is None else int((held.due_at - now()).total_seconds() // 60)
    last = held.events[-1] if held.events else None
    return {"sample": held.row.code, "batch": held.row.batch, "dose": held.row.dose,
            "title": held.spec.title if held.spec else held.row.purpose, "state": held.state,
            "taken_at": plain_data(held.row.taken_at), "due_at": plain_data(held.due_at), "minutes_left": left,
            "place": last.place if last else "", "kept_until": plain_data(held.kept_until)}


def plan_data(session: Session, *, batch: str) -> dict[str, Any]:
    """The plan of samples of a batch and what was drawn for it."""
    data: dict[str, Any] = plain_data(sampling_of(session, batch_of(session, batch)))
    return data


VIEWS = (
    View("/samples/expected", lambda session: [_told(one) for one in expected(session)],
         "Samples the laboratory waits for"),
    View("/retains", lambda session: [_told(one) for one in retains(session)], "Samples that are kept"),
    View("/batches/<batch>/samples", plan_data, "The plan of samples of a batch, and what was drawn"),
)
