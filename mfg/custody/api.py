"""The doors of hand-overs and shipments, and what JSON reads of them and of the custody of one thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.bodies import Several
from mfg.batches.scans import THING
from mfg.canonical import plain_data
from mfg.codes.scan import SHIPPER
from mfg.custody import acts, shipment_acts
from mfg.custody.limits import CONDITIONS
from mfg.custody.logger_csv import DATE_ORDERS, DELIMITERS, MARKS, UNITS
from mfg.custody.recall_api import RECALL_DOORS, RECALL_VIEWS
from mfg.custody.records import HandOver, handed_in
from mfg.custody.records import hand_over as load_hand_over
from mfg.custody.shipment_records import Shipment, logs_of, shipped_in
from mfg.custody.shipment_records import shipment as load_shipment
from mfg.custody.timeline import timeline
from mfg.doors import Door, Pairs, View
from mfg.fields import Attached, Body, Choice, Moment, Number, Scanned, Words, YesNo
from mfg.ledger import Who, now

SCANS = "One scan per line."


class HandOverBody(Body):
    """What is given, from where to where, in which condition."""

    things = Several("Handed over", takes=THING, hint=SCANS)
    ordered = Choice("Ordered condition", tuple(CONDITIONS))
    place_from = Words("From", limit=120)
    place_to = Words("To", limit=120)
    celsius = Number("Temperature", "Cel")
    instrument = Scanned("Read with", takes=("equipment",), required=False, hint="If an instrument was used.")
    seal = Words("Seal number", limit=80, required=False, hint="Leave blank when it is not sealed.")
    good = YesNo("Its condition is good", hint="No leak, no damage, label readable.")
    words = Words("What is wrong with it", limit=500, required=False, kind="textarea")
    back = Choice("It goes back to quality assurance", ("yes", "no"), required=False,
                  hint="A bag of a dose that was stopped or recalled goes nowhere else.")


class AcceptHandOver(Body):
    """What the taker scans and reads, without the giver's readings."""

    things = Several("Taken over", takes=THING, hint=SCANS)
    celsius = Number("Temperature", "Cel")
    instrument = Scanned("Read with", takes=("equipment",), required=False, hint="If an instrument was used.")
    seal = Words("Seal number", limit=80, required=False, hint="As you read it on the seal.")
    good = YesNo("Its condition is good", hint="No leak, no damage, label readable.")
    words = Words("What is wrong with it", limit=500, required=False, kind="textarea")


class PackShipment(Body):
    """What is packed, into what, and how it has to travel."""

    things = Several("Packed", takes=THING, hint=SCANS)
    shipper = Words("Shipper", limit=80, hint="The number on the shipper.")
    ordered = Choice("Ordered condition", tuple(CONDITIONS))
    logger = Words("Logger", limit=80, hint="Its serial number.")
    interval_min = Number("A reading every", "min", above="0", high="60", hint="As the logger was set.")
    place_from = Words("From", limit=120)
    place_to = Words("To", limit=120)


class SealShipment(Body):
    """The seal that was put on."""

    seal = Words("Seal number", limit=80)


class DispatchShipment(Body):
    """Who carries it."""

    shipper = Scanned("Shipper", takes=(SHIPPER,))
    courier = Words("Courier", limit=80, hint="Organisation and role, never the name of a person.")
    waybill = Words("Waybill", limit=80)


class ReceiveShipment(Body):
    """What arrived, as it is read here."""

    shipper = Scanned("Shipper", takes=(SHIPPER,))
    things = Several("Received", takes=THING, hint=SCANS)
    delivered_at = Moment("Delivered at")
    seal = Words("Seal number", limit=80, required=False, hint="As you read it; blank: there is none.")
    celsius = Number("Temperature", "Cel")
    good = YesNo("Its condition is good", hint="No leak, no damage, label readable.")
    words = Words("What is wrong with it", limit=500, required=False, kind="textarea")


class ReadLogger(Body):
    """The file, and what it does not say of itself."""

    file = Attached("File of the logger", hint="CSV of two or three named columns, UTF-8 or UTF-16, at most 4 MB.")
    zone = Words("Zone of its times", limit=60, required=False,
                 hint="Only when the times carry none: UTC, +01:00 or Europe/Berlin, as the logger was set.")
    unit = Choice("Unit", dict(zip(UNITS, ("°C", "°F"), strict=True)), required=False,
                  hint="Only when the file does not tell it.")
    order = Choice("Dates have the", DATE_ORDERS, required=False, hint="Blank: the year first.")
    delimiter = Choice("Between the columns", tuple(DELIMITERS), required=False, hint="Only when it is asked for.")
    mark = Choice("Before the decimals", tuple(MARKS), required=False, hint="Only when it is asked for.")


def _read(session: Session, who: Who, *, order: str, **told: Any) -> str:
    return shipment_acts.read_logger(session, who, order=order or "year first", **told)


def _read_again(session: Session, who: Who, *, order: str, **told: Any) -> str:
    return shipment_acts.read_logger(session, who, order=order or "year first", again=True, **told)


def hand_over_page(code: str) -> str:
    """The page of a hand-over."""
    return f"/handovers/{code}"


def shipment_page(code: str) -> str:
    """The page of a shipment."""
    return f"/shipments/{code}"


def _shows_hand_over(session: Session, *, hand_over: str) -> Pairs:
    """What is in it and who gave it; not what the giver read, which the taker reads again."""
    row = load_hand_over(session, hand_over)
    return [("hand-over", row.code), ("things", ", ".join(one.thing for one in handed_in(session, row.code))),
            ("from", row.place_from), ("to", row.place_to), ("ordered", row.ordered), ("given by", row.given_by)]


