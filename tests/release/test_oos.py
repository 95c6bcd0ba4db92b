"""What release makes of out-of-specification results: pure dossiers, and properties over everything that can go."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Verdict
from mfg.release.arithmetic import _certain
from mfg.release.decide import Judged, judge_dossier
from mfg.release.dossier import Disposition, Dossier, OosFacts, ResultFacts, hash_of
from mfg.release.standing import standing
from mfg.trial.dose import Unread
from tests.release.cases import NOON, WELL, ago

NK = next(one for one in WELL.results if one.test == "nk")
COUNT = next(one for one in WELL.results if one.test == "count")
REST = tuple(one for one in WELL.results if one.test != "nk")
BAD = replace(NK, code="R-90", value="61.5", verdict="FAIL")
GONE = replace(BAD, invalidated_by="OOS-1")
REPEAT = replace(NK, code="R-91", slot="repeat", repeats="R-90")
RETESTS = tuple(replace(NK, code=f"R-9{number}", slot="retest", repeats="R-90") for number in (2, 3, 4))
OOS = OosFacts("OOS-1", "R-90", "nk", "NK cells", WELL.dose, "invalidated")


def judged(dossier: Dossier) -> Judged:
    given_ = Disposition("DEC-0001", dossier.attempt, hash_of(dossier), "P-0012", ago(hours=1))
    return judge_dossier(dossier, NOON, dispositions=(given_,))


def with_nk(*results: ResultFacts, oos: tuple[OosFacts, ...] | None = (OOS,)) -> Dossier:
    return replace(WELL, results=(*REST, *results), oos=oos)


def may_leave(dossier: Dossier) -> bool:
    return judged(dossier).verdicts["release dose on condition"] is Verdict.PASS


def verdict(dossier: Dossier, rule: str, title: str = "") -> str:
    return next(one.verdict.value for one in judged(dossier).conditional if one.rule == rule and title in one.title)


@pytest.mark.parametrize(("change", "state", "found"), [
    ({"timing": "characterisation"}, "confirmed", "PASS"), ({"mandatory": False}, "confirmed", "PASS"),
    ({"timing": "characterisation"}, "phase I", "FAIL"), ({"timing": "characterisation"}, "phase II", "FAIL"),
    ({}, "confirmed", "FAIL")])
def test_a_confirmed_oos_of_a_test_for_information_is_told_and_holds_nothing(
        change: dict[str, Any], state: str, found: str) -> None:
    extra = replace(next(one for one in WELL.tests if one.id == "nk"), **{"id": "glucose", "role": ""} | change)
    standing = replace(OOS, test="glucose", title="Glucose", state=state)
    dossier = replace(WELL, tests=(*WELL.tests, extra), oos=(standing,))
    assert verdict(dossier, "REL-27") == found
    told = next(one.why for one in judged(dossier).conditional if one.rule == "REL-27")
    assert "OOS-1 (Glucose" in told


INVALIDATED = with_nk(GONE, REPEAT)


@pytest.mark.parametrize(("oos", "found"), [
    ((), "PASS"), (None, "CANNOT DETERMINE"), ((OOS,), "PASS"),
    *(((replace(OOS, state=state),), "FAIL") for state in ("phase I", "phase II", "confirmed")),
    ((OOS, replace(OOS, code="OOS-2", state="confirmed", on="NK-26-001")), "FAIL"),
    ((replace(OOS, state="anything else"),), "FAIL")])
def test_rel_27_none_open_and_none_confirmed(oos: Any, found: str) -> None:
    assert verdict(replace(WELL, oos=oos), "REL-27") == found
    assert may_leave(replace(WELL, oos=oos)) is (found == "PASS")


@pytest.mark.parametrize(("what", "dossier", "found"), [
    ("invalidated and repeated", INVALIDATED, "PASS"),
    ("with its retests visible", with_nk(GONE, *RETESTS, REPEAT), "PASS"),
    ("a resample in its place", with_nk(GONE, replace(REPEAT, slot="resample")), "PASS"),
    ("the repeat is awaited", with_nk(GONE), "CANNOT DETERMINE"),
    ("only retests came", with_nk(GONE, *RETESTS), "CANNOT DETERMINE"),
    ("the repeat is not reviewed", with_nk(GONE, replace(REPEAT, state="recorded", reviewed_by=None)),
     "CANNOT DETERMINE"),
    ("the repeat fails too", with_nk(GONE, replace(REPEAT, verdict="FAIL", value="60")), "FAIL"),
    ("the repeat cannot be judged", with_nk(GONE, replace(REPEAT, verdict="CANNOT DETERMINE")), "CANNOT DETERMINE"),
    ("a retest failed too", with_nk(GONE, replace(RETESTS[0], verdict="FAIL"), REPEAT), "FAIL"),
    ("a retest is not reviewed", with_nk(GONE, replace(RETESTS[0], state="recorded", reviewed_by=None), REPEAT),
     "CANNOT DETERMINE"),
    ("the original is not reviewed", with_nk(replace(GONE, state="recorded", reviewed_by=None), REPEAT),
     "CANNOT DETERMINE"),
    ("the result says invalidated and its OOS does not", with_nk(GONE, REPEAT, oos=(replace(OOS, state="phase I"),)),
     "FAIL"),
    ("the result says invalidated and there is no OOS", with_nk(GONE, REPEAT, oos=()), "FAIL"),
    ("the OOS is of another result", with_nk(GONE, REPEAT, oos=(replace(OOS, result="R-7"),)), "FAIL"),
    ("not invalidated, all retests pass", with_nk(BAD, *RETESTS, oos=(replace(OOS, state="confirmed"),)), "FAIL"),
    ("a repeat that nobody was asked for", with_nk(BAD, REPEAT), "FAIL"),
    ("the repeat follows what nobody knows", with_nk(REPEAT, oos=()), "CANNOT DETERMINE"),
    ("retests alone", with_nk(*RETESTS, oos=()), "CANNOT DETERMINE"),
], ids=lambda one: one if isinstance(one, str) else "")
def test_rel_16_an_original_steps_back_only_for_its_repeat(what: str, dossier: Dossier, found: str) -> None:
    assert verdict(dossier, "REL-16", "NK cells") == found, what
    assert may_leave(dossier) is (found == "PASS")


def test_the_finding_names_every_result_and_what_it_is() -> None:
    finding = next(one for one in judged(with_nk(GONE, *RETESTS, REPEAT)).conditional
                   if one.rule == "REL-16" and one.title == "NK cells")
    assert finding.sources == ("R-90", "R-92", "R-93", "R-94", "R-91")
    assert finding.value == ("61.5 % (invalidated by OOS-1); 92 % (retest); 92 % (retest); 92 % (retest); "
                             "92 % (repeat)")


# --- replicates -------------------------------------------------------------------------------------------------------

APART = replace(COUNT, code="R-80", value="4.0e6; 6.5e6; 9.0e6", verdict="FAIL")
AGAIN = replace(COUNT, code="R-81", slot="repeat set", repeats="R-80")


def with_counts(*results: ResultFacts, oos: tuple[OosFacts, ...] = ()) -> Dossier:
    return replace(WELL, results=(*(one for one in WELL.results if one.test != "count"), *results), oos=oos)


@pytest.mark.parametrize(("dossier", "found"), [
    (with_counts(APART, AGAIN), "PASS"), (with_counts(APART), "CANNOT DETERMINE"),
    (with_counts(APART, replace(AGAIN, verdict="FAIL", value="4.0e6; 6.5e6; 9.1e6")), "FAIL"),
    (with_counts(AGAIN), "CANNOT DETERMINE"),
    (with_counts(APART, replace(AGAIN, slot="retest")), "CANNOT DETERMINE"),
    (with_counts(replace(APART, slot="repeat", repeats="R-79"), AGAIN), "FAIL")])
def test_rel_16_a_scattered_set_steps_back_for_its_one_repeat_set(dossier: Dossier, found: str) -> None:
    assert verdict(dossier, "REL-16", "Viable cells") == found


# --- arithmetic -------------------------------------------------------------------------------------------------------

LINE = [NK.container]


def certain(*results: ResultFacts, role: str = "nk_percent") -> Any:
    return _certain(role, LINE, WELL.tests, results)


def test_the_dose_is_computed_from_the_result_that_stands_never_from_a_mean() -> None:
    better = replace(REPEAT, value="91")
    assert certain(GONE, *RETESTS, better) is better
    assert certain(BAD, *RETESTS).value == "61.5"  # retests never replace
    assert isinstance(certain(GONE), Unread) and "repeat" in certain(GONE).why
    assert isinstance(certain(APART, role="viable_per_ml"), Unread)
    assert certain(APART, AGAIN, role="viable_per_ml") is AGAIN
    assert certain(*RETESTS) is None
    both = certain(BAD, replace(NK, code="R-99"))
    assert isinstance(both, Unread) and "which of them counts" in both.why


@given(st.permutations([GONE, REPEAT, *RETESTS]))
def test_the_order_of_results_changes_nothing(order: list[ResultFacts]) -> None:
    test = next(one for one in WELL.tests if one.id == "nk")
    assert standing(test, order) == (REPEAT,)


# --- properties -------------------------------------------------------------------------------------------------------

CLOSED = {
    "confirmed": with_nk(BAD, *RETESTS, oos=(replace(OOS, state="confirmed"),)),
    "phase I": with_nk(BAD, oos=(replace(OOS, state="phase I"),)),
    "phase II": with_nk(BAD, *RETESTS, oos=(replace(OOS, state="phase II"),)),
    "awaited": with_nk(GONE, *RETESTS),
    "scattered": with_counts(APART),
    "nested": with_nk(GONE, replace(RETESTS[0], verdict="FAIL", value="60"), REPEAT,
                      oos=(OOS, OosFacts("OOS-2", "R-92", "nk", "NK cells", WELL.dose, "confirmed"))),
}
OPEN = {"invalidated": with_nk(GONE, *RETESTS, REPEAT), "repeat set": with_counts(APART, AGAIN), "well": WELL}


def without(dossier: Dossier, results: set[str], oos: set[str]) -> Dossier:
    return replace(dossier, results=tuple(one for one in dossier.results if one.code not in results),
                   oos=tuple(one for one in dossier.oos or () if one.code not in oos))


@pytest.mark.parametrize("name", sorted(CLOSED))
def test_removing_any_results_or_any_oos_never_opens_the_gate(name: str) -> None:
    """Every set of results of the test in question, alone and with every OOS gone."""
    dossier = CLOSED[name]
    codes = [one.code for one in dossier.results if one.test in ("nk", "count")]
    for many in range(len(codes) + 1):
        for gone in combinations(codes, many):
            for missing in (set(), {one.code for one in dossier.oos or ()}):
                assert not may_leave(without(dossier, set(gone), missing)), (gone, missing)


BLANKS: dict[str, Any] = {"value": "", "verdict": "", "state": "", "reviewed_by": None, "slot": "", "repeats": None,
                          "invalidated_by": None, "container": ""}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CLOSED)), st.data())
def test_blanking_any_field_of_a_result_never_opens_the_gate(name: str, data: st.DataObject) -> None:
    dossier = CLOSED[name]
    at = data.draw(st.integers(0, len(dossier.results) - 1))
    field = data.draw(st.sampled_from(sorted(BLANKS)))
    blank = replace(dossier.results[at], **{field: BLANKS[field]})
    assert not may_leave(replace(dossier, results=(*dossier.results[:at], blank, *dossier.results[at + 1:])))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(OPEN)), st.data())
def test_what_may_leave_may_not_once_a_result_that_decides_is_gone(name: str, data: st.DataObject) -> None:
    dossier = OPEN[name]
    assert may_leave(dossier)
    gone = data.draw(st.sampled_from([one for one in dossier.results if one.slot != "retest"]))
    assert not may_leave(without(dossier, {gone.code}, set()))


@pytest.mark.parametrize("name", sorted(OPEN))
def test_without_knowing_of_oos_nothing_leaves(name: str) -> None:
    assert not may_leave(replace(OPEN[name], oos=None))
    one_more = replace(OOS, code="OOS-7", state="phase I")
    assert not may_leave(replace(OPEN[name], oos=(*(OPEN[name].oos or ()), one_more)))


def test_a_better_value_in_a_retest_changes_no_figure_of_the_dose() -> None:
    facts = [certain(BAD, replace(RETESTS[0], value=str(Decimal(80) + number))).value for number in range(15)]
    assert set(facts) == {"61.5"}
