"""Who was qualified for what at one moment: every person against every item. A reading; it judges with the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mfg.facts import Refused, Verdict
from mfg.identity import Person, RoleGrant
from mfg.training.records import Ask, Requirement, Training, TrainingItem, qualifications
from mfg.training.rules import Item


@dataclass(frozen=True)
class Cell:
    """One person and one item. `verdict` None: not needed and never learned."""

    item: str
    verdict: str | None
    word: str
    #: the training record that says so
    training: str | None
    #: does a role the person held then need it?
    required: bool


@dataclass(frozen=True)
class Line:
    """One person with all items, in the order of `Matrix.items`."""

    person: str
    roles: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Matrix:
    """Everybody who needs or has learned something, at one moment."""

    at: datetime
    items: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]


def day_of(text: str) -> datetime:
    """The last second of a day in UTC, from its date: what was valid on that day."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2200:
        raise Refused(f"“{text[:20]}” is not a date; one such as 2026-11-20 was expected.", kind="not found")
    return datetime.combine(day, time(23, 59, 59), UTC)


def matrix_of(session: Session, at: datetime) -> Matrix:
    """The whole matrix as it was at that moment."""
    items = list(session.scalars(select(TrainingItem).where(TrainingItem.defined_at <= at).order_by(
        TrainingItem.code)))
    roles, needed = _roles(session, at), _needed(session, at)
    learned = set(session.scalars(select(Training.person).where(Training.assigned_at <= at).distinct()))
    people = [code for code in session.scalars(select(Person.code).order_by(Person.code))
              if code in learned or any(role in needed for role in roles.get(code, ()))]
    codes = tuple(item.code for item in items)
    found = qualifications(session, [Ask(person, codes, at) for person in people])
    return Matrix(at, tuple((item.code, item.title) for item in items), tuple(
        Line(one.person, tuple(roles.get(one.person, ())), tuple(
            _cell(item, at, _asked_of(roles.get(one.person, ()), needed, item)) for item in one.items))
        for one in found))


def _roles(session: Session, at: datetime) -> dict[str, list[str]]:
    held: dict[str, list[str]] = {}
    for person, role in session.execute(select(RoleGrant.person, RoleGrant.role).where(
            RoleGrant.granted_at <= at, or_(RoleGrant.removed_at.is_(None), RoleGrant.removed_at > at)).order_by(
            RoleGrant.code)):
        held.setdefault(person, []).append(role)
    return held


def _needed(session: Session, at: datetime) -> dict[str, set[str]]:
    """Items by role, from the curriculum as it stood then."""
    needed: dict[str, set[str]] = {}
    for role, item in session.execute(select(Requirement.role, Requirement.item).where(
            Requirement.required_at <= at, or_(Requirement.ended_at.is_(None), Requirement.ended_at > at))):
        needed.setdefault(role, set()).add(item)
    return needed


def _asked_of(roles: list[str] | tuple[str, ...], needed: dict[str, set[str]], item: Item) -> bool:
    return any(item.item in needed.get(role, ()) for role in roles)


def _cell(item: Item, at: datetime, required: bool) -> Cell:
    """Qualified, in training, lapsed or missing, as a word beside the verdict."""
    verdict, word, code = _state(item, at, required)
    return Cell(item.item or item.asked, verdict, word, code, required)


def _state(item: Item, at: datetime, required: bool) -> tuple[str | None, str, str | None]:
    held = item.covers(item.held, at)
    if held and (item.version or not item.procedure):
        until = f"until {held.valid_until:%Y-%m-%d}" if held.valid_until else "qualified"
        return Verdict.PASS, until, held.code
    if item.task:
        return "TODO", "in training", item.task
    begun = [one for one in item.held if one.valid_from <= at]
    if not begun:
        return (Verdict.FAIL, "missing", None) if required else (None, "", None)
    last = begun[-1]
    if last.ended_at and last.ended_at <= at:
        return Verdict.FAIL, f"withdrawn {last.ended_at:%Y-%m-%d}", last.code
    if last.valid(at):
        return Verdict.FAIL, f"{last.version} only", last.code
    return Verdict.FAIL, f"expired {last.valid_until:%Y-%m-%d}", last.code
