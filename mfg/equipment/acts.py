"""What is done with equipment: registered, qualified, calibrated, maintained, cleaned, taken out and brought back.

Using it is the steps' business: they judge `rules.EQUIPMENT_USE` and write `records.log_use`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.equipment.records import (
    KINDS,
    Calibration,
    Cleaning,
    Equipment,
    Maintenance,
    UseRow,
    affected_uses,
    known_serial,
    stand,
    standing_at,
    use_facts,
)
from mfg.equipment.records import calibration as load_calibration
from mfg.equipment.records import equipment as load_equipment
from mfg.equipment.rules import (
    CALIBRATION,
    FIT,
    MOVES,
    PAST,
    REGISTRATION,
    RETURN,
    CalibrationFacts,
    Registration,
    Return,
    Told,
)
from mfg.facts import Refused, judge, plain, refuse_unless
from mfg.files import Upload, keep_file
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.records import draft


def register_equipment(session: Session, who: Who, *, kind: str, name: str, serial: str, room: str,
                       needs_calibration: bool, needs_maintenance: bool, cleaning_rule: str,
                       calibration_days: int | None = None, maintenance_days: int | None = None,
                       cleaning_hours: int | None = None) -> str:
    """Register a piece of equipment; intervals in days and hours, None where none is needed. Returns EQ-0001."""
    with act(session, "register equipment", on=f"serial number {serial}"[:80], **who.how) as doing:
        refuse_unless(judge(REGISTRATION, Registration(
            kind, KINDS, needs_calibration, calibration_days, needs_maintenance, maintenance_days, cleaning_rule,
            cleaning_hours, known_serial(session, serial))))
        doing.on = doing.within = doing.result = next_code(session, Equipment, "EQ", 4)
        session.add(Equipment(
            code=doing.on, kind=kind, name=name, serial=serial, room=room, calibration_days=calibration_days,
            maintenance_days=maintenance_days, cleaning_rule=cleaning_rule, cleaning_hours=cleaning_hours,
            registered_by=doing.by.code, registered_at=doing.at, state=MOVES.start))
        stand(session, doing.on, MOVES.start, doing.verb.name, at=doing.at, by=doing.by.code)
    return doing.result


def qualify_equipment(session: Session, who: Who, *, equipment: str, report: str, seen: str | None = None) -> str:
    """QA puts equipment into service on the strength of a qualification report. Returns its code."""
    with act(session, "qualify equipment", on=equipment, within=equipment, **who.how) as doing:
        row = load_equipment(session, equipment)
        fresh(row, seen)
        _moves(session, row, doing, why=f"qualified, {report}"[:2000])
        doing.signs(_described(row) | {"report": report})
    return doing.result


def take_out_of_service(session: Session, who: Who, *, equipment: str, seen: str | None = None) -> str:
    """Anybody who works with it takes equipment out of service, with the reason. Returns its code."""
    with act(session, "take out of service", on=equipment, within=equipment, **who.how) as doing:
        row = load_equipment(session, equipment)
        fresh(row, seen)
        _moves(session, row, doing, why=doing.how.reason)
    return doing.result


def return_to_service(session: Session, who: Who, *, equipment: str, conclusion: str,
                      seen: str | None = None) -> str:
    """QA brings equipment back, calibrated and maintained at this moment, never by who took it out."""
    with act(session, "return to service", on=equipment, within=equipment, **who.how) as doing:
        row = load_equipment(session, equipment)
        fresh(row, seen)
        MOVES.after(doing.verb.name, row.state)
        left = standing_at(session, row.code, doing.at)
        refuse_unless(judge(RETURN, Return(row.code, left.by if left else "", doing.by.code))
                      + judge(FIT, use_facts(session, row.code, doing.at, row.kind, "")))
        _moves(session, row, doing, why=conclusion)
        doing.signs(_described(row) | {"conclusion": conclusion})
    return doing.result


def retire_equipment(session: Session, who: Who, *, equipment: str, seen: str | None = None) -> str:
    """Take equipment out of use for good, with the reason. Returns its code."""
    with act(session, "retire equipment", on=equipment, within=equipment, **who.how) as doing:
        row = load_equipment(session, equipment)
        fresh(row, seen)
        _moves(session, row, doing, why=doing.how.reason)
        doing.signs(_described(row) | {"reason": doing.how.reason})
    return doing.result


def _moves(session: Session, row: Equipment, doing: Doing, *, why: str) -> None:
    row.state = MOVES.after(doing.verb.name, row.state)
    stand(session, row.code, row.state, doing.verb.name, at=doing.at, by=doing.by.code, why=why)
    doing.result = row.code


def _described(row: Equipment) -> dict[str, Any]:
    names = ("code", "kind", "name", "serial", "room", "calibration_days", "maintenance_days", "cleaning_rule",
             "cleaning_hours")
    return {name: getattr(row, name) for name in names}


def _in_use(row: Equipment, verb: str) -> None:
    if row.state in MOVES.final:
        raise Refused(f"{row.code} is {row.state}; “{verb}” is not possible any more.")


# --- calibration


def record_calibration(session: Session, who: Who, *, equipment: str, point: str, reference: Decimal,
                       tolerance: Decimal, as_found: Decimal, as_left: Decimal, unit: str, certificate: str,
                       calibrated_at: datetime, due_at: datetime | None = None, file: Upload | None = None) -> str:
    """Record a calibration; all four amounts in `unit` (UCUM). Returns CAL-0001.

    Due at the end of the interval unless the certificate says earlier. Found or left outside its tolerance: in the
    same act the equipment goes out of service and every batch it served since the last good calibration gets a
    deviation.
    """
    with act(session, "record calibration", on=equipment, within=equipment, **who.how) as doing:
        row = load_equipment(session, equipment)
        _in_use(row, doing.verb.name)
        due = due_at or calibrated_at + timedelta(days=row.calibration_days or 0)
        told = CalibrationFacts(row.code, reference, tolerance, as_found, as_left, unit, calibrated_at, due,
                                row.calibration_days, doing.at)
        refuse_unless(judge(PAST, Told(calibrated_at, doing.at)) + judge(CALIBRATION, told))
        kept = keep_file(session, file, by=doing.by.code, at=doing.at).code if file else None
        made = Calibration(code=next_code(session, Calibration, "CAL", 4), equipment=row.code, point=point,
                           reference=reference, tolerance=tolerance, as_found=as_found, as_left=as_left, unit=unit,
                           found_within=told.found_within, left_within=told.left_within, certificate=certificate,
                           file=kept, calibrated_at=calibrated_at, due_at=due, recorded_by=doing.by.code,
                           recorded_at=doing.at)
        session.add(made)
        session.flush()
        doing.on = doing.result = made.code
        in_doubt = _found_outside(session, row, made, doing)
        doing.signs(_as_signed(made) | {"uses in doubt": [use.code for use in in_doubt]})
    return doing.result


def _as_signed(row: Calibration) -> dict[str, Any]:
    names = ("code", "equipment", "point", "reference", "tolerance", "as_found", "as_left", "unit", "found_within",
             "left_within", "certificate", "file", "calibrated_at", "due_at")
    return {name: getattr(row, name) for name in names}


def _found_outside(session: Session, row: Equipment, made: Calibration, doing: Doing) -> list[UseRow]:
    """The breach itself: nothing further is done with it, and every batch it served has to be looked at."""
    if made.found_within and made.left_within:
        return []
    uses = affected_uses(session, made)
    if row.state == "in service":
        _moves(session, row, doing, why=f"{made.code}: outside its tolerance")
        doing.result = made.code
    for batch in dict.fromkeys(use.within for use in uses if use.within):
        draft(session, within=batch, on=made.code, severity="major", kind="equipment lapse", by=doing.by.code,
              at=doing.at, requirement="21 CFR 211.68, 211.160(b)(4): calibrated while in use",
              what=_breach(made, [use for use in uses if use.within == batch]))
        session.flush()
    return uses


def _breach(row: Calibration, uses: Iterable[UseRow]) -> str:
    """What a deviation says: expected, found, and at which steps of the batch the equipment was used."""
    steps = ", ".join(dict.fromkeys(use.on_code for use in uses))
    shown = steps if len(steps) <= 1000 else f"{steps[:1000]}… (all in the log book of {row.equipment})"
    return (f"{row.equipment} was found outside its tolerance ({row.code}): {plain(row.reference)} ± "
            f"{plain(row.tolerance)} {row.unit} was expected, as found {plain(row.as_found)}, as left "
            f"{plain(row.as_left)}. It was used since its last good calibration at: {shown}. It is out of service; "
            "assess what this means for the product.")


def confirm_calibration(session: Session, who: Who, *, calibration: str, seen: str | None = None) -> str:
    """A second person compares a calibration with its certificate; from then on it counts. Returns its code."""
    with act(session, "confirm calibration", on=calibration, **who.how) as doing:
        row = load_calibration(session, calibration)
        fresh(row, seen)
        doing.within = row.equipment
        if row.confirmed_by:
            raise Refused(f"{row.code} was confirmed already, by {row.confirmed_by}.", kind="stale")
        row.confirmed_by, row.confirmed_at = doing.by.code, doing.at
        doing.signs(_as_signed(row))
        doing.result = row.code
    return doing.result


# --- maintenance and cleaning


def record_maintenance(session: Session, who: Who, *, equipment: str, what: str, done_at: datetime) -> str:
    """Record a maintenance that was done; the next is due after the registered interval. Returns MNT-0001."""
    with act(session, "record maintenance", on=equipment, within=equipment, **who.how) as doing:
        row = load_equipment(session, equipment)
        _in_use(row, doing.verb.name)
        if row.maintenance_days is None:
            raise Refused(f"{row.code} is registered as needing no maintenance. Note a repair as a deviation, or take "
                          "it out of service.")
        refuse_unless(judge(PAST, Told(done_at, doing.at)))
        due = done_at + timedelta(days=row.maintenance_days)
        made = Maintenance(code=next_code(session, Maintenance, "MNT", 4), equipment=row.code, done_at=done_at,
                           what=what, due_at=due, recorded_by=doing.by.code, recorded_at=doing.at)
        session.add(made)
        doing.signs({"code": made.code, "equipment": row.code, "what": what, "done_at": done_at, "due_at": due})
        doing.result = made.code
    return doing.result


def record_cleaning(session: Session, who: Who, *, equipment: str, how: str, done_at: datetime) -> str:
    """Record a cleaning that was done; it counts once a second person has checked it. Returns CLN-0001."""
    with act(session, "record cleaning", on=equipment, within=equipment, **who.how) as doing:
        row = load_equipment(session, equipment)
        _in_use(row, doing.verb.name)
        cleaned(session, doing, of=row.code, how=how, done_at=done_at)
    return doing.result


def cleaned(session: Session, doing: Doing, *, of: str, how: str, done_at: datetime) -> None:
    """Keep a cleaning of equipment or of an area inside the act under way, which is then an act on the cleaning."""
    refuse_unless(judge(PAST, Told(done_at, doing.at)))
    made = Cleaning(code=next_code(session, Cleaning, "CLN", 4), of=of, done_at=done_at, how=how,
                    cleaned_by=doing.by.code, recorded_at=doing.at)
    session.add(made)
    doing.on = doing.result = made.code
    doing.signs({"code": made.code, "of": of, "how": how, "done_at": done_at})
