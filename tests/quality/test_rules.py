"""The rules of deviations, as tables under their requirement sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mfg.facts import Refused, Verdict, judge
from mfg.quality import rules
from mfg.quality.classes import CLASSES, SEVERITIES, severity_for
from mfg.quality.rules import (
    CLOSE,
    DEVIATION,
    DONE,
    Answer,
    Case,
    Classifying,
    Closing,
    Extending,
    NoImpactCase,
    Opening,
    Touching,
    Voiding,
)
from mfg.verbs import VERBS

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "code": "DEV-0001", "severity": "major", "opened_by": "P-0002", "closed_by": "P-0003",
    "conclusion": "The value was read twice; the product is not touched.", "worked": ("P-0004",)}


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"),
    ({"closed_by": "P-0002"}, "FAIL"),
    ({"closed_by": "P-0004"}, "FAIL"),
    ({"closed_by": ""}, "CANNOT DETERMINE"),
])
def test_whoever_opened_or_worked_on_a_deviation_does_not_close_it(change: dict[str, str], verdict: str) -> None:
    assert rules.closed_by_another(Closing(**(GOOD | change))).verdict == verdict


@pytest.mark.parametrize(("conclusion", "verdict"), [
    ("The value was read twice; the product is not touched.", "PASS"),
    ("ok", "FAIL"),
    ("", "CANNOT DETERMINE"),
    ("    ", "CANNOT DETERMINE"),
    (None, "CANNOT DETERMINE"),
])
def test_a_deviation_is_closed_with_a_conclusion(conclusion: str | None, verdict: str) -> None:
    assert rules.concluded(Closing(**(GOOD | {"conclusion": conclusion}))).verdict == verdict


@pytest.mark.parametrize(("severity", "capas", "why", "verdict"), [
    ("minor", (), "", "PASS"),
    ("major", (), "", "PASS"),
    ("critical", (), "", "CANNOT DETERMINE"),
    ("critical", (), "   ", "CANNOT DETERMINE"),
    ("critical", (), "no", "FAIL"),
    ("critical", (), "It cannot happen again: the device is gone.", "PASS"),
    ("critical", ("CAPA-0001",), "", "PASS"),
])
def test_a_critical_deviation_leaves_a_capa_or_the_reason_why_none(
        severity: str, capas: tuple[str, ...], why: str, verdict: str) -> None:
    facts = Closing(**(GOOD | {"severity": severity, "capas": capas, "no_capa_why": why}))
    assert rules.capa_or_reason(facts).verdict == verdict


def test_a_deviation_touches_something_that_is_on_record() -> None:
    assert rules.touches_a_record(Opening("NK-26-001", known=True)).verdict is Verdict.PASS
    refused = rules.touches_a_record(Opening("NK-99-999", known=False))
    assert refused.verdict is Verdict.FAIL and "NK-99-999" in refused.why


def test_all_findings_are_told_at_once() -> None:
    findings = judge(CLOSE, Closing(**(GOOD | {"closed_by": "P-0002", "conclusion": "ok"})))
    assert [finding.rule for finding in findings if finding.verdict is Verdict.FAIL] == ["QLT-01", "QLT-02"]


# --- classes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "severity"), [
    ("limit breach", "major"), ("hold breach", "major"), ("late step", "minor"), ("late entry", "minor"),
    ("skipped step", "major"), ("custody gap", "major"), ("monitoring action", "major"),
    ("label mismatch", "critical"), ("identity mismatch", "critical"), ("wrong infusion time", "major"),
    ("equipment lapse", "major"), ("training lapse", "major"), ("reconciliation", "major"), ("recall", "major"),
    ("redline", "minor"), ("sterility positive", "critical"), ("wrong dose", "critical"), ("under-dose", "major"),
    ("missing observation", "major"), ("expired product", "critical"), ("donor eligibility", "critical"),
    ("audit trail gap", "critical"), ("documentation", "minor"), ("other", "minor"),
])
def test_every_class_has_its_severity(kind: str, severity: str) -> None:
    assert severity_for(kind) == severity


def test_no_class_is_without_a_test() -> None:
    assert len(CLASSES) == 24 and {one.severity for one in CLASSES.values()} == set(SEVERITIES)


@pytest.mark.parametrize("given", SEVERITIES)
def test_a_severity_that_is_given_wins_except_below_a_critical_class(given: str) -> None:
    for kind, one in CLASSES.items():
        assert severity_for(kind, given) == ("critical" if one.severity == "critical" else given)


def test_a_class_that_is_not_in_the_table_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        severity_for("bad weather")


@pytest.mark.parametrize(("kind", "severity", "verdict"), [
    ("late step", "minor", "PASS"),
    ("late step", "critical", "PASS"),
    ("hold breach", "minor", "PASS"),
    ("label mismatch", "critical", "PASS"),
    ("label mismatch", "major", "FAIL"),
    ("sterility positive", "minor", "FAIL"),
    ("bad weather", "minor", "CANNOT DETERMINE"),
    ("late step", "", "CANNOT DETERMINE"),
    ("late step", "grave", "CANNOT DETERMINE"),
])
def test_a_critical_class_stays_critical(kind: str, severity: str, verdict: str) -> None:
    assert rules.not_below_its_class(Classifying("DEV-0001", kind, severity)).verdict == verdict


# --- investigation ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"),
    ({"answer": "yes", "others": ("NK-26-002",)}, "PASS"),
    ({"answer": "yes", "standing": ("NK-26-002",)}, "PASS"),
    ({"answer": "yes"}, "FAIL"),
    ({"answer": "no", "others": ("NK-26-002",)}, "FAIL"),
    ({"answer": "no", "standing": ("NK-26-002",)}, "FAIL"),
    ({"answer": "not known", "others": ("NK-26-002",)}, "FAIL"),
    ({"answer": "yes", "others": ("NK-26-002",), "unknown": ("NK-26-002",)}, "FAIL"),
    ({"why": "no"}, "FAIL"),
    ({"why": ""}, "CANNOT DETERMINE"),
    ({"answer": "not known"}, "CANNOT DETERMINE"),
    ({"answer": ""}, "CANNOT DETERMINE"),
])
def test_whether_other_batches_are_affected_is_answered_with_its_reason(change: dict[str, Any], verdict: str) -> None:
    facts = {"code": "DEV-0001", "answer": "no", "others": (), "why": "No other batch was in that incubator."}
    assert rules.others_answered(Answer(**(facts | change))).verdict == verdict


WHOLE: dict[str, Any] = {
    "code": "DEV-0001", "classified_by": "P-0003", "findings": "Found.", "root_cause": "A battery.",
    "method": "5 whys", "product_impact": "None.", "patient_impact": "None."}


def test_an_investigation_with_everything_in_it_may_be_submitted() -> None:
    assert {one.verdict for one in judge(rules.SUBMIT, Case(**WHOLE))} == {Verdict.PASS}


@pytest.mark.parametrize("gone", ["classified_by", "findings", "root_cause", "method", "product_impact",
                                  "patient_impact"])
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_without_any_part_of_it_nothing_is_submitted(gone: str, blank: str | None) -> None:
    found = judge(rules.SUBMIT, Case(**(WHOLE | {gone: blank})))
    assert [one for one in found if one.verdict is Verdict.CANNOT_DETERMINE]


# --- no impact on one dose ----------------------------------------------------------------------------

APART: dict[str, Any] = {
    "code": "DEV-0001", "severity": "major", "classified_by": "P-0003", "dose": "NK-26-001-D1", "is_dose": True,
    "why": "It happened to the other bag.", "found_by": "P-0009", "opened_by": "P-0002", "worked": ("P-0004",)}


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    ({}, "", "PASS"),
    ({"severity": "minor"}, "", "PASS"),
    ({"severity": "critical"}, "QLT-10", "FAIL"),
    ({"classified_by": None}, "QLT-10", "CANNOT DETERMINE"),
    ({"is_dose": False}, "QLT-10", "FAIL"),
    ({"why": ""}, "QLT-10", "CANNOT DETERMINE"),
    ({"why": "fine"}, "QLT-10", "FAIL"),
    ({"found_by": "P-0002"}, "QLT-11", "FAIL"),
    ({"found_by": "P-0004"}, "QLT-11", "FAIL"),
    ({"found_by": ""}, "QLT-11", "CANNOT DETERMINE"),
])
def test_no_impact_is_for_judged_minor_and_major_deviations_by_another_person(
        change: dict[str, Any], rule: str, verdict: str) -> None:
    found = {one.rule: one.verdict for one in judge(rules.NO_IMPACT, NoImpactCase(**(APART | change)))}
    assert found == {"QLT-10": "PASS", "QLT-11": "PASS"} | ({rule: verdict} if rule else {})


# --- void and more time -------------------------------------------------------------------------------

VOID: dict[str, Any] = {
    "code": "DEV-0002", "within": "NK-26-001", "severity": "major", "by_system": False, "opened_by": "P-0002",
    "voided_by": "P-0003", "ground": "recorded in error"}
TWIN: dict[str, Any] = {"ground": "duplicate", "duplicate_of": "DEV-0001", "other_within": "NK-26-001",
                        "other_severity": "major", "other_state": "open"}


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"),
    ({"by_system": True}, "PASS"),
    ({"by_system": True, "severity": "critical"}, "FAIL"),
    ({"severity": "critical"}, "PASS"),
    ({"voided_by": "P-0002"}, "FAIL"),
    ({"ground": ""}, "CANNOT DETERMINE"),
    ({"ground": "inconvenient"}, "CANNOT DETERMINE"),
    (TWIN, "PASS"),
    (TWIN | {"other_state": "closed"}, "PASS"),
    (TWIN | {"by_system": True, "severity": "critical", "other_severity": "critical"}, "PASS"),
    (TWIN | {"other_severity": "minor"}, "FAIL"),
    (TWIN | {"other_state": "void"}, "FAIL"),
    (TWIN | {"other_state": None}, "FAIL"),
    (TWIN | {"other_within": "NK-26-002"}, "FAIL"),
    (TWIN | {"duplicate_of": "DEV-0002"}, "FAIL"),
    (TWIN | {"duplicate_of": ""}, "CANNOT DETERMINE"),
])
def test_a_deviation_that_blocked_rightly_is_not_voided(change: dict[str, Any], verdict: str) -> None:
    assert rules.blocked_wrongly(Voiding(**(VOID | change))).verdict == verdict


@pytest.mark.parametrize(("until", "at", "verdict"), [
    (NOON + timedelta(seconds=1), NOON - timedelta(days=1), "PASS"),
    (NOON, NOON - timedelta(days=1), "FAIL"),
    (NOON - timedelta(days=1), NOON - timedelta(days=2), "FAIL"),
    (NOON + timedelta(days=1), NOON + timedelta(days=1), "FAIL"),
    (NOON + timedelta(days=2), NOON + timedelta(days=1), "PASS"),
])
def test_more_time_ends_later_than_the_time_there_was(until: datetime, at: datetime, verdict: str) -> None:
    assert rules.later_than_before(Extending("DEV-0001", NOON, until, at)).verdict == verdict


@pytest.mark.parametrize("state", sorted(DEVIATION.states))
def test_nothing_is_added_to_what_is_closed_or_void(state: str) -> None:
    assert rules.still_open(Touching("DEV-0001", state)).verdict == ("FAIL" if state in ("closed", "void") else "PASS")


# --- states -------------------------------------------------------------------------------------------


def reachable(start: str) -> set[str]:
    seen, todo = set(), [start]
    while todo:
        state = todo.pop()
        seen.add(state)
        todo += [move.after for move in DEVIATION.moves if state in move.before and move.after not in seen]
    return seen


def test_every_state_is_reached_and_left() -> None:
    assert reachable("draft") == set(DEVIATION.states) == {
        "draft", "open", "classified", "investigating", "QA review", "closed", "reopened", "void"}
    for state in DEVIATION.states:
        assert any(state in move.before for move in DEVIATION.moves), state
    assert set(DONE) == {"closed", "void"}


def test_every_move_is_a_verb() -> None:
    assert {move.verb for move in DEVIATION.moves} <= set(VERBS)


def test_closed_is_only_reached_from_the_review_of_quality_assurance_and_left_by_reopening() -> None:
    assert [move.before for move in DEVIATION.moves if move.after == "closed"] == [frozenset({"QA review"})]
    assert [move.verb for move in DEVIATION.moves if "closed" in move.before] == ["reopen deviation"]
    with pytest.raises(Refused, match="Possible now: reopen deviation"):
        DEVIATION.after("close deviation", "closed")


def test_what_is_reopened_is_not_submitted_before_it_is_investigated_again() -> None:
    with pytest.raises(Refused):
        DEVIATION.after("submit deviation", "reopened")
    assert DEVIATION.after("investigate deviation", "reopened") == "investigating"
