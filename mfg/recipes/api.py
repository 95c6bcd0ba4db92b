"""The doors of master records and specifications, and what JSON reads of their content."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.documents.api import TEXT_LIMIT, document_doors
from mfg.doors import Door, View
from mfg.facts import Refused
from mfg.fields import Attached, Body, Words, name_and_bytes
from mfg.recipes.acts import draft_master_record, draft_specification
from mfg.recipes.published import ADDRESS, master_record_schema
from mfg.recipes.records import changes_of, master_record_in, specification_in


class WholeText(Words):
    """A text kept as it was sent, to the last line end; only the line ends a browser puts in are taken back."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        kept = super()._deserialize(value, attr, data, **kwargs)
        return value.replace("\r\n", "\n") if kept else ""


class TextFile(Attached):
    """A file of text, byte for byte."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value == "":
            return None
        try:
            name, content = name_and_bytes(value)
            if not content or len(content) > 4 * TEXT_LIMIT:
                raise Refused(f"{name[:40]} has {len(content)} bytes; 1 to {4 * TEXT_LIMIT} were expected.")
            return content.decode("utf-8")
        except UnicodeDecodeError as broken:
            raise ValidationError(f"The file is not UTF-8 text: byte {broken.start} cannot be read.") from broken
        except Refused as refused:
            raise ValidationError(refused.why) from refused


class DraftText(Body):
    """The whole of one version, pasted or as a file."""

    text = WholeText("Text (YAML)", limit=TEXT_LIMIT, kind="textarea", required=False,
                     hint="The whole file. Its key stays; the version number is given here.")
    file = TextFile("Or the YAML file itself", required=False, hint="Kept byte for byte; UTF-8.")


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


#: the last of these makes it effective; the rooms that know past batches and results open it, and show what would flip
*_MASTER_RECORD, EFFECTIVE = document_doors("master record", draft_master_record, body=DraftText)
*_SPECIFICATION, SPECIFICATION_EFFECTIVE = document_doors("specification", draft_specification, body=DraftText)
DOORS: tuple[Door, ...] = (*_MASTER_RECORD, *_SPECIFICATION)
VIEWS: tuple[View, ...] = (
    View(ADDRESS, read_schema, "Schema of master record files (JSON Schema)"),
    View("/documents/<document>/changes", read_changes, "What changed in a master record"),
    View("/master-records/<document>", read_master_record, "Master record"),
    View("/specifications/<document>", read_specification, "Specification"),
)
