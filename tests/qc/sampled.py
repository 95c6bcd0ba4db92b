"""A plant whose master record has a plan of samples, with a batch on its way. Everything is made by acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from mfg import identity
from mfg.batches.scans import as_scanned
from mfg.facts import Refused
from mfg.labelling.layouts import draft_label_layout, shipped_layout
from mfg.ledger import playing_at
from mfg.qc import acts as qc
from mfg.qc import sampling_acts as acts
from mfg.qc.sampling_gather import Tube, tube
from mfg.recipes.reading import example, read_specification
from tests.batches.plant import Plant
from tests.office import CHEAP, Office, prepare
from tests.release.story import REPORTED, CarefulPlant, Story

PLAN = """
samples:
- {id: safety, title: In-process safety, step: safety_sample, container_kind: vessel, purpose: sterility and mycoplasma,
   tests: [sterility_ip, mycoplasma], volume_ml: "10", tubes: 2, keep: refrigerated, low_c: "2", high_c: "8",
   receipt_minutes: "120", because: ours}
- {id: cells, title: Loaded cells, step: formulate, container_kind: loaded cells, purpose: purity and identity,
   tests: [b_cells, monocytes, residual_feeder, cd16, identity], volume_ml: "2", receipt_minutes: "60"}
- {id: release, title: Release of the dose, step: qc_sample, container_kind: dose bag, purpose: release tests,
   tests: [appearance, viability, viable_count, nk_percent, cd3_percent, loaded, endotoxin, gram, sterility],
   volume_ml: "2", tubes: 3, low_c: "15", high_c: "25", receipt_minutes: "60"}
- {id: reserve, title: Reserve, step: qc_sample, container_kind: dose bag, purpose: reserve, keep: frozen,
   receipt_minutes: "60", retain_days: 365}
"""
RECORD = example("master record") + PLAN
SPECIFICATION = read_specification(example("specification"))


class Lab(Story):
    """A batch with a plan of samples, and the laboratory that waits for them."""

    def take(self, plan: str, container: str, step: str = "", **more: Any) -> str:
        told = {"planned": f"{self.batch}/{step}/{plan}"} if step else {}
        return self.office.do(qc.take_sample, self.office.who("qc analyst"), purpose=plan,
                              container=as_scanned(container), **told | more)

    def receive(self, sample: str, *, after: float = 30, celsius: str | None = "20", **more: Any) -> str:
        self.office.later(minutes=after)
        return self.office.do(acts.receive_sample, self.office.who("qc analyst"), sample=sample, **{
            "label": as_scanned(sample), "place": "hatch 2", "condition": "intact", "seal": "intact",
            "temperature_c": None if celsius is None else Decimal(celsius)} | more)

    def report(self, sample: str, *tests: str, review: bool = True) -> None:
        for id in tests:
            test = SPECIFICATION.test(id)
            assert test is not None
            self.record(sample, id, REPORTED.get(id) or test.equals, review=review)

    def held(self, sample: str) -> Tube:
        with self.office.look() as session:
            return tube(session, sample)

    def state(self, sample: str = "") -> str:
        return self.held(sample).state if sample else super().state()

    def event(self, verb: Any, sample: str, role: str = "qc analyst", number: int = 1, reason: str = "",
              **told: Any) -> str:
        return self.office.do(verb, self.office.who(role, number, reason=reason), sample=sample, **told)

    def refused(self, verb: Any, role: str, *, number: int = 1, reason: str = "", **told: Any) -> Refused:
        """The refusal; nothing is kept of it but the attempt, and of a wrong identity its deviation."""
        before = self.office.counts()
        with pytest.raises(Refused) as caught:
            self.office.do(verb, self.office.who(role, number, reason=reason), **told)
        self.office.left(before, caught.value)
        assert self.office.last_entry().outcome == "refused"
        return caught.value

    def go_to(self, step: str) -> None:
        """Every step before this one done; the samples of the plan drawn on the way, received and reported."""
        for phase, shape in self.plant.record.steps():
            if shape.id == step:
                return
            if shape.when:
                continue
            if shape.id in ("count", "harvest"):
                self.office.later(days=7)
            self.answer(shape.id)
            self.plant.do(f"{self.batch}/{shape.id}")
            assert phase

    def go_on_to_qc(self) -> None:
        """From the harvest to the filled cells; the dose is planned, and its bag is to be sampled."""
        self.dose = self.plant.plan(self.batch)
        steps = [shape.id for _, shape in self.plant.record.steps() if not shape.when]
        for id in steps[steps.index("safety_sample") + 1:steps.index("qc_sample")]:
            if id == "harvest":
                self.office.later(days=7)
            self.answer(id)
            self.plant.do(f"{self.batch}/{id}")

    def answer(self, step: str) -> None:
        """The plan of a step as a careful plant answers it."""
        if step == "safety_sample":
            one = self.take("safety", self.plant.container(self.batch, "vessel"), step)
            self.receive(one, celsius="5")
            self.report(one, "sterility_ip", "mycoplasma")
        if step == "formulate":
            one = self.take("cells", self.plant.container(self.batch, "loaded cells"), step)
            self.receive(one)
            self.report(one, "b_cells", "monocytes", "residual_feeder", "cd16", "identity")


def begun(office: Office) -> Lab:
    """A batch opened by the record with the plan, done up to the in-process safety sample."""
    plant = CarefulPlant(office, RECORD)
    plant.document(draft_label_layout, "label layout", shipped_layout("sample_tube"))
    recipient = plant.recipient()
    lab = Lab(office, plant, recipient, plant.open(recipient, plant.collection(recipient)))
    lab.go_to("safety_sample")
    return lab


class Begun:
    """Played once a process for each kind of database; each test goes on from a copy of its own."""

    so_far: Lab | None = None

    def prepare(self, url: str) -> None:
        prepare(url)
        with TemporaryDirectory() as folder:
            office = Office(url, Path(folder))
            with playing_at(lambda: office.now):
                self.so_far = begun(office)
            office.close()

    @contextmanager
    def standing(self, url: str, folder: Path) -> Iterator[Lab]:
        identity.ARGON2.update(CHEAP)
        office = Office(url, folder)
        assert self.so_far is not None
        before = self.so_far
        office.now = before.office.now
        plant = replace(before.plant, office=office, held=dict(before.plant.held))
        assert isinstance(plant, Plant)
        with playing_at(lambda: office.now):
            yield replace(before, office=office, plant=plant)
        office.close()


BEGUN = Begun()
