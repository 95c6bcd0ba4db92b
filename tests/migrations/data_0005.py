"""The fifth release adds tables only: nothing of before changes, up or down."""

from __future__ import annotations

from sqlalchemy import inspect, text
from sqlalchemy.engine import Engine

from tests.migrations import data_0002

AT = data_0002.AT
BEFORE = tuple(one for one in data_0002.BEFORE if one.startswith("INSERT INTO document"))
TABLES = {"control_chart", "control_run", "quality_review"}


def check_up(engine: Engine) -> None:
    with engine.connect() as connection:
        for table in TABLES:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM document")).scalar() == 3


def check_down(engine: Engine) -> None:
    assert not TABLES & set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM document")).scalar() == 3
