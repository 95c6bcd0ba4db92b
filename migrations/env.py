"""Alembic's environment: run the steps, then put every guard in place and refuse to end without them.

Batch mode on SQLite copies a table and drops its triggers with the old one; that is why the guards are
installed after every migration, not in one of them.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import inspect

from mfg import guards
from mfg.db import open_engine
from mfg.settings import from_environment
from mfg.tables import METADATA


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or from_environment().owner_url
    engine = open_engine(url)
    with engine.execution_options(mfg_begin="write").begin() as connection:
        context.configure(connection=connection, target_metadata=METADATA, compare_type=True,
                          render_as_batch=True, transactional_ddl=True, transaction_per_migration=False)
        context.run_migrations()
        _guard(connection)
    engine.dispose()


def _guard(connection) -> None:  # type: ignore[no-untyped-def]
    """Only at the newest schema: on the way down, tables the guards know may be gone."""
    there = set(inspect(connection).get_table_names())
    if {table.name for table in METADATA.sorted_tables} <= there:
        guards.install(connection, METADATA)
        gone = [name for name in guards.missing(connection, METADATA) if "application role" not in name]
        if gone:
            raise RuntimeError(f"The database lacks these guards after the migration: {', '.join(gone)}.")


run()
