"""The doors of printers and print jobs, and what JSON reads of them. Doors that print stand with what they print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.facts import plain
from mfg.fields import Body, Choice, Count, Number, Words
from mfg.printing import acts
from mfg.printing.records import Printer, PrintJob, all_jobs, all_printers
from mfg.printing.records import job as load_job
from mfg.printing.records import printer as load_printer
from mfg.printing.rules import KINDS, RESOLUTIONS, SETTLED

PRINTER, JOB = "/printers/<printer>", "/jobs/<job>"
OF_PRINTER = ("code", "name", "place", "kind", "host", "port", "path", "dpi", "wide_mm", "tall_mm", "state",
              "added_by", "added_at", "version")
OF_JOB = ("code", "printer", "of", "within", "form", "content", "dpi", "title", "state", "queued_at", "queued_by",
          "status", "started_at", "ended_at", "bytes_sent", "told", "settled_by", "settled_at", "version")


class PrinterBody(Body):
    """One printer on the network."""

    name = Words("Name", limit=80)
    place = Words("Where it stands", limit=80, hint="Room and bench.")
    kind = Choice("How it is spoken to", KINDS)
    host = Words("Address", limit=253, hint="Network number or name, such as 10.20.0.15.")
    port = Count("Port", low=1, high=65535, hint="9100 for most label printers, 631 for IPP.")
    path = Words("Path", limit=200, required=False, hint="Only for IPP: /printers/labels or /ipp/print.")
    dpi = Count("Dots per inch", low=min(RESOLUTIONS), high=max(RESOLUTIONS), hint="203, 300 or 600.")
    wide_mm = Number("Width of its labels", "mm", above="0", high="500", required=False)
    tall_mm = Number("Height of its labels", "mm", above="0", high="500", required=False)


class SettleJob(Body):
    """What came out of the printer."""

    result = Choice("What came out?", {SETTLED[0]: "A label or page came out, whole or damaged",
                                       SETTLED[1]: "Nothing came out, and the printer holds nothing back"})


def printer_data(row: Printer) -> dict[str, Any]:
    """One printer as plain data."""
    return {name: plain_data(getattr(row, name)) for name in OF_PRINTER}


def job_data(row: PrintJob) -> dict[str, Any]:
    """One print job as plain data."""
    return {name: plain_data(getattr(row, name)) for name in OF_JOB}


def _values(session: Session, *, printer: str) -> Mapping[str, Mapping[str, Any]]:
    """The form of a change begins with what is known."""
    row = load_printer(session, printer)
    shown = {"wide_mm": plain(row.wide_mm) if row.wide_mm else "", "tall_mm": plain(row.tall_mm) if row.tall_mm else ""}
    return {name: {"value": shown.get(name, str(getattr(row, name)))} for name in PrinterBody().fields}


def _usual(_session: Session) -> Mapping[str, Mapping[str, Any]]:
    return {"port": {"value": "9100"}, "dpi": {"value": "300"}}


def _seen(session: Session, *, printer: str) -> str:
    return str(load_printer(session, printer).version)


def _seen_job(session: Session, *, job: str) -> str:
    return str(load_job(session, job).version)


def _shows(session: Session, *, printer: str) -> Pairs:
    row = load_printer(session, printer)
    return [("Printer", f"{row.code}, {row.name}"), ("Where", row.place), ("State", row.state)]


def _shows_job(session: Session, *, job: str) -> Pairs:
    row = load_job(session, job)
    return [("Job", f"{row.code}, {row.state}"), ("Prints", row.of), ("Printer", row.printer)]


def _printer_page(code: str) -> str:
    return f"/printers/{code}"


def job_page(code: str) -> str:
    """Where a print job is shown."""
    return f"/jobs/{code}"


DOORS: tuple[Door, ...] = (
    Door("add printer", "/printers", acts.add_printer, "Register a printer", "Register", _printer_page, PrinterBody,
         intro="Its labels are proved for its dots before they are sent.", prepares=_usual),
    Door("change printer", PRINTER, acts.change_printer, "Change the printer", "Save the change", _printer_page,
         PrinterBody, prepares=_values, seen=_seen, shows=_shows,
         intro="Nothing may wait for it. What was printed stays as it is."),
    Door("retire printer", PRINTER, acts.retire_printer, "Take the printer out of use", "Take it out of use",
         _printer_page, danger=True, shows=_shows, intro="Nothing is sent to it from then on."),
    Door("reinstate printer", PRINTER, acts.reinstate_printer, "Take the printer into use", "Take it into use",
         _printer_page, shows=_shows),
    Door("settle print job", JOB, acts.settle_print_job, "Tell what came out", "Record what came out", job_page,
         SettleJob, seen=_seen_job, shows=_shows_job,
         intro="Look into the printer. If anything came out, it came out: scan it back, or spoil it if it is damaged. "
               "If nothing came out, clear the memory of the printer first, so that nothing comes later."),
    Door("cancel print job", JOB, acts.cancel_print_job, "Cancel the job", "Cancel the job", job_page, danger=True,
         shows=_shows_job, intro="Nothing of it was sent, and nothing will be."),
)

VIEWS = (
    View("/printers", lambda session: [printer_data(row) for row in all_printers(session)], "Printers"),
    View(PRINTER, lambda session, printer: printer_data(load_printer(session, printer)), "One printer"),
    View("/jobs", lambda session: [job_data(row) for row in all_jobs(session)], "The newest print jobs"),
    View(JOB, lambda session, job: job_data(load_job(session, job)), "One print job"),
)
