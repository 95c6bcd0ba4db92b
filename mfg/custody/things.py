"""What changes hands: a container, or a collection before it is in a batch. A scan says which; it writes nothing.

The bag of a collection is one thing under two codes: that of the collection and that of its container in a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.divisions import bag_labelled, of_the_collection_alone
from mfg.batches.records import Container, Dose, DoseBag
from mfg.batches.records import container as load_container
from mfg.codes.own import coi_text
from mfg.codes.scan import demand, label_in, on_the_bag, scanned_or_typed
from mfg.codes.scan import how as how_read
from mfg.custody.records import HandedObject, HandOver, hand_overs_of
from mfg.custody.shipment_records import Shipment, ShippedObject, shipments_of
from mfg.custody.shipment_rules import Leaving
from mfg.donors.records import Collection
from mfg.donors.records import collection as load_collection
from mfg.facts import Refused
from mfg.labelling.standing import label_scanned
from mfg.quality.stops import STOP, identity_stop
from mfg.trial.records import recipient as load_recipient


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that was scanned, with whom it is for and how it was read."""

    code: str
    kind: str
    recipient: str
    donor: str
    #: batch, or donor where there is none yet
    within: str
    how: str = "scanned"
    label: str | None = None


def thing_scanned(session: Session, text: str) -> Thing:
    """The container or collection whose code, donation number or label was scanned; Refused for anything else.

    A label that does not stand is refused. A dose is not a thing: its bags are.
    """
    scan = scanned_or_typed(text)
    label_scanned(session, scan)
    how, label = how_read(text), label_in(scan)
    bag = bag_labelled(session, text)
    if bag is not None:
        return _container(bag, how, label)
    part = demand(scan, "container", "collection", "001")
    if part.number == "container":
        return _container(load_container(session, part.content), how, label)
    if part.number == "collection":
        return known(session, part.content, how, label)
    din = of_the_collection_alone(session, on_the_bag(part))
    code = session.scalar(select(Collection.code).where(Collection.din == din))
    if code is None:
        raise Refused(f"The donation {din} is not of this facility. Scan the label of what is handed over.",
                      kind="not found")
    return known(session, code, how, label)


def known(session: Session, code: str, how: str = "scanned", label: str | None = None) -> Thing:
    """The thing with this code. A collection that is in a batch is told by its container."""
    if not code.startswith("COL-"):
        return _container(load_container(session, code), how, label)
    row = load_collection(session, code)
    bag = session.scalar(select(Container).where(Container.collection == code, Container.kind == "collection bag"))
    if bag is not None:
        return _container(bag, how, label)
    return Thing(row.code, "collection", row.recipient, row.donor, row.donor, how, label)


def _container(row: Container, how: str, label: str | None) -> Thing:
    return Thing(row.code, row.kind, row.recipient, row.donor, row.batch or row.donor, how, label)


def names_of(session: Session, code: str) -> tuple[str, ...]:
    """Every code one thing has: a collection and its bag are the same."""
    if code.startswith("COL-"):
        other = session.scalar(select(Container.code).where(Container.collection == code,
                                                            Container.kind == "collection bag"))
        return (code, other) if other else (code,)
    row = session.get(Container, code)
    return (code, row.collection) if row is not None and row.kind == "collection bag" else (code,)


def scanned_together(session: Session, scans: Sequence[str]) -> list[Thing]:
    """The things scanned, each once, all of one chain of identity; another one stops and leaves a deviation."""
    things: list[Thing] = []
    for text in scans:
        one = thing_scanned(session, text)
        if any(one.code == other.code for other in things):
            raise Refused(f"{one.code} was scanned twice. Scan each once.", kind="input")
        if things:
            same_chain(session, things[0].recipient, things[0].donor, things[0].within, one)
        things.append(one)
    return things


def same_chain(session: Session, recipient: str, donor: str, within: str, one: Thing) -> None:
    """The hard stop: cells of another recipient or donor; a critical deviation opens in the record of the attempt."""
    if (one.recipient, one.donor) == (recipient, donor):
        return
    expected, scanned = (coi_text(load_recipient(session, code).coi) for code in (recipient, one.recipient))
    raise identity_stop(f"Stop. {one.code} carries chain of identity {scanned} (donor {one.donor}); {expected} (donor "
                        f"{donor}) of {within} was expected. Nothing changes hands. Set it apart in quarantine and "
                        "call QA.", within=within, on=one.code, also=one.within)


def exactly_these(session: Session, scans: Sequence[str], wanted: Iterable[str], *, recipient: str, donor: str,
                  within: str, of: str) -> dict[str, Thing]:
    """What was scanned, by the code it was given under: each of `wanted` once and nothing else, or a hard stop."""
    by_name = {name: code for code in wanted for name in names_of(session, code)}
    found: dict[str, Thing] = {}
    for text in scans:
        one = thing_scanned(session, text)
        same_chain(session, recipient, donor, within, one)
        code = by_name.get(one.code)
        if code is None:
            told = ", ".join(sorted(set(by_name.values())))
            raise Refused(f"Stop. {one.code} is a {one.kind} that is not in {of}; {told} "
                          "was expected. Nothing changes hands. Set it apart and call the supervisor.", kind=STOP)
        if code in found:
            raise Refused(f"{one.code} was scanned twice. Scan each once.", kind="input")
        found[code] = one
    left = sorted(set(by_name.values()) - found.keys())
    if left:
        raise Refused(f"Not scanned: {', '.join(left)}. Scan everything that is in {of}, or refuse it.", kind="input")
    return found


def under_way(session: Session, names: Sequence[str]) -> str | None:
    """The open hand-over or shipment that one of these codes is in."""
    open_ = session.scalar(select(HandOver.code).join(HandedObject, HandedObject.hand_over == HandOver.code).where(
        HandedObject.thing.in_(names), HandOver.state == "given").limit(1))
    return open_ or session.scalar(select(Shipment.code).join(
        ShippedObject, ShippedObject.shipment == Shipment.code).where(
        ShippedObject.thing.in_(names), Shipment.state.in_(("packed", "sealed", "in transit"))).limit(1))


def holder_of(session: Session, names: Sequence[str]) -> str | None:
    """Who took one of these codes over last, by hand-over or at the receipt of a shipment; None: nobody yet."""
    took = [(row.taken_at, row.taken_by) for _, row in hand_overs_of(session, names) if row.taken_by]
    took += [(row.received_at, row.received_by) for _, row in shipments_of(session, names) if row.received_by]
    first = [(row.given_at, row.given_by) for _, row in hand_overs_of(session, names) if not row.taken_by]
    known_ = sorted((at, who) for at, who in took or first if at and who)
    return known_[-1][1] if known_ else None


def leaving(session: Session, one: Thing, at: datetime) -> Leaving:
    """A thing as the rules of leaving see it."""
    bag = session.get(DoseBag, one.code)
    dose = session.get(Dose, bag.dose) if bag else None
    if bag is None or dose is None:
        return Leaving(one.code, one.kind, None, "", False, None, at)
    present = bag.withdrawn_at is None and bag.attempt == dose.attempt
    return Leaving(one.code, one.kind, dose.code, dose.state, present, bag.expires_at, at)
