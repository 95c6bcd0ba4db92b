"""The door that signs a product quality review, the one that records its print, and reading reviews."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.controls.period import Period, period_of
from mfg.doors import Door, Pairs, View
from mfg.facts import Refused
from mfg.fields import Body, Words
from mfg.release.dossier import fingerprint
from mfg.trending import acts
from mfg.trending.quality_facts import QualityFacts
from mfg.trending.quality_parts import quality_facts
from mfg.trending.records import QualityReview, quality_reviews
from mfg.trending.records import quality_review as load_review


class SignReview(Body):
    """What quality assurance concludes."""

    conclusion = Words("Conclusion", kind="textarea",
                       hint="Is the process in control? What shall be done about what is not?")


def facts_of(session: Session, period: str) -> QualityFacts:
    """The facts of a period whose both days are in the address."""
    return quality_facts(session, whole(period_of(period)))


def whole(period: Period) -> Period:
    """A period with both its days, or a refusal."""
    if period.first is None or period.last is None:
        raise Refused("A product quality review needs the first and the last day of its period. Choose both.",
                      kind="input")
    return period


def _shows(session: Session, *, period: str) -> Pairs:
    facts = facts_of(session, period)
    told = [(one.title, ", ".join(f"{figure.label} {figure.value}" for figure in one.figures[:3]))
            for one in facts.parts[:-1]]
    out = [one.series.title for one in facts.trends if one.state[0].value == "FAIL"]
    return [("Period", f"{facts.first} to {facts.last}"), *told, ("Trends that fail", ", ".join(out) or "none"),
            ("Facts", fingerprint(facts.hash))]


def _seen(session: Session, *, period: str) -> str:
    return facts_of(session, period).hash


def review_data(row: QualityReview) -> dict[str, Any]:
    """One signed review with its facts."""
    kept = ("code", "first", "last", "facts_hash", "conclusion", "signed_by", "signed_at")
    return {name: plain_data(getattr(row, name)) for name in kept} | {"facts": orjson.loads(row.facts)}


def _read(session: Session, *, period: str) -> dict[str, Any]:
    facts = facts_of(session, period)
    return facts.data | {"facts_hash": facts.hash}


def _read_signed(session: Session, *, quality_review: str) -> dict[str, Any]:
    return review_data(load_review(session, quality_review))


def _list(session: Session) -> list[dict[str, Any]]:
    return [{name: value for name, value in review_data(row).items() if name != "facts"}
            for row in quality_reviews(session)]


REVIEW_DOORS = (
    Door("sign product quality review", "/product-quality-review/<period>", acts.sign_quality_review,
         "Approve the product quality review", "Sign the review", lambda code: f"/product-quality-reviews/{code}",
         body=SignReview, shows=_shows, seen=_seen,
         intro="You approve the figures and trends shown, as they are now, with your conclusion."),
    Door("print record", "/product-quality-reviews/<quality_review>", acts.print_quality_review, "Record a print",
         "Record the print", lambda code: f"/papers/{code}"),
)
REVIEW_VIEWS = (
    View("/product-quality-review/<period>", _read, "The product quality review of a period, as it is now"),
    View("/product-quality-reviews", _list, "Signed product quality reviews"),
    View("/product-quality-reviews/<quality_review>", _read_signed,
         "One signed product quality review with its facts"),
)
