"""What the entries of a batch tell, by meaning: the growth of the culture, the loading of each stage.

It finds numbers by the roles the master record gives its fields; it judges nothing and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from sqlalchemy.orm import Session

from mfg.batches.containers import parents_of
from mfg.batches.entering import telling
from mfg.batches.flow import Flow, flow_of
from mfg.batches.growth import Count, Growth, growth
from mfg.batches.loading import Antibody, Loading
from mfg.batches.reading_again import NUMBERS
from mfg.batches.records import (
    Batch,
    Dose,
    Step,
    StepEntry,
    bags_of,
    batch,
    current,
    redlines_of,
)
from mfg.batches.redlines import redlined_record
from mfg.batches.rules import NOT_NEEDED
from mfg.facts import Reading
from mfg.materials.records import Lot
from mfg.materials.rules import standing
from mfg.recipes.master import MasterRecord
from mfg.recipes.records import master_record_in

LEFT_OUT = ("skipped", NOT_NEEDED)


@dataclass(frozen=True, slots=True)
class Told:
    """One value that counts, with its meaning."""

    role: str
    step: Step
    entry: StepEntry


def record_of(session: Session, row: Batch) -> MasterRecord:
    """The master record version the batch pins, whatever has become effective since, with its approved redlines."""
    return redlined_record(master_record_in(session, row.master_record), redlines_of(session, row.code))


def told(session: Session, batch_code: str) -> list[Told]:
    """Every current value whose field has a meaning, in the order of the steps.

    Of a step that is left out nothing counts, whatever was entered before its branch was left.
    """
    return told_in(flow_of(session, batch(session, batch_code)))


def told_in(flow: Flow) -> list[Told]:
    """The same of a batch that is read already."""
    steps = [one for one in flow.steps if flow.standing(one) not in LEFT_OUT]
    return in_order(flow.record, steps, [entry for one in steps for entry in flow.of(one).values()])


def in_order(record: MasterRecord, steps: Iterable[Step], entered: Iterable[StepEntry]) -> list[Told]:
    """The same of steps and entries that are read already. A number that a second person has still to read blind
    counts only from then on: what is made of it would tell the first reading."""
    roles = {(step.id, one.id): one.role for _, step in record.steps() for one in step.fields if one.role}
    blind = {(step.id, id) for _, step in record.steps() for id in telling(
        step, (one.id for one in step.fields if one.blind and one.kind in NUMBERS))}
    entries: dict[str, list[StepEntry]] = {}
    meant = {field for _, field in roles}
    for entry in current(list(entered)):
        if entry.field in meant:
            entries.setdefault(entry.step, []).append(entry)
    return [Told(roles[step.step_id, entry.field], step, entry) for step in steps
            for entry in entries.get(step.code, [])
            if (step.step_id, entry.field) in roles and entry.how != "not applicable"
            and not (step.state == "performed" and (step.step_id, entry.field) in blind)]


# --- growth -----------------------------------------------------------------------------------------------


def growth_of(session: Session, batch_code: str) -> Growth:
    """The counts from seeding on. A staged harvest takes a part of the culture, so it is no growth and left out."""
    return growth_from(told(session, batch_code))


def growth_from(values: Iterable[Told]) -> Growth:
    """The same of values that are read already."""
    by_step: dict[str, list[Told]] = {}
    for one in values:
        if one.role.startswith("count.") and one.step.stage == 0:
            by_step.setdefault(one.step.code, []).append(one)
    return growth([_count(code, counted) for code, counted in by_step.items()])


def _count(code: str, values: Sequence[Told]) -> Count:
    amount = partial(_amount, values)
    return Count(code, _moment(values, "count.at"), _amounts(values, "count.viable_per_ml"), amount("count.volume_ml"),
                 amount("count.total_per_ml"), amount("count.viability"))


def _amounts(values: Iterable[Told], role: str) -> tuple[Decimal, ...]:
    return tuple(one.entry.amount for one in values if one.role == role and one.entry.amount is not None)


def _amount(values: Iterable[Told], role: str) -> Decimal | None:
    """The last value of that meaning."""
    found = _amounts(values, role)
    return found[-1] if found else None


def _moment(values: Iterable[Told], role: str) -> datetime | None:
    found = [one.entry.moment for one in values if one.role == role and one.entry.moment]
    return found[-1] if found else None


def _text(values: Iterable[Told], role: str) -> str | None:
    found = [one.entry.value for one in values if one.role == role]
    return found[-1] if found else None


# --- loading -----------------------------------------------------------------------------------------------


def loading_of(session: Session, batch_code: str, *, stage: int | None, at: datetime | None = None,
               dose_volume_ml: Decimal | None = None) -> Loading:
    """The facts of one loading. An unknown stage leaves every fact of it out, so that no rule passes."""
    row = batch(session, batch_code)
    return loading_from(session, told(session, batch_code), record_of(session, row), stage=stage, at=at,
                        dose_volume_ml=dose_volume_ml, sources=(row.code, row.master_record))


def loading_from(session: Session, entered: Iterable[Told], record: MasterRecord, *, stage: int | None,
                 at: datetime | None = None, dose_volume_ml: Decimal | None = None,
                 sources: tuple[str, ...] = ()) -> Loading:
    """The same of values that are read already."""
    values = [one for one in entered if stage is not None and one.step.stage in (0, stage)]
    amount, free = partial(_amount, values), _text(values, "loading.free_antibody_ug_per_ml")
    return Loading(
        limits=record.loading, antibody=_antibody(session, _text(values, "loading.antibody_lot")),
        antibody_ml=amount("loading.antibody_added_ml"), cells=amount("loading.cells"),
        cells_after=amount("loading.cells_after"), started=_moment(values, "loading.started"),
        stopped=_moment(values, "loading.stopped"), temperatures=_amounts(values, "loading.temperature_c"),
        washes=_washes(values), loaded_percent=amount("loading.loaded_percent"),
        unloaded_percent=amount("loading.unloaded_percent"), mfi_loaded=amount("loading.mfi_loaded"),
        mfi_unloaded=amount("loading.mfi_unloaded"), mfi_saturated=amount("loading.mfi_saturated"),
        free_ug_per_ml=Reading.parse(free) if free else None, dose_volume_ml=dose_volume_ml, at=at,
        sources=sources)


def _antibody(session: Session, code: str | None) -> Antibody | None:
    row = session.get(Lot, code) if code else None
    if row is None:
        return None
    return Antibody(row.code, row.kind, standing(row.state), row.expires_at, row.strength, row.strength_unit)


def _washes(values: Iterable[Told]) -> tuple[tuple[Decimal | None, Decimal | None], ...]:
    """Volume before and volume left, wash by wash; a half that is missing stays missing."""
    by_step: dict[str, list[Told]] = {}
    for one in values:
        if one.role.startswith("wash."):
            by_step.setdefault(one.step.code, []).append(one)
    return tuple((_amount(wash, "wash.total_ml"), _amount(wash, "wash.residual_ml")) for wash in by_step.values())


def stage_of_container(session: Session, batch_code: str, container: str) -> int | None:
    """The one stage whose loaded cells this container holds.

    None when no step names one, when cells of two loadings are pooled in it, or cells that were never loaded.
    """
    return _one(_stages(container, _named(told(session, batch_code)), parents_of(session, batch_code), {}))


def stage_in(values: Iterable[Told], parents: Mapping[str, Sequence[str]], bags: Iterable[str]) -> int | None:
    """The stage that these bags were filled from, of values that are read already; None where there is not one."""
    named, known = _named(values), dict[str, set[int | None]]()
    return _one({_one(_stages(parent, named, parents, known)) for bag in bags for parent in parents.get(bag, ())})


def _one(stages: set[int | None]) -> int | None:
    return next(iter(stages)) if len(stages) == 1 else None


def _named(values: Iterable[Told]) -> dict[str, set[int | None]]:
    """Container of loaded cells -> the stages whose steps name it."""
    named: dict[str, set[int | None]] = {}
    for one in values:
        if one.role == "loading.container":
            named.setdefault(one.entry.value, set()).add(one.step.stage)
    return named


def _stages(code: str, named: Mapping[str, set[int | None]], parents: Mapping[str, Sequence[str]],
            known: dict[str, set[int | None]]) -> set[int | None]:
    """Every loading that cells of this container went through; None among them: some went through none."""
    if code not in known:
        above: set[int | None] = set()
        for parent in parents.get(code, ()):
            above |= _stages(parent, named, parents, known)
        known[code] = named[code] | (above - {None}) if code in named else above or {None}
    return set(known[code])


def stage_of(session: Session, dose: Dose) -> int | None:
    """The stage that the present bags of a dose were filled from; None before it is filled."""
    bags = [one.container for one in bags_of(session, dose)]
    return stage_in(told(session, dose.batch), parents_of(session, dose.batch), bags) if bags else None
