"""What the certificate of analysis tells of tests and bags, as text, from the evidence of a decision. It draws nothing.

Every result that was part of the evidence stands there, one that failed or was set aside too (21 CFR 211.194): a
certificate that left one out would be another one. Times and remarks are those of the records the evidence names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.facts import plain
from mfg.qc.evidence_rules import rounded_to
from mfg.qc.records import Result, Sample, SterilityRead
from mfg.qc.rules import shown_value
from mfg.recipes.specification import Test
from mfg.release.arithmetic import kept_test
from mfg.review.record_names import Names, when
from mfg.units import in_words

Table = dict[str, Any]
TESTS = ["Test and method", "Limit", "Result as stored", "Verdict", "Sample and result", "Tested by", "Reviewed by"]
BAGS = ["Bag", "Filled", "Checked", "Volume, of it residual", "Expires", "Label"]
#: the one rule of rounding, printed with the results
ROUNDING = ("Every value is compared with its limit as it is stored, unrounded, and limits are inclusive. Where a "
            "value has more decimals than its limit, what it rounds to is shown beside it and decides nothing. Of "
            "replicates the mean counts, and their spread has to be within the limit of the test.")
WHEN_DUE = {"before": "before release", "conditional-after": "may end after release",
            "characterisation": "for information"}


def tests_table(session: Session, told: Mapping[str, Any]) -> Table:
    """Every test of the specification with every result of the evidence, in the order of the specification."""
    names, rows = Names(session), _rows(session, told)
    return {"header": TESTS, "rows": [line for one in told["tests"]
                                      for line in _lines(kept_test(one), told, rows, names)]}


def _rows(session: Session, told: Mapping[str, Any]) -> dict[str, Any]:
    """The records of results and samples, by code."""
    results = [one["code"] for one in told["results"]]
    samples = [one["sample"] for key in ("results", "reads") for one in told[key]]
    reads = [one["code"] for one in told["reads"]]
    found: Sequence[Any] = (*session.scalars(select(Result).where(Result.code.in_(results))),
                            *session.scalars(select(Sample).where(Sample.code.in_(samples))),
                            *session.scalars(select(SterilityRead).where(SterilityRead.code.in_(reads))))
    return {one.code: one for one in found}


def _lines(test: Test, told: Mapping[str, Any], rows: Mapping[str, Any], names: Names) -> list[list[str]]:
    if test.kind == "sterility":
        return _sterility(test, told, rows, names)
    found = [one for one in told["results"] if one["test"] == test.id and one["of_dose"] == (test.scope == "dose")]
    if not found:
        missing = "CANNOT DETERMINE" if test.mandatory else "not tested"
        return [[_named(test), _limit(test), "no result", missing, "", "", ""]]
    return [_line(test, one, rows.get(one["code"]), told, names) for one in found]


def _line(test: Test, one: Mapping[str, Any], row: Result | None, told: Mapping[str, Any], names: Names) -> list[str]:
    said = [f"{one['code']}{'' if one['state'] == 'reviewed' else ', ' + one['state']}", f"of {one['sample']}, "
            f"{one['container']}", *_marks(one), *_cases(one["code"], told)]
    return [_named(test), _limit(test), _value(test, one["value"], one["unit"]), one["verdict"], "\n".join(said),
            names(one["tested_by"], row.tested_at if row else None), names(one["reviewed_by"], row.reviewed_at
                                                                           if row else None) or "not reviewed"]


def _marks(one: Mapping[str, Any]) -> list[str]:
    """What became of a result: it was invalidated, or it was recorded in a slot after another."""
    return [*([f"invalidated by {one['invalidated_by']}"] if one.get("invalidated_by") else []),
            *([f"{one['slot']} after {one['repeats']}"] if one.get("slot") else [])]


def _cases(code: str, told: Mapping[str, Any]) -> list[str]:
    """The deviations opened on a result."""
    return [f"{one['code']}, {one['state']}" for one in told["deviations"] if one["on_code"] == code]


def _sterility(test: Test, told: Mapping[str, Any], rows: Mapping[str, Any], names: Names) -> list[list[str]]:
    """The newest read of every sample, and when its test ends."""
    last = _last_reads(test, told)
    if not last:
        return [[_named(test), _limit(test), "no read yet", "CANNOT DETERMINE", "", "", ""]]
    return [[_named(test), _limit(test), f"{one['reading']}, day {one['day']}\n{due_of(test, rows.get(one['sample']))}",
             _of_read(one["reading"]), f"{one['code']}\nof {one['sample']}", _reader(rows.get(one["code"]), names), ""]
            for one in last]


def _reader(row: SterilityRead | None, names: Names) -> str:
    return names(row.read_by, row.read_at) if row else ""


def open_tests(session: Session, told: Mapping[str, Any]) -> Table:
    """The tests that still ran, and when each is due."""
    rows = _rows(session, told)
    running = [(test, one) for test in map(kept_test, told["tests"]) if test.kind == "sterility" and test.mandatory
               for one in _last_reads(test, told) if one["reading"] == "no growth"]
    return {"header": ["Test", "Sample", "So far", "Due"],
            "rows": [[test.title, one["sample"], f"{one['reading']} to day {one['day']} of {test.days}",
                      due_of(test, rows.get(one["sample"]))] for test, one in running]}


def _last_reads(test: Test, told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The newest read of every sample that tells of this dose."""
    mine = (told["dose"], told["attempt"]) if test.scope == "dose" else (None, None)
    last: dict[str, Mapping[str, Any]] = {}
    for one in sorted(told["reads"], key=lambda read: read["day"]):
        if (one["dose"], one["attempt"]) == mine:
            last[one["sample"]] = one
    return list(last.values())


