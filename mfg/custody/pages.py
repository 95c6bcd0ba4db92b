"""Hand-overs, shipments and the custody of one thing to look at."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy.orm import Session

from mfg.custody.api import all_hand_overs, all_shipments
from mfg.custody.limits import CONDITIONS
from mfg.custody.logger_csv import Log, Told, read_log
from mfg.custody.logger_rules import excursions, in_transit, mean_kinetic
from mfg.custody.recall_pages import RECALL_PAGES
from mfg.custody.records import HandOver, handed_in
from mfg.custody.records import hand_over as load_hand_over
from mfg.custody.shipment_acts import accepting, log_facts
from mfg.custody.shipment_records import LoggerLog, Shipment, logs_of, shipped_in
from mfg.custody.shipment_records import shipment as load_shipment
from mfg.custody.timeline import Timeline, timeline
from mfg.doors import Page
from mfg.facts import plain
from mfg.files import kept_file
from mfg.ledger import now
from mfg.paper.custody_pictures import custody_line, temperature_curve
from mfg.paper.shapes import Drawing

#: state -> the verdict it is drawn as; what is on its way has none yet
WORDS = {"given": "waits to be taken over"}
HANDED = {"accepted": "PASS", "refused": "FAIL"}
SENT = {"accepted": "PASS", "rejected": "FAIL"}


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not yet"


def _degrees(value: Decimal | None) -> str:
    return "not read" if value is None else f"{plain(value)} °C"


def _link(code: str, where: str) -> dict[str, Any]:
    return {"text": code, "url": f"{where}{code}", "code": True}


def _action(url: str, label: str, *, main: bool = False, danger: bool = False) -> dict[str, Any]:
    return {"url": url, "label": label, "main": main, "danger": danger}


def _state(state: str, drawn: dict[str, str]) -> dict[str, str]:
    return {"verdict": drawn.get(state, "TODO"), "text": state}


def list_hand_overs(session: Session) -> dict[str, Any]:
    """What waits to be taken over first, then the newest."""
    rows = [[_link(row.code, "/handovers/"), _state(WORDS.get(row.state, row.state), HANDED), row.within,
             row.given_by, row.taken_by or row.refused_by or "nobody yet",
             f"{row.place_from} to {row.place_to}", _when(row.given_at)] for row in all_hand_overs(session)]
    return {"title": "Hand-overs", "rows": rows, "empty": "Nothing was handed over yet.",
            "headers": ["hand-over", "state", "within", "given by", "taken by", "where", "given"],
            "actions": [_action("/shipments", "Shipments"), _action("/handovers/hand-over", "Hand over", main=True)]}


def list_shipments(session: Session) -> dict[str, Any]:
    """What is not ended first, then the newest."""
    rows = [[_link(row.code, "/shipments/"), _state(row.state, SENT), row.within, row.shipper, row.ordered,
             f"{row.place_from} to {row.place_to}", _when(row.dispatched_at), _when(row.received_at)]
            for row in all_shipments(session)]
    return {"title": "Shipments", "rows": rows, "empty": "Nothing was sent yet.",
            "headers": ["shipment", "state", "within", "shipper", "ordered", "where", "dispatched", "received"],
            "actions": [_action("/handovers", "Hand-overs"), _action("/shipments/pack-shipment", "Pack", main=True)]}


def show_hand_over(session: Session, *, hand_over: str) -> dict[str, Any]:
    """One hand-over: what is in it, and what both read."""
    row = load_hand_over(session, hand_over)
    things = {"title": "What changes hands", "headers": ["thing", "given", "label", "taken"],
              "rows": [[_link(one.thing, "/custody/"), one.given_how, one.label or "not told by the scan",
                        one.taken_how or "not yet"] for one in handed_in(session, row.code)]}
    read = {"title": "As each of them read it", "headers": ["", "given", "taken"], "rows": _both(row)}
    return {"code": row.code, "title": "Hand-over", "verdict": HANDED.get(row.state, "TODO"), "back": "/handovers",
            "state": WORDS.get(row.state, row.state), "version": str(row.version),
            "pairs": [("within", row.within, False), ("recipient", row.recipient, False), ("donor", row.donor, False),
                      ("ordered", row.ordered, CONDITIONS[row.ordered].assumed), ("from", row.place_from, False),
                      ("to", row.place_to, False), ("given by", f"{row.given_by}, {_when(row.given_at)}", False),
                      ("taken by", f"{row.taken_by}, {_when(row.taken_at)}" if row.taken_by else "nobody yet", False)]
            + ([("refused by", f"{row.refused_by}, {_when(row.refused_at)}: {row.refused_why}", False)]
               if row.refused_by else []),
            "sections": [things, read], "strip": [{"k": "Hand-over", "v": row.code, "code": True}],
            "actions": [_action(f"/handovers/{row.code}/refuse-hand-over", "Refuse", danger=True),
                        _action(f"/handovers/{row.code}/accept-hand-over", "Take over", main=True)]
            if row.state == "given" else []}


def _both(row: HandOver) -> list[list[Any]]:
    """The giver's readings stay hidden until the taker has read for themselves."""
    if row.state == "given":
        return [["readings", "shown once it is taken over", "not yet"]]
    good = {True: "good", False: "not good", None: "not read"}
    return [["temperature", _degrees(row.given_celsius), _degrees(row.taken_celsius)],
            ["instrument", row.given_instrument or "none scanned", row.taken_instrument or "none scanned"],
            ["seal", row.given_seal or "none", row.taken_seal or ("none" if row.taken_by else "not read")],
            ["condition", f"{good[row.given_good]} {row.given_words}".strip(),
             f"{good[row.taken_good]} {row.taken_words}".strip()]]


