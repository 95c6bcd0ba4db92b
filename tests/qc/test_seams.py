"""Where slices of the laboratory meet: readings and results, controls and review, a lost tube and its growth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mfg.batches.scans import as_scanned
from mfg.controls import acts as controls
from mfg.controls.period import read_period
from mfg.facts import Refused, Verdict
from mfg.qc import acts, instrument_acts, sampling_acts
from mfg.qc.instrument_records import measured_by, measured_in
from mfg.qc.records import Result
from mfg.quality.records import deviations_of
from mfg.trending.found import trends
from mfg.trending.quality_parts import quality_facts
from mfg.trending.series import SERIES
from tests.equipment.hall import Hall
from tests.qc.investigated import RETESTS, failing
from tests.qc.test_instrument_files import (
    confirmed,
    counted,
    counter,
    handed_in,
    sampled,
    taken_from,
    three_counts,
)
from tests.release.story import FILLED, READY, Story, a_story


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(FILLED, fresh_database("sqlite", FILLED.prepare), tmp_path) as told:
        yield told


@pytest.fixture
def ready(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as told:
        yield told


@pytest.fixture
def oos_story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(RETESTS, fresh_database("sqlite", RETESTS.prepare), tmp_path) as told:
        yield told


def rules_of(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {one.rule for one in refused.value.findings}


def test_no_reading_is_picked_over_another_nor_typed_over_nor_used_twice(story: Story) -> None:
    sample, device = sampled(story), counter(story)
    story.office.later(hours=1)
    four = counted(story, *((sample, total, viable) for total, viable in (
        ("6.7", "6.4"), ("6.8", "6.5"), ("6.9", "6.6"), ("1.16", "1.1"))))
    code = confirmed(story, handed_in(story, four, device))
    names = [f"{code}-000{at}" for at in (1, 2, 3, 4)]
    before = story.office.counts()
    with pytest.raises(Refused, match=f"{names[3]} was read of {sample} as well") as caught:
        taken_from(story, sample, "viable_count", names[:3], note="the fourth was an outlier")
    assert "IMP-08" in rules_of(caught)
    with pytest.raises(Refused, match="instead of typing") as caught:
        story.record(sample, "viable_count", "6.4e6; 6.5e6; 6.6e6")
    assert rules_of(caught) == {"IMP-10"} and story.office.counts() == before
    result = taken_from(story, sample, "viable_count", names)
    with story.office.look() as session:
        assert session.get_one(Result, result).verdict == "FAIL", "the fourth counts, and scatters"


@pytest.mark.parametrize("beside", ["equipment", "tested_at"])
def test_what_is_typed_beside_readings_does_not_take_their_place(story: Story, beside: str) -> None:
    sample, device = sampled(story), counter(story)
    code = confirmed(story, handed_in(story, three_counts(story, sample), device))
    told: dict[str, Any] = {
        "equipment": as_scanned(Hall(story.office).incubator("BLU-2", kind="cell counter", name="Another")),
        "tested_at": story.office.now - timedelta(minutes=30)}
    with pytest.raises(Refused, match="the readings say"):
        taken_from(story, sample, "viable_count", [f"{code}-000{at}" for at in (1, 2, 3)], **{beside: told[beside]})


def test_who_confirmed_a_file_does_not_withdraw_it_and_a_result_on_it_is_held(story: Story) -> None:
    sample, device, office = sampled(story), counter(story), story.office
    code = confirmed(story, handed_in(story, three_counts(story, sample), device))
    result = taken_from(story, sample, "viable_count", [f"{code}-000{at}" for at in (1, 2, 3)])
    with office.look() as session:
        assert measured_by(session, result) == (office.who("qc analyst").by,)
    with pytest.raises(Refused, match="Another person"):
        office.do(instrument_acts.withdraw_instrument_file, office.who("qc analyst", reason="too low"),
                  instrument_file=code)
    office.do(instrument_acts.withdraw_instrument_file, office.who("qa", reason="another sample was in the cup"),
              instrument_file=code)
    with office.look() as session:
        (opened,) = [one for one in deviations_of(session, story.batch) if "another sample was in the cup" in one.what]
        assert (opened.on_code, opened.severity) == (result, "major")
    assert "REL-07" in {one.rule for one in story.judged().conditional if one.verdict is Verdict.FAIL}


def test_who_confirmed_the_readings_of_one_batch_has_a_hand_in_it(story: Story) -> None:
    sample, device = sampled(story), counter(story)
    confirmed(story, handed_in(story, three_counts(story, sample), device))
    assert story.office.last_entry().within == story.batch


def test_a_control_that_fails_after_the_review_holds_the_decision(ready: Story) -> None:
    """It is known only since; the deviation is of the chart and touches no batch."""
    office, lot = ready.office, ready.plant.lots["wash buffer"]
    office.do(controls.set_up_chart, office.who("qa"), test="nk_percent", level="normal", lot=as_scanned(lot), unit="%",
              basis="assigned", centre=Decimal(90), sd=Decimal(2), hours=24)
    device = counter(ready)

    def run(value: str) -> str:
        office.later(minutes=10)
        return office.do(controls.record_control_run, office.who("qc analyst"), test="nk_percent", level="normal",
                         lot=as_scanned(lot), value=Decimal(value), unit="%", equipment=as_scanned(device))

    run("90")
    ready.record(sampled(ready), "nk_percent", "92.0")
    run("99")
    with pytest.raises(Refused) as caught:
        ready.dispose()
    assert rules_of(caught) == {"TRD-09"} and "after the test" in caught.value.why


def test_who_confirmed_readings_of_several_batches_disposes_of_none(story: Story) -> None:
    sample, device, office = sampled(story), counter(story), story.office
    code = confirmed(story, handed_in(story, three_counts(story, sample), device))
    taken_from(story, sample, "viable_count", [f"{code}-000{at}" for at in (1, 2, 3)])
    with office.look() as session:
        assert measured_in(session, story.batch) == {office.who("qc analyst").by}
        assert not measured_in(session, "NK-26-999")


def test_a_result_set_aside_counts_for_no_trend_and_its_oos_in_the_review(oos_story: Story) -> None:
    case = failing(oos_story)
    case.review(case.result)
    case.begin()
    case.investigate("The tube was stained with twice the antibody.")
    case.invalidate()
    today = case.office.now.date()
    period = read_period({"from": str(today), "to": str(today)})
    with case.office.look() as session:
        (found,) = trends(session, [SERIES["nk-purity"]], period)
        assert [one.left_out for one in found.values if one.record == case.result] == [f"invalidated, {case.oos}"]
        part = next(one for one in quality_facts(session, period).parts if "OOS" in one.title)
    assert {one.label: one.value for one in part.figures} == {
        "Opened": "1", "Invalidated": "1", "Confirmed": "0", "Open at the end": "0", "… overdue at the end": "0"}
    assert part.rows[0][0] == case.oos and part.rows[0][5] == "invalidated"


def test_growth_is_recorded_whatever_has_become_of_the_tube(ready: Story) -> None:
    office, sample = ready.office, sampled(ready)
    office.do(sampling_acts.refuse_sample, office.who("qc analyst", reason="The seal was broken."), sample=sample,
              place="QC receipt")
    office.later(days=2)
    with pytest.raises(Refused, match="was refused"):
        ready.read(sample, "no growth", day=2)
    ready.read(sample, "growth suspect", day=2)
    assert {"REL-14", "STOP-01"} <= {one.rule for one in ready.judged().conditional if one.verdict is Verdict.FAIL}


def test_a_good_result_without_its_control_in_order_is_not_reviewed_and_a_failing_one_is(story: Story) -> None:
    office, lot = story.office, story.plant.lots["wash buffer"]
    office.do(controls.set_up_chart, office.who("qa"), test="nk_percent", level="normal", lot=as_scanned(lot), unit="%",
              basis="assigned", centre=Decimal(90), sd=Decimal(2), hours=24)
    office.later(minutes=10)
    good = story.record(sampled(story), "nk_percent", "92.0", review=False)
    before = office.counts()
    with pytest.raises(Refused, match="was not run within 24 h") as caught:
        office.do(acts.review_result, office.who("qc reviewer"), result=good)
    assert rules_of(caught) == {"TRD-09"} and office.counts() == before
    with office.look() as session:
        assert session.get_one(Result, good).state == "recorded", "it stays as it was recorded"
    office.do(acts.review_result, office.who("qc reviewer"),
              result=story.record(sampled(story), "nk_percent", "61.5", review=False))
