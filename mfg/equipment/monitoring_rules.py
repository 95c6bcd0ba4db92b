"""What a count of environmental or personnel monitoring means, and what a session goes through. Pure.

The words are WITHIN, ALERT and ACTION; where a rule cannot tell, the word is CANNOT DETERMINE and weighs as ACTION.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.equipment.monitoring_limits import KINDS
from mfg.equipment.rules import utc
from mfg.facts import (
    Finding,
    Move,
    Moves,
    Reading,
    Verdict,
    judge,
    need,
    passed,
    plain,
    rule,
    significant,
    verdict_from,
)

MOVES = Moves("monitoring session", "planned", frozenset({"reviewed"}), (
    Move("expose plates", frozenset({"planned"}), "exposed"),
    Move("incubate plates", frozenset({"exposed"}), "incubating"),
    # with the last plate that was not read
    Move("read plate", frozenset({"incubating"}), "read"),
    Move("review monitoring", frozenset({"read"}), "reviewed"),
))
WITHIN, ALERT, ACTION, UNKNOWN = "WITHIN", "ALERT", "ACTION", "CANNOT DETERMINE"
#: the word of a session is that of its gravest plate
GRAVEST = (ACTION, UNKNOWN, ALERT, WITHIN)


@dataclass(frozen=True)
class PlateFacts:
    """One plate or particle count with its reading and the limits that hold for it, in the unit of its kind."""

    plate: str
    kind: str
    grade: str
    #: as read: whole counts; None: not read, or not readable
    reading: Reading | None
    action: Decimal | None
    action_source: str
    alert: Decimal | None
    alert_source: str
    exposed_from: datetime | None = None
    exposed_until: datetime | None = None
    #: air that was drawn, in litres
    litres: Decimal | None = None
    #: why it cannot be read; empty: it can
    lost: str = ""


@dataclass(frozen=True)
class Scaled:
    """A reading as count x `up` / `down`, so that comparisons stay exact."""

    reading: Reading
    up: Decimal
    down: Decimal

    def at_most(self, limit: Decimal) -> bool | None:
        """Whether the scaled count is at most the limit; None when a censored count cannot tell."""
        return Reading(self.reading.value * self.up, self.reading.op).at_most(limit * self.down)

    def __str__(self) -> str:
        scaled = self.reading.value * self.up / self.down
        exact = scaled == scaled.quantize(Decimal("0.001"))
        return f"{self.reading.op}{plain(scaled) if exact else significant(scaled)}"


def scaled(f: PlateFacts) -> Scaled:
    """The count per cubic metre, per 4 h, or as it is. A plate out longer than 4 h is never scaled down."""
    reading = need(f.reading, f"{f.plate} was not read{': ' + f.lost if f.lost else ''}.")
    kind = KINDS[f.kind]
    if kind.per_litres is not None:
        litres = need(f.litres, f"How much air was drawn for {f.plate} is blank.")
        return Scaled(reading, Decimal(kind.per_litres), litres)
    if kind.per_minutes is not None:
        seconds = need(_seconds(f) or None, f"{f.plate} was exposed for no time at all, so its count says nothing.")
        return Scaled(reading, Decimal(kind.per_minutes * 60), min(seconds, Decimal(kind.per_minutes * 60)))
    return Scaled(reading, Decimal(1), Decimal(1))


def _seconds(f: PlateFacts) -> Decimal:
    """How long a plate was out, in seconds."""
    start = need(f.exposed_from, f"When {f.plate} was exposed is not recorded.")
    end = need(f.exposed_until, f"Until when {f.plate} was exposed is not recorded.")
    return Decimal((end - start) // _SECOND)


_SECOND = timedelta(seconds=1)


@rule("EM-01", "The count is not above the action limit")
def below_action(f: PlateFacts) -> Any:
    """A count above the action limit is ACTION; in grade A any growth is (EU GMP Annex 1 (2022), tables 5 and 6)."""
    count = scaled(f)
    unit = KINDS[f.kind].unit
    limit = need(f.action, f"No action limit for {f.kind} in grade {f.grade} is set. QA sets one.")
    told = "no growth" if limit == 0 else f"at most {plain(limit)} {unit}"
    within = count.at_most(limit)
    words = {True: "within", False: "above", None: "not comparable with"}[within]
    return verdict_from(within), (f"{f.plate}, {f.kind} in grade {f.grade}: {count} {unit}, {words} the action limit "
                                  f"({told}, {f.action_source})."), f"{count} {unit}", told


@rule("EM-02", "The count is not above the alert limit")
def below_alert(f: PlateFacts) -> Any:
    """A count above the alert limit is ALERT: a sign of drift, not yet a breach (EU GMP Annex 1 (2022), section 9)."""
    if f.alert is None:
        return Verdict.PASS, f"No alert limit lies below the action limit for {f.kind} in grade {f.grade}."
    count, unit = scaled(f), KINDS[f.kind].unit
    within = count.at_most(f.alert)
    return verdict_from(within), (f"{f.plate}: {count} {unit}; the alert limit is {plain(f.alert)} {unit} "
                                  f"({f.alert_source})."), f"{count} {unit}", f"at most {plain(f.alert)} {unit}"


@rule("EM-03", "A settle plate is out for 4 hours at most")
def exposed_as_validated(f: PlateFacts) -> Any:
    """A settle plate dries out: after more than 4 hours its count says too little (EU GMP Annex 1 (2022), table 6)."""
    minutes = KINDS[f.kind].per_minutes
    if minutes is None:
        return Verdict.PASS, "Only settle plates count by the time they are out."
    seconds = _seconds(f)
    if seconds <= 0:
        return Verdict.CANNOT_DETERMINE, f"{f.plate} was exposed for no time at all."
    told = f"{plain(seconds / 60) if seconds % 60 == 0 else significant(seconds / 60, 4)} min"
    if seconds > minutes * 60:
        return Verdict.CANNOT_DETERMINE, (f"{f.plate} was exposed for {told}; {minutes} min at most were expected. "
                                          "It may have dried out: a low count proves nothing."), told, f"{minutes} min"
    return Verdict.PASS, f"{f.plate} was exposed for {told}.", told, f"{minutes} min"


PLATE = (below_action, below_alert, exposed_as_validated)


def word_of(findings: Iterable[Finding]) -> str:
    """WITHIN, ALERT, ACTION or CANNOT DETERMINE of one plate, from the findings of PLATE."""
    verdicts = {finding.rule: finding.verdict for finding in findings}
    if verdicts[below_action.id] is Verdict.FAIL:
        return ACTION
    if Verdict.CANNOT_DETERMINE in verdicts.values():
        return UNKNOWN
    return WITHIN if verdicts[below_alert.id] is Verdict.PASS else ALERT


def judged(f: PlateFacts) -> tuple[str, tuple[Finding, ...]]:
    """The word of one plate and why."""
    findings = judge(PLATE, f)
    return word_of(findings), findings


def gravest(words: Iterable[str]) -> str:
    """The word of a session: that of its gravest plate; without any plate nobody can tell."""
    told = set(words) or {UNKNOWN}
    return next(word for word in GRAVEST if word in told)


@dataclass(frozen=True)
class PlateTold:
    """A plate about to be planned or read."""

    kind: str
    #: who wears the glove or gown
    operator: str
    operator_known: bool
    litres: Decimal | None
    media_lot: str
    reading: Reading | None = None
    lost: str = ""


@rule("EM-04", "A plate says what it needs for its kind")
def plate_complete(f: PlateTold) -> Any:
    """Gloves and gowns name the person, air its volume, plates their media lot (21 CFR 211.113, 211.194(a))."""
    kind = KINDS.get(f.kind)
    if kind is None:
        return Verdict.FAIL, f"“{f.kind}” is not a kind of plate. Choose one of: {', '.join(KINDS)}."
    if kind.personal and not f.operator_known:
        return Verdict.FAIL, (f"“{f.operator}” is not a person of this facility. A {f.kind} names the person who wears "
                              "it: scan the badge." if f.operator else
                              f"A {f.kind} names the person who wears it. Scan the badge.")
    if not kind.personal and f.operator:
        return Verdict.FAIL, f"A {f.kind} is of a place, not of a person. Leave the person blank."
    if kind.per_litres and (f.litres is None or f.litres <= 0):
        return Verdict.FAIL, f"How many litres of air are drawn for a {f.kind} count is blank. Say so."
    if not kind.per_litres and f.litres is not None:
        return Verdict.FAIL, f"No air is drawn for a {f.kind}. Leave the litres blank."
    if kind.incubated and not f.media_lot:
        return Verdict.FAIL, "The lot of the medium is blank. Read it from the plate."
    return Verdict.PASS, "Nothing is missing."


@rule("EM-05", "A plate has a whole count or a reason")
def counted(f: PlateTold) -> Any:
    """A count is a whole number from 0 on; a blank is not 0, it needs the reason why nobody can read (ALCOA)."""
    if f.reading is None:
        return passed(bool(f.lost)), ("Not readable, with the reason." if f.lost else
                                      "The count is blank. A blank is not 0: count, or say why it cannot be read.")
    if f.lost:
        return Verdict.FAIL, "A count and a reason why it cannot be read exclude each other. Give one."
    ok = f.reading.value >= 0 and f.reading.value == f.reading.value.to_integral_value()
    return passed(ok), (f"{f.reading} counted." if ok else
                        f"{f.reading} is not a count; a whole number from 0 on was expected."), str(f.reading)


PLANNED, COUNTED = (plate_complete,), (counted,)


@dataclass(frozen=True)
class Times:
    """A beginning and an end as told, and now."""

    start: datetime | None
    end: datetime
    at: datetime


@rule("EM-06", "Exposure ends after it began, and before it is recorded")
def in_order(f: Times) -> Any:
    """Exposure, incubation and reading follow each other, and none lies in the future (ALCOA: contemporaneous)."""
    if f.end > f.at:
        return Verdict.FAIL, f"{utc(f.end)} is in the future; it is {utc(f.at)} now. Correct date and time."
    ok = f.start is None or f.start <= f.end
    return passed(ok), ("The times follow each other." if ok else
                        f"It began at {utc(f.start)}; {utc(f.end)} lies before. Correct date and time."
                        if f.start else ""), utc(f.end), utc(f.at)


TIMES = (in_order,)


@dataclass(frozen=True)
class LimitTold:
    """A limit the site sets for a kind in a grade."""

    kind: str
    grade: str
    alert: Decimal | None
    action: Decimal | None
    annex: Decimal | None


@rule("EM-07", "A limit of the site is not looser than the annex")
def not_looser(f: LimitTold) -> Any:
    """A site may be stricter than Annex 1, never looser; alert is not above action (Annex 1 (2022), section 9)."""
    if f.alert is None and f.action is None:
        return Verdict.FAIL, "Both limits are blank. Give at least one."
    if any(one is not None and one < 0 for one in (f.alert, f.action)):
        return Verdict.FAIL, "A limit below 0 cannot be."
    action = f.annex if f.action is None else f.action
    if f.annex is not None and f.action is not None and f.action > f.annex:
        return Verdict.FAIL, (f"An action limit of {plain(f.action)} is looser than the {plain(f.annex)} of Annex 1 "
                              f"for {f.kind} in grade {f.grade}."), plain(f.action), plain(f.annex)
    ok = f.alert is None or action is None or f.alert <= action
    return passed(ok), ("The limits fit." if ok else "The alert limit lies above the action limit. Give a lower one.")


LIMIT = (not_looser,)


@dataclass(frozen=True)
class Review:
    """A session about to be reviewed."""

    monitoring: str
    unread: tuple[str, ...]
    plates: int


@rule("EM-08", "A session is reviewed complete")
def complete(f: Review) -> Any:
    """Every plate of a session was read, or has the reason why not, before it is reviewed (21 CFR 211.194(a)(8))."""
    if f.plates == 0:
        return Verdict.CANNOT_DETERMINE, f"{f.monitoring} has no plate at all."
    return passed(not f.unread), (f"All {f.plates} were read." if not f.unread else
                                  f"Not read: {', '.join(f.unread[:10])}. Read them first."), str(len(f.unread)), "0"


REVIEW = (complete,)
