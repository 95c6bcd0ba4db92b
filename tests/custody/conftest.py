"""Plants with people who give and take, on SQLite for what is not about the database, on both where it is."""

from __future__ import annotations

import pytest

from tests.batches.conftest import both as both
from tests.batches.conftest import plant as plant
from tests.batches.plant import Plant
from tests.custody.hands import Hands


@pytest.fixture
def hands(plant: Plant) -> Hands:
    return Hands(plant)
