"""What a reviewer does: begins a review, assesses what is listed, looks at what was drawn, signs or returns it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.db import next_code
from mfg.facts import Finding, Refused, judge, refuse_unless
from mfg.ledger import Doing, Entry, Who, act, fresh
from mfg.merkle import Frontier
from mfg.review.batch_record import BatchRecord, hash_of
from mfg.review.completeness import COMPLETENESS
from mfg.review.coverage import drawn, statement
from mfg.review.exceptions import exceptions_of
from mfg.review.gather import batch_record
from mfg.review.records import Review, ReviewMark, marks_of, reviews_of
from mfg.review.records import review as load_review
from mfg.review.rules import BEGIN, LOOK, OWN, REVIEW, SHORTEST, SIGN, Beginning, Looking, Reviewing, Working


def begin_review(session: Session, who: Who, *, batch: str, stage: int | None = None) -> str:
    """Begin the review of a batch record, whole or up to a stage, and draw the steps to look at. Returns its code."""
    with act(session, "begin review", on=batch, within=batch, **who.how) as doing:
        record = batch_record(session, batch, stage)
        if stage is not None and stage not in {step.stage for step in record.steps}:
            raise Refused(f"{batch} has no stage {stage} yet. Review a stage that was begun, or the whole batch.",
                          kind="input")
        refuse_unless(judge(BEGIN, _beginning(session, batch, stage)))
        seed = _root(session)
        found = exceptions_of(record)
        code = f"{batch}-R{len(reviews_of(session, batch)) + 1}"
        session.add(Review(code=code, batch=batch, stage=stage, record_hash=hash_of(record), seed=seed,
                           drawn="\n".join(drawn(record, found, seed)), begun_by=doing.by.code, begun_at=doing.at,
                           state=REVIEW.start, statement=""))
        doing.on = doing.result = code
    return doing.result


def _beginning(session: Session, batch: str, stage: int | None) -> Beginning:
    """The review of the same that is under way, if there is one: who began it draws no second time."""
    under_way = next((one for one in reviews_of(session, batch) if one.stage == stage and one.state == REVIEW.start),
                     None)
    return Beginning(batch, under_way.code if under_way else None, under_way.begun_by if under_way else "")


def _root(session: Session) -> str:
    """The root of the ledger before this act: nobody can choose it."""
    head = session.execute(select(Entry.seq, Entry.frontier).order_by(Entry.seq.desc()).limit(1)).one()
    return Frontier.from_bytes(head.seq + 1, head.frontier).root.hex()


def assess_exception(session: Session, who: Who, *, review: str, exception: str, assessment: str,
                     all_alike: bool = False) -> str:
    """Say what an exception, or a point of completeness, means for the product. Returns the review.

    `exception` is the key from the list, or the id of a point such as REC-06; `all_alike` says the same of every
    other exception of that kind that is not assessed yet.
    """
    with act(session, "assess exception", on=review, within=batch_of(review), **who.how) as doing:
        row = _own(session, doing, review)
        if len(assessment.strip()) < SHORTEST:
            raise Refused(f"“{assessment}” says too little. Say what it means for the product, in at least {SHORTEST} "
                          "characters.", kind="input", fields={"assessment": ["Say what it means for the product."]})
        record = batch_record(session, row.batch, row.stage)
        for kind, key in _meant(record, exception, all_alike, _marked(session, review)):
            _mark(session, doing, review, kind, key, assessment.strip(), good=True)
        doing.result = review
    return doing.result


def _meant(record: BatchRecord, key: str, all_alike: bool, marked: set[str]) -> list[tuple[str, str]]:
    """What an assessment is of: (kind, key); a key nobody listed is refused."""
    if any(one.id == key for one in COMPLETENESS):
        _once(key, marked)
        return [("point", key)]
    found = {one.key: one for one in exceptions_of(record)}
    if key not in found:
        raise Refused(f"There is no exception “{key[:40]}” in {record.batch} now. Open the review again.", kind="stale")
    _once(key, marked)
    alike = [one.key for one in found.values() if all_alike and one.kind == found[key].kind
             and one.severity == found[key].severity and one.key not in marked and one.key != key]
    return [("exception", each) for each in (key, *alike)]


def _once(key: str, marked: set[str]) -> None:
    if key in marked:
        raise Refused(f"{key} is already assessed in this review. What was said stays.", kind="stale")


def look_at_step(session: Session, who: Who, *, review: str, step: str, as_expected: bool, note: str = "") -> str:
    """Say that a step drawn was looked at, and what was found. Returns the review."""
    with act(session, "look at step", on=review, within=batch_of(review), **who.how) as doing:
        row = _own(session, doing, review)
        refuse_unless(judge(LOOK, Looking(step, row.steps_drawn)))
        _once(step, _marked(session, review))
        if not as_expected and len(note.strip()) < SHORTEST:
            raise Refused("Say what was not as expected.", kind="input", fields={"note": ["Say what was found."]})
        _mark(session, doing, review, "step", step, note.strip(), good=as_expected)
        doing.result = review
    return doing.result


def sign_review(session: Session, who: Who, *, review: str, minor_read: bool, seen: str | None = None) -> str:
    """Sign the coverage statement: what the system checked, what was assessed and looked at. Returns the review."""
    with act(session, "sign review", on=review, within=batch_of(review), **who.how) as doing:
        row = _own(session, doing, review)
        fresh(row, seen)
        record = batch_record(session, row.batch, row.stage)
        facts = reviewing(session, row, record, minor_read=minor_read)
        refuse_unless(judge(SIGN, facts))
        row.statement = statement_of(facts, record)
        row.state, row.ended_by, row.ended_at = REVIEW.after("sign review", row.state), doing.by.code, doing.at
        doing.signs(_signed(session, row, facts))
        doing.result = review
    return doing.result


def batch_of(review: str) -> str:
    """The batch a review code begins with."""
    return review.rpartition("-")[0]


def reviewing(session: Session, row: Review, record: BatchRecord, *, minor_read: bool) -> Reviewing:
    """A review as the rules see it."""
    marks = marks_of(session, row.code)
    return Reviewing(row.code, row.record_hash, hash_of(record), exceptions_of(record),
                     frozenset(one.key for one in marks if one.kind != "step"), minor_read, row.steps_drawn,
                     {one.key: one.good for one in marks if one.kind == "step"}, judge(COMPLETENESS, record))


def statement_of(facts: Reviewing, record: BatchRecord) -> str:
    """The coverage statement as it would be signed now."""
    keys = {one.key for one in facts.exceptions}
    return statement(record, facts.exceptions, facts.completeness, len(keys & facts.assessed),
                     tuple(code for code in facts.drawn if code in facts.looked))


def _signed(session: Session, row: Review, facts: Reviewing) -> dict[str, Any]:
    return {"review": row.code, "batch": row.batch, "stage": row.stage, "record_hash": row.record_hash,
            "statement": row.statement, "exceptions": [one.key for one in facts.exceptions],
            "completeness": [_plain(one) for one in facts.completeness],
            "marks": [[one.kind, one.key, one.told, one.good] for one in marks_of(session, row.code)]}


def _plain(one: Finding) -> Any:
    return plain_data(one.as_dict())


def return_review(session: Session, who: Who, *, review: str) -> str:
    """Give the record back with the reason, signed: a refusal is a signature too. Returns the review."""
    with act(session, "return review", on=review, within=batch_of(review), **who.how) as doing:
        row = _begun(session, review, "return review")
        row.statement, row.state = doing.how.reason, REVIEW.after("return review", row.state)
        row.ended_by, row.ended_at = doing.by.code, doing.at
        doing.signs({"review": row.code, "batch": row.batch, "record_hash": row.record_hash,
                     "reason": doing.how.reason})
        doing.result = review
    return doing.result


def _begun(session: Session, code: str, verb: str) -> Review:
    """The review, still under way."""
    row = load_review(session, code)
    REVIEW.after(verb, row.state)
    return row


def _own(session: Session, doing: Doing, code: str) -> Review:
    """The review under way, of the person acting: the statement says “I”, so nobody signs what others looked at."""
    row = _begun(session, code, doing.verb.name)
    refuse_unless(judge(OWN, Working(code, row.begun_by, doing.by.code)))
    return row


def _marked(session: Session, code: str) -> set[str]:
    return {one.key for one in marks_of(session, code)}


def _mark(session: Session, doing: Doing, review: str, kind: str, key: str, told: str, *, good: bool) -> None:
    session.add(ReviewMark(code=next_code(session, ReviewMark, "RM", 6), review=review, kind=kind, key=key, told=told,
                           good=good, by=doing.by.code, at=doing.at))

