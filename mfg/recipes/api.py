"""The doors of master records and specifications, and what JSON reads of their content."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.documents.api import document_doors
from mfg.doors import Door, View
from mfg.recipes.acts import draft_master_record, draft_specification
from mfg.recipes.records import master_record_in, specification_in


def read_master_record(session: Session, *, document: str) -> Any:
    """Phases, steps, fields and limits of one version."""
    return plain_data(master_record_in(session, document))


def read_specification(session: Session, *, document: str) -> Any:
    """The tests of one version."""
    return plain_data(specification_in(session, document))


DOORS: tuple[Door, ...] = (
    *document_doors("master record", draft_master_record),
    *document_doors("specification", draft_specification),
)
VIEWS: tuple[View, ...] = (
    View("/master-records/<document>", read_master_record, "Master record"),
    View("/specifications/<document>", read_specification, "Specification"),
)
