"""What is done with lots: received into quarantine, approved by QA, rejected. Using one is batches' business."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Who, act, fresh
from mfg.materials.records import KINDS, Lot
from mfg.materials.records import lot as load_lot
from mfg.materials.rules import APPROVAL, MOVES, RECEIPT, LotFacts, LotUse


def receive_lot(session: Session, who: Who, *, kind: str, name: str, supplier: str, supplier_lot: str,
                certificate: str, expires_at: datetime, received_at: datetime, strength: Decimal | None = None,
                strength_unit: str = "") -> str:
    """Receive a lot into quarantine. Returns LOT-0001."""
    with act(session, "receive lot", on=f"supplier lot {supplier_lot}"[:80], **who.how) as doing:
        if kind not in KINDS:
            raise Refused(f"“{kind}” is not a kind of material. Choose one of: {', '.join(KINDS)}.", kind="input")
        refuse_unless(judge(RECEIPT, LotFacts(kind, certificate, strength, strength_unit or None, received_at,
                                              expires_at, doing.at)))
        doing.on = doing.within = doing.result = next_code(session, Lot, "LOT", 4)
        row = Lot(code=doing.on, kind=kind, name=name, supplier=supplier, supplier_lot=supplier_lot,
                  certificate=certificate, strength=strength, strength_unit=strength_unit or None,
                  expires_at=expires_at, received_at=received_at, received_by=doing.by.code, state=MOVES.start)
        session.add(row)
        doing.signs(_signed(row))
    return doing.result


def _signed(row: Lot) -> dict[str, Any]:
    names = ("code", "kind", "name", "supplier", "supplier_lot", "certificate", "strength", "strength_unit",
             "expires_at", "received_at")
    return {name: getattr(row, name) for name in names}


def release_lot(session: Session, who: Who, *, lot: str, seen: str | None = None) -> str:
    """QA approves a lot for use; never by who received it."""
    with act(session, "release lot", on=lot, within=lot, **who.how) as doing:
        row = load_lot(session, lot)
        fresh(row, seen)
        after = MOVES.after("release lot", row.state)
        refuse_unless(judge(APPROVAL, approval_facts(row, doing.at)))
        row.state, row.released_by, row.released_at = after, doing.by.code, doing.at
        doing.signs(_signed(row))
        doing.result = row.code
    return doing.result


def reject_lot(session: Session, who: Who, *, lot: str, seen: str | None = None) -> str:
    """Reject a lot for good, with the reason; possible after its approval too."""
    with act(session, "reject lot", on=lot, within=lot, **who.how) as doing:
        row = load_lot(session, lot)
        fresh(row, seen)
        row.state = MOVES.after("reject lot", row.state)
        doing.signs(_signed(row) | {"reason": doing.how.reason})
        doing.result = row.code
    return doing.result


def approval_facts(row: Lot, at: datetime) -> LotFacts:
    """What the rule tuple APPROVAL needs to know."""
    return LotFacts(row.kind, row.certificate, row.strength, row.strength_unit, row.received_at, row.expires_at, at)


def lot_facts(row: Lot, at: datetime, wanted: str) -> LotUse:
    """What the rule tuple LOT_USE needs to know of a lot used at `at` by a step that wants this kind."""
    return LotUse(row.code, row.kind, row.state, row.expires_at, at, wanted)
