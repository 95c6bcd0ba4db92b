"""The dossier of a dose, gathered from every room below. It reads and judges nothing.

The same records always give the same dossier: no clock is asked, and everything is in a fixed order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.container_labels import Physical
from mfg.batches.containers import with_ancestors
from mfg.batches.loading import Loading
from mfg.batches.records import Batch, Container, Dose, DoseBag, Step, batch, dose
from mfg.batches.stops import standing_stops
from mfg.batches.whole import Whole
from mfg.custody.moves import moves_of
from mfg.documents.records import Document
from mfg.donors.acts import eligibility_facts
from mfg.donors.collection_acts import receipt_of
from mfg.donors.records import Collection
from mfg.facts import Finding, Verdict
from mfg.materials.rules import standing
from mfg.qc.oos_records import Slot
from mfg.qc.records import Result, Sample
from mfg.qc.sampling_gather import Kept, sampling_of
from mfg.quality.touching import Touching, touching
from mfg.recipes.records import specification_in
from mfg.recipes.specification import Test
from mfg.release.arithmetic import Filled, chosen, dose_facts, kept_facts, kept_test, protocol_for
from mfg.release.bag_facts import bag_facts, common_of
from mfg.release.decide import Judged, judge_dossier
from mfg.release.dossier import (
    BatchFacts,
    CustodyFacts,
    DeviationFacts,
    Disposition,
    Dossier,
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
from mfg.release.earlier import cd3_before
from mfg.release.label_facts import bag_label_facts
from mfg.release.reading import Read, read_dose
from mfg.release.records import Decision
from mfg.review.batch_record import hash_of
from mfg.review.gather import reviewed_part
from mfg.review.gather_used import made_and_used, stands_on, used_around
from mfg.review.records import reviews_of
from mfg.trial.records import Recipient, weights_of


def gather(session: Session, dose_code: str) -> Dossier:
    """All evidence about the present fill of a dose. Refused when there is no such dose."""
    return dossier_of(read_dose(session, dose_code))


def decide(session: Session, dose_code: str, at: datetime) -> Judged:
    """Gather and judge: the one answer behind button, gate, API, paper and command line."""
    read = read_dose(session, dose_code)
    found = [Disposition(one.code, one.attempt, one.dossier_hash, one.decided_by, one.decided_at)
             for one in read.infusion.decisions if one.kind == "disposition"]
    return judge_dossier(dossier_of(read), at, dispositions=tuple(found), left_at=read.left_at)


def dossier_of(read: Read) -> Dossier:
    """The evidence in the rows that were read."""
    session, of, row, bags, whole = read.session, read.of, read.row, read.bags, read.whole
    who, origin = read.root.who, read.root.origin
    tests = specification_in(session, row.specification).tests
    results, steps, weights = _results(read), _steps(read), weights_of(session, row.recipient)
    protocol, donor = protocol_for(session, row), eligibility_facts(session, row.donor, row.collection)
    arithmetic = dose_facts(of, who, _filled(whole, bags), tests, results, chosen(weights, read.left_at),
                            cd3_before(session, of, row, protocol, who.cohort, read.left_at))
    lots, lineage = _lots(whole, {one.code for one in steps}), _lineage(session, whole, bags)
    sampling = sampling_of(session, row, whole.flow, Kept(
        list(read.sampled.samples.values()), read.tested.results, read.sampled.reads))
    recorded: tuple[Any, ...] = (*lots, *results, *read.sampled.samples.values(), *weights)
    touched = touching(session, row.code, {*made_and_used(whole, read.traces, read.sampled.samples.values()),
                                           *(one.code for one in recorded)}, of.code)
    return Dossier(
        dose=of.code, infusion=of.infusion, attempt=of.attempt,
        batch=_batch(row), recipient=_subject(who), collection=_origin(origin),
        versions=tuple(map(_version, read.root.versions)), arithmetic=arithmetic, protocol=protocol,
        donor=donor, receipt=receipt_of(session, origin),
        loadings=_loadings(read), steps=steps, bags=bag_facts(read, arithmetic, protocol, donor),
        lineage=lineage, oos=_oos(read, tests, {one.container for one in lineage}),
        lots=lots, tests=tests, results=results, reads=_reads(read),
        deviations=_deviations(read, touched, [one.code for one in recorded]),
        review=_review(read, touched), siblings=tuple(Sibling(*one) for one in read.infusion.others),
        custody=_custody(session, bags), stops=standing_stops(session, of),
        sampling=replace(sampling, stage=read.stage) if sampling.planned else sampling)


def _filled(whole: Whole, bags: Sequence[DoseBag]) -> Filled:
    codes = [bag.container for bag in bags]
    return Filled(bags, {code: whole.line(code) for code in codes}, {code: whole.drawn(code) for code in codes})


def _review(read: Read, touched: Touching) -> ReviewFacts | None:
    """The newest review that covers the stage this dose comes from, or the whole batch, if it was signed: a record
    that was given back after it was accepted is not accepted."""
    ended = [one for one in reviews_of(read.session, read.row.code) if one.stage in (None, read.stage) and one.ended_at]
    if read.stage is None or not ended:
        return None
    last = sorted(ended, key=lambda one: one.ended_at or one.begun_at)[-1]  # of one moment: the one begun later
    if last.state != "signed":
        return None
    assert last.ended_by is not None and last.ended_at is not None
    there = reviewed_part(read.whole, last.stage, read.traces, read.sampled.samples.values(), touched)
    return ReviewFacts(last.code, last.ended_by, last.ended_at, last.record_hash, hash_of(there))


def label_now(session: Session, of: Dose, bag: DoseBag, label: Physical) -> dict[str, str]:
    """What this label of a bag has to say now."""
    read = read_dose(session, of.code)
    dossier = dossier_of(read)
    assert dossier.arithmetic is not None and dossier.protocol is not None and dossier.donor is not None
    return bag_label_facts(common_of(read, dossier.donor), bag, dossier.arithmetic, dossier.protocol, label)


def _batch(row: Batch) -> BatchFacts:
    return BatchFacts(row.code, row.recipient, row.donor, row.collection, row.protocol, row.master_record,
                      row.specification, row.opened_at)


def _subject(who: Recipient) -> Subject:
    return Subject(who.code, who.coi, who.protocol, who.cohort, who.slot, who.eligible_by, who.eligible_at)


def _origin(row: Collection) -> Origin:
    return Origin(row.code, row.din, row.donor, row.recipient, row.state, row.coi_scanned, row.accepted_by,
                  row.inspected_by)


def _version(row: Document) -> Version:
    return Version(row.code, row.kind, row.text_hash, row.author, row.approved_by, row.effective_at,
                   row.superseded_at)


def _loadings(read: Read) -> tuple[Loading, ...] | None:
    """The loading of the stage this fill comes from; None where the process loads nothing."""
    if read.whole.record.loading is None:
        return None
    volume = sum((bag.volume_ml for bag in read.bags), Decimal(0)) if read.bags else None
    return (read.whole.loading(read.stage, volume),)


def _steps(read: Read) -> tuple[StepFacts, ...]:
    """The steps before staging and those of the stage this dose comes from; unknown stage: all of them.

    The last repeat of a step whose loop has not come to its end is still to be repeated, whoever verified it.
    """
    stage, flow = read.stage, read.whole.flow
    looping = flow.looping()
    return tuple(StepFacts(step.code, flow.shape(step).title,
                           "to be repeated" if step.code in looping else flow.standing(step), step.performed_by,
                           step.verified_by)
                 for step in flow.steps if stage is None or step.stage in (0, stage))


def _lineage(session: Session, whole: Whole, bags: Sequence[DoseBag]) -> tuple[Link, ...]:
    """Every container from the bags back to the collection, by code, of whichever batch it is."""
    codes = {code for bag in bags for code in whole.line(bag.container)}
    found: dict[str, Container] = {one.code: one for one in whole.containers if one.code in codes}
    if len(found) < len(codes):  # one of another batch: it is followed wherever it leads
        codes = set(with_ancestors(session, [bag.container for bag in bags]))
        found = {one.code: one for one in session.scalars(select(Container).where(Container.code.in_(codes)))}
    return tuple(Link(one.code, one.kind, one.recipient, one.donor, one.collection,
                      tuple(sorted(whole.parents.get(one.code, ())))) for _, one in sorted(found.items()))


def _lots(whole: Whole, needed: set[str]) -> tuple[LotUse, ...]:
    """Every lot scanned into a step this dose needs, as it stands; used when the step was done."""
    scanned = {(step.id, field.id) for _, step in whole.record.steps() for field in step.fields
               if field.kind == "scan lot"}
    steps: dict[str, Step] = {step.code: step for step in whole.flow.steps}
    uses = [(entry.value, steps[entry.step]) for entry in whole.current
            if entry.step in needed and (steps[entry.step].step_id, entry.field) in scanned]
    lots = whole.lots
    return tuple(LotUse(lot.code, lot.name, lot.kind, standing(lot.state), lot.released_at, lot.released_by,
                        lot.expires_at, step.done_at, step.code)
                 for code, step in uses if (lot := lots.get(code)) is not None)


def _results(read: Read) -> tuple[ResultFacts, ...]:
    """Results of the batch, and of this dose's present fill."""
    mine, tested = (read.of.code, read.of.attempt), read.tested
    slots = {one.result: one for one in tested.slots if one.result}
    gone = {one.result: one.code for one in tested.oos if one.state == "invalidated"}
    told = ((one, read.sampled.samples[one.sample]) for one in tested.results)
    return tuple(_result(one, sample, slots.get(one.code), gone.get(one.code)) for one, sample in told
                 if sample.dose is None or (sample.dose, sample.attempt) == mine)


