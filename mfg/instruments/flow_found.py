"""Counted populations as values of a measurement: the events, which are the raw data, and the share of the parent.

Whatever counted them: our own gating, FlowJo or FACSDiva. A share is always worked out here, from two whole counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from mfg.facts import Reading
from mfg.instruments.found import WHAT, Place, Value
from mfg.instruments.gates import ALL
from mfg.instruments.gating import share
from mfg.instruments.xml_tree import refused

MOST_POPULATIONS, LONGEST_PATH = 2_000, 1_000
_DAY = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})\Z", re.ASCII)
#: hundredths of a second, or sixtieths behind a colon, are left to the text
_CLOCK = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:[.:]\d{1,3})?\Z", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_COUNT = re.compile(r"\s*(\d{1,12})\s*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Counted:
    """One population: whole path, whole path of its parent (blank for the root), the count as written, and where."""

    path: str
    parent: str
    text: str
    place: str

    @property
    def events(self) -> int | None:
        """The count; None where the text is none, such as -1 for a gate nobody has counted."""
        found = _COUNT.match(self.text)
        return int(found[1]) if found else None


def both(one: str, other: str) -> str:
    """What the events are called that lie in two gates at once.

    >>> both("Live/NK", "Live/CD3+")
    'Live/NK and Live/CD3+'
    """
    return f"{one} and {other}"


def values_of(found: Iterable[Counted]) -> tuple[Value, ...]:
    """Events of every population, and its share of its parent right behind."""
    every = tuple(found)
    counts = {one.path: one.events for one in every}
    values: list[Value] = []
    for one in every:
        values.append(_events(one))
        if one.parent:
            values.append(_share(one, counts.get(one.parent)))
    return tuple(values)


def _events(one: Counted) -> Value:
    reading = Reading(Decimal(one.events)) if one.events is not None else None
    why = "" if reading else f"{one.path} has no count; open the file in its program, let it count, and export again."
    return Value("events", one.text.strip(), reading, WHAT["events"][1], Place(None, one.place), one.path, why,
                 one.parent)


def _share(one: Counted, of_events: int | None) -> Value:
    place, unit = Place(None, f"{one.place}, worked out from the counts"), WHAT["percent_of_parent"][1]
    percent, why = None, ""
    if one.events is None or of_events is None:
        why = f"The share of {one.path} is not known: {one.path} or {one.parent} has no count."
    elif one.events > of_events:
        why = f"{one.path} has {one.events} events, more than its parent {one.parent} with {of_events}."
    else:
        percent = share(one.events, of_events)
        why = "" if percent is not None else f"The parent {one.parent} has no events, so there is no share of it."
    text = f"{one.events} of {of_events}" if one.events is not None and of_events is not None else ""
    return Value("percent_of_parent", text, Reading(percent) if percent is not None else None, unit, place, one.path,
                 why, one.parent)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a run began: in UTC only where the text has a zone, else on the instrument's clock; and the text as it is,
    whatever is missing of it."""

    at: datetime | None
    local: datetime | None
    text: str


def moment(date: str, time: str = "") -> Moment:
    """Read `2026-11-20T10:11:12+01:00`, or `20-NOV-2026` with `10:11:12.50`, as the standard of FCS writes them.

    A year of two digits is in doubt and stays a text.
    """
    text = clean(f"{date} {time}")
    found = _told(date.strip(), time.strip())
    if found is None:
        return Moment(None, None, text)
    return Moment(found.astimezone(UTC), None, text) if found.tzinfo else Moment(None, found, text)


def _told(date: str, time: str) -> datetime | None:
    day = _DAY.match(date)
    clock = _CLOCK.match(time)
    try:
        if day and clock and day[2].lower() in _MONTHS:
            month = _MONTHS.index(day[2].lower()) + 1
            return datetime.fromisoformat(f"{day[3]}-{month:02}-{int(day[1]):02}T"
                                          f"{int(clock[1]):02}:{clock[2]}:{clock[3]}")
        return datetime.fromisoformat(date.replace("Z", "+00:00")) if "T" in date else None
    except ValueError:
        return None


def clean(text: str, longest: int = 120) -> str:
    """Text of a file without anything unprintable, such as marks that turn the direction of writing, and not endless.

    >>> clean("  NK\\u202e 1 ")
    'NK 1'
    """
    return "".join(char for char in text if char.isprintable()).strip()[:longest]


class Paths:
    """The whole paths of one sample. Namesakes under one parent are told apart by a number."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._next: dict[str, int] = {ALL: 2}

    def add(self, parent: str, name: str) -> tuple[str, bool]:
        """The whole path of a gate under its parent (blank: the root), and whether it needed a number.

        A slash inside a name is written with a backslash before it, so that it is not taken for a step of the path.
        """
        bare = (clean(name) or "(no name)").replace("\\", "\\\\").replace("/", "\\/")
        first = path = f"{parent}/{bare}" if parent else bare
        while path in self._next:
            path, self._next[first] = f"{first} ({self._next[first]})", self._next[first] + 1
        if len(path) > LONGEST_PATH or len(self._next) > MOST_POPULATIONS:
            raise refused(self.file, f"a sample has more than {MOST_POPULATIONS} populations, or one whose path has "
                                     f"more than {LONGEST_PATH} characters")
        self._next[path] = 2
        return path, path != first
