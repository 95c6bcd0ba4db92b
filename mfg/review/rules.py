"""What must be true before a review of a batch record is signed, and the states it has. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Finding, Move, Moves, Verdict, need, passed, rule
from mfg.review.exceptions import RecordException

REVIEW = Moves("review", "begun", frozenset({"signed", "returned"}), (
    Move("assess exception", frozenset({"begun"}), "begun"),
    Move("look at step", frozenset({"begun"}), "begun"),
    Move("sign review", frozenset({"begun"}), "signed"),
    Move("return review", frozenset({"begun"}), "returned"),
))
#: an assessment says something: shorter ones say "ok"
SHORTEST = 10


@dataclass(frozen=True)
class Reviewing:
    """A review about to be signed. `marks` are the keys assessed; `looked` maps drawn steps to "as expected"."""

    review: str
    hash_begun: str
    hash_now: str
    exceptions: tuple[RecordException, ...]
    assessed: frozenset[str]
    minor_read: bool
    drawn: tuple[str, ...]
    looked: dict[str, bool]
    completeness: tuple[Finding, ...]


@rule("REV-01", "The record has not changed since the review began")
def unchanged(f: Reviewing) -> Any:
    """What is signed is what was reviewed: a record changed meanwhile is reviewed again (21 CFR 11.70, 211.192)."""
    ok = f.hash_begun == f.hash_now
    return passed(ok), ("The record is the one the review began with." if ok else
                        f"The record was changed after {f.review} was begun. Return this review and begin another."), \
        f.hash_now[:12], f.hash_begun[:12], (f.review,)


@rule("REV-02", "Every exception is assessed")
def assessed(f: Reviewing) -> Any:
    """Critical and major exceptions are assessed one by one, minor ones at least read (21 CFR 211.192)."""
    grave = [one for one in f.exceptions if one.severity != "minor"]
    left = [one for one in grave if one.key not in f.assessed]
    if left:
        named = "; ".join(f"{one.kind} at {one.on}" for one in left[:5])
        return passed(False), (f"{len(left)} of {len(grave)} critical and major exceptions are not assessed: {named}. "
                               "Assess each of them."), str(len(left)), "0", (f.review,)
    minor = [one for one in f.exceptions if one.severity == "minor" and one.key not in f.assessed]
    ok = not minor or f.minor_read
    return passed(ok), ("Every exception is assessed or read." if ok else
                        f"{len(minor)} minor exceptions are listed. Say that you have read them, or assess them."), \
        str(len(minor)), "", (f.review,)


@rule("REV-03", "The steps drawn were looked at")
def looked_at(f: Reviewing) -> Any:
    """Steps without exception that were drawn at random were looked at and found as expected."""
    left = [code for code in f.drawn if code not in f.looked]
    bad = [code for code in f.drawn if f.looked.get(code) is False]
    if left:
        return Verdict.CANNOT_DETERMINE, f"Not looked at yet: {', '.join(left)}. Open each and say what you found.", \
            str(len(left)), "0", (f.review,)
    return passed(not bad), (f"All {len(f.drawn)} steps drawn were found as expected." if not bad else
                             f"Not as expected: {', '.join(bad)}. Open a deviation and return this review."), \
        str(len(bad)), "0", (f.review,)


@rule("REV-04", "The record is complete")
def complete(f: Reviewing) -> Any:
    """Every point of 21 CFR 211.188 is met; one that cannot be determined is explained by the reviewer."""
    points: tuple[Finding, ...] = need(f.completeness, "The completeness of the record was not checked.")
    failed = [one for one in points if one.verdict is Verdict.FAIL]
    if failed:
        return Verdict.FAIL, " ".join(f"{one.rule}: {one.why}" for one in failed), str(len(failed)), "0", (f.review,)
    unknown = [one.rule for one in points if one.verdict is not Verdict.PASS and one.rule not in f.assessed]
    if unknown:
        return Verdict.CANNOT_DETERMINE, (f"Cannot be determined and not explained: {', '.join(unknown)}. Assess each "
                                          "point: say why it is not needed here."), str(len(unknown)), "0", (f.review,)
    return Verdict.PASS, f"All {len(points)} points are met or explained."


SIGN = (unchanged, assessed, looked_at, complete)


@dataclass(frozen=True)
class Looking:
    """A step a reviewer says to have looked at."""

    step: str
    drawn: tuple[str, ...]


@rule("REV-05", "The step is one of those drawn")
def was_drawn(f: Looking) -> Any:
    """Which steps without exception are looked at is drawn, not chosen."""
    ok = f.step in f.drawn
    return passed(ok), (f"{f.step} was drawn." if ok else
                        f"{f.step} was not drawn for this review. These were: {', '.join(f.drawn)}.")


LOOK = (was_drawn,)


@dataclass(frozen=True)
class Beginning:
    """A review about to be begun, and the one of the same stage that is under way."""

    batch: str
    under_way: str | None
    begun_by: str


@rule("REV-06", "One review of the same is under way at a time")
def one_at_a_time(f: Beginning) -> Any:
    """Who begins a review draws the steps once: another drawing comes only after the review was returned, signed and
    with its reason, so that nobody draws until the steps are convenient."""
    ok = f.under_way is None
    return passed(ok), ("No other is under way." if ok else
                        f"{f.under_way} of the same is under way, begun by {f.begun_by}. Sign or return it first.")


@dataclass(frozen=True)
class Working:
    """Somebody about to assess, look or sign in a review."""

    review: str
    begun_by: str
    by: str


@rule("REV-07", "Who began a review does and signs it")
def own_review(f: Working) -> Any:
    """The statement says what the signer looked at and assessed, so nobody signs for what another did (21 CFR 11.100,
    11.200(a)(2)). Another person returns it and begins their own."""
    ok = f.begun_by == f.by
    return passed(ok), ("Of the same person." if ok else
                        f"{f.review} was begun by {f.begun_by}. They go on with it, or return it and begin your own.")


BEGIN = (one_at_a_time,)
OWN = (own_review,)