def _result(one: Result, sample: Sample, slot: Slot | None, gone: str | None) -> ResultFacts:
    return ResultFacts(one.code, one.sample, sample.container, one.test, sample.dose is not None, one.value, one.unit,
                       one.verdict, one.state, one.tested_by, one.reviewed_by, slot.kind if slot else "",
                       slot.follows if slot else None, gone if one.invalidated_at else None)


def _oos(read: Read, tests: tuple[Test, ...], lineage: set[str]) -> tuple[OosFacts, ...]:
    """Every OOS of this dose in any of its fills, of its batch, and of cells this fill descends from."""
    titles = {one.id: one.title for one in tests}
    return tuple(OosFacts(one.code, one.result, one.test, titles.get(one.test, one.test), one.dose or one.batch,
                          one.state)
                 for one in read.tested.oos
                 if one.dose in (None, read.of.code) or read.sampled.samples[one.sample].container in lineage)


def _reads(read: Read) -> tuple[ReadFacts, ...]:
    """Every read of the batch: growth in a sibling blocks too."""
    samples, invalid = read.sampled.samples, read.sampled.invalid
    return tuple(ReadFacts(one.code, one.sample, samples[one.sample].dose, samples[one.sample].attempt, one.day,
                           one.reading, one.sample in invalid, samples[one.sample].taken_at, invalid.get(one.sample))
                 for one in read.sampled.reads)


