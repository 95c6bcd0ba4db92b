"""A photograph on a step: kept under its hash, told by its content, shown where it belongs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from mfg.app import create_app
from mfg.batches import handling, runner
from mfg.batches.records import attachments_of
from mfg.facts import Refused
from mfg.files import KeptFile
from mfg.settings import Settings
from mfg.tables import METADATA
from mfg.uploads import Upload, read_upload
from mfg.verify import verify
from tests.batches.small import Small, planted_small, small_plant
from tests.browsing import hidden, sign_in
from tests.conftest import FreshDatabase


def picture(shade: int = 200) -> Upload:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(made, "PNG")
    return read_upload("bag.png", made.getvalue())


@pytest.fixture
def plant(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database("sqlite", planted_small), tmp_path) as made:
        yield made


@pytest.fixture
def both(kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Small]:
    with small_plant(fresh_database(kind, planted_small), tmp_path) as made:
        yield made


def attach(plant: Small, step: str, file: Upload, **more: str) -> str:
    return plant.office.do(handling.attach_file, plant.office.who("operator"), step=plant.at(step), file=file,
                           caption="the bag against the light", **more)


def test_a_file_that_a_step_asks_for_is_its_value_and_its_hash_is_what_is_signed(both: Small) -> None:
    both.through("weigh")
    attach(both, "look", picture(), field="photo")
    kept = both.entry("look", "photo")
    assert (kept.value, kept.how) == (picture().code, "attached")
    with both.office.look() as session:
        assert [(one.file, one.field, one.caption) for one in attachments_of(session, both.at("look"))] == [
            (picture().code, "photo", "the bag against the light")]
        assert session.scalars(select(KeptFile.content)).all()[-1] == picture().content
    assert verify(both.office.engine, METADATA).problems == []


def test_a_file_nobody_asked_for_is_added_to_any_step_of_an_open_batch_even_a_signed_one(plant: Small) -> None:
    plant.through("weigh")
    attach(plant, "weigh", picture())
    attach(plant, "weigh", picture(100))
    with plant.office.look() as session:
        assert [one.field for one in attachments_of(session, plant.at("weigh"))] == [None, None]
    assert plant.work("weigh").row.state == "verified"


def test_the_same_photograph_on_two_steps_is_kept_once_and_shown_twice(plant: Small) -> None:
    attach(plant, "weigh", picture())
    before = plant.office.counts()
    attach(plant, "weigh", picture())
    after = plant.office.counts()
    assert after["kept_file"] == before["kept_file"] and after["attachment"] == before["attachment"] + 1


def test_a_file_goes_only_where_one_is_asked_for_and_once(plant: Small) -> None:
    operator = plant.office.who("operator")
    given = {"file": picture(), "caption": "x"}
    found = plant.refused(handling.attach_file, operator, step=plant.at("weigh"), field="gross", **given)
    assert "asks for a number" in found.why
    assert "STEP-02" in {one.rule for one in plant.refused(
        handling.attach_file, operator, step=plant.at("look"), field="photo", **given).findings}
    plant.through("weigh")
    attach(plant, "look", picture(), field="photo")
    found = plant.refused(handling.attach_file, operator, step=plant.at("look"), field="photo", **given)
    assert "already entered" in found.why
    typed = plant.refused(runner.enter_value, operator, step=plant.at("look"), field="photo", value="bag.png")
    assert found.kind == "stale" and "Attach it" in typed.why or "already entered" in typed.why


def test_a_program_that_calls_itself_a_photograph_is_refused() -> None:
    with pytest.raises(Refused):
        read_upload("bag.png", b"#!/bin/sh\necho hello\n")


@pytest.fixture
def client(plant: Small, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(plant.office.url, plant.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def test_a_photograph_is_taken_on_the_page_with_the_other_values_and_stands_there_afterwards(
        plant: Small, client: FlaskClient) -> None:
    plant.through("weigh")
    here = f"/steps/{plant.at('look')}"
    sign_in(client, "operator")
    page = client.get(here).get_data(as_text=True)
    assert 'enctype="multipart/form-data"' in page and 'type="file"' in page
    answer = client.post(f"{here}/values", content_type="multipart/form-data", data={
        "csrf_token": hidden(page, "csrf_token"), "nonce": hidden(page, "nonce"), "clear": "yes",
        "photo": (io.BytesIO(picture().content), "bag.png")})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    shown = client.get(here).get_data(as_text=True)
    assert f'src="/files/{picture().code}"' in shown and "bag.png" in shown
    assert client.get(f"/files/{picture().code}").data == picture().content


def test_a_file_that_is_none_of_the_kinds_is_refused_beside_its_field_and_the_rest_is_recorded(
        plant: Small, client: FlaskClient) -> None:
    plant.through("weigh")
    here = f"/steps/{plant.at('look')}"
    sign_in(client, "operator")
    page = client.get(here).get_data(as_text=True)
    answer = client.post(f"{here}/values", content_type="multipart/form-data", data={
        "csrf_token": hidden(page, "csrf_token"), "nonce": hidden(page, "nonce"), "clear": "yes",
        "photo": (io.BytesIO(b"\x00\x01\x02"), "bag.png")})
    assert answer.status_code == 422
    assert set(plant.work("look").entries) == {"clear"}
