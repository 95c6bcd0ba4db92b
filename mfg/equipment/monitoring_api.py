"""The doors of environmental and personnel monitoring, and what JSON reads of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.equipment import monitoring_acts as acts
from mfg.equipment.monitoring_limits import (
    CONDITIONS,
    GRADES,
    GROWTH,
    KINDS,
    PARTICLES,
    action_for,
    assumed_alert,
)
from mfg.equipment.monitoring_records import (
    MonitoringLimit,
    MonitoringSession,
    links_of,
    newest_readings,
    plates_of,
)
from mfg.equipment.monitoring_records import monitoring as load_monitoring
from mfg.equipment.monitoring_records import plate as load_plate
from mfg.fields import Body, Choice, Moment, Number, ReadingText, Scanned, Words


class PlanMonitoring(Body):
    """What is monitored and why."""

    condition = Choice("Condition", CONDITIONS)
    batch = Scanned("Batch", takes=("batch",), required=False, hint="Leave blank for routine monitoring.")
    purpose = Words("Purpose", limit=200)


class AddPlate(Body):
    """One plate, print or particle count."""

    kind = Choice("Kind", tuple(KINDS))
    grade = Choice("Grade of the place", GRADES)
    location = Words("Location", limit=200)
    plate_id = Words("Written on the plate", limit=80)
    media_lot = Words("Lot of the medium", limit=80, required=False, hint="From the plate, or our lot code.")
    operator = Scanned("Person", takes=("person",), required=False, hint="The badge, for gloves and gowns.")
    litres = Number("Air drawn", "L", above="0", required=False, hint="For air and particles.")


class DoneAt(Body):
    """When it was done."""

    done_at = Moment("Done at")


class IncubatePlates(Body):
    """When the session ended, and where the plates are now."""

    exposed_until = Moment("Exposed until")
    incubation = Words("Incubated in and at", limit=200, hint="Equipment and temperature: EQ-0004, 32.5 °C.")


class ReadPlate(Body):
    """A count, or why there is none. A blank is not 0."""

    count = ReadingText("Count", "{CFU}", required=False, hint="A whole number as counted, or >300.")
    lost = Words("Cannot be read because", limit=500, required=False)


class SetLimit(Body):
    """A limit of the site, in the unit of the kind."""

    kind = Choice("Kind", tuple(KINDS))
    grade = Choice("Grade", GRADES)
    condition = Choice("Condition", CONDITIONS)
    alert = Number("Alert above", "", low="0", required=False)
    action = Number("Action above", "", low="0", required=False, hint="Never looser than Annex 1.")


def monitoring_page(code: str) -> str:
    """The page of a session; a plate stands on that of its session."""
    if code.startswith("EML-"):
        return "/monitoring"
    return f"/plates/{code}" if code.count("-") == 2 else f"/monitoring/{code}"


def session_pairs(row: MonitoringSession) -> Pairs:
    """A session as people read it."""
    return [("area", row.area), ("batch", row.batch or "routine"), ("condition", row.condition),
            ("purpose", row.purpose)]


def _shows(session: Session, *, monitoring: str) -> Pairs:
    row = load_monitoring(session, monitoring)
    readings = newest_readings(session, monitoring)
    return [*session_pairs(row), ("result", row.verdict or "not read yet"),
            *((code, f"{one.count or 'not readable: ' + one.lost} ({one.word})") for code, one in readings.items())]


def _seen(session: Session, *, monitoring: str) -> str:
    return str(load_monitoring(session, monitoring).version)


def _shows_plate(session: Session, *, plate: str) -> Pairs:
    row = load_plate(session, plate)
    return [("plate", row.code), ("written on it", row.plate_id), ("kind", row.kind), ("grade", row.grade),
            ("location", row.location)]


def _seen_plate(session: Session, *, plate: str) -> str:
    return str(load_plate(session, plate).version)


ONE = "/monitoring/<monitoring>"
PLATE = "/plates/<plate>"
DOORS: tuple[Door, ...] = (
    Door("plan monitoring", "/areas/<area>", acts.plan_monitoring, "Plan monitoring", "Plan", monitoring_page,
         PlanMonitoring),
    Door("add plate", ONE, acts.add_plate, "Add a plate", "Add", monitoring_page, AddPlate,
         intro="In a session that runs, the plate is out from now on."),
    Door("expose plates", ONE, acts.expose_plates, "Expose plates", "The plates are out", monitoring_page, DoneAt,
         seen=_seen),
    Door("remove plate", PLATE, acts.remove_plate, "Take a plate away", "Taken away", monitoring_page, DoneAt,
         seen=_seen_plate, intro="A settle plate stays out for 4 hours at most."),
    Door("incubate plates", ONE, acts.incubate_plates, "End and incubate", "All are in the incubator", monitoring_page,
         IncubatePlates, seen=_seen),
    Door("read plate", PLATE, acts.read_plate, "Read a plate", "Sign the reading", monitoring_page, ReadPlate,
         shows=_shows_plate, intro="Above the action limit a deviation opens at once."),
    Door("correct plate reading", PLATE, acts.correct_plate_reading, "Correct a reading", "Sign the correction",
         monitoring_page, ReadPlate, shows=_shows_plate, danger=True, intro="The earlier reading stays readable."),
    Door("review monitoring", ONE, acts.review_monitoring, "Review monitoring", "Sign the review", monitoring_page,
         shows=_shows, seen=_seen, intro="Who read a plate cannot review the session."),
    Door("set monitoring limit", "/monitoring", acts.set_monitoring_limit, "Set a limit of the site",
         "Sign the limit", monitoring_page, SetLimit, intro="It holds for what is read from now on."),
)


def all_sessions(session: Session) -> list[MonitoringSession]:
    """All monitoring sessions, the newest first."""
    return list(session.scalars(select(MonitoringSession).order_by(MonitoringSession.code.desc())))


def limits_table(session: Session) -> list[dict[str, Any]]:
    """Every limit of the annex with the assumed or own alert limit, for screen and JSON."""
    own: dict[tuple[str, str, str], MonitoringLimit] = {
        (row.kind, row.grade, row.condition): row
        for row in session.scalars(select(MonitoringLimit).order_by(MonitoringLimit.set_at, MonitoringLimit.code))}
    lines = []
    for kind in (*GROWTH, *PARTICLES):
        for grade in GRADES:
            for condition in CONDITIONS:
                if kind in PARTICLES or condition == "in operation" or (kind, grade, condition) in own:
                    lines.append(_limit(kind, grade, condition, own.get((kind, grade, condition))))
    return lines


def _limit(kind: str, grade: str, condition: str, own: MonitoringLimit | None) -> dict[str, Any]:
    annex = action_for(kind, grade, condition)
    action = own.action if own and own.action is not None else annex.limit
    alert = own.alert if own and own.alert is not None else assumed_alert(action)
    return {"kind": kind, "grade": grade, "condition": condition, "unit": KINDS[kind].unit, "action": action,
            "alert": alert, "source": annex.source, "set_by": own.code if own else "",
            "alert_assumed": not (own and own.alert is not None)}


def _data(row: Any) -> dict[str, Any]:
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


def _one(session: Session, *, monitoring: str) -> Any:
    readings = newest_readings(session, monitoring)
    return _data(load_monitoring(session, monitoring)) | {
        "plates": [_data(row) | {"reading": _data(readings[row.code]) if row.code in readings else None}
                   for row in plates_of(session, monitoring)],
        "links": [_data(row) for row in links_of(session, monitoring)]}


VIEWS: tuple[View, ...] = (
    View("/monitoring", lambda session: [_data(row) for row in all_sessions(session)], "Monitoring sessions"),
    View(ONE, _one, "One monitoring session with its plates"),
    View(PLATE, lambda session, plate: _data(load_plate(session, plate)), "One plate"),
    View("/monitoring-limits", lambda session: plain_data(limits_table(session)), "Limits in force"),
)
