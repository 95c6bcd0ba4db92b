"""The doors of the laboratory: samples, results, sterility reads, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.scans import CONTAINER
from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Count, Moment, Number, Scanned, Words
from mfg.ledger import Who
from mfg.qc import acts, sampling_api
from mfg.qc.again import AGAIN_VIEWS
from mfg.qc.effect import EFFECT_DOORS
from mfg.qc.instrument_api import INSTRUMENT_DOORS, INSTRUMENT_VIEWS
from mfg.qc.late_api import LATE_DOORS, LATE_VIEWS
from mfg.qc.oos_api import OOS_DOORS, OOS_VIEWS
from mfg.qc.oos_records import marks_of
from mfg.qc.records import (
    READINGS,
    Result,
    Sample,
    reads_of_sample,
    specification_of,
    tests_for,
)
from mfg.qc.records import result as result_of
from mfg.qc.records import sample as sample_of
from mfg.qc.report_body import Reporting, reporting_of
from mfg.qc.rules import limit_text
from mfg.recipes.specification import Test

NOW = "Leave it empty for now; else with its zone, for instance 2026-11-20T08:10Z."


class TakeSample(Body):
    """A sample drawn from a container."""

    container = Scanned("Container", takes=CONTAINER)
    dose = Scanned("Dose", takes=("dose",), required=False,
                   hint="Empty for a sample of the batch. A dose bag knows its dose.")
    purpose = Words("What it is for", limit=200, hint="For instance: release tests, final sterility.")
    taken_at = Moment("Taken at", required=False, hint=NOW)
    planned = Words("Sample of the plan", limit=120, required=False,
                    hint="Step and sample, such as NK-26-001/qc_sample/sterility. Empty for one outside the plan.")
    tubes = Choice("Tubes", [str(number) for number in range(1, 21)], required=False, hint="Empty: as the plan says.")
    volume_ml = Number("Volume of a tube", "mL", above="0", required=False, hint="Empty: as the plan says.")


class WhichTest(Body):
    """Which test is answered. It is asked first: everything else depends on it."""

    test = Words("Test", limit=80, hint="A test of the specification that the batch pins.")


class RecordResult(Reporting, WhichTest):
    """What a test found, as it was reported."""


class ReadSterility(Body):
    """One read of a running sterility test."""

    day = Count("Day", low=0, high=60, hint="Whole days since inoculation.")
    reading = Choice("Reading", READINGS)
    read_at = Moment("Read at", required=False, hint=NOW)


def sample_data(session: Session, row: Sample) -> dict[str, Any]:
    """One sample with its results and reads, as plain data."""
    kept = ("code", "batch", "container", "dose", "attempt", "purpose", "taken_at", "taken_by")
    results = session.scalars(select(Result).where(Result.sample == row.code).order_by(Result.code))
    marks = marks_of(session, row.batch)
    return {**{name: plain_data(getattr(row, name)) for name in kept}, **sampling_api.chain_data(session, row.code),
            "results": [result_data(one) | {"mark": marks.get(one.code, "")} for one in results],
            "sterility": [plain_data({"code": one.code, "day": one.day, "reading": one.reading, "read_at": one.read_at,
                                      "read_by": one.read_by}) for one in reads_of_sample(session, row.code)]}


def result_data(row: Result) -> dict[str, Any]:
    """One result as plain data."""
    kept = ("code", "sample", "batch", "test", "specification", "value", "unit", "verdict", "note", "tested_at",
            "tested_by", "state", "reviewed_by", "reviewed_at", "how", "equipment", "events", "slot",
            "invalidated_by", "invalidated_at", "version")
    return {name: plain_data(getattr(row, name)) for name in kept}


def all_samples(session: Session) -> list[Sample]:
    """All samples, the newest first."""
    return list(session.scalars(select(Sample).order_by(Sample.code.desc())))


def open_results(session: Session) -> list[Result]:
    """Results that wait for their reviewer, the oldest first."""
    return list(session.scalars(select(Result).where(Result.state == "recorded").order_by(Result.code)))


def label_of(test: Test) -> str:
    """A test as people choose it."""
    return f"{test.title} ({limit_text(test)})"


def tests_of_sample(session: Session, row: Sample) -> list[Test]:
    """The tests whose result can be recorded for a sample; sterility is read day by day instead."""
    found = tests_for(specification_of(session, row.batch), row.dose is not None)
    return [one for one in found if one.kind != "sterility"]


def _choices(session: Session, *, sample: str) -> Mapping[str, Mapping[str, Any]]:
    tests = tests_of_sample(session, sample_of(session, sample))
    return {"test": {"kind": "choice", "choices": [(one.id, label_of(one)) for one in tests]}, **reporting_of(tests)}


def _shows_sample(session: Session, *, sample: str) -> Pairs:
    row = sample_of(session, sample)
    return [("Sample", row.code), ("Batch", row.batch), ("Container", row.container),
            ("Dose", f"{row.dose}, fill {row.attempt}" if row.dose else "a sample of the batch"), ("For", row.purpose)]


def _shows_result(session: Session, *, result: str) -> Pairs:
    row = result_of(session, result)
    test = specification_of(session, row.batch).test(row.test)
    return [("Result", row.code), ("Sample", row.sample), ("Test", test.title if test else row.test),
            ("Value", f"{row.value} {row.unit}"), ("Limit", limit_text(test) if test else "not known"),
            ("Verdict", row.verdict), ("Tested by", row.tested_by)]


def _version(session: Session, *, result: str) -> str:
    return str(result_of(session, result).version)


def _sample_url(code: str) -> str:
    return f"/samples/{code}"


def _result_url(code: str) -> str:
    return f"/results/{code}"


def _take(session: Session, who: Who, *, tubes: str, **told: Any) -> str:
    return acts.take_sample(session, who, tubes=int(tubes) if tubes else None, **told)


DOORS = (
    *INSTRUMENT_DOORS,
    *OOS_DOORS,
    *EFFECT_DOORS,
    Door("take sample", "/samples", _take, "Take a sample", "Sign: sample taken", _sample_url,
         body=TakeSample),
    Door("record result", "/samples/<sample>", acts.record_result, "Record a result", "Sign as tester", _result_url,
         body=RecordResult, shows=_shows_sample, prepares=_choices,
         intro="A result outside its limits is kept, and opens its deviation with it."),
    Door("review result", "/results/<result>", acts.review_result, "Review the result", "Sign as reviewer",
         _result_url, shows=_shows_result, seen=_version),
    Door("read sterility", "/samples/<sample>", acts.read_sterility, "Read sterility", "Sign the read",
         lambda _code: "/samples", body=ReadSterility, shows=_shows_sample,
         intro="Growth, even suspect, stops every dose of the batch at once."),
    *sampling_api.DOORS,
    *LATE_DOORS,
)

VIEWS = (
    *INSTRUMENT_VIEWS,
    *OOS_VIEWS,
    *LATE_VIEWS,
    *AGAIN_VIEWS,
    View("/samples", lambda session: [sample_data(session, row) for row in all_samples(session)], "All samples"),
    View("/samples/<sample>", lambda session, sample: sample_data(session, sample_of(session, sample)), "One sample"),
    View("/results", lambda session: [result_data(row) for row in open_results(session)],
         "Results that wait for review"),
    View("/results/<result>", lambda session, result: result_data(result_of(session, result)), "One result"),
    *sampling_api.VIEWS,
)
