"""What comes with a result: instrument, reagents, controls, events, readings. Gathered and kept inside its act.

It opens no act and judges nothing itself: `evidence_rules.py` and `instrument_rules.py` do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.batches.scans import LOT, identified
from mfg.equipment.records import equipment as equipment_of
from mfg.equipment.records import log_use, use_facts
from mfg.equipment.rules import EquipmentUse
from mfg.facts import Refused, judge, refuse_unless
from mfg.identity import roles_of
from mfg.instruments.found import Value
from mfg.instruments.gates import ALL
from mfg.instruments.plain_data import values_from
from mfg.ledger import Doing
from mfg.materials.records import lot as load_lot
from mfg.materials.using import lot_facts
from mfg.qc.evidence_rules import NAMED, Evidence, lapses
from mfg.qc.instrument_records import InstrumentFileRow, RawValue, ReadingRow, ResultLot, answered_by_readings
from mfg.qc.instrument_rules import RESTING, TYPING, Resting, Used, value_in
from mfg.qc.records import Result, Sample
from mfg.quality.records import draft
from mfg.recipes.specification import Test
from mfg.training.records import qualification_facts

#: what a person answers by confirming the preview and by choosing the very readings
ANSWERED = frozenset({"INS-10", "INS-17"})
TYPED, READ = "typed", "instrument file"


class Told(Protocol):
    """What somebody told beside a value, as entered: scans, events, lines of controls."""

    @property
    def equipment(self) -> str: ...
    @property
    def lots(self) -> Sequence[str]: ...
    @property
    def events(self) -> int | None: ...
    @property
    def controls(self) -> Mapping[str, str]: ...


def gathered(session: Session, doing: Doing, asked: Test, row: Sample, told: Told, value: str, at: datetime,
             readings: Sequence[Used]) -> Evidence:
    """What comes with a result tested at `at`; refused when a scan cannot be read or something is missing."""
    equipment, read_with = scanned(told.equipment), _measured_with(session, readings)
    counted = _events(asked, readings)
    one_truth("Instrument", equipment or None, read_with or None)
    one_truth("Events", told.events, counted)
    equipment = equipment or read_with
    lots = tuple(lot_facts(session, one, at, one.kind) for one in (
        load_lot(session, identified(scan, *LOT)[0]) for scan in told.lots))
    found = Evidence(
        asked, value, tuple(sorted(roles_of(session, doing.by.code))),
        _fitness(session, equipment, at, asked, row) if equipment else None, lots,
        told.events if told.events is not None else counted, tuple(told.controls.items()),
        qualification_facts(session, doing.by.code, asked.qualifications, at) if asked.qualifications else None)
    refuse_unless(judge(NAMED, found))
    return found


def scanned(equipment: str) -> str:
    """The instrument that was scanned; blank where none was."""
    return identified(equipment, "equipment")[0] if equipment else ""


def _fitness(session: Session, code: str, at: datetime, asked: Test, row: Sample) -> EquipmentUse:
    """The equipment at that time. Where the specification names no kind, any will do, and it has to be fit all the
    same."""
    kind = asked.equipment or equipment_of(session, code).kind
    return use_facts(session, code, at, kind, row.batch or "")


def _measured_with(session: Session, readings: Sequence[Used]) -> str:
    """The instrument of the readings, where they are of one."""
    codes = set(session.scalars(select(InstrumentFileRow.equipment).join(
        ReadingRow, ReadingRow.instrument_file == InstrumentFileRow.code).where(
        ReadingRow.code.in_([one.code for one in readings])))) if readings else set()
    return codes.pop() or "" if len(codes) == 1 else ""


def _events(asked: Test, readings: Sequence[Used]) -> int | None:
    """How many events the parent of the gate had, as the file says; None where it does not."""
    parent = asked.population.rpartition("/")[0] or ALL
    found = [value.reading.value for one in readings for value in one.values
             if value.what == "events" and value.of == parent and value.reading is not None]
    return int(min(found)) if found else None


def readings_behind(session: Session, asked: Test, sample: str, codes: Sequence[str], remark: str) -> tuple[Used, ...]:
    """The readings a result is to rest on, if they may; refused with every reason otherwise. None for a typed value,
    which is refused where the instrument has it."""
    rows = session.execute(select(ReadingRow, InstrumentFileRow.state).join(
        InstrumentFileRow, InstrumentFileRow.code == ReadingRow.instrument_file).where(
        ReadingRow.code.in_(list(codes)) | (ReadingRow.sample == sample)).order_by(ReadingRow.code))
    found = {row.code: used_of(row, state) for row, state in rows}
    readings, before = tuple(found[code] for code in codes if code in found), answered_by_readings(
        session, sample, asked.id)
    others = tuple(one for code, one in found.items() if code not in codes and code not in before
                   and one.file_state == "confirmed" and value_in(asked, one) is not None)
    refuse_unless(judge(RESTING if codes else TYPING, Resting(
        asked, sample, readings, tuple(one for one in codes if one not in found), others,
        tuple((one, before[one]) for one in codes if one in before), remark)))
    return readings


def one_truth(what: str, told: object, read: object) -> None:
    """Refuse what is typed beside readings that say otherwise."""
    if told is not None and read is not None and told != read:
        raise Refused(f"{what}: {told} was entered, and the readings say {read}. Leave it empty, or choose the right "
                      "readings.", kind="input")


def used_of(row: ReadingRow, state: str) -> Used:
    """A kept reading as the rules see it."""
    wrong = tuple(one for one in orjson.loads(row.findings) if one["verdict"] != "PASS" and one["rule"] not in ANSWERED)
    return Used(row.code, row.sample, row.sample_text, state, "FAIL" if any(
        one["verdict"] == "FAIL" for one in wrong) else "CANNOT DETERMINE" if wrong else "PASS",
        tuple(one["why"] for one in wrong), values_of(row))


def values_of(row: ReadingRow) -> tuple[Value, ...]:
    """The values of a kept reading."""
    return values_from(orjson.loads(row.values))


def value_of(asked: Test, readings: Sequence[Used]) -> str:
    """The value of a result as its readings have it: one number, or replicates joined by "; "."""
    found = [value_in(asked, one) for one in readings]
    return "; ".join(str(one.reading) for one in found if one is not None and one.reading is not None)


def measured_at(session: Session, codes: Sequence[str]) -> datetime | None:
    """When the last of some readings was measured; None without any."""
    return session.scalar(select(func.max(ReadingRow.measured_at)).where(ReadingRow.code.in_(list(codes)))) \
        if codes else None


def keep_evidence(session: Session, doing: Doing, result: Result, evidence: Evidence, readings: Sequence[Used]) -> None:
    """Keep raw values and lots beside the result, write the log of the instrument, open deviations of lapses."""
    for at, one in enumerate(_raw(result, evidence, readings), 1):
        one.code = f"{result.code}-{at:03d}"
        session.add(one)
    for at, lot in enumerate(evidence.lots, 1):
        session.add(ResultLot(code=f"{result.code}-L{at:02d}", result=result.code, lot=lot.lot))
    if evidence.equipment is not None:
        log_use(session, equipment=evidence.equipment.equipment, within=result.batch, on=result.code,
                by=doing.by.code, at=result.tested_at)
    for kind, why in lapses(evidence):
        draft(session, within=result.batch, on=result.code, kind=kind, by=doing.by.code, at=doing.at,
              what=f"{evidence.asked.title} of sample {result.sample}: {why}"[:2000])


def _raw(result: Result, evidence: Evidence, readings: Sequence[Used]) -> list[RawValue]:
    """Every replicate and every control, each with the place it was read at where it comes from a file."""
    places = [(one.code, value_in(evidence.asked, one)) for one in readings]
    parts = [one.strip() for one in result.value.split(";")] if evidence.asked.kind == "replicates" else [result.value]
    raw = [RawValue(result=result.code, what="value", value=part, unit=result.unit, reading=None, place="")
           for part in parts]
    for row, (code, value) in zip(raw, places, strict=False):
        row.reading, row.place = code, str(value.place) if value is not None else ""
    return raw + [RawValue(result=result.code, what=name, value=text, unit="", reading=None, place="")
                  for name, text in evidence.controls]
