"""Recalling a lot: the lot is stopped, and every batch made with it has a deviation, in one act.

It lies here and not in materials because only batches know where a lot was scanned.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.batches.trace import batches_with
from mfg.facts import Refused
from mfg.ledger import Who, act
from mfg.materials.acts import recalled
from mfg.quality.records import draft

SEVERITIES = ("major", "critical")


def recall_lot(session: Session, who: Who, *, lot: str, severity: str, seen: str | None = None) -> str:
    """Recall a lot for good, with the reason. Every batch that used it gets a deviation of this severity, so none of
    its doses leaves before quality assurance has judged it. Returns the lot."""
    with act(session, "recall lot", on=lot, within=lot, **who.how) as doing:
        if severity not in SEVERITIES:
            raise Refused(f"“{severity}” cannot be chosen; a recall is {' or '.join(SEVERITIES)}.", kind="input")
        row = recalled(session, doing, lot, seen)
        batches = batches_with(session, lot)
        for batch in batches:
            draft(session, within=batch, on=lot, severity=severity, kind="recall", by=doing.by.code, at=doing.at,
                  what=f"Lot {lot} ({row.name}, supplier's lot {row.supplier_lot}), used in {batch}, was recalled: "
                       f"{doing.how.reason}"[:2000])
        doing.signs({"lot": lot, "supplier_lot": row.supplier_lot, "severity": severity, "reason": doing.how.reason,
                     "batches": list(batches)})
        doing.result = lot
    return doing.result
