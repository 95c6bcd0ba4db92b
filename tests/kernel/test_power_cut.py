"""The plug is pulled, or the disk is full, in the middle of an act: it is there whole, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from mfg.checkpoints import Sealer
from mfg.db import desk, look, open_engine
from mfg.identity import Person
from mfg.ledger import Entry, act
from mfg.people import acts as people
from mfg.tables import METADATA
from mfg.verify import verify
from tests.office import Office

ROOT = Path(__file__).resolve().parents[2]
#: opens accounts one after another and says each one's code once its act has returned
WORKER = """
import sys
from datetime import UTC, datetime
from mfg import identity
from mfg.db import desk, open_engine
from mfg.ledger import Who
from mfg.people.acts import open_account
identity.ARGON2.update({"iterations": 1, "memory_cost": 8})
engine = open_engine(sys.argv[1])
for number in range(int(sys.argv[3]), 10**6):
    with desk(engine) as session:
        code = open_account(session, Who(sys.argv[2]), user_id=f"op.{number}", printed_name=f"Operator {number}",
                            identity_verified="badge", password="a first password 7", role="operator")
    print(code, flush=True)
"""


def pull_the_plug(office: Office, after: int, first: int) -> list[str]:
    """Kill the worker, without a warning, while it is in some act. Returns what it said was done."""
    command = [sys.executable, "-c", WORKER, office.url, office.who("administrator").by, str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        said = [worker.stdout.readline().strip() for _ in range(after)]
        worker.send_signal(signal.SIGKILL)
        said += worker.stdout.read().split()
    return [code for code in said if code]


def test_an_act_cut_by_a_power_failure_is_there_whole_or_not_at_all(office: Office) -> None:
    for after in (1, 4, 9):
        before = office.last_entry().seq
        told = pull_the_plug(office, after, first=1000 * after)
        with office.look() as session:
            done = list(session.scalars(select(Entry.result).where(Entry.seq > before).order_by(Entry.seq)))
            persons = set(session.scalars(select(Person.code)))
        assert len(told) >= after and done[:len(told)] == told, "what was told as done is there"
        assert len(done) <= len(told) + 1 and set(done) <= persons
        assert verify(office.engine, METADATA).problems == []
    office.do(people.open_account, office.who("administrator"), user_id="afterwards", printed_name="Afterwards",
              identity_verified="badge", password="a first password 7")


@pytest.fixture
def small_office(sqlite_office: Office) -> Iterator[Office]:
    """An office whose disk has no room left."""
    engine = open_engine(sqlite_office.url)

    @event.listens_for(engine, "connect")
    def _full(connection: object, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    whole, sqlite_office.engine = sqlite_office.engine, engine
    yield sqlite_office
    engine.dispose()
    sqlite_office.engine = whole


def test_on_a_full_disk_an_act_is_told_as_not_done_and_leaves_nothing(small_office: Office) -> None:
    done = 0
    with pytest.raises(DBAPIError, match="full"):
        for number in range(500):
            small_office.do(people.open_account, small_office.who("administrator"), user_id=f"op.{number}",
                            printed_name="x" * 80, identity_verified="y" * 200, password="a first password 7")
            done += 1
    with look(small_office.engine) as session:
        kept = session.scalars(select(Person.user_id).where(Person.user_id.startswith("op."))).all()
    assert len(kept) == done and f"op.{done}" not in kept
    assert verify(small_office.engine, METADATA).problems == []


def test_a_checkpoint_that_cannot_be_left_as_a_file_does_not_undo_or_deny_the_act(
        office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is committed by then; only support hears of it, and the note is in the database."""
    in_the_way = tmp_path / "no folder"
    in_the_way.write_text("a file where the folder should be")
    sealer = Sealer(office.sealer.name, office.sealer.key, in_the_way)
    with desk(office.engine, sealer=sealer) as session, act(session, "seal ledger", on="ledger",
                                                            **office.who("qa").how):
        pass
    assert office.last_entry().verb == "seal ledger" and "could not be left as a file" in caplog.text
    assert verify(office.engine, METADATA, verifier=sealer.verifier).problems == []


def test_a_fault_of_the_program_in_the_middle_of_an_act_leaves_nothing(office: Office) -> None:
    before, last = office.counts(), office.last_entry().seq
    with pytest.raises(KeyError), office.desk() as session, \
            act(session, "grant role", on="P-0003", **office.who("administrator").how) as doing:
        session.add(Person(code="P-9999", user_id="nobody", printed_name="Nobody", identity_verified="-"))
        session.flush()
        raise KeyError(doing.on)
    assert office.counts() == before and office.last_entry().seq == last
    with Session(office.engine) as session:
        assert session.get(Person, "P-9999") is None
