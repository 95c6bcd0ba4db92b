"""What people in a clean room need of a step: limits that warn, calculations, branches, loops, times of reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from mfg.batches import handling, runner
from mfg.batches.records import step as load_step
from mfg.batches.records import steps_of
from mfg.facts import Refused
from mfg.qc.completing import complete_batch
from mfg.quality.records import deviations_of
from mfg.tables import METADATA
from mfg.verify import verify
from tests.batches.small import Small, planted_small, small_plant
from tests.conftest import FreshDatabase


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


@pytest.fixture
def both(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database(kind, planted_small), tmp_path) as made:
        yield made


def deviations(plant: Small) -> list[str]:
    with plant.office.look() as session:
        return [one.what for one in deviations_of(session, plant.opened)]


# --- alert and action limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "alert"), [("10", True), ("19.999", True), ("20", False), ("900", False),
                                              ("900.001", True), ("1000", True)])
def test_beyond_alert_and_within_action_a_value_is_kept_marked_and_no_deviation(plant: Small, value: str,
                                                                               alert: bool) -> None:
    plant.enter(plant.at("weigh"), "gross", value)
    kept = plant.entry("weigh", "gross")
    assert (kept.verdict, kept.alert) == ("PASS", alert)
    assert deviations(plant) == []


@pytest.mark.parametrize("value", ["9.999", "1000.001"])
def test_beyond_action_a_value_is_refused_or_kept_with_reason_and_deviation(plant: Small, value: str) -> None:
    assert "outside the limits" in plant.enter_refused("weigh", "gross", value).why
    plant.enter(plant.at("weigh"), "gross", value, accept_breach=True, breach_reason="two people read it")
    kept = plant.entry("weigh", "gross")
    assert (kept.verdict, kept.alert) == ("FAIL", False)
    assert len(deviations(plant)) == 1


# --- calculated values -----------------------------------------------------------------------------------------


def test_a_value_is_calculated_by_the_system_when_its_last_input_is_entered(both: Small) -> None:
    both.enter(both.at("weigh"), "gross", "250")
    assert set(both.work("weigh").entries) == {"gross"}
    both.enter(both.at("weigh"), "tare", "50")
    net, ratio = both.entry("weigh", "net"), both.entry("weigh", "ratio")
    assert (net.value, net.amount, net.unit, net.how, net.verdict) == ("200", Decimal(200), "g", "computed", "PASS")
    assert (ratio.amount, ratio.verdict) == (Decimal(4), "")


def test_nobody_types_a_calculated_value(plant: Small) -> None:
    assert "calculated by the system" in plant.enter_refused("weigh", "net", "200").why
    plant.type_in("weigh")
    found = plant.refused(runner.correct_entry, plant.office.who("operator", reason="I know better"),
                          step=plant.at("weigh"), field="net", value="201", unit="g")
    assert "calculated by the system" in found.why


def test_a_corrected_input_is_calculated_anew_and_the_old_result_stays_readable(plant: Small) -> None:
    plant.type_in("weigh")
    plant.correct("weigh", "gross", "300", reason="read the wrong line")
    old, new = plant.entries("weigh", "net")
    assert (old.value, new.value, new.supersedes, new.how) == ("200", "250", old.code, "computed")
    assert new.reason == "read the wrong line"


def test_a_missing_input_cannot_be_determined_and_is_never_0(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "gross", "250")
    found = plant.refused(runner.perform_step, plant.office.who("operator"), step=plant.at("weigh"),
                          done_at=plant.office.now)
    finding = next(one for one in found.findings if one.rule == "STEP-11")
    assert finding.verdict.value == "CANNOT DETERMINE" and "tare has no value" in finding.why
    assert "net" not in plant.work("weigh").entries


def test_a_division_by_zero_leaves_an_optional_result_undetermined_and_the_step_can_be_signed(plant: Small) -> None:
    plant.type_in("weigh", tare="0")
    assert "ratio" not in plant.work("weigh").entries
    plant.perform(plant.at("weigh"))


def test_a_result_that_has_no_answer_any_more_is_replaced_by_the_sentence_that_says_so(plant: Small) -> None:
    plant.type_in("weigh")
    plant.correct("weigh", "tare", "0")
    old, new = plant.entries("weigh", "ratio")
    assert (old.amount, new.amount, new.verdict) == (Decimal(4), None, "CANNOT DETERMINE")
    assert "divides by zero" in new.reason


def test_a_result_outside_its_limits_is_refused_with_its_input_unless_kept_with_a_reason(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "gross", "900")
    why = plant.enter_refused("weigh", "tare", "50").why
    assert "Net weight: 850 g lies outside the limits" in why and "gross - tare" in why
    plant.enter(plant.at("weigh"), "tare", "50", accept_breach=True, breach_reason="the bag is the large one")
    assert plant.entry("weigh", "net").verdict == "FAIL"
    assert len(deviations(plant)) == 1 and "Net weight does not keep to its limits (1 to 800 g)" in \
        deviations(plant)[0], "the value stands in the step: it would tell what is read again blind"


def test_a_result_has_alert_limits_too(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "gross", "800")
    plant.enter(plant.at("weigh"), "tare", "50")
    net = plant.entry("weigh", "net")
    assert (net.verdict, net.alert, deviations(plant)) == ("PASS", True, [])


def test_a_result_of_an_earlier_step_is_there_when_that_step_is_signed(plant: Small) -> None:
    plant.through("count")
    assert plant.entry("sum", "double").amount == Decimal(400)
    assert plant.entry("sum", "double").how == "computed"


def test_a_late_correction_changes_the_results_that_rest_on_it_and_has_them_verified_again(both: Small) -> None:
    both.through("sum")
    both.office.do(complete_batch, both.office.who("production supervisor"), batch=both.opened)
    both.correct("count", "cells", "600", reason="counted the other chamber")
    both_old, both_new = both.entries("sum", "double")
    assert (both_old.value, both_new.value, both_new.verdict) == ("400", "1200", "FAIL")
    with both.office.look() as session:
        row = load_step(session, both.at("sum"))
        assert (row.state, row.verified_by) == ("performed", None)
    assert len(deviations(both)) == 1 and "1200" in deviations(both)[0]
    assert verify(both.office.engine, METADATA).problems == []


def test_the_verifier_of_a_step_may_have_signed_the_step_its_result_came_from(plant: Small) -> None:
    """The system calculated the value in that person's act; the person entered nothing here."""
    boss = plant.office.who("production supervisor")
    plant.through("rest")
    plant.type_in("count")
    plant.office.do(runner.perform_step, boss, step=plant.at("count"), done_at=plant.office.now)
    plant.office.do(runner.verify_step, plant.office.who("verifier"), step=plant.at("count"))
    plant.perform_it("sum")
    plant.office.do(runner.verify_step, boss, step=plant.at("sum"))


