"""Equipment and what happened to it, as kept: calibrations, maintenance, cleanings, uses, changes of state.

Nothing here says whether it may be used: dates are facts, and `rules.EQUIPMENT_USE` judges them at a moment.
Cleanings and changes of state are of equipment and of rooms alike; rooms themselves are `area_records.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import (
    Amount,
    Base,
    Code,
    MaybeRef,
    MaybeWhen,
    Ref,
    When,
    Words,
    both_or_neither,
    next_code,
    one_of,
)
from mfg.equipment.rules import CLEANING, EquipmentUse
from mfg.facts import Refused

STATES = ("installed", "in service", "out of service", "retired")
KINDS = ("incubator", "biosafety cabinet", "isolator", "centrifuge", "cell separator", "cell counter",
         "flow cytometer", "bioreactor", "balance", "pipette", "pump", "tube sealer", "water bath", "refrigerator",
         "freezer", "thermometer", "particle counter", "air sampler", "other")


#: UCUM units a calibration may be in
UNITS = ("Cel", "%", "mL", "uL", "L/min", "g", "mg", "ug", "kg", "[pH]", "1/min", "Pa", "m/s", "s", "min", "10*6/mL",
         "1/m3", "1")


class Equipment(Base):
    """One piece of equipment."""

    __tablename__ = "equipment"
    #: EQ-0001
    code: Mapped[Code]
    kind: Mapped[Ref]
    name: Mapped[Words]
    serial: Mapped[str] = mapped_column(unique=True)
    #: where it stands: the code of a room, or words
    room: Mapped[Words]
    #: days from one to the next; None: none is needed
    calibration_days: Mapped[int | None]
    maintenance_days: Mapped[int | None]
    cleaning_rule: Mapped[Ref]
    #: hours a cleaning holds; None: until the next batch, or no cleaning needed
    cleaning_hours: Mapped[int | None]
    registered_by: Mapped[Ref]
    registered_at: Mapped[When]
    state: Mapped[Ref]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", STATES), one_of("kind", KINDS), one_of("cleaning_rule", CLEANING))


class Standing(Base):
    """In which state something was from a moment on, and why: what a use entered late is judged by."""

    __tablename__ = "standing"
    code: Mapped[Code]
    #: the equipment, room or cabinet
    of: Mapped[str] = mapped_column(index=True)
    state: Mapped[Ref]
    #: the verb that brought it there
    verb: Mapped[Ref]
    at: Mapped[When]
    by: Mapped[Ref]
    why: Mapped[Words]


class Calibration(Base):
    """One calibration at its worst point: the reference, the reading before and after adjustment."""

    __tablename__ = "calibration"
    #: CAL-0001
    code: Mapped[Code]
    equipment: Mapped[str] = mapped_column(ForeignKey("equipment.code"), index=True)
    #: what was compared, such as "temperature, middle shelf"
    point: Mapped[Words]
    reference: Mapped[Amount]
    tolerance: Mapped[Amount]
    as_found: Mapped[Amount]
    as_left: Mapped[Amount]
    #: UCUM, of all four
    unit: Mapped[Ref]
    found_within: Mapped[bool]
    left_within: Mapped[bool]
    certificate: Mapped[Words]
    #: the certificate itself, as a kept file
    file: Mapped[MaybeRef]
    calibrated_at: Mapped[When]
    #: it holds until then, that moment included
    due_at: Mapped[When]
    recorded_by: Mapped[Ref]
    recorded_at: Mapped[When]
    confirmed_by: Mapped[MaybeRef]
    confirmed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (both_or_neither("confirmed_by", "confirmed_at"),
                      CheckConstraint("tolerance >= 0", name="distance"),
                      CheckConstraint("confirmed_by IS NULL OR confirmed_by <> recorded_by", name="two_people"))


class Maintenance(Base):
    """Maintenance, done."""

    __tablename__ = "maintenance"
    #: MNT-0001
    code: Mapped[Code]
    equipment: Mapped[str] = mapped_column(ForeignKey("equipment.code"), index=True)
    done_at: Mapped[When]
    what: Mapped[Words]
    due_at: Mapped[When]
    recorded_by: Mapped[Ref]
    recorded_at: Mapped[When]


class Cleaning(Base):
    """A cleaning of equipment, a room or a cabinet: by one person, checked by another before it counts."""

    __tablename__ = "cleaning"
    #: CLN-0001
    code: Mapped[Code]
    of: Mapped[str] = mapped_column(index=True)
    done_at: Mapped[When]
    #: procedure and agent
    how: Mapped[Words]
    cleaned_by: Mapped[Ref]
    recorded_at: Mapped[When]
    checked_by: Mapped[MaybeRef]
    checked_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (both_or_neither("checked_by", "checked_at"),
                      CheckConstraint("checked_by IS NULL OR checked_by <> cleaned_by", name="two_people"))


class UseRow(Base):
    """One line of the log book that a step wrote: this equipment, for this batch, then, by them."""

    __tablename__ = "equipment_use"
    code: Mapped[Code]
    equipment: Mapped[str] = mapped_column(ForeignKey("equipment.code"), index=True)
    #: the batch; empty for a use outside any
    within: Mapped[str] = mapped_column(index=True)
    #: the step
    on_code: Mapped[Ref]
    by: Mapped[Ref]
    #: time of use
    at: Mapped[When]
    __table_args__ = (UniqueConstraint("equipment", "on_code", "at"),)


def equipment(session: Session, code: str) -> Equipment:
    """The equipment with this code, or a refusal that names what was scanned."""
    row = session.scalar(select(Equipment).where(Equipment.code == code))
    if row is None:
        raise Refused(f"“{code}” is not equipment of this facility. Scan the label on it.", kind="not found")
    return row


def calibration(session: Session, code: str) -> Calibration:
    """The calibration with this code, or a refusal."""
    row = session.scalar(select(Calibration).where(Calibration.code == code))
    if row is None:
        raise Refused(f"There is no calibration “{code}”.", kind="not found")
    return row


def cleaning(session: Session, code: str) -> Cleaning:
    """The cleaning with this code, or a refusal."""
    row = session.scalar(select(Cleaning).where(Cleaning.code == code))
    if row is None:
        raise Refused(f"There is no cleaning “{code}”.", kind="not found")
    return row


def stand(session: Session, of: str, state: str, verb: str, *, at: datetime, by: str, why: str = "") -> Standing:
    """Note a change of state, inside the act that makes it."""
    row = Standing(code=next_code(session, Standing, "STA"), of=of, state=state, verb=verb, at=at, by=by, why=why)
    session.add(row)
    return row


def standing_at(session: Session, of: str, at: datetime) -> Standing | None:
    """The last change of state at or before a moment; None before it was registered."""
    return session.scalar(select(Standing).where(Standing.of == of, Standing.at <= at).order_by(
        Standing.at.desc(), Standing.code.desc()).limit(1))


def calibration_at(session: Session, code: str, at: datetime) -> Calibration | None:
    """The newest calibration at or before a moment, confirmed or not."""
    return session.scalar(select(Calibration).where(
        Calibration.equipment == code, Calibration.calibrated_at <= at).order_by(
        Calibration.calibrated_at.desc(), Calibration.code.desc()).limit(1))


def found_outside_after(session: Session, code: str, at: datetime) -> Calibration | None:
    """The next calibration after a moment when it found the equipment outside its tolerance; None when it did not."""
    row = session.scalar(select(Calibration).where(
        Calibration.equipment == code, Calibration.calibrated_at > at).order_by(
        Calibration.calibrated_at, Calibration.code.desc()).limit(1))
    return row if row is not None and not row.found_within else None


def maintenance_at(session: Session, code: str, at: datetime) -> Maintenance | None:
    """The newest maintenance at or before a moment."""
    return session.scalar(select(Maintenance).where(
        Maintenance.equipment == code, Maintenance.done_at <= at).order_by(
        Maintenance.done_at.desc(), Maintenance.code.desc()).limit(1))


def cleaning_at(session: Session, of: str, at: datetime) -> Cleaning | None:
    """The newest checked cleaning at or before a moment."""
    return session.scalar(select(Cleaning).where(
        Cleaning.of == of, Cleaning.done_at <= at, Cleaning.checked_by.is_not(None)).order_by(
        Cleaning.done_at.desc(), Cleaning.code.desc()).limit(1))


def other_use_before(session: Session, code: str, at: datetime, batch: str) -> UseRow | None:
    """The newest use at or before a moment for another batch than this."""
    return session.scalar(select(UseRow).where(
        UseRow.equipment == code, UseRow.at <= at, UseRow.within != batch).order_by(
        UseRow.at.desc(), UseRow.code.desc()).limit(1))


def use_facts(session: Session, code: str, at: datetime, wanted_kind: str, within: str) -> EquipmentUse:
    """What EQUIPMENT_USE needs to know of equipment used at `at` for the batch `within` by a step wanting that kind.

    Judged by what was so at the time of use, whenever it is entered. Refuses a code that is no equipment.
    """
    row = equipment(session, code)
    stood, calibrated = standing_at(session, code, at), calibration_at(session, code, at)
    doubted = found_outside_after(session, code, at)
    maintained, cleaned = maintenance_at(session, code, at), cleaning_at(session, code, at)
    other = other_use_before(session, code, at, within)
    return EquipmentUse(
        equipment=row.code, kind=row.kind, state=stood.state if stood else "not registered yet", at=at,
        wanted=wanted_kind, needs_calibration=row.calibration_days is not None,
        calibration=calibrated.code if calibrated else None,
        confirmed=bool(calibrated and calibrated.confirmed_by),
        left_within=bool(calibrated and calibrated.left_within),
        calibrated_until=calibrated.due_at if calibrated else None,
        found_outside_later=doubted.code if doubted else None,
        needs_maintenance=row.maintenance_days is not None,
        maintained_until=maintained.due_at if maintained else None, cleaning_rule=row.cleaning_rule,
        cleaned_at=cleaned.done_at if cleaned else None, cleaning_hours=row.cleaning_hours, batch=within,
        other_batch=(other.within or "another purpose") if other else None, other_used_at=other.at if other else None)


def log_use(session: Session, *, equipment: str, within: str, on: str, by: str, at: datetime) -> UseRow:
    """Write one line of the log book inside the act of a step; the same step at the same time writes one line.

    `within` is the batch, `on` the step, `at` the time of use. Call it after EQUIPMENT_USE was judged.
    """
    row = session.scalar(select(UseRow).where(UseRow.equipment == equipment, UseRow.on_code == on, UseRow.at == at))
    if row is None:
        row = UseRow(code=next_code(session, UseRow, "USE"), equipment=equipment, within=within, on_code=on, by=by,
                     at=at)
        session.add(row)
        session.flush()
    return row


def last_good_before(session: Session, row: Calibration) -> Calibration | None:
    """The newest confirmed calibration before this one that left the equipment within its tolerance."""
    return session.scalar(select(Calibration).where(
        Calibration.equipment == row.equipment, Calibration.calibrated_at < row.calibrated_at,
        Calibration.left_within.is_(True), Calibration.confirmed_by.is_not(None)).order_by(
        Calibration.calibrated_at.desc(), Calibration.code.desc()).limit(1))


def affected_uses(session: Session, row: Calibration) -> list[UseRow]:
    """All uses that a calibration puts in doubt: since the last good one, or since ever; oldest first.

    None when it found the equipment good. One that left it outside doubts the uses after it too.
    """
    if row.found_within and row.left_within:
        return []
    good = last_good_before(session, row)
    asked = select(UseRow).where(UseRow.equipment == row.equipment)
    if not row.found_within:
        asked = asked.where(UseRow.at >= good.calibrated_at) if good else asked
    else:
        asked = asked.where(UseRow.at >= row.calibrated_at)
    if row.left_within:
        asked = asked.where(UseRow.at <= row.calibrated_at)
    return list(session.scalars(asked.order_by(UseRow.at, UseRow.code)))


def uses_of(session: Session, *, within: str) -> list[UseRow]:
    """All uses by a batch, oldest first."""
    return list(session.scalars(select(UseRow).where(UseRow.within == within).order_by(UseRow.at, UseRow.code)))


def known_serial(session: Session, serial: str) -> str | None:
    """The code under which this serial number is registered already."""
    return session.scalar(select(Equipment.code).where(Equipment.serial == serial))


def due_dates(session: Session, code: str, at: datetime) -> dict[str, datetime | None]:
    """Until when the newest calibration, maintenance and cleaning hold, as of a moment."""
    row = equipment(session, code)
    calibrated, maintained = calibration_at(session, code, at), maintenance_at(session, code, at)
    cleaned = cleaning_at(session, code, at)
    hours = row.cleaning_hours
    return {"calibration": calibrated.due_at if calibrated else None,
            "maintenance": maintained.due_at if maintained else None,
            "cleaning": cleaned.done_at + timedelta(hours=hours) if cleaned and hours else None}
