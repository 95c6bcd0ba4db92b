"""A value on its way into a step: which field it is for, what was scanned, whether it may be kept.

A scan of another recipient's container stops everything: nothing is recorded but the attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.container_rules import CONTAINER
from mfg.batches.divisions import bag_labelled, of_the_collection_alone, on_this_bag
from mfg.batches.flow import NOT_APPLICABLE, Flow, flow_of
from mfg.batches.labelled import refuse_unlabelled
from mfg.batches.records import Batch, Container, Step, StepEntry
from mfg.batches.records import batch as load_batch
from mfg.batches.records import container as load_container
from mfg.batches.records import step as load_step
from mfg.batches.rules import Working
from mfg.batches.scans import DONATION, identified
from mfg.batches.values import Value, read_value
from mfg.codes.own import coi_text
from mfg.codes.scan import how as how_read
from mfg.codes.scan import scanned_or_typed
from mfg.donors.records import Collection
from mfg.equipment.area_records import area
from mfg.equipment.records import equipment
from mfg.facts import Refused, Verdict, judge, refuse_unless, shown
from mfg.labelling.standing import label_scanned
from mfg.ledger import Doing
from mfg.materials.rules import LOT_USE
from mfg.materials.scanning import lot_scanned
from mfg.materials.using import first_use, lot_facts
from mfg.quality.records import draft
from mfg.quality.stops import identity_stop
from mfg.recipes import master
from mfg.recipes.expressions import names_in
from mfg.recipes.master import FieldSpec
from mfg.trial.records import recipient as load_recipient

#: what is scanned because it is used: the kind of its code, and what finds it; `gates.py` judges its use
USED: dict[str, tuple[str, Callable[[Session, str], Any]]] = {
    "scan equipment": ("equipment", equipment), "scan room": ("room", area)}
#: fields that are not typed or scanned -> where their value comes from
NOT_TYPED = {"calculated": "is calculated by the system. Enter what it is calculated from.",
             "file": "is a file. Attach it."}


@dataclass(frozen=True)
class Job:
    """A step of a batch with what its record says about it, redlines included, and the entries that count."""

    batch: Batch
    row: Step
    shape: master.Step
    entries: dict[str, StepEntry]
    flow: Flow

    def field(self, id: str) -> FieldSpec:
        """The field of that id, or a refusal that lists those there are."""
        spec = self.shape.field(id)
        if spec is None:
            raise Refused(f"{self.row.code} has no field {shown(id)}. It asks for: "
                          f"{', '.join(one.id for one in self.shape.fields)}.", kind="input")
        return spec

    @property
    def seen(self) -> str:
        """What a person saw who looked at this step: an entry more, or a change of the step, makes it another."""
        return seen_of(self.row, self.entries)


def seen_of(row: Step, entries: Mapping[str, StepEntry]) -> str:
    """The version of a step together with the number of entries ever made in it."""
    return f"{row.version}.{sum(int(one.code.rpartition('.')[2]) for one in entries.values())}"


def job(session: Session, code: str) -> Job:
    """The step with this code, or a refusal."""
    row = load_step(session, code)
    batch = load_batch(session, row.batch)
    return job_in(flow_of(session, batch), batch, row)


def job_in(flow: Flow, batch: Batch, row: Step) -> Job:
    """The same of a batch that is read already."""
    return Job(batch, row, flow.shape(row), flow.entries.setdefault(row.code, {}), flow)


def working(work: Job) -> Working:
    """The step as the rules see it."""
    branch = work.flow.branch(work.row)
    return Working(work.row.code, work.batch.code, work.batch.state, work.flow.in_the_way(work.row), branch.verdict,
                   branch.why, work.flow.open_loops(work.row))


def read_any(session: Session, work: Job, spec: FieldSpec, text: str, unit: str, now: datetime,
             read_at: datetime) -> Value:
    """The value of any kind of field, or a refusal. A lot is judged at the time it was read: that is its use."""
    if spec.kind in NOT_TYPED:
        raise Refused(f"{spec.label} {NOT_TYPED[spec.kind]}", kind="input")
    if spec.kind == "scan container":
        return _container(session, work.batch, spec, text)
    if spec.kind == "scan lot":
        return _lot(session, spec, text, read_at)
    if spec.kind in USED:
        kind, load = USED[spec.kind]
        code, how = identified(text, kind)
        return Value(load(session, code).code, how)
    return read_value(spec, text, unit, now)


def _container(session: Session, batch: Batch, spec: FieldSpec, text: str) -> Value:
    row, how = container_scanned(session, batch, text, donation=spec.container_kind == "collection bag")
    if spec.container_kind and row.kind != spec.container_kind:
        raise Refused(f"{row.code} is a {row.kind}; {spec.label.lower()} has to be a {spec.container_kind}. "
                      "Scan the right one.")
    if row.state != CONTAINER.start:
        raise Refused(f"{row.code} is {row.state}; nothing is done with it in a step. Scan the container the cells are "
                      "in now.")
    return Value(row.code, how, verdict=Verdict.PASS.value)


def container_scanned(session: Session, batch: Batch, text: str, *, donation: bool = False) -> tuple[Container, str]:
    """The container of this batch that was scanned, and how; anything of another chain of identity stops.

    With `donation` the donation number on the apheresis label stands for the collection bag. A dose bag is known
    by the Data Matrix of its label too.
    """
    row, how = bag_labelled(session, text), how_read(text)
    if row is None:
        code, how = identified(text, "container", *((DONATION,) if donation else ()))
        row = load_container(session, code) if code.partition("-")[1] else _by_donation(session, batch, code)
        on_this_bag(label_scanned(session, scanned_or_typed(text)), row.code)
    same_chain(session, batch, row)
    if row.batch != batch.code:
        raise Refused(f"{row.code} is of batch {row.batch}; this is {batch.code}. Scan a container of this batch.")
    refuse_unlabelled(session, batch, row)
    return row, how


def _by_donation(session: Session, batch: Batch, din: str) -> Container:
    """The collection bag of a donation; a donation number has no hyphen, our codes have."""
    row = session.scalar(select(Container).join(Collection, Collection.code == Container.collection).where(
        Collection.din == of_the_collection_alone(session, din), Container.kind == "collection bag"))
    if row is None:
        raise Refused(f"The donation {din} is in no batch here; {batch.code} was expected. Scan the right bag.",
                      kind="not found")
    return row


def same_chain(session: Session, batch: Batch, row: Container) -> None:
    """The hard stop: wrong recipient or donor, named in full; the attempt is recorded, and a critical deviation."""
    if (row.recipient, row.donor) == (batch.recipient, batch.donor):
        return
    expected, scanned = (coi_text(load_recipient(session, code).coi) for code in (batch.recipient, row.recipient))
    raise identity_stop(
        f"Stop. {row.code} carries chain of identity {scanned} (recipient {row.recipient}, donor {row.donor}); "
        f"{batch.code} is {expected} (recipient {batch.recipient}, donor {batch.donor}). Nothing was recorded but this "
        "attempt and its deviation. Put the container aside in quarantine and call the supervisor.",
        within=batch.code, on=row.code, also=row.batch or "")


def _lot(session: Session, spec: FieldSpec, text: str, used_at: datetime) -> Value:
    row, how = lot_scanned(session, text)
    refuse_unless(judge(LOT_USE, lot_facts(session, row, used_at, spec.lot_kind)))
    first_use(row)
    return Value(row.code, how, verdict=Verdict.PASS.value)


@dataclass(frozen=True)
class Told:
    """What is told of an entry beside its value: why it is kept, when it was read, from which sheet of paper."""

    accepted: bool = False
    reason: str = ""
    read_at: datetime | None = None
    late_reason: str = ""
    paper: str = ""


def keep(session: Session, doing: Doing, work: Job, spec: FieldSpec, value: Value, told: Told) -> StepEntry:
    """Store the entry; outside its limits only if accepted with a reason, with a deviation in the same act."""
    if value.breach and not (told.accepted and told.reason):
        raise Refused(f"{value.why} Correct the entry; or accept it as it is with a reason, and a {spec.severity} "
                      "deviation opens.", fields={"value": [value.why], "accept_breach": [ACCEPTABLE]})
    row = store(session, doing, work.flow, work.row, spec, value, told)
    if value.breach:
        draft(session, within=work.batch.code, on=row.code, severity=spec.severity, by=doing.by.code, at=doing.at,
              what=f"{work.shape.title}: {untold(work.shape, spec, value)} Accepted because: {told.reason}"[:2000])
    return row


def untold(shape: master.Step, spec: FieldSpec, value: Value) -> str:
    """What is wrong with a value; without the value where a second person reads it again, or what it comes from."""
    return value.why if spec.id not in telling(shape, (one.id for one in shape.fields if one.blind)) else (
        f"{spec.label} does not keep to its limits ({spec.limits}); what was read stands in the step.")


def telling(shape: master.Step, blind: Iterable[str]) -> frozenset[str]:
    """These fields of a step, and those that are calculated from them: each tells what was read."""
    found = set(blind)
    for one in shape.fields:  # a result may be calculated from another result above it
        if one.kind == "calculated" and {name.rpartition(".")[2] for name in names_in(one.formula)} & found:
            found.add(one.id)
    return frozenset(found)


#: said beside a refused value that may be kept with a reason
ACCEPTABLE = "It can be kept with a reason; a deviation opens then."


def store(session: Session, doing: Doing, flow: Flow, step: Step, spec: FieldSpec, value: Value,
          told: Told) -> StepEntry:
    """One entry more of a step, in the place of the one that counted."""
    before = flow.of(step).get(spec.id)
    row = StepEntry(code=_entry_code(step, spec, before), step=step.code, field=spec.id, value=value.text,
                    amount=value.amount, unit=value.unit, moment=value.moment, how=value.how, verdict=value.verdict,
                    alert=value.alert, read_at=told.read_at or doing.at, late_reason=told.late_reason,
                    paper=told.paper or None, entered_by=doing.by.code, entered_at=doing.at,
                    supersedes=before.code if before else None,
                    reason=told.reason if before or value.breach or value.how == NOT_APPLICABLE else "")
    session.add(row)
    flow.put(row)
    return row


def _entry_code(step: Step, spec: FieldSpec, before: StepEntry | None) -> str:
    """NK-26-001/receive/volume.1, and .2 for what corrects it."""
    number = int(before.code.rpartition(".")[2]) + 1 if before else 1
    return f"{step.code}/{spec.id}.{number}"
