"""What every test can ask for: databases, the shared real files, the repository's own folder.

What a fixture needs and does not find is a skip with its reason in the summary, never a silent pass.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from mfg import identity
from mfg.ledger import playing_at
from tests.databases import KINDS, Databases, Postgres, connect_postgres
from tests.office import CHEAP, Office, prepare

ROOT = Path(__file__).resolve().parent.parent
FreshDatabase = Callable[..., str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever makes a database or plays the demonstration is marked so: the fast loop leaves it out."""
    for one in items:
        if {"databases", "demonstration", "installed", "honest"} & set(getattr(one, "fixturenames", ())):
            one.add_marker("database")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """The files of the checkout that belong to the repository; an unpacked archive cannot say which."""
    listing = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True,
                             check=False)
    if listing.returncode:
        pytest.skip("this is not a git checkout, so nobody can say which files belong to it")
    return [ROOT / file for file in listing.stdout.decode().split("\0") if file and (ROOT / file).is_file()]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files beside the checkout. A clean clone does not have it."""
    folder = ROOT.parent / "shared"
    if not (folder / "inputs").is_dir():
        pytest.skip("the real files of ../shared/inputs are not here")
    return folder


@pytest.fixture(scope="session")
def postgres_server(worker_id: str) -> Iterator[Callable[[], Postgres]]:
    """A way to the PostgreSQL server, started when the first test wants it; see tests/databases.py."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    connect = cache(lambda: connect_postgres(run, f"{os.getpid()}_{worker_id}"))
    yield connect
    if connect.cache_info().currsize:
        connect().drop_all()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory,
              postgres_server: Callable[[], Postgres]) -> Databases:
    return Databases(tmp_path_factory.mktemp("databases"), postgres_server)


@pytest.fixture
def fresh_database(databases: Databases) -> Iterator[FreshDatabase]:
    """`fresh_database(kind, prepare=None) -> url`: SQLite file, or PostgreSQL as its owner; gone after the test.

    `prepare(url)` fills an empty database once per process; later calls get a copy of it.
    """
    made: list[str] = []

    def fresh(kind: str, prepare: Callable[[str], None] | None = None) -> str:
        made.append(databases.fresh(kind, prepare))
        return made[-1]

    yield fresh
    for url in made:
        databases.discard(url)


@pytest.fixture(params=[pytest.param(kind, marks=[pytest.mark.postgres] if kind == "postgres" else [])
                        for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> str:
    """Each test that asks for it runs on SQLite and on PostgreSQL."""
    return str(request.param)


# --------------------------------------------------------------------------------
# Databases with our schema and guards, and sessions on them, follow here.
# --------------------------------------------------------------------------------


@pytest.fixture
def office(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Office]:
    """A database with tables, guards and people, on SQLite and on PostgreSQL; see tests/office.py."""
    with _open_office(fresh_database(kind, prepare), tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_office(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Office]:
    """The same on SQLite alone, for tests whose subject is not the database."""
    with _open_office(fresh_database("sqlite", prepare), tmp_path) as made:
        yield made


@contextmanager
def _open_office(url: str, folder: Path) -> Iterator[Office]:
    identity.ARGON2.update(CHEAP)
    made = Office(url, folder)
    with playing_at(lambda: made.now):
        yield made
    made.close()


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """`mfg demo` played once in a process of its own. Tests that change what it left work on a copy."""
    folder = tmp_path_factory.mktemp("demonstration") / "here"
    done = play_demonstration(folder)
    return Demonstration(folder, done.returncode, done.stdout, done.stderr)


def play_demonstration(folder: Path) -> subprocess.CompletedProcess[str]:
    """The command as somebody types it."""
    return subprocess.run([sys.executable, "-m", "mfg.cli", "demo", "--at", str(folder)], cwd=ROOT, check=False,
                          capture_output=True, text=True, encoding="utf-8", timeout=300)


@dataclass(frozen=True)
class Demonstration:
    """What the demonstration said, and the folder with what it left."""

    folder: Path
    code: int
    said: str
    complained: str

    @property
    def url(self) -> str:
        """Its database."""
        return f"sqlite:///{self.folder / 'mfg.db'}"
