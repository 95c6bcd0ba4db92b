"""Hostile text and files through every door: refused in words or kept as text, never a fault, never markup.

Bodies are shaped like good ones from the fields themselves; one text field at a time is made nasty. The strings
and files are the shared ones where they are here, and always a few of our own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import fields as shapes

from mfg import fields as own
from mfg import identity
from mfg.app import create_app, rooms
from mfg.cli import main
from mfg.doors import Door
from mfg.ledger import playing_at
from mfg.settings import Settings
from tests.databases import Databases
from tests.office import CHEAP, PASSWORD, Office, prepare, user_id

ALLOWED = {200, 201, 303, 400, 401, 403, 404, 409, 413, 422}
OUR_STRINGS = ("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; DROP TABLE batch; --", "\x00",
               "\ud800", "\u202e\u0007", "Ω≈ç√∫˜µ≤≥÷", "{{7*7}}", "%s%n%d", "../../etc/passwd", "=cmd|' /C calc'!A0",
               "𝕏" * 300, "1e999999", "NaN", "Infinity", "-0", "٣", "1_0", "0x10", "½", "", " ", "\t", "null", "[]",
               "!!bool z", "a\r\nSet-Cookie: x")
NOT_TEXT = (None, 7, 1.5, True, [], {}, ["x"], {"a": {"b": []}}, 10**400)
DOORS: tuple[Door, ...] = tuple(door for room in rooms("api") for door in getattr(room, "DOORS", ()))
GUESSES = {"dose": "NK-26-001-D1", "batch": "NK-26-001", "step": "NK-26-001/receive", "document": "NCT06835140/1"}


@pytest.fixture(scope="module")
def office(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all of it: what one hostile request leaves, the next one meets."""
    identity.ARGON2.update(CHEAP)
    made = Office(databases.fresh("sqlite", prepare), tmp_path_factory.mktemp("hostile"))
    with playing_at(lambda: made.now):
        yield made
    made.close()