# --- shipments ---------------------------------------------------------------------------------------------------


def show_shipment(session: Session, *, shipment: str) -> dict[str, Any]:
    """One shipment: what is in it, what was found, the temperatures."""
    row, logs = load_shipment(session, shipment), logs_of(session, shipment)
    things = {"title": "What is in it", "headers": ["thing", "packed", "label", "received"],
              "rows": [[_link(one.thing, "/custody/"), one.packed_how, one.label or "not told by the scan",
                        one.received_how or "not yet"] for one in shipped_in(session, row.code)]}
    facts = accepting(session, row)
    found = {"title": "What was found", "headers": ["rule", "what", "verdict", "why"],
             "empty": "It did not arrive yet.",
             "rows": [[one.rule, one.title, {"verdict": one.verdict.value}, one.why] for one in facts.findings]}
    opened = {"title": "Deviations it opened", "headers": ["deviation", "state"], "empty": "None.",
              "rows": [[_link(code, "/deviations/"), "ended" if ended else "open"] for code, ended in facts.deviations]}
    return {"code": row.code, "title": "Shipment", "state": row.state, "verdict": SENT.get(row.state, "TODO"),
            "back": "/shipments", "pairs": _facts(row), "sections": [things, found, opened, _logs(logs)],
            "drawings": [_drawing(session, row, logs[-1])] if logs else [], "actions": _actions(row),
            "version": str(row.version), "strip": [{"k": "Shipment", "v": row.code, "code": True}]}


def _facts(row: Shipment) -> list[tuple[str, Any, bool]]:
    def by(who: str | None, at: datetime | None) -> str:
        return f"{who}, {_when(at)}" if who else "not yet"

    return [("within", row.within, False), ("recipient", row.recipient, False), ("donor", row.donor, False),
            ("shipper", row.shipper, False), ("ordered", row.ordered, CONDITIONS[row.ordered].assumed),
            ("logger", f"{row.logger}, every {plain(row.interval_min)} min", False), ("from", row.place_from, False),
            ("to", row.place_to, False), ("packed", by(row.packed_by, row.packed_at), False),
            ("sealed", f"{row.seal}, {by(row.sealed_by, row.sealed_at)}" if row.sealed_by else "not yet", False),
            ("courier", f"{row.courier}, waybill {row.waybill}" if row.courier else "not yet", False),
            ("dispatched", by(row.dispatched_by, row.dispatched_at), False),
            ("delivered", _when(row.delivered_at), False), ("received", by(row.received_by, row.received_at), False),
            ("ended", f"{by(row.ended_by, row.ended_at)} {row.ended_why}".strip(), False)]


def _actions(row: Shipment) -> list[dict[str, Any]]:
    wanted = {"packed": [("seal-shipment", "Seal")], "sealed": [("dispatch-shipment", "Give to the courier")],
              "in transit": [("receive-shipment", "Receive")], "delivered": [("read-logger", "Read the logger")],
              "logger read": [("read-logger-again", "Read the logger again"), ("accept-shipment", "Accept")]}
    steps = wanted.get(row.state, [])
    here = f"/shipments/{row.code}"
    end = [_action(f"{here}/reject-shipment", "Reject", danger=True)] if steps else []
    return end + [_action(f"{here}/{slug}", label, main=slug == steps[-1][0]) for slug, label in steps]


