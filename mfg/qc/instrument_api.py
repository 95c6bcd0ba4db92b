"""The doors of instrument files, and reading them as JSON. `api.py` opens them."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, InstrumentFile, Moment, Scanned, Words
from mfg.instruments.plain_data import measurement_data
from mfg.instruments.readers import READERS
from mfg.qc.instrument_acts import confirm_instrument_file, read_instrument_file, withdraw_instrument_file
from mfg.qc.instrument_preview import Preview, Seen, preview_of
from mfg.qc.instrument_records import (
    InstrumentFileRow,
    ReadingRow,
    all_files,
    instrument_file,
    readings_of_file,
)

KEPT = ("code", "file", "name", "kind", "maker", "model", "serial", "software", "equipment", "zone", "told_at",
        "told_operator", "gates", "gates_name", "readings_hash", "read_at", "read_by", "confirmed_at", "confirmed_by",
        "state", "version")


class ReadInstrumentFile(Body):
    """A file as an instrument wrote it."""

    file = InstrumentFile("File of the instrument")
    kind = Choice("Which instrument", {kind: one.title for kind, one in READERS.items()}, required=False,
                  hint="Empty: it is told by the content of the file.")
    zone = Words("Zone of its clock", limit=40, required=False,
                 hint="Only where its times have no zone: UTC, +01:00, or Europe/Berlin.")
    measured_at = Moment("Measured at", required=False, hint="Only where the file does not say when.")
    operator = Words("Measured by", limit=80, required=False, hint="User id, only where the file names nobody.")
    equipment = Scanned("Instrument", takes=("equipment",), required=False,
                        hint="Empty where the file names the serial number.")
    gates = InstrumentFile("Gates (Gating-ML 2.0)", required=False, hint="Only for files of a cytometer (.fcs).")


def file_data(row: InstrumentFileRow) -> dict[str, Any]:
    """One file as plain data."""
    return {name: plain_data(getattr(row, name)) for name in KEPT}


def reading_data(row: ReadingRow) -> dict[str, Any]:
    """One confirmed reading as plain data."""
    kept = ("code", "instrument_file", "number", "sample_text", "sample", "measured_at", "measured_text", "operator",
            "person", "place", "verdict")
    return {**{name: plain_data(getattr(row, name)) for name in kept}, "values": orjson.loads(row.values),
            "findings": orjson.loads(row.findings), "warnings": orjson.loads(row.warnings)}


def preview_data(preview: Preview) -> dict[str, Any]:
    """What would be recorded, as plain data."""
    return {"readings_hash": preview.hash, "warnings": list(preview.file.warnings),
            "unplaced": [{"place": str(one.place), "text": one.text} for one in preview.unplaced],
            "findings": [one.as_dict() for one in preview.findings],
            "measurements": [_seen_data(one) for one in preview.measurements]}


def _seen_data(one: Seen) -> dict[str, Any]:
    measured = one.measurement
    return {"number": one.number, "sample_text": measured.sample, "sample": one.sample,
            "measured_at": plain_data(one.at), "measured_text": measured.at_text, "operator": measured.operator,
            "person": one.person, "place": str(measured.place), "values": measurement_data(measured)["values"],
            "findings": [found.as_dict() for found in one.findings], "warnings": list(measured.warnings)}


def read_file_data(session: Session, instrument_file_code: str) -> dict[str, Any]:
    """A file with its readings once confirmed; before, with what would be recorded."""
    row = instrument_file(session, instrument_file_code)
    if row.state == "read":
        return file_data(row) | {"preview": preview_data(preview_of(session, row))}
    return file_data(row) | {"readings": [reading_data(one) for one in readings_of_file(session, row.code)]}


def _shows(session: Session, *, instrument_file: str) -> Pairs:
    preview = preview_of(session, _row(session, instrument_file))
    return [("File", preview.file.name), ("Hash of the file", preview.file.sha256), ("Instrument", preview.instrument),
            ("Measurements", str(len(preview.measurements))), ("In order", str(preview.in_order)),
            ("Not in order", f"{len(preview.measurements) - preview.in_order}; recorded with what is wrong, used for "
                             "nothing by themselves")]


def _row(session: Session, code: str) -> InstrumentFileRow:
    return instrument_file(session, code)


def _preview_hash(session: Session, *, instrument_file: str) -> str:
    return preview_of(session, _row(session, instrument_file)).hash


def _version(session: Session, *, instrument_file: str) -> str:
    return str(_row(session, instrument_file).version)


def _page(code: str) -> str:
    return f"/instrument-files/{code}"


HERE = "/instrument-files/<instrument_file>"
INSTRUMENT_DOORS = (
    Door("read instrument file", "/instrument-files", read_instrument_file, "Read a file of an instrument",
         "Read it and show me", _page, body=ReadInstrumentFile,
         intro="Nothing is recorded yet: you see first what was read, value by value, with its place in the file."),
    Door("confirm instrument file", HERE, confirm_instrument_file, "Confirm the readings", "Sign: record the readings",
         _page, shows=_shows, seen=_preview_hash,
         intro="Every reading is recorded as the instrument wrote it, with its row and column."),
    Door("withdraw instrument file", HERE, withdraw_instrument_file, "Withdraw the file", "Withdraw it", _page,
         seen=_version, danger=True, intro="No further result rests on it. Its bytes and its readings stay readable."),
)
INSTRUMENT_VIEWS = (
    View("/instrument-files", lambda session: [file_data(row) for row in all_files(session)], "Files of instruments"),
    View(HERE, lambda session, instrument_file: read_file_data(session, instrument_file),
         "One file: its readings, or what would be recorded"),
)
