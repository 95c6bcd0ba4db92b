"""A recall of a dose: every bag is asked for and answered for, until none is left. Pure.

A recalled bag is returned, destroyed, infused, or cannot be found; the last is an answer that opens a deviation and
never the end of looking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, rule

RECALL = Moves("recall", "open", frozenset({"closed"}), (
    Move("answer recall", frozenset({"open"}), "open"),
    Move("close recall", frozenset({"open"}), "closed"),
))
ANSWERS = ("returned", "destroyed", "infused", "cannot be found")
_ASKED = frozenset({"asked", "cannot be found"})
#: what each answer makes of a recalled bag; the answer is the verb
RECALLED = Moves("recalled bag", "asked", frozenset({"returned", "destroyed", "infused"}), (
    Move("returned", _ASKED, "returned"),
    Move("destroyed", _ASKED, "destroyed"),
    Move("infused", _ASKED, "infused"),
    Move("cannot be found", frozenset({"asked"}), "cannot be found"),
))


@dataclass(frozen=True)
class Beginning:
    """A recall about to begin."""

    dose: str
    bags: tuple[str, ...]
    #: a recall of it that is not closed
    running: str | None


@rule("RCL-01", "There is something to recall, and it is recalled once")
def can_begin(f: Beginning) -> Any:
    """A dose that has bags is recalled once at a time; what is found later is answered within that recall."""
    need(f.bags, f"{f.dose} was never filled; there is no bag to recall.")
    ok = f.running is None
    return passed(ok), (f"{len(f.bags)} bag(s) of {f.dose}." if ok else
                        f"{f.dose} is recalled already in {f.running}. Answer there."), None, None, f.bags


@dataclass(frozen=True)
class Answering:
    """An answer about one bag."""

    bag: str
    answer: str
    by: str
    roles: frozenset[str]
    #: who holds it by the records; empty where that is a courier, a place, or not known
    holder: str
    words: str
    happened_at: datetime
    at: datetime


@rule("RCL-02", "Who holds the bag answers for it")
def holder_answers(f: Answering) -> Any:
    """The holder of a bag answers for it, or quality assurance for a holder without an account; a bag counts as
    returned only when quality assurance itself has it (domain dossier 4.4, rule 4; 21 CFR 211.150(b))."""
    quality = "qa" in f.roles
    if f.answer == "returned":
        ok = quality and f.holder in ("", f.by)
        return passed(ok), (f"{f.bag} is back with quality assurance." if ok else
                            f"{f.bag} is with {f.holder or 'nobody by the records'}. Hand it over to quality "
                            "assurance, who then answers that it is returned.")
    ok = quality or f.holder in ("", f.by)
    return passed(ok), ("It is answered for by who may." if ok else
                        f"{f.bag} is held by {f.holder} by the records; they answer for it, or quality assurance does.")


@rule("RCL-03", "An answer says what happened, and when")
def says_what_happened(f: Answering) -> Any:
    """What became of a bag is said in words, with the time it happened, which has come (ALCOA)."""
    need(f.words.strip(), f"Say in a sentence what became of {f.bag}, and who saw it by role.")
    ok = f.happened_at <= f.at
    return passed(ok), ("It says what happened." if ok else
                        f"{f.happened_at:%Y-%m-%d %H:%M} UTC has not come yet. Enter when it happened.")


@dataclass(frozen=True)
class Reconciling:
    """A recall about to be closed: (bag, answer or “asked”), and deviations of lost bags that are not ended."""

    recall: str
    bags: tuple[tuple[str, str], ...]
    open_deviations: tuple[str, ...] = ()


@rule("RCL-04", "A recall is reconciled to zero")
def reconciled(f: Reconciling) -> Any:
    """Every recalled bag is accounted for before the recall is closed: none is unanswered, and for one that cannot be
    found the deviation is investigated and closed (21 CFR 211.150(b), 211.192)."""
    need(f.bags, f"No bag is known in {f.recall}.")
    left = [bag for bag, answer in f.bags if answer == "asked"]
    lost = [bag for bag, answer in f.bags if answer == "cannot be found"]
    if left:
        return Verdict.FAIL, f"{len(left)} of {len(f.bags)} bags unanswered: {', '.join(left)}.", str(len(left)), "0", \
            tuple(left)
    if f.open_deviations:
        return Verdict.FAIL, f"{', '.join(lost)} cannot be found, and {', '.join(f.open_deviations)} is not closed.", \
            str(len(lost)), "0", f.open_deviations
    return Verdict.PASS, f"{len(f.bags)} bags, all answered for.", "0", "0", tuple(bag for bag, _ in f.bags)


BEGIN = (can_begin,)
ANSWER = (holder_answers, says_what_happened)
CLOSE = (reconciled,)
