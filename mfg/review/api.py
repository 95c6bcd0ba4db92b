"""The doors of reviews, and what JSON reads of a batch record with its exceptions."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import batch as load_batch
from mfg.batches.records import steps_of
from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.facts import Refused, judge
from mfg.fields import Body, Choice, Words, YesNo
from mfg.ledger import Who
from mfg.review import acts, blank_api
from mfg.review.acts import reviewing, statement_of
from mfg.review.batch_record import hash_of
from mfg.review.completeness import COMPLETENESS
from mfg.review.exceptions import exceptions_of
from mfg.review.gather import batch_record
from mfg.review.records import Review, marks_of, reviews_of
from mfg.review.records import review as load_review
from mfg.review.unseen import cover

WHOLE = "whole batch"


class BeginReview(Body):
    """How much of the batch record is reviewed."""

    stage = Words("Up to which stage", limit=20, hint="A stage is one harvest with all that belongs to its dose.")


class AssessException(Body):
    """What one exception means."""

    exception = Words("Exception", limit=80)
    assessment = Words("What it means for the product", kind="textarea")
    all_alike = Choice("Say the same of all others of this kind and severity", ("no", "yes"), required=False)


class LookAtStep(Body):
    """What was found at a step that was drawn."""

    step = Words("Step drawn", limit=80)
    as_expected = YesNo("Everything in it is as it should be")
    note = Words("What is not", required=False, kind="textarea")


class SignReview(Body):
    """The statement that is signed stands above."""

    minor_read = YesNo("I have read the list of minor exceptions")


def _begin(session: Session, who: Who, *, batch: str, stage: str) -> str:
    return acts.begin_review(session, who, batch=batch, stage=None if stage == WHOLE else _number(stage))


def _number(stage: str) -> int:
    if not (stage.isascii() and stage.isdigit() and len(stage) < 4):
        raise Refused(f"“{stage}” is no stage of this batch. Choose one from the list.", kind="input",
                      fields={"stage": ["Choose one from the list."]})
    return int(stage)


def _assess(session: Session, who: Who, *, all_alike: str, **body: Any) -> str:
    return acts.assess_exception(session, who, all_alike=all_alike == "yes", **body)


def _stages(session: Session, *, batch: str) -> dict[str, Any]:
    stages = sorted({step.stage for step in steps_of(session, batch) if step.stage})
    choices = [(str(stage), f"stage {stage}") for stage in stages]
    return {"stage": {"kind": "choice", "choices": [*choices, (WHOLE, WHOLE)]}}


def _left(session: Session, *, review: str) -> dict[str, Any]:
    row = load_review(session, review)
    record = batch_record(session, row.batch, row.stage)
    marked = {one.key for one in marks_of(session, review)}
    left = [(one.key, f"{one.severity}: {one.kind}, {one.on}: {one.what}"[:160]) for one in exceptions_of(record)
            if one.key not in marked]
    left += [(one.rule, f"{one.rule}: {one.title}. {one.why}"[:160]) for one in judge(COMPLETENESS, record)
             if one.verdict.value == "CANNOT DETERMINE" and one.rule not in marked]
    return {"exception": {"kind": "choice", "choices": left}}


def _to_look(session: Session, *, review: str) -> dict[str, Any]:
    marked = {one.key for one in marks_of(session, review)}
    return {"step": {"kind": "choice", "choices": [(code, code) for code in load_review(session, review).steps_drawn
                                                   if code not in marked]}}


def _statement(session: Session, *, review: str) -> Pairs:
    row = load_review(session, review)
    record = batch_record(session, row.batch, row.stage)
    return [("Review", row.code), ("Batch", row.batch), ("Record as it is now", hash_of(record)[:12]),
            ("Statement", statement_of(reviewing(session, row, record, minor_read=True), record))]


def _returned(session: Session, *, review: str) -> Pairs:
    row = load_review(session, review)
    return [("Review", row.code), ("Batch", row.batch)]


def _seen(session: Session, *, review: str) -> str:
    return str(load_review(session, review).version)


def review_page(code: str) -> str:
    """The page of a review."""
    return f"/reviews/{code}"


DOORS: tuple[Door, ...] = (
    Door("begin review", "/batches/<batch>", _begin, "Review the batch record", "Begin the review", review_page,
         BeginReview, prepares=_stages,
         intro="The exceptions are computed; steps without exception are drawn at random for you to look at."),
    Door("assess exception", "/reviews/<review>", _assess, "Assess an exception", "Record the assessment", review_page,
         AssessException, prepares=_left),
    Door("look at step", "/reviews/<review>", acts.look_at_step, "Look at a step drawn", "Record what was found",
         review_page, LookAtStep, prepares=_to_look, intro="Open the step beside this, then say what you found."),
    Door("sign review", "/reviews/<review>", acts.sign_review, "Sign the review", "Sign the coverage statement",
         review_page, SignReview, shows=_statement, seen=_seen,
         intro="A later change of the record voids this signature."),
    Door("return review", "/reviews/<review>", acts.return_review, "Return the record", "Sign and return", review_page,
         shows=_returned, danger=True, intro="With the reason. After the record is put right a new review begins."),
    *blank_api.DOORS,
)


def read_record(session: Session, *, batch: str) -> Any:
    """The whole batch record with its exceptions and its completeness; what is still to be read again is hidden."""
    record = batch_record(session, batch, None)
    unseen = cover(session, batch)
    return unseen.data(record) | {
        "hash": hash_of(record),
        "exceptions": [plain_data(unseen.exception(one)) | {"key": one.key} for one in exceptions_of(record)],
        "completeness": [one.as_dict() for one in judge(COMPLETENESS, record)]}


def read_reviews(session: Session, *, batch: str) -> Any:
    """The reviews of a batch."""
    return [_plain(row) for row in reviews_of(session, load_batch(session, batch).code)]


def read_review(session: Session, *, review: str) -> Any:
    """One review with everything said in it."""
    marks = [{"kind": one.kind, "key": one.key, "told": one.told, "good": one.good, "by": one.by, "at": one.at}
             for one in marks_of(session, review)]
    return plain_data(_plain(load_review(session, review)) | {"marks": marks})


def _plain(row: Review) -> dict[str, Any]:
    return {one.key: plain_data(getattr(row, one.key)) for one in row.__mapper__.column_attrs}


VIEWS: tuple[View, ...] = (
    View("/batches/<batch>/record", read_record, "Batch record with exceptions"),
    View("/batches/<batch>/reviews", read_reviews, "Reviews of a batch"),
    View("/reviews/<review>", read_review, "Review"),
    *blank_api.VIEWS,
)
