"""The rules of release, each under its requirement, and properties over whole dossiers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.batches.stop_rules import StopFact
from mfg.facts import Reading, Verdict, judge, verdict_of
from mfg.recipes.specification import Test
from mfg.release.decide import Judged, judge_dossier
from mfg.release.dossier import (
    CustodyFacts,
    DeviationFacts,
    Disposition,
    Dossier,
    ReadFacts,
    Sibling,
    evidence_of,
    hash_of,
)
from mfg.release.rules import CONDITION, Condition
from mfg.trial.dose import Weight
from tests.release.cases import COI, NOON, WELL, ago

Change = Callable[[Dossier], Dossier]


def at_noon(dossier: Dossier) -> Judged:
    """Judged with a disposition over exactly this evidence."""
    given = Disposition("DEC-0001", dossier.attempt, hash_of(dossier), "P-0012", ago(hours=1))
    return judge_dossier(dossier, NOON, dispositions=(given,))


def finalised(dossier: Dossier = WELL) -> Dossier:
    """The same with sterility read to its last day."""
    return replace(dossier, reads=(*dossier.reads, ReadFacts("SR-9", "S-6", "NK-26-001-D1", 1, 14, "no growth, final")))


def verdicts(dossier: Dossier) -> dict[str, str]:
    return {name: verdict.value for name, verdict in at_noon(dossier).verdicts.items()}


def test_everything_well_may_be_released_on_condition_and_not_yet_certified() -> None:
    assert verdicts(WELL) == {"give disposition": "PASS", "release dose on condition": "PASS",
                              "release dose": "CANNOT DETERMINE"}
    assert [one.title for one in at_noon(WELL).open_tests] == ["Sterility"]


def test_with_sterility_final_it_may_be_certified() -> None:
    assert verdicts(finalised())["release dose"] == "PASS"
    assert at_noon(finalised()).open_tests == ()


def part(name: str, **change: Any) -> Change:
    """Change one card of the dossier, or the first of several."""
    def spoil(dossier: Dossier) -> Dossier:
        found = getattr(dossier, name)
        if isinstance(found, tuple):
            return replace(dossier, **{name: (replace(found[0], **change), *found[1:])})
        return replace(dossier, **{name: replace(found, **change)})
    return spoil


def whole(**change: Any) -> Change:
    return lambda dossier: replace(dossier, **change)


def bag(**change: Any) -> Change:
    """Change the first bag of the arithmetic."""
    def spoil(dossier: Dossier) -> Dossier:
        assert dossier.arithmetic is not None and isinstance(dossier.arithmetic.bags, tuple)
        first = replace(dossier.arithmetic.bags[0], **change)
        return replace(dossier, arithmetic=replace(dossier.arithmetic, bags=(first,)))
    return spoil


def weight(**change: Any) -> Change:
    def spoil(dossier: Dossier) -> Dossier:
        assert dossier.arithmetic is not None and isinstance(dossier.arithmetic.weight, Weight)
        heavier = replace(dossier.arithmetic.weight, **change)
        return replace(dossier, arithmetic=replace(dossier.arithmetic, weight=heavier))
    return spoil


def deviation(state: str, severity: str = "minor") -> Change:
    return whole(deviations=(DeviationFacts("DEV-0001", "NK-26-001/wash", "NK-26-001", severity, state, None),))


def apart(severity: str, state: str = "investigating", found_at: datetime | None = NOON) -> Change:
    """A deviation with the word of quality assurance that it does not touch this dose."""
    return whole(deviations=(DeviationFacts("DEV-0009", "NK-26-001/wash", "NK-26-001", severity, state, None,
                                            "DEV-0009-N1", found_at),))


def read(reading: str, *, dose: str | None = "NK-26-001-D1", attempt: int | None = 1, day: int = 3) -> Change:
    return lambda dossier: replace(dossier, reads=(*dossier.reads,
                                                   ReadFacts("SR-2", "S-7", dose, attempt, day, reading)))


def other_dose(state: str) -> Change:
    return whole(siblings=(Sibling("NK-26-002-D1", state),))


def held(kind: str, state: str) -> Change:
    return whole(custody=(CustodyFacts("NK-26-001-C05", "HO-0001", kind, state),))


def no_test(name: str) -> Change:
    return lambda dossier: replace(dossier, results=tuple(one for one in dossier.results if one.test != name))


def result(name: str, **change: Any) -> Change:
    return lambda dossier: replace(dossier, results=tuple(
        replace(one, **change) if one.test == name else one for one in dossier.results))


SPOILT: list[tuple[str, Change, str, str]] = [
    ("the dose is a fifth too small for a heavier recipient", weight(kg=Decimal("90.0")), "DOSE-01", "FAIL"),
    ("no weight is known", lambda d: replace(d, arithmetic=replace(d.arithmetic, weight=None)),  # type: ignore[type-var]
     "DOSE-01", "CANNOT DETERMINE"),
    ("the volume is too small", bag(volume_ml=Decimal(99)), "DOSE-02", "FAIL"),
    ("the weight is eight days old", weight(measured_at=ago(days=8)), "DOSE-03", "FAIL"),
    ("nobody confirmed the weight", weight(confirmed=False), "DOSE-03", "FAIL"),
    ("too many T cells", bag(cd3_percent=Decimal(2)), "DOSE-04", "FAIL"),
    ("endotoxin known only below a high bound", bag(endotoxin=Reading(Decimal(9), "<")), "DOSE-05",
     "CANNOT DETERMINE"),
    ("the author approved the protocol", part("versions", approved_by="P-0011"), "REL-01", "FAIL"),
    ("a version became effective after the batch was opened", part("versions", effective_at=NOON), "REL-01", "FAIL"),
    ("a version was superseded before the batch was opened", part("versions", superseded_at=ago(days=15)), "REL-01",
     "FAIL"),
    ("no version is known", whole(versions=()), "REL-01", "CANNOT DETERMINE"),
    ("eligibility is not confirmed", part("recipient", eligible_at=None), "REL-02", "CANNOT DETERMINE"),
    ("the collection carries another chain of identity", part("collection", coi_read="CHA9991269XXXXX"), "REL-03",
     "FAIL"),
    ("nobody read the bag of the collection", part("collection", coi_read=None), "REL-03", "CANNOT DETERMINE"),
    ("the batch is for somebody else", part("batch", recipient="SUB-0002"), "REL-03", "FAIL"),
    ("a label carries another chain of identity", lambda d: replace(d, bags=(replace(d.bags[0], labels=(
        replace(d.bags[0].labels[0], coi="CHA9991269XXXXX"),)),)), "REL-03", "FAIL"),
    ("a container of the lineage is another donor's", lambda d: replace(d, lineage=(
        *d.lineage[:2], replace(d.lineage[2], donor="DON-0002"), *d.lineage[3:])), "REL-04", "FAIL"),
    ("a container of the lineage is not known", lambda d: replace(d, lineage=(*d.lineage[:1], *d.lineage[2:])),
     "REL-04", "CANNOT DETERMINE"),
    ("the lineage ends at a vessel", lambda d: replace(d, lineage=(
        *d.lineage[:1], replace(d.lineage[1], parents=()), *d.lineage[2:])), "REL-04", "CANNOT DETERMINE"),
    ("the collection is not accepted", part("collection", state="inspected"), "REL-05", "CANNOT DETERMINE"),
    ("the collection is rejected", part("collection", state="rejected"), "REL-05", "FAIL"),
    ("one person inspected and accepted", part("collection", accepted_by="P-0003"), "REL-05", "CANNOT DETERMINE"),
    ("consent is withdrawn", lambda d: replace(d, donor=replace(d.donor, consents=(  # type: ignore[type-var]
        *d.donor.consents, replace(d.donor.consents[0], withdrawn_at=ago(days=1))))), "REL-06", "FAIL"),  # type: ignore[union-attr]
    ("a minor deviation is open", deviation("open"), "REL-07", "FAIL"),
    ("a critical deviation is open", deviation("open", "critical"), "REL-07", "FAIL"),
    *((f"a {severity} deviation is {state}", deviation(state, severity), "REL-07", "FAIL")
      for severity in ("minor", "major", "critical")
      for state in ("draft", "classified", "investigating", "QA review", "reopened")),
    ("a critical deviation was found without impact", apart("critical"), "REL-07", "FAIL"),
    ("no impact was found before the present fill", apart("minor", found_at=ago(hours=5)), "REL-07", "FAIL"),
    ("no impact was found, nobody knows when", apart("minor", found_at=None), "REL-07", "FAIL"),
    ("one of two deviations is found without impact", lambda d: replace(d, deviations=(
        *apart("minor")(d).deviations, *deviation("investigating")(d).deviations)), "REL-07", "FAIL"),
    ("a step is only performed", part("steps", state="performed", verified_by=None), "REL-08", "CANNOT DETERMINE"),
    ("one person performed and verified", part("steps", verified_by="P-0003"), "REL-08", "FAIL"),
    ("a step is paused", part("steps", state="paused", performed_by=None, verified_by=None), "REL-08",
     "CANNOT DETERMINE"),
    ("no step is known", whole(steps=()), "REL-08", "CANNOT DETERMINE"),
    ("a lot was in quarantine when used", part("lots", released_at=ago(hours=1)), "REL-09", "FAIL"),
    ("a lot had expired when used", part("lots", expires_at=ago(hours=7)), "REL-09", "FAIL"),
    *((f"a lot was {state} since", part("lots", state=state), "REL-09", "FAIL")
      for state in ("rejected", "recalled", "blocked")),
    ("a lot is in quarantine", part("lots", state="quarantine"), "REL-09", "FAIL"),
    ("a lot was released later than it was used", part("lots", released_at=ago(hours=5)), "REL-09", "FAIL"),
    ("nobody knows when a lot was used", part("lots", used_at=None), "REL-09", "CANNOT DETERMINE"),
    ("the fill is not checked", part("bags", checked_by=None), "REL-10", "CANNOT DETERMINE"),
    ("one person filled and checked", part("bags", checked_by="P-0003"), "REL-10", "FAIL"),
    ("the bag is withdrawn", part("bags", withdrawn_at=ago(hours=1)), "REL-10", "FAIL"),
    ("the bag has no label", part("bags", labels=()), "REL-11", "CANNOT DETERMINE"),
    ("the label was printed before the fill", lambda d: replace(d, bags=(replace(d.bags[0], labels=(
        replace(d.bags[0].labels[0], printed_at=ago(hours=5)),)),)), "REL-11", "CANNOT DETERMINE"),
    ("the label says otherwise than the records", lambda d: replace(d, bags=(replace(d.bags[0], labels=(
        replace(d.bags[0].labels[0], differs=("viable_nk_per_kg",)),)),)), "REL-11", "FAIL"),
    ("an older label of the bag is not destroyed", part("bags", loose=(("LBL-0001", "void"),)), "REL-11",
     "CANNOT DETERMINE"),
    ("the bag expires this very moment", part("bags", expires_at=NOON), "REL-12", "FAIL"),
    ("the recipient follows another protocol version", part("recipient", protocol="TRIAL-1/2"), "REL-13", "FAIL"),
    ("growth in a sibling dose", read("growth suspect", dose="NK-26-001-D2"), "REL-14", "FAIL"),
    ("growth in an earlier fill of this dose", read("growth confirmed", attempt=0), "REL-14", "FAIL"),
    ("growth in a sample of the batch", read("growth suspect", dose=None, attempt=None), "REL-14", "FAIL"),
    ("the specification asks for nothing", whole(tests=()), "REL-15", "CANNOT DETERMINE"),
    ("the specification asks for no sterility", lambda d: replace(d, tests=d.tests[:-1]), "REL-15", "FAIL"),
    ("a test has no result", no_test("mycoplasma"), "REL-16", "CANNOT DETERMINE"),
    ("a result is out of specification", result("mycoplasma", verdict="FAIL", value="detected"), "REL-16", "FAIL"),
    ("a result is not reviewed", result("nk", state="recorded", reviewed_by=None), "REL-16", "CANNOT DETERMINE"),
    ("a result is reviewed by its tester", result("nk", reviewed_by="P-0021"), "REL-16", "CANNOT DETERMINE"),
    ("a result does not decide", result("endotoxin", verdict="CANNOT DETERMINE"), "REL-16", "CANNOT DETERMINE"),
    ("a result is of the batch and the test of the dose", result("nk", of_dose=False), "REL-16", "CANNOT DETERMINE"),
    ("sterility was never read", whole(reads=()), "REL-17", "CANNOT DETERMINE"),
    ("sterility was read on an earlier fill only", lambda d: replace(d, reads=tuple(
        replace(one, attempt=0) for one in d.reads)), "REL-17", "CANNOT DETERMINE"),
    ("another batch's dose is out for this infusion", other_dose("released on condition"), "REL-22", "FAIL"),
    ("another batch's dose is certified for this infusion", other_dose("certified"), "REL-22", "FAIL"),
    ("another batch's dose was out and failed", other_dose("released then failed"), "REL-22", "CANNOT DETERMINE"),
    ("nobody looked for doses of other batches", whole(siblings=None), "REL-22", "CANNOT DETERMINE"),
    ("nobody looked for results out of specification", whole(oos=None), "REL-27", "CANNOT DETERMINE"),
    ("growth in another sample stops every dose of the batch", whole(stops=(
        StopFact("STP-0001", "S-0009", "growth suspect on day 2"),)), "STOP-01", "FAIL"),
    ("nobody looked whether anything stops it", whole(stops=None), "STOP-01", "CANNOT DETERMINE"),
    ("its only sterility test was set aside", lambda d: replace(d, reads=tuple(
        replace(one, reading="growth suspect", invalid=True) for one in d.reads)), "REL-17", "CANNOT DETERMINE"),
    ("another batch's dose was out and was taken back", other_dose("revoked"), "REL-22", "CANNOT DETERMINE"),
    ("another batch's dose is out exceptionally", other_dose("released exceptionally"), "REL-22", "FAIL"),
    ("nobody looked who held the bags", whole(custody=None), "REL-25", "CANNOT DETERMINE"),
    ("a bag waits to be taken over", held("hand-over", "given"), "REL-25", "CANNOT DETERMINE"),
    *((f"a shipment of a bag is {state}", held("shipment", state), "REL-25", "CANNOT DETERMINE")
      for state in ("packed", "sealed", "in transit", "delivered", "logger read")),
    ("a shipment of a bag was rejected", held("shipment", "rejected"), "REL-25", "FAIL"),
    ("the bag was filled after the decision", part("bags", filled_at=NOON + timedelta(minutes=1)), "REL-23",
     "CANNOT DETERMINE"),
    ("the label was printed after the decision", lambda d: replace(d, bags=(replace(d.bags[0], labels=(
        replace(d.bags[0].labels[0], printed_at=NOON + timedelta(minutes=1)),)),)), "REL-23", "CANNOT DETERMINE"),
    ("the donor is not determined", part("donor", determination=None), "DON-06", "CANNOT DETERMINE"),
    ("a marker is reactive", lambda d: replace(d, donor=replace(d.donor, markers=(  # type: ignore[type-var]
        replace(d.donor.markers[0], result="reactive"), *d.donor.markers[1:]))), "DON-02", "FAIL"),  # type: ignore[union-attr]
    ("transport was too warm", part("receipt", high_c=Decimal(9)), "COL-05", "FAIL"),
    ("the loading is not recorded", whole(loadings=()), "LOAD-01", "CANNOT DETERMINE"),
    ("too few cells carry the antibody", part("loadings", loaded_percent=Decimal(79)), "LOAD-07", "FAIL"),
    ("nothing of the donor is known", whole(donor=None), "DON-01", "CANNOT DETERMINE"),
]


@pytest.mark.parametrize(("what", "spoil", "rule", "verdict"), SPOILT, ids=[row[0] for row in SPOILT])
def test_one_thing_that_is_not_well_stops_every_release_and_is_named(
        what: str, spoil: Change, rule: str, verdict: str) -> None:
    for dossier in (WELL, finalised()):
        spoilt = spoil(dossier)
        judged = at_noon(spoilt)
        assert (rule, verdict) in {(one.rule, one.verdict.value) for one in judged.conditional}, what
        assert set(verdicts(spoilt).values()) <= {"FAIL", "CANNOT DETERMINE"}


@pytest.mark.parametrize("state", ["skipped", "not needed"])
def test_a_step_left_out_as_the_master_record_allows_holds_no_dose_and_is_named(state: str) -> None:
    judged = at_noon(part("steps", state=state, performed_by=None, verified_by=None)(WELL))
    found = next(one for one in judged.conditional if one.rule == "REL-08")
    assert found.verdict.value == "PASS" and f"is {state}" in found.why


@pytest.mark.parametrize("reading", ["growth suspect", "growth confirmed"])
def test_growth_in_the_dose_itself_stops_it_for_ever(reading: str) -> None:
    judged = at_noon(read(reading)(finalised()))
    failing = {one.rule for one in judged.full if one.verdict is Verdict.FAIL}
    assert failing == {"REL-14", "REL-18"}
    assert {one.rule for one in judged.conditional if one.verdict is Verdict.FAIL} == {"REL-14", "REL-17"}


def test_a_better_result_does_not_outweigh_one_out_of_specification() -> None:
    bad = replace(WELL.results[1], code="R-77", sample="S-77", verdict="FAIL", value="60")
    judged = at_noon(replace(WELL, results=(*WELL.results, bad)))
    assert "60 % in sample S-77" in next(one.why for one in judged.conditional if one.rule == "REL-16"
                                         and one.verdict is Verdict.FAIL)


def test_a_closed_deviation_and_characterisation_hold_nothing_up() -> None:
    odd = replace(WELL.results[1], code="R-78", test="ph", verdict="FAIL", value="6.0")
    assert verdicts(replace(deviation("closed")(WELL), results=(*WELL.results, odd)))["release dose on condition"] == \
        "PASS"


def test_a_void_deviation_holds_nothing_up() -> None:
    assert verdicts(deviation("void", "critical")(WELL))["release dose on condition"] == "PASS"


@pytest.mark.parametrize("severity", ["minor", "major"])
@pytest.mark.parametrize("state", ["classified", "investigating", "QA review", "reopened"])
def test_a_standing_word_of_no_impact_lets_this_dose_go_on_and_is_told(severity: str, state: str) -> None:
    spoilt = apart(severity, state)(WELL)
    assert verdicts(spoilt)["release dose on condition"] == "PASS"
    (said,) = [one.why for one in at_noon(spoilt).conditional if one.rule == "REL-07"]
    assert all(word in said for word in ("DEV-0009", severity, state, "NK-26-001-D1", "DEV-0009-N1"))


def test_each_deviation_that_holds_a_dose_is_told_by_name_and_state() -> None:
    spoilt = replace(WELL, deviations=(*apart("critical", "QA review")(WELL).deviations,
                                       *deviation("draft")(WELL).deviations))
    (said,) = [one.why for one in at_noon(spoilt).conditional if one.rule == "REL-07"]
    for word in ("DEV-0009 (critical", "QA review", "always blocks", "DEV-0001 (minor", "draft"):
        assert word in said


def test_two_samples_of_sterility_are_final_only_when_both_are() -> None:
    second = ReadFacts("SR-3", "S-8", "NK-26-001-D1", 1, 3, "no growth")
    assert verdicts(replace(finalised(), reads=(*finalised().reads, second)))["release dose"] == "CANNOT DETERMINE"


def test_a_sterility_test_that_must_end_before_release_is_never_left_open() -> None:
    early = replace(WELL, tests=tuple(replace(one, timing="before") if one.kind == "sterility" else one
                                      for one in WELL.tests))
    assert verdicts(early)["release dose on condition"] == "CANNOT DETERMINE"
    assert verdicts(finalised(early))["release dose"] == "PASS"


def test_without_a_disposition_over_this_very_evidence_nothing_leaves() -> None:
    nobody = judge_dossier(WELL, NOON)
    assert nobody.verdicts["give disposition"] is Verdict.PASS
    assert nobody.verdicts["release dose on condition"] is Verdict.CANNOT_DETERMINE
    other = Disposition("DEC-0001", 1, "another hash", "P-0012", ago(hours=1))
    assert judge_dossier(WELL, NOON, dispositions=(other,)).verdicts["release dose on condition"] is \
        Verdict.CANNOT_DETERMINE
    earlier = Disposition("DEC-0001", 0, hash_of(WELL), "P-0012", ago(hours=1))
    assert judge_dossier(WELL, NOON, dispositions=(earlier,)).verdicts["release dose on condition"] is \
        Verdict.CANNOT_DETERMINE


def test_what_has_left_is_judged_for_the_moment_it_left() -> None:
    weeks = NOON + timedelta(days=15)
    other = Disposition("DEC-0001", 1, "the hash before the final read", "P-0012", ago(hours=1))
    assert judge_dossier(finalised(), weeks, dispositions=(other,)).verdicts["release dose"] is Verdict.FAIL
    left = judge_dossier(finalised(), weeks, dispositions=(other,), left_at=NOON)
    assert left.verdicts["release dose"] is Verdict.PASS


def test_the_evidence_has_one_hash_whenever_it_is_looked_at() -> None:
    assert judge_dossier(WELL, NOON).evidence_hash == judge_dossier(WELL, NOON + timedelta(hours=30)).evidence_hash
    assert judge_dossier(WELL, NOON + timedelta(hours=30)).verdicts["give disposition"] is Verdict.FAIL
    assert hash_of(weight(kg=Decimal("70.1"))(WELL)) != hash_of(WELL)
    assert COI.encode() in evidence_of(WELL)


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, "PASS"),
    ({"complete": True}, "FAIL"),
    ({"open_tests": ()}, "FAIL"),
    ({"informed": " "}, "CANNOT DETERMINE"),
    ({"acknowledged": False}, "FAIL"),
    ({"informed_at": NOON + timedelta(minutes=1)}, "FAIL"),
])
def test_a_conditional_release_names_what_is_open_and_who_was_told(change: dict[str, Any], verdict: str) -> None:
    told = Condition(False, ("Sterility",), "treating physician", NOON, True, NOON)
    assert verdict_of(judge(CONDITION, replace(told, **change))) == verdict


@pytest.mark.parametrize(("kind", "state"), [("hand-over", "accepted"), ("hand-over", "refused"),
                                             ("shipment", "accepted")])
def test_custody_that_came_to_its_end_holds_no_dose(kind: str, state: str) -> None:
    judged = at_noon(held(kind, state)(finalised()))
    assert "PASS" in {one.verdict.value for one in judged.full if one.rule == "REL-25"}


def test_growth_that_was_set_aside_stays_told_and_its_clean_repeat_counts() -> None:
    aside = ReadFacts("SR-2", "S-7", "NK-26-001-D1", 1, 3, "growth suspect", invalid=True)
    judged = at_noon(replace(WELL, reads=(*WELL.reads, aside)))
    told = next(one for one in judged.full if one.rule == "REL-14")
    assert told.verdict is Verdict.PASS and "S-7 was set aside" in told.why
    assert verdicts(replace(WELL, reads=(*WELL.reads, replace(aside, invalid=False))))["give disposition"] == "FAIL"


# --- properties -----------------------------------------------------------------------------------------------------

MAY_BE_NONE = ("dose", "infusion", "attempt", "deviations", "siblings", "custody", "oos", "stops")
EMPTY: dict[str, Any] = {one.name: () if isinstance(getattr(WELL, one.name), tuple) else None
                         for one in fields(Dossier) if one.name not in MAY_BE_NONE}


@pytest.mark.parametrize("name", sorted(set(EMPTY) - {"loadings"}))
def test_no_part_of_the_evidence_can_be_missing(name: str) -> None:
    missing = at_noon(replace(finalised(), **{name: EMPTY[name]}))
    assert Verdict.PASS not in missing.verdicts.values()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SPOILT), st.sets(st.sampled_from(sorted(EMPTY)), max_size=4), st.booleans())
def test_deleting_facts_never_turns_a_refusal_into_a_release(
        spoilt: tuple[str, Change, str, str], gone: set[str], final: bool) -> None:
    dossier = spoilt[1](finalised() if final else WELL)
    judged = at_noon(replace(dossier, **{name: () if name == "loadings" else EMPTY[name] for name in gone}))
    assert Verdict.PASS not in judged.verdicts.values()


@settings(max_examples=200, deadline=None)
@given(kg=st.decimals(40, 110, places=1), volume=st.integers(90, 160), count=st.integers(1, 20),
       nk=st.decimals(70, 100, places=1), hours=st.integers(-200, 200), day=st.integers(0, 14))
def test_when_a_dose_may_leave_the_arithmetic_done_by_hand_agrees(
        kg: Decimal, volume: int, count: int, nk: Decimal, hours: int, day: int) -> None:
    counts = (Decimal(count) * 10**6,) * 3
    dossier = bag(volume_ml=Decimal(volume), viable_cells_per_ml=counts, nk_percent=nk)(weight(kg=kg)(WELL))
    dossier = part("bags", expires_at=NOON + timedelta(hours=hours))(part("reads", day=day)(dossier))
    judged = at_noon(dossier)
    cells = Decimal(count) * 10**6 * nk / 100 * (volume - 2)
    inside = Decimal(8) * 10**6 * kg <= cells <= Decimal(12) * 10**6 * kg
    allowed = inside and 100 <= volume <= 150 and hours > 0 and nk + Decimal("0.2") <= 100 and \
        Decimal(count) * 10**6 * Decimal("0.002") * volume <= Decimal(2) * 10**5 * kg and \
        Decimal("0.5") * volume <= 5 * kg
    assert (judged.verdicts["release dose on condition"] is Verdict.PASS) == allowed
    assert judged.verdicts["release dose"] is not Verdict.PASS


@given(st.sampled_from([one.id for one in WELL.tests if one.mandatory and one.timing == "before"]))
def test_only_tests_after_release_can_be_open_in_a_conditional_release(name: str) -> None:
    judged = at_noon(no_test(name)(WELL))
    assert judged.verdicts["release dose on condition"] is not Verdict.PASS
    assert name not in {one.title for one in judged.open_tests}


def test_every_test_before_release_has_its_own_finding() -> None:
    asked = [one.title for one in WELL.tests if isinstance(one, Test) and one.mandatory]
    found = [one.title for one in at_noon(WELL).full if one.rule in ("REL-16", "REL-18")]
    assert found == asked


def test_a_disposition_given_later_than_the_decision_means_that_a_clock_is_wrong() -> None:
    given = Disposition("DEC-0001", 1, hash_of(WELL), "P-0012", NOON + timedelta(minutes=1))
    found = judge_dossier(WELL, NOON, dispositions=(given,))
    assert {one.rule for one in found.for_condition if one.verdict is not Verdict.PASS} == {"REL-23"}


@pytest.mark.parametrize("state", ["planned", "filled", "checked", "cleared", "rejected"])
def test_a_dose_of_another_batch_that_never_left_stands_in_nobodys_way(state: str) -> None:
    assert verdicts(other_dose(state)(WELL))["release dose on condition"] == "PASS"
