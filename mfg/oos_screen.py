"""The picture of an out-of-specification result: the original and its slots. It changes nothing."""

from __future__ import annotations

from flask import Flask, Response

from mfg.db import look
from mfg.paper.drawing import to_svg
from mfg.qc.oos_pages import oos_drawing
from mfg.web.pages import picture
from mfg.web.session import engine


def start(app: Flask) -> None:
    """The picture of one."""
    app.add_url_rule("/oos/<oos>/slots.svg", "page:oos slots", _slots, methods=["GET"])


def _slots(oos: str) -> Response:
    with look(engine()) as session:
        return picture(to_svg(oos_drawing(session, oos)))
