"""The first migration starts from nothing: there are no older rows, and the way down leaves nothing."""

from __future__ import annotations

from sqlalchemy import inspect, text
from sqlalchemy.engine import Engine

BEFORE: tuple[str, ...] = ()


def check_up(engine: Engine) -> None:
    """Every column takes what the application writes: one row of the tables everything hangs on."""
    with engine.connect() as connection:
        for table in ("entry", "signature", "checkpoint", "document", "batch", "step_entry", "decision"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def check_down(engine: Engine) -> None:
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
