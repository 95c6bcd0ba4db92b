"""Custody of one thing: what happened to it in order, who holds it, and where nobody did. It reads and judges by rules.

Without a moment (`at`) it asks no clock: what waits to be taken over cannot be determined then, however long it waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Container, Descent, DoseBag, Step, StepEntry
from mfg.custody.records import HandedObject, HandOver, hand_overs_of
from mfg.custody.rules import HELD, Between, Offered, taken_in_time
from mfg.custody.shipment_records import Shipment, ShippedObject, shipments_of
from mfg.custody.shipment_rules import SHIPMENT
from mfg.custody.things import names_of
from mfg.donors.records import Collection
from mfg.facts import Finding, Refused, Verdict, judge, verdict_of
from mfg.ledger import Entry


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `holder` is who holds it from then on, as far as this event tells; None: it does not."""

    at: datetime
    what: str
    who: str
    where: str
    record: str
    url: str
    holder: str | None = None
    #: False while it waits for somebody to take it over
    held: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which custody may have been nobody's. `recorded` is False where no hand-over was ever made."""

    start: datetime
    end: datetime | None
    finding: Finding
    record: str
    who: str
    recorded: bool = True


@dataclass(frozen=True)
class Timeline:
    """The custody of one thing."""

    code: str
    kind: str
    events: tuple[Event, ...]
    gaps: tuple[Gap, ...]
    #: who holds it now by the records; empty: nobody has taken it over yet
    holder: str

    @property
    def verdict(self) -> Verdict | None:
        """The word over all gaps that were recorded; None where nothing was handed over."""
        found = [one.finding for one in self.gaps if one.recorded]
        return verdict_of(found) if found else None


def timeline(session: Session, code: str, at: datetime | None = None) -> Timeline:
    """Events, holder and gaps of a container or collection. Refused when there is none of that code."""
    names = names_of(session, code)
    bag = next((row for name in names if (row := session.get(Container, name))), None)
    origin = next((of for name in names if (of := session.get(Collection, name))), None)
    if bag is None and origin is None:
        raise Refused(f"“{code}” is neither a container nor a collection of this facility.", kind="not found")
    given, sent = hand_overs_of(session, names), shipments_of(session, names)
    told = [*(_collected(session, origin) if origin else ()), *(_made(session, bag) if bag else ()),
            *(one for _, row in given for one in _handed(row)), *(one for _, row in sent for one in _shipped(row)),
            *_used(session, names)]
    events = tuple(sorted(told, key=lambda one: one.at))  # stable: of one moment in the order made above
    holders = [one.holder for one in events if one.holder is not None]
    return Timeline(code, bag.kind if bag else "collection", events,
                    tuple([*(_before(origin, given, sent) if origin else ()), *gaps_in(given, sent, at)]),
                    holders[-1] if holders else "")


def gaps_within(session: Session, things: Iterable[str]) -> dict[str, tuple[Gap, ...]]:
    """Recorded gaps of many things by code, in two statements and without a clock; what passes is left out."""
    wanted = list(things)
    given: dict[str, list[tuple[HandedObject, HandOver]]] = {code: [] for code in wanted}
    sent: dict[str, list[tuple[ShippedObject, Shipment]]] = {code: [] for code in wanted}
    for handed, row in hand_overs_of(session, wanted):
        given[handed.thing].append((handed, row))
    for packed, one in shipments_of(session, wanted):
        sent[packed.thing].append((packed, one))
    found = {code: tuple(gap for gap in gaps_in(given[code], sent[code], None)
                         if gap.finding.verdict is not Verdict.PASS) for code in wanted}
    return {code: gaps for code, gaps in found.items() if gaps}


# --- gaps ----------------------------------------------------------------------------------------------------------


def gaps_in(given: Sequence[tuple[HandedObject, HandOver]], sent: Sequence[tuple[ShippedObject, Shipment]],
            at: datetime | None) -> list[Gap]:
    """Between each giving and taking, between delivery and receipt, and where the giver was not the one who held it."""
    found: list[Gap] = []
    moves: list[tuple[datetime, str, str, datetime | None, str | None, str]] = []
    for _, row in given:
        if row.state != "refused":
            found.append(_between(row.code, row.given_at, row.taken_at, at, row.given_by))
        moves.append((row.given_at, row.given_by, row.code, row.taken_at, row.taken_by, "hand-over"))
    for _, one in sent:
        if one.delivered_at is not None:
            found.append(_between(one.code, one.delivered_at, one.received_at, at, one.courier))
        elif one.state in SHIPMENT.final and one.dispatched_at is not None:
            why = f"{one.code} was given to the courier and {one.state} without having been received. Who holds " \
                  "it is not known."
            found.append(Gap(one.dispatched_at, None, Finding(taken_in_time.id, Verdict.FAIL, why,
                                                              title=taken_in_time.title), one.code, one.courier))
        elif one.state not in SHIPMENT.final:
            why = f"{one.code} is {one.state}; it did not arrive yet."
            found.append(Gap(one.packed_at, None, Finding(taken_in_time.id, Verdict.CANNOT_DETERMINE, why,
                                                          title=taken_in_time.title), one.code, one.packed_by))
        moves.append((one.packed_at, one.packed_by, one.code, one.received_at, one.received_by, "shipment"))
    return sorted([*found, *_unheld(moves)], key=lambda gap: gap.start)


