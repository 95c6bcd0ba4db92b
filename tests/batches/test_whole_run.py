"""One batch from the collection bag to checked dose bags, every step of our master record done by two people."""

from __future__ import annotations

from decimal import Decimal

from mfg.batches.loading import LOADING
from mfg.batches.records import bags_of, steps_of
from mfg.batches.records import batch as load_batch
from mfg.batches.records import dose as load_dose
from mfg.batches.told import growth_of, loading_of, stage_of
from mfg.facts import Verdict, judge
from mfg.qc.completing import complete_batch
from tests.batches.plant import Plant


def test_every_step_of_the_master_record_is_done_and_a_dose_is_filled(both: Plant) -> None:
    plant, office = both, both.office
    batch = plant.batch()
    assert batch == "NK-26-001"
    plant.run(batch)
    dose = plant.plan(batch)
    plant.fill(dose)
    with office.look() as session:
        bags = [bag.container for bag in bags_of(session, load_dose(session, dose))]
    plant.check(dose, bags[0])
    office.do(complete_batch, office.who("production supervisor"), batch=batch)
    with office.look() as session:
        not_done = {step.step_id for step in steps_of(session, batch) if step.state != "verified"}
        assert not_done == {"wash_again"}, "its branch was not taken"
        assert load_batch(session, batch).state == "complete"
        row = load_dose(session, dose)
        assert row.state == "checked"
        loading = loading_of(session, batch, stage=stage_of(session, row), at=office.now, dose_volume_ml=Decimal(120))
        findings = judge(LOADING, loading)
        assert [(one.rule, one.verdict) for one in findings if one.verdict is not Verdict.PASS] == []
        grown = growth_of(session, batch)
        # 0.5 million/mL in 100 mL at seeding; 0.5 million/mL in 1000 mL at the last count before the harvest,
        # which takes a part of the culture and so is no growth
        assert grown.fold == Decimal(500_000 * 1000) / Decimal(500_000 * 100)
