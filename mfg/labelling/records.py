"""Labels and papers printed, as kept: which facts, which layout, which bytes."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused
from mfg.labelling.rules import LABEL

STATES = tuple(sorted(LABEL.states))


class PrintedLabel(Base):
    """One physical label, from its issue until it is on its container or destroyed before a witness.

    A reprint names its reason and voids the one before it.
    """

    __tablename__ = "printed_label"
    code: Mapped[Code]
    #: the container it is for
    container: Mapped[str] = mapped_column(index=True)
    layout: Mapped[Ref]
    #: 1 for the first print
    copy: Mapped[int]
    facts: Mapped[str] = mapped_column(Text)
    #: SHA-256 of the PDF; the PDF itself is a kept file of that code
    pdf_hash: Mapped[Ref]
    #: the batch, or the recipient, it is printed within; empty for labels from before this was kept
    within: Mapped[str | None] = mapped_column(index=True)
    #: dots per inch of the printer it was proved for, and what was read back before it was printed, a line a symbol
    dpi: Mapped[int | None]
    read_back: Mapped[str] = mapped_column(Text, default="")
    printed_at: Mapped[When]
    printed_by: Mapped[Ref]
    reason: Mapped[Words]
    voids: Mapped[str | None] = mapped_column(ForeignKey("printed_label.code"), unique=True)
    state: Mapped[str] = mapped_column(default="issued")
    #: scanned back after printing
    verified_by: Mapped[MaybeRef]
    verified_at: Mapped[MaybeWhen]
    #: put on its container
    applied_by: Mapped[MaybeRef]
    applied_at: Mapped[MaybeWhen]
    #: somebody wants another in its place
    asked_by: Mapped[MaybeRef]
    asked_at: Mapped[MaybeWhen]
    asked_why: Mapped[Words] = mapped_column(default="")
    #: why it was spoiled or returned
    ended_why: Mapped[Words] = mapped_column(default="")
    destroyed_by: Mapped[MaybeRef]
    destroyed_at: Mapped[MaybeWhen]
    witnessed_by: Mapped[MaybeRef]
    witnessed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        UniqueConstraint("container", "layout", "copy"),
        one_of("state", STATES),
        both_or_neither("verified_by", "verified_at"),
        both_or_neither("applied_by", "applied_at"),
        both_or_neither("asked_by", "asked_at"),
        both_or_neither("destroyed_by", "destroyed_at"),
        both_or_neither("witnessed_by", "witnessed_at"),
        CheckConstraint("witnessed_by IS NULL OR witnessed_by <> destroyed_by", name="two_people"),
    )


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


def labels_within(session: Session, batch: str) -> list[PrintedLabel]:
    """Every label issued for a batch: printed within it, or for one of its containers before that was kept."""
    return list(session.scalars(select(PrintedLabel).where(or_(
        PrintedLabel.within == batch, PrintedLabel.container.startswith(f"{batch}-", autoescape=True))).order_by(
        PrintedLabel.code)))


def labels_on(session: Session, containers: Collection[str]) -> dict[str, list[PrintedLabel]]:
    """Container -> every label printed for it, voided ones too, in the order of their copies; one statement."""
    found: dict[str, list[PrintedLabel]] = {}
    for one in session.scalars(select(PrintedLabel).where(PrintedLabel.container.in_(containers)).order_by(
            PrintedLabel.copy, PrintedLabel.code)):
        found.setdefault(one.container, []).append(one)
    return found


def standing_label(session: Session, container: str, layout: str) -> PrintedLabel | None:
    """The label of that layout that no later one voids."""
    return session.scalar(select(PrintedLabel).where(
        PrintedLabel.container == container, PrintedLabel.layout == layout).order_by(
        PrintedLabel.copy.desc()).limit(1))
