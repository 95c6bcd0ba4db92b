"""When equipment may be used, and when what is told about it can be right. Pure; due dates are compared, never ticked.

Rooms and cabinets have their own rules in `area_rules.py`, monitoring in `monitoring_rules.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, plain, rule

MOVES = Moves("piece of equipment", "installed", frozenset({"retired"}), (
    Move("qualify equipment", frozenset({"installed"}), "in service"),
    Move("take out of service", frozenset({"in service"}), "out of service"),
    # found outside its tolerance at a calibration: in the same act
    Move("record calibration", frozenset({"in service"}), "out of service"),
    Move("return to service", frozenset({"out of service"}), "in service"),
    Move("retire equipment", frozenset({"installed", "in service", "out of service"}), "retired"),
))

#: cleaning rule -> does it ask for a cleaning between two batches, does it ask for one every so many hours
CLEANING = {"not needed": (False, False), "before each batch": (True, False), "every so many hours": (False, True),
            "before each batch and every so many hours": (True, True)}
#: how long before a due date it is called due soon; assumed, the regulation names no number
SOON = timedelta(days=14)


def due_word(due_at: datetime | None, at: datetime) -> str:
    """OK, DUE SOON or OVERDUE at a moment; the due moment itself still belongs to OK. NEVER DONE without a date."""
    if due_at is None:
        return "NEVER DONE"
    if at > due_at:
        return "OVERDUE"
    return "DUE SOON" if at + SOON > due_at else "OK"


def utc(moment: datetime) -> str:
    """A moment to the second, as people read it."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True)
class EquipmentUse:
    """One piece of equipment used at a moment by a batch, with what is on record about that moment."""

    equipment: str
    kind: str
    #: in which state it was at the time of use
    state: str
    #: the time of use
    at: datetime
    #: the kind the step asks for
    wanted: str
    needs_calibration: bool = True
    #: the newest calibration before the use: its code, whether a second person confirmed it, whether it was left
    #: within its tolerance, and until when it holds (inclusive)
    calibration: str | None = None
    confirmed: bool = False
    left_within: bool = False
    calibrated_until: datetime | None = None
    #: a calibration after the use that found it outside its tolerance, when the one before found it good
    found_outside_later: str | None = None
    needs_maintenance: bool = True
    maintained_until: datetime | None = None
    cleaning_rule: str = ""
    #: the newest cleaning before the use that a second person checked
    cleaned_at: datetime | None = None
    cleaning_hours: int | None = None
    #: the batch this use is for, and the newest use before for another one
    batch: str = ""
    other_batch: str | None = None
    other_used_at: datetime | None = None


@rule("EQP-01", "The equipment is in service")
def in_service(f: EquipmentUse) -> Any:
    """Only qualified equipment that is in service at the time of use touches a batch (21 CFR 211.63, 211.65)."""
    ok = f.state == "in service"
    return passed(ok), (f"{f.equipment} was in service at {utc(f.at)}." if ok else
                        f"{f.equipment} was “{f.state}” at {utc(f.at)}; “in service” was expected. Take another "
                        "one, or ask QA."), f.state, "in service", (f.equipment,)


@rule("EQP-02", "The equipment is calibrated at the time of use")
def calibrated(f: EquipmentUse) -> Any:
    """A confirmed calibration holds at the time of use, its due moment included (21 CFR 211.68(a), 211.160(b)(4))."""
    if not f.needs_calibration:
        return Verdict.PASS, f"{f.equipment} needs no calibration."
    code = need(f.calibration, f"No calibration of {f.equipment} before {utc(f.at)} is recorded. Have it calibrated.")
    until = need(f.calibrated_until, f"{code} of {f.equipment} names no due date.")
    used, due, sources = utc(f.at), utc(until), (f.equipment, code)
    if not f.confirmed:
        return Verdict.CANNOT_DETERMINE, f"{code} of {f.equipment} is not yet confirmed by a second person.", used, due
    if not f.left_within:
        return Verdict.FAIL, f"{code} left {f.equipment} outside its tolerance. Take another one.", used, due, sources
    if f.at > until:
        return Verdict.FAIL, (f"The calibration of {f.equipment} was due {due}; the time of use is {used}. "
                              "Take another one."), used, due, sources
    if f.found_outside_later:
        return Verdict.CANNOT_DETERMINE, (
            f"{f.found_outside_later} found {f.equipment} outside its tolerance after {used}; nobody knows since "
            "when it was. QA assesses what was done with it."), used, due, (*sources, f.found_outside_later)
    return Verdict.PASS, f"{f.equipment} is calibrated until {due} ({code}).", used, due, sources


