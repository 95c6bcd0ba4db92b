"""The killing curve of a result of potency as a picture. It changes nothing."""

from __future__ import annotations

from flask import Flask, Response

from mfg.db import look
from mfg.paper.drawing import to_svg
from mfg.paper.potency_curve import potency_curve
from mfg.qc.records import result as result_of
from mfg.qc.records import specification_of
from mfg.qc.result_page import curve_drawing
from mfg.web.pages import picture
from mfg.web.session import engine


def start(app: Flask) -> None:
    """The picture of one."""
    app.add_url_rule("/results/<result>/potency.svg", "page:killing curve", _curve, methods=["GET"])


def _curve(result: str) -> Response:
    with look(engine()) as session:
        row = result_of(session, result)
        drawn = curve_drawing(session, row, specification_of(session, row.batch).test(row.test))
        # a result that rests on no ratios has a picture that says so; no page shows it
        return picture(to_svg(drawn or potency_curve([])))
