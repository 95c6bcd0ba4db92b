"""The dossier of a dose, gathered from every room below. It reads and judges nothing.

The same records always give the same dossier: no clock is asked, and everything is in a fixed order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.container_labels import Physical
from mfg.batches.containers import ancestors, parents_of
from mfg.batches.expiry import ends_of
from mfg.batches.filling_rules import End
from mfg.batches.flow import flow_of
from mfg.batches.loading import Loading
from mfg.batches.records import (
    Batch,
    Container,
    Dose,
    DoseBag,
    Step,
    bags_of,
    batch,
    current,
    dose,
    entries_of,
    steps_of,
)
from mfg.batches.stops import standing_stops
from mfg.batches.told import loading_of, record_of, stage_of
from mfg.custody.records import hand_overs_of
from mfg.custody.shipment_records import shipments_of
from mfg.documents.records import document
from mfg.donors.acts import eligibility_facts
from mfg.donors.collection_acts import receipt_of
from mfg.donors.records import Collection, collection
from mfg.facts import Finding, Verdict
from mfg.labelling.records import PrintedLabel, labels_of, standing_label
from mfg.labelling.rules import ACCOUNTED
from mfg.materials.records import Lot
from mfg.materials.rules import standing
from mfg.qc.oos_records import Oos, Slot, Tested, tested_in
from mfg.qc.records import Result, Sample, reads_of, samples_of
from mfg.qc.sampling_gather import sampling_of
from mfg.qc.sterility_records import invalid_samples
from mfg.quality.records import NoImpact, deviations_touching
from mfg.recipes.master import MasterRecord
from mfg.recipes.records import specification_in
from mfg.recipes.specification import Test
from mfg.release.arithmetic import dose_facts, kept_facts, protocol_for
from mfg.release.decide import Judged, judge_dossier
from mfg.release.dossier import (
    BagFacts,
    BatchFacts,
    CustodyFacts,
    DeviationFacts,
    Disposition,
    Dossier,
    LabelFacts,
    Link,
    LotUse,
    OosFacts,
    Origin,
    ReadFacts,
    ResultFacts,
    ReviewFacts,
    Sibling,
    StepFacts,
    Subject,
    Version,
)
from mfg.release.label_facts import bag_label_facts, differing
from mfg.release.records import Decision, decisions_of
from mfg.review.batch_record import hash_of
from mfg.review.gather import batch_record
from mfg.review.gather_used import used_around
from mfg.review.records import reviews_of
from mfg.trial.dose import DoseFacts
from mfg.trial.protocol import Protocol
from mfg.trial.records import recipient, weights_of

LAYOUT = "dose_bag"


def gather(session: Session, dose_code: str) -> Dossier:
    """All evidence about the present fill of a dose. Refused when there is no such dose."""
    of = dose(session, dose_code)
    row = batch(session, of.batch)
    record, bags = record_of(session, row), bags_of(session, of)
    tests = specification_in(session, row.specification).tests
    tested = tested_in(session, row.code)
    results, steps = _results(session, of, tested), _steps(session, of)
    origin = collection(session, row.collection)
    arithmetic = dose_facts(session, of, row, bags, tests, results, left_at(session, of))
    protocol = protocol_for(session, row)
    lots = _lots(session, row, record, {one.code for one in steps})
    recorded: tuple[Any, ...] = (*lots, *results, *samples_of(session, row.code), *weights_of(session, row.recipient))
    used, lineage = [one.code for one in recorded], _lineage(session, row, bags)
    sampling = sampling_of(session, row)
    return Dossier(
        dose=of.code, infusion=of.infusion, attempt=of.attempt,
        batch=_batch(row), recipient=_subject(session, row), collection=_origin(origin),
        versions=tuple(_version(session, code) for code in (row.protocol, row.master_record, row.specification)),
        arithmetic=arithmetic, protocol=protocol,
        donor=eligibility_facts(session, row.donor, row.collection), receipt=receipt_of(session, origin),
        loadings=_loadings(session, of, bags, record), steps=steps,
        bags=tuple(_bag(session, bag, ends_of(session, of), arithmetic, protocol) for bag in bags),
        lineage=lineage, oos=_oos(session, of, tested.oos, tests, {one.container for one in lineage}),
        lots=lots, tests=tests, results=results, reads=_reads(session, row.code),
        deviations=_deviations(session, row, of.code, used), review=_review(session, of, row),
        siblings=_siblings(session, of, row), custody=_custody(session, bags), stops=standing_stops(session, of),
        sampling=replace(sampling, stage=stage_of(session, of)) if sampling.planned else sampling)


def _review(session: Session, of: Dose, row: Batch) -> ReviewFacts | None:
    """The newest review that covers the stage this dose comes from, or the whole batch, if it was signed: a record
    that was given back after it was accepted is not accepted."""
    stage = stage_of(session, of)
    ended = [one for one in reviews_of(session, row.code) if one.stage in (None, stage) and one.ended_at]
    if stage is None or not ended:
        return None
    last = sorted(ended, key=lambda one: one.ended_at or one.begun_at)[-1]  # of one moment: the one begun later
    if last.state != "signed":
        return None
    assert last.ended_by is not None and last.ended_at is not None
    return ReviewFacts(last.code, last.ended_by, last.ended_at, last.record_hash,
                       hash_of(batch_record(session, row.code, last.stage)))


def _batch(row: Batch) -> BatchFacts:
    return BatchFacts(row.code, row.recipient, row.donor, row.collection, row.protocol, row.master_record,
                      row.specification, row.opened_at)


def _subject(session: Session, row: Batch) -> Subject:
    who = recipient(session, row.recipient)
    return Subject(who.code, who.coi, who.protocol, who.cohort, who.slot, who.eligible_by, who.eligible_at)


def _origin(row: Collection) -> Origin:
    return Origin(row.code, row.din, row.donor, row.recipient, row.state, row.coi_scanned, row.accepted_by,
                  row.inspected_by)


def _version(session: Session, code: str) -> Version:
    row = document(session, code)
    return Version(row.code, row.kind, row.text_hash, row.author, row.approved_by, row.effective_at,
                   row.superseded_at)


def _loadings(session: Session, of: Dose, bags: list[DoseBag], record: MasterRecord) -> tuple[Loading, ...] | None:
    """The loading of the stage this fill comes from; None where the process loads nothing."""
    if record.loading is None:
        return None
    volume = sum((bag.volume_ml for bag in bags), Decimal(0)) if bags else None
    return (loading_of(session, of.batch, stage=stage_of(session, of), dose_volume_ml=volume),)


def _steps(session: Session, of: Dose) -> tuple[StepFacts, ...]:
    """The steps before staging and those of the stage this dose comes from; unknown stage: all of them.

    The last repeat of a step whose loop has not come to its end is still to be repeated, whoever verified it.
    """
    stage, flow = stage_of(session, of), flow_of(session, batch(session, of.batch))
    looping = flow.looping()
    return tuple(StepFacts(step.code, flow.shape(step).title,
                           "to be repeated" if step.code in looping else flow.standing(step), step.performed_by,
                           step.verified_by)
                 for step in flow.steps if stage is None or step.stage in (0, stage))


def _bag(session: Session, bag: DoseBag, ends: tuple[End, ...], arithmetic: DoseFacts, protocol: Protocol) -> BagFacts:
    """A bag; its expiry is the earliest of what was fixed when it was filled and what bounds its cells since."""
    governs = min((End(bag.expires_at, bag.expiry_governed_by), *ends))
    label = standing_label(session, bag.container, LAYOUT)
    labels: tuple[LabelFacts, ...] = ()
    if label is not None:
        printed: dict[str, str] = json.loads(label.facts)
        unlike = differing(printed, bag_label_facts(session, bag, arithmetic, protocol,
                                                    Physical(label.code, label.copy > 1)))
        labels = (LabelFacts(label.code, _coi(printed), label.printed_at, unlike, label.state),)
    return BagFacts(bag.container, bag.filled_at, bag.filled_by, governs.at, governs.why,
                    bag.checked_by, bag.withdrawn_at, labels, _loose(session, bag.container, label))


def _loose(session: Session, container: str, standing: PrintedLabel | None) -> tuple[tuple[str, str], ...]:
    """Labels of a bag that nobody can account for: another bag may carry them."""
    return tuple((one.code, one.state) for one in labels_of(session, container)
                 if one is not standing and one.state not in ACCOUNTED)


def label_now(session: Session, of: Dose, bag: DoseBag, label: Physical) -> dict[str, str]:
    """What this label of a bag has to say now."""
    dossier = gather(session, of.code)
    assert dossier.arithmetic is not None and dossier.protocol is not None
    return bag_label_facts(session, bag, dossier.arithmetic, dossier.protocol, label)


def _coi(facts: dict[str, str]) -> str | None:
    """The chain of identity as it stands on a label, without the gaps for the eye."""
    return facts["coi"].replace(" ", "") if "coi" in facts else None


def _lineage(session: Session, row: Batch, bags: list[DoseBag]) -> tuple[Link, ...]:
    """Every container from the bags back to the collection, by code."""
    codes = sorted({code for bag in bags for code in (bag.container, *ancestors(session, bag.container))})
    parents = parents_of(session, row.code)
    found = session.scalars(select(Container).where(Container.code.in_(codes)).order_by(Container.code))
    return tuple(Link(one.code, one.kind, one.recipient, one.donor, one.collection,
                      tuple(sorted(parents.get(one.code, ())))) for one in found)


def _lots(session: Session, row: Batch, record: MasterRecord, needed: set[str]) -> tuple[LotUse, ...]:
    """Every lot scanned into a step this dose needs, as it stands; used when the step was done."""
    scanned = {(step.id, field.id) for _, step in record.steps() for field in step.fields if field.kind == "scan lot"}
    steps: dict[str, Step] = {step.code: step for step in steps_of(session, row.code)}
    found = []
    for entry in current(entries_of(session, row.code)):
        step = steps[entry.step]
        if step.code in needed and (step.step_id, entry.field) in scanned:
            lot = session.get(Lot, entry.value)
            if lot is not None:
                found.append(LotUse(lot.code, lot.name, lot.kind, standing(lot.state), lot.released_at,
                                    lot.released_by, lot.expires_at, step.done_at, step.code))
    return tuple(found)


def _results(session: Session, of: Dose, tested: Tested) -> tuple[ResultFacts, ...]:
    """Results of the batch, and of this dose's present fill."""
    samples = {one.code: one for one in samples_of(session, of.batch)}
    slots = {one.result: one for one in tested.slots if one.result}
    gone = {one.result: one.code for one in tested.oos if one.state == "invalidated"}
    return tuple(_result(one, samples[one.sample], slots.get(one.code), gone.get(one.code))
                 for one in tested.results
                 if samples[one.sample].dose is None
                 or (samples[one.sample].dose, samples[one.sample].attempt) == (of.code, of.attempt))


