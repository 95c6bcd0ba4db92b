"""Documents to look at: the list, and one version with its text and what changed since the one before."""

from __future__ import annotations

from datetime import datetime
from difflib import unified_diff
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.documents.api import documents
from mfg.documents.records import KINDS, Document
from mfg.documents.records import document as load
from mfg.doors import Page


def list_documents(session: Session) -> dict[str, Any]:
    """All versions of all documents."""
    rows = [[{"text": row.code, "url": f"/documents/{row.code}"}, row.kind, row.title, row.state,
             _when(row.effective_at)] for row in documents(session)]
    actions = [{"url": f"/documents/draft-{kind.replace(' ', '-')}", "label": f"Draft {kind}",
                "danger": False, "main": kind == KINDS[0]} for kind in KINDS]
    return {"title": "Documents", "headers": ["document", "kind", "title", "state", "effective since"],
            "rows": rows, "actions": actions,
            "empty": "No document has been drafted. The trial protocol comes first."}


def show_document(session: Session, *, document: str) -> dict[str, Any]:
    """One version: who wrote and approved it, its text, and the change from the version before."""
    row = load(session, document)
    return {"code": row.code, "title": f"{row.kind.capitalize()} {row.code}", "state": row.state,
            "pairs": _pairs(row), "sections": _sections(session, row), "drawings": [], "actions": _actions(row),
            "strip": [{"k": row.kind, "v": row.code, "code": True}]}


def _pairs(row: Document) -> list[tuple[str, str, bool]]:
    pairs = [("title", row.title), ("state", row.state), ("version", str(row.number)),
             ("author", f"{row.author}, {_when(row.written_at)}"),
             ("approved", f"{row.approved_by}, {_when(row.approved_at)}" if row.approved_by else "not yet"),
             ("effective since", _when(row.effective_at) or "not yet"),
             ("superseded", _when(row.superseded_at) or "no"),
             ("SHA-256 of the text", row.text_hash)]
    return [(label, value, False) for label, value in pairs]


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _sections(session: Session, row: Document) -> list[dict[str, Any]]:
    before = session.scalar(select(Document).where(
        Document.kind == row.kind, Document.key == row.key, Document.number == row.number - 1))
    text = {"title": "Text", "headers": ["line", "text"],
            "rows": [[str(number), _kept(line)] for number, line in enumerate(row.text.splitlines(), 1)]}
    return [text] if before is None else [_changes(before, row), text]


def _changes(before: Document, row: Document) -> dict[str, Any]:
    lines = list(unified_diff(before.text.splitlines(), row.text.splitlines(), n=1, lineterm=""))[2:]
    rows = [[line[:1].strip(), _kept(line[1:])] for line in lines if not line.startswith("@@")]
    return {"title": f"Changed since {before.code}", "headers": ["", "line"],
            "rows": rows or [["", "Nothing changed."]]}


def _kept(line: str) -> str:
    """Indentation means something in these texts; a page would fold plain spaces."""
    body = line.lstrip(" ")
    return "\N{NO-BREAK SPACE}" * (len(line) - len(body)) + body


def _actions(row: Document) -> list[dict[str, Any]]:
    kind = row.kind.replace(" ", "-")
    verbs = [(f"approve-{kind}", "Approve"), (f"make-{kind}-effective", "Make effective")]
    main = 0 if row.state == "draft" else 1
    ordered = [verbs[main], verbs[1 - main]]
    return [{"url": f"/documents/{row.code}/{slug}", "label": label, "danger": False, "main": place == 0}
            for place, (slug, label) in enumerate(ordered)]


PAGES: tuple[Page, ...] = (
    Page("/documents", list_documents, "list.html"),
    Page("/documents/<document>", show_document),
)
