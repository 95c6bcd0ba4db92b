"""The doors of material at a step and of a recall, and the trace as JSON. The room's `api.py` lists them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.dispensing import issue_material, return_material, waste_material
from mfg.batches.recall import SEVERITIES, recall_lot
from mfg.batches.records import Batch
from mfg.batches.records import batch as load_batch
from mfg.batches.scans import LOT
from mfg.batches.trace import Trace, batches_with, of_batches, of_lots
from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Number, Scanned
from mfg.materials.bodies import COUNTED_IN
from mfg.materials.records import Lot
from mfg.materials.records import lot as load_lot
from mfg.materials.using import reconciliation_of
from mfg.trial.records import recipient as load_recipient


class Material(Body):
    """An amount of a lot at a step."""

    lot = Scanned("Lot", takes=LOT)
    amount = Number("Amount", "", above="0")
    unit = Choice("Unit", COUNTED_IN, hint="The unit the lot is counted in. Nothing is converted.")


class RecallLot(Body):
    """How bad it is for what was made with the lot."""

    severity = Choice("Severity of the deviations", SEVERITIES,
                      hint="One deviation opens on every batch that used the lot; a critical one holds every dose.")


def _shows_recall(session: Session, *, lot: str) -> Pairs:
    row, batches = load_lot(session, lot), batches_with(session, lot)
    return [("lot", row.code), ("kind", row.kind), ("name", row.name), ("supplier's lot", row.supplier_lot),
            ("state", row.state), ("batches that used it", ", ".join(batches) or "none")]


def _lot_seen(session: Session, *, lot: str) -> str:
    return str(load_lot(session, lot).version)


def _step_page(code: str) -> str:
    return f"/steps/{code}"


def read_lot_trace(session: Session, *, lot: str) -> Any:
    """Where one lot went."""
    return as_data(of_lots(session, load_lot(session, lot).code, Lot.code == lot))


def read_batch_trace(session: Session, *, batch: str) -> Any:
    """What went into one batch, with the reconciliation of its materials."""
    row = load_batch(session, batch)
    sums = [plain_data({"sums": one.sums, "finding": one.finding}) for one in reconciliation_of(session, within=batch)]
    return as_data(of_batches(session, row.code, Batch.code == batch)) | {"reconciliation": sums}


def read_recipient_trace(session: Session, *, recipient: str) -> Any:
    """What went into everything made for one recipient."""
    row = load_recipient(session, recipient)
    return as_data(of_batches(session, row.code, Batch.recipient == row.code))


def as_data(found: Trace) -> dict[str, Any]:
    """A trace as plain data."""
    kept = ("code", "kind", "name", "supplier", "supplier_lot", "state", "expires_at")
    return {"asked": found.asked, "lots": [{name: plain_data(getattr(row, name)) for name in kept}
                                           for row in found.lots],
            "uses": plain_data(found.uses), "batches": plain_data(found.batches), "doses": plain_data(found.doses)}


MATERIAL_DOORS: tuple[Door, ...] = (
    Door("issue material", "/steps/<step>", issue_material, "Issue material to the step", "Sign the issue", _step_page,
         Material, intro="Before the work. The step then answers for all of it: used, wasted or returned."),
    Door("waste material", "/steps/<step>", waste_material, "Waste material", "Record the waste", _step_page, Material),
    Door("return material", "/steps/<step>", return_material, "Return material", "Record the return", _step_page,
         Material, intro="What was issued to the step and not used goes back to the lot."),
    Door("recall lot", "/lots/<lot>", recall_lot, "Recall the lot", "Sign and recall",
         lambda code: f"/lots/{code}/trace", RecallLot, shows=_shows_recall, seen=_lot_seen, danger=True,
         intro="For good. No step takes it any more, and a deviation opens on every batch that used it."),
)
MATERIAL_VIEWS: tuple[View, ...] = (
    View("/lots/<lot>/trace", read_lot_trace, "Where a lot went"),
    View("/batches/<batch>/trace", read_batch_trace, "What went into a batch"),
    View("/recipients/<recipient>/trace", read_recipient_trace, "What went into the doses of a recipient"),
)
