"""What a scanned label is worth: does it stand, and is it on what the scan says. It writes nothing.

One place, asked wherever a container is known by its label.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.codes.own import kind_of
from mfg.codes.scan import Scan, label_in
from mfg.facts import judge, refuse_unless
from mfg.labelling.records import PrintedLabel
from mfg.labelling.rules import STANDS, Scanned


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
    refuse_unless(judge(STANDS, Scanned(told, row.state if row else None, row.container if row else None, on)))
    return row
