"""Control runs and control charts, as kept. A run is never deleted; a chart keeps every version it had.

A chart of a new lot is a new version that begins when it is set up; the one before holds for what was run before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.controls.rules import BASES, CONTROL_RUN, ControlFacts, Controlled, LevelFacts
from mfg.controls.westgard import Measured, broken_rules
from mfg.db import Amount, Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.documents.records import Document
from mfg.facts import Refused, Verdict
from mfg.quality.records import Deviation
from mfg.quality.rules import DONE
from mfg.recipes.reading import read_specification

VERDICTS = tuple(one.value for one in Verdict)


class ControlChart(Base):
    """One version of the chart of one test and control level: centre and SD, fixed by a signed set-up."""

    __tablename__ = "control_chart"
    #: CC-0001
    code: Mapped[Code]
    #: test id as in specifications
    test: Mapped[str] = mapped_column(index=True)
    level: Mapped[Ref]
    #: 1 for the first
    number: Mapped[int]
    lot: Mapped[str] = mapped_column(ForeignKey("lot.code"))
    #: UCUM, of centre, SD and every run on it
    unit: Mapped[Ref]
    centre: Mapped[Amount]
    sd: Mapped[Amount]
    #: runs or assigned; for runs, the codes of those it was made from
    basis: Mapped[Ref]
    made_from: Mapped[Words] = mapped_column(default="")
    #: the rejecting rules it asks, parted by commas
    rules: Mapped[Words]
    #: for so many hours after a run the control speaks for the tests done
    hours: Mapped[int]
    set_up_by: Mapped[Ref]
    set_up_at: Mapped[When]
    #: when a newer version took its place
    until: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (UniqueConstraint("test", "level", "number"), one_of("basis", BASES),
                      CheckConstraint("sd > 0", name="spread_above_zero"),
                      CheckConstraint("hours > 0", name="interval_above_zero"))

    @property
    def asked(self) -> tuple[str, ...]:
        """The rejecting rules."""
        return tuple(self.rules.split(", "))


class ControlRun(Base):
    """One value of one control. Levels and replicates of one analytical run share `series`."""

    __tablename__ = "control_run"
    #: CR-000001
    code: Mapped[Code]
    test: Mapped[str] = mapped_column(index=True)
    level: Mapped[Ref]
    lot: Mapped[str] = mapped_column(ForeignKey("lot.code"))
    #: code of the first run of those measured together; its own where it was alone
    series: Mapped[str] = mapped_column(index=True)
    value: Mapped[Amount]
    unit: Mapped[Ref]
    equipment: Mapped[str] = mapped_column(ForeignKey("equipment.code"))
    note: Mapped[Words] = mapped_column(default="")
    run_at: Mapped[When]
    run_by: Mapped[Ref]
    recorded_at: Mapped[When]
    #: the chart in force, and what its rules said when it was recorded; CANNOT DETERMINE without a chart
    chart: Mapped[str | None] = mapped_column(ForeignKey("control_chart.code"), index=True)
    verdict: Mapped[Ref]
    broken: Mapped[Words] = mapped_column(default="")
    deviation: Mapped[str | None] = mapped_column(ForeignKey("deviation.code"))
    state: Mapped[Ref]
    reviewed_by: Mapped[MaybeRef]
    reviewed_at: Mapped[MaybeWhen]
    excluded_by: Mapped[MaybeRef]
    excluded_at: Mapped[MaybeWhen]
    excluded_why: Mapped[Words] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", sorted(CONTROL_RUN.states)), one_of("verdict", VERDICTS),
        both_or_neither("reviewed_by", "reviewed_at"), both_or_neither("excluded_by", "excluded_at"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_by <> run_by", name="two_people"),
        CheckConstraint("excluded_by IS NULL OR (excluded_by <> run_by AND excluded_why <> '')",
                        name="excluded_by_another"),
        CheckConstraint("verdict = 'CANNOT DETERMINE' OR chart IS NOT NULL", name="judged_by_a_chart"))

    @property
    def broke(self) -> tuple[str, ...]:
        """The rules it broke when it was recorded."""
        return tuple(self.broken.split(", ")) if self.broken else ()


def chart(session: Session, code: str) -> ControlChart:
    """The chart with this code, or a refusal."""
    row = session.get(ControlChart, code)
    if row is None:
        raise Refused(f"There is no control chart “{code}”.", kind="not found")
    return row


def control_run(session: Session, code: str) -> ControlRun:
    """The control run with this code, or a refusal."""
    row = session.get(ControlRun, code)
    if row is None:
        raise Refused(f"There is no control run “{code}”.", kind="not found")
    return row


def chart_in_force(session: Session, test: str, level: str, at: datetime) -> ControlChart | None:
    """The version that was in force then."""
    return next((one for one in charts_in_force(session, test, at) if one.level == level), None)


def charts_in_force(session: Session, test: str, at: datetime) -> list[ControlChart]:
    """One for each level of the control of a test."""
    return list(session.scalars(select(ControlChart).where(
        ControlChart.test == test, ControlChart.set_up_at <= at,
        (ControlChart.until.is_(None)) | (ControlChart.until > at)).order_by(ControlChart.level)))


def versions_of(session: Session, test: str, level: str) -> list[ControlChart]:
    """Every version of a chart, oldest first."""
    return list(session.scalars(select(ControlChart).where(
        ControlChart.test == test, ControlChart.level == level).order_by(ControlChart.number)))


def runs_of(session: Session, test: str) -> list[ControlRun]:
    """Every run of the controls of a test, excluded ones too, in the order of time."""
    return list(session.scalars(select(ControlRun).where(ControlRun.test == test).order_by(
        ControlRun.run_at, ControlRun.code)))


def runs_for_set_up(session: Session, test: str, level: str, lot: str, unit: str) -> list[ControlRun]:
    """The reviewed runs of one lot and level, in the order of time."""
    return [one for one in runs_of(session, test)
            if (one.level, one.lot, one.unit, one.state) == (level, lot, unit, "reviewed")]


def measured(runs: Sequence[ControlRun], charts: Sequence[ControlChart]) -> list[tuple[ControlRun, Measured]]:
    """The runs that a chart of theirs can judge, each with centre and SD of its level; excluded ones are left out.

    `charts` has one version for each level: a run is judged by that of its own level, lot and unit.
    """
    by = {(one.level, one.lot, one.unit): one for one in charts}
    return [(run, Measured(run.value, own.centre, own.sd, run.level, run.series)) for run in runs
            if run.state != "excluded" and (own := by.get((run.level, run.lot, run.unit)))]


def judged_runs(runs: Sequence[ControlRun], charts: Sequence[ControlChart]) -> dict[str, tuple[str, ...]]:
    """Run code -> the rules it breaks now, as all runs of the charts stand; each asked the rules of its own chart."""
    found = measured(runs, charts)
    told: dict[str, tuple[str, ...]] = {}
    for one in charts:
        broken = broken_rules([point for _, point in found], one.asked)
        told |= {run.code: rules for (run, _), rules in zip(found, broken, strict=True) if run.level == one.level}
    return told


def tests_in_use(session: Session) -> dict[str, tuple[str, str]]:
    """Every test of an effective specification that gives numbers: id -> (title, unit)."""
    texts = session.scalars(select(Document.text).where(
        Document.kind == "specification", Document.state == "effective").order_by(Document.code))
    return {one.id: (one.title, one.unit) for text in texts for one in read_specification(text).tests if one.unit}


def controlled(session: Session, test: str, tested_at: datetime) -> Controlled:
    """What rule TRD-09 asks of a result: the charts in force when it was tested, with their runs around it."""
    charts = charts_in_force(session, test, tested_at)
    if not charts:
        return Controlled(test, tested_at)
    runs = runs_of(session, test)
    done = dict(session.execute(select(Deviation.code, Deviation.state).where(
        Deviation.code.in_([one.deviation for one in runs if one.deviation]))).all())
    return Controlled(test, tested_at, tuple(_level(one, runs, tested_at, done) for one in charts))


def _level(of: ControlChart, runs: Sequence[ControlRun], at: datetime, states: dict[str, str]) -> LevelFacts:
    """Only runs of the lot of the chart speak: those of the next lot count towards its own chart."""
    own = [one for one in runs if (one.level, one.lot, one.unit) == (of.level, of.lot, of.unit)]
    before = [one for one in own if one.run_at <= at]
    after = [one for one in own if one.run_at > at and one.state != "excluded"]
    return LevelFacts(of.level, of.code, of.hours, _worst(before, before[-1].series, states) if before else None,
                      _worst(after, after[0].series, states) if after else None)


def _worst(runs: Sequence[ControlRun], series: str, states: dict[str, str]) -> ControlFacts:
    """Of the replicates of one run the one that says the least good: a good one does not hide a bad one."""
    def grade(one: ControlRun) -> int:
        return 0 if one.verdict == "FAIL" and one.state != "excluded" else \
            1 if one.state == "excluded" or one.verdict != "PASS" else 2

    return _facts(min((one for one in runs if one.series == series), key=grade), states)


def _facts(row: ControlRun, states: dict[str, str]) -> ControlFacts:
    return ControlFacts(row.code, row.run_at, row.state, row.verdict, row.broke, row.deviation,
                        row.deviation is None or states.get(row.deviation, "") in DONE)