def _of_read(reading: str) -> str:
    if reading == "no growth, final":
        return "PASS"
    return "CANNOT DETERMINE" if reading == "no growth" else "FAIL"


def due_of(test: Test, sample: Sample | None) -> str:
    """When the last read is due, from the time the sample was taken."""
    if sample is None or test.days is None:
        return "end not known"
    return f"ends {when(sample.taken_at + timedelta(days=test.days))}"


def _named(test: Test) -> str:
    version = f", version {test.method_version}" if test.method_version else ", version not stated"
    return f"{test.title}\n{test.method}{version}; {WHEN_DUE[test.timing]}"


def _limit(test: Test) -> str:
    """The fixed limit of the specification; those of the dose stand in a table of their own."""
    from_dose = "\nand the limit of this dose" if test.role in ("endotoxin", "cd3_percent") else ""
    fixed = test.equals or str(test.limits or "none set")
    words = f"no growth, {test.days} days" if test.kind == "sterility" else fixed
    spread = f", CV at most {plain(test.max_cv_percent)} %" if test.max_cv_percent is not None else ""
    return f"{words}{spread}{from_dose}" + (f"\nASSUMED: {test.because}" if test.assumed else "")


def _value(test: Test, value: str, unit: str) -> str:
    """As stored, with its unit, and what it rounds to at the decimals of the limit where that differs."""
    told = f"{shown_value(test, value)} {in_words(unit)}".strip() if unit not in ("", "1") else shown_value(test, value)
    rounded = rounded_to(test.limits, value)
    return told if rounded is None else f"{told}\nrounds to {rounded}"


def bags_table(session: Session, told: Mapping[str, Any]) -> Table:
    """Every bag of the fill with what was in it and which label it carries."""
    names = Names(session)
    sums = {one["code"]: one for one in (told["arithmetic"] or {}).get("bags", [])}
    return {"header": BAGS, "rows": [_bag(one, sums.get(one["container"], {}), names) for one in told["bags"]]}


def _bag(one: Mapping[str, Any], sums: Mapping[str, Any], names: Names) -> list[str]:
    volume, residual = (sums.get(name) for name in ("volume_ml", "residual_ml"))
    known = isinstance(volume, str) and isinstance(residual, str)
    labels = [f"{label['code']}, {label['state']}" for label in one["labels"]]
    return [one["container"], f"{names(one['filled_by'])}\n{_moment(one['filled_at'])}",
            names(one["checked_by"]) or "not checked", f"{volume} mL, {residual} mL" if known else "not known",
            f"{_moment(one['expires_at'])}\n{one['expiry_governed_by']}", "\n".join(labels) or "none"]


def _moment(told: str) -> str:
    """A time of the evidence, to the minute."""
    return f"{told[:10]} {told[11:16]} UTC"
