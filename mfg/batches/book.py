"""One batch opened at one of its steps: everything the page of a step reads, in few statements. It decides nothing.

A step page is the page people live on, so what it needs is read by the batch, never by the row: a step more or an
entry more costs no statement more. Acts do not use it; they read what they need within their turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from mfg.batches.entering import Job, job_in
from mfg.batches.flow import Flow, by_step
from mfg.batches.hold_records import HoldTime, holds_of
from mfg.batches.loading import Loading
from mfg.batches.records import Attachment, Batch, Redline, Step, StepEntry
from mfg.batches.told import Told, in_order, loading_from
from mfg.codes.own import coi_text
from mfg.documents.records import Document
from mfg.facts import Refused
from mfg.files import KeptFile
from mfg.recipes.master import MasterRecord
from mfg.recipes.reading import read_master_record
from mfg.trial.records import Recipient


@dataclass(frozen=True)
class Book:
    """A batch and the step it is opened at. `entries` are all of the batch, corrected ones too, oldest first."""

    work: Job
    coi: str
    record: MasterRecord
    steps: list[Step]
    entries: list[StepEntry]
    #: of this step, each with its file, oldest first
    attached: list[tuple[Attachment, KeptFile]]
    #: the hold times that have begun, each with the state of its deviation
    holds: list[tuple[HoldTime, str | None]]

    @property
    def place(self) -> int:
        """Which step of the batch this is, 1 for the first."""
        return self.steps.index(self.work.row) + 1

    @property
    def told(self) -> list[Told]:
        """The values that count and have a meaning, in the order of the steps."""
        return in_order(self.record, self.steps, self.entries)


def open_book(session: Session, step: str) -> Book:
    """The batch of this step, opened there, or a refusal. Two statements, and one where there are hold times."""
    batch, text, coi, redlines = _head(session, step)
    steps, entries, attached = _lines(session, batch, step)
    flow = Flow(read_master_record(text), redlines, steps, by_step(entries))
    row = next(one for one in steps if one.code == step)
    kept = holds_of(session, batch.code) if flow.record.holds else []
    return Book(job_in(flow, batch, row), coi_text(coi), flow.record, steps, entries, attached, kept)


def _head(session: Session, step: str) -> tuple[Batch, str, str, list[Redline]]:
    """The batch, the text of its master record, its chain of identity, and its redlines."""
    found = session.execute(
        select(Batch, Document.text, Recipient.coi, Redline).join(Step, Step.batch == Batch.code)
        .join(Document, Document.code == Batch.master_record).join(Recipient, Recipient.code == Batch.recipient)
        .outerjoin(Redline, Redline.batch == Batch.code).where(Step.code == step).order_by(Redline.code)).all()
    if not found:
        raise Refused(f"There is no step “{step}”.", kind="not found")
    return found[0][0], found[0][1], found[0][2], [row[3] for row in found if row[3] is not None]


def _lines(session: Session, batch: Batch, step: str
           ) -> tuple[list[Step], list[StepEntry], list[tuple[Attachment, KeptFile]]]:
    """Every step in order, every entry, oldest first, and the files of this step."""
    rows = session.execute(
        select(Step, StepEntry, Attachment, KeptFile).outerjoin(StepEntry, StepEntry.step == Step.code)
        .outerjoin(Attachment, and_(Attachment.step == Step.code, Step.code == step))
        .outerjoin(KeptFile, KeptFile.code == Attachment.file).where(Step.batch == batch.code)
        .order_by(Step.stage, Step.ordinal, Step.repeat, StepEntry.entered_at, StepEntry.code, Attachment.code)).all()
    return (list(dict.fromkeys(row[0] for row in rows)),
            list(dict.fromkeys(row[1] for row in rows if row[1] is not None)),
            list(dict.fromkeys((row[2], row[3]) for row in rows if row[2] is not None)))


def loading_in(session: Session, book: Book, *, at: datetime | None = None) -> Loading:
    """The loading of the stage this page belongs to. One statement, and only once an antibody lot is entered."""
    return loading_from(session, book.told, book.record, stage=book.work.row.stage, at=at,
                        sources=(book.work.batch.code, book.work.batch.master_record))
