"""What would be recorded of an instrument file, as plain data and as lines for people: values, places, findings.

It records nothing. The page that asks a person to confirm and `mfg qc import` show the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from mfg.facts import Verdict, plain, verdict_of
from mfg.instruments.case import Case, Told, cases
from mfg.instruments.found import WHAT, InstrumentFile
from mfg.instruments.plain_data import file_data, measurement_data
from mfg.instruments.rules import findings_of
from mfg.units import in_words


def preview(file: InstrumentFile, told: Told) -> dict[str, Any]:
    """The file, its measurements, and every finding about each."""
    measurements = [_judged(case) for case in cases(file, told)]
    return {**file_data(file), "measurements": measurements,
            "verdict": _worst(one["verdict"] for one in measurements).value}


def _judged(case: Case) -> dict[str, Any]:
    findings = findings_of(case)
    moment = case.moment
    data = measurement_data(case.measurement)
    for value in data["values"]:
        value["value"] = plain(Decimal(value["value"])) if value["value"] is not None else None
    return {**data, "at": moment.isoformat() if moment else None,
            "measured_by": case.operator, "verdict": verdict_of(findings).value,
            "findings": [one.as_dict() for one in findings]}


def _worst(verdicts: Iterator[str]) -> Verdict:
    told = set(verdicts)
    if Verdict.FAIL.value in told:
        return Verdict.FAIL
    return Verdict.PASS if told == {Verdict.PASS.value} else Verdict.CANNOT_DETERMINE


def preview_lines(answer: dict[str, Any]) -> Iterator[str]:
    """The same for people; what a terminal would act on is written out."""
    instrument = " ".join(filter(None, (answer["maker"], answer["model"])))
    yield _plain(f"{answer['name']}: {instrument}, serial number {answer['serial'] or 'not in the file'}, software "
                 f"{answer['software'] or 'not in the file'}")
    yield f"kind {answer['kind']}, sha256 {answer['sha256']}"
    if answer["gates_name"]:
        yield _plain(f"gates {answer['gates_name']}, sha256 {answer['gates_sha256']}")
    yield from (_plain(f"Note: {one}") for one in answer["warnings"])
    for one in answer["measurements"]:
        yield from _measurement_lines(one)
    yield from (_plain(f"Not placed: {_where(one['place'])}: {one['text'][:80]}") for one in answer["unplaced"])
    yield f"{len(answer['measurements'])} measurements. Nothing was recorded. {answer['verdict']}"


def _measurement_lines(one: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield _plain(f"{one['sample'] or '(no sample)'}: {one['at'] or one['at_text'] or 'no time'}, "
                 f"{one['measured_by'] or 'nobody named'}: {one['verdict']}")
    for value in one["values"]:
        of = f" of {value['of']}" if value["of"] else ""
        of += f" (parent: {value['parent']})" if value["parent"] else ""
        number = f"{value['op']}{value['value']} {in_words(value['unit'])}".strip() if value["value"] is not None \
            else f"no number ({value['why']})"
        yield _plain(f"  {WHAT[value['what']][0]}{of}: {number}, “{value['text']}” at {_where(value['place'])}")
    for finding in one["findings"]:
        if finding["verdict"] != Verdict.PASS.value:
            yield _plain(f"  {finding['verdict']} {finding['rule']}: {finding['why']}")
    if one["channels"]:
        yield _plain("  Channels: " + ", ".join(f"{channel} {marker}".strip() for channel, marker in one["channels"]))
    if one["unplaced"]:
        yield _plain("  Not placed: " + "; ".join(f"{_where(each['place'])}: {each['text'][:80]}"
                                                  for each in one["unplaced"]))


def _where(place: dict[str, Any]) -> str:
    row = f"row {place['row']}" if place["row"] is not None else ""
    return ", ".join(filter(None, (place["sheet"] and f"sheet {place['sheet']}", row, place["column"])))


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
