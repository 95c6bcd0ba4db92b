"""Monitoring sessions to look at: plates, counts, limits and where each limit comes from."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.equipment.monitoring_api import all_sessions, limits_table, session_pairs
from mfg.equipment.monitoring_limits import KINDS
from mfg.equipment.monitoring_records import (
    MonitoringSession,
    Plate,
    PlateReading,
    links_of,
    newest_readings,
    plates_of,
    readings_of,
)
from mfg.equipment.monitoring_records import monitoring as load_monitoring
from mfg.equipment.monitoring_records import plate as load_plate
from mfg.equipment.rules import utc
from mfg.facts import plain
from mfg.units import in_words

#: the word of a plate or session -> the verdict it is drawn as
DRAWN = {"WITHIN": "PASS", "ALERT": "CANNOT DETERMINE", "ACTION": "FAIL", "CANNOT DETERMINE": "CANNOT DETERMINE"}


def word_cell(word: str) -> dict[str, str]:
    """WITHIN, ALERT or ACTION as colour, shape and word; nothing read yet is TODO."""
    return {"verdict": DRAWN.get(word, "TODO"), "text": word or "not read yet"}


def list_monitoring(session: Session) -> dict[str, Any]:
    """All sessions, the newest first."""
    rows = [[{"text": row.code, "url": f"/monitoring/{row.code}", "code": True}, row.area, row.batch or "routine",
             row.condition, row.state, word_cell(row.verdict), utc(row.exposed_from) if row.exposed_from else ""]
            for row in all_sessions(session)]
    return {"title": "Monitoring", "rows": rows, "back": "/equipment",
            "empty": "No session is planned. Plan one from the page of a room or cabinet.",
            "headers": ["session", "area", "batch", "condition", "state", "result", "exposed from"],
            "actions": [{"url": "/areas", "label": "Rooms and cabinets", "main": False, "danger": False},
                        {"url": "/monitoring/set-monitoring-limit", "label": "Set a limit", "main": False,
                         "danger": False},
                        {"url": "/monitoring-limits", "label": "Limits in force", "main": True, "danger": False}]}


def list_limits(session: Session) -> dict[str, Any]:
    """The limits that hold now, with their source."""
    rows = [[line["kind"], line["grade"], line["condition"], in_words(line["unit"]),
             {"text": "no growth" if line["action"] == 0 else
              plain(line["action"]) if line["action"] is not None else "not set", "num": True},
             {"text": plain(line["alert"]) if line["alert"] is not None else "none", "num": True}
             | ({"tag": "assumed"} if line["alert_assumed"] and line["alert"] is not None else {}),
             " · ".join(one for one in (line["source"], line["set_by"]) if one)] for line in limits_table(session)]
    return {"title": "Limits in force", "rows": rows, "empty": "There are none.", "back": "/monitoring",
            "about": "Above the action limit a deviation opens. Alert limits are assumed at half of it until the site "
                     "sets its own.",
            "headers": ["kind", "grade", "condition", "unit", "action above", "alert above", "source"],
            "actions": [{"url": "/monitoring/set-monitoring-limit", "label": "Set a limit", "main": True,
                         "danger": False}]}


def show_monitoring(session: Session, *, monitoring: str) -> dict[str, Any]:
    """One session with its plates."""
    row = load_monitoring(session, monitoring)
    pairs = [(label, value, False) for label, value in session_pairs(row)]
    pairs += [("exposed", f"{utc(row.exposed_from)} to {utc(row.exposed_until) if row.exposed_until else 'now'}"
               if row.exposed_from else "not yet", False),
              ("incubated", f"{row.incubation}, {utc(row.incubated_at)}" if row.incubated_at else "not yet", False),
              ("reviewed", f"{row.reviewed_by}, {utc(row.reviewed_at)}" if row.reviewed_at else "not yet", False)]
    links = {"title": "Steps done while it ran", "headers": ["step", "batch", "when", "by"],
             "rows": [[one.step, one.batch, utc(one.at), one.by] for one in links_of(session, row.code)]}
    state = f"{row.state}, {row.verdict}" if row.verdict else row.state
    return {"code": row.code, "title": "Monitoring session", "state": state,
            "verdict": DRAWN.get(row.verdict, "TODO"), "pairs": pairs, "drawings": [], "back": "/monitoring",
            "sections": [_plates(session, row), links], "actions": _actions(row), "version": str(row.version),
            "strip": [{"k": "Area", "v": row.area, "code": True}, {"k": "Session", "v": row.code, "code": True}]}


def _plates(session: Session, row: MonitoringSession) -> dict[str, Any]:
    readings = newest_readings(session, row.code)
    rows = [_plate_line(one, readings.get(one.code)) for one in plates_of(session, row.code)]
    return {"title": "Plates", "rows": rows, "empty": "No plate yet.",
            "headers": ["plate", "kind", "grade and place", "person", "medium", "exposed", "count", "limits", "result"]}


def _plate_line(row: Plate, reading: PlateReading | None) -> list[Any]:
    exposed = f"{utc(row.exposed_from)} to {utc(row.exposed_until) if row.exposed_until else 'now'}" \
        if row.exposed_from else "not yet"
    count: Any = None if reading is None else {"text": reading.count or "not readable", "num": True,
                                               "sub": reading.lost}
    return [{"text": row.code, "url": f"/plates/{row.code}", "code": True, "sub": row.plate_id}, row.kind,
            f"{row.grade}, {row.location}", row.operator, row.media_lot, exposed, count,
            limits_text(row, reading) if reading else "", word_cell(reading.word if reading else "")]


def limits_text(row: Plate, reading: PlateReading) -> str:
    """The limits a reading was judged by."""
    unit = in_words(KINDS[row.kind].unit)
    action = "no growth" if reading.action == 0 else \
        f"action above {plain(reading.action)} {unit}" if reading.action is not None else "no action limit set"
    return action + (f", alert above {plain(reading.alert)}" if reading.alert is not None else "")


def _actions(row: MonitoringSession) -> list[dict[str, Any]]:
    wanted = {"planned": [("add-plate", "Add a plate", False), ("expose-plates", "Expose", True)],
              "exposed": [("add-plate", "Add a plate", False), ("incubate-plates", "End and incubate", True)],
              "read": [("review-monitoring", "Review", True)]}.get(row.state, [])
    return [{"url": f"/monitoring/{row.code}/{slug}", "label": label, "main": main, "danger": False}
            for slug, label, main in wanted]


def show_plate(session: Session, *, plate: str) -> dict[str, Any]:
    """One plate with every reading of it."""
    row = load_plate(session, plate)
    whole, readings = load_monitoring(session, row.session), readings_of(session, plate)
    newest = readings[-1] if readings else None
    pairs = [("session", (row.session, f"/monitoring/{row.session}"), False), ("kind", row.kind, False),
             ("grade", row.grade, False), ("location", row.location, False), ("written on it", row.plate_id, False),
             ("person", row.operator or "none", False), ("lot of the medium", row.media_lot or "none", False),
             ("air drawn", f"{plain(row.litres)} L" if row.litres is not None else "none", False)]
    told = {"title": "Readings", "headers": ["reading", "count", "result", "why", "by", "when", "reason of correction"],
            "rows": [[one.code, one.count or f"not readable: {one.lost}", word_cell(one.word), one.why, one.read_by,
                      utc(one.read_at), one.reason] for one in reversed(readings)]}
    return {"code": row.code, "title": f"Plate {row.plate_id}", "pairs": pairs, "drawings": [], "sections": [told],
            "state": newest.word if newest else "not read yet", "verdict": DRAWN[newest.word] if newest else "TODO",
            "actions": _plate_actions(row, whole.state, bool(newest)), "back": f"/monitoring/{row.session}",
            "strip": [{"k": "Session", "v": row.session, "code": True}, {"k": "Plate", "v": row.code, "code": True}]}


def _plate_actions(row: Plate, state: str, read: bool) -> list[dict[str, Any]]:
    wanted = []
    if row.exposed_from and not row.exposed_until:
        wanted.append(("remove-plate", "Take away", False, False))
    if not read and state in ("exposed", "incubating"):
        wanted.append(("read-plate", "Read", True, False))
    if read and state != "reviewed":
        wanted.append(("correct-plate-reading", "Correct", False, True))
    return [{"url": f"/plates/{row.code}/{slug}", "label": label, "main": main, "danger": danger}
            for slug, label, main, danger in wanted]


PAGES: tuple[Page, ...] = (
    Page("/monitoring", list_monitoring, "list.html"),
    Page("/monitoring-limits", list_limits, "list.html"),
    Page("/monitoring/<monitoring>", show_monitoring),
    Page("/plates/<plate>", show_plate),
)
