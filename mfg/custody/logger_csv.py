"""The file of a temperature logger: a strict reader of two or three columns. Pure; it judges no temperature.

What cannot be read for certain is refused with file, row, column and reason, never guessed: the zone of the times, the
unit, the decimal mark. A cell is text: nothing in it is ever evaluated. Blank is a reading that is missing, not 0.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from mfg.facts import Refused, shown
from mfg.instruments.when import zone_of

MOST_ROWS = 50_000
LARGEST = 4 * 1024 * 1024
MOST_FAULTS = 20
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
MARKS = {"point": ".", "comma": ","}
DATE_ORDERS = ("year first", "day first", "month first")
UNITS = {"Cel": "Cel", "[degF]": "[degF]"}
COLDEST, HOTTEST = Decimal("-273.15"), Decimal(200)

_TIME = frozenset({"timestamp", "time", "datetime", "date time", "date/time", "date and time", "zeit", "datum/zeit"})
_COUNTED = frozenset({"no", "no.", "nr", "nr.", "#", "index", "number", "reading"})
_UNIT = r"°?\s*[cf]|cel|celsius|fahrenheit|degc|degf"
_TEMPERATURE = re.compile(rf"(?:temperature|temp|temperatur)\.?[ _]*(?:[(\[]?\s*({_UNIT})\s*[)\]]?)?\Z", re.I)
_VALUE = re.compile(r"[+-]?\d{1,3}(?:([.,])(\d{1,3}))?\Z", re.ASCII)
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,6})?)?"
                   r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """What the person says of the file; blank: the file has to tell it itself, beyond doubt."""

    delimiter: str = ""
    mark: str = ""
    #: the zone of times without one: an IANA name such as Europe/Berlin, UTC, or an offset such as +01:00
    zone: str = ""
    unit: str = ""
    order: str = "year first"


@dataclass(frozen=True, slots=True)
class LogReading:
    """One row: when in UTC, degree Celsius, and the row of the file it stands in. None: the row has no reading."""

    row: int
    at: datetime
    celsius: Decimal | None


@dataclass(frozen=True, slots=True)
class Log:
    """A logger file as read, and how it was read."""

    readings: tuple[LogReading, ...]
    delimiter: str
    mark: str
    zone: str
    unit: str


class _Faults:
    """What is wrong, up to a number, each with row, column and reason."""

    def __init__(self, name: str) -> None:
        self.name, self.found = name, list[str]()

    def add(self, row: int, column: str, why: str) -> None:
        """One fault more; at the last one that is told the reading ends."""
        self.found.append(f"{self.name}, row {row}, column {column}: {why}")
        if len(self.found) >= MOST_FAULTS:
            self.stop()

    def stop(self) -> None:
        """Refuse if anything is wrong."""
        if self.found:
            more = f" {len(self.found)} faults in all are listed." if len(self.found) > 1 else ""
            raise Refused(f"{self.found[0]}{more} Nothing was read; hand in the file as the logger wrote it, or say "
                          "how it has to be read.", kind="input", fields={"file": self.found})


def read_log(name: str, content: bytes, told: Told) -> Log:
    """Every reading of a logger file in order of time, or Refused (kind "input") with what is wrong and where."""
    text = _text(name, content)
    delimiter = _delimiter(name, text, told.delimiter)
    rows = _rows(name, text, delimiter)
    _, header = rows[0] if rows else (1, [])
    time, temperature, unit_column, unit = _columns(name, header, told.unit)
    faults = _Faults(name)
    body = [(number, cells) for number, cells in rows[1:] if any(cell.strip() for cell in cells)]
    for number, cells in body:
        if len(cells) != len(header):
            faults.add(number, "all", f"{len(cells)} cells; {len(header)} were expected, as in the first row.")
    faults.stop()
    if not body:
        raise Refused(f"{name} has no reading. Hand in the file of the logger.", kind="input")
    mark = _mark(name, [cells[temperature].strip() for _, cells in body], told.mark)
    moments = _moments(faults, header[time], [(number, cells[time]) for number, cells in body], told)
    values = [_celsius(faults, number, header[temperature], cells[temperature], mark,
                       _unit_cell(faults, number, cells, unit_column) or unit) for number, cells in body]
    faults.stop()
    readings = tuple(LogReading(number, at, value)
                     for (number, _), at, value in zip(body, moments, values, strict=True) if at)
    _in_order(faults, header[time], readings)
    return Log(readings, delimiter, mark, told.zone or "in the file", unit or "in the file")


# --- the text, its rows and columns ------------------------------------------------------------------------------


def _text(name: str, content: bytes) -> str:
    if len(content) > LARGEST:
        raise Refused(f"{name} has {len(content) / 1e6:.1f} MB; at most {LARGEST // 2**20} MB of a logger are "
                      "read. Export the transit alone.", kind="input")
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(coding)
    except UnicodeDecodeError as broken:
        raise Refused(f"{name} is not UTF-8 or UTF-16 text (byte {broken.start + 1}). Save it as UTF-8 and hand it in "
                      "again.", kind="input") from broken
    if "\0" in text:
        raise Refused(f"{name} holds characters that no logger writes. Hand in the file as the logger wrote it.",
                      kind="input")
    return text


def _delimiter(name: str, text: str, told: str) -> str:
    if told:
        return DELIMITERS[told]
    first = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    there = [mark for mark in DELIMITERS.values() if mark in first]
    if len(there) != 1:
        raise Refused(f"{name}: its first row does not tell what stands between the columns. Say it: "
                      f"{', '.join(DELIMITERS)}.", kind="input", fields={"delimiter": ["Choose one."]})
    return there[0]


def _rows(name: str, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            found.append((len(found) + 1, cells))
            if len(found) > MOST_ROWS + 1:
                raise Refused(f"{name} has more than {MOST_ROWS} rows. Export the transit alone.", kind="input")
    except csv.Error as broken:
        raise Refused(f"{name}, row {len(found) + 1}: the row cannot be taken apart ({broken}). Hand in the file as "
                      "the logger wrote it.", kind="input") from broken
    return found


def _columns(name: str, header: Sequence[str], told_unit: str) -> tuple[int, int, int | None, str]:
    """Where time, temperature and unit stand, by their names in the first row; any other column is refused."""
    time = temperature = unit_column = None
    unit = told_unit
    for place, cell in enumerate(header):
        word = " ".join(cell.strip().lower().split())
        if word in _TIME and time is None:
            time = place
        elif (found := _TEMPERATURE.match(word)) and temperature is None:
            temperature = place
            unit = _one_unit(name, _ucum(found[1]), told_unit)
        elif word in ("unit", "einheit") and unit_column is None:
            unit_column = place
        elif word not in _COUNTED:
            raise Refused(f"{name}, row 1, column {place + 1}: {shown(cell)} is not known here. A time, a temperature, "
                          "and a unit or a running number were expected, named in the first row.", kind="input")
    if time is None or temperature is None or len(header) > 3:
        raise Refused(f"{name}, row 1: two or three columns named in the first row were expected, a time and a "
                      f"temperature among them; it has {shown(', '.join(header))}.", kind="input")
    if not unit and unit_column is None:
        raise Refused(f"{name}, row 1: the unit of the temperature is not told. Say it.", kind="input",
                      fields={"unit": ["Choose one."]})
    return time, temperature, unit_column, unit


def _ucum(text: str | None) -> str:
    letter = re.sub(r"[^a-z]", "", (text or "").lower()).removeprefix("deg")[:1]
    return {"c": "Cel", "f": "[degF]"}.get(letter, "")


def _one_unit(name: str, there: str, told: str) -> str:
    if there and told and there != told:
        raise Refused(f"{name}, row 1: the file says {there}; {told} was told. One of them is wrong.", kind="input",
                      fields={"unit": [f"The file says {there}."]})
    return there or told


def _unit_cell(faults: _Faults, row: int, cells: Sequence[str], column: int | None) -> str:
    if column is None:
        return ""
    unit = _ucum(cells[column]) if re.fullmatch(rf"\s*({_UNIT})\s*", cells[column], re.I) else ""
    if not unit:
        faults.add(row, "unit", f"{shown(cells[column])} is not °C or °F.")
    return unit


# --- numbers and times -------------------------------------------------------------------------------------------


def _mark(name: str, values: Sequence[str], told: str) -> str:
    """The decimal mark: told, or the one all numbers use; figures that could be thousands tell nothing."""
    found = [match for value in values if (match := _VALUE.match(value)) and match[1]]
    there = {match[1] for match in found}
    if told:
        return MARKS[told]
    if len(there) > 1 or (there and all(len(match[2]) == 3 for match in found)):
        raise Refused(f"{name}: it cannot be told whether a point or a comma stands before the decimals. Say it.",
                      kind="input", fields={"mark": ["Choose one."]})
    return there.pop() if there else "."


def _celsius(faults: _Faults, row: int, column: str, cell: str, mark: str, unit: str) -> Decimal | None:
    text = cell.strip()
    if not text:
        return None
    found = _VALUE.match(text)
    if not found or (found[1] and found[1] != mark):
        faults.add(row, shown(column), f"{shown(text)} is not a temperature with “{mark}” before the decimals.")
        return None
    value = Decimal(text.replace(",", "."))
    celsius = value if unit == "Cel" else ((value - 32) * 5 / 9).quantize(Decimal("0.001"))
    if not COLDEST <= celsius <= HOTTEST:
        faults.add(row, shown(column), f"{shown(text)} cannot be a temperature in transport.")
    return celsius


def _moments(faults: _Faults, column: str, cells: Sequence[tuple[int, str]], told: Told) -> list[datetime | None]:
    zone = zone_of(told.zone) if told.zone else None
    read = [_moment(faults, row, column, cell, told.order) for row, cell in cells]
    bare = [(row, one) for (row, _), one in zip(cells, read, strict=True) if one is not None and one.tzinfo is None]
    if bare and zone is None:
        faults.add(bare[0][0], shown(column), "the time has no zone, so nobody can say when it was. Say the zone the "
                                              "logger was set to.")
        faults.stop()
    if len({one.tzinfo is None for one in read if one is not None}) > 1:
        faults.add(bare[0][0], shown(column), "some times have a zone and some have none.")
        faults.stop()
    if zone is None or not bare:
        return [one.astimezone(UTC) if one else None for one in read]
    return list(_in_zone(faults, column, [row for row, _ in cells], read, zone))


def _moment(faults: _Faults, row: int, column: str, cell: str, order: str) -> datetime | None:
    found = _DATE.match(cell.strip())
    try:
        if not found:
            raise ValueError
        first, middle, last = int(found[1]), int(found[3]), int(found[4])
        year, month, day = {"year first": (first, middle, last), "day first": (last, middle, first),
                            "month first": (last, first, middle)}[order]
        if not 2000 <= year <= 2200:
            raise ValueError
        there = found[8]
        zone = None if not there else UTC if there in ("Z", "UTC") else zone_of(there)
        return datetime(year, month, day, int(found[5]), int(found[6]), int(found[7] or 0), tzinfo=zone)
    except (ValueError, Refused):
        faults.add(row, shown(column), f"{shown(cell)} is not a date and time with the {order}, such as "
                                       f"{_EXAMPLES[order]}.")
        return None


_EXAMPLES = {"year first": "2026-11-20 08:10:00", "day first": "20.11.2026 08:10:00",
             "month first": "11/20/2026 08:10:00"}


def _in_zone(faults: _Faults, column: str, rows: Sequence[int], local: Sequence[datetime | None],
             zone: tzinfo) -> Iterator[datetime | None]:
    """Local times as UTC. The hour that comes twice in autumn is told by its one step back; otherwise it is refused."""
    folds = _folds(local, zone)
    for row, one, fold in zip(rows, local, folds, strict=True):
        if one is None:
            yield None
            continue
        if fold is None:
            faults.add(row, shown(column), f"{one} comes twice on that day; it cannot be told which is meant. Say the "
                                           "zone as an offset such as +01:00.")
        moment = one.replace(tzinfo=zone, fold=fold or 0).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) != one:
            faults.add(row, shown(column), f"{one} never was: the clocks were set forward over it.")
        yield moment


def _folds(local: Sequence[datetime | None], zone: tzinfo) -> list[int | None]:
    """0 or 1 of every time; None where nobody can tell."""
    folds: list[int | None] = [0] * len(local)
    run: list[int] = []
    for place, one in enumerate([*local, None]):
        if one is not None and _twice(one, zone):
            run.append(place)
            continue
        _settle(run, local, folds)
        run = []
    return folds


def _twice(one: datetime, zone: tzinfo) -> bool:
    """The clock shows this time twice; a time it never shows also has two offsets, but does not come back as it was."""
    first, second = (one.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return first.utcoffset() != second.utcoffset() and all(
        moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == one for moment in (first, second))


def _settle(run: Sequence[int], local: Sequence[datetime | None], folds: list[int | None]) -> None:
    back = [later for before, later in zip(run, run[1:], strict=False)
            if (first := local[before]) is not None and (then := local[later]) is not None and then < first]
    for place in run:
        folds[place] = int(place >= back[0]) if len(back) == 1 else None


def _in_order(faults: _Faults, column: str, readings: Sequence[LogReading]) -> None:
    for before, after in zip(readings, readings[1:], strict=False):
        if after.at <= before.at:
            faults.add(after.row, shown(column), f"it is not later than row {before.row}.")
    faults.stop()
