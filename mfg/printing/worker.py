"""The worker of the outbox: takes a job, sends it, records what became of it. One job at a time for each printer.

Three steps, and the network is in none of the two acts: begin (commit), network, outcome (commit). Two workers at once
do no harm: the job is theirs whose act finds it queued. Killed in the middle, it leaves the job "sending"; the next
look finds it left behind and asks a person what came out.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from sqlalchemy.engine import Engine

from mfg.db import desk, look
from mfg.files import kept_file
from mfg.ledger import SYSTEM, Who, now
from mfg.printing.acts import NotNow, Unwanted, begin_print_job, nothing_against, record_print_outcome
from mfg.printing.delivery import Parcel, deliver
from mfg.printing.records import job as load_job
from mfg.printing.records import jobs_in
from mfg.printing.records import printer as load_printer
from mfg.printing.rules import LEFT_BEHIND, Outcome
from mfg.printing.wire import Bounds

log = logging.getLogger("mfg")

BOUNDS = Bounds()
CUT_OFF = Outcome("unknown", "The program was stopped while it sent this, and how much had left is not known. Look "
                             "what came out of the printer and tell; it is not sent again by itself.")


@dataclass(frozen=True)
class How:
    """How the worker goes about it: how long anything may take, what the rooms above know against a job, and what an
    act needs beside the engine (sealer, fin)."""

    bounds: Bounds = BOUNDS
    unwanted: Unwanted = nothing_against
    info: Mapping[str, Any] = field(default_factory=dict)


def watch(engine: Engine, stop: Event, *, how: How, every: float = 1.0) -> None:
    """Look into the outbox every so many seconds until `stop` is set; a printer that is slow holds up no other.

    A database that does not answer now is asked again the next time; the reason goes to the log.
    """
    busy: dict[str, Thread] = {}
    while not stop.wait(every):
        try:
            settle_left_behind(engine, how)
            for printer in waiting_printers(engine):
                if printer not in busy or not busy[printer].is_alive():
                    # the clock the caller plays at, if any, goes with it
                    busy[printer] = Thread(target=copy_context().run, args=(_safely, engine, printer, how),
                                           daemon=True, name=f"printing on {printer}")
                    busy[printer].start()
        except Exception:
            log.exception("The outbox of the printers could not be looked after; it is tried again.")
    for thread in busy.values():
        thread.join()


def _safely(engine: Engine, printer: str, how: How) -> None:
    try:
        empty(engine, printer, how)
    except Exception:
        log.exception("The jobs of %s could not be looked after; they are tried again.", printer)


def work(engine: Engine, how: How) -> tuple[str, ...]:
    """Everything that is due now, once, printer after printer. Returns the jobs that were tried."""
    settle_left_behind(engine, how)
    return tuple(job for printer in waiting_printers(engine) for job in empty(engine, printer, how))


def waiting_printers(engine: Engine) -> list[str]:
    """The printers something waits for, those that waited longest first."""
    with look(engine) as session:
        return list(dict.fromkeys(row.printer for row in jobs_in(session, "queued")))


def empty(engine: Engine, printer: str, how: How) -> list[str]:
    """Try every job that waits for a printer, in order, each once. Returns those that were ours."""
    with look(engine) as session:
        codes = [row.code for row in jobs_in(session, "queued", printer=printer)]
    return [code for code in codes if attempt(engine, code, how)]


def attempt(engine: Engine, job: str, how: How) -> bool:
    """One job, once. False when another worker has it."""
    try:
        with desk(engine, **how.info) as session:
            if begin_print_job(session, Who(SYSTEM), job=job, unwanted=how.unwanted) != "sending":
                return True
    except NotNow:
        return False
    with look(engine) as session:
        row = load_job(session, job)
        at = load_printer(session, row.printer)
        parcel = Parcel(at.kind, at.host, at.port, at.path, row.title, bytes(kept_file(session, row.content).content))
    _record(engine, job, deliver(parcel, how.bounds), how)
    return True


def _record(engine: Engine, job: str, outcome: Outcome, how: How) -> bool:
    try:
        with desk(engine, **how.info) as session:
            record_print_outcome(session, Who(SYSTEM), job=job, outcome=outcome)
    except NotNow:
        log.warning("%s was settled by somebody else; the worker says: %s", job, outcome.told)
        return False
    return True


def settle_left_behind(engine: Engine, how: How) -> tuple[str, ...]:
    """Jobs a worker began and did not end, longer ago than any attempt can last: a person has to look."""
    with look(engine) as session:
        left = [row.code for row in jobs_in(session, "sending")
                if row.started_at is not None and now() - row.started_at > LEFT_BEHIND]
    return tuple(code for code in left if _record(engine, code, CUT_OFF, how))


def told(engine: Engine, jobs: tuple[str, ...]) -> list[dict[str, str]]:
    """What became of these jobs, in words."""
    with look(engine) as session:
        return [{"job": row.code, "state": row.state, "told": row.told}
                for row in (load_job(session, code) for code in jobs)]
