"""The doors of the trial, and what JSON reads of it. A weight is not shown before its second reading."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.codes.own import coi_text
from mfg.documents.api import document_doors
from mfg.documents.records import Document
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Moment, Number, Words
from mfg.trial import acts
from mfg.trial.records import Recipient, Weight, answers_of, newest_weight, weights_of
from mfg.trial.records import recipient as load_recipient


class EnrolRecipient(Body):
    """A place in a cohort; subject code and chain of identity are given by the system."""

    protocol = Words("Protocol", limit=80, hint="The effective version, for instance NCT06835140/1.")
    cohort = Words("Cohort", limit=80)


class RecordWeight(Body):
    """One measured body weight."""

    kg = Number("Body weight", "kg", above="0", hint="Exactly as the scale says.")
    measured_at = Moment("Measured at")


class ConfirmWeight(Body):
    """The second reading of the same weight."""

    kg = Number("Body weight", "kg", above="0", hint="Read it anew from the source. The first entry is not shown.")


class AnswerAssumption(Body):
    """What the sponsor answered."""

    key = Words("Assumed value", limit=80)
    answer = Words("Sponsor's answer", hint="In the words of the answer; a number alone where it is a number.")
    source = Words("Where the answer is filed", limit=200)


def recipient_page(code: str) -> str:
    """The page of a recipient."""
    return f"/recipients/{code}"


def weight_page(code: str) -> str:
    """The page of a weight."""
    return f"/weights/{code}"


def effective_protocols(session: Session) -> list[Document]:
    """The protocol versions that are effective now."""
    return list(session.scalars(select(Document).where(
        Document.kind == "protocol", Document.state == "effective").order_by(Document.code)))


def _places(session: Session, **_codes: str) -> dict[str, dict[str, Any]]:
    rows = effective_protocols(session)
    names = dict.fromkeys(one.name for row in rows for one in acts.protocol_of(session, row.code).cohorts)
    return {"protocol": {"kind": "choice", "choices": [(row.code, f"{row.code} {row.title}") for row in rows]},
            "cohort": {"kind": "choice", "choices": [(name, name) for name in names]}}


def _assumed(session: Session, *, document: str) -> dict[str, dict[str, Any]]:
    keys = [one.key for one in acts.protocol_of(session, document).assumed]
    return {"key": {"kind": "choice", "choices": [(key, key) for key in keys]}}


def _shows_recipient(session: Session, *, recipient: str) -> Pairs:
    row = load_recipient(session, recipient)
    return [("recipient", row.code), ("chain of identity", coi_text(row.coi)), ("protocol", row.protocol),
            ("cohort", row.cohort), ("place in the cohort", str(row.slot))]


def _shows_weight(session: Session, *, weight: str) -> Pairs:
    """Whose and when, never how much: the second reading is blind."""
    row = acts.weight_of(session, weight)
    return [("weight", row.code), ("recipient", row.recipient),
            ("measured at", f"{row.measured_at:%Y-%m-%d %H:%M} UTC")]


def _shows_protocol(session: Session, *, document: str) -> Pairs:
    protocol = acts.protocol_of(session, document)
    return [("protocol", document), *((f"assumed: {one.key}", one.value or "unknown") for one in protocol.assumed)]


def _seen(session: Session, *, recipient: str) -> str:
    return str(load_recipient(session, recipient).version)


def _answer(session: Session, who: Any, *, document: str, **body: Any) -> str:
    """The path names the protocol by its document code."""
    return acts.answer_assumption(session, who, protocol=document, **body)


ONE = "/recipients/<recipient>"

DOORS: tuple[Door, ...] = (
    *document_doors("protocol", acts.draft_protocol),
    Door("answer assumption", "/protocols/<document>", _answer, "Record the sponsor's answer", "Sign answer",
         lambda code: f"/answers/{code}", AnswerAssumption, shows=_shows_protocol, prepares=_assumed,
         intro="An answer that differs from the value assumed changes nothing by itself: draft a new version."),
    Door("enrol recipient", "/recipients", acts.enrol_recipient, "Enrol recipient", "Enrol", recipient_page,
         EnrolRecipient, prepares=_places,
         intro="The next place of the cohort is taken, and the chain of identity is issued, once."),
    Door("confirm eligibility", ONE, acts.confirm_eligibility, "Confirm eligibility", "Confirm", recipient_page,
         shows=_shows_recipient, seen=_seen,
         intro="You confirm that this subject meets every criterion of the protocol, by the source documents."),
    Door("record weight", f"{ONE}/weights", acts.record_weight, "Record weight", "Sign weight", weight_page,
         RecordWeight, shows=_shows_recipient, intro="It counts once a second person has read the same."),
    Door("confirm weight", "/weights/<weight>", acts.confirm_weight, "Confirm weight", "Confirm weight",
         weight_page, ConfirmWeight, shows=_shows_weight,
         intro="Read the weight from the source yourself. Who recorded it cannot confirm it."),
)


def recipients(session: Session) -> list[Recipient]:
    """All recipients in the order of enrolment."""
    return list(session.scalars(select(Recipient).order_by(Recipient.code)))


def read_recipients(session: Session) -> Any:
    """All recipients."""
    return [_plain(row) for row in recipients(session)]


def read_recipient(session: Session, *, recipient: str) -> Any:
    """A recipient with weights and the newest confirmed one."""
    newest = newest_weight(session, recipient)
    row = load_recipient(session, recipient)
    return _plain(row) | {"coi_text": coi_text(row.coi), "newest_weight": _blind(newest) if newest else None,
                          "weights": [_blind(one) for one in weights_of(session, recipient)]}


def read_weight(session: Session, *, weight: str) -> Any:
    """One weight; kg is null until the second person has confirmed it."""
    return _blind(acts.weight_of(session, weight))


def read_protocol(session: Session, *, document: str) -> Any:
    """A protocol version as the rules read it, with the sponsor's answers."""
    protocol = acts.protocol_of(session, document)
    return {"document": document, "id": protocol.id, "title": protocol.title,
            "cohorts": [plain_data({"name": one.name, "participants": one.participants, "bands": one.bands})
                        for one in protocol.cohorts],
            "assumed": plain_data(protocol.assumed), "unknown": list(protocol.unknown),
            "answers": {key: _plain(row) for key, row in answers_of(session, document).items()}}


def _plain(row: Any) -> dict[str, Any]:
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


def _blind(row: Weight) -> dict[str, Any]:
    return _plain(row) | ({} if row.confirmed_at else {"kg": None})


VIEWS: tuple[View, ...] = (
    View("/recipients", read_recipients, "Recipients"),
    View("/recipients/<recipient>", read_recipient, "Recipient"),
    View("/weights/<weight>", read_weight, "Weight"),
    View("/protocols/<document>", read_protocol, "Trial protocol"),
)
