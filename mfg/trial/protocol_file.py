"""A trial protocol file becomes a Protocol, or is refused with every problem named. It judges no dose.

What silence means (DESIGN section 8): a value under `assumed` takes the place of a null; a few defaults take
the place of a key that is not there, and are marked assumed as well; any other null stays unknown, and any
other absent key is a rule the trial does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from mfg.facts import Limits, Refused, plain
from mfg.trial.protocol import FLAT, NONE, PER_KG, Arm, Assumption, Band, Cohort, Gate, Protocol, Setting
from mfg.trial.protocol_schema import ASSUMABLE, HOURS, OF_A_COHORT, SETTINGS, ProtocolPart
from mfg.trial.protocol_yaml import Path, path_text, read, refused

#: key -> (value, why) where the file is silent. The last two hold only for trials that have the rule at all.
DEFAULTS: dict[str, tuple[Any, str]] = {
    "cell_basis": ("viable NK cells", "the file does not say which cells count"),
    "tolerance_pct": (Decimal(20), "the file gives a target and no tolerance; 80 to 120 % has a published precedent"),
    "weight_max_age_days": (Decimal(7), "the file does not say how old a weight may be"),
    "endotoxin_eu_per_kg": (Decimal(5), "the file gives no limit; 5 EU/kg in an hour is the limit of USP <85>"),
    "interval_anchor": ("start to start", "the file does not say from when to when an interval runs"),
    "sentinel_mode": ("A", "the file does not say what the sentinel holds back; A holds back most"),
}
_ONLY_WITH = {"interval_anchor": "interval_hours", "sentinel_mode": "sentinel_hours"}
_NO_CAP = "the sources state no cap, and a dose per kg has none unless the protocol sets one"


def load(text: str, *, name: str = "") -> Protocol:
    """Read a protocol file; Refused(kind="input") with all problems, one a line, when it is not one."""
    try:
        data, lines = read(text)
        if not isinstance(data, dict):
            raise refused("The file is not a trial protocol: named keys such as id, title and dose were expected.")
        return _protocol(_checked(data, lines))
    except Refused as problem:
        if not name:
            raise
        raise Refused(f"{name}: {problem.why}", kind="input", fields=problem.fields) from problem


def protocol_check_answer(text: str) -> dict[str, Any]:
    """What `mfg protocol check` answers; never raises."""
    try:
        protocol = load(text)
    except Refused as problem:
        return {"accepted": False, "why": problem.fields.get("protocol") or [problem.why]}
    except RecursionError:
        return {"accepted": False, "why": ["The file is nested too deeply. Is it a protocol?"]}
    return {
        "accepted": True, "id": protocol.id, "title": protocol.title,
        "cohorts": [one.name for one in protocol.cohorts],
        "assumed": [{"key": one.key, "value": one.value, "because": one.because} for one in protocol.assumed],
        "unknown": list(protocol.unknown),
    }


def _checked(data: dict[str, Any], lines: Mapping[Path, int]) -> dict[str, Any]:
    """Through the schema, then what no single key can show; every problem with its path and line."""
    try:
        checked: dict[str, Any] = ProtocolPart().load(data)
    except ValidationError as wrong:
        raise refused(*(_sentence(path, why, lines) for path, why in _flat(wrong.messages))) from wrong
    if problems := [_sentence(path, why, lines) for path, why in _disagreements(checked)]:
        raise refused(*problems)
    return checked


def _flat(messages: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """marshmallow's nested messages as (path, words)."""
    if isinstance(messages, dict):
        for step, below in messages.items():
            skip = step == "_schema" or (step in ("value", "key") and path[:1] == ("assumed",) and len(path) == 2)
            yield from _flat(below, path if skip else (*path, step))
    elif isinstance(messages, list):
        for below in messages:
            yield from _flat(below, path)
    else:
        yield path, str(messages)


