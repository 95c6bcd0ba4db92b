"""What a deviation does to a dose, from its draft to its end: held, set apart, let go. Gathered from real records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mfg.facts import Finding, Verdict
from mfg.quality import acts as quality
from mfg.quality import investigation_acts as finding_out
from mfg.quality.records import deviations_of
from tests.conftest import FreshDatabase
from tests.quality import walked
from tests.release.story import READY, Story, a_story

WHY = "It happened to the other bag."


@pytest.fixture
def story(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as told:
        yield told


def rel_07(story: Story) -> Finding:
    (found,) = {one for one in story.judged().conditional if one.rule == "REL-07"}
    return found


def opened(story: Story, severity: str = "minor", **change: str) -> str:
    told = {"within": story.batch, "on_code": story.bag(), "severity": severity, "what": "The label is crooked."}
    return story.office.do(quality.open_deviation, story.office.who("operator", 2), **(told | change))


def set_apart(story: Story, code: str, dose: str = "") -> str:
    story.office.later(minutes=1)
    return story.office.do(finding_out.find_no_impact, story.office.who("qa"), deviation=code,
                           dose=dose or story.dose, why=WHY)


@pytest.mark.parametrize("severity", ["minor", "major", "critical"])
def test_a_dose_is_held_in_every_state_until_the_end(story: Story, severity: str) -> None:
    office, code = story.office, opened(story, severity)
    assert rel_07(story).verdict is Verdict.FAIL
    for walk, state in ((lambda: walked.classified(office, code), "classified"),
                        (lambda: walked.investigated(office, code), "investigating"),
                        (lambda: office.do(quality.submit_deviation, office.who("qc reviewer"), deviation=code),
                         "QA review")):
        walk()
        held = rel_07(story)
        assert held.verdict is Verdict.FAIL and f"{code} ({severity}, on {story.bag()}) is {state}" in held.why
    office.do(quality.close_deviation, office.who("qa"), deviation=code, conclusion=walked.CONCLUSION,
              no_capa_why="Nothing of the kind can happen again.")
    assert rel_07(story).verdict is Verdict.PASS and f"{code} (closed)" in rel_07(story).why
    office.do(quality.reopen_deviation, office.who("qa", reason="Again."), deviation=code)
    assert rel_07(story).verdict is Verdict.FAIL and "is reopened" in rel_07(story).why


def test_what_the_system_only_drafted_holds_the_dose_already(story: Story) -> None:
    sample = story.test_all("dose", story.bag())
    story.read(sample, "growth suspect")
    with story.office.look() as session:
        (found,) = deviations_of(session, story.batch)
        assert (found.state, found.kind, found.severity) == ("draft", "sterility positive", "critical")
    assert f"{found.code} (critical" in rel_07(story).why and "is draft" in rel_07(story).why


def test_a_void_deviation_holds_nothing(story: Story) -> None:
    code = opened(story, "critical")
    story.office.do(quality.void_deviation, story.office.who("qa", reason="Another bag was meant."), deviation=code,
                    ground="recorded in error")
    assert rel_07(story).verdict is Verdict.PASS


def test_a_dose_set_apart_goes_on_and_a_new_investigation_holds_it_again(story: Story) -> None:
    code = opened(story, "major")
    walked.classified(story.office, code)
    walked.investigated(story.office, code)
    set_apart(story, code)
    assert rel_07(story).verdict is Verdict.PASS
    assert f"no impact on {story.dose} by {code}-N1" in rel_07(story).why
    story.office.later(minutes=1)
    walked.investigated(story.office, code)
    assert rel_07(story).verdict is Verdict.FAIL


def test_a_judgement_to_critical_holds_a_dose_that_was_set_apart(story: Story) -> None:
    code = opened(story)
    walked.classified(story.office, code)
    set_apart(story, code)
    walked.classified(story.office, code, "critical")
    assert rel_07(story).verdict is Verdict.FAIL


def test_a_dose_filled_again_is_not_the_one_that_was_set_apart(story: Story) -> None:
    code = opened(story)
    walked.classified(story.office, code)
    set_apart(story, code)
    assert rel_07(story).verdict is Verdict.PASS
    story.office.later(hours=1)
    story.fill("120")
    assert rel_07(story).verdict is Verdict.FAIL and "before the present fill" in rel_07(story).why
    assert rel_07(story).sources == (code,)


def test_what_was_found_of_another_dose_does_not_let_this_one_go(story: Story) -> None:
    code = opened(story)
    walked.classified(story.office, code)
    other = walked.known_to_history(story.office, f"{story.batch}-D9")
    set_apart(story, code, other)
    assert rel_07(story).verdict is Verdict.FAIL


@pytest.mark.parametrize("what", ["batch", "dose", "recipient", "step"])
def test_a_deviation_of_another_that_affects_this_one_holds_it_until_it_is_taken_off(story: Story, what: str) -> None:
    office, other = story.office, story.plant.recipient()
    record = {"batch": story.batch, "dose": story.dose, "recipient": story.recipient,
              "step": f"{story.batch}/harvest"}[what]
    code = opened(story, within=other, on_code=other)
    assert rel_07(story).verdict is Verdict.PASS
    office.do(finding_out.name_affected, office.who("operator"), deviation=code, record=record, why="The same hood.")
    assert rel_07(story).verdict is Verdict.FAIL and code in rel_07(story).why
    office.do(finding_out.lift_affected, office.who("qa", reason="Another hood."), deviation=code,
              affected=f"{code}-A1")
    assert rel_07(story).verdict is Verdict.PASS
