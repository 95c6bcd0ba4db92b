"""A store for tests: one antibody lot as it is received, its supplier qualified, made by acts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from mfg.materials import acts, suppliers
from mfg.materials.records import Lot
from mfg.uploads import read_upload
from tests.office import NOON, Office

COA = read_upload("CoA X-1.txt", b"Certificate of analysis X-1: conforms.\n")
ANTIBODY: dict[str, Any] = {
    "kind": "bispecific antibody", "name": "CD123 x CD16", "supplier": "A supplier", "supplier_lot": "X-1",
    "certificate": "CoA X-1", "certificate_file": COA, "strength": Decimal("100"), "strength_unit": "ug/mL",
    "quantity": Decimal(50), "quantity_unit": "mL", "containers": 5, "grade": "GMP", "animal_origin": False,
    "critical": True, "expires_at": NOON + timedelta(days=30), "received_at": NOON - timedelta(hours=1)}


def received(office: Office, **change: Any) -> str:
    """A lot in quarantine."""
    return office.do(acts.receive_lot, office.who("warehouse"), **ANTIBODY | change)


def qualified(office: Office, supplier: str = "SUP-0001") -> None:
    """Its supplier, qualified by QA."""
    office.do(suppliers.qualify_supplier, office.who("qa", 2), supplier=supplier)


def released(office: Office, **change: Any) -> str:
    """A lot that QA has approved."""
    code = received(office, **change)
    qualified(office)
    return office.do(acts.release_lot, office.who("qa"), lot=code)


def row(office: Office, code: str) -> Lot:
    """The lot as it stands."""
    with office.look() as session:
        return session.get_one(Lot, code)
