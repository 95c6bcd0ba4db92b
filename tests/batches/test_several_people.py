"""Several people on one batch at once: nothing is lost, and who comes second is told who was first."""

from __future__ import annotations

import html
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from mfg import ledger
from mfg.app import create_app
from mfg.batches import runner
from mfg.batches.records import StepEntry, entries_of
from mfg.facts import Refused
from mfg.ledger import Entry
from mfg.settings import Settings
from mfg.tables import METADATA
from mfg.verify import verify
from tests.batches.small import Small, planted_small, small_plant
from tests.browsing import hidden, sign_in
from tests.conftest import FreshDatabase
from tests.office import PASSWORD, user_id

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def both(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database(kind, planted_small), tmp_path) as made:
        yield made


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


def at_once(plant: Small, *jobs: Callable[[], Any]) -> list[Any]:
    """Everybody at the same moment; what each one got, a refusal among it."""
    start, found = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(number: int, job: Callable[[], Any]) -> None:
        with ledger.playing_at(lambda: plant.office.now):
            start.wait()
            try:
                found[number] = job()
            except Refused as refused:
                found[number] = refused

    threads = [threading.Thread(target=run, args=(number, job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def enter(plant: Small, role: str, number: int, step: str, field: str, value: str, unit: str = "") -> Callable[[], str]:
    who, code = plant.office.who(role, number), plant.at(step)
    return lambda: plant.office.do(runner.enter_value, who, step=code, field=field, value=value, unit=unit)


def test_of_two_people_who_save_the_same_entry_one_wins_and_the_other_is_told_who_what_and_when(both: Small) -> None:
    first, second = at_once(both, enter(both, "operator", 1, "weigh", "gross", "250", "g"),
                            enter(both, "operator", 2, "weigh", "gross", "260", "g"))
    won, lost = (1, second) if isinstance(second, Refused) else (2, first)
    assert isinstance(lost, Refused) and lost.kind == "stale"
    value, other = ("250", "260") if won == 1 else ("260", "250")
    assert f"already entered: {value} g, by Operator {won} at 2026-11-20 12:00 UTC" in lost.why
    assert f"Yours ({other}) was not saved" in lost.why
    assert [one.value for one in both.entries("weigh", "gross")] == [value]


def test_of_two_corrections_at_once_one_wins(both: Small) -> None:
    both.enter(both.at("weigh"), "gross", "250")
    seen = both.work("weigh").seen
    jobs = [lambda n=n: both.office.do(runner.correct_entry, both.office.who("operator", n, reason="misread"),
                                       step=both.at("weigh"), field="gross", value=f"25{n}", unit="g", seen=seen)
            for n in (1, 2)]
    found = at_once(both, *jobs)
    assert sorted(type(one).__name__ for one in found) == ["Refused", "str"]
    assert len(both.entries("weigh", "gross")) == 2


def test_everybody_enters_another_value_at_once_and_all_arrive(both: Small) -> None:
    """Four people, every field of the step, six rounds of pressing: each value once, and history whole."""
    bag, lot = both.scan(f"{both.opened}-C01"), both.scan(both.lots["medium"])
    asked = [("operator", 1, "gross", "250", "g"), ("operator", 2, "tare", "50", "g"), ("verifier", 1, "bag", bag, ""),
             ("production supervisor", 1, "medium", lot, ""), ("verifier", 2, "note", "as planned", "")]
    found = at_once(both, *(enter(both, role, number, "weigh", field, value, unit)
                            for role, number, field, value, unit in asked for _ in range(3)))
    told = Counter(type(one).__name__ for one in found)
    assert told == {"str": len(asked), "Refused": 2 * len(asked)}
    kept = both.work("weigh").entries
    assert {field: kept[field].entered_by for _, _, field, _, _ in asked} == {
        field: both.office.who(role, number).by for role, number, field, _, _ in asked}
    assert [str(one.amount) for one in both.entries("weigh", "net")] == ["200"]
    assert verify(both.office.engine, METADATA).problems == []


def test_two_batches_are_worked_on_at_once(both: Small) -> None:
    first = both.opened
    one = enter(both, "operator", 1, "weigh", "gross", "250", "g")
    both.opened = both.batch(1)
    other = enter(both, "operator", 2, "weigh", "gross", "300", "g")
    assert at_once(both, one, other) == [f"{first}/weigh", f"{both.opened}/weigh"]


# --- on the page ------------------------------------------------------------------------------------------------


@pytest.fixture
def client(plant: Small, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(plant.office.url, plant.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def test_who_comes_second_on_the_page_is_told_and_keeps_everything_else_that_was_typed(
        plant: Small, client: FlaskClient) -> None:
    here = f"/steps/{plant.at('weigh')}"
    sign_in(client, "operator")
    page = client.get(here).get_data(as_text=True)
    plant.enter(plant.at("weigh"), "gross", "250", number=2)
    sent = {"csrf_token": hidden(page, "csrf_token"), "nonce": hidden(page, "nonce"), "gross": "260", "tare": "x1",
            "note": "a little foam"}
    answer = client.post(f"{here}/values", data=sent)
    told = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "already entered: 250 g, by Operator 2" in told and "Yours (260) was not saved" in told
    assert 'value="x1"' in told and "a plain number" in told, "the next refusal is told too, and what was typed stays"
    assert plant.entry("weigh", "note").value == "a little foam"
    assert plant.entry("weigh", "gross").value == "250"


def test_the_same_form_sent_twice_is_entered_once_and_refused_never(plant: Small, client: FlaskClient) -> None:
    here = f"/steps/{plant.at('weigh')}"
    sign_in(client, "operator")
    page = client.get(here).get_data(as_text=True)
    sent = {"csrf_token": hidden(page, "csrf_token"), "nonce": hidden(page, "nonce"), "gross": "250", "tare": "50"}
    assert [client.post(f"{here}/values", data=sent).status_code for _ in range(2)] == [303, 303]
    assert len(plant.entries("weigh", "gross")) == 1


# --- the plug is pulled ------------------------------------------------------------------------------------------

#: enters and corrects values one after another and says each one's step once its act has returned
WORKER = """
import sys
from datetime import UTC, datetime
from mfg.batches.runner import correct_entry, enter_value
from mfg.db import desk, open_engine
from mfg.identity import Signing, ARGON2
from mfg.ledger import Who, playing_at
ARGON2.update({"iterations": 1, "memory_cost": 8})
url, person, login, password, step, base = sys.argv[1:7]
engine = open_engine(url)
who = Who(person, reason="read again", signing=Signing(login, password))
moment = datetime.fromisoformat(sys.argv[7])
with playing_at(lambda: moment):
    for number in range(100, 700):
        with desk(engine) as session:
            verb = correct_entry if base == "there" or number > 100 else enter_value
            verb(session, who, step=step, field="gross", value=f"{number}.{base == 'there' and 5 or 0}", unit="g")
        print(number, flush=True)
"""


def test_an_entry_cut_by_a_power_failure_is_there_whole_with_what_follows_from_it_or_absent(both: Small) -> None:
    """Value, calculated value and history together: the server is killed in the middle of saving."""
    both.enter(both.at("weigh"), "tare", "50")
    who = both.office.who("operator")
    for base, after in (("new", 1), ("there", 5), ("there", 9)):
        before = both.office.last_entry().seq
        command = [sys.executable, "-c", WORKER, both.office.url, who.by, user_id("operator"), PASSWORD,
                   both.at("weigh"), base, both.office.now.isoformat()]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            said = [worker.stdout.readline().strip() for _ in range(after)]
            worker.send_signal(signal.SIGKILL)
            said += worker.stdout.read().split()
        with both.office.look() as session:
            done = session.scalars(select(Entry.seq).where(Entry.seq > before, Entry.outcome == "done")).all()
            entries = entries_of(session, both.opened)
        told = [one for one in said if one]
        assert len(told) >= after and len(told) <= len(done) <= len(told) + 1
        by_field = {name: [one for one in entries if one.field == name] for name in ("gross", "net")}
        assert len(by_field["gross"]) == len(by_field["net"]), "no value without what is calculated from it"
        gross, net = latest(by_field["gross"]), latest(by_field["net"])
        assert gross.amount is not None and net.amount == gross.amount - 50
        assert verify(both.office.engine, METADATA).problems == []
    both.office.later(minutes=1)
    both.correct("weigh", "gross", "777")


def latest(entries: list[StepEntry]) -> StepEntry:
    superseded = {one.supersedes for one in entries}
    return next(one for one in entries if one.code not in superseded)
