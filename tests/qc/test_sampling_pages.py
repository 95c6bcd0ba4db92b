"""The plan of samples as people at the screen and programs meet it: step, label, receipt, lists, picture, JSON."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.batches.scans import as_scanned
from mfg.labelling import acts as labelling
from mfg.labelling.records import PrintedLabel
from mfg.labelling.standing import scan_of
from mfg.qc import sampling_acts as acts
from mfg.release.printing import print_sample_label
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.office import PASSWORD, user_id
from tests.qc.sampled import BEGUN, Lab


@pytest.fixture
def lab(fresh_database: Any, tmp_path: Path) -> Iterator[Lab]:
    with BEGUN.standing(fresh_database("sqlite", BEGUN.prepare), tmp_path) as told:
        yield told


@pytest.fixture
def client(lab: Lab, tmp_path: Path) -> Iterator[FlaskClient]:
    office = lab.office
    app = create_app(Settings(office.url, office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def page(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.get_data(as_text=True)[:400])
    return html.unescape(answer.get_data(as_text=True))


def sign(client: FlaskClient, url: str, role: str, **values: str) -> Any:
    """Fill in the form at that place and sign it; what stands in its address is filled in already."""
    form = client.get(url).get_data(as_text=True)
    kept = {name: hidden(form, name) for name in ("csrf_token", "nonce", "seen") if f'name="{name}"' in form}
    return client.post(url.partition("?")[0], data={**kept, "sign_user_id": user_id(role), "sign_password": PASSWORD,
                                                    **values})


def test_a_sample_goes_from_its_step_to_the_laboratory_through_the_forms(lab: Lab, client: FlaskClient) -> None:
    step = f"{lab.batch}/safety_sample"
    sign_in(client, "operator")
    seen = page(client, f"/steps/{step}")
    for words in ("Samples of the plan", "In-process safety", "a vessel", "2 tubes of 10 mL", "refrigerated, 2 to 8",
                  "120 min", "not taken", "Take sample: In-process safety", f"/steps/{step}/explain-missing-sample"):
        assert words in seen, words
    form = client.get(f"/samples/take-sample?planned={step}/safety&purpose=sterility&tubes=2&volume_ml=10")
    assert f'value="{step}/safety"' in form.get_data(as_text=True)
    answer = sign(client, f"/samples/take-sample?planned={step}/safety", "operator", planned=f"{step}/safety",
                  purpose="sterility", container=as_scanned(lab.plant.container(lab.batch, "vessel")))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    sample = answer.headers["Location"].rpartition("/")[2]
    assert f"/samples/{sample}" in page(client, f"/steps/{step}")
    _received(lab, client, sample)
    assert "Samples of the plan" in page(client, f"/batches/{lab.batch}")
    assert sample in page(client, f"/batches/{lab.batch}/samples")


def _received(lab: Lab, client: FlaskClient, sample: str) -> None:
    """By the label printed for its tube; the page, the picture and the lists tell of it."""
    sign_in(client, "qc analyst")
    assert "120 min left" in page(client, "/samples/expected") and "Receive sample" in page(client, "/")
    scan = _label(lab, sample)
    answer = sign(client, f"/samples/{sample}/receive-sample", "qc analyst", label=scan, place="hatch 2",
                  temperature_c="5.0", condition="intact", seal="intact")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    seen = page(client, f"/samples/{sample}")
    for words in ("received", "hatch 2", "5 °C", "scanned", "2 tubes of 10 mL", "in order", "Where it was",
                  f"/samples/{sample}/chain.svg"):
        assert words in seen, words
    picture = client.get(f"/samples/{sample}/chain.svg")
    assert picture.content_type.startswith("image/svg+xml") and "label scanned" in picture.get_data(as_text=True)
    assert "waits for no sample" in page(client, "/samples/expected")


def _label(lab: Lab, sample: str) -> str:
    """What a scanner reads from the label on the tube, once it was scanned back and put on."""
    operator = lab.office.who("operator")
    code = lab.office.do(print_sample_label, operator, sample=sample)
    with lab.office.look() as session:
        scan = scan_of(session.get_one(PrintedLabel, code))
    lab.office.do(labelling.verify_label, operator, label=code, scan=scan)
    lab.office.do(labelling.apply_label, operator, label=code, scan=scan)
    return scan


def bearer(client: FlaskClient) -> dict[str, str]:
    """Somebody signed in as a program."""
    who = {"user_id": user_id("qc analyst"), "password": PASSWORD}
    return {"Authorization": f"Bearer {client.post('/api/v1/sessions', json=who).json['token']}"}


def test_what_programs_read_is_what_people_see(lab: Lab, client: FlaskClient) -> None:
    sample = lab.take("safety", lab.plant.container(lab.batch, "vessel"), "safety_sample")
    headers = bearer(client)
    (waiting,) = client.get("/api/v1/samples/expected", headers=headers).json
    assert (waiting["sample"], waiting["minutes_left"], waiting["state"]) == (sample, 120, "taken")
    told = client.get(f"/api/v1/samples/{sample}", headers=headers).json
    assert told["planned"]["plan"] == "safety" and told["planned"]["tubes"] == 2 and told["events"] == []
    plan = client.get(f"/api/v1/batches/{lab.batch}/samples", headers=headers).json
    assert plan["planned"] is True and {one["spec"]["id"] for one in plan["slots"]} == {
        "safety", "cells", "release", "reserve"}
    body = {"label": as_scanned(sample), "place": "hatch 2", "condition": "intact", "seal": "intact",
            "signature": {"user_id": user_id("qc analyst"), "password": PASSWORD}}
    lab.office.later(minutes=121)
    headers = bearer(client)
    refused = client.post(f"/api/v1/samples/{sample}/receive-sample", headers=headers, json=body)
    assert refused.status_code == 409 and {one["rule"] for one in refused.json["findings"]} == {"SMP-07"}
    done = client.post(f"/api/v1/samples/{sample}/receive-sample", headers=headers, json=body | {
        "temperature_c": "5.0"})
    assert done.status_code in (200, 201), done.json
    told = client.get(f"/api/v1/samples/{sample}", headers=headers).json
    assert told["state"] == "received" and [one["how"] for one in told["events"]] == ["scanned"]
    assert client.get("/api/v1/retains", headers=headers).json == []


def test_a_sample_outside_the_plan_is_received_too_and_kept_when_somebody_says_until_when(
        lab: Lab, client: FlaskClient) -> None:
    sample = lab.take("a further look", lab.plant.container(lab.batch, "vessel"))
    lab.receive(sample, after=600, celsius=None)
    until = lab.office.now.replace(year=2027)
    lab.event(acts.store_retain, sample, label=as_scanned(sample), place="freezer 1", keep="frozen", until=until)
    sign_in(client, "qc analyst")
    assert sample in page(client, "/retains") and "freezer 1" in page(client, "/retains")
