"""Decisions over doses, as kept: with the facts, all findings, and the hash that was signed."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, Ref, When, Words, one_of
from mfg.facts import Refused

KINDS = ("disposition", "released on condition", "certified", "rejected", "released exceptionally", "revoked")


class Decision(Base):
    """One decision over one dose. It is never changed; a later one follows it."""

    __tablename__ = "decision"
    code: Mapped[Code]
    dose: Mapped[str] = mapped_column(ForeignKey("dose.code"), index=True)
    attempt: Mapped[int]
    kind: Mapped[Ref]
    #: canonical JSON of the dossier that was shown, judged and signed
    dossier: Mapped[str] = mapped_column(Text)
    dossier_hash: Mapped[Ref]
    #: canonical JSON of all findings
    findings: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[When]
    decided_by: Mapped[Ref]
    reason: Mapped[Words]
    #: for a conditional release: the open tests and who was told
    condition: Mapped[Words]
    __table_args__ = (one_of("kind", KINDS),)


def decisions_of(session: Session, dose_code: str) -> list[Decision]:
    """All decisions over a dose, oldest first."""
    return list(session.scalars(select(Decision).where(Decision.dose == dose_code).order_by(Decision.code)))


def decision(session: Session, code: str) -> Decision:
    """The decision with this code, or a refusal."""
    row = session.get(Decision, code)
    if row is None:
        raise Refused(f"There is no decision “{code}”.", kind="not found")
    return row
