"""What release asks of the batch record itself: that it was reviewed, and is still the one that was. Pure."""

from __future__ import annotations

from typing import Any

from mfg.facts import need, passed, rule
from mfg.release.dossier import Deciding


@rule("REL-24", "The batch record was reviewed by exception")
def record_reviewed(f: Deciding) -> Any:
    """Quality has reviewed the batch record up to this dose and signed what was covered; a record changed since is
    reviewed again (21 CFR 211.22(a), 211.192; 11.70)."""
    review = need(f.dossier.review, f"Nobody has signed a review of the batch record that covers {f.dossier.dose}. "
                                    "Quality assurance reviews it by exception.")
    ok = review.reviewed_hash == review.hash_now
    return passed(ok), (f"{review.code} covers the record as it is, signed {review.signed_at:%Y-%m-%d %H:%M} UTC."
                        if ok else f"The record was changed after {review.code} was signed, so that review is void. "
                                   "Quality assurance reviews the record again."), \
        review.hash_now[:12], review.reviewed_hash[:12], (review.code,)


RECORD = (record_reviewed,)
