"""The dossier of a dose, gathered from every room below. It reads and judges nothing.

The same records always give the same dossier: no clock is asked, and everything is in a fixed order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.container_labels import Physical
from mfg.batches.containers import with_ancestors
from mfg.batches.expiry import ends_in
from mfg.batches.filling_rules import End
from mfg.batches.loading import Loading
from mfg.batches.records import Batch, Container, Dose, DoseBag, Step, bags_of, batch, current, dose
from mfg.batches.stops import standing_stops
from mfg.batches.whole import Whole, whole_of
from mfg.custody.records import hand_overs_of
from mfg.custody.shipment_records import shipments_of
from mfg.documents.records import Document, documents
from mfg.donors.acts import eligibility_facts
from mfg.donors.collection_acts import receipt_of
from mfg.donors.records import Collection
from mfg.donors.rules import DonorFacts
from mfg.facts import Finding, Refused, Verdict
from mfg.labelling.records import PrintedLabel, labels_on
from mfg.labelling.rules import ACCOUNTED
from mfg.materials.rules import standing
from mfg.qc.oos_records import Slot, Tested, tested_in
from mfg.qc.records import Result, Sample, reads_of, samples_of
from mfg.qc.sampling_gather import sampling_of
from mfg.qc.sterility_records import invalid_samples
from mfg.quality.records import NoImpact, deviations_touching
from mfg.recipes.records import specification_in
from mfg.recipes.specification import Test
from mfg.release.arithmetic import Filled, chosen, dose_facts, kept_facts, kept_test, protocol_for
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
from mfg.release.earlier import cd3_before
from mfg.release.label_facts import about, bag_label_facts, differing
from mfg.release.records import Decision, decisions_of
from mfg.review.batch_record import hash_of
from mfg.review.gather import reviewed_part
from mfg.review.gather_used import Traces, traces_of, used_around
from mfg.review.records import reviews_of
from mfg.trial.dose import DoseFacts
from mfg.trial.protocol import Protocol
from mfg.trial.records import Recipient, weights_of

LAYOUT = "dose_bag"


@dataclass(frozen=True)
class Read:
    """The rows several parts of a dossier are made from, each read once."""

    of: Dose
    bags: list[DoseBag]
    whole: Whole
    #: what the batch used
    traces: Traces
    samples: dict[str, Sample]
    tested: Tested
    decisions: list[Decision]

    @property
    def row(self) -> Batch:
        """The batch."""
        return self.whole.row

    @cached_property
    def stage(self) -> int | None:
        """The stage the present fill comes from."""
        return self.whole.stage(bag.container for bag in self.bags)


def gather(session: Session, dose_code: str) -> Dossier:
    """All evidence about the present fill of a dose. Refused when there is no such dose."""
    of, row, who, origin = _root(session, dose_code)
    versions = documents(session, (row.protocol, row.master_record, row.specification))
    return _dossier(session, _read(session, of, row), who, origin, versions)


def _root(session: Session, dose_code: str) -> tuple[Dose, Batch, Recipient, Collection]:
    """The dose with what it is of, in one statement."""
    found = session.execute(
        select(Dose, Batch, Recipient, Collection).join(Batch, Batch.code == Dose.batch).join(
            Recipient, Recipient.code == Batch.recipient).join(Collection, Collection.code == Batch.collection).where(
            Dose.code == dose_code)).one_or_none()
    if found is None:
        raise Refused(f"There is no dose “{dose_code}”.", kind="not found")
    of, row, who, origin = found
    return of, row, who, origin


def _read(session: Session, of: Dose, row: Batch) -> Read:
    whole = whole_of(session, row)
    return Read(of, [one for one in whole.bags if (one.dose, one.attempt) == (of.code, of.attempt)], whole,
                traces_of(session, row.code), {one.code: one for one in samples_of(session, row.code)},
                tested_in(session, row.code), decisions_of(session, of.code))


def _dossier(session: Session, read: Read, who: Recipient, origin: Collection, versions: list[Document]) -> Dossier:
    of, row, bags, whole = read.of, read.row, read.bags, read.whole
    tests = specification_in(session, row.specification).tests
    results, steps, weights = _results(read), _steps(read), weights_of(session, row.recipient)
    protocol, donor = protocol_for(session, row), eligibility_facts(session, row.donor, row.collection)
    left = left_in(read.decisions, of)
    arithmetic = dose_facts(session, of, who, Filled(bags, {bag.container: whole.line(bag.container) for bag in bags}),
                            tests, results, chosen(weights, left),
                            cd3_before(session, of, row, protocol, who.cohort, left))
    lots, lineage = _lots(whole, {one.code for one in steps}), _lineage(session, whole, bags)
    sampling = sampling_of(session, row)
    recorded: tuple[Any, ...] = (*lots, *results, *read.samples.values(), *weights)
    return Dossier(
        dose=of.code, infusion=of.infusion, attempt=of.attempt,
        batch=_batch(row), recipient=_subject(who), collection=_origin(origin),
        versions=tuple(map(_version, versions)), arithmetic=arithmetic, protocol=protocol,
        donor=donor, receipt=receipt_of(session, origin),
        loadings=_loadings(read), steps=steps, bags=_bags(session, read, arithmetic, protocol, donor),
        lineage=lineage, oos=_oos(read, tests, {one.container for one in lineage}),
        lots=lots, tests=tests, results=results, reads=_reads(session, read),
        deviations=_deviations(session, read, [one.code for one in recorded]),
        review=_review(session, read), siblings=_siblings(session, of, row), custody=_custody(session, bags),
        stops=standing_stops(session, of),
        sampling=replace(sampling, stage=read.stage) if sampling.planned else sampling)


def _review(session: Session, read: Read) -> ReviewFacts | None:
    """The newest review that covers the stage this dose comes from, or the whole batch, if it was signed: a record
    that was given back after it was accepted is not accepted."""
    ended = [one for one in reviews_of(session, read.row.code) if one.stage in (None, read.stage) and one.ended_at]
    if read.stage is None or not ended:
        return None
    last = sorted(ended, key=lambda one: one.ended_at or one.begun_at)[-1]  # of one moment: the one begun later
    if last.state != "signed":
        return None
    assert last.ended_by is not None and last.ended_at is not None
    there = reviewed_part(read.whole, last.stage, read.traces, read.samples.values())
    return ReviewFacts(last.code, last.ended_by, last.ended_at, last.record_hash, hash_of(there))


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


def _bags(session: Session, read: Read, arithmetic: DoseFacts, protocol: Protocol, donor: DonorFacts
          ) -> tuple[BagFacts, ...]:
    if not read.bags:
        return ()
    common = about(session, read.of, read.bags, donor)
    ends = ends_in(read.whole, read.bags)
    labels = labels_on(session, [bag.container for bag in read.bags])
    return tuple(_bag(bag, ends, labels.get(bag.container, []),
                      partial(bag_label_facts, common, bag, arithmetic, protocol)) for bag in read.bags)


def _bag(bag: DoseBag, ends: tuple[End, ...], printed_on: list[PrintedLabel],
         now_says: Callable[[Physical], dict[str, str]]) -> BagFacts:
    """A bag; its expiry is the earliest of what was fixed when it was filled and what bounds its cells since."""
    governs = min((End(bag.expires_at, bag.expiry_governed_by), *ends))
    label = next((one for one in reversed(printed_on) if one.layout == LAYOUT), None)
    labels: tuple[LabelFacts, ...] = ()
    if label is not None:
        printed: dict[str, str] = json.loads(label.facts)
        unlike = differing(printed, now_says(Physical(label.code, label.copy > 1)))
        labels = (LabelFacts(label.code, _coi(printed), label.printed_at, unlike, label.state),)
    return BagFacts(bag.container, bag.filled_at, bag.filled_by, governs.at, governs.why,
                    bag.checked_by, bag.withdrawn_at, labels, _loose(printed_on, label))


def _loose(printed_on: list[PrintedLabel], standing: PrintedLabel | None) -> tuple[tuple[str, str], ...]:
    """Labels of a bag that nobody can account for: another bag may carry them."""
    return tuple((one.code, one.state) for one in sorted(printed_on, key=lambda one: one.code)
                 if one is not standing and one.state not in ACCOUNTED)


def label_now(session: Session, of: Dose, bag: DoseBag, label: Physical) -> dict[str, str]:
    """What this label of a bag has to say now."""
    dossier = gather(session, of.code)
    assert dossier.arithmetic is not None and dossier.protocol is not None and dossier.donor is not None
    common = about(session, of, bags_of(session, of), dossier.donor)
    return bag_label_facts(common, bag, dossier.arithmetic, dossier.protocol, label)


def _coi(facts: dict[str, str]) -> str | None:
    """The chain of identity as it stands on a label, without the gaps for the eye."""
    return facts["coi"].replace(" ", "") if "coi" in facts else None


def _lineage(session: Session, whole: Whole, bags: list[DoseBag]) -> tuple[Link, ...]:
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
    uses = [(entry.value, steps[entry.step]) for entry in current(list(whole.entries))
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
    told = ((one, read.samples[one.sample]) for one in tested.results)
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
                 if one.dose in (None, read.of.code) or read.samples[one.sample].container in lineage)


def _reads(session: Session, read: Read) -> tuple[ReadFacts, ...]:
    """Every read of the batch: growth in a sibling blocks too."""
    invalid = invalid_samples(session, read.row.code)
    return tuple(ReadFacts(one.code, one.sample, read.samples[one.sample].dose, read.samples[one.sample].attempt,
                           one.day, one.reading, one.sample in invalid, read.samples[one.sample].taken_at,
                           invalid.get(one.sample)) for one in reads_of(session, read.row.code))


def _deviations(session: Session, read: Read, used: Iterable[str]) -> tuple[DeviationFacts, ...]:
    """Every deviation on the batch or anything made, used or recorded for it, whichever code it was opened under, and
    every one of another batch that was found to affect it."""
    row = read.row
    found = deviations_touching(session, row.code, {row.donor, row.recipient, row.collection, row.protocol,
                                                    row.master_record, row.specification, *used,
                                                    *used_around(read.whole, read.traces)})
    apart = {one.deviation: one for one in session.scalars(select(NoImpact).where(
        NoImpact.dose == read.of.code, NoImpact.withdrawn_at.is_(None)))}
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
    return left_in(decisions_of(session, of.code), of)


def left_in(decisions: Iterable[Decision], of: Dose) -> datetime | None:
    """The same of decisions that are read already."""
    left = [one.decided_at for one in decisions
            if one.kind in ("released on condition", "released exceptionally") and one.attempt == of.attempt]
    return left[-1] if left else None


def decide(session: Session, dose_code: str, at: datetime) -> Judged:
    """Gather and judge: the one answer behind button, gate, API, paper and command line."""
    of, row, who, origin = _root(session, dose_code)
    versions = documents(session, (row.protocol, row.master_record, row.specification))
    read = _read(session, of, row)
    found = [Disposition(one.code, one.attempt, one.dossier_hash, one.decided_by, one.decided_at)
             for one in read.decisions if one.kind == "disposition"]
    return judge_dossier(_dossier(session, read, who, origin, versions), at, dispositions=tuple(found),
                         left_at=left_in(read.decisions, of))


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
