"""Hold times at work: clocks that steps start and stop, breaches the system notes, what is blocked until QA decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import select

from mfg import identity
from mfg.batches import holds, runner
from mfg.batches.expiry import ends_of
from mfg.batches.filling_rules import End
from mfg.batches.hold_records import HoldTime
from mfg.batches.records import dose as load_dose
from mfg.facts import Refused
from mfg.ledger import SYSTEM, Entry, Who, playing_at
from mfg.people.acts import grant_role
from mfg.trail import signatures_of
from tests.batches.held import MINUTE, RECIPE, Held, planted_with_holds
from tests.conftest import FreshDatabase
from tests.office import CHEAP, Office

BREACHED = "breach hold"


@contextmanager
def _standing(url: str, folder: Path) -> Iterator[Held]:
    identity.ARGON2.update(CHEAP)
    office = Office(url, folder)
    with playing_at(lambda: office.now):
        yield Held(office, recipe=RECIPE, lots={"standing": "yes"})
    office.close()


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Held]:
    with _standing(fresh_database("sqlite", planted_with_holds), tmp_path) as made:
        yield made


@pytest.fixture
def both(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Held]:
    with _standing(fresh_database(kind, planted_with_holds), tmp_path) as made:
        yield made


@pytest.fixture
def batch(plant: Held) -> str:
    return plant.batch()


def refused(plant: Held, verb: object, who: Who, **arguments: object) -> Refused:
    """The refusal of an act that leaves nothing but the line that it was tried."""
    before = plant.office.counts()
    with pytest.raises(Refused) as stop:
        plant.office.do(verb, who, **arguments)
    assert plant.office.counts() == before
    assert plant.office.last_entry().outcome == "refused"
    return stop.value


def continues(plant: Held, batch: str, *, number: int = 1, reason: str = "Cells look well; QC samples decide.",
              hold: str = "contact") -> str:
    return plant.office.do(holds.continue_after_breach, plant.office.who("qa", number, reason=reason),
                           hold=f"{batch}/hold-{hold}")


# --- the clock and its events ---------------------------------------------------------------------------------


def test_a_clock_starts_in_the_act_that_enters_its_start(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    row = plant.hold(batch, "contact")
    began = row.started_at
    assert (row.state, row.stopped_at, row.used_seconds, row.deviation) == ("running", None, 0, None)
    assert (row.warn_at, row.limit_at) == (began + timedelta(minutes=54), began + timedelta(minutes=66))
    with plant.office.look() as session:
        lines = session.scalars(select(Entry).where(Entry.on_code == f"{batch}/load", Entry.verb == "enter value"))
        assert [b'"hold"' in line.leaf for line in lines] == [True]


def test_a_clock_stops_with_its_stop_and_stays_stopped(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(60)
    plant.at(f"{batch}/stop", "stopped")
    row = plant.hold(batch, "contact")
    assert (row.state, row.used_seconds, row.limit_at) == ("stopped", 3600, None)
    plant.later(6000)
    assert plant.note() == () and plant.hold(batch, "contact").state == "stopped"


def test_open_time_adds_up_and_its_deadline_moves_with_the_pause(plant: Held, batch: str) -> None:
    plant.at(f"{batch}/first", "opened")
    plant.at(f"{batch}/first", "closed", plant.later(40))
    plant.sign(f"{batch}/first")
    assert plant.hold(batch, "open_time").limit_at is None
    again = plant.later(300)
    assert plant.note() == ()
    plant.at(f"{batch}/second", "opened")
    row = plant.hold(batch, "open_time")
    assert (row.state, row.used_seconds, row.limit_at) == ("running", 2400, again + 20 * MINUTE)
    plant.later(20)
    assert plant.note() == ()
    plant.later(0.001)
    assert plant.note() == (f"{batch}/hold-open_time",)


def test_a_step_itself_starts_and_stops_a_clock(plant: Held, batch: str) -> None:
    for step in ("first", "second"):
        plant.at(f"{batch}/{step}", "opened"), plant.at(f"{batch}/{step}", "closed")
        plant.sign(f"{batch}/{step}")
    assert plant.hold(batch, "waiting").started_at == plant.office.now
    plant.later(120)
    plant.sign(f"{batch}/close")
    assert (plant.hold(batch, "waiting").state, plant.hold(batch, "waiting").used_seconds) == ("stopped", 7200)


def test_each_stage_has_a_clock_of_its_own(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(60)
    plant.at(f"{batch}/stop", "stopped")
    plant.sign(f"{batch}/stop")
    plant.enter(f"{batch}/after", "note", "looks well")
    plant.sign(f"{batch}/after")
    plant.office.do(runner.repeat_step, plant.office.who("operator"), step=f"{batch}/load")
    plant.later(500)
    plant.start_contact(batch, 2)
    second = plant.hold(batch, "contact", 2)
    assert second.started_at == plant.office.now and plant.hold(batch, "contact").state == "stopped"
    plant.later(70)
    assert plant.note() == (second.code,)
    assert plant.hold(batch, "contact").state == "stopped"


def test_a_stop_before_its_start_is_refused_without_trace(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    early = plant.hold(batch, "contact").started_at - MINUTE
    plant.later(10)
    stop = refused(plant, runner.enter_value, plant.office.who("operator"), step=f"{batch}/stop", field="stopped",
                   value=early.isoformat())
    assert [one.rule for one in stop.findings] == ["HOLD-02"] and "Contact started" in stop.why


# --- the breach -------------------------------------------------------------------------------------------------


def test_the_limit_itself_is_no_breach(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(66)
    assert plant.note() == () and plant.deviations(batch) == []


def test_the_system_notes_a_breach_and_opens_the_deviation_in_one_act(both: Held) -> None:
    batch = both.batch()
    both.to_contact(batch)
    both.later(66.1)
    before = both.office.last_entry().seq
    assert both.note() == (f"{batch}/hold-contact",)
    row, (opened,) = both.hold(batch, "contact"), both.deviations(batch)
    assert (row.state, row.deviation, row.breached_at) == ("breached", opened.code, both.office.now)
    assert (opened.severity, opened.on_code, opened.by_system) == ("critical", row.code, True)
    assert "Contact" in opened.what and "66 min" in opened.what
    line = both.office.last_entry()
    assert (line.seq, line.verb, line.person) == (before + 1, BREACHED, SYSTEM)
    assert (line.outcome, line.within) == ("done", batch)
    assert b'"deviation"' in line.leaf and b'"hold"' in line.leaf


def test_a_breach_is_noted_once_however_often_it_is_looked_for(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(67)
    assert len(plant.note()) == 1
    before = plant.office.last_entry().seq
    assert plant.note() == () and plant.office.last_entry().seq == before
    assert len(plant.deviations(batch)) == 1


def test_a_breach_seen_at_once_from_many_places_opens_one_deviation(both: Held) -> None:
    batch = both.batch()
    both.to_contact(batch)
    at = both.later(67)
    start, told = Barrier(4), []

    def looks() -> None:
        start.wait()
        with playing_at(lambda: at):
            told.append(both.note(at))

    threads = [Thread(target=looks) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == [(), (), (), (f"{batch}/hold-contact",)]
    assert len(both.deviations(batch)) == 1
    with both.office.look() as session:
        assert len(session.scalars(select(Entry).where(Entry.verb == BREACHED)).all()) == 1


@pytest.mark.parametrize("role", ["operator", "qa", "administrator"])
def test_no_person_can_note_a_breach_for_the_system(plant: Held, batch: str, role: str) -> None:
    plant.to_contact(batch)
    plant.later(67)
    refused(plant, holds.breach_hold, plant.office.who(role), hold=f"{batch}/hold-contact")
    assert plant.hold(batch, "contact").state == "running"


def test_work_on_any_step_notes_first_what_has_run_out(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(70)
    plant.at(f"{batch}/stop", "stopped")
    assert plant.hold(batch, "contact").state == "breached"
    with plant.office.look() as session:
        lines = session.execute(select(Entry.verb, Entry.person).order_by(Entry.seq.desc()).limit(2)).all()
    assert [line.verb for line in lines] == ["enter value", BREACHED] and lines[1].person == SYSTEM


def test_two_times_entered_long_after_show_the_breach_at_once(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(30)
    plant.at(f"{batch}/stop", "stopped")
    plant.sign(f"{batch}/stop")
    before = plant.office.now
    plant.later(300)
    plant.office.do(runner.correct_entry, plant.office.who("operator", reason="read the wrong clock"),
                    step=f"{batch}/stop", field="stopped", value=(before + 60 * MINUTE).isoformat())
    row, (opened,) = plant.hold(batch, "contact"), plant.deviations(batch)
    assert (row.state, row.deviation) == ("breached", opened.code)
    assert plant.office.last_entry().verb == "correct entry", "the same act, not one after it"


def test_opening_that_is_entered_when_it_is_already_over_is_a_breach_at_once(plant: Held, batch: str) -> None:
    plant.later(200)
    plant.at(f"{batch}/first", "opened", plant.office.now - 61 * MINUTE)
    assert plant.hold(batch, "open_time").state == "breached"
    assert plant.office.last_entry().verb == "enter value" and len(plant.deviations(batch)) == 1


# --- what is blocked, and what unblocks it ------------------------------------------------------------------------


def breached(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(70)
    plant.at(f"{batch}/stop", "stopped")


def test_the_step_that_stops_the_clock_cannot_be_signed_after_a_breach(plant: Held, batch: str) -> None:
    breached(plant, batch)
    stop = refused(plant, runner.perform_step, plant.office.who("operator"), step=f"{batch}/stop",
                   done_at=plant.office.now)
    assert [one.rule for one in stop.findings] == ["HOLD-01"]
    assert plant.deviations(batch)[0].code in stop.why and "Quality assurance" in stop.why


def test_a_later_step_of_the_stage_is_held_too(plant: Held, batch: str) -> None:
    """The step was signed in time; a correction shows afterwards that the time was exceeded."""
    plant.to_contact(batch)
    plant.later(60)
    plant.at(f"{batch}/stop", "stopped")
    plant.sign(f"{batch}/stop")
    plant.later(20)
    plant.office.do(runner.correct_entry, plant.office.who("operator", reason="it was ten minutes later"),
                    step=f"{batch}/stop", field="stopped", value=(plant.office.now - 10 * MINUTE).isoformat())
    plant.enter(f"{batch}/after", "note", "looks well")
    stop = refused(plant, runner.perform_step, plant.office.who("operator"), step=f"{batch}/after",
                   done_at=plant.office.now)
    assert [one.rule for one in stop.findings] == ["HOLD-01"]
    continues(plant, batch)
    plant.perform(f"{batch}/after")


def test_a_step_before_the_stop_is_not_held(plant: Held, batch: str) -> None:
    """The cells still have to be looked after while the clock is over."""
    plant.at(f"{batch}/first", "opened")
    plant.later(70)
    plant.note()
    plant.at(f"{batch}/first", "closed")
    stop = refused(plant, runner.perform_step, plant.office.who("operator"), step=f"{batch}/first",
                   done_at=plant.office.now)
    assert "HOLD-01" in [one.rule for one in stop.findings], "this step ends a segment of the hold time"


def test_quality_assurance_lets_it_continue_signed_and_with_a_reason(plant: Held, batch: str) -> None:
    breached(plant, batch)
    code = continues(plant, batch)
    row = plant.hold(batch, "contact")
    assert row.state == "continued" and row.continued_by == plant.office.people["qa.1"]
    with plant.office.look() as session:
        (signed,) = signatures_of(session, code)
    assert signed["meaning"] == "Approved to continue under deviation" and signed["why"].startswith("Cells look well")
    plant.sign(f"{batch}/stop")
    assert plant.deviations(batch)[0].code == row.deviation, "the deviation is closed on its own page, not here"


def test_continuing_needs_a_reason(plant: Held, batch: str) -> None:
    breached(plant, batch)
    refused(plant, holds.continue_after_breach, plant.office.who("qa"), hold=f"{batch}/hold-contact")


@pytest.mark.parametrize("role", ["operator", "verifier", "production supervisor", "qualified person", "inspector"])
def test_only_quality_assurance_lets_it_continue(plant: Held, batch: str, role: str) -> None:
    breached(plant, batch)
    refused(plant, holds.continue_after_breach, plant.office.who(role, reason="it will do"),
            hold=f"{batch}/hold-contact")


def test_nobody_who_worked_on_the_batch_lets_it_continue(plant: Held, batch: str) -> None:
    breached(plant, batch)
    plant.office.do(grant_role, plant.office.who("administrator"), person=plant.office.people["operator.1"], role="qa")
    stop = refused(plant, holds.continue_after_breach, plant.office.who("operator", reason="it will do"),
                   hold=f"{batch}/hold-contact")
    assert stop.kind == "not allowed"


def test_what_is_not_breached_cannot_be_let_continue(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    refused(plant, holds.continue_after_breach, plant.office.who("qa", reason="beforehand"),
            hold=f"{batch}/hold-contact")
    plant.later(70)
    plant.note()
    continues(plant, batch)
    refused(plant, holds.continue_after_breach, plant.office.who("qa", 2, reason="again"), hold=f"{batch}/hold-contact")


def test_whoever_saw_another_state_of_the_hold_time_is_told(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    saw = plant.hold(batch, "contact").version
    plant.later(70)
    plant.note()
    stop = refused(plant, holds.continue_after_breach, plant.office.who("qa", reason="it will do"),
                   hold=f"{batch}/hold-contact", seen=str(saw))
    assert stop.kind == "stale"


def test_a_hold_time_that_never_began_is_not_found(plant: Held, batch: str) -> None:
    stop = refused(plant, holds.continue_after_breach, plant.office.who("qa", reason="it will do"),
                   hold=f"{batch}/hold-contact")
    assert stop.kind == "not found"


def test_a_stop_recorded_late_but_made_in_time_unblocks_and_keeps_the_deviation(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    ended = plant.office.now + 60 * MINUTE
    plant.later(90)
    plant.note()
    plant.at(f"{batch}/stop", "stopped", ended)
    row, (opened,) = plant.hold(batch, "contact"), plant.deviations(batch)
    assert (row.state, row.used_seconds, row.deviation) == ("stopped in time", 3600, opened.code)
    plant.office.do(runner.perform_step, plant.office.who("operator"), step=f"{batch}/stop", done_at=ended,
                    late_reason="hands were full")


def test_a_step_done_in_time_and_signed_after_the_breach_is_in_time(plant: Held, batch: str) -> None:
    """The clock of waiting ends with the step itself, so the time of its work decides."""
    for step in ("first", "second"):
        plant.at(f"{batch}/{step}", "opened"), plant.at(f"{batch}/{step}", "closed")
        plant.sign(f"{batch}/{step}")
    done = plant.office.now + 119 * MINUTE
    plant.later(130)
    assert plant.note() == (f"{batch}/hold-waiting",)
    late = {"step": f"{batch}/close", "late_reason": "hands were full"}
    refused(plant, runner.perform_step, plant.office.who("operator"), done_at=done + 2 * MINUTE, **late)
    plant.office.do(runner.perform_step, plant.office.who("operator"), done_at=done, **late)
    assert plant.hold(batch, "waiting").state == "stopped in time"


def test_a_start_corrected_to_a_later_one_lets_the_clock_run_on(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    began = plant.office.now
    plant.later(70)
    plant.note()
    plant.office.do(runner.correct_entry, plant.office.who("operator", reason="read the wrong clock"),
                    step=f"{batch}/load", field="started", value=(began + 10 * MINUTE).isoformat())
    row = plant.hold(batch, "contact")
    assert (row.state, row.limit_at) == ("running", began + 76 * MINUTE)
    plant.later(7)
    assert len(plant.note()) == 1 and len(plant.deviations(batch)) == 2, "another breach, another deviation"


# --- clocks that lie, programs that end ---------------------------------------------------------------------------


def test_a_clock_set_back_undoes_no_breach(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(70)
    plant.note()
    plant.office.as_of(plant.office.now - timedelta(hours=5))
    assert plant.note() == () and plant.hold(batch, "contact").state == "breached"


def test_a_breach_is_noted_although_the_clock_was_set_back(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    limit = plant.hold(batch, "contact").limit_at
    plant.later(70)
    plant.plan(batch)
    plant.office.as_of(limit - timedelta(hours=1))
    assert plant.note() == (f"{batch}/hold-contact",)
    assert plant.hold(batch, "contact").breached_at > limit


def test_everything_about_a_clock_survives_the_end_of_the_program(both: Held, tmp_path: Path) -> None:
    batch = both.batch()
    both.to_contact(batch)
    limit = both.hold(batch, "contact").limit_at
    both.office.engine.dispose()
    reopened = Office(both.office.owner_url, tmp_path / "again")
    (tmp_path / "again").mkdir(exist_ok=True)
    reopened.as_of(limit + MINUTE)
    with playing_at(lambda: reopened.now):
        assert holds.note_breaches(reopened.engine, reopened.now) == (f"{batch}/hold-contact",)
    reopened.close()


def test_the_watch_notes_what_runs_out_and_ends_when_told(plant: Held, batch: str,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    plant.to_contact(batch)
    plant.later(70)
    monkeypatch.setattr(holds, "now", lambda: plant.office.now)
    monkeypatch.setattr("mfg.ledger.now", lambda: plant.office.now)
    stop = Event()
    thread = Thread(target=holds.watch, args=(plant.office.engine, stop), kwargs={"every": 0.01})
    thread.start()
    for _ in range(500):
        if plant.hold(batch, "contact").state == "breached":
            break
        stop.wait(0.01)
    stop.set()
    thread.join(5)
    assert not thread.is_alive() and plant.hold(batch, "contact").state == "breached"


def test_the_watch_goes_on_after_a_fault(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    stop, called = Event(), []

    def breaks(*_args: object, **_more: object) -> None:
        called.append(1)
        if len(called) == 3:
            stop.set()
        raise OSError("no database")

    monkeypatch.setattr(holds, "note_breaches", breaks)
    holds.watch(None, stop, every=0.001)  # type: ignore[arg-type]
    assert len(called) == 3 and "tried again" in caplog.text


def test_looking_notes_nothing(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.later(70)
    before = plant.office.last_entry().seq
    with plant.office.look() as session:
        assert session.get_one(HoldTime, f"{batch}/hold-contact").state == "running"
    assert plant.office.last_entry().seq == before


# --- the expiry of a dose -------------------------------------------------------------------------------------------


def test_a_hold_time_that_runs_bounds_the_use_of_a_dose_until_it_stops(plant: Held, batch: str) -> None:
    plant.to_contact(batch)
    plant.held[batch, "loaded cells"] = plant.container(batch, "harvest")  # this process carries no antibody
    dose = plant.fill(plant.plan(batch))
    running, shelf = ends(plant, dose)
    contact = plant.hold(batch, "contact")
    assert (running.at, running.why) == (contact.limit_at, "Contact, running, at most 66 min")
    assert (shelf.at, shelf.why) == (plant.office.now + timedelta(hours=24), "filling ended + 24 h shelf life")
    plant.later(30)
    plant.at(f"{batch}/stop", "stopped")
    assert ends(plant, dose) == (shelf,)


def test_a_dose_that_is_not_filled_has_no_expiry(plant: Held, batch: str) -> None:
    assert ends(plant, plant.plan(batch)) == ()


def ends(plant: Held, dose: str) -> tuple[End, ...]:
    with plant.office.look() as session:
        return ends_of(session, load_dose(session, dose))


# --- where no step is worked on -------------------------------------------------------------------------------------


def test_filling_and_completing_note_first_what_has_run_out(plant: Held, batch: str) -> None:
    """The record is not closed, and no bag filled, over a breach that nobody had noticed."""
    plant.to_contact(batch)
    dose = plant.plan(batch)
    plant.held[batch, "loaded cells"] = plant.container(batch, "harvest")
    plant.later(70)
    plant.fill(dose)
    assert plant.hold(batch, "contact").state == "breached"
