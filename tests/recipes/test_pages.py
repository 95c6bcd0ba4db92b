"""Master records in the browser and as JSON: handed in as text or file, exported to the byte, compared, published."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.facts import Refused
from mfg.recipes.acts import draft_master_record
from mfg.recipes.published import master_record_schema
from mfg.settings import Settings
from tests.office import PASSWORD, Office, user_id
from tests.recipes.good import GOOD


@pytest.fixture
def client(sqlite_office: Office, tmp_path: Path) -> Iterator[FlaskClient]:
    app: Flask = create_app(Settings(sqlite_office.url, sqlite_office.owner_url, tmp_path / "home",
                                     secure_cookie=False))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def as_qa(client: FlaskClient) -> dict[str, str]:
    answer = client.post("/api/v1/sessions", json={"user_id": user_id("qa"), "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


def sign_in(client: FlaskClient) -> None:
    assert client.post("/login", data={"user_id": user_id("qa"), "password": PASSWORD}).status_code == 303


def drafted(client: FlaskClient, **body: Any) -> str:
    answer = client.post("/api/v1/documents/draft-master-record", headers=as_qa(client), json=body | {
        "signature": {"user_id": user_id("qa"), "password": PASSWORD}})
    assert answer.status_code == 200, answer.get_json()
    return str(answer.get_json()["code"])


def exported(client: FlaskClient, code: str) -> bytes:
    sign_in(client)
    answer = client.get(f"/documents/{code}/text.yaml")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=TWO-STEPS-1.yaml"
    return bytes(answer.data)


@pytest.mark.parametrize("text", [GOOD, GOOD + "\n\n# an end of its own\n", GOOD.rstrip("\n"), "\n" + GOOD,
                                  GOOD.replace("title: Fill", "title: Füllen ≤ 10⁶")],
                         ids=["as it is", "blank lines", "no last line end", "blank at the start", "letters"])
def test_a_text_that_is_handed_in_is_exported_to_the_byte(client: FlaskClient, text: str) -> None:
    assert exported(client, drafted(client, text=text)) == text.encode()


@pytest.mark.parametrize("content", [GOOD.encode(), GOOD.replace("\n", "\r\n").encode(),
                                     b"\xef\xbb\xbf" + GOOD.encode()],
                         ids=["as it is", "line ends of Windows", "byte order mark"])
def test_a_file_that_is_handed_in_is_exported_to_the_byte(client: FlaskClient, content: bytes) -> None:
    code = drafted(client, file={"name": "recipe.yaml", "content": b64encode(content).decode()})
    found = exported(client, code)
    assert found == content
    assert client.get(f"/api/v1/documents/{code}", headers=as_qa(client)).get_json()["text_hash"] == \
        sha256(content).hexdigest()


def test_an_export_that_is_handed_in_again_is_the_same_text(client: FlaskClient) -> None:
    first = exported(client, drafted(client, text=GOOD))
    again = drafted(client, file={"name": "recipe.yaml", "content": b64encode(first).decode()})
    assert again == "TWO-STEPS/2"
    assert client.get(f"/documents/{again}/text.yaml").data == first


def test_the_line_ends_a_browser_puts_in_are_taken_back(client: FlaskClient) -> None:
    sign_in(client)
    done = client.post("/documents/draft-master-record", data={
        "text": GOOD.replace("\n", "\r\n"), "sign_user_id": user_id("qa"), "sign_password": PASSWORD, "nonce": "n1"})
    assert done.status_code == 303, done.get_data(as_text=True)[:500]
    assert exported(client, "TWO-STEPS/1") == GOOD.encode()


def test_a_file_can_be_chosen_in_the_browser(client: FlaskClient) -> None:
    sign_in(client)
    done = client.post("/documents/draft-master-record", content_type="multipart/form-data", data={
        "text": "", "file": (BytesIO(GOOD.encode()), "recipe.yaml"), "sign_user_id": user_id("qa"),
        "sign_password": PASSWORD, "nonce": "n2"})
    assert done.status_code == 303, done.get_data(as_text=True)[:500]
    assert exported(client, "TWO-STEPS/1") == GOOD.encode()


@pytest.mark.parametrize("body", [
    {}, {"text": "  \n"}, {"text": GOOD, "file": {"name": "a.yaml", "content": b64encode(GOOD.encode()).decode()}},
    {"file": {"name": "a.yaml", "content": b64encode(b"\xff\xfe").decode()}},
    {"file": {"name": "a.yaml", "content": ""}},
    {"file": {"name": "a.yaml", "content": "not base64"}}, {"file": "text"},
    {"file": {"name": "a.yaml", "content": b64encode(b"x" * 1_200_001).decode()}}, {"text": "key: [unclosed"}])
def test_what_is_no_one_text_is_refused_without_a_trace(client: FlaskClient, sqlite_office: Office,
                                                        body: dict[str, Any]) -> None:
    headers = as_qa(client)
    before = sqlite_office.counts()["document"]
    answer = client.post("/api/v1/documents/draft-master-record", headers=headers, json=body | {
        "signature": {"user_id": user_id("qa"), "password": PASSWORD}})
    assert answer.status_code == 422
    assert sqlite_office.counts()["document"] == before


def test_every_fault_arrives_with_its_line(client: FlaskClient) -> None:
    answer = client.post("/api/v1/documents/draft-master-record", headers=as_qa(client), json={
        "text": GOOD.replace("repeat: 8", "repeat: 0").replace('high: "600"', 'high: "20"'),
        "signature": {"user_id": user_id("qa"), "password": PASSWORD}})
    told = answer.get_json()["fields"]["text"]
    assert answer.status_code == 422 and len(told) == 3 and all(one.startswith("Line ") for one in told)


def test_nobody_reads_a_document_without_signing_in(client: FlaskClient) -> None:
    assert client.get("/documents/TWO-STEPS/1/text.yaml").status_code == 303
    assert client.get("/api/v1/schemas/master-record.json").status_code == 401


def test_a_document_that_is_not_there_is_told(client: FlaskClient) -> None:
    sign_in(client)
    for page in ("text.yaml", "changes", "impact"):
        assert client.get(f"/documents/NOTHING/1/{page}").status_code == 404


def test_the_published_schema_is_served(client: FlaskClient) -> None:
    answer = client.get("/api/v1/schemas/master-record.json", headers=as_qa(client))
    assert answer.status_code == 200 and answer.get_json() == master_record_schema()


def test_what_changed_is_a_table_and_the_document_leads_there(client: FlaskClient) -> None:
    drafted(client, text=GOOD)
    drafted(client, text=GOOD.replace('low: "30"', 'low: "25"'))
    sign_in(client)
    page = client.get("/documents/TWO-STEPS/2").get_data(as_text=True)
    for link in ("changes", "impact", "text.yaml"):
        assert f'href="/documents/TWO-STEPS/2/{link}"' in page
    changes = client.get("/documents/TWO-STEPS/2/changes").get_data(as_text=True)
    assert "Since TWO-STEPS/1" in changes and "step “receive”, field “volume”" in changes
    assert "30 mL" in changes and "25 mL" in changes and "lower limit" in changes
    first = client.get("/documents/TWO-STEPS/1/changes").get_data(as_text=True)
    assert "This is the first version" in first
    told = client.get("/api/v1/documents/TWO-STEPS/2/changes", headers=as_qa(client)).get_json()
    assert told == {"TWO-STEPS/1": [{"where": "step “receive”, field “volume”", "what": "changed",
                                     "attribute": "lower limit", "old": "30 mL", "new": "25 mL"}]}


def test_a_version_beside_which_another_is_effective_is_compared_with_both(client: FlaskClient,
                                                                           sqlite_office: Office) -> None:
    from mfg.documents import acts as documents
    from mfg.documents.records import Document
    from mfg.recipes.records import changes_of

    office = sqlite_office
    for number in (1, 2, 3):
        code = office.do(draft_master_record, office.who("qa"), text=GOOD.replace('low: "30"', f'low: "{30 - number}"'))
        if number == 1:
            office.do(documents.submit, office.who("qa"), kind="master record", document=code)
            office.do(documents.approve, office.who("qa", 2), kind="master record", document=code)
            office.do(documents.make_effective, office.who("qa", 2), kind="master record", document=code)
    with office.look() as session:
        assert session.get_one(Document, "TWO-STEPS/1").state == "effective"
        found = {row.code: [(one.old, one.new) for one in told] for row, told in changes_of(session, "TWO-STEPS/3")}
    assert found == {"TWO-STEPS/2": [("28 mL", "27 mL")], "TWO-STEPS/1": [("29 mL", "27 mL")]}
    sign_in(client)
    assert "Since TWO-STEPS/1, effective now" in client.get("/documents/TWO-STEPS/3/changes").get_data(as_text=True)


def test_the_impact_page_says_that_there_is_nothing_to_replay(client: FlaskClient) -> None:
    drafted(client, text=GOOD)
    sign_in(client)
    assert "No batch was made by an earlier version" in client.get(
        "/documents/TWO-STEPS/1/impact").get_data(as_text=True)
    told = client.get("/api/v1/documents/TWO-STEPS/1/impact", headers=as_qa(client)).get_json()
    assert told["flips"] == [] and told["batches"] == []


def test_a_specification_has_no_changes_to_compare(client: FlaskClient, sqlite_office: Office) -> None:
    from mfg.recipes.acts import draft_specification
    from mfg.recipes.reading import example
    from mfg.recipes.records import changes_of

    code = sqlite_office.do(draft_specification, sqlite_office.who("qa"), text=example("specification"))
    with sqlite_office.look() as session, pytest.raises(Refused, match="is a specification, not a master record"):
        changes_of(session, code)
