"""Equipment and rooms as the printed batch record tells them: used when, in which state, cleared, monitored.

Read by the batch: what stood, was calibrated and cleaned at each use is found among all lines of that equipment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.equipment.area_records import ITEMS, LineClearance, clearances_of, rooms_of
from mfg.equipment.log_book import told
from mfg.equipment.monitoring_records import (
    MonitoringLink,
    MonitoringSession,
    Plate,
    PlateReading,
    monitoring_of,
)
from mfg.equipment.records import Calibration, Cleaning, Equipment, Standing, UseRow, uses_of
from mfg.paper.record_shape import Section, Table
from mfg.review.record_names import Names, when


def equipment_section(session: Session, batch: str, names: Names) -> Section:
    """What the steps wrote into the log books, and what was done and watched around them."""
    return Section("Equipment and rooms", (
        ("Equipment", _equipment(session, batch, names)), ("Rooms and cabinets", _rooms(session, batch, names)),
        ("Line clearance", _clearances(session, batch, names)), *_monitoring(session, batch, names)))


# --- equipment --------------------------------------------------------------------------------------------------


def _equipment(session: Session, batch: str, names: Names) -> Table:
    uses = uses_of(session, within=batch)
    codes = {use.equipment for use in uses}
    known = {one.code: one for one in session.scalars(select(Equipment).where(Equipment.code.in_(codes)))}
    stood = _lines(session, Standing, Standing.of, Standing.at, codes)
    calibrated = _lines(session, Calibration, Calibration.equipment, Calibration.calibrated_at, codes)
    cleaned = _lines(session, Cleaning, Cleaning.of, Cleaning.done_at, codes)
    rows = tuple(_used(known[use.equipment], use, names, _last(stood[use.equipment], "at", use.at),
                       _last(calibrated[use.equipment], "calibrated_at", use.at),
                       _last([one for one in cleaned[use.equipment] if one.checked_by], "done_at", use.at))
                 for use in uses)
    return Table(("Equipment", "What it is", "Step", "Used by", "State at use", "Calibration", "Cleaned"), rows,
                 "No use of equipment is recorded.")


def _lines(session: Session, kind: Any, of: Any, at: Any, codes: Iterable[str]) -> dict[str, list[Any]]:
    """Every line of some equipment, the oldest first, in one statement."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.scalars(select(kind).where(of.in_(codes)).order_by(at, kind.code)):
        found[getattr(row, of.key)].append(row)
    return found


def _last(lines: Sequence[Any], time: str, at: datetime) -> Any:
    """The newest line at or before a moment."""
    return next((one for one in reversed(lines) if getattr(one, time) <= at), None)


def _used(row: Equipment, use: UseRow, names: Names, stood: Standing | None, calibrated: Calibration | None,
          cleaned: Cleaning | None) -> tuple[str, ...]:
    calibration = f"{calibrated.code}, good until {when(calibrated.due_at)}\n{told(calibrated)}" if calibrated else ""
    needed = "none recorded" if row.calibration_days is not None else "none needed"
    return (row.code, f"{row.name}\n{row.kind}, {row.serial}", use.on_code, names(use.by, use.at),
            stood.state if stood else "not registered yet", calibration or needed,
            f"{when(cleaned.done_at)}\n{names(cleaned.cleaned_by)}, checked by {names(cleaned.checked_by)}"
            if cleaned else "none recorded")


# --- rooms, clearance -------------------------------------------------------------------------------------------


def _rooms(session: Session, batch: str, names: Names) -> Table:
    rows = tuple((one.area, f"{one.name}\n{one.kind}, grade {one.grade}", one.step, names(one.by, one.entered_at),
                  when(one.left_at, "still in it")) for one in rooms_of(session, within=batch))
    return Table(("Room", "What it is", "Brought in by step", "By", "Left"), rows, "No room is recorded.")


def _clearances(session: Session, batch: str, names: Names) -> Table:
    rows = tuple((one.code, one.area, one.kind, _found(one), names(one.cleared_by, one.cleared_at),
                  names(one.confirmed_by, one.confirmed_at) or "NOT CONFIRMED")
                 for one in clearances_of(session, within=batch))
    return Table(("Clearance", "Room", "Before or after", "Found so", "Cleared by", "Confirmed by"), rows,
                 "No line clearance is recorded.")


def _found(one: LineClearance) -> str:
    return ", ".join(words for name, words in ITEMS.items() if getattr(one, name))


# --- monitoring -------------------------------------------------------------------------------------------------


def _monitoring(session: Session, batch: str, names: Names) -> tuple[tuple[str, Table], ...]:
    """Every session planned for the batch or running during its steps, and what grew on each plate."""
    sessions = monitoring_of(session, within=batch)
    codes = [one.code for one in sessions]
    steps: dict[str, list[str]] = defaultdict(list)
    for link in session.scalars(select(MonitoringLink).where(
            MonitoringLink.session.in_(codes), MonitoringLink.batch == batch).order_by(MonitoringLink.code)):
        steps[link.session].append(link.step)
    told = tuple(_session(one, steps[one.code], names) for one in sessions)
    return (("Monitoring", Table(("Session", "Room", "For", "Exposed", "Steps meanwhile", "State", "Verdict",
                                  "Reviewed by"), told, "No monitoring is recorded.")),
            ("Plates and counts", _plates(session, codes, names)))


def _session(one: MonitoringSession, steps: Iterable[str], names: Names) -> tuple[str, ...]:
    return (one.code, one.area, f"{one.condition}, {one.purpose}",
            f"{when(one.exposed_from)} to\n{when(one.exposed_until)}", "\n".join(steps), one.state,
            one.verdict or "not read", names(one.reviewed_by, one.reviewed_at) or "not yet")


def _plates(session: Session, codes: Sequence[str], names: Names) -> Table:
    plates = list(session.scalars(select(Plate).where(Plate.session.in_(codes)).order_by(Plate.code)))
    newest = {row.plate: row for row in session.scalars(select(PlateReading).where(
        PlateReading.plate.in_([one.code for one in plates])).order_by(PlateReading.code))}
    rows = tuple(_plate(one, newest.get(one.code), names) for one in plates)
    return Table(("Plate", "Kind, grade", "Where", "Count", "Action limit", "Verdict", "Read by"), rows,
                 "No plate is recorded.")


def _plate(one: Plate, reading: PlateReading | None, names: Names) -> tuple[str, ...]:
    where = f"{one.location}\n{names(one.operator)}".strip()
    if reading is None:
        return one.code, f"{one.kind}, {one.grade}", where, "not read", "", "", ""
    limit = "" if reading.action is None else f"{reading.action:f}"
    return (one.code, f"{one.kind}, {one.grade}", where, reading.count or f"lost: {reading.lost}", limit,
            reading.word, names(reading.read_by, reading.read_at))