# --- branches, loops, optional steps ---------------------------------------------------------------------------


def test_a_branch_waits_until_its_value_is_there_and_so_does_what_comes_after(plant: Small) -> None:
    plant.through("weigh")
    with plant.office.look() as session:
        filtered = load_step(session, plant.at("filter"))
    assert plant.work("filter").flow.branch(filtered).verdict.value == "CANNOT DETERMINE"
    found = plant.enter_refused("filter", "minutes", "10")
    assert {"STEP-02", "STEP-09"} <= {one.rule for one in found.findings}
    assert "filter" in plant.enter_refused("rest", "minutes", "10").why


def test_a_branch_that_is_not_taken_is_not_needed_and_holds_nothing(plant: Small) -> None:
    plant.through("look")
    work = plant.work("filter")
    assert work.flow.standing(work.row) == "not needed"
    found = plant.enter_refused("filter", "minutes", "10")
    assert [one.rule for one in found.findings] == ["STEP-09"] and "not needed" in found.why
    plant.enter(plant.at("rest"), "minutes", "10")


def test_a_branch_that_is_taken_has_to_be_done(plant: Small) -> None:
    plant.through("look", look={"clear": "no"})
    assert "filter" in plant.enter_refused("rest", "minutes", "10").why
    plant.perform_it("filter")
    plant.enter(plant.at("rest"), "minutes", "10")