def _logs(logs: list[LoggerLog]) -> dict[str, Any]:
    rows = [[str(one.number), {"text": f"{one.file[:12]}…", "url": f"/files/{one.file}", "code": True}, str(one.rows),
             f"{_when(one.first_at)} to {_when(one.last_at)}", f"{_degrees(one.low_c)} to {_degrees(one.high_c)}",
             {"text": _degrees(one.mean_kinetic_c), "sub": "for information: USP <1079.2>, 83.144 kJ/mol"},
             {"verdict": one.verdict}, f"{one.read_by}, {_when(one.read_at)}"] for one in logs]
    return {"title": "Logs", "rows": rows, "empty": "The logger was not read yet.",
            "headers": ["no.", "file (SHA-256)", "rows", "from and to", "in transit", "mean kinetic", "verdict",
                        "read by"]}


def log_of(session: Session, row: LoggerLog) -> Log:
    """The log again, from the kept file and what was told of it."""
    return read_log(row.file[:12], kept_file(session, row.file).content, Told(**orjson.loads(row.told)))


def _drawing(session: Session, row: Shipment, newest: LoggerLog) -> dict[str, Any]:
    facts = log_facts(row, log_of(session, newest), newest.read_at)
    counted, limits = in_transit(facts), CONDITIONS[row.ordered].limits
    rows = [[f"{one.start:%Y-%m-%d %H:%M:%S}", f"{one.end:%Y-%m-%d %H:%M:%S}", f"{plain(one.minutes)} min",
             _degrees(one.low), _degrees(one.high)] for one in excursions(counted, limits)]
    known = [one.celsius for one in counted if one.celsius is not None]
    rows.append([_when(counted[0].at) if counted else "none", _when(counted[-1].at) if counted else "none",
                 f"whole transit, {len(known)} readings, mean kinetic {_degrees(mean_kinetic(known))}",
                 _degrees(min(known, default=None)), _degrees(max(known, default=None))])
    return {"title": "Temperature in transit", "svg_url": f"/shipments/{row.code}/temperature.svg",
            "alt": f"Temperature of {row.code} over time; excursions stand in the table below.",
            "headers": ["outside from (UTC)", "to", "at most", "lowest", "highest"], "rows": rows}


def temperature_drawing(session: Session, shipment: str) -> Drawing:
    """The curve of the newest log of a shipment."""
    row, logs = load_shipment(session, shipment), logs_of(session, shipment)
    limits = CONDITIONS[row.ordered].limits
    read = log_of(session, logs[-1]).readings if logs else ()
    known = [(one.at, one.celsius) for one in read if one.celsius is not None]
    return temperature_curve(known, limits.low, limits.high, row.dispatched_at, row.delivered_at)


# --- the custody of one thing ------------------------------------------------------------------------------------


def show_custody(session: Session, *, thing: str) -> dict[str, Any]:
    """Who held a thing, in order, and where nobody did."""
    found = timeline(session, thing, now())
    rows = [[_when(one.at), one.what, one.who or "not recorded", one.where, (one.record, one.url)]
            for one in found.events]
    gaps = {"title": "Between the hands", "headers": ["from", "to", "verdict", "why", "record"],
            "empty": "Nothing was handed over, so no time between two hands is known.",
            "rows": [[_when(one.start), _when(one.end), {"verdict": one.finding.verdict.value}, one.finding.why,
                      one.record] for one in found.gaps]}
    verdict = found.verdict
    where = "/collections/" if found.code.startswith("COL-") else "/containers/"
    return {"code": found.code, "title": f"Custody of a {found.kind}", "verdict": verdict.value if verdict else "TODO",
            "state": verdict.value if verdict else "no hand-over recorded", "back": f"{where}{found.code}",
            "pairs": [("held now by", found.holder or "nobody has taken it over yet", False)],
            "drawings": [{"title": "In order", "svg_url": f"/custody/{found.code}.svg", "rows": rows,
                          "alt": f"{len(rows)} events of the custody of {found.code}, in the table below.",
                          "headers": ["when", "what", "who", "where", "record"]}],
            "sections": [gaps], "strip": [{"k": "Custody", "v": found.code, "code": True}],
            "actions": [_action("/shipments/pack-shipment", "Pack a shipment"),
                        _action("/handovers/hand-over", "Hand over", main=True)]}


def custody_drawing(found: Timeline) -> Drawing:
    """The picture of a timeline."""
    return custody_line([(one.at, one.what, " · ".join(part for part in (one.who, one.where, one.record) if part))
                         for one in found.events],
                        [(one.record, one.finding.verdict.value, one.finding.why) for one in found.gaps], found.holder)


PAGES: tuple[Page, ...] = (
    Page("/handovers", list_hand_overs, "list.html"),
    Page("/handovers/<hand_over>", show_hand_over),
    Page("/shipments", list_shipments, "list.html"),
    Page("/shipments/<shipment>", show_shipment),
    Page("/custody/<thing>", show_custody),
    *RECALL_PAGES,
)
