"""Documents to look at: the list, and one version with its text and what changed since the one before."""

from __future__ import annotations

import re
from datetime import datetime
from difflib import unified_diff
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.documents.api import documents
from mfg.documents.records import KINDS, Document
from mfg.documents.records import document as load
from mfg.doors import Page

CHAPTER = re.compile(r"#{1,6}\s+(.+)")
MARK = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,4}[.)]?|[-*•])\s+")


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


def _pairs(row: Document) -> list[tuple[str, Any, bool]]:
    pairs: list[tuple[str, Any]] = [("title", row.title), ("state", row.state), ("version", str(row.number)),
             ("author", f"{row.author}, {_when(row.written_at)}"),
             ("handed in for review", _when(row.submitted_at) or "not yet"),
             ("approved", f"{row.approved_by}, {_when(row.approved_at)}" if row.approved_by else "not yet"),
             ("effective since", _when(row.effective_at) or "not yet"),
             *([("by change", {"text": row.change, "url": f"/changes/{row.change}"})] if row.change else []),
             ("superseded", _when(row.superseded_at) or "no"),
             ("SHA-256 of the text", row.text_hash)]
    if row.returned_at:
        pairs.insert(5, ("returned", f"{row.returned_by}, {_when(row.returned_at)}; the reason stands with the "
                                     "signature below"))
    return [(label, value, False) for label, value in [*pairs, *_file(row)]]


def _file(row: Document) -> list[tuple[str, Any]]:
    return [("file", {"text": f"{row.file[:12]}…", "url": f"/files/{row.file}"})] if row.file else []


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _sections(session: Session, row: Document) -> list[dict[str, Any]]:
    before = session.scalar(select(Document).where(
        Document.kind == row.kind, Document.key == row.key, Document.number == row.number - 1))
    text = chapters(row.text) if row.kind == "procedure" else [
        {"title": "Text", "headers": ["line", "text"],
         "rows": [[str(number), _kept(line)] for number, line in enumerate(row.text.splitlines(), 1)]}]
    changed = [] if before is None else [_changes(before, row)]
    return text + changed if row.kind == "procedure" else changed + text


def chapters(text: str) -> list[dict[str, Any]]:
    """A procedure as it is read: a line that begins with # opens a chapter, a blank line a paragraph."""
    found: list[dict[str, Any]] = []
    paragraph = ""
    for line in [*text.splitlines(), ""]:
        words, opens = line.strip(), CHAPTER.match(line.strip())
        if opens or not words or MARK.match(words):
            _close(found, paragraph)
            paragraph = ""
        if opens:
            found.append({"title": opens[1], "headers": ["", "text"], "rows": [], "empty": "Nothing stands here."})
        else:
            paragraph = f"{paragraph} {words}".strip()
    return found


def _close(found: list[dict[str, Any]], paragraph: str) -> None:
    """Put a finished paragraph under the last chapter; its mark, such as 3. or -, stands before it."""
    if not paragraph:
        return
    if not found:
        found.append({"title": "Text", "headers": ["", "text"], "rows": []})
    mark = MARK.match(paragraph)
    found[-1]["rows"].append([mark[1] if mark else "", paragraph[mark.end():] if mark else paragraph])


def _changes(before: Document, row: Document) -> dict[str, Any]:
    lines = list(unified_diff(before.text.splitlines(), row.text.splitlines(), n=1, lineterm=""))[2:]
    rows = [[line[:1].strip(), _kept(line[1:])] for line in lines if not line.startswith("@@")]
    return {"title": f"Changed since {before.code}", "headers": ["", "line"],
            "rows": rows or [["", "Nothing changed."]]}


def _kept(line: str) -> str:
    """Indentation means something in these texts; a page would fold plain spaces."""
    body = line.lstrip(" ")
    return "\N{NO-BREAK SPACE}" * (len(line) - len(body)) + body


#: what is done next in each state; the server decides who may
NEXT = {"draft": ("submit",), "in review": ("approve", "return"), "approved": ("effective",)}


#: what else there is to read of a document; pages of rooms above are known here by their addresses only
TO_READ = (("changes", "What changed", ("master record",)),
           ("impact", "Impact on past batches", ("master record",)),
           ("results", "Past results under this version", ("specification",)),
           ("print-blank-record", "Print a blank record", ("master record",)),
           ("layout", "See the label", ("label layout",)),
           ("text.yaml", "Export the file", ()))


def _actions(row: Document) -> list[dict[str, Any]]:
    kind = row.kind.replace(" ", "-")
    doors = {"submit": (f"submit-{kind}", "Hand in for review"), "approve": (f"approve-{kind}", "Approve"),
             "return": (f"return-{kind}", "Return"), "effective": (f"make-{kind}-effective", "Make effective")}
    wanted = NEXT.get(row.state, ())
    here = f"/documents/{row.code}"
    return [*({"url": f"{here}/{doors[name][0]}", "label": doors[name][1], "danger": name == "return",
               "main": name == wanted[0]} for name in wanted),
            *({"url": f"{here}/{page}", "label": label, "danger": False, "main": False}
              for page, label, kinds in TO_READ if not kinds or row.kind in kinds)]


PAGES: tuple[Page, ...] = (
    Page("/documents", list_documents, "list.html"),
    Page("/documents/<document>", show_document),
)
