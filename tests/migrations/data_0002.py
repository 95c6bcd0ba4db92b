"""Rows of the first release: what the second adds to them, and that the way back leaves them as they were."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Engine

AT = "'2026-11-01 10:00:00'"
DOCUMENT = ("INSERT INTO document (code, kind, key, number, title, state, text, text_hash, author, written_at, "
            "version) VALUES ('{key}/1', '{kind}', '{key}', 1, 'T', 'effective', 't', 'h', 'P-1', " + AT + ", 1)")
BEFORE = (
    DOCUMENT.format(key="TRIAL", kind="protocol"), DOCUMENT.format(key="NK", kind="master record"),
    DOCUMENT.format(key="REL", kind="specification"),
    f"INSERT INTO donor (code, relation, registered_at) VALUES ('DON-0001', 'sibling', {AT})",
    "INSERT INTO recipient (code, coi, protocol, cohort, slot, enrolled_at, version) "
    f"VALUES ('SUB-0001', 'CHA9999267K2P4Q', 'TRIAL/1', '1', 1, {AT}, 1)",
    f"INSERT INTO pairing (donor, recipient, listed_at) VALUES ('DON-0001', 'SUB-0001', {AT})",
    "INSERT INTO collection (code, din, donor, recipient, started_at, ended_at, device, volume_ml, anticoagulant, "
    "anticoagulant_ml, tnc, state, version) VALUES ('COL-0001', 'A999926100001', 'DON-0001', 'SUB-0001', "
    f"'2026-11-01 08:00:00', {AT}, 'd', 200, 'ACD-A', 20, 2, 'collected', 1)",
    "INSERT INTO batch (code, recipient, donor, collection, protocol, master_record, specification, opened_at, "
    "opened_by, state, version) VALUES ('NK-26-001', 'SUB-0001', 'DON-0001', 'COL-0001', 'TRIAL/1', 'NK/1', 'REL/1', "
    f"{AT}, 'P-3', 'open', 1)",
    "INSERT INTO step (code, batch, phase, step_id, repeat, stage, ordinal, state, done_at, performed_by, "
    "performed_at, late_reason, version) VALUES ('NK-26-001/receive', 'NK-26-001', 'receipt', 'receive', 1, 0, 1, "
    f"'performed', {AT}, 'P-1', {AT}, '', 1)",
    "INSERT INTO step_entry (code, step, field, value, amount, unit, how, verdict, entered_by, entered_at, reason) "
    f"VALUES ('NK-26-001/receive/volume.1', 'NK-26-001/receive', 'volume', '120', 120, 'mL', 'typed', 'PASS', 'P-1', "
    f"{AT}, '')",
    "INSERT INTO lot (code, kind, name, supplier, supplier_lot, certificate, expires_at, received_at, received_by, "
    f"state, version) VALUES ('LOT-0001', 'medium', 'M', 'S', 'X1', 'CoA 1', {AT}, {AT}, 'P-1', 'released', 1)",
    "INSERT INTO deviation (code, within, on_code, severity, what, by_system, opened_by, opened_at, state, "
    "conclusion, version) VALUES ('DEV-0001', 'NK-26-001', 'NK-26-001/receive', 'minor', 'W', true, 'P-1', "
    f"{AT}, 'open', '', 1)",
)
#: what nobody said at the time is empty, and nothing is made up: an unknown class is “other”, unread is not late
ADDED = {
    "SELECT kind, requirement, no_capa_why, due_at FROM deviation": ("other", "", "", None),
    "SELECT quantity, open_life_hours, animal_origin, grade, critical FROM lot": (None, None, None, "", True),
    "SELECT state, skip_reason, responsible FROM step": ("performed", "", None),
    "SELECT value, alert, read_at, late_reason, paper FROM step_entry": ("120", False, None, "", None),
    "SELECT count(*) FROM document WHERE submitted_at IS NULL AND file IS NULL": (3,),
}
#: what the second release allows and the first did not
ALLOWED = (
    "UPDATE deviation SET state = 'QA review', kind = 'hold breach'",
    "UPDATE step SET state = 'paused', done_at = NULL, performed_by = NULL, performed_at = NULL",
    "UPDATE lot SET state = 'recalled'",
    "UPDATE document SET state = 'in review' WHERE code = 'NK/1'",
)


def check_up(engine: Engine) -> None:
    with engine.execution_options(mfg_begin="write").connect() as connection:
        for question, answer in ADDED.items():
            assert tuple(connection.execute(text(question)).one()) == answer, question
        for table in ("hold", "redline", "equipment", "training", "capa", "change", "review", "kept_file"):
            assert connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar() == 0
        for statement in ALLOWED:
            connection.execute(text(statement))
        connection.rollback()  # the guards would not let it stand without a line of history, and rightly so


def check_down(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("SELECT state, severity, what FROM deviation")).one() == ("open", "minor", "W")
        assert connection.execute(text("SELECT value, verdict FROM step_entry")).one() == ("120", "PASS")
        assert connection.execute(text("SELECT state FROM lot")).scalar() == "released"

