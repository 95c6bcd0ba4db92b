"""CAPA: a criterion before it starts, its effect before it ends; by rules, and by acts on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from mfg.facts import Refused, judge
from mfg.ledger import act
from mfg.quality import acts, capa_acts, capa_rules
from mfg.quality.capa_records import Capa, capas_of
from mfg.quality.capa_rules import CAPA, Checking, Proposing, Starting
from mfg.trail import signatures_of
from mfg.verbs import VERBS
from tests.quality import walked
from tests.quality.test_acts import opened, refused

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CRITERION = "No clock differs by more than 1 min in 90 days of readings."
EVIDENCE = "Largest difference in 92 days: 20 s, of at most 1 min."


# --- rules --------------------------------------------------------------------------------------------

PROPOSING: dict[str, Any] = {"source": "DEV-0001", "source_known": True, "owner": "P-0004", "owner_known": True,
                             "due_at": NOON + timedelta(days=1), "at": NOON}


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    ({}, "", "PASS"),
    ({"source_known": False}, "CAPA-01", "FAIL"),
    ({"source": ""}, "CAPA-01", "CANNOT DETERMINE"),
    ({"owner_known": False}, "CAPA-02", "FAIL"),
    ({"due_at": NOON}, "CAPA-02", "FAIL"),
    ({"due_at": NOON + timedelta(seconds=1)}, "", "PASS"),
])
def test_a_capa_has_a_source_an_owner_and_time(change: dict[str, Any], rule: str, verdict: str) -> None:
    found = {one.rule: one.verdict for one in judge(capa_rules.PROPOSE, Proposing(**(PROPOSING | change)))}
    assert found == {"CAPA-01": "PASS", "CAPA-02": "PASS"} | ({rule: verdict} if rule else {})


STARTING: dict[str, Any] = {"capa": "CAPA-0001", "criterion": CRITERION, "check_at": NOON + timedelta(days=90),
                            "due_at": NOON}


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    ({}, "", "PASS"),
    ({"criterion": ""}, "CAPA-03", "CANNOT DETERMINE"),
    ({"criterion": "  "}, "CAPA-03", "CANNOT DETERMINE"),
    ({"criterion": None}, "CAPA-03", "CANNOT DETERMINE"),
    ({"criterion": "good"}, "CAPA-03", "FAIL"),
    ({"check_at": None}, "CAPA-04", "CANNOT DETERMINE"),
    ({"check_at": NOON}, "CAPA-04", "FAIL"),
    ({"check_at": NOON + timedelta(seconds=1)}, "", "PASS"),
])
def test_the_criterion_and_its_later_date_are_set_before_the_start(
        change: dict[str, Any], rule: str, verdict: str) -> None:
    found = {one.rule: one.verdict for one in judge(capa_rules.START, Starting(**(STARTING | change)))}
    assert found == {"CAPA-03": "PASS", "CAPA-04": "PASS"} | ({rule: verdict} if rule else {})


CHECKING: dict[str, Any] = {"capa": "CAPA-0001", "owner": "P-0004", "implemented_by": "P-0005", "by": "P-0006",
                            "check_at": NOON, "at": NOON, "evidence": EVIDENCE}


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    ({}, "", "PASS"),
    ({"at": NOON - timedelta(seconds=1)}, "CAPA-05", "FAIL"),
    ({"check_at": None}, "CAPA-05", "CANNOT DETERMINE"),
    ({"implemented_by": None}, "CAPA-05", "CANNOT DETERMINE"),
    ({"by": "P-0004"}, "CAPA-06", "FAIL"),
    ({"by": "P-0005"}, "CAPA-06", "FAIL"),
    ({"by": ""}, "CAPA-06", "CANNOT DETERMINE"),
    ({"evidence": " "}, "CAPA-07", "CANNOT DETERMINE"),
    ({"evidence": "fine"}, "CAPA-07", "FAIL"),
])
def test_the_effect_is_judged_on_its_date_by_another_with_what_was_measured(
        change: dict[str, Any], rule: str, verdict: str) -> None:
    found = {one.rule: one.verdict for one in judge(capa_rules.JUDGE_EFFECT, Checking(**(CHECKING | change)))}
    assert found == {"CAPA-05": "PASS", "CAPA-06": "PASS", "CAPA-07": "PASS"} | ({rule: verdict} if rule else {})


def test_every_state_is_reached_and_left_unless_it_is_final() -> None:
    seen, todo = set(), [CAPA.start]
    while todo:
        state = todo.pop()
        seen.add(state)
        todo += [move.after for move in CAPA.moves if state in move.before and move.after not in seen]
    assert seen == set(CAPA.states) == {"proposed", "approved", "rejected", "in progress", "implemented",
                                        "effectiveness check", "closed effective", "ineffective"}
    for state in CAPA.states:
        assert any(state in move.before for move in CAPA.moves) is (state not in CAPA.final), state
    assert {move.verb for move in CAPA.moves} <= set(VERBS)


def test_closed_effective_is_only_reached_through_the_effectiveness_check() -> None:
    assert [move.before for move in CAPA.moves if move.after in ("closed effective", "ineffective")] == [
        frozenset({"effectiveness check"})] * 2


# --- acts ---------------------------------------------------------------------------------------------


def proposed(office: Any, source: str, **change: Any) -> str:
    told = {"kind": "corrective", "source_kind": "deviation", "source": source,
            "problem": "The battery of the clock was empty.", "action": "Change every battery each January.",
            "owner": office.people["production.supervisor.1"], "due_at": office.now + timedelta(days=30)} | change
    return str(office.do(capa_acts.propose_capa, office.who("production supervisor", 2), **told))


def with_criterion(office: Any, code: str) -> str:
    return str(office.do(capa_acts.set_criterion, office.who("qa"), capa=code, criterion=CRITERION,
                         check_at=row_of(office, code).due_at + timedelta(days=90)))


def row_of(office: Any, code: str) -> Capa:
    with office.look() as session:
        return session.get_one(Capa, code)  # type: ignore[no-any-return]


def implemented(office: Any, code: str) -> str:
    """Criterion set, approved, started and done."""
    with_criterion(office, code)
    office.do(capa_acts.approve_capa, office.who("qa"), capa=code)
    office.do(capa_acts.start_capa, office.who("production supervisor"), capa=code)
    return str(office.do(capa_acts.implement_capa, office.who("production supervisor", 2), capa=code,
                         done="Every battery was changed."))


def checked(office: Any, code: str) -> str:
    """On its date, with the effectiveness check begun."""
    implemented(office, code)
    office.as_of(row_of(office, code).check_at)
    return str(office.do(capa_acts.begin_check, office.who("qa"), capa=code))


def test_a_capa_goes_from_a_deviation_to_its_effect(office: Any) -> None:
    code = proposed(office, opened(office))
    assert (code, office.last_entry().within) == ("CAPA-0001", "P-0003")
    checked(office, code)
    office.do(capa_acts.find_effective, office.who("qa", 2), capa=code, evidence=EVIDENCE)
    row = row_of(office, code)
    assert (row.state, row.evidence, row.judged_at) == ("closed effective", EVIDENCE, office.now)
    with office.look() as session:
        assert [one.code for one in capas_of(session, "DEV-0001")] == [code]
        assert [one["meaning"] for one in signatures_of(session, code)] == [
            "Criterion of effectiveness set", "Approved", "Implemented", "Effective"]


def test_a_capa_may_come_from_an_audit(sqlite_office: Any) -> None:
    code = proposed(sqlite_office, "Audit of the sponsor, 2026", source_kind="audit")
    assert sqlite_office.last_entry().within == code


@pytest.mark.parametrize(("change", "rule"), [({"source": "DEV-0099"}, "CAPA-01"), ({"owner": "P-9999"}, "CAPA-02")])
def test_a_capa_from_nothing_or_of_nobody_is_refused(sqlite_office: Any, change: dict[str, str], rule: str) -> None:
    told = {"kind": "corrective", "source_kind": "deviation", "source": opened(sqlite_office), "problem": "Why.",
            "action": "What.", "owner": sqlite_office.people["qa.1"], "due_at": sqlite_office.now + timedelta(days=30)}
    caught = refused(sqlite_office, capa_acts.propose_capa, sqlite_office.who("qa"), **(told | change))
    assert rule in [one.rule for one in caught.findings]


def test_a_capa_does_not_start_without_its_criterion(sqlite_office: Any) -> None:
    code = proposed(sqlite_office, opened(sqlite_office))
    sqlite_office.do(capa_acts.approve_capa, sqlite_office.who("qa"), capa=code)
    caught = refused(sqlite_office, capa_acts.start_capa, sqlite_office.who("production supervisor"), capa=code)
    assert [one.rule for one in caught.findings] == ["CAPA-03", "CAPA-04"]


def test_a_criterion_set_after_the_approval_is_approved_again_and_voids_the_first(sqlite_office: Any) -> None:
    code = proposed(sqlite_office, opened(sqlite_office))
    sqlite_office.do(capa_acts.approve_capa, sqlite_office.who("qa"), capa=code)
    with_criterion(sqlite_office, code)
    assert row_of(sqlite_office, code).state == "proposed"
    with sqlite_office.look() as session:
        assert [one["void"] for one in signatures_of(session, code)] == [True, False]
    sqlite_office.do(capa_acts.approve_capa, sqlite_office.who("qa"), capa=code)
    sqlite_office.do(capa_acts.start_capa, sqlite_office.who("operator"), capa=code)


def test_once_started_the_criterion_stays(sqlite_office: Any) -> None:
    code = implemented(sqlite_office, proposed(sqlite_office, opened(sqlite_office)))
    refused(sqlite_office, capa_acts.set_criterion, sqlite_office.who("qa"), capa=code, criterion=CRITERION,
            check_at=sqlite_office.now + timedelta(days=400))


def test_a_date_before_it_is_due_proves_nothing(sqlite_office: Any) -> None:
    code = proposed(sqlite_office, opened(sqlite_office))
    caught = refused(sqlite_office, capa_acts.set_criterion, sqlite_office.who("qa"), capa=code, criterion=CRITERION,
                     check_at=sqlite_office.now + timedelta(days=29))
    assert [one.rule for one in caught.findings] == ["CAPA-04"]


def test_who_proposed_it_does_not_approve_it(sqlite_office: Any) -> None:
    due_at = sqlite_office.now + timedelta(days=30)
    code = sqlite_office.do(capa_acts.propose_capa, sqlite_office.who("qa"), kind="preventive", source_kind="audit",
                            source="Audit 1", problem="Why.", action="What.", owner=sqlite_office.people["qa.1"],
                            due_at=due_at)
    caught = refused(sqlite_office, capa_acts.approve_capa, sqlite_office.who("qa"), capa=code)
    assert caught.kind == "not allowed"
    sqlite_office.do(capa_acts.approve_capa, sqlite_office.who("qa", 2), capa=code)


def test_the_check_does_not_begin_before_its_date(office: Any) -> None:
    code = implemented(office, proposed(office, opened(office)))
    office.as_of(row_of(office, code).check_at - timedelta(seconds=1))
    caught = refused(office, capa_acts.begin_check, office.who("qa"), capa=code)
    assert [one.rule for one in caught.findings] == ["CAPA-05"]
    office.later(seconds=1)
    office.do(capa_acts.begin_check, office.who("qa"), capa=code)


@pytest.mark.parametrize("walk", [lambda office, code: code, implemented], ids=["proposed", "implemented"])
@pytest.mark.parametrize("verb", [capa_acts.find_effective, capa_acts.find_ineffective])
def test_a_capa_does_not_close_before_its_effect_was_looked_at(sqlite_office: Any, walk: Any, verb: Any) -> None:
    code = walk(sqlite_office, proposed(sqlite_office, opened(sqlite_office)))
    more = {} if verb is capa_acts.find_effective else {"next_action": "Another.",
                                                        "next_due_at": sqlite_office.now + timedelta(days=30)}
    caught = refused(sqlite_office, verb, sqlite_office.who("qa", 2), capa=code, evidence=EVIDENCE, **more)
    assert "not possible from there" in caught.why


def test_its_owner_does_not_judge_its_effect(sqlite_office: Any) -> None:
    code = checked(sqlite_office, proposed(sqlite_office, opened(sqlite_office),
                                           owner=sqlite_office.people["qa.1"]))
    caught = refused(sqlite_office, capa_acts.find_effective, sqlite_office.who("qa"), capa=code, evidence=EVIDENCE)
    assert [one.rule for one in caught.findings] == ["CAPA-06"]
    sqlite_office.do(capa_acts.find_effective, sqlite_office.who("qa", 2), capa=code, evidence=EVIDENCE)


def test_who_did_it_does_not_judge_its_effect(sqlite_office: Any) -> None:
    office, code = sqlite_office, proposed(sqlite_office, opened(sqlite_office))
    with_criterion(office, code)
    office.do(capa_acts.approve_capa, office.who("qa"), capa=code)
    office.do(capa_acts.start_capa, office.who("qa"), capa=code)
    office.do(capa_acts.implement_capa, office.who("qa"), capa=code, done="Every battery was changed.")
    office.as_of(row_of(office, code).check_at)
    office.do(capa_acts.begin_check, office.who("qa"), capa=code)
    caught = refused(office, capa_acts.find_effective, office.who("qa"), capa=code, evidence=EVIDENCE)
    assert caught.kind == "not allowed"


def test_without_effect_the_next_is_proposed_in_the_same_act(office: Any) -> None:
    code = checked(office, proposed(office, opened(office)))
    told = {"capa": code, "evidence": "Largest difference: 5 min, of at most 1 min.",
            "next_action": "Replace the clocks.", "next_due_at": office.now + timedelta(days=60)}
    following = office.do(capa_acts.find_ineffective, office.who("qa", 2), **told)
    old, new = row_of(office, code), row_of(office, following)
    assert (old.state, new.state, new.follows, new.source, new.action) == (
        "ineffective", "proposed", code, old.source, "Replace the clocks.")
    assert (new.criterion, new.check_at) == ("", None)
    refused(office, capa_acts.find_ineffective, office.who("qa", 2), **told)


def test_the_next_capa_is_due_later_or_nothing_is_judged(sqlite_office: Any) -> None:
    code = checked(sqlite_office, proposed(sqlite_office, opened(sqlite_office)))
    caught = refused(sqlite_office, capa_acts.find_ineffective, sqlite_office.who("qa", 2), capa=code,
                     evidence=EVIDENCE, next_action="Replace the clocks.", next_due_at=sqlite_office.now)
    assert [one.rule for one in caught.findings] == ["CAPA-02"]
    assert row_of(sqlite_office, code).state == "effectiveness check"


def test_a_capa_is_handed_over_with_a_reason(sqlite_office: Any) -> None:
    office, code = sqlite_office, proposed(sqlite_office, opened(sqlite_office))
    told = {"capa": code, "owner": office.people["operator.1"], "due_at": office.now + timedelta(days=40)}
    assert refused(office, capa_acts.hand_over_capa, office.who("qa"), **told).kind == "input"
    office.do(capa_acts.hand_over_capa, office.who("qa", reason="Left the company."), **told)
    assert row_of(office, code).owner == office.people["operator.1"]
    with_criterion(office, code)
    late = told | {"due_at": row_of(office, code).check_at}
    caught = refused(office, capa_acts.hand_over_capa, office.who("qa", reason="More time."), **late)
    assert [one.rule for one in caught.findings] == ["CAPA-04"]


def test_a_rejected_capa_does_not_count_for_its_deviation(sqlite_office: Any) -> None:
    office = sqlite_office
    code = walked.submitted(office, opened(office, severity="critical"))
    capa = proposed(office, code)
    office.do(capa_acts.reject_capa, office.who("qa", reason="It helps nothing."), capa=capa)
    caught = refused(office, acts.close_deviation, office.who("qa"), deviation=code, conclusion=walked.CONCLUSION)
    assert [one.rule for one in caught.findings] == ["QLT-09"]
    proposed(office, code)
    office.do(acts.close_deviation, office.who("qa"), deviation=code, conclusion=walked.CONCLUSION)


def test_an_operator_approves_no_capa(sqlite_office: Any) -> None:
    code = proposed(sqlite_office, opened(sqlite_office))
    caught = refused(sqlite_office, capa_acts.approve_capa, sqlite_office.who("operator"), capa=code)
    assert caught.kind == "not allowed"


def test_whoever_saw_another_version_of_a_capa_is_told(sqlite_office: Any) -> None:
    code = proposed(sqlite_office, opened(sqlite_office))
    assert refused(sqlite_office, capa_acts.approve_capa, sqlite_office.who("qa"), capa=code, seen="9").kind == "stale"


def test_a_capa_that_is_not_there_is_not_found(sqlite_office: Any) -> None:
    assert refused(sqlite_office, capa_acts.approve_capa, sqlite_office.who("qa"), capa="CAPA-9999").kind == "not found"


@pytest.mark.parametrize("column", ["criterion", "judged_by"])
def test_the_database_itself_holds_criterion_and_second_person(office: Any, column: str) -> None:
    code = implemented(office, proposed(office, opened(office)))
    owner = row_of(office, code).owner
    with pytest.raises((Refused, IntegrityError)), office.desk() as session, act(
            session, "start CAPA", on=code, **office.who("operator").how) as doing:
        row = session.get_one(Capa, code)
        if column == "criterion":
            row.criterion = ""
        else:
            row.judged_by, row.judged_at = owner, doing.at
