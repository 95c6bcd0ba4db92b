"""Where the values of the series come from: results by their role, counts and loadings of batches, decisions on doses.

Each source answers for all its series at once, in the same few statements however many batches there are. It looks up
and adds up; it judges nothing and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Dose, Redline, Step, StepEntry
from mfg.batches.redlines import redlined_record
from mfg.batches.rules import DONE
from mfg.batches.told import Told, growth_from, in_order
from mfg.controls.period import Period
from mfg.documents.records import Document
from mfg.facts import Missing, Reading
from mfg.paper.control_chart import MOST
from mfg.qc.oos_records import Oos
from mfg.qc.records import Result, Sample
from mfg.qc.rules import mean, replicates
from mfg.recipes.master import MasterRecord
from mfg.recipes.reading import read_master_record, read_specification
from mfg.recipes.specification import Test
from mfg.release.arithmetic import kept_facts
from mfg.release.records import Decision
from mfg.trending.series import Series
from mfg.trending.trend import Limits, Trend, Value, trend
from mfg.trial.dose import DoseFacts, target_of, viable_nk
from mfg.trial.protocol import Protocol
from mfg.trial.protocol_file import load
from mfg.trial.shown import decimal

HUNDRED = Decimal(100)
Answer = dict[str, tuple[list[Value], Limits]]


def trends(session: Session, wanted: Sequence[Series], period: Period) -> list[Trend]:
    """The series asked for, over a period."""
    found: Answer = {}
    for source, find in SOURCES.items():
        mine = [one for one in wanted if one.source == source]
        found |= find(session, mine, period) if mine else {}
    return [trend(one, *found[one.key]) for one in wanted]


def _texts(session: Session, column: Any) -> dict[str, str]:
    """The documents that batches pin, by code: one statement."""
    return dict(session.execute(select(Document.code, Document.text).where(
        Document.code.in_(select(column).distinct()))).all())


# --- results ----------------------------------------------------------------------------------------------


def results(session: Session, wanted: Sequence[Series], period: Period) -> Answer:
    """Every result of the tests with that role, in the specification its batch pins. Two statements."""
    tests = {code: read_specification(text) for code, text in _texts(session, Batch.specification).items()}
    by = {(code, test.id): test for code, one in tests.items() for test in one.tests}
    asked = select(Result, Sample.dose, Oos.code).join(Sample, Sample.code == Result.sample).outerjoin(
        Oos, (Oos.result == Result.code) & (Oos.state == "invalidated"))
    ids = {test.id for test in by.values() if test.role in {one.role for one in wanted}}
    rows = session.execute(_within(asked, Result.tested_at, period).where(Result.test.in_(ids)).order_by(
        Result.tested_at.desc(), Result.code.desc())).all()
    told: dict[str, list[tuple[Test, Value]]] = {}
    for row, dose, oos in rows:
        test = by.get((row.specification, row.test))
        if test is not None:
            told.setdefault(test.role, []).append((test, _of_result(test, row, dose, oos)))
    return {one.key: ([value for _, value in told.get(one.role, ())], _limits(told.get(one.role, ())))
            for one in wanted}


def _within(asked: Any, column: Any, period: Period) -> Any:
    asked = asked if period.begins is None else asked.where(column >= period.begins)
    return asked if period.ends is None else asked.where(column < period.ends)


def _of_result(test: Test, row: Result, dose: str | None, oos: str | None) -> Value:
    """A result that its OOS set aside stays a point of the chart, and counts for nothing."""
    aside = f"invalidated, {oos or 'no OOS is known'}" if row.invalidated_at else ""
    read = Reading(mean(replicates(row.value))) if test.kind == "replicates" else Reading.parse(row.value)
    return Value(dose or row.batch, row.tested_at, read.value, f"/results/{row.code}", row.code, read.op[:1],
                 row.verdict == "FAIL", aside or ("" if row.state == "reviewed" else f"{row.state}, not reviewed"))


def _limits(told: Sequence[tuple[Test, Value]]) -> Limits:
    """Those of the newest result: its specification."""
    return Limits(told[0][0].low, told[0][0].high, "specification") if told else Limits()


# --- counts and loadings of batches -------------------------------------------------------------------------


def growth(session: Session, wanted: Sequence[Series], period: Period) -> Answer:
    """Fold expansion of every batch."""
    values = []
    for row, _, told in _told(session, "count."):
        grown = growth_from(told)
        if grown.fold is not None and period.holds(grown.points[-1][0]):
            values.append(Value(row.code, grown.points[-1][0], grown.fold, f"/batches/{row.code}", row.code,
                                left_out="" if row.state == "complete" else "the batch is still open"))
    return {one.key: (values, Limits()) for one in wanted}


def recovery(session: Session, wanted: Sequence[Series], period: Period) -> Answer:
    """Cells after a loading over those before, each loading of each batch a value."""
    values, newest = [], None
    for row, record, told in _told(session, "loading.cells"):
        least = record.loading.recovery_percent_min.value if record.loading else None
        newest = Limits(least, None, "master record")
        values += [one for one in _recovered(row, told, least) if period.holds(one.at)]
    return {one.key: (values, newest or Limits()) for one in wanted}


def _recovered(row: Batch, told: Sequence[Told], least: Decimal | None) -> Iterator[Value]:
    for stage in sorted({one.step.stage for one in told}):
        before, after = (_last(told, stage, role) for role in ("loading.cells", "loading.cells_after"))
        if before is None or after is None or not before.entry.amount or after.entry.amount is None:
            continue
        kept = after.entry.amount / before.entry.amount * HUNDRED
        yield Value(f"{row.code} L{stage}" if stage else row.code, after.step.done_at or after.entry.entered_at, kept,
                    f"/batches/{row.code}", after.step.code, outside=least is not None and kept < least,
                    left_out="" if row.state == "complete" else "the batch is still open")


def _last(told: Sequence[Told], stage: int, role: str) -> Told | None:
    found = [one for one in told if one.step.stage == stage and one.role == role]
    return found[-1] if found else None


def _told(session: Session, prefix: str) -> Iterator[tuple[Batch, MasterRecord, list[Told]]]:
    """Every batch, oldest first, with what its finished steps tell of those roles. Five statements."""
    batches = list(session.scalars(select(Batch).order_by(Batch.opened_at, Batch.code)))
    texts, redlines = _texts(session, Batch.master_record), _by_batch(session.scalars(select(Redline)))
    records = {row.code: redlined_record(read_master_record(texts[row.master_record]), redlines.get(row.code, ()))
               for row in batches}
    ids = {step.id for record in {id(one): one for one in records.values()}.values() for _, step in record.steps()
           if any(one.role.startswith(prefix) for one in step.fields)}
    steps = _by_batch(session.scalars(select(Step).where(Step.step_id.in_(ids), Step.state.in_(DONE)).order_by(
        Step.batch, Step.stage, Step.ordinal, Step.repeat)))
    entries: dict[str, list[StepEntry]] = {}
    for batch, entry in session.execute(select(Step.batch, StepEntry).join(Step, Step.code == StepEntry.step).where(
            Step.step_id.in_(ids), Step.state.in_(DONE)).order_by(StepEntry.entered_at, StepEntry.code)):
        entries.setdefault(batch, []).append(entry)
    for row in batches:
        told = in_order(records[row.code], steps.get(row.code, ()), entries.get(row.code, ()))
        yield row, records[row.code], [one for one in told if one.role.startswith(prefix)]


def _by_batch(rows: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in rows:
        found.setdefault(one.batch, []).append(one)
    return found


# --- doses ----------------------------------------------------------------------------------------------------


def doses(session: Session, wanted: Sequence[Series], period: Period) -> Answer:
    """What part of its target each dose was at its last decision, from the facts that decision kept. Two statements."""
    newest = _within(select(func.max(Decision.code)), Decision.decided_at, period).group_by(Decision.dose)
    rows = session.execute(select(Decision, Batch.protocol).join(Dose, Dose.code == Decision.dose).join(
        Batch, Batch.code == Dose.batch).where(Decision.code.in_(newest)).order_by(
            Decision.decided_at.desc()).limit(MOST + 1)).all()
    protocols = {code: load(text) for code, text in _texts(session, Batch.protocol).items()} if rows else {}
    found = [one for row, protocol in rows if (one := _of_dose(row, protocols[protocol])) is not None]
    return {one.key: ([value for value, _ in found], found[0][1] if found else Limits()) for one in wanted}


def _of_dose(row: Decision, protocol: Protocol) -> tuple[Value, Limits] | None:
    """None where the evidence of the decision does not tell the dose."""
    facts: DoseFacts = replace(kept_facts(orjson.loads(row.dossier)["arithmetic"]), protocol=protocol,
                               decided_at=row.decided_at)
    try:
        asked, cells = target_of(facts), viable_nk(facts)
    except Missing:
        return None
    if not asked.cells:
        return None
    whole = asked.cells
    low, high = (None if one is None else decimal(100 * one / whole) for one in (asked.low, asked.high))
    outside = (asked.low is not None and cells < asked.low) or (asked.high is not None and cells > asked.high)
    return (Value(row.dose, row.decided_at, decimal(100 * cells / whole), f"/decisions/{row.code}", row.code,
                  outside=outside), Limits(low, high, "protocol"))


SOURCES: dict[str, Callable[[Session, Sequence[Series], Period], Answer]] = {
    "results": results, "growth": growth, "recovery": recovery, "dose": doses}
