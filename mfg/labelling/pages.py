"""What is shown of printed labels. It changes nothing."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.labelling.api import all_labels
from mfg.labelling.records import PrintedLabel
from mfg.labelling.records import label as label_of

WHEN = "%Y-%m-%d %H:%M UTC"


def list_labels(session: Session) -> dict[str, Any]:
    """Every printed label; a voided one says so."""
    voided = set(session.scalars(select(PrintedLabel.voids).where(PrintedLabel.voids.is_not(None))))
    rows = [[{"text": row.code, "url": f"/labels/{row.code}"}, row.container, row.layout, str(row.copy),
             f"{row.printed_at:{WHEN}}", "void" if row.code in voided else "stands", row.reason]
            for row in all_labels(session)]
    return {"title": "Printed labels", "rows": rows, "actions": [], "empty": "No label has been printed.",
            "headers": ["Label", "Container", "Layout", "Copy", "Printed", "State", "Reason"]}


def show_label(session: Session, *, label: str) -> dict[str, Any]:
    """One printed label with the facts that stand on it."""
    row = label_of(session, label)
    later = session.scalar(select(PrintedLabel.code).where(PrintedLabel.voids == row.code))
    facts = [[name, value] for name, value in sorted(json.loads(row.facts).items())]
    pairs = [("Container", row.container, False), ("Layout", row.layout, False), ("Copy", str(row.copy), False),
             ("Printed", f"{row.printed_at:{WHEN}} by {row.printed_by}", False),
             ("Reason", row.reason or "first print", False), ("SHA-256 of the PDF", row.pdf_hash, False)]
    return {"code": row.code, "title": f"Label {row.code}", "pairs": pairs,
            "state": f"void, replaced by {later}" if later else "stands", "verdict": "FAIL" if later else "PASS",
            "sections": [{"title": "What stands on it", "headers": ["Fact", "Text"], "rows": facts}], "drawings": [],
            "actions": [{"url": f"/labels/{row.code}.pdf", "label": "Open the PDF", "danger": False, "main": True}],
            "strip": [{"k": "Label", "v": row.code, "code": True},
                      {"k": "Container", "v": row.container, "code": True}]}


PAGES = (
    Page("/labels", list_labels, "list.html"),
    Page("/labels/<label>", show_label),
)