def _between(code: str, start: datetime, end: datetime | None, at: datetime | None, who: str) -> Gap:
    finding = taken_in_time(Between(code, start, end, at))
    return Gap(start, end, finding, code, who)


def _unheld(moves: Sequence[tuple[datetime, str, str, datetime | None, str | None, str]]) -> Iterable[Gap]:
    """Given by somebody who had not taken it over: from the last taking to that giving nobody knows."""
    since, holder = None, None
    for start, giver, code, taken_at, taken_by, _ in sorted(moves, key=lambda one: (one[0], one[2])):
        if since is not None and holder is not None and holder != giver:
            finding = judge(HELD, Offered("It", None, holder, giver))[0]
            yield Gap(since, start, finding, code, giver)
        if taken_by is not None:
            since, holder = taken_at, taken_by
        elif holder is None:
            since, holder = start, giver


def _before(origin: Collection, given: Sequence[tuple[HandedObject, HandOver]],
            sent: Sequence[tuple[ShippedObject, Shipment]]) -> list[Gap]:
    """From the end of the collection to its receipt: told, not demanded, where nothing records who held it."""
    first = [row.given_at for _, row in given] + [row.packed_at for _, row in sent]
    if origin.received_at is None or any(one <= origin.received_at for one in first):
        return []
    why = f"Collected until {origin.ended_at:%Y-%m-%d %H:%M} UTC, received {origin.received_at:%Y-%m-%d %H:%M} UTC; " \
          "no hand-over or shipment says who held it between."
    return [Gap(origin.ended_at, origin.received_at, Finding(taken_in_time.id, Verdict.CANNOT_DETERMINE, why,
                                                             title="Who held it on the way"), origin.code, "", False)]


# --- events --------------------------------------------------------------------------------------------------------


def _collected(session: Session, row: Collection) -> list[Event]:
    url = f"/collections/{row.code}"
    by = session.scalar(select(Entry.person).where(Entry.on_code == row.code, Entry.verb == "record collection",
                                                   Entry.outcome == "done").limit(1)) or ""
    found = [Event(row.ended_at, "collected", by, "", row.code, url)]
    if row.received_at is not None:
        found.append(Event(row.received_at, "received", row.inspected_by or "", "", row.code, url))
    if row.accepted_at is not None:
        found.append(Event(row.accepted_at, "receipt verified", row.accepted_by or "", "", row.code, url))
    return found


def _made(session: Session, row: Container) -> list[Event]:
    url = f"/containers/{row.code}"
    parents = session.scalars(select(Descent.parent).where(Descent.child == row.code).order_by(Descent.parent)).all()
    made = f"made from {', '.join(parents)}" if parents else f"entered batch {row.batch}"
    found = [Event(row.made_at, made, row.made_by, "", row.code, url)]
    bag = session.get(DoseBag, row.code)
    if bag is not None:
        found.append(Event(bag.filled_at, f"filled for {bag.dose}", bag.filled_by, "", row.code, f"/doses/{bag.dose}"))
        if bag.withdrawn_at is not None:
            found.append(Event(bag.withdrawn_at, "withdrawn", "", "", row.code, f"/doses/{bag.dose}"))
    return found


def _handed(row: HandOver) -> list[Event]:
    url = f"/handovers/{row.code}"
    where = f"{row.place_from} to {row.place_to}"
    found = [Event(row.given_at, "handed over", row.given_by, where, row.code, url, row.given_by, False)]
    if row.taken_at is not None:
        found.append(Event(max(row.taken_at, row.given_at), "taken over", row.taken_by or "", row.place_to, row.code,
                           url, row.taken_by))
    if row.refused_at is not None:
        found.append(Event(max(row.refused_at, row.given_at), f"refused: {row.refused_why}", row.refused_by or "",
                           row.place_from, row.code, url, row.given_by))
    return found


def _shipped(row: Shipment) -> list[Event]:
    url = f"/shipments/{row.code}"
    courier, sent = f"courier {row.courier}", f"given to the courier, waybill {row.waybill}"
    told = ((row.packed_at, "packed", row.packed_by, row.place_from, row.packed_by),
            (row.sealed_at, f"sealed, {row.seal}", row.sealed_by, row.place_from, None),
            (row.dispatched_at, sent, row.dispatched_by, row.place_from, courier),
            (row.delivered_at, "delivered", row.courier, row.place_to, None),
            (row.received_at, "received", row.received_by, row.place_to, row.received_by),
            (row.ended_at, f"shipment {row.state}", row.ended_by, row.place_to, None))
    return [Event(at, what, who or "", where, row.code, url, holder) for at, what, who, where, holder in told
            if at is not None]


def _used(session: Session, names: Sequence[str]) -> list[Event]:
    """The steps it was scanned in."""
    rows = session.execute(select(StepEntry.entered_at, StepEntry.entered_by, Step.code).join(
        Step, Step.code == StepEntry.step).where(StepEntry.value.in_(names)).order_by(StepEntry.entered_at))
    return [Event(at, f"scanned in {step}", by, "", step, f"/steps/{step}") for at, by, step in rows]
