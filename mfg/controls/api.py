"""The doors of controls, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.controls import acts
from mfg.controls.records import ControlChart, ControlRun, control_run, tests_in_use
from mfg.controls.records import chart as chart_of
from mfg.controls.rules import BASES, NEEDED
from mfg.controls.shown import ChartShown, charts_shown, show_chart
from mfg.controls.westgard import MULTIRULES, USUAL
from mfg.doors import Door, Pairs, View
from mfg.facts import plain
from mfg.fields import Body, Choice, Count, Moment, Number, Scanned, Words
from mfg.units import in_words


class SetUpChart(Body):
    """The chart of a control, or its next version for a new lot."""

    test = Words("Test", limit=80)
    level = Words("Level of the control", limit=40, hint="Such as low, normal, high; written the same every time.")
    lot = Scanned("Lot of the control material", hint="Scan its label.", takes=("lot",))
    unit = Words("Unit", limit=40, hint="UCUM, as the value is measured: %, {cells}/mL.")
    basis = Choice("Centre and SD come from", BASES)
    centre = Number("Assigned value", "", required=False, hint="Only for the value assigned to the lot.")
    sd = Number("Assigned SD", "", above="0", required=False, hint="Only for the value assigned to the lot.")
    rules = Words("Rules that reject", limit=200, required=False,
                  hint=f"Empty: {', '.join(USUAL)}. Others: 8-x, 12-x, 7-T. Parted by commas.")
    hours = Count("A run speaks for the tests of the next", low=1, high=24 * 31, hint="Hours, from the method.")


class RecordControlRun(Body):
    """One value of one control."""

    test = Words("Test", limit=80)
    level = Words("Level of the control", limit=40, hint="As on the chart: low, normal, high.")
    lot = Scanned("Lot of the control material", hint="Scan its label.", takes=("lot",))
    value = Number("Value", "", hint="In the unit below.")
    unit = Words("Unit", limit=40, hint="UCUM, as on the chart: %, {cells}/mL.")
    equipment = Scanned("Instrument", hint="Scan its label.", takes=("equipment",))
    beside = Words("Measured together with", limit=20, required=False,
                   hint="The run of another level or replicate of the same analytical run, such as CR-000012.")
    note = Words("Remark", required=False)
    run_at = Moment("Run at", required=False, hint="Leave it empty for now; else with its zone.")


def columns(row: ControlChart | ControlRun) -> dict[str, Any]:
    """One row as plain data."""
    return {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}


def chart_data(shown: ChartShown) -> dict[str, Any]:
    """One chart with its runs and what the rules say of each now."""
    verdict, word = shown.state
    return columns(shown.chart) | {
        "verdict": verdict.value, "word": word, "earlier_runs": shown.earlier,
        "runs": [columns(one) | {"breaks": list(shown.broken.get(one.code, ()))} for one in shown.runs]}


def all_charts(session: Session) -> list[ControlChart]:
    """Every version of every chart, those in force first."""
    rows = session.scalars(select(ControlChart).order_by(ControlChart.test, ControlChart.level,
                                                         ControlChart.number.desc()))
    return sorted(rows, key=lambda one: one.until is not None)


def read_charts(session: Session) -> list[dict[str, Any]]:
    """Every chart with its state, without its runs."""
    return [{key: value for key, value in chart_data(one).items() if key != "runs"}
            for one in charts_shown(session, all_charts(session))]


def _tests(session: Session) -> Mapping[str, Mapping[str, Any]]:
    known = tests_in_use(session)
    units = ", ".join(f"{id} in {unit}" for id, (_, unit) in known.items())
    return {"test": {"kind": "choice", "choices": [(id, f"{title} ({id})") for id, (title, _) in known.items()]},
            "unit": {"hint": units or "Make a specification effective first."}}


def _set_up(session: Session) -> Mapping[str, Mapping[str, Any]]:
    rules = "; ".join(f"{one.name}: {one.about}" for one in MULTIRULES.values() if one.rejects)
    return dict(_tests(session)) | {"rules": {"hint": f"Empty: {', '.join(USUAL)}. Known are {rules}."}}


def _shows(session: Session, *, run: str) -> Pairs:
    row = control_run(session, run)
    chart = chart_of(session, row.chart) if row.chart else None
    return [("Control run", row.code), ("Test and level", f"{row.test}, {row.level}"), ("Lot", row.lot),
            ("Value", f"{plain(row.value)} {in_words(row.unit)}".rstrip()),
            ("Chart", f"{chart.code}: centre {plain(chart.centre)}, SD {plain(chart.sd)}" if chart else "none yet"),
            ("The rules said", f"{row.verdict}{f', {row.broken}' if row.broken else ''}"), ("Run by", row.run_by)]


def _version(session: Session, *, run: str) -> str:
    return str(control_run(session, run).version)


def _chart_page(code: str) -> str:
    return f"/controls/{code}"


def _run_page(code: str) -> str:
    return f"/control-runs/{code}"


DOORS = (
    Door("set up control chart", "/controls", acts.set_up_chart, "Set up a control chart", "Sign the chart",
         _chart_page, body=SetUpChart, prepares=_set_up,
         intro=f"Centre and SD are fixed by your signature: from at least {NEEDED} reviewed runs of the lot, or from "
               "the value its certificate assigns. A new lot is a new version; the one before stays."),
    Door("record control run", "/controls", acts.record_control_run, "Record a control run", "Sign the run", _run_page,
         body=RecordControlRun, prepares=_tests,
         intro="One value of one level. A run that breaks a rejecting rule is kept and opens a deviation."),
    Door("review control run", "/control-runs/<run>", acts.review_control_run, "Review the control run",
         "Sign the review", _run_page, shows=_shows, seen=_version),
    Door("exclude control run", "/control-runs/<run>", acts.exclude_control_run, "Leave it out of the chart",
         "Sign and exclude", _run_page, shows=_shows, seen=_version, danger=True,
         intro="The run stays on record and on the chart, hollow and with your reason."),
)

VIEWS = (
    View("/controls", read_charts, "Every control chart with its state"),
    View("/controls/<chart>", lambda session, chart: chart_data(show_chart(session, chart)),
         "One control chart with its runs and the rules each breaks"),
    View("/control-runs/<run>", lambda session, run: columns(control_run(session, run)), "One control run"),
)
