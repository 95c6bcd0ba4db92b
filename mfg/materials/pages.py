"""Lots to look at. Whether a lot may be used is asked at the moment of use, not here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.materials.api import lots, strength_of
from mfg.materials.records import lot as load_lot


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not recorded"


def list_lots(session: Session) -> dict[str, Any]:
    """All lots."""
    rows = [[{"text": row.code, "url": f"/lots/{row.code}", "code": True}, row.kind, row.name, row.supplier_lot,
             _when(row.expires_at), row.state] for row in lots(session)]
    return {"title": "Materials", "headers": ["lot", "kind", "name", "supplier's lot", "expires", "state"],
            "rows": rows, "empty": "No lot has been received.",
            "actions": [{"url": "/lots/receive-lot", "label": "Receive lot", "main": True, "danger": False}]}


def show_lot(session: Session, *, lot: str) -> dict[str, Any]:
    """One lot."""
    row = load_lot(session, lot)
    pairs = [("kind", row.kind), ("name", row.name), ("supplier", row.supplier),
             ("supplier's lot", row.supplier_lot), ("certificate", row.certificate), ("strength", strength_of(row)),
             ("expires", _when(row.expires_at)), ("received", f"{row.received_by}, {_when(row.received_at)}"),
             ("approved", f"{row.released_by}, {_when(row.released_at)}" if row.released_by else "no")]
    return {"code": row.code, "title": f"Lot {row.code}", "state": row.state,
            "pairs": [(label, value, False) for label, value in pairs], "sections": [], "drawings": [],
            "strip": [{"k": "lot", "v": row.code, "code": True}],
            "actions": [{"url": f"/lots/{row.code}/release-lot", "label": "Release", "main": True, "danger": False},
                        {"url": f"/lots/{row.code}/reject-lot", "label": "Reject", "main": False, "danger": True}]}


PAGES: tuple[Page, ...] = (Page("/lots", list_lots, "list.html"), Page("/lots/<lot>", show_lot))
