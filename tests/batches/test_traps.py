"""Traps that other batch records fell into, those that concern doing the steps, each as a named test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from mfg.batches import redlining, runner
from mfg.batches.api import DOORS
from mfg.batches.records import step as load_step
from mfg.batches.records import steps_of
from mfg.places import PACKAGE
from mfg.qc.completing import complete_batch
from mfg.recipes.acts import draft_master_record
from mfg.recipes.master import FieldSpec, Step
from mfg.settings import Settings
from mfg.trail import signatures_of
from mfg.verbs import VERBS
from tests.batches.small import SMALL, Small, planted_small, small_plant
from tests.conftest import FreshDatabase


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


def sign_refused(plant: Small, step: str) -> set[tuple[str, str]]:
    """The rules that do not let the step be signed, with their verdicts."""
    found = plant.refused(runner.perform_step, plant.office.who("operator"), step=plant.at(step),
                          done_at=plant.office.now)
    return {(one.rule, one.verdict.value) for one in found.findings}


def test_trap_2_nothing_starts_as_accepted(plant: Small) -> None:
    """A step begins without a value, a verdict, a time or a name, and cannot be signed like that."""
    with plant.office.look() as session:
        rows = steps_of(session, plant.opened)
    assert {one.state for one in rows} == {"todo"}
    assert not any((one.performed_by, one.verified_by, one.done_at, one.responsible) != (None,) * 4 for one in rows)
    assert plant.work("weigh").entries == {}
    assert ("STEP-03", "FAIL") in sign_refused(plant, "weigh")


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_trap_3_a_blank_never_becomes_0(plant: Small, blank: str) -> None:
    assert "blank" in plant.enter_refused("weigh", "tare", blank).why
    plant.enter(plant.at("weigh"), "gross", "250")
    assert "net" not in plant.work("weigh").entries, "250 - nothing is nothing, not 250"
    assert ("STEP-11", "CANNOT DETERMINE") in sign_refused(plant, "weigh")


def test_trap_4_the_limits_a_value_was_judged_by_stay_with_it(plant: Small) -> None:
    """Neither a new version of the master record nor a redline changes what an entry was judged by."""
    plant.enter(plant.at("weigh"), "gross", "250")
    plant.document(draft_master_record, "master record", SMALL.replace('high: "1000"', 'high: "200"').replace(
        'alert_high: "900"', 'alert_high: "190"'))
    assert plant.work("weigh").field("gross").high == 1000
    plant.correct("weigh", "gross", "500")
    assert plant.entry("weigh", "gross").verdict == "PASS"
    found = plant.refused(redlining.propose_redline, plant.office.who("production supervisor", reason="new version"),
                          step=plant.at("weigh"), kind="limits", field="gross",
                          limits={"high": "200", "alert_high": "190"})
    assert [one.rule for one in found.findings] == ["RED-01"]


def test_trap_5_what_cannot_be_evaluated_is_no_failure_and_still_blocks(plant: Small) -> None:
    plant.through("weigh")
    found = plant.enter_refused("filter", "minutes", "10")
    assert ("STEP-09", "CANNOT DETERMINE") in {(one.rule, one.verdict.value) for one in found.findings}
    assert "FAIL" not in {one.verdict.value for one in found.findings if one.rule == "STEP-09"}


def test_trap_6_every_blocker_is_told_at_once(plant: Small) -> None:
    plant.enter(plant.at("weigh"), "gross", "250")
    found = plant.refused(runner.perform_step, plant.office.who("operator"), step=plant.at("weigh"),
                          done_at=plant.office.now - timedelta(hours=1))
    assert {"STEP-03", "STEP-05", "STEP-11", "STEP-12"} <= {one.rule for one in found.findings}


@pytest.mark.parametrize("kind", [FieldSpec, Step])
def test_trap_8_nothing_a_master_record_can_say_is_a_silent_promise(kind: type) -> None:
    """Every attribute of a field and of a step is read by what does, judges, shows or reviews the steps."""
    read = {node.attr for room in ("batches", "review", "release") for path in (PACKAGE / room).glob("*.py")
            for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
    bounds = {"low", "high", "alert_low", "alert_high"} if {"limits", "alerts"} <= read else set()
    assert {one.name for one in fields(kind)} - read - bounds == set()


def test_trap_10_no_setting_lets_anybody_approve_their_own_work(plant: Small) -> None:
    words = ("approve", "self", "second", "verify", "blind", "force", "skip")
    assert not [one.name for one in fields(Settings) if any(word in one.name for word in words)]
    assert VERBS["verify step"].not_who == ("perform step", "supervise step")
    assert VERBS["approve redline"].not_who == ("propose redline",)
    boss = plant.office.who("production supervisor")
    plant.type_in("weigh")
    plant.office.do(runner.perform_step, boss, step=plant.at("weigh"), done_at=plant.office.now)
    found = plant.refused(runner.verify_step, boss, step=plant.at("weigh"), readings=plant.again(plant.at("weigh")))
    assert found.kind == "not allowed"


def test_trap_11_a_refusal_leaves_a_signed_trace_too(plant: Small) -> None:
    code = plant.office.do(redlining.propose_redline, plant.office.who("production supervisor", reason="faster"),
                           step=plant.at("weigh"), kind="instruction", instruction="Do not weigh.")
    plant.office.do(redlining.reject_redline, plant.office.who("qa", reason="it is weighed"), redline=code)
    with plant.office.look() as session:
        meanings = [one["meaning"] for one in signatures_of(session, code)]
    assert meanings == ["Redline proposed", "Redline rejected"]


def test_trap_13_when_it_was_entered_is_nobodys_to_say(plant: Small) -> None:
    """The time of the event is told, the time of entry is the system's, and no door takes it."""
    ours = {"entered_at", "performed_at", "verified_at", "skipped_at", "at"}
    assert not [door.verb for door in DOORS if ours & set(door.body().fields)]
    read = plant.office.now
    plant.office.later(minutes=10)
    plant.enter(plant.at("weigh"), "gross", "250", read_at=read)
    kept = plant.entry("weigh", "gross")
    assert (kept.read_at, kept.entered_at) == (read, plant.office.now)


def test_trap_16_a_check_that_was_never_made_stops_the_batch(plant: Small) -> None:
    """What the master record asks for and nobody entered is missed by the step, and a step by the batch."""
    plant.type_in("weigh")
    plant.perform(plant.at("weigh"))
    with plant.office.look() as session:
        assert load_step(session, plant.at("weigh")).state == "performed"
    found = plant.refused(complete_batch, plant.office.who("production supervisor"), batch=plant.opened)
    assert [one.rule for one in found.findings] == ["BAT-05"]
    assert all(step in found.why for step in ("weigh", "look", "filter", "rest", "count", "sum"))
