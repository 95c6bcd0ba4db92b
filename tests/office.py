"""A whole office for tests: a database with our tables and guards, and one person (and a second) per role.

Records in tests are made by acts. `office.who("qa")` is the first QA person, `office.who("qa", 2)` the second.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import Session

from mfg import identity
from mfg.checkpoints import Sealer
from mfg.db import desk, look, open_engine
from mfg.facts import Refused
from mfg.guards import APP_ROLE, install, recorded_tables
from mfg.identity import Signing
from mfg.ledger import Entry, Who, playing_at
from mfg.people import acts as people
from mfg.tables import METADATA
from mfg.verbs import ROLES

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "a long test password"
CHEAP = {"iterations": 1, "memory_cost": 8}


def user_id(role: str, number: int = 1) -> str:
    """The user id of the n-th person with a role."""
    return f"{role.replace(' ', '.')}.{number}"


def prepare(url: str) -> None:
    """Tables, guards, and two people for every role, in an empty database."""
    identity.ARGON2.update(CHEAP)
    engine = open_engine(url)
    with engine.execution_options(mfg_begin="write").begin() as connection:
        METADATA.create_all(connection)
        install(connection, METADATA)
    with playing_at(lambda: NOON - timedelta(days=60)):
        with desk(engine) as session:
            admin = people.install(session, first=_administrator(1), second=_administrator(2))
        for role in ROLES:
            for number in (1, 2):
                if role != "administrator":
                    _employ(engine, admin, role, number)
    engine.dispose()


def _administrator(number: int) -> people.Newcomer:
    return people.Newcomer(user_id("administrator", number), f"Administrator {number}", "at installation", PASSWORD,
                           "administrator")


def _employ(engine: Engine, admin: str, role: str, number: int) -> None:
    login = user_id(role, number)
    with desk(engine) as session:
        code = people.open_account(session, Who(admin), user_id=login, printed_name=f"{role.capitalize()} {number}",
                                   identity_verified="badge shown", password=PASSWORD + "!", role=role)
    with desk(engine) as session:
        people.choose_password(session, Who(code, signing=Signing(login, PASSWORD + "!")), person=code,
                               password=PASSWORD)
    with desk(engine) as session:
        people.confirm_account(session, Who("P-0002", signing=Signing(user_id("administrator", 2), PASSWORD)),
                               person=code)


class Office:
    """One database in use. The clock stands at `now` until `as_of` or `later` moves it."""

    def __init__(self, owner_url: str, folder: Path) -> None:
        self.owner_url = owner_url
        url = make_url(owner_url)
        self.url = owner_url if url.drivername.startswith("sqlite") else url.set(
            username=APP_ROLE).render_as_string(hide_password=False)
        self.engine = open_engine(self.url)
        self.owner_engine = open_engine(owner_url)
        self.sealer = Sealer.at(folder / "checkpoint.key", folder / "checkpoints", "test.unit")
        self.now = NOON
        self.people = self._people()

    def _people(self) -> dict[str, str]:
        with look(self.engine) as session:
            rows = session.execute(select(identity.Person.user_id, identity.Person.code))
            return {login: code for login, code in rows}

    def who(self, role: str, number: int = 1, *, reason: str = "", nonce: str | None = None,
            password: str = PASSWORD) -> Who:
        """The n-th person of a role, ready to sign."""
        login = user_id(role, number)
        return Who(self.people[login], reason=reason, signing=Signing(login, password), nonce=nonce,
                   workstation="test bench")

    def desk(self) -> AbstractContextManager[Session]:
        """A session for one act."""
        return desk(self.engine, sealer=self.sealer, fin="A9999")

    def look(self) -> AbstractContextManager[Session]:
        """A session to read with."""
        return look(self.engine)

    def do(self, verb: Any, who: Who, **arguments: Any) -> str:
        """One act in a session of its own."""
        with self.desk() as session:
            return str(verb(session, who, **arguments))

    def as_of(self, moment: datetime) -> None:
        """Set the clock."""
        self.now = moment

    def later(self, **delta: float) -> datetime:
        """Move the clock on and return the new time."""
        self.now += timedelta(**delta)
        return self.now

    def counts(self) -> dict[str, int]:
        """Rows per table, the ledger left out: equal before and after a refusal."""
        with look(self.engine) as session:
            return {table.name: session.scalar(select(func.count()).select_from(table)) or 0
                    for table in recorded_tables(METADATA)}

    def left(self, before: dict[str, int], refusal: Refused) -> None:
        """Nothing was kept since `before`; of a wrong identity its deviation, and the other batch it holds, may be."""
        grown = {name for name, count in self.counts().items() if count != before[name]}
        assert grown <= ({"deviation", "affected"} if refusal.kind == "stop" else set()), grown

    def last_entry(self) -> Entry:
        """The newest line of history."""
        with look(self.engine) as session:
            return session.scalars(select(Entry).order_by(Entry.seq.desc()).limit(1)).one()

    def close(self) -> None:
        self.engine.dispose()
        self.owner_engine.dispose()
