"""One dose from enrolment to its certificate, and its sad twins. Given, when, then; every record made by acts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mfg.batches import filling, runner, transforming
from mfg.batches.records import dose as dose_of
from mfg.batches.scans import as_scanned
from mfg.facts import Refused
from mfg.labelling.records import labels_of
from mfg.ledger import Signature
from mfg.people import acts as people
from mfg.quality.records import deviations_of
from mfg.release import acts as release
from mfg.release.gather import decide
from mfg.release.records import decisions_of
from mfg.tables import METADATA
from mfg.verify import verify
from tests.databases import Databases
from tests.release.story import Story
from tests.stories.prepared import released_soon


@pytest.fixture
def story(databases: Databases, tmp_path: Path) -> Iterator[Story]:
    """Given a dose that is filled, tested, labelled and not yet decided about."""
    with released_soon(databases, tmp_path) as made:
        yield made


def stopped(story: Story, what: Callable[[], Any]) -> Refused:
    """When it is tried, then it is refused, nothing is kept but the attempt, and the ledger verifies."""
    before, state = story.office.counts(), story.state()
    with pytest.raises(Refused) as caught:
        what()
    story.office.left(before, caught.value)
    assert story.state() == state
    last = story.office.last_entry()
    assert last.outcome == "refused"
    return caught.value


def rules_of(caught: Refused) -> set[str]:
    return {one.rule for one in caught.findings}


def verified(story: Story) -> None:
    report = verify(story.office.engine, METADATA, verifier=story.office.sealer.verifier,
                    notes=story.office.sealer.folder)
    assert report.problems == [] and report.entries > 200


def sterility_sample(story: Story) -> str:
    return str(story.judged().dossier.reads[0].sample)


def released(story: Story) -> None:
    """Given quality assurance has disposed of it and the qualified person has released it on condition."""
    story.dispose()
    story.release_on_condition()
    assert story.state() == "released on condition"


def test_a_dose_travels_from_enrolment_to_its_certificate(story: Story) -> None:
    # given a dose whose chain of identity is one from the recipient to the bag, labelled once
    office = story.office
    with office.look() as session:
        dossier = story.judged().dossier
        assert len(labels_of(session, story.bag())) == 1
    # 6.5 million per mL x 92 % x (120 - 2) mL, and by 70 kg: 1.008 times the target of 10 million
    wanted = Decimal("6.5e6") * Decimal("0.92") * 118 / 70
    told = " ".join(one.why for one in story.judged().full if one.rule == "DOSE-01")
    assert Decimal("0.8e7") < wanted < Decimal("1.2e7") and "1.01e7" in told, told
    assert dossier.attempt == 1
    # when it is released while sterility runs, and all reads stay clean to the last day
    released(story)
    sample = sterility_sample(story)
    began = office.now
    for day in (3, 7):
        office.as_of(began + timedelta(days=day))
        story.read(sample, "no growth", day=day)
        assert rules_of(stopped(story, story.certify)) == {"REL-18"}
    office.as_of(began + timedelta(days=14))
    story.read(sample, "no growth, final", day=14)
    story.certify(2)
    # then it is certified, by signatures that say so, and the records are what the trail says
    assert story.state() == "certified"
    with office.look() as session:
        kept = decisions_of(session, story.dose)
        assert [one.kind for one in kept] == ["disposition", "released on condition", "certified"]
        assert len({one.decided_by for one in kept}) == 3
        assert {one["verdict"] for one in json.loads(kept[-1].findings)} == {"PASS"}
        assert session.get_one(Signature, office.last_entry().seq).meaning == "Certified final"
    verified(story)


def test_growth_after_the_conditional_release_fails_the_dose_and_stops_its_siblings(story: Story) -> None:
    # given a conditional release and a second dose of the same batch
    released(story)
    sibling = story.plant.plan(story.batch, 2)
    # when sterility grows on the third day
    story.office.later(days=3)
    story.read(sterility_sample(story), "growth suspect", day=3)
    # then the dose is released then failed, a critical deviation is open, and no dose of the batch can leave
    assert story.state() == "released then failed"
    with story.office.look() as session:
        assert [(one.severity, one.by_system, one.state) for one in deviations_of(session, story.batch)] == [
            ("critical", True, "draft")]
        judged = decide(session, sibling, story.office.now)
        assert {("REL-14", "FAIL"), ("REL-07", "FAIL")} <= {(one.rule, one.verdict.value) for one in judged.full}
    assert "final" in stopped(story, story.certify).why
    twin = Story(story.office, story.plant, story.recipient, story.batch, sibling)
    for decide_it in (twin.dispose, twin.release_on_condition, twin.certify):
        stopped(twin, decide_it)
    verified(story)


def test_a_container_of_somebody_else_stops_the_step_and_the_attempt_is_kept(story: Story) -> None:
    # given a second recipient with a batch of their own
    plant, office = story.plant, story.office
    other = plant.recipient()
    batch = plant.open(other, plant.collection(other, 1))
    # when the first recipient's bag is scanned at the second one's first step
    foreign = as_scanned(f"{story.batch}-C01")
    stopped(story, lambda: plant.enter(f"{batch}/wash_platelets", "buffer", foreign))
    caught = stopped(story, lambda: office.do(
        transforming.make_container, office.who("operator"), batch=batch, transformation="seed", parents=[foreign],
        volume_ml=Decimal(50)))
    # then all stops, both recipients are named, and the history shows who tried
    assert "Stop" in caught.why and story.batch in caught.why and batch in caught.why
    assert story.recipient in caught.why and other in caught.why
    entry = office.last_entry()
    assert (entry.person, entry.verb, entry.outcome) == (office.people["operator.1"], "make container", "refused")
    verified(story)


def test_a_chain_of_identity_scanned_wrong_at_the_step_is_a_hard_stop(story: Story) -> None:
    plant = story.plant
    other = plant.recipient()
    batch = plant.open(other, plant.collection(other, 1))
    spec = next(one for one in plant.record.step("receive").fields if one.kind == "scan container")  # type: ignore[union-attr]
    caught = stopped(story, lambda: plant.enter(f"{batch}/receive", spec.id, as_scanned(f"{story.batch}-C01")))
    assert caught.why.startswith("Stop")
    plant.enter(f"{batch}/receive", spec.id, as_scanned(f"{batch}-C01"))


def test_the_same_person_never_does_both_halves(story: Story) -> None:
    # given an operator who is allowed to verify as well
    office, plant = story.office, story.plant
    office.do(people.grant_role, office.who("administrator"), person=office.people["operator.1"], role="verifier")
    # when they check what they filled, or verify what they performed
    plant.fill(story.dose, "119")
    worker, bag = office.who("operator"), story.bag()
    caught = stopped(story, lambda: office.do(filling.check_fill, worker, dose=story.dose, bag=as_scanned(bag),
                                              volume_ml=Decimal(119)))
    # then they are refused by name of what they did, and a second person may
    assert caught.kind == "not allowed" and "fill dose" in caught.why
    plant.check(story.dose, bag, "119")
    other = plant.recipient()
    step = f"{plant.open(other, plant.collection(other, 1))}/receive"
    plant.fill_in(step)
    plant.perform(step)
    caught = stopped(story, lambda: office.do(runner.verify_step, worker, step=step, readings={}))
    assert caught.kind == "not allowed" and "perform step" in caught.why
    plant.verify(step)


def test_an_expired_dose_does_not_leave(story: Story) -> None:
    story.dispose()
    with story.office.look() as session:
        assert dose_of(session, story.dose).state == "cleared"
    story.office.later(hours=25)
    assert rules_of(stopped(story, story.release_on_condition)) >= {"REL-12"}
    verified(story)


def test_a_new_weight_that_takes_the_dose_out_of_tolerance_stops_it(story: Story) -> None:
    # given a dose in order; when the recipient is weighed again at a weight too heavy for it
    story.dispose()
    story.office.later(hours=1, minutes=30)
    story.weigh("89.0")
    # then 5.98 million NK/mL x 118 mL / 89 kg is 7.93 million per kg: below 80 % of 10 million
    assert Decimal("6.5e6") * Decimal("0.92") * 118 / 89 < Decimal("0.8e7")
    caught = stopped(story, story.release_on_condition)
    assert "DOSE-01" in rules_of(caught)
    assert any("89" in one.why for one in caught.findings if one.rule == "DOSE-01")
    assert "DOSE-01" in rules_of(stopped(story, story.dispose))
    verified(story)


def test_a_rejected_dose_never_leaves(story: Story) -> None:
    who = story.office.who("qualified person", reason="The bag leaks.")
    story.office.do(release.reject_dose, who, dose=story.dose)
    for decide_it in (story.dispose, story.release_on_condition, story.certify):
        stopped(story, decide_it)
    assert story.state() == "rejected"
