"""What the review tells of a batch while a second person has still to read some of its values blind: not those values.

Only what is shown is covered. What is judged, hashed and signed is the record as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.flow import Flow, flow_of
from mfg.batches.records import Step
from mfg.batches.records import batch as load_batch
from mfg.canonical import plain_data
from mfg.review.batch_record import BatchRecord, EntryLine
from mfg.review.exceptions import RecordException
from mfg.review.record_steps import HIDDEN, Hidden, hidden_in


@dataclass(frozen=True)
class Cover:
    """The steps of a batch, and the fields of each that nobody may see yet."""

    flow: Flow
    unseen: Hidden

    def line(self, on: str, what: str, value: str, limit: str) -> tuple[str, str, str]:
        """What, value and limit of something told about a step, without what would tell a first reading."""
        step = next((row for row in self.flow.steps if row.code == on and self.unseen[row.code]), None)
        if step is None:
            return what, value, limit
        label = next((one for one in self._labels(step) if what.startswith(one)), None)
        if label is not None:
            return label, HIDDEN, ""
        entered = [one.value for id, one in self.flow.of(step).items() if id in self.unseen[step.code]]
        return (HIDDEN if any(one in what for one in entered) else what), value, limit

    def _labels(self, step: Step) -> list[str]:
        return [spec.label for spec in self.flow.shape(step).fields if spec.id in self.unseen[step.code]]

    def exception(self, one: RecordException) -> RecordException:
        """The same exception to be looked at. Its key is that of the whole one: take it from there."""
        what, value, limit = self.line(one.on, one.what, one.value, one.limit)
        return replace(one, what=what, value=value, limit=limit)

    def entry(self, one: EntryLine) -> EntryLine:
        """The same value to be looked at."""
        field = one.code.rpartition("/")[2].rpartition(".")[0]
        if field not in self.unseen.get(one.step, ()):
            return one
        return replace(one, value=HIDDEN, verdict="", reason="", corrects=None if one.corrects is None else HIDDEN)

    def data(self, record: BatchRecord) -> dict[str, Any]:
        """The batch record as plain data."""
        told: dict[str, Any] = plain_data(replace(record, entries=tuple(self.entry(one) for one in record.entries)))
        for one in told["refusals"]:
            one["why"] = self.line(one["on"], one["why"], "", "")[0]
        return told


def cover(session: Session, batch: str) -> Cover:
    """What of a batch is still to be read again."""
    row = load_batch(session, batch)
    flow = flow_of(session, row)
    return Cover(flow, hidden_in(row, flow))
