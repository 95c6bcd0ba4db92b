"""The rules of the plan of samples, each under its requirement, and properties over whole plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.batches.sample_rules import (
    Explaining,
    Planned,
    all_drawn,
    drawing,
    not_drawn,
    plan_fits,
)
from mfg.facts import Limits, Verdict, passed
from mfg.qc.sampling_answers import Answering, ForDose, all_answered, dose_sampled
from mfg.qc.sampling_facts import DrawnFacts, SamplingFacts, SlotFacts, TestFacts
from mfg.qc.sampling_pages import time_left
from mfg.qc.sampling_rules import (
    EVENTS,
    SAMPLE,
    Arriving,
    Disposing,
    Happening,
    Measuring,
    Storing,
    Wanted,
    Witnessing,
    as_planned,
    by_its_label,
    in_order,
    in_time,
    late_says_why,
    not_gone,
    not_needed,
    received_first,
    seen_by_another,
    standing,
    stored_as_planned,
    warm_enough,
    whole,
)
from mfg.recipes.master import MasterRecord, Phase, Sampled, Step
from mfg.recipes.sampling import plan_faults
from mfg.recipes.specification import Specification, Test

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.CANNOT_DETERMINE


def later(**delta: float) -> datetime:
    return NOON + timedelta(**delta)


SPEC = Sampled("release", "Release", "qc", "dose bag", "release tests", Decimal(60), ("gram", "sterility"),
               Decimal(2), 2, "refrigerated", Decimal(2), Decimal(8))
RESERVE = Sampled("reserve", "Reserve", "qc", "dose bag", "reserve", Decimal(60), retain_days=365)
GRAM = TestFacts("gram", "Gram", "before", True, True)
STERILITY = TestFacts("sterility", "Sterility", "conditional-after", True, False)
DRAWN = DrawnFacts("S-0001", "in testing", "NK-26-001-D1", 1, False, NOON, later(minutes=30), "scanned", Decimal(5),
                   "intact", "intact", False, (GRAM, STERILITY))
SLOT = SlotFacts("NK-26-001/qc", 1, SPEC, True, (DRAWN,))
KEPT = SlotFacts("NK-26-001/qc", 1, RESERVE, True, (
    replace(DRAWN, sample="S-0002", state="retained", tests=(), stored=True),))
WELL = SamplingFacts(True, (SLOT, KEPT), 1)
DOSE = ForDose("NK-26-001-D1", 1, WELL, later(hours=-1))


# --- at the batch and at its steps ------------------------------------------------------------------------------


@pytest.mark.parametrize(("faults", "verdict"), [((), PASS), (("The sample x asks for y.",), FAIL)])
def test_the_plan_of_samples_fits_the_specification(faults: tuple[str, ...], verdict: Verdict) -> None:
    assert plan_fits(Planned("NK/1", "REL/1", faults)).verdict is verdict


TESTS = (Test("gram", "Gram", "stain", "dose", "choice", "before", equals="none", choices=("none", "seen")),
         Test("sterility", "Sterility", "culture", "dose", "sterility", "conditional-after", days=14),
         Test("identity", "Identity", "HLA", "batch", "choice", "before", equals="fits", choices=("fits",)),
         Test("ph", "pH", "meter", "dose", "number", "characterisation", "[pH]", mandatory=False))


@pytest.mark.parametrize(("samples", "said"), [
    ((SPEC, replace(SPEC, id="b", container_kind="vessel", tests=("identity",))), []),
    ((), []),
    ((SPEC,), ["Identity"]),
    ((replace(SPEC, tests=("gram", "sterility", "x")), replace(SPEC, id="b", container_kind="vessel",
                                                                 tests=("identity",))), ["asks for x"]),
    ((replace(SPEC, container_kind="vessel", tests=("gram", "sterility", "identity")),), ["a sample is of one"]),
    ((SPEC, replace(SPEC, id="b", tests=("identity",))), ["a sample is of one"]),
])
def test_what_of_a_plan_does_not_fit_is_told(samples: tuple[Sampled, ...], said: list[str]) -> None:
    record = MasterRecord("K", "T", (Phase("p", "P", (Step("qc", "QC", "Do.", "", ()),)),), samples=samples)
    found = plan_faults(record, Specification("REL", "T", TESTS))
    assert len(found) == len(said) and all(part in one for part, one in zip(said, found, strict=True))


@pytest.mark.parametrize(("planned", "answered", "verdict"), [
    ((), set(), PASS), ((SPEC,), {"release"}, PASS), ((SPEC, RESERVE), {"release"}, FAIL), ((SPEC,), set(), FAIL),
])
def test_every_sample_of_the_plan_is_drawn_at_its_step(planned: tuple[Sampled, ...], answered: set[str],
                                                       verdict: Verdict) -> None:
    assert all_drawn(drawing("NK-26-001/qc", planned, frozenset(answered))).verdict is verdict


@pytest.mark.parametrize(("drawn", "told", "verdict"), [(None, False, PASS), ("S-0001", False, FAIL),
                                                        (None, True, FAIL)])
def test_only_a_sample_that_was_not_taken_is_explained(drawn: str | None, told: bool, verdict: Verdict) -> None:
    assert not_drawn(Explaining("Release", drawn, told)).verdict is verdict


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, PASS), ({"container_kind": "vessel"}, FAIL), ({"container_batch": "NK-26-002"}, FAIL),
    ({"container_batch": None}, FAIL), ({"standing": ("S-0001",)}, FAIL), ({"explained": True}, FAIL),
])
def test_the_sample_is_the_one_the_plan_wants(change: dict[str, Any], verdict: Verdict) -> None:
    wanted = Wanted(SPEC, "NK-26-001/qc", "NK-26-001", "NK-26-001-C05", "dose bag", "NK-26-001")
    assert as_planned(replace(wanted, **change)).verdict is verdict


# --- events -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "at", "entered", "verdict"), [
    (0, 1, 2, PASS), (0, 0, 0, PASS), (1, 0, 2, FAIL), (0, 2, 1, FAIL)])
def test_events_follow_each_other(last: int, at: int, entered: int, verdict: Verdict) -> None:
    moments = [later(minutes=one) for one in (last, at, entered)]
    assert in_order(Happening("S-0001", *moments)).verdict is verdict


@pytest.mark.parametrize(("minutes", "reason", "verdict"), [
    (0, "", PASS), (15, "", PASS), (16, "", FAIL), (16, "network was down", PASS), (16, " ", FAIL)])
def test_an_event_entered_late_says_why(minutes: int, reason: str, verdict: Verdict) -> None:
    assert late_says_why(Happening("S-0001", NOON, NOON, later(minutes=minutes), reason)).verdict is verdict


ARRIVED = Arriving("S-0001", Decimal(60), Limits(Decimal(2), Decimal(8), "Cel"), NOON, later(minutes=30), Decimal(5),
                   "intact", "intact")


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, PASS), ({"received_at": later(minutes=60)}, PASS), ({"received_at": later(minutes=60, seconds=1)}, FAIL),
    ({"received_at": None}, UNKNOWN), ({"limit_minutes": None}, PASS), ({"received_at": later(minutes=-1)}, FAIL),
])
def test_received_in_time(change: dict[str, Any], verdict: Verdict) -> None:
    assert in_time(replace(ARRIVED, **change)).verdict is verdict


@pytest.mark.parametrize(("celsius", "limits", "verdict"), [
    ("2", True, PASS), ("8", True, PASS), ("8.1", True, FAIL), ("1.9", True, FAIL), (None, True, UNKNOWN),
    (None, False, PASS)])
def test_received_at_its_temperature(celsius: str | None, limits: bool, verdict: Verdict) -> None:
    told = replace(ARRIVED, temperature_c=None if celsius is None else Decimal(celsius),
                   temperature=ARRIVED.temperature if limits else None)
    assert warm_enough(told).verdict is verdict


@pytest.mark.parametrize(("condition", "seal", "verdict"), [
    ("intact", "intact", PASS), ("intact", "none", PASS), ("intact", "broken", FAIL), ("leaking", "intact", FAIL),
    ("", "intact", UNKNOWN), ("intact", "", UNKNOWN)])
def test_received_whole(condition: str, seal: str, verdict: Verdict) -> None:
    assert whole(replace(ARRIVED, condition=condition, seal=seal)).verdict is verdict


@pytest.mark.parametrize(("read", "verdict"), [("scanned", PASS), ("typed", PASS), ("", UNKNOWN), ("guessed", FAIL)])
def test_received_by_its_label(read: str, verdict: Verdict) -> None:
    assert by_its_label(replace(ARRIVED, read=read)).verdict is verdict


@pytest.mark.parametrize(("state", "needed", "verdict"), [
    ("taken", True, FAIL), ("in transit", True, FAIL), ("taken", False, PASS), ("received", True, PASS),
    ("in testing", True, PASS), ("retained", True, FAIL),
    ("refused", True, FAIL), ("refused", False, FAIL), ("reported", True, PASS)])
def test_tested_after_it_was_received(state: str, needed: bool, verdict: Verdict) -> None:
    assert received_first(Measuring("S-0001", state, needed)).verdict is verdict


@pytest.mark.parametrize(("state", "verdict"), [("received", PASS), ("retained", PASS), ("to be witnessed", FAIL),
                                                ("disposed", FAIL)])
def test_nothing_after_disposal(state: str, verdict: Verdict) -> None:
    assert not_gone(Measuring("S-0001", state, False)).verdict is verdict


@pytest.mark.parametrize(("change", "verdict"), [
    ({}, PASS), ({"open_tests": ("Gram",)}, FAIL), ({"kept_until": later(days=1)}, FAIL),
    ({"kept_until": NOON}, PASS), ({"to_be_kept": True}, FAIL),
    ({"state": "refused", "open_tests": ("Gram",), "to_be_kept": True}, PASS)])
def test_nothing_that_is_still_needed_is_disposed_of(change: dict[str, Any], verdict: Verdict) -> None:
    assert not_needed(replace(Disposing("S-0001", "reported", (), None, NOON), **change)).verdict is verdict


@pytest.mark.parametrize(("keep", "until", "planned", "verdict"), [
    ("frozen", later(days=365), later(days=365), PASS), ("frozen", later(days=364), later(days=365), FAIL),
    ("room", later(days=365), later(days=365), FAIL), ("frozen", None, None, UNKNOWN),
    ("frozen", later(days=1), None, PASS)])
def test_a_retain_is_stored_as_the_plan_says(keep: str, until: datetime | None, planned: datetime | None,
                                             verdict: Verdict) -> None:
    assert stored_as_planned(Storing("S-0001", keep, until, "frozen", planned)).verdict is verdict


@pytest.mark.parametrize(("by", "verdict"), [("P-0001", PASS), ("P-0002", FAIL), (None, UNKNOWN)])
def test_another_person_saw_it(by: str | None, verdict: Verdict) -> None:
    assert seen_by_another(Witnessing("S-0001", by, "P-0002")).verdict is verdict


# --- states -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("events", "begun", "answered", "here", "state"), [
    ([], False, False, True, "taken"), (["sent"], False, False, True, "in transit"),
    (["sent", "received"], False, False, True, "received"), (["received"], True, False, True, "in testing"),
    (["received"], True, True, True, "reported"), ([], True, True, False, "reported"),
    ([], True, False, True, "taken"), (["refused"], True, True, True, "refused"),
    (["received", "stored"], True, True, True, "retained"),
    (["received", "stored", "removed"], False, True, True, "taken out"),
    (["received", "stored", "inspected", "removed", "disposed of"], True, True, True, "to be witnessed"),
    (["received", "disposed of", "witnessed"], True, True, True, "disposed"),
])
def test_where_a_sample_stands(events: list[str], begun: bool, answered: bool, here: bool, state: str) -> None:
    assert standing(events, begun=begun, answered=answered, received_here=here) == state


def test_every_state_of_a_sample_can_be_reached_and_left() -> None:
    reached, before = {SAMPLE.start}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {move.after for move in SAMPLE.moves if move.before & reached}
    assert reached == set(SAMPLE.states)
    assert {state for move in SAMPLE.moves for state in move.before} == set(SAMPLE.states) - SAMPLE.final
    assert len(EVENTS) == len(set(EVENTS))


@pytest.mark.parametrize(("left", "verdict", "text"), [
    (60, "TODO", "60 min left"), (12, "TODO", "12 min left"), (11, "CANNOT DETERMINE", "11 min left"),
    (0, "CANNOT DETERMINE", "0 min left"), (-1, "FAIL", "overdue by 1 min")])
def test_the_time_left_is_told_in_shape_colour_and_word(left: int, verdict: str, text: str) -> None:
    told = time_left(later(minutes=60), later(minutes=60 - left), NOON)
    assert told == {"verdict": verdict, "text": text}


# --- the whole plan ---------------------------------------------------------------------------------------------


def slot(**change: Any) -> SlotFacts:
    """The release slot, or its one sample, changed."""
    own = {name: value for name, value in change.items() if name in SlotFacts.__dataclass_fields__}
    one = {name: value for name, value in change.items() if name not in own}
    return replace(SLOT, **({"drawn": (replace(DRAWN, **one),)} | own if one else own))


LATE = {"received_at": later(minutes=90)}
ROWS: list[tuple[str, SlotFacts, Verdict, Verdict]] = [
    # what is different, the slot, the verdict for the dose, the verdict for the batch
    ("nothing", SLOT, PASS, PASS),
    ("it is not taken", slot(drawn=()), UNKNOWN, UNKNOWN),
    ("it is explained as not taken", slot(drawn=(), explained="leak", explained_at=NOON), PASS, PASS),
    ("it was explained before the present fill", slot(drawn=(), explained="leak", explained_at=later(hours=-2)),
     UNKNOWN, PASS),
    ("it is not received", slot(state="taken", received_at=None, read="", condition="", seal="", temperature_c=None),
     UNKNOWN, UNKNOWN),
    ("it came late and no deviation tells of it", slot(**LATE), FAIL, PASS),
    ("it came late and its deviation is open", slot(**LATE, deviations=(("DEV-1", False),)), UNKNOWN, PASS),
    ("it came late and its deviation is closed", slot(**LATE, deviations=(("DEV-1", True),)), PASS, PASS),
    ("one of two deviations is open", slot(**LATE, deviations=(("DEV-1", True), ("DEV-2", False))), UNKNOWN, PASS),
    ("it came warm", slot(temperature_c=Decimal(9)), FAIL, PASS),
    ("how warm it came is not known", slot(temperature_c=None), UNKNOWN, PASS),
    ("it came broken", slot(condition="broken"), FAIL, PASS),
    ("nobody read its label", slot(read=""), UNKNOWN, PASS),
    ("a result is not reviewed", slot(tests=(replace(GRAM, ended=False), STERILITY)), UNKNOWN, UNKNOWN),
    ("a result is missing", slot(tests=(STERILITY,)), UNKNOWN, UNKNOWN),
    ("sterility has not begun", slot(tests=(GRAM, replace(STERILITY, begun=False))), UNKNOWN, UNKNOWN),
    ("it is of the fill before", slot(attempt=2), UNKNOWN, PASS),
    ("it is superseded", slot(superseded=True), UNKNOWN, UNKNOWN),
    ("it is another dose's", slot(dose="NK-26-001-D2"), UNKNOWN, PASS),
    ("it was refused", slot(state="refused"), UNKNOWN, UNKNOWN),
    ("it was refused and another took its place",
     replace(SLOT, drawn=(replace(DRAWN, sample="S-9", state="refused"), DRAWN)), PASS, PASS),
]


@pytest.mark.parametrize(("what", "one", "verdict", "_batch"), ROWS, ids=[row[0] for row in ROWS])
def test_every_sample_this_dose_needs_was_drawn_received_in_order_and_answered(
        what: str, one: SlotFacts, verdict: Verdict, _batch: Verdict) -> None:
    found = dose_sampled(replace(DOSE, sampling=replace(WELL, slots=(one, KEPT))))
    assert found.verdict is verdict, (what, found.why)


@pytest.mark.parametrize(("what", "one", "_dose", "verdict"), ROWS, ids=[row[0] for row in ROWS])
def test_every_sample_of_the_plan_is_answered(what: str, one: SlotFacts, _dose: Verdict, verdict: Verdict) -> None:
    found = all_answered(Answering("NK-26-001", replace(WELL, slots=(one, KEPT))))
    assert found.verdict is verdict, (what, found.why)


def test_a_sample_to_be_kept_is_stored_before_the_batch_is_complete() -> None:
    loose = replace(KEPT, drawn=(replace(KEPT.drawn[0], stored=False, state="received"),))
    assert all_answered(Answering("NK-26-001", replace(WELL, slots=(SLOT, loose)))).verdict is UNKNOWN


@pytest.mark.parametrize(("sampling", "verdict"), [
    (None, UNKNOWN), (SamplingFacts(True), UNKNOWN), (SamplingFacts(False), PASS), (WELL, PASS)])
def test_an_unknown_plan_passes_nothing_and_no_plan_asks_nothing(sampling: SamplingFacts | None,
                                                                 verdict: Verdict) -> None:
    assert dose_sampled(replace(DOSE, sampling=sampling)).verdict is verdict
    assert all_answered(Answering("NK-26-001", sampling)).verdict is verdict


def test_only_the_samples_of_its_own_harvest_are_asked_and_of_every_one_when_it_is_not_known() -> None:
    other = replace(SLOT, step="NK-26-001/qc~2", stage=2, drawn=())
    assert dose_sampled(replace(DOSE, sampling=replace(WELL, slots=(SLOT, other)))).verdict is PASS
    assert dose_sampled(replace(DOSE, sampling=replace(WELL, slots=(SLOT, other), stage=None))).verdict is UNKNOWN
    assert dose_sampled(replace(DOSE, sampling=replace(WELL, slots=(SLOT, other), stage=3))).verdict is UNKNOWN


# --- properties -------------------------------------------------------------------------------------------------

tests_ = st.builds(TestFacts, st.sampled_from(["gram", "sterility"]), st.just("T"),
                   st.sampled_from(["before", "conditional-after", "characterisation"]), st.booleans(), st.booleans())
drawn_ = st.builds(
    DrawnFacts, st.sampled_from(["S-1", "S-2"]), st.sampled_from(sorted(SAMPLE.states)),
    st.sampled_from(["NK-26-001-D1", None]), st.sampled_from([1, 2]), st.booleans(), st.just(NOON),
    st.sampled_from([None, later(minutes=30), later(minutes=90)]), st.sampled_from(["", "scanned", "typed"]),
    st.sampled_from([None, Decimal(5), Decimal(9)]), st.sampled_from(["", "intact", "broken"]),
    st.sampled_from(["", "intact", "broken"]), st.booleans(), st.lists(tests_, max_size=3).map(tuple),
    st.lists(st.tuples(st.just("DEV-1"), st.booleans()), max_size=2).map(tuple))


def facts(drawn: tuple[DrawnFacts, ...]) -> ForDose:
    return replace(DOSE, sampling=SamplingFacts(True, (replace(SLOT, drawn=drawn),), 1))


@settings(max_examples=150, deadline=None)
@given(st.lists(drawn_, max_size=3).map(tuple))
def test_what_passes_was_drawn_received_and_answered(drawn: tuple[DrawnFacts, ...]) -> None:
    """Restated without the rules: of a plan that passes one sample of this fill arrived and has both its answers."""
    if dose_sampled(facts(drawn)).verdict is not PASS:
        return
    mine = [one for one in drawn if (one.dose, one.attempt) == ("NK-26-001-D1", 1) and not one.superseded
            and one.state != "refused" and one.received_at is not None]
    assert mine
    for one in mine:
        assert one.read and one.temperature_c is not None and one.condition and one.seal
        told = {test.id: test for test in one.tests}
        assert told.keys() >= {"gram", "sterility"}
        in_order_ = one.received_at == later(minutes=30) and one.temperature_c == 5 and (
            one.condition, one.seal) == ("intact", "intact")
        assert in_order_ or (one.deviations and all(ended for _, ended in one.deviations))


@settings(max_examples=100, deadline=None)
@given(drawn_, st.sampled_from(["sample", "received_at", "read", "temperature_c", "condition", "seal", "tests",
                                "deviations"]))
def test_removing_a_sample_or_what_happened_to_it_never_opens_the_gate(one: DrawnFacts, part: str) -> None:
    """A plan that does not pass passes with less still less: each event is taken away whole, as it was told."""
    less: tuple[DrawnFacts, ...] = ()
    if part != "sample":
        empty: dict[str, Any] = {"received_at": None, "temperature_c": None, "tests": (), "deviations": ()}
        less = (replace(one, **{part: empty.get(part, "")}),)
    before, after = dose_sampled(facts((one,))).verdict, dose_sampled(facts(less)).verdict
    if before is not PASS:
        assert after is not PASS
    if part in ("sample", "received_at", "read", "condition", "seal", "temperature_c", "tests"):
        assert after is not PASS
    batch = Answering("NK-26-001", facts(()).sampling)
    assert all_answered(batch).verdict is UNKNOWN and passed(True) is PASS
