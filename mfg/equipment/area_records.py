"""Rooms, cabinets and isolators, as kept: who worked in them for which batch, and the clearances of their line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, next_code, one_of
from mfg.equipment.area_rules import CLEARANCES, GRADES, KINDS, MOVES, AreaUse, one_recipient
from mfg.equipment.monitoring_records import running
from mfg.equipment.records import cleaning_at, stand, standing_at
from mfg.facts import Refused, judge, refuse_unless

STATES = ("on hold", "released", "in use", "cleaning due")


class Area(Base):
    """One room, cabinet or isolator. It holds the material of one batch at most: there is one place for it."""

    __tablename__ = "area"
    #: ROOM-0001
    code: Mapped[Code]
    kind: Mapped[Ref]
    name: Mapped[Words]
    grade: Mapped[Ref]
    #: the room around a cabinet or isolator
    background: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    #: how long a cleaning holds
    cleaning_hours: Mapped[int]
    registered_by: Mapped[Ref]
    registered_at: Mapped[When]
    state: Mapped[Ref]
    #: the batch whose material is in it now, and of whom that is
    batch: Mapped[MaybeRef]
    recipient: Mapped[MaybeRef]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", STATES), one_of("kind", KINDS), one_of("grade", GRADES),
                      both_or_neither("batch", "recipient"),
                      CheckConstraint("(kind = 'room') = (background IS NULL)", name="background_of_cabinet"))


class Occupancy(Base):
    """From when to when a batch was in an area, and by which step it came in."""

    __tablename__ = "occupancy"
    #: OCC-000001
    code: Mapped[Code]
    area: Mapped[str] = mapped_column(ForeignKey("area.code"), index=True)
    batch: Mapped[str] = mapped_column(index=True)
    recipient: Mapped[Ref]
    on_code: Mapped[Ref]
    entered_at: Mapped[When]
    entered_by: Mapped[Ref]
    left_at: Mapped[MaybeWhen]
    left_by: Mapped[MaybeRef]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (both_or_neither("left_by", "left_at"),)


class LineClearance(Base):
    """Two people looked: nothing foreign in the area, before or after the work on a batch."""

    __tablename__ = "line_clearance"
    #: CLR-0001
    code: Mapped[Code]
    area: Mapped[str] = mapped_column(ForeignKey("area.code"), index=True)
    batch: Mapped[str] = mapped_column(index=True)
    kind: Mapped[Ref]
    #: what was looked for and found so
    no_material: Mapped[bool]
    no_labels: Mapped[bool]
    no_records: Mapped[bool]
    cleaning_valid: Mapped[bool]
    right_documents: Mapped[bool]
    cleared_by: Mapped[Ref]
    #: when it was done, as told
    cleared_at: Mapped[When]
    recorded_at: Mapped[When]
    confirmed_by: Mapped[MaybeRef]
    #: when the second person looked, as told
    confirmed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("kind", CLEARANCES), both_or_neither("confirmed_by", "confirmed_at"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> cleared_by", name="two_people"),
        CheckConstraint("no_material AND no_labels AND no_records AND cleaning_valid AND right_documents",
                        name="everything_found_so"))


#: column -> what was looked for
ITEMS = {"no_material": "no foreign material", "no_labels": "no foreign labels", "no_records": "no foreign records",
         "cleaning_valid": "cleaning valid", "right_documents": "right documents"}


def area(session: Session, code: str) -> Area:
    """The room, cabinet or isolator with this code, or a refusal that names what was scanned."""
    row = session.scalar(select(Area).where(Area.code == code))
    if row is None:
        raise Refused(f"“{code}” is not a room or cabinet of this facility. Scan the label on it.", kind="not found")
    return row


def clearance(session: Session, code: str) -> LineClearance:
    """The line clearance with this code, or a refusal."""
    row = session.scalar(select(LineClearance).where(LineClearance.code == code))
    if row is None:
        raise Refused(f"There is no line clearance “{code}”.", kind="not found")
    return row


def _there_at(session: Session, code: str, at: datetime, batch: str) -> Occupancy | None:
    """Who was in the area at a moment, another batch than this first: from entering up to leaving."""
    rows = session.scalars(select(Occupancy).where(
        Occupancy.area == code, Occupancy.entered_at <= at,
        or_(Occupancy.left_at.is_(None), Occupancy.left_at > at)).order_by(Occupancy.code)).all()
    others = [row for row in rows if row.batch != batch]
    return next(iter(others or rows), None)


def _came_unseen(session: Session, code: str, at: datetime, batch: str) -> Occupancy | None:
    """The batch that came in next after a moment, when nobody looked or cleaned in between.

    Told late, a use from before another batch came in means that the material of both may have met: it passes only
    where the other's line clearance or a cleaning lies between.
    """
    after = session.scalar(select(Occupancy).where(
        Occupancy.area == code, Occupancy.batch != batch, Occupancy.entered_at > at).order_by(
        Occupancy.entered_at, Occupancy.code).limit(1))
    if after is None:
        return None
    looked = session.scalar(select(LineClearance.code).where(
        LineClearance.area == code, LineClearance.batch == after.batch, LineClearance.kind == "before",
        LineClearance.cleared_at > at, LineClearance.confirmed_at <= after.entered_at).limit(1))
    cleaned = cleaning_at(session, code, after.entered_at)
    return None if looked or (cleaned and cleaned.done_at > at) else after


def _other_left(session: Session, code: str, at: datetime, batch: str) -> datetime | None:
    """When the last other batch left, at or before a moment."""
    return session.scalar(select(Occupancy.left_at).where(
        Occupancy.area == code, Occupancy.batch != batch, Occupancy.left_at <= at).order_by(
        Occupancy.left_at.desc()).limit(1))


def _cleared(session: Session, code: str, at: datetime, batch: str) -> LineClearance | None:
    """The newest clearance before the work on this batch that was confirmed at or before a moment."""
    return session.scalar(select(LineClearance).where(
        LineClearance.area == code, LineClearance.batch == batch, LineClearance.kind == "before",
        LineClearance.confirmed_at <= at).order_by(
        LineClearance.confirmed_at.desc(), LineClearance.code.desc()).limit(1))


def _ended(session: Session, row: LineClearance, at: datetime) -> str:
    """Why a clearance before holds no more at a moment: another batch came in, or it was cleared after the work."""
    other = session.scalar(select(Occupancy).where(
        Occupancy.area == row.area, Occupancy.batch != row.batch, Occupancy.entered_at >= row.cleared_at,
        Occupancy.entered_at <= at).order_by(Occupancy.entered_at).limit(1))
    if other is not None:
        return f"{other.batch} was in {row.area} since"
    after = session.scalar(select(LineClearance.code).where(
        LineClearance.area == row.area, LineClearance.batch == row.batch, LineClearance.kind == "after",
        LineClearance.confirmed_at >= row.confirmed_at, LineClearance.confirmed_at <= at).limit(1))
    return f"the line was cleared after the work ({after})" if after else ""


def area_use_facts(session: Session, code: str, at: datetime, *, batch: str, recipient: str, open_step: bool,
                   clearance_needed: bool) -> AreaUse:
    """What AREA_USE needs to know of an area used at `at` by a batch with this recipient's material.

    Judged by what was so at the time of use, whenever it is entered. Refuses a code that is no area.
    """
    row = area(session, code)
    stood, cleaned = standing_at(session, code, at), cleaning_at(session, code, at)
    there = _there_at(session, code, at, batch) or _came_unseen(session, code, at, batch)
    cleared = _cleared(session, code, at, batch)
    return AreaUse(
        area=row.code, kind=row.kind, grade=row.grade, state=stood.state if stood else "not registered yet", at=at,
        batch=batch, recipient=recipient, open_step=open_step, clearance_needed=clearance_needed,
        background=area(session, row.background).grade if row.background else None,
        cleaned_at=cleaned.done_at if cleaned else None, cleaning_hours=row.cleaning_hours,
        other_left_at=_other_left(session, code, at, batch), occupied_by=there.batch if there else None,
        occupant=there.recipient if there else None, clearance=cleared.code if cleared else None,
        cleared_by=cleared.cleared_by if cleared else None, confirmed_by=cleared.confirmed_by if cleared else None,
        clearance_ended=_ended(session, cleared, at) if cleared else "",
        monitoring=running(session, code, at, batch))


def occupy(session: Session, *, area: str, within: str, recipient: str, on: str, by: str, at: datetime) -> Occupancy:
    """The batch `within` works in the area from `at` on, by its step `on`, inside the act of that step.

    Already in it: nothing new. Another batch in it at that time: refused by AREA-03, whatever was asked before. A use
    entered late, from before somebody came in or cleared the area, is noted for its moment alone. Whether the area
    may be used at all is AREA_USE, for the caller to judge: what was done is noted even where it should not have been.
    """
    row = _area(session, area)
    facts = area_use_facts(session, area, at, batch=within, recipient=recipient, open_step=False,
                           clearance_needed=False)
    refuse_unless(judge((one_recipient,), facts))
    there = _there_at(session, area, at, within)
    if there is not None:
        return there
    late = row.batch is not None or _went_on(session, row, at)
    made = Occupancy(code=next_code(session, Occupancy, "OCC"), area=area, batch=within, recipient=recipient,
                     on_code=on, entered_at=at, entered_by=by, left_at=at if late else None,
                     left_by=by if late else None)
    session.add(made)
    if not late:
        row.batch, row.recipient = within, recipient
        if row.state == "released":
            row.state = MOVES.after("perform step", row.state)
            stand(session, row.code, row.state, "perform step", at=at, by=by, why=on)
    session.flush()
    return made


_area = area


def _went_on(session: Session, row: Area, at: datetime) -> bool:
    """After that moment somebody came in, or the area was cleared after somebody's work: that use is over."""
    came = session.scalar(select(Occupancy.code).where(
        Occupancy.area == row.code, Occupancy.entered_at > at).limit(1))
    stood = standing_at(session, row.code, at)
    return bool(came) or (row.state == "cleaning due" and (stood is None or stood.state != row.state))


