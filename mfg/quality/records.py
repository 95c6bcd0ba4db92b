"""Deviations, as kept, with what was found out about each. A deviation points at its subject by code, so that quality
can lie below every room whose records it touches.

CAPA stand in `capa_records.py`, changes in `change_records.py`.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, next_code, one_of
from mfg.facts import Refused
from mfg.quality.capa_records import Capa as Capa
from mfg.quality.change_records import Change as Change
from mfg.quality.change_records import change_facts as change_facts
from mfg.quality.classes import CLASSES, severity_for
from mfg.quality.classes import SEVERITIES as SEVERITIES
from mfg.quality.rules import ANSWERS, DEVIATION, DONE, DUE, GROUNDS, RECURRENCE

STATES = tuple(sorted(DEVIATION.states))


class Deviation(Base):
    """Something that went otherwise than the record demands; it holds what it touches until it is closed or void."""

    __tablename__ = "deviation"
    code: Mapped[Code]
    #: the batch, or the donor or recipient, it touches
    within: Mapped[str] = mapped_column(index=True)
    #: the very record: a step, an entry, a container, a dose
    on_code: Mapped[Ref]
    #: the class of what went wrong: `classes.CLASSES`
    kind: Mapped[str] = mapped_column(default="other", index=True)
    severity: Mapped[Ref]
    what: Mapped[Words]
    #: what was demanded, and what was done at once
    requirement: Mapped[Words] = mapped_column(default="")
    immediate: Mapped[Words] = mapped_column(default="")
    place: Mapped[Words] = mapped_column(default="")
    #: when it happened, as far as somebody said; it was opened at `opened_at`
    happened_at: Mapped[MaybeWhen]
    #: True when the system opened it at the breach itself
    by_system: Mapped[bool]
    opened_by: Mapped[Ref]
    opened_at: Mapped[When]
    confirmed_by: Mapped[MaybeRef]
    confirmed_at: Mapped[MaybeWhen]
    due_at: Mapped[MaybeWhen]
    state: Mapped[Ref]
    classified_by: Mapped[MaybeRef]
    classified_at: Mapped[MaybeWhen]
    #: number of the investigation that stands; None before the first, after a new classification and a reopening
    stands: Mapped[int | None]
    submitted_by: Mapped[MaybeRef]
    submitted_at: Mapped[MaybeWhen]
    conclusion: Mapped[Words] = mapped_column(default="")
    no_capa_why: Mapped[Words] = mapped_column(default="")
    closed_by: Mapped[MaybeRef]
    closed_at: Mapped[MaybeWhen]
    void_ground: Mapped[MaybeRef]
    duplicate_of: Mapped[str | None] = mapped_column(ForeignKey("deviation.code"))
    #: when something was last added to it, so that who saw it before is told
    added_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("severity", SEVERITIES), one_of("state", STATES), one_of("kind", CLASSES),
                      one_of("void_ground", GROUNDS), both_or_neither("confirmed_by", "confirmed_at"),
                      both_or_neither("classified_by", "classified_at"),
                      both_or_neither("submitted_by", "submitted_at"), both_or_neither("closed_by", "closed_at"))


class Investigation(Base):
    """One version of what was found out. Every version stays; the newest may stand."""

    __tablename__ = "investigation"
    code: Mapped[Code]
    deviation: Mapped[str] = mapped_column(ForeignKey("deviation.code"), index=True)
    #: 1 for the first
    number: Mapped[int]
    findings: Mapped[Words]
    root_cause: Mapped[Words]
    method: Mapped[Ref]
    product_impact: Mapped[Words]
    patient_impact: Mapped[Words]
    #: yes, no, or not known; not known never closes
    others_affected: Mapped[Ref]
    others_why: Mapped[Words]
    #: codes of the deviations of the same class in the year before, as they were shown to who investigated
    recurrence: Mapped[Words]
    by: Mapped[Ref]
    at: Mapped[When]
    __table_args__ = (one_of("others_affected", ANSWERS), UniqueConstraint("deviation", "number"))


class Affected(Base):
    """Another batch, dose or recipient that a deviation touches, and holds like its own."""

    __tablename__ = "affected"
    code: Mapped[Code]
    deviation: Mapped[str] = mapped_column(ForeignKey("deviation.code"), index=True)
    record: Mapped[str] = mapped_column(index=True)
    why: Mapped[Words]
    named_by: Mapped[Ref]
    named_at: Mapped[When]
    lifted_by: Mapped[MaybeRef]
    lifted_at: Mapped[MaybeWhen]
    lifted_why: Mapped[Words] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (both_or_neither("lifted_by", "lifted_at"),)


class NoImpact(Base):
    """Quality assurance's word that one dose is not touched while the investigation goes on; withdrawn by any change
    of the deviation after it."""

    __tablename__ = "no_impact"
    code: Mapped[Code]
    deviation: Mapped[str] = mapped_column(ForeignKey("deviation.code"), index=True)
    dose: Mapped[str] = mapped_column(index=True)
    severity: Mapped[Ref]
    why: Mapped[Words]
    found_by: Mapped[Ref]
    found_at: Mapped[When]
    withdrawn_by: Mapped[MaybeRef]
    withdrawn_at: Mapped[MaybeWhen]
    withdrawn_why: Mapped[Words] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("severity", ("minor", "major")), both_or_neither("withdrawn_by", "withdrawn_at"))


def deviation(session: Session, code: str) -> Deviation:
    """The deviation with this code, or a refusal."""
    row = session.get(Deviation, code)
    if row is None:
        raise Refused(f"There is no deviation “{code}”.", kind="not found")
    return row


def draft(session: Session, *, within: str, on: str, severity: str | None = None, what: str, by: str, at: When,
          by_system: bool = True, kind: str = "limit breach", requirement: str = "",
          immediate: str = "") -> Deviation:
    """Open a deviation inside the act that caused it, so that breach and deviation commit together.

    `kind` is a class of `classes.CLASSES`; it gives the severity where none is given, and its floor where it is
    critical. What the system drafts waits in “draft” for a person to confirm it, and holds the dose from now on.
    """
    row = Deviation(code=next_code(session, Deviation, "DEV", 4), within=within, on_code=on, kind=kind,
                    severity=severity_for(kind, severity), what=what, requirement=requirement, immediate=immediate,
                    by_system=by_system, opened_by=by, opened_at=at, due_at=at + DUE, conclusion="",
                    state=DEVIATION.start if by_system else DEVIATION.after("open deviation", DEVIATION.start))
    session.add(row)
    return row


def deviations_of(session: Session, within: str) -> list[Deviation]:
    """All deviations of a batch, and those of others that affect it, oldest first."""
    also = select(Affected.deviation).where(Affected.record == within, Affected.lifted_at.is_(None))
    return list(session.scalars(select(Deviation).where(
        (Deviation.within == within) | Deviation.code.in_(also)).order_by(Deviation.code)))


def is_done(row: Deviation) -> bool:
    """Closed or void: it holds nothing up."""
    return row.state in DONE


def investigations_of(session: Session, code: str) -> list[Investigation]:
    """Every version of the investigation, oldest first."""
    return list(session.scalars(select(Investigation).where(
        Investigation.deviation == code).order_by(Investigation.number)))


def standing_investigation(session: Session, row: Deviation) -> Investigation | None:
    """The version that stands, or None."""
    return next((one for one in investigations_of(session, row.code) if one.number == row.stands), None)


def affected_by(session: Session, code: str) -> list[Affected]:
    """All that was named as affected, lifted ones too, oldest first."""
    return list(session.scalars(select(Affected).where(Affected.deviation == code).order_by(
        Affected.named_at, Affected.code)))


def no_impacts_of(session: Session, code: str) -> list[NoImpact]:
    """Every word of no impact, withdrawn ones too, oldest first."""
    return list(session.scalars(select(NoImpact).where(NoImpact.deviation == code).order_by(
        NoImpact.found_at, NoImpact.code)))


def recurrence_of(session: Session, row: Deviation) -> list[Deviation]:
    """Deviations of the same class opened in the year before this one, void ones left out, oldest first."""
    return list(session.scalars(select(Deviation).where(
        Deviation.kind == row.kind, Deviation.code != row.code, Deviation.state != "void",
        Deviation.opened_at >= row.opened_at - RECURRENCE,
        Deviation.opened_at <= row.opened_at).order_by(Deviation.code)))
