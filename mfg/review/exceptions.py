"""What in a batch record is not as the master record has it. Computed from the record, never typed; pure.

Everything a reviewer would otherwise have to look for, each with its value, its limit, who and when. Whether it
matters is for the reviewer; that nothing is missing here is for the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from hashlib import sha256

from mfg.canonical import canonical
from mfg.facts import Verdict, plain
from mfg.review.batch_record import BatchRecord, EntryLine, HoldLine, StepLine
from mfg.units import in_words

#: The kinds of exception and how severe one is unless the record says more (domain dossier 8.3).
KINDS: dict[str, str] = {
    "wrong chain of identity": "critical",
    "limit breach": "major",
    "cannot be judged": "major",
    "hold breach": "major",
    "continued after breach": "major",
    "redline": "major",
    "deviation": "major",
    "out of specification": "major",
    "equipment or room lapse": "major",
    "training lapse": "major",
    "monitoring": "major",
    "reconciliation": "major",
    "lot no longer good": "major",
    "custody gap": "major",
    "missing value": "major",
    "clock set back": "major",
    "second reading differed": "minor",
    "alert": "minor",
    "late entry": "minor",
    "written on paper first": "minor",
    "correction": "minor",
    "test repeated": "minor",
    "not applicable": "minor",
    "skipped step": "minor",
    "typed instead of scanned": "minor",
    "worked under supervision": "minor",
    "label printed again": "minor",
    "failed signature": "minor",
    "refused act": "minor",
}
SEVERITIES = ("critical", "major", "minor")
LATE = timedelta(minutes=15)
#: minutes used are told to two decimals, rounded up so that what passed a limit is never told as the limit itself
CENT = Decimal("0.01")
SCANS = ("scan container", "scan lot", "scan equipment", "scan room")


@dataclass(frozen=True)
class RecordException:
    """One exception. `on` is the record it stands at: a page opens with it."""

    kind: str
    severity: str
    on: str
    what: str
    value: str
    limit: str
    who: str
    at: datetime

    @property
    def key(self) -> str:
        """A short name that stays while the exception stays as it is: what a reviewer assessed is this."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return sha256(canonical(told)).hexdigest()[:12]


Found = Iterator[RecordException]


def exceptions_of(record: BatchRecord) -> tuple[RecordException, ...]:
    """All exceptions, the most severe first, then in the order they came."""
    found = {one.key: one for find in FINDERS for one in find(record)}
    return tuple(sorted(found.values(), key=lambda one: (SEVERITIES.index(one.severity), one.at, one.on, one.kind,
                                                          one.what)))


def _one(kind: str, on: str, what: str, who: str, at: datetime, *, value: str = "", limit: str = "",
         severity: str = "") -> RecordException:
    return RecordException(kind, severity or KINDS[kind], on, what, value, limit, who, at)


def entries(record: BatchRecord) -> Found:
    """Values beyond a limit, late, corrected, typed, left out for a reason, or written on paper first."""
    for entry in record.entries:
        if entry.stands:
            yield from _judged(entry)
        yield from _as_entered(entry)


def _judged(entry: EntryLine) -> Found:
    shown = f"{entry.value} {in_words(entry.unit)}".strip()
    kinds = {Verdict.FAIL.value: "limit breach", Verdict.CANNOT_DETERMINE.value: "cannot be judged", "ALERT": "alert"}
    kind = kinds.get(entry.verdict)
    if kind:
        why = f"; kept because: {entry.reason}" if entry.reason else ""
        yield _one(kind, entry.step, f"{entry.label}{why}", entry.entered_by, entry.entered_at, value=shown,
                   limit=entry.limit, severity="" if kind == "alert" else entry.severity)


def _as_entered(entry: EntryLine) -> Found:
    who, at, on = entry.entered_by, entry.entered_at, entry.step
    if entry.corrects is not None:
        yield _one("correction", on, f"{entry.label}, because: {entry.reason}", who, at, value=entry.value,
                   limit=f"was {entry.corrects}")
    if entry.read_at is not None and at - entry.read_at > LATE:
        yield _one("late entry", on, f"{entry.label}, because: {entry.late_reason}", who, at,
                   value=_when(entry.read_at), limit=f"entered {_when(at)}")
    if entry.how == "transcribed":
        yield _one("written on paper first", on, f"{entry.label}, sheet {entry.paper}", who, at, value=entry.value)
    if entry.how == "not applicable":
        yield _one("not applicable", on, f"{entry.label}, because: {entry.reason}", who, at)
    if entry.how == "typed" and entry.kind in SCANS:
        yield _one("typed instead of scanned", on, entry.label, who, at, value=entry.value)


def steps(record: BatchRecord) -> Found:
    """Steps entered late, skipped, done under supervision, or signed without all that was asked for."""
    for step in record.steps:
        if step.performed_by and step.performed_at and step.done_at and step.performed_at - step.done_at > LATE:
            yield _one("late entry", step.code, f"{step.title}, because: {step.late_reason}", step.performed_by,
                       step.performed_at, value=_when(step.done_at), limit=f"entered {_when(step.performed_at)}")
        yield from _step_itself(step)


def _step_itself(step: StepLine) -> Found:
    who, at = step.performed_by or "", step.performed_at or step.done_at
    if at is None:
        return
    if step.skipped:
        yield _one("skipped step", step.code, f"{step.title}, because: {step.skipped}", who, at)
    elif step.missing:
        yield _one("missing value", step.code, f"{step.title}: {', '.join(step.missing)}", who, at)
    if step.supervised_by:
        yield _one("worked under supervision", step.code, f"{step.title}, with {step.supervised_by}", who, at)


