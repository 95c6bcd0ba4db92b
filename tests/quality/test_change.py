"""Change control: assessed before it is approved, verified by another, an emergency reviewed in five working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import Refused, Verdict, judge, verdict_of
from mfg.quality import change_acts, change_pages
from mfg.quality.change_records import Change, changes_for, documents_of, impacts_of
from mfg.quality.change_rules import AREAS, CHANGE, Assessing, ChangeFacts, review_due
from mfg.quality.change_rules import ASSESS as ASSESS_RULES
from mfg.quality.records import change_facts
from mfg.quality.rules import CHANGE_COVERS
from mfg.trail import signatures_of
from mfg.verbs import VERBS
from tests.quality.test_acts import refused

DOCUMENT = "NK-CD123-CD16/2"
NO = {"affected": dict.fromkeys(AREAS, False), "why": {area: f"Nothing of {area} depends on it." for area in AREAS}}


# --- covering a document ------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "document", "rule", "verdict"), [
    ("approved", DOCUMENT, "", "PASS"),
    ("implemented", DOCUMENT, "", "PASS"),
    ("verified", DOCUMENT, "", "PASS"),
    ("requested", DOCUMENT, "CHG-02", "FAIL"),
    ("impact assessed", DOCUMENT, "CHG-02", "FAIL"),
    ("rejected", DOCUMENT, "CHG-02", "FAIL"),
    ("closed", DOCUMENT, "CHG-02", "FAIL"),
    ("approved", "NK-CD123-CD16/3", "CHG-03", "FAIL"),
])
def test_a_change_covers_only_what_it_lists_and_only_while_it_is_in_force(
        state: str, document: str, rule: str, verdict: str) -> None:
    found = judge(CHANGE_COVERS, ChangeFacts("CHG-0001", document, state, (DOCUMENT, "SOP-1/2")))
    told = {"CHG-01": "PASS", "CHG-02": "PASS", "CHG-03": "PASS"} | ({rule: verdict} if rule else {})
    assert {one.rule: one.verdict for one in found} == told


def test_a_change_that_is_not_there_covers_nothing() -> None:
    found = judge(CHANGE_COVERS, ChangeFacts("CHG-0099", DOCUMENT, None))
    assert verdict_of(found) is Verdict.FAIL and "no change “CHG-0099”" in found[0].why


def test_where_no_change_is_named_nothing_is_covered() -> None:
    assert {one.verdict for one in judge(CHANGE_COVERS, ChangeFacts("", DOCUMENT, None))} == {Verdict.CANNOT_DETERMINE}


def test_every_state_has_its_answer() -> None:
    for state in CHANGE.states:
        found = verdict_of(judge(CHANGE_COVERS, ChangeFacts("CHG-0001", DOCUMENT, state, (DOCUMENT,))))
        assert (found is Verdict.PASS) is (state in ("approved", "implemented", "verified")), state


# --- five working days --------------------------------------------------------------------------------


@pytest.mark.parametrize(("approved", "overdue_from"), [
    ("2026-11-16", "2026-11-24"),  # Monday: Tue Wed Thu Fri Mon
    ("2026-11-17", "2026-11-25"),
    ("2026-11-18", "2026-11-26"),
    ("2026-11-19", "2026-11-27"),
    ("2026-11-20", "2026-11-28"),  # Friday: the fifth is Friday of the week after
    ("2026-11-21", "2026-11-28"),  # Saturday and Sunday are no working days
    ("2026-11-22", "2026-11-28"),
    ("2026-12-31", "2027-01-08"),  # public holidays are not known, and count
])
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_the_review_is_due_at_the_end_of_the_fifth_working_day(approved: str, overdue_from: str, hour: int) -> None:
    at = datetime.combine(date.fromisoformat(approved), time(hour, 59), UTC)
    assert review_due(at) == datetime.combine(date.fromisoformat(overdue_from), time(0), UTC)


@given(st.integers(0, 80_000 * 24))
def test_exactly_five_working_days_lie_before_it_is_overdue(hours: int) -> None:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    due, day, working = review_due(at), at.date() + timedelta(days=1), 0
    while day < due.date():
        working += day.isoweekday() <= 5
        day += timedelta(days=1)
    assert working == 5 and (due - timedelta(days=1)).isoweekday() <= 5


def test_a_time_of_another_zone_is_counted_in_utc() -> None:
    late = datetime.fromisoformat("2026-11-22T23:30:00-05:00")  # Monday in UTC
    assert review_due(late) == datetime(2026, 12, 1, tzinfo=UTC)


# --- areas --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(("answer", "why"), [(None, "A reason."), (True, ""), (False, "  ")])
def test_blank_is_not_no_in_any_area(area: str, answer: bool | None, why: str) -> None:
    affected: dict[str, bool | None] = dict.fromkeys(AREAS, False) | {area: answer}
    (found,) = judge(ASSESS_RULES, Assessing("CHG-0001", affected, NO["why"] | {area: why}))
    assert found.verdict is Verdict.CANNOT_DETERMINE and area in found.why


def test_an_area_nobody_mentions_is_not_no() -> None:
    (found,) = judge(ASSESS_RULES, Assessing("CHG-0001", {}, {}))
    assert found.verdict is Verdict.CANNOT_DETERMINE and all(area in found.why for area in AREAS)


def test_yes_and_no_with_reasons_are_an_assessment() -> None:
    affected: dict[str, bool | None] = dict.fromkeys(AREAS, False) | {"training": True}
    (found,) = judge(ASSESS_RULES, Assessing("CHG-0001", affected, NO["why"]))
    assert found.verdict is Verdict.PASS and "training" in found.why


# --- states -------------------------------------------------------------------------------------------


def test_every_state_is_reached_and_left_unless_it_is_final() -> None:
    seen, todo = set(), [CHANGE.start]
    while todo:
        state = todo.pop()
        seen.add(state)
        todo += [move.after for move in CHANGE.moves if state in move.before and move.after not in seen]
    assert seen == set(CHANGE.states)
    for state in CHANGE.states:
        assert any(state in move.before for move in CHANGE.moves) is (state not in CHANGE.final), state
    assert {move.verb for move in CHANGE.moves} <= set(VERBS)


# --- acts ---------------------------------------------------------------------------------------------


def requested(office: Any, *, emergency: bool = False, documents: str = f"{DOCUMENT} SOP-1/2", role: str = "operator",
              number: int = 1) -> str:
    return str(office.do(change_acts.request_change, office.who(role, number), title="Another medium",
                         why="The supplier stops making it.", emergency=emergency, documents=documents))


def assessed(office: Any, code: str) -> str:
    return str(office.do(change_acts.assess_change, office.who("qc reviewer"), change=code, **NO))


def approved(office: Any, code: str) -> str:
    assessed(office, code)
    return str(office.do(change_acts.approve_change, office.who("qa"), change=code))


def verified(office: Any, code: str) -> str:
    office.do(change_acts.implement_change, office.who("operator"), change=code, done="The new medium is in use.")
    return str(office.do(change_acts.verify_change, office.who("qa"), change=code, seen_done="Seen on the shelf."))


def row_of(office: Any, code: str) -> Change:
    with office.look() as session:
        return session.get_one(Change, code)  # type: ignore[no-any-return]


def covered(office: Any, code: str, document: str = DOCUMENT) -> Verdict:
    with office.look() as session:
        return verdict_of(judge(CHANGE_COVERS, change_facts(session, code, document)))


def test_a_change_goes_from_its_request_to_its_end(office: Any) -> None:
    code = requested(office)
    assert (code, office.last_entry().on_code, office.last_entry().within) == ("CHG-0001", code, code)
    assert covered(office, code) is Verdict.FAIL
    approved(office, code)
    assert covered(office, code) is Verdict.PASS
    assert covered(office, code, "NK-CD123-CD16/3") is Verdict.FAIL
    verified(office, code)
    office.do(change_acts.close_change, office.who("qa"), change=code, conclusion="It works as meant.")
    row = row_of(office, code)
    assert (row.state, row.closed_at, row.review_due_at) == ("closed", office.now, None)
    assert covered(office, code) is Verdict.FAIL
    with office.look() as session:
        assert [one.code for one in changes_for(session, DOCUMENT)] == [code]
        assert [(one.area, one.affected) for one in impacts_of(session, code)] == [(area, False) for area in AREAS]
        assert [one["meaning"] for one in signatures_of(session, code)] == [
            "Impact assessed", "Approved", "Implemented", "Verified", "Closed"]


def test_a_change_that_nobody_requested_has_no_state(sqlite_office: Any) -> None:
    assert covered(sqlite_office, "CHG-0099") is Verdict.FAIL
    assert covered(sqlite_office, "") is Verdict.CANNOT_DETERMINE


def test_a_planned_change_is_not_approved_before_it_is_assessed(sqlite_office: Any) -> None:
    code = requested(sqlite_office)
    refused(sqlite_office, change_acts.approve_change, sqlite_office.who("qa"), change=code)
    caught = refused(sqlite_office, change_acts.approve_emergency_change, sqlite_office.who("qa", reason="Haste."),
                     change=code)
    assert [one.rule for one in caught.findings] == ["CHG-06"]


def test_an_assessment_with_a_blank_is_refused(sqlite_office: Any) -> None:
    code = requested(sqlite_office)
    caught = refused(sqlite_office, change_acts.assess_change, sqlite_office.who("qc reviewer"), change=code,
                     affected=NO["affected"] | {"ethics": None}, why=NO["why"])
    assert [one.rule for one in caught.findings] == ["CHG-04"]


def test_who_requested_it_does_not_approve_it(sqlite_office: Any) -> None:
    code = requested(sqlite_office, role="qa")
    assessed(sqlite_office, code)
    caught = refused(sqlite_office, change_acts.approve_change, sqlite_office.who("qa"), change=code)
    assert caught.kind == "not allowed"
    sqlite_office.do(change_acts.approve_change, sqlite_office.who("qa", 2), change=code)


def test_a_document_named_after_the_assessment_has_it_assessed_again(office: Any) -> None:
    code = requested(office, documents="")
    assessed(office, code)
    office.do(change_acts.cover_document, office.who("qc reviewer"), change=code, documents=DOCUMENT)
    assert row_of(office, code).state == "requested"
    with office.look() as session:
        assert documents_of(session, code) == (DOCUMENT,)
        assert [one["void"] for one in signatures_of(session, code)] == [True]
    approved(office, code)
    with office.look() as session:
        assert sorted({one.attempt for one in impacts_of(session, code)}) == [1, 2]
    caught = refused(office, change_acts.cover_document, office.who("qc reviewer"), change=code, documents="SOP-9/1")
    assert "not possible from there" in caught.why


def test_a_document_is_named_once(sqlite_office: Any) -> None:
    code = requested(sqlite_office, documents=f"{DOCUMENT} {DOCUMENT}")
    with sqlite_office.look() as session:
        assert documents_of(session, code) == (DOCUMENT,)
    caught = refused(sqlite_office, change_acts.cover_document, sqlite_office.who("qa"), change=code,
                     documents=DOCUMENT)
    assert "already" in caught.why


def test_a_document_code_that_cannot_be_kept_is_refused(sqlite_office: Any) -> None:
    caught = refused(sqlite_office, change_acts.request_change, sqlite_office.who("qa"), title="Another", why="Why.",
                     emergency=False, documents="x" * 81)
    assert caught.kind == "input"


def test_who_did_it_neither_verifies_nor_closes_it(sqlite_office: Any) -> None:
    office, code = sqlite_office, approved(sqlite_office, requested(sqlite_office))
    office.do(change_acts.implement_change, office.who("qa", 2), change=code, done="The new medium is in use.")
    refused(office, change_acts.verify_change, office.who("qa", 2), change=code, seen_done="Seen on the shelf.")
    office.do(change_acts.verify_change, office.who("verifier"), change=code, seen_done="Seen on the shelf.")
    refused(office, change_acts.close_change, office.who("qa", 2), change=code, conclusion="It works as meant.")
    office.do(change_acts.close_change, office.who("qa"), change=code, conclusion="It works as meant.")


@pytest.mark.parametrize("told", ["", "ok"])
def test_a_tick_verifies_nothing(sqlite_office: Any, told: str) -> None:
    code = approved(sqlite_office, requested(sqlite_office))
    sqlite_office.do(change_acts.implement_change, sqlite_office.who("operator"), change=code, done="Done.")
    caught = refused(sqlite_office, change_acts.verify_change, sqlite_office.who("qa"), change=code, seen_done=told)
    assert [one.rule for one in caught.findings] == ["CHG-10"]


def test_a_change_is_rejected_with_a_reason_until_it_is_done(sqlite_office: Any) -> None:
    office, code = sqlite_office, approved(sqlite_office, requested(sqlite_office))
    assert refused(office, change_acts.reject_change, office.who("qa"), change=code).kind == "input"
    office.do(change_acts.reject_change, office.who("qa", reason="The supplier goes on."), change=code)
    assert covered(office, code) is Verdict.FAIL
    refused(office, change_acts.implement_change, office.who("operator"), change=code, done="Done.")


# --- emergencies --------------------------------------------------------------------------------------


def emergency(office: Any) -> str:
    return str(office.do(change_acts.approve_emergency_change, office.who("qa", reason="The freezer fails."),
                         change=requested(office, emergency=True)))


def test_an_emergency_is_approved_at_once_with_a_reason_and_its_review_is_due(office: Any) -> None:
    code = requested(office, emergency=True)
    assert refused(office, change_acts.approve_emergency_change, office.who("qa"), change=code).kind == "input"
    office.do(change_acts.approve_emergency_change, office.who("qa", reason="The freezer fails."), change=code)
    row = row_of(office, code)
    assert (row.state, row.review_due_at) == ("approved", datetime(2026, 11, 28, tzinfo=UTC))
    assert covered(office, code) is Verdict.PASS


def test_an_emergency_is_overdue_on_the_sixth_working_day_and_not_on_the_fifth(sqlite_office: Any) -> None:
    office, code = sqlite_office, emergency(sqlite_office)  # approved on a Friday
    fifth, sixth = datetime(2026, 11, 27, 23, 59, tzinfo=UTC), datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    for at, late in ((fifth, False), (sixth, True)):
        office.as_of(at)
        assert change_pages.is_overdue(row_of(office, code), at) is late
        with office.look() as session:
            page = change_pages.list_changes(session)
        cell = page["rows"][0][4]
        assert (cell["verdict"], cell["text"].startswith("overdue")) == (("FAIL", True) if late else
                                                                         ("CANNOT DETERMINE", False))
        assert (code in page["about"]) is late


def test_an_emergency_is_not_closed_before_its_review(office: Any) -> None:
    code = verified(office, emergency(office))
    told = {"change": code, "conclusion": "It works as meant."}
    caught = refused(office, change_acts.close_change, office.who("qa"), **told)
    assert [one.rule for one in caught.findings] == ["CHG-08"]
    office.do(change_acts.review_emergency_change, office.who("qa", 2), change=code, **NO)
    office.do(change_acts.close_change, office.who("qa"), **told)
    assert row_of(office, code).state == "closed"


def test_who_approved_the_emergency_does_not_review_it(sqlite_office: Any) -> None:
    code = emergency(sqlite_office)
    caught = refused(sqlite_office, change_acts.review_emergency_change, sqlite_office.who("qa"), change=code, **NO)
    assert caught.kind == "not allowed"


def test_a_planned_change_has_no_review_in_retrospect(sqlite_office: Any) -> None:
    code = approved(sqlite_office, requested(sqlite_office))
    caught = refused(sqlite_office, change_acts.review_emergency_change, sqlite_office.who("qa", 2), change=code, **NO)
    assert [one.rule for one in caught.findings] == ["CHG-09"]


def test_a_review_with_a_blank_is_refused(sqlite_office: Any) -> None:
    code = emergency(sqlite_office)
    caught = refused(sqlite_office, change_acts.review_emergency_change, sqlite_office.who("qa", 2), change=code,
                     affected={}, why={})
    assert [one.rule for one in caught.findings] == ["CHG-04"]


def test_a_late_review_ends_the_being_overdue(sqlite_office: Any) -> None:
    office, code = sqlite_office, emergency(sqlite_office)
    office.later(days=30)
    office.do(change_acts.review_emergency_change, office.who("qa", 2), change=code, **NO)
    assert not change_pages.is_overdue(row_of(office, code), office.now)


@pytest.mark.parametrize("verb", [change_acts.approve_change, change_acts.reject_change])
def test_a_change_that_is_not_there_is_not_found(sqlite_office: Any, verb: Any) -> None:
    who = sqlite_office.who("qa", reason="Because.")
    assert refused(sqlite_office, verb, who, change="CHG-0099").kind == "not found"


def test_whoever_saw_another_version_of_a_change_is_told(sqlite_office: Any) -> None:
    code = assessed(sqlite_office, requested(sqlite_office))
    with pytest.raises(Refused) as caught:
        sqlite_office.do(change_acts.approve_change, sqlite_office.who("qa"), change=code, seen="1")
    assert caught.value.kind == "stale"
