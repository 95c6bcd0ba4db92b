"""The doors of master records and specifications, and what JSON reads of their content."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.documents.api import document_doors
from mfg.doors import Door, View
from mfg.recipes.acts import draft_master_record, draft_specification
from mfg.recipes.published import ADDRESS, master_record_schema
from mfg.recipes.records import changes_of, master_record_in, specification_in


def read_master_record(session: Session, *, document: str) -> Any:
    """Phases, steps, fields and limits of one version."""
    return plain_data(master_record_in(session, document))


def read_specification(session: Session, *, document: str) -> Any:
    """The tests of one version."""
    return plain_data(specification_in(session, document))


def read_changes(session: Session, *, document: str) -> Any:
    """What is different from the versions before, by the code of each."""
    return {before.code: plain_data(found) for before, found in changes_of(session, document)}


def read_schema(_session: Session) -> Any:
    """The published schema of the master record file."""
    return master_record_schema()


#: the last of these makes it effective; the room that knows the past batches opens it and shows what would flip
*_MASTER_RECORD, EFFECTIVE = document_doors("master record", draft_master_record)
DOORS: tuple[Door, ...] = (*_MASTER_RECORD, *document_doors("specification", draft_specification))
VIEWS: tuple[View, ...] = (
    View(ADDRESS, read_schema, "Schema of master record files (JSON Schema)"),
    View("/documents/<document>/changes", read_changes, "What changed in a master record"),
    View("/master-records/<document>", read_master_record, "Master record"),
    View("/specifications/<document>", read_specification, "Specification"),
)
