"""Bring a database to the newest schema, and say which it has. Alembic does the steps.

A column that older rows get with a value is told in the ledger, as an act of the system: what stands in a row is
what the trail says, after an upgrade too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from mfg.db import desk, open_engine
from mfg.ledger import SYSTEM, Entry, act, trail_value
from mfg.places import shipped
from mfg.tables import METADATA
from mfg.verify import State, told_by_trail


def config(url: str) -> Config:
    """Alembic's configuration for one database, from a checkout or an installed wheel."""
    made = Config()
    made.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def migrate(url: str, to: str = "head") -> None:
    """Up to `to`; with an owner's URL on PostgreSQL."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(config(url), to)
    if to == "head":
        _tell_added(url)


def _tell_added(url: str) -> None:
    """One line of history for the values that the migrations gave to older rows; none when all are told."""
    engine = open_engine(url)
    changes = _added_values(engine)
    if changes:
        with desk(engine) as session, act(session, "upgrade records", by=SYSTEM, on=f"schema {head()}") as doing:
            doing.changes.extend(changes)
    engine.dispose()


def _added_values(engine: Engine) -> list[list[Any]]:
    """[table, key, {column: [None, value]}] for every row that holds a value in such a column that nobody told."""
    added: dict[str, list[str]] = {}
    for script in ScriptDirectory.from_config(config("sqlite://")).walk_revisions():
        for table, column in getattr(script.module, "ADDED", ()):
            added.setdefault(table, []).append(column)
    with engine.connect() as connection:
        if connection.execute(select(Entry.seq).limit(1)).first() is None:
            return []
        told = told_by_trail(connection)
        return [change for name in sorted(added) for change in _untold(connection, name, added[name], told)]


def _untold(connection: Connection, name: str, columns: list[str], told: State) -> Iterator[list[Any]]:
    table = METADATA.tables[name]
    keys = [column.name for column in table.primary_key.columns]
    for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings():
        key = "|".join(str(row[one]) for one in keys)
        said = told.get((name, key))
        values = {one: [None, trail_value(table.c[one], row[one])] for one in columns
                  if said is not None and one not in said and row[one] is not None}
        if values:
            yield [name, key, values]


def undo(url: str, to: str) -> None:
    """Down to `to`, for tests and rehearsals."""
    command.downgrade(config(url), to)


def head() -> str:
    """The newest revision this program knows."""
    return ScriptDirectory.from_config(config("sqlite://")).get_current_head() or ""


def revision(url: str) -> str:
    """The revision a database has; empty when it has none."""
    engine = open_engine(url)
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    return found or ""
