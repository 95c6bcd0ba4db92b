"""Files of instruments: handed in, confirmed after a look at what was read, withdrawn.

A file is read before its act begins, in a process of its own, so nothing slow and nothing hostile happens inside.
Handing a file in keeps its bytes; nothing it says counts before a person has confirmed the preview.
"""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.scans import identified
from mfg.db import look, next_code
from mfg.equipment.records import Equipment, known_serial
from mfg.facts import Refused, Verdict, judge, refuse_unless, verdict_of
from mfg.files import keep_file
from mfg.instruments.plain_data import measurement_data
from mfg.instruments.when import zone_of
from mfg.ledger import Who, act, fresh
from mfg.qc.instrument_preview import Preview, Seen, preview_of, read_file, readings_hash
from mfg.qc.instrument_records import InstrumentFileRow, ReadingRow, results_on
from mfg.qc.instrument_records import instrument_file as file_of
from mfg.qc.instrument_rules import ARRIVING, FILE, Arriving
from mfg.qc.records import Sample
from mfg.quality.records import draft
from mfg.uploads import Upload


def read_instrument_file(session: Session, who: Who, *, file: Upload, kind: str = "", zone: str = "",
                         measured_at: datetime | None = None, operator: str = "", equipment: str = "",
                         gates: Upload | None = None) -> str:
    """Keep a file of an instrument, once it could be read. Returns its code; nothing in it counts yet.

    `zone` is the zone of the instrument's clock where its times have none; `measured_at` and `operator` (a user id)
    are told where the file does not say; `equipment` is scanned where the file names no serial number. Refused with
    file, row, column and reason when the file cannot be read.
    """
    if zone:
        zone_of(zone)
    found = read_file(file, kind=kind, gates=gates)
    with act(session, "read instrument file", on=file.code, **who.how) as doing:
        scanned = identified(equipment, "equipment")[0] if equipment else known_serial(session, found.serial)
        known = session.get(Equipment, scanned) if scanned else None
        before = session.scalar(select(InstrumentFileRow.code).where(InstrumentFileRow.file == file.code))
        refuse_unless(judge(ARRIVING, Arriving(
            file.name, before, len(found.measurements), found.serial, known.code if known else None,
            known.serial if known else "")))
        for one in (file, gates):
            if one is not None:
                keep_file(session, one, by=doing.by.code, at=doing.at)
        code = next_code(session, InstrumentFileRow, "IF", 4)
        session.add(InstrumentFileRow(
            code=code, file=file.code, name=file.name, kind=found.kind, maker=found.maker, model=found.model,
            serial=found.serial, software=found.software, equipment=known.code if known else None, zone=zone,
            told_at=measured_at, told_operator=operator, gates=gates.code if gates else None,
            gates_name=gates.name if gates else "", readings_hash=readings_hash(found), read_at=doing.at,
            read_by=doing.by.code, state=FILE.start))
        doing.on = doing.result = code
    return doing.result


def confirm_instrument_file(session: Session, who: Who, *, instrument_file: str, seen: str | None = None) -> str:
    """Record every reading of a file as it was shown. Returns the file's code.

    A reading that is not in order is recorded with what is wrong, and no result rests on it by itself.
    """
    with look(session.get_bind().engine) as reading:
        preview = preview_of(reading, file_of(reading, instrument_file))
    with act(session, "confirm instrument file", on=instrument_file, **who.how) as doing:
        row = file_of(session, instrument_file)
        state = FILE.after("confirm instrument file", row.state)
        if seen is None or seen != preview.hash:
            raise Refused(f"What was read from {row.name} is not what you saw. Nothing was recorded. Look at the "
                          "preview again.", kind="stale")
        session.add_all([_kept(row, preview, one) for one in preview.measurements])
        row.state, row.confirmed_at, row.confirmed_by = state, doing.at, doing.by.code
        doing.within = _batch_of(session, preview)
        doing.signs({"instrument_file": row.code, "file": row.file, "readings": preview.hash,
                     "measurements": len(preview.measurements)})
        doing.result = row.code
    return doing.result


def _batch_of(session: Session, preview: Preview) -> str:
    """The batch whose samples a file is about; blank where it is about several, or none."""
    named = {one.sample for one in preview.measurements if one.sample}
    found = set(session.scalars(select(Sample.batch).where(Sample.code.in_(named))))
    return found.pop() if len(found) == 1 else ""


def _kept(row: InstrumentFileRow, preview: Preview, one: Seen) -> ReadingRow:
    measured = one.measurement
    values = measurement_data(measured)["values"]
    return ReadingRow(
        code=f"{row.code}-{one.number:04d}", instrument_file=row.code, number=one.number, sample_text=measured.sample,
        sample=one.sample, measured_at=one.at, measured_text=measured.at_text, operator=measured.operator,
        person=one.person, place=str(measured.place), values=orjson.dumps(values).decode(),
        findings=orjson.dumps([found.as_dict() for found in one.findings]).decode(),
        warnings=orjson.dumps(list((*preview.file.warnings, *measured.warnings))).decode(),
        verdict=verdict_of(one.findings).value if one.findings else Verdict.CANNOT_DETERMINE.value)


def withdraw_instrument_file(session: Session, who: Who, *, instrument_file: str, seen: str | None = None) -> str:
    """Take a file back, with a reason: no further result rests on it. The bytes and its readings stay.

    A result that rests on it already keeps its value and gets a deviation, which holds what it was good for.
    """
    with act(session, "withdraw instrument file", on=instrument_file, **who.how) as doing:
        row = file_of(session, instrument_file)
        fresh(row, seen)
        row.state = FILE.after("withdraw instrument file", row.state)
        for result, batch in results_on(session, row.code):
            draft(session, within=batch, on=result, severity="major", by=doing.by.code, at=doing.at,
                  what=f"{result} rests on readings of {row.code}, which was withdrawn: {doing.how.reason}"[:2000])
        doing.result = row.code
    return doing.result
