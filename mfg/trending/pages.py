"""What is shown of trends. It changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.controls.period import Period, period_fields, read_period
from mfg.doors import Page
from mfg.paper.control_chart import control_chart, says
from mfg.paper.shapes import Drawing
from mfg.trending.api import one_trend
from mfg.trending.found import trends
from mfg.trending.review_pages import REVIEW_PAGES
from mfg.trending.series import SERIES
from mfg.trending.shown import HEADERS, state_cell, table, value_told
from mfg.trending.trend import Trend


def list_trends(session: Session, **asked: str) -> dict[str, Any]:
    """Every series with what it says now."""
    period = read_period(asked)
    rows = [[{"text": one.series.title, "url": f"/trends/{one.series.key}{period.asked}"}, state_cell(one),
             value_told(one, len(one.values) - 1) if one.values else "none",
             one.values[-1].label if one.values else "", str(len(one.counted)),
             f"{len(one.out)} of {len(one.values)}", one.series.about]
            for one in trends(session, list(SERIES.values()), period)]
    return {"title": "Trends", "rows": rows, "empty": "There is no series.", "filters": period_fields(period),
            "headers": ["Series", "State", "Newest", "Of", "Numbers", "Out", "What it is"],
            "about": "From batch to batch. A series says FAIL when its newest value is outside its limit or out of "
                     "trend.",
            "actions": [{"url": "/controls", "label": "Controls of the tests", "danger": False, "main": False},
                        {"url": "/product-quality-review", "label": "Product quality review", "danger": False,
                         "main": False}]}


def show_trend(session: Session, *, series: str, **asked: str) -> dict[str, Any]:
    """One series: its picture and its values, the newest first."""
    period = read_period(asked)
    shown = one_trend(session, series, period)
    verdict, word = shown.state
    here = f"/trends/{shown.series.key}"
    more = f" {shown.earlier} earlier values of this period are not shown; choose an earlier period." \
        if shown.earlier else ""
    return {"title": shown.series.title, "state": word, "verdict": verdict.value, "back": "/trends",
            "about": f"{shown.series.about} {shown.made_from}{more}", "filters": period_fields(period),
            "drawings": [{"svg_url": f"{here}/chart.svg{period.asked}", "alt": _alt(shown)}],
            "headers": list(HEADERS), "rows": table(shown), "empty": "No value in this period.",
            "actions": [{"url": f"{here}/values.csv{period.asked}", "label": "Table as a file", "danger": False,
                         "main": False},
                        {"url": f"{here}/chart.pdf{period.asked}", "label": "Open as PDF", "danger": False,
                         "main": False}]}


def _alt(shown: Trend) -> str:
    return says(shown.series.title, shown.unit, shown.points, shown.lines)


def trend_drawing(session: Session, key: str, period: Period) -> Drawing:
    """The picture of a series."""
    shown = one_trend(session, key, period)
    return control_chart(shown.series.title, shown.unit, shown.points, shown.lines)


PAGES = (
    *REVIEW_PAGES,
    Page("/trends", list_trends, "list.html", asks=("from", "to")),
    Page("/trends/<series>", show_trend, "list.html", asks=("from", "to")),
)
