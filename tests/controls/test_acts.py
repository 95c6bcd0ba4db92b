"""A control in the laboratory: twenty runs make a chart, a bad one opens a deviation, a new lot makes a new version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.batches.scans import as_scanned
from mfg.controls import acts
from mfg.controls.api import chart_data, read_charts
from mfg.controls.records import chart, control_run, controlled
from mfg.controls.rules import IN_ORDER
from mfg.controls.shown import show_chart
from mfg.facts import Refused, judge
from mfg.ledger import playing_at
from mfg.quality.records import deviation
from mfg.settings import Settings
from tests.batches.plant import Plant, planted
from tests.browsing import sign_in
from tests.conftest import FreshDatabase
from tests.equipment.hall import Hall
from tests.office import Office
from tests.statements import asked_of

#: 90 ± 2 to the eye: mean 90, sample SD exactly 2 (squares add up to 76 = 4 x 19)
TWENTY = ("88", "92", "90", "87", "93", "90", "91", "89", "93", "88", "92", "90", "87", "92", "88", "91", "89", "92",
          "88", "90")


class Lab:
    """An office with a specification in effect, a released lot of control material, an instrument in service."""

    def __init__(self, office: Office) -> None:
        self.office, self.plant, hall = office, Plant.standing(office), Hall(office)
        self.lot = self.plant.lots["wash buffer"]
        self.instrument = hall.incubator(serial="CYT-1")
        hall.calibrate(self.instrument)
        hall.maintain(self.instrument)
        hall.clean(self.instrument)
        hall.qualify(self.instrument)

    def run(self, value: str, *, review: bool = True, number: int = 1, **change: Any) -> str:
        self.office.later(hours=1)
        told: dict[str, Any] = {"test": "nk_percent", "level": "normal", "lot": as_scanned(self.lot), "value": D(value),
                                "unit": "%", "equipment": as_scanned(self.instrument)}
        code = self.office.do(acts.record_control_run, self.office.who("qc analyst", number), **told | change)
        if review:
            self.office.do(acts.review_control_run, self.office.who("qc reviewer"), run=code)
        return code

    def set_up(self, role: str = "qa", **change: Any) -> str:
        told: dict[str, Any] = {"test": "nk_percent", "level": "normal", "lot": as_scanned(self.lot), "unit": "%",
                                "basis": "runs", "hours": 24}
        return self.office.do(acts.set_up_chart, self.office.who(role), **told | change)

    def verdict(self, **after: float) -> tuple[str, str]:
        at = self.office.now + timedelta(**after)
        with self.office.look() as session:
            found = judge(IN_ORDER, controlled(session, "nk_percent", at))[0]
        return found.verdict.value, found.why


@pytest.fixture
def lab(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Lab]:
    office = Office(fresh_database("sqlite", planted), tmp_path)
    with playing_at(lambda: office.now):
        yield Lab(office)
    office.close()


def test_from_twenty_runs_to_a_chart_that_rejects_and_a_version_for_the_next_lot(lab: Lab, tmp_path: Path) -> None:
    office = lab.office
    for value in TWENTY[:19]:
        lab.run(value)
    with pytest.raises(Refused, match="19 reviewed runs of LOT-.*, normal, are on record; at least 20 were expected"):
        lab.set_up()
    lab.run(TWENTY[19])
    assert lab.verdict() == ("PASS", "No control chart of nk_percent was in force; the test is not run with a control "
                                     "here.")
    first = lab.set_up()
    with office.look() as session:
        kept = chart(session, first)
        assert (kept.centre, kept.number, kept.asked) == (D(90), 1, ("1-3s", "2-2s", "R-4s", "4-1s", "10-x"))
        assert kept.sd == D("1.946657")  # the root of 72 / 19
    assert office.last_entry().verb == "set up control chart"
    assert lab.verdict()[0] == "CANNOT DETERMINE", "the runs that made the chart were judged by none"

    good = lab.run("91")
    assert lab.verdict(hours=1)[0] == "PASS" and lab.verdict(hours=25)[0] == "CANNOT DETERMINE"
    tested = office.now + timedelta(minutes=30)
    bad = lab.run("97", review=False)
    with office.look() as session:
        row = control_run(session, bad)
        assert (row.verdict, row.broken, row.chart) == ("FAIL", "1-2s, 1-3s", first)
        opened = deviation(session, row.deviation or "")
        assert (opened.within, opened.on_code, opened.severity) == (first, bad, "major")
        assert control_run(session, good).verdict == "PASS"
        before = judge(IN_ORDER, controlled(session, "nk_percent", tested))[0]
    assert (before.verdict.value, opened.code in before.why) == ("CANNOT DETERMINE", True)
    assert lab.verdict()[0] == "FAIL"

    with pytest.raises(Refused, match="another than|Another one|may not"):
        office.do(acts.review_control_run, office.who("qc analyst"), run=bad)
    with pytest.raises(Refused, match="reason"):
        office.do(acts.exclude_control_run, office.who("qa"), run=bad)
    office.do(acts.exclude_control_run, office.who("qa", reason="The vial was thawed twice"), run=bad)
    assert lab.verdict() == ("CANNOT DETERMINE", lab.verdict()[1]) and "excluded" in lab.verdict()[1]
    lab.run("90.5")
    assert lab.verdict()[0] == "PASS"

    old = lab.lot
    lab.lot = lab.plant.lot("wash buffer", days=200)
    with pytest.raises(Refused, match="0 reviewed runs"):
        lab.set_up()
    second = lab.set_up("qc reviewer", basis="assigned", centre=D(80), sd=D("1.5"), rules="1-3s, 2-2s, 8-x")
    with office.look() as session:
        kept, before_it = chart(session, second), chart(session, first)
        assert (kept.number, kept.lot, kept.asked) == (2, lab.lot, ("1-3s", "2-2s", "8-x"))
        assert (before_it.lot, before_it.until) == (old, kept.set_up_at)
    lab.run("80", number=2)
    assert lab.verdict()[0] == "PASS"
    _seen_on_pages(office, tmp_path, first, second, bad)


def _seen_on_pages(office: Office, home: Path, first: str, second: str, bad: str) -> None:
    app = create_app(Settings(office.url, office.owner_url, home / "home", secure_cookie=False))
    client: FlaskClient = app.test_client()
    sign_in(client, "inspector")
    listed = client.get("/controls").get_data(as_text=True)
    assert all(one in listed for one in (first, second, "in control", "followed by a newer version"))
    with asked_of(app.extensions["mfg_engine"]) as told:
        page = client.get(f"/controls/{first}").get_data(as_text=True)
    assert len(told) <= 12, told
    assert bad in page and "The vial was thawed twice" in page and "Versions" in page
    picture = client.get(f"/controls/{first}/chart.svg")
    assert picture.content_type.startswith("image/svg") and b"left out, see the table" in picture.data
    assert client.get(f"/controls/{first}/chart.pdf").data.startswith(b"%PDF")
    file = client.get(f"/controls/{first}/runs.csv").get_data(as_text=True).splitlines()
    assert len(file) == 1 + 23 and '"Run",' in file[0]
    assert client.get(f"/controls/{first}?from=2026-13-01").status_code == 422
    assert "No run of this lot in this" in client.get(f"/controls/{first}?to=2020-01-01").get_data(as_text=True)
    with office.look() as session:
        data = chart_data(show_chart(session, first))
        assert [one["code"] for one in read_charts(session)] == [second, first]
    assert data["word"] == "followed by a newer version" and len(data["runs"]) == 23
    assert client.get(f"/control-runs/{bad}").status_code == 200
    for form in ("/controls/set-up-control-chart", "/controls/record-control-run",
                 f"/control-runs/{bad}/exclude-control-run"):
        assert client.get(form).status_code == 200, form
    app.extensions["mfg_engine"].dispose()


def test_a_control_is_refused_when_it_cannot_be_one(lab: Lab) -> None:
    before = lab.office.counts()
    for change, said in (({"test": "mood"}, "not a test of any effective"),
                         ({"equipment": "]C0EQ-0099/0"}, "check character|no equipment"),
                         ({"run_at": lab.office.now + timedelta(days=1)}, "cannot be"),
                         ({"lot": as_scanned(lab.plant.lot("wash buffer", days=10, release=False))}, "released lot")):
        before = lab.office.counts()
        with pytest.raises(Refused, match=said):
            lab.run("90", **change)
        assert lab.office.counts() == before
    with pytest.raises(Refused, match="may not"):
        lab.office.do(acts.record_control_run, lab.office.who("operator"), test="nk_percent", level="normal",
                      lot=as_scanned(lab.lot), value=D(90), unit="%", equipment=as_scanned(lab.instrument))


def test_two_levels_of_one_run_are_looked_at_together(lab: Lab) -> None:
    for level, centre in (("low", "30"), ("high", "90")):
        lab.set_up(level=level, basis="assigned", centre=D(centre), sd=D(2))
    low = lab.run("34.5", level="low", review=False)
    high = lab.run("85.5", level="high", beside=low, review=False)
    with lab.office.look() as session:
        assert (control_run(session, low).broken, control_run(session, high).broken) == ("1-2s", "1-2s, R-4s")
        assert control_run(session, high).series == low
    assert lab.verdict()[0] == "FAIL"
