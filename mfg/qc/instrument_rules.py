"""When a file of an instrument may be kept, and when a result may rest on its readings. Pure.

Whether a reading is in order by itself is asked in `mfg/instruments/rules.py`; here only what the house knows of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, rule
from mfg.instruments.found import WHAT, Value
from mfg.qc.rules import judged
from mfg.recipes.specification import Test

FILE = Moves("instrument file", "read", frozenset({"withdrawn"}), (
    Move("confirm instrument file", frozenset({"read"}), "confirmed"),
    Move("withdraw instrument file", frozenset({"read", "confirmed"}), "withdrawn"),
))

#: the meaning a specification gives a test -> what it is in a file of an instrument
MEASURED = {"viable_per_ml": "viable_per_ml", "viability": "viability", "nk_percent": "percent_of_parent",
            "cd3_percent": "percent_of_parent", "loaded_percent": "percent_of_parent",
            "cd16_percent": "percent_of_parent", "residual_feeder": "percent_of_parent",
            "b_cells": "percent_of_parent", "monocytes": "percent_of_parent"}


@dataclass(frozen=True)
class Arriving:
    """A file about to be kept."""

    name: str
    #: the code under which the same bytes are kept already
    before: str | None
    measurements: int
    #: the serial number in the file; blank where it names none
    serial: str
    #: the instrument of the house: its code and serial number; None where none is known or was scanned
    equipment: str | None
    equipment_serial: str = ""


@rule("IMP-01", "The file is new")
def bytes_are_new(f: Arriving) -> Any:
    """The same bytes are read in once: a second time would make one measurement look like two (ALCOA: original)."""
    return passed(f.before is None), ("The file is new." if f.before is None else
                                      f"These very bytes were read in before, as {f.before}. Look there; nothing was "
                                      "recorded again.")


@rule("IMP-02", "The file holds measurements")
def holds_something(f: Arriving) -> Any:
    """A file without a single measurement is not what was meant to be read."""
    return passed(f.measurements > 0), (f"{f.measurements} measurements." if f.measurements else
                                        f"{f.name} holds no measurement. Export it again, with the samples chosen.")


@rule("IMP-03", "The instrument is one of this house")
def instrument_known(f: Arriving) -> Any:
    """The instrument behind a file is a registered one, and its serial number is the one in the file
    (21 CFR 11.10(h), 211.160(b)(4))."""
    named = f"serial number {f.serial}" if f.serial else "no serial number"
    code = need(f.equipment, f"The file names {named}, and no equipment of this house is known by it. Scan the "
                             "instrument it was measured with.")
    if f.serial and f.serial.casefold() != f.equipment_serial.casefold():
        return (Verdict.FAIL, f"The file is of serial number {f.serial}; {code} has {f.equipment_serial}. Scan the "
                "right instrument, or have its register corrected.", f.serial, f.equipment_serial, (code,))
    return Verdict.PASS, f"Measured with {code}.", f.serial or "not in the file", f.equipment_serial, (code,)


ARRIVING = (bytes_are_new, holds_something, instrument_known)


@dataclass(frozen=True)
class Used:
    """A confirmed reading that a result is to rest on."""

    code: str
    sample: str | None
    sample_text: str
    file_state: str
    verdict: str
    #: what was not in order with it, in sentences
    wrong: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Resting:
    """A result about to be taken from readings."""

    asked: Test
    sample: str
    readings: tuple[Used, ...]
    #: readings given that do not exist
    unknown: tuple[str, ...] = ()
    #: readings of this sample that hold the value too, were not chosen, and stand behind no result of the test
    others: tuple[Used, ...] = ()
    #: (reading, result): chosen readings that stand behind a result of this test already
    answered: tuple[tuple[str, str], ...] = ()
    #: the remark of who reports
    remark: str = ""

    @property
    def left(self) -> tuple[Used, ...]:
        """Those of the others that are in order."""
        return tuple(one for one in self.others if one.verdict == Verdict.PASS.value)


@rule("IMP-04", "Every reading is there, once")
def each_once(f: Resting) -> Any:
    """A result names confirmed readings, each once: one measurement is never two replicates."""
    if f.unknown:
        return Verdict.FAIL, f"There is no reading {f.unknown[0]}. Choose readings of {f.sample}."
    codes = [one.code for one in f.readings]
    need(tuple(codes), "No reading was chosen.")
    twice = sorted({one for one in codes if codes.count(one) > 1})
    gone = [one.code for one in f.readings if one.file_state != "confirmed"]
    if twice or gone:
        return Verdict.FAIL, (f"{twice[0]} was chosen twice. Choose each reading once." if twice else
                              f"The file of {gone[0]} is not confirmed, or was withdrawn. Choose other readings.")
    return Verdict.PASS, f"{len(codes)} readings.", None, None, tuple(codes)


@rule("IMP-05", "The readings are of this sample")
def of_the_sample(f: Resting) -> Any:
    """A reading belongs to the sample whose code the instrument was given; it is never moved to another."""
    strange = [one for one in f.readings if one.sample != f.sample]
    return passed(not strange), ("All are of this sample." if not strange else
                                 f"{strange[0].code} is of sample “{strange[0].sample_text}”, not of {f.sample}. "
                                 "Choose readings of this sample.")


@rule("IMP-06", "The readings are in order")
def in_order(f: Resting) -> Any:
    """What an instrument warned of, or what contradicts itself, is used for nothing by itself (21 CFR 211.68)."""
    wrong = [one for one in f.readings if one.verdict != Verdict.PASS.value]
    if not wrong:
        return Verdict.PASS, "Every reading is in order."
    worst = Verdict.FAIL if any(one.verdict == Verdict.FAIL.value for one in wrong) else Verdict.CANNOT_DETERMINE
    return worst, (f"{wrong[0].code}: {' '.join(wrong[0].wrong)} Measure again, or enter the result by hand with the "
                   "reason as its remark: it is then marked as typed.")


@rule("IMP-07", "The readings hold what the test asks for")
def holds_the_value(f: Resting) -> Any:
    """The value of a result stands in the file itself, in the unit of the test; nothing is converted or derived."""
    what = need(MEASURED.get(f.asked.role), f"{f.asked.title} is not read from files of instruments. Enter it.")
    if what == "percent_of_parent":
        need(f.asked.population, f"The specification does not say which gate {f.asked.title} is. Enter the result.")
    for one in f.readings:
        found = value_in(f.asked, one)
        if found is None or found.reading is None:
            return Verdict.FAIL, (f"{one.code} has no {WHAT[what][0].lower()} that can be used"
                                  f"{': ' + found.why if found is not None and found.why else ''}. Choose another.")
        if found.unit != f.asked.unit:
            return Verdict.FAIL, (f"{one.code} is in {found.unit}, and {f.asked.title} in {f.asked.unit}. Nothing is "
                                  "converted; enter it with a second person.")
    return Verdict.PASS, "The value stands in the file."


@rule("IMP-08", "As many readings as the test takes")
def as_many(f: Resting) -> Any:
    """A test of one value rests on one reading; replicates on as many as were measured. None is picked over another: a
    reading outside the limits is never left out, any other one only with a remark (FDA OOS guidance IV.B)."""
    one_value = f.asked.kind != "replicates"
    if one_value and len(f.readings) != 1:
        return Verdict.FAIL, (f"{f.asked.title} is one value, and {len(f.readings)} readings were chosen. Choose one.")
    worse = [one for one in f.left if not one_value or _fails(f.asked, one)]
    if worse:
        return Verdict.FAIL, (f"{', '.join(one.code for one in worse)} was read of {f.sample} as well and is left out. "
                              + ("It lies outside the limits: it is the result." if one_value else "Choose every one.")
                              + " If it was no measurement of it, another person withdraws its file with the reason.")
    if f.left and not f.remark.strip():
        return Verdict.CANNOT_DETERMINE, (f"{', '.join(one.code for one in f.left)} was read of {f.sample} as well. "
                                          "Say in the remark why the other one is the result.")
    return Verdict.PASS, f"{len(f.readings)} readings."


def _fails(asked: Test, one: Used) -> bool:
    found = value_in(asked, one)
    return found is not None and found.reading is not None and judged(asked, str(found.reading)) is Verdict.FAIL


@rule("IMP-09", "A reading answers a test once")
def answers_once(f: Resting) -> Any:
    """A reading stands behind one result of a test; a retest or a repeat is measured anew (FDA OOS guidance IV.B)."""
    twice = f.answered
    return passed(not twice), ("No result of the test rests on them yet." if not twice else
                               f"{twice[0][0]} stands behind {twice[0][1]} already. Measure again for another result.")


@rule("IMP-10", "What an instrument read is not typed over")
def not_typed_over(f: Resting) -> Any:
    """A value is typed only where no reading of the sample gives it; where one is not in order, the remark says why it
    is not used (21 CFR 211.194(a)(4); ALCOA: original)."""
    if f.readings or f.unknown:
        return Verdict.PASS, "The value comes from readings."
    if f.left:
        return Verdict.FAIL, (f"{', '.join(one.code for one in f.left)} was read of {f.sample} and holds "
                              f"{f.asked.title}. Choose it instead of typing a value.")
    if f.others and not f.remark.strip():
        return Verdict.CANNOT_DETERMINE, (f"{f.others[0].code} was read of {f.sample} and is not in order. Say in the "
                                          "remark why the value is typed.")
    return Verdict.PASS, "No reading of the sample gives it."


RESTING = (each_once, of_the_sample, in_order, holds_the_value, as_many, answers_once, not_typed_over)
#: asked where a value is typed
TYPING = (not_typed_over,)


def value_in(asked: Test, reading: Used) -> Value | None:
    """The value a test is about in a reading, by its meaning and, for gates, by the whole path."""
    what = MEASURED.get(asked.role)
    return next((one for one in reading.values if one.what == what
                 and (what != "percent_of_parent" or one.of == asked.population)), None)
