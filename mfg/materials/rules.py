"""The states of a lot, and when one may be used, opened or taken from. Pure.

Which lot a step needs, the master record says. Receipt and approval are `receipt_rules.py`, sums are `amounts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, plain, rule
from mfg.units import in_words

#: states in which a lot may be used; being expired is no state but is asked at the time of use, so no clock moves it
USABLE = ("released", "in use")
#: states of a lot that was approved and that nobody has stopped since, asked about a use that is over
APPROVED = (*USABLE, "depleted")
#: states in which somebody has stopped a lot
STOPPED = ("blocked", "rejected", "recalled")
#: What use makes of a lot follows from what is left of it: see `after_use`.
MOVES = Moves("lot", "quarantine", frozenset({"rejected", "recalled"}), (
    Move("release lot", frozenset({"quarantine"}), "released"),
    Move("enter value", frozenset({"released"}), "in use"),
    Move("open lot", frozenset({"released", "in use"}), "in use"),
    Move("issue material", frozenset({"in use"}), "depleted"),
    Move("return material", frozenset({"depleted"}), "in use"),
    Move("block lot", frozenset(USABLE) | {"depleted"}, "blocked"),
    Move("unblock lot", frozenset({"blocked"}), "in use"),
    Move("unblock lot", frozenset({"blocked"}), "released"),
    # a lot that went into a batch is recalled, which opens a deviation there; one that did not is rejected
    Move("reject lot", frozenset({"quarantine", "released"}), "rejected"),
    Move("recall lot", frozenset({"released", "in use", "depleted", "blocked"}), "recalled"),
))

#: kinds whose strength the arithmetic of a batch needs -> its unit (UCUM)
STRENGTHS = {"bispecific antibody": "ug/mL", "feeder cells": "Gy"}
UNITS = tuple(STRENGTHS.values())


def standing(state: str) -> str:
    """The state of a lot as evidence about a use that is over: released as long as QA's approval stands.

    That somebody else took the rest of it since says nothing about the product made with it.
    """
    return "released" if state in APPROVED else state


def after_use(state: str, left: Decimal | None) -> str:
    """The state of a lot after something was taken of it, or given back; `left` in its unit, None when unknown.

    Nothing left is depleted; an unknown rest never is. A lot that was blocked or recalled meanwhile stays so.
    """
    if state not in (*USABLE, "depleted"):
        return state
    return "depleted" if left is not None and left <= 0 else "in use"


def told(moment: datetime) -> str:
    """A moment as sentences here write it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def usable_until(expires_at: datetime, opened_at: datetime | None, open_life_hours: Decimal | None) -> datetime:
    """The last moment of use: expiry, or the end of the open life of an opened container, whichever is first."""
    if opened_at is None or open_life_hours is None:
        return expires_at
    return min(expires_at, open_until(opened_at, open_life_hours))


def open_until(opened_at: datetime, open_life_hours: Decimal) -> datetime:
    """When the open life of a container ends."""
    return opened_at + timedelta(microseconds=int(open_life_hours * 3_600_000_000))


@dataclass(frozen=True)
class LotUse:
    """One lot about to be used at a moment, by a step that wants one kind. `left` is what is there for this use."""

    lot: str
    kind: str
    state: str
    released_at: datetime | None
    expires_at: datetime
    #: the time of use
    at: datetime
    #: the kind the step asks for
    wanted: str
    #: hours an opened container keeps; None: not stated, it is used up at once
    open_life_hours: Decimal | None = None
    #: the newest opening of a container up to the time of use
    opened_at: datetime | None = None
    #: what the use takes, in `unit`; without a unit no amount is asked for
    amount: Decimal | None = None
    unit: str | None = None
    left: Decimal | None = None
    left_unit: str | None = None


@rule("MAT-01", "The lot is approved for use")
def lot_released(f: LotUse) -> Any:
    """Only a lot that QA had released by then, and nobody has stopped since, goes into a batch (21 CFR 211.84(a))."""
    if f.state not in USABLE:
        return Verdict.FAIL, (f"{f.lot} is in state “{f.state}”; a released lot was expected. Take another, or ask "
                              "QA."), f.state, "released", (f.lot,)
    released: datetime = need(f.released_at, f"When {f.lot} was released is not recorded.")
    ok = released <= f.at
    return passed(ok), (f"{f.lot} is released." if ok else
                        f"{f.lot} was released {told(released)}, after the time of use, {told(f.at)}. Check the time; "
                        "if it is right, tell QA."), told(f.at), told(released), (f.lot,)


@rule("MAT-02", "The lot is in date at the time of use")
def lot_in_date(f: LotUse) -> Any:
    """A lot is used up to its expiry, judged at the time of use and not of receipt (21 CFR 211.137)."""
    expires, used = told(f.expires_at), told(f.at)
    ok = f.at <= f.expires_at
    return passed(ok), (f"{f.lot} is in date until {expires}." if ok else
                        f"{f.lot} expired {expires}; the time of use is {used}. Take another lot."), \
        used, expires, (f.lot,)


