"""A plant whose master record has hold times, for the tests of holds: small steps, three hold times, two stages.

    open_time   Open time, 60 min at room temperature, over two segments: first.opened-closed, second.opened-closed
    waiting     Waiting, 120 min from the end of `second` to the end of `close`
    contact     Contact, 66 min, warned after 54, from load.started to stop.stopped, in each stage; critical
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from mfg.batches.hold_records import HoldTime
from mfg.batches.holds import note_breaches
from mfg.ledger import playing_at
from mfg.quality.records import Deviation, deviations_of
from tests.batches.plant import Plant
from tests.office import Office, prepare

RECIPE = """
key: HELD
title: A process with hold times
shelf_life_hours: "24"
holds:
- {id: open_time, title: Open time, limit_minutes: "60", temperature: room temperature,
   segments: [[first.opened, first.closed], [second.opened, second.closed]]}
- {id: waiting, title: Waiting, segments: [[second, close]], limit_minutes: "120"}
- {id: contact, title: Contact, segments: [[load.started, stop.stopped]], limit_minutes: "66", warn_minutes: "54",
   severity: critical}
phases:
- id: make
  title: Make
  steps:
  - {id: first, title: First opening, instruction: Open it., fields: [
      {id: opened, label: Opened at, kind: time}, {id: closed, label: Closed at, kind: time}]}
  - {id: second, title: Second opening, instruction: Open it again., fields: [
      {id: opened, label: Opened again at, kind: time}, {id: closed, label: Closed again at, kind: time}]}
  - {id: close, title: Close, instruction: Close it., fields: []}
- id: staged
  title: Loading
  staged: 3
  steps:
  - {id: load, title: Load, instruction: Add it., fields: [{id: started, label: Contact started, kind: time}]}
  - {id: stop, title: Stop, instruction: Stop it., fields: [{id: stopped, label: Contact stopped, kind: time}]}
  - {id: after, title: After, instruction: Look at it., fields: [{id: note, label: Note, kind: text}]}
"""


def planted_with_holds(url: str) -> None:
    """Fills an empty database with people and the master record above; tests get copies of it."""
    prepare(url)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            Plant(office, recipe=RECIPE)
        office.close()


class Held(Plant):
    """The plant with hold times."""

    def at(self, step: str, field: str, moment: datetime | None = None) -> None:
        """Enter a time, now unless told otherwise."""
        self.enter(step, field, (moment or self.office.now).isoformat())

    def later(self, minutes: float) -> datetime:
        return self.office.later(minutes=minutes)

    def note(self, clock: datetime | None = None) -> tuple[str, ...]:
        """The system looks at the clock."""
        return note_breaches(self.office.engine, clock or self.office.now)

    def hold(self, batch: str, id: str, stage: int = 1) -> HoldTime:
        with self.office.look() as session:
            return session.get_one(HoldTime, f"{batch}/hold-{id}" + (f"~{stage}" if stage > 1 else ""))

    def holds(self) -> int:
        return self.office.counts()["hold"]

    def deviations(self, batch: str) -> list[Deviation]:
        with self.office.look() as session:
            return deviations_of(session, batch)

    def to_contact(self, batch: str) -> None:
        """Everything before the loading, and the contact started now."""
        for step in ("first", "second"):
            self.at(f"{batch}/{step}", "opened")
            self.at(f"{batch}/{step}", "closed", self.later(5))
            self.sign(f"{batch}/{step}")
        self.sign(f"{batch}/close")
        self.start_contact(batch)

    def start_contact(self, batch: str, stage: int = 1) -> None:
        self.at(named(batch, "load", stage), "started")
        self.sign(named(batch, "load", stage))

    def sign(self, step: str) -> None:
        self.perform(step)
        self.verify(step)


def named(batch: str, step: str, stage: int = 1) -> str:
    return f"{batch}/{step}" + (f"~{stage}" if stage > 1 else "")


MINUTE = timedelta(minutes=1)
