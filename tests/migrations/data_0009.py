"""Results of before instrument files: every one was typed, nothing is said of its instrument, and no raw value is
made up."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.migrations import data_0007

AT = data_0007.AT
#: `slot` has come to be since
BEFORE = tuple(one.replace("recorded', 1)", "recorded', 1, 0)").replace(
    "state, version) VALUES ('R-", "state, version, slot) VALUES ('R-") for one in data_0007.BEFORE)
ADDED = {
    "SELECT how, equipment, events, value FROM result WHERE code = 'R-0001'": ("typed", None, None, "60"),
    "SELECT count(*) FROM instrument_file": (0,),
    "SELECT count(*) FROM instrument_reading": (0,),
    "SELECT count(*) FROM raw_value": (0,),
    "SELECT count(*) FROM result_lot": (0,),
}
ALLOWED = ("INSERT INTO raw_value (code, result, what, value, unit, place) VALUES ('R-0001-001', 'R-0001', 'value', "
           "'60', '%', '')",)


def check_up(engine: Engine) -> None:
    with engine.execution_options(mfg_begin="write").connect() as connection:
        for question, answer in ADDED.items():
            assert tuple(connection.execute(text(question)).one()) == answer, question
        for statement in ALLOWED:
            connection.execute(text(statement))
        connection.rollback()


def check_down(engine: Engine) -> None:
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT code, value, verdict FROM result ORDER BY code")).all()
        assert [tuple(row) for row in kept] == [("R-0001", "60", "FAIL"), ("R-0002", "0.1", "PASS")]
