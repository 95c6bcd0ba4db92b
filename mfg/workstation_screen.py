"""The page on which the scanner of a workstation is tried, its test symbols as pictures, and on a sheet to print."""

from __future__ import annotations

import secrets

from flask import Flask, Response, make_response
from flask_wtf.csrf import generate_csrf

from mfg.db import look
from mfg.equipment.workstation_api import DOORS
from mfg.equipment.workstation_pages import standing
from mfg.equipment.workstation_records import newest_check
from mfg.equipment.workstation_rules import BARS, SQUARE
from mfg.paper.calibration import bars_svg, sheet, square_svg
from mfg.web.pages import draw, field_of, picture
from mfg.web.session import engine, settings, workstation

CALIBRATE = DOORS[0]


def start(app: Flask) -> None:
    """One page and what is on it."""
    app.add_url_rule("/workstations/calibrate", "page:calibrate", _calibrate, methods=["GET"])
    app.add_url_rule("/workstations/square.svg", "page:square symbol", _square, methods=["GET"])
    app.add_url_rule("/workstations/bars.svg", "page:bars symbol", _bars, methods=["GET"])
    app.add_url_rule("/workstations/symbols.pdf", "page:test symbols", _sheet, methods=["GET"])


def _calibrate() -> str:
    name = workstation()
    with look(engine()) as session:
        newest = newest_check(session, name)
    told = {"workstation": name, "standing": standing(newest), "check": newest.code if newest else None,
            "action": f"{CALIBRATE.path}/{CALIBRATE.slug}", "csrf": generate_csrf(),
            "nonce": secrets.token_urlsafe(18), "main": CALIBRATE.main,
            "field": field_of("read", CALIBRATE.body().fields["read"], {
                "focus": True, "wide": True, "draft": False, "camera": False},
                              None, None)}
    heading = {"title": CALIBRATE.title, "back": "/workstations",
               "strip": [{"k": "Workstation", "v": name, "code": True, "grow": True, "timer_until": None}]}
    return draw("calibrate.html", heading, calibrate=told)


def _square() -> Response:
    return picture(square_svg(SQUARE, "Test symbol of a scanner: a Data Matrix"))


def _bars() -> Response:
    return picture(bars_svg(BARS, "Test symbol of a scanner: a Code 128"))


def _sheet() -> Response:
    answer = make_response(sheet(SQUARE, BARS, settings().facility_name))
    answer.content_type = "application/pdf"
    answer.headers.set("Content-Disposition", "inline", filename="scanner-test-symbols.pdf")
    return answer
