"""What makes a master record unusable, part by part: ids, units, limits, choices, holds. Each with its place.

What depends on what (formulas, conditions) is `flow.py`, the plan of samples `sampling.py`. None of them knows YAML: a
place is a path of keys and positions, which `reading.py` turns into a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mfg.recipes.flow import flow_faults
from mfg.recipes.master import (
    BULK_KINDS,
    CONTAINER_KINDS,
    LOSS_SETTINGS,
    ROLES,
    UNITS,
    FieldSpec,
    Hold,
    MasterRecord,
    Phase,
    Step,
)
from mfg.recipes.sampling import sample_faults

Path = tuple[str | int, ...]
_ID = re.compile(r"[a-z][a-z0-9_]{0,23}\Z")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")
_SOP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}(/[1-9][0-9]{0,3})?\Z")
NUMERIC = ("number", "reading", "calculated")
AGAIN = ("number", "scan container", "scan lot")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, as keys and positions from the top, and why, as a sentence."""

    path: Path
    why: str


def faults(record: MasterRecord) -> list[Fault]:
    """Everything that makes this record unusable; an empty list when it can be used."""
    found = [] if _KEY.match(record.key) else [
        Fault(("key",), f"the key “{record.key}” is not letters, digits, dots and dashes.")]
    if not record.phases:
        found.append(Fault(("phases",), "there is no phase. Write at least one under “phases”."))
    found += [Fault(("frozen", at), f"a {kind} is not frozen; one of {', '.join(BULK_KINDS)} was expected.")
              for at, kind in enumerate(record.frozen) if kind not in BULK_KINDS]
    found += [Fault(("losses", name), "a loss is 0 to 100 percent of what went in.") for name in LOSS_SETTINGS
              if not 0 <= (getattr(record.losses, name).value or 0) <= 100]
    kinds = [one.kind for one in record.labels]
    found += [Fault(("labels", at, "kind"), f"the label of a {kind} is listed twice.") for at, kind in enumerate(kinds)
              if kind in kinds[:at]]
    found += _twice("phase", [(("phases", at), one.id) for at, one in enumerate(record.phases)])
    found += _twice("step", [(path, step.id) for path, step in _steps(record)])
    found += _twice("hold", [(("holds", at), one.id) for at, one in enumerate(record.holds)])
    for at, phase in enumerate(record.phases):
        found += _phase_faults(("phases", at), phase)
    found += _staged_faults(record.phases)
    for at, hold in enumerate(record.holds):
        found += [Fault(("holds", at, *path), f"hold “{hold.id}”: {why}")
                  for path, why in (*_hold_faults(hold), *_event_faults(record, hold))]
    found += _twice("sample", [(("samples", at), one.id) for at, one in enumerate(record.samples)])
    return [*found, *(Fault(path, why) for path, why in (*sample_faults(record), *flow_faults(record)))]


def _steps(record: MasterRecord) -> Iterator[tuple[Path, Step]]:
    for at, phase in enumerate(record.phases):
        for place, step in enumerate(phase.steps):
            yield ("phases", at, "steps", place), step


def _twice(what: str, ids: Iterable[tuple[Path, str]], where: str = "") -> list[Fault]:
    """A fault at every id that stood before."""
    seen: set[str] = set()
    found = []
    for path, id in ids:
        if id in seen:
            found.append(Fault((*path, "id"), f"{where}the {what} id “{id}” is used a second time; each {what} needs "
                                              "an id of its own."))
        seen.add(id)
    return found


def _bad_id(id: str) -> str:
    return "" if _ID.match(id) else \
        "the id has to be 1 to 24 lower-case letters, digits and underscores, a letter first."


def _phase_faults(path: Path, phase: Phase) -> Iterator[Fault]:
    where = f"phase “{phase.id}”"
    if why := _bad_id(phase.id):
        yield Fault((*path, "id"), f"{where}: {why}")
    if not phase.steps:
        yield Fault((*path, "steps"), f"{where} has no step. Give it one or leave the phase out.")
    for at, step in enumerate(phase.steps):
        place = (*path, "steps", at)
        for key, why in _step_faults(phase, step):
            yield Fault((*place, key), f"step “{step.id}”: {why}")
        yield from _twice("field", [((*place, "fields", n), one.id) for n, one in enumerate(step.fields)],
                          f"step “{step.id}”: ")
        for n, one in enumerate(step.fields):
            for key, why in _field_faults(step, one):
                yield Fault((*place, "fields", n, key), f"step “{step.id}”, field “{one.id}”: {why}")


