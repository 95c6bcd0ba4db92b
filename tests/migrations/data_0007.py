"""Rows of before slots: every result is the first answer of its sample, none is invalidated, and no OOS is made up."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.migrations import data_0002

AT = data_0002.AT
RESULT = ("INSERT INTO result (code, sample, batch, test, specification, value, unit, verdict, note, tested_at, "
          "tested_by, state, version) VALUES ('{code}', 'S-0001', 'NK-26-001', '{test}', 'REL/1', '{value}', '%', "
          "'{verdict}', '', " + AT + ", 'P-1', 'recorded', 1)")
BEFORE = (
    *(one for one in data_0002.BEFORE if one.startswith((
        "INSERT INTO donor", "INSERT INTO recipient", "INSERT INTO pairing", "INSERT INTO collection",
        "INSERT INTO batch", "INSERT INTO document"))),
    "INSERT INTO container (code, kind, recipient, donor, collection, batch, made_at, made_by, state, version) VALUES "
    f"('NK-26-001-C01', 'vessel', 'SUB-0001', 'DON-0001', 'COL-0001', 'NK-26-001', {AT}, 'P-1', 'in use', 1)",
    "INSERT INTO sample (code, batch, container, purpose, taken_at, taken_by) VALUES "
    f"('S-0001', 'NK-26-001', 'NK-26-001-C01', 'tests', {AT}, 'P-1')",
    RESULT.format(code="R-0001", test="nk", value="60", verdict="FAIL"),
    RESULT.format(code="R-0002", test="cd3", value="0.1", verdict="PASS"),
)
ADDED = {
    "SELECT slot, invalidated_by, invalidated_at, value FROM result WHERE code = 'R-0001'": (0, None, None, "60"),
    "SELECT count(*) FROM oos": (0,),
    "SELECT count(*) FROM test_slot": (0,),
}
#: what this release allows and the one before did not: the same test of the same sample, in a slot
ALLOWED = (
    "INSERT INTO result (code, sample, batch, test, specification, value, unit, verdict, note, tested_at, tested_by, "
    "state, slot, version) VALUES ('R-0003', 'S-0001', 'NK-26-001', 'nk', 'REL/1', '90', '%', 'PASS', '', "
    f"{AT}, 'P-2', 'recorded', 1, 1)",
)


def check_up(engine: Engine) -> None:
    with engine.execution_options(mfg_begin="write").connect() as connection:
        for question, answer in ADDED.items():
            assert tuple(connection.execute(text(question)).one()) == answer, question
        for statement in ALLOWED:
            connection.execute(text(statement))
        connection.rollback()  # the guards would not let it stand without a line of history, and rightly so


def check_down(engine: Engine) -> None:
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT code, value, verdict FROM result ORDER BY code")).all()
        assert [tuple(row) for row in kept] == [("R-0001", "60", "FAIL"), ("R-0002", "0.1", "PASS")]
