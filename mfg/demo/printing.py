"""The label printer of the demonstration: a stand-in on the loopback that takes ZPL as a label printer does.

What it was sent lies beside the PDF of each label. It prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal

from mfg.db import look
from mfg.demo.plant import FIN, Plant
from mfg.labelling.sending import no_longer_wanted, send_to_printer
from mfg.printing import acts as printers
from mfg.printing import worker
from mfg.printing.records import job as job_of
from mfg.printing.stand_in import RawStandIn

#: where `mfg stand-in-printer` listens, so that the printer can be shown afterwards too
PORT = 9100


@contextmanager
def printer(plant: Plant) -> Iterator[RawStandIn]:
    """A printer in the room, known to the installation as PRN-01; any free port when another one stands at 9100."""
    with ExitStack() as stack:
        try:
            stand_in = stack.enter_context(RawStandIn(port=PORT))
        except OSError:
            stand_in = stack.enter_context(RawStandIn(port=0))
        plant.do(printers.add_printer, plant.who("production supervisor"), name="Label printer", place="Filling room",
                 kind="raw", host="127.0.0.1", port=stand_in.port, dpi=300, wide_mm=Decimal(100), tall_mm=Decimal(100))
        plant.printer = stand_in
        yield stand_in


def through_printer(plant: Plant, label: str, name: str) -> None:
    """Send a label, let the worker empty the outbox, and keep what arrived as labels/<name>.zpl."""
    job = plant.do(send_to_printer, plant.who("operator"), label=label, printer="PRN-01")
    how = worker.How(unwanted=no_longer_wanted, info={"sealer": plant.sealer, "fin": FIN})
    worker.work(plant.engine, how)
    with look(plant.engine) as session:
        state = job_of(session, job).state
    arrived = bytes(plant.printer.jobs[-1])
    (plant.folder / "labels").mkdir(exist_ok=True)
    (plant.folder / "labels" / f"{name}.zpl").write_bytes(arrived)
    plant.say(f"  {job}: label {label} {state} to PRN-01, {len(arrived) // 1024} kB of ZPL")
