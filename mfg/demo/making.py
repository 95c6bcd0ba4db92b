"""From documents to the first harvest: what is approved, who is enrolled, what the donor gives, how cells grow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

from mfg.batches import acts as batches
from mfg.batches.labelled import LAYOUTS
from mfg.batches.scans import as_scanned
from mfg.batches.told import growth_of
from mfg.codes.isbt128_write import din as din_structure
from mfg.db import look
from mfg.demo import figures, papers
from mfg.demo.plant import FIN, Plant
from mfg.demo.stepping import Work, container, perform, repeat
from mfg.demo.teaching import teach
from mfg.documents import acts as documents
from mfg.donors import acts as donors
from mfg.donors import collection_acts as collections
from mfg.donors.rules import TESTS
from mfg.facts import plain
from mfg.labelling.layouts import draft_label_layout, shipped_layout
from mfg.materials import acts as materials
from mfg.materials import suppliers
from mfg.recipes import acts as recipes
from mfg.recipes.reading import example, read_master_record
from mfg.trial import acts as trial
from mfg.trial.records import Recipient
from mfg.uploads import read_upload

DIN = f"{FIN}26000118"
LOTS = (
    ("bispecific antibody", "CD123-CD16 bispecific", Decimal("1000"), "ug/mL"), ("medium", "NK medium", None, ""),
    ("cytokine", "IL-2", None, ""), ("feeder cells", "Irradiated feeder cells", Decimal("100"), "Gy"),
    ("depletion reagent", "CD3 reagent", None, ""), ("wash buffer", "Wash buffer", None, ""),
    ("formulation", "Formulation buffer", None, ""), ("bag or set", "Bags and tubing", None, ""),
)
#: how much of a lot came, and what it is counted in, where it is not 20 L in mL
RECEIVED = {"feeder cells": Decimal("1e11"), "bag or set": Decimal(100)}
COUNTED_IN = {"feeder cells": "{cells}", "bag or set": "1"}


def until_first_harvest(plant: Plant) -> Work:
    """Everything before the dose: returns the batch with its culture grown."""
    protocol = approve_documents(plant)
    recipient = enrol(plant, protocol)
    collection = collect(plant, recipient)
    work = open_batch(plant, recipient, collection)
    receive_lots(plant, work)
    process_collection(plant, work)
    grow(plant, work)
    return work


def approve_documents(plant: Plant) -> str:
    """Protocol, master record, specification and label: written by one, approved by another, made effective."""
    plant.scene("The trial protocol, the master record, the specification and the labels become effective")
    protocol = plant.do(trial.draft_protocol, plant.who("principal investigator"), text=_shipped_protocol())
    record = plant.do(recipes.draft_master_record, plant.who("production supervisor"), text=example("master record"))
    wanted = plant.do(recipes.draft_specification, plant.who("qc reviewer"), text=example("specification"))
    labels = [plant.do(draft_label_layout, plant.who("production supervisor"), text=shipped_layout(one))
              for one in dict.fromkeys(LAYOUTS.values())]
    authors = {"protocol": "principal investigator", "master record": "production supervisor",
               "specification": "qc reviewer", "label layout": "production supervisor"}
    for kind, code in (("protocol", protocol), ("master record", record), ("specification", wanted),
                       *(("label layout", one) for one in labels)):
        plant.do(documents.submit, plant.who(authors[kind]), kind=kind, document=code)
        plant.do(documents.approve, plant.who("qa"), kind=kind, document=code)
        plant.do(documents.make_effective, plant.who("qa"), kind=kind, document=code)
        plant.say(f"  {kind} {code}: written, handed in for review, approved by another person, effective")
    teach(plant, read_master_record(example("master record")))
    return protocol


def _shipped_protocol() -> str:
    return (files("mfg.trial") / "protocols" / "nct06835140.yaml").read_text(encoding="utf-8")


def enrol(plant: Plant, protocol: str) -> str:
    """A recipient in cohort 1; the chain of identity is issued before the donor gives anything."""
    code = plant.do(trial.enrol_recipient, plant.who("clinical coordinator"), protocol=protocol, cohort="1")
    plant.do(trial.confirm_eligibility, plant.who("principal investigator"), recipient=code)
    plant.say(f"  recipient {code} enrolled in cohort 1, chain of identity {_coi(plant, code)}, eligibility confirmed")
    return code


def _coi(plant: Plant, recipient: str) -> str:
    from mfg.codes.own import coi_text

    with look(plant.engine) as session:
        return coi_text(session.get_one(Recipient, recipient).coi)


def collect(plant: Plant, recipient: str) -> str:
    """A listed donor, screened and tested, gives one apheresis; two people receive it."""
    plant.at(2026, 10, 26, 7, 0)
    plant.scene("A donor is screened, and gives")
    donor = plant.do(donors.register_donor, plant.who("apheresis nurse"), recipient=recipient, relation="sibling")
    given = plant.now
    plant.do(donors.record_consent, plant.who("apheresis nurse"), donor=donor, text_version="consent 2", given_at=given)
    for test in TESTS:
        plant.do(donors.record_marker, plant.who("apheresis nurse"), donor=donor, test=test, result="negative",
                 specimen_at=given, assay="screening assay", kit_lot="K-1", laboratory="donor laboratory")
    start = plant.wait(minutes=30)
    end = plant.wait(hours=4)
    collection = plant.do(
        collections.record_collection, plant.who("apheresis nurse"), donor=donor, recipient=recipient,
        din="]C0" + din_structure(DIN), started_at=start, ended_at=end, device="apheresis device 1",
        volume_ml=Decimal(180), anticoagulant="ACD-A", anticoagulant_ml=Decimal(30), tnc=figures.COLLECTED.value,
        nk_percent=figures.COLLECTED_NK.value)
    plant.do(donors.determine_eligibility, plant.who("medical director"), donor=donor, verdict="eligible",
             screening="History and examination without a risk factor.", screened_at=given, collection=collection)
    plant.say(f"  donor {donor}: {len(TESTS)} markers negative, eligible; collection {collection}, DIN {DIN}")
    _receive(plant, recipient, collection)
    return collection


def _receive(plant: Plant, recipient: str, collection: str) -> None:
    with look(plant.engine) as session:
        coi = session.get_one(Recipient, recipient).coi
    plant.wait(hours=1)
    plant.do(collections.inspect_receipt, plant.who("operator"), collection=collection,
             din="]C0" + din_structure(DIN), coi="]C0&/" + coi, received_at=plant.now, transport="15-25 °C",
             transport_low_c=Decimal("18.5"), transport_high_c=Decimal("22.0"), seal_intact=True, leak_free=True)
    plant.do(collections.accept_collection, plant.who("verifier"), collection=collection)
    plant.say("  received at 18.5 to 22.0 Cel, seal intact, chain of identity scanned; accepted by a second person")


def open_batch(plant: Plant, recipient: str, collection: str) -> Work:
    """The batch pins the versions it follows."""
    code = plant.do(batches.open_batch, plant.who("production supervisor"), recipient=recipient,
                    collection=collection, master_record="NK-CD123-CD16", specification="NK-RELEASE")
    plant.scene(f"Batch {code} is opened")
    return Work(code, recipient, {"collection bag": f"{code}-C01"}, {})


def receive_lots(plant: Plant, work: Work) -> None:
    """Lots are received by one and approved by another; only then can a step use them."""
    ends = datetime(2027, 3, 31, tzinfo=UTC)
    supplier = plant.do(suppliers.propose_supplier, plant.who("warehouse"), name="demonstration")
    plant.do(suppliers.qualify_supplier, plant.who("qa"), supplier=supplier)
    for kind, name, strength, unit in LOTS:
        number = len(work.lots) + 1
        paper = read_upload(f"CoA {number}.txt", f"CoA {number}\nOf the demonstration; conforms.\n".encode())
        lot = plant.do(materials.receive_lot, plant.who("warehouse"), kind=kind, name=name, supplier="demonstration",
                       supplier_lot=f"SL-{number}", certificate=f"CoA {number}", certificate_file=paper,
                       quantity=RECEIVED.get(kind, Decimal(20000)), quantity_unit=COUNTED_IN.get(kind, "mL"),
                       containers=10, grade="GMP", animal_origin=False, critical=kind != "wash buffer",
                       expires_at=ends, received_at=plant.now, strength=strength, strength_unit=unit)
        plant.do(materials.release_lot, plant.who("qa", 2), lot=lot)
        work.lots[kind] = as_scanned(lot)
    plant.say(f"  {len(LOTS)} lots received and approved, the bispecific at 1000 ug/mL among them")


def process_collection(plant: Plant, work: Work) -> None:
    """Receipt, wash, CD3 depletion, seed."""
    plant.wait(minutes=20)
    papers.label(plant, work.containers["collection bag"])
    perform(plant, work, "receive", bag="]C0" + din_structure(DIN), received_at=plant.now, volume="180", intact="yes")
    perform(plant, work, "baseline", tnc=plain(figures.COLLECTED.value), viability="97",
            nk=plain(figures.COLLECTED_NK.value))
    perform(plant, work, "wash_platelets", buffer="wash buffer", open_minutes="45", volume="150", viability="96")
    container(plant, work, "deplete", "collection bag", "100", name="depleted")
    perform(plant, work, "deplete", reagent="depletion reagent", tubing="bag or set", program="depletion 2.1",
            minutes="240", vessel="depleted")
    viable = figures.DEPLETED.value * figures.DEPLETED_VIABILITY.value / 100 / 100 / 10**6
    perform(plant, work, "depleted_count", viable=plain(viable), volume="100",
            viability=plain(figures.DEPLETED_VIABILITY.value), nk=plain(figures.DEPLETED_NK.value), cd3="0.4")
    papers.label(plant, container(plant, work, "seed", "depleted", "100", name="culture"), large=False)
    seeded = figures.SEEDED.value / 100 / 10**6
    perform(plant, work, "seed", vessel="culture", feeder="feeder cells", medium="medium", cytokine="cytokine",
            feeder_gy="100", feeder_ratio="2", counted_at=plant.now, viable=plain(seeded), volume="100",
            viability="95")
    plant.say("  washed, CD3-depleted, seeded on feeder cells; every step performed and verified by two people")


def grow(plant: Plant, work: Work) -> None:
    """Culture days with their counts, on the published line of growth."""
    seeded = plant.now
    for day, volume in ((5, 200), (9, 500), (12, 1000), (16, 2500), (figures.DAYS, int(figures.CULTURE_ML))):
        plant.now = seeded + timedelta(days=day)
        count(plant, work, day, volume, first=day == 5)
    papers.label(plant, container(plant, work, "sample", "culture", "5", taken="5", name="safety tube"), large=False)
    perform(plant, work, "safety_sample", vessel="culture", tube="safety tube", drawn_at=plant.now,
            planned_hours="48")
    plant.now = seeded + timedelta(days=figures.DAYS + 2)  # the safety sample is taken 48 h before the harvest
    with look(plant.engine) as session:
        grown = growth_of(session, work.batch)
    plant.say(f"  expanded {grown.fold or 0:.0f}-fold in {figures.DAYS} days, one doubling in "
              f"{grown.doubling_hours or 0:.0f} h")


def count(plant: Plant, work: Work, day: int, volume: int, *, first: bool = False) -> None:
    """One count of the culture; `volume` in mL."""
    step = "count" if first else repeat(plant, work, "count")
    cells = figures.culture_on(day)
    perform(plant, work, step, vessel="culture", counted_at=plant.now, appearance="clear",
            viable=plain(round(cells / volume / 10**6, 3)), volume=str(volume),
            viability=plain(figures.VIABILITY.value), glucose="12", lactate="8")
