"""Custody as a person at the screen meets it: lists, pages, pictures, forms; and in the batch record."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.batches.scans import as_scanned
from mfg.custody.api import DOORS, VIEWS
from mfg.custody.recall_api import RECALL_DOORS, RECALL_VIEWS
from mfg.review.exceptions import exceptions_of
from mfg.review.gather import batch_record
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.custody.hands import Hands
from tests.office import PASSWORD, user_id


@pytest.fixture
def client(hands: Hands, tmp_path: Path) -> Iterator[FlaskClient]:
    office = hands.plant.office
    app = create_app(Settings(office.url, office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def shown(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return html.unescape(answer.text)


def test_every_page_picture_and_view_of_custody(hands: Hands, client: FlaskClient) -> None:
    batch = hands.plant.batch()
    bag, vessel = f"{batch}-C01", hands.plant.container(batch, "vessel")
    given = hands.give(bag)
    code = hands.send(vessel, until="delivered")
    hands.read(code, hands.log(code, outside=(5, 6)))
    sign_in(client, "verifier")
    assert "Take over" in shown(client, "/") and "waits to be taken over" in shown(client, "/handovers")
    page = shown(client, f"/handovers/{given}")
    assert "shown once it is taken over" in page and "S-1" not in page, "the taker reads for themselves"
    page = shown(client, f"/shipments/{code}")
    assert "1 excursion, 30 min in all at most" in page and "DEV-0001" in page
    assert 'aria-label="Temperature 5 to 9.5 °C' in shown(client, f"/shipments/{code}/temperature.svg")
    page = shown(client, f"/custody/{bag}")
    assert "CANNOT DETERMINE" in page and "handed over" in page and "collected" in page
    assert "Operator 1 (P-" in shown(client, f"/custody/{bag}.svg")
    answer = client.post("/api/v1/sessions", json={"user_id": user_id("verifier"), "password": PASSWORD})
    bearer = {"Authorization": f"Bearer {answer.get_json()['token']}"}
    assert "given_seal" not in client.get(f"/api/v1/handovers/{given}", headers=bearer).get_json()
    for view in VIEWS:
        if view in RECALL_VIEWS:  # looked at in tests/stories/test_late_results.py
            continue
        path = view.path.replace("<hand_over>", given).replace("<shipment>", code).replace("<thing>", bag)
        assert client.get(f"/api/v1{path}", headers=bearer).status_code == 200, path
    for door in DOORS:
        if door in RECALL_DOORS:
            continue
        path = door.path.replace("<hand_over>", given).replace("<shipment>", code)
        assert client.get(f"{path}/{door.slug}").status_code == 200, door.verb
    assert client.get("/custody/NK-26-009-C01").status_code == 404
    assert client.get("/handovers/HO-0009").status_code == 404


def test_a_hand_over_through_its_forms(hands: Hands, client: FlaskClient) -> None:
    bag = f"{hands.plant.batch()}-C01"
    code = hands.give(bag)
    sign_in(client, "verifier")
    path = f"/handovers/{code}/accept-hand-over"
    page = client.get(path).text
    answer = client.post(path, data={
        **{name: hidden(page, name) for name in ("csrf_token", "nonce", "seen")}, "things": as_scanned(bag),
        "celsius": "5", "seal": "S-1", "good": "yes", "sign_user_id": user_id("verifier"), "sign_password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/handovers/{code}")
    assert hands.hand_over(code).state == "accepted"
    assert re.search(r"Verifier 1 \(P-\d+\), 2026", shown(client, f"/handovers/{code}"))


def test_a_gap_is_an_exception_of_the_batch_record_and_what_was_never_handed_over_is_none(hands: Hands) -> None:
    batch = hands.plant.batch()
    office = hands.plant.office

    def gaps() -> list[tuple[str, str]]:
        with office.look() as session:
            return [(one.on, one.value) for one in exceptions_of(batch_record(session, batch))
                    if one.kind == "custody gap"]

    assert gaps() == []
    code = hands.give(f"{batch}-C01")
    assert gaps() == [(code, "CANNOT DETERMINE")]
    office.later(hours=1, seconds=1)
    hands.take(code, f"{batch}-C01")
    assert gaps() == [(code, "FAIL")]
