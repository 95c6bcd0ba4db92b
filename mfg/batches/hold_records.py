"""The hold times of a batch, as kept: one row for each hold of the master record and each stage it runs in.

A row says where its clock stands without anybody counting: all of it survives a restart. What the times mean is
`hold_rules.py`; who changes them is `holds.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Amount, Base, Code, MaybeRef, MaybeWhen, Ref, both_or_neither, one_of
from mfg.facts import Refused
from mfg.ledger import Entry
from mfg.quality.records import Deviation

HOLD_STATES = ("running", "stopped", "stopped in time", "breached", "continued")
#: lines of history that are asked for the time, so that a clock set back starts no hold time anew
RECENT = 200


class HoldTime(Base):
    """One hold time of one stage of a batch, from its first start on."""

    __tablename__ = "hold"
    #: NK-26-001/hold-contact, and ~2 for the second stage
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    #: id from the master record
    hold_id: Mapped[Ref]
    stage: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    #: first start; last stop, None while a segment runs
    started_at: Mapped[MaybeWhen]
    stopped_at: Mapped[MaybeWhen]
    #: seconds in segments that have ended
    used_seconds: Mapped[Amount]
    #: while a segment runs: when it is warned, and the last moment that is in time
    warn_at: Mapped[MaybeWhen]
    limit_at: Mapped[MaybeWhen]
    #: when the breach was noted, and the deviation that opened with it
    breached_at: Mapped[MaybeWhen]
    deviation: Mapped[MaybeRef]
    #: who let it continue after the breach
    continued_by: Mapped[MaybeRef]
    continued_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        UniqueConstraint("batch", "hold_id", "stage"),
        one_of("state", HOLD_STATES),
        both_or_neither("breached_at", "deviation"),
        both_or_neither("continued_by", "continued_at"),
        CheckConstraint("(limit_at IS NULL) = (warn_at IS NULL)", name="limit_pair"),
        CheckConstraint("state <> 'running' OR limit_at IS NOT NULL", name="running_ends"),
        CheckConstraint("state NOT IN ('breached', 'continued') OR breached_at IS NOT NULL", name="breach_noted"),
    )

    @property
    def running(self) -> bool:
        """True while a segment runs, whatever has become of the hold time."""
        return self.limit_at is not None


def code_of(batch: str, hold_id: str, stage: int) -> str:
    """The code of a hold time; step ids have no hyphen, so it is never that of a step."""
    return f"{batch}/hold-{hold_id}" + (f"~{stage}" if stage > 1 else "")


def hold_time(session: Session, code: str) -> HoldTime:
    """The hold time with this code, or a refusal."""
    row = session.get(HoldTime, code)
    if row is None:
        raise Refused(f"There is no hold time “{code}”. It begins when its first time is entered.", kind="not found")
    return row


def holds_of(session: Session, batch: str) -> list[tuple[HoldTime, str | None]]:
    """Every hold time of a batch with the state of its deviation, in the order they began. One statement."""
    rows = session.execute(
        select(HoldTime, Deviation.state).outerjoin(Deviation, Deviation.code == HoldTime.deviation)
        .where(HoldTime.batch == batch).order_by(HoldTime.started_at, HoldTime.code))
    return [(row, state) for row, state in rows]


def latest_known(session: Session, clock: datetime) -> datetime:
    """The clock, or the latest time that history has seen lately, whichever is later: set back, it gives no time."""
    newest = select(func.max(Entry.seq)).scalar_subquery()
    seen = session.scalar(select(func.max(Entry.at)).where(Entry.seq > newest - RECENT))
    return clock if seen is None else max(clock, seen)


def due(session: Session, at: datetime) -> list[tuple[str, datetime]]:
    """Codes of the hold times that have run out by `at`, with the moment each did."""
    rows = session.execute(select(HoldTime.code, HoldTime.limit_at).where(
        HoldTime.state == "running", HoldTime.limit_at < at).order_by(HoldTime.limit_at))
    return [(code, limit) for code, limit in rows if limit is not None]

