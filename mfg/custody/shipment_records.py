"""Shipments, what is in each, and the logs read of them, as kept."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.custody.limits import CONDITIONS
from mfg.custody.shipment_rules import SHIPMENT
from mfg.db import (
    Amount,
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
from mfg.facts import Refused, Verdict

SHIPMENT_STATES = tuple(sorted(SHIPMENT.states))


class Shipment(Base):
    """One shipper on its way with a courier, who is known by organisation and role, never by name."""

    __tablename__ = "shipment"
    #: SHP-0001
    code: Mapped[Code]
    within: Mapped[str] = mapped_column(index=True)
    recipient: Mapped[Ref]
    donor: Mapped[Ref]
    #: what stands on the shipper
    shipper: Mapped[str] = mapped_column(index=True)
    ordered: Mapped[Ref]
    #: minutes between two readings, as the logger was set; and its serial number
    interval_min: Mapped[Amount]
    logger: Mapped[Ref]
    place_from: Mapped[Words]
    place_to: Mapped[Words]
    packed_by: Mapped[Ref]
    packed_at: Mapped[When]
    seal: Mapped[Ref] = mapped_column(default="")
    sealed_by: Mapped[MaybeRef]
    sealed_at: Mapped[MaybeWhen]
    #: organisation and role, and the number of the waybill
    courier: Mapped[Ref] = mapped_column(default="")
    waybill: Mapped[Ref] = mapped_column(default="")
    dispatched_by: Mapped[MaybeRef]
    dispatched_at: Mapped[MaybeWhen]
    #: when the courier delivered it, as told; and when it was scanned here
    delivered_at: Mapped[MaybeWhen]
    received_by: Mapped[MaybeRef]
    received_at: Mapped[MaybeWhen]
    seal_read: Mapped[Ref] = mapped_column(default="")
    celsius: Mapped[MaybeAmount]
    good: Mapped[bool | None]
    words: Mapped[Words] = mapped_column(default="")
    ended_by: Mapped[MaybeRef]
    ended_at: Mapped[MaybeWhen]
    ended_why: Mapped[Words] = mapped_column(default="")
    state: Mapped[str] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", SHIPMENT_STATES), one_of("ordered", CONDITIONS),
        both_or_neither("sealed_by", "sealed_at"), both_or_neither("dispatched_by", "dispatched_at"),
        both_or_neither("received_by", "received_at"), both_or_neither("ended_by", "ended_at"),
        CheckConstraint("received_by IS NULL OR received_by <> dispatched_by", name="two_people"),
        CheckConstraint("interval_min > 0", name="interval"),
    )


class ShippedObject(Base):
    """One container or collection in a shipment, with how its code was read at both ends."""

    __tablename__ = "shipped_object"
    #: SHP-0001/1
    code: Mapped[Code]
    shipment: Mapped[str] = mapped_column(ForeignKey("shipment.code"), index=True)
    thing: Mapped[str] = mapped_column(index=True)
    packed_how: Mapped[Ref]
    label: Mapped[MaybeRef]
    received_how: Mapped[MaybeRef]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (UniqueConstraint("shipment", "thing"),)


class LoggerLog(Base):
    """One reading of a logger's file. Every one stays; the newest counts. The file is kept byte for byte."""

    __tablename__ = "logger_log"
    #: SHP-0001/log.1
    code: Mapped[Code]
    shipment: Mapped[str] = mapped_column(ForeignKey("shipment.code"), index=True)
    number: Mapped[int]
    file: Mapped[str] = mapped_column(ForeignKey("kept_file.code"))
    #: how it was read: canonical JSON of delimiter, decimal mark, zone, unit and order of the date
    told: Mapped[str] = mapped_column(Text)
    rows: Mapped[int]
    first_at: Mapped[When]
    last_at: Mapped[When]
    low_c: Mapped[MaybeAmount]
    high_c: Mapped[MaybeAmount]
    #: mean kinetic temperature of the transit, degree Celsius, for information
    mean_kinetic_c: Mapped[MaybeAmount]
    #: canonical JSON of the findings
    findings: Mapped[str] = mapped_column(Text)
    verdict: Mapped[Ref]
    reason: Mapped[Words]
    read_by: Mapped[Ref]
    read_at: Mapped[When]
    __table_args__ = (UniqueConstraint("shipment", "number"), one_of("verdict", tuple(one.value for one in Verdict)))


def shipment(session: Session, code: str) -> Shipment:
    """The shipment with this code, or a refusal."""
    row = session.get(Shipment, code)
    if row is None:
        raise Refused(f"There is no shipment “{code}”.", kind="not found")
    return row


def shipped_in(session: Session, code: str) -> list[ShippedObject]:
    """What is in a shipment, in the order it was scanned."""
    return list(session.scalars(select(ShippedObject).where(ShippedObject.shipment == code).order_by(
        ShippedObject.code)))


def shipments_of(session: Session, things: Iterable[str]) -> list[tuple[ShippedObject, Shipment]]:
    """Every shipment these things were in, oldest first."""
    rows = session.execute(select(ShippedObject, Shipment).join(
        Shipment, Shipment.code == ShippedObject.shipment).where(
        ShippedObject.thing.in_(list(things))).order_by(Shipment.code))
    return [(one, row) for one, row in rows]


def logs_of(session: Session, code: str) -> list[LoggerLog]:
    """Every log read of a shipment, the newest last."""
    return list(session.scalars(select(LoggerLog).where(LoggerLog.shipment == code).order_by(LoggerLog.number)))