def holds(record: BatchRecord) -> Found:
    """Times exceeded, and work that went on after one."""
    for hold in record.holds:
        if hold.breached_at is not None or _overrun(hold):
            used = "" if hold.used_minutes is None else f"{plain(hold.used_minutes.quantize(CENT, ROUND_UP))} min"
            yield _one("hold breach", hold.step, hold.title, "SYSTEM", hold.breached_at or hold.stopped_at or
                       record.opened_at, value=used, limit=f"{plain(hold.limit_minutes)} min", severity=hold.severity)
        if hold.continued_by and hold.continued_at:
            yield _one("continued after breach", hold.step, hold.title, hold.continued_by, hold.continued_at)


def _overrun(hold: HoldLine) -> bool:
    return hold.used_minutes is not None and hold.used_minutes > hold.limit_minutes


def redlines(record: BatchRecord) -> Found:
    """The master record changed for this batch alone."""
    for one in record.redlines:
        by = f"{one.proposed_by}, approved by {one.approved_by}" if one.approved_by else one.proposed_by
        yield _one("redline", one.step, f"{one.what} ({one.state}), because: {one.reason}", by, one.proposed_at,
                   value=one.now, limit=f"was {one.was}" if one.was else "")


def deviations(record: BatchRecord) -> Found:
    """Every deviation that touches the batch, whatever its state; a void one too."""
    for one in record.deviations:
        yield _one("deviation", one.on, f"{one.code} ({one.kind}): {one.what}", one.opened_by, one.opened_at,
                   value=one.state, severity=one.severity)


#: deviations of these kinds are lapses of what the step used or of who did it
LAPSES = {"equipment lapse": "equipment or room lapse", "training lapse": "training lapse"}


def lapses(record: BatchRecord) -> Found:
    """Equipment, rooms or training that were not in order when the work was done."""
    for one in record.deviations:
        if one.kind in LAPSES:
            yield _one(LAPSES[one.kind], one.on, one.what, one.opened_by, one.opened_at, severity=one.severity)


def rooms(record: BatchRecord) -> Found:
    """Monitoring that went beyond its limits, or that nobody has read."""
    for one in record.monitoring:
        if one.verdict != "WITHIN":
            severity = "minor" if one.verdict == "ALERT" else "major"
            yield _one("monitoring", one.code, f"Room {one.room}, {one.state}", "", one.at,
                       value=one.verdict or "not read yet", severity=severity)


def lots(record: BatchRecord) -> Found:
    """Lots that went bad after they were used: recalled, rejected, blocked."""
    for one in record.lots:
        if one.state in ("recalled", "rejected", "blocked"):
            yield _one("lot no longer good", one.step, f"{one.kind} {one.lot}", "", one.used_at or record.opened_at,
                       value=one.state)


def reconciliations(record: BatchRecord) -> Found:
    """Materials whose sums do not come out."""
    for one in record.reconciliations:
        if one.verdict != Verdict.PASS.value:
            yield _one("reconciliation", one.of, one.told, "", record.opened_at, value=one.verdict)


def labels(record: BatchRecord) -> Found:
    """Labels printed again."""
    seen: set[tuple[str, str]] = set()
    for one in record.labels:
        if (one.container, one.layout) in seen:
            yield _one("label printed again", one.container, one.reason or "no reason kept", one.printed_by,
                       one.printed_at, value=one.code)
        seen.add((one.container, one.layout))


#: rules whose refusal says more than that an act was refused
TELLING = {"STEP-07": "second reading differed", "FILL-05": "second reading differed"}


def refusals(record: BatchRecord) -> Found:
    """Acts that were refused, failed signatures among them."""
    for one in record.refusals:
        kind = "failed signature" if one.kind == "not signed" else "refused act"
        kind = next((TELLING[rule] for rule in one.rules if rule in TELLING), kind)
        if one.kind == "stop":
            kind = "wrong chain of identity"
        yield _one(kind, one.on, one.why, one.by, one.at, value=one.verb)


def tests(record: BatchRecord) -> Found:
    """Results out of specification, whatever their OOS came to, and every place for a further test."""
    for one in record.oos:
        yield _one("out of specification", one.result, f"{one.code}, {one.what}", one.by, one.at,
                   value=f"{one.value} ({one.state})", limit=one.limit, severity=one.severity)
    for one in record.repeats:
        yield _one("test repeated", one.result, f"{one.state}: {one.what}", one.by, one.at, value=one.value)


def clock(record: BatchRecord) -> Found:
    """The clock of the server was set back while the batch ran."""
    for moment in record.clock_set_back:
        yield _one("clock set back", record.batch, "An entry is earlier than the one before it", "", moment)


def custody(record: BatchRecord) -> Found:
    """Times in which nobody, or nobody who is known, held what the batch is made of or made into."""
    for one in record.custody:
        yield _one("custody gap", one.record, f"{one.thing}: {one.told}", one.who, one.at, value=one.verdict)


FINDERS: tuple[Callable[[BatchRecord], Found], ...] = (
    entries, steps, holds, redlines, deviations, lapses, rooms, lots, reconciliations, labels, refusals, custody,
    clock, tests)


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
