"""Enrolment gives place and chain of identity once; a weight counts after two blind readings."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from mfg.facts import Refused
from mfg.ledger import Entry, Repeated, Signature
from mfg.trial import acts
from mfg.trial.api import DOORS, EnrolRecipient, read_protocol, read_recipient, read_weight
from mfg.trial.pages import list_recipients, show_answer, show_protocol, show_recipient, show_weight
from mfg.trial.records import Recipient, Weight, newest_weight
from tests.office import NOON, Office
from tests.trial.enrolled import PROTOCOL, enrolled, protocol_in_effect, weighed


def recipient(office: Office, code: str) -> Recipient:
    with office.look() as session:
        return session.get_one(Recipient, code)


def recorded(office: Office, who: str, kg: str = "70.0") -> str:
    return office.do(acts.record_weight, office.who("clinical coordinator"), recipient=who, kg=Decimal(kg),
                     measured_at=NOON - timedelta(hours=1))


def refused(office: Office, said: str, verb: object, who: object, **arguments: object) -> Refused:
    """The act is refused with that sentence, leaves no row, and the attempt is in the ledger."""
    before = office.counts()
    with pytest.raises(Refused, match=said) as refusal:
        office.do(verb, who, **arguments)
    assert office.counts() == before
    assert office.last_entry().outcome == "refused"
    return refusal.value


# --- protocols ---------------------------------------------------------------------------------------


def test_a_file_that_is_no_protocol_is_not_drafted(office: Office) -> None:
    before = office.counts()
    with pytest.raises(Refused):
        office.do(acts.draft_protocol, office.who("qa"), text="id: T-1\nnonsense: 1\n")
    assert office.counts() == before


def test_key_and_title_come_from_the_file(office: Office) -> None:
    assert office.do(acts.draft_protocol, office.who("qa"), text=PROTOCOL) == "TEST-1/1"


# --- enrolment ---------------------------------------------------------------------------------------


def test_the_first_recipient_of_a_cohort_takes_the_first_place(office: Office) -> None:
    code = enrolled(office)
    row = recipient(office, code)
    assert (code, row.cohort, row.slot, row.enrolled_at) == ("SUB-0001", "1", 1, NOON)
    assert row.eligible_at is None


def test_the_chain_of_identity_names_facility_and_year_and_is_never_given_twice(office: Office) -> None:
    protocol = protocol_in_effect(office)
    found = [recipient(office, enrolled(office, protocol)).coi for _ in range(3)]
    assert len(set(found)) == 3
    assert all(re.fullmatch(r"CHA999926[2-9B-DF-HJKMNP-TV-Z]{6}", coi) for coi in found)


def test_a_full_cohort_takes_nobody_more(office: Office) -> None:
    protocol = protocol_in_effect(office)
    enrolled(office, protocol, "2")
    refusal = refused(office, "Cohort 2 is full: 1 of 1 places are taken", acts.enrol_recipient,
                      office.who("clinical coordinator"), protocol=protocol, cohort="2")
    assert [finding.rule for finding in refusal.findings] == ["TRL-03"]


def test_a_new_version_of_the_protocol_gives_no_new_places(office: Office) -> None:
    enrolled(office, protocol_in_effect(office), "2")
    second = protocol_in_effect(office, PROTOCOL + "# amended\n")
    assert second == "TEST-1/2"
    refused(office, "Cohort 2 is full", acts.enrol_recipient, office.who("clinical coordinator"), protocol=second,
            cohort="2")


def test_a_cohort_the_protocol_lacks_is_refused(office: Office) -> None:
    refused(office, "has no cohort “3”. Choose one of: 1, 2", acts.enrol_recipient,
            office.who("principal investigator"), protocol=protocol_in_effect(office), cohort="3")


def test_a_draft_enrols_nobody(office: Office) -> None:
    code = office.do(acts.draft_protocol, office.who("qa"), text=PROTOCOL)
    refused(office, "is draft, not effective", acts.enrol_recipient, office.who("principal investigator"),
            protocol=code, cohort="1")


def test_a_nurse_enrols_nobody(office: Office) -> None:
    refused(office, "may not “enrol recipient”", acts.enrol_recipient, office.who("apheresis nurse"),
            protocol=protocol_in_effect(office), cohort="1")


def test_a_form_sent_twice_enrols_once(office: Office) -> None:
    protocol = protocol_in_effect(office)
    body = EnrolRecipient().load({"protocol": protocol, "cohort": "1"})
    office.do(acts.enrol_recipient, office.who("principal investigator", nonce="n"), **body)
    with pytest.raises(Repeated):
        office.do(acts.enrol_recipient, office.who("principal investigator", nonce="n"), **body)
    assert office.counts()["recipient"] == 1


def test_eligibility_is_confirmed_once_by_the_principal_investigator(office: Office) -> None:
    code = enrolled(office)
    refused(office, "may not “confirm eligibility”", acts.confirm_eligibility, office.who("clinical coordinator"),
            recipient=code)
    office.do(acts.confirm_eligibility, office.who("principal investigator"), recipient=code, seen="1")
    assert recipient(office, code).eligible_at == NOON
    refused(office, "confirmed already", acts.confirm_eligibility, office.who("principal investigator"),
            recipient=code)


def test_eligibility_is_confirmed_only_of_what_was_seen(office: Office) -> None:
    code = enrolled(office)
    refused(office, "You saw version 0", acts.confirm_eligibility, office.who("principal investigator"),
            recipient=code, seen="0")


# --- weights -----------------------------------------------------------------------------------------


def test_two_people_with_the_same_reading_make_a_weight(office: Office) -> None:
    who = enrolled(office)
    code = recorded(office, who, "70.0")
    with office.look() as session:
        assert newest_weight(session, who) is None
    office.do(acts.confirm_weight, office.who("principal investigator"), weight=code, kg=Decimal("70.00"))
    with office.look() as session:
        found = newest_weight(session, who)
    assert found is not None
    assert (found.code, found.kg, found.confirmed_at) == ("W-000001", Decimal("70"), NOON)


def test_a_second_reading_that_differs_confirms_nothing_and_does_not_tell_the_first(office: Office) -> None:
    code = recorded(office, enrolled(office), "70.3")
    refusal = refused(office, "The two readings of this weight differ", acts.confirm_weight,
                      office.who("principal investigator"), weight=code, kg=Decimal("73.0"))
    assert "70" not in refusal.why


def test_one_person_does_not_read_twice(office: Office) -> None:
    code = recorded(office, enrolled(office))
    refused(office, "the same person did “record weight”", acts.confirm_weight, office.who("clinical coordinator"),
            weight=code, kg=Decimal("70.0"))


def test_a_confirmed_weight_is_not_confirmed_again(office: Office) -> None:
    code = weighed(office, enrolled(office))
    refused(office, "confirmed already", acts.confirm_weight, office.who("principal investigator", 2), weight=code,
            kg=Decimal("70.0"))


@pytest.mark.parametrize(("kg", "hours", "rule"), [("7000", -1, "TRL-04"), ("70", 1, "TRL-05")])
def test_an_impossible_weight_is_not_recorded(office: Office, kg: str, hours: int, rule: str) -> None:
    who = enrolled(office)
    refusal = refused(office, "Correct date|Read the scale", acts.record_weight, office.who("clinical coordinator"),
                      recipient=who, kg=Decimal(kg), measured_at=NOON + timedelta(hours=hours))
    assert [finding.rule for finding in refusal.findings] == [rule]


def test_a_weight_of_nobody_is_not_recorded(office: Office) -> None:
    refused(office, "There is no recipient “SUB-9999”", acts.record_weight, office.who("clinical coordinator"),
            recipient="SUB-9999", kg=Decimal(70), measured_at=NOON)


def test_both_readings_are_signed_and_lie_within_the_recipient(office: Office) -> None:
    who = enrolled(office)
    code = weighed(office, who)
    with office.look() as session:
        found = session.scalars(select(Signature).where(Signature.on_code == code).order_by(Signature.seq)).all()
        within = session.scalars(select(Entry.within).where(Entry.on_code == code)).all()
    assert [signature.meaning for signature in found] == ["Recorded", "Measured and confirmed"]
    assert set(within) == {who}
    assert found[0].content_hash == found[1].content_hash


def test_no_page_and_no_view_tells_a_weight_before_its_second_reading(sqlite_office: Office) -> None:
    who = enrolled(sqlite_office)
    code = recorded(sqlite_office, who, "71.25")
    with sqlite_office.look() as session:
        door = next(door for door in DOORS if door.verb == "confirm weight")
        told = [show_recipient(session, recipient=who), show_weight(session, weight=code),
                read_recipient(session, recipient=who), read_weight(session, weight=code),
                door.shows(session, weight=code)]
    assert "71.25" not in json.dumps(told)
    sqlite_office.do(acts.confirm_weight, sqlite_office.who("principal investigator"), weight=code,
                     kg=Decimal("71.25"))
    with sqlite_office.look() as session:
        assert "71.25 kg" in json.dumps(show_recipient(session, recipient=who))
        assert read_weight(session, weight=code)["kg"] == "71.25"
        assert session.get_one(Weight, code).kg == Decimal("71.25")


# --- assumptions -------------------------------------------------------------------------------------


def answer(office: Office, protocol: str, key: str, text: str) -> str:
    return office.do(acts.answer_assumption, office.who("principal investigator", reason="Letter of the sponsor"),
                     protocol=protocol, key=key, answer=text, source="letter 7")


def test_an_assumed_value_loses_its_mark_only_by_the_same_answer(sqlite_office: Office) -> None:
    protocol = protocol_in_effect(sqlite_office)
    answer(sqlite_office, protocol, "tolerance_pct", "20")
    code = answer(sqlite_office, protocol, "weight_max_age_days", "3")
    with sqlite_office.look() as session:
        page, small = show_protocol(session, document=protocol), show_answer(session, answer=code)
        answers = read_protocol(session, document=protocol)["answers"]
    rows = {row[0]: row for row in page["sections"][1]["rows"]}
    assert rows["tolerance_pct"][1]["tag"] == ""
    assert rows["weight_max_age_days"][1]["tag"] == "assumed"
    assert "draft a new version" in rows["weight_max_age_days"][3]["sub"]
    assert rows["dlt_definition"][1:] == [{"text": "unknown", "tag": "assumed"}, "nobody said", "none yet"]
    assert ("answer", "3", False) in small["pairs"]
    assert answers["tolerance_pct"]["answer"] == "20"


def test_what_is_not_assumed_is_not_answered(office: Office) -> None:
    protocol = protocol_in_effect(office)
    refused(office, "assumes no “age_years”", acts.answer_assumption,
            office.who("principal investigator", reason="Letter"), protocol=protocol, key="age_years", answer="18",
            source="letter 7")


def test_an_answer_needs_its_reason(office: Office) -> None:
    refused(office, "needs a reason", acts.answer_assumption, office.who("principal investigator"),
            protocol=protocol_in_effect(office), key="tolerance_pct", answer="20", source="letter 7")


# --- pages -------------------------------------------------------------------------------------------


def test_a_recipient_shows_the_dose_of_its_cohort_and_what_is_only_assumed(sqlite_office: Office) -> None:
    who = enrolled(sqlite_office, cohort="2")
    with sqlite_office.look() as session:
        page, listed = show_recipient(session, recipient=who), list_recipients(session)
    assert ("target dose", "2e7 cells/kg", False) in page["pairs"]
    assert ("tolerance", "20 %", True) in page["pairs"]
    assert listed["rows"][0][0]["url"] == "/recipients/SUB-0001"


def test_a_protocol_shows_its_cohorts(sqlite_office: Office) -> None:
    protocol = protocol_in_effect(sqlite_office)
    with sqlite_office.look() as session:
        page = show_protocol(session, document=protocol)
    assert page["sections"][0]["rows"] == [["1", "", "1e7 cells/kg", "3"], ["2", "", "2e7 cells/kg", "1"]]


@pytest.mark.parametrize("name", ["nct06835140_cd123cd16_nk", "nct04074746_afm13_nk", "nct04836390_excel"])
def test_a_real_trial_is_drafted_enrolled_into_and_shown(sqlite_office: Office, shared: Path, name: str) -> None:
    """Another trial's file runs on the same code; where it does not state its places, nobody is enrolled."""
    protocol = protocol_in_effect(sqlite_office, (shared / "inputs/protocols" / f"{name}.yaml").read_text("utf-8"))
    with sqlite_office.look() as session:
        page, read = show_protocol(session, document=protocol), read_protocol(session, document=protocol)
    assert [row[0] for row in page["sections"][0]["rows"]] == [one["name"] for one in read["cohorts"]] != []
    first = read["cohorts"][0]
    if first["participants"] is None:
        refused(sqlite_office, "does not say how many", acts.enrol_recipient,
                sqlite_office.who("principal investigator"), protocol=protocol, cohort=first["name"])
    else:
        code = enrolled(sqlite_office, protocol, first["name"])
        with sqlite_office.look() as session:
            assert any(pair[0] == "target dose" for pair in show_recipient(session, recipient=code)["pairs"])
