"""The master record or specification a kept document holds, read again from its text. It keeps nothing itself."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mfg.documents.records import Document, document
from mfg.facts import Refused
from mfg.recipes.differences import Difference, differences
from mfg.recipes.master import MasterRecord
from mfg.recipes.reading import read_master_record, read_specification
from mfg.recipes.specification import Specification


def master_record_in(session: Session, code: str) -> MasterRecord:
    """The master record of this document version."""
    return read_master_record(_text(session, code, "master record"))


def specification_in(session: Session, code: str) -> Specification:
    """The specification of this document version."""
    return read_specification(_text(session, code, "specification"))


def changes_of(session: Session, code: str) -> list[tuple[Document, tuple[Difference, ...]]]:
    """What is different in this version from the one before and from the effective one, where there are such."""
    row, record = document(session, code), master_record_in(session, code)
    earlier = session.scalars(select(Document).where(
        Document.kind == row.kind, Document.key == row.key, Document.number < row.number,
        or_(Document.number == row.number - 1, Document.state == "effective")).order_by(Document.number.desc()))
    return [(one, differences(master_record_in(session, one.code), record)) for one in earlier]


def _text(session: Session, code: str, kind: str) -> str:
    row = document(session, code)
    if row.kind != kind:
        raise Refused(f"{code} is a {row.kind}, not a {kind}.", kind="not found")
    return row.text
