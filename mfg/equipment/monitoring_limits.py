"""How much may grow or float where: the action limits of EU GMP Annex 1, and the alert limits assumed below them.

Data, not behaviour. A site sets its own, stricter limits from its trends; those are records (`MonitoringLimit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SOURCE = "EU GMP Annex 1 (2022)"
ASSUMED_ALERT = "assumed: half of the action limit, until the site sets its own"
GRADES = ("A", "B", "C", "D")
CONDITIONS = ("at rest", "in operation")


@dataclass(frozen=True)
class Kind:
    """One kind of plate or count: its unit, what its count is scaled to, and whether it has to be incubated."""

    unit: str
    #: counts per this many minutes of exposure, or per this many litres of air
    per_minutes: int | None = None
    per_litres: int | None = None
    incubated: bool = True
    #: of a person: gloves, gown
    personal: bool = False


KINDS = {
    "active air": Kind("CFU/m3", per_litres=1000),
    "settle plate": Kind("CFU/4 h", per_minutes=240),
    "contact plate": Kind("CFU/plate"),
    "glove print": Kind("CFU/5 fingers", personal=True),
    "gown plate": Kind("CFU/plate", personal=True),
    "particles 0.5 um": Kind("1/m3", per_litres=1000, incubated=False),
    "particles 5 um": Kind("1/m3", per_litres=1000, incubated=False),
}


@dataclass(frozen=True)
class Action:
    """An action limit: a count above it is ACTION. None: the annex sets none, the site has to."""

    limit: Decimal | None
    source: str = SOURCE


def _row(*limits: str | None, source: str = SOURCE) -> dict[str, Action]:
    return {grade: Action(None if limit is None else Decimal(limit), source)
            for grade, limit in zip(GRADES, limits, strict=True)}


#: kind -> grade -> limit, in the unit of the kind. Grade A: no growth.
#: Gloves stand in the annex for A and B only; for gowns it has no row: that of contact plates is assumed.
GROWTH = {
    "active air": _row("0", "10", "100", "200"),
    "settle plate": _row("0", "5", "50", "100"),
    "contact plate": _row("0", "5", "25", "50"),
    "glove print": _row("0", "5", None, None),
    "gown plate": _row("0", "5", "25", "50", source="assumed: as contact plates"),
}
#: kind -> condition -> grade -> limit per cubic metre
PARTICLES = {
    "particles 0.5 um": {"at rest": _row("3520", "3520", "352000", "3520000"),
                         "in operation": _row("3520", "352000", "3520000", None)},
    "particles 5 um": {"at rest": _row("29", "29", "2930", "29300"),
                       "in operation": _row("29", "2930", "29300", None)},
}


def action_for(kind: str, grade: str, condition: str) -> Action:
    """The annex's action limit of this kind in this grade; particles also ask whether people work."""
    return (PARTICLES[kind][condition] if kind in PARTICLES else GROWTH[kind])[grade]


def assumed_alert(action: Decimal | None) -> Decimal | None:
    """Half of the action limit; none where there is none, or where nothing may grow."""
    return action / 2 if action else None


#: of the deviation that an ACTION opens, by grade (A and B are major; quality may classify it higher)
SEVERITY = {"A": "major", "B": "major", "C": "minor", "D": "minor"}
