"""Notices and calls, as kept. What a notice is about is a code, so that every room above can send one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, next_code, one_of
from mfg.facts import Refused
from mfg.notices.rules import ACKNOWLEDGED_WITHIN, MEANS, Waiting


class Notice(Base):
    """One notice to a role. It is made inside the act that causes it, and never taken back."""

    __tablename__ = "notice"
    #: NTC-0001
    code: Mapped[Code]
    to_role: Mapped[str] = mapped_column(index=True)
    #: the very record it is about, and the batch, donor or recipient around it
    about: Mapped[str] = mapped_column(index=True)
    within: Mapped[str] = mapped_column(index=True)
    what: Mapped[Words]
    #: what to do now
    todo: Mapped[Words]
    sent_at: Mapped[When]
    #: the verb of the act it was made in
    because_of: Mapped[Ref]
    acknowledge_by: Mapped[When]
    acknowledged_by: Mapped[MaybeRef]
    acknowledged_at: Mapped[MaybeWhen]
    #: when the system noted that nobody had acknowledged it in time
    overdue_at: Mapped[MaybeWhen]
    #: the notice that was not acknowledged, for one that was passed on
    follows: Mapped[str | None] = mapped_column(ForeignKey("notice.code"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (both_or_neither("acknowledged_by", "acknowledged_at"),
                      CheckConstraint("acknowledge_by >= sent_at", name="time_to_answer"))


class Call(Base):
    """One call that was made outside the screen: which role was told, when and by which means; never a name."""

    __tablename__ = "logged_call"
    #: CALL-0001
    code: Mapped[Code]
    within: Mapped[str] = mapped_column(index=True)
    about: Mapped[str] = mapped_column(index=True)
    #: the notice it was about, where there is one
    notice: Mapped[str | None] = mapped_column(ForeignKey("notice.code"), index=True)
    told: Mapped[Ref]
    called_at: Mapped[When]
    means: Mapped[Ref]
    words: Mapped[Words]
    logged_by: Mapped[Ref]
    logged_at: Mapped[When]
    __table_args__ = (one_of("means", MEANS), CheckConstraint("called_at <= logged_at", name="after_the_call"))


def notify(session: Session, *, to: Iterable[str], about: str, within: str, what: str, todo: str, at: datetime,
           because_of: str, in_time: timedelta = ACKNOWLEDGED_WITHIN, follows: str | None = None) -> list[Notice]:
    """A notice to each role, inside the act that causes it, so that both are there or neither is."""
    sent = []
    for role in dict.fromkeys(to):
        row = Notice(code=next_code(session, Notice, "NTC", 4), to_role=role, about=about, within=within,
                     what=what[:2000], todo=todo[:2000], sent_at=at, because_of=because_of,
                     acknowledge_by=at + in_time, follows=follows)
        session.add(row)
        sent.append(row)
    return sent


def notice(session: Session, code: str) -> Notice:
    """The notice with this code, or a refusal."""
    row = session.get(Notice, code)
    if row is None:
        raise Refused(f"There is no notice “{code}”.", kind="not found")
    return row


def call(session: Session, code: str) -> Call:
    """The call with this code, or a refusal."""
    row = session.get(Call, code)
    if row is None:
        raise Refused(f"There is no call “{code}” in the log.", kind="not found")
    return row


def notices_within(session: Session, within: str) -> list[Notice]:
    """All notices of a batch, donor or recipient, oldest first."""
    return list(session.scalars(select(Notice).where(Notice.within == within).order_by(Notice.code)))


def calls_about(session: Session, row: Notice) -> list[Call]:
    """The calls that were logged about a notice, oldest first."""
    return list(session.scalars(select(Call).where(Call.notice == row.code).order_by(Call.code)))


def waiting_for(session: Session, roles: Iterable[str]) -> list[Notice]:
    """Notices to these roles that nobody has acknowledged, the first to run out first."""
    return list(session.scalars(select(Notice).where(Notice.to_role.in_(sorted(roles)), Notice.acknowledged_at.is_(
        None)).order_by(Notice.acknowledge_by, Notice.code)))


def run_out(session: Session, at: datetime) -> list[str]:
    """Codes of the notices that nobody acknowledged in time and of which that is not noted yet."""
    return list(session.scalars(select(Notice.code).where(
        Notice.acknowledged_at.is_(None), Notice.overdue_at.is_(None), Notice.acknowledge_by < at).order_by(
            Notice.acknowledge_by, Notice.code)))


def as_waiting(row: Notice, at: datetime) -> Waiting:
    """A notice as the rules see it."""
    return Waiting(row.code, row.to_role, row.sent_at, row.acknowledge_by, row.acknowledged_at, at)
