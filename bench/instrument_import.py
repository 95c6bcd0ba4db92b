"""What recording 1,000 rows of a counter costs beside reading them: matched, judged, kept, with their line of history.

The reader works in a process of its own, so its time is not in what is measured here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import Engine

from bench.big_batch import signed_unasked, who
from bench.instruments import export
from bench.measure import Arm, Arms, Comparison, milliseconds
from bench.step_page import staffed_with
from mfg.batches.scans import as_scanned
from mfg.db import desk, look, open_engine
from mfg.equipment import acts as equipment
from mfg.qc import instrument_acts
from mfg.qc.instrument_preview import preview_of
from mfg.qc.instrument_records import instrument_file
from mfg.uploads import raw_upload

ROLES = ("production supervisor", "qc analyst")


def counter(engine: Engine, person: str) -> str:
    """A registered counter."""
    with desk(engine) as session:
        return equipment.register_equipment(
            session, who(person), kind="cell counter", name="Counter", serial="BLU-1", room="ROOM-0001",
            needs_calibration=False, calibration_days=None, needs_maintenance=False, maintenance_days=None,
            cleaning_rule="not needed", cleaning_hours=None)


def recording(engine: Engine, analyst: str, device: str, rows: int) -> Arm:
    """Seconds of work of confirming a file of so many rows; its reader works elsewhere and is not in it."""
    number = 0

    def arm() -> float:
        nonlocal number
        number += 1
        content = export(rows) + f"Z-{number},2000,1900,2.00,1.90,95.0,12.0,0.88,0,0,100,NK,6,30,100,7,Medium,3,50,3," \
            .encode() + b"11/13/2026 1:01,op.a,2,Normal Wash,\n"
        tester = who(analyst)
        with desk(engine) as session:
            code = instrument_acts.read_instrument_file(session, tester, file=raw_upload("f.csv", content), zone="UTC",
                                                        equipment=as_scanned(device))
        with look(engine) as session:
            seen = preview_of(session, instrument_file(session, code)).hash
        with desk(engine) as session:
            begin = time.process_time()
            instrument_acts.confirm_instrument_file(session, tester, instrument_file=code, seen=seen)
            return time.process_time() - begin
    return arm


@contextmanager
def recorded() -> Iterator[Arms]:
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'mfg.db'}")
        supervisor, analyst = staffed_with(engine, ROLES)
        with signed_unasked():
            device = counter(engine, supervisor)
            yield Arms(recording(engine, analyst, device, 1_000), recording(engine, analyst, device, 100))
        engine.dispose()


COMPARISONS = (
    Comparison("1,000 rows of a counter recorded, less the reader", "100 rows", recorded, milliseconds,
               promise="under 2 s of work", kept=lambda _ratio, seconds: seconds < 2, rounds=5),
)
