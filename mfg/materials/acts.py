"""What is done with lots: received into quarantine, approved, rejected, blocked. Using one is batches' business.

Opening and counting are `keeping.py`, suppliers and articles `suppliers.py`; recalling one looks into batches.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.facts import Refused, judge, refuse_unless
from mfg.files import Upload, keep_file
from mfg.ledger import Doing, Who, act, fresh
from mfg.materials.receipt_rules import APPROVAL, RECEIPT, LotFacts
from mfg.materials.records import KINDS, Lot, supplier_named
from mfg.materials.records import lot as load_lot
from mfg.materials.rules import MOVES
from mfg.materials.scanning import Label, label_of
from mfg.materials.suppliers import proposed
from mfg.materials.using import lot_facts as lot_facts


def receive_lot(session: Session, who: Who, *, kind: str, name: str = "", supplier: str, supplier_lot: str = "",
                received_at: datetime, containers: int | None, grade: str, animal_origin: bool | None,
                critical: bool | None, expires_at: datetime | None = None, certificate: str = "",
                certificate_file: Upload | None = None, strength: Decimal | None = None, strength_unit: str = "",
                quantity: Decimal | None = None, quantity_unit: str = "", open_life_hours: Decimal | None = None,
                loss_limit_percent: Decimal | None = None, tse_statement: str = "", barcode: str = "") -> str:
    """Receive a lot into quarantine. Returns LOT-0001.

    `barcode` is the manufacturer's GS1 code: it fills in lot number, expiry, name and open life where they are blank
    and refuses where they contradict it. A supplier nobody has proposed yet is proposed with it.
    """
    told = {"kind": kind, "name": name, "supplier": supplier, "supplier_lot": supplier_lot, "certificate": certificate,
            "strength": strength, "strength_unit": strength_unit or None, "quantity": quantity,
            "quantity_unit": quantity_unit or None, "containers": containers, "open_life_hours": open_life_hours,
            "loss_limit_percent": loss_limit_percent, "grade": grade, "animal_origin": animal_origin,
            "tse_statement": tse_statement, "critical": critical is not False, "expires_at": expires_at,
            "received_at": received_at}
    with act(session, "receive lot", on=f"supplier lot {supplier_lot}"[:80], **who.how) as doing:
        if kind not in KINDS:
            raise Refused(f"“{kind}” is not a kind of material. Choose one of: {', '.join(KINDS)}.", kind="input")
        label = label_of(session, barcode)
        told |= label.fills(told)
        _refuse_blank(told)
        refuse_unless(judge(RECEIPT, _receipt(told, critical, label, doing.at)))
        doing.on = doing.within = doing.result = next_code(session, Lot, "LOT", 4)
        proposed(session, supplier)
        row = Lot(code=doing.on, **told, gtin=label.gtin, serial=label.serial, received_by=doing.by.code,
                  certificate_file=_kept(session, certificate_file, doing), state=MOVES.start)
        session.add(row)
        doing.signs(_signed(row))
    return doing.result


def _refuse_blank(told: dict[str, Any]) -> None:
    """What neither the form nor the bar code says."""
    names = {"name": "Name", "supplier_lot": "Supplier's lot number", "expires_at": "Expires at"}
    missing = [name for name in names if not told[name]]
    if missing:
        raise Refused(f"{', '.join(names[one] for one in missing)}: blank, and no bar code says it. Fill it in, or "
                      "scan the manufacturer's bar code.", kind="input",
                      fields={one: ["This is blank. Fill it in, or scan the bar code."] for one in missing})


def _receipt(told: dict[str, Any], critical: bool | None, label: Label, at: datetime) -> LotFacts:
    """What the rule tuple RECEIPT needs to know."""
    return LotFacts(told["kind"], told["certificate"], told["strength"], told["strength_unit"], told["received_at"],
                    told["expires_at"], at, told["quantity"], told["quantity_unit"], critical,
                    scanned=label.beside(told))


def _kept(session: Session, upload: Upload | None, doing: Doing) -> str | None:
    """The hash of the file, kept."""
    return keep_file(session, upload, by=doing.by.code, at=doing.at).code if upload else None


SIGNED = ("code", "kind", "name", "supplier", "supplier_lot", "certificate", "certificate_file", "strength",
          "strength_unit", "quantity", "quantity_unit", "containers", "open_life_hours", "loss_limit_percent", "grade",
          "animal_origin", "tse_statement", "critical", "gtin", "expires_at", "received_at")


def _signed(row: Lot) -> dict[str, Any]:
    return {name: getattr(row, name) for name in SIGNED}


def attach_certificate(session: Session, who: Who, *, lot: str, certificate: str, certificate_file: Upload,
                       seen: str | None = None) -> str:
    """Keep the file of the certificate of analysis with a lot in quarantine. Returns the lot."""
    with act(session, "attach certificate", on=lot, within=lot, **who.how) as doing:
        row = load_lot(session, lot)
        fresh(row, seen)
        if row.state != MOVES.start:
            raise Refused(f"{row.code} is {row.state}; it was approved or rejected against the certificate it had. A "
                          "certificate is attached as long as the lot is in quarantine.")
        if row.certificate and row.certificate != certificate:
            raise Refused(f"{row.code} was received with certificate {row.certificate}; {certificate} was attached. "
                          "Compare them; if the delivery names the wrong one, reject the lot.", kind="input")
        row.certificate, row.certificate_file = certificate, _kept(session, certificate_file, doing)
        doing.result = row.code
    return doing.result


def release_lot(session: Session, who: Who, *, lot: str, seen: str | None = None) -> str:
    """QA approves a lot for use; never by who received it."""
    with act(session, "release lot", on=lot, within=lot, **who.how) as doing:
        row = load_lot(session, lot)
        fresh(row, seen)
        after = MOVES.after("release lot", row.state)
        refuse_unless(judge(APPROVAL, approval_facts(session, row, doing.at)))
        row.state, row.released_by, row.released_at = after, doing.by.code, doing.at
        doing.signs(_signed(row))
        doing.result = row.code
    return doing.result


def approval_facts(session: Session, row: Lot, at: datetime) -> LotFacts:
    """What the rule tuple APPROVAL needs to know."""
    known = supplier_named(session, row.supplier)
    return LotFacts(row.kind, row.certificate, row.strength, row.strength_unit, row.received_at, row.expires_at, at,
                    row.quantity, row.quantity_unit, row.critical, row.grade, row.animal_origin, row.tse_statement,
                    row.certificate_file, row.supplier, known.state if known else None)


def reject_lot(session: Session, who: Who, *, lot: str, seen: str | None = None) -> str:
    """Reject a lot that nothing was made with, for good, with the reason; possible after its approval too."""
    with act(session, "reject lot", on=lot, within=lot, **who.how) as doing:
        row = _moved(session, doing, lot, seen)
        doing.signs(_signed(row) | {"reason": doing.how.reason})
    return doing.result


def block_lot(session: Session, who: Who, *, lot: str, seen: str | None = None) -> str:
    """Stop every use of a lot until QA unblocks it, with the reason. Returns the lot."""
    with act(session, "block lot", on=lot, within=lot, **who.how) as doing:
        before = load_lot(session, lot).state
        row = _moved(session, doing, lot, seen)
        row.blocked_from = before
        doing.signs(_signed(row) | {"state": row.state, "reason": doing.how.reason})
    return doing.result


def unblock_lot(session: Session, who: Who, *, lot: str, seen: str | None = None) -> str:
    """Let a blocked lot be used again, with the reason. Returns the lot."""
    with act(session, "unblock lot", on=lot, within=lot, **who.how) as doing:
        row = _moved(session, doing, lot, seen)
        row.state, row.blocked_from = row.blocked_from or row.state, None
        doing.signs(_signed(row) | {"state": row.state, "reason": doing.how.reason})
    return doing.result


def _moved(session: Session, doing: Doing, lot: str, seen: str | None) -> Lot:
    """The lot in the state its verb leads to."""
    row = load_lot(session, lot)
    fresh(row, seen)
    row.state = MOVES.after(doing.verb.name, row.state)
    doing.result = row.code
    return row


def recalled(session: Session, doing: Doing, lot: str, seen: str | None) -> Lot:
    """Move a lot to recalled inside the act that opens deviations on its batches (`batches/recall.py`)."""
    row = _moved(session, doing, lot, seen)
    row.blocked_from = None
    return row
