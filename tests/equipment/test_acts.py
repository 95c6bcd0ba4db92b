"""Equipment goes into service by QA, is calibrated by one and confirmed by another; its log book writes itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg.equipment import acts, area_acts
from mfg.equipment.log_book import equipment_of, log_book
from mfg.equipment.records import Calibration, Equipment, affected_uses, calibration, use_facts
from mfg.equipment.rules import EQUIPMENT_USE
from mfg.facts import Refused, judge
from mfg.files import KeptFile
from mfg.ledger import Repeated
from mfg.people.acts import grant_role
from mfg.uploads import read_upload
from tests.equipment.hall import Hall
from tests.office import NOON

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def state(hall: Hall, code: str) -> str:
    with hall.office.look() as session:
        return session.get_one(Equipment, code).state


def wrong(hall: Hall, code: str, at: Any = None, batch: str = "NK-26-001", kind: str = "incubator") -> list[str]:
    """The rules of use that do not pass at a moment."""
    with hall.office.look() as session:
        findings = judge(EQUIPMENT_USE, use_facts(session, code, at or hall.office.now, kind, batch))
    return [finding.rule for finding in findings if finding.verdict.value != "PASS"]


def grant(hall: Hall, role: str, to: str, number: int = 1) -> None:
    office = hall.office
    office.do(grant_role, office.who("administrator"), person=office.who(to, number).by, role=role)


# --- into service


def test_equipment_is_registered_qualified_and_may_be_used(both: Hall) -> None:
    code = both.incubator()
    assert (code, state(both, code)) == ("EQ-0001", "installed")
    assert wrong(both, code) == ["EQP-01", "EQP-02", "EQP-03", "EQP-04"]
    both.calibrate(code)
    both.maintain(code)
    both.clean(code)
    both.qualify(code)
    assert state(both, code) == "in service"
    assert wrong(both, code) == []
    assert wrong(both, code, kind="centrifuge") == ["EQP-05"]


def test_a_serial_number_is_registered_once_and_the_second_attempt_leaves_no_trace(both: Hall) -> None:
    both.incubator()
    before = both.office.counts()
    with pytest.raises(Refused, match="registered as EQ-0001 already"):
        both.incubator()
    assert both.office.counts() == before
    assert (both.office.last_entry().outcome, both.office.last_entry().verb) == ("refused", "register equipment")


def test_an_interval_left_blank_is_not_never(hall: Hall) -> None:
    with pytest.raises(Refused, match="calibration interval in days is blank"):
        hall.incubator(calibration_days=None)


def test_a_form_sent_twice_registers_one(hall: Hall) -> None:
    told = {"kind": "balance", "name": "Balance", "serial": "B-1", "room": "R", "needs_calibration": False,
            "needs_maintenance": False, "cleaning_rule": "not needed"}
    hall.office.do(acts.register_equipment, hall.office.who("operator", nonce="n-1"), **told)
    with pytest.raises(Repeated):
        hall.office.do(acts.register_equipment, hall.office.who("operator", nonce="n-1"), **told)
    assert hall.office.counts()["equipment"] == 1


def test_who_registered_it_does_not_qualify_it(hall: Hall) -> None:
    code = hall.incubator()
    grant(hall, "qa", "production supervisor")
    with pytest.raises(Refused, match="the same person did “register equipment”"):
        hall.office.do(acts.qualify_equipment, hall.office.who("production supervisor"), equipment=code, report="PQ")
    assert state(hall, code) == "installed"


def test_an_operator_does_not_qualify(hall: Hall) -> None:
    code = hall.incubator()
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        hall.office.do(acts.qualify_equipment, hall.office.who("operator"), equipment=code, report="PQ")


def test_what_was_seen_must_be_what_is_there(hall: Hall) -> None:
    code = hall.ready()
    with pytest.raises(Refused, match="You saw version 1"):
        hall.office.do(acts.take_out_of_service, hall.office.who("operator", reason="Alarm"), equipment=code, seen="1")


def test_an_unknown_code_is_refused_by_name(hall: Hall) -> None:
    with pytest.raises(Refused, match="“EQ-0404” is not equipment"), hall.office.look() as session:
        use_facts(session, "EQ-0404", NOON, "incubator", "NK-26-001")


# --- calibration


def test_a_calibration_counts_once_a_second_person_confirmed_it(both: Hall) -> None:
    code = both.ready()
    both.office.later(days=1)
    newer = both.calibrate(code, confirm=False)
    assert wrong(both, code) == ["EQP-02"]
    both.office.do(acts.confirm_calibration, both.office.who("verifier"), calibration=newer)
    assert wrong(both, code) == []


def test_who_recorded_a_calibration_does_not_confirm_it(hall: Hall) -> None:
    code = hall.calibrate(hall.incubator(), confirm=False)
    grant(hall, "verifier", "operator")
    with pytest.raises(Refused, match="the same person did “record calibration”"):
        hall.office.do(acts.confirm_calibration, hall.office.who("operator"), calibration=code)


def test_a_calibration_is_confirmed_once(hall: Hall) -> None:
    code = hall.calibrate(hall.incubator())
    with pytest.raises(Refused, match="confirmed already"):
        hall.office.do(acts.confirm_calibration, hall.office.who("verifier", 2), calibration=code)


def test_an_operator_does_not_confirm_a_calibration(hall: Hall) -> None:
    code = hall.calibrate(hall.incubator(), confirm=False)
    with pytest.raises(Refused, match="takes one of these roles"):
        hall.office.do(acts.confirm_calibration, hall.office.who("operator", 2), calibration=code)


def test_calibrated_exactly_until_the_due_moment_and_overdue_by_a_second(hall: Hall) -> None:
    code = hall.ready(maintenance_days=1000)
    due = NOON + 365 * DAY
    assert wrong(hall, code, due) == []
    assert wrong(hall, code, due + SECOND) == ["EQP-02"]


def test_the_certificate_may_say_earlier_but_never_later(hall: Hall) -> None:
    code = hall.incubator()
    with pytest.raises(Refused, match="at the latest"):
        hall.calibrate(code, due_at=NOON + 366 * DAY)
    kept = hall.calibrate(code, due_at=NOON + 30 * DAY)
    with hall.office.look() as session:
        assert calibration(session, kept).due_at == NOON + 30 * DAY


def test_a_use_entered_late_is_judged_at_its_own_time(hall: Hall) -> None:
    """In time when it was used, overdue when it is entered; and the other way round."""
    code = hall.ready(maintenance_days=1000)
    hall.office.later(days=400)
    assert wrong(hall, code, NOON + 364 * DAY) == []
    assert wrong(hall, code) == ["EQP-02"]
    hall.calibrate(code)
    assert wrong(hall, code) == []
    assert wrong(hall, code, NOON + 366 * DAY) == ["EQP-02"]


def test_a_use_before_it_came_into_service_is_judged_by_what_was_then(hall: Hall) -> None:
    code = hall.ready()
    hall.office.later(days=1)
    hall.office.do(acts.take_out_of_service, hall.office.who("operator", reason="Alarm"), equipment=code)
    assert wrong(hall, code) == ["EQP-01"]
    assert wrong(hall, code, NOON + DAY - SECOND) == []
    assert "EQP-01" in wrong(hall, code, NOON - SECOND)


def test_the_certificate_is_kept_with_the_calibration(hall: Hall) -> None:
    file = read_upload("certificate.csv", b"point,value\n37,37.0\n")
    code = hall.calibrate(hall.incubator(), file=file)
    with hall.office.look() as session:
        row = session.get_one(Calibration, code)
        assert row.file == file.code
        assert session.get_one(KeptFile, row.file).name == "certificate.csv"


def test_a_calibration_from_the_future_leaves_no_trace(hall: Hall) -> None:
    code = hall.incubator()
    before = hall.office.counts()
    with pytest.raises(Refused, match="Correct date and time"):
        hall.calibrate(code, at=NOON + SECOND)
    assert hall.office.counts() == before


# --- found outside its tolerance


def test_found_outside_lists_only_uses_since_the_last_good_calibration_and_opens_a_deviation_a_batch(
        both: Hall) -> None:
    code = both.ready()
    first, second, third = both.batch(1), both.batch(2), both.batch(3)
    both.office.later(days=1)
    both.use(code, first)
    both.office.later(days=1)
    both.calibrate(code)  # good
    both.office.later(days=1)
    both.use(code, second, step="culture")
    both.use(code, second, step="feed")
    both.use(code, third)
    both.office.later(days=1)
    bad = both.calibrate(code, found="38.1", left="37.0", confirm=False)
    with both.office.look() as session:
        uses = affected_uses(session, calibration(session, bad))
        assert [use.on_code for use in uses] == ["NK-26-002/culture", "NK-26-002/feed", "NK-26-003/culture"]
    assert both.deviations() == [(second, bad, "major"), (third, bad, "major")]
    assert state(both, code) == "out of service"
    entry = both.office.last_entry()
    assert (entry.verb, entry.on_code, entry.within) == ("record calibration", bad, code)


def test_found_outside_without_a_good_calibration_before_lists_every_use(hall: Hall) -> None:
    code = hall.incubator()
    batch = hall.batch()
    hall.use(code, batch, at=NOON - 30 * DAY)
    bad = hall.calibrate(code, found="36.0", left="37.0")
    assert hall.deviations() == [(batch, bad, "major")]


@pytest.mark.parametrize(("used", "doubted"), [(-SECOND, False), (timedelta(0), True), (10 * DAY, True),
                                               (10 * DAY + SECOND, False)])
def test_doubt_reaches_from_the_last_good_calibration_to_this_one_both_included(
        hall: Hall, used: timedelta, doubted: bool) -> None:
    code, batch = hall.ready(), hall.batch()
    hall.office.later(days=11)
    hall.use(code, batch, at=NOON + used)
    hall.calibrate(code, found="38", left="37", at=NOON + 10 * DAY)
    assert bool(hall.deviations()) is doubted


def test_left_outside_puts_later_uses_in_doubt_too(hall: Hall) -> None:
    code, batch = hall.ready(), hall.batch()
    hall.office.later(days=11)
    hall.use(code, batch, at=NOON + 10 * DAY + SECOND)
    bad = hall.calibrate(code, found="38", left="38", at=NOON + 10 * DAY)
    assert hall.deviations() == [(batch, bad, "major")]


def test_an_unconfirmed_good_calibration_is_no_last_good_one(hall: Hall) -> None:
    code, batch = hall.ready(), hall.batch()
    hall.office.later(days=1)
    hall.use(code, batch)
    hall.office.later(days=1)
    hall.calibrate(code, confirm=False)
    hall.office.later(days=1)
    hall.calibrate(code, found="38", left="37")
    assert [one[0] for one in hall.deviations()] == [batch]


def test_found_outside_without_any_use_opens_nothing_but_stops_it(hall: Hall) -> None:
    code = hall.ready()
    hall.office.later(days=1)
    hall.calibrate(code, found="38", left="37")
    assert (hall.deviations(), state(hall, code)) == ([], "out of service")


def test_a_use_before_a_failed_calibration_entered_after_it_cannot_be_determined(hall: Hall) -> None:
    code = hall.ready()
    hall.office.later(days=2)
    hall.calibrate(code, found="38", left="37")
    assert wrong(hall, code, NOON + DAY) == ["EQP-02"]


def test_found_within_at_the_tolerance_is_no_failure(hall: Hall) -> None:
    code, batch = hall.ready(), hall.batch()
    hall.office.later(days=1)
    hall.use(code, batch)
    hall.calibrate(code, found="37.5")
    assert (hall.deviations(), state(hall, code)) == ([], "in service")


# --- out and back, for good


def test_equipment_comes_back_calibrated_and_by_another(both: Hall) -> None:
    code = both.ready()
    both.office.later(days=1)
    bad = both.calibrate(code, found="38", left="37", confirm=False)
    back = {"equipment": code, "conclusion": "Adjusted, within its tolerance"}
    with pytest.raises(Refused, match="not yet confirmed"):
        both.office.do(acts.return_to_service, both.office.who("qa"), **back)
    both.office.do(acts.confirm_calibration, both.office.who("verifier"), calibration=bad)
    both.office.do(acts.return_to_service, both.office.who("qa"), **back)
    assert (state(both, code), wrong(both, code)) == ("in service", [])


def test_who_took_it_out_does_not_return_it(hall: Hall) -> None:
    code = hall.ready()
    hall.office.do(acts.take_out_of_service, hall.office.who("qa", reason="Doubt"), equipment=code)
    with pytest.raises(Refused, match="taken out of service by the same person"):
        hall.office.do(acts.return_to_service, hall.office.who("qa"), equipment=code, conclusion="Good again")
    hall.office.do(acts.return_to_service, hall.office.who("qa", 2), equipment=code, conclusion="Good again")
    assert state(hall, code) == "in service"


def test_taking_out_needs_a_reason_and_retiring_too(hall: Hall) -> None:
    code = hall.ready()
    for verb, role in ((acts.take_out_of_service, "operator"), (acts.retire_equipment, "qa")):
        with pytest.raises(Refused, match="needs a reason"):
            hall.office.do(verb, hall.office.who(role), equipment=code)


@pytest.mark.parametrize(("verb", "told"), [
    (acts.record_cleaning, {"how": "wiped", "done_at": NOON}),
    (acts.record_maintenance, {"what": "x", "done_at": NOON}),
    (acts.record_calibration, {"point": "t", "reference": Decimal(1), "tolerance": Decimal(1), "as_found": Decimal(1),
                               "as_left": Decimal(1), "unit": "Cel", "certificate": "c", "calibrated_at": NOON})])
def test_nothing_is_done_to_retired_equipment(hall: Hall, verb: Any, told: dict) -> None:
    code = hall.ready()
    hall.office.do(acts.retire_equipment, hall.office.who("qa", reason="Broken"), equipment=code)
    with pytest.raises(Refused, match="is retired"):
        hall.office.do(verb, hall.office.who("operator"), equipment=code, **told)


def test_an_operator_neither_returns_nor_retires(hall: Hall) -> None:
    code = hall.ready()
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        hall.office.do(acts.return_to_service, hall.office.who("operator"), equipment=code, conclusion="x")
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        hall.office.do(acts.retire_equipment, hall.office.who("operator", reason="x"), equipment=code)


# --- cleaning and the log book


def test_a_cleaning_counts_once_another_checked_it(both: Hall) -> None:
    code, first = both.ready(), both.batch(1)
    both.batch(2)
    both.office.later(hours=1)
    both.use(code, first)
    both.office.later(hours=1)
    assert wrong(both, code, batch="NK-26-002") == ["EQP-04"]
    assert wrong(both, code, batch=first) == []
    done = both.clean(code, check=False)
    assert wrong(both, code, batch="NK-26-002") == ["EQP-04"]
    with pytest.raises(Refused, match="the same person did “record cleaning”"):
        both.office.do(area_acts.check_cleaning, both.office.who("operator"), cleaning=done)
    both.office.do(area_acts.check_cleaning, both.office.who("verifier"), cleaning=done)
    assert wrong(both, code, batch="NK-26-002") == []
    with pytest.raises(Refused, match="checked already"):
        both.office.do(area_acts.check_cleaning, both.office.who("verifier", 2), cleaning=done)


def test_maintenance_is_recorded_where_it_is_needed(hall: Hall) -> None:
    code = hall.incubator(needs_maintenance=False, maintenance_days=None)
    with pytest.raises(Refused, match="needing no maintenance"):
        hall.maintain(code)


def test_a_step_writes_one_line_however_often_it_says_so(both: Hall) -> None:
    code, batch = both.ready(), both.batch()
    assert both.use(code, batch) == both.use(code, batch)
    both.office.later(minutes=1)
    both.use(code, batch)
    assert both.office.counts()["equipment_use"] == 2


def test_the_log_book_tells_everything_in_the_order_of_time(hall: Hall) -> None:
    code, batch = hall.ready(), hall.batch()
    hall.office.later(days=1)
    hall.use(code, batch)
    hall.office.later(days=1)
    hall.clean(code)
    hall.office.later(days=1)
    hall.maintain(code, at=NOON + timedelta(hours=1))  # told late: it stands where it happened
    with hall.office.look() as session:
        lines = log_book(session, code)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert [line.kind for line in lines][-3:] == ["maintenance", "use", "cleaning"]
    assert {"use", "cleaning", "maintenance", "calibration", "state"} == {line.kind for line in lines}
    (use,) = [line for line in lines if line.kind == "use"]
    assert (use.batch, use.what) == (batch, f"{batch}/culture")
    assert all(line.checked_by for line in lines if line.kind in ("cleaning", "calibration"))


def test_the_batch_record_gets_every_use_with_its_calibration_then(hall: Hall) -> None:
    code, batch = hall.ready(), hall.batch()
    hall.office.later(days=1)
    hall.use(code, batch)
    hall.office.later(days=1)
    hall.calibrate(code)
    with hall.office.look() as session:
        (used,) = equipment_of(session, within=batch)
        assert equipment_of(session, within="NK-26-099") == []
    assert (used.equipment, used.serial, used.calibration, used.step) == (code, "SN-1", "CAL-0001", f"{batch}/culture")
