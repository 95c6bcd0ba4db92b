"""Evidence that is not what it seems: cells of another loading, samples from elsewhere, deviations elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mfg.batches import runner, transforming
from mfg.batches.scans import as_scanned
from mfg.facts import Refused, Verdict
from mfg.people import acts as people
from mfg.qc import acts as qc
from mfg.quality import acts as quality
from mfg.release.acts import give_disposition, reject_dose
from mfg.release.decide import judge_dossier
from mfg.trial import acts as trial
from tests.quality import walked
from tests.release.cases import NOON, WELL
from tests.release.story import READY, Story, a_story


@pytest.fixture
def story(kind: str, fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database(kind, READY.prepare), tmp_path) as told:
        yield told


def wrong(story: Story) -> set[str]:
    """The rules that do not pass."""
    return {one.rule for one in story.judged().conditional if one.verdict is not Verdict.PASS}


def test_cells_of_two_loadings_pooled_in_one_bag_fill_no_dose(story: Story) -> None:
    """Their expiry is that of the older loading, and nobody could say which loading was tested."""
    plant, office = story.plant, story.office
    older, second = plant.container(story.batch, "loaded cells"), plant.plan(story.batch, 2)
    office.later(days=3)
    office.do(runner.repeat_step, office.who("operator"), step=f"{story.batch}/harvest")
    plant.make(story.batch, "harvest")
    plant.make(story.batch, "loaded cells")
    plant.run(story.batch, stage=2)
    newer = plant.container(story.batch, "loaded cells")
    pool = plant.transform(story.batch, "pool", older, newer, volume="200", taken="100")
    with pytest.raises(Refused, match="loading of these cells is not recorded"):
        plant.fill(second, source=as_scanned(pool))
    plant.fill(second, source=as_scanned(newer))


def test_cells_that_were_never_loaded_are_not_filled_under_the_name_of_loaded_ones(story: Story) -> None:
    plant = story.plant
    with pytest.raises(Refused, match="cannot go into one container"):
        plant.transform(story.batch, "pool", plant.container(story.batch, "loaded cells"),
                        plant.container(story.batch, "harvest"), volume="200", taken="100")
    called_so = plant.transform(story.batch, "load", plant.container(story.batch, "harvest"), volume="200")
    with pytest.raises(Refused, match="loading of these cells is not recorded"):
        plant.fill(story.dose, source=as_scanned(called_so))


@pytest.mark.parametrize("kind_of_container", ["collection bag", "vessel", "harvest"])
def test_a_sample_for_a_dose_is_not_taken_from_cells_before_it(story: Story, kind_of_container: str) -> None:
    container = story.plant.container(story.batch, kind_of_container)
    with pytest.raises(Refused, match="neither a bag of"):
        story.office.do(qc.take_sample, story.office.who("qc analyst"), container=as_scanned(container),
                        purpose="release tests", dose=as_scanned(story.dose))


def test_a_sample_for_a_dose_may_be_taken_from_what_it_was_filled_from(story: Story) -> None:
    story.office.do(qc.take_sample, story.office.who("qc analyst"), purpose="release tests",
                    dose=as_scanned(story.dose),
                    container=as_scanned(story.plant.container(story.batch, "loaded cells")))


def test_a_result_found_in_cells_before_the_fill_releases_nothing() -> None:
    """The gate does not lean on the check at sampling."""
    elsewhere = tuple(replace(one, container="NK-26-001-C03") if one.test == "nk" else one for one in WELL.results)
    found = judge_dossier(replace(WELL, results=elsewhere), NOON).conditional
    assert [(one.rule, one.title, one.verdict) for one in found if one.verdict is not Verdict.PASS] == [
        ("REL-16", "NK cells", Verdict.CANNOT_DETERMINE)]


@pytest.mark.parametrize("what", ["dose", "bag", "step", "lot", "sample", "protocol", "weight"])
def test_an_open_deviation_holds_the_dose_whichever_of_its_records_it_was_opened_under(story: Story, what: str) -> None:
    office = story.office
    code = {"dose": story.dose, "bag": story.bag(), "step": f"{story.batch}/harvest", "sample": "S-0002",
            "lot": story.plant.lots["bispecific antibody"], "protocol": story.plant.protocol,
            "weight": "W-000001"}[what]
    assert wrong(story) == set()
    opened = office.do(quality.open_deviation, office.who("operator"), within=code, on_code=code, severity="critical",
                       what="Something is not as it should be.")
    assert wrong(story) == ({"REL-07"} if what == "weight" else {"REL-07", "REL-24"})  # no weight is in the record
    walked.closed(office, opened)
    if what != "weight":
        assert wrong(story) == {"REL-24"}
        story.review()
    assert wrong(story) == set()


def test_a_deviation_of_another_batch_does_not_hold_this_dose(story: Story) -> None:
    other = story.plant.recipient()
    story.office.do(quality.open_deviation, story.office.who("operator"), within=other, on_code=other, severity="minor",
                    what="Something is not as it should be.")
    assert wrong(story) == set()


def test_two_confirmed_weights_of_one_moment_that_differ_decide_nothing(story: Story) -> None:
    office, moment = story.office, story.office.now - timedelta(minutes=1)
    for kg in ("140", "70.0"):
        code = office.do(trial.record_weight, office.who("clinical coordinator"), recipient=story.recipient,
                         kg=Decimal(kg), measured_at=moment)
        office.do(trial.confirm_weight, office.who("principal investigator"), weight=code, kg=Decimal(kg))
    assert {"DOSE-01", "DOSE-03"} <= wrong(story)
    office.do(reject_dose, office.who("qualified person", reason="Weights contradict."), dose=story.dose)
    assert story.state() == "rejected"


@pytest.mark.parametrize(("test", "value"), [("mycoplasma", "detected"), ("identity", "does not match")])
def test_organisms_or_anothers_cells_found_after_the_release_stop_every_released_dose(
        story: Story, test: str, value: str) -> None:
    story.dispose()
    story.release_on_condition()
    sample = story.office.do(qc.take_sample, story.office.who("qc analyst"), purpose="once more",
                             container=as_scanned(story.plant.container(story.batch, "loaded cells")))
    story.record(sample, test, value, review=False)
    assert story.state() == "released then failed"
    assert "REL-07" in wrong(story)


@pytest.mark.parametrize("verb", ["enter value", "make container"])
def test_who_worked_on_the_batch_without_signing_does_not_decide_over_its_doses(story: Story, verb: str) -> None:
    """The person takes the role of quality assurance later; what was done before still counts."""
    office, plant = story.office, story.plant
    worker = office.who("operator", 2)
    if verb == "make container":
        office.do(transforming.make_container, worker, batch=story.batch, transformation="sample",
                  parents=[as_scanned(plant.container(story.batch, "vessel"))], taken_ml=[Decimal(1)])
    else:
        first = office.do(runner.repeat_step, office.who("operator"), step=f"{story.batch}/harvest")
        field = next(one for one in plant.record.step("harvest").fields if not one.optional)  # type: ignore[union-attr]
        plant.enter(first, field.id, plant.good(story.batch, "harvest", field), number=2)
    for role in ("qa", "qualified person"):
        office.do(people.grant_role, office.who("administrator"), person=worker.by, role=role)
    with pytest.raises(Refused, match=f"the same person did “{verb}”"):
        office.do(give_disposition, worker, dose=story.dose, seen=story.judged().evidence_hash)


def test_what_is_drawn_from_a_filled_bag_is_not_in_the_dose_any_more(story: Story) -> None:
    """The dose is what reaches the recipient: 4 mL in a sample tube are not given (DESIGN section 7)."""
    before = story.judged()
    story.plant.transform(story.batch, "sample", story.bag(), taken="4")
    after = story.judged()
    assert [one.volume_ml for one in before.dossier.arithmetic.bags] == [Decimal(120)]
    assert [one.volume_ml for one in after.dossier.arithmetic.bags] == [Decimal(116)]
    assert after.evidence_hash != before.evidence_hash
    assert "REL-11" in {one.rule for one in after.conditional if one.verdict is not Verdict.PASS}, "the label says more"


def test_a_bag_that_is_released_is_not_opened(story: Story) -> None:
    story.dispose()
    story.release_on_condition()
    with pytest.raises(Refused, match="is not opened any more"):
        story.plant.transform(story.batch, "sample", story.bag(), taken="4")
