"""Training as kept: what there is to learn, which role needs it, who was trained by whom and until when.

`qualification_facts` gathers what `rules.QUALIFIED` judges. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, and_, func, or_, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.documents.records import Document
from mfg.facts import Refused
from mfg.training.rules import Held, Item, Qualification, Trainer

PROCEDURE = "procedure"
KINDS = (PROCEDURE, "gowning", "media fill", "aseptic requalification", "gmp", "system use", "e-signature policy",
         "colour vision", "equipment", "other")
STATES = ("assigned", "done", "qualified", "failed", "withdrawn", "superseded")
#: how a row came to be: somebody gave the task, a new version or a requirement did, or it stood on paper before
CAME_BY = ("assignment", "new version", "requirement", "paper")


class TrainingItem(Base):
    """One thing to be qualified for. A procedure's item has the key of the procedure as its code."""

    __tablename__ = "training_item"
    code: Mapped[Code]
    kind: Mapped[Ref]
    title: Mapped[Words]
    #: how long a qualification lasts; None: until a new version or a withdrawal
    valid_months: Mapped[int | None]
    #: is a result of an assessment asked for?
    assessed: Mapped[bool]
    defined_by: Mapped[Ref]
    defined_at: Mapped[When]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("kind", KINDS), CheckConstraint("valid_months > 0", name="valid_months_positive"))


class Requirement(Base):
    """A role needs an item, from required_at until ended_at: one line of the curriculum."""

    __tablename__ = "curriculum"
    #: CUR-0001
    code: Mapped[Code]
    role: Mapped[Ref]
    item: Mapped[str] = mapped_column(index=True)
    required_at: Mapped[When]
    required_by: Mapped[Ref]
    ended_at: Mapped[MaybeWhen]
    ended_by: Mapped[MaybeRef]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        both_or_neither("ended_by", "ended_at"),
        Index("ix_curriculum_once", "role", "item", unique=True,
              sqlite_where=sql("ended_at IS NULL"), postgresql_where=sql("ended_at IS NULL")),
    )


class Training(Base):
    """One person and one item: the task, the training, the trainer's word, and how long it counts."""

    __tablename__ = "training"
    #: TRN-0001
    code: Mapped[Code]
    person: Mapped[Ref]
    item: Mapped[str] = mapped_column(index=True)
    #: the version that is learned, such as SOP-101/2; None for a general item
    document: Mapped[MaybeRef]
    state: Mapped[Ref]
    came_by: Mapped[Ref]
    assigned_at: Mapped[When]
    assigned_by: Mapped[Ref]
    due_at: Mapped[MaybeWhen]
    #: when the training was held, as the trainee, or the paper, says
    trained_at: Mapped[MaybeWhen]
    #: when the trainee signed
    completed_at: Mapped[MaybeWhen]
    #: who confirmed, failed, or recorded it from paper
    trainer: Mapped[MaybeRef]
    decided_at: Mapped[MaybeWhen]
    #: what was assessed and found
    result: Mapped[Words] = mapped_column(default="")
    #: where the paper is, or what else proves it
    evidence: Mapped[Words] = mapped_column(default="")
    #: SHA-256 of a kept file
    file: Mapped[MaybeRef]
    valid_from: Mapped[MaybeWhen]
    #: the last day counts whole; None: no end of its own
    valid_until: Mapped[MaybeWhen]
    #: withdrawn, or made void by a newer version before it was confirmed
    ended_at: Mapped[MaybeWhen]
    ended_by: Mapped[MaybeRef]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", STATES), one_of("came_by", CAME_BY),
        both_or_neither("trainer", "decided_at"), both_or_neither("ended_by", "ended_at"),
        CheckConstraint("trainer <> person", name="two_people"),
        CheckConstraint("state <> 'qualified' OR valid_from IS NOT NULL", name="qualified_from"),
        Index("ix_training_person_item", "person", "item"),
    )

    @property
    def open_until(self) -> datetime | None:
        """When the task was settled one way or the other; None: it is open."""
        return min((one for one in (self.decided_at, self.ended_at) if one), default=None)


class Supervision(Base):
    """A trainer's signature, before the work, that a trainee does one step under their eyes."""

    __tablename__ = "supervision"
    #: SUP-000001
    code: Mapped[Code]
    person: Mapped[Ref]
    trainer: Mapped[Ref]
    #: the step, such as NK-26-001/load_add
    on_code: Mapped[str] = mapped_column(index=True)
    within: Mapped[Ref]
    at: Mapped[When]
    __table_args__ = (CheckConstraint("trainer <> person", name="two_people"),)


def training(session: Session, code: str) -> Training:
    """The training record with this code, or a refusal."""
    row = session.get(Training, code)
    if row is None:
        raise Refused(f"There is no training record “{code}”.", kind="not found")
    return row


def training_item(session: Session, code: str) -> TrainingItem:
    """The item with this code, or a refusal."""
    row = session.get(TrainingItem, code)
    if row is None:
        raise Refused(f"There is no training item “{code}”. QA defines it, or drafts the procedure with this key.",
                      kind="not found")
    return row


def requirement(session: Session, code: str) -> Requirement:
    """The line of the curriculum with this code, or a refusal."""
    row = session.get(Requirement, code)
    if row is None:
        raise Refused(f"There is no line “{code}” in the curriculum.", kind="not found")
    return row


@dataclass(frozen=True)
class Ask:
    """Who did, or is about to do, what kind of work, when, and on which step."""

    person: str
    #: as the master record names them: SOP-101, SOP-101/2, GOWNING, Gowning grade B
    items: tuple[str, ...]
    at: datetime
    #: the step, to find a trainer who signed for it
    on: str = ""


