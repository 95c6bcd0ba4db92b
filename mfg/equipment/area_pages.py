"""Rooms, cabinets and their line clearances to look at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.equipment.area_api import all_areas, clearance_pairs, clearances_in, stays_in
from mfg.equipment.area_records import Area, LineClearance
from mfg.equipment.area_records import area as load_area
from mfg.equipment.area_records import clearance as load_clearance
from mfg.equipment.monitoring_records import MonitoringSession
from mfg.equipment.records import Cleaning, cleaning_at
from mfg.equipment.rules import utc
from mfg.ledger import now

STANDING = {"released": "PASS", "in use": "TODO", "cleaning due": "CANNOT DETERMINE", "on hold": "FAIL"}


def _standing(session: Session, row: Area, at: datetime) -> dict[str, str]:
    """The state, and for a released area whether its cleaning still holds."""
    clean = cleaning_at(session, row.code, at)
    until = clean.done_at + timedelta(hours=row.cleaning_hours) if clean else None
    if row.state == "released" and (until is None or at > until):
        return {"verdict": "CANNOT DETERMINE", "text": "cleaning due", "sub": f"since {utc(until)}" if until else ""}
    text = f"in use by {row.batch}" if row.batch else row.state
    return {"verdict": STANDING[row.state], "text": text, "sub": f"clean until {utc(until)}" if until else ""}


def list_areas(session: Session) -> dict[str, Any]:
    """All rooms, cabinets and isolators."""
    at = now()
    rows = [[{"text": row.code, "url": f"/areas/{row.code}", "code": True}, row.kind, row.name, row.grade,
             row.background or "", _standing(session, row, at)] for row in all_areas(session)]
    return {"title": "Rooms and cabinets", "rows": rows, "empty": "No room is registered.",
            "headers": ["area", "kind", "name", "grade", "in room", "state"], "back": "/equipment",
            "actions": [{"url": "/equipment", "label": "Equipment", "main": False, "danger": False},
                        {"url": "/monitoring", "label": "Monitoring", "main": False, "danger": False},
                        {"url": "/areas/register-area", "label": "Register an area", "main": True, "danger": False}]}


def show_area(session: Session, *, area: str) -> dict[str, Any]:
    """One room or cabinet: who is in it, its line clearances, cleanings and monitoring."""
    row, at = load_area(session, area), now()
    standing = _standing(session, row, at)
    around = {"text": row.background, "url": f"/areas/{row.background}", "code": True} if row.background else "none"
    pairs = [("kind", row.kind, False), ("name", row.name, False), ("grade", row.grade, False),
             ("room around it", around, False), ("a cleaning holds", f"{row.cleaning_hours} h", False),
             ("cleaning", standing["sub"] or "never cleaned", False),
             ("batch in it", {"text": row.batch, "url": f"/batches/{row.batch}", "code": True}
              if row.batch else "none", False)]
    return {"code": row.code, "title": row.name, "state": standing["text"], "verdict": standing["verdict"],
            "pairs": pairs, "drawings": [], "back": "/areas", "version": str(row.version), "actions": _actions(row),
            "sections": [_clearances(session, row), _stays(session, row), _cleanings(session, row),
                         _sessions(session, row)],
            "strip": [{"k": "Area", "v": row.code, "code": True}, {"k": "Grade", "v": row.grade}]}


def _actions(row: Area) -> list[dict[str, Any]]:
    held = row.state == "on hold"
    wanted = [("clear-line", "Clear the line", row.state in ("released", "in use"), False),
              ("clean-area", "Clean", row.state == "cleaning due", False),
              ("plan-monitoring", "Plan monitoring", False, False)]
    wanted += [("release-area", "Release", True, False)] if held else [("hold-area", "Put on hold", False, True)]
    return [{"url": f"/areas/{row.code}/{slug}", "label": label, "main": main, "danger": danger}
            for slug, label, main, danger in wanted]


def confirmed_cell(row: LineClearance) -> dict[str, str]:
    """Whether a second person looked."""
    return {"verdict": "PASS", "text": "confirmed", "sub": f"{row.confirmed_by}, {utc(row.confirmed_at)}"} \
        if row.confirmed_at else {"verdict": "TODO", "text": "waits for a second person"}


def _clearances(session: Session, row: Area) -> dict[str, Any]:
    rows = [[{"text": one.code, "url": f"/clearances/{one.code}", "code": True}, one.batch, f"{one.kind} the work",
             f"{one.cleared_by}, {utc(one.cleared_at)}", confirmed_cell(one)]
            for one in clearances_in(session, row.code)]
    return {"title": "Line clearances", "headers": ["clearance", "batch", "when", "by", "second person"], "rows": rows}


def _stays(session: Session, row: Area) -> dict[str, Any]:
    rows = [[one.batch, one.on_code, utc(one.entered_at), utc(one.left_at) if one.left_at else "still in it",
             one.entered_by] for one in stays_in(session, row.code)]
    return {"title": "Who worked in it", "headers": ["batch", "step", "from", "until", "by"], "rows": rows}


def _cleanings(session: Session, row: Area) -> dict[str, Any]:
    found = session.scalars(select(Cleaning).where(Cleaning.of == row.code).order_by(
        Cleaning.done_at.desc(), Cleaning.code.desc()).limit(100))
    rows = [[{"text": one.code, "url": f"/cleanings/{one.code}", "code": True}, utc(one.done_at), one.how,
             one.cleaned_by, one.checked_by or {"verdict": "TODO", "text": "waits for its check"}] for one in found]
    return {"title": "Cleanings", "headers": ["cleaning", "done", "how", "by", "checked by"], "rows": rows}


def _sessions(session: Session, row: Area) -> dict[str, Any]:
    found = session.scalars(select(MonitoringSession).where(MonitoringSession.area == row.code).order_by(
        MonitoringSession.code.desc()).limit(100))
    rows = [[{"text": one.code, "url": f"/monitoring/{one.code}", "code": True}, one.state, one.batch or "routine",
             one.verdict or "not read yet"] for one in found]
    return {"title": "Monitoring", "headers": ["session", "state", "batch", "result"], "rows": rows}


def show_clearance(session: Session, *, clearance: str) -> dict[str, Any]:
    """One line clearance with both its people."""
    row = load_clearance(session, clearance)
    seen = confirmed_cell(row)
    pairs: list[tuple[str, Any, bool]] = [(label, value, False) for label, value in clearance_pairs(row)]
    pairs.append(("second person", seen, False))
    actions = [] if row.confirmed_by else [{"url": f"/clearances/{row.code}/confirm-line-clearance",
                                            "label": "Look and confirm", "main": True, "danger": False}]
    return {"code": row.code, "title": f"Line clearance {row.kind} the work", "state": seen["text"],
            "verdict": seen["verdict"], "pairs": pairs, "drawings": [], "sections": [], "actions": actions,
            "back": f"/areas/{row.area}",
            "strip": [{"k": "Batch", "v": row.batch, "code": True}, {"k": "Area", "v": row.area, "code": True}]}


PAGES: tuple[Page, ...] = (
    Page("/areas", list_areas, "list.html"),
    Page("/areas/<area>", show_area),
    Page("/clearances/<clearance>", show_clearance),
)
