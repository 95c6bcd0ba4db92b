"""Controlled documents as kept: one row a version. What the text means belongs to other rooms."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Index, Text, UniqueConstraint, func, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, Words, both_or_neither, one_of
from mfg.facts import Refused

KINDS = ("protocol", "master record", "specification", "procedure", "label layout")
STATES = ("draft", "in review", "returned", "approved", "effective", "superseded")


class Document(Base):
    """One version of a trial protocol, master record, specification, procedure or label layout."""

    __tablename__ = "document"
    #: key/number, for instance NCT06835140/1
    code: Mapped[Code]
    kind: Mapped[Ref]
    #: what all versions share, for instance NCT06835140
    key: Mapped[Ref]
    number: Mapped[int]
    title: Mapped[Words]
    state: Mapped[Ref]
    #: the YAML, or the words of a procedure, as handed in; read again whenever it is needed
    text: Mapped[str] = mapped_column(Text)
    #: SHA-256 of the text: what author and approver signed
    text_hash: Mapped[Ref]
    #: SHA-256 of a file that belongs to it, such as a drawing or the signed paper original
    file: Mapped[MaybeRef]
    author: Mapped[Ref]
    written_at: Mapped[MaybeWhen]
    #: when its author signed that it is ready for review
    submitted_at: Mapped[MaybeWhen]
    returned_by: Mapped[MaybeRef]
    returned_at: Mapped[MaybeWhen]
    approved_by: Mapped[MaybeRef]
    approved_at: Mapped[MaybeWhen]
    effective_at: Mapped[MaybeWhen]
    #: the approved change by which it took the place of the version before
    change: Mapped[MaybeRef]
    superseded_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        UniqueConstraint("kind", "key", "number"),
        both_or_neither("approved_by", "approved_at"),
        both_or_neither("returned_by", "returned_at"),
        one_of("kind", KINDS),
        one_of("state", STATES),
        Index("ix_document_one_effective", "kind", "key", unique=True,
              sqlite_where=sql("state = 'effective'"), postgresql_where=sql("state = 'effective'")),
    )


def document(session: Session, code: str) -> Document:
    """The version with this code, or a refusal."""
    row = session.get(Document, code)
    if row is None:
        raise Refused(f"There is no document “{code}”.", kind="not found")
    return row


def documents(session: Session, codes: Collection[str]) -> list[Document]:
    """Several versions in one statement, in the order asked for; refused when one of them is not there."""
    found = {one.code: one for one in session.scalars(select(Document).where(Document.code.in_(codes)))}
    return [found[code] if code in found else document(session, code) for code in codes]


def next_number(session: Session, kind: str, key: str) -> int:
    """The number the next version of this key gets, from 1."""
    return 1 + (session.scalar(select(func.count()).select_from(Document).where(
        Document.kind == kind, Document.key == key)) or 0)


def effective(session: Session, kind: str, key: str) -> Document:
    """The one effective version of a document, or a refusal that says what to do."""
    row = session.scalar(select(Document).where(
        Document.kind == kind, Document.key == key, Document.state == "effective"))
    if row is None:
        raise Refused(f"No version of the {kind} {key} is effective. QA approves one and makes it effective.")
    return row
