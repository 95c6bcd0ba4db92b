"""An office with a printer and jobs for it, for the tests of the outbox."""

from __future__ import annotations

from typing import Any

from mfg.labelling.sending import no_longer_wanted
from mfg.ledger import Who, act
from mfg.printing import acts, worker
from mfg.printing.records import PrintJob
from mfg.printing.wire import Bounds
from tests.office import Office

ZPL = b"^XA\n^CI28\n^PW1181\n^LL1181\n^FO20,20^A0N,40,40^FH_^FDNK-26-001-C07^FS\n^XZ\n"
#: everything is over fast
QUICK = Bounds(connect=1, status=0.4, send=1, finish=1)


def printer(office: Office, port: int = 9100, **more: Any) -> str:
    """A registered printer on this computer."""
    told: dict[str, Any] = {"name": "Label printer", "place": "Room 2", "kind": "raw", "host": "127.0.0.1",
                            "port": port, "dpi": 300}
    return office.do(acts.add_printer, office.who("production supervisor"), **(told | more))


def queued(office: Office, of: str = "LBL-0001", at: str = "PRN-01", *, nonce: str | None = None,
           by: Who | None = None, **more: Any) -> str:
    """Something put into the outbox, inside an act as a label does it."""
    told: dict[str, Any] = {"form": "zpl", "content": ZPL, "title": f"Label {of}"} | more
    who = by or office.who("operator", nonce=nonce)
    with office.desk() as session, act(session, "send to printer", on=of, within="NK-26-001", **who.how) as doing:
        doing.result = acts.queue(session, doing, printer=at, of=of, **told)
    return doing.result


def how(office: Office) -> worker.How:
    """The worker in a hurry, with what it knows of labels."""
    return worker.How(QUICK, no_longer_wanted, {"sealer": office.sealer, "fin": "A9999"})


def worked(office: Office) -> tuple[str, ...]:
    """One round of the worker."""
    return worker.work(office.engine, how(office))


def job(office: Office, code: str = "JOB-000001") -> PrintJob:
    """The job as it is kept now."""
    with office.look() as session:
        row = session.get_one(PrintJob, code)
        session.expunge(row)
        return row
