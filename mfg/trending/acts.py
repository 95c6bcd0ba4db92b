"""What is done with product quality reviews: signing one. Printing it is recorded as for every other paper."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.controls.period import period_of
from mfg.db import look, next_code
from mfg.facts import judge, refuse_unless
from mfg.labelling.acts import print_record
from mfg.ledger import Who, act, now
from mfg.trending.paper import review_pdf
from mfg.trending.quality_parts import quality_facts
from mfg.trending.records import QualityReview
from mfg.trending.rules import SAME, SIGN, Seen, Signing


def sign_quality_review(session: Session, who: Who, *, period: str, conclusion: str, seen: str | None = None) -> str:
    """Sign the review of a period: its facts are kept as they were shown, and hashed. Returns PQR-0001."""
    with act(session, "sign product quality review", on=period[:80], **who.how) as doing:
        whole = period_of(period)
        refuse_unless(judge(SIGN, Signing(whole.first, whole.last, whole.ends, conclusion, doing.at)))
        facts = quality_facts(session, whole)
        refuse_unless(judge(SAME, Seen(seen, facts.hash)))
        code = next_code(session, QualityReview, "PQR", 4)
        session.add(QualityReview(code=code, first=facts.first, last=facts.last, facts=facts.bytes.decode(),
                                  facts_hash=facts.hash, conclusion=conclusion, signed_by=doing.by.code,
                                  signed_at=doing.at))
        doing.on = doing.within = doing.result = code
        doing.signs({"review": code, "first": facts.first, "last": facts.last, "facts": facts.hash,
                     "conclusion": conclusion})
    return doing.result


def print_quality_review(session: Session, who: Who, *, quality_review: str) -> str:
    """Record that a signed review left on paper. Returns the paper's code."""
    with look(session.get_bind().engine) as reading:
        pdf = review_pdf(reading, quality_review, now())
    return print_record(session, who, on_code=quality_review, within=quality_review,
                        kind="product quality review", pdf=pdf)
