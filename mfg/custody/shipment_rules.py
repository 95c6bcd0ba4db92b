"""What a shipment goes through, what may leave in one, and when it may be accepted. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mfg.facts import Finding, Move, Moves, Verdict, need, passed, rule

SHIPMENT = Moves("shipment", "packed", frozenset({"accepted", "rejected"}), (
    Move("seal shipment", frozenset({"packed"}), "sealed"),
    Move("dispatch shipment", frozenset({"sealed"}), "in transit"),
    Move("receive shipment", frozenset({"in transit"}), "delivered"),
    Move("read logger", frozenset({"delivered"}), "logger read"),
    Move("read logger again", frozenset({"logger read"}), "logger read"),
    Move("accept shipment", frozenset({"logger read"}), "accepted"),
    # whatever happened: lost, broken open, called back
    Move("reject shipment", frozenset({"packed", "sealed", "in transit", "delivered", "logger read"}), "rejected"),
))
#: a dose in one of these states may leave
RELEASED = ("released on condition", "certified", "released exceptionally")


@dataclass(frozen=True)
class Leaving:
    """One thing about to leave with a courier."""

    thing: str
    kind: str
    #: of a dose bag: its dose, the state of that, whether the bag belongs to the present fill, and its expiry
    dose: str | None
    dose_state: str
    present: bool
    expires_at: datetime | None
    at: datetime


@rule("SHP-01", "A dose bag leaves only when its dose is released")
def dose_released(f: Leaving) -> Any:
    """No dose leaves before the qualified person released it, out of date, or as a bag of an earlier fill (21 CFR
    211.142, 211.165(a); EU GMP part IV)."""
    if f.kind != "dose bag":
        return Verdict.PASS, f"{f.thing} is a {f.kind}, not a dose."
    need(f.dose, f"{f.thing} is a dose bag of no dose.")
    if not f.present:
        return Verdict.FAIL, f"{f.thing} is withdrawn, or of an earlier fill of {f.dose}. It does not leave."
    if f.dose_state not in RELEASED:
        return Verdict.FAIL, f"{f.dose} is {f.dose_state}. The qualified person releases it first.", f.dose_state, \
            " or ".join(RELEASED)
    expires = need(f.expires_at, f"When {f.thing} expires is not known.")
    ok = expires > f.at
    return passed(ok), f"{f.thing} {'expires' if ok else 'expired'} {expires:%Y-%m-%d %H:%M} UTC."


@rule("SHP-04", "A dose bag out of date is not packed")
def not_out_of_date(f: Leaving) -> Any:
    """A dose bag that has expired is set apart for its end and goes into no shipper (21 CFR 211.137)."""
    if f.kind != "dose bag":
        return Verdict.PASS, f"{f.thing} is a {f.kind}, not a dose."
    expires = need(f.expires_at, f"When {f.thing} expires is not known.")
    ok = expires > f.at
    return passed(ok), (f"{f.thing} {'expires' if ok else 'expired'} {expires:%Y-%m-%d %H:%M} UTC."
                        + ("" if ok else " Nothing was packed. Set the bag apart and call QA.")), \
        f"{f.at:%Y-%m-%d %H:%M} UTC", f"before {expires:%Y-%m-%d %H:%M} UTC"


LEAVE = (dose_released,)
PACK = (not_out_of_date,)


@dataclass(frozen=True)
class Times:
    """When it was dispatched and delivered, as told, and now."""

    dispatched: datetime | None
    delivered: datetime
    at: datetime


@rule("SHP-02", "It is delivered after it was dispatched, and not in the future")
def in_order(f: Times) -> Any:
    """Dispatch, delivery and the receipt here follow each other (ALCOA: contemporaneous)."""
    started = need(f.dispatched, "It was not dispatched.")
    if f.delivered > f.at:
        return Verdict.FAIL, f"{f.delivered:%Y-%m-%d %H:%M} UTC is in the future. Correct date and time."
    return passed(f.delivered >= started), (f"Dispatched {started:%Y-%m-%d %H:%M} UTC, delivered "
                                            f"{f.delivered:%Y-%m-%d %H:%M} UTC.")


TIMES = (in_order,)


@dataclass(frozen=True)
class Accepting:
    """A shipment about to be accepted: what was found of it, and the deviations it opened with their state."""

    shipment: str
    findings: tuple[Finding, ...]
    #: (code, ended)
    deviations: tuple[tuple[str, bool], ...]


@rule("SHP-03", "Nothing found is left without judgement")
def all_judged(f: Accepting) -> Any:
    """A shipment is accepted when seal, condition, times and temperatures pass, or when every deviation they opened was
    investigated and ended (EU GDP 2013/C 343/01, 9.2; 21 CFR 211.192)."""
    need(f.findings, f"Nothing is known of the receipt and the log of {f.shipment}.")
    wrong = [one for one in f.findings if one.verdict is not Verdict.PASS]
    waiting = [code for code, ended in f.deviations if not ended]
    if waiting:
        return Verdict.FAIL, f"Not ended: {', '.join(waiting)}. Quality assurance investigates and closes each first."
    if wrong and not f.deviations:
        return Verdict.FAIL, " ".join(one.why for one in wrong)
    told = ", ".join(code for code, _ in f.deviations)
    return Verdict.PASS, f"Judged and ended: {told}." if told else "All that was found passes."


ACCEPT = (all_judged,)
