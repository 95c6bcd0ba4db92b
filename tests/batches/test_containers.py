"""One recipient and one listed donor in every container: the database holds it, and random work cannot break it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mfg.batches.containers import ancestors, descendants
from mfg.batches.records import Container, Descent
from tests.batches.plant import Plant


def test_lineage_is_walked_both_ways(both: Plant) -> None:
    batch = both.batch()
    vessel, other = both.make(batch, "vessel"), both.make(batch, "vessel")
    pool = both.transform(batch, "harvest", vessel, other, volume="90", taken="50")
    with both.office.look() as session:
        assert ancestors(session, pool) == sorted([f"{batch}-C01", vessel, other])
        assert descendants(session, f"{batch}-C01") == sorted([vessel, other, pool])
        assert ancestors(session, f"{batch}-C01") == []


def owner_does(plant: Plant, statement: str, **values: Any) -> None:
    """Straight into the database as its owner, past every act, as a careless administrator would."""
    with plant.office.owner_engine.execution_options(mfg_begin="write").connect() as connection:
        connection.execute(text(statement), values)
        connection.commit()


def test_the_database_refuses_a_descent_across_recipients(both: Plant) -> None:
    ours, theirs = both.batch(0), both.batch(1)
    with both.office.look() as session:
        mine = session.get_one(Container, f"{ours}-C01")
        other = session.get_one(Container, f"{theirs}-C01")
    for recipient, donor in ((mine.recipient, mine.donor), (other.recipient, other.donor),
                             (mine.recipient, other.donor)):
        with pytest.raises(DBAPIError, match="(?i)foreign key"):
            owner_does(both, "INSERT INTO descent (child, parent, recipient, donor) "
                             "VALUES (:child, :parent, :recipient, :donor)",
                       child=mine.code, parent=other.code, recipient=recipient, donor=donor)
    with both.office.look() as session:
        assert session.scalars(select(Descent)).all() == []


def test_the_database_refuses_a_container_of_an_unlisted_donor(both: Plant) -> None:
    ours, theirs = both.batch(0), both.batch(1)
    with both.office.look() as session:
        mine = session.get_one(Container, f"{ours}-C01")
        other = session.get_one(Container, f"{theirs}-C01")
    with pytest.raises(DBAPIError, match="(?i)foreign key"):
        owner_does(both, "INSERT INTO container (code, kind, recipient, donor, collection, batch, made_at, made_by, "
                         "state, version) SELECT 'NK-26-001-C99', kind, recipient, :donor, collection, batch, made_at, "
                         "made_by, state, version "
                         "FROM container WHERE code = :code", donor=other.donor, code=mine.code)


def test_no_container_changes_its_recipient_once_it_has_descendants(both: Plant) -> None:
    ours, theirs = both.batch(0), both.batch(1)
    both.make(ours, "vessel")
    with both.office.look() as session:
        other = session.get_one(Container, f"{theirs}-C01")
    with pytest.raises(DBAPIError):
        owner_does(both, "UPDATE container SET recipient = :recipient, donor = :donor WHERE code = :code",
                   recipient=other.recipient, donor=other.donor, code=f"{ours}-C01")
