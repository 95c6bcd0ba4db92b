"""The parts of a product quality review, counted from the records of a period (EU GMP chapter 1.10, 21 CFR 211.180(e)).

Each part takes a few statements, however long the period is. States are those of now; ages are those at the end of the
period. It changes nothing and concludes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Dose
from mfg.controls.api import all_charts
from mfg.controls.period import Period
from mfg.controls.records import ControlRun
from mfg.controls.shown import charts_shown, fixed
from mfg.ledger import Entry
from mfg.materials.records import Lot
from mfg.qc.oos_records import Oos
from mfg.qc.records import Result, SterilityRead
from mfg.qc.rules import GROWTH
from mfg.quality.capa_records import Capa
from mfg.quality.capa_rules import CAPA
from mfg.quality.change_records import Change
from mfg.quality.records import SEVERITIES, Deviation, is_done
from mfg.release.records import Decision
from mfg.trending.found import trends
from mfg.trending.quality_facts import UNKNOWN, Figure, Part, QualityFacts, counted, rows_of
from mfg.trending.series import SERIES
from mfg.units import in_words

#: acts that depart from the plain way, and what people call them
DEPARTURES = {"continue after breach": "Hold times overrun and continued", "approve redline": "Redlines approved",
              "skip step": "Steps skipped", "correct entry": "Entries corrected",
              "approve emergency change": "Emergency changes", "find no impact": "Doses kept apart from a deviation"}
LABELS = {"print label": "Labels printed", "approve reprint": "Labels printed again", "spoil label": "Labels spoiled"}
LOTS = {"reject lot": "Lots rejected", "recall lot": "Lots recalled", "block lot": "Lots blocked"}
#: what EU GMP chapter 1.10 asks for and no record here can tell
ELSEWHERE = ("Stability programme", "Returns", "Complaints", "Qualification of utilities",
             "Contracts with suppliers and laboratories", "Commitments after authorisation")


def quality_facts(session: Session, period: Period) -> QualityFacts:
    """The review of a period whose both ends are known."""
    assert period.first is not None and period.last is not None and period.ends is not None
    acts = _acts(session, period)
    parts = (_batches(session, period, acts), _doses(session, period), _results(session, period),
             _oos(session, period, period.ends),
             _deviations(session, period, period.ends), _capa(session, period, period.ends),
             _changes(session, period), _controls(session, period), _lots(session, period, acts),
             _departures(acts), _labels(acts), _elsewhere())
    return QualityFacts(period.first.isoformat(), period.last.isoformat(), parts,
                        tuple(trends(session, list(SERIES.values()), period)))


def _acts(session: Session, period: Period) -> list[Entry]:
    """What was done in the period, of the acts that are counted here."""
    asked = (*DEPARTURES, *LABELS, *LOTS, "complete batch", "receive lot")
    return list(session.scalars(select(Entry).where(
        Entry.verb.in_(asked), Entry.outcome == "done", Entry.at >= period.begins, Entry.at < period.ends).order_by(
            Entry.seq)))


def _in(column: Any, period: Period) -> Any:
    return (column >= period.begins) & (column < period.ends)


# --- batches and doses --------------------------------------------------------------------------------------


def _batches(session: Session, period: Period, acts: Sequence[Entry]) -> Part:
    """Begun, ended, and those whose every dose was rejected."""
    ended = {one.on_code for one in acts if one.verb == "complete batch"}
    found = list(session.scalars(select(Batch).where(
        _in(Batch.opened_at, period) | Batch.code.in_(ended)).order_by(Batch.opened_at, Batch.code)))
    doses: dict[str, list[str]] = {}
    for batch, state in session.execute(select(Dose.batch, Dose.state).where(
            Dose.batch.in_([one.code for one in found])).order_by(Dose.code)):
        doses.setdefault(batch, []).append(state)
    rejected = [code for code, states in doses.items() if set(states) == {"rejected"}]
    rows = [(one.code, f"{one.opened_at:%Y-%m-%d}", one.state, one.master_record, one.specification,
             ", ".join(f"{many} {state}" for state, many in Counter(doses.get(one.code, ())).items()) or "none planned")
            for one in found]
    return Part("Batches", (
        counted(sum(period.holds(one.opened_at) for one in found), "Begun", "/batches"),
        counted(sum(one.code in ended and one.state == "complete" for one in found), "Production complete", "/batches"),
        counted(len(rejected), "Rejected", "/batches", "Batches whose every dose was rejected.")),
        ("Batch", "Begun", "State", "Master record", "Specification", "Doses"), rows_of(rows),
        "No batch was begun or ended.")


def _doses(session: Session, period: Period) -> Part:
    """What was decided, and what became in the end of those released on condition."""
    taken = session.execute(select(Decision.code, Decision.dose, Decision.kind, Decision.decided_at, Dose.state).join(
        Dose, Dose.code == Decision.dose).where(_in(Decision.decided_at, period)).order_by(
            Decision.decided_at, Decision.code)).all()
    kinds = Counter(one.kind for one in taken)
    states = {one.dose: one.state for one in taken}
    on_condition = {one.dose for one in taken if one.kind == "released on condition"}
    open_still = sum(states[dose] == "released on condition" for dose in on_condition)
    rows = [(one.dose, one.code, one.kind, f"{one.decided_at:%Y-%m-%d %H:%M}", one.state) for one in taken
            if one.kind != "disposition"]
    return Part("Doses", (
        counted(kinds["certified"], "Certified", "/decisions"),
        counted(len(on_condition), "Released on condition", "/decisions"),
        counted(sum(states[dose] == "certified" for dose in on_condition), "… of them certified since", "/decisions"),
        counted(open_still, "… of them not final yet", "/decisions"),
        counted(sum(state == "released then failed" for state in states.values()), "Released then failed",
                "/decisions"),
        counted(kinds["rejected"], "Rejected", "/decisions"),
        counted(kinds["released exceptionally"], "Released exceptionally", "/decisions"),
        counted(kinds["revoked"], "Releases revoked", "/decisions")),
        ("Dose", "Decision", "What", "When, UTC", "State now"), rows_of(rows), "No dose was released or rejected.")


# --- results ----------------------------------------------------------------------------------------------------


def _results(session: Session, period: Period) -> Part:
    """Every result outside its specification, whatever came of it; and growth in sterility."""
    kept = (Result.code, Result.test, Result.batch, Result.value, Result.unit, Result.verdict, Result.state)
    found = session.execute(select(*kept).where(_in(Result.tested_at, period)).order_by(Result.code)).all()
    failing = [one for one in found if one.verdict == "FAIL"]
    opened = dict(session.execute(select(Deviation.on_code, Deviation.code).where(
        Deviation.on_code.in_([one.code for one in failing]))).all())
    growth = session.scalars(select(SterilityRead.code).where(
        _in(SterilityRead.read_at, period), SterilityRead.reading.in_(sorted(GROWTH)))).all()
    rows = [(one.code, one.test, one.batch, f"{one.value} {in_words(one.unit)}".strip(), one.state,
             opened.get(one.code, "none")) for one in failing]
    return Part("Results", (
        counted(len(found), "Tested", "/samples"),
        counted(len(failing), "Outside the specification", "/samples", "Every one counts, whatever came of it."),
        counted(sum(one.verdict == "CANNOT DETERMINE" for one in found), "Could not be determined", "/samples"),
        counted(sum(one.state == "recorded" for one in found), "Not reviewed yet", "/results"),
        counted(len(growth), "Sterility reads with growth", "/samples")),
        ("Result", "Test", "Batch", "Value", "State", "Deviation"), rows_of(rows),
        "No result was outside its specification.")


def _oos(session: Session, period: Period, ends: datetime) -> Part:
    """Every OOS opened or concluded in the period, and whatever was still open when it ended, with its age."""
    found = list(session.scalars(select(Oos).where(Oos.opened_at < ends).order_by(Oos.code)))
    opened = [one for one in found if period.holds(one.opened_at)]
    ended = [one for one in found if one.concluded_at is not None and period.holds(one.concluded_at)]
    still = [one for one in found if one.concluded_at is None or one.concluded_at >= ends]
    rows = [(one.code, one.result, one.test, one.dose or one.batch, f"{one.opened_at:%Y-%m-%d}", one.state,
             f"{(ends - one.opened_at).days} days" if one in still else "ended",
             one.cause or "none recorded") for one in found if one in opened or one in ended or one in still]
    return Part("Results out of specification (OOS)", (
        counted(len(opened), "Opened", "/oos"),
        counted(sum(one.state == "invalidated" for one in ended), "Invalidated", "/oos",
                "The result did not stand, for a recorded cause."),
        counted(sum(one.state == "confirmed" for one in ended), "Confirmed", "/oos"),
        counted(len(still), "Open at the end", "/oos"),
        counted(sum(one.conclude_by < ends for one in still), "… overdue at the end", "/oos")),
        ("OOS", "Result", "Test", "On", "Opened", "State now", "Age at the end", "Cause"), rows_of(rows),
        "No OOS was opened, and none is open.")


# --- quality ------------------------------------------------------------------------------------------------------


def _deviations(session: Session, period: Period, ends: datetime) -> Part:
    """By class: opened in the period, and everything still open, with its age when the period ended."""
    found = list(session.scalars(select(Deviation).where(Deviation.opened_at < ends).order_by(Deviation.code)))
    opened = [one for one in found if period.holds(one.opened_at)]
    still = [one for one in found if not is_done(one)]
    rows = [(kind, *(sum(one.kind == kind and one.severity == grade for one in opened) for grade in SEVERITIES),
             sum(one.kind == kind and is_done(one) for one in opened), sum(one.kind == kind for one in still),
             max([f"{(ends - one.opened_at).days:>4} days, {one.code}" for one in still if one.kind == kind],
                 default="none").strip())
            for kind in sorted({one.kind for one in (*opened, *still)})]
    return Part("Deviations", (
        counted(len(opened), "Opened", "/deviations"),
        *(counted(sum(one.severity == grade for one in opened), f"… {grade}", f"/deviations?severity={grade}")
          for grade in reversed(SEVERITIES)),
        counted(len(still), "Open now", "/deviations?state=not+ended"),
        counted(sum(one.due_at is not None and one.due_at < ends for one in still), "… overdue at the end",
                "/deviations?state=not+ended")),
        ("Class", *(grade.capitalize() for grade in SEVERITIES), "Ended", "Open now", "Oldest open"), rows_of(rows),
        "No deviation was opened, and none is open.")


def _capa(session: Session, period: Period, ends: datetime) -> Part:
    found = list(session.scalars(select(Capa).where(Capa.proposed_at < ends).order_by(Capa.code)))
    still = [one for one in found if one.state not in CAPA.final]
    judged = [one for one in found if one.judged_at is not None and period.holds(one.judged_at)]
    rows = [(one.code, one.state, one.source, one.action, f"{one.due_at:%Y-%m-%d}") for one in
            dict.fromkeys((*still, *judged))]
    return Part("CAPA", (
        counted(sum(period.holds(one.proposed_at) for one in found), "Proposed", "/capa"),
        counted(len(still), "Open now", "/capa?state=not+ended"),
        counted(sum(one.implemented_at is None and one.due_at < ends for one in still), "… overdue at the end",
                "/capa?state=not+ended"),
        counted(sum(one.state == "closed effective" for one in judged), "Found effective", "/capa"),
        counted(sum(one.state == "ineffective" for one in judged), "Found without effect", "/capa")),
        ("CAPA", "State", "Comes from", "Action", "Due"), rows_of(rows), "No CAPA is open or was judged.")


def _changes(session: Session, period: Period) -> Part:
    found = list(session.scalars(select(Change).where(
        _in(Change.requested_at, period) | _in(Change.implemented_at, period)).order_by(Change.code)))
    done = [one for one in found if one.implemented_at is not None and period.holds(one.implemented_at)]
    rows = [(one.code, one.title, one.state, "yes" if one.emergency else "no",
             f"{one.implemented_at:%Y-%m-%d}" if one.implemented_at else "not yet") for one in found]
    return Part("Changes", (
        counted(sum(period.holds(one.requested_at) for one in found), "Requested", "/changes"),
        counted(len(done), "Effective in the period", "/changes"),
        counted(sum(one.emergency for one in done), "… of them in an emergency", "/changes")),
        ("Change", "Title", "State", "Emergency", "Effective"), rows_of(rows), "No change was requested or effective.")


# --- controls, materials, departures -------------------------------------------------------------------------------


def _controls(session: Session, period: Period) -> Part:
    """Every chart that has a run in the period or is in force."""
    runs = list(session.scalars(select(ControlRun).where(_in(ControlRun.run_at, period))))
    shown = charts_shown(session, all_charts(session), period)
    there = [one for one in shown if one.runs or one.chart.until is None]
    rows = [(one.chart.code, f"{one.chart.test}, {one.chart.level}", one.chart.lot, fixed(one.chart),
             f"{one.state[0].value}: {one.state[1]}", len(one.runs) + one.earlier,
             sum(run.verdict == "FAIL" for run in one.runs), sum(run.state == "excluded" for run in one.runs))
            for one in there]
    return Part("Controls of the tests", (
        counted(len(runs), "Control runs", "/controls"),
        counted(sum(one.verdict == "FAIL" for one in runs), "Rejected by a rule", "/controls"),
        counted(sum(one.state == "excluded" for one in runs), "Excluded", "/controls"),
        counted(sum(one.verdict == "CANNOT DETERMINE" for one in runs), "Run without a chart", "/controls")),
        ("Chart", "Control", "Lot", "Centre ± SD", "State at the end", "Runs", "Rejected", "Excluded"), rows_of(rows),
        "No control chart is in force: whether the tests were in control cannot be told from controls.")


def _lots(session: Session, period: Period, acts: Sequence[Entry]) -> Part:
    gone = [one for one in acts if one.verb in LOTS]
    named = {row.code: row for row in session.scalars(select(Lot).where(
        Lot.code.in_([one.on_code for one in gone])))}
    rows = [(one.on_code, named[one.on_code].name if one.on_code in named else None, one.verb, f"{one.at:%Y-%m-%d}")
            for one in gone]
    return Part("Materials", (
        counted(sum(one.verb == "receive lot" for one in acts), "Lots received", "/lots"),
        *(counted(sum(one.verb == verb for one in acts), label, "/lots") for verb, label in LOTS.items())),
        ("Lot", "Name", "What", "When"), rows_of(rows), "No lot was rejected, recalled or blocked.")


def _departures(acts: Sequence[Entry]) -> Part:
    found = [one for one in acts if one.verb in DEPARTURES]
    rows = [(one.verb, one.on_code, one.within, f"{one.at:%Y-%m-%d %H:%M}", one.person) for one in found]
    return Part("Departures from the plain way", tuple(
        counted(sum(one.verb == verb for one in found), label) for verb, label in DEPARTURES.items()),
        ("What", "On", "Within", "When, UTC", "By"), rows_of(rows), "None was taken.")


def _labels(acts: Sequence[Entry]) -> Part:
    return Part("Labels", tuple(counted(sum(one.verb == verb for one in acts), label, "/labels")
                                for verb, label in LABELS.items()))


def _elsewhere() -> Part:
    """What the review has to tell from other records."""
    return Part("What this system does not record", tuple(
        Figure(what, UNKNOWN, "", "Not recorded here. Attach it from where it is kept.") for what in ELSEWHERE))
