"""What is shown of samples, results and sterility. It changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.qc import again
from mfg.qc.api import all_samples, open_results, tests_of_sample
from mfg.qc.records import Result, Sample, reads_of_sample, specification_of, tests_for
from mfg.qc.records import result as result_of
from mfg.qc.records import sample as sample_of
from mfg.qc.rules import GROWTH, limit_text, shown_value
from mfg.units import in_words

WHEN = "%Y-%m-%d %H:%M UTC"


def link(url: str, text: str) -> dict[str, str]:
    """A cell that leads somewhere."""
    return {"text": text, "url": url}


def state_of(cell: dict[str, str]) -> dict[str, str]:
    """A status cell as the head of a record page."""
    return {"state": cell["text"], "verdict": cell["verdict"]}


def list_samples(session: Session) -> dict[str, Any]:
    """All samples, the newest first."""
    rows = [[link(f"/samples/{row.code}", row.code), row.purpose, row.dose or row.batch, row.container,
             f"{row.taken_at:{WHEN}}", _sample_status(session, row)] for row in all_samples(session)]
    return {"title": "Samples", "headers": ["Sample", "For", "Of", "Container", "Taken", "Results"], "rows": rows,
            "empty": "No sample has been taken.",
            "actions": [{"url": "/samples/take-sample", "label": "Take a sample", "danger": False, "main": True}]}


def _sample_status(session: Session, row: Sample) -> dict[str, str]:
    """Growth or a failing result first; then what is still waited for."""
    results = list(session.scalars(select(Result).where(Result.sample == row.code)))
    reads = reads_of_sample(session, row.code)
    if any(one.reading in GROWTH for one in reads) or any(one.verdict == "FAIL" for one in results):
        return {"verdict": "FAIL", "text": "failing"}
    waiting = [one for one in results if one.state != "reviewed"]
    if waiting:
        return {"verdict": "CANNOT DETERMINE", "text": f"{len(waiting)} to review"}
    if results or reads:
        return {"verdict": "PASS", "text": f"{len(results)} reviewed, {len(reads)} sterility reads"}
    return {"verdict": "TODO", "text": "no result yet"}


def show_sample(session: Session, *, sample: str) -> dict[str, Any]:
    """One sample: its tests, what was found, its sterility reads."""
    row = sample_of(session, sample)
    of = f"{row.dose}, fill {row.attempt}" if row.dose else row.batch
    pairs = [("For", row.purpose, False), ("Of", of, False), ("Container", row.container, False),
             ("Taken", f"{row.taken_at:{WHEN}} by {row.taken_by}", False)]
    actions = [{"url": f"/samples/{sample}/record-result", "label": "Record a result", "danger": False, "main": True}]
    if any(one.kind == "sterility" for one in tests_for(specification_of(session, row.batch), row.dose is not None)):
        actions.append({"url": f"/samples/{sample}/read-sterility", "label": "Read sterility", "danger": False,
                        "main": False})
    actions.append({"url": f"/samples/{sample}/print-label", "label": "Print the label", "danger": False,
                    "main": False})
    return {"code": row.code, "title": f"Sample {row.code}", **state_of(_sample_status(session, row)), "pairs": pairs,
            "sections": [_tests(session, row), _reads(session, row)], "drawings": [], "actions": actions,
            "strip": [{"k": "Sample", "v": row.code, "code": True}, {"k": "Of", "v": of, "code": True}]}


def _tests(session: Session, row: Sample) -> dict[str, Any]:
    found = {one.test: one for one in session.scalars(select(Result).where(Result.sample == row.code))}
    rows = []
    for test in tests_of_sample(session, row):
        one = found.get(test.id)
        rows.append([link(f"/results/{one.code}", test.title) if one else test.title, limit_text(test),
                     f"{shown_value(test, one.value)} {in_words(test.unit)}".strip() if one else "not yet",
                     {"verdict": one.verdict, "text": one.verdict} if one else {"verdict": "TODO", "text": "not yet"},
                     one.state if one else "", "assumed" if test.assumed else ""])
    return {"title": "Tests of the specification", "rows": rows,
            "headers": ["Test", "Limit", "Result", "Verdict", "State", "Limit is"]}


def _reads(session: Session, row: Sample) -> dict[str, Any]:
    rows = [[f"day {one.day}", {"verdict": "FAIL" if one.reading in GROWTH else "PASS", "text": one.reading},
             f"{one.read_at:{WHEN}}", one.read_by] for one in reads_of_sample(session, row.code)]
    return {"title": "Sterility reads", "headers": ["Day", "Reading", "Read", "By"], "rows": rows}


def list_results(session: Session) -> dict[str, Any]:
    """Results that wait for their reviewer."""
    rows = [[link(f"/results/{row.code}", row.code), row.test, row.sample, row.batch,
             f"{row.value} {in_words(row.unit)}".strip(),
             {"verdict": row.verdict, "text": row.verdict}, f"{row.tested_at:{WHEN}}"] for row in open_results(session)]
    return {"title": "Results to review", "rows": rows, "actions": [], "empty": "No result waits for a reviewer.",
            "headers": ["Result", "Test", "Sample", "Batch", "Value", "Verdict", "Tested"]}


def show_result(session: Session, *, result: str) -> dict[str, Any]:
    """One result against its limit."""
    row = result_of(session, result)
    test = specification_of(session, row.batch).test(row.test)
    pairs = [("Test", test.title if test else row.test, False), ("Method", test.method if test else "", False),
             ("Value", f"{shown_value(test, row.value)} {in_words(row.unit)}".strip(), False),
             ("Limit", limit_text(test) if test else "not known", bool(test and test.assumed)),
             ("Specification", row.specification, False), ("Sample", row.sample, False), ("Batch", row.batch, False),
             ("Tested", f"{row.tested_at:{WHEN}} by {row.tested_by}", False), ("Remark", row.note or "none", False)]
    if row.reviewed_at:
        pairs.append(("Reviewed", f"{row.reviewed_at:{WHEN}} by {row.reviewed_by}", False))
    review = {"url": f"/results/{result}/review-result", "label": "Review the result", "danger": False, "main": True}
    return {"code": row.code, "title": f"Result {row.code}", "pairs": pairs, "sections": [again.section(session, row)],
            "drawings": [], "state": f"{row.verdict}, {row.state}", "verdict": row.verdict, "version": str(row.version),
            "actions": [review] if row.state == "recorded" else [],
            "strip": [{"k": "Result", "v": row.code, "code": True}, {"k": "Batch", "v": row.batch, "code": True}]}


PAGES = (
    *again.AGAIN_PAGES,
    Page("/samples", list_samples, "list.html"),
    Page("/samples/<sample>", show_sample),
    Page("/results", list_results, "list.html"),
    Page("/results/<result>", show_result),
)
