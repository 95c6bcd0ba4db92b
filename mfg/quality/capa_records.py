"""CAPA, as kept: one corrective or preventive action, its owner, its criterion, and what came of it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, next_code, one_of
from mfg.facts import Refused
from mfg.quality.capa_rules import CAPA, KINDS, SOURCES


class Capa(Base):
    """One action against the cause of something, closed only when its effect was seen."""

    __tablename__ = "capa"
    code: Mapped[Code]
    kind: Mapped[Ref]
    #: deviation or audit
    source_kind: Mapped[Ref]
    #: code of the deviation, or the name of the audit
    source: Mapped[str] = mapped_column(index=True)
    #: the cause it is against, and what shall be done
    problem: Mapped[Words]
    action: Mapped[Words]
    owner: Mapped[Ref]
    due_at: Mapped[When]
    #: what will show that it worked; blank until it is set
    criterion: Mapped[Words] = mapped_column(default="")
    #: the effect is not judged before
    check_at: Mapped[MaybeWhen]
    #: the CAPA without effect it takes the place of
    follows: Mapped[str | None] = mapped_column(ForeignKey("capa.code"))
    proposed_by: Mapped[Ref]
    proposed_at: Mapped[When]
    state: Mapped[Ref]
    approved_by: Mapped[MaybeRef]
    approved_at: Mapped[MaybeWhen]
    started_by: Mapped[MaybeRef]
    started_at: Mapped[MaybeWhen]
    done: Mapped[Words] = mapped_column(default="")
    implemented_by: Mapped[MaybeRef]
    implemented_at: Mapped[MaybeWhen]
    evidence: Mapped[Words] = mapped_column(default="")
    judged_by: Mapped[MaybeRef]
    judged_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("kind", KINDS), one_of("source_kind", SOURCES), one_of("state", sorted(CAPA.states)),
        both_or_neither("approved_by", "approved_at"), both_or_neither("started_by", "started_at"),
        both_or_neither("implemented_by", "implemented_at"), both_or_neither("judged_by", "judged_at"),
        CheckConstraint("started_at IS NULL OR (criterion <> '' AND check_at IS NOT NULL)", name="criterion_first"),
        CheckConstraint("judged_by IS NULL OR (judged_by <> owner AND judged_by <> implemented_by)",
                        name="judged_by_another"))


def capa(session: Session, code: str) -> Capa:
    """The CAPA with this code, or a refusal."""
    row = session.get(Capa, code)
    if row is None:
        raise Refused(f"There is no CAPA “{code}”.", kind="not found")
    return row


def capas_of(session: Session, source: str) -> list[Capa]:
    """All CAPA that come from a deviation or an audit, oldest first."""
    return list(session.scalars(select(Capa).where(Capa.source == source).order_by(Capa.code)))


def next_capa(session: Session) -> str:
    """CAPA-0001 and on."""
    return next_code(session, Capa, "CAPA", 4)
