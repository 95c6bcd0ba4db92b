"""Reviews of batch records, as kept: what was drawn, what was assessed, what was signed."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused

STATES = ("begun", "signed", "returned")
MARKS = ("exception", "point", "step")


class Review(Base):
    """One review of one batch record, whole or up to a stage."""

    __tablename__ = "review"
    #: NK-26-001-R1
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    #: the stage of the process reviewed with what comes before it; empty for the whole batch
    stage: Mapped[int | None]
    #: SHA-256 of what the review covers, when it was begun
    record_hash: Mapped[Ref]
    #: root of the ledger when it was begun; the steps were drawn by it
    seed: Mapped[Ref]
    #: the steps drawn, one code a line
    drawn: Mapped[str] = mapped_column(Text)
    begun_by: Mapped[Ref]
    begun_at: Mapped[When]
    state: Mapped[Ref]
    #: the coverage statement as it was signed, or why the review was returned
    statement: Mapped[str] = mapped_column(Text)
    ended_by: Mapped[MaybeRef]
    ended_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", STATES), both_or_neither("ended_by", "ended_at"))

    @property
    def steps_drawn(self) -> tuple[str, ...]:
        """The steps drawn, in the order of the process."""
        return tuple(self.drawn.split())


class ReviewMark(Base):
    """What the reviewer says of one exception, one point of completeness or one step drawn."""

    __tablename__ = "review_mark"
    code: Mapped[Code]
    review: Mapped[str] = mapped_column(ForeignKey("review.code"), index=True)
    kind: Mapped[Ref]
    #: key of the exception, id of the point, or code of the step
    key: Mapped[Ref]
    told: Mapped[Words]
    #: for a step: found as expected
    good: Mapped[bool]
    by: Mapped[Ref]
    at: Mapped[When]
    __table_args__ = (UniqueConstraint("review", "key"), one_of("kind", MARKS))


def review(session: Session, code: str) -> Review:
    """The review with this code, or a refusal."""
    row = session.get(Review, code)
    if row is None:
        raise Refused(f"There is no review “{code}”.", kind="not found")
    return row


def marks_of(session: Session, code: str) -> list[ReviewMark]:
    """What was said in a review, in order."""
    return list(session.scalars(select(ReviewMark).where(ReviewMark.review == code).order_by(ReviewMark.code)))


def reviews_of(session: Session, batch: str) -> list[Review]:
    """The reviews of a batch, the newest last."""
    return list(session.scalars(select(Review).where(Review.batch == batch).order_by(Review.code)))
