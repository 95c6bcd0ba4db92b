"""Documents are written by one person, approved by another, and one version at a time is effective."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from sqlalchemy import text as sql

from mfg.db import look
from mfg.documents import acts
from mfg.documents.api import document_doors
from mfg.documents.pages import chapters, list_documents, show_document
from mfg.documents.records import Document, effective
from mfg.facts import Refused
from mfg.files import kept_file, read_upload
from mfg.ledger import Signature
from tests.documents.changed import approved_change, change_for, requested_change
from tests.office import Office

#: the smallest picture there is: one pixel
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
                       "awAAAABJRU5ErkJggg==")
TEXT = "id: T-1\ntitle: a trial\n  inner: 1\n"


def drafted(office: Office, text: str = TEXT, key: str = "T-1", kind: str = "protocol", number: int = 1) -> str:
    return office.do(acts.draft, office.who("qa", number), kind=kind, key=key, title="A trial", text=text)


def submitted(office: Office, **more: str) -> str:
    code = drafted(office, **more)
    return office.do(acts.submit, office.who("qa"), kind=more.get("kind", "protocol"), document=code)


def approved(office: Office, **more: str) -> str:
    code = submitted(office, **more)
    return office.do(acts.approve, office.who("qa", 2), kind=more.get("kind", "protocol"), document=code)


def in_effect(office: Office, **more: str) -> str:
    code = approved(office, **more)
    return office.do(acts.make_effective, office.who("qa", 2), kind=more.get("kind", "protocol"), document=code,
                     change=change_for(office, code))


def state(office: Office, code: str) -> str:
    with office.look() as session:
        return session.get_one(Document, code).state


def test_versions_are_numbered_within_their_key(office: Office) -> None:
    assert drafted(office) == "T-1/1"
    assert drafted(office, text="id: T-1\n") == "T-1/2"
    assert drafted(office, key="T-2") == "T-2/1"


def test_the_signature_covers_the_hash_of_the_text(office: Office) -> None:
    code = drafted(office)
    content = {"kind": "protocol", "document": "T-1/1", "key": "T-1", "number": 1, "title": "A trial",
               "text_hash": hashlib.sha256(TEXT.encode()).hexdigest()}
    written = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    with office.look() as session:
        signature = session.query(Signature).filter_by(on_code=code).one()
    assert signature.content_hash == hashlib.sha256(written).hexdigest()
    assert signature.meaning == "Written"


def test_a_version_made_effective_supersedes_every_older_one(office: Office) -> None:
    first = in_effect(office)
    left_behind = drafted(office, text="id: T-1\nn: 2\n")
    third = in_effect(office, text="id: T-1\nn: 3\n")
    assert [state(office, code) for code in (first, left_behind, third)] == ["superseded", "superseded", "effective"]
    with office.look() as session:
        assert effective(session, "protocol", "T-1").code == third


def test_the_author_does_not_approve(office: Office) -> None:
    code = submitted(office)
    before = office.counts()
    with pytest.raises(Refused, match="the same person did “draft protocol”"):
        office.do(acts.approve, office.who("qa"), kind="protocol", document=code)
    assert office.counts() == before
    assert office.last_entry().outcome == "refused"
    assert state(office, code) == "in review"


def test_the_author_does_not_make_it_effective(office: Office) -> None:
    code = approved(office)
    with pytest.raises(Refused, match="the same person did “draft protocol”"):
        office.do(acts.make_effective, office.who("qa"), kind="protocol", document=code)
    assert state(office, code) == "approved"


def test_an_operator_drafts_nothing(office: Office) -> None:
    before = office.counts()
    with pytest.raises(Refused, match="it takes one of these roles: principal investigator, qa"):
        office.do(acts.draft, office.who("operator"), kind="protocol", key="T-1", title="A trial", text=TEXT)
    assert office.counts() == before


def test_a_draft_is_not_made_effective(office: Office) -> None:
    code = drafted(office)
    with pytest.raises(Refused, match="This document is draft"):
        office.do(acts.make_effective, office.who("qa", 2), kind="protocol", document=code)
    assert state(office, code) == "draft"


def test_what_was_seen_must_be_what_is_there(office: Office) -> None:
    code = approved(office)
    with pytest.raises(Refused, match="You saw version 2"):
        office.do(acts.make_effective, office.who("qa", 2), kind="protocol", document=code, seen="2")
    assert office.do(acts.make_effective, office.who("qa", 2), kind="protocol", document=code, seen="3") == code


def test_a_verb_of_another_kind_does_not_fit(office: Office) -> None:
    code = submitted(office)
    with pytest.raises(Refused, match="T-1/1 is a protocol, not a specification"):
        office.do(acts.approve, office.who("qa", 2), kind="specification", document=code)


def test_two_kinds_do_not_share_a_key(office: Office) -> None:
    drafted(office)
    with pytest.raises(Refused, match="“T-1/1” is already a protocol"):
        drafted(office, kind="specification")


def test_a_text_changed_behind_our_back_is_not_approved(sqlite_office: Office) -> None:
    code = submitted(sqlite_office)
    with sqlite_office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(sql("UPDATE document SET text = 'id: T-1\nother: 1\n'"))
    with pytest.raises(Refused, match="is not the one its author signed") as refused:
        sqlite_office.do(acts.approve, sqlite_office.who("qa", 2), kind="protocol", document=code)
    assert [finding.rule for finding in refused.value.findings] == ["DOC-01"]


def test_the_page_shows_text_state_and_what_changed(sqlite_office: Office) -> None:
    in_effect(sqlite_office)
    second = drafted(sqlite_office, text=TEXT + "more: 2\n")
    with look(sqlite_office.engine) as session:
        page, listed = show_document(session, document=second), list_documents(session)
    assert page["state"] == "draft"
    assert ["+", "more: 2"] in page["sections"][0]["rows"]
    assert ["3", "\N{NO-BREAK SPACE}" * 2 + "inner: 1"] in page["sections"][1]["rows"]
    assert page["actions"][0]["url"] == "/documents/T-1/2/submit-protocol"
    assert [row[0]["text"] for row in listed["rows"]] == ["T-1/2", "T-1/1"]


def test_the_doors_of_a_kind_call_the_acts_of_that_kind(sqlite_office: Office) -> None:
    doors = {door.verb: door for door in document_doors("protocol", acts.draft)}
    assert list(doors) == ["draft protocol", "submit protocol", "return protocol", "approve protocol",
                           "make protocol effective"]
    code = drafted(sqlite_office)
    for verb, person in (("submit protocol", 1), ("approve protocol", 2), ("make protocol effective", 2)):
        with sqlite_office.look() as session:
            shown = dict(doors[verb].shows(session, document=code))
            seen = doors[verb].seen(session, document=code)
        assert shown["SHA-256 of the text"] == hashlib.sha256(TEXT.encode()).hexdigest()
        who = sqlite_office.who("qa", person)
        assert sqlite_office.do(doors[verb].call, who, document=code, seen=seen) == code
    assert state(sqlite_office, code) == "effective"


# --- review: handed in by the author, returned or approved by another


def test_the_author_signs_that_the_draft_is_ready_for_review(office: Office) -> None:
    code = drafted(office)
    office.do(acts.submit, office.who("qa"), kind="protocol", document=code, seen="1")
    with office.look() as session:
        row = session.get_one(Document, code)
        assert (row.state, row.submitted_at) == ("in review", office.now)
        meanings = [one.meaning for one in session.query(Signature).filter_by(on_code=code).order_by(Signature.seq)]
    assert meanings == ["Written", "Ready for review"]


def test_nobody_but_the_author_hands_a_draft_in(office: Office) -> None:
    code = drafted(office)
    before = office.counts()
    with pytest.raises(Refused, match="only its author can say that it is ready") as refused:
        office.do(acts.submit, office.who("qa", 2), kind="protocol", document=code)
    assert [finding.rule for finding in refused.value.findings] == ["DOC-04"]
    assert office.counts() == before and state(office, code) == "draft"
    assert office.last_entry().outcome == "refused"


def test_a_draft_is_not_approved_before_it_is_handed_in(office: Office) -> None:
    code = drafted(office)
    with pytest.raises(Refused, match="This document is draft; “approve” is not possible"):
        office.do(acts.approve, office.who("qa", 2), kind="protocol", document=code)
    assert state(office, code) == "draft"


def test_a_draft_is_handed_in_once(office: Office) -> None:
    code = submitted(office)
    with pytest.raises(Refused, match="Possible now: approve, return, supersede"):
        office.do(acts.submit, office.who("qa"), kind="protocol", document=code)


def test_a_returned_version_stays_as_it_was_read_and_the_next_gets_the_next_number(office: Office) -> None:
    code = submitted(office)
    office.do(acts.send_back, office.who("qa", 2, reason="The dose of cohort 2 is missing."), kind="protocol",
              document=code, seen="2")
    with office.look() as session:
        row = session.get_one(Document, code)
        signature = session.query(Signature).filter_by(on_code=code, meaning="Returned").one()
        page = show_document(session, document=code)
    assert (row.state, row.text, row.returned_by) == ("returned", TEXT, office.people["qa.2"])
    assert signature.reason == "The dose of cohort 2 is missing."
    assert [one["label"] for one in page["actions"]] == ["Export the file"]
    assert any(pair[0] == "returned" for pair in page["pairs"])
    for verb, person in ((acts.submit, 1), (acts.approve, 2), (acts.make_effective, 2)):
        with pytest.raises(Refused, match="nothing, the state is final"):
            office.do(verb, office.who("qa", person), kind="protocol", document=code)
    assert in_effect(office, text="id: T-1\nmore: 1\n") == "T-1/2"
    assert state(office, code) == "returned"


def test_a_return_says_why(office: Office) -> None:
    code = submitted(office)
    with pytest.raises(Refused, match="needs a reason"):
        office.do(acts.send_back, office.who("qa", 2), kind="protocol", document=code)
    assert state(office, code) == "in review"


def test_the_author_does_not_return_it(office: Office) -> None:
    code = submitted(office)
    with pytest.raises(Refused, match="the same person did “draft protocol”"):
        office.do(acts.send_back, office.who("qa", reason="No."), kind="protocol", document=code)


def test_an_operator_returns_nothing(office: Office) -> None:
    code = submitted(office)
    with pytest.raises(Refused, match="it takes one of these roles"):
        office.do(acts.send_back, office.who("operator", reason="No."), kind="protocol", document=code)


def test_a_version_under_review_gives_way_to_a_newer_effective_one(office: Office) -> None:
    waiting = submitted(office)
    in_effect(office, text="id: T-1\nn: 2\n")
    assert state(office, waiting) == "superseded"


# --- a version that replaces another names an approved change


def replaced(office: Office, change: str) -> str:
    second = approved(office, text="id: T-1\nn: 2\n")
    return office.do(acts.make_effective, office.who("qa", 2), kind="protocol", document=second, change=change)


def test_a_version_that_replaces_another_names_the_approved_change_that_covers_it(office: Office) -> None:
    in_effect(office)
    change = approved_change(office, "T-1/2")
    assert replaced(office, change) == "T-1/2"
    with office.look() as session:
        row = session.get_one(Document, "T-1/2")
        signed = session.get_one(Signature, office.last_entry().seq)
        page = show_document(session, document="T-1/2")
    content = {"kind": "protocol", "document": "T-1/2", "key": "T-1", "number": 2, "title": "A trial",
               "text_hash": row.text_hash, "change": change}
    assert row.change == change and any(pair[0] == "by change" for pair in page["pairs"])
    assert signed.content_hash == hashlib.sha256(
        json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def test_the_first_version_needs_no_change(office: Office) -> None:
    code = approved(office)
    office.do(acts.make_effective, office.who("qa", 2), kind="protocol", document=code)
    assert state(office, code) == "effective"


@pytest.mark.parametrize(("named", "match"), [
    ("none", "No change is named for T-1/2"), ("unknown", "There is no change"), ("requested", "is requested"),
    ("of another version", "covers T-1/3, and not T-1/2"),
])
def test_a_version_without_an_approved_change_of_its_own_replaces_nothing(
        sqlite_office: Office, named: str, match: str) -> None:
    in_effect(sqlite_office)
    change = {"none": lambda: "", "unknown": lambda: "CHG-9999",
              "requested": lambda: requested_change(sqlite_office, "T-1/2"),
              "of another version": lambda: approved_change(sqlite_office, "T-1/3")}[named]()
    with pytest.raises(Refused, match=match) as refused:
        replaced(sqlite_office, change)
    assert [finding.rule for finding in refused.value.findings] == ["DOC-03"]
    assert [state(sqlite_office, code) for code in ("T-1/1", "T-1/2")] == ["effective", "approved"]
    assert sqlite_office.last_entry().outcome == "refused"


def test_the_form_offers_the_approved_change_that_covers_the_version(sqlite_office: Office) -> None:
    in_effect(sqlite_office)
    second = approved(sqlite_office, text="id: T-1\nn: 2\n")
    door = next(door for door in document_doors("protocol", acts.draft) if door.verb == "make protocol effective")

    def offered() -> dict[str, str]:
        with sqlite_office.look() as session:
            return dict(door.prepares(session, document=second)["change"])

    requested_change(sqlite_office, second)
    assert offered()["value"] == ""
    change = approved_change(sqlite_office, second)
    assert offered()["value"] == change and change in offered()["hint"]


# --- procedures: plain words, read by people


PROCEDURE = """# Purpose
Gowning protects the product
from us.

