"""A batch with one checked dose, tested and labelled, as release finds it. Everything is made by acts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from mfg import identity
from mfg.batches.records import bags_of
from mfg.batches.records import dose as dose_of
from mfg.batches.scans import as_scanned
from mfg.donors import acts as donors
from mfg.donors import collection_acts as collections
from mfg.donors.rules import TESTS
from mfg.facts import Verdict, judge
from mfg.labelling import acts as labelling
from mfg.labelling.records import PrintedLabel, labels_of
from mfg.labelling.standing import scan_of
from mfg.ledger import Who, playing_at
from mfg.qc import acts as qc
from mfg.recipes.reading import example, read_specification
from mfg.release import acts as release
from mfg.release.decide import Judged
from mfg.release.gather import decide
from mfg.release.printing import print_container_label, reprint_label
from mfg.review import acts as reviews
from mfg.review.completeness import COMPLETENESS
from mfg.review.exceptions import exceptions_of
from mfg.review.gather import batch_record
from mfg.review.records import review as review_of
from mfg.trial import acts as trial
from tests.batches.plant import DINS, Plant
from tests.office import CHEAP, Office, prepare

SPECIFICATION = read_specification(example("specification"))
#: what a good laboratory reports; choices report their one good answer
REPORTED = {"viability": "95", "viable_count": "6.4e6; 6.5e6; 6.6e6", "nk_percent": "92.0", "cd3_percent": "<0.2",
            "b_cells": "<0.1", "monocytes": "0.2", "residual_feeder": "<0.05", "cd16": "85", "loaded": "92",
            "endotoxin": "<0.5"}


class CarefulPlant(Plant):
    """A plant whose donors have consented, are tested and determined to be eligible before the collection."""

    def collection(self, recipient: str, number: int = 0, *, accept: bool = True) -> str:
        office, nurse, director = self.office, self.office.who("apheresis nurse"), self.office.who("medical director")
        start = office.now - timedelta(hours=8)
        donor = office.do(donors.register_donor, nurse, recipient=recipient, relation="sibling")
        office.do(donors.record_consent, nurse, donor=donor, text_version="1", given_at=start - timedelta(days=5))
        for test in TESTS:
            office.do(donors.record_marker, nurse, donor=donor, test=test, result="negative",
                      specimen_at=start - timedelta(days=2), assay="An assay", kit_lot="K1", laboratory="A laboratory")
        code = office.do(collections.record_collection, nurse, donor=donor, recipient=recipient, din=DINS[number],
                         started_at=start, ended_at=start + timedelta(hours=4), device="apheresis 1",
                         volume_ml=Decimal(200), anticoagulant="ACD-A", anticoagulant_ml=Decimal(20),
                         tnc=Decimal("2.0e10"), nk_percent=Decimal(11))
        self._accept(code, recipient, number)
        office.do(donors.determine_eligibility, director, donor=donor, verdict="eligible", collection=code,
                  screening="no risk factor", screened_at=start - timedelta(days=2))
        return code


@dataclass
class Story:
    """One dose on its way out."""

    office: Office
    plant: CarefulPlant
    recipient: str
    batch: str
    dose: str = ""

    def judged(self) -> Judged:
        with self.office.look() as session:
            return decide(session, self.dose, self.office.now)

    def state(self) -> str:
        with self.office.look() as session:
            return dose_of(session, self.dose).state

    def bag(self) -> str:
        with self.office.look() as session:
            return bags_of(session, dose_of(session, self.dose))[0].container

    def weigh(self, kg: str = "70.0") -> None:
        self.office.later(minutes=1)
        code = self.office.do(trial.record_weight, self.office.who("clinical coordinator"), recipient=self.recipient,
                              kg=Decimal(kg), measured_at=self.office.now - timedelta(hours=1))
        self.office.do(trial.confirm_weight, self.office.who("principal investigator"), weight=code, kg=Decimal(kg))

    def fill(self, volume: str = "120") -> None:
        """Filled by one, checked by another."""
        self.plant.fill(self.dose, volume)
        self.plant.check(self.dose, self.bag(), volume)

    def label(self, reason: str = "", *, put_on: bool = True) -> str:
        """The label of the bag, printed, scanned back and put on; with a reason once more in the place of the last."""
        code = self._reprinted(reason) if reason else self.office.do(
            print_container_label, self.office.who("operator"), container=self.bag())
        if put_on:
            with self.office.look() as session:
                scan = scan_of(session.get_one(PrintedLabel, code))
            self.office.do(labelling.verify_label, self.office.who("operator"), label=code, scan=scan)
            self.office.do(labelling.apply_label, self.office.who("operator"), label=code, scan=scan)
        return code

    def _reprinted(self, reason: str) -> str:
        with self.office.look() as session:
            last = labels_of(session, self.bag())[-1].code
        self.office.do(labelling.request_reprint, self.office.who("operator", reason=reason), label=last)
        new = self.office.do(reprint_label, self.office.who("verifier"), label=last)
        self.office.do(labelling.destroy_label, self.office.who("operator"), label=last)
        self.office.do(labelling.witness_destruction, self.office.who("verifier"), label=last)
        return new

    def test_all(self, scope: str, container: str, **reported: str) -> str:
        """A sample, every result before release of that scope, each reviewed. Returns the sample."""
        sample = self.office.do(qc.take_sample, self.office.who("qc analyst"), container=as_scanned(container),
                                purpose="release tests")
        for test in SPECIFICATION.tests:
            if test.scope == scope and test.mandatory and test.kind != "sterility":
                value = reported.get(test.id) or REPORTED.get(test.id) or test.equals
                self.record(sample, test.id, value)
        return sample

    def record(self, sample: str, test: str, value: str, *, review: bool = True) -> str:
        code = self.office.do(qc.record_result, self.office.who("qc analyst"), sample=sample, test=test, value=value)
        if review:
            self.office.do(qc.review_result, self.office.who("qc reviewer"), result=code)
        return code

    def read(self, sample: str, reading: str, *, day: int = 0) -> str:
        return self.office.do(qc.read_sterility, self.office.who("qc analyst"), sample=sample, day=day, reading=reading)

    def review(self, number: int = 1) -> str:
        """The batch record reviewed by exception, as a careful reviewer does it, and signed. Returns the review."""
        return reviewed(self.office, self.batch, 1, number)

    def dispose(self, **change: Any) -> str:
        return self._signed(release.give_disposition, self.office.who("qa"), **change)

    def release_on_condition(self, number: int = 1, **change: Any) -> str:
        return self._signed(release.release_on_condition, self.office.who("qualified person", number),
                            **{"informed": "treating physician", "acknowledged": True} | change)

    def certify(self, number: int = 1, **change: Any) -> str:
        return self._signed(release.release_dose, self.office.who("qualified person", number), **change)

    def _signed(self, verb: Any, who: Who, **change: Any) -> str:
        seen = {} if "seen" in change else {"seen": self.judged().evidence_hash}
        return self.office.do(verb, who, dose=self.dose, **seen, **change)


def filled(office: Office) -> Story:
    """A dose filled and checked; nothing of it is tested yet."""
    plant = CarefulPlant(office)
    recipient = plant.recipient()
    batch = plant.open(recipient, plant.collection(recipient))
    story = Story(office, plant, recipient, batch)
    story.dose = plant.plan(batch)
    plant.run(batch)
    story.weigh()
    story.fill()
    return story


def ready(office: Office) -> Story:
    """Everything well: only the final read of sterility is open, and nobody has decided."""
    story = filled(office)
    story.test_all("batch", story.plant.container(story.batch, "loaded cells"))
    sample = story.test_all("dose", story.bag())
    story.read(sample, "no growth")
    story.label()
    story.review()
    return story


def reviewed(office: Office, batch: str, stage: int | None, number: int = 1) -> str:
    """A review of a batch record up to a stage, everything assessed and looked at, signed."""
    who = office.who("qa", number)
    review = office.do(reviews.begin_review, who, batch=batch, stage=stage)
    with office.look() as session:
        record, steps = batch_record(session, batch, stage), review_of(session, review).steps_drawn
    points = [one.rule for one in judge(COMPLETENESS, record) if one.verdict is Verdict.CANNOT_DETERMINE]
    for key in (*(one.key for one in exceptions_of(record) if one.severity != "minor"), *points):
        office.do(reviews.assess_exception, who, review=review, exception=key, assessment="No effect on the product.")
    for step in steps:
        office.do(reviews.look_at_step, who, review=review, step=step, as_expected=True)
    return office.do(reviews.sign_review, who, review=review, minor_read=True)


class Told:
    """A story played once a process for each kind of database; each test goes on from a copy of its own."""

    def __init__(self, play: Callable[[Office], Story]) -> None:
        self.play = play
        self.so_far: Story | None = None

    def prepare(self, url: str) -> None:
        """Fill an empty database."""
        prepare(url)
        with tempfile.TemporaryDirectory() as folder:
            office = Office(url, Path(folder))
            with playing_at(lambda: office.now):
                self.so_far = self.play(office)
            office.close()

    def go_on(self, office: Office) -> Story:
        """The same story in a copy of that database."""
        assert self.so_far is not None
        office.now = self.so_far.office.now
        plant = copy(self.so_far.plant)
        plant.office, plant.held = office, dict(plant.held)
        return replace(self.so_far, office=office, plant=plant)


FILLED, READY = Told(filled), Told(ready)


@contextmanager
def a_story(told: Told, url: str, folder: Path) -> Iterator[Story]:
    """The story on a database prepared with `told.prepare`."""
    identity.ARGON2.update(CHEAP)
    office = Office(url, folder)
    with playing_at(lambda: office.now):
        yield told.go_on(office)
    office.close()
