"""Changes, as kept: what shall change, which documents that covers, what it touches, and who let it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, next_code, one_of
from mfg.facts import Refused
from mfg.quality.change_rules import AREAS, CHANGE, ChangeFacts


class Change(Base):
    """One change, from its request to its end. An emergency is approved first and reviewed afterwards."""

    __tablename__ = "change"
    code: Mapped[Code]
    title: Mapped[Words]
    why: Mapped[Words]
    emergency: Mapped[bool]
    requested_by: Mapped[Ref]
    requested_at: Mapped[When]
    state: Mapped[Ref]
    approved_by: Mapped[MaybeRef]
    approved_at: Mapped[MaybeWhen]
    #: of an emergency: by then its impact is assessed in retrospect
    review_due_at: Mapped[MaybeWhen]
    reviewed_by: Mapped[MaybeRef]
    reviewed_at: Mapped[MaybeWhen]
    implementation: Mapped[Words] = mapped_column(default="")
    implemented_by: Mapped[MaybeRef]
    implemented_at: Mapped[MaybeWhen]
    verification: Mapped[Words] = mapped_column(default="")
    verified_by: Mapped[MaybeRef]
    verified_at: Mapped[MaybeWhen]
    conclusion: Mapped[Words] = mapped_column(default="")
    closed_by: Mapped[MaybeRef]
    closed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", sorted(CHANGE.states)), *(
        both_or_neither(f"{what}_by", f"{what}_at")
        for what in ("approved", "reviewed", "implemented", "verified", "closed")))


class ChangeDocument(Base):
    """A document version that a change lets become effective, by its code; it may not be written yet."""

    __tablename__ = "change_document"
    code: Mapped[Code]
    change: Mapped[str] = mapped_column(ForeignKey("change.code"), index=True)
    document: Mapped[str] = mapped_column(index=True)
    __table_args__ = (UniqueConstraint("change", "document"),)


class ChangeImpact(Base):
    """The answer for one area, in one assessment. The newest assessment stands."""

    __tablename__ = "change_impact"
    code: Mapped[Code]
    change: Mapped[str] = mapped_column(ForeignKey("change.code"), index=True)
    #: 1 for the first assessment of the change
    attempt: Mapped[int]
    area: Mapped[Ref]
    affected: Mapped[bool]
    why: Mapped[Words]
    by: Mapped[Ref]
    at: Mapped[When]
    __table_args__ = (one_of("area", AREAS), UniqueConstraint("change", "attempt", "area"))


def change(session: Session, code: str) -> Change:
    """The change with this code, or a refusal."""
    row = session.get(Change, code)
    if row is None:
        raise Refused(f"There is no change “{code}”.", kind="not found")
    return row


def next_change(session: Session) -> str:
    """CHG-0001 and on."""
    return next_code(session, Change, "CHG", 4)


def documents_of(session: Session, change_code: str) -> tuple[str, ...]:
    """The document versions a change covers, in the order they were named."""
    return tuple(session.scalars(select(ChangeDocument.document).where(
        ChangeDocument.change == change_code).order_by(ChangeDocument.code)))


def changes_for(session: Session, document_code: str) -> list[Change]:
    """Every change that names a document version, oldest first."""
    return list(session.scalars(select(Change).join(ChangeDocument, ChangeDocument.change == Change.code).where(
        ChangeDocument.document == document_code).order_by(Change.code)))


def impacts_of(session: Session, change_code: str) -> list[ChangeImpact]:
    """Every answer of every assessment, oldest first, in the order of the areas."""
    found = session.scalars(select(ChangeImpact).where(ChangeImpact.change == change_code)).all()
    return sorted(found, key=lambda one: (one.attempt, AREAS.index(one.area)))


def change_facts(session: Session, change_code: str, document_code: str) -> ChangeFacts:
    """What the rules CHANGE_COVERS ask before a document becomes effective. An unknown change has no state."""
    row = session.get(Change, change_code) if change_code else None
    return ChangeFacts(change_code, document_code, row.state if row else None,
                       documents_of(session, change_code) if row else ())