def _step_faults(phase: Phase, step: Step) -> Iterator[tuple[str, str]]:
    rooms = [one for one in step.fields if one.kind == "scan room" and not one.optional]
    roles = [one.role for one in step.fields]
    named, volumes = roles.count("content.container"), [one for one in roles if one.endswith(".volume_ml")]
    checks = (
        ("id", bool(_bad_id(step.id)), _bad_id(step.id)),
        ("sop", bool(step.sop) and not _SOP.match(step.sop),
         f"“{step.sop}” is no SOP; its key, or its key and version such as SOP-101/2, was expected."),
        ("repeat", step.repeat is not None and phase.staged is not None,
         f"it repeats within phase “{phase.id}”, which repeats as a whole; choose one."),
        ("until", bool(step.until) and step.repeat is None, "“until” belongs to a step with “repeat”."),
        ("open", step.open and not rooms, "product is open in it, so it needs a field of kind scan room."),
        ("clearance", step.clearance and not rooms, "line clearance is of a room, so it needs a field of kind scan "
                                                    "room."),
        ("qualifications", len(set(step.qualifications)) < len(step.qualifications),
         "a qualification is listed twice."),
        ("fields", named > 1 or bool(named) != bool(volumes) and bool(named or "content.volume_ml" in roles),
         "content.container and a volume of it (content.volume_ml or count.volume_ml) belong together, once a step."),
    )
    yield from ((key, why) for key, wrong, why in checks if wrong)


def _field_faults(step: Step, one: FieldSpec) -> Iterator[tuple[str, str]]:
    if why := _bad_id(one.id):
        yield "id", why
    for key, wrong, why in (*_number_checks(one), *_kind_checks(step, one)):
        if wrong:
            yield key, f"{why}."
    yield from _role_faults(one)


def _number_checks(one: FieldSpec) -> Iterator[tuple[str, bool, str]]:
    numeric = one.kind in NUMERIC
    low = "low" if one.low is not None else "high"
    alert_low = "alert_low" if one.alert_low is not None else "alert_high"
    yield "unit", numeric and one.unit not in UNITS, \
        f"“{one.unit}” is not a unit known here; use one of UCUM such as mL"
    yield "unit", not numeric and bool(one.unit), f"a {one.kind} has no unit"
    yield low, not numeric and one.limits is not None, f"a {one.kind} has no limits"
    yield "low", one.low is not None and one.high is not None and one.low > one.high, "low lies above high"
    yield alert_low, not numeric and one.alerts is not None, f"a {one.kind} has no alert limits"
    yield "alert_low", one.alert_low is not None and one.alert_high is not None and one.alert_low > one.alert_high, \
        "alert_low lies above alert_high"
    limits = one.limits
    for key, alert in (("alert_low", one.alert_low), ("alert_high", one.alert_high)):
        yield key, limits is not None and alert is not None and not limits.holds(alert), \
            f"{key} {alert} lies outside the limits ({limits}); an alert comes before a limit"


def _kind_checks(step: Step, one: FieldSpec) -> tuple[tuple[str, bool, str], ...]:
    lots = [other.id for other in step.fields if other.kind == "scan lot"]
    return (
        ("choices", (one.kind == "choice") != bool(one.choices), "choices belong to a choice, and a choice needs them"),
        ("choices", len(set(one.choices)) < len(one.choices), "a choice is listed twice"),
        ("not_good", not set(one.not_good) <= set(_answers(one)), "not_good names something that cannot be chosen"),
        ("lot_kind", (one.kind == "scan lot") != bool(one.lot_kind),
         "lot_kind belongs to a scanned lot, which needs it"),
        ("container_kind", bool(one.container_kind) and one.kind != "scan container",
         "container_kind belongs to a scanned container"),
        ("container_kind", bool(one.container_kind) and one.container_kind not in CONTAINER_KINDS,
         f"“{one.container_kind}” is no kind of container; one of: {', '.join(CONTAINER_KINDS)}"),
        ("equipment_kind", bool(one.equipment_kind) and one.kind != "scan equipment",
         "equipment_kind belongs to scanned equipment"),
        ("formula", (one.kind == "calculated") != bool(one.formula),
         "a formula belongs to a calculated value, which needs it"),
        ("of", bool(one.of) and one.kind not in ("number", "calculated"), "only a number can be an amount of a lot"),
        ("of", bool(one.of) and one.of not in lots,
         f"“{one.of}” is no scanned lot of this step; there " + ("are: " + ", ".join(lots) if lots else "is none")),
        ("blind", one.blind and one.kind not in AGAIN,
         f"a {one.kind} cannot be read again blind; only a number, a scanned container or a scanned lot can"),
    )


