"""A trial protocol as data, and the dose it asks for. Pure: it reads no file (protocol_file.py does) and
judges nothing (dose_rules.py does). Nothing of one trial is written here.

A setting has three states. Not in `settings`: the trial has no such rule. Value None: the sources do not
say, so whoever needs it cannot determine. Otherwise known, and perhaps only `assumed` until the sponsor answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from mfg.facts import Missing, Refused, plain, shown

#: A cap that is known not to exist, as opposed to one nobody stated.
NONE = "none"
PER_KG, FLAT = "cells/kg", "cells"

#: What people call the settings a sentence can mention: words before the value, unit after it.
WORDS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "tolerance_pct": ("tolerance", " %"),
    "weight_cap_kg": ("weight cap", " kg"),
    "max_cells": ("most cells in a dose", ""),
    "weight_kind": ("kind of weight:", ""),
    "cell_basis": ("cells counted:", ""),
    "weight_max_age_days": ("weight at most", " days old"),
    "cd3_per_kg_max": ("CD3+ at most", " /kg"),
    "cd3_per_kg_cumulative_max": ("CD3+ of all infusions together at most", " /kg"),
    "endotoxin_eu_per_kg": ("endotoxin at most", " EU/kg in an hour"),
    "per_infusion_ml": ("volume", ""),
    "infusions_per_course": ("infusions in a course", ""),
    "replicates_min": ("counts at least", ""),
    "count_cv_max_pct": ("spread of counts at most", " %"),
})


@lru_cache(maxsize=4096)
def exact(value: Decimal) -> Fraction:
    """The fraction of a decimal, without rounding. The same limits come with every dose, so they are kept."""
    return Fraction(value)


@dataclass(frozen=True, slots=True)
class Assumption:
    """A reading of what the sources do not say; shown as assumed until the sponsor's answer is signed."""

    key: str
    value: str | None
    because: str


@dataclass(frozen=True)
class Setting:
    """One value of the protocol. None is unknown; a setting the trial does not have is not there at all."""

    key: str
    value: Any
    assumed: bool = False

    def __str__(self) -> str:
        return self.words

    @cached_property
    def words(self) -> str:
        """As a sentence says it: `tolerance 20 %`."""
        before, after = WORDS.get(self.key, (self.key, ""))
        value = plain(self.value) if isinstance(self.value, Decimal) else str(self.value)
        return f"{before} {value}{'' if value == NONE else after}"


@dataclass(frozen=True, slots=True)
class Band:
    """The dose for recipients up to a weight (kg, inclusive); None: for all heavier ones.

    `unit` is cells/kg or cells. A range has `low` and `high` and may lack `target`; a plain dose has only
    `target`. All None: the sources do not state the dose.
    """

    unit: str
    target: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    up_to_kg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Cohort:
    """A dose group. Its own settings come before those of its arm and of the protocol."""

    name: str
    bands: tuple[Band, ...]
    participants: int | None = None
    arm: str | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arm:
    """A group that differs in its schedule, for instance in the number of infusions."""

    name: str
    settings: Mapping[str, Setting]


@dataclass(frozen=True, slots=True)
class Gate:
    """A decision people take before a cohort opens, and by whom."""

    before_cohort: str | None
    after_cohort: str | None
    decided_by: tuple[str, ...]
    needs: str


@dataclass(frozen=True)
class Protocol:
    """One version of a trial protocol. Hours in `settings` are elapsed hours, volumes mL, doses cells.

    `facts` is everything the file says, for screens and paper; rules use `settings`.
    """

    id: str
    title: str
    version: str | None
    cohorts: tuple[Cohort, ...]
    settings: Mapping[str, Setting]
    assumed: tuple[Assumption, ...]
    unknown: tuple[str, ...]
    sources: tuple[str, ...]
    arms: tuple[Arm, ...] = ()
    gates: tuple[Gate, ...] = ()
    exceptional_release: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How sentences name it: the identifier, and the version where there is one."""
        return f"{self.id} version {self.version}" if self.version else self.id

    @cached_property
    def differing(self) -> frozenset[str]:
        """Settings of which a cohort or an arm has its own value: nobody can tell them without the cohort."""
        parts = [one.settings for one in self.cohorts] + [one.settings for one in self.arms]
        return frozenset(key for settings in parts for key in settings)


def cohort(protocol: Protocol, name: str) -> Cohort:
    """The cohort of that name, or a refusal that lists those there are."""
    for one in protocol.cohorts:
        if one.name == name:
            return one
    there = ", ".join(one.name for one in protocol.cohorts)
    raise Refused(f"Protocol {protocol.name} has no cohort {shown(name)}. Choose one of: {there}.", kind="not found")


def setting(protocol: Protocol, key: str, of: Cohort | None = None) -> Setting | None:
    """The setting as it stands for a cohort, known or not; None when the trial has no such rule."""
    if of is not None:
        if key in of.settings:
            return of.settings[key]
        for arm in protocol.arms:
            if arm.name == of.arm and key in arm.settings:
                return arm.settings[key]
    return protocol.settings.get(key)


def known(protocol: Protocol, key: str, of: Cohort | None = None) -> Setting | None:
    """The setting when it is known, None when the trial has no such rule; stops the rule when unknown."""
    found = setting(protocol, key, of)
    if found is not None and found.value is None:
        raise Missing(f"Protocol {protocol.name} does not say: {WORDS.get(key, (key,))[0].rstrip(':')} ({key}). "
                      "Ask the sponsor and record the answer.")
    return found


@dataclass(frozen=True, slots=True)
class Target:
    """What one dose must hold, in cells of the whole dose, exact. Bounds are inclusive.

    `low` and `high` are None when `unknown` says why; `cells` is None for a range without a stated target.
    """

    cells: Fraction | None
    low: Fraction | None
    high: Fraction | None
    #: "cells/kg" or "cells": how the protocol states the dose
    basis: str
    #: the dose as stated, in that basis
    stated: Decimal | None
    #: the weight that counts (capped where the trial caps it); None where the dose is flat and none is known
    dosing_kg: Fraction | None
    #: percent of the target, as text, for sentences: "80 to 120 %" or "the range 5e6 to 1e7"
    window: str
    #: every setting that took part, for the "(assumed)" marks
    used: tuple[Setting, ...] = ()
    unknown: str = ""

    @property
    def assumed(self) -> tuple[str, ...]:
        """The assumed readings among them, in words."""
        return tuple(f"{one} (assumed)" for one in self.used if one.assumed)


def dosing_weight(protocol: Protocol, of: Cohort | None, kg: Decimal) -> Fraction:
    """The weight that counts, kg: the measured one, or the trial's cap when that is lower."""
    cap = known(protocol, "weight_cap_kg", of)
    return exact(kg if cap is None or cap.value == NONE else min(kg, cap.value))


