"""Blank records on the screen: issued by a form, seen as a list, each sheet with what can be done with it next."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.settings import Settings
from tests.batches.small import Small, planted_small, small_plant
from tests.browsing import hidden, sign_in
from tests.conftest import FreshDatabase
from tests.office import PASSWORD, user_id


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


@pytest.fixture
def client(plant: Small, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(plant.office.url, plant.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def text(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, f"{url}: {answer.status_code} {answer.get_data(as_text=True)[:400]}"
    return answer.get_data(as_text=True)


def do(client: FlaskClient, role: str, url: str, **more: str) -> str:
    """Fill in and send a form as this person; the address it leads to."""
    page = text(client, url)
    given = {"csrf_token": hidden(page, "csrf_token"), "nonce": hidden(page, "nonce")} | more
    if 'name="sign_user_id"' in page:
        given |= {"sign_user_id": user_id(role), "sign_password": PASSWORD}
    if 'name="seen"' in page:
        given["seen"] = hidden(page, "seen")
    answer = client.post(url, data=given)
    assert answer.status_code == 303, answer.get_data(as_text=True)[-3000:]
    return str(answer.headers["Location"])


def test_a_blank_record_is_issued_opened_and_brought_to_an_end_on_the_screen(plant: Small, client: FlaskClient) -> None:
    sign_in(client, "qa")
    assert "No blank record has been issued." in text(client, "/blanks")
    form = text(client, f"/batches/{plant.opened}/print-blank-record")
    assert "Steps still to do" in form and "SMALL/1" in form
    page = do(client, "qa", f"/batches/{plant.opened}/print-blank-record", reason="the network is down")
    assert page == "/blanks/BLK-0001"
    shown = text(client, page)
    assert "not accounted for" in shown and "the network is down" in shown and "/sheets/BLK-0001-01" in shown
    file = shown.partition('href="/files/')[2].partition('"')[0]
    opened = client.get(f"/files/{file}")
    assert opened.mimetype == "application/pdf"
    assert len(pypdf.PdfReader(io.BytesIO(opened.data)).pages) == shown.count('href="/sheets/')
    assert "not accounted for" in text(client, "/blanks")
    assert do(client, "qa", "/sheets/BLK-0001-01/return-sheet") == "/sheets/BLK-0001-01"
    assert "Compare with what was entered" in text(client, "/sheets/BLK-0001-01")
    do(client, "qa", "/sheets/BLK-0001-01/destroy-sheet", reason="nothing was written on it")
    done = text(client, "/sheets/BLK-0001-01")
    assert "destroyed" in done and "nothing was written on it" in done and "/destroy-sheet" not in done


def test_whoever_compares_sees_what_was_entered_before_signing(plant: Small, client: FlaskClient) -> None:
    sign_in(client, "qa")
    do(client, "qa", f"/batches/{plant.opened}/print-blank-record", reason="the network is down")
    plant.enter(plant.at("weigh"), "tare", "50", read_at=plant.office.now, paper="BLK-0001-01")
    do(client, "qa", "/sheets/BLK-0001-01/return-sheet")
    form = text(client, "/sheets/BLK-0001-01/confirm-transcription")
    assert f"{plant.at('weigh')}: tare" in form and "50 g, entered by Operator 1" in form
    do(client, "qa", "/sheets/BLK-0001-01/confirm-transcription")
    assert "transcribed" in text(client, "/sheets/BLK-0001-01")


@pytest.mark.parametrize("url", ["/documents/SMALL/1", "/batches/NK-26-001"])
def test_the_blank_record_is_offered_where_people_look_for_it(plant: Small, client: FlaskClient, url: str) -> None:
    sign_in(client, "qa")
    assert f'{url}/print-blank-record"' in text(client, url)


def test_the_same_is_there_for_programs(plant: Small, client: FlaskClient) -> None:
    sign_in(client, "qa")
    do(client, "qa", "/documents/SMALL/1/print-blank-record", reason="the network is down")
    token = client.post("/api/v1/sessions", json={"user_id": user_id("qa"), "password": PASSWORD}).get_json()["token"]
    head = {"Authorization": f"Bearer {token}"}
    issues = client.get("/api/v1/blanks", headers=head).get_json()
    one = client.get("/api/v1/blanks/BLK-0001", headers=head).get_json()
    sheet = client.get("/api/v1/sheets/BLK-0001-01", headers=head).get_json()
    assert "BLK-0001" in str(issues) and one["sheets"] == len(one["each"]) and sheet["state"] == "issued"