def _result(one: Result, sample: Sample, slot: Slot | None, gone: str | None) -> ResultFacts:
    return ResultFacts(one.code, one.sample, sample.container, one.test, sample.dose is not None, one.value, one.unit,
                       one.verdict, one.state, one.tested_by, one.reviewed_by, slot.kind if slot else "",
                       slot.follows if slot else None, gone if one.invalidated_at else None)


def _oos(session: Session, of: Dose, found: list[Oos], tests: tuple[Test, ...], lineage: set[str]
         ) -> tuple[OosFacts, ...]:
    """Every OOS of this dose in any of its fills, of its batch, and of cells this fill descends from."""
    titles = {one.id: one.title for one in tests}
    containers = {one.code: one.container for one in samples_of(session, of.batch)} if found else {}
    return tuple(OosFacts(one.code, one.result, one.test, titles.get(one.test, one.test), one.dose or one.batch,
                          one.state)
                 for one in found if one.dose in (None, of.code) or containers[one.sample] in lineage)


def _reads(session: Session, batch_code: str) -> tuple[ReadFacts, ...]:
    """Every read of the batch: growth in a sibling blocks too."""
    samples = {one.code: one for one in samples_of(session, batch_code)}
    invalid = invalid_samples(session, batch_code)
    return tuple(ReadFacts(one.code, one.sample, samples[one.sample].dose, samples[one.sample].attempt, one.day,
                           one.reading, one.sample in invalid) for one in reads_of(session, batch_code))


