"""Deviations on both databases: opened, judged, investigated, closed by people; refused without trace; in a race."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mfg.facts import Refused
from mfg.ledger import Entry, Repeated, Signature, playing_at
from mfg.quality import acts, investigation_acts
from mfg.quality.records import (
    Deviation,
    NoImpact,
    affected_by,
    deviations_of,
    investigations_of,
    no_impacts_of,
    recurrence_of,
)
from mfg.trail import signatures_of
from tests.quality import walked
from tests.quality.walked import CONCLUSION, FOUND, drafted, known_to_history


def opened(office: Any, role: str = "operator", **change: Any) -> str:
    """A deviation opened on an account, which is something history knows."""
    told = {"within": "P-0003", "on_code": "P-0003", "severity": "major", "what": "Entered a day late."} | change
    return str(office.do(acts.open_deviation, office.who(role), **told))


def row_of(office: Any, code: str) -> Deviation:
    with office.look() as session:
        return session.get_one(Deviation, code)  # type: ignore[no-any-return]


def refused(office: Any, verb: Any, who: Any, **told: Any) -> Refused:
    """A refusal that leaves no row behind and is itself recorded."""
    before = office.counts()
    with pytest.raises(Refused) as caught:
        office.do(verb, who, **told)
    assert office.counts() == before
    assert office.last_entry().outcome == "refused"
    return caught.value


# --- opening ------------------------------------------------------------------------------------------


def test_a_person_opens_a_deviation_and_history_says_so(office: Any) -> None:
    code = opened(office, kind="late entry", requirement="Within the hour.", immediate="Read again.", place="Room 2",
                  happened_at=office.now - timedelta(hours=5))
    entry = office.last_entry()
    assert (code, entry.verb, entry.on_code, entry.within) == ("DEV-0001", "open deviation", "DEV-0001", "P-0003")
    row = row_of(office, code)
    assert (row.state, row.by_system, row.kind, row.severity, row.opened_at) == (
        "open", False, "late entry", "major", office.now)
    assert (row.requirement, row.immediate, row.place) == ("Within the hour.", "Read again.", "Room 2")
    assert row.happened_at == office.now - timedelta(hours=5)


def test_a_deviation_is_due_thirty_days_after_it_was_opened(sqlite_office: Any) -> None:
    assert row_of(sqlite_office, opened(sqlite_office)).due_at == sqlite_office.now + timedelta(days=30)


def test_a_critical_class_is_critical_whatever_the_person_says(sqlite_office: Any) -> None:
    assert row_of(sqlite_office, opened(sqlite_office, kind="label mismatch", severity="minor")).severity == "critical"


def test_nothing_happened_in_the_future(sqlite_office: Any) -> None:
    who = sqlite_office.who("operator")
    caught = refused(sqlite_office, acts.open_deviation, who, within="P-0003", on_code="P-0003", severity="minor",
                     what="Seen.", happened_at=sqlite_office.now + timedelta(minutes=1))
    assert "cannot have happened" in caught.why


def test_a_deviation_on_nothing_is_refused_and_leaves_no_row(office: Any) -> None:
    caught = refused(office, acts.open_deviation, office.who("operator"), within="NK-99-999", on_code="NK-99-999",
                     severity="minor", what="Seen.")
    assert "NK-99-999" in caught.why


def test_a_deviation_that_affects_nothing_on_record_is_refused(sqlite_office: Any) -> None:
    caught = refused(sqlite_office, acts.open_deviation, sqlite_office.who("operator"), within="P-0003",
                     on_code="P-0003", severity="minor", what="Seen.", affected="P-0004 NK-99-999")
    assert "NK-99-999" in caught.why


def test_who_opens_it_names_what_else_it_affects(sqlite_office: Any) -> None:
    code = opened(sqlite_office, affected="P-0004, P-0005\nP-0004")
    with sqlite_office.look() as session:
        assert [(one.code, one.record) for one in affected_by(session, code)] == [
            ("DEV-0001-A1", "P-0004"), ("DEV-0001-A2", "P-0005")]
        assert [one.code for one in deviations_of(session, "P-0005")] == [code]


def test_a_double_tap_opens_one(sqlite_office: Any) -> None:
    told = {"within": "P-0003", "on_code": "P-0003", "severity": "minor", "what": "Seen."}
    sqlite_office.do(acts.open_deviation, sqlite_office.who("operator", nonce="once"), **told)
    with pytest.raises(Repeated):
        sqlite_office.do(acts.open_deviation, sqlite_office.who("operator", nonce="once"), **told)
    with sqlite_office.look() as session:
        assert len(deviations_of(session, "P-0003")) == 1


# --- drafts of the system -----------------------------------------------------------------------------


def test_what_the_system_drafts_waits_for_a_person_with_the_class_it_was_given(office: Any) -> None:
    code = drafted(office, kind="hold breach")
    row = row_of(office, code)
    assert (row.state, row.by_system, row.kind, row.severity) == ("draft", True, "hold breach", "major")
    assert row.due_at == office.now + timedelta(days=30)
    office.do(acts.confirm_deviation, office.who("verifier"), deviation=code, requirement="At most 4 h.",
              immediate="Cooled at once.", place="Room 2")
    row = row_of(office, code)
    assert (row.state, row.confirmed_by, row.immediate) == ("open", office.people["verifier.1"], "Cooled at once.")


def test_a_draft_without_a_class_is_a_limit_breach_with_the_severity_given(sqlite_office: Any) -> None:
    row = row_of(sqlite_office, drafted(sqlite_office, severity="minor"))
    assert (row.kind, row.severity) == ("limit breach", "minor")


def test_a_draft_is_not_judged_before_a_person_has_confirmed_it(sqlite_office: Any) -> None:
    code = drafted(sqlite_office)
    refused(sqlite_office, acts.classify_deviation, sqlite_office.who("qa"), deviation=code, kind="other",
            severity="minor", why="It is small.")


def test_a_deviation_is_confirmed_once(sqlite_office: Any) -> None:
    code, told = drafted(sqlite_office), {"requirement": "At most 4 h.", "immediate": "Cooled."}
    sqlite_office.do(acts.confirm_deviation, sqlite_office.who("verifier"), deviation=code, **told)
    refused(sqlite_office, acts.confirm_deviation, sqlite_office.who("operator"), deviation=code, **told)


# --- judging ------------------------------------------------------------------------------------------


def test_quality_assurance_judges_the_severity_and_signs_it(office: Any) -> None:
    code = opened(office)
    walked.classified(office, code, "minor", kind="late entry")
    row = row_of(office, code)
    assert (row.state, row.severity, row.kind, row.classified_at) == ("classified", "minor", "late entry", office.now)
    with office.look() as session:
        assert session.get_one(Signature, office.last_entry().seq).meaning == "Severity judged"


def test_a_critical_class_is_not_judged_less(sqlite_office: Any) -> None:
    code = opened(sqlite_office, kind="identity mismatch")
    caught = refused(sqlite_office, acts.classify_deviation, sqlite_office.who("qa"), deviation=code,
                     kind="identity mismatch", severity="major", why="It looks harmless.")
    assert [one.rule for one in caught.findings] == ["QLT-04"]


def test_an_operator_judges_nothing(sqlite_office: Any) -> None:
    code = opened(sqlite_office)
    caught = refused(sqlite_office, acts.classify_deviation, sqlite_office.who("operator"), deviation=code,
                     kind="other", severity="minor", why="It is small.")
    assert caught.kind == "not allowed"


def test_a_deviation_is_not_investigated_before_its_severity_is_judged(sqlite_office: Any) -> None:
    code = opened(sqlite_office)
    refused(sqlite_office, investigation_acts.investigate_deviation, sqlite_office.who("qc reviewer"), deviation=code,
            **FOUND)


def test_judged_again_it_has_to_be_investigated_again(sqlite_office: Any) -> None:
    office, code = sqlite_office, opened(sqlite_office)
    walked.classified(office, code)
    walked.investigated(office, code)
    walked.classified(office, code, "critical")
    assert (row_of(office, code).state, row_of(office, code).stands) == ("investigating", None)
    caught = refused(office, acts.submit_deviation, office.who("qc reviewer"), deviation=code)
    assert "QLT-07" in {one.rule for one in caught.findings}
    with office.look() as session:
        assert [one["void"] for one in signatures_of(session, code)] == [True, True, False]
    walked.investigated(office, code)
    office.do(acts.submit_deviation, office.who("qc reviewer"), deviation=code)


# --- investigating ------------------------------------------------------------------------------------


def test_every_version_of_an_investigation_stays_and_the_newest_stands(office: Any) -> None:
    code = opened(office)
    walked.classified(office, code)
    walked.investigated(office, code, findings="Not known yet.", root_cause="", others_affected="not known")
    walked.investigated(office, code)
    with office.look() as session:
        found = investigations_of(session, code)
        assert [(one.number, one.findings, one.others_affected) for one in found] == [
            (1, "Not known yet.", "not known"), (2, FOUND["findings"], "no")]
        assert session.get_one(Deviation, code).stands == 2
        meanings = [one["meaning"] for one in signatures_of(session, code)]
    assert meanings == ["Severity judged", "Investigated", "Investigated"]


@pytest.mark.parametrize(("gone", "rule"), [("root_cause", "QLT-07"), ("method", "QLT-07"),
                                            ("product_impact", "QLT-08"), ("patient_impact", "QLT-08")])
def test_what_is_left_blank_is_asked_for_when_it_is_submitted(sqlite_office: Any, gone: str, rule: str) -> None:
    code = opened(sqlite_office)
    walked.classified(sqlite_office, code)
    walked.investigated(sqlite_office, code, **{gone: ""})
    caught = refused(sqlite_office, acts.submit_deviation, sqlite_office.who("qc reviewer"), deviation=code)
    assert [one.rule for one in caught.findings] == [rule]


def test_not_known_whether_others_are_affected_is_never_submitted(sqlite_office: Any) -> None:
    code = opened(sqlite_office)
    walked.classified(sqlite_office, code)
    walked.investigated(sqlite_office, code, others_affected="not known")
    caught = refused(sqlite_office, acts.submit_deviation, sqlite_office.who("qc reviewer"), deviation=code)
    assert [one.rule for one in caught.findings] == ["QLT-05"]


def test_others_that_are_affected_are_named_and_held_from_then_on(office: Any) -> None:
    code = opened(office)
    walked.classified(office, code)
    walked.investigated(office, code, others_affected="yes", others="P-0005 P-0006", others_why="The same incubator.")
    with office.look() as session:
        assert [one.code for one in deviations_of(session, "P-0006")] == [code]
    caught = refused(office, investigation_acts.investigate_deviation, office.who("qc reviewer"), deviation=code,
                     **FOUND)
    assert "P-0005, P-0006 stands as affected" in caught.why


@pytest.mark.parametrize(("answer", "others"), [("yes", ""), ("no", "P-0005"), ("yes", "NK-99-999")])
def test_an_answer_that_cannot_be_is_refused_at_once(sqlite_office: Any, answer: str, others: str) -> None:
    code = opened(sqlite_office)
    walked.classified(sqlite_office, code)
    caught = refused(sqlite_office, investigation_acts.investigate_deviation, sqlite_office.who("qc reviewer"),
                     deviation=code, **(FOUND | {"others_affected": answer, "others": others}))
    assert [one.rule for one in caught.findings] == ["QLT-05"]


def test_others_of_the_same_class_in_the_year_before_are_found_and_signed(sqlite_office: Any) -> None:
    office = sqlite_office
    too_old = opened(office, kind="hold breach")
    office.later(days=366)
    before = opened(office, kind="hold breach")
    other = opened(office, kind="late step")
    voided = opened(office, kind="hold breach")
    office.do(acts.void_deviation, office.who("qa", reason="Seen twice."), deviation=voided, ground="duplicate",
              duplicate_of=before)
    code = opened(office, kind="hold breach")
    office.later(hours=1)
    opened(office, kind="hold breach")
    with office.look() as session:
        assert [one.code for one in recurrence_of(session, session.get_one(Deviation, code))] == [before]
    walked.classified(office, code)
    walked.investigated(office, code)
    with office.look() as session:
        (found,) = investigations_of(session, code)
    assert found.recurrence == before and too_old != other


def test_nothing_of_the_class_before_is_said_so(sqlite_office: Any) -> None:
    code = opened(sqlite_office, kind="hold breach")
    walked.classified(sqlite_office, code)
    walked.investigated(sqlite_office, code)
    with sqlite_office.look() as session:
        assert investigations_of(session, code)[0].recurrence == "none in the 12 months before"


# --- affected records ---------------------------------------------------------------------------------


def test_somebody_names_another_record_and_quality_assurance_takes_it_off_with_a_reason(office: Any) -> None:
    code = opened(office)
    office.do(investigation_acts.name_affected, office.who("operator"), deviation=code, record="P-0005",
              why="Same hood.")
    caught = refused(office, investigation_acts.lift_affected, office.who("qa"), deviation=code,
                     affected="DEV-0001-A1")
    assert caught.kind == "input" and "reason" in caught.why
    office.do(investigation_acts.lift_affected, office.who("qa", reason="Another hood."), deviation=code,
              affected="DEV-0001-A1")
    with office.look() as session:
        (one,) = affected_by(session, code)
        assert (one.record, one.lifted_why, one.lifted_at) == ("P-0005", "Another hood.", office.now)
        assert deviations_of(session, "P-0005") == []


@pytest.mark.parametrize(("record", "said"), [("NK-99-999", "NK-99-999"), ("", "not a batch"), ("P-0004", "already")])
def test_what_is_not_there_or_stands_already_is_not_named(sqlite_office: Any, record: str, said: str) -> None:
    code = opened(sqlite_office, affected="P-0004")
    caught = refused(sqlite_office, investigation_acts.name_affected, sqlite_office.who("operator"), deviation=code,
                     record=record, why="Same hood.")
    assert said in caught.why


@pytest.mark.parametrize("affected", ["DEV-0002-A1", "nonsense"])
def test_what_another_deviation_affects_is_not_taken_off_here(sqlite_office: Any, affected: str) -> None:
    code = opened(sqlite_office)
    opened(sqlite_office, affected="P-0004")
    who = sqlite_office.who("qa", reason="Not so.")
    assert refused(sqlite_office, investigation_acts.lift_affected, who, deviation=code,
                   affected=affected).kind == "not found"


def test_what_is_taken_off_is_not_taken_off_twice(sqlite_office: Any) -> None:
    code, who = opened(sqlite_office, affected="P-0004"), sqlite_office.who("qa", reason="Not so.")
    sqlite_office.do(investigation_acts.lift_affected, who, deviation=code, affected="DEV-0001-A1")
    assert "already" in refused(sqlite_office, investigation_acts.lift_affected, who, deviation=code,
                                affected="DEV-0001-A1").why


def test_to_a_closed_deviation_nothing_is_added(sqlite_office: Any) -> None:
    code = walked.closed(sqlite_office, opened(sqlite_office))
    caught = refused(sqlite_office, investigation_acts.name_affected, sqlite_office.who("operator"), deviation=code,
                     record="P-0005", why="Same hood.")
    assert [one.rule for one in caught.findings] == ["QLT-14"]


# --- no impact on one dose ----------------------------------------------------------------------------


def judged_with_a_dose(office: Any, severity: str = "major") -> tuple[str, str]:
    """A judged deviation, and the code of a dose history knows."""
    dose = known_to_history(office, "NK-26-001-D1")
    code = opened(office, severity=severity)
    walked.classified(office, code)
    return code, dose


def set_apart(office: Any, code: str, dose: str, number: int = 1, role: str = "qa") -> str:
    return str(office.do(investigation_acts.find_no_impact, office.who(role, number), deviation=code, dose=dose,
                         why="It happened to the other bag."))


def standing(office: Any, code: str) -> list[str]:
    with office.look() as session:
        return [one.code for one in no_impacts_of(session, code) if one.withdrawn_at is None]


def test_quality_assurance_signs_that_one_dose_is_not_touched(office: Any) -> None:
    code, dose = judged_with_a_dose(office)
    set_apart(office, code, dose)
    entry = office.last_entry()
    assert (entry.on_code, entry.within) == ("DEV-0001-N1", "P-0003")
    with office.look() as session:
        (one,) = no_impacts_of(session, code)
        assert (one.dose, one.severity, one.found_at, one.withdrawn_at) == (dose, "major", office.now, None)
        meaning = session.get_one(Signature, entry.seq).meaning
    assert meaning == "No impact on this dose, investigation continues"


def test_a_critical_deviation_is_never_without_impact(sqlite_office: Any) -> None:
    code, dose = judged_with_a_dose(sqlite_office, "critical")
    caught = refused(sqlite_office, investigation_acts.find_no_impact, sqlite_office.who("qa"), deviation=code,
                     dose=dose, why="It happened to the other bag.")
    assert [one.rule for one in caught.findings] == ["QLT-10"] and "until it is closed" in caught.why


def test_before_the_severity_is_judged_nothing_is_found_without_impact(sqlite_office: Any) -> None:
    dose, code = known_to_history(sqlite_office, "NK-26-001-D1"), opened(sqlite_office)
    with pytest.raises(Refused, match="not judged"):
        set_apart(sqlite_office, code, dose)


@pytest.mark.parametrize("dose", ["NK-26-001-D2", "NK-26-001", "P-0003", "", "NK-26-001-D1 NK-26-001-D2"])
def test_no_impact_is_found_for_one_dose_on_record(sqlite_office: Any, dose: str) -> None:
    code, _ = judged_with_a_dose(sqlite_office)
    with pytest.raises(Refused, match="not the code of a dose"):
        set_apart(sqlite_office, code, dose)


def test_who_opened_or_investigated_it_does_not_find_it_without_impact(sqlite_office: Any) -> None:
    office, dose = sqlite_office, known_to_history(sqlite_office, "NK-26-001-D1")
    code = opened(office, "qa")
    walked.classified(office, code)
    with pytest.raises(Refused, match="Another person"):
        set_apart(office, code, dose)
    office.do(investigation_acts.investigate_deviation, office.who("qa", 2), deviation=code, **FOUND)
    with pytest.raises(Refused, match="Another person"):
        set_apart(office, code, dose, 2)


def test_the_one_in_whose_act_the_system_drafted_it_does_not_find_it_without_impact(sqlite_office: Any) -> None:
    office, dose = sqlite_office, known_to_history(sqlite_office, "NK-26-001-D1")
    code = drafted(office, by=("qa", 1))
    walked.classified(office, code)
    with pytest.raises(Refused) as caught:
        set_apart(office, code, dose)
    assert [one.rule for one in caught.value.findings] == ["QLT-11"]


def test_the_same_dose_is_set_apart_once(sqlite_office: Any) -> None:
    code, dose = judged_with_a_dose(sqlite_office)
    set_apart(sqlite_office, code, dose)
    with pytest.raises(Refused, match="already"):
        set_apart(sqlite_office, code, dose, 2)


def test_a_new_investigation_withdraws_it_visibly(office: Any) -> None:
    code, dose = judged_with_a_dose(office)
    set_apart(office, code, dose)
    office.later(hours=1)
    walked.investigated(office, code)
    with office.look() as session:
        one = session.get_one(NoImpact, "DEV-0001-N1")
        assert one.withdrawn_at == office.now
        assert "investigate deviation" in one.withdrawn_why
    set_apart(office, code, dose)
    assert standing(office, code) == ["DEV-0001-N2"]


def test_a_new_judgement_withdraws_it(sqlite_office: Any) -> None:
    code, dose = judged_with_a_dose(sqlite_office)
    set_apart(sqlite_office, code, dose)
    walked.classified(sqlite_office, code, "minor")
    assert standing(sqlite_office, code) == []


def test_a_reopening_withdraws_it(sqlite_office: Any) -> None:
    office = sqlite_office
    code, dose = judged_with_a_dose(office)
    walked.investigated(office, code)
    set_apart(office, code, dose)
    office.do(acts.submit_deviation, office.who("qc reviewer"), deviation=code)
    office.do(acts.close_deviation, office.who("qa"), deviation=code, conclusion=CONCLUSION)
    assert standing(office, code) == ["DEV-0001-N1"]
    office.do(acts.reopen_deviation, office.who("qa", reason="It came back."), deviation=code)
    assert standing(office, code) == []


def test_once_closed_nothing_is_found_without_impact(sqlite_office: Any) -> None:
    dose = known_to_history(sqlite_office, "NK-26-001-D1")
    code = walked.closed(sqlite_office, opened(sqlite_office))
    with pytest.raises(Refused, match="Reopen it first"):
        set_apart(sqlite_office, code, dose)


def test_an_operator_finds_no_dose_untouched(sqlite_office: Any) -> None:
    code, dose = judged_with_a_dose(sqlite_office)
    with pytest.raises(Refused) as caught:
        set_apart(sqlite_office, code, dose, role="production supervisor")
    assert caught.value.kind == "not allowed"


# --- closing ------------------------------------------------------------------------------------------


def test_quality_assurance_closes_it_with_a_signed_conclusion(office: Any) -> None:
    code = walked.submitted(office, opened(office))
    office.later(hours=2)
    office.do(acts.close_deviation, office.who("qa"), deviation=code, conclusion=CONCLUSION)
    row = row_of(office, code)
    assert (row.state, row.conclusion, row.closed_at) == ("closed", CONCLUSION, office.now)
    with office.look() as session:
        assert session.get_one(Signature, office.last_entry().seq).meaning == "Closed, no open question"
    assert office.last_entry().within == "P-0003"


def test_the_one_who_opened_it_cannot_close_it(office: Any) -> None:
    code = walked.submitted(office, opened(office, "qa"))
    told = {"deviation": code, "conclusion": CONCLUSION}
    assert "Another person" in refused(office, acts.close_deviation, office.who("qa"), **told).why
    office.do(acts.close_deviation, office.who("qa", 2), **told)


@pytest.mark.parametrize("verb", ["confirm", "investigate", "submit"])
def test_the_one_who_worked_on_it_cannot_close_it(sqlite_office: Any, verb: str) -> None:
    office, doer = sqlite_office, sqlite_office.who("qa", 2)
    code = drafted(office)
    if verb == "confirm":
        office.do(acts.confirm_deviation, doer, deviation=code, requirement="At most 4 h.", immediate="Cooled.")
    walked.classified(office, code)
    if verb == "investigate":
        office.do(investigation_acts.investigate_deviation, doer, deviation=code, **FOUND)
    walked.investigated(office, code)
    office.do(acts.submit_deviation, doer if verb == "submit" else office.who("qc reviewer"), deviation=code)
    refused(office, acts.close_deviation, doer, deviation=code, conclusion=CONCLUSION)
    office.do(acts.close_deviation, office.who("qa"), deviation=code, conclusion=CONCLUSION)


def test_the_one_in_whose_act_the_system_drafted_it_cannot_close_it(sqlite_office: Any) -> None:
    code = walked.submitted(sqlite_office, drafted(sqlite_office, by=("qa", 1)))
    caught = refused(sqlite_office, acts.close_deviation, sqlite_office.who("qa"), deviation=code,
                     conclusion=CONCLUSION)
    assert [one.rule for one in caught.findings] == ["QLT-01"]


@pytest.mark.parametrize("walk", [lambda office, code: code, walked.classified, walked.investigated],
                         ids=["open", "classified", "investigating"])
def test_before_the_review_of_quality_assurance_it_is_not_closed(sqlite_office: Any, walk: Any) -> None:
    code = opened(sqlite_office)
    if walk is walked.investigated:
        walked.classified(sqlite_office, code)
    walk(sqlite_office, code)
    caught = refused(sqlite_office, acts.close_deviation, sqlite_office.who("qa"), deviation=code,
                     conclusion=CONCLUSION)
    assert "not possible from there" in caught.why


def test_an_operator_cannot_close_one(office: Any) -> None:
    code = walked.submitted(office, opened(office))
    caught = refused(office, acts.close_deviation, office.who("operator", 2), deviation=code, conclusion=CONCLUSION)
    assert caught.kind == "not allowed"


def test_an_unsigned_close_is_refused(sqlite_office: Any) -> None:
    code = walked.submitted(sqlite_office, opened(sqlite_office))
    caught = refused(sqlite_office, acts.close_deviation, replace(sqlite_office.who("qa"), signing=None),
                     deviation=code, conclusion=CONCLUSION)
    assert caught.kind == "not signed"


def test_closing_what_somebody_changed_meanwhile_is_refused(sqlite_office: Any) -> None:
    code = walked.submitted(sqlite_office, opened(sqlite_office))
    seen = str(row_of(sqlite_office, code).version)
    sqlite_office.later(minutes=1)
    sqlite_office.do(investigation_acts.name_affected, sqlite_office.who("operator"), deviation=code, record="P-0005",
                     why="Same hood.")
    caught = refused(sqlite_office, acts.close_deviation, sqlite_office.who("qa"), deviation=code,
                     conclusion=CONCLUSION, seen=seen)
    assert caught.kind == "stale"


def test_what_was_named_after_the_answer_no_is_answered_before_it_closes(sqlite_office: Any) -> None:
    code = walked.submitted(sqlite_office, opened(sqlite_office))
    sqlite_office.do(investigation_acts.name_affected, sqlite_office.who("operator"), deviation=code, record="P-0005",
                     why="Same hood.")
    caught = refused(sqlite_office, acts.close_deviation, sqlite_office.who("qa"), deviation=code,
                     conclusion=CONCLUSION)
    assert [one.rule for one in caught.findings] == ["QLT-05"]


def test_a_deviation_is_not_closed_twice(office: Any) -> None:
    code = walked.closed(office, opened(office))
    assert "reopen deviation" in refused(office, acts.close_deviation, office.who("qa", 2), deviation=code,
                                         conclusion=CONCLUSION).why


def test_a_critical_one_is_not_closed_without_a_capa_or_the_reason_why_none(sqlite_office: Any) -> None:
    code = walked.submitted(sqlite_office, opened(sqlite_office, severity="critical"))
    told = {"deviation": code, "conclusion": CONCLUSION}
    caught = refused(sqlite_office, acts.close_deviation, sqlite_office.who("qa"), **told)
    assert [one.rule for one in caught.findings] == ["QLT-09"]
    sqlite_office.do(acts.close_deviation, sqlite_office.who("qa"), no_capa_why="The device is gone for good.", **told)
    assert row_of(sqlite_office, code).no_capa_why == "The device is gone for good."


def test_of_two_closing_at_once_one_closes_and_the_other_is_told(office: Any) -> None:
    code = walked.submitted(office, opened(office))
    gate, clock, answers = threading.Barrier(2), office.now, []

    def close(number: int) -> None:
        with playing_at(lambda: clock):
            gate.wait()
            try:
                answers.append(office.do(acts.close_deviation, office.who("qa", number), deviation=code,
                                         conclusion=CONCLUSION))
            except Refused as caught:
                answers.append(f"refused: {caught.why}")

    threads = [threading.Thread(target=close, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = sorted(answers)
    assert told[0] == code and told[1].startswith("refused: This deviation is closed")
    with office.look() as session:
        assert sum(one["meaning"] == "Closed, no open question" for one in signatures_of(session, code)) == 1


# --- returning, reopening, voiding, more time ---------------------------------------------------------


def test_quality_assurance_returns_it_with_a_reason(sqlite_office: Any) -> None:
    code = walked.submitted(sqlite_office, opened(sqlite_office))
    assert refused(sqlite_office, acts.return_deviation, sqlite_office.who("qa"), deviation=code).kind == "input"
    sqlite_office.do(acts.return_deviation, sqlite_office.who("qa", reason="What of the second shelf?"), deviation=code)
    assert row_of(sqlite_office, code).state == "investigating"


def test_reopened_it_is_judged_and_investigated_anew_and_its_signatures_are_void(office: Any) -> None:
    code = walked.closed(office, opened(office))
    office.later(days=40)
    office.do(acts.reopen_deviation, office.who("qualified person", reason="It came back."), deviation=code)
    row = row_of(office, code)
    assert (row.state, row.conclusion) == ("reopened", "")
    assert (row.closed_by, row.classified_by, row.stands) == (None, None, None)
    assert row.due_at == office.now + timedelta(days=30)
    with office.look() as session:
        assert [one["void"] for one in signatures_of(session, code)] == [True, True, True, False]
    caught = refused(office, investigation_acts.investigate_deviation, office.who("qc reviewer"), deviation=code,
                     **FOUND)
    assert [one.rule for one in caught.findings] == ["QLT-06"]
    walked.closed(office, code, number=2)
    assert row_of(office, code).state == "closed"


def test_reopening_needs_a_reason(sqlite_office: Any) -> None:
    code = walked.closed(sqlite_office, opened(sqlite_office))
    assert refused(sqlite_office, acts.reopen_deviation, sqlite_office.who("qa"), deviation=code).kind == "input"


def test_what_was_recorded_in_error_is_voided_by_another_with_a_reason(office: Any) -> None:
    code = opened(office)
    assert refused(office, acts.void_deviation, office.who("qa"), deviation=code,
                   ground="recorded in error").kind == "input"
    office.do(acts.void_deviation, office.who("qa", reason="Another room was meant."), deviation=code,
              ground="recorded in error")
    row = row_of(office, code)
    assert (row.state, row.void_ground, row.duplicate_of) == ("void", "recorded in error", None)


def test_who_opened_or_confirmed_it_does_not_void_it(sqlite_office: Any) -> None:
    office, told = sqlite_office, {"ground": "recorded in error"}
    mine = opened(office, "qa")
    refused(office, acts.void_deviation, office.who("qa", reason="Not so."), deviation=mine, **told)
    code = drafted(office)
    office.do(acts.confirm_deviation, office.who("qa"), deviation=code, requirement="At most 4 h.", immediate="Cooled.")
    refused(office, acts.void_deviation, office.who("qa", reason="Not so."), deviation=code, **told)


def test_what_the_system_found_critical_is_never_voided_as_an_error(sqlite_office: Any) -> None:
    code = drafted(sqlite_office, kind="sterility positive")
    caught = refused(sqlite_office, acts.void_deviation, sqlite_office.who("qa", reason="Not so."), deviation=code,
                     ground="recorded in error")
    assert [one.rule for one in caught.findings] == ["QLT-12"]


def test_a_duplicate_is_void_while_the_other_goes_on_holding(sqlite_office: Any) -> None:
    first, second = opened(sqlite_office), opened(sqlite_office)
    who = sqlite_office.who("qa", reason="Written twice.")
    refused(sqlite_office, acts.void_deviation, who, deviation=second, ground="duplicate", duplicate_of="DEV-0099")
    sqlite_office.do(acts.void_deviation, who, deviation=second, ground="duplicate", duplicate_of=first)
    assert (row_of(sqlite_office, second).state, row_of(sqlite_office, second).duplicate_of) == ("void", first)
    caught = refused(sqlite_office, acts.void_deviation, who, deviation=first, ground="duplicate",
                     duplicate_of=second)
    assert [one.rule for one in caught.findings] == ["QLT-12"]


def test_once_investigated_it_is_closed_and_not_voided(sqlite_office: Any) -> None:
    code = opened(sqlite_office)
    walked.classified(sqlite_office, code)
    walked.investigated(sqlite_office, code)
    refused(sqlite_office, acts.void_deviation, sqlite_office.who("qa", reason="Not so."), deviation=code,
            ground="recorded in error")


def test_a_void_deviation_is_reopened_and_holds_again(sqlite_office: Any) -> None:
    code = opened(sqlite_office)
    sqlite_office.do(acts.void_deviation, sqlite_office.who("qa", reason="Not so."), deviation=code,
                     ground="recorded in error")
    sqlite_office.do(acts.reopen_deviation, sqlite_office.who("qa", 2, reason="It was so."), deviation=code)
    assert (row_of(sqlite_office, code).state, row_of(sqlite_office, code).void_ground) == ("reopened", None)


def test_more_time_needs_a_reason_and_a_later_date(office: Any) -> None:
    code = opened(office)
    until = office.now + timedelta(days=45)
    assert refused(office, acts.extend_deviation, office.who("qa"), deviation=code, until=until).kind == "input"
    who = office.who("qa", reason="The laboratory is late.")
    caught = refused(office, acts.extend_deviation, who, deviation=code, until=office.now + timedelta(days=30))
    assert [one.rule for one in caught.findings] == ["QLT-13"]
    office.do(acts.extend_deviation, who, deviation=code, until=until)
    assert row_of(office, code).due_at == until


def test_a_closed_deviation_gets_no_more_time(sqlite_office: Any) -> None:
    code = walked.closed(sqlite_office, opened(sqlite_office))
    caught = refused(sqlite_office, acts.extend_deviation, sqlite_office.who("qa", reason="Late."), deviation=code,
                     until=sqlite_office.now + timedelta(days=45))
    assert [one.rule for one in caught.findings] == ["QLT-14"]


VERBS = (
    (acts.confirm_deviation, {"requirement": "At most 4 h.", "immediate": "Cooled."}),
    (acts.classify_deviation, {"kind": "other", "severity": "minor", "why": "It is small."}),
    (acts.submit_deviation, {}), (acts.return_deviation, {}),
    (acts.close_deviation, {"conclusion": CONCLUSION}), (acts.reopen_deviation, {}),
    (acts.void_deviation, {"ground": "recorded in error"}),
    (investigation_acts.investigate_deviation, FOUND),
    (investigation_acts.name_affected, {"record": "P-0005", "why": "Same hood."}),
    (investigation_acts.find_no_impact, {"dose": "NK-26-001-D1", "why": "The other bag."}),
)


@pytest.mark.parametrize(("verb", "told"), VERBS, ids=[verb.__name__ for verb, _ in VERBS])
def test_nothing_is_done_to_a_deviation_that_is_not_there(sqlite_office: Any, verb: Any, told: dict[str, str]) -> None:
    caught = refused(sqlite_office, verb, sqlite_office.who("qa", reason="Because."), deviation="DEV-0099", **told)
    assert caught.kind == "not found"


@pytest.mark.parametrize(("verb", "told"), VERBS, ids=[verb.__name__ for verb, _ in VERBS])
def test_whoever_saw_another_version_is_told(sqlite_office: Any, verb: Any, told: dict[str, str]) -> None:
    code = drafted(sqlite_office)
    caught = refused(sqlite_office, verb, sqlite_office.who("qa", reason="Because."), deviation=code, seen="7", **told)
    assert caught.kind == "stale"


def test_every_line_of_a_deviation_lies_within_what_it_touches(sqlite_office: Any) -> None:
    code = walked.closed(sqlite_office, drafted(sqlite_office))
    with sqlite_office.look() as session:
        told = session.query(Entry.verb, Entry.within).filter(Entry.on_code == code).order_by(Entry.seq).all()
    assert [tuple(one) for one in told] == [(f"{verb} deviation", "P-0003") for verb in (
        "confirm", "classify", "investigate", "submit", "close")]
