"""What has to be named with a result before it is kept, and what follows from it. Pure.

What is missing is refused: somebody can still enter it. What is named and was not in order is kept, for a result is
never lost, and opens its deviation: equipment that was overdue, a lot that was not released, an analyst not qualified.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mfg.equipment.rules import EQUIPMENT_USE, EquipmentUse
from mfg.facts import Finding, Limits, Reading, Refused, Verdict, judge, need, passed, plain, rule
from mfg.materials.rules import LotUse, lot_in_date, lot_released, within_open_life
from mfg.recipes.specification import Test
from mfg.training.rules import QUALIFIED, Qualification

#: the same questions as for a lot that goes into a batch, but for its amount
REAGENT_USE = (lot_released, lot_in_date, within_open_life)


@dataclass(frozen=True)
class Evidence:
    """What comes with a result about to be recorded. `controls` are the arms read beside the sample, by name."""

    asked: Test
    value: str
    roles: tuple[str, ...] = ()
    equipment: EquipmentUse | None = None
    lots: tuple[LotUse, ...] = ()
    events: int | None = None
    controls: tuple[tuple[str, str], ...] = ()
    qualification: Qualification | None = None


@rule("QC-15", "The equipment is named")
def equipment_named(f: Evidence) -> Any:
    """A result names the very instrument where its test asks for one (21 CFR 211.194(a), 11.10(h))."""
    if not f.asked.equipment:
        return Verdict.PASS, "No equipment has to be named."
    used = need(f.equipment, f"{f.asked.title} is done with a {f.asked.equipment}. Scan the one that was used.")
    return Verdict.PASS, f"Done with {used.equipment}.", used.equipment, f.asked.equipment


@rule("QC-16", "Every reagent is named")
def reagents_named(f: Evidence) -> Any:
    """A result names a lot of each kind of reagent that its test asks for (21 CFR 211.194(a)(2), (5))."""
    there = {one.kind for one in f.lots}
    for kind in f.asked.reagents:
        need(kind if kind in there else None, f"{f.asked.title} uses {kind}. Scan the lot that was used.")
    strange = [one for one in f.lots if one.kind not in f.asked.reagents]
    if strange:
        return Verdict.FAIL, (f"{strange[0].lot} is {strange[0].kind}; {f.asked.title} uses "
                              f"{', '.join(f.asked.reagents) or 'no reagent that is named'}. Scan the right lot.")
    return Verdict.PASS, f"{len(f.lots)} lots named."


@rule("QC-17", "Tested by somebody who may")
def may_test(f: Evidence) -> Any:
    """A test is done by the roles that its definition names (21 CFR 211.25, 11.10(g))."""
    ok = not f.asked.performers or bool(set(f.roles) & set(f.asked.performers))
    return passed(ok), ("The role fits." if ok else f"{f.asked.title} is done by: {', '.join(f.asked.performers)}. "
                        "One of them has to test.")


@rule("QC-18", "The events are told")
def events_told(f: Evidence) -> Any:
    """A share counted in a cytometer tells of how many events; without them nobody knows what it can claim."""
    if f.asked.events is None:
        return Verdict.PASS, "No number of events has to be told."
    found = need(f.events, f"{f.asked.title} is a share of counted events. Enter how many events its parent gate had.")
    return Verdict.PASS, f"{found} events.", str(found), f"at least {f.asked.events}"


@rule("QC-19", "Nothing is claimed below what the method can tell")
def within_the_method(f: Evidence) -> Any:
    """Below the limit of quantitation only a bound is reported, and no bound lies below the limit of detection
    (ICH Q2(R2))."""
    try:
        found = Reading.parse(f.value) if f.asked.kind == "reading" else None
    except Refused:
        found = None  # QC-03 tells it
    if found is None:
        return Verdict.PASS, "No limit of the method is asked for."
    if f.asked.loq is not None and not found.op and found.value < f.asked.loq:
        return Verdict.FAIL, (f"{found} lies below {plain(f.asked.loq)} {f.asked.unit}, which is the least the method "
                              f"puts a number to. Report it as <{plain(f.asked.loq)}.")
    if f.asked.lod is not None and found.op in ("<", "<=") and found.value < f.asked.lod:
        return Verdict.FAIL, (f"{found} claims more than the method can see: its limit of detection is "
                              f"{plain(f.asked.lod)} {f.asked.unit}. Report it as <{plain(f.asked.lod)}.")
    return Verdict.PASS, "The method can tell this."


@rule("QC-20", "The controls are there")
def controls_there(f: Evidence) -> Any:
    """A result that rests on controls is entered with what was read of them (domain dossier 3.2; ICH Q2(R2)); what
    is missing among them, their own rules tell."""
    if not f.asked.controls:
        return Verdict.PASS, "It rests on no controls."
    need(f.controls, f"{f.asked.title} rests on controls, and none was entered. Enter what was read of them.")
    return Verdict.PASS, f"{len(f.controls)} raw values of controls."


#: what has to be entered before a result is kept
NAMED = (equipment_named, reagents_named, may_test, events_told, within_the_method, controls_there)


def lapses(f: Evidence) -> tuple[tuple[str, str], ...]:
    """(class of deviation, sentence) of what was named and not in order when the test was done."""
    fit = judge(EQUIPMENT_USE, f.equipment) if f.equipment is not None else ()
    lots = tuple(one for lot in f.lots for one in judge(REAGENT_USE, lot))
    people = judge(QUALIFIED, f.qualification) if f.qualification is not None else ()
    told = (("equipment lapse", _wrong(fit)), ("limit breach", _wrong(lots)), ("training lapse", _wrong(people)))
    return tuple((kind, why) for kind, why in told if why)


def _wrong(findings: tuple[Finding, ...]) -> str:
    return " ".join(one.why for one in findings if one.verdict is not Verdict.PASS)


def claimed(asked: Test, verdict: Verdict, events: int | None) -> Verdict:
    """The verdict of a share once its events are counted: too few for the claim decide nothing, except a failure.

    A share above its limit stays a failure whatever was counted; a good one of too few events is not known to be good
    (domain dossier 4.5: 100 positives for a CV of 10 %).
    """
    enough = asked.events is None or (events is not None and events >= asked.events)
    return verdict if enough or verdict is Verdict.FAIL else Verdict.CANNOT_DETERMINE


def amount_shown(asked: Test, value: str) -> str:
    """A value beside what it would be when rounded to the decimals of its limit: both are shown, one is compared.

    One rule for the house: the value is compared as stored, never rounded (DESIGN section 7).
    """
    rounded = rounded_to(asked.limits, value)
    return f"{value}, compared as stored" + (f"; rounds to {rounded}" if rounded is not None else "")


def rounded_to(limits: Limits | None, value: str) -> str | None:
    """A value at the decimals of its limits, half up; None where it has no more than they, or is a bound or no
    number: a bound that is rounded is another bound."""
    bounds = [] if limits is None else [one for one in (limits.low, limits.high) if one is not None]
    try:
        reading = Reading.parse(value)
    except Refused:
        return None
    places = max((max(0, -int(one.as_tuple().exponent)) for one in bounds), default=None)
    if places is None or reading.op or -int(reading.value.as_tuple().exponent) <= places:
        return None
    rounded = reading.value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return None if rounded == reading.value else f"{rounded:f}"
