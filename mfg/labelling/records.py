"""Labels and papers printed, as kept: which facts, which layout, which bytes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, Ref, When, Words
from mfg.facts import Refused


class PrintedLabel(Base):
    """One printed label. A reprint names its reason and voids the one before it."""

    __tablename__ = "printed_label"
    code: Mapped[Code]
    #: the container it is for
    container: Mapped[str] = mapped_column(index=True)
    layout: Mapped[Ref]
    #: 1 for the first print
    copy: Mapped[int]
    facts: Mapped[str] = mapped_column(Text)
    #: SHA-256 of the PDF
    pdf_hash: Mapped[Ref]
    printed_at: Mapped[When]
    printed_by: Mapped[Ref]
    reason: Mapped[Words]
    voids: Mapped[str | None] = mapped_column(ForeignKey("printed_label.code"), unique=True)
    __table_args__ = (UniqueConstraint("container", "layout", "copy"),)


class PrintedPaper(Base):
    """A batch record or certificate that left the system on paper."""

    __tablename__ = "printed_paper"
    code: Mapped[Code]
    kind: Mapped[Ref]
    on_code: Mapped[str] = mapped_column(index=True)
    pdf_hash: Mapped[Ref]
    printed_at: Mapped[When]
    printed_by: Mapped[Ref]
    note: Mapped[MaybeRef]


def label(session: Session, code: str) -> PrintedLabel:
    """The printed label with this code, or a refusal."""
    row = session.get(PrintedLabel, code)
    if row is None:
        raise Refused(f"There is no label “{code}”.", kind="not found")
    return row


def labels_of(session: Session, container: str) -> list[PrintedLabel]:
    """Every label printed for a container, voided ones too, oldest first."""
    return list(session.scalars(select(PrintedLabel).where(PrintedLabel.container == container).order_by(
        PrintedLabel.code)))


def standing_label(session: Session, container: str, layout: str) -> PrintedLabel | None:
    """The label of that layout that no later one voids."""
    return session.scalar(select(PrintedLabel).where(
        PrintedLabel.container == container, PrintedLabel.layout == layout).order_by(
        PrintedLabel.copy.desc()).limit(1))
