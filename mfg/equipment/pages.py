"""Equipment to look at: what is due, and its log book. Rooms and monitoring are in the pages beside this."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.equipment import area_pages, monitoring_pages, workstation_pages
from mfg.equipment.api import all_equipment, calibration_pairs, cleaning_pairs
from mfg.equipment.log_book import log_book
from mfg.equipment.records import Equipment, affected_uses, calibration_at, due_dates, last_good_before
from mfg.equipment.records import calibration as load_calibration
from mfg.equipment.records import cleaning as load_cleaning
from mfg.equipment.records import equipment as load_equipment
from mfg.equipment.rules import due_word, utc
from mfg.ledger import now

#: a word about a due date -> the verdict it is drawn as
DRAWN = {"OK": "PASS", "DUE SOON": "CANNOT DETERMINE", "OVERDUE": "FAIL", "NEVER DONE": "FAIL"}
#: a state -> the verdict it is drawn as
STANDING = {"in service": "PASS", "installed": "TODO", "out of service": "FAIL", "retired": "TODO"}


def due_cell(due_at: datetime | None, needed: bool, at: datetime) -> Any:
    """A due date as colour, shape and word, with the date under it."""
    if not needed:
        return "not needed"
    word = due_word(due_at, at)
    return {"verdict": DRAWN[word], "text": word, "sub": utc(due_at) if due_at else ""}


def calibration_cell(session: Session, row: Equipment, at: datetime) -> Any:
    """Until when it is calibrated; a calibration that does not count yet, or that left it outside, says so."""
    newest = calibration_at(session, row.code, at)
    if row.calibration_days is not None and newest is not None:
        if not newest.left_within:
            return {"verdict": "FAIL", "text": "OUTSIDE ITS TOLERANCE", "sub": newest.code}
        if not newest.confirmed_by:
            return {"verdict": "CANNOT DETERMINE", "text": "NOT CONFIRMED", "sub": newest.code}
    return due_cell(newest.due_at if newest else None, row.calibration_days is not None, at)


def list_equipment(session: Session) -> dict[str, Any]:
    """All equipment with what is due; from here on to rooms and monitoring."""
    at = now()
    rows = [_line(session, row, at) for row in all_equipment(session)]
    return {"title": "Equipment", "rows": rows, "empty": "No equipment is registered.",
            "headers": ["equipment", "kind", "name", "where", "state", "calibration", "maintenance"],
            "actions": [{"url": "/areas", "label": "Rooms and cabinets", "main": False, "danger": False},
                        {"url": "/printers", "label": "Printers", "main": False, "danger": False},
                        {"url": "/monitoring", "label": "Monitoring", "main": False, "danger": False},
                        {"url": "/workstations", "label": "Workstations", "main": False, "danger": False},
                        {"url": "/equipment/register-equipment", "label": "Register equipment", "main": True,
                         "danger": False}]}


def _line(session: Session, row: Equipment, at: datetime) -> list[Any]:
    due = due_dates(session, row.code, at)
    return [{"text": row.code, "url": f"/equipment/{row.code}", "code": True}, row.kind, row.name, row.room,
            {"verdict": STANDING[row.state], "text": row.state},
            calibration_cell(session, row, at),
            due_cell(due["maintenance"], row.maintenance_days is not None, at)]


def show_equipment(session: Session, *, equipment: str) -> dict[str, Any]:
    """One piece of equipment: its state, what is due, and its log book."""
    row, at = load_equipment(session, equipment), now()
    due = due_dates(session, equipment, at)
    hours = f", holds {row.cleaning_hours} h" if row.cleaning_hours else ""
    pairs = [("kind", row.kind, False), ("name", row.name, False), ("serial number", row.serial, False),
             ("where", row.room, False),
             ("calibration", calibration_cell(session, row, at), False),
             ("maintenance", due_cell(due["maintenance"], row.maintenance_days is not None, at), False),
             ("cleaned", f"{row.cleaning_rule}{hours}", False),
             ("registered", f"{row.registered_by}, {utc(row.registered_at)}", False)]
    return {"code": row.code, "title": row.name, "state": row.state, "verdict": STANDING[row.state], "pairs": pairs,
            "drawings": [], "sections": [_log_book(session, row)], "actions": _actions(row), "back": "/equipment",
            "version": str(row.version), "strip": [{"k": "Equipment", "v": row.code, "code": True}]}


def _log_book(session: Session, row: Equipment) -> dict[str, Any]:
    rows = [[utc(line.at), line.kind, line.what, line.batch or "", line.by, line.checked_by or "", _linked(line.code)]
            for line in reversed(log_book(session, row.code))]
    return {"title": "Log book", "note": "Use, cleaning, maintenance and calibration in the order of time, the newest "
                                         "first. Steps write their lines themselves.",
            "headers": ["when", "what", "told", "batch", "by", "second person", "record"], "rows": rows,
            "empty": "Nothing happened to it yet."}


def _linked(code: str) -> Any:
    place = {"CAL": "/calibrations/", "CLN": "/cleanings/"}.get(code.partition("-")[0])
    return {"text": code, "code": True} | ({"url": place + code} if place else {})


def _actions(row: Equipment) -> list[dict[str, Any]]:
    """What can be done from this state; the main thing is what it waits for."""
    by_state = {"installed": ("qualify-equipment", "Qualify"), "out of service": ("return-to-service", "Return")}
    wanted = [(*by_state[row.state], True, False)] if row.state in by_state else []
    if row.state != "retired":
        wanted += [("record-calibration", "Record calibration", False, False)] if row.calibration_days else []
        wanted += [("record-maintenance", "Record maintenance", False, False)] if row.maintenance_days else []
        wanted += [("record-cleaning", "Record cleaning", row.state == "in service", False)]
        wanted += [("take-out-of-service", "Take out of service", False, True)] if row.state == "in service" else []
        wanted += [("retire-equipment", "Retire", False, True)]
    return [{"url": f"/equipment/{row.code}/{slug}", "label": label, "main": main, "danger": danger}
            for slug, label, main, danger in wanted]


def show_calibration(session: Session, *, calibration: str) -> dict[str, Any]:
    """One calibration; found outside its tolerance, all uses since the last good one."""
    row = load_calibration(session, calibration)
    uses, good = affected_uses(session, row), last_good_before(session, row)
    within = row.found_within and row.left_within
    pairs: list[tuple[str, Any, bool]] = [(label, value, False) for label, value in calibration_pairs(row)]
    pairs += [("confirmed", f"{row.confirmed_by}, {utc(row.confirmed_at)}" if row.confirmed_at else "not yet", False),
              ("certificate file", (row.file[:12] + "…", f"/files/{row.file}") if row.file else "none", False)]
    since = f"{good.code}, {utc(good.calibrated_at)}" if good else "ever: no good calibration is recorded before"
    doubt = {"title": "Uses in doubt", "note": f"All uses since {since}.",
             "headers": ["when", "batch", "step", "by"], "empty": "It was not used since.",
             "rows": [[utc(use.at), {"text": use.within, "url": f"/batches/{use.within}", "code": True}
                       if use.within else "", use.on_code, use.by] for use in uses]}
    actions = [] if row.confirmed_by else [{"url": f"/calibrations/{row.code}/confirm-calibration",
                                            "label": "Confirm", "main": True, "danger": False}]
    return {"code": row.code, "title": f"Calibration of {row.equipment}", "pairs": pairs, "drawings": [],
            "state": "within its tolerance" if within else "outside its tolerance",
            "verdict": "PASS" if within else "FAIL", "sections": [] if within else [doubt], "actions": actions,
            "back": f"/equipment/{row.equipment}", "strip": [{"k": "Equipment", "v": row.equipment, "code": True}]}


def show_cleaning(session: Session, *, cleaning: str) -> dict[str, Any]:
    """One cleaning of equipment or of an area."""
    row = load_cleaning(session, cleaning)
    home = ("/areas/" if row.of.startswith("ROOM-") else "/equipment/") + row.of
    pairs = [(label, value, False) for label, value in cleaning_pairs(row)]
    pairs += [("checked", f"{row.checked_by}, {utc(row.checked_at)}" if row.checked_at else "not yet", False)]
    actions = [] if row.checked_by else [{"url": f"/cleanings/{row.code}/check-cleaning", "label": "Check",
                                          "main": True, "danger": False}]
    return {"code": row.code, "title": f"Cleaning of {row.of}", "pairs": pairs, "drawings": [], "sections": [],
            "state": "checked" if row.checked_by else "waits for its check", "back": home, "actions": actions,
            "verdict": "PASS" if row.checked_by else "TODO", "strip": [{"k": "Cleaned", "v": row.of, "code": True}]}


PAGES: tuple[Page, ...] = (
    Page("/equipment", list_equipment, "list.html"),
    Page("/equipment/<equipment>", show_equipment),
    Page("/calibrations/<calibration>", show_calibration),
    Page("/cleanings/<cleaning>", show_cleaning),
    *area_pages.PAGES,
    *monitoring_pages.PAGES,
    *workstation_pages.PAGES,
)
