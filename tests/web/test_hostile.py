"""What somebody tries who is signed in, or wants to be: other people's names, keys used twice, addresses elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.settings import Settings
from tests.office import PASSWORD, Office, user_id

ACCOUNT = {"user_id": "op.9", "printed_name": "Operator 9", "identity_verified": "badge", "role": "operator",
           "password": "a first password 7"}


@pytest.fixture
def app(office: Office, tmp_path: Path) -> Iterator[Flask]:
    made = create_app(Settings(office.url, office.owner_url, tmp_path / "home", secure_cookie=False))
    yield made
    made.extensions["mfg_engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def token_of(client: FlaskClient, role: str) -> dict[str, str]:
    answer = client.post("/api/v1/sessions", json={"user_id": user_id(role), "password": PASSWORD})
    assert answer.status_code == 201
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


def form(html: str, name: str) -> str:
    return html.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]


def enter(client: FlaskClient, role: str, **more: str) -> Any:
    page = client.get("/login").get_data(as_text=True)
    return client.post("/login", data={"csrf_token": form(page, "csrf_token"), "user_id": user_id(role),
                                       "password": PASSWORD} | more)


def test_nobody_acts_under_a_name_typed_without_its_password_even_where_nothing_is_signed(
        client: FlaskClient, office: Office) -> None:
    before = office.counts()
    answer = client.post("/api/v1/people/open-account", headers=token_of(client, "operator"),
                         json=ACCOUNT | {"signature": {"user_id": user_id("administrator"), "password": "a guess"}})
    assert answer.status_code == 401
    assert office.counts() == before and office.last_entry().outcome == "refused"


def test_a_name_slipped_into_a_form_that_is_not_signed_is_refused_too(client: FlaskClient, office: Office) -> None:
    enter(client, "administrator")
    page = client.get("/people/open-account").get_data(as_text=True)
    client.post("/logout", data={"csrf_token": form(page, "csrf_token")})
    enter(client, "operator")
    page, before = client.get("/people/open-account").get_data(as_text=True), office.counts()
    answer = client.post("/people/open-account", data=ACCOUNT | {
        "csrf_token": form(page, "csrf_token"), "nonce": form(page, "nonce"),
        "sign_user_id": user_id("administrator"), "sign_password": "a guess"})
    assert answer.status_code == 401 and office.counts() == before


def test_a_key_used_again_for_something_else_is_refused_and_never_answered_as_done(
        client: FlaskClient, office: Office) -> None:
    headers = token_of(client, "administrator") | {"Idempotency-Key": "one key"}
    first = client.post("/api/v1/people/open-account", json=ACCOUNT, headers=headers)
    again = client.post("/api/v1/people/open-account", json=ACCOUNT, headers=headers)
    other = client.post("/api/v1/people/open-account", json=ACCOUNT | {"user_id": "op.10"}, headers=headers)
    assert again.get_json() == first.get_json() and again.status_code == 200
    assert other.status_code == 409 and "already used for something else" in other.get_json()["detail"]


def test_a_key_used_again_for_another_record_is_refused(client: FlaskClient, office: Office) -> None:
    headers = token_of(client, "administrator") | {"Idempotency-Key": "another key"}
    one, two = (client.post(f"/api/v1/people/{office.who('operator', number).by}/close-account", headers=headers,
                            json={"reason": "left"}) for number in (1, 2))
    assert (one.status_code, two.status_code) == (200, 409)


def test_a_key_longer_than_can_be_kept_is_refused_and_not_cut(client: FlaskClient) -> None:
    headers = token_of(client, "administrator") | {"Idempotency-Key": "k" * 81}
    assert client.post("/api/v1/people/open-account", json=ACCOUNT, headers=headers).status_code == 422


@pytest.mark.parametrize("elsewhere", [
    "/\t/elsewhere.example", "/\n/elsewhere.example", "/\r/elsewhere.example", "//elsewhere.example",
    "/\\elsewhere.example", "https://elsewhere.example", "javascript:alert(1)"])
def test_after_signing_in_nobody_is_sent_to_another_place(client: FlaskClient, elsewhere: str) -> None:
    answer = enter(client, "qa", next=elsewhere)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("elsewhere", ["javascript:alert(1)", "//elsewhere.example", "https://elsewhere.example"])
def test_the_way_back_from_a_form_never_leaves_this_system(client: FlaskClient, elsewhere: str) -> None:
    enter(client, "administrator")
    page = client.get("/people/open-account", query_string={"back": elsewhere}).get_data(as_text=True)
    assert elsewhere not in page and 'href="/"' in page
    assert 'href="/people"' in client.get("/people/open-account?back=/people").get_data(as_text=True)


@pytest.mark.parametrize("odd", ["\ud800", "a\0b"])
def test_a_character_that_cannot_be_kept_is_answered_with_a_sentence_wherever_it_stands(
        client: FlaskClient, office: Office, odd: str) -> None:
    headers, before = token_of(client, "administrator"), office.counts()
    url = f"/api/v1/people/{office.who('operator').by}/close-account"
    for path, body in ((url, {"reason": odd}), (url, {"reason": "x", "signature": {"user_id": odd, "password": "x"}}),
                       ("/api/v1/sessions", {"user_id": odd, "password": "x"}),
                       ("/api/v1/sessions", {"user_id": "x", "password": odd})):
        answer = client.post(path, data=json.dumps(body), headers=headers)
        assert answer.status_code == 422 and "character" in answer.get_json()["detail"], path
    assert office.counts() == before


@pytest.mark.parametrize("path", ["/people/%00", "/api/v1/people/P-%00", "/batches/%1b%5b2J"])
def test_an_address_with_a_control_character_leads_nowhere(client: FlaskClient, path: str) -> None:
    """PostgreSQL refuses NUL where SQLite looks for it: both answer alike because neither is asked."""
    assert client.get(path, headers=token_of(client, "qa")).status_code == 404
