"""What depends on what in a master record: formulas over values, steps under conditions, loops with an end.

It finds formulas that need what is not there yet, cycles, units that do not fit, and steps no batch can ever reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mfg.facts import Refused
from mfg.recipes.conditions import can_hold
from mfg.recipes.dimensions import UNITS, Meaning, Moment, Truth, Word, amount_in, fits, meaning_of
from mfg.recipes.expressions import names_in
from mfg.recipes.master import FieldSpec, MasterRecord, Step

Path = tuple[str | int, ...]


def meaning_of_field(one: FieldSpec) -> Meaning | None:
    """What a field is in a formula; None where nothing can be calculated with it."""
    if one.kind in ("number", "reading", "calculated"):
        return amount_in(one.unit) if one.unit in UNITS else None
    if one.kind == "time":
        return Moment()
    answers = ("yes", "no") if one.kind == "yesno" else one.choices
    return Word(answers) if answers else None


@dataclass
class Known:
    """What the steps so far have brought: their values, and under which conditions each step is done at all."""

    record: MasterRecord
    values: dict[str, Meaning] = field(default_factory=dict)
    conditions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)

    def add(self, step: Step) -> None:
        """The step is over; its values can be named by what comes after it."""
        self.values |= {f"{step.id}.{name}": meaning for name, meaning in own_values(step).items()}


def own_values(step: Step) -> dict[str, Meaning]:
    """The values of one step by field id."""
    return {one.id: meaning for one in step.fields if (meaning := meaning_of_field(one)) is not None}


def flow_faults(record: MasterRecord) -> Iterator[tuple[Path, str]]:
    """Each fault with its place and its sentence."""
    known = Known(record)
    for at, phase in enumerate(record.phases):
        for place, step in enumerate(phase.steps):
            for path, why in _step_faults(known, step):
                yield ("phases", at, "steps", place, *path), f"step “{step.id}”{why}"
            known.add(step)


def _step_faults(known: Known, step: Step) -> Iterator[tuple[Path, str]]:
    known.conditions[step.id] = ()
    for why in _when_faults(known, step) if step.when else ():
        yield ("when",), f": {why}"
    everything = known.values | own_values(step)
    for at, one in enumerate(step.fields):
        if one.formula:
            for why in _formula_faults(known, step, one, everything):
                yield ("fields", at, "formula"), f", field “{one.id}”: {why}"
    for at, circle in _circles(step):
        yield ("fields", at, "formula"), f", field “{step.fields[at].id}”: it goes round in a circle: {circle}."
    for why in _condition_faults(known, step, step.until, everything) if step.until else ():
        yield ("until",), f": {why}"


def _formula_faults(known: Known, step: Step, one: FieldSpec, everything: Mapping[str, Meaning]) -> Iterator[str]:
    try:
        names = names_in(one.formula)
        strange = [name for name in names if name not in everything]
        yield from _unnamed_all(known, step, strange)
        if not strange and one.unit in UNITS and (why := fits(one.formula, everything, one.unit)):
            yield why
    except Refused as refused:
        yield refused.why


def _condition_faults(known: Known, step: Step, condition: str, allowed: Mapping[str, Meaning]) -> Iterator[str]:
    """A condition that cannot be read, needs what is not there, or can never hold."""
    try:
        names = names_in(condition)
        strange = [name for name in names if name not in allowed]
        yield from _unnamed_all(known, step, strange)
        if not names:
            yield f"“{condition}” names no value, so it says the same of every batch. Leave it out."
        if strange or not names:
            return
        if not isinstance(meaning_of(condition, allowed), Truth):
            yield f"“{condition}” is neither true nor false. Write a comparison, such as viability < 80."
        elif not can_hold([condition], allowed):
            yield f"“{condition}” can never hold, whatever is entered."
    except Refused as refused:
        yield refused.why


def _when_faults(known: Known, step: Step) -> Iterator[str]:
    """A step that no batch can reach: by its own condition, or because of the steps it needs values of."""
    wrong = list(_condition_faults(known, step, step.when, known.values))
    if wrong:
        known.unreachable.add(step.id)
        yield from wrong
        return
    needed = list(dict.fromkeys(name.partition(".")[0] for name in names_in(step.when)))
    together = tuple(dict.fromkeys([step.when, *(one for id in needed for one in known.conditions[id])]))
    known.conditions[step.id] = together
    if dead := [id for id in needed if id in known.unreachable]:
        known.unreachable.add(step.id)
        yield f"it can never be reached: it needs a value of step “{dead[0]}”, which is never done."
    elif not can_hold(together, known.values):
        known.unreachable.add(step.id)
        yield (f"it can never be reached: “{step.when}” cannot hold together with the condition of "
               f"{' and '.join(f'“{id}”' for id in needed)}, whose values it needs.")


def _unnamed_all(known: Known, step: Step, names: list[str]) -> Iterator[str]:
    yield from (why for name in names if (why := _unnamed(known, step, name)))


def _unnamed(known: Known, step: Step, name: str) -> str:
    """Why a name cannot be used here."""
    id, _, rest = name.rpartition(".")
    if not id:
        spec = step.field(rest)
        if spec is None:
            return f"it names “{name}”, which is no field of this step. Name a field of another step as step.field."
        if meaning_of_field(spec) is not None:
            return f"it names “{name}”, which is entered in the step itself; whether a step is done is known before."
        return _useless(name, spec)
    other = known.record.step(id)
    spec = other.field(rest) if other else None
    if id == step.id and spec is not None:
        return f"it names “{name}” of this step. Write “{rest}” alone."
    if other is None or spec is None:
        return f"it names “{name}”, which there is not."
    if meaning_of_field(spec) is None:
        return _useless(name, spec)
    return f"it names “{name}”, which comes later. Only earlier steps can be named."


def _useless(name: str, spec: FieldSpec) -> str:
    """Nothing is said where the field itself is at fault: its unit is unknown, or it has no choices."""
    if spec.kind in ("number", "reading", "calculated", "choice"):
        return ""
    return f"it names “{name}”, a {spec.kind}, which nothing can be calculated with."


def _circles(step: Step) -> Iterator[tuple[int, str]]:
    """Calculated values of one step that need each other: where each circle begins, and the way round."""
    needs = {one.id: _needed(one) for one in step.fields if one.formula}
    told: set[str] = set()
    for at, one in enumerate(step.fields):
        way = _way_back(one.id, needs)
        if way and one.id not in told:
            told |= set(way)
            yield at, " → ".join(way)


def _needed(one: FieldSpec) -> tuple[str, ...]:
    try:
        return names_in(one.formula)
    except Refused:
        return ()


def _way_back(start: str, needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The way from a calculated value back to itself; empty when there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for name in needs.get(way[-1], ()):
            if name == start:
                return [*way, start]
            if name in needs and name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
