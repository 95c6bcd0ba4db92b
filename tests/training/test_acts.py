"""Training is assigned, signed for by the trainee and confirmed by somebody who is qualified."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mfg.documents import acts as documents
from mfg.facts import Refused, judge
from mfg.files import kept_file, read_upload
from mfg.ledger import Repeated, Signature
from mfg.training import acts, curriculum
from mfg.training.records import Requirement, Supervision, Training, TrainingItem, qualification_facts
from mfg.training.rules import QUALIFIED
from tests.documents.changed import change_for
from tests.office import Office
from tests.training.trained import approved_procedure, item, person, procedure, put_into_effect, qualified


def row(office: Office, code: str) -> Training:
    with office.look() as session:
        return session.get_one(Training, code)


def assigned(office: Office, what: str = "SOP-101", role: str = "operator", number: int = 1) -> str:
    return office.do(acts.assign_training, office.who("production supervisor"), person=person(office, role, number),
                     item=what)


def completed(office: Office, what: str = "SOP-101", role: str = "operator", number: int = 1) -> str:
    code = assigned(office, what, role, number)
    return office.do(acts.complete_training, office.who(role, number), training=code, trained_at=office.now)


def verdicts(office: Office, who: str, items: tuple[str, ...], at: datetime | None = None, on: str = "") -> dict:
    with office.look() as session:
        facts = qualification_facts(session, who, items, at or office.now, on=on)
    return {one.rule: one.verdict.value for one in judge(QUALIFIED, facts)}


def refused(office: Office, match: str, verb: Any, who: Any, **arguments: Any) -> Refused:
    """Refused without a trace but the attempt."""
    before = office.counts()
    with pytest.raises(Refused, match=match) as caught:
        office.do(verb, who, **arguments)
    assert office.counts() == before and office.last_entry().outcome == "refused"
    return caught.value


ALL_PASS = {"TRN-01": "PASS", "TRN-02": "PASS", "TRN-03": "PASS"}


# --- assigned, done, confirmed


def test_a_trainee_signs_and_a_qualified_trainer_confirms(office: Office) -> None:
    procedure(office)
    qualified(office, "operator", 2, ["SOP-101"])
    code = assigned(office)
    assert (row(office, code).state, row(office, code).document) == ("assigned", "SOP-101/1")
    office.do(acts.complete_training, office.who("operator"), training=code, trained_at=office.now - timedelta(hours=2),
              evidence="list 7", seen="1")
    assert verdicts(office, person(office, "operator"), ("SOP-101",))["TRN-01"] == "FAIL"
    office.later(hours=1)
    office.do(acts.confirm_training, office.who("operator", 2), training=code, result="Watched twice; right.", seen="2")
    kept = row(office, code)
    assert (kept.state, kept.trainer, kept.valid_from, kept.valid_until) == (
        "qualified", person(office, "operator", 2), office.now, None)
    assert verdicts(office, person(office, "operator"), ("SOP-101", "SOP-101/1")) == ALL_PASS
    with office.look() as session:
        signed = session.query(Signature).filter_by(on_code=code).order_by(Signature.seq).all()
    assert [(one.meaning, one.person) for one in signed] == [
        ("I have been trained and understood", person(office, "operator")),
        ("Trained and assessed competent", person(office, "operator", 2))]


def test_the_last_day_follows_from_the_day_of_the_training(sqlite_office: Office) -> None:
    item(sqlite_office, months=6)
    code = completed(sqlite_office, "GOWNING")
    sqlite_office.later(days=3)
    sqlite_office.do(acts.confirm_training, sqlite_office.who("qa"), training=code)
    assert row(sqlite_office, code).valid_until == datetime(2027, 5, 20, 23, 59, 59, tzinfo=UTC)


def test_a_file_of_the_trainer_is_kept(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = completed(sqlite_office, "GOWNING")
    file = read_upload("result.csv", b"question,answer\n1,right\n")
    sqlite_office.do(acts.confirm_training, sqlite_office.who("qa"), training=code, file=file)
    kept = row(sqlite_office, code).file
    with sqlite_office.look() as session:
        assert kept and kept_file(session, kept).name == "result.csv"


def test_the_same_person_cannot_confirm_their_own_training(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = completed(sqlite_office, "GOWNING", "qa")
    refused(sqlite_office, "the same person did “complete training”", acts.confirm_training, sqlite_office.who("qa"),
            training=code)
    sqlite_office.do(acts.confirm_training, sqlite_office.who("qa", 2), training=code)


def test_a_trainer_who_is_not_qualified_is_refused(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    code = completed(sqlite_office)
    found = refused(sqlite_office, "is not qualified for SOP-101/1", acts.confirm_training,
                    sqlite_office.who("operator", 2), training=code)
    assert [one.rule for one in found.findings] == ["TRN-04"]
    assert row(sqlite_office, code).state == "done"


def test_quality_assurance_confirms_only_the_first(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    first, second = completed(sqlite_office), completed(sqlite_office, number=2)
    sqlite_office.do(acts.confirm_training, sqlite_office.who("qa"), training=first)
    refused(sqlite_office, "Somebody who is has to do this.", acts.confirm_training, sqlite_office.who("qa"),
            training=second)
    sqlite_office.do(acts.confirm_training, sqlite_office.who("operator"), training=second)
    assert row(sqlite_office, second).trainer == person(sqlite_office, "operator")


def test_a_trainer_whose_own_qualification_has_expired_is_refused(sqlite_office: Office) -> None:
    item(sqlite_office)
    qualified(sqlite_office, "operator", 2, ["GOWNING"], until=sqlite_office.now)
    code = completed(sqlite_office, "GOWNING")
    sqlite_office.later(days=1)
    refused(sqlite_office, "is not qualified for GOWNING", acts.confirm_training, sqlite_office.who("operator", 2),
            training=code)


def test_a_trainer_of_the_old_version_does_not_teach_the_new(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    qualified(sqlite_office, "operator", 2, ["SOP-101"])
    procedure(sqlite_office, text="# Steps\nOtherwise.\n")
    code = completed(sqlite_office)
    refused(sqlite_office, "is not qualified for SOP-101/2", acts.confirm_training, sqlite_office.who("operator", 2),
            training=code)


@pytest.mark.parametrize("role", ["administrator", "inspector"])
def test_administrators_and_inspectors_learn_but_never_teach(sqlite_office: Office, role: str) -> None:
    item(sqlite_office)
    code = completed(sqlite_office, "GOWNING", role)
    other = completed(sqlite_office, "GOWNING")
    refused(sqlite_office, "may not “confirm training”", acts.confirm_training, sqlite_office.who(role), training=other)
    refused(sqlite_office, "may not “fail training”", acts.fail_training, sqlite_office.who(role, reason="No."),
            training=other)
    sqlite_office.do(acts.confirm_training, sqlite_office.who("qa"), training=code)


def test_only_the_trainee_signs_that_they_understood(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = assigned(sqlite_office, "GOWNING")
    found = refused(sqlite_office, "Only they can sign", acts.complete_training, sqlite_office.who("operator", 2),
                    training=code, trained_at=sqlite_office.now)
    assert [one.rule for one in found.findings] == ["TRN-08"]


def test_nobody_signs_before_the_training_was_held(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = assigned(sqlite_office, "GOWNING")
    refused(sqlite_office, "still to come", acts.complete_training, sqlite_office.who("operator"), training=code,
            trained_at=sqlite_office.now + timedelta(minutes=1))


def test_an_assessed_item_is_confirmed_only_with_its_result(sqlite_office: Office) -> None:
    item(sqlite_office, assessed=True)
    code = completed(sqlite_office, "GOWNING")
    found = refused(sqlite_office, "has to be assessed", acts.confirm_training, sqlite_office.who("qa"), training=code)
    assert [(one.rule, one.verdict.value) for one in found.findings] == [("TRN-07", "CANNOT DETERMINE")]
    sqlite_office.do(acts.confirm_training, sqlite_office.who("qa"), training=code, result="20 of 20")


def test_a_training_of_long_ago_is_not_confirmed_any_more(sqlite_office: Office) -> None:
    item(sqlite_office, months=1)
    code = assigned(sqlite_office, "GOWNING")
    sqlite_office.do(acts.complete_training, sqlite_office.who("operator"), training=code,
                     trained_at=sqlite_office.now - timedelta(days=40))
    refused(sqlite_office, "Repeat it", acts.confirm_training, sqlite_office.who("qa"), training=code)


def test_what_is_not_signed_by_the_trainee_is_not_confirmed(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = assigned(sqlite_office, "GOWNING")
    refused(sqlite_office, "This training is assigned", acts.confirm_training, sqlite_office.who("qa"), training=code)


def test_who_is_not_competent_yet_begins_anew(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = completed(sqlite_office, "GOWNING")
    refused(sqlite_office, "needs a reason", acts.fail_training, sqlite_office.who("qa"), training=code)
    sqlite_office.do(acts.fail_training, sqlite_office.who("qa", reason="Hood open."), training=code)
    assert row(sqlite_office, code).state == "failed"
    assert verdicts(sqlite_office, person(sqlite_office, "operator"), ("GOWNING",))["TRN-01"] == "FAIL"
    assert assigned(sqlite_office, "GOWNING") == "TRN-0002"


def test_a_withdrawn_qualification_ends_then_and_not_before(sqlite_office: Office) -> None:
    item(sqlite_office)
    operator = person(sqlite_office, "operator")
    qualified(sqlite_office, "operator", 1, ["GOWNING"])
    worked = sqlite_office.now
    sqlite_office.later(days=1)
    refused(sqlite_office, "may not “withdraw qualification”", acts.withdraw_qualification,
            sqlite_office.who("production supervisor", reason="No."), training="TRN-0001")
    sqlite_office.do(acts.withdraw_qualification, sqlite_office.who("qa", reason="Media fill failed."),
                     training="TRN-0001")
    assert verdicts(sqlite_office, operator, ("GOWNING",), worked)["TRN-01"] == "PASS"
    assert verdicts(sqlite_office, operator, ("GOWNING",))["TRN-01"] == "FAIL"


def test_one_task_at_a_time_for_one_thing(sqlite_office: Office) -> None:
    item(sqlite_office)
    assigned(sqlite_office, "GOWNING")
    refused(sqlite_office, "has an open task for GOWNING already: TRN-0001", acts.assign_training,
            sqlite_office.who("qa"), person=person(sqlite_office, "operator"), item="Title of gowning")


def test_nobody_without_an_account_is_assigned_anything(sqlite_office: Office) -> None:
    item(sqlite_office)
    refused(sqlite_office, "no active account", acts.assign_training, sqlite_office.who("qa"), person="P-9999",
            item="GOWNING")


def test_an_operator_assigns_nothing(sqlite_office: Office) -> None:
    item(sqlite_office)
    refused(sqlite_office, "may not “assign training”", acts.assign_training, sqlite_office.who("operator"),
            person=person(sqlite_office, "operator"), item="GOWNING")


@pytest.mark.parametrize("name", ["SOP-999", "SOP-101/7", "GOWNING/1"])
def test_what_is_not_on_record_cannot_be_assigned(sqlite_office: Office, name: str) -> None:
    item(sqlite_office)
    procedure(sqlite_office)
    refused(sqlite_office, "on record under|can be learned", acts.assign_training, sqlite_office.who("qa"),
            person=person(sqlite_office, "operator"), item=name)


def test_a_form_sent_twice_assigns_once(sqlite_office: Office) -> None:
    item(sqlite_office)
    for again in (False, True):
        who = sqlite_office.who("qa", nonce="n")
        arguments = {"person": person(sqlite_office, "operator"), "item": "GOWNING"}
        if again:
            with pytest.raises(Repeated):
                sqlite_office.do(acts.assign_training, who, **arguments)
        else:
            sqlite_office.do(acts.assign_training, who, **arguments)
    assert sqlite_office.counts()["training"] == 1


def test_only_what_was_seen_is_confirmed(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = completed(sqlite_office, "GOWNING")
    refused(sqlite_office, "You saw version 1", acts.confirm_training, sqlite_office.who("qa"), training=code, seen="1")


# --- a new version of a procedure


def test_a_new_version_makes_tasks_and_the_old_qualification_stops_at_that_moment(office: Office) -> None:
    procedure(office)
    operator = person(office, "operator")
    qualified(office, "operator", 1, ["SOP-101"])
    before = office.now
    office.later(days=10)
    assert procedure(office, text="# Steps\nOtherwise.\n") == "SOP-101/2"
    made = office.last_entry()
    assert made.verb == "make procedure effective" and made.on_code == "SOP-101/2"
    task = row(office, "TRN-0002")
    assert (task.person, task.document, task.state, task.came_by, task.assigned_at) == (
        operator, "SOP-101/2", "assigned", "new version", office.now)
    assert verdicts(office, operator, ("SOP-101",), before) == ALL_PASS
    assert verdicts(office, operator, ("SOP-101",), office.now - timedelta(seconds=1)) == ALL_PASS
    assert verdicts(office, operator, ("SOP-101",)) == {"TRN-01": "PASS", "TRN-02": "FAIL", "TRN-03": "PASS"}


def test_work_that_names_the_old_version_still_finds_it(sqlite_office: Office) -> None:
    """A batch keeps the version of its master record, and that may name the version of a procedure."""
    procedure(sqlite_office)
    qualified(sqlite_office, "operator", 1, ["SOP-101"])
    procedure(sqlite_office, text="# Steps\nOtherwise.\n")
    operator = person(sqlite_office, "operator")
    assert verdicts(sqlite_office, operator, ("SOP-101/1",)) == ALL_PASS
    assert verdicts(sqlite_office, operator, ("SOP-101/2",))["TRN-02"] == "FAIL"


def test_who_learned_the_new_version_before_it_became_effective_has_no_task(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    for number in (1, 2):
        qualified(sqlite_office, "operator", number, ["SOP-101"])
    second = approved_procedure(sqlite_office, text="# Steps\nOtherwise.\n")
    code = sqlite_office.do(acts.assign_training, sqlite_office.who("qa"), person=person(sqlite_office, "operator"),
                            item=second)
    sqlite_office.do(acts.complete_training, sqlite_office.who("operator"), training=code,
                     trained_at=sqlite_office.now)
    sqlite_office.do(acts.confirm_training, sqlite_office.who("qa"), training=code)
    sqlite_office.later(days=1)
    put_into_effect(sqlite_office, second)
    with sqlite_office.look() as session:
        tasks = session.query(Training).filter_by(came_by="new version").all()
    assert [(one.person, one.document) for one in tasks] == [(person(sqlite_office, "operator", 2), "SOP-101/2")]
    assert verdicts(sqlite_office, person(sqlite_office, "operator"), ("SOP-101",)) == ALL_PASS
    assert verdicts(sqlite_office, person(sqlite_office, "operator", 2), ("SOP-101",))["TRN-02"] == "FAIL"


def test_a_task_for_the_old_version_is_superseded_by_one_for_the_new(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    sqlite_office.do(curriculum.require_training, sqlite_office.who("qa"), item="SOP-101", role="operator")
    procedure(sqlite_office, text="# Steps\nOtherwise.\n")
    with sqlite_office.look() as session:
        found = [(one.document, one.state) for one in session.query(Training).order_by(Training.code)]
    assert found == [("SOP-101/1", "superseded")] * 2 + [("SOP-101/2", "assigned")] * 2


def test_whose_qualification_has_lapsed_gets_no_task_by_a_new_version(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    qualified(sqlite_office, "operator", 1, ["SOP-101"], until=sqlite_office.now - timedelta(days=2))
    procedure(sqlite_office, text="# Steps\nOtherwise.\n")
    assert sqlite_office.counts()["training"] == 1


def test_a_refused_version_makes_no_task(sqlite_office: Office) -> None:
    procedure(sqlite_office)
    qualified(sqlite_office, "operator", 1, ["SOP-101"])
    second = approved_procedure(sqlite_office, text="# Steps\nOtherwise.\n")
    refused(sqlite_office, "You saw version 9", documents.make_effective, sqlite_office.who("qa"), kind="procedure",
            document=second, change=change_for(sqlite_office, second), seen="9", also=curriculum.tasks_for_version)


def test_the_procedure_needs_a_code_that_fits_an_address(sqlite_office: Office) -> None:
    for key in ("SOP/101", "1", "SOP 101", "-A", "Ä1"):
        before = sqlite_office.counts()
        with pytest.raises(Refused, match="cannot be a code"):
            sqlite_office.do(curriculum.draft_procedure, sqlite_office.who("qa"), key=key, title="A", text="B")
        assert sqlite_office.counts() == before
    assert sqlite_office.do(curriculum.draft_procedure, sqlite_office.who("qa"), key="sop-7.a", title="A",
                            text="B") == "SOP-7.A/1"


def test_a_procedure_does_not_take_the_code_of_an_item(sqlite_office: Office) -> None:
    item(sqlite_office)
    refused(sqlite_office, "is a training item already", curriculum.draft_procedure, sqlite_office.who("qa"),
            key="GOWNING", title="A", text="B")


# --- items and the curriculum


def test_an_item_is_defined_once_by_code_and_by_title(sqlite_office: Office) -> None:
    item(sqlite_office, title="Gowning grade B")
    for code, title in (("GOWNING", "Other"), ("OTHER", "gowning GRADE b")):
        refused(sqlite_office, "is there already", curriculum.define_training_item, sqlite_office.who("qa"), item=code,
                kind="gowning", title=title, assessed=False)
    refused(sqlite_office, "may not “define training item”", curriculum.define_training_item,
            sqlite_office.who("production supervisor"), item="MEDIA", kind="media fill", title="M", assessed=True)


def test_a_changed_item_holds_from_the_next_confirmation_on(sqlite_office: Office) -> None:
    item(sqlite_office, months=12)
    qualified(sqlite_office, "operator", 1, ["GOWNING"], since=datetime(2026, 11, 1, tzinfo=UTC))
    sqlite_office.do(curriculum.change_training_item, sqlite_office.who("qa", reason="Annex 1."), item="GOWNING",
                     valid_months=6, assessed=True, seen="1")
    qualified(sqlite_office, "operator", 2, ["GOWNING"], since=datetime(2026, 11, 1, tzinfo=UTC))
    assert [row(sqlite_office, code).valid_until for code in ("TRN-0001", "TRN-0002")] == [
        datetime(2027, 11, 1, 23, 59, 59, tzinfo=UTC), datetime(2027, 5, 1, 23, 59, 59, tzinfo=UTC)]
    refused(sqlite_office, "You saw version 1", curriculum.change_training_item,
            sqlite_office.who("qa", reason="Again."), item="GOWNING", assessed=False, seen="1")


def test_what_a_role_needs_becomes_the_task_of_who_is_not_qualified(sqlite_office: Office) -> None:
    item(sqlite_office)
    qualified(sqlite_office, "operator", 1, ["GOWNING"])
    sqlite_office.do(curriculum.require_training, sqlite_office.who("qa"), item="GOWNING", role="operator")
    with sqlite_office.look() as session:
        tasks = session.query(Training).filter_by(state="assigned").all()
        line = session.query(Requirement).one()
    assert [(one.person, one.came_by) for one in tasks] == [(person(sqlite_office, "operator", 2), "requirement")]
    refused(sqlite_office, "in the curriculum of “operator” already", curriculum.require_training,
            sqlite_office.who("qa"), item="GOWNING", role="operator")
    refused(sqlite_office, "may not “drop training requirement”", curriculum.drop_training_requirement,
            sqlite_office.who("operator", reason="No."), requirement=line.code)
    sqlite_office.do(curriculum.drop_training_requirement, sqlite_office.who("qa", reason="Not needed."),
                     requirement=line.code, seen="1")
    refused(sqlite_office, "has ended already", curriculum.drop_training_requirement,
            sqlite_office.who("qa", reason="Again."), requirement=line.code)


def test_a_required_procedure_without_a_version_makes_its_tasks_when_the_first_becomes_effective(
        sqlite_office: Office) -> None:
    code = sqlite_office.do(curriculum.draft_procedure, sqlite_office.who("qc reviewer"), key="SOP-5", title="A",
                            text="B")
    sqlite_office.do(curriculum.require_training, sqlite_office.who("qa"), item="SOP-5", role="verifier")
    assert sqlite_office.counts()["training"] == 0
    sqlite_office.do(documents.submit, sqlite_office.who("qc reviewer"), kind="procedure", document=code)
    sqlite_office.do(documents.approve, sqlite_office.who("qa"), kind="procedure", document=code)
    put_into_effect(sqlite_office, code)
    assert sqlite_office.counts()["training"] == 2


# --- recorded from paper


def test_one_act_records_what_one_person_was_qualified_for_on_paper(office: Office) -> None:
    procedure(office)
    item(office)
    office.later(minutes=1)
    qualified(office, "operator", 1, ["SOP-101", "GOWNING"])
    operator = person(office, "operator")
    assert verdicts(office, operator, ("SOP-101", "gowning", "Title of Gowning")) == ALL_PASS
    with office.look() as session:
        rows = session.query(Training).order_by(Training.code).all()
        signed = session.get_one(Signature, office.last_entry().seq)
    assert [(one.came_by, one.completed_at, one.evidence) for one in rows] == [("paper", None, "training file 1")] * 2
    assert (signed.meaning, signed.on_code) == ("Recorded from paper", operator)


def test_earlier_training_closes_the_open_task_for_the_same_thing(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = assigned(sqlite_office, "GOWNING")
    qualified(sqlite_office, "operator", 1, ["GOWNING"])
    assert row(sqlite_office, code).state == "superseded"


EARLIER = {"items": ["GOWNING"], "evidence": "file 1"}


@pytest.mark.parametrize(("match", "change"), [
    ("“SOP-9”", {"items": ["GOWNING", "SOP-9"]}),
    ("“SOP-102”", {"items": ["SOP-102"]}),
    ("Nobody records their own", {"person": ("qa", 1)}),
    ("still to come", {"days": 1}),
    ("No evidence is named", {"evidence": " "}),
    ("before the training itself", {"until": -60}),
])
def test_earlier_training_without_proof_is_refused(sqlite_office: Office, match: str, change: dict[str, Any]) -> None:
    item(sqlite_office)
    approved_procedure(sqlite_office, "SOP-102")
    now = sqlite_office.now
    arguments = EARLIER | {"person": person(sqlite_office, *change.pop("person", ("operator", 1))),
                           "trained_at": now + timedelta(days=change.pop("days", -30))}
    if "until" in change:
        arguments["valid_until"] = now + timedelta(days=change.pop("until"))
    found = refused(sqlite_office, match, acts.record_earlier_training, sqlite_office.who("qa"),
                    **arguments | change)
    assert [one.rule for one in found.findings] == ["TRN-12"]


def test_a_supervisor_records_nothing_from_paper(sqlite_office: Office) -> None:
    item(sqlite_office)
    refused(sqlite_office, "may not “record earlier training”", acts.record_earlier_training,
            sqlite_office.who("production supervisor"), person=person(sqlite_office, "operator"),
            trained_at=sqlite_office.now, **EARLIER)


def test_items_are_kept_for_ever(sqlite_office: Office) -> None:
    item(sqlite_office)
    with sqlite_office.look() as session:
        assert session.get_one(TrainingItem, "GOWNING").defined_by == person(sqlite_office, "qa")
        assert session.query(Supervision).count() == 0
