"""Canonical JSON: the same facts always give the same bytes, so that a hash of them means something.

Floats are forbidden (they have no exact text), decimals are written without padding, times in UTC.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson

from mfg.facts import EXACT

_PLAIN = frozenset({str, int, bool, type(None)})
#: the names of the fields of every dataclass met so far: asking for them costs more than reading them
_FIELDS: dict[type, tuple[str, ...]] = {}


def plain_data(value: Any) -> Any:
    """One value as str, int, bool or None; lists and dicts throughout. A float is refused."""
    kind = type(value)
    if kind in _PLAIN:  # most values are these, and no more is asked of them
        return value
    if kind in _FIELDS:
        return {name: one if type(one := getattr(value, name)) in _PLAIN else plain_data(one) for name in _FIELDS[kind]}
    return _less_common(value)


def _less_common(value: Any) -> Any:
    """Every other kind there is."""
    if isinstance(value, (str, bool, int)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)} us"
    if isinstance(value, dict):
        return {str(key): plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [plain_data(item) for item in items]
    if isinstance(value, bytes):
        return value.hex()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        _FIELDS[type(value)] = tuple(f.name for f in dataclasses.fields(value))
        return plain_data(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def decimal_text(value: Decimal) -> str:
    """A decimal without padding zeros, never with an exponent: equal numbers, equal text."""
    if not value.is_finite():
        raise TypeError(f"{value} has no canonical form.")
    text = f"{value.normalize(EXACT):f}"
    return "0" if text == "-0" else text


def canonical(value: Any) -> bytes:
    """The bytes that are stored and hashed: UTF-8 JSON, keys sorted, no white space."""
    return orjson.dumps(plain_data(value), option=orjson.OPT_SORT_KEYS)