def test_a_batch_is_complete_without_the_branch_it_did_not_need(plant: Small) -> None:
    plant.through("sum")
    plant.office.do(complete_batch, plant.office.who("production supervisor"), batch=plant.opened)
    with plant.office.look() as session:
        states = {one.step_id: one.state for one in steps_of(session, plant.opened)}
    assert states["filter"] == "todo" and states["rest"] == "skipped"


def test_a_later_correction_that_turns_the_branch_shows_and_holds_the_batch(plant: Small) -> None:
    plant.through("sum")
    plant.office.do(complete_batch, plant.office.who("production supervisor"), batch=plant.opened)
    plant.correct("look", "clear", "no", reason="a clot was seen on the photograph")
    work = plant.work("filter")
    assert work.flow.standing(work.row) == "todo"
    plant.verify(plant.at("look"))
    found = plant.refused(complete_batch, plant.office.who("production supervisor"), batch=plant.opened)
    assert "filter" in found.why
    plant.correct("look", "clear", "yes", reason="it was a reflection")
    plant.verify(plant.at("look"))
    plant.office.do(complete_batch, plant.office.who("production supervisor"), batch=plant.opened)


def test_a_loop_repeats_until_its_condition_holds_before_the_next_step_begins(plant: Small) -> None:
    plant.through("count", count={"cells": "40"})
    found = plant.enter_refused("sum", "fine", "yes")
    assert [one.rule for one in found.findings] == ["STEP-10"] and "until cells >= 100" in found.why
    again = plant.office.do(runner.repeat_step, plant.office.who("operator"), step=plant.at("count"))
    plant.enter(again, "cells", "150")
    assert "count~2" in plant.enter_refused("sum", "fine", "yes").why
    plant.perform(again)
    plant.enter(plant.at("sum"), "fine", "yes")
    assert plant.entry("sum", "double").amount == Decimal(300), "the last repeat counts"


def test_a_batch_whose_last_loop_is_open_is_not_complete(plant: Small) -> None:
    plant.through("sum")
    plant.correct("count", "cells", "99")
    plant.verify(plant.at("count"))
    plant.verify(plant.at("sum"))
    found = plant.refused(complete_batch, plant.office.who("production supervisor"), batch=plant.opened)
    assert [one.rule for one in found.findings] == ["STEP-10"]


def test_only_an_optional_step_is_skipped_signed_and_with_a_reason(plant: Small) -> None:
    operator = plant.office.who("operator", reason="no time to lose")
    required = plant.refused(handling.skip_step, operator, step=plant.at("weigh"))
    assert "ENT-05" in {one.rule for one in required.findings}
    plant.through("look")
    unsaid = plant.refused(handling.skip_step, plant.office.who("operator"), step=plant.at("rest"))
    assert "needs a reason" in unsaid.why
    unsigned = plant.refused(handling.skip_step, plant.office.who("operator", reason="x", password="not this"),
                             step=plant.at("rest"))
    assert unsigned.kind == "not signed"
    plant.refused(handling.skip_step, plant.office.who("verifier", reason="no time"), step=plant.at("rest"))
    plant.office.do(handling.skip_step, operator, step=plant.at("rest"))
    with plant.office.look() as session:
        row = load_step(session, plant.at("rest"))
    assert (row.state, row.skip_reason, row.skipped_by) == ("skipped", "no time to lose", operator.by)
    assert plant.refused(handling.skip_step, operator, step=plant.at("rest"))
    plant.enter(plant.at("count"), "cells", "200")


def test_a_step_with_values_is_not_skipped(plant: Small) -> None:
    plant.through("look")
    plant.enter(plant.at("rest"), "minutes", "10")
    found = plant.refused(handling.skip_step, plant.office.who("operator", reason="late"), step=plant.at("rest"))
    assert [one.rule for one in found.findings] == ["ENT-06"]


def test_a_skipped_step_is_done_after_all_as_long_as_nothing_after_it_began(plant: Small) -> None:
    plant.through("rest")
    boss = plant.office.who("production supervisor", reason="it was needed")
    plant.office.do(handling.take_up_step, boss, step=plant.at("rest"))
    plant.perform_it("rest")
    plant.verify(plant.at("rest"))


