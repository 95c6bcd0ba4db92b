"""Suppliers are proposed by one and qualified by another; an article says what a trade item number stands for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mfg.facts import Refused
from mfg.materials import acts, suppliers
from mfg.materials.pages import list_articles, list_suppliers, show_supplier
from mfg.materials.records import Supplier, article_of
from mfg.materials.records import supplier as load_supplier
from tests.materials.store import received, released, row
from tests.office import Office

GTIN = "09521234543213"
ARTICLE: dict[str, Any] = {"gtin": GTIN, "kind": "medium", "name": "NK medium", "unit": "mL",
                           "open_life_hours": Decimal(72)}


def proposed(office: Office, name: str = "A supplier") -> str:
    return office.do(suppliers.propose_supplier, office.who("warehouse"), name=name)


def state(office: Office, code: str = "SUP-0001") -> tuple[str, str]:
    with office.look() as session:
        found = load_supplier(session, code)
        return found.state, found.remark


def test_a_supplier_is_proposed_and_qualified(office: Office) -> None:
    code = proposed(office)
    assert (code, state(office)) == ("SUP-0001", ("proposed", ""))
    office.do(suppliers.qualify_supplier, office.who("qa"), supplier=code, seen="1")
    assert state(office) == ("qualified", "")


def test_a_condition_and_a_disqualification_are_told(office: Office) -> None:
    code = proposed(office)
    with pytest.raises(Refused, match="needs a reason"):
        office.do(suppliers.qualify_on_condition, office.who("qa"), supplier=code)
    office.do(suppliers.qualify_on_condition, office.who("qa", reason="Every lot is tested here"), supplier=code)
    assert state(office) == ("conditional", "Every lot is tested here")
    office.do(suppliers.disqualify_supplier, office.who("qa", 2, reason="Audit failed"), supplier=code)
    assert state(office) == ("disqualified", "Audit failed")
    with pytest.raises(Refused, match="is disqualified"):
        office.do(suppliers.disqualify_supplier, office.who("qa", reason="again"), supplier=code)


def test_who_proposed_a_supplier_does_not_qualify_it(sqlite_office: Office) -> None:
    code = sqlite_office.do(suppliers.propose_supplier, sqlite_office.who("qa"), name="A supplier")
    before = sqlite_office.counts()
    for verb in (suppliers.qualify_supplier, suppliers.qualify_on_condition):
        with pytest.raises(Refused, match="the same person did “propose supplier”"):
            sqlite_office.do(verb, sqlite_office.who("qa", reason="Good"), supplier=code)
    assert (sqlite_office.counts(), state(sqlite_office)[0]) == (before, "proposed")


def test_a_supplier_is_on_the_list_once(sqlite_office: Office) -> None:
    proposed(sqlite_office)
    with pytest.raises(Refused, match="on the list of suppliers already"):
        proposed(sqlite_office)
    with sqlite_office.look() as session:
        assert session.query(Supplier).count() == 1


@pytest.mark.parametrize("verb", [suppliers.qualify_supplier, suppliers.disqualify_supplier])
def test_only_quality_assurance_decides_about_suppliers(sqlite_office: Office, verb: Any) -> None:
    code = proposed(sqlite_office)
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        sqlite_office.do(verb, sqlite_office.who("warehouse", reason="x"), supplier=code)


def test_what_was_seen_of_a_supplier_must_be_what_is_there(sqlite_office: Office) -> None:
    code = proposed(sqlite_office)
    sqlite_office.do(suppliers.qualify_supplier, sqlite_office.who("qa"), supplier=code)
    with pytest.raises(Refused, match="You saw version 1"):
        sqlite_office.do(suppliers.disqualify_supplier, sqlite_office.who("qa", reason="x"), supplier=code, seen="1")


def test_disqualifying_a_supplier_stops_its_next_lot_and_leaves_those_approved(sqlite_office: Office) -> None:
    first = released(sqlite_office)
    second = received(sqlite_office, supplier_lot="X-2")
    sqlite_office.do(suppliers.disqualify_supplier, sqlite_office.who("qa", reason="Audit"), supplier="SUP-0001")
    with pytest.raises(Refused, match="is disqualified. Reject the lot"):
        sqlite_office.do(acts.release_lot, sqlite_office.who("qa"), lot=second)
    assert row(sqlite_office, first).state == "released"
    with sqlite_office.look() as session:
        page, listed = show_supplier(session, supplier="SUP-0001"), list_suppliers(session)
    assert [line[0]["text"] for line in page["sections"][0]["rows"]] == [second, first]
    assert listed["rows"][0][2] == {"verdict": "FAIL", "text": "disqualified"}


def test_an_article_says_what_a_number_stands_for_and_the_newest_counts(office: Office) -> None:
    assert office.do(suppliers.register_article, office.who("qa"), **ARTICLE) == "ART-0001"
    office.do(suppliers.register_article, office.who("qa", 2), **ARTICLE | {"name": "NK medium, new"})
    with office.look() as session:
        found = article_of(session, GTIN)
        assert found is not None
        assert (found.code, found.name, found.open_life_hours) == ("ART-0002", "NK medium, new", 72)
        assert article_of(session, "00000000000000") is None
        rows = list_articles(session)["rows"]
    assert [(line[2], line[-1]["text"]) for line in rows] == [("NK medium, new", "counts"), ("NK medium", "replaced")]


@pytest.mark.parametrize(("change", "said"), [
    ({"gtin": "09521234543214"}, "right check digit"),
    ({"gtin": "9521234543213"}, "14 digits"),
    ({"gtin": ""}, "14 digits"),
    ({"kind": "tea"}, "choose a kind"),
    ({"unit": "pint"}, "choose a kind"),
])
def test_an_article_told_wrongly_is_refused(sqlite_office: Office, change: dict, said: str) -> None:
    before = sqlite_office.counts()
    with pytest.raises(Refused, match=said):
        sqlite_office.do(suppliers.register_article, sqlite_office.who("qa"), **ARTICLE | change)
    assert sqlite_office.counts() == before


def test_only_quality_assurance_registers_an_article(sqlite_office: Office) -> None:
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        sqlite_office.do(suppliers.register_article, sqlite_office.who("warehouse"), **ARTICLE)
