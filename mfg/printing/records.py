"""Printers, and the jobs that were sent to them, as kept."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeAmount, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused
from mfg.printing.rules import FORMS, JOB, PRINTER_STATES, STANDING


class Printer(Base):
    """One device on the network."""

    __tablename__ = "printer"
    #: PRN-01
    code: Mapped[Code]
    name: Mapped[Words]
    #: where it stands
    place: Mapped[Words]
    #: "raw" (ZPL to a port) or "ipp" (PDF)
    kind: Mapped[Ref]
    host: Mapped[Words]
    port: Mapped[int]
    #: of IPP: /printers/labels; empty for a raw port
    path: Mapped[Words] = mapped_column(default="")
    dpi: Mapped[int]
    #: the labels in it, mm; both unknown where it prints pages
    wide_mm: Mapped[MaybeAmount]
    tall_mm: Mapped[MaybeAmount]
    state: Mapped[Ref] = mapped_column(default="in use")
    added_by: Mapped[Ref]
    added_at: Mapped[When]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", PRINTER_STATES), one_of("kind", FORMS), both_or_neither("wide_mm", "tall_mm"))

    @property
    def label_mm(self) -> tuple[Decimal, Decimal] | None:
        """Width and height of its labels, when they are known."""
        return None if self.wide_mm is None or self.tall_mm is None else (self.wide_mm, self.tall_mm)


class PrintJob(Base):
    """One thing sent to one printer, once."""

    __tablename__ = "print_job"
    #: JOB-000001
    code: Mapped[Code]
    printer: Mapped[str] = mapped_column(ForeignKey("printer.code"), index=True)
    #: the label or paper it prints, and the batch or recipient that lies within
    of: Mapped[str] = mapped_column(index=True)
    within: Mapped[Ref] = mapped_column(default="")
    #: "zpl" or "pdf", and the kept file with exactly the bytes to be sent
    form: Mapped[Ref]
    content: Mapped[Ref]
    #: the resolution it was made and proved for; empty: it fits any
    dpi: Mapped[int | None]
    title: Mapped[Words]
    state: Mapped[str] = mapped_column(default="queued", index=True)
    queued_at: Mapped[When]
    queued_by: Mapped[Ref]
    #: how the printer said it was, before anything was sent
    status: Mapped[Words] = mapped_column(default="")
    started_at: Mapped[MaybeWhen]
    ended_at: Mapped[MaybeWhen]
    bytes_sent: Mapped[int] = mapped_column(default=0)
    #: what became of it, as a person reads it
    told: Mapped[Words] = mapped_column(default="")
    #: who looked what came out
    settled_by: Mapped[MaybeRef]
    settled_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", sorted(JOB.states)), one_of("form", sorted(set(FORMS.values()))),
        both_or_neither("settled_by", "settled_at"),
        CheckConstraint("state <> 'failed' OR bytes_sent = 0", name="failed_before_the_first_byte"),
        CheckConstraint("state NOT IN ('queued', 'cancelled') OR bytes_sent = 0", name="unsent_without_bytes"),
    )


def printer(session: Session, code: str) -> Printer:
    """The printer with this code, or a refusal."""
    row = session.get(Printer, code)
    if row is None:
        raise Refused(f"There is no printer “{code}”.", kind="not found")
    return row


def job(session: Session, code: str) -> PrintJob:
    """The print job with this code, or a refusal."""
    row = session.get(PrintJob, code)
    if row is None:
        raise Refused(f"There is no print job “{code}”.", kind="not found")
    return row


def all_printers(session: Session) -> list[Printer]:
    """Every printer in the order of their codes."""
    return list(session.scalars(select(Printer).order_by(Printer.code)))


def printers_in_use(session: Session, form: str | None = None) -> list[Printer]:
    """The printers something can be sent to."""
    return [row for row in all_printers(session) if row.state == "in use" and form in (None, FORMS[row.kind])]


def all_jobs(session: Session, printer: str | None = None, *, newest: int = 200) -> list[PrintJob]:
    """The newest jobs, of one printer or of all."""
    asked = select(PrintJob).order_by(PrintJob.code.desc()).limit(newest)
    return list(session.scalars(asked.where(PrintJob.printer == printer) if printer else asked))


def jobs_of(session: Session, of: str) -> list[PrintJob]:
    """Every job of a label or paper, oldest first."""
    return list(session.scalars(select(PrintJob).where(PrintJob.of == of).order_by(PrintJob.code)))


def standing_job(session: Session, of: str) -> PrintJob | None:
    """The job that printed this thing, may have, or will."""
    return next((row for row in jobs_of(session, of) if row.state in STANDING), None)


def said_gone(session: Session, of: str, by: str) -> str | None:
    """A job of this thing of which this person said that it did not come out."""
    return next((row.code for row in jobs_of(session, of)
                 if row.state == "did not come out" and row.settled_by == by), None)


def jobs_in(session: Session, *states: str, printer: str | None = None) -> list[PrintJob]:
    """The jobs in these states, oldest first."""
    asked = select(PrintJob).where(PrintJob.state.in_(states)).order_by(PrintJob.queued_at, PrintJob.code)
    return list(session.scalars(asked.where(PrintJob.printer == printer) if printer else asked))
