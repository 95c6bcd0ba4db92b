"""The page and the JSON of a step: calculations, branches, what is hidden, what can be done, all without script."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.batches import handling, redlining
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


def page(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.get_data(as_text=True)[-1500:])
    return html.unescape(answer.get_data(as_text=True))


def step(plant: Small, id: str) -> str:
    return f"/steps/{plant.at(id)}"


def do(client: FlaskClient, url: str, role: str, **values: str) -> Any:
    """A form of a door, filled in, signed and sent."""
    form = client.get(url).get_data(as_text=True)
    seen = {"seen": hidden(form, "seen")} if 'name="seen"' in form else {}
    return client.post(url, data=seen | {"csrf_token": hidden(form, "csrf_token"), "nonce": hidden(form, "nonce"),
                                         "sign_user_id": user_id(role), "sign_password": PASSWORD} | values)


def test_the_page_shows_formula_inputs_and_result_and_why_there_is_none_yet(plant: Small, client: FlaskClient) -> None:
    sign_in(client, "operator")
    plant.enter(plant.at("weigh"), "gross", "250")
    shown = page(client, step(plant, "weigh"))
    assert "CANNOT DETERMINE" in shown and "tare has no value" in shown and "gross - tare" in shown
    plant.enter(plant.at("weigh"), "tare", "50")
    assert "gross - tare, with gross = 250, tare = 50" in page(client, step(plant, "weigh"))
    assert 'name="net"' not in page(client, step(plant, "weigh")), "nobody types it"


def test_a_corrected_result_shows_what_it_was(plant: Small, client: FlaskClient) -> None:
    sign_in(client, "operator")
    plant.type_in("weigh")
    plant.correct("weigh", "gross", "300", reason="read the wrong line")
    shown = page(client, step(plant, "weigh"))
    assert "was 200 g; recalculated: read the wrong line" in shown and "was 250 g; corrected" in shown


def test_the_second_person_sees_no_number_that_tells_the_first_reading(plant: Small, client: FlaskClient) -> None:
    """Not the value, not what is calculated from it, not in the form of a correction, not in JSON."""
    plant.perform_it("weigh", gross="253.25", tare="50.5")
    sign_in(client, "verifier")
    token = client.post("/api/v1/sessions", json={"user_id": user_id("verifier"), "password": PASSWORD}).get_json()
    auth = {"Authorization": f"Bearer {token['token']}"}
    read = client.get(f"/api/v1{step(plant, 'weigh')}", headers=auth).get_data(as_text=True)
    for shown in (page(client, step(plant, "weigh")), page(client, step(plant, "weigh") + "/correct-entry"), read,
                  page(client, step(plant, "weigh") + "/verify-step")):
        assert "253.25" not in shown and "202.75" not in shown and "read it again" in shown
        assert plant.lots["medium"] not in shown.replace(f"/lots/{plant.lots['medium']}", "")
    assert "50.5" in read, "what is not read again stays readable"


def test_all_blind_values_are_asked_again_through_json_too(plant: Small, client: FlaskClient) -> None:
    plant.perform_it("weigh")
    right = plant.again(plant.at("weigh"))
    token = client.post("/api/v1/sessions", json={"user_id": user_id("verifier"), "password": PASSWORD}).get_json()
    url = f"/api/v1{step(plant, 'weigh')}/verify-step"
    base = {"signature": {"user_id": user_id("verifier"), "password": PASSWORD}}

    def verify(readings: dict[str, str]) -> Any:
        return client.post(url, json=base | {"readings": readings},
                           headers={"Authorization": f"Bearer {token['token']}"})

    assert verify({}).status_code == 409
    assert verify({"gross": right["gross"]}).status_code == 409
    wrong = verify(right | {"gross": "1"})
    assert [one["rule"] for one in wrong.get_json()["findings"]] == ["STEP-07"]
    assert verify(right).status_code == 200


def test_scans_are_read_again_in_boxes_of_their_own(plant: Small, client: FlaskClient) -> None:
    plant.perform_it("weigh")
    sign_in(client, "verifier")
    here = step(plant, "weigh")
    form = client.get(here).get_data(as_text=True)
    assert all(f'name="again_{id}"' in form for id in ("bag", "medium", "gross"))
    again = {f"again_{id}": value for id, value in plant.again(plant.at("weigh")).items()}
    sent = {"csrf_token": hidden(form, "csrf_token"), "nonce": hidden(form, "nonce"), "seen": hidden(form, "seen"),
            "sign_user_id": user_id("verifier"), "sign_password": PASSWORD}
    assert client.post(f"{here}/sign", data=sent | again).status_code == 303
    assert plant.work("weigh").row.state == "verified"


def test_a_step_says_that_it_waits_that_it_is_not_needed_or_that_it_was_skipped(
        plant: Small, client: FlaskClient) -> None:
    plant.through("weigh")
    sign_in(client, "operator")
    assert "cannot be told yet" in page(client, step(plant, "filter"))
    plant.perform_it("look")
    shown = page(client, step(plant, "filter"))
    assert "not needed" in shown and 'done only when look.clear == "no"' in shown and 'name="minutes"' not in shown
    plant.office.do(handling.skip_step, plant.office.who("operator", reason="no time to lose"), step=plant.at("rest"))
    shown = page(client, step(plant, "rest"))
    assert "skipped" in shown and "no time to lose" in shown
    assert "not needed" in page(client, f"/batches/{plant.opened}")


def test_a_step_is_paused_taken_over_and_resumed_on_its_pages(plant: Small, client: FlaskClient) -> None:
    plant.enter(plant.at("weigh"), "gross", "250")
    sign_in(client, "operator")
    here = step(plant, "weigh")
    assert "Responsible: Operator 1" in page(client, here)
    assert do(client, f"{here}/pause-step", "operator", reason="fire drill").status_code == 303
    shown = page(client, here)
    assert "Resume the step" in shown and "paused" in shown and 'name="tare"' not in shown
    refused = do(client, f"{here}/hand-over-step", "operator", state_seen="bag weighed")
    assert refused.status_code == 409 and "You are responsible" in html.unescape(refused.get_data(as_text=True))
    assert do(client, f"{here}/resume-step", "operator").status_code == 303
    assert 'name="tare"' in page(client, here)


def test_a_redline_is_proposed_and_approved_on_its_pages_and_the_original_stands_beside(
        plant: Small, client: FlaskClient) -> None:
    sign_in(client, "production supervisor")
    here = step(plant, "weigh")
    answer = do(client, f"{here}/propose-redline", "production supervisor", kind="limits", field="gross", high="300",
                alert_high="290", reason="the small balance")
    assert answer.status_code == 303 and answer.headers["Location"] == "/redlines/RL-0001"
    assert "RL-0001" in page(client, "/redlines")
    client.post("/logout", data={"csrf_token": hidden(client.get("/redlines").get_data(as_text=True), "csrf_token")})
    sign_in(client, "qa")
    assert do(client, "/redlines/RL-0001/approve-redline", "qa").status_code == 303
    shown = page(client, here)
    assert "redlined; the master record says 10 to 1000 g" in shown and "the small balance" in shown
    assert "Redlines of this batch" in page(client, f"/batches/{plant.opened}")


def test_an_added_value_is_described_in_one_line(plant: Small, client: FlaskClient) -> None:
    sign_in(client, "production supervisor")
    answer = do(client, f"{step(plant, 'weigh')}/propose-redline", "production supervisor", kind="field",
                asks="ph | pH | number | [pH] | 6.5 | 7.5", reason="asked by the sponsor")
    assert answer.status_code == 303, html.unescape(answer.get_data(as_text=True))[-1500:]
    plant.office.do(redlining.approve_redline, plant.office.who("qa"), redline="RL-0001")
    assert 'name="ph"' in page(client, step(plant, "weigh"))


def test_an_alert_is_a_word_and_a_shape_and_no_failure(plant: Small, client: FlaskClient) -> None:
    plant.enter(plant.at("weigh"), "gross", "15")
    sign_in(client, "operator")
    shown = page(client, step(plant, "weigh"))
    assert "ALERT, within limits" in shown and "#i-open" in shown


def test_a_result_calculated_anew_in_another_step_voids_the_signatures_it_stood_under(
        plant: Small, client: FlaskClient) -> None:
    plant.through("sum")
    sign_in(client, "operator")
    assert "a value was calculated anew" not in page(client, step(plant, "sum"))
    plant.office.later(minutes=1)
    plant.correct("count", "cells", "300")
    sign_in(client, "operator")
    shown = page(client, step(plant, "sum"))
    assert shown.count("a value was calculated anew") == 2, "both the performer's and the verifier's"
    assert "performed, to be verified" in shown