def qualification_facts(session: Session, person: str, items: Iterable[str], at: datetime, *,
                        on: str = "") -> Qualification:
    """What a person was qualified for at a moment; two SQL statements for any number of items."""
    return qualifications(session, [Ask(person, tuple(items), at, on)])[0]


def qualifications(session: Session, asks: Sequence[Ask]) -> list[Qualification]:
    """The same for many pieces of work at once, such as all steps of a batch; still two SQL statements."""
    shelf = _Shelf(session, {name for ask in asks for name in ask.items})
    book = _Book(session, shelf.codes(), {ask.person for ask in asks}, {ask.on for ask in asks if ask.on})
    return [Qualification(ask.person, ask.at, tuple(_item(shelf, book, ask, name) for name in ask.items))
            for ask in asks]


def _split(name: str) -> tuple[str, int | None]:
    """SOP-101/2 names a version outright; anything else names what counts on the day."""
    key, slash, number = name.strip().rpartition("/")
    pinned = bool(slash) and number.isascii() and number.isdigit() and len(number) < 6
    return (key, int(number)) if pinned else (name.strip(), None)


class _Shelf:
    """The items that some names mean, by code or title, with the versions of procedures. One statement."""

    def __init__(self, session: Session, names: Iterable[str]) -> None:
        keys = {key for name in names for key in (name.strip(), _split(name)[0])}
        found = session.execute(
            select(TrainingItem, Document).outerjoin(
                Document, and_(Document.kind == PROCEDURE, Document.key == TrainingItem.code,
                               Document.effective_at.is_not(None)))
            .where(or_(TrainingItem.code.in_({key.upper() for key in keys}),
                       and_(TrainingItem.kind != PROCEDURE,
                            func.lower(TrainingItem.title).in_({key.lower() for key in keys}))))) if keys else ()
        self.items: dict[str, TrainingItem] = {}
        self.versions: dict[str, list[Document]] = {}
        for item, version in found:
            self.items[item.code] = item
            self.versions.setdefault(item.code, []).extend([version] if version else [])

    def codes(self) -> set[str]:
        return set(self.items)

    def item(self, name: str) -> TrainingItem | None:
        """A procedure by its key, anything else by its code, or by its title."""
        found = self.items.get(_split(name)[0].upper())
        if found is not None and (found.kind == PROCEDURE or found.code == name.strip().upper()):
            return found
        return next((one for one in self.items.values()
                     if one.kind != PROCEDURE and one.title.lower() == name.strip().lower()), None)

    def version(self, item: TrainingItem, name: str, at: datetime) -> str | None:
        """The version that is named, once it was effective; else the one that was effective at that moment."""
        pinned = _split(name)[1]
        begun = [one for one in self.versions[item.code] if one.effective_at and one.effective_at <= at]
        fits = [one for one in begun if (one.number == pinned if pinned is not None else
                                         one.superseded_at is None or at < one.superseded_at)]
        return max(fits, key=lambda one: one.number).code if fits else None


class _Book:
    """Training of the people asked about and of their supervisors. One statement."""

    def __init__(self, session: Session, items: set[str], persons: set[str], steps: set[str]) -> None:
        found = session.execute(
            select(Training, Supervision).outerjoin(
                Supervision, and_(Supervision.trainer == Training.person, Supervision.on_code.in_(steps),
                                  Supervision.person.in_(persons)))
            .where(Training.item.in_(items), or_(Training.person.in_(persons), Supervision.code.is_not(None)))
            .order_by(Training.valid_from, Training.code)) if items else ()
        self.rows: dict[str, Training] = {}
        self.signed: dict[str, Supervision] = {}
        for row, signed in found:
            self.rows[row.code] = row
            if signed is not None:
                self.signed[signed.code] = signed

    def held(self, person: str, item: str) -> tuple[Held, ...]:
        return tuple(held_in(row) for row in self.rows.values()
                     if (row.person, row.item) == (person, item) and row.valid_from)

    def task(self, person: str, item: str, version: str | None, at: datetime) -> str | None:
        fits = [row.code for row in self.rows.values() if (row.person, row.item) == (person, item)
                and row.document == version and row.assigned_at <= at and row.came_by != "paper"
                and (row.open_until is None or at < row.open_until)]
        return fits[-1] if fits else None

    def trainers(self, ask: Ask, item: str) -> tuple[Trainer, ...]:
        names = dict.fromkeys(one.trainer for one in self.signed.values()
                              if (one.person, one.on_code) == (ask.person, ask.on) and one.at <= ask.at)
        return tuple(Trainer(name, self.held(name, item)) for name in names)


def held_in(row: Training) -> Held:
    """One confirmed row as a fact."""
    assert row.valid_from is not None
    return Held(row.code, row.document or "", row.valid_from, row.valid_until, row.ended_at)


def _item(shelf: _Shelf, book: _Book, ask: Ask, name: str) -> Item:
    found = shelf.item(name)
    if found is None:
        return Item(name, None)
    procedure = found.kind == PROCEDURE
    version = shelf.version(found, name, ask.at) if procedure else None
    learning = not procedure or version is not None
    return Item(name, found.code, found.title, procedure, version, book.held(ask.person, found.code),
                book.task(ask.person, found.code, version, ask.at) if learning else None,
                book.trainers(ask, found.code))


def named_item(session: Session, name: str) -> tuple[TrainingItem, int | None]:
    """The item a name means, with the number of the version when it names one; or a refusal."""
    found = _Shelf(session, [name]).item(name)
    if found is None:
        raise Refused(f"Nothing is on record under “{name[:80]}”. QA drafts the procedure, or defines the training "
                      "item.", kind="not found")
    return found, _split(name)[1] if found.kind == PROCEDURE else None
