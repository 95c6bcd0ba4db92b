"""Monitoring sessions, their plates and readings, as kept; the limits of the site; what a person has to repeat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

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
from mfg.equipment.monitoring_limits import (
    ASSUMED_ALERT,
    CONDITIONS,
    GRADES,
    KINDS,
    action_for,
    assumed_alert,
)
from mfg.equipment.monitoring_rules import GRAVEST, PlateFacts
from mfg.facts import Reading, Refused

STATES = ("planned", "exposed", "incubating", "read", "reviewed")


class MonitoringSession(Base):
    """One session: plates out in one area, at rest or while people work, for one batch or for none."""

    __tablename__ = "monitoring_session"
    #: EM-0001
    code: Mapped[Code]
    area: Mapped[str] = mapped_column(ForeignKey("area.code"), index=True)
    #: the batch it is planned for; None: routine
    batch: Mapped[str | None] = mapped_column(index=True)
    condition: Mapped[Ref]
    purpose: Mapped[Words]
    planned_by: Mapped[Ref]
    planned_at: Mapped[When]
    state: Mapped[Ref]
    #: as told
    exposed_from: Mapped[MaybeWhen]
    exposed_until: Mapped[MaybeWhen]
    incubated_at: Mapped[MaybeWhen]
    #: where and how warm
    incubation: Mapped[Words] = mapped_column(default="")
    #: the word of its gravest plate; empty until all were read
    verdict: Mapped[Ref] = mapped_column(default="")
    reviewed_by: Mapped[MaybeRef]
    reviewed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", STATES), one_of("condition", CONDITIONS), one_of("verdict", ("", *GRAVEST)),
                      both_or_neither("reviewed_by", "reviewed_at"))


class Plate(Base):
    """One plate, print or particle count of a session."""

    __tablename__ = "plate"
    #: EM-0001-01
    code: Mapped[Code]
    session: Mapped[str] = mapped_column(ForeignKey("monitoring_session.code"), index=True)
    kind: Mapped[Ref]
    #: of the very place, not always that of the area: a plate may lie in the background
    grade: Mapped[Ref]
    location: Mapped[Words]
    #: what is written on it
    plate_id: Mapped[Ref]
    #: who wears the glove or gown; empty for a place
    operator: Mapped[Ref]
    media_lot: Mapped[Ref]
    litres: Mapped[MaybeAmount]
    exposed_from: Mapped[MaybeWhen]
    exposed_until: Mapped[MaybeWhen]
    added_by: Mapped[Ref]
    added_at: Mapped[When]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (UniqueConstraint("session", "plate_id"), one_of("kind", KINDS), one_of("grade", GRADES))


class PlateReading(Base):
    """One reading of a plate with the limits that held then. A correction is a further reading; the old one stays."""

    __tablename__ = "plate_reading"
    #: PR-000001
    code: Mapped[Code]
    plate: Mapped[str] = mapped_column(ForeignKey("plate.code"), index=True)
    #: whole counts as text, censored where it must be (>300); empty: not readable
    count: Mapped[Ref]
    #: why it is not readable
    lost: Mapped[Words]
    word: Mapped[Ref]
    why: Mapped[Words]
    action: Mapped[MaybeAmount]
    alert: Mapped[MaybeAmount]
    read_by: Mapped[Ref]
    read_at: Mapped[When]
    reason: Mapped[Words]
    supersedes: Mapped[str | None] = mapped_column(ForeignKey("plate_reading.code"), unique=True)
    __table_args__ = (one_of("word", GRAVEST), CheckConstraint("(count = '') = (lost <> '')", name="count_or_reason"))


class MonitoringLink(Base):
    """A step of a batch that was done while a session ran."""

    __tablename__ = "monitoring_link"
    code: Mapped[Code]
    session: Mapped[str] = mapped_column(ForeignKey("monitoring_session.code"), index=True)
    batch: Mapped[str] = mapped_column(index=True)
    step: Mapped[Ref]
    by: Mapped[Ref]
    at: Mapped[When]
    __table_args__ = (UniqueConstraint("session", "step"),)


class MonitoringLimit(Base):
    """Limits the site set for a kind in a grade; the newest holds from then on."""

    __tablename__ = "monitoring_limit"
    #: EML-0001
    code: Mapped[Code]
    kind: Mapped[Ref]
    grade: Mapped[Ref]
    condition: Mapped[Ref]
    alert: Mapped[MaybeAmount]
    action: Mapped[MaybeAmount]
    set_by: Mapped[Ref]
    set_at: Mapped[When]
    why: Mapped[Words]
    __table_args__ = (one_of("kind", KINDS), one_of("grade", GRADES), one_of("condition", CONDITIONS))


class PersonnelAction(Base):
    """A glove or gown above its action limit: from then on the person needs a new aseptic qualification."""

    __tablename__ = "personnel_action"
    #: PA-0001
    code: Mapped[Code]
    person: Mapped[str] = mapped_column(index=True)
    plate: Mapped[str] = mapped_column(ForeignKey("plate.code"))
    at: Mapped[When]
    why: Mapped[Words]


def monitoring(session: Session, code: str) -> MonitoringSession:
    """The monitoring session with this code, or a refusal."""
    row = session.scalar(select(MonitoringSession).where(MonitoringSession.code == code))
    if row is None:
        raise Refused(f"There is no monitoring session “{code}”.", kind="not found")
    return row


def plate(session: Session, code: str) -> Plate:
    """The plate with this code, or a refusal."""
    row = session.scalar(select(Plate).where(Plate.code == code))
    if row is None:
        raise Refused(f"There is no plate “{code}”. Scan the label on it.", kind="not found")
    return row


def plates_of(session: Session, code: str) -> list[Plate]:
    """All plates of a monitoring session in the order of their codes."""
    return list(session.scalars(select(Plate).where(Plate.session == code).order_by(Plate.code)))


def readings_of(session: Session, plate_code: str) -> list[PlateReading]:
    """All readings of a plate, the oldest first; the last one counts."""
    return list(session.scalars(select(PlateReading).where(PlateReading.plate == plate_code).order_by(
        PlateReading.code)))


def newest_readings(session: Session, code: str) -> dict[str, PlateReading]:
    """Plate -> the reading that counts, for the plates of a monitoring session that were read."""
    rows = session.scalars(select(PlateReading).join(Plate, Plate.code == PlateReading.plate).where(
        Plate.session == code).order_by(PlateReading.code))
    return {row.plate: row for row in rows}


def links_of(session: Session, code: str) -> list[MonitoringLink]:
    """The steps that were done while the session ran."""
    return list(session.scalars(select(MonitoringLink).where(MonitoringLink.session == code).order_by(
        MonitoringLink.at, MonitoringLink.code)))


def running(session: Session, area: str, at: datetime, batch: str) -> str | None:
    """The session that was exposed in an area at a moment for this batch, or for none in particular."""
    return session.scalar(select(MonitoringSession.code).where(
        MonitoringSession.area == area, MonitoringSession.exposed_from <= at,
        or_(MonitoringSession.exposed_until.is_(None), MonitoringSession.exposed_until >= at),
        or_(MonitoringSession.batch.is_(None), MonitoringSession.batch == batch)).order_by(
        MonitoringSession.batch.is_(None), MonitoringSession.code.desc()).limit(1))


def plate_facts(session: Session, row: Plate, condition: str, at: datetime, *, reading: Reading | None,
                lost: str) -> PlateFacts:
    """What the rules of a plate need to know: its reading and the limits in force at `at`."""
    annex = action_for(row.kind, row.grade, condition)
    own = session.scalar(select(MonitoringLimit).where(
        MonitoringLimit.kind == row.kind, MonitoringLimit.grade == row.grade, MonitoringLimit.condition == condition,
        MonitoringLimit.set_at <= at).order_by(MonitoringLimit.set_at.desc(), MonitoringLimit.code.desc()).limit(1))
    own_action, own_alert = (own.action, own.alert) if own else (None, None)
    action = annex.limit if own_action is None else own_action
    return PlateFacts(
        plate=row.code, kind=row.kind, grade=row.grade, reading=reading, action=action,
        action_source=annex.source if own_action is None or own is None else own.code,
        alert=assumed_alert(action) if own_alert is None else own_alert,
        alert_source=ASSUMED_ALERT if own_alert is None or own is None else own.code,
        exposed_from=row.exposed_from, exposed_until=row.exposed_until, litres=row.litres, lost=lost)


def needs_requalification(session: Session, person: str, at: datetime,
                          since: datetime | None) -> PersonnelAction | None:
    """The action-level glove or gown of this person before `at` that no aseptic qualification came after.

    `since` is when the newest aseptic qualification of the person was given; None: never. Training asks this.
    """
    row = session.scalar(select(PersonnelAction).where(
        PersonnelAction.person == person, PersonnelAction.at <= at).order_by(
        PersonnelAction.at.desc(), PersonnelAction.code.desc()).limit(1))
    return row if row is not None and (since is None or since <= row.at) else None


def monitoring_of(session: Session, *, within: str) -> list[MonitoringSession]:
    """All sessions planned for a batch or linked to one of its steps, the oldest first."""
    linked = select(MonitoringLink.session).where(MonitoringLink.batch == within)
    return list(session.scalars(select(MonitoringSession).where(or_(
        MonitoringSession.batch == within, MonitoringSession.code.in_(linked))).order_by(MonitoringSession.code)))
