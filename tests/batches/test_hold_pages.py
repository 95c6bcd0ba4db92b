"""Hold times on screen: time left with its deadline on step, batch and floor, by shape and word, without script."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app, watched
from mfg.settings import Settings
from tests.batches.held import Held, named
from tests.batches.test_holds import batch as batch
from tests.batches.test_holds import plant as plant
from tests.browsing import hidden
from tests.office import PASSWORD, user_id


class Browser:
    """Somebody looking at pages; time passes between them, so they sign in anew for each."""

    def __init__(self, client: FlaskClient, role: str) -> None:
        self.client, self.role = client, role

    def sign_in(self) -> None:
        page = self.client.get("/login").get_data(as_text=True)
        self.client.post("/login", data={"csrf_token": hidden(page, "csrf_token"), "user_id": user_id(self.role),
                                         "password": PASSWORD})

    def get(self, url: str) -> str:
        self.sign_in()
        answer = self.client.get(url)
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        return answer.get_data(as_text=True)

    def tile(self, url: str) -> str:
        """The tile of a clock in the strip, or nothing."""
        found = re.search(r'<div class="tile timer".*?</div>', self.get(url), re.S)
        return found[0] if found else ""


@pytest.fixture
def seen(plant: Held, tmp_path: Path) -> Iterator[Browser]:
    app = create_app(Settings(plant.office.url, plant.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield Browser(app.test_client(), "qa")
    app.extensions["mfg_engine"].dispose()


def until(plant: Held, batch: str) -> str:
    return f"{plant.hold(batch, 'contact').limit_at:%Y-%m-%d %H:%M} UTC"


@pytest.mark.parametrize("page", ["/steps/{0}/first", "/steps/{0}/stop", "/batches/{0}", "/"])
def test_time_left_and_the_absolute_deadline_stand_on_step_batch_and_floor(
        plant: Held, batch: str, seen: Browser, page: str) -> None:
    plant.to_contact(batch)
    plant.later(20)
    html = seen.get(page.format(batch))
    assert "Contact" in html and "46 min left" in html and f"until {until(plant, batch)}" in html


@pytest.mark.parametrize(("minutes", "look", "shape", "words"), [
    (20, "ok", "i-clock", "46 min left"), (54, "soon", "i-open", "soon: 12 min left"),
    (66, "soon", "i-open", "soon: 0 min left"), (67, "over", "i-fail", "OVER by 1 min")])
def test_what_runs_out_soon_and_what_is_over_differ_by_shape_and_word(
        plant: Held, batch: str, seen: Browser, minutes: int, look: str, shape: str, words: str) -> None:
    plant.to_contact(batch)
    plant.later(minutes)
    tile = seen.tile(f"/steps/{batch}/stop")
    assert f'data-state="{look}"' in tile and f'href="#{shape}"' in tile and words in tile


def test_looking_at_a_clock_that_is_over_writes_nothing(plant: Held, batch: str, seen: Browser) -> None:
    plant.to_contact(batch)
    plant.later(67)
    seen.sign_in()
    before, line = plant.office.counts(), plant.office.last_entry().seq
    for page in (f"/steps/{batch}/stop", f"/batches/{batch}", "/", f"/holds/{batch}/hold-contact"):
        assert seen.client.get(page).status_code == 200
    assert plant.office.counts() == before and plant.office.last_entry().seq == line


def test_a_breach_that_waits_stands_on_every_step_with_its_deviation(plant: Held, batch: str, seen: Browser) -> None:
    plant.to_contact(batch)
    plant.later(70)
    plant.at(f"{batch}/stop", "stopped")
    (opened,) = plant.deviations(batch)
    tile = seen.tile(f"/steps/{batch}/first")
    assert 'data-state="over"' in tile and "OVER: 1 h 10 min of 66 min" in tile and opened.code in tile
    assert f"/holds/{batch}/hold-contact" in seen.get("/"), "it waits for quality assurance on the floor"


def test_quality_assurance_decides_on_the_page_of_the_hold_time(plant: Held, batch: str, seen: Browser) -> None:
    plant.to_contact(batch)
    plant.later(70)
    plant.note()
    url = f"/holds/{batch}/hold-contact"
    assert f"{url}/continue-after-breach" in seen.get(url)
    form = seen.get(f"{url}/continue-after-breach")
    assert "Approved to continue under deviation" in form and "OVER by 4 min" in form
    answer = seen.client.post(f"{url}/continue-after-breach", data={
        "csrf_token": hidden(form, "csrf_token"), "nonce": hidden(form, "nonce"), "seen": hidden(form, "seen"),
        "reason": "Cells look well.", "sign_user_id": user_id("qa"), "sign_password": PASSWORD})
    assert answer.status_code == 303 and answer.headers["Location"] == url
    assert plant.hold(batch, "contact").state == "continued"
    assert "continued under DEV-0001" in seen.get(url) and "Let it continue" not in seen.get(url)
    assert seen.tile(f"/steps/{batch}/stop") == ""


def test_states_are_told_in_words(plant: Held, batch: str, seen: Browser) -> None:
    plant.to_contact(batch)
    ended = plant.office.now + timedelta(minutes=60)
    plant.later(70)
    plant.note()
    plant.at(named(batch, "stop"), "stopped", ended)
    page = seen.get(f"/batches/{batch}")
    assert "in time: 1 h 00 min of 66 min, recorded late (DEV-0001)" in page
    assert "in time: 10 min of 60 min" in page


def test_a_batch_without_hold_times_says_nothing_of_them(plant: Held, batch: str, seen: Browser) -> None:
    assert "Hold times" not in seen.get(f"/batches/{batch}")


def test_json_reads_a_hold_time_and_those_of_a_batch(plant: Held, batch: str, seen: Browser) -> None:
    plant.to_contact(batch)
    token = seen.client.post("/api/v1/sessions", json={"user_id": user_id("qa"), "password": PASSWORD}).get_json()
    bearer = {"Authorization": f"Bearer {token['token']}"}
    told = seen.client.get(f"/api/v1/holds/{batch}/hold-contact", headers=bearer).get_json()
    whole = seen.client.get(f"/api/v1/batches/{batch}", headers=bearer).get_json()
    assert sorted(each["hold_id"] for each in whole["holds"]) == ["contact", "open_time", "waiting"]
    assert (told["state"], told["used_seconds"]) == ("running", "0")


def test_a_served_application_watches_its_hold_times(plant: Held, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr("mfg.app.watch", lambda _engine, _stop, **info: asked.append(info))
    monkeypatch.setattr("mfg.printing.worker.watch", lambda _engine, _stop, **info: asked.append(info))
    for other in ("watch_notices", "watch_reads"):
        monkeypatch.setattr(f"mfg.app.{other}", lambda _engine, _stop, **info: asked.append(info))
    app = create_app(Settings(plant.office.url, plant.office.owner_url, tmp_path / "home", secure_cookie=False))
    assert watched(app) is app
    for _ in range(100):
        if len(asked) == 4:
            break
        time.sleep(0.01)
    outbox, *others = sorted(asked, key=len)
    assert set(outbox) == {"how"} and [set(one) for one in others] == [{"sealer", "fin"}] * 3
    app.extensions["mfg_engine"].dispose()


def test_the_page_of_a_dose_says_which_constraint_governs(plant: Held, batch: str, seen: Browser) -> None:
    plant.to_contact(batch)
    plant.held[batch, "loaded cells"] = plant.container(batch, "harvest")  # this process carries no antibody
    dose = plant.fill(plant.plan(batch))
    page = seen.get(f"/doses/{dose}")
    assert re.search(r'Contact, running, at most 66 min</span> <span class="tag">governs</span>', page)
    assert "filling ended + 24 h shelf life" in page and page.count(">governs<") == 1
