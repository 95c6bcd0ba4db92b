"""Printers registered and changed; jobs queued, sent by the system, settled, cancelled.

`queue` is called inside the act of whoever prints something. Nothing here touches the network: between the two acts of
the system (begin, outcome) the worker does, outside of any act.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.facts import Refused, judge, refuse_unless
from mfg.files import keep_file
from mfg.ledger import Doing, Who, act, fresh
from mfg.printing.records import Printer, PrintJob, jobs_in, said_gone, standing_job
from mfg.printing.records import job as load_job
from mfg.printing.records import printer as load_printer
from mfg.printing.rules import (
    ADDRESS,
    CHANGE,
    JOB,
    PRINTER,
    SEND,
    SETTLED,
    Address,
    Outcome,
    Sending,
    Waiting,
    in_use,
    late,
    moved,
    same_dots,
    understood,
)
from mfg.uploads import LARGEST, Upload

#: (session, code of the thing) -> why it is not to be printed any more; empty: it is
Unwanted = Callable[[Session, str], str]
MEDIA = {"zpl": "text/plain", "pdf": "application/pdf"}


class NotNow(Exception):
    """Another worker has it, or it is over: there is nothing to do, and nothing to record."""


# --- printers


def add_printer(session: Session, who: Who, *, name: str, place: str, kind: str, host: str, port: int, dpi: int,
                path: str = "", wide_mm: Decimal | None = None, tall_mm: Decimal | None = None) -> str:
    """Register a printer. Returns PRN-01."""
    with act(session, "add printer", on=f"printer {name}"[:80], **who.how) as doing:
        told: dict[str, Any] = {"kind": kind, "host": host.lower(), "port": port, "path": path, "dpi": dpi,
                                "wide_mm": wide_mm, "tall_mm": tall_mm}
        _addressed(session, told)
        doing.on = doing.result = next_code(session, Printer, "PRN", 2)
        session.add(Printer(code=doing.on, name=name, place=place, **told, state=PRINTER.start,
                            added_by=doing.by.code, added_at=doing.at))
    return doing.result


def change_printer(session: Session, who: Who, *, printer: str, name: str, place: str, kind: str, host: str, port: int,
                   dpi: int, path: str = "", wide_mm: Decimal | None = None, tall_mm: Decimal | None = None,
                   seen: str | None = None) -> str:
    """Change what is known of a printer, with the reason, when nothing waits for it. Returns its code."""
    with act(session, "change printer", on=printer, **who.how) as doing:
        row = load_printer(session, printer)
        fresh(row, seen)
        told: dict[str, Any] = {"kind": kind, "host": host.lower(), "port": port, "path": path, "dpi": dpi,
                                "wide_mm": wide_mm, "tall_mm": tall_mm}
        _nothing_waits(session, row)
        _addressed(session, told, but=row.code)
        for name_, value in {"name": name, "place": place, **told}.items():
            setattr(row, name_, value)
        doing.result = row.code
    return doing.result


def _addressed(session: Session, told: dict[str, Any], but: str = "") -> None:
    taken = session.scalar(select(Printer.code).where(
        Printer.host == told["host"], Printer.port == told["port"], Printer.path == told["path"],
        Printer.state == "in use", Printer.code != but).limit(1))
    refuse_unless(judge(ADDRESS, Address(**told, taken=taken)))


def _nothing_waits(session: Session, row: Printer) -> None:
    waiting = tuple(one.code for one in jobs_in(session, "queued", "sending", printer=row.code))
    refuse_unless(judge(CHANGE, Waiting(row.code, waiting)))


def retire_printer(session: Session, who: Who, *, printer: str) -> str:
    """Take a printer out of use, with the reason; nothing is sent to it any more. Returns its code."""
    with act(session, "retire printer", on=printer, **who.how) as doing:
        row = load_printer(session, printer)
        after = PRINTER.after("retire printer", row.state)
        _nothing_waits(session, row)
        row.state, doing.result = after, row.code
    return doing.result


def reinstate_printer(session: Session, who: Who, *, printer: str) -> str:
    """Take a printer into use again, with the reason. Returns its code."""
    with act(session, "reinstate printer", on=printer, **who.how) as doing:
        row = load_printer(session, printer)
        after = PRINTER.after("reinstate printer", row.state)
        _addressed(session, {name: getattr(row, name) for name in (
            "kind", "host", "port", "path", "dpi", "wide_mm", "tall_mm")}, but=row.code)
        row.state, doing.result = after, row.code
    return doing.result


# --- jobs


def queue(session: Session, doing: Doing, *, printer: str, of: str, form: str, content: bytes, title: str,
          dpi: int | None = None, size_mm: tuple[Decimal, Decimal] | None = None) -> str:
    """Put something into the outbox, inside the act under way; the worker sends exactly these bytes, once.

    `of` is the code of the label or paper, `dpi` the resolution it was proved for. Returns JOB-000001. Refused where
    PRT-04 to PRT-08 or PRT-10 are not met, and for content that is empty or larger than a kept file may be.
    """
    row = load_printer(session, printer)
    if not 0 < len(content) <= LARGEST:
        raise Refused(f"{of} has {len(content)} bytes to print; 1 to {LARGEST} was expected.", kind="input")
    refuse_unless(judge(SEND, replace(_sending(row, of, form, dpi, size_mm, standing_job(session, of)),
                                      gone=said_gone(session, of, doing.by.code))))
    kept = keep_file(session, Upload(f"{of}.{form}", content, MEDIA[form]), by=doing.by.code, at=doing.at)
    code = next_code(session, PrintJob, "JOB")
    session.add(PrintJob(code=code, printer=row.code, of=of, within=doing.within, form=form, content=kept.code,
                         dpi=dpi, title=title[:200], state=JOB.start, queued_at=doing.at, queued_by=doing.by.code))
    return code


def _sending(row: Printer, of: str, form: str, dpi: int | None, size_mm: tuple[Decimal, Decimal] | None = None,
             before: PrintJob | None = None) -> Sending:
    return Sending(of, form, dpi, size_mm, row.code, row.state, row.kind, row.dpi, row.label_mm,
                   (before.code, before.state) if before else None)


def cancel_print_job(session: Session, who: Who, *, job: str) -> str:
    """Take a job of which nothing was sent out of the outbox, with the reason. Returns its code."""
    with act(session, "cancel print job", on=job, **who.how) as doing:
        row = load_job(session, job)
        doing.within = row.within
        row.state, doing.result = moved("cancel print job", row.state, "cancelled"), row.code
    return doing.result


def settle_print_job(session: Session, who: Who, *, job: str, result: str, seen: str | None = None) -> str:
    """Somebody looked: what was unknown came out, or did not, and `who.reason` says what was seen. Returns its code."""
    with act(session, "settle print job", on=job, **who.how) as doing:
        row = load_job(session, job)
        fresh(row, seen)
        doing.within = row.within
        if result not in SETTLED:
            raise Refused(f"“{result[:40]}” is neither of: {', '.join(SETTLED)}.", kind="input")
        row.state = moved("settle print job", row.state, result)
        row.settled_by, row.settled_at = doing.by.code, doing.at
        doing.result = row.code
    return doing.result


# --- what the system does by itself


def nothing_against(_session: Session, _of: str) -> str:
    """Nobody knows why it should not be printed any more."""
    return ""


def begin_print_job(session: Session, who: Who, *, job: str, unwanted: Unwanted = nothing_against) -> str:
    """The worker takes a job, unless another one did. Returns the state it is in now: "sending", or "failed".

    A job nobody waits for any more, one its printer no longer fits, and one `unwanted` gives a sentence for is not
    sent: the rooms above know what became of the thing since it was queued. Raises NotNow.
    """
    with act(session, "begin print job", on=job, **who.how) as doing:
        row = load_job(session, job)
        doing.within, doing.result = row.within, row.code
        busy = jobs_in(session, "sending", printer=row.printer)
        if row.state != "queued" or busy:
            raise NotNow
        why = unwanted(session, row.of) or _not_any_more(load_printer(session, row.printer), row, doing)
        row.state, row.started_at = moved("begin print job", row.state, "failed" if why else "sending"), doing.at
        if why:
            row.told, row.ended_at = f"{why} Nothing was sent.", doing.at
    return row.state


def _not_any_more(printer: Printer, row: PrintJob, doing: Doing) -> str:
    if late(row.queued_at, doing.at):
        return (f"It waited since {row.queued_at:%Y-%m-%d %H:%M} UTC, and perhaps nobody stands at the printer. Send "
                "it again when you do.")
    findings = judge((in_use, understood, same_dots), _sending(printer, row.of, row.form, row.dpi))
    return " ".join(one.why for one in findings if one.verdict != "PASS")


def record_print_outcome(session: Session, who: Who, *, job: str, outcome: Outcome) -> str:
    """What became of a job that was being sent. Returns its code. Raises NotNow when somebody else recorded it."""
    with act(session, "record print outcome", on=job, **who.how) as doing:
        row = load_job(session, job)
        doing.within, doing.result = row.within, row.code
        if row.state != "sending":
            raise NotNow
        row.state = moved("record print outcome", row.state, outcome.state)
        row.told, row.status, row.bytes_sent = outcome.told[:2000], outcome.status[:2000], outcome.bytes_sent
        row.ended_at = doing.at
    return doing.result
