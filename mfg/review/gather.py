"""The batch record of a batch, gathered from every room below. It reads and judges nothing.

The same records give the same batch record: no clock is asked, everything is in a fixed order, and what is read is
read by the batch and never by the row. What was used in the steps is gathered in `gather_used.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from mfg.batches.flow import Flow
from mfg.batches.hold_records import HoldTime
from mfg.batches.records import (
    Attachment,
    Batch,
    Redline,
    Step,
    StepEntry,
)
from mfg.batches.records import batch as load_batch
from mfg.batches.rules import NOT_NEEDED
from mfg.batches.told import growth_from, in_order
from mfg.batches.whole import Whole, whole_of
from mfg.custody.timeline import gaps_within
from mfg.labelling.records import PrintedLabel
from mfg.ledger import Entry
from mfg.qc.oos_records import Tested, tested_in
from mfg.qc.records import Sample, samples_of
from mfg.quality.records import Deviation
from mfg.quality.touching import Touching, touching
from mfg.recipes.master import FieldSpec
from mfg.review.batch_record import (
    AttachmentLine,
    BagLine,
    BatchRecord,
    ContainerLine,
    CustodyLine,
    DeviationLine,
    EntryLine,
    HoldLine,
    LabelLine,
    RedlineLine,
    RefusalLine,
    SampleLine,
    StepLine,
    YieldLine,
)
from mfg.review.gather_tests import oos_lines, repeat_lines
from mfg.review.gather_used import (
    Traces,
    Used,
    made_and_used,
    monitored,
    stands_on,
    sums_of,
    traces_of,
    used_in,
)


def batch_record(session: Session, batch: str, stage: int | None = None) -> BatchRecord:
    """Everything recorded in a batch; with `stage` what belongs to that stage and to what comes before staging."""
    whole, traces = whole_of(session, load_batch(session, batch)), traces_of(session, batch)
    rows, tested = samples_of(session, batch), tested_in(session, batch)
    found = touching(session, batch, made_and_used(whole, traces, rows))
    part, flow, samples = reviewed_part(whole, stage, traces, rows, found), whole.flow, _samples(rows, tested)
    refusals, set_back = _history(session, batch, _judged_apart(flow, part, samples))
    return replace(
        part, samples=samples, oos=oos_lines(session, whole.row, tested),
        repeats=repeat_lines(session, whole.row, tested), refusals=refusals, clock_set_back=set_back,
        monitoring=monitored(traces.monitoring),
        reconciliations=sums_of(session, batch), yields=_yields(flow, whole.entries, {one.code for one in part.steps}),
        labels=_labels(session, {one.code for lines in (part.bags, part.containers) for one in lines}),
        custody=_custody(session, [whole.row.collection, *(one.code for one in part.containers),
                                   *(one.code for one in part.bags)]))


def reviewed_part(whole: Whole, stage: int | None, traces: Traces, sampled: Iterable[Sample], found: Touching
                  ) -> BatchRecord:
    """Of a batch that is read already, what the signature under a review covers (`REVIEWED`), and nothing else.
    `found`: the deviations on at least all of `made_and_used`."""
    row, flow = whole.row, whole.flow
    steps = [one for one in flow.steps if stage is None or one.stage in (0, stage)]
    scope = {one.code for one in steps}
    used, bags, containers = used_in(whole, steps, traces), _bags(whole, stage), _containers(whole, steps, stage)
    touched = _touched(row, used, [one.code for lines in (traces.monitoring, bags, containers, sampled)
                                   for one in lines])
    return BatchRecord(
        batch=row.code, state=row.state, stage=stage, opened_at=row.opened_at, opened_by=row.opened_by,
        versions=(row.protocol, row.master_record, row.specification),
        steps=tuple(_step(flow, one, whole.trainers.get(one.code)) for one in steps),
        entries=tuple(_entries(flow, steps, whole.entries)),
        holds=_holds(whole, stage), redlines=_redlines(flow.redlines, scope),
        attachments=_attachments(whole.attachments, scope), bags=bags, containers=containers, lots=used.lots,
        equipment=used.equipment, clearances=used.clearances,
        deviations=_deviations((one.row for one in found.on(touched)), flow, scope))


def _touched(row: Batch, used: Used, made: Iterable[str]) -> set[str]:
    """The codes under which somebody may have opened a deviation that touches this batch."""
    lines: tuple[Sequence[Any], ...] = (used.equipment, used.clearances)
    return {*stands_on(row), *(one.lot for one in used.lots), *(one.code for told in lines for one in told), *made}


def _judged_apart(flow: Flow, part: BatchRecord, samples: Sequence[SampleLine]) -> set[str]:
    """Records of the batch whose acts learn only on the way which batch they lie in: refused, they name none."""
    lines: tuple[Sequence[Any], ...] = (flow.redlines, part.clearances, part.deviations)
    return {*(one.code for told in lines for one in told),
            *(code for one in samples for code in (one.code, one.of, *one.codes))}


# --- steps and entries ------------------------------------------------------------------------------------------


def _step(flow: Flow, row: Step, trainer: str | None) -> StepLine:
    shape, there, state = flow.shape(row), flow.of(row), flow.standing(row)
    missing = tuple(one.label for one in shape.fields if not one.optional and one.id not in there)
    again = tuple(one.label for one in shape.fields if one.blind and one.id in there)
    by, at = (row.skipped_by, row.skipped_at) if row.skipped_by else (row.performed_by, row.performed_at)
    return StepLine(row.code, shape.title, row.stage, state, shape.critical, shape.sop, row.done_at, by, at,
                    row.late_reason, row.verified_by, row.verified_at, missing if row.performed_by else (),
                    row.skip_reason, state == NOT_NEEDED, trainer, again if row.verified_by else (), shape.open)


def _entries(flow: Flow, steps: Sequence[Step], entries: Sequence[StepEntry]) -> list[EntryLine]:
    specs = {one.code: {spec.id: spec for spec in flow.shape(one).fields} for one in steps}
    by_code = {one.code: one for one in entries}
    return [_entry(one, specs[one.step].get(one.field), by_code, flow.entries[one.step].get(one.field) is one)
            for one in entries if one.step in specs]


def _entry(row: StepEntry, spec: FieldSpec | None, by_code: dict[str, StepEntry], stands: bool) -> EntryLine:
    before = by_code.get(row.supersedes or "")
    bounds = spec.alerts if spec and row.alert else spec.limits if spec else None
    return EntryLine(row.code, row.step, spec.label if spec else row.field, row.value, row.unit or "",
                     spec.kind if spec else "", "ALERT" if row.alert else row.verdict, str(bounds) if bounds else "",
                     row.how, row.entered_by, row.entered_at, row.read_at, row.reason, row.late_reason,
                     row.paper or "", before.value if before else None, stands, spec.severity if spec else "major")


# --- what the steps run under -----------------------------------------------------------------------------------


def _holds(whole: Whole, stage: int | None) -> tuple[HoldLine, ...]:
    flow = whole.flow
    known = {one.id: one for one in flow.record.holds}
    return tuple(HoldLine(
        one.code, known[one.hold_id].title, one.state, one.started_at, one.stopped_at,
        known[one.hold_id].limit_minutes, one.used_seconds / 60 if one.stopped_at else None,
        known[one.hold_id].severity, _stop_step(flow, one), one.continued_by, one.continued_at, one.breached_at)
        for one in whole.holds if stage is None or one.stage in (0, stage))


def _stop_step(flow: Flow, one: HoldTime) -> str:
    """The step at which this clock stops, where its exception stands."""
    hold = next(hold for hold in flow.record.holds if hold.id == one.hold_id)
    wanted = hold.segments[-1][1].partition(".")[0]
    of = [step.code for step in flow.steps if step.step_id == wanted and step.stage in (0, one.stage)]
    return of[-1] if of else one.batch


def _redlines(rows: Sequence[Redline], scope: set[str]) -> tuple[RedlineLine, ...]:
    return tuple(RedlineLine(one.code, one.step, one.kind, one.was, one.becomes, one.state, one.proposed_by,
                             one.proposed_at, one.decided_by if one.state == "approved" else None, one.reason)
                 for one in rows if one.step in scope)


def _attachments(rows: Iterable[Attachment], scope: set[str]) -> tuple[AttachmentLine, ...]:
    return tuple(AttachmentLine(one.code, one.step, one.field or "", one.file, one.caption, one.by, one.at)
                 for one in rows if one.step in scope)


def _deviations(rows: Iterable[Deviation], flow: Flow, scope: set[str]) -> tuple[DeviationLine, ...]:
    """All that touch the batch; those of a step of another stage belong to the review of that stage."""
    others = {one.code for one in flow.steps} - scope
    return tuple(DeviationLine(one.code, one.on_code, one.kind, one.severity, one.what, one.state, one.opened_by,
                               one.opened_at) for one in rows
                 if not _steps_named(one) & others)


def _steps_named(one: Deviation) -> set[str]:
    """The code itself, and the step an entry belongs to."""
    batch, _, rest = one.on_code.partition("/")
    return {one.on_code, f"{batch}/{rest.partition('/')[0]}"}


def _yields(flow: Flow, entries: Sequence[StepEntry], scope: set[str]) -> tuple[YieldLine, ...]:
    """The cells at every count; a master record states no theoretical yield to hold them against."""
    grown = growth_from(in_order(flow.record, flow.steps, entries))
    return tuple(YieldLine(one.step, one.cells) for one in grown.counts
                 if one.cells is not None and one.step in scope)


# --- what was made ------------------------------------------------------------------------------------------------


def _scanned(flow: Flow, steps: Sequence[Step]) -> set[str]:
    """The containers scanned in these steps."""
    return {flow.of(row)[one.id].value for row in steps for one in flow.shape(row).fields
            if one.kind == "scan container" and one.id in flow.of(row)}


def _bags(whole: Whole, stage: int | None) -> tuple[BagLine, ...]:
    """The bags of the batch, or those filled from cells of the stage alone."""
    flow, rows = whole.flow, whole.bags
    if stage is not None:
        mine, other = (_scanned(flow, [one for one in flow.steps if one.stage and (one.stage == stage) is same])
                       for same in (True, False))
        rows = [one for one in rows if set(whole.parents.get(one.container, ())) & (mine - other)]
    return tuple(BagLine(one.container, one.dose, one.volume_ml, one.filled_by, one.filled_at, one.checked_by,
                         one.withdrawn_at is not None) for one in rows)


def _containers(whole: Whole, steps: Sequence[Step], stage: int | None) -> tuple[ContainerLine, ...]:
    scope = None if stage is None else _scanned(whole.flow, steps)
    return tuple(ContainerLine(one.code, one.kind, one.volume_ml, one.made_at)
                 for one in whole.containers if scope is None or one.code in scope)


def _labels(session: Session, containers: Collection[str]) -> tuple[LabelLine, ...]:
    rows = session.scalars(select(PrintedLabel).where(PrintedLabel.container.in_(containers)).order_by(
        PrintedLabel.code)).all()
    voided = {one.voids: one.printed_at for one in rows if one.voids}
    return tuple(LabelLine(one.code, one.container, one.printed_by, one.printed_at, voided.get(one.code), one.reason,
                           one.state, one.layout) for one in rows)


def _custody(session: Session, things: Sequence[str]) -> tuple[CustodyLine, ...]:
    """Recorded gaps in the custody of these; what was never handed over has none."""
    found = gaps_within(session, dict.fromkeys(things))
    return tuple(CustodyLine(thing, one.record, one.finding.verdict.value, one.finding.why, one.who, one.start)
                 for thing, gaps in found.items() for one in gaps)


def _samples(samples: Sequence[Sample], tested: Tested) -> tuple[SampleLine, ...]:
    results: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    codes: dict[str, list[str]] = defaultdict(list)
    for one in tested.results:
        results[one.sample].append((one.test, one.verdict, one.reviewed_by))
        codes[one.sample].append(one.code)
    return tuple(SampleLine(one.code, one.container, one.taken_by, one.taken_at, tuple(results[one.code]),
                            tuple(codes[one.code])) for one in samples)


# --- what history tells -------------------------------------------------------------------------------------------


def _history(session: Session, batch: str, codes: set[str]) -> tuple[tuple[RefusalLine, ...], tuple[Any, ...]]:
    """Acts refused within the batch or on one of these codes, and the moments at which the clock had gone back."""
    refused_on = and_(Entry.outcome == "refused", Entry.within == "", Entry.on_code.in_(codes))
    rows = session.execute(select(Entry.seq, Entry.at, Entry.person, Entry.verb, Entry.on_code, Entry.outcome,
                                  Entry.leaf).where(or_(Entry.within == batch, refused_on)).order_by(Entry.seq))
    refused, set_back = [], []
    for row in rows:
        if row.outcome == "refused":
            refused.append(RefusalLine(row.seq, row.at, row.person, row.verb, row.on_code, **_why(row.leaf)))
        if b'"clock_back"' in row.leaf:
            set_back.append(row.at)
    return tuple(refused), tuple(set_back)


def _why(leaf: bytes) -> dict[str, Any]:
    told = orjson.loads(leaf).get("refusal") or {}
    return {"kind": told.get("kind", ""), "why": told.get("why", ""), "rules": tuple(told.get("findings", ()))}
