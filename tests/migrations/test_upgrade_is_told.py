"""What an upgrade gives to older rows is told in the ledger, once, so that replay finds every row as the trail says."""

from __future__ import annotations

import json

from sqlalchemy import text

from mfg.ledger import SYSTEM, act
from mfg.schema import migrate
from mfg.tables import METADATA
from mfg.verify import verify
from tests.office import Office

#: a deviation as an earlier release wrote it, in row and trail: without the columns that came later
OLD = {"code": "DEV-0001", "within": "NK-26-001", "on_code": "NK-26-001/receive", "severity": "minor", "what": "W",
       "by_system": True, "opened_by": "P-1", "opened_at": "2026-11-01T10:00:00.000000Z", "state": "open",
       "conclusion": "", "version": 1}


def an_older_row(office: Office) -> None:
    with office.desk() as session, act(session, "upgrade records", by=SYSTEM, on="schema 0001") as doing:
        doing.changes.append(["deviation", "DEV-0001", {name: [None, value] for name, value in OLD.items()}])
    with office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text(
            "INSERT INTO deviation (code, within, on_code, kind, severity, what, requirement, immediate, place, "
            "by_system, opened_by, opened_at, state, conclusion, no_capa_why, version) VALUES ('DEV-0001', "
            "'NK-26-001', 'NK-26-001/receive', 'other', 'minor', 'W', '', '', '', true, 'P-1', "
            "'2026-11-01 10:00:00', 'open', '', '', 1)"))


def entries(office: Office) -> int:
    return office.last_entry().seq


def stamped(office: Office) -> None:
    """The tables of this office were made from the models; say that they are the newest schema."""
    from alembic import command

    from mfg.schema import config

    command.stamp(config(office.owner_url), "head")


def test_an_upgrade_tells_what_it_gave_to_older_rows(sqlite_office: Office) -> None:
    an_older_row(sqlite_office)
    stamped(sqlite_office)
    before = verify(sqlite_office.engine, METADATA).problems
    assert any("kind is “other”, the trail says “None”" in one for one in before)
    migrate(sqlite_office.owner_url)
    assert verify(sqlite_office.engine, METADATA).problems == []
    entry = sqlite_office.last_entry()
    assert (entry.person, entry.verb) == ("SYSTEM", "upgrade records")
    told = json.loads(entry.leaf)["changes"]
    assert ["deviation", "DEV-0001", {"immediate": [None, ""], "kind": [None, "other"], "no_capa_why": [None, ""],
                                      "place": [None, ""], "requirement": [None, ""]}] in told


def test_a_second_upgrade_has_nothing_to_tell(sqlite_office: Office) -> None:
    an_older_row(sqlite_office)
    stamped(sqlite_office)
    migrate(sqlite_office.owner_url)
    last = entries(sqlite_office)
    migrate(sqlite_office.owner_url)
    assert entries(sqlite_office) == last


def test_a_value_that_was_changed_behind_the_ledger_is_not_told_as_an_upgrade(sqlite_office: Office) -> None:
    """Only what nobody ever said of a column that came later; never what contradicts the trail."""
    an_older_row(sqlite_office)
    stamped(sqlite_office)
    migrate(sqlite_office.owner_url)
    with sqlite_office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text("UPDATE deviation SET kind = 'recall', severity = 'critical'"))
    migrate(sqlite_office.owner_url)
    problems = verify(sqlite_office.engine, METADATA).problems
    assert any("kind is “recall”" in one for one in problems) and any("severity" in one for one in problems)
