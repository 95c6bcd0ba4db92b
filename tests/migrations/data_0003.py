"""Rows of the second release: what the third adds to them, and that the way back leaves them as they were."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.migrations import data_0002

AT = data_0002.AT
LABEL = ("INSERT INTO printed_label (code, container, layout, copy, facts, pdf_hash, printed_at, printed_by, reason, "
         "voids) VALUES ('{code}', 'NK-26-001-C04', 'dose_bag', {copy}, '{{}}', 'h', " + AT + ", 'P-1', '', {voids})")
DOCUMENT = ("INSERT INTO document (code, kind, key, number, title, state, text, text_hash, author, written_at, "
            "version) VALUES ('NK/1', 'master record', 'NK', 1, 'T', 'effective', 't', 'h', 'P-1', " + AT + ", 1)")
BEFORE = (LABEL.format(code="LBL-0001", copy=1, voids="NULL"),
          LABEL.format(code="LBL-0002", copy=2, voids="'LBL-0001'"),
          DOCUMENT)
#: nobody scanned an older label back, so it is only issued: no dose leaves with it until somebody does
ADDED = {
    "SELECT state, read_back, dpi, verified_by, applied_by, within, version FROM printed_label "
    "WHERE code = 'LBL-0002'": ("issued", "", None, None, None, None, 1),
    "SELECT asked_why, ended_why FROM printed_label WHERE code = 'LBL-0001'": ("", ""),
    "SELECT count(*) FROM hand_over": (0,),
    "SELECT count(*) FROM shipment": (0,),
}
#: what the third release allows and the second did not
ALLOWED = ("UPDATE printed_label SET state = 'void' WHERE code = 'LBL-0001'",)


def check_up(engine: Engine) -> None:
    with engine.execution_options(mfg_begin="write").connect() as connection:
        for question, answer in ADDED.items():
            assert tuple(connection.execute(text(question)).one()) == answer, question
        for statement in ALLOWED:
            connection.execute(text(statement))
        connection.rollback()  # the guards would not let it stand without a line of history, and rightly so


def check_down(engine: Engine) -> None:
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT code, copy, pdf_hash, voids FROM printed_label ORDER BY code")).all()
        assert [tuple(row) for row in kept] == [("LBL-0001", 1, "h", None), ("LBL-0002", 2, "h", "LBL-0001")]
        assert connection.execute(text("SELECT state FROM document")).scalar() == "effective"
