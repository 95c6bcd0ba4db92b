"""What a step asks of the people, equipment, rooms and material around it, at the time the work was done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import select

from mfg import identity
from mfg.batches import runner
from mfg.batches.gate_rules import Surroundings, place_known
from mfg.batches.gates import is_late
from mfg.batches.scans import as_scanned
from mfg.equipment.area_records import rooms_of
from mfg.equipment.monitoring_records import links_of
from mfg.equipment.records import uses_of
from mfg.facts import Refused, Verdict
from mfg.ledger import playing_at
from mfg.materials.records import Consumption, consumption_of
from mfg.materials.records import lot as load_lot
from mfg.materials.using import left
from mfg.people.acts import grant_role
from mfg.quality.records import Deviation, deviations_of
from mfg.training import acts as training
from mfg.training.records import Training
from tests.batches.plant import Plant
from tests.conftest import FreshDatabase
from tests.equipment.hall import Hall
from tests.office import CHEAP, NOON, Office, prepare
from tests.training import trained

RECIPE = """
key: GATED
title: A process with things around it
shelf_life_hours: "24"
phases:
- id: work
  title: Work
  steps:
  - {id: warm, title: Warm the cells, instruction: Put them in., sop: SOP-901, fields: [
      {id: incubator, label: Incubator, kind: scan equipment, equipment_kind: incubator},
      {id: note, label: Note, kind: text}]}
  - {id: unpack, title: Open the bag, instruction: Open it in the cabinet., sop: SOP-901, open: true, clearance: true,
     qualifications: [GOWNING], fields: [{id: place, label: Cabinet, kind: scan room}]}
  - {id: feed, title: Feed, instruction: Add medium., sop: SOP-901, fields: [
      {id: medium, label: Medium, kind: scan lot, lot_kind: medium},
      {id: amount, label: Medium added, kind: number, unit: mL, low: "0", high: "500", of: medium}]}
