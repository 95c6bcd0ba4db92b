"""What is read of a batch in one statement is what it tells when it is asked one by one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from bench.big_batch import BATCH, Crew, signed_unasked, who
from bench.big_dose import DOSE, FILLED, big_dose
from mfg import identity
from mfg.batches.containers import containers_of, parents_of
from mfg.batches.divisions import divisions_of
from mfg.batches.records import Container, Descent, StepEntry, batch, entries_of, steps_of
from mfg.batches.whole import whole_of
from mfg.db import desk
from mfg.labelling.records import labels_on
from mfg.ledger import act
from mfg.qc.records import reads_of, samples_of
from mfg.qc.sterility_records import sampled_in
from mfg.training.records import Supervision
from tests.conftest import FreshDatabase
from tests.office import CHEAP, Office, prepare, user_id

BAG, OTHER = f"{BATCH}-C06", f"{BATCH}-C07"


@pytest.fixture
def session(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Session]:
    """A batch with a dose, a step done under supervision, and cells that somebody took out of both bags."""
    identity.ARGON2.update(CHEAP)
    office = Office(fresh_database(kind, prepare), tmp_path)
    crew = Crew(*(office.people[user_id(role)] for role in ("production supervisor", "operator", "verifier")))
    big_dose(office.engine, crew, steps=3, fields=2, results=12)
    with signed_unasked(), desk(office.engine) as session, act(
            session, "open batch", on=DOSE, within=BATCH, **who(crew.supervisor).how):
        session.add(Supervision(code="SUP-000001", person=crew.operator, trainer=crew.verifier, on_code=f"{BATCH}/load",
                                within=BATCH, at=FILLED))
        for number in (1, 2):  # of no batch, as cells that went elsewhere would be
            session.add(Container(code=f"X-{number}", kind="vessel", recipient="SUB-0001", donor="DON-0001",
                                  collection="COL-0001", made_at=FILLED, made_by=crew.operator))
        session.flush()
        for child, parent, taken in (("X-1", BAG, "2"), ("X-2", BAG, "3.5"), ("X-1", OTHER, "1"), ("X-2", OTHER, None)):
            session.add(Descent(child=child, parent=parent, recipient="SUB-0001", donor="DON-0001",
                                taken_ml=None if taken is None else Decimal(taken)))
    with office.look() as looked:
        yield looked
    office.close()


def test_a_batch_read_together_tells_what_it_tells_one_by_one(session: Session) -> None:
    row = batch(session, BATCH)
    whole, sampled = whole_of(session, row), sampled_in(session, BATCH)
    assert whole.flow.steps == steps_of(session, BATCH)
    kept, names = entries_of(session, BATCH), [one.key for one in StepEntry.__mapper__.column_attrs]
    assert [[getattr(one, name) for name in names] for one in whole.entries] == [
        [getattr(one, name) for name in names] for one in kept], "plain rows say what the objects say"
    assert whole.containers == containers_of(session, BATCH) and len(whole.containers) == 7
    assert whole.parents == parents_of(session, BATCH)
    assert whole.trainers == {f"{BATCH}/load": session.get_one(Supervision, "SUP-000001").trainer}
    assert [one.container for one in whole.bags] == [BAG, OTHER]
    assert whole.filled.labels == labels_on(session, [BAG, OTHER])
    assert whole.filled.divisions == divisions_of(session, row.collection) == {BAG: "A0", OTHER: "B0"}
    assert list(sampled.samples.values()) == samples_of(session, BATCH)
    assert sampled.reads == reads_of(session, BATCH) and len(sampled.reads) == 1 and not sampled.invalid


def test_what_went_elsewhere_is_no_longer_in_the_bag(session: Session) -> None:
    whole = whole_of(session, batch(session, BATCH))
    assert whole.drawn(BAG) == Decimal("5.5")
    assert whole.drawn(OTHER) is None, "somebody took an amount that nobody wrote down"
    assert whole.drawn(f"{BATCH}-C99") == 0
    assert "X-1" not in {one.code for one in whole.containers} and "X-1" not in whole.parents
