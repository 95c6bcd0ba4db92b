"""Ordered transport conditions and how long custody may be between two hands, as data with their source. Pure.

What no source states is marked assumed, with its reading, until the site or the sponsor says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from mfg.facts import Limits


@dataclass(frozen=True, slots=True)
class Condition:
    """A temperature range ordered for transport, degree Celsius, limits inclusive."""

    name: str
    limits: Limits
    source: str
    assumed: bool = False


_TABLE = (
    Condition("2-8 °C", Limits(Decimal(2), Decimal(8), "Cel"),
              "USP <659> (cold); fresh cells are held at 2-8 °C or 15-25 °C as validated"),
    Condition("15-25 °C", Limits(Decimal(15), Decimal(25), "Cel"),
              "USP <659> (controlled room temperature is 20-25 °C); 15-25 °C as validated", True),
    Condition("-150 °C or colder", Limits(None, Decimal(-150), "Cel"),
              "vapour phase of liquid nitrogen, below the glass transition of water", True),
)
CONDITIONS: dict[str, Condition] = {one.name: one for one in _TABLE}

#: longest time between giving and taking; nobody states one, so it is assumed
BETWEEN_HANDS = timedelta(hours=1)
BETWEEN_HANDS_SOURCE = "assumed: no source names a limit; the site sets its own"
#: a logger keeps to its interval within this part of it. Below a third, so that a reading taken out of a regular log
#: always shows: two of its shortest steps are longer than its longest one.
JITTER = Decimal("0.25")
#: so far may the clock of a logger be ahead of ours
CLOCK_AHEAD = timedelta(minutes=5)

#: activation energy for mean kinetic temperature, kJ/mol, and the gas constant, kJ/(mol K): USP <1079.2>
ACTIVATION = Decimal("83.144")
GAS_CONSTANT = Decimal("0.0083144")
ZERO_CELSIUS = Decimal("273.15")
