"""A donor is eligible with a complete, non-reactive, timely panel, screening, and consent at the collection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.donors.rules import DONOR, ConsentFact, DonorFacts, MarkerFact
from mfg.facts import judge, verdict_of

START = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)
END = START + timedelta(hours=4)
PANEL = ("HIV-1/2 antibody", "HIV-1 NAT", "HBsAg", "anti-HBc total", "HBV NAT", "HCV antibody", "HCV NAT",
         "syphilis", "HTLV-I/II antibody", "CMV antibody")
GOOD = DonorFacts(
    donor="DON-0001", collection="COL-000001", started_at=START, ended_at=END,
    markers=tuple(MarkerFact(f"IDM-{n}", test, "negative", START) for n, test in enumerate(PANEL)),
    consents=(ConsentFact("CON-1", START - timedelta(days=2)),),
    screening="No risk factor.", screened_at=START, determination="eligible", determination_code="DET-1")
ALL = {f"DON-0{n}": "PASS" for n in range(1, 7)}


def verdicts(facts: DonorFacts) -> dict[str, str]:
    return {finding.rule: finding.verdict.value for finding in judge(DONOR, facts)}


def with_marker(test: str, **change: object) -> DonorFacts:
    return replace(GOOD, markers=tuple(replace(m, **change) if m.test == test else m for m in GOOD.markers))


def without(test: str) -> DonorFacts:
    return replace(GOOD, markers=tuple(m for m in GOOD.markers if m.test != test))


def test_a_complete_donor_passes_every_rule() -> None:
    assert verdicts(GOOD) == ALL


@pytest.mark.parametrize("test", PANEL)
def test_a_missing_test_cannot_be_determined(test: str) -> None:
    assert verdicts(without(test)) == ALL | {"DON-01": "CANNOT DETERMINE", "DON-03": "CANNOT DETERMINE"}


@pytest.mark.parametrize("test", PANEL)
def test_a_reactive_test_excludes_but_cmv_only_informs(test: str) -> None:
    reactive = with_marker(test, result="reactive")
    assert verdicts(reactive)["DON-02"] == ("PASS" if test == "CMV antibody" else "FAIL")
    assert ("physician" in judge(DONOR, reactive)[1].why) == (test == "CMV antibody")


def test_a_reactive_test_is_not_outvoted_by_a_later_negative_one() -> None:
    earlier = MarkerFact("IDM-99", "HBsAg", "reactive", START - timedelta(days=400))
    assert verdicts(replace(GOOD, markers=(*GOOD.markers, earlier))) == ALL | {"DON-02": "FAIL"}


@pytest.mark.parametrize("result", ["indeterminate", "not tested"])
def test_an_inconclusive_test_does_not_pass(result: str) -> None:
    found = verdicts(with_marker("HCV NAT", result=result))
    assert found["DON-01"] == found["DON-03"] == "CANNOT DETERMINE"


def test_an_indeterminate_specimen_after_a_negative_one_needs_a_new_specimen() -> None:
    later = MarkerFact("IDM-99", "HBsAg", "indeterminate", START + timedelta(hours=1))
    assert verdicts(replace(GOOD, markers=(*GOOD.markers, later)))["DON-02"] == "CANNOT DETERMINE"


@pytest.mark.parametrize(("specimen", "expected"), [
    (START - timedelta(days=7), "PASS"),
    (START - timedelta(days=7, microseconds=1), "CANNOT DETERMINE"),
    (START - timedelta(days=30), "CANNOT DETERMINE"),
    (START - timedelta(days=30, microseconds=1), "FAIL"),
    (END + timedelta(days=7), "PASS"),
    (END + timedelta(days=7, microseconds=1), "FAIL"),
])
def test_a_specimen_is_from_seven_days_around_the_collection(specimen: datetime, expected: str) -> None:
    assert verdicts(with_marker("HIV-1 NAT", specimen_at=specimen)) == ALL | {"DON-03": expected}


def test_without_a_collection_neither_window_nor_consent_can_be_judged() -> None:
    found = verdicts(replace(GOOD, collection=None, started_at=None, ended_at=None))
    assert found == ALL | {"DON-03": "CANNOT DETERMINE", "DON-05": "CANNOT DETERMINE"}


@pytest.mark.parametrize(("consents", "expected"), [
    ((), "CANNOT DETERMINE"),
    ((ConsentFact("c", START),), "PASS"),
    ((ConsentFact("c", START + timedelta(seconds=1)),), "FAIL"),
    ((ConsentFact("c", START - timedelta(days=9)), ConsentFact("w", START - timedelta(days=9), START)), "FAIL"),
    ((ConsentFact("c", START - timedelta(days=9)), ConsentFact("w", START - timedelta(days=9), END)), "FAIL"),
    ((ConsentFact("c", START - timedelta(days=9)),
      ConsentFact("w", START - timedelta(days=9), END + timedelta(seconds=1))), "PASS"),
    ((ConsentFact("c", START - timedelta(days=9)), ConsentFact("w", START - timedelta(days=9),
      START - timedelta(days=5)), ConsentFact("d", START - timedelta(days=2))), "PASS"),
    ((ConsentFact("w", START - timedelta(days=9), START - timedelta(days=5)),), "CANNOT DETERMINE"),
])
def test_consent_holds_from_the_beginning_to_the_end_of_the_collection(consents: tuple, expected: str) -> None:
    assert verdicts(replace(GOOD, consents=consents)) == ALL | {"DON-05": expected}


@pytest.mark.parametrize(("change", "wrong"), [
    ({"screening": None}, {"DON-04": "CANNOT DETERMINE"}),
    ({"screening": ""}, {"DON-04": "CANNOT DETERMINE"}),
    ({"screened_at": None}, {"DON-04": "CANNOT DETERMINE"}),
    ({"determination": None}, {"DON-06": "CANNOT DETERMINE"}),
    ({"determination": "not completed"}, {"DON-06": "CANNOT DETERMINE"}),
    ({"determination": "ineligible"}, {"DON-06": "FAIL"}),
])
def test_screening_and_determination_are_there(change: dict, wrong: dict) -> None:
    assert verdicts(replace(GOOD, **change)) == ALL | wrong


markers = st.lists(st.builds(
    MarkerFact, st.uuids().map(str), st.sampled_from(PANEL),
    st.sampled_from(["negative", "reactive", "indeterminate", "not tested"]),
    st.integers(-40, 40).map(lambda days: START + timedelta(days=days))), max_size=3).map(tuple)


@given(more=markers, missing=st.sets(st.sampled_from(PANEL), max_size=2))
def test_whoever_passes_has_a_timely_negative_specimen_of_each_test_and_nothing_reactive(
        more: tuple[MarkerFact, ...], missing: set[str]) -> None:
    facts = replace(GOOD, markers=(*(m for m in GOOD.markers if m.test not in missing), *more))
    if verdict_of(judge(DONOR, facts)).value != "PASS":
        return
    for test in set(PANEL) - {"CMV antibody"}:
        own = [m for m in facts.markers if m.test == test]
        assert all(m.result != "reactive" for m in own)
        assert any(m.result == "negative" and abs(m.specimen_at - START) <= timedelta(days=7, hours=4) for m in own)


@given(gone=st.sampled_from(["markers", "consents", "screening", "screened_at", "determination", "started_at",
                             "ended_at"]))
def test_no_fact_taken_away_turns_into_a_pass(gone: str) -> None:
    emptied = replace(GOOD, **{gone: () if gone in ("markers", "consents") else None})
    assert verdict_of(judge(DONOR, emptied)).value == "CANNOT DETERMINE"
