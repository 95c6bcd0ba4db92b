"""A control chart as people see it: its points, its lines, its table, its state. It judges by `westgard.py` alone and
changes nothing; page, picture, JSON, file and product quality review all read the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.controls.period import Period
from mfg.controls.records import ControlChart, ControlRun, judged_runs
from mfg.controls.records import chart as chart_of
from mfg.controls.westgard import WARNING, rejects, telling
from mfg.facts import Verdict, plain, significant
from mfg.paper.control_chart import MOST, Lines, Plotted
from mfg.paper.trend import ChartPaper
from mfg.units import in_words

HEADERS = ("Run", "When, UTC", "Value", "Off the centre", "Says", "Instrument", "By", "Deviation")


@dataclass(frozen=True)
class ChartShown:
    """One version of a chart with its runs of a period, oldest first, and what the rules say of each."""

    chart: ControlChart
    runs: tuple[ControlRun, ...]
    broken: dict[str, tuple[str, ...]]
    #: how many runs of the period lie before those shown
    earlier: int = 0

    @property
    def title(self) -> str:
        """What is controlled."""
        return f"Control of {self.chart.test}, {self.chart.level}"

    @property
    def unit(self) -> str:
        """As people write it."""
        return in_words(self.chart.unit)

    @property
    def lines(self) -> Lines:
        """Centre and SD as they were fixed."""
        return Lines(self.chart.centre, self.chart.sd)

    @property
    def points(self) -> list[Plotted]:
        """Every run as a point, excluded ones hollow."""
        return [Plotted(one.code, one.run_at, one.value, broken=telling(self.broken.get(one.code, ())),
                        rejects=bool(rejects(self.broken.get(one.code, ()))), left_out=one.excluded_why)
                for one in self.runs]

    @property
    def counted(self) -> tuple[ControlRun, ...]:
        """Those not excluded."""
        return tuple(one for one in self.runs if one.state != "excluded")

    @property
    def state(self) -> tuple[Verdict, str]:
        """What the newest run that counts says, in a verdict and words."""
        if self.chart.until is not None:
            return Verdict.CANNOT_DETERMINE, "followed by a newer version"
        if not self.counted:
            return Verdict.CANNOT_DETERMINE, "no run yet"
        newest = self.counted[-1]
        found = rejects(self.broken.get(newest.code, ()))
        if found:
            return Verdict.FAIL, f"out of control: {', '.join(found)}"
        return Verdict.PASS, "in control, warning" if self.broken.get(newest.code) else "in control"


def show_chart(session: Session, code: str, period: Period | None = None) -> ChartShown:
    """One version of a chart with its newest runs of a period: three statements."""
    row = chart_of(session, code)
    return charts_shown(session, [row], period)[0]


def charts_shown(session: Session, rows: Sequence[ControlChart], period: Period | None = None) -> list[ChartShown]:
    """The same of several charts with their runs read at once. Rules look at every run, the picture at those of the
    period."""
    tests = {one.test for one in rows}
    runs = list(session.scalars(select(ControlRun).where(ControlRun.test.in_(tests)).order_by(
        ControlRun.run_at, ControlRun.code)))
    beside = list(session.scalars(select(ControlChart).where(ControlChart.test.in_(tests))))
    return [_shown(one, runs, beside, period or Period()) for one in rows]


def _shown(of: ControlChart, runs: Sequence[ControlRun], charts: Sequence[ControlChart], period: Period) -> ChartShown:
    mine = [one for one in runs if one.test == of.test]
    broken = judged_runs(mine, [of, *_beside(of, charts)])
    own = [one for one in mine if (one.level, one.lot, one.unit) == (of.level, of.lot, of.unit)
           and period.holds(one.run_at)]
    return ChartShown(of, tuple(own[-MOST:]), broken, max(0, len(own) - MOST))


def _beside(of: ControlChart, charts: Sequence[ControlChart]) -> list[ControlChart]:
    """Of every other level the version that was in force with this one last."""
    def together(one: ControlChart) -> bool:
        return (of.until is None or one.set_up_at < of.until) and (one.until is None or one.until > of.set_up_at)

    newest = {one.level: one for one in sorted(charts, key=lambda one: one.number)
              if one.test == of.test and one.level != of.level and together(one)}
    return list(newest.values())


def says(one: ControlRun, broken: Sequence[str]) -> dict[str, str]:
    """What the rules say of a run, as a cell: colour, shape and word."""
    if one.state == "excluded":
        return {"verdict": "TODO", "text": "excluded", "sub": one.excluded_why}
    waits = {"sub": "waits for its review"} if one.state == "recorded" else {}
    if rejects(broken):
        return {"verdict": "FAIL", "text": ", ".join(broken)} | waits
    return waits | ({"verdict": "CANNOT DETERMINE", "text": f"{WARNING}, warning"} if broken else
                    {"verdict": "PASS", "text": "in order"})


def off(value: Decimal, centre: Decimal, sd: Decimal) -> str:
    """How many SD from the centre, for reading."""
    return f"{(value - centre) / sd:+.2f} SD"


def table(shown: ChartShown, *, newest_first: bool = True) -> list[list[Any]]:
    """The runs as rows of a page."""
    rows = [[{"text": one.code, "url": f"/control-runs/{one.code}", "code": True}, stamp(one.run_at),
             f"{plain(one.value)} {shown.unit}".rstrip(), off(one.value, shown.chart.centre, shown.chart.sd),
             says(one, shown.broken.get(one.code, ())), one.equipment, one.run_by,
             {"text": one.deviation, "url": f"/deviations/{one.deviation}", "code": True} if one.deviation else ""]
            for one in shown.runs]
    return rows[::-1] if newest_first else rows


def stamp(at: datetime) -> str:
    """A moment as people read it, the zone stands in the head of its column."""
    return f"{at:%Y-%m-%d %H:%M}"


def flat(rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    """The rows of a page as text, for a file or paper."""
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Any) -> str:
    if isinstance(cell, dict):
        return f"{cell['text']}{': ' + cell['sub'] if cell.get('sub') else ''}"
    return str(cell)


def fixed(of: ControlChart) -> str:
    """Centre and SD in words."""
    return f"{significant(of.centre, 4)} ± {significant(of.sd, 3)} {in_words(of.unit)}".rstrip()


def on_paper(shown: ChartShown) -> ChartPaper:
    """The same for paper."""
    verdict, word = shown.state
    of = shown.chart
    about = (f"Chart {of.code}, version {of.number}, lot {of.lot}: {plain(of.centre)} ± {plain(of.sd)} {shown.unit}; "
             f"rejects by {of.rules}.")
    return ChartPaper(shown.title, shown.unit, verdict.value, word, about, shown.points, shown.lines, HEADERS,
                      flat(table(shown, newest_first=False)))
