"""What is shown of printers and print jobs. No printer is asked for it: a page says what was last heard, and when."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.facts import plain
from mfg.printing.records import Printer, PrintJob, all_jobs, all_printers, jobs_in
from mfg.printing.records import job as load_job
from mfg.printing.records import printer as load_printer
from mfg.printing.rules import KINDS

WHEN = "%Y-%m-%d %H:%M:%S UTC"
#: the sign beside a state: only a person who looked makes it green, the printer's word does not
SIGNS = {"queued": "TODO", "sending": "TODO", "sent": "TODO", "unknown": "FAIL", "failed": "FAIL", "came out": "PASS",
         "did not come out": "CANNOT DETERMINE", "cancelled": "TODO"}
WORDS = {"sent": "sent: scan what came out", "unknown": "unknown: tell what came out",
         "failed": "failed: nothing was sent"}
#: what to expect where nothing is told yet
ABOUT = {"queued": "It waits for its turn. Stand at the printer and look again in a moment.",
         "sending": "It is being sent. Stand at the printer and look again in a moment."}
#: beginning of the code of what a job prints -> where its page is
PAGES_OF = {"LBL": "/labels/", "PAP": "/papers/", "BLK": "/blanks/"}


def state_cell(row: PrintJob) -> dict[str, Any]:
    """The state of a job with its sign."""
    return {"text": WORDS.get(row.state, row.state), "verdict": SIGNS[row.state]}


def job_cell(row: PrintJob) -> dict[str, Any]:
    """A job as a link."""
    return {"text": row.code, "url": f"/jobs/{row.code}", "code": True}


def _printer_cell(row: PrintJob) -> dict[str, Any]:
    return {"text": row.printer, "url": f"/printers/{row.printer}", "code": True}


def _of_cell(row: PrintJob) -> Any:
    place = PAGES_OF.get(row.of.partition("-")[0])
    return {"text": row.of, "url": f"{place}{row.of}", "code": True} if place else row.of


def job_section(rows: list[PrintJob], title: str = "Print jobs") -> dict[str, Any]:
    """Jobs as a table, for the page of a printer or of what they print."""
    return {"title": title, "headers": ["job", "prints", "printer", "queued", "state", "what became of it"],
            "rows": [[job_cell(row), _of_cell(row), _printer_cell(row), f"{row.queued_at:{WHEN}}", state_cell(row),
                      row.told]
                     for row in rows], "empty": "Nothing was sent to a printer."}


def list_printers(session: Session) -> dict[str, Any]:
    """Every printer, with what it last said."""
    rows = [[{"text": row.code, "url": f"/printers/{row.code}", "code": True}, row.name, row.place, _size(row),
             _standing(row), _heard(session, row)] for row in all_printers(session)]
    return {"title": "Printers", "rows": rows,
            "empty": "No printer is registered. Labels can always be printed from their PDF.",
            "headers": ["printer", "name", "where", "prints", "state", "last said"],
            "actions": [{"url": "/jobs", "label": "Print jobs", "main": False, "danger": False},
                        {"url": "/printers/add-printer", "label": "Register a printer", "main": True, "danger": False}]}


def _size(row: Printer) -> str:
    size = f", labels {plain(row.label_mm[0])} x {plain(row.label_mm[1])} mm" if row.label_mm else ""
    return f"{row.dpi} dpi{size}"


def _standing(row: Printer) -> dict[str, Any]:
    return {"text": row.state, "verdict": "TODO" if row.state == "in use" else "CANNOT DETERMINE"}


def _heard(session: Session, row: Printer) -> str:
    """What the printer said before the newest job, and when: nobody asks it for this page."""
    last = next((one for one in all_jobs(session, row.code, newest=50) if one.started_at and one.ended_at), None)
    if last is None:
        return "never asked"
    return f"{last.status or last.told} ({last.started_at:{WHEN}})"


def show_printer(session: Session, *, printer: str) -> dict[str, Any]:
    """One printer: where it is, what it last said, its jobs."""
    row = load_printer(session, printer)
    pairs = [("Where", row.place, False), ("How it is spoken to", KINDS[row.kind], False),
             ("Address", f"{row.host}, port {row.port}{f', path {row.path}' if row.path else ''}", False),
             ("Prints", _size(row), False), ("Last said", _heard(session, row), False),
             ("Registered", f"{row.added_at:{WHEN}} by {row.added_by}", False)]
    last = ("retire-printer", "Take it out of use", True) if row.state == "in use" else \
        ("reinstate-printer", "Take it into use", False)
    return {"code": row.code, "title": row.name, "state": row.state, "verdict": _standing(row)["verdict"],
            "pairs": pairs, "back": "/printers", "sections": [job_section(all_jobs(session, row.code, newest=50))],
            "actions": [{"url": f"/printers/{row.code}/{slug}", "label": label, "main": False, "danger": danger}
                        for slug, label, danger in (last, ("change-printer", "Change it", False))],
            "strip": [{"k": "Printer", "v": row.code, "code": True}]}


def list_jobs(session: Session) -> dict[str, Any]:
    """The newest jobs; those that wait for a person first."""
    waiting = jobs_in(session, "unknown", "failed")
    codes = {row.code for row in waiting}
    section = job_section([*waiting, *(row for row in all_jobs(session) if row.code not in codes)])
    return {"title": "Print jobs", "headers": section["headers"], "rows": section["rows"], "empty": section["empty"],
            "back": "/printers", "actions": [{"url": "/printers", "label": "Printers", "main": False, "danger": False}]}


def show_job(session: Session, *, job: str) -> dict[str, Any]:
    """One job: what it prints, what became of it, what is to be done."""
    row = load_job(session, job)
    pairs = [("Prints", _of_cell(row), False),
             ("Printer", _printer_cell(row), False),
             ("Form", f"{row.form.upper()}{f', made for {row.dpi} dpi' if row.dpi else ''}", False),
             ("Queued", f"{row.queued_at:{WHEN}} by {row.queued_by}", False),
             ("What the printer said before", row.status or "not asked yet", False),
             ("Begun", _at(row.started_at), False), ("Ended", _at(row.ended_at), False),
             ("Bytes sent", str(row.bytes_sent), False), ("SHA-256 of its bytes", row.content, False)]
    pairs += [("Told by", f"{row.settled_by}, {row.settled_at:{WHEN}}", False)] if row.settled_by else []
    return {"code": row.code, "title": f"Print job of {row.of}", "state": WORDS.get(row.state, row.state),
            "verdict": SIGNS[row.state],
            "about": row.told or ABOUT.get(row.state, ""), "pairs": pairs, "sections": [],
            "back": f"/printers/{row.printer}", "actions": _actions(row),
            "strip": [{"k": "Print job", "v": row.code, "code": True}, {"k": "Prints", "v": row.of, "code": True}]}


def _actions(row: PrintJob) -> list[dict[str, Any]]:
    """What is to be done with a job; what nothing came out of is sent again from the page of the thing."""
    if row.state == "queued":
        return [{"url": f"/jobs/{row.code}/cancel-print-job", "label": "Cancel it", "main": False, "danger": True}]
    if row.state == "unknown":
        return [{"url": f"/jobs/{row.code}/settle-print-job", "label": "Tell what came out", "main": True,
                 "danger": False}]
    place = PAGES_OF.get(row.of.partition("-")[0])
    return [{"url": f"{place}{row.of}", "label": f"Go to {row.of}", "main": True, "danger": False}] if place else []


def _at(moment: Any) -> str:
    return f"{moment:{WHEN}}" if moment else "not yet"


PAGES = (Page("/printers", list_printers, "list.html"), Page("/printers/<printer>", show_printer),
         Page("/jobs", list_jobs, "list.html"), Page("/jobs/<job>", show_job))
