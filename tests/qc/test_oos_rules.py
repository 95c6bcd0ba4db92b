"""The rules of out-of-specification results and of slots, a row per verdict; nothing here needs a database."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import Refused, judge
from mfg.qc import oos_rules, slot_rules
from mfg.qc.oos_rules import (
    CHECKLIST,
    OOS,
    Concluding,
    Extending,
    Hand,
    Invalidating,
    Investigated,
    OpenOnes,
)
from mfg.qc.outlier import CRITICAL, grubbs
from mfg.qc.slot_rules import SLOTS, USABLE, Answering, Using, scattered
from mfg.recipes.specification import Test
from mfg.verbs import MADE_OR_TESTED, OOS_HANDS, VERBS

WELL = dict.fromkeys(CHECKLIST, "as required")
FLAW = WELL | {"method": "not as required"}
ERROR = "The tube was stained twice."
COUNT = Test("count", "Viable cells", "counter", "dose", "replicates", "before", "{cells}/mL", low=Decimal(5),
             high=Decimal(7), replicates=3, max_cv_percent=Decimal(15))
NK = Test("nk", "NK cells", "flow", "dose", "number", "before", "%", Decimal(80))


def verdict(rules: tuple[Any, ...], facts: Any, rule: str) -> str:
    return next(one.verdict.value for one in judge(rules, facts) if one.rule == rule)


# --- states -----------------------------------------------------------------------------------------------------------


def test_every_move_is_a_verb_or_a_conclusion_and_every_state_is_reached_and_left() -> None:
    verbs = {move.verb for move in OOS.moves}
    assert verbs - set(VERBS) == set(oos_rules.CONCLUSIONS)
    assert {move.after for move in OOS.moves} | {OOS.start} == OOS.states
    assert {state for move in OOS.moves for state in move.before} == OOS.states - OOS.final
    for verb in sorted(verbs - {"open phase two"}):
        for state in OOS.final:
            with pytest.raises(Refused, match="final"):
                OOS.after(verb, state)


def test_no_confirmed_oos_without_phase_two_and_none_invalidated_by_a_retest() -> None:
    assert {(tuple(move.before), move.verb) for move in OOS.moves if move.after == "confirmed"} == {
        (("phase II",), "confirmed")}
    assert not [move for move in OOS.moves if "retest" in move.verb]


def test_who_tests_releases_nothing_and_who_looked_does_not_judge() -> None:
    for verb in ("record retest", "record repeat", *OOS_HANDS):
        assert verb in MADE_OR_TESTED and "qa" not in VERBS[verb].roles
    for verb in ("invalidate result", "open phase two", "allow resample", "conclude OOS"):
        assert VERBS[verb].roles == ("qa",) and VERBS[verb].meaning and set(OOS_HANDS) <= set(VERBS[verb].not_who)
    assert {"record retest", "record repeat"} <= set(VERBS["review result"].not_who)


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("by", "analysts", "found"), [
    ("P-9", ("P-1",), "PASS"), ("P-1", ("P-1", "P-2"), "FAIL"), ("P-2", ("P-1", "P-2"), "FAIL"),
    ("P-9", (), "CANNOT DETERMINE")])
def test_oos_01_the_laboratory_is_investigated_by_another(by: str, analysts: tuple[str, ...], found: str) -> None:
    assert verdict(oos_rules.INVESTIGATE, Hand("OOS-1", by, analysts, ("P-9",)), "OOS-01") == found


@pytest.mark.parametrize(("by", "analysts", "found"), [
    ("P-5", ("P-1",), "PASS"), ("P-1", ("P-1",), "FAIL"), ("P-9", ("P-1",), "FAIL"), ("P-5", (), "CANNOT DETERMINE")])
def test_oos_02_quality_judges_without_a_hand_in_it(by: str, analysts: tuple[str, ...], found: str) -> None:
    assert verdict(oos_rules.JUDGE, Hand("OOS-1", by, analysts, ("P-9",)), "OOS-02") == found


# --- phase I ----------------------------------------------------------------------------------------------------------


def investigated(**change: Any) -> Investigated:
    return replace(Investigated("OOS-1", True, WELL, {}, "none found"), **change)


@pytest.mark.parametrize(("change", "found"), [
    ({}, "PASS"), ({"answers": FLAW, "told": {"method": "Stained twice."}}, "PASS"),
    ({"answers": FLAW}, "FAIL"), ({"answers": FLAW, "told": {"method": "  "}}, "FAIL"),
    ({"answers": {}}, "CANNOT DETERMINE"), ({"answers": WELL | {"controls": "fine"}}, "CANNOT DETERMINE"),
    ({"begun": False}, "CANNOT DETERMINE"),
    *(({"answers": {key: one for key, one in WELL.items() if key != point}}, "CANNOT DETERMINE")
      for point in CHECKLIST)])
def test_oos_03_every_point_is_answered(change: dict[str, Any], found: str) -> None:
    assert verdict(oos_rules.RECORD_INVESTIGATION, investigated(**change), "OOS-03") == found


@pytest.mark.parametrize(("outcome", "error", "answers", "found"), [
    ("none found", "", WELL, "PASS"), ("none found", ERROR, WELL, "FAIL"),
    ("assignable laboratory error", ERROR, FLAW, "PASS"), ("assignable laboratory error", ERROR, WELL, "FAIL"),
    ("assignable laboratory error", "bad", FLAW, "FAIL"),
    ("assignable laboratory error", " ", FLAW, "CANNOT DETERMINE"),
    ("", "", WELL, "CANNOT DETERMINE"), ("suspected", ERROR, FLAW, "CANNOT DETERMINE")])
def test_oos_04_an_error_is_described_and_shown(outcome: str, error: str, answers: dict[str, str], found: str) -> None:
    facts = investigated(outcome=outcome, error=error, answers=answers)
    assert verdict(oos_rules.RECORD_INVESTIGATION, facts, "OOS-04") == found


@pytest.mark.parametrize(("outcome", "error", "found"), [
    ("assignable laboratory error", ERROR, "PASS"), ("none found", "", "FAIL"),
    ("assignable laboratory error", "", "FAIL"), (None, "", "CANNOT DETERMINE")])
def test_oos_05_only_a_documented_error_invalidates(outcome: str | None, error: str, found: str) -> None:
    assert verdict(oos_rules.INVALIDATE, Invalidating("OOS-1", "R-1", outcome, error), "OOS-05") == found


# --- phase II ---------------------------------------------------------------------------------------------------------

PLANNED = Extending("OOS-1", "none found", "Every step was done as written.", "Three retests.", 3, "SOP-440")


@pytest.mark.parametrize(("change", "rule", "found"), [
    ({}, "OOS-06", "PASS"), ({"outcome": None}, "OOS-06", "CANNOT DETERMINE"),
    ({}, "OOS-07", "PASS"), ({"review": " "}, "OOS-07", "CANNOT DETERMINE"), ({"review": "fine"}, "OOS-07", "FAIL"),
    ({}, "OOS-08", "PASS"), ({"plan": ""}, "OOS-08", "CANNOT DETERMINE"), ({"plan": "again"}, "OOS-08", "FAIL")])
def test_oos_06_07_08_phase_two_is_planned_in_writing_after_phase_one(
        change: dict[str, Any], rule: str, found: str) -> None:
    assert verdict(oos_rules.PHASE_TWO, replace(PLANNED, **change), rule) == found


CONCLUDED = Concluding("OOS-1", "invalidated", "The laser had lost its alignment.", "no", "The batches of that day.")


@pytest.mark.parametrize(("change", "rule", "found"), [
    ({}, "OOS-09", "PASS"), ({"conclusion": "confirmed", "cause": ""}, "OOS-09", "PASS"),
    ({"cause": ""}, "OOS-09", "CANNOT DETERMINE"), ({"cause": "bad luck"}, "OOS-09", "FAIL"),
    ({"failing": ("R-2",)}, "OOS-09", "FAIL"), ({"conclusion": ""}, "OOS-09", "CANNOT DETERMINE"),
    ({"conclusion": "confirmed", "failing": ("R-2",)}, "OOS-09", "PASS"),
    ({}, "OOS-10", "PASS"), ({"unreviewed": ("R-1",)}, "OOS-10", "FAIL"),
    ({}, "OOS-11", "PASS"), ({"others_looked_at": " "}, "OOS-11", "CANNOT DETERMINE"),
    ({"others_looked_at": "none"}, "OOS-11", "FAIL"), ({"others_affected": ""}, "OOS-11", "CANNOT DETERMINE"),
    ({"others_affected": "yes"}, "OOS-11", "FAIL"),
    ({"others_affected": "yes", "named": ("NK-26-002",)}, "OOS-11", "PASS")])
def test_oos_09_10_11_a_conclusion_has_its_cause_its_reviews_and_other_batches(
        change: dict[str, Any], rule: str, found: str) -> None:
    assert verdict(oos_rules.CONCLUDE, replace(CONCLUDED, **change), rule) == found


@pytest.mark.parametrize(("oos", "found"), [
    ((), "PASS"), ((("OOS-1", "confirmed"), ("OOS-2", "invalidated")), "PASS"), ((("OOS-1", "phase I"),), "FAIL"),
    ((("OOS-1", "invalidated"), ("OOS-2", "phase II")), "FAIL"), (None, "CANNOT DETERMINE")])
def test_oos_12_a_batch_with_an_open_one_is_not_complete(oos: Any, found: str) -> None:
    assert verdict(oos_rules.COMPLETE, OpenOnes("NK-26-001", oos), "OOS-12") == found


# --- slots ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "found"), [
    ({}, "PASS"), ({"before": "R-1"}, "FAIL"), ({"failing": ("R-1",)}, "FAIL")])
def test_oos_20_a_further_result_needs_a_slot(change: dict[str, Any], found: str) -> None:
    assert verdict(slot_rules.OUTSIDE, replace(Answering("S-2", "NK cells"), **change), "OOS-20") == found


USING = Using("SLOT-1", "retest", None, "phase II", "S-1", "S-1", True, True, False, "P-2", "P-1", NK, "92")
STATES = (None, *sorted(OOS.states))


@pytest.mark.parametrize("kind", SLOTS)
@pytest.mark.parametrize("state", STATES)
def test_oos_21_a_slot_is_used_once_and_only_in_its_state(kind: str, state: str | None) -> None:
    facts = replace(USING, kind=kind, oos_state=state)
    by_hand = {"repeat set": {None}, "repeat": {"invalidated"}, "retest": {"phase II"},
               "resample": {"phase II", "invalidated"}}
    assert verdict(slot_rules.USE, facts, "OOS-21") == ("PASS" if state in by_hand[kind] else "FAIL")
    assert verdict(slot_rules.USE, replace(facts, used_by="R-9"), "OOS-21") == "FAIL"
    assert set(USABLE) == set(SLOTS)


def test_oos_21_a_slot_of_unknown_kind_is_not_known() -> None:
    assert verdict(slot_rules.USE, replace(USING, kind="another go"), "OOS-21") == "CANNOT DETERMINE"


NEW = {"sample": "S-2", "taken_after": True}


@pytest.mark.parametrize(("kind", "change", "found"), [
    ("retest", {}, "PASS"), ("retest", NEW, "FAIL"), ("repeat", {}, "PASS"), ("repeat", NEW, "PASS"),
    ("repeat set", {}, "PASS"), ("repeat set", NEW, "PASS"), ("resample", {}, "FAIL"), ("resample", NEW, "PASS"),
    ("repeat", NEW | {"same_container": False}, "FAIL"), ("resample", NEW | {"same_container": False}, "PASS"),
    ("repeat", NEW | {"same_subject": False}, "FAIL"), ("resample", NEW | {"same_subject": False}, "FAIL"),
    ("repeat", {"sample": "S-2"}, "FAIL"), ("resample", {"sample": "S-2"}, "FAIL"),
    ("repeat", NEW | {"answered": "R-5"}, "FAIL"), ("resample", NEW | {"answered": "R-5"}, "FAIL"),
    ("retest", {"answered": "R-1"}, "PASS")])
def test_oos_22_a_slot_is_for_its_sample(kind: str, change: dict[str, Any], found: str) -> None:
    assert verdict(slot_rules.USE, replace(USING, kind=kind, **change), "OOS-22") == found


@pytest.mark.parametrize(("kind", "by", "first", "found"), [
    ("retest", "P-2", "P-1", "PASS"), ("retest", "P-1", "P-1", "FAIL"), ("repeat", "P-1", "P-1", "PASS"),
    ("retest", "P-2", "", "CANNOT DETERMINE")])
def test_oos_23_a_retest_is_a_second_analysts(kind: str, by: str, first: str, found: str) -> None:
    facts = replace(USING, kind=kind, by=by, first_analyst=first)
    assert verdict(slot_rules.USE, facts, "OOS-23") == found


@pytest.mark.parametrize(("test", "value", "found"), [
    (NK, "92", "PASS"), (COUNT, "6; 6; 6", "PASS"), (COUNT, "6; 6; 6; 6", "FAIL"), (COUNT, "6; 6", "FAIL"),
    (COUNT, "6; 6; 6; 2; 2; 2", "FAIL"), (COUNT, "6; six; 6", "CANNOT DETERMINE")])
def test_oos_24_one_set_is_never_pooled_with_another(test: Test, value: str, found: str) -> None:
    assert verdict(slot_rules.USE, replace(USING, test=test, value=value), "OOS-24") == found


@pytest.mark.parametrize(("value", "apart"), [
    ("6; 6; 6", False),  # in order
    ("4; 6; 8", True),  # the mean is 6, the CV a third
    ("2; 3; 8", False),  # scattered, but the mean of 4.3 is out of specification whatever it is
    ("4; 4; 4", False),  # out of specification and close together
])
def test_replicates_too_far_apart_are_no_oos_as_long_as_their_mean_is_within(value: str, apart: bool) -> None:
    assert scattered(COUNT, value) is apart
    assert not scattered(NK, "60") and not scattered(COUNT, "") and not scattered(COUNT, "6; -; 6")


# --- outlier ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10**6), min_size=0, max_size=24))
def test_grubbs_by_hand_in_fractions(values: list[int]) -> None:
    found = grubbs(tuple(map(Decimal, values)))
    if not 3 <= len(values) <= 20 or len(set(values)) == 1:
        assert found is None
        return
    middle = Fraction(sum(values), len(values))
    variance = sum((one - middle) ** 2 for one in values) / (len(values) - 1)
    squared = max((one - middle) ** 2 for one in values) / variance
    assert found is not None and abs(Fraction(found.statistic) ** 2 - squared) < Fraction(1, 10**9)
    critical = Fraction(CRITICAL[len(values)])
    if abs(squared - critical**2) > Fraction(1, 10**6):
        assert found.apart is (squared > critical**2)


def test_grubbs_against_published_values_and_for_information_only() -> None:
    """Critical values at 5 %, two-sided, of the usual tables."""
    published = {3: "1.154", 4: "1.481", 5: "1.715", 6: "1.887", 7: "2.020", 10: "2.290", 15: "2.548", 20: "2.708"}
    assert {number: str(CRITICAL[number]) for number in published} == published
    found = grubbs(tuple(map(Decimal, ("6.1", "6.0", "6.2", "5.9", "6.1", "9.9"))))
    assert found is not None and found.apart and found.value == Decimal("9.9")
    assert "invalidates nothing" in found.told
