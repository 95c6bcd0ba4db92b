"""Printers registered and changed, jobs queued, settled and cancelled: done, refused, not allowed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from mfg.facts import Refused
from mfg.files import KeptFile
from mfg.ledger import SYSTEM, Repeated, Who
from mfg.printing import acts
from mfg.printing.records import Printer, PrintJob
from mfg.printing.rules import Outcome
from tests.office import Office
from tests.printing.outbox import ZPL, job, printer, queued

UNKNOWN = Outcome("unknown", "The printer broke the connection.", "ready", 12)
FAILED = Outcome("failed", "The printer is out of media. Nothing was sent.", "out of media", 0)


def refused(office: Office, match: str, call: Callable[[], Any]) -> Refused:
    """Refused with that sentence, kept as an attempt, and without any other trace."""
    before = office.counts()
    with pytest.raises(Refused, match=match) as told:
        call()
    assert office.counts() == before
    return told.value


def begun(office: Office, outcome: Outcome | None = None, code: str = "JOB-000001") -> None:
    """What the worker does, without a network."""
    with office.desk() as session:
        assert acts.begin_print_job(session, Who(SYSTEM), job=code) == "sending"
    if outcome:
        office.do(acts.record_print_outcome, Who(SYSTEM), job=code, outcome=outcome)


def test_a_printer_is_registered_changed_and_taken_out_of_use(office: Office) -> None:
    code = printer(office, wide_mm=Decimal(100), tall_mm=Decimal(100))
    assert code == "PRN-01" and office.last_entry().verb == "add printer"
    boss = office.who("production supervisor", reason="It moved.")
    told = {"name": "Labels", "place": "Room 3", "kind": "ipp", "host": "Labels.Example", "port": 631,
            "path": "/ipp/print", "dpi": 600}
    office.do(acts.change_printer, boss, printer=code, seen="1", **told)
    with office.look() as session:
        row = session.get_one(Printer, code)
        assert (row.host, row.path, row.dpi, row.label_mm, row.version) == (
            "labels.example", "/ipp/print", 600, None, 2)
    refused(office, "You saw version 1", lambda: office.do(acts.change_printer, boss, printer=code, seen="1", **told))
    office.do(acts.retire_printer, boss, printer=code)
    refused(office, "This printer is out of use", lambda: office.do(acts.retire_printer, boss, printer=code))
    office.do(acts.reinstate_printer, boss, printer=code)


def test_who_may_register_and_change_a_printer(sqlite_office: Office) -> None:
    office = sqlite_office
    told = {"name": "x", "place": "y", "kind": "raw", "host": "a", "port": 1, "dpi": 300}
    refused(office, "may not “add printer”", lambda: office.do(acts.add_printer, office.who("operator"), **told))
    printer(office)
    for verb, more in ((acts.change_printer, told), (acts.retire_printer, {})):
        refused(office, "may not", lambda v=verb, m=more: office.do(v, office.who("verifier", reason="x"),
                                                                    printer="PRN-01", **m))
        refused(office, "needs a reason", lambda v=verb, m=more: office.do(v, office.who("qa"), printer="PRN-01", **m))
    refused(office, "There is no printer “PRN-09”",
            lambda: office.do(acts.retire_printer, office.who("qa", reason="x"), printer="PRN-09"))


def test_two_printers_in_use_are_never_at_one_address(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    refused(office, "PRN-01 is at that address already", lambda: printer(office, host="127.0.0.1"))
    office.do(acts.retire_printer, office.who("qa", reason="Broken."), printer="PRN-01")
    assert printer(office) == "PRN-02"
    refused(office, "PRN-02 is at that address", lambda: office.do(
        acts.reinstate_printer, office.who("qa", reason="Repaired."), printer="PRN-01"))


def test_a_job_is_queued_inside_another_act_with_its_very_bytes(office: Office) -> None:
    printer(office)
    assert queued(office, dpi=300) == "JOB-000001"
    row = job(office)
    assert (row.state, row.of, row.within, row.form, row.dpi, row.bytes_sent) == (
        "queued", "LBL-0001", "NK-26-001", "zpl", 300, 0)
    assert row.content == sha256(ZPL).hexdigest()
    with office.look() as session:
        assert session.scalars(select(KeptFile.content)).one() == ZPL
    assert office.last_entry().verb == "send to printer"


def test_a_double_tap_queues_one_job(sqlite_office: Office) -> None:
    printer(sqlite_office)
    queued(sqlite_office, nonce="one form")
    with pytest.raises(Repeated) as again:
        queued(sqlite_office, nonce="one form")
    assert again.value.result == "JOB-000001"
    with sqlite_office.look() as session:
        assert len(session.scalars(select(PrintJob)).all()) == 1


@pytest.mark.parametrize(("more", "match"), [
    ({"dpi": 203}, "proved at 203 dpi, and PRN-01 prints 300 dpi"), ({"form": "pdf"}, "takes ZPL, and this is PDF"),
    ({"size_mm": (Decimal(51), Decimal(25))}, "is 51 x 25 mm"), ({"content": b""}, "has 0 bytes to print"),
    ({"at": "PRN-07"}, "There is no printer"),
])
def test_what_does_not_fit_the_printer_is_not_queued(sqlite_office: Office, more: dict[str, Any], match: str) -> None:
    printer(sqlite_office, wide_mm=Decimal(100), tall_mm=Decimal(100))
    refused(sqlite_office, match, lambda: queued(sqlite_office, **more))


def test_one_label_has_one_job_until_it_is_sure_that_nothing_came_out(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    refused(office, "waits for a printer already, as JOB-000001", lambda: queued(office))
    begun(office)
    refused(office, "is being sent already", lambda: queued(office))
    office.do(acts.record_print_outcome, Who(SYSTEM), job="JOB-000001", outcome=UNKNOWN)
    refused(office, "Tell first what came out", lambda: queued(office))
    who = office.who("operator", reason="The tray is empty.")
    office.do(acts.settle_print_job, who, job="JOB-000001", result="did not come out")
    refused(office, "You told yourself that JOB-000001 did not come out. Another person looks", lambda: queued(office))
    queued(office, by=office.who("operator", 2))
    begun(office, UNKNOWN, "JOB-000002")
    office.do(acts.settle_print_job, who, job="JOB-000002", result="came out")
    refused(office, "came out already, as JOB-000002. Ask for a reprint", lambda: queued(office))


def test_what_was_sent_is_never_sent_again(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    begun(office, Outcome("sent", "It took all of it.", "ready", len(ZPL)))
    refused(office, "Ask for a reprint and say why", lambda: queued(office))
    refused(office, "This print job is sent; .* Possible now: nothing", lambda: office.do(
        acts.cancel_print_job, office.who("operator", reason="x"), job="JOB-000001"))
    refused(office, "This print job is sent", lambda: office.do(
        acts.settle_print_job, office.who("operator", reason="x"), job="JOB-000001", result="came out"))


def test_somebody_looks_and_tells_what_came_out(office: Office) -> None:
    printer(office)
    queued(office)
    begun(office, UNKNOWN)
    operator = office.who("operator", reason="Half a label lies in the tray.")
    for who, match in ((office.who("warehouse", reason="x"), "may not “settle print job”"),
                       (office.who("operator"), "needs a reason")):
        refused(office, match, lambda w=who: office.do(acts.settle_print_job, w, job="JOB-000001", result="came out"))
    refused(office, "is neither of", lambda: office.do(acts.settle_print_job, operator, job="JOB-000001",
                                                       result="perhaps"))
    refused(office, "You saw version 1", lambda: office.do(acts.settle_print_job, operator, job="JOB-000001",
                                                           result="came out", seen="1"))
    office.do(acts.settle_print_job, operator, job="JOB-000001", result="came out", seen="3")
    row = job(office)
    assert (row.state, row.settled_by, row.settled_at) == ("came out", operator.by, office.now)
    assert (office.last_entry().within, row.bytes_sent) == ("NK-26-001", 12)
    refused(office, "Possible now: nothing", lambda: office.do(acts.settle_print_job, operator, job="JOB-000001",
                                                               result="did not come out"))


def test_a_job_that_failed_stays_so_and_the_label_is_sent_again_as_another(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    begun(office, FAILED)
    assert job(office).told == "The printer is out of media. Nothing was sent."
    assert queued(office) == "JOB-000002"
    with pytest.raises(acts.NotNow), office.desk() as session:
        acts.begin_print_job(session, Who(SYSTEM), job="JOB-000001")


def test_a_job_nobody_begun_is_cancelled_with_a_reason(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    refused(office, "needs a reason",
            lambda: office.do(acts.cancel_print_job, office.who("operator"), job="JOB-000001"))
    office.do(acts.cancel_print_job, office.who("operator", reason="Wrong printer."), job="JOB-000001")
    with pytest.raises(acts.NotNow), office.desk() as session:
        acts.begin_print_job(session, Who(SYSTEM), job="JOB-000001")
    assert queued(office) == "JOB-000002"


def test_a_printer_something_waits_for_is_neither_changed_nor_taken_out_of_use(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    who = office.who("qa", reason="x")
    refused(office, "JOB-000001 waits for PRN-01", lambda: office.do(acts.retire_printer, who, printer="PRN-01"))
    refused(office, "JOB-000001 waits for PRN-01", lambda: office.do(
        acts.change_printer, who, printer="PRN-01", name="x", place="y", kind="raw", host="a", port=1, dpi=203))


@pytest.mark.parametrize("verb", [acts.begin_print_job, acts.record_print_outcome])
def test_no_person_sends_and_no_person_says_what_the_printer_did(sqlite_office: Office, verb: Any) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    more = {"outcome": UNKNOWN} if verb is acts.record_print_outcome else {}
    refused(office, "done by the system itself, never by a person",
            lambda: office.do(verb, office.who("qa"), job="JOB-000001", **more))


def test_the_database_knows_that_failed_means_nothing_was_sent(sqlite_office: Office) -> None:
    office = sqlite_office
    printer(office)
    queued(office)
    begun(office)
    refused(office, "contradicts", lambda: office.do(acts.record_print_outcome, Who(SYSTEM), job="JOB-000001",
                                                     outcome=Outcome("failed", "x", "", 3)))
