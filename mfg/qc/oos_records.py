"""Out-of-specification results and the slots of further testing, as kept. Nothing here is ever deleted.

An OOS points at the failing result; a slot points at the result it follows and, once used, at the one recorded in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused
from mfg.qc.oos_rules import ANSWERS, CHECKLIST, OOS, OUTCOMES
from mfg.qc.records import Result
from mfg.qc.slot_rules import SLOTS


class Oos(Base):
    """One failing reportable result under investigation, opened by saving it."""

    __tablename__ = "oos"
    code: Mapped[Code]
    result: Mapped[str] = mapped_column(ForeignKey("result.code"), unique=True)
    sample: Mapped[str] = mapped_column(ForeignKey("sample.code"), index=True)
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"), index=True)
    #: the dose and its fill attempt; empty when the sample is of the batch
    dose: Mapped[str | None] = mapped_column(ForeignKey("dose.code"), index=True)
    attempt: Mapped[int | None]
    #: test id from the specification
    test: Mapped[Ref]
    deviation: Mapped[str] = mapped_column(ForeignKey("deviation.code"), index=True)
    opened_by: Mapped[Ref]
    opened_at: Mapped[When]
    #: until when phase I has begun, and quality assurance has concluded
    start_by: Mapped[When]
    conclude_by: Mapped[When]
    state: Mapped[Ref]
    begun_by: Mapped[MaybeRef]
    begun_at: Mapped[MaybeWhen]
    #: phase II: what the review of manufacturing found, what is tested again and why, how often and by which procedure
    review: Mapped[Words] = mapped_column(default="")
    plan: Mapped[Words] = mapped_column(default="")
    retests: Mapped[int | None]
    policy: Mapped[Words] = mapped_column(default="")
    phase_two_by: Mapped[MaybeRef]
    phase_two_at: Mapped[MaybeWhen]
    #: the conclusion of quality assurance: the cause, and which other batches were looked at
    cause: Mapped[Words] = mapped_column(default="")
    others_affected: Mapped[MaybeRef]
    others_looked_at: Mapped[Words] = mapped_column(default="")
    concluded_by: Mapped[MaybeRef]
    concluded_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", sorted(OOS.states)), both_or_neither("dose", "attempt"),
        both_or_neither("begun_by", "begun_at"), both_or_neither("phase_two_by", "phase_two_at"),
        both_or_neither("concluded_by", "concluded_at"), one_of("others_affected", ("yes", "no")),
        CheckConstraint("(state IN ('confirmed', 'invalidated')) = (concluded_at IS NOT NULL)", name="concluded"),
        CheckConstraint("state <> 'invalidated' OR cause <> ''", name="invalidated_for_a_cause"),
        CheckConstraint("concluded_by IS NULL OR (concluded_by <> opened_by AND others_looked_at <> '')",
                        name="concluded_by_another"))


class LaboratoryInvestigation(Base):
    """One version of what phase I found. Every version stays; the newest counts."""

    __tablename__ = "laboratory_investigation"
    code: Mapped[Code]
    oos: Mapped[str] = mapped_column(ForeignKey("oos.code"), index=True)
    #: 1 for the first
    number: Mapped[int]
    outcome: Mapped[Ref]
    #: which error it was; empty when none was found
    error: Mapped[Words]
    by: Mapped[Ref]
    at: Mapped[When]
    __table_args__ = (one_of("outcome", OUTCOMES), UniqueConstraint("oos", "number"))


class LaboratoryCheck(Base):
    """One point of the checklist, answered."""

    __tablename__ = "laboratory_check"
    code: Mapped[Code]
    investigation: Mapped[str] = mapped_column(ForeignKey("laboratory_investigation.code"), index=True)
    point: Mapped[Ref]
    answer: Mapped[Ref]
    found: Mapped[Words]
    __table_args__ = (one_of("point", CHECKLIST), one_of("answer", ANSWERS), UniqueConstraint("investigation", "point"))


class HypothesisMeasurement(Base):
    """A kept preparation measured again to test a hypothesis. It is no result and decides nothing."""

    __tablename__ = "hypothesis_measurement"
    code: Mapped[Code]
    oos: Mapped[str] = mapped_column(ForeignKey("oos.code"), index=True)
    hypothesis: Mapped[Words]
    #: what was measured, in words and numbers as they were read
    value: Mapped[str] = mapped_column(Text)
    by: Mapped[Ref]
    at: Mapped[When]


class Slot(Base):
    """A place for one further result, opened beforehand and used once."""

    __tablename__ = "test_slot"
    code: Mapped[Code]
    kind: Mapped[Ref]
    #: the result it follows
    follows: Mapped[str] = mapped_column(ForeignKey("result.code"), index=True)
    oos: Mapped[str | None] = mapped_column(ForeignKey("oos.code"), index=True)
    #: this one of how many
    number: Mapped[int]
    many: Mapped[int]
    why: Mapped[Words]
    opened_by: Mapped[Ref]
    opened_at: Mapped[When]
    #: the result recorded in it
    result: Mapped[str | None] = mapped_column(ForeignKey("result.code"), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("kind", SLOTS), UniqueConstraint("follows", "kind", "number"),
        CheckConstraint("number BETWEEN 1 AND many", name="number_of"),
        CheckConstraint("(oos IS NULL) = (kind = 'repeat set')", name="of_an_oos"))

    @property
    def title(self) -> str:
        """“retest 1 of 3”; where there is only one, its kind."""
        return f"{self.kind} {self.number} of {self.many}" if self.kind == "retest" else self.kind


def oos(session: Session, code: str) -> Oos:
    """The OOS with this code, or a refusal."""
    row = session.get(Oos, code)
    if row is None:
        raise Refused(f"There is no OOS “{code}”.", kind="not found")
    return row


def slot(session: Session, code: str) -> Slot:
    """The slot with this code, or a refusal."""
    row = session.get(Slot, code)
    if row is None:
        raise Refused(f"There is no slot “{code}” for a further test.", kind="not found")
    return row


def oos_of_batch(session: Session, batch: str) -> list[Oos]:
    """Every OOS of a batch and its doses, oldest first."""
    return list(session.scalars(select(Oos).where(Oos.batch == batch).order_by(Oos.code)))


def oos_of_result(session: Session, result: str) -> Oos | None:
    """The OOS that this result opened."""
    return session.scalar(select(Oos).where(Oos.result == result))


def slots_of(session: Session, row: Oos) -> list[Slot]:
    """The slots of one OOS, in the order they were opened."""
    return list(session.scalars(select(Slot).where(Slot.oos == row.code).order_by(Slot.code)))


def slot_of_result(session: Session, result: str) -> Slot | None:
    """The slot in which a result was recorded; None for one recorded outside."""
    return session.scalar(select(Slot).where(Slot.result == result))


def slots_after(session: Session, result: str) -> list[Slot]:
    """The slots that follow a result."""
    return list(session.scalars(select(Slot).where(Slot.follows == result).order_by(Slot.code)))


def investigations_of(session: Session, code: str) -> list[LaboratoryInvestigation]:
    """Every version of the laboratory investigation, oldest first."""
    return list(session.scalars(select(LaboratoryInvestigation).where(
        LaboratoryInvestigation.oos == code).order_by(LaboratoryInvestigation.number)))


def checks_of(session: Session, investigation: str) -> list[LaboratoryCheck]:
    """The answers of one investigation, in the order of the checklist."""
    points = list(CHECKLIST)
    found = session.scalars(select(LaboratoryCheck).where(LaboratoryCheck.investigation == investigation))
    return sorted(found, key=lambda one: points.index(one.point))


def measurements_of(session: Session, code: str) -> list[HypothesisMeasurement]:
    """What was measured for investigation only, oldest first."""
    return list(session.scalars(select(HypothesisMeasurement).where(
        HypothesisMeasurement.oos == code).order_by(HypothesisMeasurement.code)))


@dataclass(frozen=True)
class Tested:
    """Every result of a batch, every OOS and every slot, each in the order they came."""

    results: list[Result]
    oos: list[Oos]
    slots: list[Slot]


def tested_in(session: Session, batch: str) -> Tested:
    """What was tested in a batch, read with one statement however much it is."""
    rows = session.execute(select(Result, Oos, Slot).outerjoin(Oos, Oos.result == Result.code).outerjoin(
        Slot, Slot.follows == Result.code).where(Result.batch == batch)).all()
    found: list[dict[str, Any]] = [{row[at].code: row[at] for row in rows if row[at] is not None} for at in range(3)]
    return Tested(*([one[code] for code in sorted(one)] for one in found))


def marks_of(session: Session, batch: str) -> dict[str, str]:
    """What stands beside a result of a batch wherever it is shown: “invalidated by OOS-0001”, “retest 1 of 3”."""
    return marks_in(tested_in(session, batch))


def marks_in(tested: Tested) -> dict[str, str]:
    """The same, of what was read already."""
    marks: dict[str, list[str]] = {one.result: [one.title] for one in tested.slots if one.result}
    for one in tested.oos:
        word = "invalidated by" if one.state == "invalidated" else f"{one.state},"
        marks.setdefault(one.result, []).append(f"{word} {one.code}")
    return {code: "; ".join(told) for code, told in marks.items()}
