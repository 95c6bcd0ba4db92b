"""Rows from before there was a plan of samples: they stay as they are, and a sample of then has no events."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.migrations import data_0004

AT = data_0004.AT
BEFORE = (
    *data_0004.BEFORE[:-3],
    "INSERT INTO container (code, kind, recipient, donor, collection, batch, volume_ml, made_at, made_by, state, "
    "version) VALUES ('NK-26-001-C01', 'collection bag', 'SUB-0001', 'DON-0001', 'COL-0001', 'NK-26-001', 200, " + AT
    + ", 'P-1', 'in use', 1)",
    "INSERT INTO sample (code, batch, container, purpose, taken_at, taken_by) VALUES ('S-0001', 'NK-26-001', "
    "'NK-26-001-C01', 'release tests', " + AT + ", 'P-1')",
)
#: what the new release allows
ALLOWED = (
    "INSERT INTO sample_event (code, sample, number, kind, at, entered_at, by, place, condition, seal, how, keep, "
    "note) VALUES ('S-0001/1', 'S-0001', 1, 'sent', " + AT + ", " + AT + ", 'P-1', 'lift', '', '', '', '', '')",
)


def check_up(engine: Engine) -> None:
    with engine.execution_options(mfg_begin="write").connect() as connection:
        for table in ("planned_sample", "sample_event"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
        assert connection.execute(text("SELECT purpose FROM sample")).scalar() == "release tests"
        for statement in ALLOWED:
            connection.execute(text(statement))
        connection.rollback()


def check_down(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("SELECT code FROM sample")).scalar() == "S-0001"
