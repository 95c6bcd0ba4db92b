"""The doors of rooms and cabinets, and what JSON reads of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.equipment import area_acts
from mfg.equipment.area_records import ITEMS, Area, LineClearance, Occupancy
from mfg.equipment.area_records import area as load_area
from mfg.equipment.area_records import clearance as load_clearance
from mfg.equipment.area_rules import GRADES, KINDS
from mfg.equipment.rules import utc
from mfg.fields import Body, Choice, Count, Moment, Scanned, Words, YesNo


class RegisterArea(Body):
    """A room, cabinet or isolator."""

    kind = Choice("Kind", KINDS)
    name = Words("Name", limit=200)
    grade = Choice("Grade", GRADES, hint="EU GMP Annex 1.")
    background = Scanned("Room around it", takes=("room",), required=False, hint="For a cabinet or isolator.")
    cleaning_hours = Count("A cleaning holds, hours", low=1, high=10_000)


class CleanArea(Body):
    """How it was cleaned, and when."""

    how = Words("How it was cleaned", limit=200, hint="Procedure and agent.")
    done_at = Moment("Done at")


class ReleaseArea(Body):
    """Why it may be used."""

    conclusion = Words("Conclusion", kind="textarea")


class ClearLine(Body):
    """What was looked for in the area. Any “no” refuses: put it right first."""

    batch = Scanned("Batch", takes=("batch",))
    kind = Choice("When", {"before": "before the work", "after": "after the work"})
    no_material = YesNo("No foreign material is here", hint="After the work: nothing of this batch either.")
    no_labels = YesNo("No foreign labels are here", hint="After the work: none of this batch either.")
    no_records = YesNo("No foreign records are here", hint="After the work: none of this batch either.")
    cleaning_valid = YesNo("The cleaning is valid", hint="After the work: waste is taken away.")
    right_documents = YesNo("The right documents are here", hint="After the work: they are complete.")
    done_at = Moment("Done at")


class ConfirmLineClearance(Body):
    """When the second person looked."""

    done_at = Moment("Looked at")


def area_page(code: str) -> str:
    """The page of an area, or of the record the act made about it."""
    for prefix, place in (("CLR-", "/clearances/"), ("CLN-", "/cleanings/")):
        if code.startswith(prefix):
            return place + code
    return f"/areas/{code}"


def _shows(session: Session, *, area: str) -> Pairs:
    row = load_area(session, area)
    return [("area", row.code), ("name", row.name), ("kind", row.kind), ("grade", row.grade), ("state", row.state),
            ("batch in it", row.batch or "none")]


def _seen(session: Session, *, area: str) -> str:
    return str(load_area(session, area).version)


def clearance_pairs(row: LineClearance) -> Pairs:
    """A line clearance as people read it."""
    return [("area", row.area), ("batch", row.batch), ("when", f"{row.kind} the work"),
            *((what, "yes" if getattr(row, name) else "no") for name, what in ITEMS.items()),
            ("done", f"{row.cleared_by}, {utc(row.cleared_at)}")]


def _shows_clearance(session: Session, *, clearance: str) -> Pairs:
    return clearance_pairs(load_clearance(session, clearance))


def _seen_clearance(session: Session, *, clearance: str) -> str:
    return str(load_clearance(session, clearance).version)


ONE = "/areas/<area>"
DOORS: tuple[Door, ...] = (
    Door("register area", "/areas", area_acts.register_area, "Register an area", "Register", area_page, RegisterArea,
         intro="It is on hold until QA releases it."),
    Door("clean area", ONE, area_acts.clean_area, "Clean area", "Sign the cleaning", area_page, CleanArea,
         shows=_shows, intro="It counts once a second person has checked it."),
    Door("hold area", ONE, area_acts.hold_area, "Put on hold", "Put on hold", area_page, danger=True, seen=_seen,
         intro="With the reason. No step begins in it until QA releases it."),
    Door("release area", ONE, area_acts.release_area, "Release area", "Sign and release", area_page, ReleaseArea,
         shows=_shows, seen=_seen, intro="Empty, and cleaned since it was put on hold."),
    Door("clear line", ONE, area_acts.clear_line, "Clear the line", "Sign: the line is clear", area_page, ClearLine,
         shows=_shows, intro="Look, then answer. A second person looks after you."),
    Door("confirm line clearance", "/clearances/<clearance>", area_acts.confirm_line_clearance,
         "Confirm line clearance", "Sign: I looked too", area_page, ConfirmLineClearance, shows=_shows_clearance,
         seen=_seen_clearance, intro="Look yourself. Who cleared the line cannot confirm it."),
)


def all_areas(session: Session) -> list[Area]:
    """All rooms, cabinets and isolators in the order of their codes."""
    return list(session.scalars(select(Area).order_by(Area.code)))


def clearances_in(session: Session, area: str) -> list[LineClearance]:
    """The line clearances of an area, the newest first."""
    return list(session.scalars(select(LineClearance).where(LineClearance.area == area).order_by(
        LineClearance.code.desc()).limit(100)))


def stays_in(session: Session, area: str) -> list[Occupancy]:
    """Who worked in an area, the newest first."""
    return list(session.scalars(select(Occupancy).where(Occupancy.area == area).order_by(
        Occupancy.entered_at.desc(), Occupancy.code.desc()).limit(100)))


def _data(row: Any) -> dict[str, Any]:
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


def _one(session: Session, *, area: str) -> Any:
    return _data(load_area(session, area)) | {
        "clearances": [_data(row) for row in clearances_in(session, area)],
        "occupancies": [_data(row) for row in stays_in(session, area)]}


VIEWS: tuple[View, ...] = (
    View("/areas", lambda session: [_data(row) for row in all_areas(session)], "Rooms, cabinets, isolators"),
    View(ONE, _one, "One area with its line clearances and who worked in it"),
    View("/clearances/<clearance>", lambda session, clearance: _data(load_clearance(session, clearance)),
         "One line clearance"),
)
