"""What a new version of a master record would have said of the batches already made: every verdict that would flip.

Each past batch of the key is replayed: its values that count are judged by the fields of the new version, its
calculated values worked out by the new formulas, its branches, loops and hold times asked again. Nothing is written,
no verdict on record changes, and running batches keep the version they began with. Redlines of one batch are its own;
they are not replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from mfg.batches.flow import NOT_APPLICABLE, Flow, place, short
from mfg.batches.hold_rules import clock
from mfg.batches.hold_rules import told as span_told
from mfg.batches.holds import runs
from mfg.batches.records import Step, StepEntry
from mfg.batches.rules import DONE
from mfg.batches.values import judged
from mfg.facts import Quantity, Reading, Verdict, plain
from mfg.recipes.master import FieldSpec, Hold, MasterRecord
from mfg.units import in_words as unit_in_words

NUMERIC = ("number", "reading", "calculated")
PASS, FAIL, UNKNOWN = (one.value for one in Verdict)
ALERT = "PASS, beyond the alert limits"
NO_LIMITS = "not judged"
NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Flip:
    """One answer that would be another under the new version. Limits as people read them; empty when there are none."""

    batch: str
    #: the step without its batch, such as count~2; or the hold time
    step: str
    field: str
    value: str
    old: str
    new: str
    old_limit: str = ""
    new_limit: str = ""

    def __str__(self) -> str:
        limits = "" if self.old_limit == self.new_limit else \
            f"; limits: {self.old_limit or 'none'} → {self.new_limit or 'none'}"
        where = ", ".join(one for one in (f"{self.batch}/{self.step}", self.field) if one)
        value = f" {self.value}" if self.value else ""
        return f"{where}:{value}: {self.old} → {self.new}{limits}"


@dataclass(frozen=True, slots=True)
class Gone:
    """A field with recorded values that the new version does not ask for any more."""

    step: str
    field: str
    label: str
    batches: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.step}.{self.field} ({self.label}): no longer asked for; recorded in {', '.join(self.batches)}"


@dataclass(frozen=True, slots=True)
class Impact:
    """The replay of every past batch against one version."""

    document: str
    batches: tuple[str, ...]
    #: how many values were judged again
    values: int
    flips: tuple[Flip, ...]
    gone: tuple[Gone, ...]

    def sentence(self) -> str:
        """The whole in one sentence."""
        if not self.batches:
            return "No batch was made by an earlier version; there is nothing to replay."
        return (f"{len(self.batches)} past {_many(len(self.batches), 'batch', 'batches')} with {self.values} values "
                f"replayed: {len(self.flips)} {_many(len(self.flips), 'verdict', 'verdicts')} would flip, "
                f"{len(self.gone)} {_many(len(self.gone), 'field is', 'fields are')} no longer asked for.")


def _many(count: int, one: str, more: str) -> str:
    return one if count == 1 else more


def replay(document: str, record: MasterRecord, flows: Sequence[tuple[str, Flow]]) -> Impact:
    """The impact of a version on (batch code, batch) pairs. Pure: it reads what was read already."""
    flips: list[Flip] = []
    gone: dict[tuple[str, str], Gone] = {}
    values = 0
    for batch, flow in flows:
        new = _as_of(record, flow)
        values += sum(len(entries) for entries in flow.entries.values())
        flips += [*_values(batch, flow, new), *_branches(batch, flow, new), *_loops(batch, flow, new),
                  *_holds(batch, flow, new)]
        for one in _gone(batch, flow, record):
            before = gone.get((one.step, one.field))
            gone[one.step, one.field] = replace(one, batches=(*before.batches, batch)) if before else one
    return Impact(document, tuple(batch for batch, _ in flows), values, tuple(flips), tuple(gone.values()))


def _as_of(record: MasterRecord, flow: Flow) -> Flow:
    """The batch as if it had been made by this version: its steps that the version knows, its values as recorded."""
    known = {step.id for _, step in record.steps()}
    return Flow(record, (), [row for row in flow.steps if row.step_id in known], flow.entries)


# --- values -----------------------------------------------------------------------------------------------------


def _values(batch: str, flow: Flow, new: Flow) -> Iterator[Flip]:
    for row in new.steps:
        recorded = flow.of(row)
        for spec in new.shape(row).fields:
            entry = recorded.get(spec.id)
            if entry is None:
                yield from _newly_calculated(batch, new, row, spec)
            elif entry.how != NOT_APPLICABLE:
                yield from _judged_again(batch, flow.shape(row).field(spec.id), new, row, spec, entry)


def _newly_calculated(batch: str, new: Flow, row: Step, spec: FieldSpec) -> Iterator[Flip]:
    """A value that nobody calculated then: told only where it would have broken its limits."""
    if spec.kind != "calculated" or row.state not in DONE:
        return
    amount = new.calculate(row, spec).amount
    if amount is not None and (state := _state(spec, Reading(amount))) not in (PASS, NO_LIMITS):
        yield Flip(batch, short(row), spec.label, _amount(amount, spec), NOT_ASKED, state, "", limits_of(spec))


def _judged_again(batch: str, before: FieldSpec | None, new: Flow, row: Step, spec: FieldSpec,
                  entry: StepEntry) -> Iterator[Flip]:
    old = ALERT if entry.alert and entry.verdict in ("", PASS) else entry.verdict or NO_LIMITS
    state, value = _answer(new, row, spec, entry)
    if _weight(old) != _weight(state):
        yield Flip(batch, short(row), spec.label, value, old, state, limits_of(before) if before else "",
                   limits_of(spec))


def _weight(state: str) -> str:
    """A value without limits is as good as one within them: no limit, no flip."""
    return PASS if state == NO_LIMITS else state


def _answer(new: Flow, row: Step, spec: FieldSpec, entry: StepEntry) -> tuple[str, str]:
    """(state, value) of a recorded value under the new field."""
    told = f"{entry.value} {unit_in_words(entry.unit)}".strip()
    if spec.kind == "calculated":
        amount = new.calculate(row, spec).amount
        return (UNKNOWN, told) if amount is None else (_state(spec, Reading(amount)), _amount(amount, spec))
    if spec.kind in NUMERIC:
        if entry.unit != spec.unit or (entry.amount is None and entry.how == "computed"):
            return UNKNOWN, told
        reading = Reading.parse(entry.value) if entry.amount is None else Reading(entry.amount)
        return _state(spec, reading), told
    if entry.unit:
        return UNKNOWN, told
    if spec.kind in ("choice", "yesno"):
        answers = ("yes", "no") if spec.kind == "yesno" else spec.choices
        if entry.value not in answers:
            return UNKNOWN, told
        return (FAIL if entry.value in spec.not_good else PASS if spec.not_good else NO_LIMITS), told
    return entry.verdict or NO_LIMITS, told


def _state(spec: FieldSpec, reading: Reading) -> str:
    """What the new field says of a number."""
    value = judged(spec, reading, str(reading), "typed")
    return ALERT if value.alert else value.verdict or (PASS if spec.alerts else NO_LIMITS)


def _amount(amount: Decimal, spec: FieldSpec) -> str:
    return str(Quantity(amount, spec.unit))


def limits_of(spec: FieldSpec) -> str:
    """Limits, alert limits, answers that are not good, formula: whatever the verdict of a field rests on."""
    parts = [str(spec.limits) if spec.limits else "", f"alert {spec.alerts}" if spec.alerts else "",
             f"not acceptable: {', '.join(spec.not_good)}" if spec.not_good else "",
             f"calculated as {spec.formula}" if spec.formula else ""]
    return "; ".join(one for one in parts if one)


# --- branches, loops, hold times ----------------------------------------------------------------------------------


def _branches(batch: str, flow: Flow, new: Flow) -> Iterator[Flip]:
    """Steps that were done and would be left out, and the other way round."""
    said = {Verdict.PASS: "to be done", Verdict.FAIL: "not needed", Verdict.CANNOT_DETERMINE: UNKNOWN}
    for row in new.steps:
        old, now = flow.branch(row).verdict, new.branch(row).verdict
        begun = row.state in DONE or old is Verdict.FAIL
        if old is not now and begun:
            yield Flip(batch, short(row), "", "", said[old], said[now], _when(flow, row), _when(new, row))


def _when(flow: Flow, row: Step) -> str:
    when = flow.shape(row).when
    return f"only when {when}" if when else ""


def _loops(batch: str, flow: Flow, new: Flow) -> Iterator[Flip]:
    """Loops that were left and would have had to go on."""
    done = [row for row in new.steps if row.state in DONE]
    last = max(done, key=place, default=None)
    if last is None:
        return
    before = {one.partition(" ")[0] for one in flow.open_loops(last)}
    for sentence in new.open_loops(last):
        step = sentence.partition(" ")[0]
        if step not in before:
            yield Flip(batch, step, "", "", "left", "would go on", "", sentence)


def _holds(batch: str, flow: Flow, new: Flow) -> Iterator[Flip]:
    """Hold times that were kept and would have been broken, and the other way round."""
    now = _newest(flow)
    if now is None:
        return
    before = {one.id: one for one in flow.record.holds}
    for hold in new.record.holds:
        for stage in sorted({row.stage for row in new.steps}):
            told, used = _hold(new, hold, stage, now)
            was = before.get(hold.id)
            old, _ = _hold(flow, was, stage, now) if was else (NOT_ASKED, "")
            if told and told != old and (old != NOT_ASKED or told == FAIL):
                yield Flip(batch, f"hold {hold.id}{f', harvest {stage}' if stage else ''}", hold.title, used,
                           old or NOT_ASKED, told, _most(was), _most(hold))


def _hold(flow: Flow, hold: Hold, stage: int, now: datetime) -> tuple[str, str]:
    """(verdict, time used); empty where it has not begun."""
    stands = clock(runs(flow, hold, stage), hold.limit_minutes, hold.warn_minutes, now)
    if stands.started_at is None:
        return "", ""
    return (FAIL if stands.over else PASS), span_told(stands.used)


def _most(hold: Hold | None) -> str:
    return f"at most {plain(hold.limit_minutes)} min" if hold else ""


def _newest(flow: Flow) -> datetime | None:
    """The newest moment the batch knows of: a clock that still runs is judged there, whenever this is asked."""
    told = [entry.entered_at for entries in flow.entries.values() for entry in entries.values()]
    return max(told + [row.performed_at for row in flow.steps if row.performed_at], default=None)


# --- what is gone -------------------------------------------------------------------------------------------------


def _gone(batch: str, flow: Flow, record: MasterRecord) -> Iterator[Gone]:
    """Fields of the version this batch was made by that have values here and that the new version does not have."""
    seen: set[tuple[str, str]] = set()
    for row in flow.steps:
        before, after = flow.pinned.step(row.step_id), record.step(row.step_id)
        for id in flow.of(row):
            spec = before.field(id) if before else None
            if spec is None or (row.step_id, id) in seen or (after and after.field(id)):
                continue
            seen.add((row.step_id, id))
            yield Gone(row.step_id, id, spec.label, (batch,))


def plain_impact(impact: Impact) -> dict[str, Any]:
    """The impact as plain data, complete: what is signed and what JSON answers."""
    names = ("batch", "step", "field", "value", "old", "new", "old_limit", "new_limit")
    return {"document": impact.document, "batches": list(impact.batches), "values": impact.values,
            "flips": [{name: getattr(one, name) for name in names} for one in impact.flips],
            "no_longer_asked": [{"step": one.step, "field": one.field, "label": one.label,
                                 "batches": list(one.batches)} for one in impact.gone]}


def in_words(impact: Impact) -> Iterable[str]:
    """Every flip and every field that is gone, a line each."""
    return (str(one) for one in (*impact.flips, *impact.gone))
