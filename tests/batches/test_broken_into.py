"""Ways around the gates of a step that were tried, and no longer lead anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mfg import identity
from mfg.batches import handling, holds, runner
from mfg.batches.records import batch as load_batch
from mfg.batches.scans import as_scanned
from mfg.batches.told import told
from mfg.facts import Refused
from mfg.ledger import playing_at
from mfg.quality.records import deviations_of
from mfg.release.gather import gather
from tests.batches.held import RECIPE as HELD
from tests.batches.held import Held, planted_with_holds
from tests.batches.plant import Plant
from tests.batches.small import SMALL, Small, planted_small, small_plant
from tests.conftest import FreshDatabase
from tests.office import CHEAP, Office, prepare

USES = """
key: USES
title: A step that may use things
phases:
- id: first
  title: First
  steps:
  - id: mix
    title: Mix
    instruction: Mix it.
    fields:
    - {id: shaker, label: Shaker, kind: scan equipment, equipment_kind: incubator, optional: true}
    - {id: cabinet, label: Cabinet, kind: scan room, optional: true}
    - {id: lot, label: Medium, kind: scan lot, lot_kind: medium}
    - {id: ml, label: Medium volume, kind: number, unit: mL, of: lot, optional: true}
"""


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


@pytest.fixture
def empty(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Office]:
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", prepare), tmp_path)
    with playing_at(lambda: office.now):
        yield office
    office.close()


@pytest.fixture
def held(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Held]:
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database("sqlite", planted_with_holds), tmp_path)
    with playing_at(lambda: office.now):
        standing = Plant.standing(office)
        yield Held(office, recipe=HELD, lots=standing.lots)
    office.close()


# --- who, and when ----------------------------------------------------------------------------------------------


def test_whoever_entered_a_value_that_was_corrected_since_verifies_no_more_than_before(plant: Small) -> None:
    weigh = plant.at("weigh")
    plant.office.do(runner.enter_value, plant.office.who("verifier"), step=weigh, field="tare", value="40", unit="g")
    plant.correct("weigh", "tare", "50")
    for field in ("bag", "medium", "gross"):
        plant.enter(weigh, field, plant.good(plant.opened, "weigh", plant.spec(weigh, field)))
    plant.perform(weigh)
    with pytest.raises(Refused) as stop:
        plant.verify(weigh)
    assert [one.rule for one in stop.value.findings if one.verdict.value != "PASS"] == ["STEP-06"]


def test_no_step_is_said_to_be_done_before_the_step_before_it(plant: Small) -> None:
    """A time of work is not chosen so that it falls where somebody was still qualified, or something still in date."""
    plant.office.later(hours=3)
    plant.perform_it("weigh")
    done = plant.office.now
    plant.office.later(hours=1)
    plant.type_in("look")
    with pytest.raises(Refused) as stop:
        plant.perform(plant.at("look"), done_at=done - timedelta(minutes=1), late_reason="I forgot")
    assert [one.rule for one in stop.value.findings if one.verdict.value != "PASS"] == ["STEP-14"]
    plant.perform(plant.at("look"), done_at=done, late_reason="I forgot")


# --- what is read again blind --------------------------------------------------------------------------------------


def test_asking_to_enter_a_blind_value_anew_does_not_tell_the_first(plant: Small) -> None:
    plant.perform_it("weigh", gross="253.25")
    with pytest.raises(Refused) as stop:
        plant.office.do(runner.enter_value, plant.office.who("verifier"), step=plant.at("weigh"), field="gross",
                        value="1", unit="g")
    assert "already entered" in stop.value.why and "253.25" not in stop.value.why


def test_the_deviation_of_a_blind_value_does_not_tell_it_nor_what_is_calculated_from_it(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "tare", "50")
    plant.enter(plant.at("weigh"), "gross", "1077.5", accept_breach=True, breach_reason="two people read it")
    with plant.office.look() as session:
        said = " ".join(one.what for one in deviations_of(session, plant.opened))
    assert "Gross weight" in said and "10 to 1000" in said and "1077.5" not in said
    assert "Net weight" in said and "1027.5" not in said


# --- branches and loops flipped afterwards ---------------------------------------------------------------------------


def test_what_was_entered_before_a_branch_was_left_counts_for_nothing(fresh_database: FreshDatabase, tmp_path: Path
                                                                      ) -> None:
    """Nobody performed or verified it; no rule of growth or loading may rest on it."""
    recipe = SMALL.replace("{id: minutes, label: Minutes, kind: number, unit: min, low: \"0\"}",
                           "{id: volume, label: Volume, kind: number, unit: mL, role: count.volume_ml}", 1)
    assert recipe != SMALL
    office = Office(fresh_database("sqlite", prepare), tmp_path)
    identity.ARGON2.update(CHEAP)
    with playing_at(lambda: office.now):
        plant = Small(office, recipe)
        plant.opened = plant.batch()
        plant.perform_it("weigh")
        plant.perform_it("look", clear="no")
        plant.enter(plant.at("filter"), "volume", "100")
        assert _roles(plant) == ["count.volume_ml"]
        plant.correct("look", "clear", "yes")
        assert plant.work("filter").flow.standing(plant.work("filter").row) == "not needed"
        assert _roles(plant) == []
    office.close()


def _roles(plant: Small) -> list[str]:
    with plant.office.look() as session:
        return [one.role for one in told(session, plant.opened)]


def test_a_loop_that_a_correction_opened_again_holds_the_dose(plant: Small) -> None:
    plant.through("sum")
    dose = plant.plan(plant.opened)

    def states() -> set[str]:
        with plant.office.look() as session:
            assert load_batch(session, plant.opened)
            return {one.state for one in gather(session, dose).steps}

    assert states() == {"verified", "skipped", "not needed"}
    plant.correct("count", "cells", "50")
    for step in ("count", "sum"):
        plant.office.do(runner.verify_step, plant.office.who("verifier"), step=plant.at(step), readings={})
    assert states() == {"verified", "skipped", "not needed", "to be repeated"}, "REL-08 waits for it"


# --- hold times ------------------------------------------------------------------------------------------------------


def test_a_hold_time_let_go_on_opens_a_further_deviation_when_a_correction_makes_it_longer(held: Held) -> None:
    batch = held.batch()
    held.later(600)
    held.at(f"{batch}/first", "opened")
    opened = held.office.now
    held.later(62)
    held.at(f"{batch}/first", "closed")
    held.office.do(holds.continue_after_breach, held.office.who("qa", reason="two minutes do no harm"),
                   hold=f"{batch}/hold-open_time")
    held.office.do(runner.correct_entry, held.office.who("operator", reason="misread the clock"),
                   step=f"{batch}/first", field="opened", value=(opened - timedelta(hours=8)).isoformat())
    with held.office.look() as session:
        told_of = [one.what for one in deviations_of(session, batch)]
    assert len(told_of) == 2 and "1 h 02 min" in told_of[0] and "9 h 02 min" in told_of[1]
    held.office.do(runner.correct_entry, held.office.who("operator", reason="it was right before"),
                   step=f"{batch}/first", field="opened", value=opened.isoformat())
    with held.office.look() as session:
        assert len(deviations_of(session, batch)) == 2, "shorter needs nobody"


# --- not applicable --------------------------------------------------------------------------------------------------


def test_a_scan_that_does_not_apply_is_no_equipment_and_no_room(empty: Office) -> None:
    plant = Plant(empty, recipe=USES)
    step = f"{plant.batch()}/mix"
    for field in ("shaker", "cabinet"):
        empty.do(handling.mark_not_applicable, empty.who("operator", reason="not used"), step=step, field=field)
    plant.enter(step, "lot", as_scanned(plant.lots["medium"]))
    plant.perform(step)
    plant.verify(step)


def test_an_amount_first_called_not_applicable_is_taken_when_it_is_corrected(empty: Office) -> None:
    plant = Plant(empty, recipe=USES)
    step = f"{plant.batch()}/mix"
    plant.enter(step, "lot", as_scanned(plant.lots["medium"]))
    empty.do(handling.mark_not_applicable, empty.who("operator", reason="none taken"), step=step, field="ml")
    before = empty.counts()["consumption"]
    empty.do(runner.correct_entry, empty.who("operator", reason="some was"), step=step, field="ml", value="5",
             unit="mL")
    assert empty.counts()["consumption"] == before + 1
    empty.do(runner.correct_entry, empty.who("operator", reason="a little more"), step=step, field="ml", value="7",
             unit="mL")
    assert empty.counts()["consumption"] == before + 2
