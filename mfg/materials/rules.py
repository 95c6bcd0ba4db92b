"""When a lot may be approved, and when it may be used. Pure; which lot a step needs, the master record says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, plain, rule

MOVES = Moves("lot", "quarantine", frozenset({"rejected"}), (
    Move("release lot", frozenset({"quarantine"}), "released"),
    Move("reject lot", frozenset({"quarantine", "released"}), "rejected"),
))

#: kinds whose strength the arithmetic of a batch needs -> its unit (UCUM)
STRENGTHS = {"bispecific antibody": "ug/mL", "feeder cells": "Gy"}
UNITS = tuple(STRENGTHS.values())


@dataclass(frozen=True)
class LotUse:
    """One lot about to be used at a moment, by a step that wants one kind."""

    lot: str
    kind: str
    state: str
    expires_at: datetime
    #: the time of use
    at: datetime
    #: the kind the step asks for
    wanted: str


@rule("MAT-01", "The lot is approved for use")
def lot_released(f: LotUse) -> Any:
    """Only a lot that QA has released goes into a batch (21 CFR 211.84(a))."""
    ok = f.state == "released"
    return passed(ok), (f"{f.lot} is released." if ok else
                        f"{f.lot} is in state “{f.state}”; a released lot was expected. Take another, or ask QA."), \
        f.state, "released", (f.lot,)


@rule("MAT-02", "The lot is in date at the time of use")
def lot_in_date(f: LotUse) -> Any:
    """A lot is used up to its expiry, judged at the time of use and not of receipt (21 CFR 211.137)."""
    expires, used = f"{f.expires_at:%Y-%m-%d %H:%M} UTC", f"{f.at:%Y-%m-%d %H:%M} UTC"
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


LOT_USE = (lot_released, lot_in_date, lot_of_right_kind)


@dataclass(frozen=True)
class LotFacts:
    """One lot as received or about to be approved."""

    kind: str
    certificate: str
    strength: Decimal | None
    strength_unit: str | None
    received_at: datetime
    expires_at: datetime
    at: datetime


@rule("MAT-04", "Received before it is recorded")
def received_in_the_past(f: LotFacts) -> Any:
    """A receipt is recorded after it happened (ALCOA: contemporaneous)."""
    received, now = f"{f.received_at:%Y-%m-%d %H:%M}", f"{f.at:%Y-%m-%d %H:%M}"
    ok = f.received_at <= f.at
    return passed(ok), (f"Received {received} UTC." if ok else f"The lot is said to be received {received} UTC, but it "
                        f"is {now} UTC now. Correct date and time."), received, now


@rule("MAT-05", "Strength stated where a batch needs it")
def strength_stated(f: LotFacts) -> Any:
    """The antibody has its concentration in ug/mL, feeder cells their irradiation in Gy; never one without unit."""
    if (f.strength is None) != (not f.strength_unit):
        return Verdict.FAIL, "Strength and its unit belong together. Give both, or neither."
    wanted = STRENGTHS.get(f.kind)
    if wanted is None:
        return Verdict.PASS, f"A lot of {f.kind} needs no strength."
    strength = need(f.strength, f"A lot of {f.kind} needs its strength in {wanted}. Read it from the certificate.")
    ok = strength > 0 and f.strength_unit == wanted
    told = f"{plain(strength)} {f.strength_unit}"
    return passed(ok), (f"Strength {told}." if ok else
                        f"The strength is given as {told}; more than 0 {wanted} was expected."), told, wanted


RECEIPT = (received_in_the_past, strength_stated)


@rule("MAT-06", "A certificate is there")
def certified(f: LotFacts) -> Any:
    """A lot is approved against its certificate of analysis (21 CFR 211.84(d))."""
    need(f.certificate, "No certificate is named for this lot. Get it from the supplier.")
    return Verdict.PASS, f"Certificate: {f.certificate}.", f.certificate


@rule("MAT-07", "In date when approved")
def in_date_when_approved(f: LotFacts) -> Any:
    """A lot past its expiry is not approved any more."""
    expires = f"{f.expires_at:%Y-%m-%d %H:%M} UTC"
    ok = f.at <= f.expires_at
    return passed(ok), (f"In date until {expires}." if ok else f"The lot expired {expires}. Reject it."), \
        f"{f.at:%Y-%m-%d %H:%M} UTC", expires


APPROVAL = (strength_stated, certified, in_date_when_approved)
