"""The states of a sample after it is drawn, and what must be true at each of its events. Pure.

That it is drawn at all is asked at its step: `mfg.batches.sample_rules`. Something wrong with a sample that has arrived
is kept, and opens a deviation with it; something else than the sample stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mfg.batches.rules import LATE
from mfg.facts import Limits, Move, Moves, Verdict, need, passed, plain, rule
from mfg.recipes.master import Sampled

_TESTABLE = frozenset({"received", "in testing", "reported", "taken out"})
SAMPLE = Moves("sample", "taken", frozenset({"disposed"}), (
    Move("send sample", frozenset({"taken"}), "in transit"),
    Move("receive sample", frozenset({"taken", "in transit"}), "received"),
    Move("refuse sample", frozenset({"taken", "in transit"}), "refused"),
    Move("record result", _TESTABLE, "in testing"),
    Move("read sterility", _TESTABLE, "in testing"),
    Move("review result", frozenset({"in testing"}), "reported"),
    Move("store retain", frozenset({"received", "reported", "taken out"}), "retained"),
    Move("inspect retain", frozenset({"retained"}), "retained"),
    Move("remove retain", frozenset({"retained"}), "taken out"),
    Move("dispose sample", frozenset({"received", "reported", "refused", "retained", "taken out"}), "to be witnessed"),
    Move("witness disposal", frozenset({"to be witnessed"}), "disposed"),
))
#: what an event is called, by the verb that makes it
KIND = {"send sample": "sent", "receive sample": "received", "refuse sample": "refused", "store retain": "stored",
        "inspect retain": "inspected", "remove retain": "removed", "dispose sample": "disposed of",
        "witness disposal": "witnessed"}
EVENTS = tuple(KIND.values())
_AFTER = {KIND[move.verb]: move.after for move in SAMPLE.moves if move.verb in KIND}
CONDITIONS = ("intact", "leaking", "broken", "other")
SEALS = ("intact", "broken", "none")
GONE = frozenset({"to be witnessed", "disposed"})


def standing(events: Sequence[str], *, begun: bool, answered: bool, received_here: bool = True) -> str:
    """The state of a sample after these events. `begun`: something was measured of it; `answered`: all of it is
    reviewed; `received_here`: it is tested only once the laboratory has received it.

    >>> standing(["sent", "received"], begun=True, answered=False)
    'in testing'
    """
    state = SAMPLE.start
    for one in events:
        state = _AFTER[one]
    if begun and state in (("received", "taken out") if received_here else ("received", "taken out", "taken")):
        return "reported" if answered else "in testing"
    return state


# --- drawing for the plan -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """A sample about to be drawn for the plan, and the ones drawn for it before."""

    spec: Sampled
    step: str
    batch: str
    container: str
    container_kind: str
    container_batch: str | None
    #: samples that stand for the same dose and fill, or for the batch: neither refused nor of an earlier fill
    standing: tuple[str, ...] = ()
    #: it was explained why none was drawn, after the present fill
    explained: bool = False


@rule("SMP-04", "The sample is the one the plan wants")
def as_planned(f: Wanted) -> Any:
    """A sample of the plan is drawn in its own batch, from the kind of container the master record names, once; a
    further one takes the place of one that was refused (21 CFR 211.160(b)(2))."""
    if f.container_batch != f.batch:
        return Verdict.FAIL, (f"{f.container} is of {f.container_batch or 'no batch'}; the plan at {f.step} is of "
                              f"{f.batch}. Scan a container of this batch.")
    if f.container_kind != f.spec.container_kind:
        return Verdict.FAIL, (f"{f.container} is a {f.container_kind}; {f.spec.title} is drawn from a "
                              f"{f.spec.container_kind}. Scan the right container.")
    if f.explained:
        return Verdict.FAIL, (f"It is signed that {f.spec.title} was not drawn at {f.step}; that stays. A further "
                              "sample is taken outside the plan.")
    return passed(not f.standing), ("As the plan wants it." if not f.standing else
                                    f"{f.spec.title} was drawn at {f.step}: {', '.join(f.standing)}. A further "
                                    "sample is taken outside the plan, and every result counts.")


WANTED = (as_planned,)


# --- events ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Happening:
    """An event of a sample about to be recorded. `last_at`: when the event before it, or the drawing, was."""

    sample: str
    last_at: datetime
    at: datetime
    entered_at: datetime
    #: why it is entered late; blank when it is not
    late_reason: str = ""


@rule("SMP-05", "Events follow each other")
def in_order(f: Happening) -> Any:
    """No event of a sample is before the one before it, and none is recorded before it happened."""
    ok = f.last_at <= f.at <= f.entered_at
    return passed(ok), ("The times follow each other." if ok else
                        f"{f.at:%Y-%m-%d %H:%M} UTC cannot be: the last event of {f.sample} was "
                        f"{f.last_at:%Y-%m-%d %H:%M} and it is now {f.entered_at:%Y-%m-%d %H:%M} UTC.")


@rule("SMP-17", "An event entered late says why")
def late_says_why(f: Happening) -> Any:
    """An event of a sample entered more than 15 minutes after it happened says why (ALCOA: contemporaneous): a time
    told afterwards decides whether it was in time."""
    minutes = int((f.entered_at - f.at).total_seconds() // 60)
    ok = f.entered_at - f.at <= LATE or bool(f.late_reason.strip())
    return passed(ok), ("Entered when it happened, or told why not." if ok else
                        f"This was {minutes} min ago; more than 15 min is late. Say why it is entered late."), \
        f"{minutes} min", "15 min", (f.sample,)


EVENT = (in_order, late_says_why)


@dataclass(frozen=True)
class Arriving:
    """A sample in the hands of the laboratory. Limits are those of the plan; None: the plan has none for it."""

    sample: str
    limit_minutes: Decimal | None
    temperature: Limits | None
    taken_at: datetime
    received_at: datetime | None
    temperature_c: Decimal | None
    condition: str
    seal: str
    #: how its label was read
    read: str = "scanned"


@rule("SMP-06", "Received in time")
def in_time(f: Arriving) -> Any:
    """From drawing to receipt in the laboratory no more time passes than the master record allows (21 CFR 211.111,
    211.160(b))."""
    received = need(f.received_at, f"{f.sample} is not received in the laboratory.")
    if f.limit_minutes is None:
        return Verdict.PASS, f"The plan sets no time for {f.sample}."
    minutes = Decimal((received - f.taken_at).total_seconds()) / 60
    ok = 0 <= minutes <= f.limit_minutes
    return passed(ok), (f"{f.sample} was received {int(minutes)} min after it was drawn; {plain(f.limit_minutes)} min "
                        f"{'are' if ok else 'were'} allowed."), f"{int(minutes)} min", \
        f"{plain(f.limit_minutes)} min", (f.sample,)


@rule("SMP-07", "Received at its temperature")
def warm_enough(f: Arriving) -> Any:
    """A sample arrives at the temperature the master record names for it; an unknown one cannot pass."""
    if f.temperature is None:
        return Verdict.PASS, f"The plan names no temperature for {f.sample}."
    celsius = need(f.temperature_c, f"At which temperature {f.sample} arrived is not told; {f.temperature} was "
                                    "expected. Read it and enter it.")
    ok = f.temperature.holds(celsius)
    return passed(ok), (f"{f.sample} arrived at {plain(celsius)} °C; {f.temperature} "
                        f"{'is' if ok else 'was'} expected."), f"{plain(celsius)} Cel", str(f.temperature), (f.sample,)


@rule("SMP-08", "Received whole")
def whole(f: Arriving) -> Any:
    """A sample arrives intact, with its seal unbroken where it has one."""
    need(f.condition and f.seal, f"In which condition {f.sample} arrived is not told.")
    ok = f.condition == "intact" and f.seal != "broken"
    return passed(ok), (f"{f.sample} arrived intact." if ok else
                        f"{f.sample} arrived {f.condition}, its seal {f.seal}."), f"{f.condition}, {f.seal}", \
        "intact", (f.sample,)


@rule("SMP-16", "Received by its label")
def by_its_label(f: Arriving) -> Any:
    """The label of a sample is read when it is received: scanned, or typed with its check character (21 CFR
    211.160(b)(3), 211.194(a)(1))."""
    need(f.read, f"Nobody read the label of {f.sample} at its receipt.")
    return passed(f.read in ("scanned", "typed")), f"The label of {f.sample} was {f.read}."


#: what of an arrival is kept with a deviation when it is not as it should be; unknown is refused
ARRIVAL = (in_time, warm_enough, whole, by_its_label)


@dataclass(frozen=True)
class Measuring:
    """A sample about to be tested, or its reads to go on."""

    sample: str
    state: str
    #: the plan of its master record wants it received in the laboratory first
    receipt_needed: bool


@rule("SMP-09", "Tested after it was received")
def received_first(f: Measuring) -> Any:
    """Where the plan wants a sample received in the laboratory, no result of it is recorded before, and none of one
    that was refused (21 CFR 211.160(b))."""
    if f.state == "refused":
        return Verdict.FAIL, f"{f.sample} was refused; no result of it counts. Take another sample."
    if f.state == "retained":
        return Verdict.FAIL, f"{f.sample} is in the store of retains. Take it out by its label first."
    ok = not f.receipt_needed or f.state not in ("taken", "in transit")
    return passed(ok), (f"{f.sample} is {f.state}." if ok else
                        f"{f.sample} is {f.state}. The laboratory receives it first: scan its label, read time, "
                        "temperature and condition.")


@rule("SMP-10", "Nothing after disposal")
def not_gone(f: Measuring) -> Any:
    """Of a sample that was disposed of nothing is measured any more (21 CFR 211.194(a))."""
    ok = f.state not in GONE
    return passed(ok), (f"{f.sample} is there." if ok else
                        f"{f.sample} was disposed of ({f.state}); nothing can be measured of it any more. Open a "
                        "deviation if a result of before was not recorded.")


TEST = (received_first, not_gone)


@dataclass(frozen=True)
class Storing:
    """A retain about to be stored. `planned_until` and `planned_keep` are of the plan; None and blank: not planned."""

    sample: str
    keep: str
    until: datetime | None
    planned_keep: str
    planned_until: datetime | None


@rule("SMP-14", "A retain is stored as the plan says")
def stored_as_planned(f: Storing) -> Any:
    """A retain is kept where the master record says, at least as long as it says (21 CFR 211.170)."""
    until = need(f.until, f"Until when {f.sample} is kept is not told.")
    if f.planned_keep and f.keep != f.planned_keep:
        return Verdict.FAIL, f"{f.sample} is kept {f.planned_keep}, not {f.keep}. Put it there.", f.keep, f.planned_keep
    ok = f.planned_until is None or until >= f.planned_until
    limit = f"{f.planned_until:%Y-%m-%d}" if f.planned_until else None
    return passed(ok), (f"Kept {f.keep} until {until:%Y-%m-%d}." if ok else
                        f"{f.sample} is kept until {limit} at least; {until:%Y-%m-%d} is too early."), \
        f"{until:%Y-%m-%d}", limit, (f.sample,)


STORE = (stored_as_planned,)


@dataclass(frozen=True)
class Disposing:
    """A sample about to be disposed of."""

    sample: str
    state: str
    #: tests of the plan or begun ones that are not reported yet
    open_tests: tuple[str, ...]
    kept_until: datetime | None
    at: datetime
    #: the plan wants it kept, and it was never stored
    to_be_kept: bool = False


@rule("SMP-11", "Nothing that is still needed is disposed of")
def not_needed(f: Disposing) -> Any:
    """A sample is disposed of once its tests are reported, and a retain not before its time is over (21 CFR 211.170(b),
    211.192); one that was refused is of no use."""
    if f.state == "refused":
        return Verdict.PASS, f"{f.sample} was refused."
    if f.open_tests:
        return Verdict.FAIL, f"{f.sample} is still needed: {', '.join(f.open_tests)} not reported yet."
    if f.to_be_kept:
        return Verdict.FAIL, f"The plan wants {f.sample} kept. Store it as a retain."
    ok = f.kept_until is None or f.at >= f.kept_until
    return passed(ok), ("It is needed no more." if ok or f.kept_until is None else
                        f"{f.sample} is kept until {f.kept_until:%Y-%m-%d %H:%M} UTC; it is {f.at:%Y-%m-%d %H:%M} "
                        "UTC now.")


DISPOSE = (not_needed,)


@dataclass(frozen=True)
class Witnessing:
    """A disposal about to be witnessed."""

    sample: str
    disposed_by: str | None
    witness: str


@rule("SMP-13", "Another person saw it")
def seen_by_another(f: Witnessing) -> Any:
    """Whoever disposed of a sample is not its only witness: another person saw it and signs."""
    by = need(f.disposed_by, f"Nobody disposed of {f.sample} yet.")
    return passed(by != f.witness), (f"{f.sample} was disposed of by {by}." if by != f.witness else
                                     f"You disposed of {f.sample} yourself. Another person who saw it signs.")


WITNESS = (seen_by_another,)
