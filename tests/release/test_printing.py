"""Labels from the records for all that is no dose bag: what stands on them, read back, scanned, printed again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mfg import identity
from mfg.batches import transforming
from mfg.batches.container_labels import Physical, container_facts
from mfg.batches.divisions import any_container
from mfg.batches.records import container as container_of
from mfg.batches.scans import as_scanned
from mfg.facts import Refused
from mfg.labelling import acts as labelling
from mfg.labelling.layouts import draft_label_layout, shipped_layout
from mfg.labelling.records import PrintedLabel
from mfg.labelling.standing import scan_of
from mfg.ledger import playing_at
from mfg.qc import acts as qc
from mfg.release.printing import label_pdf, print_container_label, print_sample_label, reprint_label
from mfg.scan import place_of
from mfg.trial.records import recipient as recipient_of
from tests.batches.plant import DINS, Plant, planted
from tests.conftest import FreshDatabase
from tests.office import CHEAP, Office
from tests.paper.reading import codes_on, picture_of_pdf
from tests.release.story import READY, a_story

SHIPPED = ("collection_bag", "vessel", "intermediate", "sample_tube")
VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*")}


def with_k(code: str) -> str:
    """A code of ours and its check character, ISO 7064 MOD 37-2 worked out once more."""
    total = 0
    for character in code.replace("-", ""):
        total = (total + VALUES[character]) * 2 % 37
    return f"{code}/{next(one for one, value in VALUES.items() if value == (38 - total) % 37)}"


def with_layouts(url: str) -> None:
    """A plant in which every layout is in force."""
    planted(url)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            plant = Plant.standing(office)
            for name in SHIPPED:
                plant.document(draft_label_layout, "label layout", shipped_layout(name))
        office.close()


@dataclass
class Labels:
    """A batch with containers, and the labels printed for them."""

    plant: Plant
    batch: str

    @property
    def office(self) -> Office:
        return self.plant.office

    def print(self, container: str, **more: str) -> str:
        return self.office.do(print_container_label, self.office.who("operator"), container=container, **more)

    def row(self, label: str) -> PrintedLabel:
        with self.office.look() as session:
            found = session.get_one(PrintedLabel, label)
            session.expunge(found)
            return found

    def facts(self, label: str) -> dict[str, str]:
        told: dict[str, str] = json.loads(self.row(label).facts)
        return told

    def scan(self, label: str) -> str:
        return scan_of(self.row(label))

    def put_on(self, label: str) -> str:
        for verb in (labelling.verify_label, labelling.apply_label):
            self.office.do(verb, self.office.who("operator"), label=label, scan=self.scan(label))
        return label

    def codes(self, label: str) -> list[tuple[str, str]]:
        """What a reader finds on the printed label, at the resolution of a common printer."""
        with self.office.look() as session:
            pdf = label_pdf(session, label)
        return codes_on(picture_of_pdf(pdf, 300))

    def coi(self) -> str:
        with self.office.look() as session:
            return recipient_of(session, container_of(session, f"{self.batch}-C01").recipient).coi


@pytest.fixture
def labels(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Labels]:
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", with_layouts), tmp_path)
    with playing_at(lambda: office.now):
        plant = Plant.standing(office)
        yield Labels(plant, plant.batch())
    office.close()


# --- what stands on them, and that a reader finds it -----------------------------------------------------------------


@pytest.mark.parametrize(("kind", "layout"), [("vessel", "vessel"), ("harvest", "intermediate"),
                                              ("loaded cells", "intermediate")])
def test_a_container_in_process_carries_our_code_and_the_number_of_its_label(labels: Labels, kind: str,
                                                                             layout: str) -> None:
    code = labels.plant.container(labels.batch, kind)
    label = labels.print(code)
    assert (labels.row(label).layout, labels.row(label).within, labels.row(label).state) == (
        layout, labels.batch, "issued")
    assert labels.codes(label) == [("]d1", f"{with_k(code)}+{with_k(label)}")]
    facts = labels.facts(label)
    assert (facts["code"], facts["batch"], facts["label"]) == (code, labels.batch, label)
    assert facts["coi"].replace(" ", "") == labels.coi()
    assert facts["donor_status"] == "incomplete"  # nobody has determined this donor's eligibility
    assert facts["product_name"].startswith("NK cells of a healthy donor, ")


def test_the_bag_of_a_collection_carries_its_donation_the_product_and_when_it_was_collected(labels: Labels) -> None:
    code = f"{labels.batch}-C01"
    label, din = labels.print(code), DINS[0]
    facts = labels.facts(label)
    ended = datetime.strptime(facts["collected"].replace("UTC", "+0000"), "%Y-%m-%d %H:%M %z")
    moment = f"{ended.year % 1000:03d}{ended.timetuple().tm_yday:03d}{ended:%H%M}"
    number = label.replace("-", "").rjust(18, "0")
    message = f"=+05000{din}=<DAPH0700&*{moment}&/{labels.coi()}&,2{number}"
    assert labels.codes(label) == sorted([("]C0", din), ("]d1", message)])
    assert {name: facts[name] for name in ("volume_ml", "anticoagulant", "storage", "expiry", "product_code")} == {
        "volume_ml": "200", "anticoagulant": "ACD-A, 20 mL", "storage": "2-8 °C", "expiry": "not determined yet",
        "product_code": "DAPH0 7 00"}
    assert facts["facility"] == "Demonstration cell-processing unit"


def test_a_tube_carries_its_donation_as_a_test_tube_and_the_batch_as_its_lot(labels: Labels) -> None:
    code = labels.plant.container(labels.batch, "sample tube")
    label = labels.print(code)
    din, lot = f"{DINS[0][:-2]}07", labels.batch.replace("-", "").rjust(18, "0")
    message = f"=+04000{din}&/{labels.coi()}&,1{lot}&,2{label.replace('-', '').rjust(18, '0')}"
    assert labels.codes(label) == sorted([("]C0", din), ("]d1", message)])
    assert (labels.facts(label)["sample"], labels.facts(label)["test"]) == (code, "of C02")


def test_the_tube_of_a_laboratory_sample_says_what_it_is_for_where_there_is_room(labels: Labels) -> None:
    office, bag = labels.office, f"{labels.batch}-C01"
    for purpose, said in (("release tests", "release tests"), ("x" * 60, "see its record"), ("<b>&\"%s", "<b>&\"%s")):
        sample = office.do(qc.take_sample, office.who("qc analyst"), container=as_scanned(bag), purpose=purpose)
        label = office.do(print_sample_label, office.who("operator"), sample=sample)
        assert (labels.row(label).container, labels.row(label).within) == (sample, labels.batch)
        assert (labels.facts(label)["sample"], labels.facts(label)["test"]) == (sample, said)
        assert len(labels.codes(label)) == 2
    with pytest.raises(Refused, match="already has the label"):
        office.do(print_sample_label, office.who("operator"), sample=sample)


def test_what_nobody_measured_is_said_in_words_and_never_zero(labels: Labels) -> None:
    plant = labels.plant
    code = plant.transform(labels.batch, "harvest", plant.container(labels.batch, "vessel"), volume="500", taken="50")
    facts = labels.facts(labels.print(code))
    assert (facts["volume"], facts["viable_cells"], facts["expiry"], facts["keep"]) == (
        "500 mL", "unknown", "not determined yet", "not determined yet")


def test_what_is_in_it_now_stands_on_it(labels: Labels) -> None:
    plant, office = labels.plant, labels.office
    code = plant.container(labels.batch, "harvest")
    office.do(transforming.measure_content, office.who("operator"), container=code, scan=as_scanned(code),
              volume_ml=Decimal("480.5"), cells=None)
    assert labels.facts(labels.print(code))["volume"] == "480.5 mL"


def test_facility_and_product_code_come_from_the_configuration(labels: Labels, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("NAME", "Our unit"), ("PHONE", "+00 1")):
        monkeypatch.setenv(f"MFG_FACILITY_{name}", value)
    monkeypatch.setenv("MFG_COLLECTION_CODE", "S1128")
    monkeypatch.setenv("MFG_COLLECTION_TYPE", "V")
    facts = labels.facts(labels.print(f"{labels.batch}-C01"))
    assert (facts["facility"], facts["facility_phone"], facts["product_code"]) == ("Our unit", "+00 1", "S1128 V 00")
    assert "=<S1128V00" in facts["datamatrix"]
    monkeypatch.setenv("MFG_FACILITY_FIN", "A9990")
    with labels.office.look() as session:
        other = container_facts(session, container_of(session, f"{labels.batch}-C01"), Physical("LBL-0009"))
    assert (other["facility"], other["facility_phone"]) == ("Facility A9999", "see its papers")


def test_a_product_code_that_is_none_prints_nothing(labels: Labels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MFG_COLLECTION_CODE", "DAPH")
    before = labels.office.counts()
    with pytest.raises(Refused):
        labels.print(f"{labels.batch}-C01")
    assert labels.office.counts() == before


# --- which layout, and when not --------------------------------------------------------------------------------------


def test_without_a_layout_in_force_nothing_is_printed(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", planted), tmp_path)
    with playing_at(lambda: office.now):
        labels = Labels(Plant.standing(office), Plant.standing(office).batch())
        with pytest.raises(Refused, match="No version of the label layout vessel is effective"):
            labels.print(labels.plant.container(labels.batch, "vessel"))
    office.close()


def test_only_a_dose_bag_has_a_partial_label(labels: Labels) -> None:
    with pytest.raises(Refused, match="is no dose bag; only a dose has a partial label"):
        labels.print(f"{labels.batch}-C01", which="partial")


def test_nothing_is_printed_for_what_is_discarded_or_not_there(labels: Labels) -> None:
    office, code = labels.office, labels.plant.container(labels.batch, "vessel")
    office.do(transforming.discard_container, office.who("operator", reason="It leaks."), container=code,
              scan=as_scanned(code))
    for wrong, why in ((code, "is discarded; no label is printed"), (f"{labels.batch}-C99", "not a container")):
        with pytest.raises(Refused, match=why):
            labels.print(wrong)


def test_a_container_has_one_label_and_who_may_not_print_prints_none(labels: Labels) -> None:
    code = f"{labels.batch}-C01"
    labels.print(code)
    before = labels.office.counts()
    with pytest.raises(Refused, match="already has the label LBL-0001"):
        labels.print(code)
    with pytest.raises(Refused, match="may not"):
        labels.office.do(print_container_label, labels.office.who("apheresis nurse"), container=code)
    assert labels.office.counts() == before


# --- scanned ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["collection bag", "vessel", "sample tube"])
def test_a_label_that_is_on_its_container_leads_there(labels: Labels, kind: str) -> None:
    code = labels.plant.container(labels.batch, kind)
    label = labels.put_on(labels.print(code))
    with labels.office.look() as session:
        assert any_container(session, labels.scan(label)).code == code
        assert place_of(session, labels.scan(label), typed=False) == f"/containers/{code}"


def test_the_label_of_another_container_is_no_parent(labels: Labels) -> None:
    """Its own code would pass; the label on it says that it was put where it does not belong."""
    plant, office = labels.plant, labels.office
    ours, tube = plant.container(labels.batch, "vessel"), plant.container(labels.batch, "sample tube")
    stray = labels.put_on(labels.print(ours))
    mixed = labels.scan(stray).replace(with_k(ours), with_k(tube))
    with pytest.raises(Refused, match=f"{stray} was printed for {ours}, and the scan says {tube}"):
        office.do(transforming.measure_content, office.who("operator"), container=tube, scan=mixed,
                  volume_ml=Decimal(1), cells=None)


def test_a_label_of_another_recipient_stops_everything(labels: Labels) -> None:
    plant, office = labels.plant, labels.office
    foreign = plant.batch(1)
    label = labels.put_on(labels.print(plant.container(foreign, "vessel")))
    before = office.counts()
    with pytest.raises(Refused, match=r"^Stop\.") as caught:
        office.do(transforming.make_container, office.who("operator"), batch=labels.batch, transformation="harvest",
                  parents=[labels.scan(label)], volume_ml=Decimal(10))
    office.left(before, caught.value)


def test_a_reprint_voids_the_label_before_and_its_scan_opens_nothing(labels: Labels) -> None:
    office, code = labels.office, f"{labels.batch}-C01"
    old = labels.put_on(labels.print(code))
    office.do(labelling.request_reprint, office.who("verifier", reason="It was smeared."), label=old)
    new = office.do(reprint_label, office.who("qa"), label=old)
    assert (labels.row(old).state, labels.row(new).voids, labels.row(new).layout) == ("void", old, "collection_bag")
    assert labels.facts(new)["din"] == f"{DINS[0][:-2]}05"  # ISBT 128: a label that repeats an earlier one
    with labels.office.look() as session, pytest.raises(Refused, match=f"{old} is void: another took its place"):
        any_container(session, labels.scan(old))
    labels.put_on(new)
    with labels.office.look() as session:
        assert any_container(session, labels.scan(new)).code == code


def test_a_label_that_names_another_donation_than_its_container_stops(labels: Labels) -> None:
    label = labels.put_on(labels.print(labels.plant.container(labels.batch, "sample tube")))
    with labels.office.look() as session, pytest.raises(Refused, match="and the scan says donation A999926100002"):
        any_container(session, labels.scan(label).replace("A999926100001", "A999926100002"))


# --- the partial label of a dose -------------------------------------------------------------------------------------


def test_a_dose_bag_too_small_carries_the_partial_label_and_the_whole_one_goes_with_it(
        fresh_database: FreshDatabase, tmp_path: Path) -> None:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as story:
        story.plant.document(draft_label_layout, "label layout", shipped_layout("partial_label"))
        labels, bag = Labels(story.plant, story.batch), story.bag()
        label = labels.put_on(labels.print(bag, which="partial"))
        facts, whole = labels.facts(label), labels.facts("LBL-0001")
        assert labels.row(label).layout == "partial_label" and labels.row("LBL-0001").state == "applied"
        assert facts["product_code"] == whole["product_code"] == "DNK01 7 A0" and "volume_ml" not in facts
        assert labels.codes(label) == [("]d1", facts["datamatrix"])]
        with story.office.look() as session:
            assert any_container(session, labels.scan(label)).code == bag
        again = story.office.do(labelling.request_reprint, story.office.who("verifier", reason="Torn."), label=label)
        new = story.office.do(reprint_label, story.office.who("qa"), label=again)
        assert labels.row(new).layout == "partial_label" and labels.facts(new)["din"].endswith("05")
        assert story.judged().dossier.bags[0].labels[0].code == "LBL-0001"  # the evidence is about the whole label
