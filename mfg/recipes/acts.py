"""Drafting a master record or a specification. Approving and making effective is the same for every document."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.documents.acts import draft
from mfg.facts import Refused
from mfg.ledger import Who
from mfg.recipes.reading import read_master_record, read_specification


def draft_master_record(session: Session, who: Who, *, text: str = "", file: str | None = None) -> str:
    """Check the YAML and hand it in as the next version. Returns the document's code, key/number.

    `text` or `file`, the whole text either way; it is kept exactly as it came, so that an export gives it back.
    """
    whole = _one_of(text, file)
    record = read_master_record(whole)
    return draft(session, who, kind="master record", key=record.key, title=record.title, text=whole)


def draft_specification(session: Session, who: Who, *, text: str = "", file: str | None = None) -> str:
    """Check the YAML and hand it in as the next version. Returns the document's code, key/number."""
    whole = _one_of(text, file)
    read = read_specification(whole)
    return draft(session, who, kind="specification", key=read.key, title=read.title, text=whole)


def _one_of(text: str, file: str | None) -> str:
    """The one text that was handed in; two could differ, and nobody would know which was meant."""
    if bool(text.strip()) == bool(file):
        raise Refused("Paste the text or choose a file: exactly one of the two was expected.", kind="input",
                      fields={"text": ["The text, or a file."]})
    return file or text
