"""The trace in one screen, both ways. What hangs together with what, `trace.py` finds."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import Batch
from mfg.batches.records import batch as load_batch
from mfg.batches.trace import Given, Trace, asked_for, of_batches, of_lots, reach, trace
from mfg.codes.own import coi_text
from mfg.doors import Page
from mfg.facts import plain
from mfg.ledger import now
from mfg.materials.api import measured, state_at
from mfg.materials.pages import VERDICTS
from mfg.materials.records import Lot
from mfg.materials.records import lot as load_lot
from mfg.trial.records import recipient as load_recipient

#: state of a dose -> the verdict that gives it colour and shape; what is on its way has none
DOSES = {"released on condition": "CANNOT DETERMINE", "certified": "PASS", "rejected": "FAIL",
         "released then failed": "FAIL", "released exceptionally": "FAIL", "revoked": "FAIL"}
Section = dict[str, Any]


def search(session: Session, *, code: str = "") -> dict[str, Any]:
    """GET /trace?code=…: whatever was scanned or typed."""
    return shown(trace(session, asked_for(code)), "")


def show_lot_trace(session: Session, *, lot: str) -> dict[str, Any]:
    """Where one lot went."""
    row = load_lot(session, lot)
    return shown(of_lots(session, row.code, Lot.code == row.code), f"/lots/{row.code}")


def show_batch_trace(session: Session, *, batch: str) -> dict[str, Any]:
    """What went into one batch."""
    row = load_batch(session, batch)
    return shown(of_batches(session, row.code, Batch.code == row.code), f"/batches/{row.code}")


def show_recipient_trace(session: Session, *, recipient: str) -> dict[str, Any]:
    """What went into everything made for one recipient."""
    row = load_recipient(session, recipient)
    return shown(of_batches(session, row.code, Batch.recipient == row.code), f"/recipients/{row.code}")


def shown(found: Trace, back: str) -> dict[str, Any]:
    """The trace as the template draws it."""
    field = {"name": "code", "label": "Code", "kind": "scan", "value": found.asked, "required": True,
             "hint": "A lot, a supplier's lot number or bar code; a batch, dose, bag, recipient, donor or collection.",
             "choices": [], "unit": "", "error": None, "readonly": False, "typed": False}
    any_found = bool(found.lots or found.batches)
    return {"title": "Trace", "code": found.asked, "back": back or "/lots", "filters": [field], "actions": [],
            "strip": [{"k": "trace of", "v": found.asked, "code": True}] if found.asked else [],
            "about": reach(found) if any_found else None,
            "nothing": f"Nothing in this facility has “{found.asked}”." if found.asked and not any_found else None,
            "sections": [_lots(found), _uses(found), _batches(found), _doses(found)] if any_found else []}


def _lots(found: Trace) -> Section:
    at = now()
    rows = [[_link(row.code, "/lots/"), row.kind, row.name, f"{row.supplier}, {row.supplier_lot}",
             f"{row.expires_at:%Y-%m-%d}", {"verdict": VERDICTS[state_at(row, at)], "text": state_at(row, at)}]
            for row in found.lots]
    return {"title": "Lots", "headers": ["lot", "kind", "name", "supplier and its lot", "expires", "state"],
            "rows": rows, "empty": "No lot was used."}


def _link(code: str, where: str) -> dict[str, Any]:
    return {"text": code, "url": f"{where}{code}", "code": True}


def _uses(found: Trace) -> Section:
    rows = [[_link(one.lot, "/lots/"), _link(one.batch, "/batches/"),
             {"text": one.step.partition("/")[2] or one.step, "url": f"/steps/{one.step}"}, one.how,
             measured(one.amount, one.unit, ""), f"{one.at:%Y-%m-%d %H:%M} UTC"] for one in found.uses]
    return {"title": "Uses", "headers": ["lot", "batch", "step", "how", "amount", "when"], "rows": rows,
            "empty": "No step has used it."}


def _batches(found: Trace) -> Section:
    rows = [[_link(one.batch, "/batches/"), one.state, _link(one.recipient, "/recipients/"), coi_text(one.coi),
             _link(one.donor, "/donors/"), _link(one.collection, "/collections/"), one.din] for one in found.batches]
    return {"title": "Batches, recipients, donors", "rows": rows, "empty": "No batch has used it.",
            "headers": ["batch", "state", "recipient", "chain of identity", "donor", "collection", "donation"]}


def _doses(found: Trace) -> Section:
    recipients = {one.batch: one.recipient for one in found.batches}
    rows = [[_link(one.dose, "/doses/"), _link(recipients[one.batch], "/recipients/"), one.infusion, _state(one),
             ", ".join(f"{code} {plain(volume)} mL{', withdrawn' if withdrawn else ''}"
                       for code, volume, withdrawn in one.bags) or "not filled"] for one in found.doses]
    return {"title": "Doses", "headers": ["dose", "recipient", "infusion", "state", "bags"], "rows": rows,
            "empty": "No dose is planned from it."}


def _state(one: Given) -> Any:
    return {"verdict": DOSES.get(one.state, "TODO"), "text": one.state}


TRACE_PAGES: tuple[Page, ...] = (
    Page("/trace", search, "batches/trace.html", asks=("code",)),
    Page("/lots/<lot>/trace", show_lot_trace, "batches/trace.html"),
    Page("/batches/<batch>/trace", show_batch_trace, "batches/trace.html"),
    Page("/recipients/<recipient>/trace", show_recipient_trace, "batches/trace.html"),
)
