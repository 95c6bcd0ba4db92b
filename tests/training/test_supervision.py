"""A trainee works under a qualified trainer who signed for the step before; both signatures stand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mfg.facts import Refused, judge
from mfg.ledger import Signature
from mfg.training import acts
from mfg.training.records import Supervision, qualification_facts
from mfg.training.rules import QUALIFIED
from mfg.verbs import VERBS
from tests.batches.plant import Plant
from tests.office import Office
from tests.training.trained import person, procedure, qualified

STEP = "receive"


@pytest.fixture
def step(sqlite_office: Office) -> str:
    """A step of an open batch; operator 2 is qualified, operator 1 is learning."""
    plant = Plant(sqlite_office)
    batch = plant.batch()
    procedure(sqlite_office)
    qualified(sqlite_office, "operator", 2, ["SOP-101"])
    sqlite_office.do(acts.assign_training, sqlite_office.who("production supervisor"),
                     person=person(sqlite_office, "operator"), item="SOP-101")
    sqlite_office.later(minutes=5)
    return f"{batch}/{STEP}"


def verdicts(office: Office, on: str, *items: str, **more: Any) -> tuple[str, ...]:
    with office.look() as session:
        facts = qualification_facts(session, person(office, "operator"), items or ("SOP-101",),
                                    more.get("at", office.now), on=on)
    return tuple(one.verdict.value for one in judge(QUALIFIED, facts))


def supervise(office: Office, step: str, number: int = 2, role: str = "operator", trainee: str = "") -> str:
    return office.do(acts.supervise_step, office.who(role, number), step=step,
                     trainee=trainee or person(office, "operator"))


def test_a_supervised_trainee_passes_as_in_training_under_the_trainer(sqlite_office: Office, step: str) -> None:
    assert verdicts(sqlite_office, step) == ("FAIL", "FAIL", "PASS")
    supervise(sqlite_office, step)
    sqlite_office.later(minutes=1)
    assert verdicts(sqlite_office, step) == ("PASS", "PASS", "PASS")
    with sqlite_office.look() as session:
        facts = qualification_facts(session, person(sqlite_office, "operator"), ["SOP-101"], sqlite_office.now, on=step)
        trainer = person(sqlite_office, "operator", 2)
        assert f"in training for SOP-101 under {trainer}" in judge(QUALIFIED, facts)[0].why
        signed = session.query(Signature).filter_by(on_code=step).one()
        kept = session.query(Supervision).one()
    assert (signed.meaning, signed.person) == ("Supervises the trainee", trainer)
    assert (kept.within, kept.on_code) == (step.partition("/")[0], step)


def test_supervision_counts_for_that_step_alone_and_from_its_signature_on(sqlite_office: Office, step: str) -> None:
    supervise(sqlite_office, step)
    assert verdicts(sqlite_office, step, at=sqlite_office.now - timedelta(seconds=1))[0] == "FAIL"
    assert verdicts(sqlite_office, step.replace("receive", "wash"))[0] == "FAIL"
    assert verdicts(sqlite_office, "")[0] == "FAIL"


def test_supervision_does_not_cover_what_the_trainee_is_not_learning(sqlite_office: Office, step: str) -> None:
    procedure(sqlite_office, "SOP-102")
    qualified(sqlite_office, "verifier", 1, ["SOP-102"])
    qualified(sqlite_office, "operator", 2, ["SOP-102"])
    supervise(sqlite_office, step)
    assert verdicts(sqlite_office, step, "SOP-101", "SOP-102") == ("FAIL", "FAIL", "PASS")


def test_who_is_qualified_for_nothing_the_trainee_learns_does_not_supervise(sqlite_office: Office, step: str) -> None:
    before = sqlite_office.counts()
    with pytest.raises(Refused, match="is qualified for nothing that") as caught:
        supervise(sqlite_office, step, 1, "verifier")
    assert [one.rule for one in caught.value.findings] == ["TRN-11"] and sqlite_office.counts() == before
    assert sqlite_office.last_entry().outcome == "refused"


def test_the_trainee_does_not_supervise_themselves(sqlite_office: Office, step: str) -> None:
    with pytest.raises(Refused, match="cannot supervise themselves"):
        supervise(sqlite_office, step, 1)


def test_whoever_performed_the_step_supervises_it_no_more(sqlite_office: Office, step: str) -> None:
    plant = Plant.standing(sqlite_office)
    plant.fill_in(step)
    plant.perform(step)
    with pytest.raises(Refused, match="the same person did “perform step”"):
        supervise(sqlite_office, step, 1, trainee=person(sqlite_office, "operator", 2))


def test_who_learns_nothing_is_not_supervised(sqlite_office: Office, step: str) -> None:
    with pytest.raises(Refused, match="has no open training task"):
        supervise(sqlite_office, step, trainee=person(sqlite_office, "verifier"))


@pytest.mark.parametrize("wrong", ["NK-99-001/receive", "{batch}", "nonsense"])
def test_a_supervision_names_a_step_of_a_batch_on_record(sqlite_office: Office, step: str, wrong: str) -> None:
    with pytest.raises(Refused, match="is not a step of a batch on record"):
        supervise(sqlite_office, wrong.format(batch=step.partition("/")[0]))


@pytest.mark.parametrize("role", ["administrator", "inspector"])
def test_administrators_and_inspectors_supervise_nobody(sqlite_office: Office, step: str, role: str) -> None:
    with pytest.raises(Refused, match="may not “supervise step”"):
        supervise(sqlite_office, step, 1, role)


def test_a_supervisor_took_part_in_the_batch() -> None:
    """Whoever supervised a step gives no disposition and releases no dose of that batch."""
    for verb in ("give disposition", "release dose", "release dose on condition", "reject dose"):
        assert "supervise step" in VERBS[verb].not_within
