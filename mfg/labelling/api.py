"""The life of printed labels as doors, and labels to read. Doors that print stand in the rooms that know the facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.documents.api import document_doors
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Scanned
from mfg.labelling import acts
from mfg.labelling.layouts import KIND, draft_label_layout
from mfg.labelling.records import PrintedLabel
from mfg.labelling.records import label as label_of
from mfg.labelling.sending import DOORS as SENDING
from mfg.recipes.api import DraftText

LABEL = "/labels/<label>"
KEPT = ("code", "container", "within", "layout", "copy", "facts", "pdf_hash", "dpi", "read_back", "printed_at",
        "printed_by", "reason", "voids", "state", "verified_by", "verified_at", "applied_by", "applied_at", "asked_by",
        "asked_at", "asked_why", "ended_why", "destroyed_by", "destroyed_at", "witnessed_by", "witnessed_at")


class ScannedLabel(Body):
    """The square symbol of the label, as the scanner reads it."""

    scan = Scanned("Square symbol of the label", takes=("label", "036"),
                   hint="The one that says which label it is, not the bars.")


def label_data(row: PrintedLabel) -> dict[str, Any]:
    """One printed label as plain data, its facts as they were printed."""
    return {name: plain_data(getattr(row, name)) for name in KEPT}


def all_labels(session: Session) -> list[PrintedLabel]:
    """Every printed label, the newest first."""
    return list(session.scalars(select(PrintedLabel).order_by(PrintedLabel.code.desc())))


def _shows(session: Session, *, label: str) -> Pairs:
    row = label_of(session, label)
    return [("Label", f"{row.code}, {row.state}"), ("On", row.container), ("Layout", row.layout)]


def _door(verb: str, call: Callable[..., str], title: str, main: str, *, body: type[Body] = Body, intro: str = "",
          danger: bool = False) -> Door:
    return Door(verb, LABEL, call, title, main, lambda code: f"/labels/{code}", body=body, intro=intro, danger=danger,
                shows=_shows)


DOORS: tuple[Door, ...] = (
    _door("verify label", acts.verify_label, "Scan the label back", "Check the label", body=ScannedLabel,
          intro="Scan what came out of the printer. The label opens nothing before that."),
    _door("apply label", acts.apply_label, "Put the label on", "The label is on", body=ScannedLabel,
          intro="Put it on its container, then scan it there."),
    _door("spoil label", acts.spoil_label, "The label is spoiled", "Record it as spoiled", danger=True,
          intro="It cannot be used and is to be destroyed before a witness."),
    _door("return label", acts.return_label, "The label is not needed", "Record its return", danger=True,
          intro="It was not used and is to be destroyed before a witness."),
    _door("request reprint", acts.request_reprint, "Ask for a reprint", "Ask for a reprint",
          intro="Say why. A second person approves it; this label is void then."),
    _door("destroy label", acts.destroy_label, "Destroy the label", "Sign: destroyed", danger=True,
          intro="A second person sees it and signs as witness."),
    _door("witness destruction", acts.witness_destruction, "Witness the destruction", "Sign as witness"),
    *SENDING,
    *document_doors(KIND, draft_label_layout, body=DraftText),
)

VIEWS = (
    View("/labels", lambda session: [label_data(row) for row in all_labels(session)], "Printed labels"),
    View("/labels/<label>", lambda session, label: label_data(label_of(session, label)), "One printed label"),
)
