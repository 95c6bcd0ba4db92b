"""Reading trends. Product quality reviews stand in `review_api.py`, with the door that signs one."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.controls.period import Period
from mfg.doors import View
from mfg.trending.found import trends
from mfg.trending.review_api import REVIEW_DOORS, REVIEW_VIEWS
from mfg.trending.series import SERIES, series
from mfg.trending.shown import trend_data
from mfg.trending.trend import Trend


def one_trend(session: Session, key: str, period: Period) -> Trend:
    """One series over a period."""
    return trends(session, [series(key)], period)[0]


def read_trends(session: Session) -> list[dict[str, Any]]:
    """Every series with its state, without its values."""
    return [{name: value for name, value in trend_data(one).items() if name != "values"}
            for one in trends(session, list(SERIES.values()), Period())]


DOORS = REVIEW_DOORS
VIEWS = (
    *REVIEW_VIEWS,
    View("/trends", read_trends, "Every series from batch to batch with its state"),
    View("/trends/<series>", lambda session, series: trend_data(one_trend(session, series, Period())),
         "One series with its newest values and what is said of each"),
)
