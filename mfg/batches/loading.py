"""Loading cells with the bispecific antibody: the facts of one stage, and the rules they have to keep to.

Pure. Every limit comes from the approved master record; a limit that is unknown there, or a value that was not
recorded, leaves its rule undetermined. Where the numbers come from is `told.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.batches.growth import hours_between
from mfg.facts import Reading, need, passed, plain, rule, significant, verdict_from
from mfg.recipes.master import LoadingLimits, Setting

HUNDRED = Decimal(100)
MILLION = Decimal(10) ** 6
KIND = "bispecific antibody"
#: units a strength may be certified in -> ug/mL
STRENGTHS = {"ug/mL": Decimal(1), "mg/mL": Decimal(1000)}


@dataclass(frozen=True, slots=True)
class Antibody:
    """The lot that was scanned, as it stood when it was used."""

    code: str
    kind: str
    state: str
    expires_at: datetime
    strength: Decimal | None
    strength_unit: str | None

    @property
    def ug_per_ml(self) -> Decimal | None:
        """Concentration in ug/mL; None when the lot states none that can be read."""
        factor = STRENGTHS.get(self.strength_unit or "")
        return None if self.strength is None or factor is None else self.strength * factor


@dataclass(frozen=True)
class Loading:
    """What was recorded of one loading. Volumes in mL, cells as numbers of cells, percent as percent."""

    limits: LoadingLimits | None = None
    antibody: Antibody | None = None
    antibody_ml: Decimal | None = None
    cells: Decimal | None = None
    cells_after: Decimal | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    temperatures: tuple[Decimal, ...] = ()
    #: each wash: volume before taking off, volume left
    washes: tuple[tuple[Decimal | None, Decimal | None], ...] = ()
    loaded_percent: Decimal | None = None
    unloaded_percent: Decimal | None = None
    mfi_loaded: Decimal | None = None
    mfi_unloaded: Decimal | None = None
    mfi_saturated: Decimal | None = None
    free_ug_per_ml: Reading | None = None
    #: all bags of the dose the question is about
    dose_volume_ml: Decimal | None = None
    #: the moment the question is asked for
    at: datetime | None = None
    #: the batch and the master record
    sources: tuple[str, ...] = ()

    @property
    def expires_at(self) -> datetime | None:
        """End of the contact plus the time the cells keep the antibody."""
        hours = self.limits.retention_hours.value if self.limits else None
        return None if self.stopped is None or hours is None else self.stopped + hours_of(hours)

    @property
    def residual_fraction(self) -> Decimal | None:
        """Product of volume left over volume before, over all washes; None when any volume is missing."""
        fraction = Decimal(1)
        for total, left in self.washes:
            if not total or left is None:
                return None
            fraction *= left / total
        return fraction if self.washes else None


def hours_of(hours: Decimal) -> timedelta:
    """A span of hours, exact to the microsecond."""
    return timedelta(microseconds=int(hours * 3_600_000_000))


def _limit(f: Loading, name: str, words: str) -> Decimal:
    """One limit of the master record, or the rule cannot determine."""
    limits: LoadingLimits = need(f.limits, "The master record has no loading in it.")
    setting: Setting = getattr(limits, name)
    found: Decimal = need(setting.value, f"The master record does not say {words}. QA has to approve a value.")
    return found


def _said(f: Loading, name: str) -> str:
    """“, assumed” behind a limit that nobody has stated yet."""
    return " (assumed)" if f.limits is not None and getattr(f.limits, name).assumed else ""


@rule("LOAD-01", "The antibody lot may be used")
def antibody_usable(f: Loading) -> Any:
    """The lot is a released bispecific antibody, in date when contact began, with its concentration certified."""
    lot: Antibody = need(f.antibody, "No antibody lot was scanned.")
    started: datetime = need(f.started, "The start of the contact is not recorded.")
    if lot.kind != KIND:
        return passed(False), f"{lot.code} is {lot.kind}, not a {KIND}.", lot.kind, KIND, (lot.code,)
    if lot.state != "released":
        return passed(False), f"{lot.code} was {lot.state}, not released, when it was used.", lot.state, "released", \
            (lot.code,)
    ok = started <= lot.expires_at
    if ok:
        need(lot.ug_per_ml, f"{lot.code} states no concentration in ug/mL.")
    return passed(ok), (f"{lot.code} is released, {plain(lot.ug_per_ml or Decimal(0))} ug/mL, in date until "
                        f"{lot.expires_at:%Y-%m-%d}." if ok else
                        f"{lot.code} expired on {lot.expires_at:%Y-%m-%d}; contact began on {started:%Y-%m-%d}."), \
        f"{lot.expires_at:%Y-%m-%d}", f"{started:%Y-%m-%d}", (lot.code,)


@rule("LOAD-02", "Antibody per million cells")
def antibody_per_cells(f: Loading) -> Any:
    """The antibody added per 10^6 viable cells lies within the tolerance of the target."""
    added: Decimal = need(f.antibody_ml, "The volume of antibody added is not recorded.")
    lot: Antibody = need(f.antibody, "No antibody lot was scanned.")
    strength: Decimal = need(lot.ug_per_ml, f"{lot.code} states no concentration in ug/mL.")
    cells: Decimal = need(f.cells, "The number of cells to be loaded is not recorded.")
    target = _limit(f, "ug_per_million_cells", "how much antibody 10^6 cells need")
    tolerance = _limit(f, "ug_tolerance_percent", "how far the antibody may be off its target")
    if cells <= 0:
        return passed(False), "There are no cells to be loaded.", plain(cells), "more than 0"
    got = added * strength / cells * MILLION
    low, high = target * (HUNDRED - tolerance) / HUNDRED, target * (HUNDRED + tolerance) / HUNDRED
    why = (f"{plain(added)} mL x {plain(strength)} ug/mL / {significant(cells)} cells = {significant(got)} ug per 10^6 "
           f"cells; {plain(low)} to {plain(high)} was asked for{_said(f, 'ug_per_million_cells')}.")
    return passed(low <= got <= high), why, significant(got), f"{plain(low)} to {plain(high)}", f.sources


@rule("LOAD-03", "Contact time")
def contact_time(f: Loading) -> Any:
    """Cells and antibody were together for a time within the window."""
    started: datetime = need(f.started, "The start of the contact is not recorded.")
    stopped: datetime = need(f.stopped, "The end of the contact is not recorded.")
    low = _limit(f, "contact_minutes_low", "how long the contact takes at least")
    high = _limit(f, "contact_minutes_high", "how long the contact takes at most")
    minutes = hours_between(started, stopped) * 60
    why = (f"{started:%H:%M} to {stopped:%H:%M} UTC is {significant(minutes)} min; {plain(low)} to {plain(high)} min "
           f"was asked for{_said(f, 'contact_minutes_low')}.")
    return passed(low <= minutes <= high), why, significant(minutes), f"{plain(low)} to {plain(high)} min", f.sources


@rule("LOAD-04", "Contact temperature")
def contact_temperature(f: Loading) -> Any:
    """Every temperature read during contact lies within the window."""
    read: tuple[Decimal, ...] = need(f.temperatures, "No temperature of the contact is recorded.")
    low = _limit(f, "temperature_c_low", "how warm the contact is at least")
    high = _limit(f, "temperature_c_high", "how warm the contact is at most")
    told = ", ".join(plain(one) for one in read)
    ok = all(low <= one <= high for one in read)
    return passed(ok), f"{told} Cel was read; {plain(low)} to {plain(high)} Cel was asked for" \
                       f"{_said(f, 'temperature_c_low')}.", told, f"{plain(low)} to {plain(high)} Cel", f.sources


@rule("LOAD-05", "Antibody left by the washes")
def washed_off(f: Loading) -> Any:
    """The fraction of the supernatant that the washes leave, multiplied over all of them, is small enough."""
    need(f.washes, "No wash is recorded.")
    left: Decimal = need(f.residual_fraction, "A volume of a wash is not recorded.")
    most = _limit(f, "residual_fraction_max", "how much of the antibody the washes may leave")
    sums = " x ".join(f"{plain(rest or Decimal(0))}/{plain(total or Decimal(0))}" for total, rest in f.washes)
    why = f"{sums} = {significant(left)} is left; at most {plain(most)} may be{_said(f, 'residual_fraction_max')}."
    return passed(left <= most), why, significant(left), plain(most), f.sources


@rule("LOAD-06", "Recovery")
def recovery(f: Loading) -> Any:
    """Loading and washing keep enough of the viable cells."""
    before: Decimal = need(f.cells, "The number of cells to be loaded is not recorded.")
    after: Decimal = need(f.cells_after, "The number of cells after loading is not recorded.")
    least = _limit(f, "recovery_percent_min", "how many cells loading has to keep")
    if before <= 0:
        return passed(False), "There were no cells to be loaded.", plain(before), "more than 0"
    kept = after / before * HUNDRED
    why = (f"{significant(after)} of {significant(before)} cells = {significant(kept)} %; at least {plain(least)} % "
           f"was asked for{_said(f, 'recovery_percent_min')}.")
    return passed(kept >= least), why, significant(kept), f"at least {plain(least)} %", f.sources


@rule("LOAD-07", "Cells that carry the antibody")
def cells_loaded(f: Loading) -> Any:
    """Enough NK cells are positive for the bispecific, seen beside a paired unloaded control."""
    loaded: Decimal = need(f.loaded_percent, "The percentage of loaded cells is not recorded.")
    control: Decimal = need(f.unloaded_percent, "The unloaded control is missing; without it loading is not shown.")
    least = _limit(f, "loaded_percent_min", "how many cells have to carry the antibody")
    ok = loaded >= least and loaded > control
    why = (f"{plain(loaded)} % are positive, {plain(control)} % in the unloaded control; at least {plain(least)} %, "
           f"and more than the control, was asked for{_said(f, 'loaded_percent_min')}.")
    return passed(ok), why, plain(loaded), f"at least {plain(least)} %", f.sources


@rule("LOAD-08", "Signal over the unloaded control")
def signal_ratio(f: Loading) -> Any:
    """The fluorescence of loaded cells is a multiple of that of the unloaded control."""
    loaded: Decimal = need(f.mfi_loaded, "The MFI of the loaded cells is not recorded.")
    control: Decimal = need(f.mfi_unloaded, "The MFI of the unloaded control is not recorded.")
    least = _limit(f, "mfi_ratio_min", "how much brighter than the control loaded cells have to be")
    if control <= 0:
        need(None, "The MFI of the unloaded control is 0 or less; no ratio can be taken.")
    ratio = loaded / control
    why = (f"{plain(loaded)} / {plain(control)} = {significant(ratio)}; at least {plain(least)} was asked for"
           f"{_said(f, 'mfi_ratio_min')}.")
    return passed(ratio >= least), why, significant(ratio), f"at least {plain(least)}", f.sources


@rule("LOAD-09", "Saturation")
def saturation(f: Loading) -> Any:
    """The fluorescence of loaded cells is close enough to that of cells saturated with antibody."""
    loaded: Decimal = need(f.mfi_loaded, "The MFI of the loaded cells is not recorded.")
    full: Decimal = need(f.mfi_saturated, "The MFI of the saturated control is not recorded.")
    least = _limit(f, "saturation_percent_min", "how close to saturation loaded cells have to be")
    if full <= 0:
        need(None, "The MFI of the saturated control is 0 or less; no ratio can be taken.")
    percent = loaded / full * HUNDRED
    why = (f"{plain(loaded)} / {plain(full)} = {significant(percent)} %; at least {plain(least)} % was asked for"
           f"{_said(f, 'saturation_percent_min')}.")
    return passed(percent >= least), why, significant(percent), f"at least {plain(least)} %", f.sources


@rule("LOAD-10", "Free antibody in the dose")
def free_antibody(f: Loading) -> Any:
    """The unbound antibody in the whole dose stays below its limit; a bound such as <0.1 counts where it decides."""
    found: Reading = need(f.free_ug_per_ml, "The free antibody is not recorded.")
    volume: Decimal = need(f.dose_volume_ml, "The volume of the dose is not known yet.")
    most = _limit(f, "free_ug_per_dose_max", "how much free antibody a dose may hold")
    dose = Reading(found.value * volume, found.op)
    why = (f"{found} ug/mL x {plain(volume)} mL = {dose.op}{significant(dose.value)} ug; at most {plain(most)} ug was "
           f"asked for{_said(f, 'free_ug_per_dose_max')}.")
    return verdict_from(dose.at_most(most)), why, f"{dose.op}{significant(dose.value)}", f"at most {plain(most)} ug", \
        f.sources


@rule("LOAD-11", "Loaded product in date")
def loaded_in_date(f: Loading) -> Any:
    """Loaded cells are used before the time has passed for which they keep the antibody."""
    need(f.stopped, "The end of the contact is not recorded.")
    hours = _limit(f, "retention_hours", "how long loaded cells keep the antibody")
    at: datetime = need(f.at, "It is not known for which moment the question is asked.")
    ends: datetime = need(f.expires_at, "The expiry of the loaded cells cannot be computed.")
    why = (f"Contact ended {f.stopped:%Y-%m-%d %H:%M} UTC; + {plain(hours)} h{_said(f, 'retention_hours')} is "
           f"{ends:%Y-%m-%d %H:%M} UTC; it is asked for {at:%Y-%m-%d %H:%M} UTC.")
    return passed(at <= ends), why, f"{at:%Y-%m-%d %H:%M} UTC", f"until {ends:%Y-%m-%d %H:%M} UTC", f.sources


LOADING = (antibody_usable, antibody_per_cells, contact_time, contact_temperature, washed_off, recovery, cells_loaded,
           signal_ratio, saturation, free_antibody, loaded_in_date)
