"""A plant at work, for tests: documents effective, lots released, an accepted collection, and people who do steps.

Everything is made by acts. `Plant(office)` opens nothing by itself; `plant.batch()` opens a batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from mfg.batches import acts, filling, runner, transforming
from mfg.batches.scans import as_scanned
from mfg.documents import acts as documents
from mfg.donors import acts as donors
from mfg.donors import collection_acts as collections
from mfg.labelling.layouts import draft_label_layout, shipped_layout
from mfg.ledger import playing_at
from mfg.materials import acts as materials
from mfg.materials import suppliers
from mfg.materials.records import Lot
from mfg.places import PACKAGE
from mfg.recipes.acts import draft_master_record, draft_specification
from mfg.recipes.master import FieldSpec, MasterRecord
from mfg.recipes.reading import example, read_master_record
from mfg.trial import acts as trial
from mfg.trial.records import recipient as recipient_row
from mfg.uploads import read_upload
from tests.documents.changed import change_for
from tests.office import Office, prepare
from tests.training import trained

PROTOCOL = (PACKAGE / "trial/protocols/nct06835140.yaml").read_text("utf-8")
RECIPE = example("master record")
#: a DIN for each collection, demonstration facilities only
DINS = ("=A999926100001" + "00", "=A999926100002" + "00", "=A999926100003" + "00")
LOTS = {"bispecific antibody": ("10000", "ug/mL"), "feeder cells": ("100", "Gy"), "medium": None, "cytokine": None,
        "depletion reagent": None, "wash buffer": None, "formulation": None, "bag or set": None}
#: what the lots of a kind are counted in, where it is not mL; and more of it than any test takes
COUNTED_IN = {"bag or set": "1", "feeder cells": "{cells}"}
AMPLE = Decimal(10) ** 12
CERTIFICATE = read_upload("CoA 1.txt", b"Certificate of analysis 1: conforms.\n")
#: what a careful operator reads, by step and field; the rest follows from the kind of field
GOOD = {"volume": "120", "tnc": "2e10", "viability": "95", "nk": "40", "open_minutes": "60", "minutes": "200",
        "viable": "0.5", "cd3": "0.2", "feeder_gy": "100", "feeder_ratio": "2", "planned_hours": "50",
        "viable_1": "6.1", "viable_2": "5.9", "viable_3": "6.0", "cells": "7e8", "cd16": "85", "antibody_ml": "0.7",
        "temperature": "37.0", "total": "100", "residual": "5", "loaded": "92", "unloaded": "1", "mfi_loaded": "9000",
        "mfi_unloaded": "300", "mfi_saturated": "10000", "free": "<0.2"}
#: kind -> what it is made from, by what, how much of that is taken and how much is in it then, mL
MAKING = {"vessel": ("collection bag", "seed", "20", "4000"), "harvest": ("vessel", "harvest", "100", "1000"),
          "loaded cells": ("harvest", "load", "50", "2000"), "sample tube": ("vessel", "sample", "2", "2")}
SPECIAL = {("qc_sample", "volume"): "2", ("count", "volume"): "1000",
           ("formulate", "volume"): "2000", ("harvest", "volume"): "500", ("loaded_check", "cells"): "6e8",
           ("seed", "volume"): "100", ("baseline", "nk"): "11"}


def planted(url: str) -> None:
    """Fills an empty database with people, documents and lots; tests get copies of it."""
    prepare(url)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            Plant(office)
        office.close()


@dataclass
class Plant:
    """An office with its documents, lots and containers."""

    office: Office
    recipe: str = RECIPE
    lots: dict[str, str] = field(default_factory=dict)
    held: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.record: MasterRecord = read_master_record(self.recipe)
        self.protocol = "NCT06835140/1"
        if self.lots:
            return
        self.document(trial.draft_protocol, "protocol", PROTOCOL)
        self.document(draft_master_record, "master record", self.recipe)
        self.document(draft_specification, "specification", example("specification"))
        self.document(draft_label_layout, "label layout", shipped_layout("dose_bag"))
        supplier = self.office.do(suppliers.propose_supplier, self.office.who("warehouse"), name="Example supplier")
        self.office.do(suppliers.qualify_supplier, self.office.who("qa"), supplier=supplier)
        for kind, strength in LOTS.items():
            self.lots[kind] = self.lot(kind, strength)
        self.teach()

    @classmethod
    def standing(cls, office: Office) -> Plant:
        """The plant of a database that was copied from `planted`: nothing has to be made again."""
        with office.look() as session:
            return cls(office, lots={row.kind: row.code for row in session.scalars(select(Lot))})

    def document(self, draft: Any, kind: str, text: str) -> str:
        code = self.office.do(draft, self.office.who("qa"), text=text)
        self.office.do(documents.submit, self.office.who("qa"), kind=kind, document=code)
        self.office.do(documents.approve, self.office.who("qa", 2), kind=kind, document=code)
        self.office.do(documents.make_effective, self.office.who("qa", 2), kind=kind, document=code,
                       change=change_for(self.office, code))
        return code

    def teach(self) -> None:
        """Every procedure the master record names in effect, and its people qualified for it on paper."""
        steps = [step for _, step in self.record.steps()]
        procedures = sorted({step.sop for step in steps if step.sop})
        others = sorted({one for step in steps for one in step.qualifications})
        for key in procedures:
            trained.procedure(self.office, key)
        for code in others:
            trained.item(self.office, code)
        for role in ("operator", "verifier", "production supervisor") if procedures or others else ():
            for number in (1, 2):
                trained.qualified(self.office, role, number, [*procedures, *others])

    def lot(self, kind: str, strength: tuple[str, str] | None = None, *, days: int = 300, release: bool = True) -> str:
        """A lot, released unless told otherwise; it expires in `days`."""
        number, unit = strength or LOTS[kind] or ("", "")
        code = self.office.do(materials.receive_lot, self.office.who("warehouse"), kind=kind, name=f"A {kind}",
                              supplier="Example supplier", supplier_lot=f"X{len(self.lots)}{days}",
                              containers=10, grade="GMP", animal_origin=False, critical=kind != "wash buffer",
                              quantity=AMPLE, quantity_unit=COUNTED_IN.get(kind, "mL"),
                              certificate="CoA 1", certificate_file=CERTIFICATE,
                              expires_at=self.office.now + timedelta(days=days),
                              received_at=self.office.now, strength=Decimal(number) if number else None,
                              strength_unit=unit)
        if release:
            self.office.do(materials.release_lot, self.office.who("qa"), lot=code)
        return code

    def recipient(self, *, eligible: bool = True) -> str:
        """A recipient of cohort 1."""
        code = self.office.do(trial.enrol_recipient, self.office.who("clinical coordinator"), protocol=self.protocol,
                              cohort="1")
        if eligible:
            self.office.do(trial.confirm_eligibility, self.office.who("principal investigator"), recipient=code)
        return code

    def collection(self, recipient: str, number: int = 0, *, accept: bool = True) -> str:
        """An accepted collection of a new donor for this recipient."""
        office, nurse = self.office, self.office.who("apheresis nurse")
        donor = office.do(donors.register_donor, nurse, recipient=recipient, relation="sibling")
        office.do(donors.record_consent, nurse, donor=donor, text_version="1", given_at=office.now)
        start = office.now - timedelta(hours=8)
        code = office.do(collections.record_collection, nurse, donor=donor, recipient=recipient, din=DINS[number],
                         started_at=start, ended_at=start + timedelta(hours=4), device="apheresis 1",
                         volume_ml=Decimal(200), anticoagulant="ACD-A", anticoagulant_ml=Decimal(20),
                         tnc=Decimal("2.0e10"), nk_percent=Decimal(11))
        if accept:
            self._accept(code, recipient, number)
        return code

    def _accept(self, code: str, recipient: str, number: int) -> None:
        office = self.office
        with office.look() as session:
            coi = recipient_row(session, recipient).coi
        office.do(collections.inspect_receipt, office.who("operator"), collection=code, din=DINS[number],
                  coi=f"]C0{coi}", received_at=office.now - timedelta(hours=1), transport="2-8 °C",
                  transport_low_c=Decimal(3), transport_high_c=Decimal(6), seal_intact=True, leak_free=True)
        office.do(collections.accept_collection, office.who("verifier"), collection=code)

    def batch(self, number: int = 0) -> str:
        """An open batch for a new recipient with a new collection."""
        recipient = self.recipient()
        return self.open(recipient, self.collection(recipient, number))

    def open(self, recipient: str, collection: str) -> str:
        return self.office.do(acts.open_batch, self.office.who("production supervisor"), recipient=recipient,
                              collection=collection, master_record=self.record.key, specification="NK-RELEASE")

    # --- containers

    def container(self, batch: str, kind: str) -> str:
        """The newest container of that kind in the batch, made from the kind before when there is none."""
        if kind == "collection bag":
            return f"{batch}-C01"
        if (batch, kind) not in self.held:
            self.make(batch, kind)
        return self.held[batch, kind]

    def make(self, batch: str, kind: str) -> str:
        """A new container of that kind from the newest of the kind before."""
        before, transformation, taken, volume = MAKING[kind]
        parent = self.container(batch, before)
        self.held[batch, kind] = self.transform(batch, transformation, parent, volume=volume, taken=taken)
        return self.held[batch, kind]

    def transform(self, batch: str, transformation: str, *parents: str, volume: str | None = None,
                  taken: str | None = None, **more: Any) -> str:
        """A new container of the batch by this transformation; `taken` mL of each parent, all of it when not told."""
        return self.office.do(
            transforming.make_container, self.office.who("operator"), batch=batch, transformation=transformation,
            parents=[as_scanned(one) for one in parents], volume_ml=None if volume is None else Decimal(volume),
            taken_ml=[] if taken is None else [Decimal(taken)] * len(parents), **more)

    # --- steps

    def good(self, batch: str, step_id: str, spec: FieldSpec) -> str:
        """A value inside the limits, as it would arrive."""
        if spec.kind == "scan container":
            return as_scanned(self.container(batch, spec.container_kind or "loaded cells"))
        if spec.kind == "scan lot":
            return as_scanned(self.lots[spec.lot_kind])
        if spec.kind == "time":
            return self.office.now.isoformat()
        if spec.kind in ("choice", "yesno"):
            return next(one for one in spec.choices or ("yes", "no") if one not in spec.not_good)
        return SPECIAL.get((step_id, spec.id), GOOD.get(spec.id, "as planned"))

    def enter(self, step: str, field_id: str, value: str, *, number: int = 1, unit: str | None = None,
              **more: Any) -> str:
        """One value by an operator, in the field's own unit unless told otherwise."""
        spec = self.spec(step, field_id)
        return self.office.do(runner.enter_value, self.office.who("operator", number), step=step, field=field_id,
                              value=value, unit=spec.unit if unit is None else unit, **more)

    def spec(self, step: str, field_id: str) -> FieldSpec:
        """The field of a step."""
        shape = self.record.step(step.partition("/")[2].partition("~")[0])
        assert shape is not None
        found = shape.field(field_id)
        assert found is not None
        return found

    def fill_in(self, step: str, **values: str) -> None:
        """Every value the step asks for; `values` instead of the good ones."""
        batch, _, rest = step.partition("/")
        shape = self.record.step(rest.partition("~")[0])
        assert shape is not None
        for one in shape.fields:
            if not one.optional and one.kind != "calculated":
                if one.role == "loading.stopped":
                    self.office.later(minutes=60)
                self.enter(step, one.id, values.get(one.id) or self.good(batch, shape.id, one))

    def perform(self, step: str, **more: Any) -> str:
        return self.office.do(runner.perform_step, self.office.who("operator"), step=step,
                              **{"done_at": self.office.now} | more)

    def verify(self, step: str, **readings: str) -> str:
        """Verified by the verifier, who reads again what the step asks for."""
        batch, _, rest = step.partition("/")
        shape = self.record.step(rest.partition("~")[0])
        assert shape is not None
        again = {one.id: readings.get(one.id) or self.good(batch, shape.id, one) for one in shape.fields if one.blind}
        return self.office.do(runner.verify_step, self.office.who("verifier"), step=step, readings=again)

    def do(self, step: str, **values: str) -> None:
        """A whole step: entered, performed, verified."""
        self.fill_in(step, **values)
        self.perform(step)
        again = {id: value for id, value in values.items() if self.spec(step, id).blind}
        self.verify(step, **again)

    def run(self, batch: str, *, until: str = "", stage: int = 1) -> None:
        """All steps in order, up to and with `until`; a day passes between counts and before the harvest."""
        for phase, step in self.record.steps():
            if (stage > 1 and not phase.staged) or step.when:
                continue  # the good values lead into no branch
            if step.id in ("count", "harvest"):
                self.office.later(days=7)
            self.do(f"{batch}/{step.id}" + (f"~{stage}" if stage > 1 else ""))
            if step.id == until:
                return

    # --- doses

    def fill(self, dose: str, volume: str = "120", residual: str = "2", **more: Any) -> str:
        batch = dose.rpartition("-")[0]
        return self.office.do(filling.fill_dose, self.office.who("operator"), dose=dose,
                              **{"source": as_scanned(self.container(batch, "loaded cells")),
                                 "volumes_ml": [Decimal(volume)], "residuals_ml": [Decimal(residual)],
                                 "filled_at": self.office.now} | more)

    def check(self, dose: str, bag: str, volume: str = "120", *, number: int = 1) -> str:
        return self.office.do(filling.check_fill, self.office.who("verifier", number), dose=dose, bag=as_scanned(bag),
                              volume_ml=Decimal(volume))

    def plan(self, batch: str, infusion: int = 1) -> str:
        return self.office.do(filling.plan_dose, self.office.who("production supervisor"), batch=batch,
                              infusion=infusion)
