"""What is shown of controls. It changes nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.controls.api import DOORS, all_charts
from mfg.controls.period import period_fields, read_period
from mfg.controls.records import ControlChart, ControlRun, control_run, versions_of
from mfg.controls.records import chart as chart_of
from mfg.controls.rules import BASES, CONTROL_RUN, NEEDED
from mfg.controls.shown import HEADERS, ChartShown, charts_shown, fixed, off, show_chart, stamp, table
from mfg.doors import Page
from mfg.facts import plain
from mfg.paper.control_chart import control_chart, says
from mfg.paper.shapes import Drawing
from mfg.quality.shown import actions, by_at, moment
from mfg.units import in_words

NEW = [{"url": "/controls/set-up-control-chart", "label": "Set up a control chart", "danger": False, "main": False},
       {"url": "/controls/record-control-run", "label": "Record a control run", "danger": False, "main": True}]


def list_controls(session: Session) -> dict[str, Any]:
    """Every chart in force, then runs on the way to one, then earlier versions."""
    shown = charts_shown(session, all_charts(session))
    rows = [_row(one) for one in shown]
    current = sum(one.chart.until is None for one in shown)
    rows[current:current] = _without_chart(session, [one.chart for one in shown])
    return {"title": "Controls", "rows": rows, "empty": "No control was run.", "actions": NEW,
            "headers": ["Chart", "State", "Test", "Level", "Lot", "Centre ± SD", "Runs", "Newest run, UTC"],
            "about": "Each chart says whether the newest run of its control is in order."}


def _row(shown: ChartShown) -> list[Any]:
    of, (verdict, word) = shown.chart, shown.state
    return [{"text": f"{of.code}", "url": f"/controls/{of.code}", "code": True, "sub": f"version {of.number}"},
            {"verdict": "TODO" if of.until else verdict.value, "text": word}, of.test, of.level, of.lot, fixed(of),
            str(len(shown.counted) + shown.earlier), stamp(shown.counted[-1].run_at) if shown.counted else "none"]


def _without_chart(session: Session, charts: list[ControlChart]) -> list[list[Any]]:
    """Runs of a lot that has no chart: how far they are on the way to one."""
    has = {(one.test, one.level, one.lot, one.unit) for one in charts}
    found: dict[tuple[str, str, str, str], list[ControlRun]] = {}
    for one in session.scalars(select(ControlRun).order_by(ControlRun.run_at, ControlRun.code)):
        if (key := (one.test, one.level, one.lot, one.unit)) not in has:
            found.setdefault(key, []).append(one)
    return [["none yet", {"verdict": "CANNOT DETERMINE", "text":
                          f"{sum(one.state == 'reviewed' for one in runs)} of {NEEDED} reviewed runs"},
             test, level, lot, "not known", str(len(runs)), stamp(runs[-1].run_at)]
            for (test, level, lot, _), runs in found.items()]


def show_control(session: Session, *, chart: str, **asked: str) -> dict[str, Any]:
    """One chart: its picture, its runs, its versions."""
    period = read_period(asked)
    shown = show_chart(session, chart, period)
    of, (verdict, word) = shown.chart, shown.state
    here = f"/controls/{of.code}"
    gone = [one.code for one in shown.runs if one.excluded_at and one.recorded_at <= of.set_up_at < one.excluded_at]
    since = [("Excluded since, of those it was made from", {"verdict": "CANNOT DETERMINE", "text": ", ".join(gone)},
              False)] if gone and of.basis == "runs" else []
    given = f"test={quote(of.test)}&level={quote(of.level)}&unit={quote(of.unit)}"
    return {"code": of.code, "title": shown.title, "state": word, "verdict": verdict.value,
            "pairs": [*_pairs(of), *since],
            "filters": period_fields(period), "version": str(of.version),
            "drawings": [{"svg_url": f"{here}/chart.svg{period.asked}", "headers": list(HEADERS),
                          "alt": says(shown.title, shown.unit, shown.points, shown.lines), "rows": table(shown)}],
            "sections": [{"title": "Runs, the newest first", "headers": list(HEADERS), "rows": table(shown),
                          "note": f"{shown.earlier} earlier runs of this period are not shown; choose an earlier one."
                          if shown.earlier else "", "empty": "No run of this lot in this period."},
                         _versions(session, of)],
            "actions": [{"url": f"{here}/runs.csv{period.asked}", "label": "Table as a file", "danger": False,
                         "main": False},
                        {"url": f"{here}/chart.pdf{period.asked}", "label": "Open as PDF", "danger": False,
                         "main": False},
                        {"url": f"/controls/record-control-run?{given}", "label": "Record a run", "danger": False,
                         "main": of.until is None}],
            "strip": [{"k": "Control chart", "v": of.code, "code": True}, {"k": "Lot", "v": of.lot, "code": True}]}


def _pairs(of: ControlChart) -> list[tuple[str, Any, bool]]:
    return [(name, value, False) for name, value in (
        ("Test", of.test), ("Level", of.level), ("Lot", {"text": of.lot, "url": f"/lots/{of.lot}", "code": True}),
        ("Centre ± SD", f"{plain(of.centre)} ± {plain(of.sd)} {in_words(of.unit)}"),
        ("Comes from", f"{BASES[of.basis]}{f': {of.made_from}' if of.made_from else ''}"), ("Rejects by", of.rules),
        ("A run speaks for", f"{of.hours} h"), ("Version", str(of.number)),
        ("Set up", by_at(of.set_up_by, of.set_up_at)), ("In force until", moment(of.until) if of.until else "now"))]


def _versions(session: Session, of: ControlChart) -> dict[str, Any]:
    rows = [[{"text": one.code, "url": f"/controls/{one.code}", "code": True}, str(one.number), one.lot, fixed(one),
             by_at(one.set_up_by, one.set_up_at), moment(one.until) if one.until else "in force"]
            for one in reversed(versions_of(session, of.test, of.level))]
    return {"title": "Versions", "headers": ["Chart", "Version", "Lot", "Centre ± SD", "Set up", "Until"], "rows": rows}


def control_drawing(session: Session, chart: str, asked: dict[str, str]) -> Drawing:
    """The picture of a chart in a period."""
    shown = show_chart(session, chart, read_period(asked))
    return control_chart(shown.title, shown.unit, shown.points, shown.lines)


def show_run(session: Session, *, run: str) -> dict[str, Any]:
    """One control run."""
    row = control_run(session, run)
    chart = chart_of(session, row.chart) if row.chart else None
    pairs: list[tuple[str, Any, bool]] = [(name, value, False) for name, value in (
        ("Test", row.test), ("Level", row.level), ("Lot", {"text": row.lot, "url": f"/lots/{row.lot}", "code": True}),
        ("Value", f"{plain(row.value)} {in_words(row.unit)}".rstrip()),
        ("Off the centre", off(row.value, chart.centre, chart.sd) if chart else "no chart was in force"),
        ("Chart", {"text": chart.code, "url": f"/controls/{chart.code}", "code": True} if chart else "none"),
        ("The rules said when it was recorded", f"{row.verdict}{f': {row.broken}' if row.broken else ''}"),
        ("Deviation", {"text": row.deviation, "url": f"/deviations/{row.deviation}", "code": True}
         if row.deviation else "none"), ("Measured together with", row.series if row.series != row.code else "none"),
        ("Instrument", {"text": row.equipment, "url": f"/equipment/{row.equipment}", "code": True}),
        ("Run", by_at(row.run_by, row.run_at)), ("Recorded", moment(row.recorded_at)),
        ("Reviewed", by_at(row.reviewed_by, row.reviewed_at)), ("Remark", row.note or "none"))]
    if row.excluded_at:
        pairs.append(("Excluded", f"{by_at(row.excluded_by, row.excluded_at)}: {row.excluded_why}", False))
    verbs = [move.verb for move in CONTROL_RUN.moves if row.state in move.before]
    return {"code": row.code, "title": f"Control run {row.code}", "state": f"{row.state}, {row.verdict}",
            "verdict": "TODO" if row.state == "excluded" else row.verdict, "pairs": pairs, "sections": [],
            "drawings": [], "version": str(row.version),
            "actions": actions(DOORS, f"/control-runs/{row.code}", verbs, "review control run"),
            "strip": [{"k": "Control run", "v": row.code, "code": True}]}


PAGES = (
    Page("/controls", list_controls, "list.html"),
    Page("/controls/<chart>", show_control, asks=("from", "to")),
    Page("/control-runs/<run>", show_run),
)
