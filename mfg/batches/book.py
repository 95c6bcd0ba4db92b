"""One batch opened at one of its steps: everything the page of a step reads, in few statements. It decides nothing.

A step page is the page people live on, so what it needs is read by the batch, never by the row: a step more or an
entry more costs no statement more. Acts do not use it; they read what they need within their turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from mfg.batches.entering import Job
from mfg.batches.loading import Loading
from mfg.batches.records import Batch, Step, StepEntry, current
from mfg.batches.told import Told, in_order, loading_from
from mfg.codes.own import coi_text
from mfg.documents.records import Document
from mfg.facts import Refused
from mfg.recipes.master import MasterRecord
from mfg.recipes.reading import read_master_record
from mfg.trial.records import Recipient


@dataclass(frozen=True)
class Book:
    """A batch and the step it is opened at. `entries` are this step's and those whose field has a meaning."""

    work: Job
    coi: str
    record: MasterRecord
    steps: list[Step]
    entries: list[StepEntry]

    @property
    def place(self) -> int:
        """Which step of the batch this is, 1 for the first."""
        return self.steps.index(self.work.row) + 1

    @property
    def told(self) -> list[Told]:
        """The values that count and have a meaning, in the order of the steps."""
        return in_order(self.record, self.steps, self.entries)


def open_book(session: Session, step: str) -> Book:
    """The batch of this step, opened there, or a refusal. Two statements."""
    batch, text, coi = _head(session, step)
    record = read_master_record(text)
    steps, entries = _lines(session, batch, record, step)
    row = next(one for one in steps if one.code == step)
    shape = record.step(row.step_id)
    assert shape is not None, "a batch pins the version its steps were made from"
    own = {one.field: one for one in current([one for one in entries if one.step == step])}
    return Book(Job(batch, row, shape, own), coi_text(coi), record, steps, entries)


def _head(session: Session, step: str) -> tuple[Batch, str, str]:
    """The batch, the text of its master record, and its chain of identity."""
    found = session.execute(
        select(Batch, Document.text, Recipient.coi).join(Step, Step.batch == Batch.code)
        .join(Document, Document.code == Batch.master_record).join(Recipient, Recipient.code == Batch.recipient)
        .where(Step.code == step)).one_or_none()
    if found is None:
        raise Refused(f"There is no step “{step}”.", kind="not found")
    return found[0], found[1], found[2]


def _lines(session: Session, batch: Batch, record: MasterRecord, step: str) -> tuple[list[Step], list[StepEntry]]:
    """Every step in order, and the entries this page shows or calculates with, oldest first."""
    meaning = {one.id for _, shape in record.steps() for one in shape.fields if one.role}
    shown = and_(StepEntry.step == Step.code, or_(StepEntry.step == step, StepEntry.field.in_(meaning)))
    rows = session.execute(
        select(Step, StepEntry).outerjoin(StepEntry, shown).where(Step.batch == batch.code)
        .order_by(Step.stage, Step.ordinal, Step.repeat, StepEntry.entered_at, StepEntry.code)).all()
    return list(dict.fromkeys(row[0] for row in rows)), [row[1] for row in rows if row[1] is not None]


def loading_in(session: Session, book: Book, *, at: datetime | None = None) -> Loading:
    """The loading of the stage this page belongs to. One statement, and only once an antibody lot is entered."""
    return loading_from(session, book.told, book.record, stage=book.work.row.stage, at=at,
                        sources=(book.work.batch.code, book.work.batch.master_record))
