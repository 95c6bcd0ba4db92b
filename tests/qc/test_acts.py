"""Samples, results and sterility reads on both databases, in a batch with a filled dose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mfg.batches.scans import as_scanned
from mfg.codes.own import with_check
from mfg.facts import Refused
from mfg.qc import acts, pages
from mfg.qc.records import Result, Sample
from mfg.quality.records import deviations_of
from tests.release.story import FILLED, Story, a_story


@pytest.fixture
def story(kind: str, fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    """A dose filled and checked; nothing is tested yet."""
    with a_story(FILLED, fresh_database(kind, FILLED.prepare), tmp_path) as told:
        yield told


def sampled(story: Story, container: str = "", **more: Any) -> str:
    return story.office.do(acts.take_sample, story.office.who("qc analyst"), purpose="release tests",
                           container=as_scanned(container or story.bag()), **more)


def refused(story: Story, verb: Any, who: Any, **told: Any) -> Refused:
    before = story.office.counts()
    with pytest.raises(Refused) as caught:
        story.office.do(verb, who, **told)
    assert story.office.counts() == before and story.office.last_entry().outcome == "refused"
    return caught.value


def test_a_sample_of_a_dose_bag_is_a_sample_of_its_dose_and_fill(story: Story) -> None:
    code = sampled(story)
    with story.office.look() as session:
        row = session.get_one(Sample, code)
        assert (row.dose, row.attempt, row.batch, row.taken_at) == (story.dose, 1, story.batch, story.office.now)
    assert (story.office.last_entry().on_code, story.office.last_entry().within) == (code, story.batch)


def test_a_sample_of_the_loaded_cells_is_a_sample_of_the_batch(story: Story) -> None:
    code = sampled(story, story.plant.container(story.batch, "loaded cells"))
    with story.office.look() as session:
        assert session.get_one(Sample, code).dose is None


def test_no_sample_from_a_withdrawn_bag_or_a_strange_container(story: Story) -> None:
    old = story.bag()
    story.plant.fill(story.dose)
    who = story.office.who("qc analyst")
    caught = refused(story, acts.take_sample, who, container=as_scanned(old), purpose="x")
    assert [one.rule for one in caught.findings] == ["QC-08"]
    assert refused(story, acts.take_sample, who, container=as_scanned("NK-99-999-C01"), purpose="x").kind == "not found"
    tomorrow = story.office.now + timedelta(days=1)
    caught = refused(story, acts.take_sample, who, container=as_scanned(story.bag()), purpose="x", taken_at=tomorrow)
    assert [one.rule for one in caught.findings] == ["QC-09"]


def test_a_result_is_recorded_by_one_and_reviewed_by_another(story: Story) -> None:
    code = story.record(sampled(story), "nk_percent", "92.0")
    with story.office.look() as session:
        row = session.get_one(Result, code)
        assert (row.value, row.unit, row.verdict, row.state) == ("92.0", "%", "PASS", "reviewed")
        assert row.tested_by != row.reviewed_by
        assert pages.show_result(session, result=code)["actions"] == []
        assert pages.list_results(session)["rows"] == []


def test_a_failing_result_is_kept_and_opens_a_major_deviation_in_the_same_act(story: Story) -> None:
    code = story.record(sampled(story), "nk_percent", "61.5", review=False)
    with story.office.look() as session:
        assert session.get_one(Result, code).verdict == "FAIL"
        (found,) = deviations_of(session, story.batch)
        assert (found.severity, found.on_code, found.by_system, found.state) == ("major", code, True, "draft")
        assert "61.5 %" in found.what and "80 to 100 %" in found.what


def test_organisms_in_a_stain_open_a_critical_deviation(story: Story) -> None:
    story.record(sampled(story), "gram", "organisms seen", review=False)
    with story.office.look() as session:
        assert [one.severity for one in deviations_of(session, story.batch)] == ["critical"]


@pytest.mark.parametrize(("test", "value", "unit", "rule"), [
    ("nk_percent", "192", "", "QC-04"), ("nk_percent", "", "", "QC-03"), ("nk_percent", "NaN", "", "QC-03"),
    ("nk_percent", "92", "{cells}/mL", "QC-05"), ("viable_count", "6e6", "", "QC-03"), ("gram", "fine", "", "QC-03"),
    ("sterility", "no growth", "", "QC-01"), ("nothing", "1", "", "QC-01"), ("mycoplasma", "not detected", "", "QC-02"),
])
def test_what_cannot_be_is_refused_without_trace(story: Story, test: str, value: str, unit: str, rule: str) -> None:
    sample = sampled(story)
    caught = refused(story, acts.record_result, story.office.who("qc analyst"), sample=sample, test=test, value=value,
                     unit=unit)
    assert rule in {one.rule for one in caught.findings}


def test_no_second_result_of_the_same_test_on_the_same_sample(story: Story) -> None:
    sample = sampled(story)
    story.record(sample, "nk_percent", "61.5", review=False)
    caught = refused(story, acts.record_result, story.office.who("qc analyst", 2), sample=sample, test="nk_percent",
                     value="92")
    assert "it stays" in caught.why


def test_nobody_reviews_their_own_result_or_reviews_twice(story: Story) -> None:
    from mfg.people import acts as people

    office = story.office
    code = story.record(sampled(story), "nk_percent", "92.0", review=False)
    office.do(people.grant_role, office.who("administrator"), person=office.people["qc.analyst.1"], role="qc reviewer")
    assert refused(story, acts.review_result, office.who("qc analyst"), result=code).kind == "not allowed"
    assert refused(story, acts.review_result, office.who("qc reviewer"), result=code, seen="9").kind == "stale"
    office.do(acts.review_result, office.who("qc reviewer"), result=code)
    assert "final" in refused(story, acts.review_result, office.who("qc reviewer", 2), result=code).why


def test_an_operator_records_no_result(story: Story) -> None:
    sample = sampled(story)
    caught = refused(story, acts.record_result, story.office.who("operator"), sample=sample, test="nk_percent",
                     value="92")
    assert caught.kind == "not allowed"


def test_sterility_is_read_day_by_day_to_its_last(story: Story) -> None:
    sample, office, analyst = sampled(story), story.office, story.office.who("qc analyst")
    story.read(sample, "no growth", day=0)
    office.later(days=1)
    assert refused(story, acts.read_sterility, analyst, sample=sample, day=2, reading="no growth").findings
    early = refused(story, acts.read_sterility, analyst, sample=sample, day=1, reading="no growth, final")
    assert [one.rule for one in early.findings] == ["QC-12"]
    office.later(days=13)
    story.read(sample, "no growth, final", day=14)
    office.later(days=1)
    assert "final" in refused(story, acts.read_sterility, analyst, sample=sample, day=15, reading="no growth").why


def test_growth_opens_a_critical_deviation_and_is_never_taken_back(story: Story) -> None:
    sample = sampled(story)
    story.office.later(days=2)
    story.read(sample, "growth suspect", day=2)
    with story.office.look() as session:
        (found,) = deviations_of(session, story.batch)
        assert (found.severity, found.on_code, found.within) == ("critical", sample, story.batch)
        assert pages.show_sample(session, sample=sample)["verdict"] == "FAIL"
    story.office.later(days=1)
    refused(story, acts.read_sterility, story.office.who("qc analyst"), sample=sample, day=3, reading="no growth")
    story.read(sample, "growth confirmed", day=3)
    assert story.state() == "checked"


@pytest.mark.parametrize("typed", [False, True])
def test_a_sample_is_taken_from_what_was_scanned_or_typed_with_its_check(story: Story, typed: bool) -> None:
    who, bag = story.office.who("qc analyst"), story.bag()
    assert "check character" in refused(story, acts.take_sample, who, container=bag, purpose="x").why
    code = story.office.do(acts.take_sample, who, purpose="x", container=with_check(bag) if typed else as_scanned(bag))
    with story.office.look() as session:
        assert session.get_one(Sample, code).container == bag


def test_no_sample_of_a_dose_that_was_typed_without_its_check(story: Story) -> None:
    cells = as_scanned(story.plant.container(story.batch, "loaded cells"))
    told = {"container": cells, "purpose": "x", "dose": story.dose}
    assert "check character" in refused(story, acts.take_sample, story.office.who("qc analyst"), **told).why
