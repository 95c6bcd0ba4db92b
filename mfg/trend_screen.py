"""Charts and their tables as the browser wants them: pictures, files of the tables, and the review on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Flask, Response, make_response, request

from mfg.controls.pages import control_drawing
from mfg.controls.period import Period, read_period
from mfg.controls.shown import HEADERS, flat, on_paper, show_chart, table
from mfg.csv_out import csv_bytes
from mfg.db import look
from mfg.ledger import now
from mfg.paper.shapes import to_svg
from mfg.paper.trend import ChartPaper, chart_pdf
from mfg.trending import shown as shown_as
from mfg.trending.api import one_trend
from mfg.trending.pages import trend_drawing
from mfg.trending.paper import draft_pdf, review_pdf
from mfg.trending.review_pages import draft_period, review_drawing
from mfg.web.pages import picture as svg
from mfg.web.session import engine


def start(app: Flask) -> None:
    """Everybody who is signed in may look."""
    app.add_url_rule("/controls/<chart>/chart.svg", "page:control chart picture", _control_picture, methods=["GET"])
    app.add_url_rule("/controls/<chart>/runs.csv", "page:control chart file", _control_file, methods=["GET"])
    app.add_url_rule("/controls/<chart>/chart.pdf", "page:control chart on paper", _control_paper, methods=["GET"])
    app.add_url_rule("/trends/<series>/chart.svg", "page:trend picture", _trend_picture, methods=["GET"])
    app.add_url_rule("/trends/<series>/values.csv", "page:trend file", _trend_file, methods=["GET"])
    app.add_url_rule("/trends/<series>/chart.pdf", "page:trend on paper", _trend_paper, methods=["GET"])
    app.add_url_rule("/product-quality-review/<period>/draft.pdf", "page:quality review draft", _draft,
                     methods=["GET"])
    app.add_url_rule("/product-quality-reviews/<quality_review>/review.pdf", "page:quality review on paper", _review,
                     methods=["GET"])
    app.add_url_rule("/product-quality-review-pictures/<picture>.svg", "page:quality review picture", _review_picture,
                     methods=["GET"])


def _asked() -> dict[str, str]:
    return {name: request.args.get(name, "") for name in ("from", "to")}


def _control_picture(chart: str) -> Response:
    with look(engine()) as session:
        return svg(to_svg(control_drawing(session, chart, _asked())))


def _control_file(chart: str) -> Response:
    with look(engine()) as session:
        shown = show_chart(session, chart, read_period(_asked()))
        return file(f"{shown.chart.code}.csv", HEADERS, flat(table(shown, newest_first=False)))


def _control_paper(chart: str) -> Response:
    period = read_period(_asked())
    with look(engine()) as session:
        return _chart_paper(on_paper(show_chart(session, chart, period)), period)


def _chart_paper(chart: ChartPaper, period: Period) -> Response:
    return pdf(chart_pdf(chart, str(period), f"{now():%Y-%m-%d %H:%M} UTC"))


def _trend_picture(series: str) -> Response:
    with look(engine()) as session:
        return svg(to_svg(trend_drawing(session, series, read_period(_asked()))))


def _trend_file(series: str) -> Response:
    with look(engine()) as session:
        shown = one_trend(session, series, read_period(_asked()))
        return file(f"{shown.series.key}.csv", shown_as.HEADERS, flat(shown_as.table(shown, newest_first=False)))


def _trend_paper(series: str) -> Response:
    period = read_period(_asked())
    with look(engine()) as session:
        return _chart_paper(shown_as.on_paper(one_trend(session, series, period)), period)


def _draft(period: str) -> Response:
    with look(engine()) as session:
        return pdf(draft_pdf(session, draft_period(period), now()))


def _review(quality_review: str) -> Response:
    with look(engine()) as session:
        return pdf(review_pdf(session, quality_review, now()))


def _review_picture(picture: str) -> Response:
    with look(engine()) as session:
        return svg(to_svg(review_drawing(session, picture)))


def pdf(content: bytes) -> Response:
    """A document to read or print."""
    answer = make_response(content)
    answer.content_type = "application/pdf"
    return answer


def file(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A table as a file to keep."""
    answer = make_response(csv_bytes(header, rows))
    answer.content_type = "text/csv; charset=utf-8"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
