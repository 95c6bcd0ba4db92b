"""A shipment: packed, sealed, given to a courier, received by scan, its logger read, accepted or rejected.

What is wrong with it opens a deviation in the act that finds it; only quality assurance ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.stop_rules import STOPS
from mfg.batches.stops import stopped
from mfg.canonical import canonical
from mfg.custody.acts import breaches, offered, ordered_limits, with_words
from mfg.custody.limits import CONDITIONS
from mfg.custody.logger_csv import Log, Told, read_log
from mfg.custody.logger_rules import LOG, LogFacts, in_transit, mean_kinetic
from mfg.custody.rules import ARRIVED, BETWEEN, Arrived, Between
from mfg.custody.shipment_records import LoggerLog, Shipment, ShippedObject, logs_of, shipped_in
from mfg.custody.shipment_records import shipment as load_shipment
from mfg.custody.shipment_rules import (
    ACCEPT,
    LEAVE,
    PACK,
    SHIPMENT,
    TIMES,
    Accepting,
    Times,
)
from mfg.custody.things import Thing, exactly_these, known, leaving, scanned_together
from mfg.db import next_code
from mfg.facts import Finding, Refused, Verdict, judge, refuse_unless, shown, verdict_of
from mfg.files import Upload, keep_file
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.records import Deviation, is_done
from mfg.quality.stops import STOP


def pack_shipment(session: Session, who: Who, *, things: Sequence[str], shipper: str, ordered: str,
                  interval_min: Decimal, logger: str, place_from: str, place_to: str) -> str:
    """Pack what was scanned into a shipper with a running logger. Returns SHP-0001.

    `interval_min` is what the logger was set to, in minutes; `ordered` a key of limits.CONDITIONS.
    """
    with act(session, "pack shipment", on="", **who.how) as doing:
        packed = scanned_together(session, things)
        first = packed[0]
        doing.within = first.within
        ordered_limits(ordered)
        for one in packed:
            refuse_unless((*judge(PACK, leaving(session, one, doing.at)), *held_up(session, one.code)))
        found = offered(session, packed, doing.by.code)
        doing.on = doing.result = next_code(session, Shipment, "SHP", 4)
        session.add(Shipment(
            code=doing.on, within=first.within, recipient=first.recipient, donor=first.donor, shipper=shipper,
            ordered=ordered, interval_min=interval_min, logger=logger, place_from=place_from, place_to=place_to,
            packed_by=doing.by.code, packed_at=doing.at, state=SHIPMENT.start))
        session.flush()
        for number, one in enumerate(packed, 1):
            session.add(ShippedObject(code=f"{doing.on}/{number:02d}", shipment=doing.on, thing=one.code,
                                      packed_how=one.how, label=one.label))
        breaches(session, doing, found, doing.on, packed)
        doing.signs({"shipment": doing.on, "things": [one.code for one in packed], "shipper": shipper,
                     "ordered": ordered, "interval_min": interval_min, "logger": logger, "from": place_from,
                     "to": place_to})
    return doing.result


def _moved(session: Session, doing: Doing, code: str, seen: str | None) -> Shipment:
    row = load_shipment(session, code)
    doing.within, doing.result = row.within, row.code
    fresh(row, seen)
    row.state = SHIPMENT.after(doing.verb.name, row.state)
    return row


def seal_shipment(session: Session, who: Who, *, shipment: str, seal: str, seen: str | None = None) -> str:
    """Close the shipper with a seal of that number."""
    with act(session, "seal shipment", on=shipment, **who.how) as doing:
        row = _moved(session, doing, shipment, seen)
        row.seal, row.sealed_by, row.sealed_at = seal, doing.by.code, doing.at
        doing.signs({"shipment": row.code, "seal": seal})
    return doing.result


def dispatch_shipment(session: Session, who: Who, *, shipment: str, shipper: str, courier: str, waybill: str,
                      seen: str | None = None) -> str:
    """Give the shipper, scanned, to the courier, who holds it from now on. A dose leaves only when it is released.

    `courier` is an organisation and a role, never a name of a person.
    """
    with act(session, "dispatch shipment", on=shipment, **who.how) as doing:
        row = _moved(session, doing, shipment, seen)
        _same_shipper(row, shipper)
        for one in shipped_in(session, row.code):
            refuse_unless((*judge(LEAVE, leaving(session, known(session, one.thing), doing.at)),
                           *held_up(session, one.thing)))
        row.courier, row.waybill, row.dispatched_by, row.dispatched_at = courier, waybill, doing.by.code, doing.at
        doing.signs({"shipment": row.code, "shipper": row.shipper, "seal": row.seal, "courier": courier,
                     "waybill": waybill, "things": [one.thing for one in shipped_in(session, row.code)]})
    return doing.result


def held_up(session: Session, container: str) -> tuple[Finding, ...]:
    """Whether a stop stands on a dose bag; nothing to ask of other things."""
    facts = stopped(session, container)
    return judge(STOPS, facts) if facts is not None else ()


def _same_shipper(row: Shipment, text: str) -> None:
    """The shipper's own number, as it was scanned; a symbol identifier before it is not part of it."""
    read = text[3:] if text.startswith("]") else text
    if read != row.shipper:
        raise Refused(f"Stop. Shipper {shown(read)} was scanned; {row.code} is in shipper {row.shipper}. Nothing was "
                      "done. Scan the right one.", kind=STOP)


