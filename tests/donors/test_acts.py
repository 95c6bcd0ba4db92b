"""A donor is listed, tested and determined; a collection is the right one or it stops."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.donors import acts, collection_acts
from mfg.donors.api import DOORS, InspectReceipt, read_collection, read_donor
from mfg.donors.pages import (
    list_collections,
    list_donors,
    show_collection,
    show_consent,
    show_determination,
    show_donor,
    show_marker,
)
from mfg.donors.records import Collection, Donor, newest_determination
from mfg.donors.rules import DONOR
from mfg.facts import Refused, judge, verdict_of
from mfg.ledger import Entry
from mfg.people.acts import grant_role
from mfg.quality.records import deviations_of
from tests.donors.collected import (
    DIN,
    arrival,
    collected,
    consented,
    eligible,
    eligible_donor,
    inspected,
    panel_done,
    registered,
)
from tests.office import NOON, Office
from tests.trial.enrolled import enrolled, protocol_in_effect


def refused(office: Office, said: str, verb: object, who: object, **arguments: object) -> Refused:
    """The act is refused with that sentence, leaves no row, and the attempt is in the ledger."""
    before = office.counts()
    with pytest.raises(Refused, match=said) as refusal:
        office.do(verb, who, **arguments)
    office.left(before, refusal.value)
    assert office.last_entry().outcome == "refused"
    return refusal.value


def row(office: Office, code: str) -> Collection:
    with office.look() as session:
        return session.get_one(Collection, code)


@pytest.fixture
def pair(office: Office) -> tuple[str, str]:
    """A donor and the recipient it is listed for."""
    recipient = enrolled(office)
    return registered(office, recipient), recipient


# --- donors ------------------------------------------------------------------------------------------


def test_a_donor_has_a_code_and_is_listed_for_its_recipient(office: Office, pair: tuple[str, str]) -> None:
    assert pair == ("DON-0001", "SUB-0001")
    with office.look() as session:
        assert session.get_one(Donor, "DON-0001").relation == "sister, haploidentical"
        assert read_donor(session, donor="DON-0001")["recipients"] == ["SUB-0001"]


def test_a_donor_is_not_listed_for_nobody(office: Office) -> None:
    refused(office, "There is no recipient “SUB-0009”", acts.register_donor, office.who("apheresis nurse"),
            recipient="SUB-0009", relation="brother")


def test_an_operator_registers_no_donor(office: Office) -> None:
    refused(office, "may not “register donor”", acts.register_donor, office.who("operator"),
            recipient="SUB-0001", relation="brother")


@pytest.mark.parametrize(("change", "said"), [
    ({"test": "a horoscope"}, "is not a test of the panel"),
    ({"specimen_at": NOON + timedelta(minutes=1)}, "The specimen is said to be"),
    ({"donor": "DON-0009"}, "There is no donor “DON-0009”"),
])
def test_a_marker_told_wrongly_is_not_recorded(office: Office, pair: tuple[str, str], change: dict, said: str) -> None:
    told = {"donor": pair[0], "test": "HBsAg", "result": "negative", "specimen_at": NOON, "assay": "A",
            "kit_lot": "K", "laboratory": "L"}
    refused(office, said, acts.record_marker, office.who("apheresis nurse"), **told | change)


def test_a_withdrawal_follows_its_consent(office: Office, pair: tuple[str, str]) -> None:
    refused(office, "is before the consent", acts.record_consent, office.who("apheresis nurse"), donor=pair[0],
            text_version="2", given_at=NOON - timedelta(days=1), withdrawn_at=NOON - timedelta(days=2))


def test_a_donor_is_eligible_when_everything_is_there(office: Office, pair: tuple[str, str]) -> None:
    donor, recipient = pair
    consented(office, donor)
    panel_done(office, donor)
    collection = collected(office, donor, recipient)
    assert eligible(office, donor, collection) == "DET-000001"
    with office.look() as session:
        findings = judge(DONOR, acts.eligibility_facts(session, donor, collection))
    assert verdict_of(findings).value == "PASS"


def test_eligible_is_refused_with_every_rule_that_does_not_pass(office: Office, pair: tuple[str, str]) -> None:
    donor, recipient = pair
    panel_done(office, donor, HBsAg="reactive")
    collection = collected(office, donor, recipient)
    refusal = refused(office, "HBsAg is reactive", acts.determine_eligibility, office.who("medical director"),
                      donor=donor, verdict="eligible", screening="None", screened_at=NOON, collection=collection)
    assert [finding.rule for finding in refusal.findings] == ["DON-02", "DON-05"]


def test_eligible_is_refused_without_a_collection(office: Office, pair: tuple[str, str]) -> None:
    consented(office, pair[0])
    panel_done(office, pair[0])
    refusal = refused(office, "No collection of donor DON-0001 is named", acts.determine_eligibility,
                      office.who("medical director"), donor=pair[0], verdict="eligible", screening="None",
                      screened_at=NOON)
    assert [finding.verdict.value for finding in refusal.findings] == ["CANNOT DETERMINE"] * 2


@pytest.mark.parametrize("verdict", ["ineligible", "not completed"])
def test_the_other_determinations_may_always_be_recorded(office: Office, pair: tuple[str, str], verdict: str) -> None:
    office.do(acts.determine_eligibility, office.who("medical director"), donor=pair[0], verdict=verdict,
              screening="Travel history open.", screened_at=NOON)
    with office.look() as session:
        newest = newest_determination(session, pair[0])
    assert newest is not None and newest.verdict == verdict


def test_only_the_medical_director_determines(office: Office, pair: tuple[str, str]) -> None:
    refused(office, "takes one of these roles: medical director", acts.determine_eligibility, office.who("qa"),
            donor=pair[0], verdict="ineligible", screening="None", screened_at=NOON)


def test_a_determination_is_for_a_collection_of_this_donor(office: Office, pair: tuple[str, str]) -> None:
    other = registered(office, pair[1])
    collection = collected(office, other, pair[1])
    refused(office, "was collected from DON-0002, not from DON-0001", acts.determine_eligibility,
            office.who("medical director"), donor=pair[0], verdict="eligible", screening="None", screened_at=NOON,
            collection=collection)


def test_a_later_reactive_result_undoes_what_release_will_ask(office: Office, pair: tuple[str, str]) -> None:
    donor, recipient = pair
    consented(office, donor)
    panel_done(office, donor)
    collection = collected(office, donor, recipient)
    eligible(office, donor, collection)
    panel_done(office, donor, syphilis="reactive")
    with office.look() as session:
        findings = judge(DONOR, acts.eligibility_facts(session, donor, collection))
    assert [f.rule for f in findings if f.verdict.value != "PASS"] == ["DON-02"]


# --- collections -------------------------------------------------------------------------------------


def test_a_collection_keeps_its_donation_number_without_flags(office: Office, pair: tuple[str, str]) -> None:
    code = collected(office, *pair)
    assert (row(office, code).din, row(office, code).state) == ("A999926000123", "collected")


@pytest.mark.parametrize(("din", "said"), [
    (DIN, "check character"), (DIN + "X", "check character"), ("hello", "no code known"),
])
def test_a_donation_number_without_its_check_is_not_taken(office: Office, pair: tuple[str, str], din: str,
                                                          said: str) -> None:
    with pytest.raises(Refused, match=said):
        collected(office, *pair, din=din)
    assert office.counts()["collection"] == 0


def test_a_typed_donation_number_carries_its_check_character(office: Office, pair: tuple[str, str]) -> None:
    """MOD 37-2 over A999926000123, computed here a second time."""
    running = 0
    for character in DIN:
        running = (running + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*".index(character)) * 2 % 37
    check = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"[(38 - running) % 37]
    assert row(office, collected(office, *pair, din=f"a9999 26 000123 {check}")).din == DIN


def test_a_donation_number_is_given_once(office: Office, pair: tuple[str, str]) -> None:
    collected(office, *pair)
    with pytest.raises(Refused, match="A9999 26 000123 .* is already that of COL-000001"):
        collected(office, *pair)


def test_cells_are_collected_only_for_the_listed_recipient(office: Office) -> None:
    protocol = protocol_in_effect(office)
    first, second = enrolled(office, protocol), enrolled(office, protocol)
    donor = registered(office, first)
    with pytest.raises(Refused, match="DON-0001 is not listed for SUB-0002"):
        collected(office, donor, second)
    assert office.counts()["collection"] == 0


def test_a_collection_that_cannot_be_is_refused(office: Office, pair: tuple[str, str]) -> None:
    with pytest.raises(Refused) as refusal:
        collected(office, *pair, ended_at=NOON + timedelta(hours=1), anticoagulant_ml=Decimal(500))
    assert [finding.rule for finding in refusal.value.findings] == ["COL-02", "COL-03"]


# --- receipt -----------------------------------------------------------------------------------------


def test_a_receipt_is_inspected_by_one_and_accepted_by_another(office: Office, pair: tuple[str, str]) -> None:
    code = inspected(office, collected(office, *pair), pair[1])
    office.do(collection_acts.accept_collection, office.who("verifier"), collection=code, seen="2")
    found = row(office, code)
    assert (found.state, found.accepted_at, found.identified) == ("accepted", NOON, "typed")
    with office.look() as session:
        assert set(session.scalars(select(Entry.within).where(Entry.on_code == code))) == {pair[0]}


def test_the_bag_of_another_recipient_stops_the_receipt(office: Office) -> None:
    protocol = protocol_in_effect(office)
    first, second = enrolled(office, protocol), enrolled(office, protocol)
    code = collected(office, registered(office, first), first)
    refusal = refused(office, "Wrong recipient", collection_acts.inspect_receipt, office.who("operator"),
                      collection=code, **arrival(office, second))
    assert "which is SUB-0002's" in refusal.why and "SUB-0001 was expected" in refusal.why
    assert row(office, code).state == "collected"
    with office.look() as session:
        found, = deviations_of(session, registered_for(session, code))
        assert (found.kind, found.severity, found.state) == ("identity mismatch", "critical", "draft")
        assert found.on_code == code


def registered_for(session: Session, collection: str) -> str:
    return session.get_one(Collection, collection).donor


def test_the_bag_of_another_donation_stops_the_receipt(office: Office, pair: tuple[str, str]) -> None:
    code = collected(office, *pair)
    refused(office, "Wrong bag: the donation number A9999 26 000999", collection_acts.inspect_receipt,
            office.who("operator"), collection=code, **arrival(office, pair[1], din="=A99992600099900"))


def test_a_donation_number_scanned_for_the_chain_of_identity_is_named(office: Office, pair: tuple[str, str]) -> None:
    code = collected(office, *pair)
    with pytest.raises(Refused, match="That is the donation number .*; scan the chain of identity"):
        inspected(office, code, pair[1], coi="=A99992600012300")


@pytest.mark.parametrize(("change", "rule"), [
    ({"transport_high_c": Decimal("8.1")}, "COL-05"),
    ({"transport": "15-25 °C"}, "COL-05"),
    ({"seal_intact": False}, "COL-06"),
    ({"leak_free": False}, "COL-06"),
])
def test_a_bad_receipt_is_kept_but_not_accepted(office: Office, pair: tuple[str, str], change: dict[str, Any],
                                                rule: str) -> None:
    code = inspected(office, collected(office, *pair), pair[1], **change)
    refusal = refused(office, "was ordered|At receipt", collection_acts.accept_collection, office.who("verifier"),
                      collection=code)
    assert [finding.rule for finding in refusal.findings] == [rule]
    assert row(office, code).state == "inspected"
    office.do(collection_acts.reject_collection, office.who("qa", reason="Unfit at receipt"), collection=code)
    assert row(office, code).state == "rejected"


@pytest.mark.parametrize(("change", "said"), [
    ({"received_at": NOON + timedelta(hours=1)}, "The receipt is said to be"),
    ({"received_at": NOON - timedelta(hours=2)}, "before the collection ended"),
    ({"transport": "in a pocket"}, "is not a transport condition"),
    ({"transport_low_c": Decimal(7)}, "is above the highest"),
])
def test_a_receipt_told_wrongly_is_refused(office: Office, pair: tuple[str, str], change: dict, said: str) -> None:
    code = collected(office, *pair)
    refused(office, said, collection_acts.inspect_receipt, office.who("operator"), collection=code,
            **arrival(office, pair[1], **change))


def test_nobody_accepts_before_the_inspection(office: Office, pair: tuple[str, str]) -> None:
    refused(office, "This collection is collected", collection_acts.accept_collection, office.who("verifier"),
            collection=collected(office, *pair))


def test_who_inspected_does_not_accept(office: Office, pair: tuple[str, str]) -> None:
    code = inspected(office, collected(office, *pair), pair[1])
    office.do(grant_role, office.who("administrator"), person=office.who("operator").by, role="verifier")
    refused(office, "the same person did “inspect receipt”", collection_acts.accept_collection,
            office.who("operator"), collection=code)


def test_acceptance_is_of_what_was_seen(office: Office, pair: tuple[str, str]) -> None:
    code = inspected(office, collected(office, *pair), pair[1])
    refused(office, "You saw version 1", collection_acts.accept_collection, office.who("verifier"), collection=code,
            seen="1")


# --- pages -------------------------------------------------------------------------------------------


def test_the_pages_show_panel_custody_gap_and_identity(sqlite_office: Office) -> None:
    donor, collection = eligible_donor(sqlite_office, enrolled(sqlite_office))
    with sqlite_office.look() as session:
        page, bag = show_donor(session, donor=donor), show_collection(session, collection=collection)
        lists = list_donors(session), list_collections(session)
        small = [show_marker(session, marker="IDM-000001"), show_consent(session, consent="CON-000001"),
                 show_determination(session, determination="DET-000001")]
        json = read_collection(session, collection=collection)
    assert page["state"] == "eligible"
    assert {finding["verdict"] for finding in page["findings"]} == {"PASS"}
    assert [row[1]["verdict"] for row in page["sections"][0]["rows"]] == ["PASS"] * 10
    assert ["custody gap", "1 h from end of collection to receipt"] in bag["sections"][0]["rows"]
    assert [lists[0]["rows"][0][0]["text"], lists[1]["rows"][0][0]["text"]] == [donor, collection]
    assert [one["pairs"][0][1]["text"] for one in small] == [donor] * 3
    assert (json["din_text"][:15], json["tnc"]) == ("A9999 26 000123", "12000000000")


def test_the_form_of_a_receipt_leads_to_the_act(sqlite_office: Office) -> None:
    recipient = enrolled(sqlite_office)
    code = collected(sqlite_office, registered(sqlite_office, recipient), recipient)
    door = next(door for door in DOORS if door.verb == "inspect receipt")
    told = arrival(sqlite_office, recipient)
    body = InspectReceipt().load({
        "din": told["din"], "coi": told["coi"], "received_at": "2026-11-20T12:00Z", "transport": "2-8 °C",
        "transport_low_c": "2.5", "transport_high_c": "6.1", "seal_intact": "yes", "leak_free": "yes"})
    with sqlite_office.look() as session:
        seen = door.seen(session, collection=code)
        prepared = [one.prepares(session, donor="DON-0001") for one in DOORS
                    if one.verb in ("record collection", "determine eligibility")]
    assert sqlite_office.do(door.call, sqlite_office.who("operator"), collection=code, seen=seen, **body) == code
    assert prepared[0]["collection"]["choices"][0][0] == code
    assert prepared[1]["recipient"]["choices"] == [(recipient, recipient)]
