"""Who may work on what: qualified on the day the work was done, for the version that counted then. Pure.

A qualification is judged at the moment of the work, never at the moment somebody looks. How people become
qualified is in `teaching_rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mfg.facts import Missing, Move, Moves, Verdict, passed, rule

#: What is expired is still “qualified” here: expiry follows from the date that is asked about.
MOVES = Moves("training", "assigned", frozenset({"failed", "withdrawn", "superseded"}), (
    Move("complete training", frozenset({"assigned"}), "done"),
    Move("confirm training", frozenset({"done"}), "qualified"),
    Move("fail training", frozenset({"done"}), "failed"),
    Move("withdraw qualification", frozenset({"assigned", "done", "qualified"}), "withdrawn"),
    Move("supersede", frozenset({"assigned", "done"}), "superseded"),
))


@dataclass(frozen=True)
class Held:
    """One qualification of a person, past or present. All times in UTC."""

    #: TRN-0001
    code: str
    #: the version it is for, such as SOP-101/2; empty for a general item
    version: str
    #: the moment the trainer signed
    valid_from: datetime
    #: its last day counts whole; None: until a new version or a withdrawal
    valid_until: datetime | None = None
    #: when it was withdrawn
    ended_at: datetime | None = None

    def valid(self, at: datetime) -> bool:
        """Was it valid at that moment?"""
        in_time = self.valid_until is None or _day(at) <= _day(self.valid_until)
        return self.valid_from <= at and in_time and (self.ended_at is None or at < self.ended_at)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


@dataclass(frozen=True)
class Trainer:
    """Somebody who signed, before the work, that they supervise it, and what they were qualified for."""

    person: str
    held: tuple[Held, ...]


@dataclass(frozen=True)
class Item:
    """One thing the work asks for, as it stood for one person at the moment of the work."""

    #: as the master record names it: SOP-101, SOP-101/2, GOWNING
    asked: str
    #: the item on record; None: there is none under that name
    item: str | None
    title: str = ""
    #: False for general items, which have no versions
    procedure: bool = False
    #: the version that counted at that moment; None: no version was effective
    version: str | None = None
    #: every qualification of the person for this item, whatever its dates
    held: tuple[Held, ...] = ()
    #: the task for that very version that was open at that moment
    task: str | None = None
    #: who signed to supervise this step
    trainers: tuple[Trainer, ...] = ()

    def covers(self, held: Iterable[Held], at: datetime, *, version: bool = True) -> Held | None:
        """The qualification that counted at that moment; with `version`, for the version that counted."""
        fits = [one for one in held if one.valid(at) and
                (not (version and self.procedure) or one.version == self.version)]
        return fits[-1] if fits else None

    def in_training(self, at: datetime) -> str | None:
        """The qualified trainer under whom a person with an open task worked."""
        found = [one.person for one in self.trainers if self.covers(one.held, at)] if self.task else []
        return found[0] if found else None


@dataclass(frozen=True)
class Qualification:
    """What one person was qualified for at the moment of the work."""

    person: str
    at: datetime
    items: tuple[Item, ...]


Answer = tuple[Verdict, str]


def _of_all(f: Qualification, answer: Callable[[Qualification, Item], Answer], nothing: str) -> Any:
    """One answer for all items: the worst verdict, and every sentence that is not a PASS."""
    answers = [(one, *answer(f, one)) for one in f.items]
    worst = next((verdict for verdict in (Verdict.FAIL, Verdict.CANNOT_DETERMINE)
                  if any(verdict is given for _, given, _ in answers)), Verdict.PASS)
    told = [why for _, given, why in answers if given is worst or given is not Verdict.PASS]
    sources = tuple(code for one in f.items for code in [held.code for held in one.held])
    return worst, " ".join(told) or nothing, None, ", ".join(one.asked for one in f.items) or None, sources


def _on(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@rule("TRN-01", "Qualified at the moment of the work")
def qualified_then(f: Qualification) -> Any:
    """Whoever does the work holds, at the moment it is done, a valid qualification for every item it asks for,
    or works under a qualified trainer who signed for it before (21 CFR 211.25(a); EU GMP 2.10, 2.11)."""
    return _of_all(f, _valid_then, "This work asks for no training.")


def _valid_then(f: Qualification, one: Item) -> Answer:
    if one.item is None:
        return Verdict.CANNOT_DETERMINE, f"Nothing is on record under “{one.asked}”."
    held = one.covers(one.held, f.at, version=False)
    if held:
        last = f", last day {_day(held.valid_until)}" if held.valid_until else ""
        return Verdict.PASS, f"{f.person} was qualified for {one.asked} on {_day(f.at)} ({held.code}{last})."
    if trainer := one.in_training(f.at):
        return Verdict.PASS, f"{f.person} was in training for {one.asked} under {trainer}."
    return Verdict.FAIL, f"{f.person} was not qualified for {_named(one)} on {_on(f.at)}: {_why_not(one, f.at)}"


def _named(one: Item) -> str:
    return f"{one.asked} ({one.title})" if one.title and one.title != one.asked else one.asked


def _why_not(one: Item, at: datetime) -> str:
    """What came nearest: withdrawn, expired, not yet, or never."""
    if not one.held:
        return "no training is on record. Assign it, and let a qualified trainer confirm it."
    last = one.held[-1]
    if at < last.valid_from and not any(held.valid_from <= at for held in one.held):
        return f"{last.code} counts only from {_on(last.valid_from)}."
    before = [held for held in one.held if held.valid_from <= at][-1]
    if before.ended_at and before.ended_at <= at:
        return f"{before.code} was withdrawn on {_on(before.ended_at)}."
    return f"{before.code} expired after {_day(before.valid_until or at)}. It has to be renewed."


@rule("TRN-02", "Qualified for the version that counts")
def for_the_version(f: Qualification) -> Any:
    """A qualification for a procedure counts for the version that was effective at the moment of the work, or for
    the very version the work names; there is no time of grace (21 CFR 211.25(a); EU GMP 4.3, PIC/S PI 041-1)."""
    return _of_all(f, _version_then, "This work asks for no procedure.")


def _version_then(f: Qualification, one: Item) -> Answer:
    if one.item is None or not one.procedure:
        return Verdict.PASS, f"{one.asked} has no versions." if one.item else f"“{one.asked}”: see TRN-03."
    if one.version is None:
        return Verdict.CANNOT_DETERMINE, f"No version of {one.asked} was effective on {_on(f.at)}."
    if one.covers(one.held, f.at):
        return Verdict.PASS, f"{f.person} was qualified for {one.version}."
    if trainer := one.in_training(f.at):
        return Verdict.PASS, f"{f.person} was in training for {one.version} under {trainer}."
    other = one.covers(one.held, f.at, version=False)
    known = f"only for {other.version} ({other.code})" if other else "for no version of it"
    return Verdict.FAIL, (f"{one.version} counted on {_on(f.at)}; {f.person} was qualified {known}. Train and confirm "
                          f"{one.version} first.")


@rule("TRN-03", "What is asked for is on record")
def on_record(f: Qualification) -> Any:
    """Every procedure and training item that the work names is on record here; of an unknown one nobody can say
    who is qualified (21 CFR 211.100(a))."""
    unknown = [one.asked for one in f.items if one.item is None]
    if unknown:
        raise Missing(f"Nothing is on record under {', '.join(f'“{name}”' for name in unknown)}. QA drafts the "
                      "procedure, or defines the training item, under that name.")
    return passed(True), "Everything the work names is on record.", None, \
        ", ".join(one.asked for one in f.items) or None


QUALIFIED = (qualified_then, for_the_version, on_record)