@rule("EQP-03", "The equipment is maintained at the time of use")
def maintained(f: EquipmentUse) -> Any:
    """Maintenance is not overdue at the time of use, its due moment included (21 CFR 211.67)."""
    if not f.needs_maintenance:
        return Verdict.PASS, f"{f.equipment} needs no maintenance."
    until = need(f.maintained_until, f"No maintenance of {f.equipment} before {utc(f.at)} is recorded.")
    ok = f.at <= until
    return passed(ok), (f"{f.equipment} is maintained until {utc(until)}." if ok else
                        f"The maintenance of {f.equipment} was due {utc(until)}; the time of use is {utc(f.at)}. "
                        "Take another one."), utc(f.at), utc(until), (f.equipment,)


@rule("EQP-04", "The equipment is clean for this batch")
def clean(f: EquipmentUse) -> Any:
    """Cleaned since its last use for another batch, and not longer ago than it holds (21 CFR 211.67, 211.182)."""
    each, hours = CLEANING[need(f.cleaning_rule, f"How {f.equipment} is cleaned is not said.")]
    if not (each or hours):
        return Verdict.PASS, f"{f.equipment} needs no cleaning."
    cleaned = need(f.cleaned_at, f"No cleaning of {f.equipment}, checked by a second person, is recorded before "
                                 f"{utc(f.at)}. Clean it and have it checked.")
    if each and f.other_used_at is not None and cleaned <= f.other_used_at:
        return Verdict.FAIL, (f"{f.equipment} was used for {f.other_batch} at {utc(f.other_used_at)} and not cleaned "
                              "since. Clean it and have it checked."), utc(cleaned), utc(f.other_used_at)
    if hours:
        until = cleaned + timedelta(hours=need(f.cleaning_hours, f"How long a cleaning of {f.equipment} holds is "
                                                                 "not said."))
        ok = f.at <= until
        return passed(ok), (f"{f.equipment} is clean until {utc(until)}." if ok else
                            f"The cleaning of {f.equipment} held until {utc(until)}; the time of use is {utc(f.at)}. "
                            "Clean it and have it checked."), utc(f.at), utc(until)
    return Verdict.PASS, f"{f.equipment} was cleaned {utc(cleaned)}, after any use for another batch.", utc(cleaned)


@rule("EQP-05", "The equipment is of the kind the step asks for")
def of_right_kind(f: EquipmentUse) -> Any:
    """The kind of the equipment is the kind that the master record asks for at this step (21 CFR 211.105)."""
    wanted = need(f.wanted, f"Nobody said which kind of equipment is wanted, so {f.equipment} cannot be judged.")
    ok = f.kind == wanted
    return passed(ok), (f"{f.equipment} is a {f.kind}." if ok else
                        f"{f.equipment} is a {f.kind}; a {wanted} was expected. Scan the right one."), f.kind, wanted


EQUIPMENT_USE = (in_service, calibrated, maintained, clean, of_right_kind)


@dataclass(frozen=True)
class Registration:
    """One piece of equipment about to be registered."""

    kind: str
    kinds: tuple[str, ...]
    needs_calibration: bool
    calibration_days: int | None
    needs_maintenance: bool
    maintenance_days: int | None
    cleaning_rule: str
    cleaning_hours: int | None
    serial_known_as: str | None = None


@rule("EQP-06", "Intervals are stated where they are needed")
def intervals_stated(f: Registration) -> Any:
    """What needs calibration, maintenance or cleaning says how often; a blank interval is not “never”."""
    asked = ((f.needs_calibration, f.calibration_days, "calibration", "days"),
             (f.needs_maintenance, f.maintenance_days, "maintenance", "days"),
             (CLEANING.get(f.cleaning_rule, (False, False))[1], f.cleaning_hours, "cleaning", "hours"))
    for needed, interval, what, unit in asked:
        if needed:
            every = need(interval, f"The {what} interval in {unit} is blank. State it, or say that none is needed.")
            if every <= 0:
                return Verdict.FAIL, f"A {what} interval of {every} {unit} cannot be; more than 0 was expected."
        elif interval is not None:
            return Verdict.FAIL, (f"A {what} interval is given, but none is said to be needed. Leave it blank, or say "
                                  "that it is needed.")
    return Verdict.PASS, "The intervals are stated."


