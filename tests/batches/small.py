"""A small process with everything a step can be: calculated, branched, repeated until, optional, read again blind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import select

from mfg import identity
from mfg.batches import handling, runner
from mfg.batches.entering import Job, job
from mfg.batches.reading_again import again
from mfg.batches.records import StepEntry
from mfg.batches.scans import as_scanned
from mfg.facts import Refused
from mfg.ledger import playing_at
from mfg.materials.records import Lot
from tests.batches.plant import Plant
from tests.office import CHEAP, Office, prepare

SMALL = """
key: SMALL
title: A small process
phases:
- id: first
  title: First
  steps:
  - id: weigh
    title: Weigh
    instruction: Weigh the bag with its contents.
    critical: true
    fields:
    - {id: bag, label: Bag, kind: scan container, container_kind: collection bag, blind: true}
    - {id: medium, label: Medium, kind: scan lot, lot_kind: medium, blind: true}
    - {id: gross, label: Gross weight, kind: number, unit: g, low: "10", high: "1000", alert_low: "20",
       alert_high: "900", blind: true}
    - {id: tare, label: Tare, kind: number, unit: g, low: "0"}
    - {id: net, label: Net weight, kind: calculated, unit: g, formula: gross - tare, low: "1", high: "800",
       alert_high: "700"}
    - {id: ratio, label: Net to tare, kind: calculated, unit: "1", formula: net / tare, optional: true}
    - {id: note, label: Note, kind: text, optional: true}
  - id: look
    title: Look
    instruction: Look at the bag against the light.
    fields:
    - {id: clear, label: Clear, kind: yesno}
    - {id: photo, label: Photograph, kind: file, optional: true}
  - id: filter
    title: Filter
    instruction: Filter what is not clear.
    when: look.clear == "no"
    fields:
    - {id: minutes, label: Minutes, kind: number, unit: min, low: "0"}
  - id: rest
    title: Rest
    instruction: Let it rest.
    optional: true
    fields:
    - {id: minutes, label: Minutes, kind: number, unit: min, low: "0"}
- id: second
  title: Second
  steps:
  - id: count
    title: Count
    instruction: Count the cells.
    repeat: 3
    until: cells >= 100
    fields:
    - {id: cells, label: Cells, kind: number, unit: "{cells}", low: "0"}
  - id: sum
    title: Sum up
    instruction: Look at the sum.
    fields:
    - {id: double, label: Twice the cells, kind: calculated, unit: "{cells}", formula: count.cells * 2, high: "1000"}
    - {id: fine, label: Fine, kind: yesno}
"""
GOOD = {"gross": "250", "tare": "50", "note": "as planned", "clear": "yes", "minutes": "10", "cells": "200",
        "fine": "yes"}
#: what nobody types
SYSTEM = ("calculated", "file")


def planted_small(url: str) -> None:
    """People, documents and lots of a plant that works by the small process."""
    prepare(url)
    with TemporaryDirectory() as folder:
        office = Office(url, Path(folder))
        with playing_at(lambda: office.now):
            Small(office, SMALL)
        office.close()


class Small(Plant):
    """The plant of the small process; `at("weigh")` is the code of a step of its one batch."""

    opened = ""

    def at(self, step: str) -> str:
        return f"{self.opened}/{step}"

    def good(self, batch: str, step_id: str, spec: Any) -> str:
        return GOOD.get(spec.id) or super().good(batch, step_id, spec)

    def type_in(self, step: str, *, number: int = 1, **values: str) -> None:
        """Every required value of a step that people enter, by one operator; `values` instead of the good ones."""
        shape = self.record.step(step.partition("~")[0])
        assert shape is not None
        for one in shape.fields:
            if one.id in values or not (one.optional or one.kind in SYSTEM):
                self.enter(self.at(step), one.id, values.get(one.id) or self.good(self.opened, step, one),
                           number=number)

    def perform_it(self, step: str, **values: str) -> None:
        self.type_in(step, **values)
        self.perform(self.at(step))

    def through(self, last: str, **values: dict[str, str]) -> None:
        """Every step up to and with `last` done by two people; branches and optional steps left out."""
        for step in ("weigh", "look", "rest", "count", "sum"):
            if step == "rest":
                who = self.office.who("operator", reason="no time to lose")
                self.office.do(handling.skip_step, who, step=self.at("rest"))
            else:
                self.perform_it(step, **values.get(step, {}))
                self.verify(self.at(step), **values.get(step, {}))
            if step == last:
                return

    def verify(self, step: str, **readings: str) -> str:
        again = self.again(step, **readings)
        return self.office.do(runner.verify_step, self.office.who("verifier"), step=step, readings=again)

    def again(self, step: str, **readings: str) -> dict[str, str]:
        """What a careful verifier reads again."""
        with self.office.look() as session:
            return {one.id: readings.get(one.id) or self.good(self.opened, step, one)
                    for one in again(job(session, step))}

    def work(self, step: str) -> Job:
        with self.office.look() as session:
            return job(session, self.at(step))

    def entry(self, step: str, field: str) -> StepEntry:
        """The entry that counts."""
        return self.work(step).entries[field]

    def entries(self, step: str, field: str) -> list[StepEntry]:
        """Every entry of a field, oldest first."""
        with self.office.look() as session:
            return list(session.scalars(select(StepEntry).where(
                StepEntry.step == self.at(step), StepEntry.field == field).order_by(StepEntry.code)))

    def refused(self, verb: Any, who: Any, **arguments: Any) -> Refused:
        """The refusal; it must leave no row, and one line of history."""
        before = self.office.counts()
        with pytest.raises(Refused) as raised:
            self.office.do(verb, who, **arguments)
        self.office.left(before, raised.value)
        assert self.office.last_entry().outcome == "refused"
        return raised.value

    def enter_refused(self, step: str, field: str, value: str, **more: Any) -> Refused:
        spec = self.spec(self.at(step), field)
        return self.refused(runner.enter_value, self.office.who("operator"), step=self.at(step), field=field,
                            value=value, **{"unit": spec.unit} | more)

    def correct(self, step: str, field: str, value: str, *, reason: str = "misread the scale", **more: Any) -> str:
        return self.office.do(runner.correct_entry, self.office.who("operator", reason=reason), step=self.at(step),
                              field=field, value=value, unit=self.spec(self.at(step), field).unit, **more)

    def scan(self, code: str) -> str:
        return as_scanned(code)


@contextmanager
def small_plant(url: str, folder: Path) -> Iterator[Small]:
    """The plant in a copy of the database, with one batch opened."""
    identity.ARGON2.update(CHEAP)
    office = Office(url, folder)
    with playing_at(lambda: office.now):
        with office.look() as session:
            lots = {row.kind: row.code for row in session.scalars(select(Lot))}
        made = Small(office, SMALL, lots)
        made.opened = made.batch()
        yield made
    office.close()
