"""An approved change for a document version, for tests that replace one. Made by acts."""

from __future__ import annotations

from mfg.documents.records import Document
from mfg.quality import change_acts as changes
from mfg.quality.change_rules import AREAS
from tests.office import Office


def requested_change(office: Office, *documents: str) -> str:
    """Requested by a production supervisor and covering these versions, written or not."""
    return office.do(changes.request_change, office.who("production supervisor"), title="A better text",
                     why="The old one was misread.", emergency=False, documents=" ".join(documents))


def approved_change(office: Office, *documents: str) -> str:
    """The same, assessed and approved by others."""
    code = requested_change(office, *documents)
    office.do(changes.assess_change, office.who("production supervisor"), change=code,
              affected=dict.fromkeys(AREAS, False), why=dict.fromkeys(AREAS, "Words only; nothing else is touched."))
    return office.do(changes.approve_change, office.who("qa"), change=code)


def change_for(office: Office, document: str) -> str:
    """The change a version needs: none for the first, an approved one where another version is effective."""
    with office.look() as session:
        row = session.get_one(Document, document)
        replaces = session.query(Document).filter_by(kind=row.kind, key=row.key, state="effective").count()
    return approved_change(office, document) if replaces else ""
