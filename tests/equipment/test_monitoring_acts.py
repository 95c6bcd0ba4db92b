"""A session is planned, exposed, incubated, read by one, reviewed by another; an ACTION opens a deviation at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from mfg.batches.scans import as_scanned
from mfg.equipment import monitoring_acts as acts
from mfg.equipment.area_records import area_use_facts
from mfg.equipment.area_rules import AREA_USE
from mfg.equipment.monitoring_records import (
    MonitoringSession,
    PersonnelAction,
    PlateReading,
    monitoring_of,
    needs_requalification,
    newest_readings,
    readings_of,
)
from mfg.facts import Refused, judge
from mfg.people.acts import grant_role
from mfg.training.acts import record_earlier_training
from mfg.training.curriculum import define_training_item
from mfg.training.records import Training
from tests.equipment.hall import Hall
from tests.office import NOON

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def row(hall: Hall, code: str) -> MonitoringSession:
    with hall.office.look() as session:
        return session.get_one(MonitoringSession, code)


def words(hall: Hall, code: str) -> list[str]:
    with hall.office.look() as session:
        return [one.word for one in newest_readings(session, code).values()]


def incubating(hall: Hall, batch: str | None = None, *, plates: int = 1, **change: Any) -> str:
    """A session that was out for an hour and is in the incubator."""
    code = hall.plan(hall.cabinet(), batch)
    for number in range(1, plates + 1):
        hall.plate(code, number, **change)
    hall.expose(code)
    hall.office.later(hours=1)
    hall.incubate(code)
    hall.office.later(days=5)
    return code


def test_a_session_goes_from_plan_to_review(both: Hall) -> None:
    batch = both.batch()
    code = both.plan(both.cabinet(), batch)
    assert (code, row(both, code).state) == ("EM-0001", "planned")
    assert [both.plate(code, number) for number in (1, 2)] == ["EM-0001-01", "EM-0001-02"]
    both.expose(code)
    assert row(both, code).state == "exposed"
    both.office.later(hours=1)
    both.incubate(code)
    both.office.later(days=5)
    both.read("EM-0001-01", "0")
    assert (row(both, code).state, row(both, code).verdict) == ("incubating", "")
    both.read("EM-0001-02", "3")
    assert (row(both, code).state, row(both, code).verdict) == ("read", "ALERT")
    both.office.do(acts.review_monitoring, both.office.who("qc reviewer"), monitoring=code)
    assert (row(both, code).state, words(both, code), both.deviations()) == ("reviewed", ["WITHIN", "ALERT"], [])


def test_who_read_a_plate_does_not_review_the_session(hall: Hall) -> None:
    code = incubating(hall)
    hall.read(f"{code}-01", "0")
    office = hall.office
    office.do(grant_role, office.who("administrator"), person=office.who("qc analyst").by, role="qc reviewer")
    with pytest.raises(Refused, match="the same person did “read plate”"):
        office.do(acts.review_monitoring, office.who("qc analyst"), monitoring=code)
    assert row(hall, code).state == "read"


def test_an_operator_does_not_read_and_an_analyst_does_not_review(hall: Hall) -> None:
    code = incubating(hall)
    with pytest.raises(Refused, match="takes one of these roles: qc analyst"):
        hall.office.do(acts.read_plate, hall.office.who("operator"), plate=f"{code}-01", count="0")
    hall.read(f"{code}-01", "0")
    with pytest.raises(Refused, match="takes one of these roles: qc reviewer"):
        hall.office.do(acts.review_monitoring, hall.office.who("qc analyst", 2), monitoring=code)


def test_a_session_is_not_reviewed_before_it_is_read(hall: Hall) -> None:
    code = incubating(hall)
    with pytest.raises(Refused, match="is incubating"):
        hall.office.do(acts.review_monitoring, hall.office.who("qc reviewer"), monitoring=code)


@pytest.mark.parametrize(("grade", "severity"), [("A", "major"), ("B", "major"), ("C", "minor"), ("D", "minor")])
def test_an_action_opens_a_deviation_on_the_batch_in_the_same_act(hall: Hall, grade: str, severity: str) -> None:
    batch = hall.batch()
    code = incubating(hall, batch, grade=grade)
    hall.read(f"{code}-01", "60")
    assert hall.deviations() == [(batch, f"{code}-01", severity)]
    assert (hall.office.last_entry().verb, row(hall, code).verdict) == ("read plate", "ACTION")


def test_a_plate_that_cannot_be_read_opens_one_too_and_is_never_within(both: Hall) -> None:
    batch = both.batch()
    code = incubating(both, batch)
    before = both.office.counts()
    with pytest.raises(Refused, match="A blank is not 0"):
        both.read(f"{code}-01")
    assert both.office.counts() == before
    both.read(f"{code}-01", lost="The lid broke")
    assert (words(both, code), both.deviations()) == (["CANNOT DETERMINE"], [(batch, f"{code}-01", "major")])


def test_within_its_limits_nothing_is_opened(hall: Hall) -> None:
    code = incubating(hall, hall.batch(), plates=2)
    hall.read(f"{code}-01", "0")
    hall.read(f"{code}-02", "5")
    assert (words(hall, code), hall.deviations()) == (["WITHIN", "ALERT"], [])


def test_an_action_reaches_every_batch_that_was_in_the_area_or_linked(hall: Hall) -> None:
    planned, inside, linked, later = (hall.batch(number) for number in (1, 2, 3, 4))
    place = hall.cabinet()
    code = hall.plan(place, planned)
    plate = hall.plate(code)
    hall.expose(code)
    hall.clear(place, inside)
    hall.enter(place, inside)
    hall.step(linked, lambda session, doing: acts.link(session, monitoring=code, batch=linked, step=f"{linked}/open",
                                                       by=doing.by.code, at=doing.at))
    hall.office.later(hours=1)
    hall.incubate(code)
    hall.leave(place, inside)
    hall.office.later(hours=1)
    hall.clear(place, later)
    hall.enter(place, later)
    hall.office.later(days=5)
    hall.read(plate, "60")
    assert sorted(one[0] for one in hall.deviations()) == [planned, inside, linked]


def test_routine_monitoring_without_a_batch_opens_its_deviation_on_the_area(hall: Hall) -> None:
    code = incubating(hall)
    hall.read(f"{code}-01", "60")
    assert hall.deviations() == [("ROOM-0002", f"{code}-01", "major")]


def test_a_step_linked_after_the_reading_opens_the_deviation_then(both: Hall) -> None:
    batch = both.batch()
    code = incubating(both, plates=2)
    both.read(f"{code}-01", "60")
    both.read(f"{code}-02", "0")

    def link(session: Any, doing: Any) -> str:
        return acts.link(session, monitoring=code, batch=batch, step=f"{batch}/open", by=doing.by.code,
                         at=doing.at).code

    first = both.step(batch, link)
    assert both.step(batch, link) == first
    assert both.deviations()[1:] == [(batch, f"{code}-01", "major")]


# --- corrections


def test_a_reading_is_corrected_with_a_reason_and_the_old_one_stays(both: Hall) -> None:
    batch = both.batch()
    code = incubating(both, batch)
    plate = both.read(f"{code}-01", "0")
    with pytest.raises(Refused, match="was read already"):
        both.read(plate, "7")
    with pytest.raises(Refused, match="needs a reason"):
        both.office.do(acts.correct_plate_reading, both.office.who("qc analyst"), plate=plate, count="7")
    both.office.do(acts.correct_plate_reading, both.office.who("qc analyst", reason="Counted again"), plate=plate,
                   count="7")
    with both.office.look() as session:
        old, new = readings_of(session, plate)
    assert (old.count, old.word) == ("0", "WITHIN")
    assert (new.count, new.word, new.supersedes) == ("7", "ACTION", old.code)
    assert (row(both, code).verdict, both.deviations()) == ("ACTION", [(batch, plate, "major")])


def test_a_correction_downwards_does_not_take_the_deviation_back(hall: Hall) -> None:
    batch = hall.batch()
    code = incubating(hall, batch)
    plate = hall.read(f"{code}-01", "7")
    hall.office.do(acts.correct_plate_reading, hall.office.who("qc analyst", reason="Bubbles"), plate=plate, count="1")
    assert (row(hall, code).verdict, len(hall.deviations())) == ("WITHIN", 1)


def test_after_its_review_a_session_stands(hall: Hall) -> None:
    code = incubating(hall)
    plate = hall.read(f"{code}-01", "0")
    hall.office.do(acts.review_monitoring, hall.office.who("qc reviewer"), monitoring=code)
    with pytest.raises(Refused, match="its readings stand"):
        hall.office.do(acts.correct_plate_reading, hall.office.who("qc analyst", reason="x"), plate=plate, count="9")


def test_a_plate_not_read_is_not_corrected(hall: Hall) -> None:
    code = incubating(hall)
    with pytest.raises(Refused, match="was not read yet"):
        hall.office.do(acts.correct_plate_reading, hall.office.who("qc analyst", reason="x"), plate=f"{code}-01",
                       count="9")


# --- exposure


def test_plates_are_read_after_incubation_and_particles_at_once(hall: Hall) -> None:
    code = hall.plan(hall.cabinet())
    plate = hall.plate(code, 1)
    particles = hall.plate(code, 2, kind="particles 0.5 um", grade="A", media_lot="", litres=Decimal(1000))
    hall.expose(code)
    with pytest.raises(Refused, match="is exposed; .* is read when it is incubating"):
        hall.read(plate, "0")
    hall.read(particles, "3521")
    assert hall.deviations() == [("ROOM-0002", particles, "major")]


def test_a_settle_plate_left_out_too_long_cannot_be_determined(hall: Hall) -> None:
    code = hall.plan(hall.cabinet(), hall.batch())
    changed, left = (hall.plate(code, number, kind="settle plate") for number in (1, 2))
    hall.expose(code)
    hall.office.later(hours=4)
    hall.office.do(acts.remove_plate, hall.office.who("operator"), plate=changed, done_at=NOON + 4 * HOUR)
    fresh = hall.plate(code, 3, kind="settle plate")
    hall.office.later(hours=1)
    hall.incubate(code)
    hall.office.later(days=5)
    for plate in (changed, left, fresh):
        hall.read(plate, "0")
    assert words(hall, code) == ["WITHIN", "CANNOT DETERMINE", "WITHIN"]


def test_a_plate_is_taken_away_once_and_not_before_it_was_out(hall: Hall) -> None:
    code = hall.plan(hall.cabinet())
    plate = hall.plate(code)
    remove: dict[str, Any] = {"plate": plate, "done_at": NOON}
    with pytest.raises(Refused, match="is not out"):
        hall.office.do(acts.remove_plate, hall.office.who("operator"), **remove)
    hall.expose(code)
    with pytest.raises(Refused, match="lies before"):
        hall.office.do(acts.remove_plate, hall.office.who("operator"), **remove | {"done_at": NOON - SECOND})
    hall.office.do(acts.remove_plate, hall.office.who("operator"), **remove)
    with pytest.raises(Refused, match="is not out"):
        hall.office.do(acts.remove_plate, hall.office.who("operator"), **remove)


def test_a_session_without_plates_is_not_exposed(hall: Hall) -> None:
    code = hall.plan(hall.cabinet())
    with pytest.raises(Refused, match="has no plate"):
        hall.expose(code)


def test_a_session_does_not_end_before_it_began_or_in_the_future(hall: Hall) -> None:
    code = hall.plan(hall.cabinet())
    hall.plate(code)
    hall.office.later(hours=1)
    hall.expose(code)
    for moment in (NOON + HOUR - SECOND, NOON + HOUR + SECOND):
        with pytest.raises(Refused, match="Correct date and time"):
            hall.incubate(code, until=moment)


def test_a_plate_is_in_a_session_once(hall: Hall) -> None:
    code = hall.plan(hall.cabinet())
    hall.plate(code)
    with pytest.raises(Refused, match="“TSA 1” is EM-0001-01"):
        hall.plate(code)


def test_no_plate_is_added_to_a_session_that_ended(hall: Hall) -> None:
    code = incubating(hall)
    with pytest.raises(Refused, match="no plate can be added"):
        hall.plate(code, 9)


def test_a_session_is_planned_for_a_batch_on_record(hall: Hall) -> None:
    before = (place := hall.cabinet()) and hall.office.counts()
    with pytest.raises(Refused, match="“NK-26-077” is not a batch"):
        hall.plan(place, "NK-26-077")
    assert hall.office.counts() == before


# --- the step it runs for


@pytest.mark.parametrize(("moment", "running"), [
    (NOON - SECOND, False), (NOON, True), (NOON + HOUR, True), (NOON + HOUR + SECOND, False)])
def test_an_open_step_needs_a_session_that_runs_at_its_time(hall: Hall, moment: Any, running: bool) -> None:
    """The session is out from noon for an hour; steps may be entered long afterwards."""
    batch = hall.batch()
    code = incubating(hall, batch)
    with hall.office.look() as session:
        facts = area_use_facts(session, "ROOM-0002", moment, batch=batch, recipient="SUB-0001", open_step=True,
                               clearance_needed=False)
    assert facts.monitoring == (code if running else None)
    (finding,) = [one for one in judge(AREA_USE, facts) if one.rule == "AREA-04"]
    assert (finding.verdict.value == "PASS") is running


def test_the_session_of_another_batch_does_not_count(hall: Hall) -> None:
    other, batch = hall.batch(1), hall.batch(2)
    incubating(hall, other)
    with hall.office.look() as session:
        facts = area_use_facts(session, "ROOM-0002", NOON, batch=batch, recipient="SUB-0002", open_step=True,
                               clearance_needed=False)
    assert facts.monitoring is None


def test_the_batch_record_gets_sessions_planned_for_it_and_linked_to_it(hall: Hall) -> None:
    batch = hall.batch()
    code = incubating(hall)
    hall.step(batch, lambda session, doing: acts.link(session, monitoring=code, batch=batch, step=f"{batch}/open",
                                                      by=doing.by.code, at=doing.at))
    own = hall.plan("ROOM-0002", batch)
    with hall.office.look() as session:
        assert [one.code for one in monitoring_of(session, within=batch)] == [code, own]
        assert monitoring_of(session, within="NK-26-099") == []


# --- limits of the site


def test_a_limit_of_the_site_holds_for_what_is_read_from_then_on(both: Hall) -> None:
    code = incubating(both, both.batch(), plates=2)
    both.read(f"{code}-01", "2")
    both.office.later(hours=1)
    told = {"kind": "contact plate", "grade": "B", "condition": "in operation", "alert": Decimal(1),
            "action": Decimal(3)}
    qa = both.office.who("qa", reason="Trend of 2026")
    assert both.office.do(acts.set_monitoring_limit, qa, **told) == "EML-0001"
    both.read(f"{code}-02", "4")
    with both.office.look() as session:
        first, second = session.scalars(select(PlateReading).order_by(PlateReading.code))
    assert (first.word, first.action, first.alert) == ("WITHIN", Decimal(5), Decimal("2.5"))
    assert (second.word, second.action, second.alert) == ("ACTION", Decimal(3), Decimal(1))


def test_a_looser_limit_is_refused_and_a_limit_needs_qa_and_a_reason(hall: Hall) -> None:
    told: dict[str, Any] = {"kind": "contact plate", "grade": "B", "condition": "in operation", "action": Decimal(6)}
    with pytest.raises(Refused, match="looser than the 5 of Annex 1"):
        hall.office.do(acts.set_monitoring_limit, hall.office.who("qa", reason="x"), **told)
    with pytest.raises(Refused, match="needs a reason"):
        hall.office.do(acts.set_monitoring_limit, hall.office.who("qa"), **told)
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        hall.office.do(acts.set_monitoring_limit, hall.office.who("qc analyst", reason="x"), **told)


# --- people


def glove(hall: Hall, count: str) -> str:
    """A glove print of the first operator, read."""
    badge = as_scanned(hall.office.who("operator").by)
    code = incubating(hall, hall.batch(), kind="glove print", operator=badge)
    return hall.read(f"{code}-01", count)


def test_growth_on_a_glove_asks_for_a_new_aseptic_qualification(both: Hall) -> None:
    plate, person = glove(both, "6"), both.office.who("operator").by
    at = both.office.now
    with both.office.look() as session:
        (action,) = session.scalars(select(PersonnelAction))
        assert (action.person, action.plate, action.at) == (person, plate, at)
        assert needs_requalification(session, person, at, None) is not None
        assert needs_requalification(session, person, at, at) is not None
        assert needs_requalification(session, person, at, at + SECOND) is None
        assert needs_requalification(session, person, at - SECOND, None) is None
        assert needs_requalification(session, "P-0001", at, None) is None


def test_a_glove_within_its_limit_asks_for_nothing(hall: Hall) -> None:
    glove(hall, "5")
    assert hall.office.counts()["personnel_action"] == 0


def test_growth_on_a_glove_ends_the_aseptic_qualification_and_gives_the_task_again(hall: Hall) -> None:
    office = hall.office
    person = office.who("operator").by
    for item, kind in (("ASEPTIC", "aseptic requalification"), ("GOWNING", "gowning")):
        office.do(define_training_item, office.who("qa"), item=item, kind=kind, title=item.lower(), assessed=False)
        office.do(record_earlier_training, office.who("qa"), person=person, items=[item], trained_at=NOON,
                  evidence="paper 7")
    glove(hall, "6")
    with office.look() as session:
        found = [(one.item, one.state, one.ended_at == office.now)
                 for one in session.scalars(select(Training).order_by(Training.code))]
    assert found == [("ASEPTIC", "withdrawn", True), ("GOWNING", "qualified", False), ("ASEPTIC", "assigned", False)]


def test_a_glove_names_a_person_of_the_facility(hall: Hall) -> None:
    code = hall.plan(hall.cabinet())
    with pytest.raises(Refused, match="names the person who wears it"):
        hall.plate(code, kind="glove print")
    with pytest.raises(Refused, match="is not a person"):
        hall.plate(code, kind="glove print", operator=as_scanned("P-9999"))
