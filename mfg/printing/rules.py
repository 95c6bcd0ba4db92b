"""What must be true before something is sent to a printer, and what became of it.

Pure. What a label has to say, and that it can be read, is settled before; here it is bytes for one printer. A printer
that took bytes has not proved that it printed: only the scan of what came out does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.facts import Move, Moves, Refused, passed, plain, rule

#: how a printer is spoken to -> the form of what it is sent
FORMS = {"raw": "zpl", "ipp": "pdf"}
KINDS = {"raw": "ZPL to a raw port, as label printers take it",
         "ipp": "PDF by IPP, as CUPS and office printers take it"}
RESOLUTIONS = (203, 300, 600)
PRINTER_STATES = ("in use", "out of use")
PRINTER = Moves("printer", "in use", frozenset(), (
    Move("retire printer", frozenset({"in use"}), "out of use"),
    Move("reinstate printer", frozenset({"out of use"}), "in use"),
))
#: the life of a print job. No way leads back to the printer: what failed is sent again by a person, as another job,
#: from the page of the thing, where everything is asked anew
JOB = Moves("print job", "queued", frozenset({"sent", "failed", "came out", "did not come out", "cancelled"}), (
    Move("begin print job", frozenset({"queued"}), "sending"),
    Move("begin print job", frozenset({"queued"}), "failed"),
    Move("record print outcome", frozenset({"sending"}), "sent"),
    Move("record print outcome", frozenset({"sending"}), "failed"),
    Move("record print outcome", frozenset({"sending"}), "unknown"),
    Move("settle print job", frozenset({"unknown"}), "came out"),
    Move("settle print job", frozenset({"unknown"}), "did not come out"),
    Move("cancel print job", frozenset({"queued"}), "cancelled"),
))
SETTLED = ("came out", "did not come out")
#: a job in one of these has printed its thing, or may have, or will; in words
STANDING = {"queued": "waits for a printer", "sending": "is being sent", "sent": "was sent",
            "unknown": "may have come out", "came out": "came out"}
#: nobody waits at the printer any more for what was asked for longer ago than this
TOO_LATE = timedelta(minutes=15)
#: no worker is at it any longer than this: one that was cut off left the job behind (above all its bounds together)
LEFT_BEHIND = timedelta(minutes=3)


def moved(verb: str, state: str, to: str) -> str:
    """`to`, when the table has that way; else a refusal that says what is possible."""
    JOB.after(verb, state)
    if not any(move.verb == verb and state in move.before and move.after == to for move in JOB.moves):
        raise Refused(f"“{verb}” does not make a {state} print job {to}.")
    return to


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job, told by the worker: "sent", "failed" (no byte of it left us) or "unknown"."""

    state: str
    told: str
    #: how the printer said it was before anything was sent
    status: str = ""
    bytes_sent: int = 0


def outcome(sent: int, whole: int, trouble: str, status: str = "") -> Outcome:
    """The outcome of an attempt: `sent` of `whole` bytes left us, and what went wrong, if anything did."""
    if not trouble and sent == whole:
        return Outcome("sent", "The printer took all of it and says that nothing is left to print. Scan what came out.",
                       status, sent)
    if not sent:
        return Outcome("failed", f"{trouble or 'Nothing could be sent.'} Nothing was sent.", status, 0)
    trouble = trouble.replace(", then try again", "")  # not this one: it may have printed
    return Outcome("unknown", f"{trouble or 'Not all of it was sent.'} {sent} of {whole} bytes were sent; how many "
                              "arrived is not known. Look what came out of the printer and tell; it is not sent again "
                              "by itself.", status, sent)


_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\Z|[0-9A-Fa-f:]{2,45}\Z", re.ASCII)
_PATH = re.compile(r"/[A-Za-z0-9/_.~%-]{0,200}\Z", re.ASCII)


@dataclass(frozen=True)
class Address:
    """A printer about to be registered or changed. `taken` is a printer in use at the same address."""

    kind: str
    host: str
    port: int
    path: str
    dpi: int
    wide_mm: Decimal | None
    tall_mm: Decimal | None
    taken: str | None


@rule("PRT-01", "The printer has an address")
def addressed(f: Address) -> Any:
    """A printer is a host name or number and a port; one that speaks IPP has a path as well, one with a raw port has
    none (RFC 8010; port 9100 as printers use it)."""
    if not _NAME.match(f.host):
        return passed(False), (f"“{f.host[:60]}” is not a host name or network number; one such as 10.20.0.15 or "
                               "labels.example was expected, without http:// and without the port."), f.host, "", ()
    if not 1 <= f.port <= 65535:
        return passed(False), f"{f.port} is not a port; 1 to 65535 was expected.", str(f.port), "1 to 65535", ()
    ok = bool(_PATH.match(f.path)) if f.kind == "ipp" else not f.path
    return passed(ok), ("The address can be one." if ok else
                        "A printer that speaks IPP needs a path such as /printers/labels or /ipp/print."
                        if f.kind == "ipp" else
                        "A raw port has no path. Leave it empty, or choose IPP."), f.path, "", ()


@rule("PRT-02", "One device is one printer")
def one_device(f: Address) -> Any:
    """Two printers at one address would be sent to at the same time."""
    ok = f.taken is None
    return passed(ok), ("Nobody else is at that address." if ok else
                        f"{f.taken} is at that address already. Use it, or take it out of use first."), \
        f.taken or "", "", (f.taken,) if f.taken else ()


