"""What is done with a change: requested, assessed, approved, implemented, verified, closed; an emergency is approved
at once and assessed in retrospect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.cases import codes_in
from mfg.quality.change_records import (
    Change,
    ChangeDocument,
    ChangeImpact,
    documents_of,
    impacts_of,
    next_change,
)
from mfg.quality.change_records import change as change_record
from mfg.quality.change_rules import (
    APPROVE,
    APPROVE_EMERGENCY,
    AREAS,
    ASSESS,
    CHANGE,
    CLOSE_CHANGE,
    REVIEW,
    VERIFY,
    Approving,
    Assessing,
    ClosingChange,
    Reviewing,
    review_due,
)


def request_change(session: Session, who: Who, *, title: str, why: str, emergency: bool, documents: str = "") -> str:
    """Request a change. `documents`: codes of the document versions it covers, written or not. Returns CHG-0001."""
    how = who.how | {"reason": who.reason or why}
    with act(session, "request change", on="", **how) as doing:
        code = next_change(session)
        session.add(Change(code=code, title=title, why=why, emergency=emergency, requested_by=doing.by.code,
                           requested_at=doing.at, state=CHANGE.start, implementation="", verification="",
                           conclusion=""))
        session.flush()
        _cover(session, code, codes_in(documents))
        doing.on = doing.within = doing.result = code
    return doing.result


def _cover(session: Session, code: str, documents: tuple[str, ...]) -> None:
    number = len(documents_of(session, code))
    for document in documents:
        if len(document) > 80:
            raise Refused(f"“{document[:40]}…” is too long for the code of a document version.", kind="input")
        number += 1
        session.add(ChangeDocument(code=f"{code}-D{number}", change=code, document=document))


def _begun(session: Session, doing: Doing, code: str, seen: str | None) -> Change:
    row = change_record(session, code)
    fresh(row, seen)
    row.state = CHANGE.after(doing.verb.name, row.state)
    doing.within = doing.result = row.code
    return row


def cover_document(session: Session, who: Who, *, change: str, documents: str, seen: str | None = None) -> str:
    """Name further document versions; the impact is assessed anew after it. Returns the change's code."""
    with act(session, "cover document", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        there = documents_of(session, row.code)
        new = tuple(one for one in codes_in(documents) if one not in there)
        if not new:
            raise Refused(f"{row.code} covers this already. Name a document version that it does not cover yet.")
        _cover(session, row.code, new)
    return doing.result


def assess_change(session: Session, who: Who, *, change: str, affected: Mapping[str, bool | None],
                  why: Mapping[str, str], seen: str | None = None) -> str:
    """Say for every area of `AREAS` whether the change touches it, and why. Returns the change's code."""
    with act(session, "assess change", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        _assessed(session, doing, row, affected, why)
    return doing.result


def _assessed(session: Session, doing: Doing, row: Change, affected: Mapping[str, bool | None],
              why: Mapping[str, str]) -> None:
    refuse_unless(judge(ASSESS, Assessing(row.code, dict(affected), dict(why))))
    attempt = max((one.attempt for one in impacts_of(session, row.code)), default=0) + 1
    for area in AREAS:
        session.add(ChangeImpact(code=f"{row.code}-{attempt}-{area}", change=row.code, attempt=attempt, area=area,
                                 affected=affected[area], why=why[area], by=doing.by.code, at=doing.at))
    doing.signs(_signed(session, row) | {"affected": {area: affected[area] for area in AREAS},
                                         "why": {area: why[area] for area in AREAS}})


def approve_change(session: Session, who: Who, *, change: str, seen: str | None = None) -> str:
    """Approve a change whose impact is assessed. Returns its code."""
    with act(session, "approve change", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        refuse_unless(judge(APPROVE, _approving(session, row, doing)))
        row.approved_by, row.approved_at = doing.by.code, doing.at
        doing.signs(_signed(session, row))
    return doing.result


def approve_emergency_change(session: Session, who: Who, *, change: str, seen: str | None = None) -> str:
    """Approve an emergency before it is assessed, with the reason. Its review is due within five working days."""
    with act(session, "approve emergency change", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        refuse_unless(judge(APPROVE_EMERGENCY, _approving(session, row, doing)))
        row.approved_by, row.approved_at, row.review_due_at = doing.by.code, doing.at, review_due(doing.at)
        doing.signs(_signed(session, row) | {"why": doing.how.reason, "review_due_at": row.review_due_at})
    return doing.result


def _approving(session: Session, row: Change, doing: Doing) -> Approving:
    return Approving(row.code, row.requested_by, doing.by.code, row.emergency, documents_of(session, row.code))


def review_emergency_change(session: Session, who: Who, *, change: str, affected: Mapping[str, bool | None],
                            why: Mapping[str, str], seen: str | None = None) -> str:
    """Assess an emergency change in retrospect, by another person than who approved it. Returns its code."""
    with act(session, "review emergency change", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        refuse_unless(judge(REVIEW, Reviewing(row.code, row.emergency, row.approved_by or "", doing.by.code)))
        _assessed(session, doing, row, affected, why)
        row.reviewed_by, row.reviewed_at = doing.by.code, doing.at
    return doing.result


def reject_change(session: Session, who: Who, *, change: str, seen: str | None = None) -> str:
    """Reject a change that is not implemented, with the reason. Returns its code."""
    with act(session, "reject change", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        doing.signs(_signed(session, row) | {"why": doing.how.reason})
    return doing.result


def implement_change(session: Session, who: Who, *, change: str, done: str, seen: str | None = None) -> str:
    """Say what was done. Returns the change's code."""
    with act(session, "implement change", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        row.implementation, row.implemented_by, row.implemented_at = done, doing.by.code, doing.at
        doing.signs(_signed(session, row) | {"done": done})
    return doing.result


def verify_change(session: Session, who: Who, *, change: str, seen_done: str, seen: str | None = None) -> str:
    """Say what was seen of it, by another person than who implemented it. Returns the change's code."""
    with act(session, "verify change", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        refuse_unless(judge(VERIFY, _closing(row, doing, seen_done)))
        row.verification, row.verified_by, row.verified_at = seen_done, doing.by.code, doing.at
        doing.signs(_signed(session, row) | {"seen": seen_done})
    return doing.result


def close_change(session: Session, who: Who, *, change: str, conclusion: str, seen: str | None = None) -> str:
    """Close a verified change; an emergency only after its review. Returns its code."""
    with act(session, "close change", on=change, **who.how) as doing:
        row = _begun(session, doing, change, seen)
        refuse_unless(judge(CLOSE_CHANGE, _closing(row, doing, conclusion)))
        row.conclusion, row.closed_by, row.closed_at = conclusion, doing.by.code, doing.at
        doing.signs(_signed(session, row) | {"conclusion": conclusion})
    return doing.result


def _closing(row: Change, doing: Doing, told: str) -> ClosingChange:
    return ClosingChange(row.code, row.implemented_by or "", doing.by.code, row.emergency, row.reviewed_by,
                         row.approved_by or "", told)


def _signed(session: Session, row: Change) -> dict[str, Any]:
    """What every signature on a change covers."""
    return {"change": row.code, "title": row.title, "why": row.why, "emergency": row.emergency,
            "documents": documents_of(session, row.code), "state": row.state}
