"""Opening a batch, completing it: done, refused without trace, not allowed."""

from __future__ import annotations

from typing import Any

import pytest

from mfg.batches import acts
from mfg.batches.records import batch as load_batch
from mfg.batches.records import container, steps_of
from mfg.facts import Refused
from mfg.qc.completing import complete_batch
from mfg.recipes.acts import draft_master_record
from tests.batches.plant import Plant


def refused(plant: Plant, verb: Any, role: str, **arguments: Any) -> Refused:
    """The refusal; it must leave no row, and one line of history."""
    before = plant.office.counts()
    with pytest.raises(Refused) as raised:
        plant.office.do(verb, plant.office.who(role), **arguments)
    assert plant.office.counts() == before
    assert plant.office.last_entry().outcome == "refused"
    return raised.value


def test_an_opened_batch_pins_its_documents_and_has_every_step_and_its_collection_bag(both: Plant) -> None:
    plant, office = both, both.office
    batch = plant.batch()
    with office.look() as session:
        row = load_batch(session, batch)
        assert (row.protocol, row.master_record, row.specification) == ("NCT06835140/1", "NK-CD123-CD16/1",
                                                                        "NK-RELEASE/1")
        assert [step.step_id for step in steps_of(session, batch)] == [one.id for _, one in plant.record.steps()]
        bag = container(session, f"{batch}-C01")
        assert (bag.kind, bag.recipient, bag.donor, bag.collection) == ("collection bag", row.recipient, row.donor,
                                                                        row.collection)


def test_a_batch_keeps_its_version_when_a_newer_becomes_effective(plant: Plant) -> None:
    batch = plant.batch()
    newer = plant.recipe.replace("title: Take the collection into the clean room", "title: Take it in")
    assert plant.document(draft_master_record, "master record", newer) == "NK-CD123-CD16/2"
    with plant.office.look() as session:
        assert load_batch(session, batch).master_record == "NK-CD123-CD16/1"


def opening(plant: Plant, **change: str) -> dict[str, str]:
    recipient = change.pop("recipient", "") or plant.recipient()
    return {"recipient": recipient, "collection": change.pop("collection", "") or plant.collection(recipient),
            "master_record": "NK-CD123-CD16", "specification": "NK-RELEASE"} | change


def test_a_collection_that_is_not_accepted_opens_no_batch(plant: Plant) -> None:
    recipient = plant.recipient()
    collection = plant.collection(recipient, accept=False)
    found = refused(plant, acts.open_batch, "production supervisor",
                    **opening(plant, recipient=recipient, collection=collection))
    assert [one.rule for one in found.findings] == ["BAT-01"]


def test_a_collection_for_another_recipient_opens_no_batch(plant: Plant) -> None:
    mine, other = plant.recipient(), plant.recipient()
    found = refused(plant, acts.open_batch, "production supervisor",
                    **opening(plant, recipient=mine, collection=plant.collection(other)))
    assert [one.rule for one in found.findings] == ["BAT-02"]


def test_nobody_opens_a_batch_for_a_recipient_who_is_not_eligible(plant: Plant) -> None:
    recipient = plant.recipient(eligible=False)
    found = refused(plant, acts.open_batch, "production supervisor", **opening(plant, recipient=recipient))
    assert [one.rule for one in found.findings] == ["BAT-03"]


def test_a_collection_makes_one_batch_only(plant: Plant) -> None:
    given = opening(plant)
    plant.open(given["recipient"], given["collection"])
    found = refused(plant, acts.open_batch, "production supervisor", **given)
    assert [one.rule for one in found.findings] == ["BAT-04"]


@pytest.mark.parametrize("wrong", [{"master_record": "NOTHING"}, {"specification": "NOTHING"},
                                   {"master_record": "NK-CD123-CD16/7"}])
def test_a_document_that_is_not_effective_opens_no_batch(plant: Plant, wrong: dict[str, str]) -> None:
    assert "effective" in refused(plant, acts.open_batch, "production supervisor", **opening(plant, **wrong)).why


def test_an_operator_may_not_open_a_batch(plant: Plant) -> None:
    assert refused(plant, acts.open_batch, "operator", **opening(plant)).kind == "not allowed"


def test_a_container_takes_its_chain_from_its_parents(both: Plant) -> None:
    plant, office = both, both.office
    batch = plant.batch()
    vessel = plant.make(batch, "vessel")
    with office.look() as session:
        row, owner = container(session, vessel), load_batch(session, batch)
        assert (row.recipient, row.donor, row.batch) == (owner.recipient, owner.donor, batch)


def test_a_batch_with_open_steps_cannot_be_completed(plant: Plant) -> None:
    batch = plant.batch()
    plant.run(batch, until="receive")
    found = refused(plant, complete_batch, "production supervisor", batch=batch)
    assert [one.rule for one in found.findings] == ["BAT-05"]
    assert "17 steps" in found.why


def test_completing_an_older_view_of_the_batch_is_refused(plant: Plant) -> None:
    batch = plant.batch()
    assert refused(plant, complete_batch, "production supervisor", batch=batch, seen="99").kind == "stale"
