"""The family of a container, both ways, as it is drawn and listed. It changes nothing.

Four statements whatever the size of the table: who is in the family, up and down, then the rows of those.
"""

from __future__ import annotations

from collections.abc import Collection as Codes
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.containers import ancestors, containers_of, descendants, parents_of
from mfg.batches.records import Container, Descent
from mfg.facts import plain
from mfg.paper.lineage import Kin, lineage
from mfg.paper.shapes import Drawing

Parents = Mapping[str, Sequence[str]]


def family(session: Session, code: str) -> tuple[list[Kin], Parents]:
    """Everything a container comes from and everything that was made from it, itself between them."""
    return _kin(session, {*ancestors(session, code), code, *descendants(session, code)})


def _kin(session: Session, codes: Codes[str]) -> tuple[list[Kin], Parents]:
    rows = session.scalars(select(Container).where(Container.code.in_(codes)).order_by(Container.code))
    parents: dict[str, list[str]] = {}
    for child, parent in session.execute(select(Descent.child, Descent.parent).where(
            Descent.child.in_(codes)).order_by(Descent.child, Descent.parent)):
        parents.setdefault(child, []).append(parent)
    return [kin(row) for row in rows], parents


def family_of_batch(session: Session, batch: str) -> tuple[list[Kin], Parents]:
    """Every container of a batch with what it was made from."""
    return [kin(row) for row in containers_of(session, batch)], parents_of(session, batch)


def kin(row: Container) -> Kin:
    """A container as its box tells it."""
    return Kin(row.code, row.kind, "" if row.volume_ml is None else f"{plain(row.volume_ml)} mL")


def container_drawing(session: Session, code: str) -> Drawing:
    """The family of a container as a picture."""
    return lineage(*family(session, code), here=code)


def batch_drawing(session: Session, batch: str) -> Drawing:
    """All containers of a batch as a picture."""
    return lineage(*family_of_batch(session, batch))


def table(found: tuple[list[Kin], Parents]) -> dict[str, Any]:
    """The same as a table, for who would rather read."""
    kin_of, parents = found
    rows = [[{"text": one.code, "url": f"/containers/{one.code}", "code": True}, one.kind, one.told or "not measured",
             ", ".join(parents.get(one.code, ())) or "the collection"] for one in kin_of]
    return {"headers": ["container", "kind", "volume", "made from"], "rows": rows}
