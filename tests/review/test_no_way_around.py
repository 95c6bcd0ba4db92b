"""Ways a hurried or dishonest person could try to get a batch record past its review, each closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mfg.batches.handling import attach_file
from mfg.batches.scans import as_scanned
from mfg.facts import Refused, Verdict
from mfg.ledger import Who
from mfg.qc import acts as qc
from mfg.quality import acts as quality
from mfg.review import acts
from mfg.review.batch_record import MonitoringLine, hash_of
from mfg.review.exceptions import RecordException, exceptions_of
from mfg.review.gather import batch_record
from mfg.uploads import read_upload
from mfg.verbs import VERBS
from tests.release.story import FILLED, READY, Story, a_story, reviewed
from tests.review.records import at, good


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(FILLED, fresh_database("sqlite", FILLED.prepare), tmp_path) as told:
        yield told


@pytest.fixture
def ready(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as told:
        yield told


def refused(story: Story, verb: Any, who: Who, **arguments: Any) -> Refused:
    before = story.office.counts()
    with pytest.raises(Refused) as caught:
        story.office.do(verb, who, **arguments)
    assert story.office.counts() == before and story.office.last_entry().outcome == "refused"
    return caught.value


def hashed(story: Story) -> str:
    with story.office.look() as session:
        return hash_of(batch_record(session, story.batch, 1))


def found(story: Story) -> list[RecordException]:
    with story.office.look() as session:
        return list(exceptions_of(batch_record(session, story.batch, 1)))


def a_deviation(story: Story, within: str, severity: str = "major") -> str:
    return story.office.do(quality.open_deviation, story.office.who("operator", 2), within=within, on_code=within,
                           severity=severity, what="Something is not as it should be.")


def test_a_second_review_draws_no_other_steps_while_one_is_under_way(story: Story) -> None:
    """Trap: beginning reviews until the steps drawn are convenient."""
    qa, other = story.office.who("qa"), story.office.who("qa", 2)
    first = story.office.do(acts.begin_review, qa, batch=story.batch, stage=1)
    for who in (qa, other):
        caught = refused(story, acts.begin_review, who, batch=story.batch, stage=1)
        assert {one.rule for one in caught.findings} == {"REV-06"} and first in caught.why
    story.office.do(acts.begin_review, qa, batch=story.batch, stage=None)  # of the whole batch: another thing
    story.office.do(acts.return_review, story.office.who("qa", 2, reason="The time of a step cannot be."),
                    review=first)
    story.office.do(acts.begin_review, other, batch=story.batch, stage=1)


def test_nobody_signs_that_they_looked_at_what_another_looked_at(story: Story) -> None:
    review = story.office.do(acts.begin_review, story.office.who("qa"), batch=story.batch, stage=1)
    verbs: tuple[tuple[Callable[..., str], dict[str, Any]], ...] = (
        (acts.sign_review, {"minor_read": True}),
        (acts.look_at_step, {"step": f"{story.batch}/receive", "as_expected": True}),
        (acts.assess_exception, {"exception": "REC-06", "assessment": "No effect on the product."}))
    for verb, body in verbs:
        caught = refused(story, verb, story.office.who("qa", 2), review=review, **body)
        assert {one.rule for one in caught.findings} == {"REV-07"}


def test_a_record_given_back_after_it_was_accepted_lets_no_dose_out(ready: Story) -> None:
    again = ready.office.do(acts.begin_review, ready.office.who("qa", 2), batch=ready.batch, stage=1)
    assert "REL-24" not in wrong(ready)
    ready.office.do(acts.return_review, ready.office.who("qa", 2, reason="The times of two steps cannot be."),
                    review=again)
    assert "REL-24" in wrong(ready)
    ready.review()
    assert "REL-24" not in wrong(ready)


def wrong(story: Story) -> set[str]:
    return {one.rule for one in story.judged().conditional if one.verdict is not Verdict.PASS}


def test_a_file_attached_after_the_review_voids_it(story: Story) -> None:
    story.label()
    reviewed(story.office, story.batch, 1)
    before = hashed(story)
    story.office.do(attach_file, story.office.who("operator"), step=f"{story.batch}/receive", caption="The tray.",
                    file=read_upload("tray.txt", b"It leaked."))
    assert hashed(story) != before


def test_a_deviation_judged_otherwise_after_the_review_voids_it(story: Story) -> None:
    code, qa = a_deviation(story, story.batch, "minor"), story.office.who("qa")
    before = hashed(story)
    story.office.do(quality.classify_deviation, qa, deviation=code, kind="other", severity="minor", why="As opened.")
    assert hashed(story) == before  # no more than that somebody has judged it
    story.office.do(quality.classify_deviation, qa, deviation=code, kind="other", severity="critical",
                    why="The seal was open.")
    assert hashed(story) != before


@pytest.mark.parametrize("what", ["dose", "bag", "lot", "recipient", "donor", "loaded cells"])
def test_a_deviation_opened_under_anything_the_batch_is_made_of_is_shown_to_the_reviewer(story: Story,
                                                                                         what: str) -> None:
    story.label()
    with story.office.look() as session:
        record = batch_record(session, story.batch, 1)
    code = {"dose": story.dose, "bag": story.bag(), "lot": record.lots[0].lot, "recipient": story.recipient,
            "donor": "DON-0001", "loaded cells": story.plant.container(story.batch, "loaded cells")}[what]
    before, opened = hashed(story), a_deviation(story, code)
    assert [one.what.partition(" ")[0] for one in found(story) if one.kind == "deviation"] == [opened]
    assert hashed(story) != before


def test_that_another_batch_used_up_a_lot_is_no_change_of_this_record() -> None:
    record = good()
    states = {state: hash_of(replace(record, lots=(replace(record.lots[0], state=state),)))
              for state in ("released", "in use", "depleted", "blocked", "recalled")}
    assert len({states[one] for one in ("released", "in use", "depleted")}) == 1
    assert len(set(states.values())) == 3


@pytest.mark.parametrize("verdict", ["CANNOT DETERMINE", "ALERT", "ACTION", ""])
def test_monitoring_that_is_not_within_is_an_exception_whatever_it_is(verdict: str) -> None:
    record = good(monitoring=(MonitoringLine("EM-0001", "ROOM-0001", "read", verdict, at(5)),))
    assert [one.kind for one in exceptions_of(record)] == ["monitoring"]


def test_a_signature_that_failed_on_a_result_or_a_deviation_is_an_exception_of_its_batch(story: Story) -> None:
    """Such an act learns only on the way which batch it lies in; refused before, it names none."""
    sample = story.office.do(qc.take_sample, story.office.who("qc analyst"), container=as_scanned(story.bag()),
                             purpose="release tests")
    result = story.record(sample, "viability", "95", review=False)
    deviation = a_deviation(story, story.batch)
    before = len([one for one in found(story) if one.kind == "failed signature"])
    mistyped = "not the password"
    refused(story, qc.review_result, story.office.who("qc reviewer", password=mistyped), result=result)
    refused(story, qc.record_result, story.office.who("qc analyst", password=mistyped), sample=sample, test="cd16",
            value="85")
    refused(story, quality.classify_deviation, story.office.who("qa", password=mistyped), deviation=deviation,
            kind="other", severity="minor", why="Of no account.")
    failed = [one for one in found(story) if one.kind == "failed signature"]
    assert len(failed) == before + 3 and {one.on for one in failed} >= {sample, result, deviation}


def test_whoever_cleared_the_line_or_compared_a_sheet_does_not_review() -> None:
    for verb in ("begin review", "sign review", "release dose", "give disposition"):
        assert {"clear line", "confirm line clearance", "confirm transcription"} <= set(VERBS[verb].not_within)
