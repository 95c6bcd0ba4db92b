"""What is done with a collection: recorded at the bedside, inspected at receipt, accepted by a second person.

A mismatch of identity stops the inspection outright. Everything else found is recorded and stops acceptance.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.codes.isbt128 import din_text
from mfg.codes.own import coi_text
from mfg.codes.scan import on_the_bag, wanted
from mfg.db import next_code
from mfg.donors.collection_rules import (
    MOVES,
    RECEIPT,
    TOLD_COLLECTION,
    TRANSPORT,
    CollectionTold,
    Receipt,
    custody,
)
from mfg.donors.records import Collection, Pairing
from mfg.donors.records import collection as load_collection
from mfg.donors.records import donor as load_donor
from mfg.donors.rules import TOLD, Told
from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Who, act, fresh
from mfg.quality.stops import identity_stop
from mfg.trial.records import Recipient
from mfg.trial.records import recipient as load_recipient

DIN, COI = "001", "040"


def record_collection(session: Session, who: Who, *, donor: str, recipient: str, din: str, started_at: datetime,
                      ended_at: datetime, device: str, volume_ml: Decimal, anticoagulant: str,
                      anticoagulant_ml: Decimal, tnc: Decimal, nk_percent: Decimal | None = None) -> str:
    """Record one apheresis. `din` as scanned, or typed with its check character. Returns COL-000001."""
    part, how = wanted(din, DIN)
    number = str(part.fields["din"])
    with act(session, "record collection", on=donor, within=donor, **who.how) as doing:
        load_donor(session, donor)
        listed = session.get(Pairing, (donor, recipient)) is not None
        refuse_unless(judge(TOLD_COLLECTION, CollectionTold(
            donor, recipient, listed, started_at, ended_at, volume_ml, anticoagulant_ml, tnc, nk_percent, doing.at)))
        _din_is_new(session, number)
        doing.on = doing.result = next_code(session, Collection, "COL")
        content = {"din": number, "donor": donor, "recipient": recipient, "started_at": started_at,
                   "ended_at": ended_at, "device": device, "volume_ml": volume_ml, "anticoagulant": anticoagulant,
                   "anticoagulant_ml": anticoagulant_ml, "tnc": tnc, "nk_percent": nk_percent}
        session.add(Collection(code=doing.on, state=MOVES.start, din_how=how, **content))
        doing.signs(content | {"collection": doing.on})
    return doing.result


def _din_is_new(session: Session, din: str) -> None:
    taken = session.scalar(select(Collection.code).where(Collection.din == din))
    if taken:
        raise Refused(f"The donation number {din_text(din)} is already that of {taken}. Scan the number of this "
                      "collection.", kind="input", fields={"din": ["Already used."]})


def inspect_receipt(session: Session, who: Who, *, collection: str, din: str, coi: str, received_at: datetime,
                    transport: str, transport_low_c: Decimal, transport_high_c: Decimal, seal_intact: bool,
                    leak_free: bool, seen: str | None = None) -> str:
    """Record what arrived: two identifiers read from the bag, times, temperatures, seal, bag.

    `transport` is a key of TRANSPORT. A wrong identifier is refused; anything else is kept and judged.
    """
    (number, how_din), (chain, how_coi) = wanted(din, DIN), wanted(coi, COI)
    read_din = on_the_bag(number)
    with act(session, "inspect receipt", on=collection, **who.how) as doing:
        row = load_collection(session, collection)
        doing.within = row.donor
        fresh(row, seen)
        after = MOVES.after("inspect receipt", row.state)
        _is_the_bag(session, row, read_din, chain.content)
        _plausible(row, received_at, doing.at, transport, transport_low_c, transport_high_c)
        row.state, row.received_at, row.transport = after, received_at, transport
        row.transport_low_c, row.transport_high_c = transport_low_c, transport_high_c
        row.seal_intact, row.leak_free, row.coi_scanned = seal_intact, leak_free, chain.content
        row.identified = "typed" if "typed" in (how_din, how_coi) else "scanned"
        row.inspected_by, row.inspected_at = doing.by.code, doing.at
        doing.signs(_signed(session, row))
        doing.result = row.code
    return doing.result


def _is_the_bag(session: Session, row: Collection, din: str, coi: str) -> None:
    """Two identifiers of different kind must match; nobody can go on with a wrong bag."""
    if din != row.din:
        raise identity_stop(f"Wrong bag: the donation number {din_text(din)} was read, {din_text(row.din)} of "
                            f"{row.code} was expected. Stop: set the bag apart and call QA.", within=row.donor,
                            on=row.code)
    expected = load_recipient(session, row.recipient).coi
    if coi != expected:
        whose = session.scalar(select(Recipient.code).where(Recipient.coi == coi))
        belongs = f"which is {whose}'s" if whose else "which nobody here has"
        raise identity_stop(f"Wrong recipient: the chain of identity {coi_text(coi)} was read, {belongs}; "
                            f"{coi_text(expected)} of {row.recipient} was expected. Stop: set the bag apart and call "
                            "QA.", within=row.donor, on=row.code)


def _plausible(row: Collection, received_at: datetime, at: datetime, transport: str, low: Decimal,
               high: Decimal) -> None:
    refuse_unless(judge(TOLD, Told("The receipt", received_at, at)))
    refuse_unless([custody(Receipt(row.code, row.ended_at, received_at, None, None, None, None, None, "", None))])
    if transport not in TRANSPORT:
        raise Refused(f"“{transport}” is not a transport condition. Choose one of: {', '.join(TRANSPORT)}.",
                      kind="input")
    if low > high:
        raise Refused(f"The lowest transport temperature, {low} Cel, is above the highest, {high} Cel. "
                      "Read the logger again.", kind="input")


def receipt_of(session: Session, row: Collection) -> Receipt:
    """What the rule tuple RECEIPT needs to know."""
    coi = load_recipient(session, row.recipient).coi
    return Receipt(row.code, row.ended_at, row.received_at, row.transport, row.transport_low_c, row.transport_high_c,
                   row.seal_intact, row.leak_free, coi, row.coi_scanned)


def _signed(session: Session, row: Collection) -> dict[str, object]:
    return {"collection": row.code, "din": row.din, "identified": row.identified,
            "receipt": receipt_of(session, row)}


def accept_collection(session: Session, who: Who, *, collection: str, seen: str | None = None) -> str:
    """A second person verifies the receipt; every rule of it must pass. The cells stay in quarantine
    until the donor is determined to be eligible."""
    with act(session, "accept collection", on=collection, **who.how) as doing:
        row = load_collection(session, collection)
        doing.within = row.donor
        fresh(row, seen)
        after = MOVES.after("accept collection", row.state)
        refuse_unless(judge(RECEIPT, receipt_of(session, row)))
        doing.signs(_signed(session, row))
        row.state, row.accepted_by, row.accepted_at = after, doing.by.code, doing.at
        doing.result = row.code
    return doing.result


def reject_collection(session: Session, who: Who, *, collection: str, seen: str | None = None) -> str:
    """Reject a collection for good, with the reason; possible after acceptance too."""
    with act(session, "reject collection", on=collection, **who.how) as doing:
        row = load_collection(session, collection)
        doing.within = row.donor
        fresh(row, seen)
        after = MOVES.after("reject collection", row.state)
        doing.signs(_signed(session, row) | {"reason": doing.how.reason})
        row.state = after
        doing.result = row.code
    return doing.result
