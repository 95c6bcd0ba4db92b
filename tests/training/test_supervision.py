"""A trainee works under a qualified trainer who signed for the step before; both signatures stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mfg import identity
from mfg.facts import Refused, judge
from mfg.ledger import Signature, playing_at
from mfg.training import acts
from mfg.training.records import Supervision, qualification_facts
from mfg.training.rules import QUALIFIED
from mfg.verbs import VERBS
from tests.batches.plant import Plant, planted
from tests.conftest import FreshDatabase
from tests.office import CHEAP, Office
from tests.training.trained import person, procedure, qualified

STEP = "receive"


@pytest.fixture
def plant_office(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Office]:
    """An office with a plant at work, copied from one that was made once."""
    identity.ARGON2.update(CHEAP)
    made = Office(fresh_database("sqlite", planted), tmp_path)
    with playing_at(lambda: made.now):
        yield made
    made.close()


@pytest.fixture
def step(plant_office: Office) -> str:
    """A step of an open batch; operator 2 is qualified, operator 1 is learning."""
    batch = Plant.standing(plant_office).batch()
    procedure(plant_office, "SOP-901")
    qualified(plant_office, "operator", 2, ["SOP-901"])
    plant_office.do(acts.assign_training, plant_office.who("production supervisor"),
                     person=person(plant_office, "operator"), item="SOP-901")
    plant_office.later(minutes=5)
    return f"{batch}/{STEP}"


def verdicts(office: Office, on: str, *items: str, **more: Any) -> tuple[str, ...]:
    with office.look() as session:
        facts = qualification_facts(session, person(office, "operator"), items or ("SOP-901",),
                                    more.get("at", office.now), on=on)
    return tuple(one.verdict.value for one in judge(QUALIFIED, facts))


def supervise(office: Office, step: str, number: int = 2, role: str = "operator", trainee: str = "") -> str:
    return office.do(acts.supervise_step, office.who(role, number), step=step,
                     trainee=trainee or person(office, "operator"))


def test_a_supervised_trainee_passes_as_in_training_under_the_trainer(plant_office: Office, step: str) -> None:
    assert verdicts(plant_office, step) == ("FAIL", "FAIL", "PASS")
    supervise(plant_office, step)
    plant_office.later(minutes=1)
    assert verdicts(plant_office, step) == ("PASS", "PASS", "PASS")
    with plant_office.look() as session:
        facts = qualification_facts(session, person(plant_office, "operator"), ["SOP-901"], plant_office.now, on=step)
        trainer = person(plant_office, "operator", 2)
        assert f"in training for SOP-901 under {trainer}" in judge(QUALIFIED, facts)[0].why
        signed = session.query(Signature).filter_by(on_code=step).one()
        kept = session.query(Supervision).one()
    assert (signed.meaning, signed.person) == ("Supervises the trainee", trainer)
    assert (kept.within, kept.on_code) == (step.partition("/")[0], step)


def test_supervision_counts_for_that_step_alone_and_from_its_signature_on(plant_office: Office, step: str) -> None:
    supervise(plant_office, step)
    assert verdicts(plant_office, step, at=plant_office.now - timedelta(seconds=1))[0] == "FAIL"
    assert verdicts(plant_office, step.replace("receive", "wash"))[0] == "FAIL"
    assert verdicts(plant_office, "")[0] == "FAIL"


def test_supervision_does_not_cover_what_the_trainee_is_not_learning(plant_office: Office, step: str) -> None:
    procedure(plant_office, "SOP-902")
    qualified(plant_office, "verifier", 1, ["SOP-902"])
    qualified(plant_office, "operator", 2, ["SOP-902"])
    supervise(plant_office, step)
    assert verdicts(plant_office, step, "SOP-901", "SOP-902") == ("FAIL", "FAIL", "PASS")


def test_who_is_qualified_for_nothing_the_trainee_learns_does_not_supervise(plant_office: Office, step: str) -> None:
    before = plant_office.counts()
    with pytest.raises(Refused, match="is qualified for nothing that") as caught:
        supervise(plant_office, step, 1, "verifier")
    assert [one.rule for one in caught.value.findings] == ["TRN-11"] and plant_office.counts() == before
    assert plant_office.last_entry().outcome == "refused"


def test_the_trainee_does_not_supervise_themselves(plant_office: Office, step: str) -> None:
    with pytest.raises(Refused, match="cannot supervise themselves"):
        supervise(plant_office, step, 1)


def test_whoever_performed_the_step_supervises_it_no_more(plant_office: Office, step: str) -> None:
    plant = Plant.standing(plant_office)
    plant.fill_in(step)
    plant.perform(step)
    with pytest.raises(Refused, match="the same person did “perform step”"):
        supervise(plant_office, step, 1, trainee=person(plant_office, "operator", 2))


def test_who_learns_nothing_is_not_supervised(plant_office: Office, step: str) -> None:
    with pytest.raises(Refused, match="has no open training task"):
        supervise(plant_office, step, trainee=person(plant_office, "verifier"))


@pytest.mark.parametrize("wrong", ["NK-99-001/receive", "{batch}", "nonsense"])
def test_a_supervision_names_a_step_of_a_batch_on_record(plant_office: Office, step: str, wrong: str) -> None:
    with pytest.raises(Refused, match="is not a step of a batch on record"):
        supervise(plant_office, wrong.format(batch=step.partition("/")[0]))


@pytest.mark.parametrize("role", ["administrator", "inspector"])
def test_administrators_and_inspectors_supervise_nobody(plant_office: Office, step: str, role: str) -> None:
    with pytest.raises(Refused, match="may not “supervise step”"):
        supervise(plant_office, step, 1, role)


def test_a_supervisor_took_part_in_the_batch() -> None:
    """Whoever supervised a step gives no disposition and releases no dose of that batch."""
    for verb in ("give disposition", "release dose", "release dose on condition", "reject dose"):
        assert "supervise step" in VERBS[verb].not_within
