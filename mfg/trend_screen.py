"""Charts and their tables as the browser wants them: pictures, files of the tables, and the review on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Flask, Response, make_response, request

from mfg.controls.pages import control_drawing
from mfg.controls.period import read_period
from mfg.controls.shown import HEADERS, flat, show_chart, table
from mfg.csv_out import csv_bytes
from mfg.db import look
from mfg.paper.shapes import to_svg
from mfg.web.pages import picture
from mfg.web.session import engine


def start(app: Flask) -> None:
    """Everybody who is signed in may look."""
    app.add_url_rule("/controls/<chart>/chart.svg", "page:control chart picture", _control_picture, methods=["GET"])
    app.add_url_rule("/controls/<chart>/runs.csv", "page:control chart file", _control_file, methods=["GET"])


def _asked() -> dict[str, str]:
    return {name: request.args.get(name, "") for name in ("from", "to")}


def _control_picture(chart: str) -> Response:
    with look(engine()) as session:
        return picture(to_svg(control_drawing(session, chart, _asked())))


def _control_file(chart: str) -> Response:
    with look(engine()) as session:
        shown = show_chart(session, chart, read_period(_asked()))
        return file(f"{shown.chart.code}.csv", HEADERS, flat(table(shown, newest_first=False)))


def file(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A table as a file to keep."""
    answer = make_response(csv_bytes(header, rows))
    answer.content_type = "text/csv; charset=utf-8"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
