"""Suppliers and articles: proposed by one, qualified by QA; what a trade item number stands for."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from mfg.codes.gs1 import key_valid
from mfg.db import next_code
from mfg.facts import Refused, shown
from mfg.ledger import Doing, Who, act, fresh
from mfg.materials.receipt_rules import QUANTITY_UNITS, SUPPLIER
from mfg.materials.records import KINDS, Article, Supplier, supplier_named
from mfg.materials.records import supplier as load_supplier


def proposed(session: Session, name: str) -> Supplier:
    """The supplier of that name, put on the list as proposed when it is new. Inside an act."""
    row = supplier_named(session, name)
    if row is None:
        row = Supplier(code=next_code(session, Supplier, "SUP", 4), name=name, state=SUPPLIER.start, remark="")
        session.add(row)
    return row


def propose_supplier(session: Session, who: Who, *, name: str) -> str:
    """Put a supplier on the list; nothing critical is approved from it before QA qualifies it. Returns SUP-0001."""
    with act(session, "propose supplier", on=f"supplier {name}"[:80], **who.how) as doing:
        if supplier_named(session, name) is not None:
            raise Refused(f"{shown(name)} is on the list of suppliers already. Look there.", kind="input",
                          fields={"name": ["On the list already."]})
        doing.on = doing.within = doing.result = proposed(session, name).code
    return doing.result


def qualify_supplier(session: Session, who: Who, *, supplier: str, seen: str | None = None) -> str:
    """QA qualifies a supplier without conditions. Returns the supplier."""
    with act(session, "qualify supplier", on=supplier, within=supplier, **who.how) as doing:
        _decided(session, doing, supplier, seen)
    return doing.result


def qualify_on_condition(session: Session, who: Who, *, supplier: str, seen: str | None = None) -> str:
    """QA qualifies a supplier under the conditions that stand in the reason. Returns the supplier."""
    with act(session, "qualify supplier on condition", on=supplier, within=supplier, **who.how) as doing:
        _decided(session, doing, supplier, seen)
    return doing.result


def disqualify_supplier(session: Session, who: Who, *, supplier: str, seen: str | None = None) -> str:
    """QA takes the qualification away, with the reason; lots already released stay so. Returns the supplier."""
    with act(session, "disqualify supplier", on=supplier, within=supplier, **who.how) as doing:
        _decided(session, doing, supplier, seen)
    return doing.result


def _decided(session: Session, doing: Doing, code: str, seen: str | None) -> None:
    """The move of the verb, with the reason as remark; signed."""
    row = load_supplier(session, code)
    fresh(row, seen)
    row.state, row.remark = SUPPLIER.after(doing.verb.name, row.state), doing.how.reason
    row.decided_by, row.decided_at = doing.by.code, doing.at
    doing.signs({"supplier": row.code, "name": row.name, "state": row.state, "remark": row.remark})
    doing.result = row.code


def register_article(session: Session, who: Who, *, gtin: str, kind: str, name: str, unit: str,
                     open_life_hours: Decimal | None = None) -> str:
    """Say what a trade item number (GTIN-14) stands for; a later registration of it replaces this one."""
    with act(session, "register article", on=f"article {gtin}"[:80], **who.how) as doing:
        if len(gtin) != 14 or not key_valid(gtin):
            raise Refused(f"{shown(gtin)} is not a trade item number of 14 digits with a right check digit. Scan the "
                          "manufacturer's bar code, or compare with it.", kind="input")
        if kind not in KINDS or unit not in QUANTITY_UNITS:
            raise Refused(f"{shown(kind)} counted in {shown(unit)}: choose a kind of material and a unit from the "
                          "lists.", kind="input")
        doing.on = doing.within = doing.result = next_code(session, Article, "ART", 4)
        told = {"gtin": gtin, "kind": kind, "name": name, "unit": unit, "open_life_hours": open_life_hours}
        session.add(Article(code=doing.on, **told, registered_by=doing.by.code, registered_at=doing.at))
        doing.signs({"article": doing.on} | told)
    return doing.result
