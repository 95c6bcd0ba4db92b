"""What must be true before a dose is planned, filled and checked. Pure.

That the cells are the right ones and that there are enough of them is judged as for any container, in
`container_rules.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from mfg.facts import need, passed, plain, rule


@dataclass(frozen=True)
class Planning:
    """A dose about to be planned."""

    infusion: int
    #: infusions of the course in the protocol; None: not stated
    infusions: int | None
    protocol: str


@rule("FILL-01", "The infusion is one of the protocol's")
def infusion_planned(f: Planning) -> Any:
    """A batch makes doses only for infusions of the trial protocol."""
    most = need(f.infusions, f"{f.protocol} does not say how many infusions a course has.")
    ok = 1 <= f.infusion <= most
    return passed(ok), (f"Infusion {f.infusion} of {most}." if ok else
                        f"There is no infusion {f.infusion}: {f.protocol} has {most} in a course."), \
        str(f.infusion), str(most), (f.protocol,)


@dataclass(frozen=True)
class Filling:
    """A dose about to be filled from a container of loaded cells."""

    dose: str
    filled_at: datetime
    now: datetime
    #: end of the contact with the antibody; None: not recorded, or cells that are not loaded
    loading_stopped: datetime | None
    shelf_life_hours: Decimal | None
    retention_hours: Decimal | None
    loads: bool


@rule("FILL-02", "The expiry can be computed")
def expiry_known(f: Filling) -> Any:
    """A bag is filled only when its expiry follows from the record: shelf life, and loading where cells are loaded."""
    need(f.shelf_life_hours, "The master record states no shelf life. QA has to approve one.")
    if f.loads:
        need(f.loading_stopped, "The end of the loading of these cells is not recorded. Perform those steps first.")
        need(f.retention_hours, "The master record does not say how long loaded cells keep the antibody.")
    return passed(True), "Shelf life and loading are recorded."


@rule("FILL-03", "Filled before it expires, and not before now")
def filled_in_time(f: Filling) -> Any:
    """The time of filling has come, follows the loading, and lies before the expiry of the loaded cells."""
    if f.filled_at > f.now:
        return passed(False), f"{f.filled_at:%Y-%m-%d %H:%M} UTC has not come yet. Enter when filling ended."
    if not f.loads:
        return passed(True), "Filled in time."
    stopped: datetime = need(f.loading_stopped, "The end of the loading of these cells is not recorded.")
    hours: Decimal = need(f.retention_hours, "How long loaded cells keep the antibody is not stated.")
    ends = stopped + _span(hours)
    ok = stopped <= f.filled_at < ends
    return passed(ok), (f"Filled {f.filled_at:%Y-%m-%d %H:%M} UTC, before {ends:%Y-%m-%d %H:%M} UTC." if ok else
                        f"Filled {f.filled_at:%Y-%m-%d %H:%M} UTC; the cells were loaded until "
                        f"{stopped:%Y-%m-%d %H:%M} UTC and keep until {ends:%Y-%m-%d %H:%M} UTC. Load fresh cells."), \
        f"{f.filled_at:%Y-%m-%d %H:%M}", f"{ends:%Y-%m-%d %H:%M}", (f.dose,)


@dataclass(frozen=True)
class Checking:
    """A filled bag about to be checked by a second person."""

    dose: str
    scanned: str
    bags: tuple[str, ...]
    checked: bool
    first_ml: Decimal | None
    second_ml: Decimal


@rule("FILL-04", "The bag is of this dose")
def bag_of_dose(f: Checking) -> Any:
    """The bag that is checked is one of the present fill of this dose, and not checked yet."""
    if f.scanned not in f.bags:
        return passed(False), (f"{f.scanned} is not a bag of {f.dose} as it is filled now; that is "
                               f"{', '.join(f.bags) or 'none'}. Scan the right bag."), f.scanned, ", ".join(f.bags)
    return passed(not f.checked), f"{f.scanned} is{' already' if f.checked else ' not yet'} checked.", f.scanned, ""


@rule("FILL-05", "Both persons read the same volume")
def volumes_agree(f: Checking) -> Any:
    """The second person reads the volume without seeing the first reading, and it is exactly the same."""
    first: Decimal = need(f.first_ml, "The bag has no volume to compare with.")
    ok = first == f.second_ml
    return passed(ok), (f"{plain(first)} mL was read twice." if ok else
                        f"The two readings of the volume of {f.scanned} differ. Measure again; if the first was wrong, "
                        "fill the dose again."), "", "", (f.scanned,)


class End(NamedTuple):
    """One constraint on the use of a dose: until when, and the sentence that stands on screens and papers."""

    at: datetime
    why: str


def ends(filled_at: datetime, shelf_life_hours: Decimal, loading_stopped: datetime | None,
         retention_hours: Decimal | None) -> tuple[End, ...]:
    """Every constraint on the use of a dose that is known when it is filled, the earliest first: that one governs."""
    shelf = End(filled_at + _span(shelf_life_hours), f"filling ended + {plain(shelf_life_hours)} h shelf life")
    found = [shelf]
    if loading_stopped is not None and retention_hours is not None:
        found.append(End(loading_stopped + _span(retention_hours),
                         f"loading ended + {plain(retention_hours)} h antibody retention"))
    return tuple(sorted(found))


def expiry(filled_at: datetime, shelf_life_hours: Decimal, loading_stopped: datetime | None,
           retention_hours: Decimal | None) -> tuple[datetime, str]:
    """The earliest of these ends, and which constraint it is."""
    return ends(filled_at, shelf_life_hours, loading_stopped, retention_hours)[0]


def _span(hours: Decimal) -> timedelta:
    return timedelta(microseconds=int(hours * 3_600_000_000))


PLAN = (infusion_planned,)
FILL = (expiry_known, filled_in_time)
CHECK = (bag_of_dose, volumes_agree)
