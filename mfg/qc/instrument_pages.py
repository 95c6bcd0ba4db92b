"""What is shown of instrument files: what was read, value by value with its place, before and after confirmation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.facts import Finding, Verdict, plain, verdict_of
from mfg.instruments.found import WHAT, Value
from mfg.qc.evidence import values_of
from mfg.qc.instrument_preview import Preview, Seen, preview_of
from mfg.qc.instrument_records import (
    InstrumentFileRow,
    ReadingRow,
    all_files,
    instrument_file,
    readings_of_file,
)
from mfg.qc.rules import short_number
from mfg.units import in_words

WHEN = "%Y-%m-%d %H:%M:%S UTC"
STATE = {"read": ("CANNOT DETERMINE", "to be confirmed"), "confirmed": ("PASS", "confirmed"),
         "withdrawn": ("TODO", "withdrawn")}
HEADERS = ["No.", "Sample in the file", "Sample", "Measured", "By", "Values, with row and column", "In order?"]
#: so many measurements on a page: what is more is in the JSON
MOST = 200


def list_files(session: Session) -> dict[str, Any]:
    """All files, the newest first."""
    rows = [[{"text": row.code, "url": f"/instrument-files/{row.code}"}, row.name, f"{row.maker} {row.model}".strip(),
             row.equipment or "not known", f"{row.read_at:{WHEN}}", row.read_by, _state(row)]
            for row in all_files(session)]
    return {"title": "Files of instruments", "rows": rows, "empty": "No file has been read in.",
            "headers": ["File", "Name", "Instrument", "Equipment", "Read in", "By", "State"],
            "actions": [{"url": "/instrument-files/read-instrument-file", "label": "Read a file", "danger": False,
                         "main": True}]}


def _state(row: InstrumentFileRow) -> dict[str, str]:
    verdict, text = STATE[row.state]
    return {"verdict": verdict, "text": text}


def show_file(session: Session, *, instrument_file: str) -> dict[str, Any]:
    """One file: its preview until it is confirmed, its readings afterwards."""
    row = _row(session, instrument_file)
    preview = preview_of(session, row) if row.state == "read" else None
    sections = _of_preview(preview) if preview is not None else [_of_readings(session, row)]
    verdict, text = STATE[row.state]
    return {"code": row.code, "title": f"File {row.name}", "state": text, "verdict": verdict, "pairs": _pairs(row),
            "sections": sections, "drawings": [], "actions": _actions(row), "version": str(row.version),
            "about": "Nothing is recorded yet. Compare with the instrument, then confirm." if preview else "",
            "strip": [{"k": "File", "v": row.code, "code": True}]}


def _row(session: Session, code: str) -> InstrumentFileRow:
    return instrument_file(session, code)


def _pairs(row: InstrumentFileRow) -> list[tuple[str, Any, bool]]:
    pairs: list[tuple[str, Any, bool]] = [
        ("Instrument", f"{row.maker} {row.model}".strip() or "not in the file", False),
        ("Serial number", row.serial or "not in the file", False),
        ("Equipment", row.equipment or "not known", False), ("Software", row.software or "not in the file", False),
        ("Zone of its clock", row.zone or "as in the file", False), ("SHA-256 of the file", row.file, False),
        ("Read in", f"{row.read_at:{WHEN}} by {row.read_by}", False)]
    if row.confirmed_at:
        pairs.append(("Confirmed", f"{row.confirmed_at:{WHEN}} by {row.confirmed_by}", False))
    return pairs


def _actions(row: InstrumentFileRow) -> list[dict[str, Any]]:
    here = f"/instrument-files/{row.code}"
    found = [{"url": f"{here}/confirm-instrument-file", "label": "Confirm the readings", "danger": False,
              "main": True}] if row.state == "read" else []
    found.append({"url": f"/files/{row.file}", "label": "Save the file as it came", "danger": False, "main": False})
    if row.state != "withdrawn":
        found.append({"url": f"{here}/withdraw-instrument-file", "label": "Withdraw the file", "danger": True,
                      "main": False})
    return found


def _of_preview(preview: Preview) -> list[dict[str, Any]]:
    whole = [[{"verdict": one.verdict.value, "text": one.verdict.value}, one.rule, one.title, one.why]
             for one in preview.findings]
    left = [[str(one.place), one.text[:200]] for one in preview.unplaced]
    return [{"title": _title(len(preview.measurements)), "headers": HEADERS,
             "rows": [_measured(one) for one in preview.measurements[:MOST]]},
            {"title": "The file as a whole", "headers": ["Status", "Rule", "", "Why"], "rows": whole},
            {"title": f"Not made into a value ({len(left)})", "headers": ["Where", "What stands there"],
             "rows": left[:MOST], "empty": "Everything in the file has its place."}]


def _title(count: int) -> str:
    return f"{count} measurements" + (f", the first {MOST} shown; all are in the JSON" if count > MOST else "")


def _measured(one: Seen) -> list[Any]:
    at = f"{one.at:{WHEN}}" if one.at else f"not known ({one.measurement.at_text or 'not in the file'})"
    return [str(one.number), one.measurement.sample or "blank", _sample(one.sample), at,
            one.person or one.measurement.operator or "not in the file", _told(one.measurement.values),
            _order(one.findings)]


def _sample(code: str | None) -> Any:
    return {"text": code, "url": f"/samples/{code}"} if code else "not one of ours"


def _told(values: Iterable[Value]) -> str:
    """Every value in its unit, with what stands in the file and where: “5.91” under “x10^6” is 5.91e6."""
    return "; ".join(f"{WHAT[one.what][0]}{f' of {one.of}' if one.of else ''}: {amount(one)} (“{one.text.strip()}” in "
                     f"{one.place})" for one in values)


def amount(one: Value) -> str:
    """A value as it counts, in its unit; no number where it is none, with the reason."""
    if one.reading is None:
        return f"no number, {one.why}"
    return f"{one.reading.op}{short_number(plain(one.reading.value))} {in_words(one.unit)}".strip()


def _order(findings: tuple[Finding, ...]) -> dict[str, str]:
    """The worst answer, with its sentences."""
    wrong = [f"{one.rule}: {one.why}" for one in findings if one.verdict is not Verdict.PASS]
    return {"verdict": verdict_of(findings).value, "text": " ".join(wrong) or "in order"}


def _of_readings(session: Session, row: InstrumentFileRow) -> dict[str, Any]:
    readings = readings_of_file(session, row.code)
    return {"title": _title(len(readings)), "headers": HEADERS, "rows": [_kept(one) for one in readings[:MOST]]}


def _kept(row: ReadingRow) -> list[Any]:
    wrong = [f"{one['rule']}: {one['why']}" for one in orjson.loads(row.findings) if one["verdict"] != "PASS"]
    at = f"{row.measured_at:{WHEN}}" if row.measured_at else f"not known ({row.measured_text or 'not in the file'})"
    return [row.code, row.sample_text or "blank", _sample(row.sample), at,
            row.person or row.operator or "not in the file", _told(values_of(row)),
            {"verdict": row.verdict, "text": " ".join(wrong) or "in order"}]


INSTRUMENT_PAGES = (
    Page("/instrument-files", list_files, "list.html"),
    Page("/instrument-files/<instrument_file>", show_file),
)
