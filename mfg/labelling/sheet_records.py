"""Blank records issued for work on paper, and every sheet of them until it is accounted for, as kept."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused
from mfg.labelling.sheet_rules import SHEET

STATES = tuple(sorted(SHEET.states))


class BlankIssue(Base):
    """One blank record that left on paper: from which master record, for which batch, why, and the very bytes."""

    __tablename__ = "blank_issue"
    #: BLK-0001
    code: Mapped[Code]
    #: the version of the master record
    document: Mapped[str] = mapped_column(ForeignKey("document.code"))
    #: SHA-256 of the text of the master record, as it stands on every sheet
    document_hash: Mapped[Ref]
    #: the batch it is for; empty: to be written on it
    batch: Mapped[str | None] = mapped_column(index=True)
    sheets: Mapped[int]
    #: the PDF, as a kept file
    file: Mapped[str] = mapped_column(ForeignKey("kept_file.code"))
    reason: Mapped[Words]
    issued_by: Mapped[Ref]
    issued_at: Mapped[When]


class PaperSheet(Base):
    """One numbered sheet. It comes back and is transcribed, or is destroyed, or is lost; nothing is left open."""

    __tablename__ = "paper_sheet"
    #: BLK-0001-03
    code: Mapped[Code]
    issue: Mapped[str] = mapped_column(ForeignKey("blank_issue.code"), index=True)
    #: 1 for the first
    number: Mapped[int]
    state: Mapped[Ref]
    #: who brought it back
    returned_by: Mapped[MaybeRef]
    returned_at: Mapped[MaybeWhen]
    #: who accounted for it in the end, and with which words
    settled_by: Mapped[MaybeRef]
    settled_at: Mapped[MaybeWhen]
    told: Mapped[Words] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (UniqueConstraint("issue", "number"), one_of("state", STATES),
                      both_or_neither("returned_by", "returned_at"), both_or_neither("settled_by", "settled_at"))


def blank_issue(session: Session, code: str) -> BlankIssue:
    """The issue with this code, or a refusal."""
    row = session.get(BlankIssue, code)
    if row is None:
        raise Refused(f"There is no blank record “{code}”.", kind="not found")
    return row


def paper_sheet(session: Session, code: str) -> PaperSheet:
    """The sheet with this number, or a refusal that names what was scanned."""
    row = session.get(PaperSheet, code)
    if row is None:
        raise Refused(f"“{code}” is not a sheet that was issued here. Scan the code at its head.", kind="not found")
    return row


def sheets_of(session: Session, issue: str) -> list[PaperSheet]:
    """All sheets of an issue in their order."""
    return list(session.scalars(select(PaperSheet).where(PaperSheet.issue == issue).order_by(PaperSheet.number)))


def sheets_within(session: Session, batch: str) -> list[tuple[PaperSheet, BlankIssue]]:
    """All sheets issued for a batch, in one statement."""
    rows = session.execute(select(PaperSheet, BlankIssue).join(BlankIssue, BlankIssue.code == PaperSheet.issue).where(
        BlankIssue.batch == batch).order_by(PaperSheet.issue, PaperSheet.number))
    return [(sheet, issue) for sheet, issue in rows]


def open_sheets(session: Session, batch: str) -> int:
    """How many sheets issued for a batch are not accounted for."""
    return session.scalar(select(func.count()).select_from(PaperSheet).join(
        BlankIssue, BlankIssue.code == PaperSheet.issue).where(
        BlankIssue.batch == batch, PaperSheet.settled_at.is_(None))) or 0


def all_issues(session: Session) -> list[tuple[BlankIssue, int]]:
    """Every issue with the number of its sheets not accounted for yet, the newest first."""
    issues = session.scalars(select(BlankIssue).order_by(BlankIssue.code.desc())).all()
    open_: dict[str, int] = {}
    for issue in session.scalars(select(PaperSheet.issue).where(PaperSheet.settled_at.is_(None))):
        open_[issue] = open_.get(issue, 0) + 1
    return [(row, open_.get(row.code, 0)) for row in issues]
