"""Recipients, their weights, and the sponsor's answers, as kept. No name of a person is kept here."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, Exact, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither
from mfg.facts import Refused


class Recipient(Base):
    """One trial subject, known by a subject code; carries the chain of identity, issued once."""

    __tablename__ = "recipient"
    #: subject code, for instance S-03
    code: Mapped[Code]
    #: chain of identity: 15 characters of ISBT structure 040
    coi: Mapped[str] = mapped_column(unique=True)
    protocol: Mapped[str] = mapped_column(ForeignKey("document.code"))
    cohort: Mapped[Ref]
    #: place within the cohort, 1 is the sentinel
    slot: Mapped[int]
    enrolled_at: Mapped[When]
    eligible_by: Mapped[MaybeRef]
    eligible_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (UniqueConstraint("protocol", "cohort", "slot"),
                      both_or_neither("eligible_by", "eligible_at"))


class Weight(Base):
    """One measured body weight. It counts only once a second person has confirmed it."""

    __tablename__ = "weight"
    code: Mapped[Code]
    recipient: Mapped[str] = mapped_column(ForeignKey("recipient.code"), index=True)
    #: kilograms, exactly as read
    kg: Mapped[Decimal] = mapped_column(Exact(15))
    measured_at: Mapped[When]
    recorded_by: Mapped[Ref]
    recorded_at: Mapped[When]
    confirmed_by: Mapped[MaybeRef]
    confirmed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        both_or_neither("confirmed_by", "confirmed_at"),
        CheckConstraint("kg > 0", name="kg_positive"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> recorded_by", name="two_people"),
    )


class AssumptionAnswer(Base):
    """The sponsor's answer to a value the protocol file only assumes."""

    __tablename__ = "assumption_answer"
    code: Mapped[Code]
    protocol: Mapped[str] = mapped_column(ForeignKey("document.code"), index=True)
    key: Mapped[Ref]
    answer: Mapped[Words]
    source: Mapped[Words]
    answered_at: Mapped[When]
    answered_by: Mapped[Ref]


def recipient(session: Session, code: str) -> Recipient:
    """The recipient with this subject code, or a refusal."""
    row = session.get(Recipient, code)
    if row is None:
        raise Refused(f"There is no recipient “{code}”.", kind="not found")
    return row


def newest_weight(session: Session, recipient_code: str) -> Weight | None:
    """The newest confirmed weight; one that waits for its second person does not count."""
    return session.scalar(select(Weight).where(
        Weight.recipient == recipient_code, Weight.confirmed_at.is_not(None)).order_by(
        Weight.measured_at.desc(), Weight.code.desc()).limit(1))


def weights_of(session: Session, recipient_code: str) -> list[Weight]:
    """Every weight of a recipient, the newest measurement first."""
    return list(session.scalars(select(Weight).where(Weight.recipient == recipient_code).order_by(
        Weight.measured_at.desc(), Weight.code.desc())))


def answers_of(session: Session, protocol_code: str) -> dict[str, AssumptionAnswer]:
    """The newest answer of the sponsor to each assumed value of one protocol version."""
    rows = session.scalars(select(AssumptionAnswer).where(
        AssumptionAnswer.protocol == protocol_code).order_by(AssumptionAnswer.code))
    return {row.key: row for row in rows}
