"""What is shown of training: what waits for whom, who was qualified on a day, one person, one item, one record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import g, has_request_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.documents.records import Document
from mfg.doors import Page
from mfg.facts import Refused
from mfg.identity import Person
from mfg.ledger import now
from mfg.training.acts import OPEN
from mfg.training.api import months, trainings
from mfg.training.matrix import Cell, Line, day_of, matrix_of
from mfg.training.records import PROCEDURE, Requirement, Training, TrainingItem
from mfg.training.records import training as training_row
from mfg.training.records import training_item as item_row

NOBODY_WAITS = "No training waits for anybody."


def list_tasks(session: Session) -> dict[str, Any]:
    """Open tasks: one's own first, then by when they are due."""
    rows, mine, at = trainings(session, Training.state.in_(OPEN)), signed_in(), now()
    ordered = sorted(rows, key=lambda row: (row.person != mine, row.due_at or row.assigned_at, row.code))
    about = f"{sum(row.person == mine for row in ordered)} of {len(ordered)} wait for you." if mine else ""
    return {"title": "Training", "about": about, "headers": ["training", "person", "learns", "state", "next", "since"],
            "rows": [[link(row.code, f"/training/{row.code}"), link(row.person, f"/training/people/{row.person}"),
                      link(row.document or row.item, f"/training/items/{row.item}"), status(row, at), next_step(row),
                      day(row.assigned_at)] for row in ordered],
            "actions": [action("/training/matrix", "Who was qualified on a day"),
                        action("/training/items", "What there is to learn"),
                        action("/training/assign-training", "Assign training", main=True)],
            "empty": NOBODY_WAITS}


def signed_in() -> str:
    """The code of whoever looks; empty outside a request."""
    person = g.get("person") if has_request_context() else None
    return person.code if person else ""


def next_step(row: Training) -> str:
    """What has to happen, and who does it."""
    return f"{row.person} is trained and signs" if row.state == "assigned" else "a qualified trainer confirms"


def status(row: Training, at: datetime) -> dict[str, Any]:
    """The state as shape and words: overdue and expired show, whatever the stored word says."""
    if row.state in OPEN:
        late = row.due_at is not None and row.due_at < at
        return {"verdict": "FAIL" if late else "TODO",
                "text": f"{row.state}, due {day(row.due_at)}" if row.due_at else row.state}
    if row.state == "qualified":
        over = row.valid_until is not None and row.valid_until.date() < at.date()
        return {"verdict": "FAIL" if over else "PASS",
                "text": f"expired {day(row.valid_until)}" if over else
                f"qualified until {day(row.valid_until)}" if row.valid_until else "qualified"}
    return {"verdict": "FAIL" if row.state != "superseded" else "TODO", "text": row.state}


def day(moment: datetime | None) -> str:
    """A date in UTC."""
    return f"{moment:%Y-%m-%d}" if moment else ""


