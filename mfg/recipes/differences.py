"""What is different between two versions of a master record, in words people can compare. Pure.

Parts are known by their ids: a part with a new id is an added one. Moving is told only of what changed its place
among the parts that both versions have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from mfg.facts import Quantity, plain
from mfg.recipes.master import (
    LOADING_SETTINGS,
    LOSS_SETTINGS,
    FieldSpec,
    Hold,
    LoadingLimits,
    MasterRecord,
    Phase,
    Sampled,
    Setting,
    Step,
)

ADDED, REMOVED, MOVED, CHANGED = "added", "removed", "moved", "changed"
WORDS = {"low": "lower limit", "high": "upper limit", "alert_low": "lower alert limit",
         "alert_high": "upper alert limit", "not_good": "not acceptable", "lot_kind": "kind of lot",
         "container_kind": "kind of container", "equipment_kind": "kind of equipment", "of": "amount of the lot",
         "blind": "read again blind", "because": "assumed because", "sop": "SOP", "repeat": "repeats, at most",
         "when": "done only when", "until": "repeated until", "open": "product open", "clearance": "line clearance",
         "staged": "done once per harvest, at most", "limit_minutes": "limit, min", "warn_minutes": "warning, min",
         "keep": "kept at", "volume_ml": "volume, mL", "low_c": "lowest temperature, Cel",
         "high_c": "highest temperature, Cel", "receipt_minutes": "received within, min", "retain_days": "kept, days"}
IN_UNIT = ("low", "high", "alert_low", "alert_high")
_FIELD = tuple(name for name in FieldSpec.__slots__ if name != "id")
_STEP = tuple(name for name in Step.__slots__ if name not in ("id", "fields"))
_HOLD = tuple(name for name in Hold.__slots__ if name not in ("id", "segments"))
_SAMPLE = tuple(name for name in Sampled.__slots__ if name != "id")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `attribute`, `old` and `new` are words; empty where a whole part was added or removed."""

    where: str
    what: str
    attribute: str = ""
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        if self.what in (ADDED, REMOVED):
            return f"{self.where}: {self.what}"
        return f"{self.where}: {self.attribute or self.what}: {self.old} → {self.new}"


def differences(old: MasterRecord, new: MasterRecord) -> tuple[Difference, ...]:
    """Every difference, in the order of the new version; what is gone comes first."""
    return tuple((*_whole(old, new), *_phases(old, new), *_steps(old, new), *_holds(old, new),
                  *_samples(old, new)))


def _whole(old: MasterRecord, new: MasterRecord) -> Iterator[Difference]:
    yield from _changed("master record", old, new, ("key", "title", "shelf_life_hours", "frozen"))
    yield from _changed("losses", old.losses, new.losses, LOSS_SETTINGS)
    yield from _labels(old, new)
    if (old.loading is None) != (new.loading is None):
        yield Difference("limits of loading", ADDED if new.loading else REMOVED)
    elif old.loading != new.loading:
        yield from _changed("loading", old.loading or LoadingLimits(), new.loading or LoadingLimits(), LOADING_SETTINGS)


def _labels(old: MasterRecord, new: MasterRecord) -> Iterator[Difference]:
    before, after = ({one.kind: one for one in record.labels} for record in (old, new))
    yield from _come_and_gone("label of a", before, after)
    for kind in _both(before, after):
        yield from _changed(f"label of a “{kind}”", before[kind], after[kind], ("keep",))


def _phases(old: MasterRecord, new: MasterRecord) -> Iterator[Difference]:
    before, after = ({one.id: one for one in record.phases} for record in (old, new))
    yield from _come_and_gone("phase", before, after)
    for id in _both(before, after):
        yield from _changed(f"phase “{id}”", before[id], after[id], ("title", "staged"))


def _steps(old: MasterRecord, new: MasterRecord) -> Iterator[Difference]:
    before, after = ({step.id: step for _, step in record.steps()} for record in (old, new))
    yield from _come_and_gone("step", before, after)
    for id in _both(before, after):
        where = f"step “{id}”"
        homes = [_home(record.phase_of(id)) for record in (old, new)]
        if homes[0] != homes[1]:
            yield Difference(where, MOVED, "phase", *homes)
        yield from _changed(where, before[id], after[id], _STEP)
        yield from _fields(where, before[id], after[id])


def _home(phase: Phase | None) -> str:
    return f"“{phase.id}”" if phase else ""


def _fields(where: str, old: Step, new: Step) -> Iterator[Difference]:
    before, after = ({one.id: one for one in step.fields} for step in (old, new))
    yield from _come_and_gone(f"{where}, field", before, after)
    for id in _both(before, after):
        yield from _changed(f"{where}, field “{id}”", before[id], after[id], _FIELD)


def _holds(old: MasterRecord, new: MasterRecord) -> Iterator[Difference]:
    before, after = ({one.id: one for one in record.holds} for record in (old, new))
    yield from _come_and_gone("hold", before, after)
    for id in _both(before, after):
        where = f"hold “{id}”"
        if before[id].segments != after[id].segments:
            yield Difference(where, CHANGED, "runs", _segments(before[id]), _segments(after[id]))
        yield from _changed(where, before[id], after[id], _HOLD)


def _samples(old: MasterRecord, new: MasterRecord) -> Iterator[Difference]:
    before, after = ({one.id: one for one in record.samples} for record in (old, new))
    yield from _come_and_gone("sample", before, after)
    for id in _both(before, after):
        yield from _changed(f"sample “{id}”", before[id], after[id], _SAMPLE)


def _segments(hold: Hold) -> str:
    return ", ".join(f"from {start} to {stop}" for start, stop in hold.segments)


def _both(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [id for id in after if id in before]


def _come_and_gone(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Parts that are gone, parts that are new, and parts that stand elsewhere among those that stayed."""
    yield from (Difference(f"{what} “{id}”", REMOVED) for id in before if id not in after)
    yield from (Difference(f"{what} “{id}”", ADDED) for id in after if id not in before)
    stayed_before = [id for id in before if id in after]
    stayed_after = _both(before, after)
    for id in _moved(stayed_before, stayed_after):
        yield Difference(f"{what} “{id}”", MOVED, "place", _after(stayed_before, id), _after(stayed_after, id))


def _moved(before: Sequence[str], after: Sequence[str]) -> Iterable[str]:
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    in_place = {id for block in blocks for id in after[block.b:block.b + block.size]}
    return [id for id in after if id not in in_place]


def _after(ids: Sequence[str], id: str) -> str:
    at = ids.index(id)
    return f"after “{ids[at - 1]}”" if at else "first"


def _changed(where: str, old: Any, new: Any, names: Iterable[str]) -> Iterator[Difference]:
    for name in names:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Difference(where, CHANGED, WORDS.get(name, name.replace("_", " ")), _said(old, name, before),
                             _said(new, name, after))


def _said(part: Any, name: str, value: Any) -> str:
    """A value in words, with its unit where it has one."""
    if isinstance(value, Setting):
        told = "unknown" if value.value is None else plain(value.value)
        return f"{told} (assumed: {value.because})" if value.assumed else told
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return str(Quantity(value, part.unit)) if name in IN_UNIT else plain(value)
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value) if value not in (None, "") else "none"
