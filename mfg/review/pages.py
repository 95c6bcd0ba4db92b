"""A batch record seen by its exceptions, and one review of it. What is shown is what is signed; nothing is judged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import batch as load_batch
from mfg.batches.step_page import batch_strip
from mfg.codes.own import kind_of
from mfg.doors import Page
from mfg.facts import Finding, Verdict, judge
from mfg.review import blank_pages
from mfg.review.acts import reviewing, statement_of
from mfg.review.batch_record import BatchRecord, hash_of
from mfg.review.completeness import COMPLETENESS
from mfg.review.coverage import covered
from mfg.review.exceptions import RecordException, exceptions_of
from mfg.review.gather import batch_record
from mfg.review.records import Review, ReviewMark, marks_of, reviews_of
from mfg.review.records import review as load_review
from mfg.review.unseen import Cover, cover

PLACES = {"batch": "/batches/", "dose": "/doses/", "container": "/containers/", "sample": "/samples/",
          "lot": "/lots/", "deviation": "/deviations/", "equipment": "/equipment/", "room": "/areas/",
          "monitoring session": "/monitoring/"}
#: the shape and colour that goes with a severity; the word stands beside it
SIGNS = {"critical": "FAIL", "major": "OPEN", "minor": "TODO"}


def link(code: str) -> dict[str, Any]:
    """A cell that leads to the record an exception stands at."""
    batch, slash, rest = code.partition("/")
    if slash and kind_of(batch) == "batch" and rest.startswith("hold-"):
        return {"text": rest, "url": f"/holds/{code}", "code": True}
    if slash and kind_of(batch) == "batch":
        step = f"{batch}/{rest.partition('/')[0]}"
        return {"text": code.partition("/")[2], "url": f"/steps/{step}", "code": True}
    place = PLACES.get(kind_of(code) or "")
    return {"text": code, "url": f"{place}{code}", "code": True} if place else {"text": code, "code": True}


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not yet"


def show_exceptions(session: Session, *, batch: str) -> dict[str, Any]:
    """A batch record opened on what is not as it should be."""
    row, record = load_batch(session, batch), batch_record(session, batch)
    found, points = exceptions_of(record), judge(COMPLETENESS, record)
    reviews = [[{"text": one.code, "url": f"/reviews/{one.code}", "code": True}, one.state, _stage(one),
                f"{one.begun_by}, {_when(one.begun_at)}", _when(one.ended_at)] for one in reviews_of(session, batch)]
    return {
        "code": batch, "title": "Review by exception", "state": row.state, "strip": batch_strip(session, row),
        "back": f"/batches/{batch}", "about": _summary(found),
        "pairs": [("record as it is now", hash_of(record)[:12], False), *_counts(found)],
        "sections": [_exceptions(found, {}, cover(session, batch)), _points(points, {}), _covered(record, points),
                     {"title": "Reviews", "headers": ["review", "state", "of", "begun", "ended"], "rows": reviews,
                      "empty": "Nobody has reviewed this batch record yet."}],
        "drawings": [], "actions": [
            {"url": f"/batches/{batch}/begin-review", "label": "Begin a review", "main": True, "danger": False},
            {"url": f"/batches/{batch}/print-record", "label": "Print the batch record", "main": False,
             "danger": False}]}


def _counts(found: Iterable[RecordException]) -> list[tuple[str, str, bool]]:
    by = [one.severity for one in found]
    return [(word, str(by.count(word)), False) for word in SIGNS]


def _summary(found: tuple[RecordException, ...]) -> str:
    if not found:
        return "No exception: everything in this record is as the master record demands."
    number = "One exception" if len(found) == 1 else f"{len(found)} exceptions, the gravest first"
    return f"{number}. Each is computed from the record; nobody typed it."


def _exceptions(found: tuple[RecordException, ...], marks: dict[str, ReviewMark], unseen: Cover,
                review: str = "") -> dict[str, Any]:
    told = [(one.key, unseen.exception(one)) for one in found]
    rows = [[{"verdict": SIGNS[one.severity], "text": one.severity}, {"text": one.kind, "sub": key},
             link(one.on), one.what, {"text": one.value or "none", "sub": one.limit},
             {"text": one.who or "the system", "sub": _when(one.at)},
             _said(marks.get(key), _assess(review, key))] for key, one in told]
    return {"title": "Exceptions", "rows": rows, "empty": "There is none.",
            "headers": ["severity", "kind", "at", "what", "value and limit", "who and when", "assessed"]}


def _said(mark: ReviewMark | None, still: Any = "not yet") -> Any:
    return {"text": mark.told, "sub": f"{mark.by}, {_when(mark.at)}"} if mark else still


def _assess(review: str, key: str) -> Any:
    """The way to the assessment of exactly this one, while the review is under way."""
    return {"text": "Assess", "url": f"/reviews/{review}/assess-exception?exception={key}"} if review else "not yet"


def _points(points: tuple[Finding, ...], marks: dict[str, ReviewMark], review: str = "") -> dict[str, Any]:
    rows = [[{"verdict": one.verdict.value}, {"text": one.title, "sub": one.rule}, one.why,
             "" if one.verdict is Verdict.PASS else _said(marks.get(one.rule), _assess(
                 review if one.verdict is Verdict.CANNOT_DETERMINE else "", one.rule))] for one in points]
    return {"title": "Completeness, 21 CFR 211.188", "headers": ["answer", "point", "why", "explained"], "rows": rows}


def _covered(record: BatchRecord, points: tuple[Finding, ...]) -> dict[str, Any]:
    return {"title": "What the system checked", "headers": ["checks", "of what"],
            "rows": [[{"text": str(one.count), "num": True}, one.what] for one in covered(record, points)]}


def _stage(row: Review) -> str:
    return "the whole batch" if row.stage is None else f"stage {row.stage}, with what comes before it"


def show_review(session: Session, *, review: str) -> dict[str, Any]:
    """One review: what is left to do, and the statement as it would be signed."""
    row = load_review(session, review)
    record = batch_record(session, row.batch, row.stage)
    marks = {one.key: one for one in marks_of(session, review)}
    found, points = exceptions_of(record), judge(COMPLETENESS, record)
    facts = reviewing(session, row, record, minor_read=True)
    begun = review if row.state == "begun" else ""
    changed = facts.hash_now != facts.hash_begun
    state = "void: the record was changed after it" if changed and row.state == "signed" else row.state
    return {
        "code": row.code, "title": f"Review of {row.batch}", "state": state, "back": f"/batches/{row.batch}/exceptions",
        "verdict": {"signed": "FAIL" if changed else "PASS", "returned": "FAIL"}.get(row.state, "TODO"),
        "strip": batch_strip(session, load_batch(session, row.batch)),
        "pairs": [("covers", _stage(row), False), ("begun", f"{row.begun_by}, {_when(row.begun_at)}", False),
                  ("record when begun", row.record_hash[:12], False), ("record now", facts.hash_now[:12], False)],
        "about": row.statement or f"What would be signed now: {statement_of(facts, record)}",
        "sections": [_exceptions(found, marks, cover(session, row.batch), begun), _drawn(row, marks),
                     _points(points, marks, begun), _covered(record, points)],
        "drawings": [], "actions": _actions(row)}


def _drawn(row: Review, marks: dict[str, ReviewMark]) -> dict[str, Any]:
    rows = []
    for code in row.steps_drawn:
        mark = marks.get(code)
        verdict = "TODO" if mark is None else "PASS" if mark.good else "FAIL"
        word = {"TODO": "not looked at", "PASS": "as expected", "FAIL": "not as expected"}[verdict]
        rows.append([link(code), {"verdict": verdict, "text": word}, _said(mark) if mark and mark.told else
                     {"text": "Say what you found", "url": f"/reviews/{row.code}/look-at-step?step={code}"}
                     if mark is None and row.state == "begun" else ""])
    return {"title": "Steps without exception to look at", "headers": ["step", "found", "note"], "rows": rows,
            "note": "Drawn at random by the root of the ledger when the review was begun.",
            "empty": "No step is without exception, so none was drawn."}


def _actions(row: Review) -> list[dict[str, Any]]:
    if row.state != "begun":
        return []
    words = (("sign-review", "Sign the review", True, False),
             ("assess-exception", "Assess an exception", False, False),
             ("look-at-step", "Look at a step drawn", False, False),
             ("return-review", "Return the record", False, True))
    return [{"url": f"/reviews/{row.code}/{slug}", "label": label, "main": main, "danger": danger}
            for slug, label, main, danger in words]


PAGES: tuple[Page, ...] = (Page("/batches/<batch>/exceptions", show_exceptions),
                           Page("/reviews/<review>", show_review), *blank_pages.PAGES)
