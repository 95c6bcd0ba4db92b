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
from mfg.documents import acts
from mfg.documents.acts import Also, nothing_else
from mfg.documents.records import Document, document
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Words
from mfg.quality.change_records import changes_for
from mfg.quality.change_rules import IN_FORCE

#: a long master record has some 60 000 characters
TEXT_LIMIT = 300_000


class DraftDocument(Body):
    """The whole text of one version."""

    text = Words("Text (YAML)", limit=TEXT_LIMIT, kind="textarea",
                 hint="Paste the whole file. Its id is the key; the version number is given here.")


class MakeEffective(Body):
    """By which change."""

    change = Words("Change", limit=80, required=False, hint="For instance CHG-0001.")


def document_doors(kind: str, draft_call: Callable[..., str], *, body: type[Body] = DraftDocument,
                   also: Also = nothing_else, effect_shows: Callable[..., Pairs] | None = None) -> tuple[Door, ...]:
    """Draft, submit, return, approve and make effective for one kind.

    `draft_call(session, who, **body)` checks the text and calls `acts.draft`; it returns the code. `also` is what
    the room does in the very act that makes a version effective, and `effect_shows` what it shows before.
    """
    return (
        Door(f"draft {kind}", "/documents", draft_call, f"Draft {kind}", "Sign as author", _page, body,
             intro=f"A new version of a {kind}. You hand it in for review, another person approves it, then QA makes "
                   "it effective."),
        _review(f"submit {kind}", acts.submit, f"Hand in {kind} for review", "Sign: ready for review",
                "You say that this text is ready. After that only its approval or return is possible."),
        _review(f"return {kind}", acts.send_back, f"Return {kind}", "Sign and return",
                "Say what has to change. This version stays as you read it; the author drafts the next one.",
                danger=True),
        _review(f"approve {kind}", acts.approve, f"Approve {kind}", "Approve",
                "You approve exactly the text with this hash. The author cannot approve."),
        _review(f"make {kind} effective", partial(acts.make_effective, also=also), f"Make {kind} effective",
                "Make effective", "From now on this version is used; every older one is superseded. "
                "What is already running keeps the version it began with.", body=MakeEffective,
                shows=effect_shows or shows_document, prepares=_prepares_effect),
    )


def _review(verb: str, call: Callable[..., str], title: str, main: str, intro: str, **more: Any) -> Door:
    """A door on one version, whose kind is the last but fixed part of the verb."""
    kind = verb.partition(" ")[2].removesuffix(" effective")
    return Door(verb, "/documents/<document>", partial(call, kind=kind), title, main, _page, intro=intro,
                seen=version_of, **{"shows": shows_document} | more)


def _prepares_effect(session: Session, *, document: str) -> dict[str, dict[str, Any]]:
    """The approved changes that cover this version, so that nobody has to look for them."""
    fitting = [one.code for one in changes_for(session, document) if one.state in IN_FORCE]
    hint = f"Approved and covering this version: {', '.join(fitting)}." if fitting else \
        "Needed when it takes the place of an effective version. No approved change covers this one yet."
    return {"change": {"hint": hint, "value": fitting[0] if len(fitting) == 1 else ""}}


def _page(code: str) -> str:
    return f"/documents/{code}"


def shows_document(session: Session, *, document: str) -> Pairs:
    """What is about to be signed."""
    row = _row(session, document)
    file = [("SHA-256 of the file", row.file)] if row.file else []
    return [("document", row.code), ("kind", row.kind), ("title", row.title), ("state", row.state),
            ("SHA-256 of the text", row.text_hash), *file, ("author", row.author)]


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
    names = ("code", "kind", "key", "number", "title", "state", "text_hash", "file", "author", "written_at",
             "submitted_at", "returned_by", "returned_at", "approved_by", "approved_at", "effective_at", "change",
             "superseded_at", "version")
    return {name: plain_data(getattr(row, name)) for name in names}


DOORS: tuple[Door, ...] = ()
VIEWS: tuple[View, ...] = (
    View("/documents", read_documents, "Documents"),
    View("/documents/<document>", read_document, "Document"),
)
