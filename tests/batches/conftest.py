"""Plants for the tests of batches: on SQLite for what is not about the database, on both where it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mfg import identity
from mfg.ledger import playing_at
from tests.batches.plant import Plant, planted
from tests.conftest import FreshDatabase
from tests.office import CHEAP, Office


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Plant]:
    """A plant on SQLite, copied from one that was made once."""
    with _standing(fresh_database("sqlite", planted), tmp_path) as made:
        yield made


@pytest.fixture
def both(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Plant]:
    """The same on SQLite and on PostgreSQL."""
    with _standing(fresh_database(kind, planted), tmp_path) as made:
        yield made


@pytest.fixture
def batch(plant: Plant) -> str:
    """An open batch of the plant."""
    return plant.batch()


@contextmanager
def _standing(url: str, folder: Path) -> Iterator[Plant]:
    identity.ARGON2.update(CHEAP)
    office = Office(url, folder)
    with playing_at(lambda: office.now):
        yield Plant.standing(office)
    office.close()
