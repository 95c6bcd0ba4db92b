"""The doors of controlled documents, made once for every kind, and what JSON reads of them.

`document_doors` is called by the rooms that understand a kind (trial, recipes); this room opens none itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.documents.acts import approve, make_effective
from mfg.documents.records import Document, document
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Words

#: a long master record has some 60 000 characters
TEXT_LIMIT = 300_000


class DraftDocument(Body):
    """The whole text of one version."""

    text = Words("Text (YAML)", limit=TEXT_LIMIT, kind="textarea",
                 hint="Paste the whole file. Its id is the key; the version number is given here.")


def document_doors(kind: str, draft_call: Callable[..., str]) -> tuple[Door, ...]:
    """Draft, approve and make effective for one kind.

    `draft_call(session, who, *, text)` checks the text and calls `acts.draft`; it returns the code.
    """
    one = "/documents/<document>"
    return (
        Door(f"draft {kind}", "/documents", draft_call, f"Draft {kind}", "Sign as author", _page, DraftDocument,
             intro=f"A new version of a {kind}. Another person approves it, then QA makes it effective."),
        Door(f"approve {kind}", one, partial(approve, kind=kind), f"Approve {kind}", "Approve", _page,
             intro="You approve exactly the text with this hash. The author cannot approve.",
             shows=shows_document, seen=version_of),
        Door(f"make {kind} effective", one, partial(make_effective, kind=kind), f"Make {kind} effective",
             "Make effective", _page, shows=shows_document, seen=version_of,
             intro="From now on this version is used; every older one is superseded. "
                   "What is already running keeps the version it began with."),
    )


def _page(code: str) -> str:
    return f"/documents/{code}"


def shows_document(session: Session, *, document: str) -> Pairs:
    """What is about to be signed."""
    row = _row(session, document)
    return [("document", row.code), ("kind", row.kind), ("title", row.title), ("state", row.state),
            ("SHA-256 of the text", row.text_hash), ("author", row.author)]


def version_of(session: Session, *, document: str) -> str:
    """The version of the row that the person sees."""
    return str(_row(session, document).version)


def _row(session: Session, code: str) -> Document:
    return document(session, code)


def read_document(session: Session, *, document: str) -> Any:
    """One version, with its text."""
    row = _row(session, document)
    return _summary(row) | {"text": row.text}


def read_documents(session: Session) -> Any:
    """All versions, without their texts."""
    return [_summary(row) for row in documents(session)]


def documents(session: Session) -> list[Document]:
    """All versions by kind and key, the newest first."""
    return list(session.scalars(select(Document).order_by(
        Document.kind, Document.key, Document.number.desc())))


def _summary(row: Document) -> dict[str, Any]:
    names = ("code", "kind", "key", "number", "title", "state", "text_hash", "author", "written_at",
             "approved_by", "approved_at", "effective_at", "superseded_at", "version")
    return {name: plain_data(getattr(row, name)) for name in names}


DOORS: tuple[Door, ...] = ()
VIEWS: tuple[View, ...] = (
    View("/documents", read_documents, "Documents"),
    View("/documents/<document>", read_document, "Document"),
)
