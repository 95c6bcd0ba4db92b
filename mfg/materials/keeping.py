"""Lots in store: a container opened, what is left counted by one person and by another."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.facts import Refused, Verdict, judge, refuse_unless, verdict_of
from mfg.ledger import Doing, Who, act, fresh
from mfg.materials.amounts import CONFIRM, COUNT, RECONCILIATION, Confirming, Counted
from mfg.materials.records import Lot, LotOpening, Reconciliation, counts_of, openings_of
from mfg.materials.records import lot as load_lot
from mfg.materials.records import reconciliation as load_count
from mfg.materials.rules import MOVES, OPENING, Opening, lot_in_date, lot_released, open_until
from mfg.materials.using import left, lot_facts, settle
from mfg.quality.records import draft


def open_lot(session: Session, who: Who, *, lot: str, opened_at: datetime, seen: str | None = None) -> str:
    """A container of a lot was opened: its open life begins, and that of the container before ends. Returns the lot."""
    with act(session, "open lot", on=lot, within=lot, **who.how) as doing:
        row = load_lot(session, lot)
        fresh(row, seen)
        state = MOVES.after("open lot", row.state)
        before = openings_of(session, lot)
        facts = Opening(lot, row.open_life_hours, opened_at, row.received_at, doing.at,
                        before[-1].opened_at if before else None, row.containers, len(before))
        use = lot_facts(session, row, opened_at, row.kind)
        refuse_unless((*judge((lot_released, lot_in_date), use), *judge(OPENING, facts)))
        assert row.open_life_hours is not None, "MAT-10 has asked for it"
        row.state = state
        session.add(LotOpening(code=f"{lot}-O{len(before) + 1:02d}", lot=lot, opened_at=opened_at,
                               good_until=open_until(opened_at, row.open_life_hours), opened_by=doing.by.code,
                               recorded_at=doing.at))
        doing.result = lot
    return doing.result


def reconcile_lot(session: Session, who: Who, *, lot: str, counted: Decimal, unit: str) -> str:
    """Count what is left of a lot. Outside the limit a deviation on the lot opens, which holds every dose made with it.

    Returns the code of the count, LOT-0001-R01; it counts once another person has confirmed it.
    """
    with act(session, "reconcile lot", on=lot, within=lot, **who.how) as doing:
        row = load_lot(session, lot)
        counts = counts_of(session, lot)
        for one in counts:
            if one.state == RECONCILIATION.start:
                one.state = RECONCILIATION.after("reconcile lot", one.state)
        made = _count(session, doing, row, f"{lot}-R{len(counts) + 1:02d}", counted, unit)
        doing.on = doing.result = made.code
        doing.signs(_signed(made))
    return doing.result


def _count(session: Session, doing: Doing, row: Lot, code: str, counted: Decimal, unit: str) -> Reconciliation:
    """The count as a row; with a deviation when it is not what should be left."""
    computed = left(session, row)
    if computed is None or row.quantity_unit is None:
        raise Refused(f"How much of {row.code} was received is not recorded, so nobody can say what should be left. "
                      "There is nothing to compare a count with.")
    if unit != row.quantity_unit:
        raise Refused(f"{row.code} is counted in {row.quantity_unit}; the count was given in {unit}. Nothing is "
                      "converted: give it in the unit of the lot.", kind="input")
    findings = judge(COUNT, Counted(row.code, counted, computed, row.quantity, unit, row.loss_limit_percent))
    verdict = verdict_of(findings)
    made = Reconciliation(code=code, lot=row.code, counted=counted, computed=computed, unit=unit,
                          verdict=verdict.value, state=RECONCILIATION.start, counted_by=doing.by.code,
                          counted_at=doing.at)
    session.add(made)
    if verdict is not Verdict.PASS:
        draft(session, within=row.code, on=code, severity="major", kind="reconciliation", by=doing.by.code, at=doing.at,
              what=f"The count of {row.code} does not agree. {' '.join(one.why for one in findings)}"[:2000])
    return made


def _signed(row: Reconciliation) -> dict[str, Any]:
    names = ("code", "lot", "counted", "computed", "unit", "verdict", "counted_by", "counted_at")
    return {name: getattr(row, name) for name in names}


def confirm_reconciliation(session: Session, who: Who, *, reconciliation: str, counted: Decimal,
                           seen: str | None = None) -> str:
    """A second person has counted the same; from now on that is what is left. Returns the lot."""
    with act(session, "confirm reconciliation", on=reconciliation, **who.how) as doing:
        row = load_count(session, reconciliation)
        fresh(row, seen)
        doing.within = row.lot
        state, lot = RECONCILIATION.after("confirm reconciliation", row.state), load_lot(session, row.lot)
        refuse_unless(judge(CONFIRM, Confirming(row.lot, row.counted, counted, row.computed, left(session, lot),
                                                row.unit)))
        row.state, row.confirmed_by, row.confirmed_at = state, doing.by.code, doing.at
        if lot.state != "released" or counted == 0:
            settle(session, lot)
        doing.signs(_signed(row))
        doing.result = row.lot
    return doing.result