# Steps
1. Wash your hands.
2. Put on the hood:
- hair covered
- beard covered
"""


def test_a_procedure_is_shown_in_chapters_as_people_read_it(sqlite_office: Office) -> None:
    code = drafted(sqlite_office, text=PROCEDURE, key="SOP-101", kind="procedure")
    with sqlite_office.look() as session:
        page = show_document(session, document=code)
    assert [(part["title"], part["rows"]) for part in page["sections"]] == [
        ("Purpose", [["", "Gowning protects the product from us."]]),
        ("Steps", [["1.", "Wash your hands."], ["2.", "Put on the hood:"], ["-", "hair covered"],
                   ["-", "beard covered"]])]


def test_a_procedure_without_chapters_is_one(sqlite_office: Office) -> None:
    assert chapters("Wash your hands.") == [{"title": "Text", "headers": ["", "text"],
                                             "rows": [["", "Wash your hands."]]}]


def test_the_file_of_a_document_is_kept_and_signed_for(sqlite_office: Office) -> None:
    picture = read_upload("hood.png", PNG)
    code = sqlite_office.do(acts.draft, sqlite_office.who("qa"), kind="procedure", key="SOP-101", title="Gowning",
                            text=PROCEDURE, file=picture)
    with sqlite_office.look() as session:
        row = session.get_one(Document, code)
        assert row.file == hashlib.sha256(PNG).hexdigest() and kept_file(session, row.file).content == PNG
        signed = session.query(Signature).filter_by(on_code=code).one().content_hash
        page = show_document(session, document=code)
    content = {"kind": "procedure", "document": code, "key": "SOP-101", "number": 1, "title": "Gowning",
               "text_hash": hashlib.sha256(PROCEDURE.encode()).hexdigest(), "file": row.file}
    assert signed == hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert any(label == "file" and shown["url"] == f"/files/{row.file}" for label, shown, _ in page["pairs"])
