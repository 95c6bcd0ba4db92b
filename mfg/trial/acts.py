"""What is done in the trial: protocols, enrolment, eligibility, weights, the sponsor's answers.

Cohort and chain of identity are given once, at enrolment, and no verb changes them (R51).
Whether the cohort before has been found safe (R52-R54) is not judged here.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.codes.own import new_coi
from mfg.db import next_code
from mfg.documents import acts as documents
from mfg.documents.records import Document
from mfg.documents.records import document as load_document
from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Who, act, fresh
from mfg.trial.protocol import Protocol
from mfg.trial.protocol_file import load
from mfg.trial.records import AssumptionAnswer, Recipient, Weight
from mfg.trial.records import recipient as load_recipient
from mfg.trial.rules import ANSWER, ENROLMENT, WEIGHT, Answering, Enrolment, WeightFacts


def draft_protocol(session: Session, who: Who, *, text: str) -> str:
    """Hand in the next version of a trial protocol; refused where the file is not one."""
    protocol = load(text)
    return documents.draft(session, who, kind="protocol", key=protocol.id, title=protocol.title, text=text)


def protocol_document(session: Session, code: str) -> Document:
    """The document of this protocol version, or a refusal."""
    row = load_document(session, code)
    if row.kind != "protocol":
        raise Refused(f"{code} is a {row.kind}, not a trial protocol.", kind="not found")
    return row


def protocol_of(session: Session, code: str) -> Protocol:
    """The protocol as written in the version with this document code."""
    return _read(protocol_document(session, code).text)


@lru_cache(maxsize=64)
def _read(text: str) -> Protocol:
    """The same text is the same protocol: nothing in one can be changed."""
    return load(text)


def enrol_recipient(session: Session, who: Who, *, protocol: str, cohort: str) -> str:
    """Give a subject the next place in a cohort and its chain of identity. Returns the subject code."""
    with act(session, "enrol recipient", on=protocol, **who.how) as doing:
        facts = enrolment_facts(session, protocol, cohort)
        refuse_unless(judge(ENROLMENT, facts))
        doing.on = doing.within = doing.result = next_code(session, Recipient, "SUB", 4)
        session.add(Recipient(code=doing.result, coi=_fresh_coi(session, doing.at.year), protocol=protocol,
                              cohort=cohort, slot=facts.taken + 1, enrolled_at=doing.at))
    return doing.result


def enrolment_facts(session: Session, protocol: str, cohort: str) -> Enrolment:
    """What the rules need to know; places are counted over every version of the protocol."""
    row = protocol_document(session, protocol)
    places = tuple((one.name, one.participants) for one in load(row.text).cohorts)
    taken = session.scalar(
        select(func.count()).select_from(Recipient).join(Document, Document.code == Recipient.protocol).where(
            Document.kind == row.kind, Document.key == row.key, Recipient.cohort == cohort))
    return Enrolment(row.code, row.state, cohort, places, taken or 0)


def _fresh_coi(session: Session, year: int) -> str:
    """A chain of identity nobody has; the serial is random and means nothing."""
    fin = str(session.info.get("fin", "A9999"))
    while True:
        coi = new_coi(fin, year, secrets.randbelow)
        if session.scalar(select(Recipient.code).where(Recipient.coi == coi)) is None:
            return coi


def confirm_eligibility(session: Session, who: Who, *, recipient: str, seen: str | None = None) -> str:
    """The principal investigator confirms that the recipient meets the protocol's criteria."""
    with act(session, "confirm eligibility", on=recipient, within=recipient, **who.how) as doing:
        row = load_recipient(session, recipient)
        fresh(row, seen)
        if row.eligible_at is not None:
            raise Refused(f"The eligibility of {recipient} is confirmed already, on "
                          f"{row.eligible_at:%Y-%m-%d}. There is nothing to do.")
        row.eligible_by, row.eligible_at = doing.by.code, doing.at
        doing.signs({"recipient": row.code, "coi": row.coi, "protocol": row.protocol, "cohort": row.cohort,
                     "slot": row.slot})
        doing.result = row.code
    return doing.result


def record_weight(session: Session, who: Who, *, recipient: str, kg: Decimal, measured_at: datetime) -> str:
    """Record a measured body weight in kg. It counts once a second person has read the same. Returns its code."""
    with act(session, "record weight", on=recipient, within=recipient, **who.how) as doing:
        load_recipient(session, recipient)
        refuse_unless(judge(WEIGHT, WeightFacts(kg, measured_at, doing.at)))
        doing.on = doing.result = next_code(session, Weight, "W")
        session.add(Weight(code=doing.on, recipient=recipient, kg=kg, measured_at=measured_at,
                           recorded_by=doing.by.code, recorded_at=doing.at))
        doing.signs({"weight": doing.on, "recipient": recipient, "kg": kg, "measured_at": measured_at})
    return doing.result


def confirm_weight(session: Session, who: Who, *, weight: str, kg: Decimal) -> str:
    """A second person reads the scale's record anew and enters it blind; only the same number confirms."""
    with act(session, "confirm weight", on=weight, **who.how) as doing:
        row = weight_of(session, weight)
        doing.within = row.recipient
        if row.confirmed_at is not None:
            raise Refused(f"{weight} is confirmed already. There is nothing to do.")
        if row.kg != kg:
            raise Refused("The two readings of this weight differ; nothing was stored. Look at the source again: "
                          "enter it anew here, or record the weight again if the first entry was wrong.")
        row.confirmed_by, row.confirmed_at = doing.by.code, doing.at
        doing.signs({"weight": row.code, "recipient": row.recipient, "kg": kg, "measured_at": row.measured_at})
        doing.result = row.code
    return doing.result


def weight_of(session: Session, code: str) -> Weight:
    """The weight with this code, or a refusal."""
    row = session.get(Weight, code)
    if row is None:
        raise Refused(f"There is no weight “{code}”.", kind="not found")
    return row


def answer_assumption(session: Session, who: Who, *, protocol: str, key: str, answer: str, source: str) -> str:
    """Record what the sponsor answered to a value the protocol file assumes. It changes no value by itself."""
    with act(session, "answer assumption", on=protocol, within=protocol, **who.how) as doing:
        assumed = tuple(one.key for one in protocol_of(session, protocol).assumed)
        refuse_unless(judge(ANSWER, Answering(protocol, key, assumed)))
        doing.result = next_code(session, AssumptionAnswer, "AA")
        session.add(AssumptionAnswer(code=doing.result, protocol=protocol, key=key, answer=answer, source=source,
                                     answered_at=doing.at, answered_by=doing.by.code))
        doing.signs({"answer": doing.result, "protocol": protocol, "key": key, "text": answer, "source": source})
    return doing.result