def test_a_skipped_step_stays_skipped_once_the_next_began(plant: Small) -> None:
    plant.through("rest")
    plant.enter(plant.at("count"), "cells", "200")
    found = plant.refused(handling.take_up_step, plant.office.who("operator", reason="it was needed"),
                          step=plant.at("rest"))
    assert [one.rule for one in found.findings] == ["ENT-09"]


# --- not applicable --------------------------------------------------------------------------------------------


def test_only_an_optional_value_is_marked_not_applicable_and_no_arithmetic_uses_it(plant: Small) -> None:
    operator = plant.office.who("operator", reason="no label on the bag")
    found = plant.refused(handling.mark_not_applicable, operator, step=plant.at("weigh"), field="tare")
    assert [one.rule for one in found.findings] == ["ENT-05"]
    assert "calculated" in plant.refused(handling.mark_not_applicable, operator, step=plant.at("weigh"),
                                         field="ratio").why
    plant.office.do(handling.mark_not_applicable, operator, step=plant.at("weigh"), field="note")
    kept = plant.entry("weigh", "note")
    assert (kept.value, kept.how, kept.amount, kept.reason) == ("N/A", "not applicable", None, "no label on the bag")
    assert "note" not in plant.work("weigh").flow.known(plant.work("weigh").row)
    assert "already entered: N/A" in plant.enter_refused("weigh", "note", "as planned").why
    plant.correct("weigh", "note", "as planned", reason="found the label")
    assert plant.entry("weigh", "note").value == "as planned"


# --- when it was read ------------------------------------------------------------------------------------------


def test_a_value_carries_the_time_it_was_read_and_the_time_it_was_entered(both: Small) -> None:
    both.office.later(minutes=30)
    read = both.office.now - timedelta(minutes=10)
    both.enter(both.at("weigh"), "gross", "250", read_at=read)
    both.enter(both.at("weigh"), "tare", "50")
    gross, tare = both.entry("weigh", "gross"), both.entry("weigh", "tare")
    assert (gross.read_at, gross.entered_at, gross.late_reason) == (read, both.office.now, "")
    assert tare.read_at == tare.entered_at == both.office.now


@pytest.mark.parametrize(("minutes", "rule"), [(16, "ENT-02"), (-1, "ENT-01"), (61, "ENT-03")])
def test_the_time_of_reading_is_past_within_the_batch_and_recent_or_explained(plant: Small, minutes: int,
                                                                            rule: str) -> None:
    plant.office.later(minutes=60)
    found = plant.enter_refused("weigh", "gross", "250", read_at=plant.office.now - timedelta(minutes=minutes),
                                late_reason="gloved" if rule == "ENT-03" else "")
    assert [one.rule for one in found.findings] == [rule]


def test_a_late_value_is_kept_with_its_reason_and_is_marked_late(plant: Small) -> None:
    plant.office.later(hours=3)
    plant.enter(plant.at("weigh"), "gross", "250", read_at=plant.office.now - timedelta(hours=2),
                late_reason="the terminal was down")
    assert plant.entry("weigh", "gross").late_reason == "the terminal was down"


def test_a_correction_keeps_the_time_of_the_reading_unless_that_was_wrong(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "gross", "250")
    first = plant.office.now
    plant.office.later(hours=2)
    plant.correct("weigh", "gross", "251")
    assert plant.entry("weigh", "gross").read_at == first
    plant.correct("weigh", "gross", "252", read_at=first + timedelta(hours=1))
    assert plant.entry("weigh", "gross").read_at == first + timedelta(hours=1)


def test_a_lot_is_judged_at_the_time_it_was_used_not_when_it_was_typed_in(plant: Small) -> None:
    used = plant.office.later(hours=1)
    short = plant.lot("medium", days=1)
    plant.office.later(days=2)
    late = {"late_reason": "the network was down", "read_at": used}
    plant.enter(plant.at("weigh"), "medium", plant.scan(short), **late)
    assert plant.entry("weigh", "medium").value == short


