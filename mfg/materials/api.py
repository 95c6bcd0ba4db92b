"""The doors of the store: lots, suppliers, articles; and what JSON reads of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.facts import plain
from mfg.materials import acts, bodies, keeping, suppliers
from mfg.materials.amounts import Reconciled, left_of
from mfg.materials.amounts import by_step as step_sums
from mfg.materials.records import (
    Article,
    Consumption,
    Lot,
    LotOpening,
    Reconciliation,
    Supplier,
    consumption_of,
    counts_of,
    openings_of,
)
from mfg.materials.records import lot as load_lot
from mfg.materials.records import reconciliation as load_count
from mfg.materials.records import supplier as load_supplier
from mfg.materials.rules import USABLE
from mfg.materials.using import left, taken
from mfg.units import in_words


def lot_page(code: str) -> str:
    """The page of a lot."""
    return f"/lots/{code}"


def supplier_page(code: str) -> str:
    """The page of a supplier."""
    return f"/suppliers/{code}"


def measured(value: Any, unit: str | None, none: str) -> str:
    """A quantity with its unit as people write it, or what is to be said when there is none."""
    return f"{plain(value)} {in_words(unit)}".rstrip() if value is not None else none


def strength_of(row: Lot) -> str:
    """The strength with its unit, or that there is none."""
    return measured(row.strength, row.strength_unit, "none stated")


def origin_of(row: Lot) -> str:
    """Whether the material is of animal origin, and under which statement."""
    if row.animal_origin is None:
        return "not said"
    return f"animal origin, TSE statement {row.tse_statement or 'missing'}" if row.animal_origin else "not animal"


def state_at(row: Lot, at: datetime) -> str:
    """The state as people see it: a lot past its expiry is expired, whatever it was before. No clock moves the row."""
    return "expired" if row.state in ("quarantine", *USABLE) and row.expires_at < at else row.state


def _shows(session: Session, *, lot: str) -> Pairs:
    row = load_lot(session, lot)
    return [("lot", row.code), ("kind", row.kind), ("name", row.name), ("supplier", row.supplier),
            ("supplier's lot", row.supplier_lot), ("certificate", row.certificate or "no number"),
            ("its file", f"SHA-256 {row.certificate_file}" if row.certificate_file else "not attached"),
            ("strength", strength_of(row)), ("quantity", measured(row.quantity, row.quantity_unit, "not recorded")),
            ("grade", row.grade or "not stated"), ("origin", origin_of(row)),
            ("critical", "yes" if row.critical else "no"),
            ("expires", f"{row.expires_at:%Y-%m-%d %H:%M} UTC"), ("state", row.state)]


def _seen(session: Session, *, lot: str) -> str:
    return str(load_lot(session, lot).version)


def _shows_supplier(session: Session, *, supplier: str) -> Pairs:
    row = load_supplier(session, supplier)
    return [("supplier", row.code), ("name", row.name), ("state", row.state), ("remark", row.remark or "none")]


def _seen_supplier(session: Session, *, supplier: str) -> str:
    return str(load_supplier(session, supplier).version)


def _shows_count(session: Session, *, reconciliation: str) -> Pairs:
    """Not what was counted: the second person counts without seeing it."""
    row = load_count(session, reconciliation)
    return [("count", row.code), ("lot", row.lot), ("counted in", in_words(row.unit) or "pieces"),
            ("counted by", row.counted_by)]


def _seen_count(session: Session, *, reconciliation: str) -> str:
    return str(load_count(session, reconciliation).version)


_LOT: dict[str, Any] = {"shows": _shows, "seen": _seen}
_SUPPLIER: dict[str, Any] = {"shows": _shows_supplier, "seen": _seen_supplier}

DOORS: tuple[Door, ...] = (
    Door("receive lot", "/lots", acts.receive_lot, "Receive lot", "Sign receipt", lot_page, bodies.ReceiveLot,
         intro="The lot goes into quarantine until QA approves it."),
    Door("attach certificate", "/lots/<lot>", acts.attach_certificate, "Attach certificate", "Keep the file", lot_page,
         bodies.AttachCertificate, seen=_seen,
         intro="The certificate of analysis, as long as the lot is in quarantine."),
    Door("release lot", "/lots/<lot>", acts.release_lot, "Release lot", "Approve for use", lot_page, **_LOT,
         intro="Compare with the certificate. Who received the lot cannot approve it."),
    Door("reject lot", "/lots/<lot>", acts.reject_lot, "Reject lot", "Reject", lot_page, danger=True, **_LOT,
         intro="For good, with the reason. No step takes it from now on. A lot that was used is recalled instead."),
    Door("block lot", "/lots/<lot>", acts.block_lot, "Block lot", "Block", lot_page, danger=True, **_LOT,
         intro="No step takes it until QA unblocks it."),
    Door("unblock lot", "/lots/<lot>", acts.unblock_lot, "Unblock lot", "Unblock", lot_page, **_LOT,
         intro="The lot goes back to the state it was blocked from."),
    Door("open lot", "/lots/<lot>", keeping.open_lot, "Open a container", "Record the opening", lot_page,
         bodies.OpenLot, seen=_seen,
         intro="Its open life begins. The container that was open before is not used from then on."),
    Door("reconcile lot", "/lots/<lot>", keeping.reconcile_lot, "Count what is left", "Sign the count",
         lambda code: lot_page(code.rpartition("-")[0]), bodies.ReconcileLot,
         intro="Another person counts again. Outside the limit a deviation opens with your signature."),
    Door("confirm reconciliation", "/reconciliations/<reconciliation>", keeping.confirm_reconciliation,
         "Confirm the count", "Sign your count", lot_page, bodies.ConfirmReconciliation, shows=_shows_count,
         seen=_seen_count, intro="Count again. From now on this is what is left of the lot."),
    Door("propose supplier", "/suppliers", suppliers.propose_supplier, "Propose a supplier", "Propose", supplier_page,
         bodies.ProposeSupplier, intro="Nothing critical is approved from it before QA has qualified it."),
    Door("qualify supplier", "/suppliers/<supplier>", suppliers.qualify_supplier, "Qualify the supplier",
         "Sign and qualify", supplier_page, **_SUPPLIER,
         intro="Without conditions. Who proposed it does not qualify it."),
    Door("qualify supplier on condition", "/suppliers/<supplier>", suppliers.qualify_on_condition,
         "Qualify the supplier on condition", "Sign and qualify on condition", supplier_page, **_SUPPLIER,
         intro="The reason says under which conditions."),
    Door("disqualify supplier", "/suppliers/<supplier>", suppliers.disqualify_supplier, "Disqualify the supplier",
         "Sign and disqualify", supplier_page, danger=True, **_SUPPLIER,
         intro="No lot of it is approved from now on. Lots already approved stay so; block or recall them one by one."),
    Door("register article", "/articles", suppliers.register_article, "Register an article", "Sign the registration",
         lambda _code: "/articles", bodies.RegisterArticle,
         intro="Scanning its bar code then says what it is. A number registered before is replaced."),
)


# --- reading --------------------------------------------------------------------------------------------------


def lots(session: Session) -> list[Lot]:
    """All lots, the newest first."""
    return list(session.scalars(select(Lot).order_by(Lot.code.desc())))


def left_by_lot(session: Session, rows: list[Lot]) -> dict[str, Any]:
    """What is left of every lot, None where it is unknown; two statements however many lots there are."""
    sums = step_sums(taken(consumption_of(session)))
    counted: dict[str, list[Any]] = {}
    for one in session.scalars(select(Reconciliation).where(Reconciliation.state == "confirmed")):
        counted.setdefault(one.lot, []).append(one.counted - one.computed)
    return {row.code: left_of(row.quantity, [one for one in sums if one.lot == row.code], counted.get(row.code, ()))
            for row in rows}


def read_lots(session: Session) -> Any:
    """All lots."""
    return [_plain(row) for row in lots(session)]


def read_lot(session: Session, *, lot: str) -> Any:
    """One lot with what was opened, taken and counted of it."""
    row = load_lot(session, lot)
    return _plain(row) | {
        "left": plain_data(left(session, row)), "openings": [_plain(one) for one in openings_of(session, lot)],
        "consumption": [_plain(one) for one in consumption_of(session, lot=lot)],
        "counts": [_count(one) for one in counts_of(session, lot)]}


def _count(row: Reconciliation) -> dict[str, Any]:
    """One count; the number is not told before the second person has counted."""
    told = _plain(row)
    return told if row.state != "counted" else {name: told[name] for name in told if name not in HIDDEN}


HIDDEN = ("counted", "computed", "verdict")


def reconciled_data(one: Reconciled) -> dict[str, Any]:
    """Sums of a lot at a step or in a batch, with their finding, as plain data."""
    names = ("lot", "within", "on", "issued", "used", "wasted", "returned", "unit", "difference")
    return {name: plain_data(getattr(one.sums, name)) for name in names} | {"finding": one.finding.as_dict()}


def suppliers_listed(session: Session) -> list[Supplier]:
    """All suppliers by name."""
    return list(session.scalars(select(Supplier).order_by(Supplier.name)))


def articles_listed(session: Session) -> list[Article]:
    """All articles, the newest first."""
    return list(session.scalars(select(Article).order_by(Article.code.desc())))


def _plain(row: Lot | LotOpening | Consumption | Reconciliation | Supplier | Article) -> dict[str, Any]:
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


VIEWS: tuple[View, ...] = (
    View("/lots", read_lots, "Lots"),
    View("/lots/<lot>", read_lot, "Lot"),
    View("/reconciliations/<reconciliation>",
         lambda session, reconciliation: _count(load_count(session, reconciliation)), "Count of a lot"),
    View("/suppliers", lambda session: [_plain(one) for one in suppliers_listed(session)], "Suppliers"),
    View("/suppliers/<supplier>", lambda session, supplier: _plain(load_supplier(session, supplier)), "Supplier"),
    View("/articles", lambda session: [_plain(one) for one in articles_listed(session)], "Articles"),
)