"""
LATE = "the terminal was down"


def planted_with_gates(url: str) -> None:
    """Fills an empty database with people, the master record above, lots and training; tests get copies of it."""
    prepare(url)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            Plant(office, recipe=RECIPE)
        office.close()


class Gated(Plant):
    """The plant, the hall around it, and what was refused."""

    @classmethod
    def standing_with(cls, office: Office) -> Gated:
        """The plant of a database copied from `planted_with_gates`."""
        return cls(office, recipe=RECIPE, lots=Plant.standing(office).lots)

    @property
    def hall(self) -> Hall:
        return Hall(self.office)

    def refused(self, verb: Any, role: str = "operator", number: int = 1, **told: Any) -> Refused:
        before = self.office.counts()
        with pytest.raises(Refused) as stop:
            self.office.do(verb, self.office.who(role, number), **told)
        assert self.office.counts() == before
        assert self.office.last_entry().outcome == "refused"
        return stop.value

    def scan(self, step: str, field: str, code: str, **more: Any) -> str:
        return self.enter(step, field, as_scanned(code), unit="", **more)

    def deviations(self, batch: str) -> list[Deviation]:
        with self.office.look() as session:
            return deviations_of(session, batch)

    def warm(self, batch: str) -> str:
        """The first step with its values, not signed."""
        code = self.hall.ready()
        self.scan(f"{batch}/warm", "incubator", code)
        self.enter(f"{batch}/warm", "note", "as planned")
        return code

    def warmed(self, batch: str) -> None:
        self.warm(batch)
        self.perform(f"{batch}/warm")
        self.verify(f"{batch}/warm")

    def place(self, batch: str, *, clear: bool = True, monitor: bool = True) -> str:
        """A cabinet that is ready for this batch, with its monitoring running."""
        code = self.hall.cabinet()
        if clear:
            self.hall.clear(code, batch)
        if monitor:
            session = self.hall.plan(code, batch)
            self.hall.plate(session)
            self.hall.expose(session)
        return code

    def qualification(self, role: str, number: int, item: str) -> str:
        with self.office.look() as session:
            return session.scalars(select(Training.code).where(
                Training.person == trained.person(self.office, role, number), Training.item == item)).one()

    def withdraw(self, role: str = "operator", number: int = 1, item: str = "SOP-901") -> None:
        self.office.do(training.withdraw_qualification, self.office.who("qa", reason="assessment not passed"),
                       training=self.qualification(role, number, item))


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Gated]:
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", planted_with_gates), tmp_path)
    with playing_at(lambda: office.now):
        yield Gated.standing_with(office)
    office.close()


@pytest.fixture
def batch(plant: Gated) -> str:
    return plant.batch()


def rules_of(stop: Refused) -> set[str]:
    return {one.rule for one in stop.findings}


# --- people -----------------------------------------------------------------------------------------------------


def test_whoever_is_qualified_performs_and_verifies(plant: Gated, batch: str) -> None:
    plant.warmed(batch)
    assert plant.deviations(batch) == []


def test_a_person_who_is_not_qualified_signs_nothing(plant: Gated, batch: str) -> None:
    plant.warm(batch)
    plant.withdraw()
    stop = plant.refused(runner.perform_step, step=f"{batch}/warm", done_at=plant.office.now)
    assert rules_of(stop) == {"TRN-01", "TRN-02"} and "SOP-901" in stop.why and "withdrawn" in stop.why
    plant.office.do(runner.perform_step, plant.office.who("operator", 2), step=f"{batch}/warm",
                    done_at=plant.office.now)


def test_a_verifier_who_is_not_qualified_verifies_nothing(plant: Gated, batch: str) -> None:
    plant.warm(batch)
    plant.perform(f"{batch}/warm")
    plant.withdraw("verifier")
    stop = plant.refused(runner.verify_step, "verifier", step=f"{batch}/warm")
    assert rules_of(stop) == {"TRN-01", "TRN-02"}


def test_a_qualification_beside_the_procedure_is_asked_for_too(plant: Gated, batch: str) -> None:
    plant.warmed(batch)
    plant.scan(f"{batch}/unpack", "place", plant.place(batch))
    plant.withdraw(item="GOWNING")
    stop = plant.refused(runner.perform_step, step=f"{batch}/unpack", done_at=plant.office.now)
    assert rules_of(stop) == {"TRN-01"} and "GOWNING" in stop.why


def _supervised(plant: Gated, batch: str, trainee: str) -> None:
    """The production supervisor supervises somebody who lost their qualification and learns anew."""
    office, code = plant.office, trained.person(plant.office, trainee)
    plant.warm(batch)
    plant.withdraw(trainee)
    office.do(training.assign_training, office.who("production supervisor"), person=code, item="SOP-901")
    office.do(training.supervise_step, office.who("production supervisor"), step=f"{batch}/warm", trainee=code)


def test_whoever_supervised_the_trainee_is_no_second_person_for_the_step(plant: Gated, batch: str) -> None:
    _supervised(plant, batch, "operator")
    plant.perform(f"{batch}/warm")
    stop = plant.refused(runner.verify_step, "production supervisor", step=f"{batch}/warm")
    assert stop.kind == "not allowed" and "supervise step" in stop.why
    plant.verify(f"{batch}/warm")


def test_a_trainee_does_not_verify_under_the_eyes_of_whoever_performed_the_step(plant: Gated, batch: str) -> None:
    _supervised(plant, batch, "verifier")
    plant.office.do(runner.perform_step, plant.office.who("production supervisor"), step=f"{batch}/warm",
                    done_at=plant.office.now)
    stop = plant.refused(runner.verify_step, "verifier", step=f"{batch}/warm")
    assert "TRN-01" in rules_of(stop)


def test_a_trainee_verifies_under_the_eyes_of_somebody_else(plant: Gated, batch: str) -> None:
    _supervised(plant, batch, "verifier")
    plant.perform(f"{batch}/warm")
    plant.verify(f"{batch}/warm")


def test_work_done_while_qualified_counts_although_told_after_the_qualification_ended(
        plant: Gated, batch: str) -> None:
    plant.warm(batch)
    done = plant.office.now
    plant.office.later(minutes=30)
    plant.withdraw()
    plant.office.do(runner.perform_step, plant.office.who("operator"), step=f"{batch}/warm", done_at=done,
                    late_reason=LATE)
    assert plant.deviations(batch) == []


def test_work_done_before_the_qualification_opens_a_deviation_when_it_is_told_later(plant: Gated, batch: str) -> None:
    plant.withdraw()
    plant.warm(batch)
    done = plant.office.now
    plant.office.later(minutes=30)
    trained.qualified(plant.office, "operator", 1, ["SOP-901"], since=plant.office.now)
    plant.office.do(runner.perform_step, plant.office.who("operator"), step=f"{batch}/warm", done_at=done,
                    late_reason=LATE)
    (opened,) = plant.deviations(batch)
    assert (opened.kind, opened.severity, opened.on_code) == ("training lapse", "major", f"{batch}/warm")
    assert "SOP-901" in opened.what and plant.office.last_entry().verb == "perform step", "in the same act"


def test_a_lapse_told_up_to_a_quarter_of_an_hour_later_is_refused(plant: Gated, batch: str) -> None:
    plant.warm(batch)
    plant.withdraw()
    done = plant.office.now
    plant.office.later(minutes=15)
    plant.refused(runner.perform_step, step=f"{batch}/warm", done_at=done)


def test_a_procedure_that_is_not_on_record_lets_nobody_sign(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """Unknown is not qualified: the step names a procedure nobody has written here."""
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", prepare), tmp_path)
    with playing_at(lambda: office.now):
        plant = _Untaught(office, recipe=RECIPE)
        batch = plant.batch()
        plant.warm(batch)
        stop = plant.refused(runner.perform_step, step=f"{batch}/warm", done_at=office.now)
        unknown = next(one for one in stop.findings if one.rule == "TRN-03")
        assert unknown.verdict is Verdict.CANNOT_DETERMINE and "SOP-901" in unknown.why
    office.close()


class _Untaught(Gated):
    def teach(self) -> None:
        """Nobody wrote a procedure."""


# --- equipment ----------------------------------------------------------------------------------------------------


def test_equipment_that_is_scanned_goes_into_its_log_book(plant: Gated, batch: str) -> None:
    code = plant.warm(batch)
    with plant.office.look() as session:
        (use,) = uses_of(session, within=batch)
    assert (use.equipment, use.on_code, use.at) == (code, f"{batch}/warm", plant.office.now)
    assert use.by == plant.office.people["operator.1"]


def test_equipment_that_is_not_ready_is_refused_with_everything_that_is_wrong(plant: Gated, batch: str) -> None:
    code = plant.hall.incubator()
    stop = plant.refused(runner.enter_value, step=f"{batch}/warm", field="incubator", value=as_scanned(code))
    assert rules_of(stop) >= {"EQP-01", "EQP-02", "EQP-03"}


def test_equipment_of_another_kind_or_unknown_is_refused(plant: Gated, batch: str) -> None:
    code = plant.hall.ready(kind="centrifuge")
    stop = plant.refused(runner.enter_value, step=f"{batch}/warm", field="incubator", value=as_scanned(code))
    assert "centrifuge" in stop.why and "incubator" in stop.why
    plant.refused(runner.enter_value, step=f"{batch}/warm", field="incubator", value=as_scanned("EQ-9999"))
    plant.refused(runner.enter_value, step=f"{batch}/warm", field="incubator",
                  value=as_scanned(plant.lots["medium"]))


def test_equipment_used_while_overdue_and_told_later_is_kept_with_a_deviation(plant: Gated, batch: str) -> None:
    code = plant.hall.incubator()
    used = plant.office.now
    plant.office.later(minutes=20)
    plant.scan(f"{batch}/warm", "incubator", code, read_at=used, late_reason=LATE)
    (opened,) = plant.deviations(batch)
    assert (opened.kind, opened.severity, opened.on_code) == ("equipment lapse", "major", f"{batch}/warm")
    with plant.office.look() as session:
        assert [(one.equipment, one.at) for one in uses_of(session, within=batch)] == [(code, used)]


def test_equipment_has_to_be_ready_when_the_step_was_done_too(plant: Gated, batch: str) -> None:
    """Scanned while it was calibrated, used until after the calibration had ended."""
    code = plant.hall.ready(calibration_days=1, cleaning_rule="not needed")
    plant.scan(f"{batch}/warm", "incubator", code)
    plant.enter(f"{batch}/warm", "note", "as planned")
    plant.office.later(days=2)
    stop = plant.refused(runner.perform_step, step=f"{batch}/warm", done_at=plant.office.now)
    assert rules_of(stop) == {"EQP-02"}


def test_everything_that_is_wrong_is_told_at_once(plant: Gated, batch: str) -> None:
    code = plant.hall.ready(calibration_days=1, cleaning_rule="not needed")
    plant.scan(f"{batch}/warm", "incubator", code)
    plant.withdraw()
    plant.office.later(days=2)
    stop = plant.refused(runner.perform_step, step=f"{batch}/warm", done_at=plant.office.now)
    assert rules_of(stop) == {"STEP-03", "EQP-02", "TRN-01", "TRN-02"}


# --- rooms --------------------------------------------------------------------------------------------------------


def test_open_work_in_a_cleared_monitored_cabinet_is_done_and_linked(plant: Gated, batch: str) -> None:
    plant.warmed(batch)
    code = plant.place(batch)
    plant.scan(f"{batch}/unpack", "place", code)
    with plant.office.look() as session:
        (stay,) = rooms_of(session, within=batch)
    assert (stay.area, stay.step, stay.left_at) == (code, f"{batch}/unpack", None)
    plant.perform(f"{batch}/unpack")
    with plant.office.look() as session:
        assert [one.step for one in links_of(session, "EM-0001")] == [f"{batch}/unpack"]
    assert plant.deviations(batch) == []


@pytest.mark.parametrize(("without", "rule"), [("clear", "AREA-02"), ("monitor", "AREA-04")])
def test_open_work_without_clearance_or_monitoring_is_refused_at_the_scan(
        plant: Gated, batch: str, without: str, rule: str) -> None:
    plant.warmed(batch)
    code = plant.place(batch, **{without: False})
    stop = plant.refused(runner.enter_value, step=f"{batch}/unpack", field="place", value=as_scanned(code))
    assert rules_of(stop) == {rule}


def test_open_work_in_a_room_of_grade_B_is_refused(plant: Gated, batch: str) -> None:
    plant.warmed(batch)
    plant.hall.cabinet()
    stop = plant.refused(runner.enter_value, step=f"{batch}/unpack", field="place", value=as_scanned("ROOM-0001"))
    assert "AREA-05" in rules_of(stop)


def other_in_it(plant: Gated, cabinet: str) -> None:
    """Another batch, of another recipient, is in the cabinet."""
    other = plant.batch(1)
    plant.hall.enter(cabinet, other, "SUB-0002")


def test_a_cabinet_with_another_recipients_material_is_refused(plant: Gated, batch: str) -> None:
    plant.warmed(batch)
    code = plant.place(batch)
    other_in_it(plant, code)
    stop = plant.refused(runner.enter_value, step=f"{batch}/unpack", field="place", value=as_scanned(code))
    assert "AREA-03" in rules_of(stop)


def test_another_recipients_material_is_refused_however_late_it_is_told(plant: Gated, batch: str) -> None:
    """No reason and no deviation bends this gate."""
    plant.warmed(batch)
    code = plant.place(batch)
    other_in_it(plant, code)
    used = plant.office.now
    plant.office.later(minutes=30)
    stop = plant.refused(runner.enter_value, step=f"{batch}/unpack", field="place", value=as_scanned(code),
                         read_at=used, late_reason=LATE)
    assert rules_of(stop) == {"AREA-03"}


def test_a_lapse_of_the_room_told_later_opens_a_deviation(plant: Gated, batch: str) -> None:
    plant.warmed(batch)
    code = plant.place(batch, monitor=False)
    used = plant.office.now
    plant.office.later(minutes=30)
    plant.scan(f"{batch}/unpack", "place", code, read_at=used, late_reason=LATE)
    (opened,) = plant.deviations(batch)
    assert opened.kind == "equipment lapse" and "monitoring" in opened.what


@pytest.mark.parametrize(("open_", "clearance", "areas", "verdict"), [
    (True, False, ("ROOM-0001",), "PASS"), (False, True, ("ROOM-0001",), "PASS"), (False, False, (), "PASS"),
    (True, False, (), "CANNOT DETERMINE"), (False, True, (), "CANNOT DETERMINE")])
def test_GATE_01_where_open_work_was_done_has_to_be_known(open_: bool, clearance: bool, areas: tuple[str, ...],
                                                          verdict: str) -> None:
    assert place_known(Surroundings("S", open_, clearance, areas)).verdict.value == verdict


# --- material -----------------------------------------------------------------------------------------------------


def fed(plant: Gated, batch: str, amount: str = "100") -> None:
    """The feeding step with its values."""
    plant.warmed(batch)
    plant.scan(f"{batch}/unpack", "place", plant.place(batch))
    plant.perform(f"{batch}/unpack")
    plant.verify(f"{batch}/unpack")
    plant.scan(f"{batch}/feed", "medium", plant.lots["medium"])
    plant.enter(f"{batch}/feed", "amount", amount)


def there(plant: Gated, lot: str) -> Decimal:
    with plant.office.look() as session:
        found = left(session, load_lot(session, lot))
    assert found is not None
    return found


def taken(plant: Gated, batch: str) -> list[Consumption]:
    with plant.office.look() as session:
        return consumption_of(session, within=batch)


def test_what_a_step_uses_is_taken_off_its_lot(plant: Gated, batch: str) -> None:
    before = there(plant, plant.lots["medium"])
    fed(plant, batch)
    assert there(plant, plant.lots["medium"]) == before - 100
    (one,) = taken(plant, batch)
    assert (one.lot, one.on, one.amount, one.unit) == (plant.lots["medium"], f"{batch}/feed", Decimal(100), "mL")


def test_a_corrected_amount_takes_the_place_of_the_wrong_one(plant: Gated, batch: str) -> None:
    before = there(plant, plant.lots["medium"])
    fed(plant, batch)
    plant.office.do(runner.correct_entry, plant.office.who("operator", reason="read the wrong line"),
                    step=f"{batch}/feed", field="amount", value="120", unit="mL")
    assert there(plant, plant.lots["medium"]) == before - 120


def test_a_corrected_lot_gives_back_what_was_taken_of_the_wrong_one(plant: Gated, batch: str) -> None:
    wrong, right = plant.lots["medium"], plant.lot("medium", days=200)
    before = there(plant, wrong), there(plant, right)
    fed(plant, batch)
    plant.office.do(runner.correct_entry, plant.office.who("operator", reason="scanned the wrong bottle"),
                    step=f"{batch}/feed", field="medium", value=as_scanned(right))
    assert (there(plant, wrong), there(plant, right)) == (before[0], before[1] - 100)


def test_an_amount_before_its_lot_is_refused(plant: Gated, batch: str) -> None:
    plant.warmed(batch)
    plant.scan(f"{batch}/unpack", "place", plant.place(batch))
    plant.perform(f"{batch}/unpack")
    stop = plant.refused(runner.enter_value, step=f"{batch}/feed", field="amount", value="100", unit="mL")
    assert "not scanned yet" in stop.why


def test_the_same_person_with_another_role_is_asked_the_same(plant: Gated, batch: str) -> None:
    """A role opens a verb; it teaches nobody a procedure."""
    plant.warm(batch)
    person = plant.office.people["qa.1"]
    plant.office.do(grant_role, plant.office.who("administrator"), person=person, role="operator")
    stop = plant.refused(runner.perform_step, "qa", step=f"{batch}/warm", done_at=plant.office.now)
    assert rules_of(stop) == {"TRN-01", "TRN-02"}


def test_a_quarter_of_an_hour_is_the_border_between_refusing_and_telling() -> None:
    assert not is_late(NOON, NOON + timedelta(minutes=15)) and is_late(NOON, NOON + timedelta(minutes=15, seconds=1))
