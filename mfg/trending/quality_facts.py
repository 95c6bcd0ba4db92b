"""What a product quality review says of a period: parts with figures and rows, trends with every value. Pure.

What cannot be told says so in words: it is never left out, and never 0. The canonical bytes of these facts are what is
hashed and signed, and from them the signed paper is drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from mfg.canonical import canonical, plain_data
from mfg.trending.series import series
from mfg.trending.shown import trend_data
from mfg.trending.trend import Limits, Trend, Value

UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with the list it comes from. `value` may be words where there is no number."""

    label: str
    value: str
    url: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the review."""

    title: str
    figures: tuple[Figure, ...]
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    empty: str = ""


@dataclass(frozen=True)
class QualityFacts:
    """Everything the review says."""

    first: str
    last: str
    parts: tuple[Part, ...]
    trends: tuple[Trend, ...] = field(default_factory=tuple)

    @property
    def data(self) -> dict[str, Any]:
        """As plain data, the same for the same facts."""
        answer: dict[str, Any] = {"first": self.first, "last": self.last, "parts": plain_data(self.parts),
                                  "trends": [trend_data(one) for one in self.trends]}
        return answer

    @property
    def bytes(self) -> bytes:
        """What is kept and hashed."""
        return canonical(self.data)

    @property
    def hash(self) -> str:
        """What is signed."""
        return sha256(self.bytes).hexdigest()


def kept(data: dict[str, Any]) -> QualityFacts:
    """The facts as a signed review has kept them."""
    return QualityFacts(data["first"], data["last"], tuple(_part(one) for one in data["parts"]),
                        tuple(_trend(one) for one in data["trends"]))


def _part(data: dict[str, Any]) -> Part:
    return Part(data["title"], tuple(Figure(**one) for one in data["figures"]), tuple(data["headers"]),
                tuple(tuple(row) for row in data["rows"]), data["empty"])


def _trend(data: dict[str, Any]) -> Trend:
    values = tuple(Value(one["of"], datetime.fromisoformat(one["at"]), Decimal(one["value"]), one["url"],
                         one["record"], one["bound"], one["outside"], one["left_out"]) for one in data["values"])
    low, high = (None if data[side] is None else Decimal(data[side]) for side in ("low", "high"))
    return Trend(series(data["series"]), values, Limits(low, high, data["limits"]), data["earlier"])


def counted(many: int, label: str, url: str = "", why: str = "") -> Figure:
    """A figure that is a number."""
    return Figure(label, str(many), url, why)


def rows_of(rows: Sequence[Sequence[Any]]) -> tuple[tuple[str, ...], ...]:
    """Rows as text; what is missing says so."""
    return tuple(tuple("not recorded" if cell is None else str(cell) for cell in row) for row in rows)
