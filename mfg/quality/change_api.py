"""The doors of change control, and reading changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Words, YesNo
from mfg.ledger import Who
from mfg.quality import change_acts as acts
from mfg.quality.change_records import Change, documents_of, impacts_of
from mfg.quality.change_records import change as change_record
from mfg.quality.change_rules import AREAS, CHANGE

DOCUMENTS_HINT = "Codes of the document versions, parted by blanks, for instance NK-CD123-CD16/2."


class RequestChange(Body):
    """What shall change."""

    title = Words("What shall change", limit=200)
    why = Words("Why", kind="textarea")
    emergency = YesNo("Emergency?", hint="Approved before it is assessed, and reviewed within five working days.")
    documents = Words("Documents it covers", required=False, hint=DOCUMENTS_HINT)


class CoverDocument(Body):
    """Further document versions."""

    documents = Words("Documents it covers", hint=DOCUMENTS_HINT)


class AssessChange(Body):
    """What it touches: each area yes or no, and why."""

    validation = YesNo("Validation", hint="Does a qualification or validation have to be repeated?")
    validation_why = Words("Validation: why", kind="textarea")
    regulatory = YesNo("Regulatory", hint="Does an authority have to be told, or asked?")
    regulatory_why = Words("Regulatory: why", kind="textarea")
    training = YesNo("Training", hint="Does anybody have to be trained before?")
    training_why = Words("Training: why", kind="textarea")
    documents = YesNo("Documents", hint="Do other documents change with it?")
    documents_why = Words("Documents: why", kind="textarea")
    ethics = YesNo("Ethics", hint="Does the ethics committee have to be told, or asked?")
    ethics_why = Words("Ethics: why", kind="textarea")


class ImplementChange(Body):
    """What was done."""

    done = Words("What was done", kind="textarea")


class VerifyChange(Body):
    """What was seen of it."""

    seen_done = Words("What was seen", kind="textarea")


class CloseChange(Body):
    """What came of it."""

    conclusion = Words("Conclusion", kind="textarea")


def _areas(answers: dict[str, Any]) -> dict[str, Any]:
    """The ten fields of the form as two answers by area."""
    return {"affected": {area: answers.get(area) for area in AREAS},
            "why": {area: answers.get(f"{area}_why", "") for area in AREAS}}


def assess(session: Session, who: Who, *, change: str, seen: str | None = None, **answers: Any) -> str:
    """The form of an assessment as its act."""
    return acts.assess_change(session, who, change=change, seen=seen, **_areas(answers))


def review(session: Session, who: Who, *, change: str, seen: str | None = None, **answers: Any) -> str:
    """The form of a retrospective review as its act."""
    return acts.review_emergency_change(session, who, change=change, seen=seen, **_areas(answers))


def columns(row: Any) -> dict[str, Any]:
    """A row as plain data."""
    return {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}


def as_data(session: Session, row: Change) -> dict[str, Any]:
    """One change with its documents and assessments."""
    return columns(row) | {"documents": list(documents_of(session, row.code)),
                           "impacts": [columns(one) for one in impacts_of(session, row.code)]}


def all_changes(session: Session, *, state: str = "") -> list[Change]:
    """Emergencies without their review first, then those that go on, oldest first."""
    wanted = select(Change)
    if state == "not ended":
        wanted = wanted.where(Change.state.not_in(sorted(CHANGE.final)))
    elif state in CHANGE.states:
        wanted = wanted.where(Change.state == state)
    owed = case((Change.review_due_at.is_not(None) & Change.reviewed_at.is_(None)
                 & (Change.state != "rejected"), 0), else_=1)
    ended = case((Change.state.in_(sorted(CHANGE.final)), 1), else_=0)
    return list(session.scalars(wanted.order_by(owed, ended, Change.review_due_at, Change.code)))


def _signs(session: Session, *, change: str) -> Pairs:
    row = change_record(session, change)
    newest: dict[str, str] = {one.area: f"{'yes' if one.affected else 'no'}: {one.why}"
                              for one in impacts_of(session, row.code)}
    return [("Change", row.code), ("What", row.title), ("Why", row.why),
            ("Emergency", "yes" if row.emergency else "no"),
            ("Documents", ", ".join(documents_of(session, row.code)) or "none"),
            *((area.capitalize(), newest[area]) for area in AREAS if area in newest)]


def _version(session: Session, *, change: str) -> str:
    return str(change_record(session, change).version)


def _where(code: str) -> str:
    return f"/changes/{code}"


def _door(verb: str, call: Any, title: str, main: str, body: type[Body] = Body, **more: Any) -> Door:
    return Door(verb, "/changes/<change>", call, title, main, _where, body=body, shows=_signs, seen=_version, **more)


DOORS = (
    Door("request change", "/changes", acts.request_change, "Request a change", "Request it", _where,
         body=RequestChange),
    _door("cover document", acts.cover_document, "Name further documents", "Name them", CoverDocument,
          intro="The impact is assessed anew after it."),
    _door("assess change", assess, "Assess the impact", "Sign the assessment", AssessChange,
          intro="Each area is answered outright; blank is not no."),
    _door("approve change", acts.approve_change, "Approve the change", "Sign and approve"),
    _door("approve emergency change", acts.approve_emergency_change, "Approve the emergency", "Sign and approve",
          danger=True, intro="Before it is assessed. Its review is due by the end of the fifth working day."),
    _door("review emergency change", review, "Review the emergency", "Sign the review", AssessChange,
          intro="In retrospect, by another person than the one who approved it."),
    _door("reject change", acts.reject_change, "Reject the change", "Sign and reject", danger=True),
    _door("implement change", acts.implement_change, "The change is done", "Sign as done", ImplementChange),
    _door("verify change", acts.verify_change, "Verify the change", "Sign as verified", VerifyChange),
    _door("close change", acts.close_change, "Close the change", "Sign and close", CloseChange),
)

VIEWS = (
    View("/changes", lambda session: [columns(row) for row in all_changes(session)], "All changes"),
    View("/changes/<change>", lambda session, change: as_data(session, change_record(session, change)), "One change"),
)
