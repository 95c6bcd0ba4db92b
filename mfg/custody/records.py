"""Hand-overs and what was in each, as kept. Shipments stand in `shipment_records.py`."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.custody.limits import CONDITIONS
from mfg.custody.rules import MOVES
from mfg.db import (
    Base,
    Code,
    MaybeAmount,
    MaybeRef,
    MaybeWhen,
    Ref,
    When,
    Words,
    both_or_neither,
    one_of,
)
from mfg.facts import Refused

STATES = tuple(sorted(MOVES.states))


class HandOver(Base):
    """One hand-over between two people. Until the taker accepts it the giver holds what is in it."""

    __tablename__ = "hand_over"
    #: HO-0001
    code: Mapped[Code]
    #: the batch it lies within, or the donor as long as there is no batch
    within: Mapped[str] = mapped_column(index=True)
    recipient: Mapped[Ref]
    donor: Mapped[Ref]
    #: condition ordered, a key of limits.CONDITIONS
    ordered: Mapped[Ref]
    place_from: Mapped[Words]
    place_to: Mapped[Words]
    given_by: Mapped[Ref]
    given_at: Mapped[When]
    #: as the giver read it: degree Celsius, the instrument if it was scanned, the seal, the condition
    given_celsius: Mapped[MaybeAmount]
    given_instrument: Mapped[MaybeRef]
    given_seal: Mapped[Ref]
    given_good: Mapped[bool]
    given_words: Mapped[Words]
    #: the same as the taker read it
    taken_by: Mapped[str | None] = mapped_column(index=True)
    taken_at: Mapped[MaybeWhen]
    taken_celsius: Mapped[MaybeAmount]
    taken_instrument: Mapped[MaybeRef]
    taken_seal: Mapped[Ref] = mapped_column(default="")
    taken_good: Mapped[bool | None]
    taken_words: Mapped[Words] = mapped_column(default="")
    refused_by: Mapped[MaybeRef]
    refused_at: Mapped[MaybeWhen]
    refused_why: Mapped[Words] = mapped_column(default="")
    state: Mapped[str] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", STATES), one_of("ordered", CONDITIONS),
        both_or_neither("taken_by", "taken_at"), both_or_neither("refused_by", "refused_at"),
        CheckConstraint("taken_by IS NULL OR taken_by <> given_by", name="two_people"),
        CheckConstraint("taken_by IS NULL OR refused_by IS NULL", name="taken_or_refused"),
    )


class HandedObject(Base):
    """One container or collection in a hand-over, with how its code was read by both."""

    __tablename__ = "handed_object"
    #: HO-0001/1
    code: Mapped[Code]
    hand_over: Mapped[str] = mapped_column(ForeignKey("hand_over.code"), index=True)
    thing: Mapped[str] = mapped_column(index=True)
    #: scanned or typed; and the number of the very label, where the scan told it
    given_how: Mapped[Ref]
    label: Mapped[MaybeRef]
    taken_how: Mapped[MaybeRef]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (UniqueConstraint("hand_over", "thing"),)


def hand_over(session: Session, code: str) -> HandOver:
    """The hand-over with this code, or a refusal."""
    row = session.get(HandOver, code)
    if row is None:
        raise Refused(f"There is no hand-over “{code}”.", kind="not found")
    return row


def handed_in(session: Session, code: str) -> list[HandedObject]:
    """What is in a hand-over, in the order it was scanned."""
    return list(session.scalars(select(HandedObject).where(HandedObject.hand_over == code).order_by(
        HandedObject.code)))


def hand_overs_of(session: Session, things: Iterable[str]) -> list[tuple[HandedObject, HandOver]]:
    """Every hand-over these things were in, oldest first."""
    rows = session.execute(select(HandedObject, HandOver).join(HandOver, HandOver.code == HandedObject.hand_over).where(
        HandedObject.thing.in_(list(things))).order_by(HandOver.code))
    return [(one, row) for one, row in rows]
