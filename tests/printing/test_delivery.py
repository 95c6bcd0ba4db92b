"""Printers that are well, ill, silent and hostile, over real sockets: each gives a sentence and a state."""

from __future__ import annotations

import socket
from threading import Thread
from time import monotonic
from typing import Any

import pytest

from mfg.printing.delivery import Parcel, deliver
from mfg.printing.rules import Outcome
from mfg.printing.stand_in import IppStandIn, RawStandIn, StandIn
from tests.printing.outbox import QUICK, ZPL

PDF = b"%PDF-1.4\n" + b"not a real one, but long enough to be cut in the middle\n" * 2000 + b"%%EOF\n"
READY = "ready; labels in its memory: 0"
TELL = "Look what came out of the printer and tell; it is not sent again by itself."


def to(printer: StandIn, content: bytes = ZPL) -> Outcome:
    kind = "ipp" if isinstance(printer, IppStandIn) else "raw"
    path = "/printers/labels" if kind == "ipp" else ""
    return deliver(Parcel(kind, "127.0.0.1", printer.port, path, "Label LBL-0001", content), QUICK)


def told(printer: StandIn, **more: Any) -> tuple[str, int]:
    """The state of the job, and how many bytes of it are said to have left."""
    made = to(printer, **more)
    return made.state, made.bytes_sent


# --- a label printer


def test_what_arrives_is_what_was_given_byte_for_byte() -> None:
    with RawStandIn() as printer:
        made = to(printer)
        assert (made.state, made.status, made.bytes_sent) == ("sent", READY, len(ZPL))
        assert [bytes(job) for job in printer.jobs] == [ZPL] and printer.connections == 1


def test_a_large_job_of_any_bytes_arrives_whole() -> None:
    content = bytes(range(256)) * 4000  # with a tilde and no question in it
    with RawStandIn() as printer:
        assert told(printer, content=content) == ("sent", len(content))
        assert [bytes(job) for job in printer.jobs] == [content]


@pytest.mark.parametrize(("trouble", "sentence"), [
    ("paper", "The printer is out of media: load labels, then try again. Nothing was sent."),
    ("head", "The head of the printer is open: close it, then try again. Nothing was sent."),
    ("ribbon", "The printer is out of ribbon: load ribbon, then try again. Nothing was sent."),
    ("pause", "The printer is paused: press pause on it, then try again. Nothing was sent."),
    ("full", "The memory of the printer is full: let it print or clear it, then try again. Nothing was sent."),
    ("partial", "The printer waits for the rest of somebody else's label: clear its memory, then try again. Nothing "
                "was sent."),
])
def test_a_printer_that_is_not_ready_is_sent_nothing(trouble: str, sentence: str) -> None:
    with RawStandIn(troubles=(trouble,)) as printer:
        made = to(printer)
        assert (made.state, made.told, made.bytes_sent) == ("failed", sentence, 0)
        assert made.status == f"{sentence.partition(':')[0]}; labels in its memory: 0" and printer.jobs == []


def test_everything_that_is_wrong_with_a_printer_is_told() -> None:
    with RawStandIn(troubles=("paper", "head")) as printer:
        assert "out of media" in to(printer).told and "head of the printer is open" in to(printer).told


def test_a_printer_that_still_holds_a_label_is_sent_nothing() -> None:
    with RawStandIn(holds=1) as printer:
        made = to(printer)
        assert made.state == "failed" and "still holds 1 label(s)" in made.told and printer.jobs == []


def test_a_printer_that_is_off_is_told_so() -> None:
    with RawStandIn() as printer:
        pass
    made = to(printer)
    assert (made.state, made.bytes_sent) == ("failed", 0)
    assert made.told == ("The printer refuses the connection: it is off, or its address has changed. Switch it on, "
                         "then try again. Nothing was sent.")


def test_a_printer_nobody_knows_on_the_network_is_told_so() -> None:
    made = deliver(Parcel("raw", "no-such-printer.invalid", 9100, "", "x", ZPL), QUICK)
    assert made.state == "failed" and "Nothing on the network has the name" in made.told


