"""Printed labels and papers to read. The doors that print stand in the rooms that know the facts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, View
from mfg.labelling.records import PrintedLabel
from mfg.labelling.records import label as label_of


def label_data(row: PrintedLabel) -> dict[str, Any]:
    """One printed label as plain data, its facts as they were printed."""
    kept = ("code", "container", "layout", "copy", "facts", "pdf_hash", "printed_at", "printed_by", "reason", "voids")
    return {name: plain_data(getattr(row, name)) for name in kept}


def all_labels(session: Session) -> list[PrintedLabel]:
    """Every printed label, the newest first."""
    return list(session.scalars(select(PrintedLabel).order_by(PrintedLabel.code.desc())))


DOORS: tuple[Door, ...] = ()

VIEWS = (
    View("/labels", lambda session: [label_data(row) for row in all_labels(session)], "Printed labels"),
    View("/labels/<label>", lambda session, label: label_data(label_of(session, label)), "One printed label"),
)


