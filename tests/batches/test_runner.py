"""Steps: values entered, performed, verified, corrected, repeated, and everything that must not happen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from mfg.batches import runner
from mfg.batches.entering import job
from mfg.batches.holds import on_time
from mfg.batches.records import StepEntry, entries_of, step
from mfg.batches.records import batch as load_batch
from mfg.batches.scans import as_scanned
from mfg.facts import Refused
from mfg.materials import acts as materials
from mfg.qc.completing import complete_batch
from mfg.quality import acts as quality
from mfg.quality.records import deviations_of
from mfg.trail import signatures_of
from tests.batches.plant import DINS, Plant


def refused(plant: Plant, verb: Any, who: Any, **arguments: Any) -> Refused:
    """The refusal; it must leave no row, and one line of history."""
    before = plant.office.counts()
    with pytest.raises(Refused) as raised:
        plant.office.do(verb, who, **arguments)
    plant.office.left(before, raised.value)
    assert plant.office.last_entry().outcome == "refused"
    return raised.value


def enter_refused(plant: Plant, at: str, field: str, value: str, **more: Any) -> Refused:
    spec = plant.spec(at, field)
    return refused(plant, runner.enter_value, plant.office.who("operator"), step=at, field=field, value=value,
                   **{"unit": spec.unit} | more)


# --- entering -----------------------------------------------------------------------------------------------


def test_a_value_is_kept_as_typed_exactly_and_with_its_unit(both: Plant) -> None:
    plant, office = both, both.office
    at = f"{plant.batch()}/receive"
    plant.enter(at, "volume", "200.50")
    with office.look() as session:
        kept = job(session, at).entries["volume"]
    assert (kept.value, str(kept.amount), kept.unit, kept.verdict) == ("200.50", "200.5", "mL", "PASS")


@pytest.mark.parametrize(("field", "value", "unit", "said"), [
    ("volume", "", "mL", "blank"),
    ("volume", "NaN", "mL", "plain number"),
    ("volume", "1,5", "mL", "plain number"),
    ("volume", "-5", "mL", "outside the limits (30 to 600 mL, assumed)"),
    ("volume", "<200", "mL", "plain number"),
    ("volume", "120", "", "mL was expected"),
    ("volume", "0.12", "L", "mL was expected"),
    ("volume", "120.1234567", "mL", "up to 6 decimals"),
    ("intact", "maybe", "", "one of these was expected: yes, no"),
    ("intact", "yes", "mL", "has no unit"),
    ("received_at", "yesterday", "", "a date and time"),
    ("received_at", "2026-11-20T10:00", "", "has no zone"),
    ("received_at", "2026-11-21T10:00Z", "", "has not come yet"),
    ("colour", "red", "", "has no field “colour”"),
])
def test_a_value_that_cannot_be_is_refused(plant: Plant, batch: str, field: str, value: str, unit: str,
                                           said: str) -> None:
    found = refused(plant, runner.enter_value, plant.office.who("operator"), step=f"{batch}/receive", field=field,
                    value=value, unit=unit)
    assert said in found.why


def test_a_field_is_entered_once(plant: Plant, batch: str) -> None:
    plant.enter(f"{batch}/receive", "volume", "120")
    assert "already entered" in enter_refused(plant, f"{batch}/receive", "volume", "121").why


def test_a_double_tap_enters_once(plant: Plant, batch: str) -> None:
    who = plant.office.who("operator", nonce="n-1")
    plant.office.do(runner.enter_value, who, step=f"{batch}/receive", field="volume", value="120", unit="mL")
    with pytest.raises(Exception) as again:
        plant.office.do(runner.enter_value, who, step=f"{batch}/receive", field="volume", value="120", unit="mL")
    assert again.type.__name__ == "Repeated"
    with plant.office.look() as session:
        assert len(entries_of(session, batch)) == 1


def test_a_later_step_waits_for_the_ones_before_it(plant: Plant, batch: str) -> None:
    found = enter_refused(plant, f"{batch}/baseline", "tnc", "2e10")
    assert [one.rule for one in found.findings] == ["STEP-02"] and "receive" in found.why


def test_an_apheresis_nurse_may_not_enter_values(plant: Plant, batch: str) -> None:
    found = refused(plant, runner.enter_value, plant.office.who("apheresis nurse"), step=f"{batch}/receive",
                    field="volume", value="120", unit="mL")
    assert found.kind == "not allowed"


def test_outside_its_limits_a_value_is_not_kept_without_acceptance_and_reason(plant: Plant, batch: str) -> None:
    assert "outside the limits" in enter_refused(plant, f"{batch}/receive", "volume", "700").why
    assert "with a reason" in enter_refused(plant, f"{batch}/receive", "volume", "700", accept_breach=True).why
    assert "with a reason" in enter_refused(plant, f"{batch}/receive", "volume", "700", breach_reason="it is so").why


def test_an_accepted_breach_opens_its_deviation_in_the_same_act(both: Plant) -> None:
    plant, office = both, both.office
    batch = plant.batch()
    plant.enter(f"{batch}/receive", "volume", "700", accept_breach=True, breach_reason="two bags pooled at the clinic")
    with office.look() as session:
        kept = job(session, f"{batch}/receive").entries["volume"]
        found = deviations_of(session, batch)
    assert kept.verdict == "FAIL" and kept.reason == "two bags pooled at the clinic"
    assert [(one.on_code, one.severity, one.state, one.by_system) for one in found] == [
        (kept.code, "major", "draft", True)]
    assert "700 mL" in found[0].what and "two bags pooled" in found[0].what
    assert office.last_entry().verb == "enter value"


def test_a_bad_answer_is_a_breach_of_its_own_severity(plant: Plant, batch: str) -> None:
    plant.enter(f"{batch}/receive", "intact", "no", accept_breach=True, breach_reason="a clot was seen")
    with plant.office.look() as session:
        assert [one.severity for one in deviations_of(session, batch)] == ["critical"]


# --- scanning -----------------------------------------------------------------------------------------------


def test_a_bag_of_another_recipient_stops_and_opens_one_critical_deviation_on_both_batches(both: Plant) -> None:
    plant, office = both, both.office
    ours, theirs = plant.batch(0), plant.batch(1)
    found = enter_refused(plant, f"{ours}/receive", "bag", as_scanned(f"{theirs}-C01"))
    assert found.why.startswith("Stop.") and f"{theirs}-C01" in found.why and ours in found.why
    entry = office.last_entry()
    assert (entry.outcome, entry.verb, entry.within) == ("refused", "enter value", ours)
    enter_refused(plant, f"{ours}/receive", "bag", as_scanned(f"{theirs}-C01"))  # the second time opens no second one
    for batch in (ours, theirs):  # whose cells were in the wrong place is not known: both are held
        with office.look() as session:
            stop, = deviations_of(session, batch)
            assert (stop.kind, stop.severity, stop.within, stop.on_code, stop.by_system) == (
                "identity mismatch", "critical", ours, f"{theirs}-C01", True)


def test_who_made_a_mix_up_of_bags_cannot_close_it(plant: Plant, batch: str) -> None:
    """One person cannot override a wrong identity: the hand that scanned never judges it."""
    office, theirs = plant.office, plant.batch(1)
    enter_refused(plant, f"{batch}/receive", "bag", as_scanned(f"{theirs}-C01"))
    with pytest.raises(Refused, match="may not “close deviation”|is draft"):
        office.do(quality.close_deviation, office.who("operator"), deviation="DEV-0001", conclusion="It was nothing.")
    with pytest.raises(Refused):
        office.do(quality.close_deviation, office.who("qa"), deviation="DEV-0001", conclusion="It was nothing.")


def test_the_donation_number_stands_for_the_collection_bag(plant: Plant, batch: str) -> None:
    plant.enter(f"{batch}/receive", "bag", f"]C0{DINS[0]}")
    with plant.office.look() as session:
        kept = job(session, f"{batch}/receive").entries["bag"]
    assert (kept.value, kept.how) == (f"{batch}-C01", "scanned")


def test_the_donation_number_of_another_bag_stops(plant: Plant, batch: str) -> None:
    plant.batch(1)
    assert enter_refused(plant, f"{batch}/receive", "bag", f"]C0{DINS[1]}").why.startswith("Stop.")
    assert "in no batch here" in enter_refused(plant, f"{batch}/receive", "bag", f"]C0{DINS[2]}").why


def test_the_wrong_kind_of_container_is_refused(plant: Plant, batch: str) -> None:
    vessel = plant.make(batch, "vessel")
    assert "has to be a collection bag" in enter_refused(plant, f"{batch}/receive", "bag", as_scanned(vessel)).why


def test_a_typed_code_needs_its_check_character_and_is_marked_as_typed(plant: Plant, batch: str) -> None:
    assert "check character" in enter_refused(plant, f"{batch}/receive", "bag", f"{batch}-C01").why
    plant.enter(f"{batch}/receive", "bag", as_scanned(f"{batch}-C01").removeprefix("]C0").lower())
    with plant.office.look() as session:
        assert job(session, f"{batch}/receive").entries["bag"].how == "typed"


def test_a_lot_scan_in_the_place_of_a_bag_names_both(plant: Plant, batch: str) -> None:
    found = enter_refused(plant, f"{batch}/receive", "bag", as_scanned(plant.lots["medium"]))
    assert "lot code" in found.why and "container code" in found.why


def test_a_lot_is_judged_at_the_time_of_use(plant: Plant, batch: str) -> None:
    plant.run(batch, until="seed")
    waiting = plant.lot("medium", release=False)
    short = plant.lot("medium", days=1)
    gone = plant.lot("medium", days=50)
    plant.office.do(materials.reject_lot, plant.office.who("qa", reason="leaking"), lot=gone)
    plant.office.later(days=2)
    with plant.office.desk() as session:
        on_time(session)  # what these two days did to hold times is noted before anybody tries
    at = f"{batch}/count"
    for lot, rule in ((waiting, "MAT-01"), (short, "MAT-02"), (plant.lots["wash buffer"], "MAT-03"), (gone, "MAT-01")):
        found = enter_refused(plant, at, "medium", as_scanned(lot))
        assert [one.rule for one in found.findings] == [rule], lot
    plant.enter(at, "medium", as_scanned(plant.lots["medium"]))


# --- performing and verifying ----------------------------------------------------------------------------------


def test_a_step_with_a_missing_value_cannot_be_signed(plant: Plant, batch: str) -> None:
    plant.enter(f"{batch}/receive", "volume", "120")
    found = refused(plant, runner.perform_step, plant.office.who("operator"), step=f"{batch}/receive",
                    done_at=plant.office.now)
    assert "Bag intact" in found.why and "STEP-03" in {one.rule for one in found.findings}


def test_optional_values_may_stay_empty(plant: Plant, batch: str) -> None:
    plant.run(batch, until="count")
    with plant.office.look() as session:
        work = job(session, f"{batch}/count")
        assert work.row.state == "verified" and "glucose" not in work.entries


@pytest.mark.parametrize(("minutes", "reason", "rule"), [(-1, "", "STEP-04"), (16, "", "STEP-05")])
def test_the_time_of_the_work_is_past_and_recent_or_explained(plant: Plant, batch: str, minutes: int, reason: str,
                                                              rule: str) -> None:
    plant.fill_in(f"{batch}/receive")
    plant.office.later(minutes=30)
    found = refused(plant, runner.perform_step, plant.office.who("operator"), step=f"{batch}/receive",
                    done_at=plant.office.now - timedelta(minutes=minutes), late_reason=reason)
    assert [one.rule for one in found.findings] == [rule]


def test_a_late_entry_keeps_its_reason(plant: Plant, batch: str) -> None:
    plant.fill_in(f"{batch}/receive")
    plant.office.later(hours=3)
    plant.perform(f"{batch}/receive", done_at=plant.office.now - timedelta(hours=3), late_reason="network was down")
    with plant.office.look() as session:
        assert step(session, f"{batch}/receive").late_reason == "network was down"


def test_a_step_is_not_signed_without_the_password(plant: Plant, batch: str) -> None:
    plant.fill_in(f"{batch}/receive")
    found = refused(plant, runner.perform_step, plant.office.who("operator", password="not this one"),
                    step=f"{batch}/receive", done_at=plant.office.now)
    assert found.kind == "not signed"


def test_nobody_verifies_what_they_performed(plant: Plant, batch: str) -> None:
    """A supervisor may do either half, never both."""
    plant.fill_in(f"{batch}/receive")
    boss = plant.office.who("production supervisor")
    plant.office.do(runner.perform_step, boss, step=f"{batch}/receive", done_at=plant.office.now)
    assert refused(plant, runner.verify_step, boss, step=f"{batch}/receive").kind == "not allowed"
    plant.office.do(runner.verify_step, plant.office.who("verifier"), step=f"{batch}/receive")


def test_nobody_verifies_a_value_they_entered(plant: Plant, batch: str) -> None:
    at = f"{batch}/receive"
    plant.office.do(runner.enter_value, plant.office.who("verifier"), step=at, field="volume", value="120", unit="mL")
    for one in ("bag", "received_at", "intact"):
        plant.enter(at, one, plant.good(batch, "receive", plant.spec(at, one)))
    plant.perform(at)
    found = refused(plant, runner.verify_step, plant.office.who("verifier"), step=at)
    assert [one.rule for one in found.findings] == ["STEP-06"]
    plant.office.do(runner.verify_step, plant.office.who("verifier", 2), step=at)


def test_a_step_is_verified_only_after_it_is_performed(plant: Plant, batch: str) -> None:
    found = refused(plant, runner.verify_step, plant.office.who("verifier"), step=f"{batch}/receive")
    assert "todo" in found.why and "perform step" in found.why


def test_the_second_reading_of_a_critical_step_is_blind_and_exact(plant: Plant, batch: str) -> None:
    plant.run(batch, until="depleted_count")
    at = f"{batch}/seed"
    plant.fill_in(at)
    plant.perform(at)
    verifier = plant.office.who("verifier")
    assert "Read again" in refused(plant, runner.verify_step, verifier, step=at).why
    wrong = refused(plant, runner.verify_step, verifier, step=at, readings={"viable": "0.51"})
    assert "differ" in wrong.why and "0.5 " not in wrong.why
    extra = refused(plant, runner.verify_step, verifier, step=at, readings={"viable": "0.5", "volume": "100"})
    assert "volume is not asked for again" in extra.why
    plant.office.do(runner.verify_step, verifier, step=at, readings={"viable": "0.500"})


def test_signing_an_older_view_of_a_step_is_refused(plant: Plant, batch: str) -> None:
    plant.fill_in(f"{batch}/receive")
    found = refused(plant, runner.perform_step, plant.office.who("operator"), step=f"{batch}/receive",
                    done_at=plant.office.now, seen="7")
    assert found.kind == "stale"


# --- correcting ------------------------------------------------------------------------------------------------


def correct(plant: Plant, at: str, field: str, value: str, *, reason: str = "misread the scale", **more: Any) -> str:
    return plant.office.do(runner.correct_entry, plant.office.who("operator", reason=reason), step=at, field=field,
                           value=value, unit=plant.spec(at, field).unit, **more)


def test_a_correction_keeps_the_old_value_and_voids_the_verification(both: Plant) -> None:
    plant, office = both, both.office
    batch = plant.batch()
    at = f"{batch}/receive"
    plant.do(at)
    correct(plant, at, "volume", "130")
    with office.look() as session:
        row, entries = step(session, at), [one for one in entries_of(session, batch) if one.field == "volume"]
        assert [(one.value, one.supersedes) for one in entries] == [("120", None), ("130", entries[0].code)]
        assert entries[1].reason == "misread the scale"
        assert (row.state, row.verified_by, row.verified_at) == ("performed", None, None)
        assert job(session, at).entries["volume"].value == "130"
        signed = {one["meaning"]: one["void"] for one in signatures_of(session, at)}
    assert signed == {"Performed": True, "Verified": True, "Corrected": False}
    office.do(runner.verify_step, office.who("verifier"), step=at)
    with office.look() as session:
        assert step(session, at).state == "verified"


def test_a_correction_needs_a_reason_and_another_value(plant: Plant, batch: str) -> None:
    at = f"{batch}/receive"
    plant.do(at)
    for arguments, reason, said in (({"value": "130"}, "", "reason"), ({"value": "120"}, "typo", "already is 120"),
                                    ({"value": "700"}, "typo", "outside the limits")):
        found = refused(plant, runner.correct_entry, plant.office.who("operator", reason=reason), step=at,
                        field="volume", unit="mL", **arguments)
        assert said in found.why


def test_there_is_nothing_to_correct_before_something_is_entered(plant: Plant, batch: str) -> None:
    found = refused(plant, runner.correct_entry, plant.office.who("operator", reason="typo"), step=f"{batch}/receive",
                    field="volume", value="130", unit="mL")
    assert "nothing to correct" in found.why


def test_a_correction_into_a_breach_opens_a_deviation(plant: Plant, batch: str) -> None:
    at = f"{batch}/receive"
    plant.do(at)
    correct(plant, at, "volume", "700", accept_breach=True, reason="the scale showed 700")
    with plant.office.look() as session:
        assert len(deviations_of(session, batch)) == 1


def test_a_correction_in_a_complete_batch_opens_its_review_again(plant: Plant, batch: str) -> None:
    plant.run(batch)
    plant.office.do(complete_batch, plant.office.who("production supervisor"), batch=batch)
    correct(plant, f"{batch}/receive", "volume", "130")
    with plant.office.look() as session:
        assert load_batch(session, batch).state == "open"
    found = refused(plant, complete_batch, plant.office.who("production supervisor"), batch=batch)
    assert [one.rule for one in found.findings] == ["BAT-05"]


def test_no_entry_is_corrected_twice_over_the_same_one(plant: Plant, batch: str) -> None:
    """A chain of corrections has one end."""
    at = f"{batch}/receive"
    plant.do(at)
    correct(plant, at, "volume", "130")
    correct(plant, at, "volume", "125", reason="read again by two")
    with plant.office.look() as session:
        chain = list(session.scalars(select(StepEntry.supersedes).where(StepEntry.step == at,
                                                                        StepEntry.field == "volume")))
    assert len(chain) == 3 and len(set(chain)) == 3


# --- repeating -------------------------------------------------------------------------------------------------


def repeat(plant: Plant, at: str) -> str:
    return plant.office.do(runner.repeat_step, plant.office.who("operator"), step=at)


def test_a_count_repeats_up_to_eight_times(plant: Plant, batch: str) -> None:
    plant.run(batch, until="count")
    for number in range(2, 9):
        at = repeat(plant, f"{batch}/count")
        assert at == f"{batch}/count~{number}"
        plant.do(at)
    found = refused(plant, runner.repeat_step, plant.office.who("operator"), step=f"{batch}/count")
    assert "8 is the most" in found.why


def test_a_repeat_waits_until_the_one_before_is_performed(plant: Plant, batch: str) -> None:
    plant.run(batch, until="count")
    repeat(plant, f"{batch}/count")
    assert "count~2 comes first" in refused(plant, runner.repeat_step, plant.office.who("operator"),
                                            step=f"{batch}/count").why


def test_a_step_that_is_done_once_does_not_repeat(plant: Plant, batch: str) -> None:
    plant.run(batch, until="receive")
    assert "is done once" in refused(plant, runner.repeat_step, plant.office.who("operator"),
                                     step=f"{batch}/receive").why


def test_the_next_harvest_repeats_every_staged_step(plant: Plant, batch: str) -> None:
    plant.run(batch)
    plant.office.do(complete_batch, plant.office.who("production supervisor"), batch=batch)
    first = repeat(plant, f"{batch}/harvest")
    assert first == f"{batch}/harvest~2"
    staged = [one.id for phase, one in plant.record.steps() if phase.staged]
    with plant.office.look() as session:
        assert load_batch(session, batch).state == "open"
        assert {step(session, f"{batch}/{id}~2").stage for id in staged} == {2}
    plant.held.pop((batch, "harvest"))
    plant.held.pop((batch, "loaded cells"))
    plant.run(batch, stage=2)
    plant.office.do(complete_batch, plant.office.who("production supervisor"), batch=batch)
