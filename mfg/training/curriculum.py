"""What there is to learn and who needs it: procedures, general items, requirements of roles.

A new version of a procedure makes its tasks in the very act that makes it effective.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.documents import acts as documents
from mfg.documents.records import Document
from mfg.facts import Refused
from mfg.files import Upload
from mfg.identity import Person, RoleGrant
from mfg.ledger import Doing, Who, act, fresh
from mfg.training.acts import OPEN, new_task, to_learn
from mfg.training.records import PROCEDURE, Requirement, Training, TrainingItem, held_in, training_item
from mfg.training.records import requirement as requirement_row
from mfg.training.rules import MOVES

CODE = re.compile(r"[A-Z][A-Z0-9.-]{1,29}\Z", re.ASCII)


def draft_procedure(session: Session, who: Who, *, key: str, title: str, text: str,
                    file: Upload | None = None) -> str:
    """Write down the next version of a procedure. Returns its code, such as SOP-101/2."""
    return documents.draft(session, who, kind=PROCEDURE, key=_code(key), title=title, text=text, file=file,
                           also=_with_item)


def _code(text: str) -> str:
    """Codes of items stand in addresses and in master records: capitals, digits, hyphens and points."""
    code = text.strip().upper()
    if not CODE.match(code):
        raise Refused(f"“{text[:40]}” cannot be a code here; 2 to 30 letters, digits, hyphens and points beginning "
                      "with a letter were expected, for instance SOP-101.", kind="input")
    return code


def _with_item(session: Session, doing: Doing, row: Document) -> None:
    """The first version of a procedure brings the item that people are qualified for."""
    item = session.get(TrainingItem, row.key)
    if item is None:
        _add_item(session, doing, row.key, PROCEDURE, row.title, None, assessed=False)
    elif item.kind != PROCEDURE:
        raise Refused(f"{row.key} is a training item already ({item.title}). Give the procedure another key.",
                      kind="input")


def _add_item(session: Session, doing: Doing, code: str, kind: str, title: str, months: int | None, *,
              assessed: bool) -> None:
    session.add(TrainingItem(code=code, kind=kind, title=title, valid_months=months, assessed=assessed,
                             defined_by=doing.by.code, defined_at=doing.at))


def define_training_item(session: Session, who: Who, *, item: str, kind: str, title: str, assessed: bool,
                         valid_months: int | None = None) -> str:
    """A general item, such as gowning or the media fill. A procedure's item comes with its first draft."""
    code = _code(item)
    with act(session, "define training item", on=code, **who.how) as doing:
        taken = session.get(TrainingItem, code) or next(iter(_titled(session, title)), None)
        if taken is not None:
            raise Refused(f"{taken.code} ({taken.title}) is there already. Change it, or choose another code "
                          "and title.",
                          kind="input")
        _add_item(session, doing, code, kind, title, valid_months, assessed=assessed)
        doing.signs({"item": code, "kind": kind, "title": title, "valid_months": valid_months, "assessed": assessed})
        doing.result = code
    return doing.result


def _titled(session: Session, title: str) -> list[TrainingItem]:
    """General items are also known by their title, so no two share one."""
    general = session.scalars(select(TrainingItem).where(TrainingItem.kind != PROCEDURE))
    return [one for one in general if one.title.lower() == title.lower()]


def change_training_item(session: Session, who: Who, *, item: str, assessed: bool, valid_months: int | None = None,
                         seen: str | None = None) -> str:
    """Change how long an item counts and whether it is assessed, from the next confirmation on."""
    with act(session, "change training item", on=item, **who.how) as doing:
        row = training_item(session, item)
        fresh(row, seen)
        row.valid_months, row.assessed = valid_months, assessed
        doing.signs({"item": item, "valid_months": valid_months, "assessed": assessed})
        doing.result = item
    return doing.result


def require_training(session: Session, who: Who, *, item: str, role: str) -> str:
    """From now on a role needs an item; who holds the role and is not qualified gets a task. Returns the item's."""
    with act(session, "require training", on=item, **who.how) as doing:
        row = training_item(session, item)
        if session.scalar(select(Requirement.code).where(
                Requirement.item == item, Requirement.role == role, Requirement.ended_at.is_(None))):
            raise Refused(f"{item} is in the curriculum of “{role}” already.")
        code = next_code(session, Requirement, "CUR", 4)
        session.add(Requirement(code=code, role=role, item=item, required_at=doing.at, required_by=doing.by.code))
        made = _tasks(session, doing, row, _holders(session, [role]), "requirement")
        doing.signs({"requirement": code, "item": item, "role": role, "tasks": made})
        doing.result = item
    return doing.result


def drop_training_requirement(session: Session, who: Who, *, requirement: str, seen: str | None = None) -> str:
    """A role needs an item no longer; tasks and qualifications that are there stay. Returns the item's code."""
    with act(session, "drop training requirement", on=requirement, **who.how) as doing:
        row = requirement_row(session, requirement)
        fresh(row, seen)
        if row.ended_at:
            raise Refused(f"{row.code} has ended already.")
        row.ended_at, row.ended_by = doing.at, doing.by.code
        doing.signs({"requirement": row.code, "item": row.item, "role": row.role})
        doing.result = row.item
    return doing.result


def tasks_for_version(session: Session, doing: Doing, row: Document) -> None:
    """What a version that becomes effective means for people: everybody whose role needs it, or who was qualified
    for an earlier one, has a task at once, unless they learned this version already. There is no time of grace."""
    item = training_item(session, row.key)
    item.title = row.title
    for task in session.scalars(select(Training).where(
            Training.item == row.key, Training.state.in_(OPEN), Training.document != row.code)):
        task.state, task.ended_at, task.ended_by = MOVES.after("supersede", task.state), doing.at, doing.by.code
    session.flush()
    _tasks(session, doing, item, concerned(session, row.key, doing.at), "new version")


def concerned(session: Session, item: str, at: datetime) -> list[str]:
    """Everybody whose role needs the item now, or who holds a valid qualification for any version of it."""
    roles = session.scalars(select(Requirement.role).where(Requirement.item == item, Requirement.ended_at.is_(None)))
    needing = set(_holders(session, list(roles)))
    return sorted(needing | {row.person for row in _holding(session, item) if held_in(row).valid(at)
                             and session.get_one(Person, row.person).active})


def _holders(session: Session, roles: Iterable[str]) -> list[str]:
    return list(session.scalars(select(Person.code).join(RoleGrant, RoleGrant.person == Person.code).where(
        RoleGrant.role.in_(list(roles)), RoleGrant.removed_at.is_(None), Person.active).distinct().order_by(
        Person.code)))


def _holding(session: Session, item: str) -> list[Training]:
    return list(session.scalars(select(Training).where(Training.item == item, Training.valid_from.is_not(None))))


def knowing(session: Session, item: str, version: str | None, at: datetime) -> set[str]:
    """Who is qualified for that version at that moment."""
    return {row.person for row in _holding(session, item) if row.document == version and held_in(row).valid(at)}


def _tasks(session: Session, doing: Doing, item: TrainingItem, people: Iterable[str], came_by: str) -> list[str]:
    """A task for each who neither knows the version to learn nor is learning it. Due at once."""
    session.flush()
    try:
        _, version = to_learn(session, item.code)
    except Refused:
        return []  # nothing to learn yet: the tasks come with the first version
    known = knowing(session, item.code, version, doing.at)
    learning = set(session.scalars(select(Training.person).where(
        Training.item == item.code, Training.state.in_(OPEN))))
    return [new_task(session, doing, person, item.code, version, came_by, doing.at).code
            for person in people if person not in known | learning]
