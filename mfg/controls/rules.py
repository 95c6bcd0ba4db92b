"""What must be true of control runs and control charts, and of a result whose test is run with a control. Pure.

Whether a value lies well on its chart is arithmetic and stands in `westgard.py`; where charts and runs come from is
`records.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.controls.westgard import REJECTING
from mfg.facts import Move, Moves, Verdict, need, passed, plain, rule, shown

CONTROL_RUN = Moves("control run", "recorded", frozenset({"excluded"}), (
    Move("review control run", frozenset({"recorded"}), "reviewed"),
    Move("exclude control run", frozenset({"recorded", "reviewed"}), "excluded"),
))
#: centre and SD come from runs of the lot, or from the value its maker assigned
BASES = {"runs": "Reviewed runs of this lot", "assigned": "The value assigned to the lot"}
#: so many runs make a centre and an SD (CLSI C24: at least 20 on separate days)
NEEDED = 20


@dataclass(frozen=True)
class Running:
    """A control run about to be recorded. `charts` tells the unit of the chart in force, None where there is none."""

    test: str
    known_tests: tuple[str, ...]
    unit: str
    chart_unit: str | None
    chart_lot: str | None
    lot: str
    run_at: datetime
    entered_at: datetime
    #: of the run it is said to be measured with: its test and time; None where none is named
    beside: tuple[str, datetime] | None = None


@rule("TRD-01", "A control is run for a test in use")
def for_a_test(f: Running) -> Any:
    """A control run belongs to a test of an effective specification (USP <1010>; 21 CFR 211.160(b))."""
    ok = f.test in f.known_tests
    return passed(ok), (f"{f.test} is a test in use." if ok else
                        f"{shown(f.test)} is not a test of any effective specification. Choose one of: "
                        f"{', '.join(f.known_tests) or 'none; make a specification effective first'}.")


@rule("TRD-02", "Run before it is written down")
def in_the_past(f: Running) -> Any:
    """Nothing is recorded before it happened; controls of one run are measured within one day of each other."""
    if f.run_at > f.entered_at:
        return Verdict.FAIL, (f"Run {f.run_at:%Y-%m-%d %H:%M} UTC cannot be: it is now {f.entered_at:%Y-%m-%d %H:%M} "
                              "UTC.")
    if f.beside and (f.beside[0] != f.test or abs(f.run_at - f.beside[1]) > timedelta(days=1)):
        return Verdict.FAIL, (f"The run it is said to be measured with is of {f.beside[0]}, run "
                              f"{f.beside[1]:%Y-%m-%d %H:%M} UTC. Name a run of the same test and day, or none.")
    return Verdict.PASS, "The times follow each other."


@rule("TRD-03", "The unit and the lot are those of the chart")
def of_the_chart(f: Running) -> Any:
    """A value is put on a chart in its unit and of its lot alone; a new lot asks for a new version of the chart."""
    if f.chart_unit is None:
        return Verdict.PASS, "There is no chart yet; the run counts towards one."
    if f.unit != f.chart_unit:
        return Verdict.FAIL, (f"The unit is {shown(f.unit)}; the chart is in {f.chart_unit}. Enter it in the unit of "
                              "the chart.")
    ok = f.lot == f.chart_lot
    return Verdict.PASS, ("Lot and unit are those of the chart." if ok else
                          f"{f.lot} is a new lot; the chart is of {f.chart_lot}. The run counts towards its new "
                          "version and is not judged by the old one.")


RECORD = (for_a_test, in_the_past, of_the_chart)


@dataclass(frozen=True)
class SettingUp:
    """A chart about to be set up. `runs` are the reviewed runs of the lot that count, each a value."""

    test: str
    level: str
    lot: str
    basis: str
    runs: int
    centre: Decimal | None
    sd: Decimal | None
    rules: tuple[str, ...]
    hours: int
    #: the lot is on record, and its state
    lot_state: str | None = None


@rule("TRD-04", "A chart stands on enough runs, or on an assigned value")
def enough_runs(f: SettingUp) -> Any:
    """Centre and SD come from at least 20 reviewed runs of the lot or from the value its certificate assigns; they are
    fixed then, and no later run moves them (CLSI C24)."""
    if f.basis == "assigned":
        need(f.centre, "The assigned value of the lot is not given. Enter it from its certificate.")
        need(f.sd, "The SD assigned to the lot is not given. Enter it from its certificate.")
        return Verdict.PASS, f"Assigned to {f.lot}: {plain(f.centre or Decimal(0))}, SD {plain(f.sd or Decimal(0))}."
    if f.centre is not None or f.sd is not None:
        return Verdict.FAIL, "Centre and SD are made from the runs; leave both empty, or choose the assigned value."
    ok = f.runs >= NEEDED
    verdict = Verdict.PASS if ok else Verdict.CANNOT_DETERMINE
    return verdict, (f"{f.runs} reviewed runs of {f.lot}." if ok else
                     f"{f.runs} reviewed runs of {f.lot}, {f.level}, are on record; at least {NEEDED} were expected. "
                     "Run and review more, or use the assigned value."), str(f.runs), f"at least {NEEDED}"


@rule("TRD-05", "A chart asks rules that can reject")
def asks_rules(f: SettingUp) -> Any:
    """A chart asks at least 1-3s and one rule more, and says for how long a control speaks for the tests after it."""
    unknown = [name for name in f.rules if name not in REJECTING]
    if unknown:
        return Verdict.FAIL, f"{shown(unknown[0])} is not a rejecting rule. Known: {', '.join(REJECTING)}."
    ok = "1-3s" in f.rules and len(set(f.rules)) > 1 and f.hours > 0
    return passed(ok), (f"It asks {', '.join(f.rules)}." if ok else
                        "1-3s and at least one rule more were expected, and an interval above zero hours.")


@rule("TRD-06", "The control material may be used")
def lot_usable(f: SettingUp) -> Any:
    """A chart is set up for a lot that quality assurance released (21 CFR 211.84(a))."""
    state = need(f.lot_state, f"There is no lot “{f.lot}”. Scan the label of the control material.")
    ok = state == "released"
    return passed(ok), f"{f.lot} is {state}." if ok else f"{f.lot} is {state}; a released lot was expected. Ask QA."


SET_UP = (enough_runs, asks_rules, lot_usable)


@dataclass(frozen=True)
class Spread:
    """The SD a chart would have."""

    sd: Decimal | None


@rule("TRD-07", "The spread is above zero")
def spread_known(f: Spread) -> Any:
    """An SD of zero would reject every other value, and one that is not known would reject none."""
    sd = need(f.sd, "The SD is not known. At least two different values are needed.")
    ok = sd > 0
    return passed(ok), (f"SD {plain(sd)}." if ok else
                        "The SD is zero to six decimals; values that differ were expected. Use the assigned value, or "
                        "a unit in which they differ.")


@dataclass(frozen=True)
class SecondPerson:
    """A control run about to be reviewed or excluded by somebody."""

    run: str
    run_by: str
    by: str
    reason: str | None = None


@rule("TRD-08", "Run by one, judged by another")
def two_people(f: SecondPerson) -> Any:
    """Nobody reviews or excludes a control run of their own (21 CFR 211.194(a)(8))."""
    ok = f.run_by != f.by
    return passed(ok), (f"{f.run} is judged by a second person." if ok else
                        f"{f.run} was run by the same person. Another one has to look at it.")


@dataclass(frozen=True)
class ControlFacts:
    """One control run as evidence about a test done before or after it."""

    run: str
    run_at: datetime
    state: str
    #: as it was judged when it was recorded: PASS, FAIL, or CANNOT DETERMINE where no chart was in force
    verdict: str
    broken: tuple[str, ...] = ()
    #: the deviation it opened, and whether that is concluded
    deviation: str | None = None
    concluded: bool = True


@dataclass(frozen=True)
class LevelFacts:
    """One level of the control of a test: its chart in force then, the newest run up to the test, the first after."""

    level: str
    chart: str
    hours: int
    before: ControlFacts | None
    after: ControlFacts | None = None


@dataclass(frozen=True)
class Controlled:
    """A result whose test may be run with controls. `levels` is empty where no chart was in force at that time."""

    test: str
    tested_at: datetime
    levels: tuple[LevelFacts, ...] = ()


@rule("TRD-09", "The control of the test was in order when it was tested")
def control_in_order(f: Controlled) -> Any:
    """Where a test is run with controls, each level has a run within the interval before the test that breaks no
    rejecting rule, and a run after it that does is concluded before the result counts (USP <1010>, CLSI C24)."""
    if not f.levels:
        return Verdict.PASS, f"No control chart of {f.test} was in force; the test is not run with a control here."
    answers = [_of_level(f, one) for one in f.levels]
    sources = tuple(one.before.run for one in f.levels if one.before)
    for verdict in (Verdict.FAIL, Verdict.CANNOT_DETERMINE):
        told = [why for found, why in answers if found is verdict]
        if told:
            return verdict, " ".join(told), None, None, sources
    return Verdict.PASS, " ".join(why for _, why in answers), None, None, sources


def _of_level(f: Controlled, of: LevelFacts) -> tuple[Verdict, str]:
    run, what = of.before, f"The control of {f.test}, {of.level},"
    if run is None or f.tested_at - run.run_at > timedelta(hours=of.hours):
        return Verdict.CANNOT_DETERMINE, (f"{what} was not run within {of.hours} h before {f.tested_at:%Y-%m-%d %H:%M} "
                                          "UTC. Run the control, then test again.")
    if run.state == "excluded":
        return Verdict.CANNOT_DETERMINE, (f"{what} last ran as {run.run}, which is excluded and says nothing. Run the "
                                          "control, then test again.")
    if run.verdict == Verdict.FAIL.value:
        return Verdict.FAIL, (f"{what} broke {', '.join(run.broken)} in {run.run} before the test. Find the cause, run "
                              "the control anew, then test again.")
    if run.verdict != Verdict.PASS.value:
        return Verdict.CANNOT_DETERMINE, f"{what} could not be judged in {run.run}. Set up the chart of its lot first."
    if of.after and of.after.verdict == Verdict.FAIL.value and not of.after.concluded:
        return Verdict.CANNOT_DETERMINE, (
            f"{what} was in order in {run.run} and broke {', '.join(of.after.broken)} in {of.after.run} after the "
            f"test. Whether it was in order in between is not known until {of.after.deviation or 'its deviation'} "
            "is concluded.")
    return Verdict.PASS, f"{what} was in order in {run.run}."


REVIEW_RUN = (two_people,)
IN_ORDER = (control_in_order,)
