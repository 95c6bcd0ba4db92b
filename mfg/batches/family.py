"""The containers of a batch with what each was made from and what was taken out of it, from one reading.

The same answers as `containers.py` and `contents.py` give one by one. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Container, Descent


@dataclass(frozen=True)
class Family:
    """Containers and descents of a batch."""

    #: every container of the batch in the order they were made
    containers: Sequence[Container]
    #: container of the batch -> the containers it was made from
    parents: Mapping[str, Sequence[str]]
    #: container -> every amount that was taken out of it, mL, for whichever batch; None: nobody wrote it down
    taken: Mapping[str, Sequence[Decimal | None]]

    def drawn(self, code: str) -> Decimal | None:
        """How much was taken out of a container of the batch, mL; None: an amount nobody wrote down among it."""
        total = Decimal(0)
        for one in self.taken.get(code, ()):
            if one is None:
                return None
            total += one
        return total


def family_of(session: Session, batch: str) -> Family:
    """Read it, with what other batches took out of these containers."""
    own = select(Container.code).where(Container.batch == batch)
    children = select(Descent.child).where(Descent.parent.in_(own))
    rows = session.execute(select(Container, Descent).outerjoin(Descent, Descent.child == Container.code).where(
        Container.code.in_(own.union(children))).order_by(Container.code, Descent.parent)).all()
    parents: dict[str, list[str]] = {}
    taken: dict[str, list[Decimal | None]] = {}
    for one, descent in rows:
        if descent is not None:
            taken.setdefault(descent.parent, []).append(descent.taken_ml)
            if one.batch == batch:
                parents.setdefault(one.code, []).append(descent.parent)
    return Family(list(dict.fromkeys(one for one, _ in rows if one.batch == batch)), parents, taken)
