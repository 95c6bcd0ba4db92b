"""A product quality review for paper: a draft from the facts of now, a signed one from the facts it has kept."""

from __future__ import annotations

from datetime import datetime

import orjson
from sqlalchemy.orm import Session

from mfg.controls.period import Period
from mfg.paper.quality_review import PartPaper, ReviewPaper, quality_review_pdf
from mfg.paper.record_shape import SignatureLine
from mfg.trail import signatures_of
from mfg.trending.quality_facts import QualityFacts, kept
from mfg.trending.quality_parts import quality_facts
from mfg.trending.records import quality_review
from mfg.trending.shown import on_paper


def draft_pdf(session: Session, period: Period, at: datetime) -> bytes:
    """The review of a period as it would be signed now."""
    facts = quality_facts(session, period)
    return quality_review_pdf(_paper(facts, "", "", (), at))


def review_pdf(session: Session, code: str, at: datetime) -> bytes:
    """A signed review, with what was signed."""
    row = quality_review(session, code)
    facts = kept(orjson.loads(row.facts))
    return quality_review_pdf(_paper(facts, row.code, row.conclusion, _signatures(session, code), at))


def _paper(facts: QualityFacts, code: str, conclusion: str, signatures: tuple[SignatureLine, ...],
           at: datetime) -> ReviewPaper:
    parts = [PartPaper(one.title, [(figure.label, figure.value, figure.why) for figure in one.figures], one.headers,
                       one.rows, one.empty) for one in facts.parts]
    return ReviewPaper(code, f"{facts.first} to {facts.last}", facts.hash, conclusion, parts,
                       [on_paper(one) for one in facts.trends], signatures, f"{at:%Y-%m-%d %H:%M} UTC")


def _signatures(session: Session, code: str) -> tuple[SignatureLine, ...]:
    return tuple(SignatureLine(one["printed_name"], one["role"], one["meaning"], one["on"], one["at"], one["hash"],
                               one["why"] if one["void"] else "") for one in signatures_of(session, code))
