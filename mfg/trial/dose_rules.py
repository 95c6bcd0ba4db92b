"""What must be true of a dose before it may be given: cells, volume, weight, T cells, endotoxin. Pure.

Release, the worksheet and `mfg dose check` ask these same rules. Which numbers count as known is decided where a
case is read (dose_case.py): blank, unreadable or impossible is not known, and never passes. Two known numbers that
contradict each other FAIL (DOSE-08).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from mfg.facts import Missing, Verdict, passed, plain, rule, verdict_from
from mfg.trial.agreement import calculations_agree
from mfg.trial.dose import (
    Bag,
    DoseFacts,
    Weight,
    bags_of,
    cd3_per_kg,
    cd3_together,
    cohort_of,
    deviation,
    dosing_kg,
    endotoxin_limit,
    given_total_ml,
    have,
    interval,
    kg_of,
    once,
    protocol_of,
    target_of,
    viable_nk,
    volume_ml,
    weight_of,
)
from mfg.trial.protocol import PER_KG, Setting, Target, exact, known, setting
from mfg.trial.shown import apart, readable, rounded, short, tenth_down, tenth_up

__all__ = ["DOSE", "Bag", "DoseFacts", "Weight"]

#: What a protocol may call the cells this arithmetic counts.
COUNTED = frozenset({"viable cd3-cd56+ nk cells", "viable nk cells", "viable nk"})
_SENSIBLE_ML = 10_000


def _marks(used: Iterable[Setting | None]) -> str:
    """The readings a decision rests on, each marked, to stand at the end of its sentence."""
    marks = "; ".join(f"{one} (assumed)" for one in used if one is not None and one.assumed)
    return f" Rests on: {marks}." if marks else ""


@once
def _sources(f: DoseFacts) -> tuple[str, ...]:
    """Where the numbers come from: protocol version, bags, weight."""
    weight = (f.weight.code,) if isinstance(f.weight, Weight) and f.weight.code else ()
    return (protocol_of(f).name, *(name for name, _ in bags_of(f)), *weight)


def _setting(f: DoseFacts, key: str) -> Setting | None:
    """The protocol's value; the cohort is asked for only where cohorts differ in it."""
    protocol = protocol_of(f)
    return known(protocol, key, cohort_of(f) if key in protocol.differing else None)


def _basis(f: DoseFacts) -> Setting | None:
    """The cells the protocol counts, which must be the cells this arithmetic counts."""
    basis = _setting(f, "cell_basis")
    if basis is not None and str(basis.value).replace("−", "-").strip().lower() not in COUNTED:
        raise Missing(f"Protocol {protocol_of(f).name} counts “{basis.value}”; only viable NK cells are computed "
                      "here. Ask the sponsor which cells the dose means.")
    return basis


@rule("DOSE-01", "The dose matches the cohort's target")
def dose_matches(f: DoseFacts) -> Any:
    """The viable NK cells given lie within the cohort's target and its tolerance, bounds included (R32)."""
    asked, basis, cells = target_of(f), _basis(f), viable_nk(f)
    if asked.low is None or asked.high is None:
        raise Missing(asked.unknown)
    ok = asked.low <= cells <= asked.high
    unit = Fraction(1) if asked.basis != PER_KG or asked.dosing_kg is None else asked.dosing_kg
    value, low, high = cells / unit, asked.low / unit, asked.high / unit
    words = _dose_words(f, asked, (value, low, high))
    why = f"{words}{'' if ok else ' ' + _what_to_do(f, asked, cells)}{_marks((*asked.used, basis))}"
    return (passed(ok), why, f"{readable(value)} {{cells}}{asked.basis.removeprefix('cells')}",
            f"{readable(low)} to {readable(high)} {{cells}}{asked.basis.removeprefix('cells')}", _sources(f))


def _dose_words(f: DoseFacts, asked: Target, numbers: tuple[Fraction, Fraction, Fraction]) -> str:
    """`7.4e6 viable NK/kg is below 80 % of the 1e7 target (cohort 1, protocol ...); weight ...`."""
    value, low, high = numbers
    unit = "viable NK/kg" if asked.basis == PER_KG else "viable NK cells"
    tolerance = next((one for one in asked.used if one.key == "tolerance_pct"), None)
    of = _bound_words(asked, tolerance, value < low) if value < low or value > high else ""
    where = f"(cohort {cohort_of(f).name}, protocol {protocol_of(f).name}){_weight_words(f)}"
    if of:
        side = "below" if value < low else "above"
        return f"{apart(value, (low, high))} {unit} is {side} {of} {where}."
    share = "" if not asked.cells else f" is {short(100 * viable_nk(f) / asked.cells)} % of the target and"
    return f"{short(value)} {unit}{share} lies within {asked.window} {where}."


