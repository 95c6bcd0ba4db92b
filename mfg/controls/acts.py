"""What is done with controls: a chart set up, a control run, reviewed, excluded.

A run that breaks a rejecting rule opens its deviation in the same act, so neither can be there without the other.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy.orm import Session

from mfg.batches.scans import identified
from mfg.controls.records import (
    ControlChart,
    ControlRun,
    chart_in_force,
    charts_in_force,
    control_run,
    judged_runs,
    runs_for_set_up,
    runs_of,
    tests_in_use,
    versions_of,
)
from mfg.controls.rules import (
    CONTROL_RUN,
    RECORD,
    REVIEW_RUN,
    SET_UP,
    Running,
    SecondPerson,
    SettingUp,
    Spread,
    spread_known,
)
from mfg.controls.westgard import MULTIRULES, USUAL, mean, rejects, standard_deviation
from mfg.db import next_code
from mfg.equipment.records import log_use, use_facts
from mfg.equipment.rules import calibrated, in_service
from mfg.facts import Verdict, judge, plain, refuse_unless
from mfg.ledger import Doing, Who, act, fresh
from mfg.materials.records import Lot
from mfg.materials.records import lot as lot_of
from mfg.materials.rules import LotUse, lot_in_date, lot_released, standing
from mfg.quality.records import draft

#: the column keeps six decimals; the set-up signs what is kept
SIX = Decimal("0.000001")


def set_up_chart(session: Session, who: Who, *, test: str, level: str, lot: str, unit: str, basis: str,
                 centre: Decimal | None = None, sd: Decimal | None = None, rules: str = "", hours: int) -> str:
    """Set up the chart of a control, or its next version for a new lot, scanned. Returns the code of the version.

    `rules` are the rejecting rules parted by commas; empty for the usual ones. Centre and SD made from runs are
    rounded to six decimals, and that is what is signed and asked.
    """
    with act(session, "set up control chart", on=f"{test} {level}"[:80], **who.how) as doing:
        lot = identified(lot, "lot")[0]
        asked = tuple(one.strip() for one in rules.split(",") if one.strip()) or USUAL
        runs = runs_for_set_up(session, test, level, lot, unit) if basis == "runs" else []
        row = session.get(Lot, lot)
        refuse_unless(judge(SET_UP, SettingUp(test, level, lot, basis, len(runs), centre, sd, asked, hours,
                                              standing(row.state) if row else None)))
        if basis == "runs":
            values = [one.value for one in runs]
            centre, sd = _kept(mean(values)), _kept(standard_deviation(values))
        refuse_unless((spread_known(Spread(sd)),))
        assert centre is not None and sd is not None  # TRD-04 and TRD-07 have passed
        made = _next_version(session, doing, ControlChart(
            test=test, level=level, lot=lot, unit=unit, centre=centre, sd=sd, basis=basis, hours=hours,
            made_from=_named(runs), rules=", ".join(asked)))
        doing.on = doing.within = doing.result = made.code
        doing.signs({"chart": made.code, "test": test, "level": level, "number": made.number, "lot": lot, "unit": unit,
                     "centre": centre, "sd": sd, "basis": basis, "runs": [one.code for one in runs],
                     "rules": list(asked), "hours": hours})
    return doing.result


def _kept(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(SIX, ROUND_HALF_EVEN)


def _named(runs: list[ControlRun]) -> str:
    """The first and the last of the runs and how many; the signature covers every one."""
    return f"{len(runs)} runs, {runs[0].code} to {runs[-1].code}" if runs else ""


def _next_version(session: Session, doing: Doing, made: ControlChart) -> ControlChart:
    before = versions_of(session, made.test, made.level)
    if before:
        before[-1].until = doing.at
    made.code, made.number = next_code(session, ControlChart, "CC", 4), len(before) + 1
    made.set_up_by, made.set_up_at = doing.by.code, doing.at
    session.add(made)
    return made


def record_control_run(session: Session, who: Who, *, test: str, level: str, lot: str, value: Decimal, unit: str,
                       equipment: str, beside: str = "", note: str = "", run_at: datetime | None = None) -> str:
    """Record one value of a control; its lot and the instrument are scanned. `beside` is a run measured in the same
    analytical run. Returns the code of the run."""
    with act(session, "record control run", on=f"{test} {level}"[:80], **who.how) as doing:
        lot, equipment, at = identified(lot, "lot")[0], identified(equipment, "equipment")[0], run_at or doing.at
        other, chart = control_run(session, beside) if beside else None, chart_in_force(session, test, level, at)
        refuse_unless(judge(RECORD, Running(
            test, tuple(tests_in_use(session)), unit, chart.unit if chart else None, chart.lot if chart else None, lot,
            at, doing.at, (other.test, other.run_at) if other else None)))
        _fit(session, lot, equipment, at)
        code = next_code(session, ControlRun, "CR")
        row = ControlRun(code=code, test=test, level=level, lot=lot, series=other.series if other else code,
                         value=value, unit=unit, equipment=equipment, note=note, run_at=at, run_by=doing.by.code,
                         recorded_at=doing.at, chart=None, verdict=Verdict.CANNOT_DETERMINE.value, broken="",
                         state=CONTROL_RUN.start)
        session.add(row)
        session.flush()
        log_use(session, equipment=equipment, within="", on=code, by=doing.by.code, at=at)
        if chart is not None and (chart.lot, chart.unit) == (lot, unit):
            _judge(session, doing, row, chart)
        doing.on, doing.within, doing.result = code, row.chart or code, code
        doing.signs({"run": code, "test": test, "level": level, "lot": lot, "series": row.series, "value": value,
                     "unit": unit, "equipment": equipment, "run_at": at, "chart": row.chart, "verdict": row.verdict,
                     "broken": row.broken})
    return doing.result


def _fit(session: Session, lot: str, equipment: str, at: datetime) -> None:
    """The material is released and in date, the instrument in service and calibrated, when it was run."""
    row = lot_of(session, lot)
    use = LotUse(row.code, row.kind, row.state, row.released_at, row.expires_at, at, row.kind)
    refuse_unless((lot_released(use), lot_in_date(use),
                   *judge((in_service, calibrated), use_facts(session, equipment, at, "", ""))))


def _judge(session: Session, doing: Doing, row: ControlRun, chart: ControlChart) -> None:
    """What the rules say of it with all runs up to now; a rejecting one opens the deviation here and now."""
    row.chart = chart.code
    found = judged_runs(runs_of(session, row.test), charts_in_force(session, row.test, row.run_at)).get(row.code, ())
    row.broken = ", ".join(found)
    row.verdict = (Verdict.FAIL if rejects(found) else Verdict.PASS).value
    if row.verdict == Verdict.FAIL.value:
        broken = ", ".join(f"{name} ({MULTIRULES[name].about})" for name in rejects(found))
        opened = draft(
            session, within=chart.code, on=row.code, severity="major", by=doing.by.code, at=doing.at,
            requirement=f"Centre {plain(chart.centre)} {chart.unit}, SD {plain(chart.sd)}, of {chart.code}.",
            what=f"The control of {row.test}, {row.level}, is {plain(row.value)} {row.unit} in {row.code} and breaks "
                 f"{broken}. Results of this test since the last control in order are not reviewed until this is "
                 "concluded.")
        session.flush()  # the deviation is there before the run names it
        row.deviation = opened.code


def review_control_run(session: Session, who: Who, *, run: str, seen: str | None = None) -> str:
    """Review a control run as second person. Returns its code."""
    with act(session, "review control run", on=run, **who.how) as doing:
        row = _begun(session, doing, run, seen)
        row.reviewed_by, row.reviewed_at = doing.by.code, doing.at
        doing.signs(_signed(row))
    return doing.result


def exclude_control_run(session: Session, who: Who, *, run: str, seen: str | None = None) -> str:
    """Leave a control run out of its chart, with the reason; it stays and stays visible. Returns its code."""
    with act(session, "exclude control run", on=run, **who.how) as doing:
        row = _begun(session, doing, run, seen)
        row.excluded_by, row.excluded_at, row.excluded_why = doing.by.code, doing.at, doing.how.reason
        doing.signs(_signed(row) | {"why": doing.how.reason})
    return doing.result


def _begun(session: Session, doing: Doing, code: str, seen: str | None) -> ControlRun:
    row = control_run(session, code)
    fresh(row, seen)
    doing.within = row.chart or row.code
    refuse_unless(judge(REVIEW_RUN, SecondPerson(row.code, row.run_by, doing.by.code)))
    row.state, doing.result = CONTROL_RUN.after(doing.verb.name, row.state), row.code
    return row


def _signed(row: ControlRun) -> dict[str, object]:
    return {"run": row.code, "test": row.test, "level": row.level, "lot": row.lot, "value": row.value,
            "unit": row.unit, "verdict": row.verdict, "broken": row.broken, "run_by": row.run_by, "state": row.state}