def _sentence(path: Path, why: str, lines: Mapping[Path, int]) -> str:
    known = next((lines[path[:cut]] for cut in range(len(path), 0, -1) if path[:cut] in lines), None)
    words = {"Missing data for required field.": "is missing. Add it.",
             "This is blank. Fill it in.": "is missing. Add it.",
             "Field may not be null.": "is null; a value was expected.",
             "Not a valid list.": "is not a list.", "Invalid input type.": "holds a single value; named keys were "
                                                                           "expected."}.get(why, why)
    where = f"Line {known}: " if known else ""
    return f"{where}{path_text(path) or 'the file'} {words}"[:400]


def _disagreements(checked: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """What is wrong between keys that are each right."""
    cohorts = checked["dose"]["cohorts"]
    names = [one["name"] for one in cohorts]
    arms = [one["name"] for one in (checked.get("schedule") or {}).get("arms", ())]
    if not cohorts:
        yield ("dose", "cohorts"), "is empty; at least one cohort was expected."
    for place, one in enumerate(cohorts):
        path: Path = ("dose", "cohorts", place)
        if names.index(one["name"]) < place:
            yield (*path, "name"), f"is “{one['name']}” a second time. Give each cohort its own name."
        if one.get("arm") is not None and one["arm"] not in arms:
            yield (*path, "arm"), f"names the arm “{one['arm']}”, which schedule.arms does not have."
        if not _fits_basis(checked["dose"].get("basis"), one):
            yield path, f"does not fit the basis {checked['dose']['basis']}."
    for place, gate in enumerate((checked.get("escalation") or {}).get("gates", ())):
        for key in ("before_cohort", "after_cohort"):
            if gate.get(key) is not None and gate[key] not in names:
                yield ("escalation", "gates", place, key), f"names the cohort “{gate[key]}”, which there is not."
    yield from _two_units(checked)
    yield from _assumptions(checked)


def _fits_basis(basis: str | None, one: Mapping[str, Any]) -> bool:
    if basis in (None, "mixed"):
        return True
    if basis == "range":
        return any(isinstance(one.get(key), dict) and "low" in one[key] for key in ("cells_per_kg", "cells"))
    return {"per_kg": "cells_per_kg", "flat": "cells", "weight_band": "bands"}[str(basis)] in one


def _two_units(checked: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """The same wait stated in hours and in days: nobody knows which one holds."""
    for section in SETTINGS:
        stated = [key for key in checked.get(section) or {} if key in SETTINGS[section]]
        canonical = [_in_hours(key)[0] for key in stated]
        for key in {one for one in canonical if canonical.count(one) > 1}:
            yield (section,), f"states {key.removesuffix('_hours')} in more than one unit. Keep one."


def _assumptions(checked: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    for key, reading in checked.get("assumed", {}).items():
        if key not in ASSUMABLE:
            yield ("assumed", key), "is not a value of a protocol that can be assumed. Correct its spelling."
            continue
        try:
            ASSUMABLE[key].deserialize(reading["value"])
        except ValidationError as wrong:
            yield from _flat(wrong.messages, ("assumed", key, "value"))


# --- from checked data to a Protocol ---------------------------------------------------------------------------


def _protocol(checked: dict[str, Any]) -> Protocol:
    stated = _stated(checked)
    readings = {key: (ASSUMABLE[key].deserialize(one["value"]), one["value"], one["because"])
                for key, one in checked.get("assumed", {}).items()}
    settings, assumed = _resolved(stated, readings)
    schedule, escalation = checked.get("schedule") or {}, checked.get("escalation") or {}
    return Protocol(
        id=checked["id"], title=checked["title"], version=checked.get("version"), settings=settings,
        cohorts=tuple(_cohort(one) for one in checked["dose"]["cohorts"]),
        assumed=assumed, unknown=tuple(_unknown(checked, settings)), sources=tuple(checked["sources"]),
        arms=tuple(Arm(one["name"], _settings_in(one, SETTINGS["schedule"])) for one in schedule.get("arms", ())),
        gates=tuple(Gate(one.get("before_cohort"), one.get("after_cohort"), tuple(one["decided_by"]), one["needs"])
                    for one in escalation.get("gates", ())),
        exceptional_release=checked.get("exceptional_release", False), facts=checked)


def _in_hours(key: str) -> tuple[str, int]:
    """The name under which a wait is kept, and the hours in its unit."""
    stem, _, unit = key.rpartition("_")
    spans = {f"{one}_hours" for one in ("interval", "minimum_gap", "course_interval", "course_minimum_gap",
                                        "gap_to_infusion", "sentinel", "dlt_window")}
    return (f"{stem}_hours", HOURS[unit]) if unit in HOURS and f"{stem}_hours" in spans else (key, 1)


def _settings_in(part: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Setting]:
    return {name: Setting(name, value) for name, value in
            (_kept(key, part[key]) for key in keys if key in part)}


def _kept(key: str, value: Any) -> tuple[str, Any]:
    """A value under the name and in the unit it is kept: waits in hours."""
    name, hours = _in_hours(key)
    if hours == 1 and name == key and not (isinstance(value, Limits) and key.endswith("_hours")):
        return name, value
    if isinstance(value, Limits) and value.low is not None and value.high is not None:
        return name, Limits(value.low * hours, value.high * hours, "h")
    return name, None if value is None else value * hours


def _stated(checked: dict[str, Any]) -> dict[str, Setting]:
    """Every setting the file states, null ones too; a section that is null leaves all its settings unknown."""
    found: dict[str, Setting] = {}
    for section, keys in SETTINGS.items():
        if section not in checked:
            continue
        part = checked[section]
        found |= _settings_in({_in_hours(key)[0]: None for key in keys} if part is None else part, keys)
    return found


def _resolved(stated: dict[str, Setting], readings: Mapping[str, tuple[Any, Any, str]]
              ) -> tuple[dict[str, Setting], tuple[Assumption, ...]]:
    """Stated values stand; readings fill nulls; defaults fill what is not there."""
    settings, assumed = dict(stated), []
    for key, (value, raw, because) in readings.items():
        name, kept = _kept(key, value)
        if name in stated and stated[name].value is not None:
            continue
        settings[name] = Setting(name, kept, assumed=True)
        assumed.append(Assumption(key, _raw_text(raw), because))
    for key in ("weight_cap_kg", "max_cells"):
        if key in settings and settings[key].value is None and key not in readings:
            settings[key] = Setting(key, NONE, assumed=True)
            assumed.append(Assumption(key, NONE, _NO_CAP))
    for key, (value, because) in DEFAULTS.items():
        if key not in settings and _ONLY_WITH.get(key, key) in (*settings, key):
            settings[key] = Setting(key, value, assumed=True)
            assumed.append(Assumption(key, plain(value) if isinstance(value, Decimal) else value, because))
    return settings, tuple(assumed)


def _raw_text(raw: Any) -> str | None:
    if raw is None:
        return None
    return " to ".join(str(one) for one in raw) if isinstance(raw, list) else str(raw)


def _unknown(part: Any, settings: Mapping[str, Setting], path: Path = ()) -> Iterator[str]:
    """The dotted path of every null that no reading fills."""
    if path == ("assumed",):
        yield from (f"assumed.{key}" for key, one in part.items() if one["value"] is None)
    elif isinstance(part, Mapping):
        for key, below in part.items():
            yield from _unknown(below, settings, (*path, key))
    elif isinstance(part, list):
        for place, below in enumerate(part):
            yield from _unknown(below, settings, (*path, place))
    elif part is None:
        one = settings.get(_in_hours(str(path[-1]))[0])
        if one is None or one.value is None or len(path) != 2:
            yield path_text(path)


def _cohort(one: Mapping[str, Any]) -> Cohort:
    stated = one.get("bands") or [one]
    return Cohort(one["name"], tuple(_band(part) for part in stated), one.get("participants"), one.get("arm"),
                  _settings_in(one, OF_A_COHORT))


def _band(part: Mapping[str, Any]) -> Band:
    unit, dose = (PER_KG, part["cells_per_kg"]) if "cells_per_kg" in part else (FLAT, part["cells"])
    dose = dose or {}
    return Band(unit, dose.get("target"), dose.get("low"), dose.get("high"), part.get("up_to_kg"))
