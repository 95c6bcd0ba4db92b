"""What is done with training: tasks given, training signed for, confirmed by a trainer, withdrawn, recorded from paper.

What there is to learn, and who needs it, is `curriculum.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.documents.records import Document
from mfg.facts import Refused, judge, refuse_unless
from mfg.files import Upload, keep_file
from mfg.identity import Person, roles_of
from mfg.ledger import Doing, Entry, Who, act, fresh
from mfg.training import teaching_rules as rules
from mfg.training.records import (
    PROCEDURE,
    Supervision,
    Training,
    TrainingItem,
    held_in,
    named_item,
    training,
    training_item,
)
from mfg.training.rules import MOVES, Item
from mfg.training.teaching_rules import last_day

OPEN = ("assigned", "done")


def assign_training(session: Session, who: Who, *, person: str, item: str, due_at: datetime | None = None) -> str:
    """Give a person the task to be trained. `item` as work names it; of a procedure the effective version, or the
    newest approved one when none is effective yet. Returns the code of the training record."""
    with act(session, "assign training", on=person, within=person, **who.how) as doing:
        found, version = to_learn(session, item)
        already = session.scalar(_open_tasks(person, found.code, version).limit(1))
        refuse_unless(judge(rules.ASSIGNED, rules.Assigning(
            person, _active(session, person), version or found.code, already.code if already else None)))
        doing.on = doing.result = new_task(session, doing, person, found.code, version, "assignment", due_at).code
    return doing.result


def to_learn(session: Session, name: str) -> tuple[TrainingItem, str | None]:
    """The item a name means and the version to learn: the one named, else the effective, else the newest approved."""
    found, number = named_item(session, name)
    if found.kind != PROCEDURE:
        return found, None
    wanted = select(Document).where(Document.kind == PROCEDURE, Document.key == found.code)
    wanted = wanted.where(Document.number == number) if number is not None else wanted
    by_state = {row.state: row for row in session.scalars(wanted.order_by(Document.number))}
    row = by_state.get("effective") or by_state.get("approved")
    if row is None:
        raise Refused(f"No approved or effective version of {name} can be learned. QA approves one first.")
    return found, row.code


def _open_tasks(person: str, item: str, version: str | None) -> Select[Training]:
    return select(Training).where(Training.person == person, Training.item == item, Training.document == version
                                  if version else Training.document.is_(None), Training.state.in_(OPEN))


def _active(session: Session, person: str) -> bool:
    row = session.get(Person, person)
    return row is not None and row.active


def new_task(session: Session, doing: Doing, person: str, item: str, version: str | None, came_by: str,
             due_at: datetime | None) -> Training:
    """One task more, inside the act under way."""
    row = Training(code=next_code(session, Training, "TRN", 4), person=person, item=item, document=version,
                   state=MOVES.start, came_by=came_by, assigned_at=doing.at, assigned_by=doing.by.code, due_at=due_at,
                   result="", evidence="")
    session.add(row)
    return row


def complete_training(session: Session, who: Who, *, training: str, trained_at: datetime, evidence: str = "",
                      seen: str | None = None) -> str:
    """The trainee signs that they have been trained and understood. A trainer confirms it afterwards."""
    with act(session, "complete training", on=training, **who.how) as doing:
        row = _row(session, doing, training, seen)
        state = MOVES.after("complete training", row.state)
        refuse_unless(judge(rules.COMPLETED, rules.Completing(row.code, row.person, doing.by.code, trained_at,
                                                              doing.at)))
        row.state, row.trained_at, row.completed_at, row.evidence = state, trained_at, doing.at, evidence
        _signed(doing, row)
    return doing.result


def _row(session: Session, doing: Doing, code: str, seen: str | None) -> Training:
    row = training(session, code)
    fresh(row, seen)
    doing.within, doing.result = row.person, row.code
    return row


def _signed(doing: Doing, row: Training) -> None:
    """What every signature on a training record covers."""
    doing.signs({"training": row.code, "person": row.person, "item": row.item, "version": row.document,
                 "state": row.state, "trained_at": row.trained_at, "result": row.result, "evidence": row.evidence,
                 "file": row.file, "valid_from": row.valid_from, "valid_until": row.valid_until})


def confirm_training(session: Session, who: Who, *, training: str, result: str = "", file: Upload | None = None,
                     seen: str | None = None) -> str:
    """The trainer signs that the trainee is trained and assessed competent: qualified from this moment on."""
    with act(session, "confirm training", on=training, **who.how) as doing:
        row = _row(session, doing, training, seen)
        state = MOVES.after("confirm training", row.state)
        item = training_item(session, row.item)
        until = last_day(row.trained_at, item.valid_months) if row.trained_at else None
        refuse_unless(judge(rules.CONFIRMED, teaching(session, doing, row, item, result, until)))
        row.state, row.trainer, row.decided_at, row.result = state, doing.by.code, doing.at, result
        row.valid_from, row.valid_until = doing.at, until
        row.file = keep_file(session, file, by=doing.by.code, at=doing.at).code if file else None
        _signed(doing, row)
    return doing.result


def teaching(session: Session, doing: Doing, row: Training, item: TrainingItem, result: str = "",
             until: datetime | None = None) -> rules.Teaching:
    """What the rules need to know of the trainer at work."""
    known = [one for one in session.scalars(select(Training).where(
        Training.item == row.item, Training.valid_from.is_not(None)).order_by(Training.valid_from))]
    held = tuple(held_in(one) for one in known if one.person == doing.by.code)
    shown = Item(row.document or row.item, row.item, item.title, item.kind == PROCEDURE, row.document, held)
    anybody = shown.covers([held_in(one) for one in known], doing.at) is not None
    return rules.Teaching(doing.by.code, row.person, shown, doing.at, "qa" in roles_of(session, doing.by.code),
                          anybody, row.trained_at, until, item.assessed, result)


def fail_training(session: Session, who: Who, *, training: str, seen: str | None = None) -> str:
    """The trainer signs that the trainee is not competent yet, with the reason. A new task begins anew."""
    with act(session, "fail training", on=training, **who.how) as doing:
        row = _row(session, doing, training, seen)
        state = MOVES.after("fail training", row.state)
        refuse_unless(judge(rules.FAILED, teaching(session, doing, row, training_item(session, row.item))))
        row.state, row.trainer, row.decided_at = state, doing.by.code, doing.at
        _signed(doing, row)
    return doing.result


def withdraw_qualification(session: Session, who: Who, *, training: str, seen: str | None = None) -> str:
    """Quality assurance ends a qualification, or takes a task back, from now on; what was done before stays valid."""
    with act(session, "withdraw qualification", on=training, **who.how) as doing:
        row = _row(session, doing, training, seen)
        row.state = MOVES.after("withdraw qualification", row.state)
        row.ended_at, row.ended_by = doing.at, doing.by.code
        _signed(doing, row)
    return doing.result


def record_earlier_training(session: Session, who: Who, *, person: str, items: Sequence[str], trained_at: datetime,
                            evidence: str, valid_until: datetime | None = None) -> str:
    """Quality assurance records, for one person at once, what they were qualified for on paper before.

    Each counts from `trained_at` to `valid_until`, or as long as its item says. Marked as recorded from paper; the
    person does not sign. Returns the person's code.
    """
    with act(session, "record earlier training", on=person, within=person, **who.how) as doing:
        known = {name: _was_learned(session, name) for name in dict.fromkeys(items)}
        unknown = tuple(name for name, found in known.items() if found is None)
        refuse_unless(judge(rules.EARLIER, rules.Earlier(person, _active(session, person), doing.by.code, trained_at,
                                                         doing.at, evidence, valid_until, unknown)))
        rows = [_from_paper(session, doing, person, *found, trained_at, evidence, valid_until)
                for found in known.values() if found]
        doing.signs({"person": person, "trained_at": trained_at, "evidence": evidence, "valid_until": valid_until,
                     "recorded": [[row.code, row.item, row.document] for row in rows]})
        doing.result = person
    return person


def _was_learned(session: Session, name: str) -> tuple[TrainingItem, str | None] | None:
    """The item and the version a paper record proves: it must have been effective here."""
    try:
        found, version = to_learn(session, name)
    except Refused:
        return None
    ever = version is None or session.get_one(Document, version).effective_at is not None
    return (found, version) if ever else None


def _from_paper(session: Session, doing: Doing, person: str, item: TrainingItem, version: str | None,
                trained_at: datetime, evidence: str, valid_until: datetime | None) -> Training:
    for task in session.scalars(_open_tasks(person, item.code, version)):
        task.state, task.ended_at, task.ended_by = MOVES.after("supersede", task.state), doing.at, doing.by.code
    row = new_task(session, doing, person, item.code, version, "paper", None)
    row.state, row.trained_at, row.evidence = "qualified", trained_at, evidence
    row.trainer, row.decided_at = doing.by.code, doing.at
    row.valid_from, row.valid_until = trained_at, valid_until or last_day(trained_at, item.valid_months)
    session.flush()
    return row


def supervise_step(session: Session, who: Who, *, step: str, trainee: str) -> str:
    """A qualified trainer signs, before the trainee performs a step, that it is done under their eyes.

    The signature stands beside the trainee's own. Returns the code of the step.
    """
    batch = step.partition("/")[0]
    with act(session, "supervise step", on=step, within=batch, **who.how) as doing:
        learning = list(session.scalars(select(Training).where(
            Training.person == trainee, Training.state.in_(OPEN)).order_by(Training.code)))
        names = tuple(row.document or row.item for row in learning)
        teaches = tuple(row.document or row.item for row in learning if teaching(
            session, doing, row, training_item(session, row.item)).held)
        refuse_unless(judge(rules.SUPERVISED, rules.Supervising(
            doing.by.code, trainee, step, _opened(session, step, batch), names, teaches)))
        session.add(Supervision(code=next_code(session, Supervision, "SUP"), person=trainee, trainer=doing.by.code,
                                on_code=step, within=batch, at=doing.at))
        doing.signs({"step": step, "trainee": trainee, "trainer": doing.by.code, "items": teaches})
        doing.result = step
    return doing.result


def _opened(session: Session, step: str, batch: str) -> bool:
    """History tells whether there is such a batch: training lies below the rooms whose work it allows."""
    return step != batch and bool(session.scalar(select(Entry.seq).where(
        Entry.outcome == "done", Entry.verb == "open batch", Entry.within == batch).limit(1)))
