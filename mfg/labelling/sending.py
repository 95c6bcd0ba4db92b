"""A label sent to a printer on the network, from its own page. The label was drawn, proved and recorded before.

A raw printer gets the same layout and facts as ZPL, one that speaks IPP the very PDF that was proved. Printing knows a
label by its number only; sending itself is the worker's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.db import look
from mfg.doors import Door, Pairs
from mfg.facts import Refused
from mfg.fields import Body, Words
from mfg.files import KeptFile
from mfg.labelling.layouts import layout_in
from mfg.labelling.records import PrintedLabel
from mfg.labelling.records import label as label_of
from mfg.ledger import Who, act
from mfg.paper.labels import Layout, load_layout, render_pdf, render_zpl
from mfg.printing.acts import queue
from mfg.printing.records import printer as printer_of
from mfg.printing.records import printers_in_use, standing_job
from mfg.printing.rules import FORMS

Content = tuple[bytes, str, tuple[Decimal, Decimal]]


def send_to_printer(session: Session, who: Who, *, label: str, printer: str) -> str:
    """Queue an issued label for a printer that has its dots and its size. Returns the code of the print job.

    The bytes are made before the act, from what was recorded of the label and never changes.
    """
    with look(session.get_bind().engine) as reading:
        content, form, size = _content(reading, label_of(reading, label), FORMS[printer_of(reading, printer).kind])
    with act(session, "send to printer", on=label, **who.how) as doing:
        row = label_of(session, label)
        doing.within = row.within or ""
        if row.state != "issued":
            raise Refused(f"{label} is {row.state}, so it is on paper already or out of use. Ask for a reprint and say "
                          "why, and send the new label.")
        doing.result = queue(session, doing, printer=printer, of=label, form=form, content=content,
                             title=f"Label {label}", dpi=row.dpi, size_mm=size)
    return doing.result


def no_longer_wanted(session: Session, of: str) -> str:
    """Why a label that was queued is not to come out any more: it is on paper by now, or void."""
    row = session.get(PrintedLabel, of)
    return f"{of} is {row.state} by now, and is not printed." if row is not None and row.state != "issued" else ""


def _content(session: Session, row: PrintedLabel, form: str) -> Content:
    """The bytes of a label for a kind of printer, their form, and its size in mm."""
    facts: dict[str, str] = json.loads(row.facts)
    layout, dpi = _layout(session, row, facts), row.dpi or 300
    wide, tall = (Decimal(str(side)) for side in layout.size)
    if form == "zpl":
        return render_zpl(layout, facts, dpi), form, (wide, tall)
    kept = session.scalar(select(KeptFile).where(KeptFile.code == row.pdf_hash))
    return bytes(kept.content) if kept else render_pdf(layout, facts, dpi), form, (wide, tall)


def _layout(session: Session, row: PrintedLabel, facts: Mapping[str, str]) -> Layout:
    """The layout it was printed by, in the version it names; labels from before that was kept name none."""
    return layout_in(session, facts["layout"]) if "/" in facts.get("layout", "") else load_layout(row.layout)


class ChoosePrinter(Body):
    """Where it is to come out."""

    printer = Words("Printer", limit=20)


def _printers(session: Session, *, label: str) -> Mapping[str, Mapping[str, Any]]:
    """The printers that have the dots of this label; the only one is chosen already."""
    dpi = label_of(session, label).dpi
    fitting = [one for one in printers_in_use(session) if one.dpi == dpi]
    choices = [(one.code, f"{one.name}, {one.place} ({one.dpi} dpi)") for one in fitting]
    hint = "" if fitting else f"No printer of {dpi} dpi is in use. Register one, or open the PDF and print that."
    return {"printer": {"kind": "choice", "choices": choices, "hint": hint,
                        "value": fitting[0].code if len(fitting) == 1 else ""}}


def _shows(session: Session, *, label: str) -> Pairs:
    row = label_of(session, label)
    return [("Label", f"{row.code}, {row.state}"), ("On", row.container)]


def sendable(session: Session, row: PrintedLabel) -> bool:
    """Whether it can be sent to a printer now."""
    return row.state == "issued" and standing_job(session, row.code) is None and bool(printers_in_use(session))


DOORS = (
    Door("send to printer", "/labels/<label>", send_to_printer, "Send the label to a printer", "Send it to the printer",
         lambda code: f"/jobs/{code}", body=ChoosePrinter, prepares=_printers, shows=_shows,
         intro="It comes out once. Stand at the printer, then scan back what came out."),
)
