"""The shape of one batch: its master record with the redlines that quality assurance approved for this batch. Pure.

The pinned master record is never changed: what holds here is made anew from both each time. A redline can only do
what stands here: other words, other limits, one field more, one step more. It cannot touch what is scanned for
identity, take away a second reading or a second person, or let a value stay empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from mfg.batches.records import Redline
from mfg.facts import plain
from mfg.recipes.master import FieldSpec, MasterRecord, Step

LIMITS = ("low", "high", "alert_low", "alert_high")
#: kinds of field that a redline may add; containers and lots belong to the master record
ADDABLE = ("number", "reading", "yesno", "text", "time", "file")
#: what an added field may say about itself
FIELD_PARTS = ("id", "label", "kind", "unit", *LIMITS)


def approved(redlines: Iterable[Redline]) -> list[Redline]:
    """Those that act, in the order they were proposed."""
    return sorted((one for one in redlines if one.state == "approved"), key=lambda one: one.code)


def redlined_step(shape: Step, redlines: Iterable[Redline], repeat: int) -> Step:
    """The step as this batch does it for the n-th time."""
    for one in approved(redlines):
        if one.step_id == shape.id and repeat >= one.repeat:
            shape = changed(shape, one.kind, json.loads(one.change))
    return shape


def redlined_record(record: MasterRecord, redlines: Iterable[Redline]) -> MasterRecord:
    """The whole record of this batch: added steps in their places, every step as its last repeat is done."""
    acting = approved(redlines)
    if not acting:
        return record
    phases = []
    for phase in record.phases:
        steps = list(phase.steps)
        for one in acting:
            places = [place for place, step in enumerate(steps) if step.id == one.step_id]
            if one.kind == "step" and places:
                steps.insert(places[0] + 1, added_step(json.loads(one.change)))
        phases.append(replace(phase, steps=tuple(redlined_step(step, acting, 99) for step in steps)))
    return replace(record, phases=tuple(phases))


def changed(shape: Step, kind: str, change: Mapping[str, Any]) -> Step:
    """One change made to one step; an added step leaves the step before it as it is."""
    if kind == "instruction":
        return replace(shape, instruction=change["instruction"])
    if kind == "limits":
        return replace(shape, fields=tuple(_limited(one, change) if one.id == change["field"] else one
                                           for one in shape.fields))
    if kind == "field":
        return replace(shape, fields=(*shape.fields, added_field(change)))
    return shape


def _limited(spec: FieldSpec, change: Mapping[str, Any]) -> FieldSpec:
    return replace(spec, **_bounds(change))


def _bounds(change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Decimal(change[name]) for name in LIMITS if change.get(name)}


def added_field(change: Mapping[str, Any]) -> FieldSpec:
    """A field of a redline: always asked for, never optional."""
    return FieldSpec(id=change["id"], label=change["label"], kind=change["kind"], unit=change.get("unit", ""),
                     **_bounds(change))


def added_step(change: Mapping[str, Any]) -> Step:
    """A step of a redline: performed and verified by two people like every other."""
    return Step(id=change["id"], title=change["title"], instruction=change["instruction"], sop="",
                fields=tuple(added_field(one) for one in change["fields"]))


def in_words(shape: Step, kind: str, change: Mapping[str, Any]) -> tuple[str, str]:
    """What the master record says, and what holds instead, as people read it."""
    if kind == "instruction":
        return shape.instruction, change["instruction"]
    if kind == "limits":
        spec = shape.field(change["field"])
        assert spec is not None, "its maker has looked"
        return limits_in_words(spec), limits_in_words(_limited(spec, change))
    if kind == "field":
        return "does not ask for it", _asked(added_field(change))
    step = added_step(change)
    asked = "; ".join(_asked(one) for one in step.fields)
    return "no step here", f"{step.title}. {step.instruction}" + (f" Asks for: {asked}." if asked else "")


def _asked(spec: FieldSpec) -> str:
    limits = limits_in_words(spec)
    return f"{spec.label}, {spec.kind}{f' in {spec.unit}' if spec.unit else ''}" + (f", {limits}" if limits else "")


def limits_in_words(spec: FieldSpec) -> str:
    """Label, limits and alert limits of a field."""
    bounds = [f"{name.replace('_', ' ')} {plain(value)}" for name in LIMITS
              if (value := getattr(spec, name)) is not None]
    return f"{spec.label}: {', '.join(bounds) or 'no limits'}" + (f" {spec.unit}" if bounds and spec.unit else "")


def redlines_on(redlines: Iterable[Redline], step_id: str, repeat: int) -> list[Redline]:
    """Every redline that touches this repeat of a step, those not decided too."""
    return [one for one in redlines if one.step_id == step_id and repeat >= one.repeat]
