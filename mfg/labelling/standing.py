"""What a scanned label is worth: does it stand, and is it on what the scan says. It writes nothing.

One place, asked wherever a container is known by its label.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.codes.own import kind_of
from mfg.codes.scan import Scan, label_in
from mfg.facts import Refused, judge, refuse_unless
from mfg.labelling.records import PrintedLabel
from mfg.labelling.rules import STANDS, Scanned
from mfg.quality.records import draft


def scan_of(row: PrintedLabel) -> str:
    """What a scanner sends for the square symbol of a label: for the demonstration, simulators and tests."""
    return next(f"]d1{text}" for text in row.read_back.split("\n") if "LBL" in text)


def label_scanned(session: Session, scan: Scan) -> PrintedLabel | None:
    """The label that was scanned, once it is known to stand; None when the scan names no label.

    Refused when it is unknown, void, spoiled, destroyed, not scanned back yet, or printed for another container.
    """
    told = label_in(scan)
    if told is None:
        return None
    row = session.get(PrintedLabel, told)
    on = next((part.content for part in scan.parts if kind_of(part.content) and part.number != "label"), None)
    try:
        refuse_unless(judge(STANDS, Scanned(told, row.state if row else None, row.container if row else None, on)))
    except Refused as refused:
        if row is not None and on not in (None, row.container):
            refused.leaves = mismatch(row, refused.why)
        raise
    return row


def mismatch(row: PrintedLabel, why: str) -> Any:
    """What a refusal leaves behind when a label says something else than its record: a critical deviation."""
    def leaves(session: Session, doing: Any) -> None:
        draft(session, within=within, on=code, kind="label mismatch", what=why[:2000], by=doing.by.code, at=doing.at)

    within, code = row.within or row.container, row.code
    return leaves
