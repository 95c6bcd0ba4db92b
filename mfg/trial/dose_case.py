"""One case of `mfg dose check` becomes DoseFacts. It says what is not known and judges nothing.

Three answers to bad input, from hard to soft. A line that is no JSON object, or in which a key stands twice, is
unreadable (exit 64). A field nobody knows refuses the whole case, for it may be a misspelt measurement. A value
that is blank, of the wrong kind or impossible (NaN, negative, 120 %, a bare JSON number that may have been a
float) is not known: the rules that need it cannot determine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from mfg.facts import Reading, Refused, number, shown
from mfg.trial.dose import Bag, DoseFacts, Unread, Weight
from mfg.trial.protocol import Protocol

LONGEST_LINE = 1_000_000
Read = TypeVar("Read")
FIELDS = frozenset({"protocol", "cohort", "infusion", "decided_at", "weight", "bags", "cd3_per_kg_before"})
WEIGHT_FIELDS = frozenset({"kg", "measured_at"})
BAG_FIELDS = frozenset({"volume_ml", "residual_ml", "viable_cells_per_ml", "nk_percent", "cd3_percent",
                        "endotoxin_eu_per_ml"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bare:
    """A JSON number with a point or exponent, kept as written so that it never becomes a float."""

    text: str

    def __str__(self) -> str:
        return self.text


def parse(line: str | bytes) -> dict[str, Any]:
    """One line as an object; Refused when it is none, or when a key stands twice (JSON keeps the last silently)."""
    if len(line) > LONGEST_LINE:
        raise _unreadable(f"has {len(line)} characters; at most {LONGEST_LINE} are read")
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        case = _DECODER.decode(text.removeprefix("\ufeff").strip())
    except UnicodeDecodeError as broken:
        raise _unreadable("is not UTF-8 text") from broken
    except (ValueError, RecursionError) as broken:
        raise _unreadable("is not JSON") from broken
    if not isinstance(case, dict):
        raise _unreadable("is not a JSON object with named fields")
    return case


def _unreadable(what: str) -> Refused:
    return Refused(f"The line {what}. Write one case as one JSON object on one line.", kind="input")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Refused(f"The field {shown(twice)} stands in one object twice. Keep one.", kind="input")
    return found


# parse_constant: NaN and Infinity, which JSON does not have.
_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=Bare, parse_int=Bare, parse_constant=Bare)


def unknown_fields(case: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for every field nobody knows."""
    yield from _strangers(case, FIELDS, "")
    weight, bags = case.get("weight"), case.get("bags")
    if isinstance(weight, dict):
        yield from _strangers(weight, WEIGHT_FIELDS, "weight.")
    for place, bag in enumerate(bags if isinstance(bags, list) else ()):
        if isinstance(bag, dict):
            yield from _strangers(bag, BAG_FIELDS, f"bags[{place}].")


def _strangers(part: Mapping[str, Any], fields: frozenset[str], where: str) -> Iterator[str]:
    if part.keys() - fields:
        for key in part:
            if key not in fields:
                yield f"The field {shown(where + str(key))} is not known. Leave it out, or correct its spelling."


def facts_of(case: Mapping[str, Any], protocol: Protocol | Unread | None) -> DoseFacts:
    """What the case says, each value known, missing (None) or Unread."""
    return DoseFacts(protocol, _read(case.get("cohort"), "The cohort", _name),
                     _read(case.get("infusion"), "The infusion number", _whole),
                     _read(case.get("decided_at"), "The time of the decision", _moment),
                     _read(case.get("weight"), "The weight", _weight), _read_bags(case.get("bags")),
                     _read(case.get("cd3_per_kg_before"), "What the earlier doses held of CD3+ cells per kg", _exact))


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _read(value: Any, what: str, how: Callable[[Any, str], Read]) -> Read | Unread | None:
    """Blank is missing; what cannot be read keeps the sentence that says so."""
    if _blank(value):
        return None
    try:
        return how(value, what)
    except Refused as refused:
        return Unread(refused.why)


def _wrong(value: Any, what: str, expected: str) -> Refused:
    return Refused(f"{what} is {shown(value)}; {expected} was expected. Enter it again.", kind="input")


