"""What must be true of samples, results and sterility reads, and how a result is judged. Pure.

It does not know where the limits come from: `records.py` reads them from the specification the batch pins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.facts import (
    Move,
    Moves,
    Reading,
    Refused,
    Verdict,
    need,
    number,
    passed,
    plain,
    rule,
    shown,
    significant,
)
from mfg.recipes.specification import Test

RESULT = Moves("result", "recorded", frozenset({"reviewed"}),
               (Move("review result", frozenset({"recorded"}), "reviewed"),))

#: What each read makes of a running sterility test; the reading is the verb.
STERILITY = Moves("sterility test", "inoculated", frozenset({"no growth, final", "invalid"}), (
    Move("no growth", frozenset({"inoculated", "no growth"}), "no growth"),
    Move("no growth, final", frozenset({"inoculated", "no growth"}), "no growth, final"),
    Move("growth suspect", frozenset({"inoculated", "no growth"}), "growth suspect"),
    Move("growth confirmed", frozenset({"inoculated", "no growth", "growth suspect"}), "growth confirmed"),
    # only for a proven fault of the test, and the reads stay
    Move("invalidate sterility test", frozenset({"growth suspect", "growth confirmed"}), "invalid"),
))
GROWTH = frozenset({"growth suspect", "growth confirmed"})
#: tests whose failure means organisms, or cells of somebody else
GRAVE_ROLES = frozenset({"in_process_sterility", "sterility", "gram", "mycoplasma", "identity"})


@dataclass(frozen=True)
class Reported:
    """A result about to be recorded, as reported. `unit` is empty where nobody named one."""

    asked: Test | None
    test: str
    value: str
    unit: str
    sample: str
    of_dose: bool
    taken_at: datetime
    tested_at: datetime
    entered_at: datetime


def replicates(value: str) -> tuple[Decimal, ...]:
    """The numbers of "6.1e6; 5.9e6; 6.0e6", each an exact decimal.

    >>> replicates("1; 2.5")
    (Decimal('1'), Decimal('2.5'))
    """
    return tuple(number(part, what="the replicate") for part in value.split(";"))


def mean(values: tuple[Decimal, ...]) -> Decimal:
    """The arithmetic mean: the reportable value of replicates (specification, counts)."""
    return sum(values, Decimal(0)) / len(values)


def numbers_in(asked: Test, value: str) -> tuple[Decimal, ...]:
    """Every number a value holds; a bound gives its number. A choice holds none. Refused when unreadable."""
    if asked.kind == "replicates":
        return replicates(value)
    if asked.kind == "reading":
        return (Reading.parse(value).value,)
    return (number(value, what="the result"),) if asked.kind == "number" else ()


def judged(asked: Test, value: str) -> Verdict:
    """The verdict of a value against the limits; a bound decides only where it does (DESIGN section 3)."""
    if asked.kind == "choice":
        return passed(value == asked.equals) if asked.equals else Verdict.PASS
    if asked.kind == "replicates":
        values = replicates(value)
        return passed((asked.limits is None or asked.limits.holds(mean(values))) and not _scattered(asked, values))
    return asked.limits.judge(Reading.parse(value)) if asked.limits else Verdict.PASS


def _scattered(asked: Test, values: tuple[Decimal, ...]) -> bool:
    """Do replicates lie further apart than the test allows? Averaging needs that criterion (FDA OOS guidance)."""
    spread = coefficient_of_variation(values)
    return asked.max_cv_percent is not None and (spread is None or spread > asked.max_cv_percent)


def limit_text(asked: Test) -> str:
    """The limit in words."""
    spread = f", CV at most {plain(asked.max_cv_percent)} %" if asked.max_cv_percent is not None else ""
    return (asked.equals or str(asked.limits or "no limit")) + spread


def coefficient_of_variation(values: tuple[Decimal, ...]) -> Decimal | None:
    """Sample CV in percent; None for fewer than two values or a mean of zero: then it is not known."""
    middle = mean(values) if values else Decimal(0)
    if len(values) < 2 or middle == 0:
        return None
    spread = sum(((one - middle) ** 2 for one in values), Decimal(0)) / (len(values) - 1)
    return spread.sqrt() / middle * 100


def _known(f: Reported) -> Test:
    asked: Test = need(f.asked, f"“{f.test}” is not a test of the specification of this batch.")
    return asked


@rule("QC-01", "The test belongs to the specification")
def test_known(f: Reported) -> Any:
    """A result answers a test of the specification version that the batch pins; sterility is read day by day."""
    if f.asked is None:
        return Verdict.FAIL, (f"{shown(f.test)} is not a test of the specification of this batch. Choose one of its "
                              "tests.")
    ok = f.asked.kind != "sterility"
    return passed(ok), ("The test is one of the specification." if ok else
                        f"{f.asked.title} is read day by day: use “read sterility” for sample {f.sample}.")


@rule("QC-02", "The sample fits the test")
def sample_fits(f: Reported) -> Any:
    """A test of a dose is done on a sample of that dose, a test of the batch on a sample of the batch."""
    asked = _known(f)
    ok = f.of_dose == (asked.scope == "dose")
    return passed(ok), (f"Sample {f.sample} fits the test." if ok else
                        f"{asked.title} is a test of the {asked.scope}, and sample {f.sample} was taken for the "
                        f"{'dose' if f.of_dose else 'batch'}. Take or choose the right sample.")


@rule("QC-03", "The value has the shape of the test")
def readable(f: Reported) -> Any:
    """A value is what its test reports: a number, a bound, replicates, or one of the words; never blank."""
    asked = _known(f)
    need(f.value.strip(), f"No value is given for {asked.title}. Enter what was measured.")
    if asked.kind == "choice":
        ok = not asked.choices or f.value in asked.choices
        return passed(ok), ("One of the expected words." if ok else
                            f"{shown(f.value)} is not one of: {', '.join(asked.choices)}. Choose one.")
    try:
        found = numbers_in(asked, f.value)
    except Refused as refused:
        return Verdict.FAIL, refused.why
    ok = asked.replicates is None or len(found) >= asked.replicates
    return passed(ok), ("The value can be read." if ok else
                        f"{shown(f.value)} holds {len(found)} of at least {asked.replicates} replicates. Enter all, "
                        "parted by semicolons.")


@rule("QC-04", "The value is possible")
def possible(f: Reported) -> Any:
    """No percentage above 100, nothing below zero: what cannot be was misread or mistyped."""
    asked = _known(f)
    try:
        found = numbers_in(asked, f.value)
    except Refused as refused:
        return Verdict.CANNOT_DETERMINE, f"Whether it is possible cannot be told: {refused.why}"
    if any(one < 0 for one in found):
        return Verdict.FAIL, f"{shown(f.value)} is below zero, which {asked.title} cannot be. Read it again."
    if asked.unit == "%" and any(one > 100 for one in found):
        return Verdict.FAIL, f"{shown(f.value)} % is more than 100 %, which cannot be. Read it again."
    return Verdict.PASS, "The value is possible."


@rule("QC-05", "The unit is that of the specification")
def unit_fits(f: Reported) -> Any:
    """A number is reported in the unit of the specification; another unit is refused, never converted."""
    asked = _known(f)
    ok = f.unit in ("", asked.unit)
    return passed(ok), (f"The unit is {asked.unit}." if ok else
                        f"The unit is {shown(f.unit)}; {asked.title} is reported in {asked.unit or 'no unit'}. "
                        "Convert it on paper with a second person, or enter it as it was read.")


@rule("QC-06", "Tested after it was taken, and not in the future")
def times_in_order(f: Reported) -> Any:
    """A sample is tested after it was taken, and nothing is recorded before it happened."""
    ok = f.taken_at <= f.tested_at <= f.entered_at
    return passed(ok), ("The times follow each other." if ok else
                        f"Tested {f.tested_at:%Y-%m-%d %H:%M} UTC cannot be: sample {f.sample} was taken "
                        f"{f.taken_at:%Y-%m-%d %H:%M} and it is now {f.entered_at:%Y-%m-%d %H:%M} UTC.")


#: asked first: without a test nothing else can be asked
KNOWN = (test_known,)
RECORD = (sample_fits, readable, possible, unit_fits, times_in_order)


@dataclass(frozen=True)
class Taking:
    """A sample about to be taken from a container, for the batch or for one dose."""

    container: str
    batch: str | None
    dose: str | None
    dose_batch: str | None
    attempt: int | None
    #: the dose bag is of an earlier fill
    withdrawn: bool
    made_at: datetime
    taken_at: datetime
    entered_at: datetime
    #: for a sample of a dose: the bags of its present fill, and what they were filled from
    fill: tuple[str, ...] = ()


@rule("QC-07", "The container belongs to the batch")
def of_the_batch(f: Taking) -> Any:
    """A sample is taken from a container of a batch, and for a dose of that same batch."""
    batch = need(f.batch, f"{f.container} belongs to no batch yet; open the batch first.")
    ok = f.dose is None or f.dose_batch == batch
    return passed(ok), (f"{f.container} is of {batch}." if ok else
                        f"{f.container} is of batch {batch} and the dose {f.dose} of batch {f.dose_batch}. Scan a "
                        "container of the right batch.")


@rule("QC-08", "The dose is filled and the bag is in use")
def of_present_fill(f: Taking) -> Any:
    """A sample for a dose is taken from its present fill: a re-fill needs new samples."""
    if f.dose is None:
        return Verdict.PASS, "The sample is for the batch."
    if f.withdrawn:
        return Verdict.FAIL, f"{f.container} was withdrawn when {f.dose} was filled again. Take the present bag."
    ok = bool(f.attempt)
    return passed(ok), (f"{f.dose}, fill {f.attempt}." if ok else
                        f"{f.dose} is not filled yet. Fill it first, then take its sample.")


@rule("QC-09", "Taken after the container was made, and not in the future")
def taken_in_time(f: Taking) -> Any:
    """A sample is taken after its container was made, and nothing is recorded before it happened."""
    ok = f.made_at <= f.taken_at <= f.entered_at
    return passed(ok), ("The times follow each other." if ok else
                        f"Taken {f.taken_at:%Y-%m-%d %H:%M} UTC cannot be: {f.container} was made "
                        f"{f.made_at:%Y-%m-%d %H:%M} and it is now {f.entered_at:%Y-%m-%d %H:%M} UTC.")


@rule("QC-14", "A sample of a dose is of its bags, or of what they were filled from")
def of_the_fill(f: Taking) -> Any:
    """What a dose is released on was drawn from its bags or the pool they were filled from, not from earlier cells."""
    of_no_fill = f.dose is None or f.withdrawn or not f.attempt  # QC-08 answers for these
    ok = of_no_fill or f.container in f.fill
    return passed(ok), ("The sample is of the cells it is for." if ok else
                        f"{f.container} is neither a bag of {f.dose} nor what it was filled from: "
                        f"{', '.join(f.fill) or 'none'}. Scan one of these.")


TAKE = (of_the_batch, of_present_fill, taken_in_time, of_the_fill)


@dataclass(frozen=True)
class Read:
    """A sterility read about to be recorded. `days` is how long the test runs by the specification."""

    sample: str
    test: str | None
    day: int
    reading: str
    days: int | None
    last_day: int | None
    inoculated_at: datetime
    read_at: datetime
    entered_at: datetime

    @property
    def elapsed(self) -> int:
        """Whole days of 24 hours since inoculation, computed in UTC."""
        return (self.read_at - self.inoculated_at) // timedelta(days=1)


@rule("QC-10", "The specification has a sterility test for this sample")
def sterility_asked(f: Read) -> Any:
    """A sterility read belongs to the sterility test of the specification that the batch pins."""
    need(f.test, f"The specification of this batch has no sterility test for sample {f.sample}. Choose the sample "
                 "that was inoculated.")
    return Verdict.PASS, f"Read for {f.test}."


@rule("QC-11", "The day of the read is the day it is")
def day_fits(f: Read) -> Any:
    """The day of a read is the number of whole days since inoculation; reads go forward in time."""
    if f.read_at > f.entered_at or f.read_at < f.inoculated_at:
        return Verdict.FAIL, (f"Read {f.read_at:%Y-%m-%d %H:%M} UTC cannot be: inoculated "
                              f"{f.inoculated_at:%Y-%m-%d %H:%M}, now {f.entered_at:%Y-%m-%d %H:%M} UTC.")
    if f.day != f.elapsed:
        return Verdict.FAIL, (f"Day {f.day} does not fit: {f.elapsed} whole days have passed since inoculation on "
                              f"{f.inoculated_at:%Y-%m-%d %H:%M} UTC. Enter day {f.elapsed}, or read it on its day.")
    ok = f.last_day is None or f.day > f.last_day
    return passed(ok), (f"Day {f.day}." if ok else f"Day {f.last_day} of sample {f.sample} is already read; a later "
                        "day was expected.")


@rule("QC-12", "The final read is not early")
def final_in_time(f: Read) -> Any:
    """Sterility is final only when the test has run for the days of the specification (USP <71>: 14)."""
    if f.reading != "no growth, final":
        return Verdict.PASS, "Not the final read."
    days = need(f.days, f"The specification does not say how long {f.test} runs; it cannot become final.")
    ok = f.elapsed >= days and f.day >= days
    return passed(ok), (f"{f.day} of {days} days." if ok else
                        f"Day {f.day} is too early for the final read: {f.test} runs {days} days. Record “no growth” "
                        "today and the final read then.")


READ = (sterility_asked, day_fits, final_in_time)


@dataclass(frozen=True)
class Reviewing:
    """A result about to be reviewed by a second person."""

    code: str
    tested_by: str
    reviewer: str
    #: who measured with the instrument, handed its file in or confirmed its readings
    measured_by: tuple[str, ...] = ()


@rule("QC-13", "Tested by one, reviewed by another")
def two_people(f: Reviewing) -> Any:
    """Nobody reviews a result of their own, nor one that rests on readings of their own (21 CFR 211.194(a)(8))."""
    if f.reviewer in f.measured_by:
        return Verdict.FAIL, (f"{f.code} rests on readings that the same person measured, handed in or confirmed. "
                              "Another reviewer has to look at it.")
    ok = f.tested_by != f.reviewer
    return passed(ok), (f"{f.code} is reviewed by a second person." if ok else
                        f"{f.code} was tested by the same person. Another reviewer has to look at it.")


REVIEW = (two_people,)


def shown_value(asked: Test | None, value: str) -> str:
    """A value as people read it: replicates with their mean and spread, everything else as reported."""
    if asked is None or asked.kind != "replicates":
        return value
    found = replicates(value)
    spread = coefficient_of_variation(found)
    more = f", CV {spread:.1f} %" if spread is not None else ""
    return f"{'; '.join(short_number(one) for one in value.split(';'))} (mean {significant(mean(found))}{more})"


def short_number(text: str) -> str:
    """A long whole number as people write it, 6.4e6; no digit is lost. Every other number as it was reported."""
    digits = text.strip()
    if not digits.isdigit() or len(digits) < 6:
        return digits
    left = digits.rstrip("0")
    return f"{left[0]}{'.' if left[1:] else ''}{left[1:]}e{len(digits) - 1}" if left else digits