def receive_shipment(session: Session, who: Who, *, shipment: str, shipper: str, things: Sequence[str],
                     delivered_at: datetime, seal: str, good: bool, words: str = "", celsius: Decimal | None = None,
                     seen: str | None = None) -> str:
    """Another person scans shipper and each thing, reads seal, condition and temperature, and holds it from now on."""
    with act(session, "receive shipment", on=shipment, **who.how) as doing:
        row = _moved(session, doing, shipment, seen)
        _same_shipper(row, shipper)
        with_words(good, words)
        refuse_unless(judge(TIMES, Times(row.dispatched_at, delivered_at, doing.at)))
        inside = shipped_in(session, row.code)
        taken = exactly_these(session, things, [one.thing for one in inside], recipient=row.recipient, donor=row.donor,
                              within=row.within, of=row.code)
        for one in inside:
            one.received_how = taken[one.thing].how
        row.delivered_at, row.received_by, row.received_at = delivered_at, doing.by.code, doing.at
        row.seal_read, row.celsius, row.good, row.words = seal, celsius, good, words
        found = receipt_findings(row)
        breaches(session, doing, found, row.code, taken.values())
        doing.signs({"shipment": row.code, "things": sorted(taken), "delivered_at": delivered_at, "seal": seal,
                     "celsius": celsius, "good": good, "words": words,
                     "findings": [[one.rule, one.verdict.value] for one in found]})
    return doing.result


def receipt_findings(row: Shipment) -> list[Finding]:
    """What the receipt found, judged again from what is kept; nothing before it came."""
    if row.received_at is None or row.delivered_at is None or row.good is None:
        return []
    return [*judge(ARRIVED, Arrived(row.seal, row.seal_read, row.good, row.words, row.celsius,
                                    CONDITIONS[row.ordered].limits)),
            *judge(BETWEEN, Between(f"{row.code} from the courier", row.delivered_at, row.received_at, None))]


# --- the logger --------------------------------------------------------------------------------------------------


