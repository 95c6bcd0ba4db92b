"""Lots come into quarantine, are approved by somebody else, and can be rejected at any time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg.facts import Refused, judge
from mfg.files import KeptFile
from mfg.ledger import Repeated
from mfg.materials import acts
from mfg.materials.api import DOORS, read_lot
from mfg.materials.bodies import ReceiveLot
from mfg.materials.pages import list_lots, show_lot
from mfg.materials.records import Supplier
from mfg.materials.rules import LOT_USE
from mfg.people.acts import grant_role
from mfg.uploads import read_upload
from tests.materials.store import ANTIBODY, COA, qualified, received, released, row
from tests.office import NOON, Office


def test_a_lot_is_received_into_quarantine_and_released_by_qa(office: Office) -> None:
    code = received(office)
    assert (code, row(office, code).state) == ("LOT-0001", "quarantine")
    qualified(office)
    assert office.do(acts.release_lot, office.who("qa"), lot=code, seen="1") == code
    lot = row(office, code)
    assert (lot.state, lot.released_at, lot.strength, lot.strength_unit) == ("released", NOON, Decimal(100), "ug/mL")


def test_a_lot_in_quarantine_may_not_be_used(sqlite_office: Office) -> None:
    lot = row(sqlite_office, received(sqlite_office))
    with sqlite_office.look() as session:
        findings = judge(LOT_USE, acts.lot_facts(session, lot, NOON, "bispecific antibody"))
    assert [finding.rule for finding in findings if finding.verdict.value != "PASS"] == ["MAT-01"]


@pytest.mark.parametrize(("change", "said"), [
    ({"strength": None, "strength_unit": ""}, "needs its strength in ug/mL"),
    ({"received_at": NOON + timedelta(hours=1)}, "Correct date and time"),
    ({"kind": "tea"}, "not a kind of material"),
    ({"critical": False}, "always critical"),
    ({"critical": None}, "is not said"),
    ({"quantity_unit": ""}, "Give both, or neither"),
    ({"name": ""}, "Name: blank"),
    ({"supplier_lot": "", "expires_at": None}, "Supplier's lot number, Expires at: blank"),
])
def test_a_lot_told_wrongly_leaves_no_trace_but_its_refusal(office: Office, change: dict, said: str) -> None:
    before = office.counts()
    with pytest.raises(Refused, match=said):
        received(office, **change)
    assert office.counts() == before
    assert office.last_entry().outcome == "refused"


def test_an_expired_lot_is_not_approved(office: Office) -> None:
    code = received(office)
    qualified(office)
    office.later(days=31)
    with pytest.raises(Refused, match="Reject it"):
        office.do(acts.release_lot, office.who("qa"), lot=code)
    assert row(office, code).state == "quarantine"


def test_who_received_a_lot_does_not_approve_it(office: Office) -> None:
    """The warehouse person is given the role of QA as well; the ledger still knows who received the lot."""
    code = received(office)
    office.do(grant_role, office.who("administrator"), person=office.who("warehouse").by, role="qa")
    with pytest.raises(Refused, match="the same person did “receive lot”"):
        office.do(acts.release_lot, office.who("warehouse"), lot=code)
    assert row(office, code).state == "quarantine"


def test_the_warehouse_does_not_approve(office: Office) -> None:
    code = received(office)
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        office.do(acts.release_lot, office.who("warehouse", 2), lot=code)


def test_a_rejection_needs_a_reason_and_is_final(office: Office) -> None:
    code = received(office)
    qualified(office)
    with pytest.raises(Refused, match="needs a reason"):
        office.do(acts.reject_lot, office.who("qa"), lot=code)
    office.do(acts.reject_lot, office.who("qa", reason="Broken vial"), lot=code)
    with pytest.raises(Refused, match="This lot is rejected"):
        office.do(acts.release_lot, office.who("qa"), lot=code)


def test_what_was_seen_must_be_what_is_there(office: Office) -> None:
    code = received(office)
    qualified(office)
    office.do(acts.release_lot, office.who("qa"), lot=code)
    with pytest.raises(Refused, match="You saw version 1"):
        office.do(acts.reject_lot, office.who("qa", reason="Recalled"), lot=code, seen="1")


def test_a_form_sent_twice_receives_one_lot(office: Office) -> None:
    office.do(acts.receive_lot, office.who("warehouse", nonce="n-1"), **ANTIBODY)
    with pytest.raises(Repeated) as again:
        office.do(acts.receive_lot, office.who("warehouse", nonce="n-1"), **ANTIBODY)
    assert (again.value.result, office.counts()["lot"]) == ("LOT-0001", 1)


def test_form_page_and_json_tell_the_same_lot(sqlite_office: Office) -> None:
    body = ReceiveLot().load({
        "kind": "medium", "name": "Medium", "supplier": "A supplier", "supplier_lot": "M-1", "certificate": "CoA",
        "expires_at": "2026-12-20T12:00Z", "received_at": "2026-11-20T11:00Z", "strength": "", "strength_unit": "",
        "containers": "2", "grade": "GMP", "critical": "yes", "animal_origin": "no", "quantity": "500",
        "quantity_unit": "mL", "certificate_file": ("CoA M-1.txt", COA.content)})
    door = next(door for door in DOORS if door.verb == "receive lot")
    code = sqlite_office.do(door.call, sqlite_office.who("warehouse"), **body)
    with sqlite_office.look() as session:
        page, listed, json = show_lot(session, lot=code), list_lots(session), read_lot(session, lot=code)
    assert ("strength", "none stated", False) in page["pairs"]
    assert ("left", "500 mL", False) in page["pairs"]
    assert ("its file", {"text": "CoA M-1.txt", "url": f"/files/{COA.code}"}, False) in page["pairs"]
    assert listed["rows"][0][0]["url"] == "/lots/LOT-0001"
    assert (json["expires_at"], json["strength"]) == ("2026-12-20T12:00:00.000000Z", None)
    assert (json["left"], json["quantity"], json["certificate_file"]) == ("500", "500", COA.code)


# --- the certificate ---------------------------------------------------------------------------------------------


def test_a_lot_without_its_certificate_file_is_received_and_not_released(sqlite_office: Office) -> None:
    code = received(sqlite_office, certificate="", certificate_file=None)
    qualified(sqlite_office)
    with pytest.raises(Refused, match="No certificate is named") as refused:
        sqlite_office.do(acts.release_lot, sqlite_office.who("qa"), lot=code)
    assert [one.rule for one in refused.value.findings] == ["MAT-06"]
    sqlite_office.do(acts.attach_certificate, sqlite_office.who("warehouse"), lot=code, certificate="CoA X-1",
                     certificate_file=COA)
    sqlite_office.do(acts.release_lot, sqlite_office.who("qa"), lot=code)
    with sqlite_office.look() as session:
        assert session.get_one(KeptFile, COA.code).content == COA.content
    assert (row(sqlite_office, code).state, row(sqlite_office, code).certificate) == ("released", "CoA X-1")


def test_a_certificate_that_contradicts_the_delivery_is_refused(sqlite_office: Office) -> None:
    code = received(sqlite_office, certificate_file=None)
    with pytest.raises(Refused, match="Compare them"):
        sqlite_office.do(acts.attach_certificate, sqlite_office.who("warehouse"), lot=code, certificate="CoA X-2",
                         certificate_file=COA)
    assert row(sqlite_office, code).certificate_file is None


def test_the_certificate_of_a_released_lot_is_not_exchanged(sqlite_office: Office) -> None:
    code = received(sqlite_office)
    qualified(sqlite_office)
    sqlite_office.do(acts.release_lot, sqlite_office.who("qa"), lot=code)
    other = read_upload("other.txt", b"another paper")
    with pytest.raises(Refused, match="as long as the lot is in quarantine"):
        sqlite_office.do(acts.attach_certificate, sqlite_office.who("qa"), lot=code, certificate="CoA X-1",
                         certificate_file=other)
    assert row(sqlite_office, code).certificate_file == COA.code


# --- suppliers at approval -----------------------------------------------------------------------------------------


def test_a_supplier_nobody_knows_is_proposed_with_the_receipt(sqlite_office: Office) -> None:
    received(sqlite_office)
    received(sqlite_office, supplier_lot="X-2")
    with sqlite_office.look() as session:
        (supplier,) = session.query(Supplier).all()
    assert (supplier.code, supplier.name, supplier.state) == ("SUP-0001", "A supplier", "proposed")


def test_a_critical_lot_of_a_proposed_supplier_is_not_released(sqlite_office: Office) -> None:
    code = received(sqlite_office)
    with pytest.raises(Refused, match="a qualified supplier was expected") as refused:
        sqlite_office.do(acts.release_lot, sqlite_office.who("qa"), lot=code)
    assert [one.rule for one in refused.value.findings] == ["MAT-16"]
    assert row(sqlite_office, code).state == "quarantine"


# --- blocking ----------------------------------------------------------------------------------------------------


def test_a_blocked_lot_is_not_used_and_goes_back_to_where_it_was(office: Office) -> None:
    code = released(office)
    office.do(acts.block_lot, office.who("qa", reason="A complaint"), lot=code, seen="2")
    lot = row(office, code)
    assert (lot.state, lot.blocked_from) == ("blocked", "released")
    with office.look() as session:
        assert show_lot(session, lot=code)["strip"][1]["v"] == "no use, blocked"
        assert [one.rule for one in judge(LOT_USE, acts.lot_facts(session, lot, office.now, lot.kind))
                if one.verdict.value != "PASS"] == ["MAT-01"]
    office.do(acts.unblock_lot, office.who("qa", 2, reason="It was another lot"), lot=code)
    assert (row(office, code).state, row(office, code).blocked_from) == ("released", None)


@pytest.mark.parametrize("verb", [acts.block_lot, acts.unblock_lot])
def test_blocking_is_for_quality_assurance_with_a_reason(sqlite_office: Office, verb: Any) -> None:
    code = released(sqlite_office)
    before = sqlite_office.counts()
    with pytest.raises(Refused, match="takes one of these roles: qa"):
        sqlite_office.do(verb, sqlite_office.who("warehouse", reason="x"), lot=code)
    with pytest.raises(Refused, match="needs a reason"):
        sqlite_office.do(verb, sqlite_office.who("qa"), lot=code)
    assert (sqlite_office.counts(), row(sqlite_office, code).state) == (before, "released")


def test_a_lot_in_quarantine_is_not_blocked_but_rejected(sqlite_office: Office) -> None:
    code = received(sqlite_office)
    with pytest.raises(Refused, match="This lot is quarantine"):
        sqlite_office.do(acts.block_lot, sqlite_office.who("qa", reason="x"), lot=code)
