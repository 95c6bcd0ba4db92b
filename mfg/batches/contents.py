"""How much is in a container: what was put in or measured last, less what was taken out since. It changes nothing.

It finds the rows; the arithmetic is `content.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.content import NOTHING, Content, Happened, content
from mfg.batches.records import Container, Descent, Transformed
from mfg.batches.told import Told, told

MILLION = Decimal(10) ** 6


def contents(session: Session, batch: str, codes: Collection[str]) -> dict[str, Content]:
    """What is in each of these containers of a batch now. Three statements, and those that read its steps."""
    rows = session.scalars(select(Container).where(Container.code.in_(codes))).all()
    happened: dict[str, list[Happened]] = {one.code: [] for one in rows}
    for code, one in [*_taken(session, codes), *_changed(session, codes), *_counted(told(session, batch))]:
        if code in happened:
            happened[code].append(one)
    return {one.code: content(Content(one.volume_ml, one.cells), happened[one.code]) for one in rows}


def _taken(session: Session, codes: Collection[str]) -> list[tuple[str, Happened]]:
    """Every part that was taken out; one from before amounts were kept is unknown."""
    rows = session.execute(select(Descent.parent, Descent.taken_ml, Descent.taken_cells, Container.made_at).join(
        Container, Container.code == Descent.child).where(Descent.parent.in_(codes)))
    return [(parent, Happened(at, False, volume, cells)) for parent, volume, cells, at in rows]


def _changed(session: Session, codes: Collection[str]) -> list[tuple[str, Happened]]:
    """What happened to the container itself: measured, thawed, discarded."""
    rows = session.scalars(select(Transformed).where(Transformed.container.in_(codes)))
    return [(one.container, Happened(one.at, True, one.volume_ml, one.cells)) for one in rows
            if one.container is not None]


def counted_first(values: Sequence[Told]) -> dict[str, Decimal]:
    """Container -> viable cells, by the first step that counted it after it was made."""
    found: dict[str, Decimal] = {}
    loading = [(one.role, one.step.code, one.entry) for one in values if one.role.startswith("loading.c")]
    named = {step: entry.value for role, step, entry in loading if role == "loading.container"}
    told_cells = [(named[step], entry.amount) for role, step, entry in loading
                  if role == "loading.cells_after" and step in named]
    for code, cells in (*((code, one.cells) for code, one in _counted(values)), *told_cells):
        if cells is not None:
            found.setdefault(code, cells)
    return found


def _counted(values: Sequence[Told]) -> list[tuple[str, Happened]]:
    """Every step that scanned a container and told the volume in it; with its counts, where it has some."""
    steps: dict[str, list[Told]] = {}
    for one in values:
        steps.setdefault(one.step.code, []).append(one)
    return [found for step in steps.values() for found in _of_step(step)]


def _of_step(values: Sequence[Told]) -> list[tuple[str, Happened]]:
    by_role = {role: [one for one in values if one.role == role] for role in (
        "content.container", "content.volume_ml", "count.volume_ml", "count.viable_per_ml")}
    named = by_role["content.container"]
    volumes = by_role["content.volume_ml"] or by_role["count.volume_ml"]
    if not named or not volumes or volumes[-1].entry.amount is None:
        return []
    volume, entry = volumes[-1].entry.amount, volumes[-1].entry
    counts = [one.entry.amount for one in by_role["count.viable_per_ml"] if one.entry.amount is not None]
    cells = sum(counts, NOTHING) / len(counts) * MILLION * volume if counts else None
    return [(named[-1].entry.value, Happened(entry.read_at or entry.entered_at, True, volume, cells))]
