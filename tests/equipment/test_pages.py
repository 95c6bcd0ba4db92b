"""Equipment, rooms and monitoring drawn as a person at the screen meets them, and worked through their forms."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.batches.scans import as_scanned
from mfg.equipment import acts
from mfg.equipment.api import DOORS, VIEWS
from mfg.equipment.pages import PAGES
from mfg.equipment.workstation_acts import calibrate_workstation
from mfg.equipment.workstation_rules import SQUARE
from mfg.settings import Settings
from mfg.verbs import VERBS
from tests.browsing import hidden, sign_in
from tests.equipment.hall import Hall
from tests.office import PASSWORD, user_id

CODES = {"equipment": "EQ-0001", "calibration": "CAL-0002", "cleaning": "CLN-0001", "area": "ROOM-0002",
         "clearance": "CLR-0001", "monitoring": "EM-0001", "plate": "EM-0001-01", "check": "WKC-000001"}


def at(path: str) -> str:
    return re.sub(r"<(\w+)>", lambda name: CODES[name[1]], path)


@pytest.fixture
def busy(hall: Hall) -> Hall:
    """One of everything: found outside its tolerance, a batch in the cabinet, a session with an action."""
    equipment, area, batch = hall.ready(), hall.cabinet(), hall.batch()
    hall.office.later(days=1)
    hall.use(equipment, batch)
    hall.calibrate(equipment, found="38", left="37", confirm=False)
    hall.clear(area, batch)
    hall.enter(area, batch)
    session = hall.plan(area, batch)
    hall.plate(session, 1)
    hall.plate(session, 2)
    hall.expose(session)
    hall.office.later(hours=1)
    hall.incubate(session)
    hall.read("EM-0001-01", "7")
    hall.office.do(calibrate_workstation, hall.office.who("warehouse"), read="]d1" + SQUARE, suffix="Enter")
    return hall


@pytest.fixture
def client(hall: Hall, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(hall.office.url, hall.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def shown(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, f"{url}: {answer.get_data(as_text=True)[:400]}"
    return html.unescape(answer.get_data(as_text=True))


def sign(client: FlaskClient, url: str, role: str, number: int = 1, **values: Any) -> Any:
    """Fill in the form at that place, sign it when it asks, and send it."""
    page = shown(client, url)
    kept = {name: hidden(page, name) for name in ("csrf_token", "nonce", "seen") if f'name="{name}"' in page}
    if 'name="sign_user_id"' in page:
        kept |= {"sign_user_id": user_id(role, number), "sign_password": PASSWORD}
    return client.post(url, data={**kept, **values})


def test_every_page_and_every_form_is_drawn(busy: Hall, client: FlaskClient) -> None:
    sign_in(client, "qa")
    for page in PAGES:
        shown(client, at(page.path))
    for door in DOORS:
        assert door.main in shown(client, at(f"{door.path}/{door.slug}")), door.verb


def test_every_list_says_so_when_it_is_empty(client: FlaskClient) -> None:
    sign_in(client, "qa")
    for url, words in (("/equipment", "No equipment is registered"), ("/areas", "No room is registered"),
                       ("/monitoring", "No session is planned")):
        assert words in shown(client, url)


def test_every_view_is_json(busy: Hall, client: FlaskClient) -> None:
    answer = client.post("/api/v1/sessions", json={"user_id": user_id("inspector"), "password": PASSWORD})
    bearer = {"Authorization": f"Bearer {answer.get_json()['token']}"}
    for view in VIEWS:
        found = client.get(f"/api/v1{at(view.path)}", headers=bearer)
        assert found.status_code == 200 and found.get_json(), view.path
    equipment = client.get("/api/v1/equipment/EQ-0001", headers=bearer).get_json()
    assert {line["kind"] for line in equipment["log_book"]} >= {"use", "calibration", "cleaning"}
    doubted = client.get("/api/v1/calibrations/CAL-0002", headers=bearer).get_json()["uses_in_doubt"]
    assert [use["on_code"] for use in doubted] == ["NK-26-001/culture"]


def test_the_calibration_page_lists_the_uses_in_doubt(busy: Hall, client: FlaskClient) -> None:
    sign_in(client, "qa")
    page = shown(client, "/calibrations/CAL-0002")
    assert "Uses in doubt" in page and "NK-26-001/culture" in page and "outside its tolerance" in page
    assert "Uses in doubt" not in shown(client, "/calibrations/CAL-0001")


@pytest.mark.parametrize(("days", "word"), [(300, "OK"), (360, "DUE SOON"), (366, "OVERDUE")])
def test_the_list_says_when_calibration_is_due(hall: Hall, client: FlaskClient, days: int, word: str) -> None:
    hall.ready(maintenance_days=5000)
    sign_in(client, "operator")
    hall.office.later(days=days)
    hall.office.do(acts.take_out_of_service, hall.office.who("operator", reason="x"), equipment="EQ-0001")
    sign_in(client, "operator")
    cells = re.findall(r'data-label="calibration">(.*?)</td>', shown(client, "/equipment"), re.S)
    assert len(cells) == 1 and re.search(rf">{word}<", cells[0])


@pytest.mark.parametrize(("told", "word"), [
    ({"confirm": False}, "NOT CONFIRMED"), ({"found": "38", "left": "38"}, "OUTSIDE ITS TOLERANCE"), ({}, "OK")])
def test_the_list_does_not_call_a_calibration_good_that_does_not_count(hall: Hall, client: FlaskClient, told: dict,
                                                                       word: str) -> None:
    hall.calibrate(hall.incubator(), **told)
    sign_in(client, "operator")
    cells = re.findall(r'data-label="calibration">(.*?)</td>', shown(client, "/equipment"), re.S)
    assert len(cells) == 1 and re.search(rf">{word}<", cells[0])


def test_the_cabinet_says_which_batch_is_in_it_and_of_nobody_whose(busy: Hall, client: FlaskClient) -> None:
    sign_in(client, "operator")
    page = shown(client, "/areas/ROOM-0002")
    assert "in use by NK-26-001" in page
    assert "SUB-" not in page


def test_the_session_shows_counts_limits_and_words(busy: Hall, client: FlaskClient) -> None:
    sign_in(client, "qc reviewer")
    page = shown(client, "/monitoring/EM-0001")
    assert "ACTION" in page and "action above 5 CFU/plate, alert above 2.5" in page and "not read yet" in page


def test_the_limits_in_force_are_shown_with_their_source_and_what_is_assumed(client: FlaskClient) -> None:
    sign_in(client, "operator")
    page = shown(client, "/monitoring-limits")
    assert "EU GMP Annex 1 (2022)" in page and "assumed" in page and "no growth" in page and "not set" in page


def test_a_line_is_cleared_and_confirmed_through_the_forms(hall: Hall, client: FlaskClient) -> None:
    hall.cabinet()
    batch, moment = hall.batch(), hall.office.now.isoformat()
    items = {name: "yes" for name in ("no_material", "no_labels", "no_records", "cleaning_valid", "right_documents")}
    sign_in(client, "operator")
    url = "/areas/ROOM-0002/clear-line"
    told = {"batch": as_scanned(batch), "kind": "before", "done_at": moment}
    refused = sign(client, url, "operator", **told | items | {"no_labels": "no"})
    assert refused.status_code == 409 and "no foreign labels" in refused.get_data(as_text=True)
    unanswered = sign(client, url, "operator", **told, **{k: v for k, v in items.items() if k != "no_labels"})
    assert unanswered.status_code == 422, "nothing is ticked beforehand, and blank is neither yes nor no"
    done = sign(client, url, "operator", **told, **items)
    assert (done.status_code, done.headers["Location"]) == (303, "/clearances/CLR-0001")
    sign_in(client, "verifier")
    done = sign(client, "/clearances/CLR-0001/confirm-line-clearance", "verifier", done_at=moment)
    assert done.status_code == 303, done.get_data(as_text=True)[:2000]
    assert "confirmed" in shown(client, "/clearances/CLR-0001")


def test_a_plate_is_read_through_its_form_and_a_blank_count_is_refused(busy: Hall, client: FlaskClient) -> None:
    sign_in(client, "qc analyst")
    url = "/plates/EM-0001-02/read-plate"
    refused = sign(client, url, "qc analyst", count="", lost="")
    assert refused.status_code == 409 and "A blank is not 0" in html.unescape(refused.get_data(as_text=True))
    assert sign(client, url, "qc analyst", count="0", lost="").status_code == 303


def test_equipment_is_registered_and_calibrated_through_its_forms(hall: Hall, client: FlaskClient) -> None:
    sign_in(client, "operator")
    told = {"kind": "balance", "name": "Balance 1", "serial": "B-1", "room": "ROOM-0001", "needs_calibration": "yes",
            "calibration_days": "365", "needs_maintenance": "no", "maintenance_days": "", "cleaning_hours": "",
            "cleaning_rule": "not needed"}
    assert sign(client, "/equipment/register-equipment", "operator", **told | {"calibration_days": "0.5"}
                ).status_code == 422
    done = sign(client, "/equipment/register-equipment", "operator", **told)
    assert (done.status_code, done.headers["Location"]) == (303, "/equipment/EQ-0001")
    moment = hall.office.now.isoformat()
    done = sign(client, "/equipment/EQ-0001/record-calibration", "operator", point="100 g", unit="g", reference="100",
                tolerance="0.01", as_found="100.005", as_left="100", certificate="C-1", calibrated_at=moment, due_at="")
    assert (done.status_code, done.headers["Location"]) == (303, "/calibrations/CAL-0001"), done.get_data(as_text=True)


def test_every_verb_of_the_room_has_its_door(hall: Hall) -> None:
    opened = {door.verb for door in DOORS}
    assert len(opened) == len(DOORS) == 26
    assert opened <= set(VERBS)
