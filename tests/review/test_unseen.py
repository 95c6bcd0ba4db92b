"""What the review shows of values that a second person has still to read blind: nothing that tells them."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.batches import runner
from mfg.facts import Refused
from mfg.review.exceptions import exceptions_of
from mfg.review.gather import batch_record
from mfg.settings import Settings
from tests.batches.small import Small, planted_small, small_plant
from tests.browsing import sign_in
from tests.conftest import FreshDatabase
from tests.office import PASSWORD, user_id

#: gross as refused, as entered, as corrected, as kept; and what is calculated from each that was kept
NUMBERS = ("1055.5", "955.5", "933.5", "1077.5", "655.5", "633.5", "777.5")


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        with pytest.raises(Refused):
            made.enter(made.at("weigh"), "gross", "1055.5")
        made.type_in("weigh", gross="955.5", tare="300")
        made.correct("weigh", "gross", "933.5")
        made.office.do(runner.correct_entry, made.office.who("operator", reason="two people read it"),
                       step=made.at("weigh"), field="gross", value="1077.5", unit="g", accept_breach=True)
        made.perform(made.at("weigh"))
        yield made


@pytest.fixture
def client(plant: Small, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(plant.office.url, plant.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def told(text: str) -> list[str]:
    return [number for number in NUMBERS if number in text]


def test_the_page_of_exceptions_and_the_record_as_json_tell_no_first_reading(plant: Small, client: FlaskClient) -> None:
    sign_in(client, "verifier")
    token = client.post("/api/v1/sessions", json={"user_id": user_id("verifier"), "password": PASSWORD}).get_json()
    page = html.unescape(client.get(f"/batches/{plant.opened}/exceptions").get_data(as_text=True))
    read = client.get(f"/api/v1/batches/{plant.opened}/record", headers={"Authorization": f"Bearer {token['token']}"})
    assert "Gross weight" in page and "hidden until it is read again" in page and told(page) == []
    data = read.get_json()
    assert told(json.dumps(data)) == []
    with plant.office.look() as session:
        keys = {one.key for one in exceptions_of(batch_record(session, plant.opened))}
    assert {one["key"] for one in data["exceptions"]} == keys, "what is assessed is the whole exception"


def test_once_it_is_read_again_everything_is_told(plant: Small, client: FlaskClient) -> None:
    plant.verify(plant.at("weigh"), gross="1077.5")
    sign_in(client, "verifier")
    page = html.unescape(client.get(f"/batches/{plant.opened}/exceptions").get_data(as_text=True))
    assert {"955.5", "933.5", "1077.5"} <= set(told(page)) and "hidden until" not in page
