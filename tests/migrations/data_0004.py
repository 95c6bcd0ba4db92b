"""Rows of the third release: what the fourth adds to them, and that the way back leaves them as they were."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.migrations import data_0002

AT = data_0002.AT
CONTAINER = ("INSERT INTO container (code, kind, recipient, donor, collection, batch, volume_ml, made_at, made_by) "
             "VALUES ('{code}', '{kind}', 'SUB-0001', 'DON-0001', 'COL-0001', 'NK-26-001', {volume}, " + AT
             + ", 'P-1')")
#: what a batch needs is the same since the first release
BEFORE = (
    *(one for one in data_0002.BEFORE if one.startswith((
        "INSERT INTO donor", "INSERT INTO recipient", "INSERT INTO pairing", "INSERT INTO collection",
        "INSERT INTO batch", "INSERT INTO document"))),
    CONTAINER.format(code="NK-26-001-C01", kind="collection bag", volume=200),
    CONTAINER.format(code="NK-26-001-C02", kind="vessel", volume="NULL"),
    "INSERT INTO descent (child, parent, recipient, donor) VALUES ('NK-26-001-C02', 'NK-26-001-C01', 'SUB-0001', "
    "'DON-0001')",
)
#: how much was taken for an older container nobody wrote down: it stays unknown, and so is what is left in its parent
ADDED = {
    "SELECT state, cells, volume_ml, version FROM container WHERE code = 'NK-26-001-C02'": ("in use", None, None, 1),
    "SELECT transformation, taken_ml, taken_cells FROM descent": (None, None, None),
    "SELECT count(*) FROM transformation": (0,),
    "SELECT count(*) FROM printer": (0,),
    "SELECT count(*) FROM print_job": (0,),
    "SELECT count(*) FROM workstation_check": (0,),
}
#: what the fourth release allows and the third did not
ALLOWED = ("UPDATE container SET state = 'discarded' WHERE code = 'NK-26-001-C02'",)


def check_up(engine: Engine) -> None:
    with engine.execution_options(mfg_begin="write").connect() as connection:
        for question, answer in ADDED.items():
            assert tuple(connection.execute(text(question)).one()) == answer, question
        for statement in ALLOWED:
            connection.execute(text(statement))
        connection.rollback()  # the guards would not let it stand without a line of history, and rightly so


def check_down(engine: Engine) -> None:
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT code, kind, batch FROM container ORDER BY code")).all()
        assert [tuple(row) for row in kept] == [("NK-26-001-C01", "collection bag", "NK-26-001"),
                                                ("NK-26-001-C02", "vessel", "NK-26-001")]
        assert connection.execute(text("SELECT parent FROM descent")).scalar() == "NK-26-001-C01"