def _answers(one: FieldSpec) -> tuple[str, ...]:
    return ("yes", "no") if one.kind == "yesno" else one.choices


def _role_faults(one: FieldSpec) -> Iterator[tuple[str, str]]:
    if not one.role:
        return
    if one.role not in ROLES:
        yield "role", f"“{one.role}” is not a role known here. Known: {', '.join(ROLES)}."
        return
    kind, unit = ROLES[one.role]
    fitting = one.kind == kind or (kind == "reading" and one.kind == "number") or \
        (kind in NUMERIC and one.kind == "calculated")
    if not fitting or one.unit != unit:
        yield "role", (f"the role {one.role} is a {kind}{f' in {unit}' if unit else ''}, "
                       f"not a {one.kind} in “{one.unit}”.")


def _staged_faults(phases: tuple[Phase, ...]) -> Iterator[Fault]:
    """Staged phases are the last ones and are done equally often, so that a stage is one run of them."""
    staged = [at for at, phase in enumerate(phases) if phase.staged is not None]
    if not staged:
        return
    if staged != list(range(len(phases) - len(staged), len(phases))):
        yield Fault(("phases", staged[0], "staged"), "staged phases have to stand together at the end.")
    often = phases[staged[0]].staged
    for at in staged:
        if phases[at].staged != often:
            yield Fault(("phases", at, "staged"), f"phase “{phases[at].id}”: all staged phases have to be done equally "
                                                  f"often, and the first one is done {often} times.")


# --- holds ----------------------------------------------------------------------------------------------------


def _hold_faults(hold: Hold) -> Iterator[tuple[Path, str]]:
    checks = (
        ("id", bool(_bad_id(hold.id)), _bad_id(hold.id)),
        ("segments", not hold.segments, "it has no segment. Write [[start, stop]]."),
        ("limit_minutes", hold.limit_minutes <= 0, "the limit has to be more than 0 minutes."),
        ("warn_minutes", hold.warn_minutes <= 0, "the warning has to come after more than 0 minutes."),
        ("warn_minutes", hold.warn_minutes > hold.limit_minutes,
         f"the warning at {hold.warn_minutes} min comes after the limit at {hold.limit_minutes} min."),
    )
    yield from (((key,), why) for key, wrong, why in checks if wrong)


def _event_faults(record: MasterRecord, hold: Hold) -> Iterator[tuple[Path, str]]:
    for at, segment in enumerate(hold.segments):
        path: Path = ("segments", at)
        wrong = [why for event in segment if (why := _event_fault(record, event))]
        yield from ((path, why) for why in wrong)
        if wrong:
            continue
        start, stop = segment
        if _place(record, start) >= _place(record, stop):
            yield path, f"{stop} does not come after {start}; a segment runs from its start to its stop."
        elif _staged(record, start) != _staged(record, stop):
            yield path, f"{start} and {stop} lie on two sides of the part that is done once per harvest; a segment " \
                        "runs within one harvest."


def _event_fault(record: MasterRecord, event: str) -> str:
    id, _, field = event.partition(".")
    step = record.step(id)
    if step is None:
        return f"{event} names the step “{id}”, which there is not."
    if not field:
        return ""
    spec = step.field(field)
    if spec is None:
        return f"{event} names the field “{field}”, which step “{id}” does not have."
    if spec.optional:
        return f"{event} is optional; a time that starts or stops a clock is always entered."
    return "" if spec.kind == "time" else f"{event} is a {spec.kind}, not a time."


def _place(record: MasterRecord, event: str) -> tuple[int, int]:
    """Order of the event: a step is done after the times entered in it."""
    id, _, field = event.partition(".")
    steps = [step for _, step in record.steps()]
    at = next(place for place, step in enumerate(steps) if step.id == id)
    ids = [one.id for one in steps[at].fields]
    return at, ids.index(field) if field else len(ids)


def _staged(record: MasterRecord, event: str) -> bool:
    phase = record.phase_of(event.partition(".")[0])
    return phase is not None and phase.staged is not None
