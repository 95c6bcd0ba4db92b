"""Alembic's environment: run the steps, then put every guard in place and refuse to end without them.

Batch mode on SQLite copies a table and drops its triggers with the old one; that is why the guards are
installed after every migration, not in one of them.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import event, inspect

from mfg import guards
from mfg.db import open_engine
from mfg.settings import from_environment
from mfg.tables import METADATA


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or from_environment().owner_url
    engine = open_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _without_foreign_keys)
    with engine.execution_options(mfg_begin="write").begin() as connection:
        context.configure(connection=connection, target_metadata=METADATA, compare_type=True,
                          render_as_batch=True, transactional_ddl=True, transaction_per_migration=False)
        context.run_migrations()
        _whole(connection)
        _guard(connection)
    engine.dispose()


def _without_foreign_keys(connection, _record) -> None:  # type: ignore[no-untyped-def]
    """SQLite changes a table by making it anew, and would take the old one's going for a loss; see `_whole`."""
    connection.execute("PRAGMA foreign_keys=OFF")


def _whole(connection) -> None:  # type: ignore[no-untyped-def]
    """What was not looked at while tables were made anew is looked at before anything is kept."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if lost:
            raise RuntimeError(f"Rows point at nothing after the migration: {lost[:5]}. Nothing was changed.")


def _guard(connection) -> None:  # type: ignore[no-untyped-def]
    """Only at the newest schema: on the way down, tables the guards know may be gone."""
    there = set(inspect(connection).get_table_names())
    if {table.name for table in METADATA.sorted_tables} <= there:
        guards.install(connection, METADATA)
        gone = [name for name in guards.missing(connection, METADATA) if "application role" not in name]
        if gone:
            raise RuntimeError(f"The database lacks these guards after the migration: {', '.join(gone)}.")


run()
