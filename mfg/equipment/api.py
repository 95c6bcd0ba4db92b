"""The doors of equipment and what JSON reads of it; those of rooms and of monitoring are gathered here too."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.equipment import acts, area_acts, area_api, monitoring_api, workstation_api
from mfg.equipment.log_book import log_book, told
from mfg.equipment.records import KINDS, UNITS, Calibration, Cleaning, Equipment, affected_uses, due_dates
from mfg.equipment.records import calibration as load_calibration
from mfg.equipment.records import cleaning as load_cleaning
from mfg.equipment.records import equipment as load_equipment
from mfg.equipment.rules import CLEANING, utc
from mfg.facts import Refused
from mfg.fields import Attached, Body, Choice, Moment, Number, Words, YesNo
from mfg.ledger import Who, now


class RegisterEquipment(Body):
    """One piece of equipment as it stands there, and how often it is looked after."""

    kind = Choice("Kind", KINDS)
    name = Words("Name", limit=200)
    serial = Words("Serial number", limit=80)
    room = Words("Where it stands", limit=200, hint="The code of the room, such as ROOM-0001.")
    needs_calibration = YesNo("Does it need calibration?")
    calibration_days = Number("Calibration interval", "d", above="0", required=False)
    needs_maintenance = YesNo("Does it need maintenance?")
    maintenance_days = Number("Maintenance interval", "d", above="0", required=False)
    cleaning_rule = Choice("When it is cleaned", tuple(CLEANING))
    cleaning_hours = Number("A cleaning holds", "h", above="0", required=False,
                            hint="Only where it is cleaned every so many hours.")


class QualifyEquipment(Body):
    """On which evidence it goes into service."""

    report = Words("Qualification report", limit=200, hint="Its number, as filed.")


class Conclude(Body):
    """What was found, and why it may be used again."""

    conclusion = Words("Conclusion", kind="textarea")


class RecordCalibration(Body):
    """A calibration at its worst point, as it stands on the certificate."""

    point = Words("What was compared", limit=200, hint="For instance: temperature, middle shelf. Take the worst point.")
    unit = Choice("Unit of all four values", UNITS)
    reference = Number("The standard said", "")
    tolerance = Number("Allowed distance from it", "", low="0")
    as_found = Number("As found", "", hint="Before any adjustment.")
    as_left = Number("As left", "", hint="After adjustment; the same again when nothing was adjusted.")
    certificate = Words("Certificate number", limit=200)
    file = Attached("Certificate", required=False)
    calibrated_at = Moment("Calibrated at")
    due_at = Moment("Next calibration due", required=False,
                    hint="Blank: at the end of the interval. The certificate may say earlier, never later.")


class RecordMaintenance(Body):
    """What was maintained, and when."""

    what = Words("What was done", kind="textarea")
    done_at = Moment("Done at")


class RecordCleaning(Body):
    """How it was cleaned, and when."""

    how = Words("How it was cleaned", limit=200, hint="Procedure and agent.")
    done_at = Moment("Done at")


def _register(session: Session, who: Who, *, calibration_days: Decimal | None, maintenance_days: Decimal | None,
              cleaning_hours: Decimal | None, **told: Any) -> str:
    return acts.register_equipment(
        session, who, calibration_days=whole(calibration_days, "calibration_days"),
        maintenance_days=whole(maintenance_days, "maintenance_days"),
        cleaning_hours=whole(cleaning_hours, "cleaning_hours"), **told)


def whole(value: Decimal | None, field: str) -> int | None:
    """An interval as a whole number; half days are refused."""
    if value is None:
        return None
    if value != value.to_integral_value() or value > 100_000:
        raise Refused("A whole number up to 100000 was expected.", kind="input",
                      fields={field: ["A whole number was expected."]})
    return int(value)


def equipment_page(code: str) -> str:
    """The page of a piece of equipment, or of the record the act made about it."""
    for prefix, place in (("CAL-", "/calibrations/"), ("CLN-", "/cleanings/")):
        if code.startswith(prefix):
            return place + code
    return "/equipment" if code.startswith("MNT-") else f"/equipment/{code}"


def _shows(session: Session, *, equipment: str) -> Pairs:
    row = load_equipment(session, equipment)
    return [("equipment", row.code), ("kind", row.kind), ("name", row.name), ("serial number", row.serial),
            ("where", row.room), ("state", row.state)]


def _seen(session: Session, *, equipment: str) -> str:
    return str(load_equipment(session, equipment).version)


def calibration_pairs(row: Calibration) -> Pairs:
    """A calibration as people read it."""
    return [("equipment", row.equipment), ("result", told(row)), ("certificate", row.certificate),
            ("calibrated", utc(row.calibrated_at)), ("holds until", utc(row.due_at)), ("recorded by", row.recorded_by)]


def _shows_calibration(session: Session, *, calibration: str) -> Pairs:
    return calibration_pairs(load_calibration(session, calibration))


def _seen_calibration(session: Session, *, calibration: str) -> str:
    return str(load_calibration(session, calibration).version)


def cleaning_pairs(row: Cleaning) -> Pairs:
    """A cleaning as people read it."""
    return [("of", row.of), ("how", row.how), ("done", utc(row.done_at)), ("cleaned by", row.cleaned_by)]


def _shows_cleaning(session: Session, *, cleaning: str) -> Pairs:
    return cleaning_pairs(load_cleaning(session, cleaning))


def _seen_cleaning(session: Session, *, cleaning: str) -> str:
    return str(load_cleaning(session, cleaning).version)


ONE = "/equipment/<equipment>"
DOORS: tuple[Door, ...] = (
    Door("register equipment", "/equipment", _register, "Register equipment", "Register", equipment_page,
         RegisterEquipment, intro="It may be used once QA has qualified it."),
    Door("qualify equipment", ONE, acts.qualify_equipment, "Qualify equipment", "Sign and put into service",
         equipment_page, QualifyEquipment, shows=_shows, seen=_seen,
         intro="Who registered it cannot qualify it."),
    Door("record calibration", ONE, acts.record_calibration, "Record calibration", "Sign the calibration",
         equipment_page, RecordCalibration, shows=_shows,
         intro="Found outside its tolerance, it goes out of service at once, and every batch it served since its last "
               "good calibration gets a deviation. It counts once a second person has confirmed it."),
    Door("confirm calibration", "/calibrations/<calibration>", acts.confirm_calibration, "Confirm calibration",
         "Compare and confirm", equipment_page, shows=_shows_calibration, seen=_seen_calibration,
         intro="Compare every value with the certificate. Who recorded it cannot confirm it."),
    Door("record maintenance", ONE, acts.record_maintenance, "Record maintenance", "Sign the maintenance",
         equipment_page, RecordMaintenance, shows=_shows),
    Door("record cleaning", ONE, acts.record_cleaning, "Record cleaning", "Sign the cleaning", equipment_page,
         RecordCleaning, shows=_shows, intro="It counts once a second person has checked it."),
    Door("check cleaning", "/cleanings/<cleaning>", area_acts.check_cleaning, "Check cleaning", "Found clean",
         equipment_page, shows=_shows_cleaning, seen=_seen_cleaning,
         intro="Look at it. Who cleaned it cannot check it."),
    Door("take out of service", ONE, acts.take_out_of_service, "Take out of service", "Take it out of service",
         equipment_page, danger=True, seen=_seen, intro="With the reason. No step takes it from now on."),
    Door("return to service", ONE, acts.return_to_service, "Return to service", "Sign and return", equipment_page,
         Conclude, shows=_shows, seen=_seen,
         intro="Calibrated and maintained, and by another person than the one who took it out."),
    Door("retire equipment", ONE, acts.retire_equipment, "Retire equipment", "Retire", equipment_page, danger=True,
         shows=_shows, seen=_seen, intro="For good, with the reason."),
    *area_api.DOORS,
    *monitoring_api.DOORS,
    *workstation_api.DOORS,
)


def all_equipment(session: Session) -> list[Equipment]:
    """All equipment in the order of its codes."""
    return list(session.scalars(select(Equipment).order_by(Equipment.code)))


def as_data(row: Any) -> dict[str, Any]:
    """One row as plain data."""
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


def _one(session: Session, *, equipment: str) -> Any:
    row, moment = load_equipment(session, equipment), now()
    dates: dict[str, datetime | None] = due_dates(session, equipment, moment)
    return as_data(row) | {"due": plain_data(dates),
                           "log_book": [plain_data(line) for line in log_book(session, equipment)]}


def _calibration(session: Session, *, calibration: str) -> Any:
    row = load_calibration(session, calibration)
    return as_data(row) | {"uses_in_doubt": [as_data(use) for use in affected_uses(session, row)]}


VIEWS: tuple[View, ...] = (
    View("/equipment", lambda session: [as_data(row) for row in all_equipment(session)], "Equipment"),
    View(ONE, _one, "One piece of equipment with its log book"),
    View("/calibrations/<calibration>", _calibration, "One calibration with the uses it puts in doubt"),
    View("/cleanings/<cleaning>", lambda session, cleaning: as_data(load_cleaning(session, cleaning)), "One cleaning"),
    *area_api.VIEWS,
    *monitoring_api.VIEWS,
    *workstation_api.VIEWS,
)
