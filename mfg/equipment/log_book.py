"""The log book of one piece of equipment: use, cleaning, maintenance, calibration in the order of time (211.182).

Steps and acts write its lines; this only reads them. Also what a batch record needs of equipment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.equipment.records import (
    Calibration,
    Cleaning,
    Equipment,
    Maintenance,
    Standing,
    UseRow,
    uses_of,
)
from mfg.facts import plain
from mfg.units import in_words


@dataclass(frozen=True)
class LogLine:
    """One line: when it was, what kind of thing, what exactly, by whom, its record, and the batch if there is one."""

    at: datetime
    kind: str
    what: str
    by: str
    code: str
    batch: str = ""
    checked_by: str | None = None


def log_book(session: Session, code: str) -> list[LogLine]:
    """Everything that happened to one piece of equipment, the oldest first."""
    lines = [_use(row) for row in _rows(session, UseRow, UseRow.equipment, code)]
    lines += [_calibration(row) for row in _rows(session, Calibration, Calibration.equipment, code)]
    lines += [LogLine(row.done_at, "maintenance", row.what, row.recorded_by, row.code)
              for row in _rows(session, Maintenance, Maintenance.equipment, code)]
    lines += [_cleaning(row) for row in _rows(session, Cleaning, Cleaning.of, code)]
    lines += [LogLine(row.at, "state", f"{row.state}{': ' + row.why if row.why else ''}", row.by, row.code)
              for row in _rows(session, Standing, Standing.of, code)]
    return sorted(lines, key=lambda line: (line.at, line.kind, line.code))


def _rows(session: Session, kind: Any, column: Any, code: str) -> Any:
    return session.scalars(select(kind).where(column == code))


def _use(row: UseRow) -> LogLine:
    return LogLine(row.at, "use", row.on_code, row.by, row.code, row.within)


def _calibration(row: Calibration) -> LogLine:
    return LogLine(row.calibrated_at, "calibration", told(row), row.recorded_by, row.code, "", row.confirmed_by)


def _cleaning(row: Cleaning) -> LogLine:
    return LogLine(row.done_at, "cleaning", row.how, row.cleaned_by, row.code, "", row.checked_by)


def told(row: Calibration) -> str:
    """A calibration in a line: as found and as left beside what was allowed."""
    unit = in_words(row.unit)
    found, left = ("within" if ok else "OUTSIDE" for ok in (row.found_within, row.left_within))
    return (f"{row.point}: as found {plain(row.as_found)} {unit} ({found}), as left {plain(row.as_left)} {unit} "
            f"({left}), {plain(row.reference)} ± {plain(row.tolerance)} {unit} allowed")


@dataclass(frozen=True)
class UsedEquipment:
    """One use by a batch with the status of the equipment at that time, for the batch record (21 CFR 211.188(b)(2))."""

    equipment: str
    kind: str
    name: str
    serial: str
    used_at: datetime
    step: str
    by: str
    calibration: str | None
    calibrated_until: datetime | None
    cleaned_at: datetime | None


def equipment_of(session: Session, *, within: str) -> list[UsedEquipment]:
    """All equipment a batch used, use by use, the oldest first. Four statements, however many uses there are."""
    uses = uses_of(session, within=within)
    codes = {use.equipment for use in uses}
    if not codes:
        return []
    known = {row.code: row for row in session.scalars(select(Equipment).where(Equipment.code.in_(codes)))}
    calibrations = session.scalars(select(Calibration).where(Calibration.equipment.in_(codes)).order_by(
        Calibration.calibrated_at, Calibration.code)).all()
    cleanings = session.scalars(select(Cleaning).where(
        Cleaning.of.in_(codes), Cleaning.checked_by.is_not(None)).order_by(Cleaning.done_at, Cleaning.code)).all()
    return [_used(known[use.equipment], use, calibrations, cleanings) for use in uses]


def _used(row: Equipment, use: UseRow, calibrations: Sequence[Calibration],
          cleanings: Sequence[Cleaning]) -> UsedEquipment:
    """The newest calibration and checked cleaning at or before the use, as `use_facts` takes them."""
    calibrated = [one for one in calibrations if one.equipment == row.code and one.calibrated_at <= use.at]
    cleaned = [one for one in cleanings if one.of == row.code and one.done_at <= use.at]
    return UsedEquipment(row.code, row.kind, row.name, row.serial, use.at, use.on_code, use.by,
                         calibrated[-1].code if calibrated else None, calibrated[-1].due_at if calibrated else None,
                         cleaned[-1].done_at if cleaned else None)