def _deviations(session: Session, row: Batch, dose_code: str, used: Iterable[str]) -> tuple[DeviationFacts, ...]:
    """Every deviation on the batch or anything made, used or recorded for it, whichever code it was opened under, and
    every one of another batch that was found to affect it."""
    found = deviations_touching(session, row.code, {row.donor, row.recipient, row.collection, row.protocol,
                                                    row.master_record, row.specification, *used,
                                                    *used_around(session, row.code)})
    apart = {one.deviation: one for one in session.scalars(select(NoImpact).where(
        NoImpact.dose == dose_code, NoImpact.withdrawn_at.is_(None)))}
    return tuple(DeviationFacts(one.code, one.on_code, one.within, one.severity, one.state, one.closed_by,
                                apart[one.code].code if one.code in apart else None,
                                apart[one.code].found_at if one.code in apart else None) for one in found)


def _custody(session: Session, bags: list[DoseBag]) -> tuple[CustodyFacts, ...]:
    """Every hand-over and shipment a bag of the present fill was in, oldest first."""
    things = [bag.container for bag in bags]
    return (*(CustodyFacts(one.thing, one.hand_over, "hand-over", row.state)
              for one, row in hand_overs_of(session, things)),
            *(CustodyFacts(one.thing, one.shipment, "shipment", row.state)
              for one, row in shipments_of(session, things)))


