"""How people become qualified: trained, then confirmed by somebody who is qualified. Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mfg.facts import need, passed, rule
from mfg.training.rules import Held, Item


def last_day(held: datetime, months: int | None) -> datetime | None:
    """The last day of a qualification, to its last second in UTC: the same day of the month, `months` on, or the
    last of a shorter month. None when it has no end."""
    if months is None:
        return None
    day = held.astimezone(UTC)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = min(day.day, monthrange(year, month + 1)[1])
    return day.replace(year=year, month=month + 1, day=last, hour=23, minute=59, second=59, microsecond=0)


@dataclass(frozen=True)
class Teaching:
    """A trainer about to confirm, fail or supervise somebody."""

    trainer: str
    trainee: str
    #: the item as it stands for the trainer, with the version that is taught
    item: Item
    at: datetime
    #: does the trainer belong to quality assurance?
    qa: bool
    #: is anybody at all qualified for that version now?
    anybody: bool
    #: when the training was held; None where that is not the question
    trained_at: datetime | None = None
    #: its last day, from the training and the validity of the item; None: no end
    valid_until: datetime | None = None
    #: has the item to be assessed, and what was the result?
    assessed: bool = False
    result: str = ""

    @property
    def held(self) -> Held | None:
        """The qualification by which the trainer teaches."""
        return self.item.covers(self.item.held, self.at)


@rule("TRN-04", "The trainer is qualified")
def trainer_qualified(f: Teaching) -> Any:
    """Who confirms or supervises training holds a valid qualification for the same version; only where nobody holds
    one yet, quality assurance confirms the first (EU GMP 2.10; 21 CFR 211.25(b))."""
    what = f.item.version or f.item.asked
    if f.held:
        return passed(True), f"{f.trainer} is qualified for {what}.", None, what, (f.held.code,)
    ok = f.qa and not f.anybody
    why = (f"Nobody is qualified for {what} yet; {f.trainer} of quality assurance confirms the first." if ok else
           f"{f.trainer} is not qualified for {what}. Somebody who is has to do this" +
           ("." if f.anybody else ", or quality assurance, because nobody is yet."))
    return passed(ok), why, None, what


@rule("TRN-05", "Trainer and trainee are two people")
def two_people(f: Teaching) -> Any:
    """Nobody confirms, supervises or records their own training (exclusion list, performer and verifier)."""
    ok = need(f.trainer, "It is not known who teaches.") != need(f.trainee, "It is not known who learns.")
    return passed(ok), ("Two people." if ok else
                        f"{f.trainer} cannot teach themselves. Another person has to sign this.")


@rule("TRN-06", "Training was held, and lately enough")
def held_lately(f: Teaching) -> Any:
    """Training that is confirmed was held before, and not so long ago that it would have expired already."""
    held = need(f.trained_at, "It is not known when the training was held.")
    if held > f.at:
        return passed(False), (f"The training is said to have been held at {held:%Y-%m-%d %H:%M} UTC, which is still "
                               "to come. Enter when it was.")
    gone = f.valid_until is not None and f.valid_until.date() < f.at.date()
    return passed(not gone), (f"The training of {held:%Y-%m-%d} would have expired after {f.valid_until:%Y-%m-%d}. "
                              "Repeat it." if gone else f"Held on {held:%Y-%m-%d}.")


@rule("TRN-07", "What has to be assessed was assessed")
def was_assessed(f: Teaching) -> Any:
    """An item that has to be assessed is confirmed only with the result of the assessment (EU GMP 2.11)."""
    if not f.assessed:
        return passed(True), "No assessment is asked for."
    need(f.result.strip() or None, f"{f.item.asked} has to be assessed. Write down what was assessed and the result.")
    return passed(True), f.result


@dataclass(frozen=True)
class Completing:
    """Somebody about to sign that they have been trained."""

    code: str
    trainee: str
    by: str
    trained_at: datetime
    at: datetime


@rule("TRN-08", "Trainees sign for themselves")
def signs_for_oneself(f: Completing) -> Any:
    """That somebody was trained and understood is signed by that person alone (21 CFR 11.200(a)(2))."""
    ok = f.by == need(f.trainee, f"It is not known whose training {f.code} is.")
    return passed(ok), (f"{f.code} is their own training." if ok else
                        f"{f.code} is the training of {f.trainee}. Only they can sign that they understood.")


@rule("TRN-09", "Training that is signed for has taken place")
def took_place(f: Completing) -> Any:
    """A training is signed for after it was held, never before."""
    ok = f.trained_at <= f.at
    return passed(ok), (f"Held on {f.trained_at:%Y-%m-%d %H:%M} UTC." if ok else
                        f"{f.trained_at:%Y-%m-%d %H:%M} UTC is still to come. Sign after the training.")


@dataclass(frozen=True)
class Assigning:
    """A task about to be given."""

    person: str
    active: bool
    what: str
    #: the open task of that person for the same thing
    already: str | None


@rule("TRN-10", "One open task for one thing")
def no_second_task(f: Assigning) -> Any:
    """A person with an account has one open task at most for one version of one thing."""
    if not f.active:
        return passed(False), f"There is no active account “{f.person}”. Choose a person from the list of people."
    return passed(f.already is None), (f"{f.person} has no open task for {f.what}." if f.already is None else
                                       f"{f.person} has an open task for {f.what} already: {f.already}.")


@dataclass(frozen=True)
class Supervising:
    """A trainer about to sign that they supervise a step."""

    trainer: str
    trainee: str
    step: str
    #: history knows the batch of the step
    batch_known: bool
    #: what the trainee is in training for, by asked name
    learning: tuple[str, ...]
    #: those of them the trainer is qualified for
    teaches: tuple[str, ...]


@rule("TRN-11", "There is something to supervise")
def something_to_learn(f: Supervising) -> Any:
    """A trainer supervises a step of a batch on record, for a trainee with an open task that the trainer is
    qualified to teach; never themselves (EU GMP 2.10)."""
    if not f.batch_known:
        return passed(False), f"“{f.step}” is not a step of a batch on record. Open the step and sign there."
    if f.trainer == f.trainee:
        return passed(False), f"{f.trainer} cannot supervise themselves. Another person has to sign this."
    learning = need(f.learning, f"{f.trainee} has no open training task. Assign it first, then supervise.")
    return passed(bool(f.teaches)), (
        f"{f.trainer} is qualified to teach {', '.join(f.teaches)}." if f.teaches else
        f"{f.trainer} is qualified for nothing that {f.trainee} is learning: {', '.join(learning)}.")


COMPLETED = (signs_for_oneself, took_place)
CONFIRMED = (trainer_qualified, two_people, held_lately, was_assessed)
FAILED = (trainer_qualified, two_people)
ASSIGNED = (no_second_task,)
SUPERVISED = (something_to_learn,)


@dataclass(frozen=True)
class Earlier:
    """Qualifications about to be recorded that existed on paper before."""

    person: str
    active: bool
    by: str
    trained_at: datetime
    at: datetime
    evidence: str
    #: its last day as the paper says; None: as the item says
    valid_until: datetime | None
    #: names among those given that are not on record, or have no effective version
    unknown: tuple[str, ...]


@rule("TRN-12", "Earlier training is somebody else's, has evidence, and is of what is on record")
def earlier_is_proved(f: Earlier) -> Any:
    """Qualifications from before this system are recorded by quality assurance for another person, name the paper
    that proves them, lie in the past and are of items on record (21 CFR 211.25(a), 11.10(i))."""
    need(f.evidence.strip() or None, "No evidence is named. Say where the paper record is kept.")
    if f.unknown:
        names = ", ".join(f"“{name}”" for name in f.unknown)
        return passed(False), f"Not on record, or without an effective version: {names}. Make them first."
    wrong = [why for stops, why in (
        (not f.active, f"There is no active account “{f.person}”."),
        (f.person == f.by, "Nobody records their own earlier training. Another person of quality assurance has to."),
        (f.trained_at > f.at, f"{f.trained_at:%Y-%m-%d %H:%M} UTC is still to come; earlier training is past."),
        (f.valid_until is not None and f.valid_until < f.trained_at, "Its last day lies before the training itself."),
    ) if stops]
    return passed(not wrong), " ".join(wrong) or f"Proved by {f.evidence}."


EARLIER = (earlier_is_proved,)
