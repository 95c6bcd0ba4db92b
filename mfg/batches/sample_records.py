"""What became of the samples of the plan, as kept: each was drawn at its step, or it was explained why not.

The samples themselves are kept by the laboratory above; here stands only which of the plan they are.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeAmount, Ref, When, Words


class PlannedSample(Base):
    """One answer to the plan at one step. A sample drawn in the place of one that was refused is a further answer."""

    __tablename__ = "planned_sample"
    #: NK-26-001/qc_sample~2/sterility.1
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    step: Mapped[str] = mapped_column(ForeignKey("step.code"), index=True)
    #: id of the sample in the plan of the master record
    plan: Mapped[Ref]
    #: the code of the sample that was drawn; the laboratory's table lies above this room, so no key leads there
    sample: Mapped[str | None] = mapped_column(unique=True)
    tubes: Mapped[int | None]
    volume_ml: Mapped[MaybeAmount]
    #: why it was not drawn; blank when it was
    why: Mapped[Words] = mapped_column(default="")
    by: Mapped[Ref]
    at: Mapped[When]
    __table_args__ = (
        CheckConstraint("(sample IS NULL) = (why <> '')", name="drawn_or_explained"),
        CheckConstraint("(sample IS NULL) = (tubes IS NULL)", name="drawn_in_tubes"),
        CheckConstraint("tubes IS NULL OR tubes > 0", name="tubes"),
        CheckConstraint("volume_ml IS NULL OR volume_ml > 0", name="volume"),
    )


def answers_of(session: Session, batch: str) -> list[PlannedSample]:
    """All answers to the plan in one batch, oldest first."""
    return list(session.scalars(select(PlannedSample).where(PlannedSample.batch == batch).order_by(
        PlannedSample.at, PlannedSample.code)))


def answers_at(session: Session, step: str) -> list[PlannedSample]:
    """All answers to the plan at one step, oldest first."""
    return list(session.scalars(select(PlannedSample).where(PlannedSample.step == step).order_by(
        PlannedSample.at, PlannedSample.code)))
