"""The samples of a batch and of its plan as facts: what was drawn, where it is, how far its tests are.

It judges nothing. Read by the batch, never by the row: a sample more costs no statement more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.flow import Flow, flow_of
from mfg.batches.records import Batch, Dose
from mfg.batches.records import batch as batch_of
from mfg.batches.rules import NOT_NEEDED
from mfg.batches.sample_records import PlannedSample, answers_of
from mfg.qc.records import Result, Sample, SterilityRead, reads_of, results_of, samples_of
from mfg.qc.records import sample as sample_of
from mfg.qc.sampling_facts import DrawnFacts, SamplingFacts, SlotFacts, TestFacts
from mfg.qc.sampling_records import SampleEvent, events_of
from mfg.qc.sampling_rules import Arriving, standing
from mfg.quality.records import Deviation, is_done
from mfg.recipes.master import MasterRecord, Sampled
from mfg.recipes.records import master_record_in, specification_in
from mfg.recipes.specification import Specification, Test

#: class of the deviation of a sample that came late, too warm or damaged, or was refused
LAPSE = "limit breach"
ENDED = ("no growth, final", "growth confirmed")


@dataclass(frozen=True)
class Tube:
    """One sample with everything that happened to it, and what the plan says of it (None: it is not of the plan)."""

    row: Sample
    events: Sequence[SampleEvent]
    answer: PlannedSample | None
    spec: Sampled | None
    #: the master record has a plan, so a sample is received before it is tested
    receipt_needed: bool
    results: Sequence[Result]
    reads: Sequence[SterilityRead]
    specification: Specification

    @property
    def tests(self) -> tuple[TestFacts, ...]:
        """The tests it is for, by the plan; and any other that was begun on it."""
        asked = [*(self.spec.tests if self.spec else ()), *(one.test for one in self.results)]
        known = [test for id in dict.fromkeys(asked) if (test := self.specification.test(id)) is not None]
        return tuple(self._test(one) for one in known)

    def _test(self, test: Test) -> TestFacts:
        if test.kind == "sterility":
            return TestFacts(test.id, test.title, test.timing, bool(self.reads),
                             any(one.reading in ENDED for one in self.reads))
        found = [one for one in self.results if one.test == test.id]
        return TestFacts(test.id, test.title, test.timing, bool(found),
                         bool(found) and all(one.state == "reviewed" for one in found))

    @property
    def state(self) -> str:
        """Where it stands in its life."""
        return standing([one.kind for one in self.events], begun=bool(self.results or self.reads),
                        answered=not self.open_tests, received_here=self.receipt_needed)

    @property
    def open_tests(self) -> tuple[str, ...]:
        """The tests of it that are not reported yet."""
        running = () if not self.reads or any(one.reading in ENDED for one in self.reads) else ("Sterility",)
        return tuple(dict.fromkeys((*(one.title for one in self.tests if not one.ended), *(
            running if not any(self._sterile(one) for one in self.tests) else ()))))

    def _sterile(self, one: TestFacts) -> bool:
        test = self.specification.test(one.id)
        return test is not None and test.kind == "sterility"

    @property
    def received(self) -> SampleEvent | None:
        """Its receipt in the laboratory."""
        return self.last("received")

    def last(self, kind: str) -> SampleEvent | None:
        """The newest event of a kind."""
        return next((one for one in reversed(self.events) if one.kind == kind), None)

    @property
    def last_at(self) -> datetime:
        """When the last thing happened to it."""
        return self.events[-1].at if self.events else self.row.taken_at

    @property
    def due_at(self) -> datetime | None:
        """When the laboratory has to have received it; None: no time is set."""
        limit = self.spec.receipt_minutes if self.spec else None
        return None if limit is None else self.row.taken_at + timedelta(seconds=float(limit * 60))

    @property
    def kept_until(self) -> datetime | None:
        """Until when it is kept at least: as stored, else as the plan says; None: it is not a retain."""
        stored = self.last("stored")
        if stored is not None:
            return stored.until
        days = self.spec.retain_days if self.spec else None
        return None if days is None else self.row.taken_at + timedelta(days=days)

    @property
    def seen(self) -> str:
        """What a person saw who looked at it: an event or an answer more makes it another."""
        return f"{len(self.events)}.{len(self.results)}.{len(self.reads)}"

    def arriving(self, event: SampleEvent | None = None) -> Arriving:
        """Its arrival as the rules see it."""
        told = event or self.received
        return Arriving(self.row.code, self.spec.receipt_minutes if self.spec else None,
                        self.spec.temperature if self.spec else None, self.row.taken_at, told.at if told else None,
                        told.temperature_c if told else None, told.condition if told else "",
                        told.seal if told else "", told.how if told else "")


def tube(session: Session, code: str) -> Tube:
    """One sample, or a refusal."""
    row = sample_of(session, code)
    return next(one for one in tubes(session, batch_of(session, row.batch)) if one.row.code == code)


def held_of(session: Session, rows: Iterable[Sample]) -> dict[str, Tube]:
    """Many samples by code, read by the batch."""
    batches = dict.fromkeys(one.batch for one in rows)
    return {one.row.code: one for code in batches for one in tubes(session, batch_of(session, code))}


@dataclass(frozen=True)
class Kept:
    """What is kept of the samples of a batch: samples, results and reads, each oldest first."""

    samples: Sequence[Sample]
    results: Sequence[Result]
    reads: Sequence[SterilityRead]


def kept_of(session: Session, batch: str) -> Kept:
    """Read it."""
    return Kept(samples_of(session, batch), results_of(session, batch), reads_of(session, batch))


def tubes(session: Session, batch: Batch) -> list[Tube]:
    """Every sample of a batch, oldest first."""
    planned = master_record_in(session, batch.master_record).samples
    return _tubes(session, batch, kept_of(session, batch.code), answers_of(session, batch.code) if planned else ())


def _tubes(session: Session, batch: Batch, kept: Kept, answers: Iterable[PlannedSample]) -> list[Tube]:
    """The same of what is read already."""
    if not kept.samples:
        return []
    record, answered = master_record_in(session, batch.master_record), {one.sample: one for one in answers}
    events = events_of(session, [one.code for one in kept.samples])
    specification = specification_in(session, batch.specification)
    return [_tube(row, record, answered.get(row.code), events[row.code], kept.results, kept.reads, specification)
            for row in kept.samples]


def _tube(row: Sample, record: MasterRecord, answer: PlannedSample | None, events: Sequence[SampleEvent],
          results: Iterable[Result], reads: Iterable[SterilityRead], specification: Specification) -> Tube:
    spec = record.sampled(answer.plan) if answer else None
    return Tube(row, events, answer, spec, bool(record.samples), [one for one in results if one.sample == row.code],
                [one for one in reads if one.sample == row.code], specification)


def sampling_of(session: Session, batch: Batch, flow: Flow | None = None, kept: Kept | None = None) -> SamplingFacts:
    """The plan of a batch and what was drawn for it; one statement more for each kind of thing that is not read yet,
    and none where there is no plan."""
    record = master_record_in(session, batch.master_record)
    if not record.samples:
        return SamplingFacts(False)
    flow = flow or flow_of(session, batch)
    answers = answers_of(session, batch.code)
    held = {one.row.code: one for one in _tubes(session, batch, kept or kept_of(session, batch.code), answers)}
    attempts = dict(session.execute(select(Dose.code, Dose.attempt).where(Dose.batch == batch.code)).all())
    lapses = _lapses(session, held)
    specification = specification_in(session, batch.specification)
    slots = []
    for step in flow.steps:
        if flow.standing(step) == NOT_NEEDED:
            continue
        for spec in record.samples_at(step.step_id):
            mine = [one for one in answers if (one.step, one.plan) == (step.code, spec.id)]
            told = [one for one in mine if one.sample is None]
            drawn = tuple(_drawn(held[one.sample], attempts, lapses.get(one.sample, ()))
                          for one in mine if one.sample in held)
            slots.append(SlotFacts(step.code, step.stage, spec, is_of_dose(spec, specification), drawn,
                                   told[-1].why if told else "", told[-1].at if told else None))
    return SamplingFacts(True, tuple(slots))


def is_of_dose(spec: Sampled, specification: Specification) -> bool:
    """Is a sample of the plan one of a dose, or one of the batch?"""
    scopes = {test.scope for id in spec.tests if (test := specification.test(id)) is not None}
    return "dose" in scopes or spec.container_kind == "dose bag"


def _drawn(one: Tube, attempts: dict[str, int], lapses: tuple[tuple[str, bool], ...]) -> DrawnFacts:
    row, received = one.row, one.received
    return DrawnFacts(
        row.code, one.state, row.dose, row.attempt, row.dose is not None and row.attempt != attempts.get(row.dose),
        row.taken_at, received.at if received else None, received.how if received else "",
        received.temperature_c if received else None, received.condition if received else "",
        received.seal if received else "", one.last("stored") is not None, one.tests, lapses)


def _lapses(session: Session, codes: Iterable[str]) -> dict[str, tuple[tuple[str, bool], ...]]:
    """The deviations that tell of the arrival of samples, each with whether it is done."""
    found: dict[str, tuple[tuple[str, bool], ...]] = {}
    for one in session.scalars(select(Deviation).where(Deviation.kind == LAPSE, Deviation.on_code.in_(list(codes)))
                               .order_by(Deviation.code)):
        found[one.on_code] = (*found.get(one.on_code, ()), (one.code, is_done(one)))
    return found
