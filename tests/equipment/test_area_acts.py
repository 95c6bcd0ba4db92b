"""An area takes one batch at a time, cleared before and after by two people, and cleaned in between."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from mfg.batches.scans import as_scanned
from mfg.equipment import area_acts
from mfg.equipment.area_records import Area, area_use_facts, clearances_of, occupancy_now, rooms_of
from mfg.equipment.area_rules import AREA_USE
from mfg.facts import Refused, judge
from mfg.people.acts import grant_role
from mfg.tables import METADATA
from mfg.verify import verify
from tests.equipment.hall import ALL_YES, Hall
from tests.office import NOON

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def area(hall: Hall, code: str) -> Area:
    with hall.office.look() as session:
        return session.get_one(Area, code)


def wrong(hall: Hall, code: str, batch: str, at: Any = None, *, open_step: bool = False, clearance: bool = True,
          recipient: str = "") -> list[str]:
    with hall.office.look() as session:
        facts = area_use_facts(session, code, at or hall.office.now, batch=batch,
                               recipient=recipient or f"SUB-0{batch[-3:]}", open_step=open_step,
                               clearance_needed=clearance)
    return [finding.rule for finding in judge(AREA_USE, facts) if finding.verdict.value != "PASS"]


def test_an_area_is_on_hold_until_qa_releases_it_clean(both: Hall) -> None:
    code = both.cabinet(release=False)
    assert (code, area(both, code).state) == ("ROOM-0002", "on hold")
    release = {"area": code, "conclusion": "Clean and empty"}
    with pytest.raises(Refused, match="No checked cleaning"):
        both.office.do(area_acts.release_area, both.office.who("qa"), **release)
    both.wipe(code)
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        both.office.do(area_acts.release_area, both.office.who("operator"), **release)
    both.office.do(area_acts.release_area, both.office.who("qa"), **release)
    assert area(both, code).state == "released"


def test_a_cabinet_names_the_room_around_it(hall: Hall) -> None:
    before = hall.office.counts()
    with pytest.raises(Refused, match="The room around this cabinet is blank"):
        hall.room(kind="cabinet", grade="A")
    assert hall.office.counts() == before
    assert hall.office.last_entry().outcome == "refused"


def test_a_batch_enters_a_cleared_area_works_and_leaves_it_to_the_next(both: Hall) -> None:
    code, first, second = both.cabinet(), both.batch(1), both.batch(2)
    assert wrong(both, code, first) == ["AREA-02"]
    both.clear(code, first)
    assert wrong(both, code, first) == []
    both.office.later(minutes=5)
    both.enter(code, first)
    assert (area(both, code).state, area(both, code).batch) == ("in use", first)
    both.office.later(minutes=5)
    assert wrong(both, code, first) == []
    assert wrong(both, code, second) == ["AREA-02", "AREA-03"]
    both.clear(code, first, "after")
    assert (area(both, code).state, area(both, code).batch, area(both, code).recipient) == ("cleaning due", None, None)
    assert wrong(both, code, first) == ["AREA-01", "AREA-02"]
    both.office.later(minutes=5)
    both.wipe(code)
    assert area(both, code).state == "released"
    assert wrong(both, code, second) == ["AREA-02"]
    both.clear(code, second)
    both.enter(code, second)
    assert area(both, code).batch == second


def test_two_batches_never_share_an_area_and_the_refusal_names_only_the_batch(both: Hall) -> None:
    code, first, second = both.cabinet(), both.batch(1), both.batch(2)
    both.clear(code, first)
    both.enter(code, first, "SUB-0042")
    before = both.office.counts()
    with pytest.raises(Refused, match=f"Stop. {first} is in {code}") as stop:
        both.enter(code, second)
    assert "SUB-0042" not in stop.value.why
    assert [finding.rule for finding in stop.value.findings] == ["AREA-03"]
    assert both.office.counts() == before
    assert (both.office.last_entry().outcome, both.office.last_entry().within) == ("refused", second)


def test_a_second_batch_of_the_same_recipient_stops_too(hall: Hall) -> None:
    code, first, second = hall.cabinet(), hall.batch(1), hall.batch(2)
    hall.clear(code, first)
    hall.enter(code, first, "SUB-0042")
    assert "AREA-03" in wrong(hall, code, second, recipient="SUB-0042")


def test_of_two_batches_that_enter_at_once_one_wins(both: Hall) -> None:
    code, batches = both.cabinet(), (both.batch(1), both.batch(2))
    answers: list[str] = []
    start = threading.Barrier(2)

    def try_it(number: int) -> None:
        start.wait()
        try:
            both.enter(code, batches[number - 1], number=number)
            answers.append("done")
        except Refused as refused:
            answers.append(refused.why)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer == "done" for answer in answers) == [False, True]
    assert any(f"is in {code}" in answer for answer in answers)
    assert both.office.counts()["occupancy"] == 1
    assert verify(both.office.engine, METADATA).ok


def test_the_steps_of_one_batch_make_one_stay(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    hall.clear(code, batch)
    first = hall.enter(code, batch)
    hall.office.later(hours=1)
    assert hall.enter(code, batch) == first
    assert hall.office.counts()["occupancy"] == 1


# --- line clearance


def test_the_same_person_does_not_confirm_their_line_clearance(both: Hall) -> None:
    code, batch = both.cabinet(), both.batch()
    done = both.clear(code, batch, confirm=False)
    before = both.office.counts()
    with pytest.raises(Refused, match="the same person did “clear line”"):
        both.office.do(area_acts.confirm_line_clearance, both.office.who("operator"), clearance=done, done_at=NOON)
    assert both.office.counts() == before
    assert wrong(both, code, batch) == ["AREA-02"]


def test_a_second_role_does_not_make_a_second_person(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    done = hall.clear(code, batch, confirm=False)
    hall.office.do(grant_role, hall.office.who("administrator"), person=hall.office.who("operator").by, role="verifier")
    with pytest.raises(Refused, match="the same person"):
        hall.office.do(area_acts.confirm_line_clearance, hall.office.who("operator"), clearance=done, done_at=NOON)


@pytest.mark.parametrize("item", sorted(ALL_YES))
def test_any_no_refuses_the_clearance(hall: Hall, item: str) -> None:
    code, batch = hall.cabinet(), hall.batch()
    before = hall.office.counts()
    with pytest.raises(Refused, match="is not clear"):
        hall.clear(code, batch, **{item: False})
    assert hall.office.counts() == before


def test_a_clearance_is_confirmed_once(hall: Hall) -> None:
    done = hall.clear(hall.cabinet(), hall.batch())
    with pytest.raises(Refused, match="confirmed already"):
        hall.office.do(area_acts.confirm_line_clearance, hall.office.who("verifier", 2), clearance=done, done_at=NOON)


def test_a_clearance_of_another_version_is_stale(hall: Hall) -> None:
    done = hall.clear(hall.cabinet(), hall.batch(), confirm=False)
    with pytest.raises(Refused, match="You saw version 7"):
        hall.office.do(area_acts.confirm_line_clearance, hall.office.who("verifier"), clearance=done, done_at=NOON,
                       seen="7")


def test_a_clearance_is_for_one_batch(hall: Hall) -> None:
    code, first, second = hall.cabinet(), hall.batch(1), hall.batch(2)
    hall.clear(code, first)
    assert wrong(hall, code, second) == ["AREA-02"]


def test_a_clearance_is_for_a_batch_on_record(hall: Hall) -> None:
    with pytest.raises(Refused, match="“NK-26-077” is not a batch"):
        hall.clear(hall.cabinet(), "NK-26-077")


def test_a_batch_is_scanned_for_its_clearance(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    with pytest.raises(Refused, match="without its check character"):
        hall.office.do(area_acts.clear_line, hall.office.who("operator"), area=code, kind="before", batch=batch,
                       done_at=NOON, **ALL_YES)
    with pytest.raises(Refused, match="That is the"):
        hall.office.do(area_acts.clear_line, hall.office.who("operator"), area=code, kind="before",
                       batch=as_scanned("LOT-0001"), done_at=NOON, **ALL_YES)


def test_a_clearance_before_holds_until_another_batch_was_in(hall: Hall) -> None:
    code, first, second = hall.cabinet(), hall.batch(1), hall.batch(2)
    hall.clear(code, first)
    hall.office.later(minutes=1)
    hall.clear(code, second)
    hall.enter(code, second)
    hall.office.later(minutes=1)
    hall.leave(code, second)
    assert wrong(hall, code, first) == ["AREA-02"]
    hall.clear(code, first)
    assert wrong(hall, code, first) == []


def test_a_clearance_before_ends_with_the_clearance_after(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    hall.clear(code, batch)
    hall.enter(code, batch)
    hall.office.later(hours=1)
    hall.leave(code, batch)
    assert wrong(hall, code, batch) == ["AREA-02"]
    assert wrong(hall, code, batch, NOON + HOUR / 2) == []


def test_a_use_is_judged_by_the_clearance_there_was_at_its_time(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    hall.office.later(hours=1)
    hall.clear(code, batch)
    assert wrong(hall, code, batch, NOON + HOUR) == []
    assert wrong(hall, code, batch, NOON + HOUR - SECOND) == ["AREA-02"]


def test_a_clearance_after_belongs_to_the_batch_that_is_in(hall: Hall) -> None:
    code, first, second = hall.cabinet(), hall.batch(1), hall.batch(2)
    hall.clear(code, first)
    hall.enter(code, first)
    with pytest.raises(Refused, match=f"{second} is not in {code}"):
        hall.clear(code, second, "after")


def test_an_unconfirmed_clearance_after_keeps_the_batch_in(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    hall.clear(code, batch)
    hall.enter(code, batch)
    done = hall.clear(code, batch, "after", confirm=False)
    assert area(hall, code).batch == batch
    hall.look_again(done)
    assert area(hall, code).batch is None
    with hall.office.look() as session:
        assert occupancy_now(session, code) is None


# --- cleaning and holding


def test_an_area_cleaned_before_the_work_ended_is_still_due(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    hall.clear(code, batch)
    hall.enter(code, batch)
    hall.office.later(hours=1)
    early = hall.wipe(code, check=False)
    hall.office.later(hours=1)
    hall.clear(code, batch, "after")
    hall.office.do(area_acts.check_cleaning, hall.office.who("verifier"), cleaning=early)
    assert area(hall, code).state == "cleaning due"
    hall.wipe(code)
    assert area(hall, code).state == "released"


def test_a_cleaning_holds_its_hours_to_the_second(hall: Hall) -> None:
    code, batch = hall.cabinet(hours=24), hall.batch()
    hall.clear(code, batch)
    assert wrong(hall, code, batch, NOON + 24 * HOUR) == []
    assert wrong(hall, code, batch, NOON + 24 * HOUR + SECOND) == ["AREA-01"]


def test_who_cleaned_an_area_does_not_check_it(hall: Hall) -> None:
    code = hall.cabinet(release=False)
    done = hall.wipe(code, check=False)
    with pytest.raises(Refused, match="the same person did “clean area”"):
        hall.office.do(area_acts.check_cleaning, hall.office.who("operator"), cleaning=done)


def test_an_area_on_hold_takes_nobody_and_comes_back_clean_by_another(both: Hall) -> None:
    code, batch = both.cabinet(), both.batch()
    both.clear(code, batch)
    with pytest.raises(Refused, match="needs a reason"):
        both.office.do(area_acts.hold_area, both.office.who("qa"), area=code)
    both.office.later(hours=1)
    both.office.do(area_acts.hold_area, both.office.who("qa", reason="Filter alarm"), area=code)
    assert wrong(both, code, batch) == ["AREA-01"]
    release = {"area": code, "conclusion": "Filter tested"}
    with pytest.raises(Refused, match="was last cleaned before"):
        both.office.do(area_acts.release_area, both.office.who("qa", 2), **release)
    both.wipe(code)
    with pytest.raises(Refused, match="put on hold by the same person"):
        both.office.do(area_acts.release_area, both.office.who("qa"), **release)
    both.office.do(area_acts.release_area, both.office.who("qa", 2), **release)
    assert wrong(both, code, batch) == []


def test_a_batch_can_be_cleared_out_of_an_area_on_hold(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    hall.clear(code, batch)
    hall.enter(code, batch)
    hall.office.later(hours=1)
    hall.office.do(area_acts.hold_area, hall.office.who("operator", reason="Alarm"), area=code)
    with pytest.raises(Refused, match="is still in"):
        hall.office.do(area_acts.release_area, hall.office.who("qa"), area=code, conclusion="Fine")
    hall.clear(code, batch, "after")
    assert (area(hall, code).state, area(hall, code).batch) == ("on hold", None)


def test_what_was_done_in_an_area_whose_cleaning_is_due_is_a_breach_and_still_noted(hall: Hall) -> None:
    """The rule says no; a batch that was in it all the same keeps others out until its line is cleared."""
    code, batch, other = hall.cabinet(), hall.batch(1), hall.batch(2)
    hall.clear(code, batch)
    hall.enter(code, batch)
    hall.clear(code, batch, "after")
    hall.office.later(hours=1)
    assert "AREA-01" in wrong(hall, code, batch)
    hall.enter(code, batch)
    assert (area(hall, code).state, area(hall, code).batch) == ("cleaning due", batch)
    with pytest.raises(Refused, match=f"{batch} is in {code}"):
        hall.enter(code, other)
    hall.wipe(code)
    assert area(hall, code).state == "cleaning due", "cleaned around a batch is not clean"
    hall.clear(code, batch, "after")
    assert (area(hall, code).state, area(hall, code).batch) == ("cleaning due", None)


def test_a_use_told_after_somebody_came_and_went_does_not_bring_the_batch_back(hall: Hall) -> None:
    code, first, second = hall.cabinet(), hall.batch(1), hall.batch(2)
    hall.office.later(hours=1)
    hall.clear(code, first)
    hall.office.later(minutes=1)
    hall.enter(code, first)
    hall.office.later(hours=1)
    hall.leave(code, first)
    hall.enter(code, second, at=NOON)
    assert (area(hall, code).state, area(hall, code).batch) == ("released", None)


# --- entered late


def test_a_use_entered_late_meets_whoever_was_there_at_its_time(hall: Hall) -> None:
    """Judged at its own time: before the other came in it passes only when the other looked or cleaned in between."""
    code, first, second = hall.cabinet(), hall.batch(1), hall.batch(2)
    hall.office.later(hours=2)
    hall.clear(code, first)
    hall.office.later(hours=1)
    hall.enter(code, first)
    hall.office.later(hours=1)
    at = {"long before": NOON + HOUR, "after they looked": NOON + 2 * HOUR + SECOND, "while in it": NOON + 3 * HOUR}
    assert {name: "AREA-03" in wrong(hall, code, second, moment) for name, moment in at.items()} == {
        "long before": False, "after they looked": True, "while in it": True}
    hall.enter(code, second, at=NOON + HOUR)
    assert area(hall, code).batch == first, "what is told late does not change who is in it now"
    with hall.office.look() as session:
        (stay,) = rooms_of(session, within=second)
    assert (stay.entered_at, stay.left_at) == (NOON + HOUR, NOON + HOUR)


def test_a_batch_that_left_may_be_followed(hall: Hall) -> None:
    code, first, second = hall.cabinet(), hall.batch(1), hall.batch(2)
    hall.clear(code, first)
    hall.enter(code, first)
    hall.office.later(hours=1)
    hall.clear(code, first, "after")
    assert "AREA-03" in wrong(hall, code, second, NOON + HOUR - SECOND)
    assert "AREA-03" not in wrong(hall, code, second, NOON + HOUR)


def test_the_batch_record_gets_rooms_and_clearances(hall: Hall) -> None:
    code, batch = hall.cabinet(), hall.batch()
    hall.clear(code, batch)
    hall.enter(code, batch)
    hall.office.later(hours=1)
    hall.clear(code, batch, "after", confirm=False)
    with hall.office.look() as session:
        (room,) = rooms_of(session, within=batch)
        before, after = clearances_of(session, within=batch)
    assert (room.area, room.grade, room.entered_at, room.left_at) == (code, "A", NOON, None)
    assert (before.kind, after.kind, after.confirmed_by) == ("before", "after", None)
    assert before.confirmed_by is not None
