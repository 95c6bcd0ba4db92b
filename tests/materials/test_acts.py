"""Lots come into quarantine, are approved by somebody else, and can be rejected at any time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg.facts import Refused, judge
from mfg.ledger import Repeated
from mfg.materials import acts
from mfg.materials.api import DOORS, ReceiveLot, read_lot
from mfg.materials.pages import list_lots, show_lot
from mfg.materials.records import Lot
from mfg.materials.rules import LOT_USE
from mfg.people.acts import grant_role
from tests.office import NOON, Office

ANTIBODY: dict[str, Any] = {
    "kind": "bispecific antibody", "name": "CD123 x CD16", "supplier": "A supplier", "supplier_lot": "X-1",
    "certificate": "CoA X-1", "strength": Decimal("100"), "strength_unit": "ug/mL",
    "expires_at": NOON + timedelta(days=30), "received_at": NOON - timedelta(hours=1)}


def received(office: Office, **change: Any) -> str:
    return office.do(acts.receive_lot, office.who("warehouse"), **ANTIBODY | change)


def row(office: Office, code: str) -> Lot:
    with office.look() as session:
        return session.get_one(Lot, code)


def test_a_lot_is_received_into_quarantine_and_released_by_qa(office: Office) -> None:
    code = received(office)
    assert (code, row(office, code).state) == ("LOT-0001", "quarantine")
    assert office.do(acts.release_lot, office.who("qa"), lot=code, seen="1") == code
    lot = row(office, code)
    assert (lot.state, lot.released_at, lot.strength, lot.strength_unit) == ("released", NOON, Decimal(100), "ug/mL")


def test_a_lot_in_quarantine_may_not_be_used(sqlite_office: Office) -> None:
    lot = row(sqlite_office, received(sqlite_office))
    findings = judge(LOT_USE, acts.lot_facts(lot, NOON, "bispecific antibody"))
    assert [finding.rule for finding in findings if finding.verdict.value != "PASS"] == ["MAT-01"]


@pytest.mark.parametrize(("change", "said"), [
    ({"strength": None, "strength_unit": ""}, "needs its strength in ug/mL"),
    ({"received_at": NOON + timedelta(hours=1)}, "Correct date and time"),
    ({"kind": "tea"}, "not a kind of material"),
])
def test_a_lot_told_wrongly_leaves_no_trace_but_its_refusal(office: Office, change: dict, said: str) -> None:
    before = office.counts()
    with pytest.raises(Refused, match=said):
        received(office, **change)
    assert office.counts() == before
    assert office.last_entry().outcome == "refused"


def test_an_expired_lot_is_not_approved(office: Office) -> None:
    code = received(office)
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
    with pytest.raises(Refused, match="needs a reason"):
        office.do(acts.reject_lot, office.who("qa"), lot=code)
    office.do(acts.reject_lot, office.who("qa", reason="Broken vial"), lot=code)
    with pytest.raises(Refused, match="This lot is rejected"):
        office.do(acts.release_lot, office.who("qa"), lot=code)


def test_what_was_seen_must_be_what_is_there(office: Office) -> None:
    code = received(office)
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
        "expires_at": "2026-12-20T12:00Z", "received_at": "2026-11-20T11:00Z", "strength": "", "strength_unit": ""})
    door = next(door for door in DOORS if door.verb == "receive lot")
    code = sqlite_office.do(door.call, sqlite_office.who("warehouse"), **body)
    with sqlite_office.look() as session:
        page, listed, json = show_lot(session, lot=code), list_lots(session), read_lot(session, lot=code)
    assert ("strength", "none stated", False) in page["pairs"]
    assert listed["rows"][0][0]["url"] == "/lots/LOT-0001"
    assert (json["expires_at"], json["strength"]) == ("2026-12-20T12:00:00.000000Z", None)
