"""What was found when the scanner of a workstation was tried, as kept. The newest one says whether it is fit for use.

A workstation is known by what the ledger knows it by: the address its requests come from.
"""

from __future__ import annotations

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, Ref, When, Words, one_of
from mfg.equipment.workstation_rules import SUFFIXES, SYMBOLS
from mfg.facts import Refused, Verdict


class WorkstationCheck(Base):
    """One test symbol scanned at a workstation: what arrived, and whether it was what is printed."""

    __tablename__ = "workstation_check"
    #: WKC-000001
    code: Mapped[Code]
    #: the address its requests come from
    workstation: Mapped[str] = mapped_column(String(80), index=True)
    symbol: Mapped[Ref]
    #: as it arrived, sign by sign
    arrived: Mapped[Words]
    suffix: Mapped[Ref]
    verdict: Mapped[Ref]
    #: the keyboard layout that explains what was changed, or blank
    layout: Mapped[Ref]
    checked_by: Mapped[Ref]
    checked_at: Mapped[When]
    __table_args__ = (one_of("symbol", SYMBOLS), one_of("suffix", SUFFIXES),
                      one_of("verdict", [one.value for one in Verdict]))


def check(session: Session, code: str) -> WorkstationCheck:
    """The check with this code, or a refusal."""
    row = session.scalar(select(WorkstationCheck).where(WorkstationCheck.code == code))
    if row is None:
        raise Refused(f"There is no check of a workstation “{code}”.", kind="not found")
    return row


def newest_check(session: Session, workstation: str) -> WorkstationCheck | None:
    """What was found last at this workstation; None: its scanner was never tried."""
    return session.scalar(select(WorkstationCheck).where(WorkstationCheck.workstation == workstation).order_by(
        WorkstationCheck.code.desc()).limit(1))


def newest_checks(session: Session) -> list[WorkstationCheck]:
    """The newest check of every workstation, by workstation."""
    newest = select(func.max(WorkstationCheck.code)).group_by(WorkstationCheck.workstation)
    return list(session.scalars(select(WorkstationCheck).where(WorkstationCheck.code.in_(newest)).order_by(
        WorkstationCheck.workstation)))
