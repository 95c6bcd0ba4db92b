"""A redline: one batch does a step otherwise, by the word of two people, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.batches import redline_rules as rules
from mfg.batches import redlining, runner
from mfg.batches.records import REDLINE_STATES, Redline, redlines_of, steps_of
from mfg.batches.records import redline as load_redline
from mfg.batches.redlines import redlined_record
from mfg.canonical import canonical
from mfg.facts import Moves, Refused
from mfg.people import acts as people
from mfg.recipes.master import FieldSpec, Step
from mfg.recipes.reading import read_master_record
from mfg.recipes.records import master_record_in
from mfg.verbs import VERBS
from tests.batches.small import SMALL, Small, planted_small, small_plant
from tests.conftest import FreshDatabase

RECORD = read_master_record(SMALL)
LIMITS = {"high": "300", "alert_high": "290"}


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


@pytest.fixture
def both(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database(kind, planted_small), tmp_path) as made:
        yield made


def boss(plant: Small) -> Any:
    return plant.office.who("production supervisor", reason="the balance was changed")


def propose(plant: Small, step: str, kind: str, **change: Any) -> str:
    return plant.office.do(redlining.propose_redline, boss(plant), step=plant.at(step), kind=kind, **change)


def approve(plant: Small, code: str) -> str:
    return plant.office.do(redlining.approve_redline, plant.office.who("qa"), redline=code)


def redlined(plant: Small, step: str, kind: str, **change: Any) -> str:
    return approve(plant, propose(plant, step, kind, **change))


# --- what acts, and from when ----------------------------------------------------------------------------------


def test_a_redline_acts_only_once_quality_assurance_approved_it(both: Small) -> None:
    code = propose(both, "weigh", "limits", field="gross", limits=LIMITS)
    both.office.do(runner.enter_value, both.office.who("operator"), step=both.at("weigh"), field="tare", value="50",
                   unit="g")
    assert both.work("weigh").field("gross").high == Decimal(1000)
    approve(both, code)
    assert both.work("weigh").field("gross").high == Decimal(300)
    assert "10 to 300 g" in both.enter_refused("weigh", "gross", "301").why
    both.enter(both.at("weigh"), "gross", "299")


def test_the_master_record_stays_as_it_was_approved_and_the_original_stands_beside(plant: Small) -> None:
    code = redlined(plant, "weigh", "limits", field="gross", limits=LIMITS)
    with plant.office.look() as session:
        assert master_record_in(session, "SMALL/1") == RECORD
        row = load_redline(session, code)
    assert (row.was, row.becomes) == (
        "Gross weight: low 10, high 1000, alert low 20, alert high 900 g",
        "Gross weight: low 10, high 300, alert low 20, alert high 290 g")
    assert (row.reason, row.decided_by) == ("the balance was changed", plant.office.who("qa").by)


def test_another_batch_of_the_same_master_record_is_not_touched(plant: Small) -> None:
    redlined(plant, "weigh", "instruction", instruction="Weigh on the other balance.")
    assert plant.work("weigh").shape.instruction == "Weigh on the other balance."
    plant.opened = plant.batch(1)
    assert plant.work("weigh").shape.instruction == "Weigh the bag with its contents."


def test_a_rejected_redline_never_acts_and_its_refusal_is_signed(plant: Small) -> None:
    code = propose(plant, "weigh", "instruction", instruction="Do not weigh.")
    unsaid = plant.refused(redlining.reject_redline, plant.office.who("qa"), redline=code)
    assert "needs a reason" in unsaid.why
    plant.office.do(redlining.reject_redline, plant.office.who("qa", reason="it has to be weighed"), redline=code)
    assert plant.work("weigh").shape.instruction == "Weigh the bag with its contents."
    assert plant.office.last_entry().verb == "reject redline"
    plant.refused(redlining.approve_redline, plant.office.who("qa", 2), redline=code)


def test_nobody_approves_what_they_proposed(plant: Small) -> None:
    """Even with both roles."""
    supervisor = plant.office.who("production supervisor")
    plant.office.do(people.grant_role, plant.office.who("administrator"), person=supervisor.by, role="qa")
    code = propose(plant, "weigh", "instruction", instruction="Weigh twice.")
    assert plant.refused(redlining.approve_redline, supervisor, redline=code).kind == "not allowed"
    assert plant.refused(redlining.reject_redline, boss(plant), redline=code).kind == "not allowed"


def test_an_operator_proposes_no_redline_and_a_proposal_needs_a_reason(plant: Small) -> None:
    change = {"step": plant.at("weigh"), "kind": "instruction", "instruction": "Weigh twice."}
    found = plant.refused(redlining.propose_redline, plant.office.who("operator", reason="x"), **change)
    assert found.kind == "not allowed"
    assert "needs a reason" in plant.refused(
        redlining.propose_redline, plant.office.who("production supervisor"), **change).why


def test_an_older_view_of_a_redline_is_not_approved(plant: Small) -> None:
    code = propose(plant, "weigh", "instruction", instruction="Weigh twice.")
    assert plant.refused(redlining.approve_redline, plant.office.who("qa"), redline=code, seen="7").kind == "stale"


# --- added fields and steps ------------------------------------------------------------------------------------


def test_an_added_field_is_asked_for_judged_and_never_optional(plant: Small) -> None:
    asked = {"id": "ph", "label": "pH", "kind": "number", "unit": "[pH]", "low": "6.5", "high": "7.5"}
    redlined(plant, "weigh", "field", asks=[asked])
    plant.type_in("weigh")
    found = plant.refused(runner.perform_step, plant.office.who("operator"), step=plant.at("weigh"),
                          done_at=plant.office.now)
    assert [one.rule for one in found.findings] == ["STEP-03"] and "pH" in found.why
    who = plant.office.who("operator")
    assert "outside the limits" in plant.refused(runner.enter_value, who, step=plant.at("weigh"), field="ph",
                                                 value="8", unit="[pH]").why
    plant.office.do(runner.enter_value, who, step=plant.at("weigh"), field="ph", value="7.0", unit="[pH]")
    plant.perform(plant.at("weigh"))


def test_an_added_step_stands_in_its_place_and_is_done_by_two_people(both: Small) -> None:
    redlined(both, "weigh", "step", id="swirl", title="Swirl", instruction="Swirl the bag.",
             asks=[{"id": "times", "label": "Times", "kind": "number", "unit": "1", "low": "3"}])
    with both.office.look() as session:
        order = [one.step_id for one in steps_of(session, both.opened)]
    assert order[:3] == ["weigh", "swirl", "look"]
    both.perform_it("weigh")
    both.verify(both.at("weigh"))
    assert "swirl" in both.enter_refused("look", "clear", "yes").why
    who = both.office.who("operator")
    both.office.do(runner.enter_value, who, step=both.at("swirl"), field="times", value="3", unit="1")
    both.perform(both.at("swirl"))
    both.office.do(runner.verify_step, both.office.who("verifier"), step=both.at("swirl"))
    both.enter(both.at("look"), "clear", "yes")


def test_a_redline_on_a_repeated_step_holds_from_that_repeat_on(plant: Small) -> None:
    plant.through("count", count={"cells": "40"})
    again = plant.office.do(runner.repeat_step, plant.office.who("operator"), step=plant.at("count"))
    code = plant.office.do(redlining.propose_redline, boss(plant), step=again, kind="limits", field="cells",
                           limits={"high": "150"})
    approve(plant, code)
    flow = plant.work("count").flow
    highs = {one.code: flow.shape(one).fields[0].high for one in flow.steps if one.step_id == "count"}
    assert highs == {plant.at("count"): None, again: Decimal(150)}


# --- what no redline does --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "change", "rule"), [
    ("weigh", {"kind": "limits", "field": "bag", "limits": LIMITS}, "RED-02"),
    ("weigh", {"kind": "limits", "field": "medium", "limits": LIMITS}, "RED-02"),
    ("weigh", {"kind": "field", "asks": [{"id": "b2", "label": "Bag", "kind": "scan container"}]}, "RED-02"),
    ("weigh", {"kind": "step", "id": "extra", "title": "Extra", "instruction": "Do.",
               "asks": [{"id": "b2", "label": "Bag", "kind": "scan lot"}]}, "RED-02"),
    ("weigh", {"kind": "instruction", "instruction": "Weigh the bag with its contents."}, "RED-04"),
    ("weigh", {"kind": "limits", "field": "gross", "limits": {"high": "1e3"}}, "RED-04"),
    ("weigh", {"kind": "limits", "field": "gross", "limits": {"high": "5"}}, "RED-05"),
    ("weigh", {"kind": "field", "asks": [{"id": "gross", "label": "Again", "kind": "number", "unit": "g"}]}, "RED-05"),
    ("weigh", {"kind": "field", "asks": [{"id": "x", "label": "X", "kind": "number", "unit": "stone"}]}, "RED-05"),
    ("weigh", {"kind": "step", "id": "look", "title": "Look", "instruction": "Look."}, "RED-05"),
    ("look", {"kind": "limits", "field": "clear", "limits": LIMITS}, "RED-05"),
])
def test_what_a_redline_may_not_do_is_refused(plant: Small, step: str, change: dict[str, Any], rule: str) -> None:
    found = plant.refused(redlining.propose_redline, boss(plant), step=plant.at(step), **change)
    assert rule in {one.rule for one in found.findings}, found.why


@pytest.mark.parametrize("change", [
    {"kind": "instruction"}, {"kind": "limits", "field": "gross"}, {"kind": "limits", "limits": LIMITS},
    {"kind": "field"}, {"kind": "step", "id": "x", "title": "X"}, {"kind": "field", "asks": [{"id": "x"}]},
    {"kind": "limits", "field": "gross", "limits": {"high": "lots"}},
])
def test_an_incomplete_redline_is_refused_before_anything_happens(plant: Small, change: dict[str, Any]) -> None:
    with pytest.raises(Refused) as raised:
        plant.office.do(redlining.propose_redline, boss(plant), step=plant.at("weigh"), **change)
    assert raised.value.kind == "input"


def test_what_is_done_is_not_redlined_afterwards(plant: Small) -> None:
    """Neither a value that was entered, nor a step that was signed, nor a place the process has passed."""
    code = propose(plant, "weigh", "limits", field="gross", limits=LIMITS)
    plant.type_in("weigh")
    for verb, who, more in (
            (redlining.approve_redline, plant.office.who("qa"), {"redline": code}),
            (redlining.propose_redline, boss(plant), {"step": plant.at("weigh"), "kind": "limits", "field": "gross",
                                                      "limits": {"high": "500", "alert_high": "450"}})):
        assert {one.rule for one in plant.refused(verb, who, **more).findings} == {"RED-01"}
    plant.perform(plant.at("weigh"))
    found = plant.refused(redlining.propose_redline, boss(plant), step=plant.at("weigh"), kind="instruction",
                          instruction="Weigh twice.")
    assert [one.rule for one in found.findings] == ["RED-01"]
    plant.enter(plant.at("look"), "clear", "yes")
    found = plant.refused(redlining.propose_redline, boss(plant), step=plant.at("weigh"), kind="step", id="swirl",
                          title="Swirl", instruction="Swirl.")
    assert [one.rule for one in found.findings] == ["RED-01"]


CHANGES = st.one_of(
    st.fixed_dictionaries({"kind": st.just("instruction"), "instruction": st.text(min_size=1, max_size=20)}),
    st.fixed_dictionaries({"kind": st.just("limits"), "field": st.sampled_from(["gross", "tare", "net", "bag", "note"]),
                           "low": st.sampled_from(["1", "50"]), "high": st.sampled_from(["60", "9999"])}),
    st.fixed_dictionaries({"kind": st.just("field"), "id": st.sampled_from(["extra", "gross", "bag"]),
                           "label": st.just("Extra"), "unit": st.just("g"),
                           "type": st.sampled_from(["number", "text", "yesno"])}))


@given(st.lists(CHANGES, max_size=4))
def test_whatever_is_redlined_nothing_asks_for_less_care(changes: list[dict[str, str]]) -> None:
    """Of the fields of the master record: identity, second readings and what is required stay as they are."""
    rows = []
    for number, one in enumerate(changes, 1):
        change = {"id": one["id"], "label": one["label"], "kind": one["type"], "unit": ""} if one["kind"] == "field" \
            else {name: value for name, value in one.items() if name != "kind"}
        rows.append(Redline(code=f"RL-{number:04d}", step_id="weigh", repeat=1, kind=one["kind"], state="approved",
                            change=canonical(change).decode()))
    before, after = RECORD.step("weigh"), redlined_record(RECORD, rows).step("weigh")
    assert before is not None and after is not None
    kept = {one.id: one for one in reversed(after.fields)}
    for spec in before.fields:
        same = ("kind", "blind", "optional", "severity", "lot_kind", "container_kind", "formula", "choices")
        assert all(getattr(kept[spec.id], name) == getattr(spec, name) for name in same)
    assert not any(one.optional for one in after.fields[len(before.fields):])
    assert (after.critical, after.when, after.optional) == (before.critical, before.when, before.optional)


# --- rules and states ------------------------------------------------------------------------------------------

BLIND = FieldSpec("gross", "Gross", "number", "g", blind=True)
BAG = FieldSpec("bag", "Bag", "scan container")
BEFORE = Step("weigh", "Weigh", "Weigh.", "", (BAG, BLIND), critical=True)
FACTS = rules.Redlining("NK-26-001/weigh", BEFORE, replace(BEFORE, instruction="Weigh twice."))
ROWS: list[tuple[Any, dict[str, Any], str]] = [
    (rules.before_the_work, {}, "PASS"),
    (rules.before_the_work, {"begun": ("Gross is entered",)}, "FAIL"),
    (rules.identity_untouched, {}, "PASS"),
    (rules.identity_untouched, {"after": replace(BEFORE, fields=(BLIND,))}, "FAIL"),
    (rules.identity_untouched, {"added": replace(BEFORE, id="x")}, "FAIL"),
    (rules.no_less_care, {}, "PASS"),
    (rules.no_less_care, {"after": replace(BEFORE, fields=(BAG, replace(BLIND, blind=False)))}, "FAIL"),
    (rules.no_less_care, {"after": replace(BEFORE, fields=(BAG, replace(BLIND, optional=True)))}, "FAIL"),
    (rules.no_less_care, {"after": replace(BEFORE, fields=(BAG,))}, "FAIL"),
    (rules.no_less_care, {"after": replace(BEFORE, critical=False)}, "FAIL"),
    (rules.no_less_care, {"after": replace(BEFORE, optional=True)}, "FAIL"),
    (rules.no_less_care, {"after": replace(BEFORE, clearance=True)}, "FAIL"),
    (rules.changes_something, {}, "PASS"),
    (rules.changes_something, {"after": BEFORE}, "FAIL"),
    (rules.changes_something, {"after": BEFORE, "added": Step("x", "X", "Do.", "", ())}, "PASS"),
    (rules.holds_together, {}, "PASS"),
    (rules.holds_together, {"faults": ("low lies above high.",)}, "FAIL"),
    (rules.batch_is_open, {}, "PASS"),
    (rules.batch_is_open, {"batch_state": "complete"}, "FAIL"),
    (rules.batch_is_open, {"batch_state": ""}, "CANNOT DETERMINE"),
]


@pytest.mark.parametrize(("one", "change", "expected"), ROWS)
def test_a_rule(one: Any, change: dict[str, Any], expected: str) -> None:
    finding = one(replace(FACTS, **change))
    assert finding.verdict.value == expected and finding.why.endswith(".")


def test_every_rule_has_a_row() -> None:
    assert {row[0].id for row in ROWS} == {one.id for one in rules.REDLINING}


def test_the_states_of_a_redline_are_reachable_leavable_and_known_to_the_database() -> None:
    moves: Moves = rules.REDLINE
    assert set(moves.states) == set(REDLINE_STATES)
    assert {move.after for move in moves.moves} | {moves.start} == set(REDLINE_STATES)
    assert {move.verb for move in moves.moves} <= set(VERBS)


def test_every_redline_of_a_batch_is_listed_for_its_reviewer(plant: Small) -> None:
    first = redlined(plant, "weigh", "instruction", instruction="Weigh twice.")
    second = propose(plant, "look", "instruction", instruction="Look twice.")
    with plant.office.look() as session:
        assert [(one.code, one.state) for one in redlines_of(session, plant.opened)] == [
            (first, "approved"), (second, "proposed")]
