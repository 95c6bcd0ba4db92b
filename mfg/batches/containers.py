"""Containers of a batch and what they come from. The database itself holds one recipient and one donor together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.batches.filling_rules import Origin
from mfg.batches.records import Batch, Container, Descent


def next_container_code(session: Session, batch: str) -> str:
    """NK-26-001-C01 and on: nothing is ever deleted and the turn is ours, so counting is safe."""
    session.flush()
    made = session.scalar(select(func.count()).select_from(Container).where(Container.batch == batch)) or 0
    return f"{batch}-C{made + 1:02d}"


def make(session: Session, batch: Batch, kind: str, parents: Sequence[str], volume_ml: Decimal | None,
         at: datetime, by: str) -> Container:
    """A new container of the batch, descending from its parents, with recipient and donor of the batch."""
    row = Container(code=next_container_code(session, batch.code), kind=kind, recipient=batch.recipient,
                    donor=batch.donor, collection=batch.collection, batch=batch.code, volume_ml=volume_ml,
                    made_at=at, made_by=by)
    session.add(row)
    session.flush()
    for parent in parents:
        session.add(Descent(child=row.code, parent=parent, recipient=batch.recipient, donor=batch.donor))
    return row


def origin(row: Container) -> Origin:
    """A container as the rules see it."""
    return Origin(row.code, row.kind, row.recipient, row.donor, row.batch or "")


def ancestors(session: Session, code: str) -> list[str]:
    """Everything a container comes from, by code, itself not counted."""
    return _walk(session, code, Descent.child, Descent.parent)


def descendants(session: Session, code: str) -> list[str]:
    """Everything that was made from a container, by code, itself not counted."""
    return _walk(session, code, Descent.parent, Descent.child)


def _walk(session: Session, code: str, start: Any, end: Any) -> list[str]:
    """One recursive question to the database, whichever way."""
    found = select(end.label("code")).where(start == code).cte("found", recursive=True)
    found = found.union(select(end).join(found, start == found.c.code))
    return list(session.scalars(select(found.c.code).order_by(found.c.code)))


def containers_of(session: Session, batch: str) -> list[Container]:
    """All containers of a batch in the order they were made."""
    return list(session.scalars(select(Container).where(Container.batch == batch).order_by(Container.code)))


def parents_of(session: Session, batch: str) -> dict[str, list[str]]:
    """Container -> the containers it was made from, for a whole batch."""
    rows = session.execute(select(Descent.child, Descent.parent).join(
        Container, Container.code == Descent.child).where(Container.batch == batch).order_by(Descent.parent))
    found: dict[str, list[str]] = {}
    for child, parent in rows:
        found.setdefault(child, []).append(parent)
    return found