def _bound_words(asked: Target, tolerance: Setting | None, under: bool) -> str:
    """The bound that was missed, as the protocol puts it."""
    if asked.stated is None or tolerance is None or tolerance.value is None:
        return f"{asked.window}" if not asked.stated else f"{plain(asked.stated)}"
    share = Decimal(0) if not isinstance(tolerance.value, Decimal) else tolerance.value
    capped = asked.high is not None and asked.cells is not None and not under and \
        asked.high * 100 != asked.cells * Fraction(100 + share)
    if capped and asked.high is not None:
        return f"the most a dose may hold, {short(asked.high)} cells,"
    return f"{plain(100 - share if under else 100 + share)} % of the {plain(asked.stated)} target"


def _weight_words(f: DoseFacts) -> str:
    """The weight as measured and, where a cap lowers it, as counted."""
    if not isinstance(f.weight, Weight) or not isinstance(f.weight.kg, Decimal):
        return ""
    capped = "" if dosing_kg(f) == exact(f.weight.kg) else f", counted as {short(dosing_kg(f), 5)} kg (weight cap)"
    when = f" measured {f.weight.measured_at:%Y-%m-%d}" if hasattr(f.weight.measured_at, "year") else ""
    return f"; weight {f.weight.kg} kg{when}{capped}"


def _what_to_do(f: DoseFacts, asked: Target, cells: Fraction) -> str:
    """The volume that would reach the bound, where filling can reach it; otherwise whom to ask."""
    given = given_total_ml(f)
    kept = volume_ml(f) - given
    if asked.low is None or asked.high is None or cells <= 0 or given <= 0:
        return "Count again, or ask the sponsor."
    under = cells < asked.low
    needed = (asked.low if under else asked.high) * given / cells + kept
    if needed >= _SENSIBLE_ML or needed <= 0:
        return "Check volume, counts and weight for a slip, or ask the sponsor."
    room = setting(protocol_of(f), "per_infusion_ml", cohort_of(f))
    if room is not None and room.value is not None and not \
            exact(room.value.low) <= needed <= exact(room.value.high):
        change = "more concentrated" if under else "more diluted"
        return f"No volume within {room.value} reaches it: prepare it {change}, or ask the sponsor."
    if under:
        return f"Fill at least {tenth_up(needed)} mL, or ask the sponsor."
    return f"Fill at most {tenth_down(needed)} mL, or ask the sponsor."


@rule("DOSE-02", "The volume is within the protocol's bounds")
def volume_within(f: DoseFacts) -> Any:
    """The total volume of one infusion, over all its bags, lies within the protocol's bounds, included (R33)."""
    limits, total = _setting(f, "per_infusion_ml"), volume_ml(f)
    if limits is None:
        return Verdict.PASS, f"Protocol {protocol_of(f).name} sets no volume for an infusion.", f"{readable(total)} mL"
    low, high = exact(limits.value.low), exact(limits.value.high)
    ok = low <= total <= high
    how = "lies within" if ok else ("is below" if total < low else "is above")
    todo = "" if ok else (" Add diluent or" if total < low else " Concentrate it, or") + " ask the sponsor."
    shown = apart(total, (low, high))
    return (passed(ok), f"The infusion has {shown} mL, which {how} {limits.value}.{todo}{_marks((limits,))}",
            f"{readable(total)} mL", str(limits.value), _sources(f))


@rule("DOSE-03", "The weight is recent and confirmed")
def weight_recent(f: DoseFacts) -> Any:
    """The weight was measured before the decision, not longer ago than the protocol allows, and is confirmed."""
    oldest, kind = _setting(f, "weight_max_age_days"), _setting(f, "weight_kind")
    kg, measured = kg_of(f), have(weight_of(f).measured_at, "The time the weight was measured")
    age = have(f.decided_at, "The time of the decision") - measured
    value, when = f"{kg} kg, {_age_words(age)} old", f"The weight {kg} kg, measured {measured:%Y-%m-%d %H:%M} UTC,"
    if age < timedelta(0):
        return passed(False), f"{when} lies after the decision. Correct the time of one of them.", value
    if not weight_of(f).confirmed:
        return passed(False), f"{when} is not confirmed by a second person. Have it read again.", value
    if oldest is None:
        return Verdict.PASS, f"{when} stands: protocol {protocol_of(f).name} sets no age.", value
    ok = _microseconds(age) <= exact(oldest.value) * 86_400_000_000
    words = "is recent enough" if ok else "is too old"
    return (passed(ok), f"{when} {words}: {_age_words(age)} at the decision, at most {plain(oldest.value)} days "
            f"allowed.{'' if ok else ' Weigh again.'}{_marks((oldest, kind))}",
            value, f"at most {plain(oldest.value)} d",
            _sources(f) if isinstance(f.bags, tuple) and f.bags else ())


