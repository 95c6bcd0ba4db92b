"""What is done with rooms and cabinets: registered, cleaned, held, released, and their line cleared by two people.

Working in one is the steps' business: they judge `area_rules.AREA_USE` and call `area_records.occupy`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.codes.own import kind_of
from mfg.codes.scan import wanted
from mfg.db import next_code
from mfg.equipment.acts import cleaned
from mfg.equipment.area_records import (
    ITEMS,
    Area,
    LineClearance,
    area_use_facts,
    occupancy_now,
)
from mfg.equipment.area_records import area as load_area
from mfg.equipment.area_records import clearance as load_clearance
from mfg.equipment.area_rules import (
    AREA_RELEASE,
    CLEARANCE,
    CONFIRMATION,
    MOVES,
    PLACE,
    READY,
    AreaRelease,
    Clearance,
    Confirmation,
    Place,
)
from mfg.equipment.records import cleaning as load_cleaning
from mfg.equipment.records import cleaning_at, stand, standing_at
from mfg.equipment.rules import PAST, Told
from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Doing, Entry, Who, act, fresh


def register_area(session: Session, who: Who, *, kind: str, name: str, grade: str, cleaning_hours: int,
                  background: str = "") -> str:
    """Register a room, cabinet or isolator, on hold until QA releases it. `background` is scanned.

    `cleaning_hours`: how long a cleaning holds. Returns ROOM-0001.
    """
    with act(session, "register area", on=f"area {name}"[:80], **who.how) as doing:
        around = load_area(session, wanted(background, "room")[0].content) if background else None
        refuse_unless(judge(PLACE, Place(kind, grade, around.code if around else None,
                                         around.kind if around else None, cleaning_hours)))
        doing.on = doing.within = doing.result = next_code(session, Area, "ROOM", 4)
        session.add(Area(code=doing.on, kind=kind, name=name, grade=grade, background=around.code if around else None,
                         cleaning_hours=cleaning_hours, registered_by=doing.by.code, registered_at=doing.at,
                         state=MOVES.start))
        stand(session, doing.on, MOVES.start, doing.verb.name, at=doing.at, by=doing.by.code)
    return doing.result


def clean_area(session: Session, who: Who, *, area: str, how: str, done_at: datetime) -> str:
    """Record a cleaning that was done; it counts once a second person has checked it. Returns CLN-0001."""
    with act(session, "clean area", on=area, within=area, **who.how) as doing:
        cleaned(session, doing, of=load_area(session, area).code, how=how, done_at=done_at)
    return doing.result


def check_cleaning(session: Session, who: Who, *, cleaning: str, seen: str | None = None) -> str:
    """A second person finds equipment or an area clean; a cleaned area that was due is released by it."""
    with act(session, "check cleaning", on=cleaning, **who.how) as doing:
        row = load_cleaning(session, cleaning)
        fresh(row, seen)
        doing.within = row.of
        if row.checked_by:
            raise Refused(f"{row.code} was checked already, by {row.checked_by}.", kind="stale")
        row.checked_by, row.checked_at = doing.by.code, doing.at
        session.flush()
        _clean_again(session, row.of, row.done_at, doing)
        doing.signs({"code": row.code, "of": row.of, "how": row.how, "done_at": row.done_at,
                     "cleaned_by": row.cleaned_by})
        doing.result = row.code
    return doing.result


def _clean_again(session: Session, of: str, done_at: datetime, doing: Doing) -> None:
    """An area whose cleaning is due becomes released, when it is empty and was cleaned after the work, not before."""
    row = session.get(Area, of)
    if row is None or row.state != "cleaning due" or row.batch is not None:
        return
    stood = standing_at(session, of, doing.at)
    if stood is not None and done_at >= stood.at:
        _moves(session, row, doing)


def hold_area(session: Session, who: Who, *, area: str, seen: str | None = None) -> str:
    """Stop the use of an area, with the reason. Returns its code."""
    with act(session, "hold area", on=area, within=area, **who.how) as doing:
        row = load_area(session, area)
        fresh(row, seen)
        _moves(session, row, doing, why=doing.how.reason)
        doing.result = row.code
    return doing.result


def release_area(session: Session, who: Who, *, area: str, conclusion: str, seen: str | None = None) -> str:
    """QA releases an area that is on hold, empty and cleaned since; never by who put it on hold."""
    with act(session, "release area", on=area, within=area, **who.how) as doing:
        row = load_area(session, area)
        fresh(row, seen)
        MOVES.after(doing.verb.name, row.state)
        held, clean = standing_at(session, area, doing.at), cleaning_at(session, area, doing.at)
        refuse_unless(judge(AREA_RELEASE, AreaRelease(
            row.code, held.at if held else None, held.by if held else None, doing.by.code,
            clean.done_at if clean else None, row.batch)))
        _moves(session, row, doing, why=conclusion)
        doing.signs({"code": row.code, "kind": row.kind, "name": row.name, "grade": row.grade,
                     "conclusion": conclusion})
        doing.result = row.code
    return doing.result


def _moves(session: Session, row: Area, doing: Doing, *, why: str = "", at: datetime | None = None) -> None:
    row.state = MOVES.after(doing.verb.name, row.state)
    stand(session, row.code, row.state, doing.verb.name, at=at or doing.at, by=doing.by.code, why=why)


# --- line clearance


def clear_line(session: Session, who: Who, *, area: str, kind: str, batch: str, done_at: datetime,
               no_material: bool, no_labels: bool, no_records: bool, cleaning_valid: bool,
               right_documents: bool) -> str:
    """The first person finds nothing of another batch in the area, before or after the work. Returns CLR-0001.

    `batch` is scanned. Any “no” refuses. It counts once a second person has confirmed it.
    """
    items = {"no_material": no_material, "no_labels": no_labels, "no_records": no_records,
             "cleaning_valid": cleaning_valid, "right_documents": right_documents}
    with act(session, "clear line", on=area, **who.how) as doing:
        row = load_area(session, area)
        doing.within = wanted(batch, "batch")[0].content
        stay = occupancy_now(session, row.code)
        told = Clearance(row.code, doing.within, kind, tuple((ITEMS[name], found) for name, found in items.items()),
                         known_batch(session, doing.within), row.batch, stay.entered_at if stay else None, done_at)
        refuse_unless(judge(CLEARANCE, told) + judge(PAST, Told(done_at, doing.at)) + _ready(session, told, done_at))
        made = LineClearance(code=next_code(session, LineClearance, "CLR", 4), area=row.code, batch=doing.within,
                             kind=kind, cleared_by=doing.by.code, cleared_at=done_at, recorded_at=doing.at, **items)
        session.add(made)
        doing.on = doing.result = made.code
        doing.signs(_as_signed(made))
    return doing.result


def _ready(session: Session, told: Clearance, at: datetime) -> Any:
    """Before the work the area itself has to be released, clean and empty of others."""
    if told.kind != "before":
        return ()
    facts = area_use_facts(session, told.area, at, batch=told.batch, recipient="", open_step=False,
                           clearance_needed=False)
    return judge(READY, facts)


def known_batch(session: Session, code: str) -> bool:
    """History tells which batches exist: equipment lies below the room that keeps them."""
    return kind_of(code) == "batch" and bool(session.scalar(select(Entry.seq).where(
        Entry.outcome == "done", Entry.within == code).limit(1)))


def _as_signed(row: LineClearance) -> dict[str, Any]:
    names = ("code", "area", "batch", "kind", "cleared_by", "cleared_at", *ITEMS)
    return {name: getattr(row, name) for name in names}


def confirm_line_clearance(session: Session, who: Who, *, clearance: str, done_at: datetime,
                           seen: str | None = None) -> str:
    """The second person looks too. After the work, the batch has left the area with it, and cleaning is due."""
    with act(session, "confirm line clearance", on=clearance, **who.how) as doing:
        row = load_clearance(session, clearance)
        fresh(row, seen)
        doing.within = row.batch
        if row.confirmed_by:
            raise Refused(f"{row.code} was confirmed already, by {row.confirmed_by}.", kind="stale")
        place = load_area(session, row.area)
        refuse_unless(judge(PAST, Told(done_at, doing.at)) + judge(CONFIRMATION, Confirmation(
            row.code, row.kind, row.batch, row.cleared_by, doing.by.code, row.cleared_at, done_at, place.batch)))
        row.confirmed_by, row.confirmed_at = doing.by.code, done_at
        if row.kind == "after":
            _left(session, place, doing, done_at)
        doing.signs(_as_signed(row) | {"confirmed_at": done_at})
        doing.result = row.code
    return doing.result


def _left(session: Session, place: Area, doing: Doing, at: datetime) -> None:
    """Nothing of the batch is in the area any more."""
    stay = occupancy_now(session, place.code)
    if stay is not None:
        stay.left_at, stay.left_by = at, doing.by.code
    place.batch = place.recipient = None
    if place.state == "in use":
        _moves(session, place, doing, at=at)
