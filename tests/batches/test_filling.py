"""Doses: planned, filled, checked blind, filled again; expiry and what governs it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from mfg.batches import filling
from mfg.batches.containers import ancestors
from mfg.batches.loading import LOADING
from mfg.batches.records import Dose, DoseBag, bags_of, container
from mfg.batches.records import dose as load_dose
from mfg.batches.scans import as_scanned
from mfg.batches.told import loading_of, stage_of
from mfg.facts import Refused, judge
from mfg.qc.completing import complete_batch
from tests.batches.plant import Plant


@pytest.fixture
def dose(plant: Plant, batch: str) -> str:
    """A planned dose of a batch whose steps are all done."""
    plant.run(batch)
    return plant.plan(batch)


def bags(plant: Plant, dose: str) -> list[DoseBag]:
    with plant.office.look() as session:
        return bags_of(session, load_dose(session, dose))


def state(plant: Plant, dose: str) -> str:
    with plant.office.look() as session:
        return load_dose(session, dose).state


def refused(plant: Plant, call: Any, *arguments: Any, **more: Any) -> Refused:
    before = plant.office.counts()
    with pytest.raises(Refused) as raised:
        call(*arguments, **more)
    plant.office.left(before, raised.value)
    return raised.value


def test_a_filled_bag_descends_from_the_loaded_cells_and_knows_what_governs_its_expiry(both: Plant) -> None:
    plant, batch = both, both.batch()
    plant.run(batch)
    dose = plant.plan(batch)
    plant.office.later(minutes=30)
    plant.fill(dose)
    bag = bags(plant, dose)[0]
    with plant.office.look() as session:
        loaded = plant.container(batch, "loaded cells")
        assert loaded in ancestors(session, bag.container) and f"{batch}-C01" in ancestors(session, bag.container)
        assert container(session, bag.container).kind == "dose bag"
        stopped = loading_of(session, batch, stage=stage_of(session, load_dose(session, dose))).stopped
    assert stopped is not None and bag.expires_at == stopped + timedelta(hours=24)
    assert bag.expiry_governed_by == "loading ended + 24 h antibody retention"
    plant.check(dose, bag.container)
    assert state(plant, dose) == "checked"


def test_a_dose_is_checked_when_every_bag_is(plant: Plant, dose: str) -> None:
    plant.fill(dose, volumes_ml=[Decimal(60), Decimal(61)], residuals_ml=[Decimal(1), Decimal(1)])
    first, second = (bag.container for bag in bags(plant, dose))
    plant.check(dose, first, "60")
    assert state(plant, dose) == "filled"
    assert "already checked" in refused(plant, plant.check, dose, first, "60").why
    plant.check(dose, second, "61.0")
    assert state(plant, dose) == "checked"


def test_the_second_volume_is_blind_and_exact(plant: Plant, dose: str) -> None:
    plant.fill(dose, "120")
    found = refused(plant, plant.check, dose, bags(plant, dose)[0].container, "121")
    assert [one.rule for one in found.findings] == ["FILL-05"] and "120" not in found.why


def test_nobody_checks_what_they_filled(plant: Plant, dose: str) -> None:
    boss = plant.office.who("production supervisor")
    plant.office.do(filling.fill_dose, boss, dose=dose, volumes_ml=[Decimal(120)], residuals_ml=[Decimal(0)],
                    source=as_scanned(plant.container(dose[:-3], "loaded cells")), filled_at=plant.office.now)
    bag = bags(plant, dose)[0].container
    found = refused(plant, plant.office.do, filling.check_fill, boss, dose=dose, bag=as_scanned(bag),
                    volume_ml=Decimal(120))
    assert found.kind == "not allowed"


def test_filling_again_withdraws_the_bags_before(plant: Plant, dose: str) -> None:
    plant.fill(dose)
    old = bags(plant, dose)[0].container
    plant.check(dose, old)
    plant.fill(dose, "130")
    with plant.office.look() as session:
        row = load_dose(session, dose)
        withdrawn = session.get_one(DoseBag, old)
        assert (row.attempt, row.state) == (2, "filled")
        assert withdrawn.withdrawn_at == plant.office.now and [bag.volume_ml for bag in bags_of(session, row)] == [130]
    assert "FILL-04" in {one.rule for one in refused(plant, plant.check, dose, old).findings}


def test_a_complete_batch_can_still_fill_its_doses(plant: Plant, dose: str) -> None:
    plant.office.do(complete_batch, plant.office.who("production supervisor"), batch=dose[:-3])
    plant.fill(dose)
    assert state(plant, dose) == "filled"


@pytest.mark.parametrize(("volume", "residual", "said"), [
    ("0", "0", "cannot be"), ("100", "100", "cannot be"), ("100", "-1", "cannot be"), ("-5", "0", "cannot be"),
    ("100.1234567", "0", "up to 6 decimals")])
def test_impossible_volumes_are_refused(plant: Plant, dose: str, volume: str, residual: str, said: str) -> None:
    assert said in refused(plant, plant.fill, dose, volume, residual).why


def test_every_bag_needs_its_residual(plant: Plant, dose: str) -> None:
    assert "one of each" in refused(plant, plant.fill, dose, volumes_ml=[Decimal(60)] * 2).why
    assert "one of each" in refused(plant, plant.fill, dose, volumes_ml=[], residuals_ml=[]).why


def test_only_loaded_cells_of_this_batch_are_filled(plant: Plant, dose: str) -> None:
    batch = dose[:-3]
    found = refused(plant, plant.fill, dose, source=as_scanned(plant.container(batch, "harvest")))
    assert [one.rule for one in found.findings] == ["CON-03"]
    other = plant.batch(1)
    assert refused(plant, plant.fill, dose, source=as_scanned(f"{other}-C01")).why.startswith("Stop.")


def test_nothing_is_filled_before_the_loading_is_recorded(plant: Plant, batch: str) -> None:
    dose = plant.plan(batch)
    found = refused(plant, plant.fill, dose, source=as_scanned(plant.container(batch, "loaded cells")))
    assert "FILL-02" in {one.rule for one in found.findings}


def test_expired_cells_are_not_filled(plant: Plant, dose: str) -> None:
    plant.office.later(hours=30)
    assert [one.rule for one in refused(plant, plant.fill, dose).findings] == ["FILL-03"]


def test_filling_cannot_end_in_the_future(plant: Plant, dose: str) -> None:
    later = plant.office.now + timedelta(minutes=5)
    assert [one.rule for one in refused(plant, plant.fill, dose, filled_at=later).findings] == ["FILL-03"]


@pytest.mark.parametrize("infusion", [0, 4])
def test_a_dose_is_planned_for_an_infusion_of_the_protocol(plant: Plant, batch: str, infusion: int) -> None:
    assert [one.rule for one in refused(plant, plant.plan, batch, infusion).findings] == ["FILL-01"]


def test_a_dose_is_planned_once(plant: Plant, batch: str) -> None:
    plant.plan(batch)
    assert "planned already" in refused(plant, plant.plan, batch).why


def test_an_operator_does_not_plan_doses(plant: Plant, batch: str) -> None:
    found = refused(plant, plant.office.do, filling.plan_dose, plant.office.who("operator"), batch=batch, infusion=1)
    assert found.kind == "not allowed"


def test_a_dose_carries_the_loading_of_its_own_harvest(plant: Plant, dose: str) -> None:
    """Dose 2 from the second harvest is judged by the second loading, dose 1 by the first."""
    from mfg.batches.runner import repeat_step

    batch = dose[:-3]
    plant.fill(dose)
    plant.office.do(repeat_step, plant.office.who("operator"), step=f"{batch}/harvest")
    plant.held.pop((batch, "harvest"))
    plant.held.pop((batch, "loaded cells"))
    plant.run(batch, stage=2)
    second = plant.plan(batch, 2)
    plant.fill(second)
    with plant.office.look() as session:
        stages = [stage_of(session, one) for one in session.scalars(select(Dose).order_by(Dose.infusion))]
        starts = [loading_of(session, batch, stage=stage).started for stage in stages]
        empty = judge(LOADING, loading_of(session, batch, stage=None, at=plant.office.now))
    assert stages == [1, 2]
    assert starts[0] and starts[1] and starts[1] - starts[0] > timedelta(days=6)
    assert {one.verdict.value for one in empty} == {"CANNOT DETERMINE"}
