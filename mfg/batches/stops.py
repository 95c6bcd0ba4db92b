"""Stops on doses, as kept: set inside the act that found their cause, so that both are there or neither is.

It lies here, low, so that custody and release ask the same rows. Who may lift one stands in `qc/late_acts.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.batches.records import Dose, DoseBag
from mfg.batches.stop_rules import StopFact, Stopped
from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, next_code
from mfg.facts import Refused


class DoseStop(Base):
    """One stop on a dose, or on every dose of a batch, those that are not planned yet too."""

    __tablename__ = "dose_stop"
    #: STP-0001
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    #: None: every dose of the batch
    dose: Mapped[str | None] = mapped_column(ForeignKey("dose.code"), index=True)
    #: the record that caused it: a sample, a result, a decision, a recall
    cause: Mapped[str] = mapped_column(index=True)
    why: Mapped[Words]
    set_by: Mapped[Ref]
    set_at: Mapped[When]
    lifted_by: Mapped[MaybeRef]
    lifted_at: Mapped[MaybeWhen]
    lifted_why: Mapped[Words] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (both_or_neither("lifted_by", "lifted_at"),)


def stop(session: Session, *, batch: str, dose: str | None, cause: str, why: str, by: str, at: datetime) -> DoseStop:
    """Stop a dose, or every dose of a batch. The same cause stops the same thing once."""
    kept = session.scalar(select(DoseStop).where(DoseStop.batch == batch, DoseStop.dose.is_(dose) if dose is None else
                                                 DoseStop.dose == dose, DoseStop.cause == cause,
                                                 DoseStop.lifted_at.is_(None)))
    if kept is not None:
        return kept
    row = DoseStop(code=next_code(session, DoseStop, "STP", 4), batch=batch, dose=dose, cause=cause, why=why[:2000],
                   set_by=by, set_at=at)
    session.add(row)
    return row


def dose_stop(session: Session, code: str) -> DoseStop:
    """The stop with this code, or a refusal."""
    row = session.get(DoseStop, code)
    if row is None:
        raise Refused(f"There is no stop “{code}”.", kind="not found")
    return row


def stops_within(session: Session, batch: str) -> list[DoseStop]:
    """Every stop of a batch, lifted ones too, oldest first."""
    return list(session.scalars(select(DoseStop).where(DoseStop.batch == batch).order_by(DoseStop.code)))


def standing_stops(session: Session, of: Dose) -> tuple[StopFact, ...]:
    """The stops that stand on a dose, its batch's too, oldest first."""
    rows = session.scalars(select(DoseStop).where(
        DoseStop.batch == of.batch, or_(DoseStop.dose.is_(None), DoseStop.dose == of.code),
        DoseStop.lifted_at.is_(None)).order_by(DoseStop.code))
    return tuple(StopFact(one.code, one.cause, one.why) for one in rows)


def stopped(session: Session, container: str) -> Stopped | None:
    """A dose bag as the rules of stops see it; None for any other container."""
    bag = session.get(DoseBag, container)
    of = session.get(Dose, bag.dose) if bag else None
    return Stopped(container, of.state, standing_stops(session, of)) if of else None
