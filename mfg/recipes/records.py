"""The master record or specification a kept document holds, read again from its text. It keeps nothing itself."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.documents.records import document
from mfg.facts import Refused
from mfg.recipes.master import MasterRecord
from mfg.recipes.reading import read_master_record, read_specification
from mfg.recipes.specification import Specification


def master_record_in(session: Session, code: str) -> MasterRecord:
    """The master record of this document version."""
    return read_master_record(_text(session, code, "master record"))


def specification_in(session: Session, code: str) -> Specification:
    """The specification of this document version."""
    return read_specification(_text(session, code, "specification"))


def _text(session: Session, code: str, kind: str) -> str:
    row = document(session, code)
    if row.kind != kind:
        raise Refused(f"{code} is a {row.kind}, not a {kind}.", kind="not found")
    return row.text
