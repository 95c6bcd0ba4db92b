"""What is shown of product quality reviews: one in the making, and signed ones. It changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy.orm import Session

from mfg.controls.period import Period, period_fields, period_of, read_period
from mfg.doors import Page
from mfg.ledger import now
from mfg.paper.control_chart import control_chart, says
from mfg.paper.shapes import Drawing
from mfg.quality.shown import by_at
from mfg.release.dossier import fingerprint
from mfg.trending.quality_facts import UNKNOWN, Figure, Part, QualityFacts, kept
from mfg.trending.quality_parts import quality_facts
from mfg.trending.records import quality_review as load_review
from mfg.trending.records import quality_reviews
from mfg.trending.review_api import whole
from mfg.trending.series import series
from mfg.trending.shown import HEADERS, state_cell, table
from mfg.trending.trend import Trend

#: form of a code -> where it is shown
_PLACES = ((r"DEV-\d+", "/deviations/"), (r"CAPA-\d+", "/capa/"), (r"CHG-\d+", "/changes/"), (r"R-\d+", "/results/"),
           (r"CC-\d+", "/controls/"), (r"LOT-\d+", "/lots/"), (r"DEC-\d+", "/decisions/"),
           (r"NK-\d\d-\d{3}-D\d+", "/doses/"), (r"NK-\d\d-\d{3}", "/batches/"))


def linked(text: str) -> Any:
    """A code as a way to its record; anything else as it is."""
    for form, place in _PLACES:
        if re.fullmatch(form, text):
            return {"text": text, "url": f"{place}{text}", "code": True}
    return text


def show_draft(session: Session, **asked: str) -> dict[str, Any]:
    """The review of a period as it is now; of the running year where no period is chosen."""
    today = now().date()
    period = whole(read_period(asked if any(asked.values()) else
                               {"from": today.replace(month=1, day=1).isoformat(), "to": today.isoformat()}))
    return _draft(session, period)


def show_period(session: Session, *, period: str) -> dict[str, Any]:
    """The same of a period that is named as one."""
    return _draft(session, draft_period(period))


def _draft(session: Session, period: Period) -> dict[str, Any]:
    facts = quality_facts(session, period)
    here = f"/product-quality-review/{period.code}"
    shown = _record(facts, lambda one: f"/trends/{one.series.key}/chart.svg{period.asked}")
    shown["sections"].append(_signed(session))
    return shown | {
        "code": "", "title": "Product quality review", "state": "draft, not signed", "verdict": "TODO",
        "about": f"{facts.first} to {facts.last}, both days counted. States are those of now.",
        "pairs": [("Period", f"{facts.first} to {facts.last}", False), ("Facts", fingerprint(facts.hash), False)],
        "filters": period_fields(period), "back": "/trends",
        "actions": [{"url": f"{here}/draft.pdf", "label": "Open the draft as PDF", "danger": False, "main": False},
                    {"url": f"{here}/sign-product-quality-review", "label": "Approve it", "danger": False,
                     "main": True}]}


def _record(facts: QualityFacts, picture: Callable[[Trend], str]) -> dict[str, Any]:
    """Parts and trends as a record page shows them."""
    states = {"title": "Trends", "headers": ["Series", "State", "Numbers", "Earlier values not shown"],
              "rows": [[{"text": one.series.title, "url": f"/trends/{one.series.key}"}, state_cell(one),
                        str(len(one.counted)), str(one.earlier)] for one in facts.trends]}
    return {"sections": [section for one in facts.parts for section in _sections(one)] + [states],
            "drawings": [{"title": one.series.title, "svg_url": picture(one), "headers": list(HEADERS),
                          "alt": says(one.series.title, one.unit, one.points, one.lines), "rows": table(one)}
                         for one in facts.trends if one.values]}


def _sections(part: Part) -> list[dict[str, Any]]:
    figures = {"title": part.title, "headers": ["What", "Number", "Note"], "rows": [_figure(one) for one in
                                                                                  part.figures]}
    if not part.headers:
        return [figures]
    rows = [[linked(cell) for cell in row] for row in part.rows]
    return [figures, {"title": f"{part.title}, one by one", "headers": list(part.headers), "rows": rows,
                      "empty": part.empty}]


def _figure(one: Figure) -> list[Any]:
    number: Any = {"verdict": "CANNOT DETERMINE", "text": one.value} if one.value == UNKNOWN else \
        {"text": one.value, "url": one.url} if one.url else {"text": one.value, "num": True}
    return [one.label, number, one.why]


def _signed(session: Session) -> dict[str, Any]:
    return {"title": "Signed reviews", "headers": ["Review", "Period", "Signed", "Conclusion"],
            "rows": _review_rows(session), "empty": "No product quality review was signed."}


def _review_rows(session: Session) -> list[list[Any]]:
    return [[{"text": row.code, "url": f"/product-quality-reviews/{row.code}", "code": True},
             f"{row.first} to {row.last}", by_at(row.signed_by, row.signed_at), row.conclusion]
            for row in quality_reviews(session)]


def list_reviews(session: Session) -> dict[str, Any]:
    """Every signed review, the newest first."""
    return {"title": "Product quality reviews", "headers": ["Review", "Period", "Signed", "Conclusion"],
            "rows": _review_rows(session), "empty": "No product quality review was signed.",
            "actions": [{"url": "/product-quality-review", "label": "Review a period", "danger": False, "main": True}]}


def show_review(session: Session, *, quality_review: str) -> dict[str, Any]:
    """One signed review: what was signed, not what is so now."""
    row = load_review(session, quality_review)
    facts, here = kept(orjson.loads(row.facts)), f"/product-quality-reviews/{row.code}"
    return _record(facts, lambda one: f"/product-quality-review-pictures/{row.code}.{one.series.key}.svg") | {
        "code": row.code, "title": "Product quality review", "state": "approved", "verdict": "PASS",
        "back": "/product-quality-reviews", "about": row.conclusion,
        "pairs": [("Period", f"{row.first} to {row.last}", False),
                  ("Approved", by_at(row.signed_by, row.signed_at), False), ("Facts", row.facts_hash, False)],
        "actions": [{"url": f"{here}/review.pdf", "label": "Open as PDF", "danger": False, "main": True},
                    {"url": f"{here}/print-record", "label": "Record a print", "danger": False, "main": False}],
        "strip": [{"k": "Product quality review", "v": row.code, "code": True}]}


def review_drawing(session: Session, picture: str) -> Drawing:
    """The picture of a series as a signed review has kept it: `picture` is review and series, PQR-0001.viability."""
    code, _, key = picture.partition(".")
    wanted, facts = series(key), kept(orjson.loads(load_review(session, code).facts))
    one = next(one for one in facts.trends if one.series.key == wanted.key)
    return control_chart(one.series.title, one.unit, one.points, one.lines)


def draft_period(period: str) -> Period:
    """The period of an address, with both its days."""
    return whole(period_of(period))


REVIEW_PAGES = (
    Page("/product-quality-review", show_draft, asks=("from", "to")),
    Page("/product-quality-review/<period>", show_period),
    Page("/product-quality-reviews", list_reviews, "list.html"),
    Page("/product-quality-reviews/<quality_review>", show_review),
)
