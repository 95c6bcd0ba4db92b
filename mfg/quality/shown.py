"""How the pages of quality show what they share: times, due dates, filters, and what can be done next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from mfg.doors import Door

Cell = Any
#: from this long before its date, something due is told apart
SOON = timedelta(days=7)


def moment(at: datetime) -> str:
    """A time as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def by_at(by: str | None, at: datetime | None) -> str:
    """Who and when, or that nobody has."""
    return f"{moment(at)} by {by}" if by and at else "not yet"


def days(many: int) -> str:
    """A number of whole days in words."""
    return f"{many} day{'' if many == 1 else 's'}"


def due(until: datetime | None, at: datetime, *, ended: bool = False) -> Cell:
    """When something is due, as a cell: overdue is told by shape and word, never by colour alone."""
    if ended or until is None:
        return "" if ended else "no date"
    left = until - at
    if left < timedelta(0):
        return {"verdict": "FAIL", "text": f"overdue {days(max(1, (at - until).days))}", "sub": moment(until)}
    told = {"text": f"in {days(left.days)}", "sub": moment(until)}
    return told | {"verdict": "CANNOT DETERMINE"} if left <= SOON else told


def choice(name: str, label: str, choices: Iterable[tuple[str, str]], value: str) -> dict[str, Any]:
    """A filter of a list; its value came with the address and stays in it."""
    return {"name": name, "label": label, "kind": "choice", "choices": list(choices), "value": value, "hint": "",
            "unit": "", "error": None, "required": True, "readonly": False, "typed": False}


def states(names: Iterable[str]) -> list[tuple[str, str]]:
    """The states a list can be narrowed to."""
    return [("all", "All"), ("not ended", "Not ended"), *((one, one.capitalize()) for one in names)]


def actions(doors: Iterable[Door], url: str, verbs: Iterable[str], main: str) -> list[dict[str, Any]]:
    """A button for each verb that is possible now; `main` is the one that comes next."""
    wanted = set(verbs)
    return [{"url": f"{url}/{door.slug}", "label": door.title, "danger": door.danger and door.verb != main,
             "main": door.verb == main} for door in doors if door.verb in wanted]