@rule("EQP-07", "Equipment is registered once, as a known kind")
def registered_once(f: Registration) -> Any:
    """A serial number names one piece of equipment; its kind and cleaning rule are of the list (21 CFR 211.105)."""
    if f.kind not in f.kinds:
        return Verdict.FAIL, f"“{f.kind}” is not a kind of equipment. Choose one of: {', '.join(f.kinds)}.", f.kind
    if f.cleaning_rule not in CLEANING:
        return Verdict.FAIL, f"“{f.cleaning_rule}” is not a cleaning rule. Choose one of: {', '.join(CLEANING)}."
    ok = f.serial_known_as is None
    return passed(ok), ("This serial number is new." if ok else
                        f"This serial number is registered as {f.serial_known_as} already. Use that one.")


REGISTRATION = (intervals_stated, registered_once)


@dataclass(frozen=True)
class CalibrationFacts:
    """One calibration as told: what the standard said, what the equipment said before and after adjustment."""

    equipment: str
    reference: Decimal
    #: allowed distance from the reference, inclusive, in the same unit
    tolerance: Decimal
    as_found: Decimal
    as_left: Decimal
    unit: str
    calibrated_at: datetime
    due_at: datetime
    interval_days: int | None
    at: datetime

    @property
    def found_within(self) -> bool:
        """As found, at most the tolerance away from the reference."""
        return abs(self.as_found - self.reference) <= self.tolerance

    @property
    def left_within(self) -> bool:
        """As left, at most the tolerance away from the reference."""
        return abs(self.as_left - self.reference) <= self.tolerance


@rule("EQP-08", "What is told happened already")
def told_in_the_past(f: Any) -> Any:
    """Calibration, maintenance, cleaning and clearance are recorded after they were done (ALCOA: contemporaneous)."""
    done, now = need(f.done_at, "It is not said when it was done."), f.at
    ok = done <= now
    return passed(ok), (f"Done {utc(done)}." if ok else f"It is said to be done at {utc(done)}, but it is {utc(now)} "
                        "now. Correct date and time."), utc(done), utc(now)


@rule("EQP-09", "The next calibration is due within the interval")
def due_within_interval(f: CalibrationFacts) -> Any:
    """A calibration holds from its moment for at most the interval the equipment was registered with."""
    days = need(f.interval_days, f"{f.equipment} was registered as needing no calibration.")
    latest = f.calibrated_at + timedelta(days=days)
    ok = f.calibrated_at < f.due_at <= latest
    return passed(ok), (f"Due {utc(f.due_at)}." if ok else
                        f"The next calibration is said to be due {utc(f.due_at)}; after the calibration and at the "
                        f"latest {utc(latest)} was expected."), utc(f.due_at), utc(latest)


@rule("EQP-10", "A tolerance is a distance")
def tolerance_is_a_distance(f: CalibrationFacts) -> Any:
    """A tolerance is not below zero, and its unit is stated."""
    need(f.unit, "The unit of the calibration is blank.")
    ok = f.tolerance >= 0
    return passed(ok), ("The tolerance is a distance." if ok else
                        f"A tolerance of {plain(f.tolerance)} {f.unit} cannot be; 0 or more was expected.")


CALIBRATION = (due_within_interval, tolerance_is_a_distance)


@dataclass(frozen=True)
class Told:
    """When something was done, as told, and when it is recorded."""

    done_at: datetime | None
    at: datetime


PAST = (told_in_the_past,)


@dataclass(frozen=True)
class Return:
    """Equipment about to come back into service."""

    equipment: str
    taken_out_by: str
    returned_by: str


@rule("EQP-11", "Whoever took equipment out of service does not bring it back")
def returned_by_another(f: Return) -> Any:
    """Equipment comes back by another person than the one whose act took it out of service (21 CFR 211.22)."""
    ok = need(f.taken_out_by, f"It is not known who took {f.equipment} out of service.") != f.returned_by
    return passed(ok), ("Taken out and returned by two people." if ok else
                        f"{f.equipment} was taken out of service by the same person, {f.returned_by}. Another person "
                        "of quality assurance has to return it.")


RETURN = (returned_by_another,)
#: the state of the equipment itself, asked before it comes back
FIT = (calibrated, maintained)