def test_what_comes_from_paper_names_its_sheet_and_time_and_its_numbers_are_read_again_blind(plant: Small) -> None:
    plant.through("rest")
    plant.office.later(hours=2)
    then = {"read_at": plant.office.now - timedelta(hours=1), "late_reason": "outage", "paper": "PB-0001/7"}
    found = plant.enter_refused("count", "cells", "200", paper="PB-0001/7")
    assert [one.rule for one in found.findings] == ["ENT-04"]
    plant.enter(plant.at("count"), "cells", "200", **then)
    kept = plant.entry("count", "cells")
    assert (kept.how, kept.paper) == ("transcribed", "PB-0001/7")
    plant.perform(plant.at("count"), done_at=then["read_at"], late_reason="outage")
    verifier = plant.office.who("verifier")
    assert "Read again" in plant.refused(runner.verify_step, verifier, step=plant.at("count")).why
    wrong = plant.refused(runner.verify_step, verifier, step=plant.at("count"), readings={"cells": "20"})
    assert [one.rule for one in wrong.findings] == ["STEP-07"]
    plant.office.do(runner.verify_step, verifier, step=plant.at("count"), readings={"cells": "2e2"})


def test_the_transcriber_does_not_verify_what_they_transcribed(plant: Small) -> None:
    plant.through("rest")
    scribe = plant.office.who("verifier")
    plant.office.do(runner.enter_value, scribe, step=plant.at("count"), field="cells", value="200", unit="{cells}",
                    paper="PB-0001/7", read_at=plant.office.now)
    plant.perform(plant.at("count"))
    found = plant.refused(runner.verify_step, scribe, step=plant.at("count"), readings={"cells": "200"})
    assert [one.rule for one in found.findings] == ["STEP-06"]
    plant.office.do(runner.verify_step, plant.office.who("verifier", 2), step=plant.at("count"),
                    readings={"cells": "200"})


def test_a_correction_of_a_transcribed_value_stays_one_from_paper(plant: Small) -> None:
    plant.through("rest")
    plant.enter(plant.at("count"), "cells", "200", paper="PB-0001/7", read_at=plant.office.now)
    plant.correct("count", "cells", "210")
    kept = plant.entry("count", "cells")
    assert (kept.how, kept.paper) == ("transcribed", "PB-0001/7")


# --- blind re-entry of scans -----------------------------------------------------------------------------------


def ready_to_verify(plant: Small) -> dict[str, str]:
    plant.perform_it("weigh")
    return plant.again(plant.at("weigh"))


def test_bag_lot_and_weight_are_read_again_blind_and_all_of_them(plant: Small) -> None:
    right = ready_to_verify(plant)
    assert set(right) == {"bag", "medium", "gross"}
    for left_out in right:
        some = {id: value for id, value in right.items() if id != left_out}
        found = plant.refused(runner.verify_step, plant.office.who("verifier"), step=plant.at("weigh"), readings=some)
        assert [(one.rule, one.verdict.value) for one in found.findings] == [("STEP-13", "CANNOT DETERMINE")]
    plant.office.do(runner.verify_step, plant.office.who("verifier"), step=plant.at("weigh"), readings=right)


@pytest.mark.parametrize("field", ["bag", "medium", "gross"])
def test_a_mismatch_is_refused_without_telling_the_first_and_is_known_as_one(both: Small, field: str) -> None:
    right = ready_to_verify(both)
    other = {"bag": both.scan(both.make(both.opened, "vessel")), "medium": both.scan(both.lot("medium", days=9)),
             "gross": "251"}[field]
    found = both.refused(runner.verify_step, both.office.who("verifier"), step=both.at("weigh"),
                         readings=right | {field: other})
    assert [one.rule for one in found.findings] == ["STEP-07"]
    first = both.entry("weigh", field).value
    assert first not in found.why.replace(both.at("weigh"), "")
    leaf = orjson.loads(both.office.last_entry().leaf)
    assert (leaf["verb"], leaf["refusal"]["findings"]) == ("verify step", ["STEP-07"])


