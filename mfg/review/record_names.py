"""Names and times as paper says them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.identity import Person

WHEN = "%Y-%m-%d %H:%M UTC"


def when(moment: datetime | None, never: str = "not yet") -> str:
    """A moment to the minute, in UTC."""
    return f"{moment:{WHEN}}" if moment else never


def signed_at(told: str) -> str:
    """A time as the trail gives it, on two lines: the day, then the time."""
    return f"{told[:10]}\n{told[11:19]} UTC"


def moment_of(moment: datetime) -> str:
    """A moment that was entered as a value: to the second where it has seconds."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment.second else when(moment)


class Names:
    """Printed names by person code, read once."""

    def __init__(self, session: Session) -> None:
        self.known = {code: name for code, name in session.execute(select(Person.code, Person.printed_name))}

    def __call__(self, code: str | None, at: datetime | None = None, *, apart: str = "\n") -> str:
        """Who, and when if told; nothing for nobody. `apart` stands between them."""
        if not code:
            return ""
        name = self.known.get(code, code)
        return f"{name}{apart}{when(at)}" if at else name
