"""A qualification that has to be earned again because of what was found, such as growth on a glove.

It happens inside the act that found it; QA's own withdrawal is an act of its own (`acts.withdraw_qualification`).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.ledger import Doing
from mfg.training.acts import OPEN, new_task
from mfg.training.records import Training, TrainingItem, held_in
from mfg.training.rules import MOVES


def renew(session: Session, doing: Doing, person: str, kind: str) -> list[str]:
    """End every qualification of that kind the person holds now, and give each as a task again, due at once.

    What was done before stays valid. Returns the items, none when the person holds nothing of the kind.
    """
    held = session.scalars(select(Training).join(TrainingItem, TrainingItem.code == Training.item).where(
        Training.person == person, TrainingItem.kind == kind, Training.state == "qualified",
        Training.ended_at.is_(None)).order_by(Training.code)).all()
    ended = [row for row in held if held_in(row).valid(doing.at)]
    for row in ended:
        row.state = MOVES.after("withdraw qualification", row.state)
        row.ended_at, row.ended_by = doing.at, doing.by.code
    items = list(dict.fromkeys(row.item for row in ended))
    learning = set(session.scalars(select(Training.item).where(Training.person == person, Training.state.in_(OPEN))))
    for item in items:
        if item not in learning:
            new_task(session, doing, person, item, None, "requirement", doing.at)
            session.flush()
    return items
