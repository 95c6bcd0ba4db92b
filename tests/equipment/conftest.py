"""Halls for the tests of equipment: on SQLite for what is not about the database, on both where it is."""

from __future__ import annotations

import pytest

from tests.equipment.hall import Hall
from tests.office import Office


@pytest.fixture
def hall(sqlite_office: Office) -> Hall:
    return Hall(sqlite_office)


@pytest.fixture
def both(office: Office) -> Hall:
    """The same on SQLite and on PostgreSQL."""
    return Hall(office)
