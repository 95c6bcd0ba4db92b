"""Recalls of doses and what became of each bag, as kept. The recall of a lot of material is `batches/recall.py`."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.custody.recall_rules import RECALL, RECALLED
from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused


class DoseRecall(Base):
    """One recall of one dose: every bag of it is asked for."""

    __tablename__ = "dose_recall"
    #: RCL-0001
    code: Mapped[Code]
    dose: Mapped[str] = mapped_column(ForeignKey("dose.code"), index=True)
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    why: Mapped[Words]
    begun_by: Mapped[Ref]
    begun_at: Mapped[When]
    state: Mapped[Ref]
    closed_by: Mapped[MaybeRef]
    closed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", sorted(RECALL.states)), both_or_neither("closed_by", "closed_at"))


class RecalledBag(Base):
    """One bag in a recall: where it was by the records when it began, and what became of it."""

    __tablename__ = "recalled_bag"
    #: RCL-0001-01
    code: Mapped[Code]
    recall: Mapped[str] = mapped_column(ForeignKey("dose_recall.code"), index=True)
    container: Mapped[str] = mapped_column(ForeignKey("container.code"), index=True)
    #: who had it by the records then; None: a courier, a place, or not known
    holder: Mapped[MaybeRef]
    place: Mapped[Words]
    place_known: Mapped[bool]
    answer: Mapped[Ref]
    words: Mapped[Words] = mapped_column(default="")
    happened_at: Mapped[MaybeWhen]
    answered_by: Mapped[MaybeRef]
    answered_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (UniqueConstraint("recall", "container"), one_of("answer", sorted(RECALLED.states)),
                      both_or_neither("answered_by", "answered_at"))


def recall(session: Session, code: str) -> DoseRecall:
    """The recall with this code, or a refusal."""
    row = session.get(DoseRecall, code)
    if row is None:
        raise Refused(f"There is no recall “{code}”.", kind="not found")
    return row


def recalled_in(session: Session, code: str) -> list[RecalledBag]:
    """The bags of a recall."""
    return list(session.scalars(select(RecalledBag).where(RecalledBag.recall == code).order_by(RecalledBag.code)))


def recalled_bag(session: Session, code: str) -> RecalledBag:
    """One bag of a recall, by its own code, or a refusal."""
    row = session.get(RecalledBag, code)
    if row is None:
        raise Refused(f"There is no recalled bag “{code}”.", kind="not found")
    return row


def running_recall(session: Session, dose: str) -> DoseRecall | None:
    """The recall of a dose that is not closed."""
    return session.scalar(select(DoseRecall).where(DoseRecall.dose == dose, DoseRecall.state == "open"))


def was_infused(session: Session, dose: str) -> tuple[str, ...]:
    """The bags of a dose that somebody answered were infused."""
    return tuple(session.scalars(select(RecalledBag.container).join(
        DoseRecall, DoseRecall.code == RecalledBag.recall).where(
        DoseRecall.dose == dose, RecalledBag.answer == "infused").order_by(RecalledBag.container)))
