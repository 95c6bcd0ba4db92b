"""A value on its way into a step: which field it is for, what was scanned, whether it may be kept.

A scan of another recipient's container stops everything: nothing is recorded but the attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.divisions import bag_labelled
from mfg.batches.records import Batch, Container, Step, StepEntry, current, steps_of
from mfg.batches.records import batch as load_batch
from mfg.batches.records import container as load_container
from mfg.batches.records import step as load_step
from mfg.batches.rules import Working
from mfg.batches.scans import DONATION, identified
from mfg.batches.told import record_of
from mfg.batches.values import Value, read_value
from mfg.codes.own import coi_text
from mfg.donors.records import Collection
from mfg.facts import Refused, Verdict, judge, refuse_unless, shown
from mfg.ledger import Doing
from mfg.materials.records import Lot
from mfg.materials.records import lot as load_lot
from mfg.materials.rules import LOT_USE, LotUse
from mfg.quality.records import draft
from mfg.recipes import master
from mfg.recipes.master import FieldSpec
from mfg.trial.records import recipient as load_recipient


@dataclass(frozen=True)
class Job:
    """A step of a batch with what the master record says about it, and the entries that count."""

    batch: Batch
    row: Step
    shape: master.Step
    entries: dict[str, StepEntry]

    def field(self, id: str) -> FieldSpec:
        """The field of that id, or a refusal that lists those there are."""
        spec = self.shape.field(id)
        if spec is None:
            raise Refused(f"{self.row.code} has no field {shown(id)}. It asks for: "
                          f"{', '.join(one.id for one in self.shape.fields)}.", kind="input")
        return spec


def job(session: Session, code: str) -> Job:
    """The step with this code, or a refusal."""
    row = load_step(session, code)
    batch = load_batch(session, row.batch)
    shape = record_of(session, batch).step(row.step_id)
    assert shape is not None, "a batch pins the version its steps were made from"
    entries = session.scalars(select(StepEntry).where(StepEntry.step == code).order_by(
        StepEntry.entered_at, StepEntry.code))
    return Job(batch, row, shape, {one.field: one for one in current(list(entries))})


def working(session: Session, work: Job) -> Working:
    """The step as the rules see it."""
    return Working(work.row.code, work.batch.code, work.batch.state, todo_before(session, work.row))


def todo_before(session: Session, row: Step) -> tuple[str, ...]:
    """Earlier steps that nobody has performed, by what follows the batch in their codes."""
    place = (row.stage, row.ordinal, row.repeat)
    return tuple(one.code.partition("/")[2] for one in steps_of(session, row.batch)
                 if (one.stage, one.ordinal, one.repeat) < place and one.state == "todo")


def read_any(session: Session, work: Job, spec: FieldSpec, text: str, unit: str, now: datetime) -> Value:
    """The value of any kind of field, or a refusal."""
    if spec.kind == "scan container":
        return _container(session, work.batch, spec, text)
    if spec.kind == "scan lot":
        return _lot(session, spec, text, now)
    return read_value(spec, text, unit, now)


def _container(session: Session, batch: Batch, spec: FieldSpec, text: str) -> Value:
    row, how = container_scanned(session, batch, text, donation=spec.container_kind == "collection bag")
    if spec.container_kind and row.kind != spec.container_kind:
        raise Refused(f"{row.code} is a {row.kind}; {spec.label.lower()} has to be a {spec.container_kind}. "
                      "Scan the right one.")
    return Value(row.code, how, verdict=Verdict.PASS.value)


def container_scanned(session: Session, batch: Batch, text: str, *, donation: bool = False) -> tuple[Container, str]:
    """The container of this batch that was scanned, and how; anything of another chain of identity stops.

    With `donation` the donation number on the apheresis label stands for the collection bag. A dose bag is known
    by the Data Matrix of its label too.
    """
    row, how = bag_labelled(session, text), "scanned"
    if row is None:
        code, how = identified(text, "container", *((DONATION,) if donation else ()))
        row = load_container(session, code) if code.partition("-")[1] else _by_donation(session, batch, code)
    _same_chain(session, batch, row)
    if row.batch != batch.code:
        raise Refused(f"{row.code} is of batch {row.batch}; this is {batch.code}. Scan a container of this batch.")
    return row, how


def _by_donation(session: Session, batch: Batch, din: str) -> Container:
    """The collection bag of a donation; a donation number has no hyphen, our codes have."""
    row = session.scalar(select(Container).join(Collection, Collection.code == Container.collection).where(
        Collection.din == din, Container.kind == "collection bag"))
    if row is None:
        raise Refused(f"The donation {din} is in no batch here; {batch.code} was expected. Scan the right bag.",
                      kind="not found")
    return row


def _same_chain(session: Session, batch: Batch, row: Container) -> None:
    """The hard stop: wrong recipient or donor, named in full, recorded as an attempt and nothing else."""
    if (row.recipient, row.donor) == (batch.recipient, batch.donor):
        return
    expected, scanned = (coi_text(load_recipient(session, code).coi) for code in (batch.recipient, row.recipient))
    raise Refused(f"Stop. {row.code} carries chain of identity {scanned} (donor {row.donor}); {batch.code} is "
                  f"{expected} (donor {batch.donor}). Nothing was recorded. Put the container aside in quarantine and "
                  "call the supervisor.")


def _lot(session: Session, spec: FieldSpec, text: str, now: datetime) -> Value:
    code, how = identified(text, "lot")
    row: Lot = load_lot(session, code)
    refuse_unless(judge(LOT_USE, LotUse(row.code, row.kind, row.state, row.expires_at, now, spec.lot_kind)))
    return Value(row.code, how, verdict=Verdict.PASS.value)


def keep(session: Session, doing: Doing, work: Job, spec: FieldSpec, value: Value, *, accepted: bool,
         reason: str) -> StepEntry:
    """Store the entry; outside its limits only if accepted with a reason, with a deviation in the same act."""
    breach = value.verdict not in ("", Verdict.PASS.value)
    if breach and not (accepted and reason):
        raise Refused(f"{value.why} Correct the entry; or accept it as it is with a reason, and a {spec.severity} "
                      "deviation opens.", fields={"value": [value.why]})
    before = work.entries.get(spec.id)
    row = StepEntry(code=_entry_code(work, spec, before), step=work.row.code, field=spec.id, value=value.text,
                    amount=value.amount, unit=value.unit, moment=value.moment, how=value.how, verdict=value.verdict,
                    entered_by=doing.by.code, entered_at=doing.at, supersedes=before.code if before else None,
                    reason=reason if before or breach else "")
    session.add(row)
    if breach:
        draft(session, within=work.batch.code, on=row.code, severity=spec.severity, by=doing.by.code, at=doing.at,
              what=f"{work.shape.title}: {value.why} Accepted because: {reason}"[:2000])
    return row


def _entry_code(work: Job, spec: FieldSpec, before: StepEntry | None) -> str:
    """NK-26-001/receive/volume.1, and .2 for what corrects it."""
    number = int(before.code.rpartition(".")[2]) + 1 if before else 1
    return f"{work.row.code}/{spec.id}.{number}"
