"""The states of a change, what must be true at each of them, and whether a change covers a document. Pure.

Working days are Monday to Friday, counted in UTC; public holidays are not known here and count as working days,
so that a deadline is never later than it should be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, rule

CHANGE = Moves("change", "requested", frozenset({"closed", "rejected"}), (
    Move("assess change", frozenset({"requested"}), "impact assessed"),
    Move("cover document", frozenset({"requested", "impact assessed"}), "requested"),
    Move("approve change", frozenset({"impact assessed"}), "approved"),
    Move("approve emergency change", frozenset({"requested"}), "approved"),
    Move("reject change", frozenset({"requested", "impact assessed", "approved"}), "rejected"),
    Move("implement change", frozenset({"approved"}), "implemented"),
    Move("review emergency change", frozenset({"approved"}), "approved"),
    Move("review emergency change", frozenset({"implemented"}), "implemented"),
    Move("review emergency change", frozenset({"verified"}), "verified"),
    Move("verify change", frozenset({"implemented"}), "verified"),
    Move("close change", frozenset({"verified"}), "closed"),
))
#: what a change may touch, each answered yes or no with its reason (domain dossier 8.1)
AREAS = ("validation", "regulatory", "training", "documents", "ethics")
#: states in which a change lets its documents become effective
IN_FORCE = ("approved", "implemented", "verified")
#: working days after an emergency approval by whose end it is reviewed
REVIEW_WITHIN = 5
SHORTEST = 10


def review_due(approved_at: datetime) -> datetime:
    """The end of the fifth working day after an emergency approval; from this moment on it is overdue. UTC.

    >>> review_due(datetime(2026, 11, 20, 17, tzinfo=UTC)).isoformat()  # a Friday: overdue after Friday next week
    '2026-11-28T00:00:00+00:00'
    """
    day, left = approved_at.astimezone(UTC).date(), REVIEW_WITHIN
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return datetime.combine(day + timedelta(days=1), time(0), UTC)


@dataclass(frozen=True)
class ChangeFacts:
    """A change that is said to cover a document. `state` None: there is no such change."""

    change: str
    document: str
    state: str | None
    documents: tuple[str, ...] = ()


@rule("CHG-01", "The change exists")
def change_exists(f: ChangeFacts) -> Any:
    """What becomes effective names a change on record (ICH Q10 3.2.3; domain dossier 8.1)."""
    need(f.change, f"No change is named for {f.document}. Request one, and name it.")
    ok = f.state is not None
    return passed(ok), f"{f.change} is on record." if ok else f"There is no change “{f.change}”."


@rule("CHG-02", "The change is approved, and neither closed nor rejected")
def change_in_force(f: ChangeFacts) -> Any:
    """Nothing becomes effective on a change that is not approved yet, was rejected, or is closed
    (domain dossier 8.1)."""
    state = need(f.state, f"There is no change “{f.change}”, so none is approved.")
    ok = state in IN_FORCE
    return passed(ok), (f"{f.change} is {state}." if ok else
                        f"{f.change} is {state}; one that is approved was expected."), state, "approved"


@rule("CHG-03", "The change covers this document")
def change_covers(f: ChangeFacts) -> Any:
    """A change lets only those documents become effective that it lists, each by its code and version."""
    need(f.state, f"There is no change “{f.change}”, so it covers nothing.")
    ok = f.document in f.documents
    return passed(ok), (f"{f.change} covers {f.document}." if ok else
                        f"{f.change} covers {', '.join(f.documents) or 'no document'}, and not {f.document}."), \
        f.document, ", ".join(f.documents)


@dataclass(frozen=True)
class Assessing:
    """The answer for every area: True, False, or None where nobody said; and its reason."""

    change: str
    affected: dict[str, bool | None]
    why: dict[str, str]


@rule("CHG-04", "Every area is answered yes or no, with its reason")
def areas_answered(f: Assessing) -> Any:
    """Validation, regulatory, training, documents and ethics are each answered yes or no, with a reason; blank is
    not no (domain dossier 8.1)."""
    unknown = [area for area in AREAS if f.affected.get(area) is None or not f.why.get(area, "").strip()]
    need(None if unknown else True, f"Not answered for {f.change}: {', '.join(unknown)}. Say yes or no, and why.")
    yes = [area for area in AREAS if f.affected[area]]
    return Verdict.PASS, f"Affected: {', '.join(yes) or 'none of the five areas'}."


@dataclass(frozen=True)
class Approving:
    """A change about to be approved."""

    change: str
    requested_by: str
    approved_by: str
    emergency: bool
    documents: tuple[str, ...]


@rule("CHG-05", "A change is approved by another than who requested it")
def approved_by_another(f: Approving) -> Any:
    """Nobody approves a change of their own (21 CFR 211.22; domain dossier 7.2, exclusion 3)."""
    ok = need(f.approved_by, "It is not known who approves.") != f.requested_by
    return passed(ok), "Requested and approved by two people." if ok else f"{f.requested_by} requested {f.change}."


@rule("CHG-06", "Only an emergency is approved before it is assessed")
def emergency_only(f: Approving) -> Any:
    """Approval without assessment is for a change that was requested as an emergency, and it is reviewed
    afterwards (domain dossier 8.1)."""
    return passed(f.emergency), ("Requested as an emergency." if f.emergency else
                                 f"{f.change} was not requested as an emergency. Assess its impact first.")


@dataclass(frozen=True)
class ClosingChange:
    """A change about to be verified or closed. `done_by` implemented it, `by` looks at it now."""

    change: str
    done_by: str
    by: str
    emergency: bool
    reviewed_by: str | None
    approved_by: str
    told: str


@rule("CHG-07", "A change is verified by another than who implemented it")
def verified_by_another(f: ClosingChange) -> Any:
    """Who implemented a change neither verifies nor closes it (EU GMP chapter 1, 1.4 xii to xiii)."""
    ok = need(f.by, "It is not known who verifies.") != need(f.done_by, f"{f.change} is not implemented.")
    return passed(ok), "Implemented and verified by two people." if ok else f"{f.by} implemented {f.change}."


@rule("CHG-08", "An emergency change is reviewed before it is closed")
def emergency_reviewed(f: ClosingChange) -> Any:
    """An emergency change is closed only after its impact was assessed in retrospect by another person than the one
    who approved it; due at the end of the fifth working day (domain dossier 8.1)."""
    if not f.emergency:
        return Verdict.PASS, "Assessed before it was approved."
    by = need(f.reviewed_by, f"The emergency change {f.change} is not reviewed yet. Quality assurance reviews it.")
    return passed(by != f.approved_by), ("Reviewed in retrospect by another person." if by != f.approved_by else
                                         f"{by} approved {f.change} and reviewed it too.")


@dataclass(frozen=True)
class Reviewing:
    """An emergency change about to be reviewed in retrospect."""

    change: str
    emergency: bool
    approved_by: str
    reviewed_by: str


@rule("CHG-09", "An emergency is reviewed by another than who approved it")
def reviewed_by_another(f: Reviewing) -> Any:
    """Only an emergency change is reviewed in retrospect, by another person than the one who approved it."""
    if not f.emergency:
        return Verdict.FAIL, f"{f.change} is no emergency; its impact was assessed before it was approved."
    ok = need(f.reviewed_by, "It is not known who reviews.") != f.approved_by
    return passed(ok), "Approved and reviewed by two people." if ok else f"{f.approved_by} approved {f.change}."


@rule("CHG-10", "What was done and what was seen is written")
def told_in_words(f: ClosingChange) -> Any:
    """A change is verified and closed with a sentence on what was seen, not with a tick."""
    text = need(f.told.strip() or None, f"Nothing is written about {f.change}. Say what was seen.")
    return passed(len(text) >= SHORTEST), "Written." if len(text) >= SHORTEST else f"“{text}” is too short."


CHANGE_COVERS = (change_exists, change_in_force, change_covers)
ASSESS = (areas_answered,)
APPROVE = (approved_by_another,)
APPROVE_EMERGENCY = (approved_by_another, emergency_only)
REVIEW = (reviewed_by_another,)
VERIFY = (verified_by_another, told_in_words)
CLOSE_CHANGE = (verified_by_another, emergency_reviewed, told_in_words)