def _deviations(read: Read, touched: Touching, used: Iterable[str]) -> tuple[DeviationFacts, ...]:
    """Every deviation on the batch or anything made, used or recorded for it, whichever code it was opened under, and
    every one of another batch that was found to affect it."""
    codes = {*stands_on(read.row), *used, *used_around(read.whole, read.traces)}
    return tuple(DeviationFacts(one.row.code, one.row.on_code, one.row.within, one.row.severity, one.row.state,
                                one.row.closed_by, one.apart.code if one.apart else None,
                                one.apart.found_at if one.apart else None) for one in touched.on(codes))


def _custody(session: Session, bags: Sequence[DoseBag]) -> tuple[CustodyFacts, ...]:
    """Every hand-over and shipment a bag of the present fill was in, oldest first."""
    return tuple(CustodyFacts(one.thing, one.code, one.kind, one.state)
                 for one in moves_of(session, [bag.container for bag in bags]))


def judged_then(session: Session, row: Decision) -> Judged:
    """A decision as it was taken: its own evidence and findings, not those of today."""
    told = json.loads(row.dossier)
    found = tuple(Finding(one["rule"], Verdict(one["verdict"]), one["why"], one["value"], one["limit"],
                          tuple(one["sources"]), one["title"]) for one in json.loads(row.findings))
    of = dose(session, row.dose)
    then = Dossier(row.dose, of.infusion, row.attempt, arithmetic=kept_facts(told["arithmetic"]),
                   protocol=protocol_for(session, batch(session, of.batch)),
                   tests=tuple(kept_test(one) for one in told["tests"]))
    return Judged(then, row.dossier_hash, row.decided_at, found, found, ())
