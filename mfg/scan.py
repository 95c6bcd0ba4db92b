"""A scanned code leads to the place it belongs. A wrong one is kept as a refused attempt, and nothing else is written;
a scan inside a step is that step's matter.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Flask, make_response, redirect, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.divisions import bag_labelled
from mfg.codes import own
from mfg.codes.part import quoted
from mfg.codes.scan import Scan, label_in, read
from mfg.db import look
from mfg.donors.records import Collection
from mfg.facts import Refused, shown
from mfg.labelling.records import PrintedLabel
from mfg.ledger import act, now
from mfg.trial.records import Recipient
from mfg.web.pages import draw
from mfg.web.session import engine, open_desk, who_acts

PLACES = {"batch": "/batches/", "dose": "/doses/", "container": "/containers/", "sample": "/samples/",
          "lot": "/lots/", "label": "/labels/", "deviation": "/deviations/", "equipment": "/equipment/",
          "room": "/areas/", "workstation check": "/workstations/checks/", "line clearance": "/clearances/",
          "monitoring session": "/monitoring/", "monitoring plate": "/plates/", "hand-over": "/handovers/",
          "shipment": "/shipments/", "collection": "/collections/", "donor": "/donors/", "person": "/people/",
          "CAPA": "/capa/", "change": "/changes/", "blank record": "/blanks/", "paper sheet": "/sheets/",
          "printer": "/printers/", "print job": "/jobs/"}
#: states of a label that leads to its container; any other leads to its own page, which says what to do with it
ON_IT = ("verified", "applied")


def place_of(session: Session, text: str, *, typed: bool) -> str:
    """The URL a code leads to, or a refusal that names what was scanned."""
    scan = read(text, typed=typed and not text.startswith("]"))
    told = label_in(scan)
    label = session.get(PrintedLabel, told) if told else None  # held here, so that it is read once
    if label is not None and label.state not in ON_IT:
        return f"/labels/{label.code}"
    if scan.system == "own":
        code = scan.parts[0].content
        kind = own.kind_of(code)
        if kind in PLACES:
            return PLACES[kind] + code
        raise Refused(f"That is the {kind} {code}; there is no page for it.", kind="not found")
    return _isbt_place(session, scan)


def _isbt_place(session: Session, scan: Scan) -> str:
    bag = bag_labelled(session, scan.raw)
    if bag is not None:
        return f"/containers/{bag.code}"
    for part in scan.parts:
        if part.number == "001":
            code = session.scalar(select(Collection.code).where(Collection.din == part.content[:13]))
            if code:
                return f"/collections/{code}"
        if part.number == "040":
            code = session.scalar(select(Recipient.code).where(Recipient.coi == part.content))
            if code:
                return f"/recipients/{code}"
    names = ", ".join(f"{part.name} {part.content}" for part in scan.parts)
    raise Refused(f"You scanned: {names}. Nothing in this facility has it. Scan the label on the bag, the lot or "
                  "the batch.", kind="not found")


def scan_page() -> Any:
    """GET /scan?code=…: go there, or stop and say what was scanned."""
    text, typed = request.args.get("code", "")[:4000], request.args.get("typed") == "yes"
    try:
        with look(engine()) as session:
            return redirect(place_of(session, text, typed=typed), 303)
    except Refused as refused:
        keep_attempt(text, refused)
        return make_response(_stop(text, refused.why), 404)


def keep_attempt(text: str, refused: Refused) -> None:
    """A wrong scan is kept as a refused attempt; one that opened something writes nothing."""
    who = who_acts(signing=None, reason="", nonce=None)
    with suppress(Refused), open_desk() as session, act(session, "look up code", on=quoted(text), **who.how):
        raise refused


#: offered where the keyboard of the workstation is what is wrong
CALIBRATE = "/workstations/calibrate"


def _stop(text: str, why: str) -> str:
    visible = shown(text)
    stop = {"title": "Nothing opens with this code.", "why": why,
            "rows": [{"k": "Code", "expected": "a code of this facility", "scanned": visible, "code": True,
                      "differs": True}],
            "next": "Scan again. If the label is damaged, type the code with its check character.",
            "actions": [{"url": "/", "label": "Scan again", "main": True, "danger": False}] + (
                [{"url": CALIBRATE, "label": "Calibrate the scanner", "main": False, "danger": False}]
                if CALIBRATE in why else []),
            "recorded": f"{now():%Y-%m-%d %H:%M} UTC, as an attempt",
            "raw": visible}
    return draw("scan_stop.html", {"title": "Wrong scan", "strip": [], "back": "/"}, stop=stop)


def start(app: Flask) -> None:
    """One page, for whoever is signed in."""
    app.add_url_rule("/scan", "scan", scan_page, methods=["GET"])
