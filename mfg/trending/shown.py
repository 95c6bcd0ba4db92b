"""A trend as people see it: its table and its state as cells, the same for page, file, JSON and paper."""

from __future__ import annotations

from typing import Any

from mfg.canonical import plain_data
from mfg.controls.shown import flat
from mfg.facts import plain, significant
from mfg.paper.trend import ChartPaper
from mfg.trending.trend import Trend

HEADERS = ("Batch or dose", "When, UTC", "Value", "Off the centre", "Says", "From")


def says(shown: Trend, place: int) -> dict[str, str]:
    """What is said of one value, as a cell: colour, shape and word."""
    one, broken = shown.values[place], shown.broken.get(place, ())
    if one.left_out:
        return {"verdict": "TODO", "text": "left out", "sub": one.left_out}
    if broken:
        return {"verdict": "FAIL" if shown.bad(place) else "CANNOT DETERMINE", "text": ", ".join(broken)}
    if one.bound or shown.shewhart is None:
        return {"verdict": "TODO", "text": "only a bound" if one.bound else "not judged yet"}
    return {"verdict": "PASS", "text": "in order"}


def table(shown: Trend, *, newest_first: bool = True) -> list[list[Any]]:
    """The values as rows of a page."""
    found = shown.shewhart
    rows = [[one.label, f"{one.at:%Y-%m-%d %H:%M}", value_told(shown, place),
             f"{(one.value - found.centre) / found.sd:+.2f} SD" if found and not one.bound else "",
             says(shown, place), {"text": one.record, "url": one.url, "code": True}]
            for place, one in enumerate(shown.values)]
    return rows[::-1] if newest_first else rows


def value_told(shown: Trend, place: int) -> str:
    """A value with its unit; one that was calculated is rounded for reading."""
    one = shown.values[place]
    told = plain(one.value) if len(one.value.as_tuple().digits) <= 8 else significant(one.value, 4)
    return f"{one.bound}{told} {shown.unit}".rstrip()


def state_cell(shown: Trend) -> dict[str, str]:
    """The state of a series."""
    verdict, word = shown.state
    return {"verdict": verdict.value, "text": word}


def trend_data(shown: Trend) -> dict[str, Any]:
    """One series as plain data, every number exact."""
    verdict, word = shown.state
    found = shown.shewhart
    answer: dict[str, Any] = plain_data({
        "series": shown.series.key, "title": shown.series.title, "unit": shown.series.unit, "verdict": verdict.value,
        "word": word, "centre": found.centre if found else None, "sd": found.sd if found else None,
        "low": shown.limits.low, "high": shown.limits.high, "limits": shown.limits.word, "earlier": shown.earlier,
        "values": [{"of": one.label, "at": one.at, "value": one.value, "bound": one.bound, "record": one.record,
                    "url": one.url, "outside": one.outside, "says": list(shown.broken.get(place, ())),
                    "left_out": one.left_out}
                   for place, one in enumerate(shown.values)]})
    return answer


def on_paper(shown: Trend) -> ChartPaper:
    """The same for paper."""
    verdict, word = shown.state
    return ChartPaper(shown.series.title, shown.unit, verdict.value, word, f"{shown.series.about} {shown.made_from}",
                      shown.points, shown.lines, HEADERS, flat(table(shown, newest_first=False)))
