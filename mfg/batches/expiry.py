"""Until when a dose may be used: every constraint that is known of its cells, and the one that governs.

The expiry on a bag is fixed when it is filled and never grows. A hold time that still runs can only shorten it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.filling_rules import End, ends
from mfg.batches.hold_records import HoldTime
from mfg.batches.records import Dose, bags_of
from mfg.batches.records import batch as load_batch
from mfg.batches.told import loading_of, record_of, stage_of
from mfg.facts import plain
from mfg.recipes.master import MasterRecord


def ends_of(session: Session, dose: Dose) -> tuple[End, ...]:
    """Every constraint on the present bags of a dose, the earliest first; empty before it is filled."""
    bags = bags_of(session, dose)
    if not bags:
        return ()
    first, batch = min(bags, key=lambda bag: bag.expires_at), load_batch(session, dose.batch)
    record, stage = record_of(session, batch), stage_of(session, dose)
    loading = record.loading
    stopped = loading_of(session, dose.batch, stage=stage).stopped if loading else None
    shelf = record.shelf_life_hours.value
    known = {End(first.expires_at, first.expiry_governed_by),
             *_running(record, running_holds(session, dose.batch, stage))}
    if shelf is not None:
        known |= set(ends(first.filled_at, shelf, stopped, loading.retention_hours.value if loading else None))
    return tuple(sorted(known))


def running_holds(session: Session, batch: str, stage: int | None) -> list[HoldTime]:
    """The hold times of these cells that run now. Of cells of an unknown stage: those of every stage."""
    rows = session.scalars(select(HoldTime).where(
        HoldTime.batch == batch, HoldTime.limit_at.is_not(None), HoldTime.state != "continued"))
    return [row for row in rows if stage is None or row.stage in (0, stage)]


def _running(record: MasterRecord, rows: Iterable[HoldTime]) -> Iterable[End]:
    shapes = {one.id: one for one in record.holds}
    for row in rows:
        shape = shapes[row.hold_id]
        if row.limit_at is not None:
            yield End(row.limit_at, f"{shape.title}, running, at most {plain(shape.limit_minutes)} min")