@pytest.fixture(scope="module")
def app(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    home = tmp_path_factory.mktemp("home")
    made = create_app(Settings(office.url, office.owner_url, home, secure_cookie=False))
    yield made
    made.extensions["mfg_engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def bearer(client: FlaskClient, role: str) -> dict[str, str]:
    answer = client.post("/api/v1/sessions", json={"user_id": user_id(role), "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


@pytest.fixture(scope="session")
def strings() -> list[str]:
    """Ours, and a sample of the shared ones that is the same every time."""
    file = Path(__file__).parents[2] / "shared/inputs/hostile/blns.json"
    theirs = json.loads(file.read_text("utf-8"))[::16] if file.exists() else []
    return [*OUR_STRINGS, *theirs]


def good(field: shapes.Field[Any]) -> Any:
    """A value this kind of field can take."""
    if isinstance(field, own.Choice):
        return next(iter(field.choices))
    if isinstance(field, own.YesNo):
        return "yes"
    if isinstance(field, own.Count):
        return str(max(field.low, 1))
    if isinstance(field, own.Moment):
        return "2026-11-20T08:10Z"
    if isinstance(field, own.Number | own.ReadingText):
        return "1.5"
    if isinstance(field, own.Secret):
        return "a good long password 9"
    if wire := getattr(field, "wire", None):
        return {} if wire["type"] == "object" else ["1.5"]
    return "a word"


def url_of(door: Door) -> str:
    path = door.path
    for name in (part.strip("<>") for part in path.split("/") if part.startswith("<")):
        path = path.replace(f"<{name}>", GUESSES.get(name, f"{name}-1"))
    return f"{path}/{door.slug}"


def ask(client: FlaskClient, door: Door, role: str, headers: dict[str, str], body: dict[str, Any]) -> Any:
    signed = {"signature": {"user_id": user_id(role), "password": PASSWORD}}
    body = {"reason": "A reason."} | (signed if door.row.meaning or door.row.proof else {}) | body
    return client.post(f"/api/v1{url_of(door)}", data=json.dumps(body), headers=headers)


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.slug)
def test_every_text_of_every_door_takes_hostile_strings(client: FlaskClient, strings: list[str], door: Door) -> None:
    role, wrong = door.row.roles[0], []
    headers, named = bearer(client, role), door.body().fields
    shape = {name: good(field) for name, field in named.items()}
    for number, (nasty, name) in enumerate((nasty, name) for nasty in strings for name in [*named, "reason"]):
        # each string reaches some field of every door, each field a different part of the strings
        if number % max(1, len(named)) == 0 or nasty in OUR_STRINGS[:6]:
            answer = ask(client, door, role, headers, shape | {name: nasty})
            if answer.status_code not in ALLOWED or answer.get_json() is None:
                wrong.append((answer.status_code, name, nasty[:40]))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.slug)
def test_every_field_of_every_door_refuses_what_is_no_text(client: FlaskClient, door: Door) -> None:
    role = door.row.roles[0]
    headers, named = bearer(client, role), door.body().fields
    shape = {name: good(field) for name, field in named.items()}
    for name in [*named, "reason", "signature", "seen", "unheard_of"]:
        for value in NOT_TEXT:
            answer = ask(client, door, role, headers, shape | {name: value})
            assert answer.status_code in ALLOWED and answer.get_json()["detail" if answer.status_code > 201 else "code"]


@pytest.mark.parametrize("nasty", OUR_STRINGS, ids=range(len(OUR_STRINGS)))
def test_signing_in_takes_hostile_strings(client: FlaskClient, nasty: str) -> None:
    for body in ({"user_id": nasty, "password": PASSWORD}, {"user_id": "inspector.2", "password": nasty}):
        assert client.post("/api/v1/sessions", data=json.dumps(body)).status_code in (401, 422)
    page = client.get("/login").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    text = nasty.encode("utf-8", "replace").decode()
    answer = client.post("/login", data={"csrf_token": token, "user_id": text, "password": text})
    assert answer.status_code == 401 and "<script>alert" not in answer.get_data(as_text=True)
    assert "onerror=alert" not in answer.get_data(as_text=True).replace("&gt;&lt;img src=x onerror", "")


def test_what_is_kept_is_shown_as_text(client: FlaskClient) -> None:
    headers = bearer(client, "apheresis nurse")
    nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    made = client.post("/api/v1/lots/receive-lot", headers=bearer(client, "warehouse"), json={
        "signature": {"user_id": user_id("warehouse"), "password": PASSWORD}, "kind": "medium", "name": nasty,
        "supplier": nasty, "supplier_lot": nasty, "certificate": nasty, "expires_at": "2027-11-20T08:10Z",
        "received_at": "2026-11-20T08:10Z", "strength": "", "strength_unit": "", "containers": "1", "grade": "GMP",
        "critical": "yes", "animal_origin": "no"})
    assert made.status_code == 200, made.get_json()
    token = headers["Authorization"].removeprefix("Bearer ")
    with client.session_transaction() as kept:
        kept["token"] = token
    for url in ("/lots", made.get_json()["url"], "/"):
        html = client.get(url).get_data(as_text=True)
        assert "<script>alert" not in html and "<img src=x" not in html
    assert "&lt;script&gt;alert(1)" in client.get("/lots").get_data(as_text=True)


@pytest.mark.parametrize("query", ["<script>alert(1)</script>", "%00", "=A99991712345600", "x" * 5000, "%ED%A0%80",
                                   "&/", "'", "]C0", "%1d", "../.."])
def test_a_scan_of_anything_leads_somewhere_or_says_why_not(client: FlaskClient, query: str) -> None:
    token = bearer(client, "operator")["Authorization"].removeprefix("Bearer ")
    with client.session_transaction() as kept:
        kept["token"] = token
    answer = client.get(f"/scan?code={query}")
    assert answer.status_code in (200, 302, 303, 404, 409, 422)
    assert "<script>alert" not in answer.get_data(as_text=True)


# --- files -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def hostile_files(shared: Path) -> list[Path]:
    found = [file for file in sorted((shared / "inputs/hostile").rglob("*")) if file.is_file()]
    found += [file for file in sorted((shared / "inputs/instruments").rglob("*")) if file.is_file()]
    assert len(found) > 50
    return found


def test_every_hostile_file_as_a_body_is_refused(client: FlaskClient, hostile_files: list[Path]) -> None:
    headers = bearer(client, "administrator")
    for file in hostile_files:
        for url in ("/api/v1/people/open-account", "/api/v1/sessions"):
            answer = client.post(url, data=file.read_bytes()[:1_000_000], headers=headers)
            assert answer.status_code in (401, 413, 422), f"{file.name}: {answer.status_code}"
            assert answer.content_type == "application/problem+json"


def test_every_hostile_file_as_a_document_is_refused_whole(client: FlaskClient, office: Office,
                                                           hostile_files: list[Path]) -> None:
    headers, before = bearer(client, "qa"), office.counts()
    signature = {"user_id": user_id("qa"), "password": PASSWORD}
    for file in hostile_files:
        text = file.read_bytes()[:200_000].decode("utf-8", "replace")
        for kind in ("protocol", "master-record", "specification"):
            answer = client.post(f"/api/v1/documents/draft-{kind}", headers=headers,
                                 json={"text": text, "signature": signature})
            assert answer.status_code in (409, 413, 422), f"{file.name} as {kind}: {answer.status_code}"
    assert office.counts() == before


def test_every_hostile_file_at_the_command_line_is_a_no_in_words(hostile_files: list[Path], tmp_path: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.pdf"
    for file in hostile_files:
        for command, codes in ((["protocol", "check", file], (1, 64)), (["dose", "check", file], (1, 2, 64)),
                               (["verify", file], (1, 64)), (["labels", "render", "dose_bag", "--facts", file, "--to",
                                                              target], (64,)),
                               (["verify", "--database", f"sqlite:///{file}"], (64,))):
            assert main([str(part) for part in command]) in codes, f"{command[0]} {file.name}"
            said = capsys.readouterr()
            assert "Traceback" not in said.err and "MFG_TRACEBACK" not in said.err, f"{command[0]} {file.name}"
            assert said.err.strip() or said.out.strip() or not file.read_bytes().strip()
    assert not target.exists()


def test_a_body_larger_than_allowed_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/v1/documents/draft-protocol", data=b'{"text": "' + b"x" * 3_000_000 + b'"}',
                         headers=bearer(client, "qa"))
    assert answer.status_code == 413 and answer.content_type == "application/problem+json"
