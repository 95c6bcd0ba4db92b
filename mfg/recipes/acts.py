"""Drafting a master record or a specification. Approving and making effective is the same for every document."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.documents.acts import draft
from mfg.ledger import Who
from mfg.recipes.reading import read_master_record, read_specification


def draft_master_record(session: Session, who: Who, *, text: str) -> str:
    """Check the YAML and hand it in as the next version. Returns the document's code, key/number."""
    record = read_master_record(text)
    return draft(session, who, kind="master record", key=record.key, title=record.title, text=text)


def draft_specification(session: Session, who: Who, *, text: str) -> str:
    """Check the YAML and hand it in as the next version. Returns the document's code, key/number."""
    read = read_specification(text)
    return draft(session, who, kind="specification", key=read.key, title=read.title, text=text)
