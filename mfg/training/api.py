"""The doors of training and of procedures, and what JSON reads of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.documents.api import TEXT_LIMIT, document_doors, shows_document
from mfg.documents.records import document as document_row
from mfg.doors import Door, Pairs, View
from mfg.facts import Refused
from mfg.fields import Attached, Body, Choice, Moment, Words, YesNo, look_of
from mfg.identity import Person
from mfg.ledger import now
from mfg.training import acts, curriculum
from mfg.training.matrix import day_of, matrix_of
from mfg.training.records import KINDS, PROCEDURE, Requirement, Training, TrainingItem, training_item
from mfg.training.records import requirement as requirement_row
from mfg.training.records import training as training_row
from mfg.verbs import ROLES

MOST = 60


class Names(fields.Field[list[str]]):
    """Items as work names them: a JSON list, or one per line in a form."""

    wire = {"type": ["array", "string"], "items": {"type": "string"}, "maxItems": MOST}

    def __init__(self, label: str, *, hint: str) -> None:
        super().__init__(required=True, metadata=look_of(label, hint=hint, kind="textarea"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        given = re.split(r"[;,\r\n]+", value) if isinstance(value, str) else value
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise ValidationError("A list of texts was expected here.")
        names = [one.strip() for one in given if one.strip()]
        if not 1 <= len(names) <= MOST or any(len(one) > 80 for one in names):
            raise ValidationError(f"{len(names)} names were given; 1 to {MOST} of at most 80 characters were expected.")
        return names


class Months(fields.Field[int | None]):
    """A whole number of months; blank: without an end."""

    wire = {"type": ["integer", "string"], "description": "months"}

    def __init__(self, label: str, *, hint: str = "") -> None:
        super().__init__(load_default=None, metadata=look_of(label, hint=hint, unit="mo", kind="number"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else "?"
        if text == "":
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= 120):
            raise ValidationError("A whole number of months from 1 to 120 was expected, or nothing for no end.")
        return int(text)


class DraftProcedure(Body):
    """The whole text of one version of a procedure."""

    key = Words("Number of the procedure", limit=30, hint="For instance SOP-101. The version is given here.")
    title = Words("Title", limit=200)
    text = Words("Text", limit=TEXT_LIMIT, kind="textarea",
                 hint="A line that begins with # opens a chapter; a blank line ends a paragraph; 1. and - are lists.")
    file = Attached("File that belongs to it", required=False)


class DefineItem(Body):
    """A general item; a procedure's comes with its first draft."""

    item = Words("Code", limit=30, hint="For instance GOWNING. Master records name it by code or title.")
    kind = Choice("Kind", [kind for kind in KINDS if kind != PROCEDURE])
    title = Words("Title", limit=200)
    valid_months = Months("A qualification counts for", hint="Blank: until it is withdrawn.")
    assessed = YesNo("Is a result of an assessment asked for?")


class ChangeItem(Body):
    valid_months = Months("A qualification counts for", hint="Blank: until a new version or a withdrawal.")
    assessed = YesNo("Is a result of an assessment asked for?")


class RequireTraining(Body):
    role = Choice("Role that needs it", ROLES)


class AssignTraining(Body):
    person = Words("Person", limit=20, hint="The code of the account, for instance P-0005.")
    item = Words("Item", limit=80, hint="For instance SOP-101 or GOWNING.")
    due_at = Moment("Due", required=False)


class CompleteTraining(Body):
    trained_at = Moment("When was the training held?")
    evidence = Words("Where is the proof?", required=False, hint="For instance the number of the attendance list.")


class ConfirmTraining(Body):
    result = Words("Assessment and its result", required=False, kind="textarea",
                   hint="What was assessed, how, and the result. Needed where the item asks for it.")
    file = Attached("Certificate or record", required=False)


class EarlierTraining(Body):
    items = Names("Items", hint="One per line, for instance SOP-101/1 or GOWNING.")
    trained_at = Moment("Qualified since")
    valid_until = Moment("Last day", required=False, hint="That day counts whole. Blank: as long as each item says.")
    evidence = Words("Where is the paper record?")


class SuperviseStep(Body):
    trainee = Words("Trainee", limit=20, hint="The code of the account, for instance P-0005.")


def _page(code: str) -> str:
    return f"/training/{code}"


def _item_page(code: str) -> str:
    return f"/training/items/{code}"


def _shows(session: Session, *, training: str) -> Pairs:
    row = training_row(session, training)
    return [("training", row.code), ("person", row.person), ("learns", row.document or row.item),
            ("title", training_item(session, row.item).title), ("state", row.state),
            ("held on", f"{row.trained_at:%Y-%m-%d %H:%M} UTC" if row.trained_at else "not yet"),
            ("evidence", row.evidence or "none")]


def _version(session: Session, *, training: str) -> str:
    return str(training_row(session, training).version)


def _shows_item(session: Session, *, item: str) -> Pairs:
    row = training_item(session, item)
    return [("item", row.code), ("title", row.title), ("kind", row.kind), ("a qualification counts for", months(row)),
            ("assessment", "asked for" if row.assessed else "not asked for")]


def months(row: TrainingItem) -> str:
    """How long a qualification counts, in words."""
    return f"{row.valid_months} months" if row.valid_months else "no end of its own"


def _shows_requirement(session: Session, *, requirement: str) -> Pairs:
    row = requirement_row(session, requirement)
    return [("line", row.code), ("role", row.role), ("item", row.item)]


