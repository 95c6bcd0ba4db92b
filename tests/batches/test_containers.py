"""One recipient and one listed donor in every container: the database holds it, and random work cannot break it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mfg import identity
from mfg.batches import acts
from mfg.batches.containers import ancestors, descendants
from mfg.batches.records import Container, Descent
from mfg.batches.scans import as_scanned
from mfg.donors.records import Pairing
from mfg.facts import Refused
from mfg.ledger import playing_at
from tests.batches.plant import Plant, planted
from tests.databases import Databases
from tests.office import CHEAP, Office


def test_lineage_is_walked_both_ways(both: Plant) -> None:
    batch = both.batch()
    vessel, other = both.make(batch, "vessel"), both.make(batch, "vessel")
    pool = both.office.do(acts.make_container, both.office.who("operator"), batch=batch, kind="harvest",
                          parents=[as_scanned(vessel), as_scanned(other)])
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
        owner_does(both, "INSERT INTO container (code, kind, recipient, donor, collection, batch, made_at, made_by) "
                         "SELECT 'NK-26-001-C99', kind, recipient, :donor, collection, batch, made_at, made_by "
                         "FROM container WHERE code = :code", donor=other.donor, code=mine.code)


def test_no_container_changes_its_recipient_once_it_has_descendants(both: Plant) -> None:
    ours, theirs = both.batch(0), both.batch(1)
    both.make(ours, "vessel")
    with both.office.look() as session:
        other = session.get_one(Container, f"{theirs}-C01")
    with pytest.raises(DBAPIError):
        owner_does(both, "UPDATE container SET recipient = :recipient, donor = :donor WHERE code = :code",
                   recipient=other.recipient, donor=other.donor, code=f"{ours}-C01")


KINDS = ("vessel", "harvest", "loaded cells", "sample tube")
WORK = st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from(KINDS),
                          st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True)), max_size=12)


@given(work=WORK)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture,
                                                                 HealthCheck.too_slow])
def test_after_any_work_every_container_has_one_recipient_and_a_listed_donor(databases: Databases,
                                                                             work: list[Any]) -> None:
    """Random splits, pools and transfers over two batches; what is refused is refused, what is made is pure."""
    identity.ARGON2.update(CHEAP)
    url = databases.fresh("sqlite", two_batches)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            _random_work(office, work)
            _pure(office)
        office.close()
    databases.discard(url)


def two_batches(url: str) -> None:
    """A planted database with an open batch for each of two recipients."""
    planted(url)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            plant = Plant.standing(office)
            plant.batch(0)
            plant.batch(1)
        office.close()


def _random_work(office: Office, work: list[Any]) -> None:
    for number, kind, places in work:
        with office.look() as session:
            there = list(session.scalars(select(Container.code).order_by(Container.made_at, Container.code)))
        parents = [as_scanned(there[place % len(there)]) for place in places]
        with contextlib.suppress(Refused):
            office.do(acts.make_container, office.who("operator"), batch=f"NK-26-00{number + 1}", kind=kind,
                      parents=parents)


def _pure(office: Office) -> None:
    """Walked by hand, without the code under test: every line leads to one recipient and a listed donor."""
    with office.look() as session:
        rows = {row.code: row for row in session.scalars(select(Container))}
        lines = [(one.child, one.parent) for one in session.scalars(select(Descent))]
        listed = {(one.donor, one.recipient) for one in session.scalars(select(Pairing))}
    for code, row in rows.items():
        family, before = {code}, set[str]()
        while family != before:
            before = set(family)
            family |= {parent for child, parent in lines if child in family}
        assert {(rows[one].donor, rows[one].recipient) for one in family} == {(row.donor, row.recipient)}
        assert (row.donor, row.recipient) in listed
        assert any(rows[one].kind == "collection bag" for one in family)