def test_a_silent_printer_is_not_ready() -> None:
    with RawStandIn(silent=True) as printer:
        made = to(printer)
        assert made.state == "failed" and "are silent while labels or ribbon are out" in made.told
        assert printer.jobs == []


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x02030,0,0\x03\r\n" * 3, b"\x00" * 5000,
    b"\x02030,2,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,1,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n",
    b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n",
], ids=["web server", "too short", "zeros", "a flag that is 2", "one string of three"])
def test_garbage_is_no_status(answer: bytes) -> None:
    with RawStandIn(answer=answer) as printer:
        made = to(printer)
        assert made.state == "failed" and "is not the status of a label printer" in made.told and printer.jobs == []


def test_a_printer_that_says_nothing_and_goes_is_not_ready() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        made = deliver(Parcel("raw", "127.0.0.1", server.getsockname()[1], "", "x", ZPL), QUICK)
    assert made.state == "failed" and "printer" in made.told


@pytest.mark.parametrize("cut", [1, len(ZPL) // 2, len(ZPL) - 1])
def test_a_connection_cut_off_midway_leaves_it_unknown(cut: int) -> None:
    with RawStandIn(cut_after=cut) as printer:
        made = to(printer)
        assert made.state == "unknown" and made.bytes_sent > 0 and made.told.endswith(TELL)
        assert bytes(printer.jobs[0]) == ZPL[:cut] and len(printer.jobs) == 1, "nothing is sent twice"


def test_a_printer_that_runs_out_while_it_prints_leaves_it_unknown() -> None:
    with RawStandIn(troubles_after=("paper",)) as printer:
        made = to(printer)
    assert (made.state, made.bytes_sent) == ("unknown", len(ZPL))
    assert made.told == ("While it printed: The printer is out of media: load labels. "
                         f"{len(ZPL)} of {len(ZPL)} bytes were sent; how many arrived is not known. {TELL}")


def test_a_printer_that_falls_silent_leaves_it_unknown() -> None:
    with RawStandIn(silent_after=True) as printer:
        assert told(printer) == ("unknown", len(ZPL))


def test_a_status_that_drips_in_has_an_end() -> None:
    with RawStandIn(drip=0.1) as printer:
        began = monotonic()
        assert told(printer) == ("failed", 0)
        assert monotonic() - began < 2


def test_a_status_that_never_ends_has_an_end() -> None:
    with RawStandIn(endless=b"\x02030,0,") as printer:
        began = monotonic()
        assert told(printer) == ("failed", 0) and printer.jobs == []
        assert monotonic() - began < 2


# --- a printer that speaks IPP


def test_a_pdf_arrives_byte_for_byte_and_its_job_is_seen_to_the_end() -> None:
    with IppStandIn() as printer:
        made = to(printer, PDF)
        assert (made.state, made.bytes_sent) == ("sent", len(PDF))
        assert made.status == "idle; takes jobs; none"
        assert [bytes(job) for job in printer.jobs] == [PDF]


@pytest.mark.parametrize(("reason", "sentence"), [
    ("media-empty-error", "out of media: load paper or labels"), ("media-empty-warning", "out of media"),
    ("media-empty", "out of media"), ("cover-open-report", "cover of the printer is open"),
    ("offline-report", "off line"), ("paused", "paused: resume it"),
    ("fuser-over-temp-error", "reports “fuser-over-temp-error”"), ("something-new", "reports “something-new”"),
])
def test_what_stops_a_printer_stops_the_job_before_anything_is_sent(reason: str, sentence: str) -> None:
    with IppStandIn(troubles=(reason,)) as printer:
        made = to(printer, PDF)
        assert made.state == "failed" and sentence in made.told and reason in made.status and printer.jobs == []


@pytest.mark.parametrize("reason", ["none", "toner-low-warning", "media-low-report", "cups-waiting-for-job-completed"])
def test_what_only_warns_does_not(reason: str) -> None:
    with IppStandIn(troubles=(reason,)) as printer:
        assert told(printer, content=PDF) == ("sent", len(PDF))


def test_a_printer_that_is_stopped_or_takes_no_jobs_is_sent_nothing() -> None:
    with IppStandIn() as printer:
        printer.state = 5
        assert "The printer is stopped" in to(printer, PDF).told
        printer.state, printer.accepting = 3, False
        assert "takes no jobs now" in to(printer, PDF).told
        printer.state, printer.accepting = 17, True
        assert "does not say how it is" in to(printer, PDF).told
        assert printer.jobs == []


def test_a_job_the_printer_refuses_or_aborts_is_for_a_person_to_settle() -> None:
    with IppStandIn() as printer:
        printer.refuses = 0x040A
        made = to(printer, PDF)
        assert made.state == "unknown" and "status 0x040a" in made.told
        printer.refuses, printer.ends = 0, 8
        made = to(printer, PDF)
        assert made.state == "unknown" and "it is aborted" in made.told


def test_a_job_that_does_not_end_is_for_a_person_to_settle() -> None:
    with IppStandIn() as printer:
        printer.ends = 6
        made = to(printer, PDF)
        assert (made.state, made.bytes_sent) == ("unknown", len(PDF)) and "it is stopped" in made.told


def test_a_printer_cut_off_in_the_middle_of_a_pdf_leaves_it_unknown() -> None:
    with IppStandIn(cut_after=40_000) as printer:
        made = to(printer, PDF)
        assert made.state == "unknown" and 0 < made.bytes_sent and made.told.endswith(TELL)


def test_a_printer_of_another_version_is_not_understood() -> None:
    with IppStandIn() as printer:
        printer.version = (9, 0)
        made = to(printer, PDF)
        assert made.state == "failed" and "it is of version 9.0, and 1 or 2 was expected" in made.told
        assert printer.jobs == []


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n"


@pytest.mark.parametrize(("answer", "sentence"), [
    (b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP as it should be"),
    (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "answered 401 “Unauthorized”"),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi", "it says it is “text/html”"),
    (HEAD + b"Content-Length: 4\r\n\r\n\1\1\0\0", "it ends after 4 bytes"),
    (HEAD + b"Content-Length: 900\r\n\r\n\1\1\0\0", "it ends after 4 bytes"),
    (HEAD + b"Content-Length: 14\r\n\r\n\1\1\0\0\0\0\0\1\4\x23\xff\xffab", "in the middle of a value"),
    (HEAD + b"Content-Length: 9\r\n\r\n\1\1\0\0\0\0\0\7\3", "it answers another question"),
    (HEAD + b"Content-Length: 9\r\n\r\n\1\1\0\0\0\0\0\1\3", "does not say how it is"),
    (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", "not HTTP as it should be"),
], ids=["ssh", "locked", "web page", "short", "shorter than told", "value too long", "other question", "says nothing",
        "headers"])
def test_hostile_answers_are_no_answers(answer: bytes, sentence: str) -> None:
    class Closing(IppStandIn):
        def say(self, line: socket.socket, answer: bytes) -> None:
            super().say(line, answer)
            line.shutdown(socket.SHUT_RDWR)

    with Closing(answer=answer) as printer:
        made = to(printer, PDF)
        assert (made.state, made.bytes_sent) == ("failed", 0) and sentence in made.told, made.told
        assert printer.jobs == []


@pytest.mark.parametrize("endless", [b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"],
                         ids=["continue for ever", "chunks of nothing"])
def test_an_answer_that_never_ends_has_an_end(endless: bytes) -> None:
    with IppStandIn(endless=endless) as printer:
        began = monotonic()
        assert told(printer, content=PDF) == ("failed", 0) and monotonic() - began < 3


def test_a_body_that_never_ends_has_an_end() -> None:
    class Flood(IppStandIn):
        def say(self, line: socket.socket, answer: bytes) -> None:
            line.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            while True:
                line.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")

    with Flood() as printer:
        made = to(printer, PDF)
        assert made.state == "failed" and "did not stop" in made.told


def test_an_answer_that_drips_in_has_an_end() -> None:
    with IppStandIn(drip=0.05) as printer:
        began = monotonic()
        assert told(printer, content=PDF) == ("failed", 0) and monotonic() - began < 3


def test_a_fault_of_our_own_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mfg.printing.delivery.print_raw", broken)
    made = deliver(Parcel("raw", "127.0.0.1", 1, "", "x", ZPL), QUICK)
    assert made.state == "failed" and "The program failed" in made.told and "ZeroDivisionError" in made.told
