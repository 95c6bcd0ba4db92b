"""Containers of a batch and what they come from. The database itself holds one recipient and one donor together.

What is in one at a moment is worked out in `contents.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.batches.container_rules import CONTAINER, Origin
from mfg.batches.content import Content
from mfg.batches.records import Batch, Container, Descent, Dose, DoseBag, Transformed
from mfg.batches.transformations import TRANSFORMATIONS
from mfg.ledger import Doing

#: while its dose stands so, a sample may still be drawn from a bag
OPEN_DOSE = frozenset({"filled", "checked", "rejected", "released then failed", "revoked"})


def next_container_code(session: Session, batch: str) -> str:
    """NK-26-001-C01 and on: nothing is ever deleted and the turn is ours, so counting is safe."""
    session.flush()
    made = session.scalar(select(func.count()).select_from(Container).where(Container.batch == batch)) or 0
    return f"{batch}-C{made + 1:02d}"


def begin(session: Session, doing: Doing, batch: Batch, name: str, **more: Any) -> Transformed:
    """The row of a transformation that happens now. `more`: the container it happens to, what is in it then, losses."""
    session.flush()
    before = session.scalar(select(func.count()).select_from(Transformed).where(Transformed.batch == batch.code)) or 0
    row = Transformed(code=f"{batch.code}-T{before + 1:02d}", batch=batch.code, name=TRANSFORMATIONS[name].name,
                      at=doing.at, by=doing.by.code, reason=doing.how.reason, **more)
    session.add(row)
    session.flush()
    return row


def make(session: Session, doing: Doing, batch: Batch, done: Transformed, kind: str, taken: Mapping[str, Content],
         inside: Content, hows: Mapping[str, str]) -> Container:
    """A new container of the batch with its recipient and donor. `taken`: what came out of each container for it;
    `hows`: how the label of each was read, scanned or typed."""
    row = Container(code=next_container_code(session, batch.code), kind=kind, recipient=batch.recipient,
                    donor=batch.donor, collection=batch.collection, batch=batch.code, volume_ml=inside.volume_ml,
                    cells=inside.cells, state=CONTAINER.start, made_at=doing.at, made_by=doing.by.code)
    session.add(row)
    session.flush()
    for parent, part in taken.items():
        session.add(Descent(child=row.code, parent=parent, recipient=batch.recipient, donor=batch.donor,
                            transformation=done.code, taken_ml=part.volume_ml, taken_cells=part.cells,
                            how=hows[parent]))
    return row


def origin(session: Session, row: Container, inside: Content, taken_ml: Decimal | None, how: str) -> Origin:
    """A container as the rules see it, when so much is to be taken out of it. `how` its label was read."""
    cells = None if taken_ml is None else inside.share(taken_ml)
    return Origin(row.code, row.kind, row.recipient, row.donor, row.batch or "", closed(session, row),
                  inside.volume_ml, taken_ml, cells, how)


def closed(session: Session, row: Container) -> str:
    """Why nothing may be taken out of it, as a sentence; empty when it may."""
    if row.state != CONTAINER.start:
        return f"{row.code} is {row.state}. {'Thaw it first.' if row.state == 'frozen' else 'Set it apart; call QA.'}"
    dose = dose_of_bag(session, row.code)
    if dose is not None and dose.state not in OPEN_DOSE:
        return f"{row.code} is a bag of {dose.code}, which is {dose.state}. It is not opened any more."
    return ""


def dose_of_bag(session: Session, code: str) -> Dose | None:
    """The dose whose present fill this container belongs to; None for any other container."""
    return session.scalar(select(Dose).join(DoseBag, DoseBag.dose == Dose.code).where(
        DoseBag.container == code, DoseBag.attempt == Dose.attempt))


def ancestors(session: Session, code: str) -> list[str]:
    """Everything a container comes from, by code, itself not counted."""
    return _walk(session, code, Descent.child, Descent.parent)


def with_ancestors(session: Session, codes: Collection[str]) -> list[str]:
    """These containers and everything they come from, in one statement."""
    found = select(Container.code.label("code")).where(Container.code.in_(codes)).cte("line", recursive=True)
    found = found.union(select(Descent.parent).join(found, Descent.child == found.c.code))
    return list(session.scalars(select(found.c.code).order_by(found.c.code)))


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
