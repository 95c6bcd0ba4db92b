"""Taking from a lot inside another room's act, and the facts the rules of use ask for. It opens no act itself.

Amounts stand in `consumption`. What is left, and whether a lot is in use or depleted, follows from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.facts import Refused, judge, refuse_unless
from mfg.materials.amounts import (
    Reconciled,
    Sums,
    Taken,
    accounted_for,
    at_steps,
    by_batch,
    by_step,
    here,
    left_of,
    sums_of,
)
from mfg.materials.records import Consumption, Lot, LotOpening, Reconciliation, consumption_of, openings_of
from mfg.materials.records import lot as load_lot
from mfg.materials.rules import LOT_USE, RECOUNT, USABLE, LotUse, after_use, usable_until


def lot_facts(session: Session, row: Lot, at: datetime, wanted: str, amount: Decimal | None = None,
              unit: str | None = None, *, on: str = "") -> LotUse:
    """What the rule tuple LOT_USE needs to know of a lot used at `at` by a step that wants this kind.

    With an amount or a unit, enough has to be left: of what was issued to the step `on`, else of the lot.
    """
    opened = [one.opened_at for one in openings_of(session, row.code) if one.opened_at <= at]
    left = _left_here(session, row, on) if amount is not None or unit is not None else None
    return LotUse(row.code, row.kind, row.state, row.released_at, row.expires_at, at, wanted, row.open_life_hours,
                  opened[-1] if opened else None, amount, unit, left, row.quantity_unit)


def left(session: Session, row: Lot) -> Decimal | None:
    """What is left of a lot, in its unit; None when its quantity was not recorded."""
    return left_of(row.quantity, by_step(taken(consumption_of(session, lot=row.code))), _corrections(session, row.code))


def _corrections(session: Session, lot: str) -> list[Decimal]:
    """What confirmed counts found beside what should have been left."""
    rows = session.scalars(select(Reconciliation).where(Reconciliation.lot == lot, Reconciliation.state == "confirmed"))
    return [one.counted - one.computed for one in rows]


def _left_here(session: Session, row: Lot, on: str) -> Decimal | None:
    return here(at_step(session, row.code, on) if on else None, left(session, row))


def at_step(session: Session, lot: str, on: str) -> Sums | None:
    """What became of a lot at a step; None when nothing of it was taken there."""
    return sums_of(taken(consumption_of(session, lot=lot, on=on)))


def taken(rows: Iterable[Consumption]) -> list[Taken]:
    """Rows as plain values."""
    return [Taken(one.lot, one.within, one.on, one.kind, one.amount, one.unit) for one in rows]


# --- taking ---------------------------------------------------------------------------------------------------


def first_use(row: Lot) -> None:
    """A released lot that is scanned into a step is in use from then on."""
    if row.state in USABLE:
        row.state = after_use(row.state, None)


def consume(session: Session, *, lot: str, within: str, on: str, amount: Decimal | None, unit: str, by: str,
            at: datetime, field: str = "", kind: str = "used") -> Consumption:
    """Take an amount (in `unit`, UCUM) of a lot for step `on` of batch `within`, used at `at`, or refuse.

    `field` is the field of the step it was entered in, so that `replace_consumption` finds it again. Raises Refused
    with every rule of LOT_USE that does not pass; the kind of the lot is the step's matter and was judged at its scan.
    """
    row = load_lot(session, lot)
    refuse_unless(judge(LOT_USE, lot_facts(session, row, at, row.kind, amount, unit, on=on)))
    assert amount is not None, "an amount that is missing cannot be determined"
    return put(session, row, within=within, on=on, field=field, kind=kind, amount=amount, unit=unit, by=by, at=at)


def replace_consumption(session: Session, *, within: str, on: str, amount: Decimal | None, unit: str, by: str,
                        at: datetime, reason: str, field: str = "", lot: str | None = None) -> Consumption:
    """Put the right amount in the place of what was entered in a field of a step; the old row stays readable.

    With another `lot` the amount is taken of that one, which has to be usable at `at`; the first gets it back.
    Raises Refused when nothing was entered, or not enough is left.
    """
    before = next((one for one in consumption_of(session, within=within, on=on)
                   if one.field == field and one.kind == "used"), None)
    if before is None:
        raise Refused(f"Nothing was taken of a lot in {field or 'this field'} of {on}, so there is nothing to correct. "
                      "Enter the amount.")
    row, other = load_lot(session, before.lot), load_lot(session, lot or before.lot)
    facts = lot_facts(session, other, at, other.kind, amount, unit, on=on)
    if other is row and facts.left is not None:
        facts = replace(facts, left=facts.left + before.amount)  # what is corrected can be taken again
    refuse_unless(judge(RECOUNT if other is row else LOT_USE, facts))
    assert amount is not None, "an amount that is missing cannot be determined"
    made = put(session, other, within=within, on=on, field=field, kind="used", amount=amount, unit=unit, by=by, at=at,
               supersedes=before.code, reason=reason)
    if other is not row:
        settle(session, row)
    return made


def put(session: Session, row: Lot, *, within: str, on: str, kind: str, amount: Decimal, unit: str, by: str,
        at: datetime, field: str = "", supersedes: str | None = None, reason: str = "") -> Consumption:
    """One row of consumption, and the state that follows for its lot. It judges nothing."""
    made = Consumption(code=next_code(session, Consumption, "USE"), lot=row.code, within=within, on=on, field=field,
                       kind=kind, amount=amount, unit=unit, by=by, at=at, supersedes=supersedes, reason=reason)
    session.add(made)
    settle(session, row)
    return made


def settle(session: Session, row: Lot) -> None:
    """Bring the state of a lot to what is left of it in store and at the steps it was issued to."""
    session.flush()
    steps = by_step(taken(consumption_of(session, lot=row.code)))
    there = left_of(row.quantity, steps, _corrections(session, row.code))
    row.state = after_use(row.state, None if there is None else there + at_steps(steps))


# --- looking --------------------------------------------------------------------------------------------------


def reconciliation_of(session: Session, *, within: str) -> list[Reconciled]:
    """Issued, used, wasted, returned of every lot in a batch, step by step, then for the whole batch (`on` empty)."""
    steps = by_step(taken(consumption_of(session, within=within)))
    return [Reconciled(one, accounted_for(one)) for one in (*steps, *by_batch(steps))]


def usable_lots(session: Session, kind: str, at: datetime) -> list[tuple[Lot, datetime]]:
    """The lots of a kind that may be used at `at`, with the last moment each may; first expired, first out."""
    rows = session.scalars(select(Lot).where(Lot.kind == kind, Lot.state.in_(USABLE), Lot.released_at <= at,
                                             Lot.expires_at >= at)).all()
    opened = last_openings(session, [row.code for row in rows], at)
    found = [(row, usable_until(row.expires_at, opened.get(row.code), row.open_life_hours)) for row in rows]
    return sorted(((row, until) for row, until in found if until >= at), key=lambda one: (one[1], one[0].code))


def last_openings(session: Session, lots: Iterable[str], at: datetime) -> dict[str, datetime]:
    """The newest opening of each lot up to `at`, in one statement."""
    rows = session.execute(select(LotOpening.lot, LotOpening.opened_at).where(
        LotOpening.lot.in_(lots), LotOpening.opened_at <= at).order_by(LotOpening.opened_at))
    return {lot: opened for lot, opened in rows}
