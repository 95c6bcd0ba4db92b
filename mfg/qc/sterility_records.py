"""Sterility tests that were set aside, as kept, and running ones with their plan of reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.batches.records import Batch
from mfg.db import Base, Code, Ref, When, Words, one_of
from mfg.qc.records import Sample, SterilityRead, reads_of_sample, specification_of, tests_for
from mfg.qc.sterility_rules import GROUNDS, Running
from mfg.recipes.specification import Test


class Invalidation(Base):
    """The word of quality assurance that growth was a fault of the test. The reads stay as they were read."""

    __tablename__ = "sterility_invalidation"
    #: INV-0001
    code: Mapped[Code]
    sample: Mapped[str] = mapped_column(ForeignKey("sample.code"), index=True)
    ground: Mapped[Ref]
    evidence: Mapped[Words]
    reason: Mapped[Words]
    deviation: Mapped[str] = mapped_column(ForeignKey("deviation.code"))
    investigation: Mapped[str] = mapped_column(ForeignKey("investigation.code"))
    invalidated_by: Mapped[Ref]
    invalidated_at: Mapped[When]
    __table_args__ = (UniqueConstraint("sample"), one_of("ground", GROUNDS))


def sterility_test(session: Session, row: Sample) -> Test | None:
    """The sterility test of the specification that answers for a sample."""
    return next((one for one in tests_for(specification_of(session, row.batch), row.dose is not None)
                 if one.kind == "sterility"), None)


def invalidation_of(session: Session, sample: str) -> Invalidation | None:
    """Why a sample's sterility test was set aside; None where it was not."""
    return session.scalar(select(Invalidation).where(Invalidation.sample == sample))


@dataclass(frozen=True)
class Sampled:
    """The samples of a batch with their sterility reads."""

    #: every sample by its code, oldest first
    samples: dict[str, Sample]
    #: every read, by sample and day
    reads: list[SterilityRead]
    #: the samples whose sterility test was set aside, and when
    invalid: dict[str, datetime]


def sampled_in(session: Session, batch: str) -> Sampled:
    """What was sampled in a batch, read with one statement however much it is."""
    rows = session.execute(select(Sample, SterilityRead, Invalidation.invalidated_at).outerjoin(
        SterilityRead, SterilityRead.sample == Sample.code).outerjoin(
        Invalidation, Invalidation.sample == Sample.code).where(Sample.batch == batch).order_by(
        Sample.code, SterilityRead.day)).all()
    return Sampled({one.code: one for one, _, _ in rows}, [read for _, read, _ in rows if read is not None],
                   {one.code: at for one, _, at in rows if at is not None})


def invalidated_before(session: Session, row: Sample) -> tuple[str, ...]:
    """Samples of the same dose and fill, or of the batch, that were set aside before this one."""
    same = select(Invalidation.sample).join(Sample, Sample.code == Invalidation.sample).where(
        Sample.batch == row.batch, Sample.code != row.code,
        Sample.dose == row.dose if row.dose else Sample.dose.is_(None))
    return tuple(session.scalars(same.order_by(Invalidation.sample)))


def running(session: Session, row: Sample, at: datetime) -> Running:
    """One sample's test with its reads, looked at now."""
    asked = sterility_test(session, row)
    return Running(row.code, asked.days if asked else None, row.taken_at,
                   tuple((one.day, one.reading) for one in reads_of_sample(session, row.code)), at,
                   invalidation_of(session, row.code) is not None)


def under_test(session: Session, batch: str = "") -> list[Sample]:
    """Every sample that was read for sterility at least once, of one batch or of all, oldest first."""
    wanted = select(Sample).where(Sample.code.in_(select(SterilityRead.sample)))
    if batch:
        wanted = wanted.where(Sample.batch == batch)
    return list(session.scalars(wanted.order_by(Sample.taken_at, Sample.code)))


def open_tests(session: Session, at: datetime) -> list[tuple[Sample, Running]]:
    """Running tests of batches that are not closed: no last read, no growth, not set aside."""
    rows = session.scalars(select(Sample).join(Batch, Batch.code == Sample.batch).where(
        Sample.code.in_(select(SterilityRead.sample)), Batch.state != "closed",
        Sample.code.not_in(select(Invalidation.sample)),
        Sample.code.not_in(select(SterilityRead.sample).where(SterilityRead.reading != "no growth"))).order_by(
            Sample.taken_at, Sample.code))
    return [(row, running(session, row, at)) for row in rows]