def minute(moment: datetime | None) -> str:
    """A moment in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not yet"


def link(text: str, url: str) -> dict[str, Any]:
    """A code that opens its record."""
    return {"text": text, "url": url}


def action(url: str, label: str, *, main: bool = False, danger: bool = False) -> dict[str, Any]:
    """A button."""
    return {"url": url, "label": label, "main": main, "danger": danger}


def list_matrix(session: Session, on: str = "") -> dict[str, Any]:
    """Every person against every item, as it stood on the day that is asked for; a blank asks for this moment."""
    asked, wrong, at = on.strip(), "", now()
    try:
        at = day_of(asked) if asked else at
    except Refused as refused:
        wrong = refused.why
    found = matrix_of(session, at)
    field = {"name": "on", "label": "On the day", "kind": "date", "value": asked[:10], "required": False,
             "hint": "Blank: at this moment. Times are UTC.", "error": wrong or None, "unit": "", "choices": []}
    page = {"title": "Who was qualified", "about": f"As it stood at {minute(at)}.", "filters": [field],
            "headers": ["person", *(code for code, _ in found.items)], "actions": [action("/training", "Tasks")],
            "rows": [_line(line) for line in found.lines], "empty": "Nobody needs or has learned anything yet."}
    return page | ({"problem": _not_a_day(wrong)} if wrong else {})


def _not_a_day(why: str) -> dict[str, Any]:
    return {"why": why, "expected": None, "got": None, "recorded": "Nothing was read.", "next": None}


def _line(line: Line) -> list[Any]:
    who = {"text": line.person, "url": f"/training/people/{line.person}", "sub": ", ".join(line.roles)}
    return [who, *(_cell(cell) for cell in line.cells)]


def _cell(cell: Cell) -> Any:
    if cell.verdict is None:
        return {"text": "not needed"}
    return {"verdict": str(cell.verdict), "text": cell.word, "sub": cell.training or ""}


def show_training(session: Session, *, training: str) -> dict[str, Any]:
    """One training record."""
    row = training_row(session, training)
    item = item_row(session, row.item)
    came = {"paper": "recorded from paper by", "new version": "a new version became effective by",
            "requirement": "required of a role by", "assignment": "assigned by"}[row.came_by]
    pairs: list[tuple[str, Any, bool]] = [
        ("person", link(row.person, f"/training/people/{row.person}"), False),
        ("item", link(item.code, f"/training/items/{item.code}"), False), ("title", item.title, False),
        ("version", link(row.document, f"/documents/{row.document}") if row.document else "none", False),
        ("came by", f"{came} {row.assigned_by}, {minute(row.assigned_at)}", False),
        ("due", minute(row.due_at) if row.due_at else "no date", False), ("held on", minute(row.trained_at), False),
        ("trainee signed", "recorded from paper" if row.came_by == "paper" else minute(row.completed_at), False),
        ("trainer", f"{row.trainer}, {minute(row.decided_at)}" if row.trainer else "not yet", False),
        ("assessment", row.result or "none", False), ("evidence", row.evidence or "none", False),
        ("counts", _counts(row), False)]
    if row.file:
        pairs.append(("file", link(f"{row.file[:12]}…", f"/files/{row.file}"), False))
    if row.ended_at:
        pairs.append(("ended", f"{row.ended_by}, {minute(row.ended_at)}", False))
    shown = status(row, now())
    return {"code": row.code, "title": f"Training {row.code}", "state": shown["text"], "verdict": shown["verdict"],
            "pairs": pairs, "sections": [], "drawings": [], "actions": _actions(row), "back": "/training",
            "strip": [{"k": "Training", "v": row.code, "code": True}]}


def _counts(row: Training) -> str:
    if row.valid_from is None:
        return "not yet"
    return f"from {minute(row.valid_from)} to " + (f"{day(row.valid_until)}, that day included" if row.valid_until else
                                                  "a newer version or its withdrawal")


def _actions(row: Training) -> list[dict[str, Any]]:
    at = f"/training/{row.code}"
    next_ones = {"assigned": [("complete-training", "Sign that you have been trained")],
                 "done": [("confirm-training", "Confirm: competent"), ("fail-training", "Not competent yet")]}
    shown = [action(f"{at}/{slug}", label, main=place == 0, danger=place > 0)
             for place, (slug, label) in enumerate(next_ones.get(row.state, []))]
    ends = row.state in (*OPEN, "qualified")
    return shown + ([action(f"{at}/withdraw-qualification", "Withdraw", danger=True)] if ends else [])


def show_person(session: Session, *, person: str) -> dict[str, Any]:
    """The training record of one person."""
    row = session.get(Person, person)
    if row is None:
        raise Refused(f"There is no person “{person[:20]}”.", kind="not found")
    at = now()
    rows = [[link(one.code, f"/training/{one.code}"), link(one.item, f"/training/items/{one.item}"),
             one.document or "", status(one, at), day(one.trained_at), one.trainer or "",
             "from paper" if one.came_by == "paper" else "", one.evidence]
            for one in trainings(session, Training.person == person)]
    section = {"title": "Training", "rows": rows, "empty": "No training is on record for this person.",
               "headers": ["training", "item", "version", "state", "held on", "trainer", "", "evidence"]}
    return {"code": person, "title": f"Training of {person}", "state": "", "sections": [section], "drawings": [],
            "pairs": [("account", link(person, f"/people/{person}"), False)], "back": "/training",
            "actions": [action(f"/training/people/{person}/record-earlier-training", "Record earlier training"),
                        action(f"/training/assign-training?person={person}", "Assign training", main=True)],
            "strip": [{"k": "Person", "v": person, "code": True}]}


def list_items(session: Session) -> dict[str, Any]:
    """Everything there is to learn, and which roles need it."""
    needed: dict[str, list[str]] = {}
    for one in session.scalars(select(Requirement).where(Requirement.ended_at.is_(None)).order_by(Requirement.code)):
        needed.setdefault(one.item, []).append(one.role)
    rows = [[link(row.code, f"/training/items/{row.code}"), row.title, row.kind, months(row),
             "yes" if row.assessed else "no", ", ".join(needed.get(row.code, [])) or "no role"]
            for row in session.scalars(select(TrainingItem).order_by(TrainingItem.code))]
    return {"title": "What there is to learn", "rows": rows, "empty": "Nothing is defined. A procedure's item comes "
            "with its first draft; general items are defined here.",
            "headers": ["item", "title", "kind", "counts for", "assessed", "needed by"],
            "actions": [action("/documents/draft-procedure", "Draft a procedure"),
                        action("/training/items/define-training-item", "Define a general item", main=True)]}


def show_item(session: Session, *, item: str) -> dict[str, Any]:
    """One item: its versions, who needs it, who learned it."""
    row, at = item_row(session, item), now()
    lines = session.scalars(select(Requirement).where(Requirement.item == item).order_by(Requirement.code))
    curriculum = {"title": "Needed by", "headers": ["line", "role", "since", "until", ""], "rows": [
        [one.code, one.role, day(one.required_at), day(one.ended_at), "" if one.ended_at else link(
            "Require it no longer", f"/training/requirements/{one.code}/drop-training-requirement")] for one in lines],
        "empty": "No role needs it."}
    people = {"title": "Who learned it", "headers": ["training", "person", "version", "state", "trainer"], "rows": [
        [link(one.code, f"/training/{one.code}"), link(one.person, f"/training/people/{one.person}"),
         one.document or "", status(one, at), one.trainer or ""]
        for one in trainings(session, Training.item == item)], "empty": "Nobody yet."}
    return {"code": row.code, "title": row.title, "state": "", "drawings": [], "back": "/training/items",
            "pairs": [("kind", row.kind, False), ("a qualification counts for", months(row), False),
                      ("assessment", "asked for" if row.assessed else "not asked for", False),
                      ("defined", f"{row.defined_by}, {minute(row.defined_at)}", False)],
            "sections": [*_versions(session, row), curriculum, people],
            "actions": [action(f"/training/items/{item}/change-training-item", "Change"),
                        action(f"/training/assign-training?item={item}", "Assign training"),
                        action(f"/training/items/{item}/require-training", "Require it of a role", main=True)],
            "strip": [{"k": "Item", "v": row.code, "code": True}]}


def _versions(session: Session, row: TrainingItem) -> list[dict[str, Any]]:
    if row.kind != PROCEDURE:
        return []
    found = session.scalars(select(Document).where(Document.kind == PROCEDURE, Document.key == row.code).order_by(
        Document.number.desc()))
    return [{"title": "Versions", "headers": ["version", "title", "state", "effective since", "superseded"], "rows": [
        [link(one.code, f"/documents/{one.code}"), one.title, one.state, minute(one.effective_at),
         minute(one.superseded_at) if one.superseded_at else "no"] for one in found]}]


PAGES: tuple[Page, ...] = (
    Page("/training", list_tasks, "list.html"),
    Page("/training/matrix", list_matrix, "list.html", asks=("on",)),
    Page("/training/items", list_items, "list.html"),
    Page("/training/items/<item>", show_item),
    Page("/training/people/<person>", show_person),
    Page("/training/<training>", show_training),
)