def read_logger(session: Session, who: Who, *, shipment: str, file: Upload, delimiter: str = "", mark: str = "",
                zone: str = "", unit: str = "", order: str = "year first", again: bool = False,
                seen: str | None = None) -> str:
    """Read the logger's file, keep it as it is, and judge it against what was ordered. Returns the shipment.

    Blank: the file tells it itself. What fails, or cannot be told, opens a deviation in this act.
    """
    told = Told(delimiter, mark, zone, unit, order)
    log, broken = _read(file, told)
    with act(session, "read logger again" if again else "read logger", on=shipment, **who.how) as doing:
        row = _moved(session, doing, shipment, seen)
        if broken is not None or log is None:
            raise broken or Refused("The file could not be read.", kind="input")
        kept = keep_file(session, file, by=doing.by.code, at=doing.at)
        facts = log_facts(row, log, doing.at)
        found = judge(LOG, facts)
        values = [one.celsius for one in in_transit(facts) if one.celsius is not None]
        number = len(logs_of(session, row.code)) + 1
        session.add(LoggerLog(
            code=f"{row.code}/log.{number}", shipment=row.code, number=number, file=kept.code,
            told=canonical(told).decode(), rows=len(log.readings), first_at=log.readings[0].at,
            last_at=log.readings[-1].at, low_c=min(values, default=None), high_c=max(values, default=None),
            mean_kinetic_c=mean_kinetic(values), findings=canonical([one.as_dict() for one in found]).decode(),
            verdict=verdict_of(found).value, reason=doing.how.reason, read_by=doing.by.code, read_at=doing.at))
        session.flush()
        breaches(session, doing, found, row.code, things_in(session, row.code))
        doing.signs({"shipment": row.code, "file": kept.code, "told": told, "rows": len(log.readings),
                     "findings": [[one.rule, one.verdict.value, one.why] for one in found]})
    return doing.result


def _read(file: Upload, told: Told) -> tuple[Log | None, Refused | None]:
    """Reading is slow and stands before the act; why it could not be read is recorded in it."""
    try:
        return read_log(file.name, file.content, told), None
    except Refused as refused:
        return None, refused


def log_facts(row: Shipment, log: Log, at: datetime) -> LogFacts:
    """A log held against its shipment."""
    interval = timedelta(seconds=int(row.interval_min * 60))
    return LogFacts(log.readings, row.dispatched_at, row.delivered_at, CONDITIONS[row.ordered].limits, interval, at)


def things_in(session: Session, code: str) -> list[Thing]:
    """What is in a shipment, as it is known now."""
    return [known(session, one.thing) for one in shipped_in(session, code)]


# --- the end -----------------------------------------------------------------------------------------------------


def accepting(session: Session, row: Shipment) -> Accepting:
    """Everything found of a shipment: receipt and newest log, with the deviations it opened."""
    logs = logs_of(session, row.code)
    found = receipt_findings(row)
    for one in orjson.loads(logs[-1].findings) if logs else ():
        found.append(Finding(one["rule"], Verdict(one["verdict"]), one["why"], one["value"], one["limit"],
                             tuple(one["sources"]), one["title"]))
    opened = session.scalars(select(Deviation).where(Deviation.on_code == row.code).order_by(Deviation.code))
    return Accepting(row.code, tuple(found), tuple((one.code, is_done(one)) for one in opened))


def accept_shipment(session: Session, who: Who, *, shipment: str, seen: str | None = None) -> str:
    """Quality assurance accepts it: everything passes, or every deviation it opened was ended."""
    with act(session, "accept shipment", on=shipment, **who.how) as doing:
        row = _moved(session, doing, shipment, seen)
        facts = accepting(session, row)
        refuse_unless(judge(ACCEPT, facts))
        _ended(row, doing, facts)
    return doing.result


def reject_shipment(session: Session, who: Who, *, shipment: str, seen: str | None = None) -> str:
    """Quality assurance rejects it for good, with the reason; always possible until it is accepted."""
    with act(session, "reject shipment", on=shipment, **who.how) as doing:
        row = _moved(session, doing, shipment, seen)
        _ended(row, doing, accepting(session, row))
    return doing.result


def _ended(row: Shipment, doing: Doing, facts: Accepting) -> None:
    row.ended_by, row.ended_at, row.ended_why = doing.by.code, doing.at, doing.how.reason
    doing.signs({"shipment": row.code, "state": row.state, "why": row.ended_why, "deviations": facts.deviations,
                 "findings": [[one.rule, one.verdict.value, one.why] for one in facts.findings]})
