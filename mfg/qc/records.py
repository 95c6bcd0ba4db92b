"""Samples, results, sterility reads, as kept. A result pins the specification it was judged against."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.batches.records import batch
from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused
from mfg.recipes.records import specification_in
from mfg.recipes.specification import Specification, Test

RESULT_STATES = ("recorded", "reviewed")
READINGS = ("no growth", "growth suspect", "growth confirmed", "no growth, final")


class Sample(Base):
    """What was drawn from a container to be tested."""

    __tablename__ = "sample"
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    container: Mapped[str] = mapped_column(ForeignKey("container.code"))
    #: the dose and its fill attempt, for samples of a dose; empty for samples of the batch
    dose: Mapped[str | None] = mapped_column(ForeignKey("dose.code"), index=True)
    attempt: Mapped[int | None]
    purpose: Mapped[Words]
    taken_at: Mapped[When]
    taken_by: Mapped[Ref]
    __table_args__ = (both_or_neither("dose", "attempt"),)


class Result(Base):
    """One result of one test of a sample: tested by one, reviewed by another (21 CFR 211.194(a)(7)-(8))."""

    __tablename__ = "result"
    code: Mapped[Code]
    sample: Mapped[str] = mapped_column(ForeignKey("sample.code"), index=True)
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    #: test id from the specification
    test: Mapped[Ref]
    specification: Mapped[str] = mapped_column(ForeignKey("document.code"))
    #: as reported: "92.0", "<0.5", "negative"; replicates joined by "; "
    value: Mapped[str] = mapped_column(Text)
    unit: Mapped[Ref]
    verdict: Mapped[Ref]
    note: Mapped[Words]
    #: typed, or taken from readings of an instrument file
    how: Mapped[Ref] = mapped_column(default="typed")
    #: the instrument it was tested with, and how many events the parent of its gate had
    equipment: Mapped[str | None] = mapped_column(ForeignKey("equipment.code"))
    events: Mapped[int | None]
    tested_at: Mapped[When]
    tested_by: Mapped[Ref]
    state: Mapped[Ref]
    reviewed_by: Mapped[MaybeRef]
    reviewed_at: Mapped[MaybeWhen]
    #: 0 for the first answer of the sample; 1 and on for those recorded in a slot (oos_records.Slot)
    slot: Mapped[int] = mapped_column(default=0)
    #: quality assurance found that it does not stand; it stays visible as it is
    invalidated_by: Mapped[MaybeRef]
    invalidated_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        UniqueConstraint("sample", "test", "slot"),
        both_or_neither("invalidated_by", "invalidated_at"),
        CheckConstraint("invalidated_by IS NULL OR (invalidated_by <> tested_by AND verdict = 'FAIL')",
                        name="invalidated_by_another"),
        CheckConstraint("slot >= 0", name="slot_counts"),
        both_or_neither("reviewed_by", "reviewed_at"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> tested_by", name="two_people"),
        CheckConstraint("value <> ''", name="value_not_blank"),
        one_of("how", ("typed", "instrument file")),
        one_of("state", RESULT_STATES),
    )


class SterilityRead(Base):
    """One read of a running sterility test."""

    __tablename__ = "sterility_read"
    code: Mapped[Code]
    sample: Mapped[str] = mapped_column(ForeignKey("sample.code"), index=True)
    #: days since inoculation
    day: Mapped[int]
    reading: Mapped[Ref]
    read_at: Mapped[When]
    read_by: Mapped[Ref]
    __table_args__ = (UniqueConstraint("sample", "day"), one_of("reading", READINGS))


def sample(session: Session, code: str) -> Sample:
    """The sample with this code, or a refusal."""
    row = session.get(Sample, code)
    if row is None:
        raise Refused(f"There is no sample “{code}”.", kind="not found")
    return row


def result(session: Session, code: str) -> Result:
    """The result with this code, or a refusal."""
    row = session.get(Result, code)
    if row is None:
        raise Refused(f"There is no result “{code}”.", kind="not found")
    return row


def results_of(session: Session, batch_code: str) -> list[Result]:
    """All results of a batch, oldest first."""
    return list(session.scalars(select(Result).where(Result.batch == batch_code).order_by(Result.code)))


def samples_of(session: Session, batch_code: str) -> list[Sample]:
    """All samples of a batch, oldest first."""
    return list(session.scalars(select(Sample).where(Sample.batch == batch_code).order_by(Sample.code)))


def reads_of(session: Session, batch_code: str) -> list[SterilityRead]:
    """All sterility reads of a batch, by sample and day."""
    return list(session.scalars(select(SterilityRead).join(Sample, Sample.code == SterilityRead.sample).where(
        Sample.batch == batch_code).order_by(SterilityRead.sample, SterilityRead.day)))


def reads_of_sample(session: Session, sample_code: str) -> list[SterilityRead]:
    """The reads of one sample, first day first."""
    return list(session.scalars(select(SterilityRead).where(SterilityRead.sample == sample_code).order_by(
        SterilityRead.day)))


def specification_of(session: Session, batch_code: str) -> Specification:
    """The specification version that the batch pins, whatever has become effective since."""
    return specification_in(session, batch(session, batch_code).specification)


def tests_for(specification: Specification, of_dose: bool) -> list[Test]:
    """The tests a sample of a dose, or of the batch, can answer."""
    return [one for one in specification.tests if (one.scope == "dose") == of_dose]
