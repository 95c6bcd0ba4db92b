"""Exceptional release: granted in one narrow case, refused in each forbidden one. Restated independently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Verdict, judge
from mfg.recipes.specification import Test
from mfg.release import exceptional_rules as rules
from mfg.release.decide import judge_dossier
from mfg.release.dossier import DeviationFacts, Dossier, OosFacts, ReadFacts, hash_of
from mfg.release.exceptional_rules import Asking, Exceptional, Party, facts_of
from tests.release.cases import NOON, PROTOCOL, WELL, result
from tests.release.test_rules import bag, part, whole

Change = Callable[[Dossier], Dossier]
ALLOWING = replace(PROTOCOL, exceptional_release=True)
LOW = Test("viability", "Viability", "counter", "dose", "number", "before", "%", Decimal(70), role="viability")
#: all well but one result that is out of specification: 65 % viability where 70 % was expected
FAILING = replace(WELL, protocol=ALLOWING, tests=(*WELL.tests, LOW),
                  results=(*WELL.results, replace(result(9, "viability", "65", "%"), verdict="FAIL")),
                  oos=(OosFacts("OOS-0001", "R-9", "viability", "Viability", "NK-26-001-D1", "confirmed"),))
PEOPLE = (("request", "P-0041"), ("risk", "P-0012"), ("authorisation", "P-0051"), ("contact", "P-0009"),
          ("ethics", "P-0009"), ("consent", "P-0041"))


def asked(dossier: Dossier = FAILING, **change: Any) -> Exceptional:
    judged = judge_dossier(dossier, NOON)
    parties = tuple((what, Party(who, hash_of(dossier) if what == "risk" else "")) for what, who in PEOPLE)
    told = {"named": ("viability",), "parties": parties, "confirmed": frozenset({"R-9"}), "decider": "P-0061",
            "attempt_asked": 1} | change
    return facts_of(judged, **told)


def failing_rules(facts: Exceptional) -> dict[str, str]:
    return {one.rule: one.verdict.value for one in judge(rules.EXCEPTIONAL, facts) if one.verdict is not Verdict.PASS}


def test_one_confirmed_result_out_of_specification_may_leave_by_all_its_parties() -> None:
    assert failing_rules(asked()) == {}
    ordinary = judge_dossier(FAILING, NOON)
    assert set(ordinary.verdicts.values()) == {Verdict.FAIL}, "no other door opens for it"


def failing(test: str, value: str) -> Change:
    """One of the tests there are fails."""
    return lambda dossier: replace(dossier, results=tuple(
        replace(one, value=value, verdict="FAIL") if one.test == test else one for one in dossier.results))


def grown(reading: str, dose: str | None = "NK-26-001-D1") -> Change:
    return lambda dossier: replace(dossier, reads=(*dossier.reads, ReadFacts("SR-2", "S-7", dose, 1, 3, reading)))


GRAM = Test("gram", "Gram stain", "stain", "dose", "choice", "before", equals="no organisms seen",
            choices=("no organisms seen", "organisms seen"), role="gram")
IDENTITY = Test("identity", "Identity", "STR", "batch", "choice", "before", equals="matches",
                choices=("matches", "differs"), role="identity")


def with_test(test: Test, value: str) -> Change:
    """A further test of the specification that fails."""
    return lambda dossier: replace(dossier, tests=(*dossier.tests, test), results=(*dossier.results, replace(
        result(8, test.id, value, "1", of_dose=test.scope == "dose"), verdict="FAIL")))


#: what, how the dossier is spoilt, the rule that says never
FORBIDDEN: list[tuple[str, Change, str]] = [
    ("the protocol does not allow it", whole(protocol=PROTOCOL), "EXC-01"),
    ("growth is confirmed", grown("growth confirmed"), "EXC-02"),
    ("growth is suspect", grown("growth suspect"), "EXC-02"),
    ("growth in a sample of the batch", grown("growth confirmed", None), "EXC-02"),
    ("organisms in the Gram stain", with_test(GRAM, "organisms seen"), "EXC-02"),
    ("the identity test does not match", with_test(IDENTITY, "differs"), "EXC-03"),
    ("the label carries another chain of identity", lambda d: replace(d, bags=(replace(d.bags[0], labels=(
        replace(d.bags[0].labels[0], coi="CHA9991267K2P4X"),)),)), "EXC-03"),
    ("a container of the lineage is another recipient's", part("lineage", recipient="SUB-0002"), "EXC-03"),
    ("the lineage has a gap", lambda d: replace(d, lineage=d.lineage[1:]), "EXC-03"),
    ("the dose is below its cohort's target", bag(volume_ml=Decimal(100), nk_percent=Decimal(60)), "EXC-04"),
    ("the dose is above its cohort's maximum", bag(nk_percent=Decimal(99), viable_cells_per_ml=(
        Decimal("9.9e6"),) * 3), "EXC-04"),
    ("the weight is not known", lambda d: replace(d, arithmetic=replace(d.arithmetic, weight=None)  # type: ignore
                                                  ), "EXC-04"),
    ("the count itself is out of specification", failing("count", "1e6; 1e6; 9e6"), "EXC-04"),
    ("the dose has expired", part("bags", expires_at=NOON - timedelta(minutes=1)), "EXC-05"),
    ("the dose expires at this very moment", part("bags", expires_at=NOON), "EXC-05"),
    ("another rule does not pass", whole(review=None), "EXC-06"),
    ("a deviation is open", whole(deviations=(DeviationFacts("DEV-1", "R-9", "NK-26-001", "major", "open", None),)),
     "EXC-06"),
    ("the dose is stopped", whole(stops=None), "EXC-06"),
    ("its OOS is still being investigated", part("oos", state="phase II"), "EXC-12"),
    ("an OOS is confirmed of a test that nobody named", lambda d: replace(d, oos=(*(d.oos or ()), OosFacts(
        "OOS-0002", "R-8", "nk", "NK", "NK-26-001-D1", "confirmed"))), "EXC-12"),
    ("nobody knows which OOS touch it", whole(oos=None), "EXC-12"),
    ("a further test fails that nobody named", failing("mycoplasma", "detected"), "EXC-07"),
    ("a further test is not done", lambda d: replace(d, results=tuple(
        one for one in d.results if one.test != "endotoxin")), "EXC-07"),
]


@pytest.mark.parametrize(("what", "spoil", "rule"), FORBIDDEN, ids=[row[0] for row in FORBIDDEN])
def test_each_forbidden_case_is_refused(what: str, spoil: Change, rule: str) -> None:
    assert rule in failing_rules(asked(spoil(FAILING))), what


@pytest.mark.parametrize(("change", "rule"), [
    ({"named": ()}, "EXC-07"), ({"named": ("viability", "nk")}, "EXC-07"), ({"named": ("cd3",)}, "EXC-07"),
    ({"confirmed": frozenset()}, "EXC-07"), ({"confirmed": frozenset({"R-1"})}, "EXC-07"),
    ({"attempt_asked": 0}, "EXC-10"), ({"decider": "P-0012"}, "EXC-09"), ({"decider": "P-0051"}, "EXC-09"),
    ({"decider": "P-0041"}, "EXC-09"),
])
def test_a_request_that_is_not_whole_is_refused(change: dict[str, Any], rule: str) -> None:
    assert rule in failing_rules(asked(**change))


@pytest.mark.parametrize("gone", [what for what, _ in PEOPLE])
def test_every_named_party_has_to_speak(gone: str) -> None:
    whole_set = asked().parties
    found = failing_rules(replace(asked(), parties=tuple((what, None if what == gone else who)
                                                         for what, who in whole_set)))
    assert found["EXC-08"] == "CANNOT DETERMINE"


@pytest.mark.parametrize(("one", "other"), [("request", "risk"), ("request", "authorisation"),
                                            ("risk", "authorisation")])
def test_nobody_does_two_of_the_parts_that_hold_each_other(one: str, other: str) -> None:
    parties = dict(asked().parties)
    parties[other] = replace(parties[other], by=parties[one].by)  # type: ignore[type-var, union-attr]
    assert "EXC-09" in failing_rules(replace(asked(), parties=tuple(parties.items())))


def test_the_risk_is_evaluated_again_when_the_evidence_has_changed() -> None:
    assert failing_rules(replace(asked(), evidence_hash="0" * 64)) == {"EXC-10": "CANNOT DETERMINE"}


def test_a_protocol_that_cannot_be_read_allows_nothing() -> None:
    assert failing_rules(replace(asked(), allowed=None))["EXC-01"] == "CANNOT DETERMINE"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORBIDDEN), st.sets(st.sampled_from(["results", "reads", "bags", "lineage", "tests"]),
                                           max_size=3))
def test_leaving_facts_out_never_opens_this_door(case: tuple[str, Change, str], gone: set[str]) -> None:
    dossier = replace(case[1](FAILING), **{name: () for name in gone})
    assert failing_rules(asked(dossier))


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"), ({"named": ()}, "CANNOT DETERMINE"), ({"named": ("magic",)}, "FAIL"), ({"filled": False}, "FAIL"),
    ({"running": "EXR-0001"}, "FAIL")])
def test_can_ask(change: dict[str, Any], verdict: str) -> None:
    facts = replace(Asking("NK-26-001-D1", True, ("viability",), ("viability", "nk"), None), **change)
    (found,) = judge(rules.ASK, facts)
    assert (found.rule, found.verdict.value) == ("EXC-11", verdict)


def test_every_state_of_a_request_is_reachable_and_an_open_one_leavable() -> None:
    assert {move.after for move in rules.REQUEST.moves} == set(rules.REQUEST.states)
    assert rules.REQUEST.states - rules.REQUEST.final == {"open"}
