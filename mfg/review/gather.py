"""The batch record of a batch, gathered from every room below. It reads and judges nothing.

The same records give the same batch record: no clock is asked, everything is in a fixed order, and what is read is
read by the batch and never by the row.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.containers import containers_of
from mfg.batches.records import Batch, Dose, DoseBag, Step, StepEntry, current, entries_of, steps_of
from mfg.batches.records import batch as load_batch
from mfg.batches.told import record_of
from mfg.labelling.records import PrintedLabel
from mfg.ledger import Entry
from mfg.materials.records import Lot
from mfg.qc.records import results_of, samples_of
from mfg.quality.records import deviations_of
from mfg.recipes import master
from mfg.recipes.master import FieldSpec, MasterRecord
from mfg.review.batch_record import (
    BagLine,
    BatchRecord,
    ContainerLine,
    DeviationLine,
    EntryLine,
    LabelLine,
    LotLine,
    RefusalLine,
    SampleLine,
    StepLine,
)
from mfg.units import in_words


def batch_record(session: Session, batch: str, stage: int | None = None) -> BatchRecord:
    """Everything recorded in a batch; with `stage` its steps up to that stage, before staging included."""
    row = load_batch(session, batch)
    record = record_of(session, row)
    steps = [one for one in steps_of(session, batch) if stage is None or one.stage in (0, stage)]
    codes = {one.code for one in steps}
    entries = [one for one in entries_of(session, batch) if one.step in codes]
    bags = _bags(session, batch)
    return BatchRecord(
        batch=batch, state=row.state, stage=stage, opened_at=row.opened_at, opened_by=row.opened_by,
        versions=(row.protocol, row.master_record, row.specification),
        steps=tuple(_step(one, record, entries) for one in steps),
        entries=tuple(_entries(entries, steps, record)), deviations=_deviations(session, row),
        lots=_lots(session, entries, steps, record),
        labels=_labels(session, [bag.code for bag in bags]), bags=bags,
        containers=tuple(ContainerLine(one.code, one.kind, one.volume_ml, one.made_at)
                         for one in containers_of(session, batch)),
        samples=_samples(session, batch), refusals=_refusals(session, batch))


def _shape(record: MasterRecord, step: Step) -> master.Step:
    shape = record.step(step.step_id)
    assert shape is not None, "a batch pins the version its steps were made from"
    return shape


def _step(row: Step, record: MasterRecord, entries: list[StepEntry]) -> StepLine:
    shape = _shape(record, row)
    there = {one.field for one in current([one for one in entries if one.step == row.code])}
    missing = tuple(one.label for one in shape.fields if not one.optional and one.id not in there)
    again = tuple(one.label for one in shape.fields if one.blind and one.id in there and row.verified_by)
    return StepLine(row.code, shape.title, row.stage, row.state, shape.critical, shape.sop, row.done_at,
                    row.performed_by, row.performed_at, row.late_reason, row.verified_by, row.verified_at,
                    missing if row.performed_by else (), read_again=again, open=shape.open)


def _entries(entries: list[StepEntry], steps: list[Step], record: MasterRecord) -> list[EntryLine]:
    shapes = {one.code: _shape(record, one) for one in steps}
    by_code = {one.code: one for one in entries}
    standing = {one.code for one in current(entries)}
    return [_entry(one, shapes[one.step].field(one.field), by_code, one.code in standing) for one in entries]


def _entry(row: StepEntry, spec: FieldSpec | None, by_code: dict[str, StepEntry], stands: bool) -> EntryLine:
    before = by_code.get(row.supersedes or "")
    return EntryLine(row.code, row.step, spec.label if spec else row.field, row.value, in_words(row.unit),
                     spec.kind if spec else "", row.verdict, str(spec.limits) if spec and spec.limits else "", row.how,
                     row.entered_by, row.entered_at, None, row.reason, before.value if before else None, stands,
                     spec.severity if spec else "major")


def _deviations(session: Session, row: Batch) -> tuple[DeviationLine, ...]:
    return tuple(DeviationLine(one.code, one.on_code, one.kind, one.severity, one.what, one.state, one.opened_by,
                               one.opened_at) for one in deviations_of(session, row.code))


def _lots(session: Session, entries: list[StepEntry], steps: list[Step], record: MasterRecord
          ) -> tuple[LotLine, ...]:
    by_step = {one.code: one for one in steps}
    scanned = [one for one in current(entries) if (spec := _shape(record, by_step[one.step]).field(one.field))
               and spec.kind == "scan lot"]
    lots = {one.code: one for one in session.scalars(select(Lot).where(Lot.code.in_({one.value for one in scanned})))}
    return tuple(LotLine(lot.code, lot.kind, lot.name, lot.supplier_lot, lot.state, lot.expires_at, one.step,
                         by_step[one.step].done_at) for one in scanned if (lot := lots.get(one.value)))


def _bags(session: Session, batch: str) -> tuple[BagLine, ...]:
    rows = session.scalars(select(DoseBag).join(Dose, Dose.code == DoseBag.dose).where(
        Dose.batch == batch).order_by(DoseBag.container))
    return tuple(BagLine(one.container, one.dose, one.volume_ml, one.filled_by, one.filled_at, one.checked_by,
                         one.withdrawn_at is not None) for one in rows)


def _labels(session: Session, bags: list[str]) -> tuple[LabelLine, ...]:
    rows = list(session.scalars(select(PrintedLabel).where(PrintedLabel.container.in_(bags)).order_by(
        PrintedLabel.code)))
    voided = {one.voids: one.printed_at for one in rows if one.voids}
    return tuple(LabelLine(one.code, one.container, one.printed_by, one.printed_at, voided.get(one.code), one.reason)
                 for one in rows)


def _samples(session: Session, batch: str) -> tuple[SampleLine, ...]:
    results: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    for one in results_of(session, batch):
        results[one.sample].append((one.test, one.verdict, one.reviewed_by))
    return tuple(SampleLine(one.code, one.container, one.taken_by, one.taken_at, tuple(results[one.code]))
                 for one in samples_of(session, batch))


def _refusals(session: Session, batch: str) -> tuple[RefusalLine, ...]:
    rows = session.execute(select(Entry.seq, Entry.at, Entry.person, Entry.verb, Entry.on_code, Entry.leaf).where(
        Entry.within == batch, Entry.outcome == "refused").order_by(Entry.seq))
    return tuple(RefusalLine(seq, at, person, verb, on, **_why(leaf)) for seq, at, person, verb, on, leaf in rows)


def _why(leaf: bytes) -> dict[str, Any]:
    told = orjson.loads(leaf).get("refusal") or {}
    return {"kind": told.get("kind", ""), "why": told.get("why", ""), "rules": tuple(told.get("findings", ()))}
