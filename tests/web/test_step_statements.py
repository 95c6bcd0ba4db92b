"""A step page asks the database little, and no more the larger its batch is: counted, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from bench.big_batch import Crew, big_batch
from mfg.app import create_app
from mfg.batches.records import Step, StepEntry
from mfg.settings import Settings
from tests.batches.plant import Plant, planted
from tests.browsing import hidden
from tests.conftest import FreshDatabase, _open_office
from tests.office import PASSWORD, Office, user_id
from tests.statements import asked_of

MOST = 6


class Counted:
    """A signed-in browser that knows how many statements its last page took, those of the login session apart."""

    def __init__(self, office: Office, home: Path) -> None:
        self.app = create_app(Settings(office.url, office.owner_url, home, secure_cookie=False))
        self.client: FlaskClient = self.app.test_client()
        page = self.client.get("/login").get_data(as_text=True)
        self.client.post("/login", data={"csrf_token": hidden(page, "csrf_token"), "password": PASSWORD,
                                         "user_id": user_id("operator")})
        self.session = self._statements("/healthz")[0]

    def _statements(self, url: str) -> tuple[list[str], str]:
        with asked_of(self.app.extensions["mfg_engine"]) as said:
            answer = self.client.get(url)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return said, answer.get_data(as_text=True)

    def get(self, url: str) -> tuple[list[str], str]:
        """What the page itself asked, and the page."""
        said, page = self._statements(url)
        assert said[:len(self.session)] == self.session, "the login session comes first"
        return said[len(self.session):], page

    def close(self) -> None:
        self.app.extensions["mfg_engine"].dispose()


@pytest.fixture
def counted(office: Office, tmp_path: Path) -> Iterator[Counted]:
    crew = Crew(*(office.people[user_id(role)] for role in ("production supervisor", "operator", "verifier")))
    big_batch(office.engine, crew)
    browser = Counted(office, tmp_path / "home")
    yield browser
    browser.close()


def test_the_big_batch_is_big(office: Office, counted: Counted) -> None:
    with office.look() as session:
        assert session.scalar(select(func.count()).select_from(Step)) == 60
        assert session.scalar(select(func.count()).select_from(StepEntry)) == 600


@pytest.mark.parametrize("step", ["step_0", "step_30", "step_59"])
def test_a_step_of_a_batch_with_600_entries_takes_at_most_six_statements(counted: Counted, step: str) -> None:
    said, page = counted.get(f"/steps/NK-26-001/{step}")
    assert len(said) <= MOST, "\n\n".join(said)
    assert "Value 9" in page and "50 mL" in page


def test_the_listener_hears_what_a_page_asks(counted: Counted) -> None:
    """The counts above say nothing when nobody listens."""
    said, _page = counted.get("/batches/NK-26-001")
    assert len(said) > 3
    assert len(counted.session) >= 2


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_every_step_of_the_shipped_record_takes_at_most_six_statements(
        kind: str, fresh_database: FreshDatabase, tmp_path: Path) -> None:
    """Run up to the loading, where most is calculated; every step is asked for as it then stands."""
    with _open_office(fresh_database(kind, planted), tmp_path) as office:
        plant = Plant.standing(office)
        batch = plant.batch()
        plant.run(batch, until="load_prepare")
        plant.enter(f"{batch}/load_add", "antibody", plant.good(batch, "load_add", plant.spec(f"{batch}/load_add",
                                                                                              "antibody")))
        browser = Counted(office, tmp_path / "home")
        for _, step in plant.record.steps():
            said, page = browser.get(f"/steps/{batch}/{step.id}")
            assert len(said) <= MOST, f"{step.id}:\n" + "\n\n".join(said)
            assert step.title in page.replace("&#39;", "'")
        browser.close()


def test_a_step_that_does_not_exist_is_not_found(counted: Counted) -> None:
    assert counted.client.get("/steps/NK-26-001/nonsense").status_code == 404
