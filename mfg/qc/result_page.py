"""What stands behind a result, for its page: where it was read, with what, every raw value, every control. It changes
nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import leads
from mfg.facts import Verdict, plain
from mfg.paper.shapes import Drawing
from mfg.qc.controls import curve_of, judged_controls, lysis_of
from mfg.qc.evidence import used_of
from mfg.qc.evidence_rules import amount_shown
from mfg.qc.instrument_pages import amount
from mfg.qc.instrument_records import (
    RawValue,
    instrument_file,
    lots_of,
    raw_values_of,
    readings_of_sample,
)
from mfg.qc.instrument_rules import Used
from mfg.qc.records import Result
from mfg.recipes.specification import Test
from mfg.units import in_words

Pairs = list[tuple[str, Any, bool]]


def definition_pairs(test: Test | None) -> Pairs:
    """How a test is done and judged, as the specification says it."""
    if test is None:
        return []
    method = f"{test.method}, version {test.method_version}" if test.method_version else test.method
    again = f"{test.retests} times, {test.retest_policy}" if test.retests else "no"
    found: Pairs = [("Method", method, False), ("Compared", f"{test.comparator}; as stored, never rounded", False),
                    ("Needed", test.timing if test.mandatory else f"{test.timing}, for information", False)]
    for name, value in (("Limit of detection", test.lod), ("Limit of quantitation", test.loq)):
        if value is not None:
            found.append((name, f"{plain(value)} {in_words(test.unit)}", False))
    return [*found, ("May be tested again", again, False)]


def evidence_pairs(session: Session, row: Result, test: Test | None) -> Pairs:
    """Where a value comes from and what it was measured with."""
    found: Pairs = [("Entered", row.how if row.how == "typed" else f"from an {row.how}", row.how == "typed")]
    if test is not None:
        found.append(("As stored and rounded", amount_shown(test, row.value), False))
    if row.equipment:
        found.append(("Instrument", leads(row.equipment), False))
    if row.events is not None:
        enough = test is None or test.events is None or row.events >= test.events
        asked = f", {test.events} asked for" if test is not None and test.events is not None else ""
        found.append(("Events counted", f"{row.events}{asked}", not enough))
    lots = lots_of(session, row.code)
    return found + ([("Lots of reagents", ", ".join(lots), False)] if lots else [])


def evidence_sections(session: Session, row: Result, test: Test | None) -> list[dict[str, Any]]:
    """Every raw value with its place, and what the rules say of the controls."""
    raw = raw_values_of(session, [row.code])
    rows = [[one.what, f"{one.value} {in_words(one.unit)}".strip(), _reading(one), one.place or "typed"] for one in raw]
    found = [{"title": "Raw values", "headers": ["What", "Value", "Reading", "Where it stands"], "rows": rows,
              "empty": "None was kept: this result is from before raw values were."}]
    lines = {one.what: one.value for one in raw if one.what != "value"}
    findings = judged_controls(test, row.value, lines) if test is not None and test.controls else ()
    if findings:
        found.append({"title": "Controls", "headers": ["Status", "Rule", "", "Why"], "rows": [
            [{"verdict": one.verdict.value, "text": one.verdict.value}, one.rule, one.title, one.why]
            for one in findings]})
    return found


def curve_drawing(session: Session, row: Result, test: Test | None) -> Drawing | None:
    """The killing curve of a result of potency; None for every other one."""
    if test is None or test.controls != "potency":
        return None
    return curve_of(test, _controls(session, row))


def curves(session: Session, row: Result, test: Test | None) -> list[dict[str, Any]]:
    """The same as a part of a page; its numbers stand in the raw values below."""
    lines = _controls(session, row)
    if test is None or test.controls != "potency":
        return []
    rows = [[f"{plain(ratio)}:1", *("not known" if one is None else plain(one) for one in lysis)]
            for ratio, *lysis in lysis_of(test, lines)]
    return [{"title": "Killing curve", "svg_url": f"/results/{row.code}/potency.svg", "alt": curve_of(test, lines).says,
             "headers": ["Effector to target", "Lysis by loaded cells, %", "Lysis by unloaded cells, %"], "rows": rows}]


def _controls(session: Session, row: Result) -> dict[str, str]:
    return {one.what: one.value for one in raw_values_of(session, [row.code]) if one.what != "value"}


def _reading(one: RawValue) -> Any:
    code = (one.reading or "").rpartition("-")[0]
    return {"text": one.reading, "url": f"/instrument-files/{code}"} if one.reading else "typed"


def may_be_used(used: Used) -> bool:
    """In order, and confirmed by a person."""
    return used.verdict == Verdict.PASS.value and used.file_state == "confirmed"


def usable_readings(session: Session, sample: str) -> list[str]:
    """The readings of a sample that a result may rest on."""
    return [one.code for one in readings_of_sample(session, sample)
            if may_be_used(used_of(one, instrument_file(session, one.instrument_file).state))]


def readings_section(session: Session, sample: str) -> dict[str, Any]:
    """What instruments read of a sample, to take a result from."""
    rows = []
    for one in readings_of_sample(session, sample):
        used = used_of(one, instrument_file(session, one.instrument_file).state)
        good = may_be_used(used)
        rows.append([{"text": one.code, "url": f"/instrument-files/{one.instrument_file}"},
                     "; ".join(f"{value.what.replace('_', ' ')}{f' {value.of}' if value.of else ''} {amount(value)}"
                               for value in used.values),
                     {"verdict": "PASS" if good else used.verdict if used.verdict != "PASS" else "FAIL",
                      "text": "may be used" if good else " ".join(used.wrong) or f"its file is {used.file_state}"}])
    return {"title": "Readings of instruments", "headers": ["Reading", "Values", "May a result rest on it?"],
            "rows": rows, "empty": "No instrument has read this sample."}
