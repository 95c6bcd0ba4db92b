"""A batch record as a reviewer reads it: every line with who and when, as plain values. It reads nothing itself.

The review computes its exceptions from it, the completeness check asks it, and the paper prints it. Each line says
in `step` or `on` which record it stands at, so that an exception can lead there. `None` and `()` mean: not recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from mfg.canonical import canonical
from mfg.materials.rules import standing


@dataclass(frozen=True)
class StepLine:
    """One step with what it asked for and did not get."""

    code: str
    title: str
    stage: int
    state: str
    critical: bool
    sop: str
    done_at: datetime | None = None
    performed_by: str | None = None
    performed_at: datetime | None = None
    late_reason: str = ""
    verified_by: str | None = None
    verified_at: datetime | None = None
    #: labels of values that are demanded and not there
    missing: tuple[str, ...] = ()
    #: why it was skipped; empty when it was not
    skipped: str = ""
    #: it was not needed: its condition in the master record did not hold
    not_needed: bool = False
    #: the trainer under whose signature a trainee worked
    supervised_by: str | None = None
    #: labels that the second person read again without seeing the first reading
    read_again: tuple[str, ...] = ()
    open: bool = False


@dataclass(frozen=True)
class EntryLine:
    """One value, corrected ones too."""

    code: str
    step: str
    label: str
    value: str
    #: UCUM
    unit: str
    kind: str
    #: PASS, ALERT, FAIL, CANNOT DETERMINE, or empty without limits
    verdict: str
    limit: str
    how: str
    entered_by: str
    entered_at: datetime
    #: when it was read, if that was not when it was entered
    read_at: datetime | None = None
    #: why it is outside its limits and kept, corrected, or not applicable
    reason: str = ""
    #: why it was entered late
    late_reason: str = ""
    #: number of the paper sheet it was written on first
    paper: str = ""
    #: value this one corrects, as it stood
    corrects: str | None = None
    #: False when a later entry corrects this one
    stands: bool = True
    #: of the deviation that opens when it is kept outside its limits
    severity: str = "major"


@dataclass(frozen=True)
class HoldLine:
    """One clock of the process. Minutes."""

    code: str
    title: str
    state: str
    started_at: datetime | None
    stopped_at: datetime | None
    limit_minutes: Decimal
    used_minutes: Decimal | None
    severity: str
    step: str
    #: who allowed work to go on after it was over, and when
    continued_by: str | None = None
    continued_at: datetime | None = None
    breached_at: datetime | None = None


@dataclass(frozen=True)
class RedlineLine:
    """A change of the master record for this batch alone."""

    code: str
    step: str
    what: str
    was: str
    now: str
    state: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class DeviationLine:
    """A deviation that touches the batch."""

    code: str
    on: str
    kind: str
    severity: str
    what: str
    state: str
    opened_by: str
    opened_at: datetime


@dataclass(frozen=True)
class LotLine:
    """A lot used in a step, with the amount where one was recorded."""

    lot: str
    kind: str
    name: str
    supplier_lot: str
    state: str
    expires_at: datetime
    step: str
    used_at: datetime | None
    amount: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True)
class EquipmentLine:
    """A use of equipment or a room by a step."""

    code: str
    name: str
    kind: str
    step: str
    at: datetime
    by: str


@dataclass(frozen=True)
class ClearanceLine:
    """A room cleared for the batch, before or after, by two people."""

    code: str
    room: str
    kind: str
    cleared_by: str
    cleared_at: datetime
    confirmed_by: str | None


@dataclass(frozen=True)
class MonitoringLine:
    """An environmental or personnel monitoring session: WITHIN, ALERT, ACTION, or empty while it is not read."""

    code: str
    room: str
    state: str
    verdict: str
    at: datetime


@dataclass(frozen=True)
class ReconciliationLine:
    """What was used of a lot against what was issued, or labels printed against accounted for."""

    of: str
    verdict: str
    told: str


@dataclass(frozen=True)
class LabelLine:
    """One printed label."""

    code: str
    container: str
    printed_by: str
    printed_at: datetime
    voided_at: datetime | None
    reason: str = ""
    #: where it is in its life; applied or destroyed is accounted for
    state: str = "applied"
    layout: str = ""


@dataclass(frozen=True)
class ContainerLine:
    """One container made in the batch."""

    code: str
    kind: str
    volume_ml: Decimal | None
    made_at: datetime


@dataclass(frozen=True)
class BagLine:
    """One filled bag and who looked at it after."""

    code: str
    dose: str
    volume_ml: Decimal
    filled_by: str
    filled_at: datetime
    checked_by: str | None
    withdrawn: bool


@dataclass(frozen=True)
class AttachmentLine:
    """A photograph or file at a step. `field` is empty for one nobody asked for; `file` is its SHA-256."""

    code: str
    step: str
    field: str
    file: str
    caption: str
    by: str
    at: datetime


@dataclass(frozen=True)
class SampleLine:
    """One sample with its results so far: (test, verdict, reviewed by), and the codes of the results."""

    code: str
    of: str
    taken_by: str
    taken_at: datetime
    results: tuple[tuple[str, str, str | None], ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class YieldLine:
    """Viable cells at one count."""

    step: str
    cells: Decimal


@dataclass(frozen=True)
class RefusalLine:
    """An act that was refused: its kind as the ledger has it, and the rules that said no."""

    seq: int
    at: datetime
    by: str
    verb: str
    on: str
    kind: str
    why: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class CustodyLine:
    """A time between two hands, of one thing, that does not pass: the hand-over or shipment it stands at, and why."""

    thing: str
    record: str
    verdict: str
    told: str
    who: str
    at: datetime


@dataclass(frozen=True)
class OosLine:
    """One result out of specification and how far its OOS has come, or one test repeated in a slot."""

    code: str
    result: str
    #: what was tested, or why it was repeated
    what: str
    value: str
    limit: str
    #: state of the OOS; of a repeat, its kind
    state: str
    severity: str
    by: str
    at: datetime


@dataclass(frozen=True)
class BatchRecord:
    """A batch record, whole or up to one stage of it."""

    batch: str
    state: str
    #: the stage of the process reviewed with what comes before it; None: the whole batch
    stage: int | None
    versions: tuple[str, ...]
    opened_at: datetime
    opened_by: str
    steps: tuple[StepLine, ...] = ()
    entries: tuple[EntryLine, ...] = ()
    holds: tuple[HoldLine, ...] = ()
    redlines: tuple[RedlineLine, ...] = ()
    deviations: tuple[DeviationLine, ...] = ()
    lots: tuple[LotLine, ...] = ()
    equipment: tuple[EquipmentLine, ...] = ()
    clearances: tuple[ClearanceLine, ...] = ()
    monitoring: tuple[MonitoringLine, ...] = ()
    reconciliations: tuple[ReconciliationLine, ...] = ()
    labels: tuple[LabelLine, ...] = ()
    containers: tuple[ContainerLine, ...] = ()
    bags: tuple[BagLine, ...] = ()
    samples: tuple[SampleLine, ...] = ()
    oos: tuple[OosLine, ...] = ()
    repeats: tuple[OosLine, ...] = ()
    attachments: tuple[AttachmentLine, ...] = ()
    yields: tuple[YieldLine, ...] = ()
    refusals: tuple[RefusalLine, ...] = ()
    custody: tuple[CustodyLine, ...] = ()
    #: times the clock of the server was found set back while the batch ran
    clock_set_back: tuple[datetime, ...] = ()

    def step(self, code: str) -> StepLine | None:
        """The step of that code."""
        return next((one for one in self.steps if one.code == code), None)

    def standing(self) -> Iterator[EntryLine]:
        """The values that count."""
        return (one for one in self.entries if one.stands)


#: what a review covers: production as it was done. Later test results, label prints and refusals do not change it.
REVIEWED = ("batch", "stage", "versions", "steps", "entries", "holds", "redlines", "lots", "equipment", "clearances",
            "containers", "bags", "attachments")


def reviewed_content(record: BatchRecord) -> dict[str, Any]:
    """What the signature under a review covers; a deviation by what it is and how grave, not by how far it has come,
    and a lot by whether it is good: that another batch took the rest of it is no change of this one."""
    content: dict[str, Any] = {name: getattr(record, name) for name in REVIEWED}
    content["lots"] = [replace(one, state=standing(one.state)) for one in record.lots]
    content["deviations"] = [[one.code, one.on, one.kind, one.severity, one.what] for one in record.deviations]
    return content


def hash_of(record: BatchRecord) -> str:
    """SHA-256 of what a review covers, in hexadecimal: a later change of it voids the review."""
    return sha256(canonical(reviewed_content(record))).hexdigest()
