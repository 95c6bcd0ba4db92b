"""Drafting, reviewing, approving and making effective, the same for every kind of document.

It does not read the text: the room that understands a kind checks it first and passes key and title.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.documents.records import Document, document, next_number
from mfg.documents.rules import APPROVAL, EFFECT, MOVES, SUBMISSION, DocumentFacts
from mfg.facts import Refused, judge, refuse_unless
from mfg.files import Upload, keep_file
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.change_records import change_facts

#: what the room that understands a kind does in the same act, once the version has moved; what it returns is signed
Also = Callable[[Session, Doing, Document], Mapping[str, Any] | None]


def nothing_else(_session: Session, _doing: Doing, _row: Document) -> None:
    """Most kinds need nothing beyond the move itself."""


def draft(session: Session, who: Who, *, kind: str, key: str, title: str, text: str, file: Upload | None = None,
          also: Also = nothing_else) -> str:
    """Write down the next version of a document. Returns its code, key/number."""
    hashed = hash_of(text)
    with act(session, f"draft {kind}", on=f"{kind} {key}"[:80], **who.how) as doing:
        number = next_number(session, kind, key)
        doing.on = doing.within = doing.result = f"{key}/{number}"
        _free(session, doing.on)
        kept = keep_file(session, file, by=doing.by.code, at=doing.at).code if file else None
        row = Document(code=doing.on, kind=kind, key=key, number=number, title=title, state=MOVES.start, file=kept,
                       text=text, text_hash=hashed, author=doing.by.code, written_at=doing.at)
        session.add(row)
        also(session, doing, row)
        doing.signs(content_of(row))
    return doing.result


def _free(session: Session, code: str) -> None:
    """Codes are key/number whatever the kind, so two kinds cannot share a key."""
    taken = session.get(Document, code)
    if taken is not None:
        raise Refused(f"“{code}” is already a {taken.kind}. Give this document an id of its own.", kind="input")


def hash_of(text: str) -> str:
    """SHA-256 of the text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def content_of(row: Document) -> dict[str, Any]:
    """What author, approver and QA sign: which version it is, and the hash of its text and of its file."""
    content = {"kind": row.kind, "document": row.code, "key": row.key, "number": row.number, "title": row.title,
               "text_hash": row.text_hash}
    return content | ({"file": row.file} if row.file else {})


def submit(session: Session, who: Who, *, kind: str, document: str, seen: str | None = None) -> str:
    """The author says that the draft is ready for review."""
    with act(session, f"submit {kind}", on=document, within=document, **who.how) as doing:
        row = _of_kind(session, kind, document)
        fresh(row, seen)
        after = MOVES.after("submit", row.state)
        refuse_unless(judge(SUBMISSION, facts_of(session, row, doing.by.code)))
        row.state, row.submitted_at = after, doing.at
        doing.signs(content_of(row))
        doing.result = row.code
    return doing.result


def send_back(session: Session, who: Who, *, kind: str, document: str, seen: str | None = None) -> str:
    """Return a version under review, with the reason; it stays as it was read, and the next one is drafted anew."""
    with act(session, f"return {kind}", on=document, within=document, **who.how) as doing:
        row = _of_kind(session, kind, document)
        fresh(row, seen)
        row.state = MOVES.after("return", row.state)
        row.returned_by, row.returned_at = doing.by.code, doing.at
        doing.signs(content_of(row))
        doing.result = row.code
    return doing.result


def approve(session: Session, who: Who, *, kind: str, document: str, seen: str | None = None) -> str:
    """Approve a version under review; never by its author."""
    with act(session, f"approve {kind}", on=document, within=document, **who.how) as doing:
        row = _of_kind(session, kind, document)
        fresh(row, seen)
        after = MOVES.after("approve", row.state)
        refuse_unless(judge(APPROVAL, facts_of(session, row, doing.by.code)))
        row.state, row.approved_by, row.approved_at = after, doing.by.code, doing.at
        doing.signs(content_of(row))
        doing.result = row.code
    return doing.result


def make_effective(session: Session, who: Who, *, kind: str, document: str, change: str = "",
                   seen: str | None = None, also: Also = nothing_else) -> str:
    """Make an approved version effective from now on; every older version is superseded in the same act.

    `change`: the code of the approved change; needed when it takes the place of an effective version.
    """
    with act(session, f"make {kind} effective", on=document, within=document, **who.how) as doing:
        row = _of_kind(session, kind, document)
        fresh(row, seen)
        after = MOVES.after("make effective", row.state)
        refuse_unless(judge(EFFECT, facts_of(session, row, doing.by.code, change)))
        for older in _older(session, row):
            older.state, older.superseded_at = MOVES.after("supersede", older.state), doing.at
        session.flush()  # the old one steps down first: the database allows one effective version only
        row.state, row.effective_at, row.change = after, doing.at, change or None
        told = also(session, doing, row) or {}
        doing.signs(content_of(row) | ({"change": change} if change else {}) | dict(told))
        doing.result = row.code
    return doing.result


def _of_kind(session: Session, kind: str, code: str) -> Document:
    row = document(session, code)
    if row.kind != kind:
        raise Refused(f"{code} is a {row.kind}, not a {kind}. Open it from the list of documents.",
                      kind="not found")
    return row


def _older(session: Session, row: Document) -> list[Document]:
    return list(session.scalars(select(Document).where(
        Document.kind == row.kind, Document.key == row.key, Document.number < row.number,
        Document.state.not_in(MOVES.final)).order_by(Document.number)))


def facts_of(session: Session, row: Document, by: str, change: str = "") -> DocumentFacts:
    """What the rules need to know of one version that `by` moves on."""
    effective = session.scalar(select(Document.number).where(
        Document.kind == row.kind, Document.key == row.key, Document.state == "effective"))
    return DocumentFacts(row.code, row.number, row.text_hash, hash_of(row.text), effective, row.author, by,
                         change_facts(session, change, row.code) if change else None)
