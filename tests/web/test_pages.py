"""Pages and JSON as people and programs meet them: signing in, forms, refusals, headers, hostile text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.settings import Settings
from tests.browsing import hidden
from tests.office import PASSWORD, Office, user_id


@pytest.fixture
def app(office: Office, tmp_path: Path) -> Iterator[Flask]:
    made = create_app(Settings(office.url, office.owner_url, tmp_path / "home", secure_cookie=False))
    yield made
    made.extensions["mfg_engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def sign_in(client: FlaskClient, role: str, password: str = PASSWORD) -> Any:
    page = client.get("/login").get_data(as_text=True)
    return client.post("/login", data={"csrf_token": hidden(page, "csrf_token"), "user_id": user_id(role),
                                       "password": password})


def fill(client: FlaskClient, url: str, **values: str) -> Any:
    page = client.get(url).get_data(as_text=True)
    return client.post(url, data={"csrf_token": hidden(page, "csrf_token"), "nonce": hidden(page, "nonce"),
                                  **values})


ACCOUNT = {"user_id": "op.9", "printed_name": "Operator 9", "identity_verified": "badge", "role": "operator",
           "password": "a first password 7"}


def test_nobody_sees_a_page_before_signing_in(client: FlaskClient) -> None:
    for url in ("/", "/people", "/people/open-account", "/batches", "/scan?code=x"):
        answer = client.get(url)
        assert answer.status_code == 303 and answer.headers["Location"].startswith("/login")


def test_after_signing_in_the_floor_shows_who_is_there(client: FlaskClient) -> None:
    assert sign_in(client, "qa").status_code == 303
    assert "Qa 1" in client.get("/").get_data(as_text=True)


def test_a_wrong_password_is_refused_with_one_sentence_for_every_cause(client: FlaskClient) -> None:
    answer = sign_in(client, "qa", "wrong")
    assert answer.status_code == 401
    assert "do not belong together" in answer.get_data(as_text=True)


def test_a_session_ends_on_the_server_after_idling(client: FlaskClient, office: Office) -> None:
    sign_in(client, "qa")
    office.later(minutes=14)
    assert client.get("/").status_code == 200
    office.later(minutes=16)
    assert client.get("/").status_code == 303


def test_signing_out_ends_the_session_on_the_server_not_only_in_the_browser(client: FlaskClient) -> None:
    sign_in(client, "qa")
    with client.session_transaction() as kept:
        token = kept["token"]
    page = client.get("/people").get_data(as_text=True)
    client.post("/logout", data={"csrf_token": hidden(page, "csrf_token")})
    with client.session_transaction() as kept:
        kept["token"] = token
    assert client.get("/").status_code == 303


def test_a_foreign_token_is_never_adopted(client: FlaskClient) -> None:
    with client.session_transaction() as kept:
        kept["token"] = "chosen-by-somebody-else"
    assert client.get("/").status_code == 303
    sign_in(client, "qa")
    with client.session_transaction() as kept:
        assert kept["token"] != "chosen-by-somebody-else"


def test_a_form_without_its_token_is_refused(client: FlaskClient) -> None:
    sign_in(client, "administrator")
    assert client.post("/people/open-account", data=ACCOUNT).status_code == 400


def test_a_form_does_its_act_and_a_double_tap_does_it_once(client: FlaskClient, office: Office) -> None:
    sign_in(client, "administrator")
    page = client.get("/people/open-account").get_data(as_text=True)
    data = {"csrf_token": hidden(page, "csrf_token"), "nonce": hidden(page, "nonce"), **ACCOUNT}
    first, second = (client.post("/people/open-account", data=data) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert "op.9" in client.get(first.headers["Location"]).get_data(as_text=True)


def test_a_refused_form_keeps_what_was_typed_but_never_a_password(client: FlaskClient) -> None:
    sign_in(client, "administrator")
    answer = fill(client, "/people/open-account", **(ACCOUNT | {"password": "short"}))
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Operator 9" in html and "at least 12 are needed" in html
    assert 'value="short"' not in html


def test_whoever_leaves_a_form_comes_to_the_page_it_stands_under(client: FlaskClient) -> None:
    sign_in(client, "administrator")
    page = client.get("/people/open-account").get_data(as_text=True)
    assert re.search(r'<a class="btn" href="/people">Leave without recording</a>', page)


def test_an_unknown_field_is_refused_by_name(client: FlaskClient) -> None:
    sign_in(client, "administrator")
    answer = fill(client, "/people/open-account", **ACCOUNT, is_admin="yes")
    assert answer.status_code == 422


def test_a_person_without_the_role_is_refused(client: FlaskClient) -> None:
    sign_in(client, "operator")
    answer = fill(client, "/people/open-account", **ACCOUNT)
    assert answer.status_code == 403
    assert "administrator" in answer.get_data(as_text=True)


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    answer = client.get("/login")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Strict" in answer.headers["Set-Cookie"]


def test_the_login_does_not_lead_to_another_site(client: FlaskClient) -> None:
    page = client.get("/login?next=//evil.example").get_data(as_text=True)
    answer = client.post("/login", data={"csrf_token": hidden(page, "csrf_token"), "user_id": user_id("qa"),
                                         "password": PASSWORD, "next": "//evil.example"})
    assert answer.headers["Location"] == "/"


# --- JSON --------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client: FlaskClient) -> dict[str, str]:
    return token(client, "administrator")


def token(client: FlaskClient, role: str) -> dict[str, str]:
    answer = client.post("/api/v1/sessions", json={"user_id": user_id(role), "password": PASSWORD})
    assert answer.status_code == 201
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


def test_json_without_a_token_is_refused_as_a_problem(client: FlaskClient) -> None:
    answer = client.get("/api/v1/people")
    assert answer.status_code == 401 and answer.content_type == "application/problem+json"


def test_json_does_the_same_act_as_the_page_once_per_idempotency_key(client: FlaskClient,
                                                                     admin: dict[str, str]) -> None:
    headers = admin | {"Idempotency-Key": "k1"}
    codes = [client.post("/api/v1/people/open-account", json=ACCOUNT, headers=headers).get_json()["code"]
             for _ in range(2)]
    assert codes[0] == codes[1]
    seen = client.get(f"/api/v1/people/{codes[0]}", headers=admin)
    assert seen.get_json()["user_id"] == "op.9"
    again = client.get(f"/api/v1/people/{codes[0]}", headers=admin | {"If-None-Match": seen.headers["ETag"]})
    assert again.status_code == 304


def test_if_match_refuses_when_the_record_is_not_what_was_read(client: FlaskClient, admin: dict[str, str]) -> None:
    url = "/api/v1/people/P-0003"
    read = client.get(url, headers=admin).headers["ETag"]
    first, second = (client.post(f"{url}/grant-role", json={"role": role}, headers=admin | {"If-Match": read})
                     for role in ("verifier", "warehouse"))
    assert (first.status_code, second.status_code) == (200, 412)


@pytest.mark.parametrize(("body", "word"), [
    (b"", "cannot be read"), (b"[]", "not a JSON object"), (b"{", "cannot be read"),
    (b'{"user_id":"a","user_id":"b"}', "twice"), (b'{"user_id": NaN}', "NaN"),
    (b"[" * 5000, "cannot be read"), (b"\xff\xfe", "cannot be read"),
    (b'{"signature": {"user_id": 1}}', "signature"), (b'{"unheard": "of"}', "cannot be used"),
], ids=range(9))
def test_a_body_that_cannot_be_used_is_refused_with_a_sentence(client: FlaskClient, admin: dict[str, str],
                                                               body: bytes, word: str) -> None:
    answer = client.post("/api/v1/people/open-account", data=body, headers=admin)
    assert answer.status_code == 422
    assert word in answer.get_json()["detail"]


def test_a_method_that_is_not_possible_says_which_are(client: FlaskClient, admin: dict[str, str]) -> None:
    answer = client.delete("/api/v1/people", headers=admin)
    assert answer.status_code == 405 and "GET" in answer.headers["Allow"]


def test_the_openapi_description_is_one(client: FlaskClient) -> None:
    from openapi_spec_validator import validate

    described = client.get("/api/v1/openapi.json").get_json()
    validate(described)
    assert described["openapi"].startswith("3.1")


def test_hostile_strings_in_every_text_field_never_break_the_page_or_the_endpoint(
        client: FlaskClient, admin: dict[str, str], shared: Path) -> None:
    strings = json.loads((shared / "inputs/hostile/blns.json").read_text(encoding="utf-8"))
    for number, nasty in enumerate(strings[::4]):
        body = ACCOUNT | {"user_id": f"n{number}", "printed_name": nasty, "identity_verified": nasty}
        answer = client.post("/api/v1/people/open-account", json=body, headers=admin)
        assert answer.status_code in (200, 422), nasty
    sign_in(client, "administrator")
    html = client.get("/people").get_data(as_text=True)
    assert "<script>alert" not in html


def test_health_and_readiness_answer_without_signing_in(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"ok": True}
    assert client.get("/readyz").get_json()["ok"] is True
