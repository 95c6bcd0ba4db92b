"""What the ledger costs: a signed act against its rows inserted bare, and verification against plain hashing.

The password hash is left out of the act on purpose on both sides: it is slow by design and the same for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from tempfile import TemporaryDirectory
from unittest.mock import patch

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bench.measure import Arms, Comparison, cpu, per_second
from mfg import entries, ledger
from mfg.db import desk, open_engine
from mfg.guards import install
from mfg.identity import Proof, Signing
from mfg.ledger import Entry, Signature, Who, act
from mfg.materials.records import Lot
from mfg.merkle import Frontier, leaf_hash
from mfg.people import acts as people
from mfg.tables import METADATA
from mfg.verify import Report, _chain, leaves

ACTS, LEAVES = 200, 5000
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIGNING = Signing("qa.1", "not looked at here")
numbers = count(1)


@dataclass(frozen=True)
class Office:
    """A database with one person who may receive and one who may release."""

    engine: Engine
    person: str


@contextmanager
def office() -> Iterator[Office]:
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/bench.db")
        with engine.execution_options(mfg_begin="write").begin() as connection:
            METADATA.create_all(connection)
            install(connection, METADATA)
        with desk(engine) as session:
            admin = people.install(session, first=administrator(1), second=administrator(2))
        with desk(engine) as session:
            code = people.open_account(session, Who(admin), user_id="qa.1", printed_name="QA 1", role="qa",
                                       identity_verified="-", password="a long bench password")
        yield Office(engine, code)
        engine.dispose()


def administrator(number: int) -> people.Newcomer:
    return people.Newcomer(f"admin.{number}", f"Administrator {number}", "-", "a long bench password", "administrator")


def a_lot() -> Lot:
    return Lot(code=f"LOT-{next(numbers):06d}", kind="medium", name="Medium", supplier="S", supplier_lot="1",
               certificate="c", expires_at=NOON, received_at=NOON, received_by="P-0001", state="quarantine")


def signed_acts(place: Office) -> None:
    """One record, its entry in the ledger and its signature, per act."""
    who = Who(place.person, signing=SIGNING)
    with patch.object(ledger, "prove", lambda *_args, **_more: Proof(place.person)):
        for _ in range(ACTS):
            with desk(place.engine) as session, act(session, "release lot", on=f"L{next(numbers)}", **who.how) as doing:
                doing.signs({"lot": doing.on})
                session.add(a_lot())


def bare_inserts(engine: Engine) -> None:
    """The same three rows by the bare ORM: no trail, no rules, no hash."""
    for _ in range(ACTS):
        with Session(engine.execution_options(mfg_begin="write")) as session:
            seq = next(numbers)
            session.add(a_lot())
            session.add(Entry(seq=seq, at=NOON, person="P-0002", verb="release lot", on_code="x", within="",
                              outcome="done", result="", leaf=b"x" * 900, leaf_hash=b"x" * 32, frontier=b"x" * 256))
            session.flush()
            session.add(Signature(seq=seq, at=NOON, person="P-0002", printed_name="QA 1", role="qa",
                                  meaning="Approved for use", on_code="x", content_hash="0" * 64, reason="",
                                  factors="-", workstation="", zone="UTC"))
            session.commit()


@contextmanager
def unguarded() -> Iterator[None]:
    """The bare arm writes past the nets, which is the point of it."""
    nets = [("before_flush", entries._no_write_outside_an_act), ("after_flush", entries._collect),
            ("before_commit", entries._append)]
    for name, net in nets:
        event.remove(Session, name, net)
    try:
        yield
    finally:
        for name, net in nets:
            event.listen(Session, name, net)


@contextmanager
def act_arms() -> Iterator[Arms]:
    with office() as place, TemporaryDirectory() as folder:
        bare = open_engine(f"sqlite:///{folder}/bare.db")
        with bare.execution_options(mfg_begin="write").begin() as connection:
            METADATA.create_all(connection)

        def bare_arm() -> None:
            with unguarded():
                bare_inserts(bare)

        yield Arms(cpu(lambda: signed_acts(place), ACTS), cpu(bare_arm, ACTS))


@contextmanager
def verify_arms() -> Iterator[Arms]:
    with office() as place:
        leaf = b'{"at":"2026-11-20T12:00:00.000000Z"' + b',"filler":"0123456789"' * 40 + b"}"
        grow(place.engine, leaf)
        with place.engine.connect() as connection:
            stored = [row[1] for rows in leaves(connection) for row in rows]

        def from_database() -> None:
            with place.engine.connect() as connection, patch("mfg.verify._play", lambda *_a: None):
                _chain(connection, Report(), {})

        yield Arms(cpu(from_database, len(stored)), cpu(lambda: [sha256(leaf).digest() for leaf in stored],
                                                        len(stored)))


def grow(engine: Engine, leaf: bytes) -> None:
    """A long ledger, written in one go; what its leaves say is not looked at here."""
    with engine.execution_options(mfg_begin="write").begin() as connection:
        head = connection.exec_driver_sql("SELECT seq, frontier FROM entry ORDER BY seq DESC LIMIT 1").one()
        frontier, rows = Frontier.from_bytes(head[0] + 1, head[1]), []
        for seq in range(head[0] + 1, LEAVES):
            frontier.append(leaf_hash(leaf))
            rows.append({"seq": seq, "at": NOON, "person": "P-0001", "verb": "x", "on_code": "x", "within": "",
                         "outcome": "done", "result": "", "leaf": leaf, "leaf_hash": leaf_hash(leaf),
                         "frontier": frontier.packed})
        connection.execute(Entry.__table__.insert(), rows)


COMPARISONS = (
    Comparison("signed act", "its rows by the bare ORM", act_arms, per_second("acts"),
               promise="at most 3x the CPU", kept=lambda ratio, _cost: ratio <= 3),
    Comparison("verify the ledger from the database", "hashlib over the same bytes", verify_arms,
               per_second("entries"), promise="at least 0.20 of it (5x)", kept=lambda ratio, _cost: ratio <= 5),
)
