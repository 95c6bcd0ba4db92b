"""Pages of batches, steps, doses and containers, drawn as people meet them; a step done through the forms."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.batches.records import bags_of, step
from mfg.batches.records import dose as load_dose
from mfg.batches.scans import as_scanned
from mfg.settings import Settings
from tests.batches.plant import Plant
from tests.browsing import hidden, sign_in
from tests.office import PASSWORD, user_id


@pytest.fixture
def client(plant: Plant, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(plant.office.url, plant.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def post(client: FlaskClient, page_url: str, to: str, **values: str) -> Any:
    """The form of a page, filled in and sent to where its button sends it."""
    page = client.get(page_url).get_data(as_text=True)
    assert f'action="{html.escape(to)}"' in page
    shared = {name: hidden(page, name) for name in ("csrf_token", "nonce")}
    return client.post(to, data=shared | values)


def signed(role: str) -> dict[str, str]:
    return {"sign_user_id": user_id(role), "sign_password": PASSWORD}


def test_every_page_and_form_of_a_batch_in_progress_is_drawn(client: FlaskClient, plant: Plant) -> None:
    batch = plant.batch()
    plant.run(batch, until="qc_sample")
    dose = plant.plan(batch)
    plant.fill(dose)
    sign_in(client, "production supervisor")
    pages = ["/batches", f"/batches/{batch}", f"/doses/{dose}", f"/containers/{batch}-C01", f"/steps/{batch}/receive",
             "/batches/open-batch", f"/batches/{batch}/make-container", f"/batches/{batch}/plan-dose",
             f"/batches/{batch}/complete-batch", f"/doses/{dose}/fill-dose", f"/doses/{dose}/check-fill"]
    pages += [f"/steps/{batch}/count/{verb}" for verb in ("enter-value", "perform-step", "verify-step", "correct-entry",
                                                          "repeat-step")]
    pages += [f"/steps/{batch}/{one.id}" for _, one in plant.record.steps()]
    for url in pages:
        answer = client.get(url)
        assert answer.status_code == 200, (url, answer.get_data(as_text=True)[-2000:])


def test_every_view_answers_as_json(client: FlaskClient, plant: Plant) -> None:
    batch = plant.batch()
    plant.run(batch, until="seed")
    dose = plant.plan(batch)
    token = client.post("/api/v1/sessions", json={"user_id": user_id("qa"), "password": PASSWORD}).get_json()["token"]
    for url in ("/batches", f"/batches/{batch}", f"/steps/{batch}/seed", f"/doses/{dose}", f"/containers/{batch}-C01"):
        answer = client.get(f"/api/v1{url}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, url


def test_the_curve_is_an_svg(client: FlaskClient, plant: Plant) -> None:
    batch = plant.batch()
    plant.run(batch, until="count")
    sign_in(client, "operator")
    answer = client.get(f"/batches/{batch}/growth.svg")
    assert answer.content_type.startswith("image/svg+xml") and b"<svg" in answer.data


def test_a_step_is_entered_signed_and_verified_through_its_page(client: FlaskClient, plant: Plant) -> None:
    batch = plant.batch()
    plant.run(batch, until="depleted_count")
    here = f"/steps/{batch}/seed"
    shape = plant.record.step("seed")
    assert shape is not None
    values = {one.id: plant.good(batch, "seed", one) for one in shape.fields}
    sign_in(client, "operator")
    assert post(client, here, f"{here}/values", **values).status_code == 303
    done = post(client, here, f"{here}/sign", done_at=plant.office.now.isoformat(), **signed("operator"))
    assert done.status_code == 303, done.get_data(as_text=True)[-3000:]
    page = client.get(here).get_data(as_text=True)
    assert "read it again" in page and ">0.5 10*6/mL<" not in page
    client.post("/logout", data={"csrf_token": hidden(page, "csrf_token")})
    sign_in(client, "verifier")
    wrong = post(client, here, f"{here}/sign", again_viable="0.6", **signed("verifier"))
    assert wrong.status_code == 409 and "differ" in wrong.get_data(as_text=True)
    assert 'name="again_viable"' in wrong.get_data(as_text=True)
    unsigned = post(client, here, f"{here}/sign", again_viable="0.5", sign_user_id="verifier.1", sign_password="no")
    assert unsigned.status_code == 401 and 'value="0.5"' in unsigned.get_data(as_text=True)
    right = post(client, here, f"{here}/sign", again_viable="0.50", **signed("verifier"))
    assert right.status_code == 303
    with plant.office.look() as session:
        assert step(session, f"{batch}/seed").state == "verified"


def test_a_refused_value_keeps_what_was_typed_and_records_nothing_of_it(client: FlaskClient, plant: Plant) -> None:
    batch = plant.batch()
    here = f"/steps/{batch}/receive"
    sign_in(client, "operator")
    answer = post(client, here, f"{here}/values", bag=as_scanned(f"{batch}-C01"), volume="7000", intact="yes")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409 and "7000 mL lies outside the limits" in page and 'value="7000"' in page
    with plant.office.look() as session:
        from mfg.batches.entering import job
        assert set(job(session, f"{batch}/receive").entries) == {"bag", "intact"}, "what is good is recorded"


def test_a_bag_is_checked_through_its_form_without_showing_the_first_volume(client: FlaskClient, plant: Plant) -> None:
    batch = plant.batch()
    plant.run(batch)
    dose = plant.plan(batch)
    plant.fill(dose, "119.5")
    with plant.office.look() as session:
        bag = bags_of(session, load_dose(session, dose))[0].container
    sign_in(client, "verifier")
    form = f"/doses/{dose}/check-fill"
    assert "119.5" not in client.get(form).get_data(as_text=True)
    answer = post(client, form, form, bag=as_scanned(bag), volume_ml="119.5", **signed("verifier"))
    assert answer.status_code == 303, answer.get_data(as_text=True)[-2000:]