def _name(value: Any, what: str) -> str:
    if isinstance(value, (int, Bare)) and not isinstance(value, bool):
        raise _wrong(value, what, f'text in quotes, such as "{value}",')
    if not isinstance(value, str):
        raise _wrong(value, what, "text in quotes")
    return value.strip()


def _whole(value: Any, what: str) -> int:
    text = str(value).strip() if isinstance(value, (str, int, Bare)) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"-?\d{1,6}", text, re.ASCII):
        raise _wrong(value, what, "a whole number such as 1")
    return int(text)


def _moment(value: Any, what: str) -> datetime:
    expected = "a date and time with zone, such as 2026-11-20T09:00:00Z,"
    if not isinstance(value, str) or not _MOMENT.match(value.strip()):
        raise _wrong(value, what, expected)
    try:
        moment = datetime.fromisoformat(value.strip().upper())
    except ValueError as broken:
        raise _wrong(value, what, expected) from broken
    if not 2000 <= moment.year <= 2200:
        raise _wrong(value, what, "a year from 2000 to 2200")
    return moment.astimezone(UTC)


def _weight(value: Any, what: str) -> Weight:
    if not isinstance(value, dict):
        raise _wrong(value, what, 'an object such as {"kg": "70.0", "measured_at": "2026-11-20T08:00Z"}')
    return Weight(_read(value.get("kg"), "The recipient's weight in kg", _above_zero),
                  _read(value.get("measured_at"), "The time the weight was measured", _moment))


def _exact(value: Any, what: str) -> Decimal:
    """A number in quotes, not below 0."""
    if isinstance(value, (int, Bare)) and not isinstance(value, bool):
        raise Refused(f'{what} is {str(value)[:40]} without quotes, which a program may read inexactly. Write it in '
                      f'quotes: "{str(value)[:40]}".', kind="input")
    read = number(value, what=what)
    if read < 0:
        raise _wrong(value, what, "a number not below 0")
    return read


def _above_zero(value: Any, what: str) -> Decimal:
    read = _exact(value, what)
    if read == 0:
        raise _wrong(value, what, "a number above 0")
    return read


def _percent(value: Any, what: str) -> Decimal:
    read = _exact(value, what)
    if read > 100:
        raise _wrong(value, what, "a percentage from 0 to 100")
    return read


def _endotoxin(value: Any, what: str) -> Reading:
    if not isinstance(value, str):
        _exact(value, what)
    reading = Reading.parse(value, what=what)
    if reading.value < 0 or (reading.value == 0 and reading.op == "<"):
        raise _wrong(value, what, "a result not below 0")
    return reading


def _read_bags(value: Any) -> tuple[Bag, ...] | Unread:
    if _blank(value):
        return ()
    if not isinstance(value, list):
        return Unread(_wrong(value, "The list of bags", "a list of objects").why)
    for place, one in enumerate(value, 1):
        if not isinstance(one, dict):
            return Unread(_wrong(one, f"Bag {place}", "an object with volume, counts and purities").why)
    return tuple(_bag(f"bag {place}", one) for place, one in enumerate(value, 1))


def _bag(name: str, one: Mapping[str, Any]) -> Bag:
    return Bag(name, _read(one.get("volume_ml"), f"The volume of {name}", _above_zero),
               _read(one.get("residual_ml"), f"The residual volume of {name}", _exact),
               _read(one.get("viable_cells_per_ml"), f"The viable cell count of {name}", _counts) or (),
               _read(one.get("nk_percent"), f"The NK percentage of {name}", _percent),
               _read(one.get("cd3_percent"), f"The CD3+ percentage of {name}", _percent),
               _read(one.get("endotoxin_eu_per_ml"), f"The endotoxin result of {name}", _endotoxin))


def _counts(value: Any, what: str) -> tuple[Decimal, ...]:
    """All replicates or none: leaving a blank one out would change the mean."""
    if not isinstance(value, list):
        raise _wrong(value, what, 'a list of replicate counts, such as ["6.1e6", "5.9e6"],')
    return tuple(_exact(one, f"{what}, replicate {place},") for place, one in enumerate(value, 1))
