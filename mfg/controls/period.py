"""A period of whole days in UTC, as it stands in the address of a page: first and last day, both counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mfg.facts import Refused, shown

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """`first` and `last` are days; None leaves that side open."""

    first: date | None = None
    last: date | None = None

    @property
    def begins(self) -> datetime | None:
        """The first moment that counts."""
        return datetime.combine(self.first, time(), UTC) if self.first else None

    @property
    def ends(self) -> datetime | None:
        """The first moment that counts no more."""
        return datetime.combine(self.last, time(), UTC) + DAY if self.last else None

    def holds(self, at: datetime) -> bool:
        """Does the moment lie in it?"""
        return (self.begins is None or at >= self.begins) and (self.ends is None or at < self.ends)

    @property
    def asked(self) -> str:
        """The same for an address; empty when both sides are open."""
        told = [f"{name}={day.isoformat()}" for name, day in (("from", self.first), ("to", self.last)) if day]
        return f"?{'&'.join(told)}" if told else ""

    @property
    def code(self) -> str:
        """The same as one part of an address: 2026-01-01_2026-12-31."""
        return f"{self.first or ''}_{self.last or ''}"

    def __str__(self) -> str:
        return f"{self.first or 'the beginning'} to {self.last or 'now'}"


def read_period(asked: Mapping[str, str]) -> Period:
    """The period of an address. A day that cannot be read, or an end before the beginning, is refused."""
    first, last = _day(asked.get("from", "")), _day(asked.get("to", ""))
    if first and last and last < first:
        raise Refused(f"The period ends on {last} before it begins on {first}. Change one of them.", kind="input")
    return Period(first, last)


def period_of(code: str) -> Period:
    """The period of one part of an address, as `Period.code` writes it."""
    first, there, last = code.partition("_")
    if not there:
        raise Refused(f"{shown(code)} is not a period; two days such as 2026-01-01_2026-12-31 were expected.",
                      kind="not found")
    return read_period({"from": first, "to": last})


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        read = date.fromisoformat(text.strip())
    except ValueError:
        read = None
    if read is None or not 2000 <= read.year <= 2200:
        raise Refused(f"{shown(text)} is not a day; year-month-day was expected, for example 2026-11-20.", kind="input")
    return read


def period_fields(period: Period) -> list[dict[str, Any]]:
    """The two fields with which a page is narrowed."""
    return [{"name": name, "label": label, "kind": "date", "choices": [], "value": day.isoformat() if day else "",
             "hint": "", "unit": "", "error": None, "required": False, "readonly": False, "typed": False}
            for name, label, day in (("from", "From", period.first), ("to", "To", period.last))]