@rule("PRT-03", "Its dots and its labels are known")
def resolved(f: Address) -> Any:
    """A label is laid out in whole dots of its printer; a size of label is given whole or not at all."""
    if f.dpi not in RESOLUTIONS:
        return passed(False), f"{f.dpi} dpi is none of 203, 300 and 600.", str(f.dpi), "203, 300, 600", ()
    sides = (f.wide_mm, f.tall_mm)
    ok = sides == (None, None) or all(side is not None and 5 <= side <= 500 for side in sides)
    return passed(ok), ("Its dots and labels are known." if ok else
                        "Give the width and the height of its labels, each 5 to 500 mm, or neither."), "", "", ()


@dataclass(frozen=True)
class Sending:
    """Something about to be sent to a printer."""

    of: str
    form: str
    #: what it was made and proved for; None: it fits any printer
    dpi: int | None
    size_mm: tuple[Decimal, Decimal] | None
    printer: str
    printer_state: str
    kind: str
    printer_dpi: int
    label_mm: tuple[Decimal, Decimal] | None
    #: another job of the same thing that stands: (code, state)
    before: tuple[str, str] | None = None
    #: a job of it of which the very person who sends it said that it did not come out
    gone: str | None = None


@rule("PRT-04", "The printer is in use")
def in_use(f: Sending) -> Any:
    """Nothing is sent to a printer that was taken out of use."""
    ok = f.printer_state == "in use"
    return passed(ok), (f"{f.printer} is in use." if ok else f"{f.printer} is {f.printer_state}. Choose another."), \
        f.printer_state, "in use", (f.printer,)


@rule("PRT-05", "The printer understands it")
def understood(f: Sending) -> Any:
    """ZPL goes to a raw port and PDF to IPP: anything else would come out as text, or as nothing."""
    wanted = FORMS[f.kind]
    ok = f.form == wanted
    return passed(ok), (f"{f.printer} takes {f.form.upper()}." if ok else
                        f"{f.printer} takes {wanted.upper()}, and this is {f.form.upper()}. Send it again from its own "
                        "page."), f.form, wanted, (f.printer,)


@rule("PRT-06", "It was proved for the dots of this printer")
def same_dots(f: Sending) -> Any:
    """A label proved at one resolution and printed at another has another size and was never read back."""
    ok = f.dpi is None or f.dpi == f.printer_dpi
    return passed(ok), ("It was made for these dots." if ok else
                        f"{f.of} was proved at {f.dpi} dpi, and {f.printer} prints {f.printer_dpi} dpi. Choose a "
                        f"printer of {f.dpi} dpi."), f"{f.dpi or ''}", str(f.printer_dpi), (f.printer,)


@rule("PRT-07", "Its labels have the size of this one")
def same_size(f: Sending) -> Any:
    """A label on stock of another size is cut, or leaves the next one half printed."""
    if f.size_mm is None or f.label_mm is None or f.size_mm == f.label_mm:
        return passed(True), "It fits.", "", "", (f.printer,)
    is_, has = (f"{plain(wide)} x {plain(tall)} mm" for wide, tall in (f.size_mm, f.label_mm))
    return passed(False), (f"{f.of} is {is_}, and {f.printer} holds labels of {has}. Choose a printer with its "
                           "labels."), is_, has, (f.printer,)


@rule("PRT-08", "It was not sent before")
def sent_once(f: Sending) -> Any:
    """One number is one piece of paper: what was sent, or may have come out, is not sent again (21 CFR 211.125)."""
    if f.before is None:
        return passed(True), "It was not sent before.", "", "", (f.of,)
    code, state = f.before
    todo = {"queued": "Wait for it, or cancel it.", "sending": "Wait for it.",
            "unknown": "Tell first what came out of it."}.get(state, "Ask for a reprint and say why.")
    return passed(False), f"{f.of} {STANDING[state]} already, as {code}. {todo}", state, "", (code,)


@rule("PRT-10", "A second person sends again what did not come out")
def second_look(f: Sending) -> Any:
    """Of what was sent and is said not to have come out, one person alone never has a second piece in hand (21 CFR
    211.125)."""
    ok = f.gone is None
    return passed(ok), ("Nobody sends it again on their own word." if ok else
                        f"You told yourself that {f.gone} did not come out. Another person looks at the printer and "
                        f"sends {f.of} again."), f.gone or "", "", (f.gone,) if f.gone else ()


@dataclass(frozen=True)
class Waiting:
    """A printer about to be changed, with the jobs that wait for it."""

    printer: str
    jobs: tuple[str, ...]


@rule("PRT-09", "Nothing waits for it")
def nothing_waits(f: Waiting) -> Any:
    """A job was made for the printer as it was when it was queued."""
    ok = not f.jobs
    return passed(ok), ("Nothing waits for it." if ok else
                        f"{' and '.join(f.jobs[:3])} {'waits' if len(f.jobs) == 1 else 'wait'} for {f.printer}. Let it "
                        "print, or cancel it first."), str(len(f.jobs)), "0", f.jobs


def late(queued_at: datetime, now: datetime) -> bool:
    """Whether a job waited so long that what it prints would lie there unattended."""
    return now - queued_at > TOO_LATE


ADDRESS = (addressed, one_device, resolved)
SEND = (in_use, understood, same_dots, same_size, sent_once, second_look)
CHANGE = (nothing_waits,)
