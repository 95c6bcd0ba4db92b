"""Bring a database to the newest schema, and say which it has. Alembic does the steps."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from mfg.db import open_engine
from mfg.places import shipped


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