def _siblings(session: Session, of: Dose, row: Batch) -> tuple[Sibling, ...]:
    """Doses of other batches for the same infusion of the same recipient."""
    found = session.scalars(select(Dose).join(Batch, Batch.code == Dose.batch).where(
        Batch.recipient == row.recipient, Dose.infusion == of.infusion, Dose.code != of.code).order_by(Dose.code))
    return tuple(Sibling(one.code, one.state) for one in found)


def left_at(session: Session, of: Dose) -> datetime | None:
    """When the present fill was released before its certification; None as long as it was not."""
    left = [one.decided_at for one in decisions_of(session, of.code)
            if one.kind in ("released on condition", "released exceptionally") and one.attempt == of.attempt]
    return left[-1] if left else None


def decide(session: Session, dose_code: str, at: datetime) -> Judged:
    """Gather and judge: the one answer behind button, gate, API, paper and command line."""
    dossier = gather(session, dose_code)
    found = [Disposition(one.code, one.attempt, one.dossier_hash, one.decided_by, one.decided_at)
             for one in decisions_of(session, dose_code) if one.kind == "disposition"]
    return judge_dossier(dossier, at, dispositions=tuple(found), left_at=left_at(session, dose(session, dose_code)))


def judged_then(session: Session, row: Decision) -> Judged:
    """A decision as it was taken: its own evidence and findings, not those of today."""
    told = json.loads(row.dossier)
    found = tuple(Finding(one["rule"], Verdict(one["verdict"]), one["why"], one["value"], one["limit"],
                          tuple(one["sources"]), one["title"]) for one in json.loads(row.findings))
    of = dose(session, row.dose)
    then = Dossier(row.dose, of.infusion, row.attempt, arithmetic=kept_facts(told["arithmetic"]),
                   protocol=protocol_for(session, batch(session, of.batch)))
    return Judged(then, row.dossier_hash, row.decided_at, found, found, ())
