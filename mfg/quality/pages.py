"""What is shown of deviations. It changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.quality.api import all_deviations
from mfg.quality.records import Deviation
from mfg.quality.records import deviation as record_of

EMPTY = "No deviation has been opened."


def list_deviations(session: Session) -> dict[str, Any]:
    """All deviations, the open ones first."""
    rows = [[{"text": row.code, "url": f"/deviations/{row.code}"}, status(row), row.severity, row.within, row.on_code,
             row.what, moment(row.opened_at)] for row in all_deviations(session)]
    return {"title": "Deviations", "rows": rows, "empty": EMPTY,
            "headers": ["Deviation", "Status", "Severity", "Touches", "Record", "What", "Opened"],
            "actions": [{"url": "/deviations/open-deviation", "label": "Open a deviation", "danger": True,
                         "main": False}]}


def show_deviation(session: Session, *, deviation: str) -> dict[str, Any]:
    """One deviation."""
    row = record_of(session, deviation)
    by = "the system, at the breach itself" if row.by_system else "a person"
    pairs = [("Severity", row.severity, False), ("Touches", row.within, False), ("Record", row.on_code, False),
             ("What happened", row.what, False), ("Opened", f"{moment(row.opened_at)} by {by}", False),
             ("In the act of", row.opened_by, False)]
    if row.closed_at:
        pairs += [("Conclusion", row.conclusion, False),
                  ("Closed", f"{moment(row.closed_at)} by {row.closed_by}", False)]
    actions = [{"url": f"/deviations/{row.code}/close-deviation", "label": "Close the deviation", "danger": False,
                "main": True}] if row.state == "open" else []
    return {"code": row.code, "title": f"Deviation {row.code}", "state": row.state, "pairs": pairs, "sections": [],
            "verdict": status(row)["verdict"],
            "drawings": [], "actions": actions, "version": str(row.version),
            "strip": [{"k": "Deviation", "v": row.code, "code": True}, {"k": "Touches", "v": row.within, "code": True}]}


def status(row: Deviation) -> dict[str, str]:
    """Closed is done; open holds the dose."""
    return {"verdict": "PASS" if row.state == "closed" else "CANNOT DETERMINE", "text": row.state}


def moment(at: datetime) -> str:
    """A time as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


PAGES = (
    Page("/deviations", list_deviations, "list.html"),
    Page("/deviations/<deviation>", show_deviation),
)
