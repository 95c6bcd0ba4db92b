"""Deviations, as kept. A deviation points at its subject by code, so that quality can lie below batches."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, next_code, one_of
from mfg.facts import Refused

SEVERITIES = ("minor", "major", "critical")
STATES = ("open", "closed")


class Deviation(Base):
    """Something that went otherwise than the record demands, open until QA closes it."""

    __tablename__ = "deviation"
    code: Mapped[Code]
    #: the batch, or the donor or recipient, it touches
    within: Mapped[str] = mapped_column(index=True)
    #: the very record: a step, an entry, a container, a dose
    on_code: Mapped[Ref]
    severity: Mapped[Ref]
    what: Mapped[Words]
    #: True when the system opened it at the breach itself
    by_system: Mapped[bool]
    opened_by: Mapped[Ref]
    opened_at: Mapped[When]
    state: Mapped[Ref]
    conclusion: Mapped[Words] = mapped_column(default="")
    closed_by: Mapped[MaybeRef]
    closed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("severity", SEVERITIES), one_of("state", STATES),
                      both_or_neither("closed_by", "closed_at"))


def deviation(session: Session, code: str) -> Deviation:
    """The deviation with this code, or a refusal."""
    row = session.get(Deviation, code)
    if row is None:
        raise Refused(f"There is no deviation “{code}”.", kind="not found")
    return row


def draft(session: Session, *, within: str, on: str, severity: str, what: str, by: str, at: When,
          by_system: bool = True) -> Deviation:
    """Open a deviation inside the act that caused it, so that breach and deviation commit together."""
    row = Deviation(code=next_code(session, Deviation, "DEV", 4), within=within, on_code=on, severity=severity,
                    what=what, by_system=by_system, opened_by=by, opened_at=at, state="open", conclusion="")
    session.add(row)
    return row


def deviations_of(session: Session, within: str) -> list[Deviation]:
    """All deviations of a batch, oldest first."""
    return list(session.scalars(select(Deviation).where(Deviation.within == within).order_by(Deviation.code)))
