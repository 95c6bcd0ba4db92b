"""A manufacturer's GS1 code: what it says of a lot at receipt, and which lot it means at a step.

Reading the code is `codes/gs1.py`. A code that contradicts the record is refused, never taken for the nearest lot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.codes.part import quoted
from mfg.codes.scan import Scan, demand, scanned_or_typed
from mfg.facts import Refused
from mfg.materials.records import Article, Lot, article_of
from mfg.materials.records import lot as load_lot
from mfg.materials.rules import USABLE

#: GS1 identifiers: trade item number, lot number, serial number, expiry date, expiry date and time
GTIN, LOT, SERIAL, EXPIRY, EXPIRY_TIME = "01", "10", "21", "17", "7003"


@dataclass(frozen=True)
class Label:
    """What a manufacturer's label says; None where it does not say it, or where nothing was scanned."""

    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    expires_on: date | None = None
    article: Article | None = None

    def fills(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What the label and its article say where nobody typed it. A date means the whole of that day, in UTC."""
        offered: dict[str, Any] = {"supplier_lot": self.lot}
        if self.expires_on is not None:
            offered["expires_at"] = datetime.combine(self.expires_on, time(23, 59, 59), UTC)
        if self.article is not None:
            offered |= {"name": self.article.name, "open_life_hours": self.article.open_life_hours}
        return {name: value for name, value in offered.items() if value is not None and told[name] in (None, "")}

    def beside(self, told: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
        """(what, as typed, as on the label) for everything the label says."""
        pairs = [("supplier's lot number", told["supplier_lot"], self.lot),
                 ("expiry", f"{told['expires_at']:%Y-%m-%d}", str(self.expires_on) if self.expires_on else None)]
        if self.article is not None:
            pairs.append(("kind", told["kind"], self.article.kind))
            if told["quantity_unit"]:
                pairs.append(("unit of the quantity", told["quantity_unit"], self.article.unit))
        return tuple((what, typed, code) for what, typed, code in pairs if code is not None)


NOTHING = Label()


def label_of(session: Session, text: str) -> Label:
    """What a GS1 code scanned at receipt says; nothing for blank text. Any other code is refused."""
    if not text.strip():
        return NOTHING
    scan = scanned_or_typed(text)
    if scan.system != "gs1":
        raise Refused(f"That is the {scan.parts[0].name} {quoted(scan.parts[0].content)}; the manufacturer's GS1 code "
                      "was expected. Scan the code on the package, or leave this blank.", kind="input")
    found = _said(scan)
    return Label(**found, article=article_of(session, found["gtin"]) if found["gtin"] else None)


def _said(scan: Scan) -> dict[str, Any]:
    """The elements of a GS1 code that matter here."""
    parts = {part.number: part for part in scan.parts}

    def content(ai: str) -> str | None:
        return parts[ai].content if ai in parts else None

    day = parts[EXPIRY].fields["date"] if EXPIRY in parts else \
        parts[EXPIRY_TIME].fields["local"][:10] if EXPIRY_TIME in parts else None
    return {"gtin": content(GTIN), "lot": content(LOT), "serial": content(SERIAL),
            "expires_on": date.fromisoformat(day) if day else None}


def lot_scanned(session: Session, text: str) -> tuple[Lot, str]:
    """The lot a scan at a step means, and whether it was "scanned" or "typed".

    Our own lot code, or the manufacturer's GS1 code: then the one usable lot of that trade item and lot number.
    Raises Refused when there is none, when several are usable, or when the label contradicts the record.
    """
    scan = scanned_or_typed(text)
    how = "typed" if scan.typed else "scanned"
    if scan.system != "gs1":
        return load_lot(session, demand(scan, "lot").content), how
    said = _said(scan)
    if said["gtin"] is None or said["lot"] is None:
        raise Refused("The manufacturer's code names no trade item or no lot number, so it means no lot here. Scan the "
                      "other bar code of the package, or our lot label.", kind="input")
    row = _one(session, said["gtin"], said["lot"])
    if said["expires_on"] is not None and said["expires_on"] != row.expires_at.date():
        raise Refused(f"Stop. The label says {row.code} expires {said['expires_on']}; it was received as expiring "
                      f"{row.expires_at:%Y-%m-%d}. Nothing was recorded. Put the package aside and call QA.")
    return row, how


def _one(session: Session, gtin: str, number: str) -> Lot:
    """The one lot meant. Among several received under the same number only one may be usable."""
    rows = session.scalars(select(Lot).where(Lot.gtin == gtin, Lot.supplier_lot == number).order_by(Lot.code)).all()
    usable = [row for row in rows if row.state in USABLE]
    if len(usable) > 1:
        raise Refused(f"Lot number {quoted(number)} of trade item {gtin} was received as "
                      f"{', '.join(row.code for row in usable)}; it is not clear which is meant. Scan our lot label.")
    if not rows:
        raise Refused(f"No lot was received with lot number {quoted(number)} of trade item {gtin}. Scan our lot label; "
                      "if there is none, the package has not been received.", kind="not found")
    return usable[0] if usable else rows[-1]
