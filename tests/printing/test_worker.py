"""The outbox at work: real sockets, two workers at once, workers that die; a job is sent once or not at all."""

from __future__ import annotations

from contextvars import copy_context
from threading import Barrier, Event, Thread
from time import sleep
from typing import Any

import pytest

from mfg.ledger import SYSTEM, Who
from mfg.printing import acts, worker
from mfg.printing.rules import Outcome
from mfg.printing.stand_in import RawStandIn
from tests.office import Office
from tests.printing.outbox import ZPL, how, job, printer, queued, worked


def test_a_job_is_sent_and_everything_is_recorded(office: Office) -> None:
    with RawStandIn() as device:
        printer(office, device.port)
        queued(office)
        assert worked(office) == ("JOB-000001",) and worked(office) == ()
        assert [bytes(one) for one in device.jobs] == [ZPL]
    row = job(office)
    assert (row.state, row.bytes_sent, row.status) == ("sent", len(ZPL), "ready; labels in its memory: 0")
    assert row.started_at == row.ended_at == office.now
    last = office.last_entry()
    assert (last.verb, last.person, last.within, last.outcome) == (
        "record print outcome", SYSTEM, "NK-26-001", "done")


def test_a_printer_that_is_not_ready_leaves_a_sentence_and_a_person_sends_it_again(sqlite_office: Office) -> None:
    office = sqlite_office
    with RawStandIn(troubles=("paper",)) as device:
        printer(office, device.port)
        queued(office)
        worked(office)
        assert (job(office).state, job(office).told) == (
            "failed", "The printer is out of media: load labels, then try again. Nothing was sent.")
        assert worked(office) == () and device.jobs == [], "nobody tries again by himself"
        device.troubles = ()
        assert queued(office) == "JOB-000002"
        worked(office)
        assert job(office, "JOB-000002").state == "sent" and job(office).state == "failed"
        assert [bytes(one) for one in device.jobs] == [ZPL]


def test_a_job_cut_off_midway_is_never_sent_again(sqlite_office: Office) -> None:
    office = sqlite_office
    with RawStandIn(cut_after=30) as device:
        printer(office, device.port)
        queued(office)
        worked(office)
        row = job(office)
        assert row.state == "unknown" and row.bytes_sent > 0 and "tell" in row.told
        office.later(days=1)
        assert worked(office) == () and len(device.jobs) == 1


def test_two_workers_at_once_send_a_job_once(office: Office) -> None:
    with RawStandIn() as device:
        printer(office, device.port)
        for number in range(1, 5):
            queued(office, f"LBL-000{number}", content=ZPL + f"^FX{number}".encode())
        start, found = Barrier(3), []

        def one() -> None:
            start.wait()
            found.extend(worked(office))

        threads = [Thread(target=copy_context().run, args=(one,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found += worked(office)  # what one left because the other's job was on that printer
        assert sorted(found) == [f"JOB-00000{number}" for number in range(1, 5)]
        assert sorted(bytes(one)[-1:] for one in device.jobs) == [b"1", b"2", b"3", b"4"]
    assert {job(office, f"JOB-00000{number}").state for number in range(1, 5)} == {"sent"}


def test_a_printer_has_one_job_at_a_time(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    queued(office, "LBL-0002")
    with office.desk() as session:
        acts.begin_print_job(session, Who(SYSTEM), job="JOB-000001")
    before = office.counts()
    assert worked(office) == () and office.counts() == before
    assert job(office, "JOB-000002").state == "queued"


def test_a_worker_killed_midway_leaves_it_unknown_and_nobody_sends_it_again(sqlite_office: Office,
                                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: Any) -> Outcome:
        raise Killed

    office = sqlite_office
    with RawStandIn() as device:
        printer(office, device.port)
        queued(office)
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(worker, "deliver", dies)
            worked(office)
        assert job(office).state == "sending"
        office.later(minutes=2)
        assert worked(office) == () and job(office).state == "sending", "another worker may still be at it"
        office.later(minutes=2)
        assert worked(office) == ()
        row = job(office)
        assert row.state == "unknown" and "The program was stopped while it sent this" in row.told
        assert device.jobs == [] and row.ended_at == office.now


def test_a_worker_that_comes_back_late_changes_nothing(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    with office.desk() as session:
        acts.begin_print_job(session, Who(SYSTEM), job="JOB-000001")
    office.later(minutes=4)
    worked(office)
    before = office.counts()
    with pytest.raises(acts.NotNow):
        office.do(acts.record_print_outcome, Who(SYSTEM), job="JOB-000001", outcome=Outcome("sent", "x", "", 9))
    assert office.counts() == before and job(office).state == "unknown"


def test_what_waited_too_long_is_not_sent_to_a_printer_nobody_stands_at(sqlite_office: Office) -> None:
    office = sqlite_office
    with RawStandIn() as device:
        printer(office, device.port)
        queued(office)
        office.later(minutes=16)
        worked(office)
        row = job(office)
        assert row.state == "failed" and "It waited since 2026-11-20 12:00 UTC" in row.told
        assert device.connections == 0 and office.last_entry().verb == "begin print job"


def test_a_slow_printer_holds_up_no_other(sqlite_office: Office) -> None:
    office, stop = sqlite_office, Event()
    with RawStandIn(silent=True) as slow, RawStandIn() as well:
        printer(office, slow.port)
        printer(office, well.port)
        queued(office)
        queued(office, "LBL-0002", "PRN-02")
        watching = Thread(target=copy_context().run, args=(
            lambda: worker.watch(office.engine, stop, how=how(office), every=0.02),))
        watching.start()
        for _ in range(200):
            if well.jobs and job(office).state == "failed":
                break
            sleep(0.02)
        stop.set()
        watching.join(10)
    assert job(office).state == "failed" and [bytes(one) for one in well.jobs] == [ZPL]
    assert job(office, "JOB-000002").state == "sent"


def test_a_database_that_is_away_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch,
                                                        sqlite_office: Office) -> None:
    stop, asked = Event(), []

    def away(*_: Any) -> None:
        asked.append(1)
        if len(asked) == 2:
            stop.set()
        raise OSError("gone")

    monkeypatch.setattr(worker, "settle_left_behind", away)
    worker.watch(sqlite_office.engine, stop, how=how(sqlite_office), every=0.001)
    assert len(asked) == 2
