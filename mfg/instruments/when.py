"""The date and time an instrument wrote, without and with a zone. Pure; it fills in nothing.

Whether the day or the month comes first is told by the dates of the whole column, never assumed. A time without a zone
stays the time on the instrument's clock until a person says the zone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from mfg.facts import Refused, shown

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?\Z"
_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})" + _CLOCK, re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})" + _CLOCK, re.ASCII)
_NAMED = re.compile(r"(\d{1,2}) ([A-Za-z]{3}) (\d{4})" + _CLOCK, re.ASCII)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2}) (\d{2})(\d{2})(\d{2})\Z", re.ASCII)
_OFFSET = re.compile(r"([+-]?)(\d{1,2})(?:(:)(\d{2})|[.,](\d{1,2}))?\Z", re.ASCII)


def day_and_month(texts: Sequence[str]) -> str:
    """"day first", "month first", "" where the column leaves it open, "both" where it contradicts itself."""
    found = [match for text in texts if (match := _NUMBERS.match(text.strip()))]
    day = any(int(one[1]) > 12 for one in found)
    month = any(int(one[3]) > 12 for one in found)
    return "both" if day and month else "day first" if day else "month first" if month else ""


def local_of(text: str, order: str = "") -> datetime | None:
    """Date and time on the instrument's clock, or None where the text does not give both beyond doubt."""
    text = text.strip()
    try:
        if found := _PACKED.match(text):
            return _moment(*(int(one) for one in found.groups()))
        if found := _NAMED.match(text):
            month = MONTHS.index(found[2].lower()) + 1
            return _moment(int(found[3]), month, int(found[1]), *_clock(found, 4))
        if found := _YEAR_FIRST.match(text):
            return _moment(int(found[1]), int(found[3]), int(found[4]), *_clock(found, 5))
        if found := _NUMBERS.match(text):
            return _ordered(found, order)
    except ValueError:
        pass
    return None


def _ordered(found: re.Match[str], order: str) -> datetime | None:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if order not in ("day first", "month first") and first != second:
        return None
    day, month = (first, second) if order == "day first" else (second, first)
    return _moment(year + 2000 if year < 100 else year, month, day, *_clock(found, 5))


def _clock(found: re.Match[str], at: int) -> tuple[int, int, int]:
    hour, half = int(found[at]), (found[at + 3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour, int(found[at + 1]), int(found[at + 2] or 0)


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the file gives no zone


def zone_of_offset(text: str) -> timezone | None:
    """The zone of an offset in hours such as "2", "-7", "5.5" or "5:30"; None where it is none."""
    found = _OFFSET.match(text.strip())
    if not found:
        return None
    minutes = int(found[2]) * 60
    part = found[5] or "0"
    minutes += int(found[4]) if found[3] else int(part) * 60 // 10 ** len(part)
    if minutes > 14 * 60 or (found[4] and int(found[4]) > 59):
        return None
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))


def zone_of(text: str) -> tzinfo:
    """The zone a person tells, or Refused: an offset such as +01:00, UTC, or a name such as Europe/Berlin."""
    offset = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", text, re.ASCII)
    if offset and int(offset[2]) <= 14 and int(offset[3]) < 60:
        delta = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(delta if offset[1] == "+" else -delta)
    if text in ("UTC", "Z"):
        return UTC
    try:
        if re.fullmatch(r"[A-Za-z]+(?:/[A-Za-z_+-]+){1,2}", text):
            return ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        pass
    raise Refused(f"{shown(text)} is not a time zone. Give UTC, an offset such as +01:00, or a name such as "
                  "Europe/Berlin.", kind="input", fields={"zone": ["Not known."]})


def in_zone(local: datetime, zone: tzinfo) -> datetime | None:
    """The moment in UTC; None where the clock showed that time twice or never."""
    once, again = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    there = once.astimezone(zone).replace(tzinfo=None) == local
    return once if once == again and there else None
