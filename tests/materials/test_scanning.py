"""A manufacturer's bar code fills in a receipt and refuses what contradicts it; at a step it means one lot or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg.codes.gs1 import FNC1
from mfg.codes.own import with_check
from mfg.facts import Refused
from mfg.materials import acts, suppliers
from mfg.materials.scanning import lot_scanned
from tests.materials.store import qualified, received, released, row
from tests.materials.test_suppliers import ARTICLE, GTIN
from tests.office import Office

BLANK: dict[str, Any] = {"name": "", "supplier_lot": "", "expires_at": None, "kind": "medium", "strength": None,
                         "strength_unit": ""}


def gs1(*, expires: str = "270430", lot: str = "M7", gtin: str = GTIN, more: str = "") -> str:
    """A Data Matrix as the scanner sends it."""
    return f"]d201{gtin}17{expires}10{lot}{FNC1}{more}".removesuffix(FNC1)


def scanned(office: Office, text: str) -> tuple[str, str]:
    with office.look() as session:
        found, how = lot_scanned(session, text)
        return found.code, how


# --- at receipt --------------------------------------------------------------------------------------------------


def test_a_scan_fills_in_lot_number_expiry_and_what_the_article_says(office: Office) -> None:
    office.do(suppliers.register_article, office.who("qa"), **ARTICLE)
    lot = row(office, received(office, barcode=gs1(more="21S-9"), **BLANK))
    assert (lot.gtin, lot.supplier_lot, lot.serial, lot.name) == (GTIN, "M7", "S-9", "NK medium")
    assert lot.expires_at == datetime(2027, 4, 30, 23, 59, 59, tzinfo=UTC)
    assert lot.open_life_hours == 72


def test_what_is_typed_beside_the_scan_and_agrees_is_kept(sqlite_office: Office) -> None:
    told = BLANK | {"supplier_lot": "M7", "expires_at": datetime(2027, 4, 30, 12, tzinfo=UTC), "name": "Our name",
                    "open_life_hours": Decimal(12)}
    sqlite_office.do(suppliers.register_article, sqlite_office.who("qa"), **ARTICLE)
    lot = row(sqlite_office, received(sqlite_office, barcode=gs1(), **told))
    assert (lot.name, lot.expires_at.hour, lot.open_life_hours) == ("Our name", 12, 12)


@pytest.mark.parametrize(("change", "said"), [
    pytest.param({"supplier_lot": "M8"}, "The supplier's lot number was typed as M8; the bar code says M7",
                 id="another lot number"),
    pytest.param({"expires_at": datetime(2027, 5, 1, tzinfo=UTC)},
                 "The expiry was typed as 2027-05-01; the bar code says 2027-04-30", id="another expiry"),
    pytest.param({"kind": "cytokine"}, "The kind was typed as cytokine; the bar code says medium", id="another kind"),
    pytest.param({"quantity_unit": "L"}, "The unit of the quantity was typed as L; the bar code says mL",
                 id="another unit"),
])
def test_what_contradicts_the_bar_code_is_refused(sqlite_office: Office, change: dict, said: str) -> None:
    sqlite_office.do(suppliers.register_article, sqlite_office.who("qa"), **ARTICLE)
    before = sqlite_office.counts()
    with pytest.raises(Refused, match=said) as refused:
        received(sqlite_office, barcode=gs1(), **BLANK | change)
    assert [one.rule for one in refused.value.findings] == ["MAT-15"]
    assert sqlite_office.counts() == before


@pytest.mark.parametrize(("expires", "day"), [
    pytest.param("280200", "2028-02-29", id="day 00 is the last day of the month, leap years too"),
    pytest.param("270200", "2027-02-28", id="day 00 in February"),
    pytest.param("990630", "1999-06-30", id="two digits are read around this century"),
    pytest.param("760630", "2076-06-30", id="up to fifty years ahead"),
])
def test_a_gs1_expiry_is_read_as_the_standard_says(sqlite_office: Office, expires: str, day: str) -> None:
    lot = row(sqlite_office, received(sqlite_office, barcode=gs1(expires=expires), **BLANK | {"name": "Medium"}))
    assert f"{lot.expires_at:%Y-%m-%d}" == day


def test_an_expiry_with_a_time_of_day_has_no_zone_and_only_its_day_is_taken(sqlite_office: Office) -> None:
    code = f"]d201{GTIN}10M7{FNC1}70032704301530"
    lot = row(sqlite_office, received(sqlite_office, barcode=code, **BLANK | {"name": "Medium"}))
    assert lot.expires_at == datetime(2027, 4, 30, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("text", ["]C0" + with_check("LOT-0001"), "=A99992610000100", "rubbish", "]d2011234"])
def test_another_code_than_the_manufacturers_is_refused_at_receipt(sqlite_office: Office, text: str) -> None:
    with pytest.raises(Refused):
        received(sqlite_office, barcode=text, **BLANK | {"name": "Medium"})


def test_a_scan_without_an_article_still_asks_for_the_name(sqlite_office: Office) -> None:
    with pytest.raises(Refused, match="Name: blank") as refused:
        received(sqlite_office, barcode=gs1(), **BLANK)
    assert set(refused.value.fields) == {"name"}


# --- at a step ---------------------------------------------------------------------------------------------------


def two_lots(office: Office) -> tuple[str, str]:
    """Two deliveries of the same lot number, in quarantine."""
    return tuple(received(office, barcode=gs1(), **BLANK | {"name": "Medium"}) for _ in range(2))


def test_our_own_label_means_its_lot(sqlite_office: Office) -> None:
    released(sqlite_office)
    assert scanned(sqlite_office, "]C0" + with_check("LOT-0001")) == ("LOT-0001", "scanned")
    assert scanned(sqlite_office, with_check("LOT-0001")) == ("LOT-0001", "typed")
    with pytest.raises(Refused, match="not a lot of this facility"):
        scanned(sqlite_office, "]C0" + with_check("LOT-0009"))
    with pytest.raises(Refused, match="check character"):
        scanned(sqlite_office, "LOT-0001")


def test_the_manufacturers_code_means_the_one_lot_of_its_number(sqlite_office: Office) -> None:
    code, _other = two_lots(sqlite_office)
    qualified(sqlite_office)
    sqlite_office.do(acts.release_lot, sqlite_office.who("qa"), lot=code)
    assert scanned(sqlite_office, gs1()) == (code, "scanned")
    assert scanned(sqlite_office, gs1(more="21S-10")) == (code, "scanned"), "a further bottle of the same lot"
    assert scanned(sqlite_office, f"(01){GTIN}(17)270430(10)M7") == (code, "typed")


def test_two_usable_lots_of_one_number_are_named_and_refused(sqlite_office: Office) -> None:
    qualified_lots = two_lots(sqlite_office)
    qualified(sqlite_office)
    for code in qualified_lots:
        sqlite_office.do(acts.release_lot, sqlite_office.who("qa"), lot=code)
    with pytest.raises(Refused, match="received as LOT-0001, LOT-0002; it is not clear"):
        scanned(sqlite_office, gs1())


def test_a_lot_that_is_not_usable_is_found_so_that_the_rules_can_say_why(sqlite_office: Office) -> None:
    two_lots(sqlite_office)
    assert scanned(sqlite_office, gs1()) == ("LOT-0002", "scanned")
    assert row(sqlite_office, "LOT-0002").state == "quarantine"


@pytest.mark.parametrize(("text", "said"), [
    (gs1(lot="M8"), "No lot was received with lot number “M8”"),
    (gs1(gtin="00012345678905"), "No lot was received"),
    (f"]d201{GTIN}", "names no trade item or no lot number"),
    ("]d210M7", "names no trade item or no lot number"),
    ("=A99992610000100", "scan the lot code"),
])
def test_a_code_that_means_no_lot_is_refused(sqlite_office: Office, text: str, said: str) -> None:
    two_lots(sqlite_office)
    with pytest.raises(Refused, match=said):
        scanned(sqlite_office, text)


def test_a_package_with_another_expiry_than_the_lot_stops(sqlite_office: Office) -> None:
    two_lots(sqlite_office)
    with pytest.raises(Refused, match="Stop. The label says LOT-0002 expires 2027-05-31"):
        scanned(sqlite_office, gs1(expires="270531"))


def test_a_lot_received_without_its_bar_code_is_not_guessed(sqlite_office: Office) -> None:
    released(sqlite_office, supplier_lot="M7", expires_at=sqlite_office.now + timedelta(days=100))
    with pytest.raises(Refused, match="Scan our lot label"):
        scanned(sqlite_office, gs1())
