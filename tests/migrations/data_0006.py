"""Rows of before: the new words are allowed after the way up, and no older row has changed by it or by the way back."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from tests.migrations import data_0002

DOSE = ("INSERT INTO dose (code, batch, infusion, attempt, state, version) VALUES "
        "('NK-26-001-D{number}', 'NK-26-001', {number}, 1, '{state}', 1)")
BEFORE = (
    *(one for one in data_0002.BEFORE if one.startswith((
        "INSERT INTO donor", "INSERT INTO recipient", "INSERT INTO pairing", "INSERT INTO collection",
        "INSERT INTO batch", "INSERT INTO document"))),
    DOSE.format(number=1, state="released on condition"), DOSE.format(number=2, state="checked"),
)
#: nothing of before is stopped, told or recalled by an upgrade
EMPTY = ("notice", "logged_call", "dose_stop", "dose_recall", "recalled_bag", "sterility_invalidation",
         "exceptional_request")
KEPT = "SELECT code, state FROM dose ORDER BY code"
DOSES = [("NK-26-001-D1", "released on condition"), ("NK-26-001-D2", "checked")]
#: what is allowed now and was not before; put back so that the way back finds the rows as they were
ALLOWED = (("UPDATE dose SET state = 'revoked' WHERE infusion = 1",
            "UPDATE dose SET state = 'released on condition' WHERE infusion = 1"),
           ("UPDATE dose SET state = 'released exceptionally' WHERE infusion = 2",
            "UPDATE dose SET state = 'checked' WHERE infusion = 2"),
           ("UPDATE batch SET state = 'closed'", "UPDATE batch SET state = 'open'"))


def check_up(engine: Engine) -> None:
    with engine.execution_options(mfg_begin="write").connect() as connection:
        assert [tuple(row) for row in connection.execute(text(KEPT))] == DOSES
        for table in EMPTY:
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        for there, back in ALLOWED:
            connection.execute(text(there))
            connection.execute(text(back))
        connection.rollback()


def check_down(engine: Engine) -> None:
    with engine.execution_options(mfg_begin="write").connect() as connection:
        assert [tuple(row) for row in connection.execute(text(KEPT))] == DOSES
        connection.rollback()
    for there, _ in ALLOWED:
        with (pytest.raises(IntegrityError),
              engine.execution_options(mfg_begin="write").begin() as connection):
            connection.execute(text(there))