def _microseconds(age: timedelta) -> int:
    """Exact: timedelta keeps whole microseconds."""
    return (age.days * 86_400 + age.seconds) * 1_000_000 + age.microseconds


def _age_words(age: timedelta) -> str:
    """Days and hours, minutes and seconds where they matter."""
    hours, rest = divmod(age.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = f" {minutes} min {seconds}{f'.{age.microseconds:06}' if age.microseconds else ''} s" \
        if rest or age.microseconds else ""
    return f"{age.days} d {hours} h{clock}"


@rule("DOSE-04", "CD3+ cells per kg are within the limit")
def cd3_within(f: DoseFacts) -> Any:
    """The viable CD3+ cells of the dose, per kg of recipient, do not exceed the protocol's limit."""
    limit = _setting(f, "cd3_per_kg_max")
    if limit is None:
        return Verdict.PASS, f"Protocol {protocol_of(f).name} sets no limit for CD3+ cells."
    value = cd3_per_kg(f)
    ok = value <= exact(limit.value)
    words = "is within" if ok else "exceeds"
    todo = "" if ok else " The batch may still serve a lower cohort; ask QA and the sponsor."
    shown = apart(value, (exact(limit.value),))
    return (passed(ok), f"{shown} CD3+ cells/kg {words} the limit of "
            f"{plain(limit.value)}.{todo}{_marks((limit,))}",
            f"{readable(value)} {{cells}}/kg", f"at most {readable(exact(limit.value))} {{cells}}/kg", _sources(f))


@rule("DOSE-10", "CD3+ cells of all infusions together are within the limit")
def cd3_together_within(f: DoseFacts) -> Any:
    """The viable CD3+ cells per kg of this dose and of every dose released before it for the same recipient do not
    exceed the protocol's limit for all of them, each as filled (domain dossier 4.2, S6)."""
    limit = _setting(f, "cd3_per_kg_cumulative_max")
    if limit is None:
        return Verdict.PASS, f"Protocol {protocol_of(f).name} sets no limit for CD3+ cells of all infusions together."
    value, most = cd3_together(f), exact(limit.value)
    ok = value <= most
    words = "are within" if ok else "exceed"
    todo = "" if ok else " Ask QA and the sponsor."
    return (passed(ok), f"{apart(value, (most,))} CD3+ cells/kg in all infusions up to this one, "
            f"{short(cd3_per_kg(f))} of it in this dose, {words} the limit of {plain(limit.value)}.{todo}"
            f"{_marks((limit,))}",
            f"{readable(value)} {{cells}}/kg", f"at most {readable(most)} {{cells}}/kg", _sources(f))


@rule("DOSE-05", "Endotoxin is within the limit of this dose")
def endotoxin_within(f: DoseFacts) -> Any:
    """Endotoxin of every bag, EU/mL, is at most K x weight / total volume of the dose (USP <85>, one hour)."""
    factor = _setting(f, "endotoxin_eu_per_kg")
    if factor is None:
        return Verdict.PASS, f"Protocol {protocol_of(f).name} sets no limit for endotoxin."
    limit = endotoxin_limit(f, factor.value)
    readings = [(name, have(bag.endotoxin, f"The endotoxin result of {name}")) for name, bag in bags_of(f)]
    # A Fraction compares exactly with a Decimal; it is never rounded to one.
    answers = [reading.at_most(cast(Decimal, limit)) for _, reading in readings]
    verdict = verdict_from(False if False in answers else None if None in answers else True)
    name, reading = next((one for one, answer in zip(readings, answers, strict=True)
                          if verdict_from(answer) == verdict), readings[0])
    words = {Verdict.PASS: "is within", Verdict.FAIL: "exceeds",
             Verdict.CANNOT_DETERMINE: "does not tell whether it is within"}[verdict]
    todo = {Verdict.PASS: "", Verdict.FAIL: " Open an OOS investigation.",
            Verdict.CANNOT_DETERMINE: " Test again at a lower dilution."}[verdict]
    shown = apart(limit, (exact(reading.value),))
    return (verdict, f"Endotoxin {reading} EU/mL in {name} {words} the limit of {shown} EU/mL "
            f"({plain(factor.value)} EU/kg x {short(dosing_kg(f), 6)} kg / {short(volume_ml(f), 6)} mL)."
            f"{todo}{_marks((factor,))}",
            "; ".join(f"{one} {{EU}}/mL" for _, one in readings), f"at most {short(limit, 6)} {{EU}}/mL", _sources(f))


@rule("DOSE-06", "The infusion is one of the course")
def infusion_exists(f: DoseFacts) -> Any:
    """The infusion number runs from 1 to the number of infusions of the recipient's course (R35)."""
    most, number = _setting(f, "infusions_per_course"), have(f.infusion, "The infusion number")
    if most is None:
        return (passed(number >= 1), f"Infusion {number}: protocol {protocol_of(f).name} sets no number of infusions.",
                str(number))
    ok = 1 <= number <= most.value
    words = f"Infusion {number} is one of the {most.value} of a course." if ok else \
        f"There is no infusion {number}: a course has {most.value}. Check the number, or ask the sponsor."
    return passed(ok), f"{words}{_marks((most,))}", str(number), f"1 to {most.value}"


@rule("DOSE-07", "The counts are enough and agree")
def counts_agree(f: DoseFacts) -> Any:
    """Every bag has at least one count, or as many as the protocol asks, spread no wider than it allows."""
    fewest, widest = _setting(f, "replicates_min"), _setting(f, "count_cv_max_pct")
    asked = 1 if fewest is None else fewest.value
    counted = [(name, have(bag.viable_cells_per_ml, f"The viable cell count of {name}")) for name, bag in bags_of(f)]
    spread = "; ".join(f"{name}: {len(counts)}, CV {_cv(counts)}" for name, counts in counted)
    few = [name for name, counts in counted if len(counts) < asked]
    wide = [] if widest is None else [name for name, counts in counted if not _cv_within(counts, widest.value)]
    faults = [f"{name} has fewer than {asked} counts. Count again." for name in few]
    faults += [f"the counts of {name} spread wider than {plain(widest.value)} %. Repeat the set." for name in wide
               if widest is not None]
    said = " ".join(faults) or "The counts are enough" + ("" if widest is None else " and agree") + "."
    return (passed(not faults), f"{said[0].upper()}{said[1:]} Counts of {spread}.{_interval_words(f)}"
            f"{_marks((fewest, widest))}", spread, f"at least {asked}", _sources(f))


def _cv(counts: tuple[Decimal, ...]) -> str:
    """Coefficient of variation, %, for display."""
    if len(counts) < 2 or not any(counts):
        return "not known"
    return f"{short(deviation(counts) * len(counts) / sum(counts) * 100, 2)} %"


def _cv_within(counts: tuple[Decimal, ...], percent: Decimal) -> bool:
    """CV <= percent, exact and without a root: variance x 100^2 <= percent^2 x mean^2."""
    if len(counts) < 2:
        raise Missing("One count has no spread, and the protocol limits it. Count again.")
    mean = sum(map(exact, counts), Fraction(0)) / len(counts)
    squares = sum(((exact(count) - mean) ** 2 for count in counts), Fraction(0))
    return squares * 10_000 <= exact(percent) ** 2 * mean ** 2 * (len(counts) - 1)


def _interval_words(f: DoseFacts) -> str:
    """The 95 % interval from replicate spread; the gate uses the point value."""
    try:
        found, weight = interval(f), dosing_kg(f)
    except Missing:
        return ""
    if found is None:
        return " A single count has no interval."
    low, high = (end / rounded(weight) for end in found)
    return f" 95 % interval {short(low)} to {short(high)} viable NK/kg from replicate spread."


@rule("DOSE-08", "The numbers do not contradict each other")
def numbers_agree(f: DoseFacts) -> Any:
    """No bag keeps back more than it holds, and NK and CD3+ cells together are at most 100 % of the viable."""
    faults = []
    for name, bag in bags_of(f):
        volume = have(bag.volume_ml, f"The volume of {name}")
        residual = have(bag.residual_ml, f"The residual volume of {name}")
        purity = exact(have(bag.nk_percent, f"The NK percentage of {name}")) + \
            exact(have(bag.cd3_percent, f"The CD3+ percentage of {name}"))
        if residual > volume:
            faults.append(f"The residual of {name}, {plain(residual)} mL, is more than its volume of "
                          f"{plain(volume)} mL. Measure again.")
        if purity > 100:
            faults.append(f"NK and CD3+ cells of {name} add up to {short(purity, 6)} % of the viable cells; at most "
                          "100 % can be. Check the flow result.")
    return passed(not faults), " ".join(faults) or "Volumes and purities fit together.", None, None, ()


#: The arithmetic of a dose, as release and `mfg dose check` ask it.
DOSE = (dose_matches, volume_within, weight_recent, cd3_within, endotoxin_within, infusion_exists, counts_agree,
        numbers_agree, calculations_agree, cd3_together_within)
