"""What must be true of a measurement before it may be recorded by itself. Pure; a person confirms it in any case.

FAIL: it contradicts itself or the instrument warns. CANNOT DETERMINE: the file does not say, so a person is asked.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mfg.facts import Finding, Limits, Missing, Verdict, judge, passed, plain, rule, shown, verdict_from
from mfg.instruments.case import Case, sample_of
from mfg.instruments.values import absent

#: how far the stated viability may lie from viable / total, in points of percent: what rounding makes
ROUNDING = Decimal(1)
_WEST, _EAST = timedelta(hours=14), timedelta(hours=12)
_FORMULA = re.compile(r"\s*(?:=|[+\-@]\s*[^\W\d_]|[+\-@]\s*[|(]|[|])", re.UNICODE)
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SWITCHED_ON = frozenset({"enabled", "on", "yes"})


@rule("INS-01", "Time of measurement")
def time_known(case: Case) -> Any:
    """Date, time of day and zone of the measurement are in the file or were told (instruments.md, rules)."""
    one = case.measurement
    if (moment := case.moment) is not None:
        return Verdict.PASS, f"{case.of('at')}: measured at {moment:%Y-%m-%d %H:%M:%S} UTC.", str(moment)
    if one.local is not None and case.told.zone is not None:
        raise Missing(f"{case.of('at')}: the clock showed {shown(one.at_text)} twice or never in that zone. Say the "
                      "zone as an offset such as +01:00.")
    if one.local is not None:
        raise Missing(f"{case.of('at')}: {shown(one.at_text)} has no zone, so nobody can say when it was. Say the zone "
                      "the instrument was set to.")
    if one.at_text:
        raise Missing(f"{case.of('at')}: {shown(one.at_text)} does not give date and time beyond doubt. Say when it "
                      "was measured.")
    raise Missing(f"{case.of('at')}: the file does not say when it was measured. Say when.")


@rule("INS-02", "Not in the future")
def not_in_the_future(case: Case) -> Any:
    """A measurement was made before its file is read (instruments.md, where a reader fails, 6)."""
    local, now = case.measurement.local, case.told.read_at
    moment = case.moment
    if moment is None and local is None:
        raise Missing(f"{case.of('at')}: the file does not say when it was measured.")
    if moment is not None:
        return passed(moment <= now), f"{case.of('at')}: measured at {moment:%Y-%m-%d %H:%M:%S} UTC, read at " \
                                      f"{now:%Y-%m-%d %H:%M:%S} UTC.", str(moment), str(now)
    assert local is not None
    clock = now.replace(tzinfo=None)
    if local - _WEST <= clock < local + _EAST:
        raise Missing(f"{case.of('at')}: whether {shown(case.measurement.at_text)} is still to come depends on its "
                      "zone.")
    return passed(local + _EAST <= clock), f"{case.of('at')}: {shown(case.measurement.at_text)} in any zone, read at " \
                                           f"{now:%Y-%m-%d %H:%M:%S} UTC."


@rule("INS-03", "Viability between 0 and 100 %")
def viability_possible(case: Case) -> Any:
    """Viability is at least 0 and at most 100 % (instruments.md, rules)."""
    value = case.need("viability", "viability")
    assert value.reading is not None
    limits = Limits(Decimal(0), Decimal(100), "%")
    return limits.judge(value.reading), f"{case.at(value.place)}: viability {value.reading} %; {limits} is possible.", \
        str(value.reading), str(limits)


@rule("INS-04", "No more viable cells than cells")
def viable_at_most_total(case: Case) -> Any:
    """Viable cells are at most all cells, in concentration and, where counted, in number (instruments.md, rules)."""
    pairs = _pairs(case)
    wrong = [text for viable, total, text in pairs if viable > total]
    return passed(not wrong), f"{case.file.name}, {'; '.join(wrong or [text for _, _, text in pairs])}" + \
        ("; there cannot be more viable cells than cells." if wrong else ".")


@rule("INS-05", "Viability is viable / total")
def viability_consistent(case: Case) -> Any:
    """The stated viability is viable / total within one point of percent, which rounding makes (instruments.md)."""
    value, stated = case.exact("viability", "viability")
    pairs = _pairs(case)
    if any(total <= 0 for _, total, _ in pairs):
        raise Missing(f"{case.at(value.place)}: there are no cells at all of which a share could be viable.")
    wrong = [text for viable, total, text in pairs if abs(viable * 100 / total - stated) > ROUNDING]
    return passed(not wrong), f"{case.at(value.place)}: {plain(stated)} %; {'; '.join(wrong or [pairs[-1][2]])}" + \
        (f". They contradict each other by more than {ROUNDING} point." if wrong else "."), plain(stated)


def _pairs(case: Case) -> list[tuple[Decimal, Decimal, str]]:
    """Viable and total, and how they read: in concentration always, in number where both were counted."""
    asked = [("viable_per_ml", "total_per_ml", "cells per mL")]
    counts = [case.measurement.value(what) for what in ("viable_count", "total_count")]
    if all(one is not None and one.reading is not None for one in counts):
        asked.append(("viable_count", "total_count", "cells counted"))
    pairs = []
    for first, second, of in asked:
        (viable, some), (total, every) = case.exact(first, f"viable {of}"), case.exact(second, f"total {of}")
        share = f", that is {plain((some * 100 / every).quantize(Decimal('0.1')))} %" if every > 0 else ""
        pairs.append((some, every, f"{viable.place} {plain(some)} of {total.place.column} {plain(every)} {of}{share}"))
    return pairs


@rule("INS-06", "Enough cells counted")
def enough_counted(case: Case) -> Any:
    """At least the minimum of viable cells was counted, 200 unless another was set (domain 5.3)."""
    value, least = case.need("viable_count", "number of viable cells counted"), case.told.least_viable
    assert value.reading is not None
    return verdict_from(value.reading.at_least(least)), \
        f"{case.at(value.place)}: {value.reading} viable cells counted; at least {plain(least)} are needed.", \
        str(value.reading), plain(least)


@rule("INS-07", "Operator known")
def operator_known(case: Case) -> Any:
    """Who measured is a person of this system, or is asked for (instruments.md, rules)."""
    if not case.operator:
        raise Missing(f"{case.of('operator')}: the file names nobody who measured. Say who.")
    if case.told.operators is None:
        raise Missing(f"{case.of('operator')}: nobody was asked whether {shown(case.operator)} is a person of this "
                      "system.")
    known = case.operator.casefold() in {one.casefold() for one in case.told.operators}
    written = case.measurement.operator
    beside = f"; the file says {shown(written)}" if written and written != case.operator else ""
    return passed(known), f"{case.of('operator')}: {shown(case.operator)} is {'' if known else 'not '}a person known " \
                          f"here{beside}.", case.operator


@rule("INS-08", "Instrument without a warning")
def status_clean(case: Case) -> Any:
    """The instrument warns of nothing; a warning travels with the value and stops its automatic use
    (instruments.md, rules)."""
    warnings = case.measurement.warnings
    return passed(not warnings), f"{case.of('status')}: " + (
        f"the instrument says {'; '.join(shown(one) for one in warnings)}." if warnings else "no warning."), \
        "; ".join(warnings)


@rule("INS-09", "Not counted twice")
def not_twice(case: Case) -> Any:
    """No other measurement of the file has the same picture or the same second (instruments.md, rules)."""
    one = case.measurement
    if one.image and (rows := case.rows_with("image", one.image)):
        return Verdict.FAIL, f"{case.of('image')}: {shown(one.image)} stands in {_places(rows)} too.", one.image
    rows = case.rows_with("at", one.at_text) if one.local or one.at else ()
    if rows and re.search(r"\d:\d\d:\d\d|\d{6}\b", one.at_text):
        return Verdict.FAIL, f"{case.of('at')}: {shown(one.at_text)} stands in {_places(rows)} too.", one.at_text
    if rows:
        raise Missing(f"{case.of('at')}: {shown(one.at_text)}, without its second, stands in {_places(rows)} too. See "
                      "whether it is one measurement.")
    return Verdict.PASS, f"{case.at(one.place)}: no other row has this picture or this time."


@rule("INS-10", "Sample once in the file")
def sample_once(case: Case) -> Any:
    """A sample stands once in a file, or a person says which row is which (issue 5, bad input)."""
    rows = case.rows_with("sample", sample_of(case.measurement))
    if rows:
        raise Missing(f"{case.of('sample')}: the sample {shown(case.measurement.sample)} stands in {_places(rows)} "
                      "too. Say which row is meant.")
    return Verdict.PASS, f"{case.of('sample')}: the sample stands once in the file."


def _places(places: tuple[Any, ...]) -> str:
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    return ", ".join(str(one) for one in places[:5]) + more


@rule("INS-11", "Sample named")
def sample_named(case: Case) -> Any:
    """The file names the sample; “nan” and the like are no name (instruments.md, where a reader fails, 6)."""
    sample = case.measurement.sample
    if absent(sample):
        raise Missing(f"{case.of('sample')}: {shown(sample)} names no sample. Say which sample was measured.")
    return Verdict.PASS, f"{case.of('sample')}: {shown(sample)}.", sample


@rule("INS-12", "No formula")
def no_formula(case: Case) -> Any:
    """No name begins like a formula of a spreadsheet (issue 5, bad input)."""
    return _names(case, lambda text: bool(_FORMULA.match(text)), "begins like a formula of a spreadsheet")


@rule("INS-13", "No hidden marks")
def nothing_hidden(case: Case) -> Any:
    """No name has right-to-left or invisible marks (instruments.md, where a reader fails, 6)."""
    return _names(case, lambda text: any(_hidden(char) for char in text), "has right-to-left or invisible marks")


def _hidden(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind in _HIDDEN or (kind == "Zs" and char != " ") or char in _BLANKS or 0xFE00 <= ord(char) <= 0xFE0F \
        or 0xE0100 <= ord(char) <= 0xE01EF


def _names(case: Case, wrong: Any, words: str) -> tuple[Verdict, str, str]:
    one = case.measurement
    texts = (("sample", one.sample), ("operator", one.operator), ("image", one.image), ("at", one.at_text))
    found = [(what, text) for what, text in texts if wrong(text)]
    told = "; ".join(f"{case.of(what)}: {ascii(text[:40])} {words}" for what, text in found)
    return passed(not found), f"{told or f'{case.at(one.place)}: no name {words}'}.", "; ".join(one for _, one in found)


@rule("INS-14", "Dilution given")
def dilution_given(case: Case) -> Any:
    """The dilution the instrument reckoned with is in the file and above 0 (instruments.md, needs)."""
    value, dilution = case.exact("dilution", "dilution")
    return passed(dilution > 0), f"{case.at(value.place)}: dilution {plain(dilution)}.", plain(dilution)


@rule("INS-15", "Percent, not a fraction")
def percent_no_fraction(case: Case) -> Any:
    """Viability is a percentage; 1 or less beside many viable cells may be a fraction (issue 5, bad input)."""
    value, stated = case.exact("viability", "viability")
    if stated > 1:
        return Verdict.PASS, f"{case.at(value.place)}: {plain(stated)} is a percentage."
    (_, viable), (_, total) = (case.exact("viable_per_ml", "viable cells per mL"),
                               case.exact("total_per_ml", "total cells per mL"))
    if total <= 0 or viable / total > Decimal("0.05"):
        raise Missing(f"{case.at(value.place)}: viability {plain(stated)} may be a fraction instead of percent. Look "
                      "at the instrument and say which.")
    return Verdict.PASS, f"{case.at(value.place)}: {plain(stated)} % as viable and total say.", plain(stated)


@rule("INS-16", "Part 11 switch")
def part_11_on(case: Case) -> Any:
    """An instrument that has a switch for electronic records (21 CFR Part 11) has it on."""
    switch = case.file.part_11
    if switch is None or not switch.text:
        raise Missing(f"{case.file.name}: it does not say whether the instrument keeps electronic records (21 CFR Part "
                      "11). Look at the instrument.")
    return passed(switch.text.casefold() in _SWITCHED_ON), \
        f"{case.at(switch.place)}: electronic records are {shown(switch.text)} on the instrument.", switch.text


@rule("INS-17", "Nothing odd about the file")
def file_in_order(case: Case) -> Any:
    """What the reader found odd about the whole file was looked at by a person."""
    if case.file.warnings:
        raise Missing(f"{case.file.name}: {' '.join(case.file.warnings[:5])}")
    return Verdict.PASS, f"{case.file.name}: nothing odd was found."


@rule("INS-18", "Values are numbers")
def values_are_numbers(case: Case) -> Any:
    """Every value that stands in the file is a number; a dash or a word is none and never 0 (issue 5, bad input)."""
    values = case.measurement.values
    if not values:
        raise Missing(f"{case.at(case.measurement.place)}: no value could be read.")
    odd = [one for one in values if one.reading is None and one.text.strip()
           and not (one.what == "cq" and absent(one.text))]
    if odd:
        raise Missing("; ".join(f"{case.at(one.place)}: {one.why}" for one in odd[:5]) + ".")
    return Verdict.PASS, f"{case.at(case.measurement.place)}: every value that stands there is a number."


@rule("INS-19", "Nothing below zero")
def nothing_negative(case: Case) -> Any:
    """No count, concentration, share or diameter is below zero (instruments.md, where a reader fails, 6)."""
    below = [one for one in case.measurement.values if one.reading is not None
             and (one.reading.value < 0 or (one.reading.value == 0 and one.reading.op == "<"))]
    told = "; ".join(f"{case.at(one.place)}: {one.text.strip()} is below zero" for one in below)
    return passed(not below), f"{told or f'{case.at(case.measurement.place)}: nothing is below zero'}.", told


COMMON = (time_known, not_in_the_future, operator_known, status_clean, not_twice, sample_once, sample_named, no_formula,
          nothing_hidden, file_in_order, values_are_numbers, nothing_negative)
COUNTING = (viability_possible, viable_at_most_total, viability_consistent, enough_counted, dilution_given,
            percent_no_fraction)
SWITCHED = (part_11_on,)
RULES = tuple(sorted((*COMMON, *COUNTING, *SWITCHED), key=lambda one: one.id))


def findings_of(case: Case) -> tuple[Finding, ...]:
    """Every finding about one measurement: of the common rules, those of cell counts, and the switch if it has one."""
    asked = {*(one.id for one in COMMON), *(one.id for one in COUNTING if case.counts_cells),
             *(one.id for one in SWITCHED if case.file.part_11 is not None)}
    return judge([one for one in RULES if one.id in asked], case)
