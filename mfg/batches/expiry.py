"""Until when a dose may be used: every constraint that is known of its cells, and the one that governs.

The expiry on a bag is fixed when it is filled and never grows. A hold time that still runs can only shorten it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from mfg.batches.filling_rules import End, ends
from mfg.batches.hold_records import HoldTime
from mfg.batches.records import Dose, DoseBag, bags_of
from mfg.batches.records import batch as load_batch
from mfg.batches.whole import Whole, whole_of
from mfg.facts import plain
from mfg.recipes.master import MasterRecord


def ends_of(session: Session, dose: Dose) -> tuple[End, ...]:
    """Every constraint on the present bags of a dose, the earliest first; empty before it is filled."""
    bags = bags_of(session, dose)
    return ends_in(whole_of(session, load_batch(session, dose.batch)), bags) if bags else ()


def ends_in(whole: Whole, bags: Sequence[DoseBag]) -> tuple[End, ...]:
    """The same of a batch that is read already, for the bags of one fill."""
    if not bags:
        return ()
    first, record = min(bags, key=lambda bag: bag.expires_at), whole.record
    stage, loading = whole.stage(bag.container for bag in bags), record.loading
    stopped = whole.loading(stage).stopped if loading else None
    shelf = record.shelf_life_hours.value
    running = (one for one in whole.holds if one.running and one.state != "continued")
    known = {End(first.expires_at, first.expiry_governed_by),
             *_running(record, _of_stage(running, stage))}
    if shelf is not None:
        known |= set(ends(first.filled_at, shelf, stopped, loading.retention_hours.value if loading else None))
    return tuple(sorted(known))


def _of_stage(rows: Iterable[HoldTime], stage: int | None) -> list[HoldTime]:
    return [row for row in rows if stage is None or row.stage in (0, stage)]


def _running(record: MasterRecord, rows: Iterable[HoldTime]) -> Iterable[End]:
    shapes = {one.id: one for one in record.holds}
    for row in rows:
        shape = shapes[row.hold_id]
        if row.limit_at is not None:
            yield End(row.limit_at, f"{shape.title}, running, at most {plain(shape.limit_minutes)} min")