def _shows_person(session: Session, *, person: str) -> Pairs:
    row = session.get(Person, person)
    return [("person", f"{row.printed_name} ({row.code})" if row else person)]


def shows_effect(session: Session, *, document: str) -> Pairs:
    """Before a procedure becomes effective: who has learned this version, and who has still to."""
    row, at = document_row(session, document), now()
    known = curriculum.knowing(session, row.key, row.code, at)
    waits = [person for person in curriculum.concerned(session, row.key, at) if person not in known]
    return [*shows_document(session, document=document),
            ("qualified for this version already", _people(session, known)),
            ("cannot work by it until they are trained", _people(session, waits))]


def _people(session: Session, codes: Iterable[str]) -> str:
    """Printed names with their codes."""
    found = session.scalars(select(Person).where(Person.code.in_(list(codes))).order_by(Person.code))
    return ", ".join(f"{one.printed_name} ({one.code})" for one in found) or "nobody"


_ONE = "/training/<training>"
DOORS: tuple[Door, ...] = (
    *document_doors(PROCEDURE, curriculum.draft_procedure, body=DraftProcedure, also=curriculum.tasks_for_version,
                    effect_shows=shows_effect),
    Door("define training item", "/training/items", curriculum.define_training_item, "Define a training item",
         "Sign: approved", _item_page, DefineItem),
    Door("change training item", "/training/items/<item>", curriculum.change_training_item, "Change the training item",
         "Sign: approved", _item_page, ChangeItem, shows=_shows_item,
         seen=lambda session, item: str(training_item(session, item).version),
         intro="It holds from the next confirmation on; what is confirmed already keeps its last day."),
    Door("require training", "/training/items/<item>", curriculum.require_training, "Require it of a role",
         "Sign: required", _item_page, RequireTraining, shows=_shows_item,
         intro="Everybody who holds the role and is not qualified has a task from now on."),
    Door("drop training requirement", "/training/requirements/<requirement>", curriculum.drop_training_requirement,
         "Require it no longer", "Sign: no longer required", _item_page, danger=True, shows=_shows_requirement,
         seen=lambda session, requirement: str(requirement_row(session, requirement).version)),
    Door("assign training", "/training", acts.assign_training, "Assign training", "Assign", _page, AssignTraining),
    Door("complete training", _ONE, acts.complete_training, "Sign that you have been trained",
         "Sign: I have understood", _page, CompleteTraining, shows=_shows, seen=_version,
         intro="You say that you have been trained and that you understood. A trainer confirms it afterwards."),
    Door("confirm training", _ONE, acts.confirm_training, "Confirm the training", "Sign: competent", _page,
         ConfirmTraining, shows=_shows, seen=_version,
         intro="Only whoever is qualified for the same version. From this moment on the trainee is qualified."),
    Door("fail training", _ONE, acts.fail_training, "Not competent yet", "Sign: not competent yet", _page, danger=True,
         shows=_shows, seen=_version, intro="Say what is missing. The training begins anew with a new task."),
    Door("withdraw qualification", _ONE, acts.withdraw_qualification, "Withdraw", "Sign and withdraw", _page,
         danger=True, shows=_shows, seen=_version,
         intro="From now on it does not count. What was done under it before stays valid."),
    Door("record earlier training", "/training/people/<person>", acts.record_earlier_training,
         "Record earlier training from paper", "Sign: recorded from paper", lambda code: f"/training/people/{code}",
         EarlierTraining, shows=_shows_person,
         intro="Qualifications that stood on paper before this system. Each is marked as recorded from paper."),
    Door("supervise step", "/steps/<step>", acts.supervise_step, "Supervise a trainee", "Sign: I supervise",
         lambda code: f"/steps/{code}", SuperviseStep, shows=lambda session, step: [("step", step)],
         intro="Before the trainee performs the step. Your signature and theirs both stand."),
)


def as_data(row: Any) -> dict[str, Any]:
    """One row as plain data."""
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


def trainings(session: Session, *which: Any) -> list[Training]:
    """Training records, oldest first."""
    return list(session.scalars(select(Training).where(*which).order_by(Training.code)))


def read_person(session: Session, *, person: str) -> Any:
    """All training of one person."""
    if session.get(Person, person) is None:
        raise Refused(f"There is no person “{person[:20]}”.", kind="not found")
    return [as_data(row) for row in trainings(session, Training.person == person)]


def read_item(session: Session, *, item: str) -> Any:
    """One item, the roles that need it, and its training records."""
    row = training_item(session, item)
    lines = session.scalars(select(Requirement).where(Requirement.item == item).order_by(Requirement.code))
    return as_data(row) | {"required_of": [as_data(one) for one in lines],
                           "training": [as_data(one) for one in trainings(session, Training.item == item)]}


VIEWS: tuple[View, ...] = (
    View("/training", lambda session: [as_data(row) for row in trainings(session)], "All training records"),
    View("/training/items", lambda session: [
        as_data(row) for row in session.scalars(select(TrainingItem).order_by(TrainingItem.code))], "Training items"),
    View("/training/items/<item>", read_item, "One training item"),
    View("/training/people/<person>", read_person, "The training of one person"),
    View("/training/on/<day>", lambda session, day: plain_data(matrix_of(session, day_of(day))),
         "Who was qualified for what on a day"),
    View("/training/<training>", lambda session, training: as_data(training_row(session, training)),
         "One training record"),
)
