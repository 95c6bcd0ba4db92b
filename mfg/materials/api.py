"""The doors of lots, and what JSON reads of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.facts import plain
from mfg.fields import Body, Choice, Moment, Number, Words
from mfg.materials import acts
from mfg.materials.records import KINDS, Lot
from mfg.materials.records import lot as load_lot
from mfg.materials.rules import UNITS


class ReceiveLot(Body):
    """One lot as it stands on its label and certificate."""

    kind = Choice("Kind of material", KINDS)
    name = Words("Name", limit=200)
    supplier = Words("Supplier", limit=200)
    supplier_lot = Words("Supplier's lot number", limit=80)
    certificate = Words("Certificate of analysis", limit=200, hint="Its number, as filed.")
    strength = Number("Strength", "", above="0", required=False,
                      hint="Antibody: concentration in ug/mL. Feeder cells: irradiation in Gy. Others: leave empty.")
    strength_unit = Choice("Unit of the strength", UNITS, required=False)
    expires_at = Moment("Expires at")
    received_at = Moment("Received at")


def lot_page(code: str) -> str:
    """The page of a lot."""
    return f"/lots/{code}"


def strength_of(row: Lot) -> str:
    """The strength with its unit, or that there is none."""
    return f"{plain(row.strength)} {row.strength_unit}" if row.strength is not None else "none stated"


def _shows(session: Session, *, lot: str) -> Pairs:
    row = load_lot(session, lot)
    return [("lot", row.code), ("kind", row.kind), ("name", row.name), ("supplier", row.supplier),
            ("supplier's lot", row.supplier_lot), ("certificate", row.certificate),
            ("strength", strength_of(row)), ("expires", f"{row.expires_at:%Y-%m-%d %H:%M} UTC"),
            ("state", row.state)]


def _seen(session: Session, *, lot: str) -> str:
    return str(load_lot(session, lot).version)


DOORS: tuple[Door, ...] = (
    Door("receive lot", "/lots", acts.receive_lot, "Receive lot", "Sign receipt", lot_page, ReceiveLot,
         intro="The lot goes into quarantine until QA approves it."),
    Door("release lot", "/lots/<lot>", acts.release_lot, "Release lot", "Approve for use", lot_page,
         shows=_shows, seen=_seen, intro="Compare with the certificate. Who received the lot cannot approve it."),
    Door("reject lot", "/lots/<lot>", acts.reject_lot, "Reject lot", "Reject", lot_page, danger=True,
         shows=_shows, seen=_seen, intro="For good, with the reason. No step takes it from now on."),
)


def lots(session: Session) -> list[Lot]:
    """All lots, the newest first."""
    return list(session.scalars(select(Lot).order_by(Lot.code.desc())))


def read_lots(session: Session) -> Any:
    """All lots."""
    return [_plain(row) for row in lots(session)]


def read_lot(session: Session, *, lot: str) -> Any:
    """One lot."""
    return _plain(load_lot(session, lot))


def _plain(row: Lot) -> dict[str, Any]:
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


VIEWS: tuple[View, ...] = (View("/lots", read_lots, "Lots"), View("/lots/<lot>", read_lot, "Lot"))
