"""Trends and the product quality review of a batch really made, tested and released; rules TRD-10 to TRD-12."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import orjson
import pytest
from pypdf import PdfReader

from mfg.app import create_app
from mfg.controls.period import Period, read_period
from mfg.facts import Refused, Verdict
from mfg.labelling.records import PrintedPaper
from mfg.settings import Settings
from mfg.trending import acts, rules
from mfg.trending.found import trends
from mfg.trending.quality_facts import QualityFacts, kept
from mfg.trending.quality_parts import quality_facts
from mfg.trending.records import quality_review
from mfg.trending.rules import Seen, Signing
from mfg.trending.series import SERIES
from mfg.trending.trend import Trend
from tests.browsing import sign_in
from tests.office import NOON
from tests.release.story import READY, Story, a_story
from tests.statements import asked_of

JUNE = Signing(date(2026, 6, 1), date(2026, 6, 30), NOON.replace(month=7, day=1, hour=0), "The process is in control.",
               NOON)
ROWS = [
    (rules.period_over, JUNE, "PASS", "2026-06-01 to 2026-06-30"),
    (rules.period_over, replace(JUNE, first=None), "CANNOT DETERMINE", "first day"),
    (rules.period_over, replace(JUNE, last=None), "CANNOT DETERMINE", "last day"),
    (rules.period_over, replace(JUNE, ends=NOON + timedelta(seconds=1)), "FAIL", "is not over"),
    (rules.period_over, replace(JUNE, ends=NOON), "PASS", "to"),
    (rules.period_over, replace(JUNE, first=date(2025, 1, 1)), "FAIL", "longer than 400 days"),
    (rules.concludes, JUNE, "PASS", "Concluded"),
    (rules.concludes, replace(JUNE, conclusion="Fine."), "FAIL", "says too little"),
    (rules.concludes, replace(JUNE, conclusion="  "), "CANNOT DETERMINE", "No conclusion"),
    (rules.as_seen, Seen("ab", "ab"), "PASS", "the same"),
    (rules.as_seen, Seen("ab", "cd"), "FAIL", "has changed since"),
    (rules.as_seen, Seen(None, "cd"), "CANNOT DETERMINE", "Say which facts"),
]


@pytest.mark.parametrize(("asked", "facts", "verdict", "said"), ROWS,
                         ids=[f"{one[0].id} {one[2]} {place}" for place, one in enumerate(ROWS)])
def test_a_rule_answers(asked: Any, facts: Any, verdict: str, said: str) -> None:
    found = asked(facts)
    assert found.verdict.value == verdict and said in found.why


@pytest.mark.parametrize(("asked", "said"), [
    ({"from": "2026-02-30"}, "is not a day"), ({"from": "yesterday"}, "is not a day"), ({"to": "1999-12-31"}, "not a"),
    ({"from": "2026-02-02", "to": "2026-02-01"}, "before it begins")])
def test_a_period_that_is_none_is_refused(asked: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_period(asked)


def test_both_days_of_a_period_count_whole() -> None:
    day = read_period({"from": "2026-11-20", "to": "2026-11-20"})
    midnight = NOON.replace(hour=0)
    assert day.holds(midnight) and day.holds(midnight + timedelta(hours=23, minutes=59, seconds=59))
    assert not day.holds(midnight + timedelta(days=1)) and not day.holds(midnight - timedelta(microseconds=1))
    assert day.asked == "?from=2026-11-20&to=2026-11-20" and Period().asked == ""


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as told:
        told.dispose()
        told.release_on_condition()
        yield told


def facts(story: Story) -> QualityFacts:
    today = story.office.now.date()
    with story.office.look() as session:
        return quality_facts(session, Period(today - timedelta(days=90), today))


def numbers(found: QualityFacts, part: str) -> dict[str, str]:
    one = next(one for one in found.parts if one.title == part)
    return {figure.label: figure.value for figure in one.figures}


def test_a_batch_is_on_every_series_a_review_is_signed_once_over_and_printed(story: Story, tmp_path: Path) -> None:
    office = story.office
    with office.look() as session:
        by = {one.series.key: one for one in trends(session, list(SERIES.values()), Period())}
    newest = {key: one.values[-1] if one.values else None for key, one in by.items()}
    _on_every_series(story, by)
    assert newest["dose-fraction"] is not None and newest["dose-fraction"].label == story.dose

    found = facts(story)
    assert numbers(found, "Doses")["Released on condition"] == "1" == numbers(found, "Doses")["… of them not final yet"]
    assert numbers(found, "Doses")["Certified"] == "0" and numbers(found, "Batches")["Begun"] == "1"
    assert numbers(found, "Results")["Outside the specification"] == "0"
    assert set(numbers(found, "What this system does not record").values()) == {"cannot be told"}
    assert kept(orjson.loads(found.bytes)).bytes == found.bytes == facts(story).bytes, "kept and read again, the same"

    first, last = found.first, found.last
    asked = {"period": f"{first}_{last}", "conclusion": "One dose left on condition; the process is in control."}
    before = office.counts()
    with pytest.raises(Refused, match="is not over"):
        office.do(acts.sign_quality_review, office.who("qa"), seen=found.hash, **asked)
    office.later(days=1)
    with pytest.raises(Refused, match="Say which facts you saw"):
        office.do(acts.sign_quality_review, office.who("qa"), **asked)
    with pytest.raises(Refused, match="may not"):
        office.do(acts.sign_quality_review, office.who("qualified person"), seen=found.hash, **asked)
    assert office.counts() == before
    code = office.do(acts.sign_quality_review, office.who("qa"), seen=found.hash, **asked)
    entry = json.loads(office.last_entry().leaf)
    assert (code, entry["verb"], entry["meaning"]) == ("PQR-0001", "sign product quality review",
                                                       "Product quality review approved")
    with office.look() as session:
        assert quality_review(session, code).facts_hash == found.hash
    story.read(_sample(story), "growth suspect", day=1)
    assert facts(story).hash != found.hash and numbers(facts(story), "Doses")["Released then failed"] == "1"
    with pytest.raises(Refused, match="has changed since you looked at it"):
        office.do(acts.sign_quality_review, office.who("qa"), seen=found.hash, **asked)
    _seen_by_people(story, tmp_path, code, first, last)


def _on_every_series(story: Story, by: dict[str, Trend]) -> None:
    values = {key: [(one.label, one.bound, one.value) for one in found.values] for key, found in by.items()}
    assert values["viability"] == [(story.dose, "", D(95))] and values["nk-purity"] == [(story.dose, "", D(92))]
    assert values["endotoxin"] == [(story.dose, "<", D("0.5"))] and by["endotoxin"].counted == ()
    assert values["viable-count"][0][2] == D("6.5e6")
    assert by["viability"].limits.low == D(80) and by["dose-fraction"].limits.low == D(80)
    assert by["viability"].state == (Verdict.CANNOT_DETERMINE, "1 of 8 numbers, too few to tell")
    assert values["loading-recovery"][0][0].startswith(story.batch)
    assert by["loading-recovery"].values[0].left_out == "the batch is still open"


def _sample(story: Story) -> str:
    from mfg.qc.records import samples_of

    with story.office.look() as session:
        return next(one.code for one in samples_of(session, story.batch) if one.dose)


def _seen_by_people(story: Story, home: Path, code: str, first: str, last: str) -> None:
    office = story.office
    paper = office.do(acts.print_quality_review, office.who("qa"), quality_review=code)
    with office.look() as session:
        assert session.get_one(PrintedPaper, paper).kind == "product quality review"
    app = create_app(Settings(office.url, office.owner_url, home / "home", secure_cookie=False))
    client = app.test_client()
    sign_in(client, "qa")
    for url, said in (("/trends", "Viability"), ("/trends/endotoxin", "only a bound"), ("/trends/viability", "1 of 8"),
                      ("/product-quality-review", "draft, not signed"),
                      (f"/product-quality-review?from={first}&to={last}", "cannot be told"),
                      (f"/product-quality-review/{first}_{last}/sign-product-quality-review", "Conclusion"),
                      (f"/product-quality-review/{first}_{last}", "draft"),
                      ("/product-quality-reviews", code), (f"/product-quality-reviews/{code}", "in control"),
                      (f"/papers/{paper}", f"/product-quality-reviews/{code}/review.pdf")):
        answer = client.get(url)
        assert answer.status_code == 200 and said in answer.get_data(as_text=True), url
    for url in ("/trends/viability/chart.svg", f"/product-quality-review-pictures/{code}.viability.svg"):
        assert client.get(url).data.startswith(b"<svg")
    assert client.get("/trends/mood").status_code == 404
    assert client.get("/trends/endotoxin/values.csv").get_data(as_text=True).count("\n") == 2
    signed, draft, chart = (PdfReader(io.BytesIO(client.get(url).data)) for url in (
        f"/product-quality-reviews/{code}/review.pdf", f"/product-quality-review/{first}_{last}/draft.pdf",
        "/trends/viability/chart.pdf"))
    text = "".join(page.extract_text() for page in signed.pages)
    assert "Product quality review approved" in text and "One dose left on condition" in text and "DRAFT" not in text
    assert "not signed" in draft.pages[0].extract_text() and "Viability" in chart.pages[0].extract_text()
    with asked_of(app.extensions["mfg_engine"]) as told:
        client.get("/trends")
    assert len(told) <= 20, told
    app.extensions["mfg_engine"].dispose()
