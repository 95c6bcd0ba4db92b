"""A review as people do it: begun, assessed, looked at, signed or returned; voided by any later change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from mfg.batches import runner
from mfg.facts import Refused
from mfg.ledger import Entry
from mfg.quality import acts as quality
from mfg.review import acts
from mfg.review.batch_record import hash_of
from mfg.review.exceptions import exceptions_of
from mfg.review.gather import batch_record
from mfg.review.records import marks_of, review
from tests.release.story import FILLED, Story, a_story, reviewed
from tests.statements import asked_of

TOLD = "Looked into; no effect on the cells."


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(FILLED, fresh_database("sqlite", FILLED.prepare), tmp_path) as told:
        yield told


@pytest.fixture
def on_both(kind: str, fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(FILLED, fresh_database(kind, FILLED.prepare), tmp_path) as told:
        yield told


def refused(story: Story, what: Callable[[], Any]) -> Refused:
    """What it says, after making sure that nothing but the attempt was kept."""
    before = story.office.counts()
    with pytest.raises(Refused) as caught:
        what()
    assert story.office.counts() == before and story.office.last_entry().outcome == "refused"
    return caught.value


def begun(story: Story, stage: int | None = 1) -> str:
    return story.office.do(acts.begin_review, story.office.who("qa"), batch=story.batch, stage=stage)


def drawn(story: Story, code: str) -> tuple[str, ...]:
    with story.office.look() as session:
        return review(session, code).steps_drawn


def rules_of(caught: Refused) -> set[str]:
    return {one.rule for one in caught.findings}


def sign(story: Story, code: str, **more: Any) -> str:
    return story.office.do(acts.sign_review, story.office.who("qa"), review=code, minor_read=True, **more)


def a_deviation(story: Story) -> str:
    return story.office.do(quality.open_deviation, story.office.who("operator", 2), within=story.batch,
                           on_code=f"{story.batch}/receive", severity="major", what="The tray was scratched.")


def test_a_review_is_begun_done_and_signed(on_both: Story) -> None:
    on_both.label()
    code = reviewed(on_both.office, on_both.batch, 1)
    assert code == f"{on_both.batch}-R1"
    with on_both.office.look() as session:
        row = review(session, code)
        assert row.state == "signed" and row.record_hash == hash_of(batch_record(session, on_both.batch, 1))
        assert "checks" in row.statement and all(step in row.statement for step in row.steps_drawn)
        last = on_both.office.last_entry()
        assert (last.verb, last.within, last.outcome) == ("sign review", on_both.batch, "done")


def test_it_is_not_signed_before_the_steps_drawn_are_looked_at(story: Story) -> None:
    story.label()
    assert "REV-03" in rules_of(_early(story))


def _early(story: Story) -> Refused:
    code = begun(story)
    return refused(story, lambda: sign(story, code))


def test_a_bag_without_a_label_is_a_gap_that_no_explanation_closes(story: Story) -> None:
    caught = _early(story)
    told = next(one for one in caught.findings if one.rule == "REV-04")
    assert told.verdict.value == "FAIL" and "REC-08" in told.why


def test_a_grave_exception_that_nobody_assessed_stops_the_signature(story: Story) -> None:
    story.label()
    a_deviation(story)
    assert "REV-02" in rules_of(_early(story))


def test_an_exception_is_assessed_once_and_with_words(story: Story) -> None:
    a_deviation(story)
    code, qa = begun(story), story.office.who("qa")
    with story.office.look() as session:
        key = next(one.key for one in exceptions_of(batch_record(session, story.batch, 1)) if one.kind == "deviation")
    assert "too little" in refused(story, lambda: story.office.do(
        acts.assess_exception, qa, review=code, exception=key, assessment="ok")).why
    story.office.do(acts.assess_exception, qa, review=code, exception=key, assessment=TOLD)
    assert "already assessed" in refused(story, lambda: story.office.do(
        acts.assess_exception, qa, review=code, exception=key, assessment=TOLD)).why
    with story.office.look() as session:
        assert [(one.kind, one.key, one.told) for one in marks_of(session, code)] == [("exception", key, TOLD)]


def test_all_alike_are_assessed_with_one_sentence(story: Story) -> None:
    for _ in range(3):
        a_deviation(story)
    code = begun(story)
    with story.office.look() as session:
        keys = {one.key for one in exceptions_of(batch_record(session, story.batch, 1)) if one.kind == "deviation"}
    story.office.do(acts.assess_exception, story.office.who("qa"), review=code, exception=min(keys), assessment=TOLD,
                    all_alike=True)
    with story.office.look() as session:
        assert {one.key for one in marks_of(session, code)} == keys and len(keys) == 3


def test_an_exception_nobody_listed_cannot_be_assessed(story: Story) -> None:
    code = begun(story)
    assert "no exception" in refused(story, lambda: story.office.do(
        acts.assess_exception, story.office.who("qa"), review=code, exception="0" * 12, assessment=TOLD)).why


def test_only_a_step_that_was_drawn_can_be_looked_at(story: Story) -> None:
    code = begun(story)
    with story.office.look() as session:
        other = next(step.code for step in batch_record(session, story.batch, 1).steps if step.code not in drawn(
            story, code))
    assert "REV-05" in rules_of(refused(story, lambda: story.office.do(
        acts.look_at_step, story.office.who("qa"), review=code, step=other, as_expected=True)))


def test_a_step_that_is_not_as_expected_needs_words_and_stops_the_signature(story: Story) -> None:
    story.label()
    code, qa = begun(story), story.office.who("qa")
    step = drawn(story, code)[0]
    refused(story, lambda: story.office.do(acts.look_at_step, qa, review=code, step=step, as_expected=False))
    story.office.do(acts.look_at_step, qa, review=code, step=step, as_expected=False, note="The time cannot be.")
    for other in drawn(story, code)[1:]:
        story.office.do(acts.look_at_step, qa, review=code, step=other, as_expected=True)
    assert "REV-03" in rules_of(refused(story, lambda: sign(story, code)))
    returned = story.office.do(acts.return_review, story.office.who("qa", reason="The time of a step cannot be."),
                               review=code)
    with story.office.look() as session:
        row = review(session, returned)
        assert (row.state, row.statement) == ("returned", "The time of a step cannot be.")


def test_a_record_changed_under_the_review_cannot_be_signed(story: Story) -> None:
    story.label()
    code = begun(story)
    a_deviation(story)
    assert "REV-01" in rules_of(refused(story, lambda: sign(story, code)))


def test_a_correction_after_the_signature_voids_the_review(story: Story) -> None:
    """Trap: a change after sign-off that leaves the signature standing."""
    story.label()
    code = reviewed(story.office, story.batch, 1)
    runner_who = story.office.who("operator", reason="Misread.")
    story.office.do(runner.correct_entry, runner_who, step=f"{story.batch}/receive", field="volume", value="121",
                    unit="mL")
    with story.office.look() as session:
        assert review(session, code).record_hash != hash_of(batch_record(session, story.batch, 1))


@pytest.mark.parametrize("role", ["operator", "verifier", "production supervisor", "qc reviewer", "qualified person",
                                  "administrator", "inspector"])
def test_only_quality_assurance_reviews(story: Story, role: str) -> None:
    assert refused(story, lambda: story.office.do(acts.begin_review, story.office.who(role), batch=story.batch,
                                                  stage=1)).kind == "not allowed"


def test_a_stage_that_was_not_begun_is_not_reviewed(story: Story) -> None:
    assert "no stage 2" in refused(story, lambda: begun(story, 2)).why


def test_a_review_signed_at_a_version_that_is_gone_is_refused(story: Story) -> None:
    code = begun(story)
    assert refused(story, lambda: sign(story, code, seen="9")).kind == "stale"


def test_a_signed_review_takes_nothing_more(story: Story) -> None:
    story.label()
    code = reviewed(story.office, story.batch, 1)
    assert "signed" in refused(story, lambda: sign(story, code)).why


def test_reading_a_batch_record_costs_no_statement_more_with_every_step(story: Story) -> None:
    with story.office.look() as session, asked_of(story.office.engine) as told:
        batch_record(session, story.batch, None)
    assert len(told) <= 24, "\n".join(told)


def test_the_steps_are_drawn_by_what_nobody_could_choose(story: Story) -> None:
    with story.office.look() as session:
        before = session.scalar(select(func.count()).select_from(Entry)) or 0
    code = begun(story)
    with story.office.look() as session:
        row = review(session, code)
        assert len(row.seed) == 64 and before > 0
    assert len(drawn(story, code)) >= 3
