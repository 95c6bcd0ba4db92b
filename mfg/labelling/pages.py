"""What is shown of printed labels. It changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.facts import judge
from mfg.labelling.api import all_labels
from mfg.labelling.layout_pages import LAYOUT_PAGES
from mfg.labelling.records import PrintedLabel, labels_of, labels_within
from mfg.labelling.records import label as label_of
from mfg.labelling.rules import ACCOUNTED, ACCOUNTS, LABEL, Accounting
from mfg.labelling.sending import sendable
from mfg.printing.pages import job_section
from mfg.printing.records import jobs_of

WHEN = "%Y-%m-%d %H:%M UTC"
#: state -> what is to be done with the label next, in words; the first is the main button
NEXT = {"issued": ("verify-label", "request-reprint", "spoil-label", "return-label"),
        "verified": ("apply-label", "request-reprint", "spoil-label", "return-label"),
        "applied": ("request-reprint",),
        "spoiled": ("destroy-label", "request-reprint"), "returned": ("destroy-label", "request-reprint"),
        "void": ("destroy-label",), "destroyed, not witnessed": ("witness-destruction",),
        "destroyed": ("request-reprint",)}
WORDS = {"verify-label": "Scan it back", "apply-label": "Put it on", "spoil-label": "It is spoiled",
         "return-label": "It is not needed", "request-reprint": "Ask for a reprint",
         "approve-reprint": "Approve the reprint", "destroy-label": "Destroy it",
         "witness-destruction": "Witness the destruction", "send-to-printer": "Send it to a printer"}
GRAVE = frozenset({"spoil-label", "return-label", "destroy-label"})
WAITS = {"issued": "to be scanned back", "verified": "to be put on", "spoiled": "to be destroyed",
         "returned": "to be destroyed", "void": "to be destroyed", "destroyed, not witnessed": "to be witnessed"}
NAMES = {"coi": "Chain of identity", "coi_check": "its check character", "din": "Donation number",
         "din_check": "its check character", "datamatrix": "Square symbol", "label": "Number of the label",
         "trial_id": "Trial", "under_ind": "Under an IND", "viable_nk_total": "Viable NK cells in the bag",
         "viable_nk_per_kg": "Viable NK cells per kg", "volume_ml": "Volume, mL", "facility_phone": "Telephone"}


def list_labels(session: Session) -> dict[str, Any]:
    """Every printed label; those that wait for somebody first."""
    rows = sorted(all_labels(session), key=lambda row: row.state not in WAITS)
    shown = [[{"text": row.code, "url": f"/labels/{row.code}"}, row.container, row.layout, str(row.copy),
              f"{row.printed_at:{WHEN}}", _state(row), row.reason] for row in rows]
    return {"title": "Printed labels", "rows": shown, "empty": "No label has been printed.",
            "actions": [{"url": "/printers", "label": "Printers", "danger": False, "main": False}],
            "headers": ["Label", "Container", "Layout", "Copy", "Printed", "State", "Reason"]}


def _state(row: PrintedLabel) -> dict[str, Any]:
    waits = WAITS.get(row.state)
    return {"text": f"{row.state}: {waits}" if waits else row.state, "verdict": verdict_of(row.state)}


def verdict_of(state: str) -> str:
    """The sign beside the state of a label: only one on its container is a PASS."""
    return {"applied": "PASS", "void": "FAIL", "spoiled": "FAIL"}.get(state, "TODO")


def show_label(session: Session, *, label: str) -> dict[str, Any]:
    """One printed label: its picture, what was read back, its life, the facts that stand on it."""
    row = label_of(session, label)
    later = session.scalar(select(PrintedLabel.code).where(PrintedLabel.voids == row.code))
    pairs = [("Container", row.container, False), ("Layout", row.layout, False), ("Copy", str(row.copy), False),
             ("Printed", f"{row.printed_at:{WHEN}} by {row.printed_by}", False),
             ("Reason", row.reason or "first print", False),
             ("Read back", f"at {row.dpi} dpi, before it was recorded" if row.dpi else "never", False),
             ("SHA-256 of the PDF", row.pdf_hash, False)]
    pairs += [("In its place stands", later, False)] if later else []
    pairs += [("In the place of", row.voids, False)] if row.voids else []
    sent = jobs_of(session, row.code)
    jobs = [job_section(sent, "Sent to printers")] if sent else []
    return {"code": row.code, "title": f"Label {row.code}", "pairs": pairs, "state": row.state,
            "verdict": verdict_of(row.state), "sections": [*jobs, _life(row), _read_back(row)],
            "drawings": [{"svg_url": f"/labels/{row.code}.png", **_facts(row),
                          "alt": f"The label {row.code} as it is printed, its symbols struck through: nobody scans "
                                 "the screen"}],
            "actions": _actions(row, later, sendable(session, row)),
            "strip": [{"k": "Label", "v": row.code, "code": True},
                      {"k": "Container", "v": row.container, "code": True}]}


def _actions(row: PrintedLabel, later: str | None, sendable: bool) -> list[dict[str, Any]]:
    slugs = [slug for slug in NEXT[row.state] if not (later and slug == "request-reprint")]
    slugs = ["send-to-printer", *slugs] if sendable else slugs
    if row.asked_by and not later:
        slugs = ["approve-reprint", *slugs]
    shown = [{"url": f"/labels/{row.code}/{slug}", "label": WORDS[slug], "main": place == 0, "danger": slug in GRAVE}
             for place, slug in enumerate(slugs)]
    return [*shown, {"url": f"/labels/{row.code}.pdf", "label": "Open the PDF", "danger": False, "main": not shown}]


def _life(row: PrintedLabel) -> dict[str, Any]:
    """What happened to the label, in order."""
    told = [("printed", row.printed_by, row.printed_at, row.reason),
            ("scanned back", row.verified_by, row.verified_at, ""),
            ("put on", row.applied_by, row.applied_at, ""),
            ("a reprint was asked for", row.asked_by, row.asked_at, row.asked_why),
            ("destroyed", row.destroyed_by, row.destroyed_at, row.ended_why),
            ("seen destroyed", row.witnessed_by, row.witnessed_at, "")]
    rows = [[what, who, f"{at:{WHEN}}", why] for what, who, at, why in told if at]
    if row.ended_why and not row.destroyed_at:
        rows.append([row.state, "", "", row.ended_why])
    return {"title": "Its life", "headers": ["What", "By", "When", "Why"], "rows": rows}


def _read_back(row: PrintedLabel) -> dict[str, Any]:
    rows = [[{"text": text, "code": True}] for text in row.read_back.split("\n") if text]
    return {"title": "What a reader finds on it", "headers": ["Symbol"], "rows": rows,
            "empty": "It was printed before labels were read back."}


def _facts(row: PrintedLabel) -> dict[str, Any]:
    rows = [[NAMES.get(name, name.replace("_", " ").capitalize()), value]
            for name, value in sorted(json.loads(row.facts).items())]
    return {"title": "What stands on it", "headers": ["Fact", "Text"], "rows": rows}


def labels_on(session: Session, container: str) -> dict[str, Any]:
    """Every label printed for one container, for its page."""
    rows = [[{"text": row.code, "url": f"/labels/{row.code}"}, row.layout, f"{row.printed_at:{WHEN}}", _state(row)]
            for row in labels_of(session, container)]
    return {"title": "Labels", "headers": ["label", "layout", "printed", "state"], "rows": rows,
            "empty": "No label is printed for it."}


def labels_section(session: Session, batch: str) -> dict[str, Any]:
    """The labels of a batch and whether every one is accounted for, for the page of the batch."""
    rows = labels_within(session, batch)
    count = Counter(row.state for row in rows)
    finding, = judge(ACCOUNTS, Accounting(batch, tuple((row.code, row.state) for row in rows)))
    shown = [[{"text": row.code, "url": f"/labels/{row.code}"}, row.container, _state(row)] for row in rows
             if row.state not in ACCOUNTED]
    sums = [[state, str(count[state]), ""] for state in sorted(LABEL.states) if count[state]]
    return {"title": "Labels", "note": finding.why, "headers": ["label or state", "of, or how many", "state"],
            "rows": [*shown, *sums], "empty": "No label is printed for this batch."}


PAGES = (
    Page("/labels", list_labels, "list.html"),
    Page("/labels/<label>", show_label),
    *LAYOUT_PAGES,
)