def occupancy_now(session: Session, code: str) -> Occupancy | None:
    """The stay that has not ended."""
    return session.scalar(select(Occupancy).where(Occupancy.area == code, Occupancy.left_at.is_(None)).order_by(
        Occupancy.code).limit(1))


@dataclass(frozen=True)
class UsedRoom:
    """One stay of a batch in an area, for the batch record."""

    area: str
    name: str
    kind: str
    grade: str
    entered_at: datetime
    left_at: datetime | None
    step: str
    by: str


def rooms_of(session: Session, *, within: str) -> list[UsedRoom]:
    """All areas a batch worked in, stay by stay, the oldest first."""
    rows = session.execute(select(Occupancy, Area).join(Area, Area.code == Occupancy.area).where(
        Occupancy.batch == within).order_by(Occupancy.entered_at, Occupancy.code))
    return [UsedRoom(row.code, row.name, row.kind, row.grade, stay.entered_at, stay.left_at, stay.on_code,
                     stay.entered_by) for stay, row in rows]


def clearances_of(session: Session, *, within: str) -> list[LineClearance]:
    """All line clearances for a batch, the oldest first; one without `confirmed_by` is not finished."""
    return list(session.scalars(select(LineClearance).where(LineClearance.batch == within).order_by(
        LineClearance.cleared_at, LineClearance.code)))