@rule("MAT-03", "The lot is of the kind the step asks for")
def lot_of_right_kind(f: LotUse) -> Any:
    """The kind of the lot is the kind that the master record asks for at this step (21 CFR 211.101)."""
    wanted = need(f.wanted, f"Nobody said which kind of material is wanted, so {f.lot} cannot be judged.")
    ok = f.kind == wanted
    return passed(ok), (f"{f.lot} is {f.kind}." if ok else
                        f"{f.lot} is {f.kind}; {wanted} was expected. Scan the right lot."), \
        f.kind, wanted, (f.lot,)


@rule("MAT-08", "An opened container is within its open life")
def within_open_life(f: LotUse) -> Any:
    """A container is used until the end of its open life after it was opened, that moment included (21 CFR 211.137,
    domain dossier 8.1). A lot that states no open life is opened and used up at once."""
    if f.open_life_hours is None and f.opened_at is None:
        return Verdict.PASS, f"{f.lot} states no open life; a container is used up when it is opened."
    opened: datetime = need(f.opened_at, f"{f.lot} keeps {plain(f.open_life_hours or Decimal(0))} h once it is opened, "
                            "and no opening is recorded by the time of use. Record when the container was opened.")
    hours: Decimal = need(f.open_life_hours, f"A container of {f.lot} is open, and its open life is not stated.")
    end = open_until(opened, hours)
    ok = f.at <= end
    return passed(ok), (f"Opened {told(opened)}, good until {told(end)}." if ok else
                        f"{f.lot} was opened {told(opened)} and keeps {plain(hours)} h, until {told(end)}; the time of "
                        f"use is {told(f.at)}. Discard it and open another container."), told(f.at), told(end), (f.lot,)


@rule("MAT-09", "Enough of the lot is left")
def enough_left(f: LotUse) -> Any:
    """What is taken is there, in the unit the lot is counted in; an unknown quantity is never enough (21 CFR
    211.101(c), 211.184(c))."""
    if f.amount is None and f.unit is None:
        return Verdict.PASS, "No amount is asked for."
    unit = need(f.unit, f"The amount taken of {f.lot} has no unit.")
    amount: Decimal = need(f.amount, f"How much is taken of {f.lot} is not said.")
    left: Decimal = need(f.left, f"How much of {f.lot} was received is not recorded, so nobody can say whether "
                                 f"{plain(amount)} {in_words(unit)} are left. Take a lot with a known quantity.")
    taken, there = f"{plain(amount)} {in_words(unit)}".rstrip(), f"{plain(left)} {in_words(f.left_unit)}".rstrip()
    if unit != f.left_unit:
        return Verdict.FAIL, (f"{f.lot} is counted in {f.left_unit}; the amount was given in {unit}. Nothing is "
                              "converted: give it in the unit of the lot."), taken, there, (f.lot,)
    if amount < 0:
        return Verdict.FAIL, f"{taken} cannot be taken. Enter what was used.", taken, there, (f.lot,)
    ok = amount <= left
    return passed(ok), (f"{there} of {f.lot} are there; {taken} are taken." if ok else
                        f"{taken} of {f.lot} are asked for; {there} are left. Check the amount, or take a further "
                        "lot."), taken, there, (f.lot,)


LOT_USE = (lot_released, lot_in_date, lot_of_right_kind, within_open_life, enough_left)
#: a correction of what was taken puts a number right; whether the lot may be used was decided when it was
RECOUNT = (enough_left,)


@dataclass(frozen=True)
class Opening:
    """A container of a lot about to be recorded as opened. `at` is now."""

    lot: str
    open_life_hours: Decimal | None
    opened_at: datetime
    received_at: datetime
    at: datetime
    #: the newest opening on record
    last_opened_at: datetime | None
    #: containers received, None when not said; and how many of them are opened
    containers: int | None
    opened: int


@rule("MAT-10", "The open life is stated")
def open_life_stated(f: Opening) -> Any:
    """A container is kept open only when its lot says how long it keeps (21 CFR 211.137)."""
    hours: Decimal = need(f.open_life_hours, f"How long {f.lot} keeps once it is opened is not stated, so no container "
                                             "of it is kept open. Use it up at once.")
    return Verdict.PASS, f"{f.lot} keeps {plain(hours)} h once it is opened.", plain(hours)


@rule("MAT-11", "The opening has happened, in order")
def opened_in_order(f: Opening) -> Any:
    """An opening lies after the receipt and the opening before it, and not in the future (ALCOA)."""
    earliest = max(f.received_at, f.last_opened_at or f.received_at)
    ok = earliest <= f.opened_at <= f.at
    return passed(ok), (f"Opened {told(f.opened_at)}." if ok else
                        f"The container is said to be opened {told(f.opened_at)}; a time from {told(earliest)} to now, "
                        f"{told(f.at)}, was expected. Correct it."), told(f.opened_at), told(earliest)


@rule("MAT-12", "A container is left to be opened")
def container_left(f: Opening) -> Any:
    """No more containers are opened than were received."""
    there: int = need(f.containers, f"How many containers of {f.lot} were received is not recorded.")
    ok = f.opened < there
    return passed(ok), (f"Container {f.opened + 1} of {there}." if ok else
                        f"All {there} containers of {f.lot} are on record as opened. Take another lot."), \
        str(f.opened), str(there)


OPENING = (open_life_stated, opened_in_order, container_left)
