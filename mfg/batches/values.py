"""One typed value of a step: read exactly as its field asks, and judged against the field's limits. Pure.

Scanned containers and lots need the records and are read in `runner.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from marshmallow import ValidationError

from mfg.facts import Limits, Reading, Refused, Verdict, number, plain, shown
from mfg.fields import TEXT_LIMIT, read_moment
from mfg.recipes.master import FieldSpec
from mfg.units import in_words

DECIMALS = 6
LARGEST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Value:
    """What was entered. `verdict` is empty where the field has no limits; `why` says what is wrong or where from."""

    text: str
    how: str = "typed"
    amount: Decimal | None = None
    unit: str | None = None
    moment: datetime | None = None
    verdict: str = ""
    why: str = ""
    #: within the limits and beyond the alert limits: kept, and an exception for the reviewer
    alert: bool = False

    @property
    def breach(self) -> bool:
        """It does not keep to the limits, or nobody can tell whether it does."""
        return self.verdict not in ("", Verdict.PASS.value)


def kept_exactly(value: Decimal, what: str) -> Decimal:
    """The same number when the database can keep it to the last digit, or a refusal."""
    exponent = value.normalize().as_tuple().exponent
    if (isinstance(exponent, int) and exponent < -DECIMALS) or abs(value) >= LARGEST:
        raise Refused(f"{what} is {plain(value)}; up to {DECIMALS} decimals and less than 10^12 can be kept exactly. "
                      "Enter it as it was read.", kind="input")
    return value


def read_value(spec: FieldSpec, text: str, unit: str, now: datetime) -> Value:
    """The value of a field that is not scanned, or a refusal (kind "input") naming what was expected."""
    typed = text.strip()
    if not typed:
        raise Refused(f"{spec.label} is blank. Enter what was read; a blank is not a value.", kind="input")
    if len(typed) > TEXT_LIMIT:
        raise Refused(f"{spec.label} has {len(typed)} characters; at most {TEXT_LIMIT} can be kept.", kind="input")
    if spec.kind in ("number", "reading"):
        return _number(spec, typed, unit)
    if unit:
        raise Refused(f"{spec.label} has no unit; {shown(unit)} was given. Leave the unit out.", kind="input")
    if spec.kind == "time":
        return _time(spec, typed, now)
    return _word(spec, typed)


def _number(spec: FieldSpec, typed: str, unit: str) -> Value:
    if unit != spec.unit:
        raise Refused(f"{spec.label} is given in {shown(unit)}; {spec.unit} was expected. Read it in {spec.unit} and "
                      "enter it again.", kind="input")
    reading = Reading.parse(typed, what=spec.label) if spec.kind == "reading" else \
        Reading(number(typed, what=spec.label))
    kept_exactly(reading.value, spec.label)
    return judged(spec, reading, typed, "typed")


def judged(spec: FieldSpec, reading: Reading, text: str, how: str) -> Value:
    """A number with the verdict of its limits, and whether it lies beyond the alert limits within them."""
    amount = None if reading.op else reading.value
    verdict = spec.limits.judge(reading) if spec.limits else None
    alert = verdict in (None, Verdict.PASS) and spec.alerts is not None and \
        spec.alerts.judge(reading) is not Verdict.PASS
    return Value(text, how, amount=amount, unit=spec.unit, verdict=verdict.value if verdict else "", alert=alert,
                 why=_off(spec, reading, spec.limits, verdict) if spec.limits and verdict else "")


def _off(spec: FieldSpec, reading: Reading, limits: Limits, verdict: Verdict) -> str:
    if verdict is Verdict.PASS:
        return ""
    how = "lies outside" if verdict is Verdict.FAIL else "cannot be compared with"
    assumed = ", assumed" if spec.because else ""
    return f"{spec.label}: {reading} {in_words(spec.unit)} {how} the limits ({limits}{assumed})."


def _time(spec: FieldSpec, typed: str, now: datetime) -> Value:
    try:
        moment = read_moment(typed, spec.label)
    except ValidationError as wrong:
        raise Refused(str(wrong.messages[0]), kind="input") from wrong
    if moment > now:
        raise Refused(f"{spec.label} is {moment:%Y-%m-%d %H:%M} UTC, which has not come yet. Enter when it was.",
                      kind="input")
    return Value(typed, moment=moment)


def _word(spec: FieldSpec, typed: str) -> Value:
    answers = ("yes", "no") if spec.kind == "yesno" else spec.choices
    if spec.kind != "text" and typed not in answers:
        raise Refused(f"{spec.label} is {shown(typed)}; one of these was expected: {', '.join(answers)}.", kind="input")
    if not spec.not_good:
        return Value(typed)
    bad = typed in spec.not_good
    return Value(typed, verdict=(Verdict.FAIL if bad else Verdict.PASS).value,
                 why=f"{spec.label}: “{typed}” is not acceptable here." if bad else "")
