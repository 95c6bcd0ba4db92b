"""Product quality reviews, as kept: the facts of a period as they were shown, and the hash that was signed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, Ref, When, Words
from mfg.facts import Refused


class QualityReview(Base):
    """One signed review. It is never changed; a later one of the same period stands beside it."""

    __tablename__ = "quality_review"
    #: PQR-0001
    code: Mapped[Code]
    #: first and last day, UTC, both counted: 2026-01-01
    first: Mapped[Ref]
    last: Mapped[Ref]
    #: canonical JSON of everything that was shown
    facts: Mapped[str] = mapped_column(Text)
    facts_hash: Mapped[Ref]
    #: what quality assurance concludes, and what shall be done
    conclusion: Mapped[Words]
    signed_by: Mapped[Ref]
    signed_at: Mapped[When]
    __table_args__ = (CheckConstraint("first <= last", name="begins_before_it_ends"),
                      CheckConstraint("conclusion <> ''", name="conclusion_not_blank"))


def quality_review(session: Session, code: str) -> QualityReview:
    """The review with this code, or a refusal."""
    row = session.get(QualityReview, code)
    if row is None:
        raise Refused(f"There is no product quality review “{code}”.", kind="not found")
    return row


def quality_reviews(session: Session) -> list[QualityReview]:
    """Every review, the newest first."""
    return list(session.scalars(select(QualityReview).order_by(QualityReview.code.desc())))
