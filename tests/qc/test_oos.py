"""Out-of-specification results from the failing save to release or refusal, played by acts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mfg.facts import Refused, Verdict
from mfg.ledger import playing_at
from mfg.qc import acts, oos_acts, oos_pages, pages, slot_acts
from mfg.qc.completing import complete_batch
from mfg.qc.oos_api import oos_data
from mfg.qc.oos_records import Oos, Slot, oos_of_batch
from mfg.qc.oos_records import oos as oos_row
from mfg.qc.records import Result, results_of
from mfg.quality.records import deviation as deviation_row
from mfg.quality.records import deviations_of
from mfg.review.exceptions import exceptions_of
from mfg.review.gather import batch_record
from tests.qc.investigated import RETESTS, Case, failing, sampled
from tests.quality import walked
from tests.release.story import Story, a_story

ERROR = "The tube was stained with twice the antibody."
CAUSE = "The cytometer lost its laser alignment during this very run, as its log shows."


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(RETESTS, fresh_database("sqlite", RETESTS.prepare), tmp_path) as told:
        yield told


@pytest.fixture
def on_postgres(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(RETESTS, fresh_database("postgres", RETESTS.prepare), tmp_path) as told:
        yield told


def refused(case: Case, what: Callable[[], Any]) -> Refused:
    """What it says; nothing but the attempt is kept."""
    before = case.office.counts()
    with pytest.raises(Refused) as caught:
        what()
    assert case.office.counts() == before and case.office.last_entry().outcome == "refused"
    return caught.value


def rules_of(caught: Refused) -> set[str]:
    return {one.rule for one in caught.findings}


def wrong(story: Story) -> set[str]:
    """The rules of release that do not pass."""
    return {one.rule for one in story.judged().conditional if one.verdict is not Verdict.PASS}


def all_but_nk(story: Story) -> Case:
    """Everything tested and well, only the purity of the dose out of specification."""
    story.test_all("batch", story.plant.container(story.batch, "loaded cells"))
    sample = story.test_all("dose", story.bag(), nk_percent="61.5")
    story.read(sample, "no growth")
    with story.office.look() as session:
        (row,) = oos_of_batch(session, story.batch)
        return Case(story, sample, row.result, row.code)


def finish(story: Story, case: Case) -> None:
    """The deviation closed, the label put on, the record reviewed."""
    walked.closed(story.office, case.row().deviation)
    story.label()
    story.review(2)


# --- created by the save ----------------------------------------------------------------------------------------------


def test_saving_a_failing_result_opens_its_oos_and_its_deviation_in_the_same_act(story: Story) -> None:
    case = failing(story)
    assert story.office.last_entry().verb == "record result"
    row = case.row()
    assert (row.result, row.sample, row.batch, row.dose, row.attempt, row.test, row.state) == (
        case.result, case.sample, story.batch, story.dose, 1, "nk_percent", "phase I")
    with story.office.look() as session:
        assert deviation_row(session, row.deviation).on_code == case.result
    # the end of the next working day; and the dose runs out before thirty working days are over
    assert row.start_by > row.opened_at and row.start_by - row.opened_at <= timedelta(days=4)
    assert row.conclude_by == min(bag.expires_at for bag in story.judged().dossier.bags)


def test_a_passing_result_opens_none_and_a_scattered_set_opens_one_repeat_set_only(story: Story) -> None:
    sample = sampled(story)
    story.record(sample, "nk_percent", "92")
    first = story.record(sample, "viable_count", "4.0e6; 6.5e6; 9.0e6")
    with story.office.look() as session:
        assert oos_of_batch(session, story.batch) == [] and deviations_of(session, story.batch) == []
        assert session.get_one(Result, first).verdict == "FAIL"
    case = Case(story, sample, first)
    (slot,) = case.slots("repeat set", of_result=first)
    again = case.repeat(slot, "6.4e6; 6.5e6; 6.6e6")
    assert rules_of(refused(case, lambda: case.repeat(slot, "6.4e6; 6.5e6; 6.6e6"))) == {"OOS-21"}
    assert case.slots("repeat set", of_result=again) == []
    counts = story.judged().dossier.arithmetic.bags[0].viable_cells_per_ml  # type: ignore[union-attr, index]
    assert sorted(counts) == [6_400_000, 6_500_000, 6_600_000]  # type: ignore[arg-type]
    finding = next(one for one in story.judged().conditional if one.sources and one.sources[0] == first)
    assert finding.verdict is Verdict.PASS and "4.0e6; 6.5e6; 9.0e6" in (finding.value or "")


def test_a_second_scattered_set_is_out_of_specification(story: Story) -> None:
    sample = sampled(story)
    first = story.record(sample, "viable_count", "4.0e6; 6.5e6; 9.0e6")
    case = Case(story, sample, first)
    second = case.repeat(case.slots("repeat set", of_result=first)[0], "4.0e6; 6.5e6; 9.1e6")
    with story.office.look() as session:
        (row,) = oos_of_batch(session, story.batch)
        assert row.result == second and case.slots("repeat set", of_result=second) == []
    assert {"REL-16", "REL-27"} <= wrong(story)


# --- no testing into compliance ---------------------------------------------------------------------------------------


def test_nothing_is_tested_again_outside_a_slot(story: Story) -> None:
    case = failing(story)
    second = story.office.who("qc analyst", 2)

    def record(sample: str) -> Callable[[], str]:
        return lambda: story.office.do(acts.record_result, second, sample=sample, test="nk_percent", value="92")

    assert rules_of(refused(case, record(case.sample))) == {"OOS-20"}
    other = sampled(story)
    assert rules_of(refused(case, record(other))) == {"OOS-20"}
    assert story.record(other, "viability", "95")  # another test of that sample is nobody's retest


def test_phase_one_is_another_persons_and_answers_every_point(story: Story) -> None:
    from mfg.people import acts as people

    case = failing(story)
    assert rules_of(refused(case, case.investigate)) == {"OOS-03"}  # nobody began it
    case.office.do(people.grant_role, case.office.who("administrator"), person=case.office.people["qc.analyst.1"],
                   role="qc reviewer")
    caught = refused(case, lambda: case.office.do(
        oos_acts.begin_laboratory_investigation, case.office.who("qc analyst"), oos=case.oos))
    assert rules_of(caught) == {"OOS-01"}
    case.begin()
    assert rules_of(refused(case, lambda: case.investigate(controls=""))) == {"OOS-03"}
    assert rules_of(refused(case, lambda: case.investigate(controls="not as required"))) == {"OOS-03"}
    assert rules_of(refused(case, lambda: case.investigate(ERROR, method="as required"))) == {"OOS-04"}
    case.office.do(oos_acts.record_measurement, case.office.who("qc analyst"), oos=case.oos,
                   hypothesis="The stain was too strong.", value="91 % after a fresh stain")
    with case.office.look() as session:
        assert len(results_of(session, story.batch)) == 1  # a measurement is no result
    case.investigate()
    assert case.row().state == "phase I"


def test_without_a_laboratory_error_nothing_is_invalidated(story: Story) -> None:
    case = failing(story)
    case.review(case.result)
    assert rules_of(refused(case, case.invalidate)) == {"OOS-05"}
    case.begin()
    case.investigate()
    assert rules_of(refused(case, case.invalidate)) == {"OOS-05"}
    assert rules_of(refused(case, lambda: case.phase_two(review="", plan="short"))) == {"OOS-07", "OOS-08"}
    case.investigate(ERROR)
    assert rules_of(refused(case, lambda: case.invalidate(others_looked_at=" "))) == {"OOS-11"}
    assert rules_of(refused(case, lambda: case.invalidate(others_affected="yes"))) == {"OOS-11"}


def test_who_tested_or_investigated_never_judges(story: Story) -> None:
    from mfg.people import acts as people

    case = failing(story)
    case.review(case.result)
    case.begin()
    case.investigate(ERROR)
    for role in ("qc.analyst.1", "qc.reviewer.1"):
        case.office.do(people.grant_role, case.office.who("administrator"), person=case.office.people[role], role="qa")
    told = {"oos": case.oos, "others_affected": "no", "others_looked_at": "The batches of that day."}
    tester = refused(case, lambda: case.office.do(
        oos_acts.invalidate_result, case.office.who("qc analyst", reason="I know."), **told))
    assert rules_of(tester) == {"OOS-02"}
    investigator = refused(case, lambda: case.office.do(
        oos_acts.invalidate_result, case.office.who("qc reviewer", reason="I know."), **told))
    assert investigator.kind == "not allowed"


# --- stories ----------------------------------------------------------------------------------------------------------


def test_invalidated_for_a_laboratory_error_and_repeated_the_dose_leaves_with_both_visible(story: Story) -> None:
    case = all_but_nk(story)
    assert {"REL-07", "REL-16", "REL-27"} <= wrong(story)
    case.begin()
    case.investigate(ERROR)
    assert rules_of(refused(case, lambda: case.conclude("confirmed"))) == set()  # not from phase I
    case.invalidate()
    assert {"REL-16", "DOSE-01"} <= wrong(story) and "REL-27" not in wrong(story)  # its repeat is awaited
    (slot,) = case.slots("repeat")
    repeat = case.repeat(slot, "92.0", review=False)
    assert "REL-16" in wrong(story)  # nobody has reviewed it
    case.review(repeat)
    finish(story, case)
    assert wrong(story) == set()
    bags = story.judged().dossier.arithmetic.bags  # type: ignore[union-attr]
    assert [str(bag.nk_percent) for bag in bags] == ["92.0"]  # type: ignore[union-attr]
    story.dispose()
    story.release_on_condition()
    with story.office.look() as session:
        first, second = session.get_one(Result, case.result), session.get_one(Result, repeat)
        assert (first.value, first.verdict, first.invalidated_at is not None) == ("61.5", "FAIL", True)
        assert (second.sample, second.slot, second.verdict) == (case.sample, 1, "PASS")
        (finding,) = [one for one in story.judged().full if case.result in one.sources and one.rule == "REL-16"]
        assert f"61.5 % (invalidated by {case.oos})" in str(finding.value) and "92.0 % (repeat)" in str(finding.value)


def test_confirmed_without_a_cause_although_every_retest_passes_the_dose_stays(story: Story) -> None:
    case = all_but_nk(story)
    case.begin()
    case.investigate()
    case.phase_two()
    slots = case.slots("retest")
    assert len(slots) == 3 == case.row().retests
    assert rules_of(refused(case, lambda: case.retest(slots[0], "92", number=1))) == {"OOS-23"}  # the same analyst
    for slot, value in zip(slots, ("92.0", "91.5", "92.3"), strict=True):
        case.retest(slot, value)
    assert case.slots("retest") == slots
    assert rules_of(refused(case, lambda: case.retest(slots[2], "92.0"))) == {"OOS-21"}  # the fourth of three
    assert rules_of(refused(case, lambda: case.conclude("invalidated"))) == {"OOS-09"}
    case.conclude("confirmed")
    finish(story, case)
    assert wrong(story) == {"DOSE-01", "REL-16", "REL-27"}
    with pytest.raises(Refused, match="REL-27"):
        story.dispose()
    assert "final" in refused(case, lambda: case.conclude("invalidated", CAUSE)).why


def test_a_root_cause_in_phase_two_invalidates_and_a_repeat_takes_the_place(story: Story) -> None:
    case = failing(story).in_phase_two()
    case.retest(case.slots("retest")[0], "92.0", review=False)
    assert rules_of(refused(case, lambda: case.conclude("invalidated", CAUSE))) == {"OOS-10"}
    with case.office.look() as session:
        (retest,) = [one.code for one in results_of(session, story.batch) if one.slot]
    case.review(retest)
    case.conclude("invalidated", CAUSE)
    assert rules_of(refused(case, lambda: case.retest(case.slots("retest")[1], "92.0"))) == {"OOS-21"}
    assert "REL-16" in wrong(story)  # a retest takes no place
    case.repeat(case.slots("repeat")[0], "91.0")
    assert str(story.judged().dossier.arithmetic.bags[0].nk_percent) == "91.0"  # type: ignore[union-attr, index]


def test_a_failing_retest_has_an_oos_of_its_own_and_confirms_the_first(story: Story) -> None:
    case = failing(story).in_phase_two()
    code = case.retest(case.slots("retest")[0], "60.0")
    with case.office.look() as session:
        nested = next(one for one in oos_of_batch(session, story.batch) if one.result == code)
    assert rules_of(refused(case, lambda: case.conclude("invalidated", CAUSE))) == {"OOS-09"}
    inner = Case(story, case.sample, code, nested.code).in_phase_two_again()
    assert inner.row().retests == 0 and inner.slots("retest") == []  # retests are not multiplied


def test_a_resample_needs_the_word_of_quality_and_a_new_sample(story: Story) -> None:
    case = failing(story).in_phase_two()
    assert case.slots("resample") == []
    early = sampled(story)
    case.office.later(minutes=5)
    case.office.do(oos_acts.allow_resample, case.office.who("qa", reason="The tube was not mixed before sampling."),
                   oos=case.oos)
    (slot,) = case.slots("resample")
    for sample in ("", early):
        assert rules_of(refused(case, lambda sample=sample: case.retest(slot, "92", sample=sample))) == {"OOS-22"}
    case.office.later(minutes=5)
    new = sampled(story)
    assert rules_of(refused(case, lambda: case.retest(case.slots("retest")[0], "92", sample=new))) == {"OOS-22"}
    case.retest(slot, "92", sample=new)
    assert {"REL-16", "REL-27"} <= wrong(story)  # it changes nothing until the conclusion
    case.conclude("invalidated", CAUSE)
    assert case.slots("repeat") == []
    assert str(story.judged().dossier.arithmetic.bags[0].nk_percent) == "92"  # type: ignore[union-attr, index]


def test_results_are_not_averaged(story: Story) -> None:
    case = failing(story).in_phase_two()
    slot = case.slots("retest")[0]
    assert "QC-03" in rules_of(refused(case, lambda: case.retest(slot, "61.5; 92; 91")))
    sample = sampled(story)
    first = story.record(sample, "viable_count", "4.0e6; 6.5e6; 9.0e6")
    (place,) = case.slots("repeat set", of_result=first)
    caught = refused(case, lambda: case.repeat(place, "4.0e6; 6.5e6; 9.0e6; 6.4e6; 6.5e6; 6.6e6"))
    assert rules_of(caught) == {"OOS-24"}


def test_a_batch_is_not_complete_while_an_oos_is_open(story: Story) -> None:
    case = failing(story)
    caught = refused(case, lambda: case.office.do(
        complete_batch, case.office.who("production supervisor"), batch=story.batch))
    assert rules_of(caught) == {"OOS-12"}
    case.in_phase_two().conclude("confirmed")
    case.office.do(complete_batch, case.office.who("production supervisor"), batch=story.batch)


def test_pages_and_json_show_the_original_and_what_is_beside_it(story: Story) -> None:
    case = failing(story).in_phase_two()
    retest = case.retest(case.slots("retest")[0], "92.0")
    case.office.later(days=60)
    with case.office.look() as session:
        shown = oos_pages.show_oos(session, oos=case.oos)
        assert "original: 61.5 %, FAIL" in shown["drawings"][0]["alt"] and "retest 2 of 3: free" in \
            shown["drawings"][0]["alt"]
        assert [one["label"] for one in shown["actions"] if one["main"]] == ["Record the retest 2 of 3"]
        (row,) = oos_pages.list_oos(session)["rows"]
        assert row[6]["verdict"] == "FAIL" and row[6]["text"].startswith("overdue")
        tests = next(one["rows"] for one in pages.show_sample(session, sample=case.sample)["sections"]
                         if one["title"] == "Tests of the specification")
        assert any("retest 1 of 3" in line[4] for line in tests) and any(case.oos in line[4] for line in tests)
        assert ("It is", "retest 1 of 3", False) in pages.show_result(session, result=retest)["pairs"]
        assert [one["result"] for one in oos_data(session, session.get_one(Oos, case.oos))["slots"]] == [
            retest, None, None]
        assert oos_pages.oos_drawing(session, case.oos).says == shown["drawings"][0]["alt"]
        assert oos_pages.show_slot(session, slot=case.slots("retest")[1])["state"] == "free"
        with pytest.raises(Refused):
            oos_row(session, "OOS-9999")


def test_the_review_by_exception_shows_it(story: Story) -> None:
    case = failing(story)
    sample = sampled(story)
    story.record(sample, "viable_count", "4.0e6; 6.5e6; 9.0e6")
    with case.office.look() as session:
        found = {(one.kind, one.on) for one in exceptions_of(batch_record(session, story.batch, 1))}
    assert ("out of specification", case.result) in found
    assert any(kind == "test repeated" for kind, _ in found)


@pytest.mark.postgres
def test_of_two_who_reach_for_the_last_slot_one_gets_it(on_postgres: Story) -> None:
    case = failing(on_postgres).in_phase_two()
    *_, last = case.slots("retest")
    office, answers, at = case.office, [], case.office.now
    gate = threading.Barrier(2)

    def reach() -> None:
        gate.wait()
        with playing_at(lambda: at):
            try:
                answers.append(office.do(slot_acts.record_retest, office.who("qc analyst", 2), slot=last, value="92"))
            except Refused as late:
                answers.append(sorted(rules_of(late)))

    hands = [threading.Thread(target=reach) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert ["OOS-21"] in answers and len([one for one in answers if isinstance(one, str)]) == 1
    with office.look() as session:
        assert session.get_one(Slot, last).result in answers
        assert len([one for one in results_of(session, on_postgres.batch) if one.slot]) == 1


def test_an_oos_that_runs_over_a_weekend_is_due_on_monday_evening() -> None:
    from mfg.qc.oos_rules import conclude_by, working_days_after

    friday = datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert working_days_after(friday, 1) == datetime(2026, 11, 24, tzinfo=UTC)
    assert conclude_by(friday) == datetime(2027, 1, 2, tzinfo=UTC)  # the end of Friday 1 January, the thirtieth
    assert conclude_by(friday, (friday + timedelta(hours=40),)) == friday + timedelta(hours=40)
    assert conclude_by(friday, (friday - timedelta(hours=1),)) == datetime(2027, 1, 2, tzinfo=UTC)