def test_a_bag_of_another_recipient_stops_the_second_reading_too(plant: Small) -> None:
    right = ready_to_verify(plant)
    theirs = plant.batch(1)
    found = plant.refused(runner.verify_step, plant.office.who("verifier"), step=plant.at("weigh"),
                          readings=right | {"bag": plant.scan(f"{theirs}-C01")})
    assert found.kind == "stop" and found.why.startswith("Stop.")


# --- pause, hand over, responsible -----------------------------------------------------------------------------


def test_whoever_enters_first_is_responsible_until_another_takes_over_and_signs(both: Small) -> None:
    plant, office = both, both.office
    plant.enter(plant.at("weigh"), "gross", "250")
    assert plant.work("weigh").row.responsible == office.who("operator").by
    taker = office.who("operator", 2)
    plant.office.do(handling.hand_over_step, taker, step=plant.at("weigh"), state_seen="bag weighed, tare missing")
    assert plant.work("weigh").row.responsible == taker.by
    entry = office.last_entry()
    assert b"bag weighed, tare missing" in entry.leaf and entry.verb == "hand over step"
    found = plant.refused(handling.hand_over_step, taker, step=plant.at("weigh"), state_seen="the same")
    assert [one.rule for one in found.findings] == ["ENT-07"]
    plant.refused(handling.hand_over_step, office.who("operator"), step=plant.at("weigh"), state_seen=" ")
    plant.enter(plant.at("weigh"), "tare", "50", number=1)
    assert plant.work("weigh").row.responsible == taker.by, "others may go on entering"


def test_a_paused_step_takes_no_value_and_no_signature_until_it_is_resumed(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "gross", "250")
    unsaid = plant.refused(handling.pause_step, plant.office.who("operator"), step=plant.at("weigh"))
    assert "needs a reason" in unsaid.why
    plant.office.do(handling.pause_step, plant.office.who("operator", reason="fire drill"), step=plant.at("weigh"))
    assert "is paused" in plant.enter_refused("weigh", "tare", "50").why
    assert "resume step" in plant.refused(runner.perform_step, plant.office.who("operator"), step=plant.at("weigh"),
                                          done_at=plant.office.now).why
    assert "weigh" in plant.enter_refused("look", "clear", "yes").why, "what comes after waits"
    plant.office.do(handling.hand_over_step, plant.office.who("operator", 2), step=plant.at("weigh"),
                    state_seen="one value")
    plant.correct("weigh", "gross", "251")
    assert plant.work("weigh").row.state == "paused"
    plant.office.do(handling.resume_step, plant.office.who("operator", 2), step=plant.at("weigh"))
    plant.enter(plant.at("weigh"), "tare", "50")


def test_pausing_an_older_view_of_a_step_is_refused(plant: Small) -> None:
    seen = plant.work("weigh").seen
    plant.enter(plant.at("weigh"), "gross", "250")
    found = plant.refused(handling.pause_step, plant.office.who("operator", reason="fire drill"),
                          step=plant.at("weigh"), seen=seen)
    assert found.kind == "stale"


def test_nobody_signs_values_they_have_not_seen(plant: Small) -> None:
    """A value entered after the page was drawn makes it an older view, though no state of the step changed."""
    plant.type_in("weigh")
    seen = plant.work("weigh").seen
    plant.enter(plant.at("weigh"), "note", "bag is bulging", number=2)
    operator = plant.office.who("operator")
    with pytest.raises(Refused, match="Look at it again"):
        plant.office.do(runner.perform_step, operator, step=plant.at("weigh"), done_at=plant.office.now, seen=seen)
    plant.office.do(runner.perform_step, operator, step=plant.at("weigh"), done_at=plant.office.now,
                    seen=plant.work("weigh").seen)


def test_a_correction_between_the_signatures_makes_the_verifiers_view_an_older_one(plant: Small) -> None:
    right = ready_to_verify(plant)
    seen = plant.work("weigh").seen
    plant.correct("weigh", "tare", "51")
    found = plant.refused(runner.verify_step, plant.office.who("verifier"), step=plant.at("weigh"), readings=right,
                          seen=seen)
    assert found.kind == "stale"