def band(protocol: Protocol, of: Cohort, kg: Decimal | None) -> Band:
    """The dose that goes with a weight; stops the rule when the weight is needed and not there."""
    if len(of.bands) == 1:
        return of.bands[0]
    if kg is None:
        raise Missing(f"The weight is missing, and the dose of cohort {of.name} depends on it. Enter it.")
    return next(one for one in of.bands if one.up_to_kg is None or kg <= one.up_to_kg)


def target(protocol: Protocol, of: Cohort, kg: Decimal | None) -> Target:
    """The cells one dose must hold. Raises Missing when the dose or a weight it needs is not known.

    `max_cells` bounds the dose itself, so no tolerance reaches above it. A stated range is its own
    tolerance.
    """
    chosen = _stated_band(protocol, of, kg)
    weight = None if kg is None else dosing_weight(protocol, of, kg)
    times = weight if chosen.unit == PER_KG and weight is not None else Fraction(1)
    window = _window(protocol, of, chosen)
    most = known(protocol, "max_cells", of)
    ceiling = None if most is None or most.value == NONE else exact(most.value)
    cells, low, high = _whole_dose(chosen, window, times, ceiling)
    cap = setting(protocol, "weight_cap_kg", of) if chosen.unit == PER_KG else None
    used = tuple(one for one in (window.tolerance, cap, most) if one is not None)
    return Target(cells, low, high, chosen.unit, chosen.target, weight, window.words, used, window.unknown)


def _stated_band(protocol: Protocol, of: Cohort, kg: Decimal | None) -> Band:
    chosen = band(protocol, of, kg)
    if chosen.target is None and chosen.low is None:
        raise Missing(f"Protocol {protocol.name} does not state the dose of cohort {of.name}. Ask the sponsor.")
    if chosen.unit == PER_KG and kg is None:
        raise Missing("The weight is missing, and the dose is per kg. Enter it.")
    return chosen


@dataclass(frozen=True, slots=True)
class _Window:
    """Bounds in the unit of the dose, before weight and caps."""

    low: Fraction | None
    high: Fraction | None
    words: str
    tolerance: Setting | None = None
    unknown: str = ""


def _window(protocol: Protocol, of: Cohort, chosen: Band) -> _Window:
    """A stated range as it is; otherwise the target with the tolerance around it."""
    if chosen.low is not None and chosen.high is not None:
        words = f"the range {plain(chosen.low)} to {plain(chosen.high)} {chosen.unit}"
        return _Window(exact(chosen.low), exact(chosen.high), words)
    tolerance = setting(protocol, "tolerance_pct", of)
    if tolerance is None or tolerance.value is None or chosen.target is None:
        why = (f"Protocol {protocol.name} does not say how far a dose may lie from its target (tolerance_pct). "
               "Ask the sponsor and record the answer.")
        return _Window(None, None, "", tolerance, why)
    share = Decimal(0) if tolerance.value == NONE else tolerance.value
    low, high = _around(chosen.target, share)
    return _Window(low, high, f"{plain(100 - share)} to {plain(100 + share)} % of the target", tolerance)


@lru_cache(maxsize=256)
def _around(middle: Decimal, percent: Decimal) -> tuple[Fraction, Fraction]:
    """Low and high, so many percent to either side; the same few for every dose of a trial."""
    return (exact(middle) * (100 - exact(percent)) / 100, exact(middle) * (100 + exact(percent)) / 100)


def _whole_dose(chosen: Band, window: _Window, times: Fraction, ceiling: Fraction | None
                ) -> tuple[Fraction | None, Fraction | None, Fraction | None]:
    """Target, low and high in cells. A cap that lowers the target lowers `low` in the same proportion."""

    def capped(value: Fraction | None) -> Fraction | None:
        return value if value is None or ceiling is None else min(value, ceiling)

    full = None if chosen.target is None else exact(chosen.target) * times
    cells = capped(full)
    scale = cells / full if cells is not None and full else Fraction(1)
    low = None if window.low is None else window.low * times * scale
    return cells, capped(low), capped(None if window.high is None else window.high * times)
