"""Whether a collection can be as it is told, and whether what arrived may be used. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.facts import Limits, Move, Moves, Reading, Verdict, need, passed, plain, rule

MOVES = Moves("collection", "collected", frozenset({"rejected"}), (
    Move("inspect receipt", frozenset({"collected"}), "inspected"),
    Move("accept collection", frozenset({"inspected"}), "accepted"),
    Move("reject collection", frozenset({"collected", "inspected", "accepted"}), "rejected"),
))

#: transport condition ordered -> limits of the logger, degree Celsius
TRANSPORT: dict[str, Limits] = {
    "2-8 °C": Limits(Decimal(2), Decimal(8), "Cel"),
    "15-25 °C": Limits(Decimal(15), Decimal(25), "Cel"),
}


@dataclass(frozen=True)
class CollectionTold:
    """One apheresis as it is told. Volumes in mL, cells as numbers, percent as percent."""

    donor: str
    recipient: str
    #: the donor is listed for this recipient
    listed: bool
    started_at: datetime
    ended_at: datetime
    volume_ml: Decimal
    anticoagulant_ml: Decimal
    tnc: Decimal
    nk_percent: Decimal | None
    at: datetime


@rule("COL-01", "The donor is listed for the recipient")
def listed(f: CollectionTold) -> Any:
    """Cells are collected for the one recipient the donor is listed for (21 CFR 1271.290)."""
    return passed(f.listed), (f"{f.donor} is listed for {f.recipient}." if f.listed else
                              f"{f.donor} is not listed for {f.recipient}. Check donor and recipient."), \
        f.recipient, None, (f.donor,)


@rule("COL-02", "The collection began, ended, and is over")
def in_order(f: CollectionTold) -> Any:
    """A collection ends after it began, within a day, and before it is recorded."""
    began, ended, now = (f"{moment:%Y-%m-%d %H:%M}" for moment in (f.started_at, f.ended_at, f.at))
    if not f.started_at < f.ended_at <= f.at:
        return passed(False), (f"The collection is said to last from {began} to {ended} UTC; it is {now} UTC now. "
                               "Correct the times.")
    ok = f.ended_at - f.started_at <= timedelta(days=1)
    return passed(ok), (f"Collected from {began} to {ended} UTC." if ok else
                        f"The collection is said to last from {began} to {ended} UTC, more than a day. "
                        "Correct the times.")


@rule("COL-03", "Volumes and cells can be")
def amounts(f: CollectionTold) -> Any:
    """The bag holds something, no more anticoagulant than its volume, some cells, and a percentage from 0 to 100."""
    ok = (f.volume_ml > 0 and 0 <= f.anticoagulant_ml <= f.volume_ml and f.tnc > 0
          and (f.nk_percent is None or 0 <= f.nk_percent <= 100))
    told = (f"{plain(f.volume_ml)} mL with {plain(f.anticoagulant_ml)} mL anticoagulant, {plain(f.tnc)} nucleated "
            f"cells, NK {'not measured' if f.nk_percent is None else plain(f.nk_percent) + ' %'}")
    return passed(ok), told + ("." if ok else " cannot be. Correct the values.")


TOLD_COLLECTION = (listed, in_order, amounts)


@dataclass(frozen=True)
class Receipt:
    """What was found when the bag arrived. None: not inspected yet."""

    collection: str
    ended_at: datetime
    received_at: datetime | None
    transport: str | None
    low_c: Decimal | None
    high_c: Decimal | None
    seal_intact: bool | None
    leak_free: bool | None
    coi: str
    coi_read: str | None


@rule("COL-04", "The bag is this recipient's")
def identity_matches(f: Receipt) -> Any:
    """The chain of identity read from the bag is the recipient's; there is no way past a mismatch."""
    read = need(f.coi_read, f"No chain of identity was read from the bag of {f.collection}. Scan it.")
    ok = read == f.coi
    return passed(ok), ("The chain of identity on the bag is the recipient's." if ok else
                        f"The bag carries {read}; {f.coi} was expected. Stop: set the bag apart and call QA."), \
        read, f.coi, (f.collection,)


@rule("COL-05", "Transport stayed within its temperatures")
def temperature(f: Receipt) -> Any:
    """Lowest and highest temperature of the logger lie within the condition ordered (21 CFR 1271.260)."""
    if f.low_c is None or f.high_c is None or f.transport not in TRANSPORT:
        return Verdict.CANNOT_DETERMINE, f"The transport temperatures of {f.collection} are not recorded."
    limits = TRANSPORT[f.transport]
    ok = all(limits.judge(Reading(value)) is Verdict.PASS for value in (f.low_c, f.high_c))
    value = f"{plain(f.low_c)} to {plain(f.high_c)} Cel"
    return passed(ok), (f"Transport was at {value}; {limits} was ordered." +
                        ("" if ok else " Ask QA; open a deviation or reject the collection.")), \
        value, str(limits), (f.collection,)


@rule("COL-06", "Seal intact, bag tight")
def seal_and_bag(f: Receipt) -> Any:
    """The shipper arrived sealed and the bag does not leak (21 CFR 1271.265)."""
    if f.seal_intact is None or f.leak_free is None:
        return Verdict.CANNOT_DETERMINE, f"Seal and bag of {f.collection} have not been looked at."
    wrong = [*([] if f.seal_intact else ["the seal is broken"]), *([] if f.leak_free else ["the bag leaks"])]
    return passed(not wrong), ("Seal intact, no leak." if not wrong else
                               f"At receipt {' and '.join(wrong)}. Reject the collection."), \
        None, None, (f.collection,)


@rule("COL-07", "Custody is without contradiction")
def custody(f: Receipt) -> Any:
    """The bag is received after the collection ended; the hours between are shown as the custody gap."""
    received = need(f.received_at, f"The receipt of {f.collection} is not recorded.")
    hours = gap_hours(f.ended_at, received)
    ok = received >= f.ended_at
    return passed(ok), (f"{plain(hours)} h lie between the end of the collection and its receipt." if ok else
                        f"The bag is said to be received {received:%Y-%m-%d %H:%M} UTC, before the collection ended "
                        f"{f.ended_at:%Y-%m-%d %H:%M} UTC. Correct the time."), f"{plain(hours)} h"


RECEIPT = (identity_matches, temperature, seal_and_bag, custody)


def gap_hours(ended_at: datetime, received_at: datetime) -> Decimal:
    """Hours between the end of the collection and its receipt, to one decimal, for display."""
    seconds = Decimal((received_at - ended_at) // timedelta(seconds=1))
    return (seconds / 3600).quantize(Decimal("0.1"))