def _shows_shipment(session: Session, *, shipment: str) -> Pairs:
    row = load_shipment(session, shipment)
    pairs = [("shipment", row.code), ("things", ", ".join(one.thing for one in shipped_in(session, row.code))),
             ("shipper", row.shipper), ("ordered", row.ordered), ("from", row.place_from), ("to", row.place_to),
             ("state", row.state)]
    return pairs + [("log", f"{one.verdict}, {one.rows} rows") for one in logs_of(session, row.code)[-1:]]


def _seen_hand_over(session: Session, *, hand_over: str) -> str:
    return str(load_hand_over(session, hand_over).version)


def _seen_shipment(session: Session, *, shipment: str) -> str:
    return str(load_shipment(session, shipment).version)


def _one_line(_session: Session, **_codes: str) -> Mapping[str, Mapping[str, Any]]:
    return {"things": {"rows": 2}}


ONE, SHP = "/handovers/<hand_over>", "/shipments/<shipment>"
DOORS: tuple[Door, ...] = (
    Door("hand over", "/handovers", acts.hand_over, "Hand over", "Sign: handed over", hand_over_page, HandOverBody,
         intro="You hold it until another person has accepted it.", prepares=_one_line),
    Door("accept hand-over", ONE, acts.accept_hand_over, "Take over", "Sign: received", hand_over_page, AcceptHandOver,
         shows=_shows_hand_over, seen=_seen_hand_over, prepares=_one_line,
         intro="Scan everything again and read for yourself. From then on you hold it."),
    Door("refuse hand-over", ONE, acts.refuse_hand_over, "Refuse a hand-over", "Sign the refusal", hand_over_page,
         shows=_shows_hand_over, seen=_seen_hand_over, danger=True, intro="The giver holds it still."),
    Door("pack shipment", "/shipments", shipment_acts.pack_shipment, "Pack a shipment", "Sign: packed", shipment_page,
         PackShipment, prepares=_one_line, intro="The logger runs before the shipper is closed."),
    Door("seal shipment", SHP, shipment_acts.seal_shipment, "Seal a shipment", "Sign: sealed", shipment_page,
         SealShipment, shows=_shows_shipment, seen=_seen_shipment),
    Door("dispatch shipment", SHP, shipment_acts.dispatch_shipment, "Give to the courier", "Sign: given to the courier",
         shipment_page, DispatchShipment, shows=_shows_shipment, seen=_seen_shipment,
         intro="The courier holds it from now on. A dose leaves only when it is released."),
    Door("receive shipment", SHP, shipment_acts.receive_shipment, "Receive a shipment", "Sign: received", shipment_page,
         ReceiveShipment, shows=_shows_shipment, seen=_seen_shipment, prepares=_one_line,
         intro="Scan the shipper and everything in it. From then on you hold it."),
    Door("read logger", SHP, _read, "Read the logger", "Sign: logger read", shipment_page, ReadLogger,
         shows=_shows_shipment, seen=_seen_shipment,
         intro="The file is kept as it is. An excursion opens a deviation."),
    Door("read logger again", SHP, _read_again, "Read the logger again", "Sign: logger read", shipment_page, ReadLogger,
         shows=_shows_shipment, seen=_seen_shipment, danger=True,
         intro="The log read before stays readable, and so does its deviation."),
    Door("accept shipment", SHP, shipment_acts.accept_shipment, "Accept a shipment", "Sign the acceptance",
         shipment_page, shows=_shows_shipment, seen=_seen_shipment),
    Door("reject shipment", SHP, shipment_acts.reject_shipment, "Reject a shipment", "Sign the rejection",
         shipment_page, shows=_shows_shipment, seen=_seen_shipment, danger=True, intro="It is final."),
    *RECALL_DOORS,
)


def all_hand_overs(session: Session) -> list[HandOver]:
    """All hand-overs: what waits first, then the newest."""
    return list(session.scalars(select(HandOver).order_by(HandOver.state != "given", HandOver.code.desc())))


def all_shipments(session: Session) -> list[Shipment]:
    """All shipments: what is not ended first, then the newest."""
    return list(session.scalars(select(Shipment).order_by(Shipment.ended_at.is_not(None), Shipment.code.desc())))


def _data(row: Any) -> dict[str, Any]:
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


#: what the taker reads for themselves, without having seen it
BLIND = ("given_celsius", "given_instrument", "given_seal", "given_good", "given_words")


def _told(row: HandOver) -> dict[str, Any]:
    """A hand-over; what the giver read is left out until somebody took it over or refused it."""
    return {name: value for name, value in _data(row).items() if row.state != "given" or name not in BLIND}


def _hand_over(session: Session, *, hand_over: str) -> Any:
    return _told(load_hand_over(session, hand_over)) | {"things": [_data(one) for one in handed_in(session, hand_over)]}


def _shipment(session: Session, *, shipment: str) -> Any:
    return _data(load_shipment(session, shipment)) | {
        "things": [_data(one) for one in shipped_in(session, shipment)],
        "logs": [_data(one) for one in logs_of(session, shipment)]}


def _custody(session: Session, *, thing: str) -> Any:
    found = timeline(session, thing, now())
    return plain_data(found) | {"verdict": found.verdict.value if found.verdict else ""}


VIEWS: tuple[View, ...] = (
    View("/handovers", lambda session: [_told(row) for row in all_hand_overs(session)], "Hand-overs"),
    View(ONE, _hand_over, "One hand-over with what is in it"),
    View("/shipments", lambda session: [_data(row) for row in all_shipments(session)], "Shipments"),
    View(SHP, _shipment, "One shipment with what is in it and its logs"),
    View("/custody/<thing>", _custody, "The custody of one container or collection"),
    *RECALL_VIEWS,
)
