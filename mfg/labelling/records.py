"""Labels and papers printed, as kept: which facts, which layout, which bytes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mfg.db import Base, Code, MaybeRef, Ref, When, Words


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
