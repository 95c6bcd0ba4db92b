"""Decisions over doses, as kept: with the facts, all findings, and the hash that was signed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ForeignKey, Text, and_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.batches.records import Batch, Dose
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


@dataclass(frozen=True)
class Infusion:
    """One infusion of a recipient: what was decided over one of its doses, oldest first, and its other doses."""

    decisions: list[Decision]
    #: code and state of each dose another batch made for it, by code
    others: list[tuple[str, str]]


def infusion_of(session: Session, of: Dose, recipient: str) -> Infusion:
    """Read it with one statement."""
    rows = session.execute(select(Dose.code, Dose.state, Decision).join(Batch, Batch.code == Dose.batch).outerjoin(
        Decision, and_(Decision.dose == Dose.code, Decision.dose == of.code)).where(
        Batch.recipient == recipient, Dose.infusion == of.infusion).order_by(Dose.code, Decision.code)).all()
    return Infusion([one for _, _, one in rows if one is not None],
                    [(code, state) for code, state, _ in rows if code != of.code])


def decision(session: Session, code: str) -> Decision:
    """The decision with this code, or a refusal."""
    row = session.get(Decision, code)
    if row is None:
        raise Refused(f"There is no decision “{code}”.", kind="not found")
    return row
