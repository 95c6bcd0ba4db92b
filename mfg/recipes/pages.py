"""What changed in a master record, as a table people can read. The text itself is on the page of the document."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.documents.records import Document
from mfg.documents.records import document as load
from mfg.doors import Page
from mfg.recipes.differences import Difference
from mfg.recipes.records import changes_of


def show_changes(session: Session, *, document: str) -> dict[str, Any]:
    """One version beside the one before it, and beside the effective one where that is another."""
    row = load(session, document)
    sections = [_section(before, found) for before, found in changes_of(session, document)]
    return {"code": row.code, "title": "What changed", "state": row.state, "sections": sections,
            "about": "" if sections else "This is the first version; there is nothing before it.",
            "strip": [{"k": row.kind, "v": row.code, "code": True}],
            "actions": [{"url": f"/documents/{row.code}", "label": "Back to the document", "danger": False,
                         "main": True}]}


def _section(before: Document, found: tuple[Difference, ...]) -> dict[str, Any]:
    rows = [[one.where, one.attribute or one.what, one.old, one.new] for one in found]
    effective = ", effective now" if before.state == "effective" else ""
    return {"title": f"Since {before.code}{effective}", "headers": ["where", "what", "before", "now"], "rows": rows,
            "empty": "Nothing but comments or layout changed."}


PAGES: tuple[Page, ...] = (Page("/documents/<document>/changes", show_changes),)
