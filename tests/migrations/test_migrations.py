"""The schema by migration is the schema of the models, up and down, with data, guards included."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from mfg import guards
from mfg.db import open_engine
from mfg.schema import config, head, migrate, revision, undo
from mfg.tables import METADATA
from tests.conftest import FreshDatabase

REVISIONS = [script.revision for script in ScriptDirectory.from_config(config("sqlite://")).walk_revisions()]


def test_there_is_one_head_and_the_numbers_have_no_gap() -> None:
    assert sorted(REVISIONS) == [f"{number:04d}" for number in range(1, len(REVISIONS) + 1)]
    assert len(ScriptDirectory.from_config(config("sqlite://")).get_heads()) == 1


def test_every_migration_has_its_test_with_data() -> None:
    """A migration that nobody ran on old rows is not tested."""
    here = Path(__file__).parent
    assert {file.stem.removeprefix("data_") for file in here.glob("data_*.py")} == set(REVISIONS)


def test_the_newest_schema_is_what_the_models_say(fresh_database: FreshDatabase, kind: str) -> None:
    url = fresh_database(kind)
    migrate(url)
    assert revision(url) == head()
    command.check(config(url))


def test_migrating_puts_every_guard_in_place(fresh_database: FreshDatabase, kind: str) -> None:
    url = fresh_database(kind)
    migrate(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        gone = [name for name in guards.missing(connection, METADATA) if "application role" not in name]
    engine.dispose()
    assert gone == []


@pytest.mark.parametrize("number", sorted(REVISIONS))
def test_up_with_old_rows_down_and_up_again(fresh_database: FreshDatabase, kind: str, number: str) -> None:
    """Rows written in plain SQL of the schema before; checked after, and after the way back."""
    from importlib import import_module

    data = import_module(f"tests.migrations.data_{number}")
    before = f"{int(number) - 1:04d}" if number != "0001" else "base"
    url = fresh_database(kind)
    if before != "base":
        migrate(url, before)
    engine = open_engine(url)
    _run(engine, data.BEFORE)
    migrate(url, number)
    data.check_up(engine)
    undo(url, before)
    data.check_down(engine)
    migrate(url, number)
    assert revision(url) == number
    engine.dispose()


def _run(engine, statements) -> None:  # type: ignore[no-untyped-def]
    with engine.execution_options(mfg_begin="write").begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_after_a_round_trip_the_guards_still_refuse(fresh_database: FreshDatabase, kind: str) -> None:
    """Trap: batch mode on SQLite drops triggers with the old table."""
    url = fresh_database(kind)
    migrate(url)
    undo(url, "base")
    engine = open_engine(url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(url)
    with engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text("INSERT INTO checkpoint (size, root, at, note) VALUES "
                                "(1, 'x', '2026-01-01 00:00:00', 'n')"))
    with pytest.raises(DatabaseError), engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text("DELETE FROM checkpoint"))
    engine.dispose()
