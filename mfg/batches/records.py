"""Batches, steps, entries, containers, doses, as kept. The database holds the identity of containers too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.batches.container_rules import CONTAINER
from mfg.batches.transformations import TRANSFORMATIONS
from mfg.db import (
    Amount,
    Base,
    Code,
    MaybeAmount,
    MaybeRef,
    MaybeWhen,
    Ref,
    When,
    Words,
    both_or_neither,
    one_of,
)
from mfg.facts import Refused
from mfg.recipes.master import CONTAINER_KINDS

BATCH_STATES = ("open", "complete", "closed")
STEP_STATES = ("todo", "paused", "performed", "verified", "skipped")
DOSE_STATES = ("planned", "filled", "checked", "cleared", "released on condition", "certified", "rejected",
               "released then failed", "released exceptionally", "revoked")
#: transcribed: from a paper sheet after an outage; attached: a file; not applicable: an optional value that is none
HOW = ("scanned", "typed", "computed", "transcribed", "attached", "not applicable")
REDLINE_KINDS = ("instruction", "limits", "field", "step")
REDLINE_STATES = ("proposed", "approved", "rejected")
CONTAINER_STATES = tuple(sorted(CONTAINER.states))


class Batch(Base):
    """One execution of a master record for one donor and one recipient; it pins the versions it follows."""

    __tablename__ = "batch"
    #: NK-26-001
    code: Mapped[Code]
    recipient: Mapped[Ref]
    donor: Mapped[Ref]
    collection: Mapped[str] = mapped_column(ForeignKey("collection.code"))
    protocol: Mapped[str] = mapped_column(ForeignKey("document.code"))
    master_record: Mapped[str] = mapped_column(ForeignKey("document.code"))
    specification: Mapped[str] = mapped_column(ForeignKey("document.code"))
    opened_at: Mapped[When]
    opened_by: Mapped[Ref]
    state: Mapped[Ref]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        ForeignKeyConstraint(["donor", "recipient"], ["pairing.donor", "pairing.recipient"]),
        one_of("state", BATCH_STATES),
    )


class Step(Base):
    """One step of a batch: performed by one person, verified by another."""

    __tablename__ = "step"
    #: NK-26-001/receive, or NK-26-001/count~2 for the second repeat of a looped step
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    #: ids from the master record
    phase: Mapped[Ref]
    step_id: Mapped[Ref]
    #: 1 for the first time; culture days repeat
    repeat: Mapped[int]
    #: how often the staged part of the process was begun: 0 for steps before it, 1 for the first harvest
    stage: Mapped[int]
    #: place in the master record, 1 first; repeats share it
    ordinal: Mapped[int]
    state: Mapped[Ref]
    #: when the work was done, as told; and when it was entered
    done_at: Mapped[MaybeWhen]
    performed_by: Mapped[MaybeRef]
    performed_at: Mapped[MaybeWhen]
    #: why it was entered late; empty when it was not
    late_reason: Mapped[Words] = mapped_column(default="")
    verified_by: Mapped[MaybeRef]
    verified_at: Mapped[MaybeWhen]
    #: who answers for it now: whoever entered the first value, or took it over since
    responsible: Mapped[MaybeRef]
    skipped_by: Mapped[MaybeRef]
    skipped_at: Mapped[MaybeWhen]
    skip_reason: Mapped[Words] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        UniqueConstraint("batch", "step_id", "repeat"),
        both_or_neither("skipped_by", "skipped_at"),
        both_or_neither("performed_by", "performed_at"),
        both_or_neither("verified_by", "verified_at"),
        CheckConstraint("verified_by IS NULL OR verified_by <> performed_by", name="two_people"),
        one_of("state", STEP_STATES),
    )


class StepEntry(Base):
    """One typed value with its unit. A correction is a further entry; the old one stays readable."""

    __tablename__ = "step_entry"
    code: Mapped[Code]
    step: Mapped[str] = mapped_column(ForeignKey("step.code"), index=True)
    #: field id from the master record
    field: Mapped[Ref]
    #: as it was typed or scanned
    value: Mapped[str] = mapped_column(Text)
    #: the same as an exact number, for fields that are numbers, in `unit` (UCUM)
    amount: Mapped[MaybeAmount]
    unit: Mapped[MaybeRef]
    #: the same as a moment, for fields that are times
    moment: Mapped[MaybeWhen]
    how: Mapped[Ref]
    #: PASS, FAIL or CANNOT DETERMINE against the limits of the pinned master record; empty without limits
    verdict: Mapped[Ref]
    #: True when it lies within the limits and beyond the alert limits: kept, and shown to the reviewer
    alert: Mapped[bool] = mapped_column(default=False)
    #: when it was read, as told; empty in records from before this was asked, where it is the time of entry
    read_at: Mapped[MaybeWhen]
    #: why it was entered more than 15 minutes after it was read; empty when it was not
    late_reason: Mapped[Words] = mapped_column(default="")
    #: the number of the paper sheet it was transcribed from
    paper: Mapped[MaybeRef]
    entered_by: Mapped[Ref]
    entered_at: Mapped[When]
    #: the entry this one corrects
    supersedes: Mapped[str | None] = mapped_column(ForeignKey("step_entry.code"), unique=True)
    reason: Mapped[Words]
    __table_args__ = (one_of("how", HOW), CheckConstraint("value <> ''", name="value_not_blank"))


class Redline(Base):
    """A change of the instructions of this one batch. It acts once quality assurance has approved it.

    The master record stays as it was approved; what the runner uses is made in `redlines.py`.
    """

    __tablename__ = "redline"
    #: RL-0001
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    #: the step it was proposed on; it holds for this and every later repeat
    step: Mapped[str] = mapped_column(ForeignKey("step.code"))
    step_id: Mapped[Ref]
    repeat: Mapped[int]
    kind: Mapped[Ref]
    #: what changes, as canonical JSON; see `redlines.py`
    change: Mapped[str] = mapped_column(Text)
    #: what the master record says, and what holds instead, in words
    was: Mapped[str] = mapped_column(Text)
    becomes: Mapped[str] = mapped_column(Text)
    reason: Mapped[Words]
    proposed_by: Mapped[Ref]
    proposed_at: Mapped[When]
    state: Mapped[Ref]
    decided_by: Mapped[MaybeRef]
    decided_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("kind", REDLINE_KINDS),
        one_of("state", REDLINE_STATES),
        both_or_neither("decided_by", "decided_at"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
    )


class Attachment(Base):
    """A photograph or file that belongs to a step."""

    __tablename__ = "attachment"
    #: ATT-000001
    code: Mapped[Code]
    step: Mapped[str] = mapped_column(ForeignKey("step.code"), index=True)
    #: the field it answers; empty for a file that nobody asked for
    field: Mapped[MaybeRef]
    file: Mapped[str] = mapped_column(ForeignKey("kept_file.code"))
    caption: Mapped[Words]
    by: Mapped[Ref]
    at: Mapped[When]


class Container(Base):
    """Any bag, vessel or tube. One recipient and one listed donor, or it cannot come to be."""

    __tablename__ = "container"
    #: NK-26-001-C01
    code: Mapped[Code]
    kind: Mapped[Ref]
    recipient: Mapped[Ref]
    donor: Mapped[Ref]
    collection: Mapped[str] = mapped_column(ForeignKey("collection.code"))
    batch: Mapped[str | None] = mapped_column(ForeignKey("batch.code"), index=True)
    #: what was in it when it was made, mL, and how many viable cells; what is in it now: `contents.py`
    volume_ml: Mapped[MaybeAmount]
    cells: Mapped[MaybeAmount]
    state: Mapped[str] = mapped_column(default=CONTAINER.start)
    made_at: Mapped[When]
    made_by: Mapped[Ref]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        UniqueConstraint("code", "recipient", "donor"),
        ForeignKeyConstraint(["donor", "recipient"], ["pairing.donor", "pairing.recipient"]),
        one_of("kind", CONTAINER_KINDS),
        one_of("state", CONTAINER_STATES),
    )


class Transformed(Base):
    """One transformation of the table in `transformations.py`, as it happened."""

    __tablename__ = "transformation"
    #: NK-26-001-T01
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    name: Mapped[Ref]
    #: the container it happened to, where no new one came to be
    container: Mapped[str | None] = mapped_column(ForeignKey("container.code"), index=True)
    #: what is in that container from now on, mL, and viable cells
    volume_ml: Mapped[MaybeAmount]
    cells: Mapped[MaybeAmount]
    #: taken and not in a new container, mL; empty where liquid is added or taken off
    loss_ml: Mapped[MaybeAmount]
    reason: Mapped[Words] = mapped_column(default="")
    at: Mapped[When]
    by: Mapped[Ref]
    __table_args__ = (one_of("name", TRANSFORMATIONS),)


class Descent(Base):
    """Child came from parent. Both ends carry the same recipient and donor, held by the database."""

    __tablename__ = "descent"
    child: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str] = mapped_column(primary_key=True, index=True)
    recipient: Mapped[Ref]
    donor: Mapped[Ref]
    #: by what the child came from the parent, and how much was taken for it, mL and viable cells; empty for descents
    #: from before this was kept
    transformation: Mapped[str | None] = mapped_column(ForeignKey("transformation.code"), index=True)
    taken_ml: Mapped[MaybeAmount]
    taken_cells: Mapped[MaybeAmount]
    #: how the label of the parent was read then, scanned or typed
    how: Mapped[MaybeRef]
    __table_args__ = (
        CheckConstraint("taken_ml IS NULL OR taken_ml >= 0", name="taken"),
        ForeignKeyConstraint(["child", "recipient", "donor"],
                             ["container.code", "container.recipient", "container.donor"]),
        ForeignKeyConstraint(["parent", "recipient", "donor"],
                             ["container.code", "container.recipient", "container.donor"]),
        CheckConstraint("child <> parent", name="not_itself"),
    )


class Dose(Base):
    """What one infusion needs."""

    __tablename__ = "dose"
    #: NK-26-001-D1
    code: Mapped[Code]
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    #: infusion number, 1 first
    infusion: Mapped[int]
    #: 0 before the first fill; a re-fill counts up and withdraws the bags before it
    attempt: Mapped[int]
    state: Mapped[Ref]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (UniqueConstraint("batch", "infusion"), one_of("state", DOSE_STATES))


class DoseBag(Base):
    """One filled bag of a dose."""

    __tablename__ = "dose_bag"
    container: Mapped[str] = mapped_column(ForeignKey("container.code"), primary_key=True)
    dose: Mapped[str] = mapped_column(ForeignKey("dose.code"), index=True)
    attempt: Mapped[int]
    volume_ml: Mapped[Amount]
    #: what stays in bag and line, mL
    residual_ml: Mapped[Amount]
    filled_at: Mapped[When]
    filled_by: Mapped[Ref]
    #: earliest governing constraint and its name
    expires_at: Mapped[When]
    expiry_governed_by: Mapped[Words]
    checked_by: Mapped[MaybeRef]
    checked_at: Mapped[MaybeWhen]
    #: how its label was read at the check, scanned or typed
    checked_how: Mapped[MaybeRef]
    withdrawn_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        both_or_neither("checked_by", "checked_at"),
        CheckConstraint("checked_by IS NULL OR checked_by <> filled_by", name="two_people"),
        CheckConstraint("volume_ml > 0 AND residual_ml >= 0 AND residual_ml < volume_ml", name="volumes"),
    )


def batch(session: Session, code: str) -> Batch:
    """The batch with this code, or a refusal."""
    row = session.get(Batch, code)
    if row is None:
        raise Refused(f"There is no batch “{code}”.", kind="not found")
    return row


def step(session: Session, code: str) -> Step:
    """The step with this code, or a refusal."""
    row = session.get(Step, code)
    if row is None:
        raise Refused(f"There is no step “{code}”.", kind="not found")
    return row


def steps_of(session: Session, batch_code: str) -> list[Step]:
    """All steps of a batch in order."""
    return list(session.scalars(select(Step).where(Step.batch == batch_code).order_by(
        Step.stage, Step.ordinal, Step.repeat)))


def entries_of(session: Session, batch_code: str) -> list[StepEntry]:
    """All entries of a batch, corrected ones too, oldest first."""
    return list(session.scalars(select(StepEntry).join(Step, Step.code == StepEntry.step).where(
        Step.batch == batch_code).order_by(StepEntry.entered_at, StepEntry.code)))


def entries_told(session: Session, batch_code: str) -> list[StepEntry]:
    """The same for who only reads: plain rows with the same names, at half the cost of objects that could change."""
    columns = [getattr(StepEntry, one.key) for one in StepEntry.__mapper__.column_attrs]
    rows = session.execute(select(*columns).join(Step, Step.code == StepEntry.step).where(
        Step.batch == batch_code).order_by(StepEntry.entered_at, StepEntry.code))
    return cast("list[StepEntry]", rows.all())


def redline(session: Session, code: str) -> Redline:
    """The redline with this code, or a refusal."""
    row = session.get(Redline, code)
    if row is None:
        raise Refused(f"There is no redline “{code}”.", kind="not found")
    return row


def redlines_of(session: Session, batch_code: str) -> list[Redline]:
    """Every redline of a batch, in the order they were proposed; those not approved too."""
    return list(session.scalars(select(Redline).where(Redline.batch == batch_code).order_by(Redline.code)))


def attachments_of(session: Session, step_code: str) -> list[Attachment]:
    """The files of a step, oldest first."""
    return list(session.scalars(select(Attachment).where(Attachment.step == step_code).order_by(Attachment.code)))


def current(entries: Sequence[StepEntry]) -> list[StepEntry]:
    """The entries that count: those no later one supersedes."""
    superseded = {entry.supersedes for entry in entries if entry.supersedes}
    return [entry for entry in entries if entry.code not in superseded]


def container(session: Session, code: str) -> Container:
    """The container with this code, or a refusal that names what was scanned."""
    row = session.get(Container, code)
    if row is None:
        raise Refused(f"“{code}” is not a container of this facility. Scan the label on the bag.", kind="not found")
    return row


def dose(session: Session, code: str) -> Dose:
    """The dose with this code, or a refusal."""
    row = session.get(Dose, code)
    if row is None:
        raise Refused(f"There is no dose “{code}”.", kind="not found")
    return row


def bags_of(session: Session, dose_row: Dose) -> list[DoseBag]:
    """The bags of the present attempt."""
    return list(session.scalars(select(DoseBag).where(
        DoseBag.dose == dose_row.code, DoseBag.attempt == dose_row.attempt).order_by(DoseBag.container)))
