"""Requests for an exceptional release, with what each named party said, as kept."""

from __future__ import annotations

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused
from mfg.release.exceptional_rules import REQUEST, Party

#: column before the underscore -> the part it is
SPOKEN = {"risk": "risk", "authorised": "authorisation", "contact": "contact", "ethics": "ethics", "consent": "consent"}


class ExceptionalRequest(Base):
    """One request. It is used once, or withdrawn; it is never changed into another one."""

    __tablename__ = "exceptional_request"
    #: EXR-0001
    code: Mapped[Code]
    dose: Mapped[str] = mapped_column(ForeignKey("dose.code"), index=True)
    attempt: Mapped[int]
    #: ids of the failing tests it names, joined by ", "
    tests: Mapped[Words]
    #: the urgent need, and why nothing comparable is there
    need: Mapped[Words]
    requested_by: Mapped[Ref]
    requested_at: Mapped[When]
    risk_words: Mapped[Words] = mapped_column(default="")
    #: the evidence the risk was evaluated over
    risk_evidence: Mapped[MaybeRef]
    risk_by: Mapped[MaybeRef]
    risk_at: Mapped[MaybeWhen]
    authorised_words: Mapped[Words] = mapped_column(default="")
    authorised_by: Mapped[MaybeRef]
    authorised_at: Mapped[MaybeWhen]
    #: organisation and role, never a name; what they answered
    contact_words: Mapped[Words] = mapped_column(default="")
    contact_by: Mapped[MaybeRef]
    contact_at: Mapped[MaybeWhen]
    ethics_words: Mapped[Words] = mapped_column(default="")
    ethics_by: Mapped[MaybeRef]
    ethics_at: Mapped[MaybeWhen]
    consent_words: Mapped[Words] = mapped_column(default="")
    consent_by: Mapped[MaybeRef]
    consent_at: Mapped[MaybeWhen]
    decision: Mapped[str | None] = mapped_column(ForeignKey("decision.code"))
    state: Mapped[Ref]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", sorted(REQUEST.states)),
                      *(both_or_neither(f"{one}_by", f"{one}_at") for one in SPOKEN))


def exceptional_request(session: Session, code: str) -> ExceptionalRequest:
    """The request with this code, or a refusal."""
    row = session.get(ExceptionalRequest, code)
    if row is None:
        raise Refused(f"There is no request “{code}” for an exceptional release.", kind="not found")
    return row


def open_request(session: Session, dose: str) -> ExceptionalRequest | None:
    """The request for a dose that is neither used nor withdrawn."""
    return session.scalar(select(ExceptionalRequest).where(
        ExceptionalRequest.dose == dose, ExceptionalRequest.state == "open"))


def named_tests(row: ExceptionalRequest) -> tuple[str, ...]:
    """The ids of the tests a request names."""
    return tuple(one for one in row.tests.split(", ") if one)


def parties_of(row: ExceptionalRequest) -> tuple[tuple[str, Party | None], ...]:
    """Every part with who spoke; None where nobody has."""
    told: list[tuple[str, Party | None]] = [("request", Party(row.requested_by))]
    for column, part in SPOKEN.items():
        by = getattr(row, f"{column}_by")
        told.append((part, Party(by, (row.risk_evidence or "") if part == "risk" else "") if by else None))
    return tuple(told)
