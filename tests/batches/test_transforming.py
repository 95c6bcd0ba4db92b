"""What is done to cells in containers: every verb done, refused without trace, not allowed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from mfg.batches import transforming
from mfg.batches.contents import contents
from mfg.batches.records import Container, Descent, Transformed
from mfg.batches.scans import as_scanned
from mfg.facts import Refused
from mfg.quality.records import Deviation, deviations_of
from mfg.recipes.acts import draft_master_record
from tests.batches.plant import RECIPE, Plant


def refused(plant: Plant, verb: Any, role: str, *, reason: str = "", **arguments: Any) -> Refused:
    """The refusal; it leaves no row, and one line of history."""
    before = plant.office.counts()
    with pytest.raises(Refused) as raised:
        plant.office.do(verb, plant.office.who(role, reason=reason), **arguments)
    plant.office.left(before, raised.value)
    assert raised.value.kind == "input" or plant.office.last_entry().outcome == "refused"
    return raised.value


def inside(plant: Plant, code: str) -> tuple[Decimal | None, Decimal | None]:
    """What the system says is in a container."""
    with plant.office.look() as session:
        found = contents(session, code.rpartition("-")[0], [code])[code]
    return found.volume_ml, found.cells


def do(plant: Plant, verb: Any, code: str, role: str = "operator", **more: Any) -> str:
    return plant.office.do(verb, plant.office.who(role, reason=more.pop("reason", "")), container=code,
                           scan=as_scanned(code), **more)


def vessel(plant: Plant, *, cells: str = "1000000000", volume: str = "200") -> str:
    """A vessel of 200 mL with a thousand million cells in it."""
    code = plant.transform(plant.batch(), "seed", "NK-26-001-C01", volume="200", taken="100")
    do(plant, transforming.measure_content, code, volume_ml=Decimal(volume), cells=Decimal(cells))
    return code


def test_a_container_takes_its_chain_from_its_parents(both: Plant) -> None:
    batch = both.batch()
    code = both.transform(batch, "deplete", f"{batch}-C01", volume="80", taken="150")
    with both.office.look() as session:
        row, bag = session.get_one(Container, code), session.get_one(Container, f"{batch}-C01")
        descent = session.scalars(select(Descent)).one()
        done = session.get_one(Transformed, descent.transformation)
    assert (row.kind, row.recipient, row.donor, row.batch) == ("vessel", bag.recipient, bag.donor, batch)
    assert (descent.taken_ml, descent.taken_cells, done.name, done.loss_ml) == (Decimal(150), None, "deplete", None)
    assert inside(both, f"{batch}-C01") == (Decimal(50), None)


def test_two_recipients_are_never_mixed_and_the_attempt_leaves_a_critical_deviation(both: Plant) -> None:
    ours, theirs = both.batch(0), both.batch(1)
    before = both.office.counts()
    with pytest.raises(Refused) as raised:
        both.transform(ours, "pool", f"{ours}-C01", f"{theirs}-C01")
    assert raised.value.kind == "stop" and f"{theirs}-C01" in raised.value.why
    both.office.left(before, raised.value)
    with both.office.look() as session:
        assert [(one.kind, one.severity) for one in deviations_of(session, ours)] == [("identity mismatch", "critical")]
        assert session.scalar(select(Deviation.on_code)) == f"{theirs}-C01"


@pytest.mark.parametrize(("parents", "change", "said"), [
    (("]C0NK-26-001-C01/1",), {}, "check character"),
    (("NK-26-001-C01",), {}, "typed without its check character"),
    (("]C0HELLO",), {}, "no code known here"),
    ((), {}, "No container is named"),
    (("]C0NK-26-001-C09/N",), {}, "not a container of this facility"),
    (("]C0NK-26-001-C01/2", "]C0NK-26-001-C01/2"), {}, "scanned twice"),
    (("]C0NK-26-001-C01/2",), {"transformation": "harvest"}, "To harvest, a vessel is taken"),
    (("]C0NK-26-001-C01/2",), {"transformation": "fill"}, "not done here"),
    (("]C0NK-26-001-C01/2",), {"transformation": "receive"}, "not done here"),
    (("]C0NK-26-001-C01/2",), {"transformation": "melt"}, "not done here"),
    (("]C0NK-26-001-C01/2",), {"taken_ml": [Decimal("200.1")]}, "holds 200 mL"),
    (("]C0NK-26-001-C01/2",), {"taken_ml": [Decimal(0)]}, "0 mL are to be taken"),
    (("]C0NK-26-001-C01/2",), {"taken_ml": [Decimal(-1)]}, "0 or more was expected"),
    (("]C0NK-26-001-C01/2",), {"taken_ml": [Decimal(1), Decimal(1)]}, "one of each"),
    (("]C0NK-26-001-C01/2",), {"volume_ml": None}, "Say how much is in it"),
    (("]C0NK-26-001-C01/2",), {"volume_ml": Decimal(0)}, "more than 0 mL"),
    (("]C0NK-26-001-C01/2",), {"cells": Decimal(5)}, "was never counted"),
])
def test_a_container_that_cannot_be_is_refused(plant: Plant, parents: tuple[str, ...], change: dict[str, Any],
                                               said: str) -> None:
    batch = plant.batch()
    found = refused(plant, transforming.make_container, "operator",
                    **{"batch": batch, "transformation": "seed", "parents": list(parents), "volume_ml": Decimal(5)}
                    | change)
    assert said in found.why


def test_an_inspector_makes_no_container(plant: Plant) -> None:
    batch = plant.batch()
    found = refused(plant, transforming.make_container, "inspector", batch=batch, transformation="seed",
                    parents=[as_scanned(f"{batch}-C01")], volume_ml=Decimal(5))
    assert found.kind == "not allowed"


# --- split ------------------------------------------------------------------------------------------------------


def test_a_split_shares_volume_and_cells_and_the_rest_stays(both: Plant) -> None:
    code = vessel(both)
    first = do(both, transforming.split_container, code, volumes_ml=[Decimal(50), Decimal(30)])
    batch, number = first.rpartition("-C")[0], int(first.rpartition("-C")[2])
    second = f"{batch}-C{number + 1:02d}"
    assert inside(both, first) == (Decimal(50), Decimal(250_000_000))
    assert inside(both, second) == (Decimal(30), Decimal(150_000_000))
    assert inside(both, code) == (Decimal(120), Decimal(600_000_000))
    with both.office.look() as session:
        names = {one.transformation for one in session.scalars(select(Descent).where(Descent.parent == code))}
        assert len(names) == 1, "one split is one transformation"
        assert {session.get_one(Container, one).kind for one in (first, second)} == {"vessel"}


@pytest.mark.parametrize(("volumes", "said"), [
    ([Decimal(150), Decimal("50.001")], "holds 200 mL"), ([Decimal(10), Decimal(0)], "more than 0 mL"),
    ([Decimal(10), Decimal(-1)], "0 or more"), ([], "0 mL are to be taken")])
def test_a_split_of_more_than_there_is_is_refused(plant: Plant, volumes: list[Decimal], said: str) -> None:
    code = vessel(plant)
    found = refused(plant, transforming.split_container, "operator", container=code, scan=as_scanned(code),
                    volumes_ml=volumes)
    assert said in found.why


def test_the_whole_may_be_split_and_then_nothing_is_left(plant: Plant) -> None:
    code = vessel(plant)
    do(plant, transforming.split_container, code, volumes_ml=[Decimal(150), Decimal(50)])
    assert inside(plant, code) == (Decimal(0), Decimal(0))
    found = refused(plant, transforming.split_container, "operator", container=code, scan=as_scanned(code),
                    volumes_ml=[Decimal("0.1")])
    assert [one.rule for one in found.findings] == ["CON-04"]


@pytest.mark.parametrize("kind", ["collection bag", "sample tube"])
def test_a_bag_or_a_tube_is_not_split(plant: Plant, kind: str) -> None:
    code = plant.container(plant.batch(), kind)
    found = refused(plant, transforming.split_container, "operator", container=code, scan=as_scanned(code),
                    volumes_ml=[Decimal(1)])
    assert "CON-03" in [one.rule for one in found.findings]


def test_a_split_wants_the_label_of_that_very_container(plant: Plant) -> None:
    code = vessel(plant)
    found = refused(plant, transforming.split_container, "operator", container=code,
                    scan=as_scanned("NK-26-001-C01"), volumes_ml=[Decimal(1)])
    assert found.kind == "stop" and code in found.why and "NK-26-001-C01" in found.why


# --- pool, transfer, losses ---------------------------------------------------------------------------------------


def test_a_pool_holds_what_came_together_less_what_was_lost(plant: Plant) -> None:
    code = vessel(plant)
    first = do(plant, transforming.split_container, code, volumes_ml=[Decimal(50), Decimal(50)])
    batch = first.rpartition("-")[0]
    second = f"{batch}-C{int(first[-2:]) + 1:02d}"
    pool = plant.transform(batch, "pool", first, second, volume="98")
    assert inside(plant, pool) == (Decimal(98), Decimal(490_000_000))
    with plant.office.look() as session:
        done = session.scalars(select(Transformed).where(Transformed.name == "pool")).one()
        assert done.loss_ml == 2
        assert deviations_of(session, batch) == []


def test_a_pool_that_holds_more_than_went_in_is_refused(plant: Plant) -> None:
    code = vessel(plant)
    first = do(plant, transforming.split_container, code, volumes_ml=[Decimal(50), Decimal(50)])
    batch = first.rpartition("-")[0]
    with pytest.raises(Refused) as raised:
        plant.transform(batch, "pool", first, f"{batch}-C{int(first[-2:]) + 1:02d}", volume="100.5")
    assert [one.rule for one in raised.value.findings] == ["CON-05"]


def test_a_loss_beyond_the_stated_share_opens_a_deviation_in_the_same_act(plant: Plant) -> None:
    code = vessel(plant)
    moved = plant.transform("NK-26-001", "transfer", code, volume="188")
    with plant.office.look() as session:
        found = deviations_of(session, "NK-26-001")
    assert [(one.kind, one.severity, one.on_code) for one in found] == [("reconciliation", "major", moved)]
    assert "6.00 % lost; at most 5 %" in found[0].what


def test_cells_counted_after_a_harvest_are_never_more_than_went_in(plant: Plant) -> None:
    code = vessel(plant)
    with pytest.raises(Refused) as raised:
        plant.transform("NK-26-001", "harvest", code, volume="50", taken="100", cells=Decimal(500_000_001))
    assert [one.rule for one in raised.value.findings] == ["CON-06"]
    got = plant.transform("NK-26-001", "harvest", code, volume="50", taken="100", cells=Decimal(300_000_000))
    assert inside(plant, got) == (Decimal(50), Decimal(300_000_000))
    with plant.office.look() as session:
        assert [one.kind for one in deviations_of(session, "NK-26-001")] == ["reconciliation"], "40 % are lost"


# --- measured -------------------------------------------------------------------------------------------------------


def test_a_step_that_scans_a_container_and_tells_its_volume_measures_it(plant: Plant) -> None:
    batch = plant.batch()
    plant.run(batch, until="count")
    culture = plant.container(batch, "vessel")
    assert inside(plant, culture) == (Decimal(1000), Decimal(500_000_000)), "0.5 million in each of 1000 mL"


def test_outside_culture_no_more_cells_are_measured_than_went_in(plant: Plant) -> None:
    code = vessel(plant)
    got = plant.transform("NK-26-001", "harvest", code, volume="50", taken="100")
    found = refused(plant, transforming.measure_content, "operator", container=got, scan=as_scanned(got),
                    volume_ml=Decimal(50), cells=Decimal(500_000_001))
    assert [one.rule for one in found.findings] == ["CON-10"]
    do(plant, transforming.measure_content, code, volume_ml=Decimal(400), cells=Decimal(10**11))


def test_nothing_is_taken_of_a_content_nobody_knows(plant: Plant) -> None:
    """A descent from before amounts were kept: how much is left is not known until somebody measures."""
    code = vessel(plant)
    child = do(plant, transforming.split_container, code, volumes_ml=[Decimal(1)])
    with plant.office.owner_engine.execution_options(mfg_begin="write").connect() as connection:
        connection.exec_driver_sql(f"UPDATE descent SET taken_ml = NULL WHERE child = '{child}'")
        connection.commit()
    assert inside(plant, code) == (None, None)
    found = refused(plant, transforming.split_container, "operator", container=code, scan=as_scanned(code),
                    volumes_ml=[Decimal(1)])
    assert [(one.rule, one.verdict.value) for one in found.findings] == [("CON-04", "CANNOT DETERMINE")]
    plant.office.later(minutes=1)
    do(plant, transforming.measure_content, code, volume_ml=Decimal(60))
    do(plant, transforming.split_container, code, volumes_ml=[Decimal(1)])


# --- frozen, thawed, discarded ------------------------------------------------------------------------------------


def freezing(plant: Plant) -> None:
    """From now on the master record freezes vessels."""
    plant.document(draft_master_record, "master record", RECIPE + "frozen: [vessel]\n")


def test_a_process_that_freezes_nothing_freezes_nothing(plant: Plant) -> None:
    code = vessel(plant)
    found = refused(plant, transforming.freeze_container, "operator", container=code, scan=as_scanned(code))
    assert [one.rule for one in found.findings] == ["CON-08"]


def test_a_frozen_container_is_not_opened_and_its_cells_are_counted_again_after_thawing(both: Plant) -> None:
    freezing(both)
    batch = both.batch()
    both.run(batch, until="depleted_count")
    code = both.container(batch, "vessel")
    do(both, transforming.measure_content, code, volume_ml=Decimal(200), cells=Decimal(1000))
    do(both, transforming.freeze_container, code)
    for verb, more in ((transforming.split_container, {"volumes_ml": [Decimal(1)]}),
                       (transforming.measure_content, {"volume_ml": Decimal(1)}),
                       (transforming.freeze_container, {})):
        with pytest.raises(Refused, match="frozen"):
            do(both, verb, code, **more)
    with pytest.raises(Refused, match="is frozen"):
        both.enter(f"{batch}/seed", "vessel", as_scanned(code))
    do(both, transforming.thaw_container, code)
    assert inside(both, code) == (Decimal(200), None), "thawed cells are counted again"
    part = do(both, transforming.split_container, code, volumes_ml=[Decimal(1)])
    assert inside(both, part) == (Decimal(1), None)


def test_what_is_not_frozen_is_not_thawed(plant: Plant) -> None:
    freezing(plant)
    code = vessel(plant)
    assert "in use" in refused(plant, transforming.thaw_container, "operator", container=code,
                               scan=as_scanned(code)).why


def test_a_discarded_container_is_used_for_nothing_any_more(both: Plant) -> None:
    code = vessel(both)
    do(both, transforming.discard_container, code, reason="the bag leaked")
    assert inside(both, code) == (Decimal(0), Decimal(0))
    with both.office.look() as session:
        done = session.scalars(select(Transformed).where(Transformed.name == "discard")).one()
        assert (done.loss_ml, done.reason, done.container) == (Decimal(200), "the bag leaked", code)
    for verb, more in ((transforming.split_container, {"volumes_ml": [Decimal(1)]}),
                       (transforming.measure_content, {"volume_ml": Decimal(1)}),
                       (transforming.discard_container, {"reason": "again"})):
        with pytest.raises(Refused, match="discarded"):
            do(both, verb, code, **more)


def test_nothing_is_discarded_without_a_reason(plant: Plant) -> None:
    code = vessel(plant)
    assert "reason" in refused(plant, transforming.discard_container, "operator", container=code,
                               scan=as_scanned(code)).why.lower()


# --- dose bags ------------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(plant: Plant) -> tuple[Plant, str, str]:
    """A dose with one bag of 120 mL."""
    batch = plant.batch()
    plant.run(batch, until="formulate")
    dose = plant.plan(batch)
    plant.fill(dose)
    with plant.office.look() as session:
        bag = session.scalar(select(Container.code).where(Container.kind == "dose bag"))
    assert bag is not None
    return plant, dose, bag


def test_a_fill_takes_what_it_fills(filled: tuple[Plant, str, str]) -> None:
    plant, _dose, bag = filled
    assert inside(plant, plant.container("NK-26-001", "loaded cells"))[0] == Decimal(1880)
    assert inside(plant, bag)[0] == Decimal(120)


def test_no_more_is_filled_than_is_left(filled: tuple[Plant, str, str]) -> None:
    plant, dose, _bag = filled
    with pytest.raises(Refused) as raised:
        plant.fill(dose, volumes_ml=[Decimal(1000), Decimal("880.001")], residuals_ml=[Decimal(1), Decimal(1)])
    assert [one.rule for one in raised.value.findings] == ["CON-04"]
    plant.fill(dose, volumes_ml=[Decimal(1000), Decimal(880)], residuals_ml=[Decimal(1), Decimal(1)])


def test_a_bag_that_is_waited_for_is_not_discarded_and_one_withdrawn_is(filled: tuple[Plant, str, str]) -> None:
    plant, dose, bag = filled
    found = refused(plant, transforming.discard_container, "operator", container=bag, scan=as_scanned(bag),
                    reason="too full")
    assert [one.rule for one in found.findings] == ["CON-09"]
    plant.fill(dose, "119")
    do(plant, transforming.discard_container, bag, reason="filled again")


def test_a_dose_bag_is_not_measured_again(filled: tuple[Plant, str, str]) -> None:
    plant, _dose, bag = filled
    found = refused(plant, transforming.measure_content, "operator", container=bag, scan=as_scanned(bag),
                    volume_ml=Decimal(130))
    assert [one.rule for one in found.findings] == ["CON-10"]
