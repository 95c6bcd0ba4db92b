"""What is shown of samples, results and sterility. It changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.doors import Page, leads
from mfg.qc import again, sampling_pages
from mfg.qc.api import all_samples, open_results, tests_of_sample
from mfg.qc.instrument_pages import INSTRUMENT_PAGES
from mfg.qc.late_pages import LATE_PAGES, plan_section
from mfg.qc.oos_pages import OOS_PAGES, beside, slot_actions
from mfg.qc.oos_records import marks_of, slots_after
from mfg.qc.records import Result, Sample, reads_of_sample, specification_of, tests_for
from mfg.qc.records import result as result_of
from mfg.qc.records import sample as sample_of
from mfg.qc.result_page import (
    curves,
    definition_pairs,
    evidence_pairs,
    evidence_sections,
    readings_section,
    usable_readings,
)
from mfg.qc.rules import GROWTH, limit_text, shown_value
from mfg.qc.sampling_gather import held_of, tube
from mfg.qc.sampling_pages import drawing_of, event_actions, look_of_state, plan_pairs
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
    held = held_of(session, all_samples(session))
    rows = [[link(f"/samples/{row.code}", row.code), row.purpose, leads(row.dose or row.batch), leads(row.container),
             f"{row.taken_at:{WHEN}}", look_of_state(held[row.code]), _sample_status(session, row)]
            for row in all_samples(session)]
    return {"title": "Samples", "headers": ["Sample", "For", "Of", "Container", "Taken", "State", "Results"],
            "rows": rows, "empty": "No sample has been taken.",
            "actions": [{"url": "/samples/expected", "label": "Samples to receive", "danger": False, "main": False},
                        {"url": "/retains", "label": "Retains", "danger": False, "main": False},
                        {"url": "/instrument-files", "label": "Files of instruments", "danger": False, "main": False},
                        {"url": "/samples/take-sample", "label": "Take a sample", "danger": False, "main": True}]}


def _sample_status(session: Session, row: Sample) -> dict[str, str]:
    """Growth or a failing result first; then what is still waited for."""
    results = list(session.scalars(select(Result).where(Result.sample == row.code)))
    reads = reads_of_sample(session, row.code)
    if any(one.reading in GROWTH for one in reads) or any(one.verdict == "FAIL" and not _replaced(session, one)
                                                         for one in results):
        return {"verdict": "FAIL", "text": "failing"}
    waiting = [one for one in results if one.state != "reviewed"]
    if waiting:
        return {"verdict": "CANNOT DETERMINE", "text": f"{len(waiting)} to review"}
    if results or reads:
        return {"verdict": "PASS", "text": f"{len(results)} reviewed, {len(reads)} sterility reads"}
    return {"verdict": "TODO", "text": "no result yet"}


def _replaced(session: Session, row: Result) -> bool:
    """Invalidated, or a set of replicates whose repeat set is there."""
    return row.invalidated_at is not None or any(
        one.kind == "repeat set" and one.result for one in slots_after(session, row.code))


def show_sample(session: Session, *, sample: str) -> dict[str, Any]:
    """One sample: its tests, what was found, its sterility reads."""
    row = sample_of(session, sample)
    of = f"{row.dose}, fill {row.attempt}" if row.dose else row.batch
    pairs = [("For", row.purpose, False), ("Of", of, False), ("Container", leads(row.container), False),
             *([("Dose", leads(row.dose), False)] if row.dose else []), ("Batch", leads(row.batch), False),
             ("Taken", f"{row.taken_at:{WHEN}} by {row.taken_by}", False)]
    held = tube(session, sample)
    pairs += plan_pairs(held)
    next_ = event_actions(held)
    actions = [{"url": f"/samples/{sample}/record-result", "label": "Record a result", "danger": False,
                "main": not any(one["main"] for one in next_)}]
    if any(one.kind == "sterility" for one in tests_for(specification_of(session, row.batch), row.dose is not None)):
        actions.append({"url": f"/samples/{sample}/read-sterility", "label": "Read sterility", "danger": False,
                        "main": False})
    if any(one.reading in GROWTH for one in reads_of_sample(session, sample)):
        actions.append({"url": f"/samples/{sample}/invalidate-sterility-test", "label": "Set the test aside",
                        "danger": True, "main": False})
    if usable := usable_readings(session, sample):
        actions.append({"url": f"/samples/{sample}/record-result?readings={'%0A'.join(usable)}", "danger": False,
                        "label": "Result from the readings", "main": False})
    actions.append({"url": f"/samples/{sample}/print-label", "label": "Print the label", "danger": False,
                    "main": False})
    actions += next_
    return {"code": row.code, "title": f"Sample {row.code}", "version": held.seen,
            **state_of(_sample_status(session, row)), "pairs": pairs, "drawings": [drawing_of(held)],
            "sections": [_tests(session, row), readings_section(session, sample), _reads(session, row),
                         plan_section(session, row)],
            "actions": actions,
            "strip": [{"k": "Sample", "v": row.code, "code": True}, {"k": "Of", "v": of, "code": True}]}


def _tests(session: Session, row: Sample) -> dict[str, Any]:
    found: dict[str, list[Result | None]] = {}
    for made in session.scalars(select(Result).where(Result.sample == row.code).order_by(Result.slot)):
        found.setdefault(made.test, []).append(made)
    rows, marks = [], marks_of(session, row.batch)
    answers = [(test, one) for test in tests_of_sample(session, row) for one in found.get(test.id, [None])]
    for test, one in answers:
        rows.append([link(f"/results/{one.code}", test.title) if one else test.title, limit_text(test),
                     f"{shown_value(test, one.value)} {in_words(test.unit)}".strip() if one else "not yet",
                     {"verdict": one.verdict, "text": one.verdict} if one else {"verdict": "TODO", "text": "not yet"},
                     "; ".join(filter(None, (one.state, marks.get(one.code)))) if one else "",
                     "assumed" if test.assumed else ""])
    return {"title": "Tests of the specification", "rows": rows,
            "headers": ["Test", "Limit", "Result", "Verdict", "State", "Limit is"]}


def _reads(session: Session, row: Sample) -> dict[str, Any]:
    rows = [[f"day {one.day}", {"verdict": "FAIL" if one.reading in GROWTH else "PASS", "text": one.reading},
             f"{one.read_at:{WHEN}}", one.read_by] for one in reads_of_sample(session, row.code)]
    return {"title": "Sterility reads", "headers": ["Day", "Reading", "Read", "By"], "rows": rows}


def list_results(session: Session) -> dict[str, Any]:
    """Results that wait for their reviewer."""
    rows = [[link(f"/results/{row.code}", row.code), row.test, leads(row.sample), leads(row.batch),
             f"{row.value} {in_words(row.unit)}".strip(),
             {"verdict": row.verdict, "text": row.verdict}, f"{row.tested_at:{WHEN}}"] for row in open_results(session)]
    return {"title": "Results to review", "rows": rows, "actions": [], "empty": "No result waits for a reviewer.",
            "headers": ["Result", "Test", "Sample", "Batch", "Value", "Verdict", "Tested"]}


def show_result(session: Session, *, result: str) -> dict[str, Any]:
    """One result against its limit."""
    row = result_of(session, result)
    test = specification_of(session, row.batch).test(row.test)
    value = f"{shown_value(test, row.value)} {in_words(row.unit)}".strip()
    pairs = [("Test", test.title if test else row.test, False), ("Value", value, False),
             ("Limit", limit_text(test) if test else "not known", bool(test and test.assumed)),
             *definition_pairs(test), *evidence_pairs(session, row, test),
             ("Specification", link(f"/documents/{row.specification}", row.specification), False),
             ("Sample", leads(row.sample), False), ("Batch", leads(row.batch), False),
             ("Tested", f"{row.tested_at:{WHEN}} by {row.tested_by}", False), ("Remark", row.note or "none", False)]
    if row.reviewed_at:
        pairs.append(("Reviewed", f"{row.reviewed_at:{WHEN}} by {row.reviewed_by}", False))
    pairs += beside(session, row)
    review = {"url": f"/results/{result}/review-result", "label": "Review the result", "danger": False, "main": True}
    return {"code": row.code, "title": f"Result {row.code}", "pairs": pairs, "drawings": curves(session, row, test),
            "sections": [*evidence_sections(session, row, test), again.section(session, row)],
            "state": f"{row.verdict}, {row.state}" + (", invalidated" if row.invalidated_at else ""),
            "verdict": row.verdict, "version": str(row.version),
            "actions": [*([review] if row.state == "recorded" else []), *slot_actions(
                [one for one in slots_after(session, result) if one.result is None and one.kind == "repeat set"])],
            "strip": [{"k": "Result", "v": row.code, "code": True}, {"k": "Batch", "v": row.batch, "code": True}]}


PAGES = (
    *INSTRUMENT_PAGES,
    *OOS_PAGES,
    *LATE_PAGES,
    *again.AGAIN_PAGES,
    Page("/samples", list_samples, "list.html"),
    Page("/samples/<sample>", show_sample),
    Page("/results", list_results, "list.html"),
    Page("/results/<result>", show_result),
    *sampling_pages.PAGES,
)
