"""What must be true before a batch is opened or completed, and before a step is signed or repeated. Pure.

Limits of single values come with the fields of the master record. Containers and doses have their rules in
`filling_rules.py`, loading has its own in `loading.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, rule

LATE = timedelta(minutes=15)

STEP = Moves("step", "todo", frozenset({"verified", "skipped"}), (
    Move("perform step", frozenset({"todo"}), "performed"),
    Move("verify step", frozenset({"performed"}), "verified"),
    Move("correct entry", frozenset({"verified", "performed"}), "performed"),
    Move("correct entry", frozenset({"todo"}), "todo"),
    Move("correct entry", frozenset({"paused"}), "paused"),
    Move("pause step", frozenset({"todo"}), "paused"),
    Move("resume step", frozenset({"paused"}), "todo"),
    Move("hand over step", frozenset({"todo"}), "todo"),
    Move("hand over step", frozenset({"paused"}), "paused"),
    Move("skip step", frozenset({"todo", "paused"}), "skipped"),
    Move("take up step", frozenset({"skipped"}), "todo"),
))
#: the work of the step is done, whether or not somebody has verified it
DONE = frozenset({"performed", "verified"})
#: a step whose branch is not taken stands so; it is worked out from the values and never kept
NOT_NEEDED = "not needed"
#: nothing is left to do
SETTLED = frozenset({"verified", "skipped", NOT_NEEDED})
BATCH = Moves("batch", "open", frozenset({"closed"}), (
    Move("complete batch", frozenset({"open"}), "complete"),
    # every dose has its end and every sterility test its last read
    Move("close batch", frozenset({"complete"}), "closed"),
    Move("repeat step", frozenset({"open", "complete"}), "open"),
    Move("correct entry", frozenset({"open", "complete", "closed"}), "open"),
))
_OPEN_DOSES = frozenset({"planned", "filled", "checked", "cleared", "released on condition"})
#: it has left, or may leave at any moment
RELEASED = frozenset({"released on condition", "certified", "released exceptionally"})
#: it was released: what is found out from now on is found too late, and stays on it for ever
_WAS_RELEASED = RELEASED | {"revoked"}
DOSE = Moves("dose", "planned", frozenset({"certified", "rejected", "released then failed"}), (
    Move("fill dose", frozenset({"planned", "filled", "checked", "cleared"}), "filled"),
    Move("check fill", frozenset({"filled"}), "checked"),
    Move("give disposition", frozenset({"checked", "cleared"}), "cleared"),
    Move("release dose on condition", frozenset({"cleared"}), "released on condition"),
    Move("release dose", frozenset({"cleared", "released on condition"}), "certified"),
    Move("release dose exceptionally", frozenset({"checked", "cleared"}), "released exceptionally"),
    Move("read sterility", _WAS_RELEASED, "released then failed"),
    *(Move(verb, _WAS_RELEASED, "released then failed") for verb in ("record result", "record retest",
                                                                      "record repeat")),
    Move("revoke release", RELEASED, "revoked"),
    Move("reject dose", _OPEN_DOSES | {"revoked"}, "rejected"),
))


# --- opening and completing a batch ---------------------------------------------------------------------


@dataclass(frozen=True)
class Opening:
    """A batch about to be opened for a recipient from a collection."""

    recipient: str
    eligible_at: datetime | None
    collection: str
    collection_state: str
    collection_recipient: str
    #: the batch that was made of this collection already; empty when there is none
    used_by: str


@rule("BAT-01", "The collection is accepted")
def collection_accepted(f: Opening) -> Any:
    """A batch begins only with a collection that was inspected and accepted (21 CFR 211.84)."""
    ok = f.collection_state == "accepted"
    return passed(ok), (f"Collection {f.collection} is accepted." if ok else
                        f"Collection {f.collection} is {f.collection_state}; only an accepted one can be processed."), \
        f.collection_state, "accepted", (f.collection,)


@rule("BAT-02", "The collection is this recipient's")
def collection_of_recipient(f: Opening) -> Any:
    """A collection is processed for the recipient it was collected for, and for nobody else."""
    ok = f.collection_recipient == f.recipient
    return passed(ok), (f"Collection {f.collection} was collected for {f.recipient}." if ok else
                        f"Collection {f.collection} was collected for {f.collection_recipient}, not for {f.recipient}. "
                        "Do not open it; call the supervisor."), \
        f.collection_recipient, f.recipient, (f.collection, f.recipient)


@rule("BAT-03", "The recipient is eligible")
def recipient_eligible(f: Opening) -> Any:
    """The principal investigator has confirmed the recipient's eligibility before cells are processed."""
    need(f.eligible_at, f"Nobody has confirmed that {f.recipient} is eligible. The principal investigator does it.")
    return passed(True), f"The eligibility of {f.recipient} is confirmed.", "", "", (f.recipient,)


@rule("BAT-04", "A collection makes one batch")
def collection_unused(f: Opening) -> Any:
    """No second batch is opened for a collection: its cells are in the first."""
    ok = not f.used_by
    return passed(ok), (f"Collection {f.collection} is not in a batch yet." if ok else
                        f"Collection {f.collection} is already in batch {f.used_by}. Work there."), \
        f.used_by, "", (f.collection,)


@dataclass(frozen=True)
class Completing:
    """A batch about to be declared complete: its steps that nobody has verified."""

    batch: str
    unverified: tuple[str, ...]
    #: loops that have not reached their end, each as a sentence
    loops: tuple[str, ...] = ()


@rule("BAT-05", "Every step is verified")
def all_verified(f: Completing) -> Any:
    """The production review ends only when every step is performed and verified (21 CFR 211.188, 211.192)."""
    ok = not f.unverified
    return passed(ok), (f"Every step of {f.batch} is performed and verified." if ok else
                        f"{len(f.unverified)} steps of {f.batch} are not verified: {', '.join(f.unverified[:6])}"
                        f"{' …' if len(f.unverified) > 6 else ''}."), str(len(f.unverified)), "0", (f.batch,)


# --- steps ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Working:
    """A step somebody wants to work on."""

    step: str
    batch: str
    batch_state: str
    #: earlier steps that nobody has performed
    before: tuple[str, ...]
    #: whether the branch of the master record leads here, and the sentence that says so
    needed: Verdict = Verdict.PASS
    branch: str = ""
    #: loops before this step that have not reached their end, each as a sentence
    loops: tuple[str, ...] = ()


@rule("STEP-01", "The batch is open")
def batch_open(f: Working) -> Any:
    """Values and signatures go into an open batch only."""
    ok = f.batch_state == "open"
    return passed(ok), (f"{f.batch} is open." if ok else
                        f"{f.batch} is {f.batch_state}; its steps are closed. Open a deviation if one was missed."), \
        f.batch_state, "open", (f.batch,)


@rule("STEP-02", "Steps are done in order")
def in_order(f: Working) -> Any:
    """A step is begun only after every step before it was performed (21 CFR 211.100(b), 211.188)."""
    ok = not f.before
    return passed(ok), (f"Every step before {f.step} is performed." if ok else
                        f"{f.step} comes after {', '.join(f.before[:4])}, not performed yet. Do "
                        f"{'that' if len(f.before) == 1 else 'those'} first."), str(len(f.before)), "0", (f.step,)


@rule("STEP-09", "The branch leads here")
def branch_leads_here(f: Working) -> Any:
    """A step with a condition is done only where its condition holds, and waits while that cannot be told."""
    if f.needed is Verdict.CANNOT_DETERMINE:
        need(None, f.branch)
    ok = f.needed is Verdict.PASS
    return passed(ok), (f.branch or f"{f.step} is always done." if ok else
                        f"{f.step} is not needed: {f.branch} Go on with the next step."), "", "", (f.step,)


@rule("STEP-10", "Loops have ended")
def loops_ended(f: Working | Completing) -> Any:
    """What repeats until something holds has reached that before the next step begins, or the batch is complete."""
    return passed(not f.loops), " ".join(f.loops) or "No loop is open."


@dataclass(frozen=True)
class Performing:
    """A step about to be signed as performed. `missing` are labels of fields without a value."""

    step: str
    missing: tuple[str, ...]
    done_at: datetime
    now: datetime
    reason: str
    opened_at: datetime | None = None
    #: when the latest of the steps before it was done
    before_at: datetime | None = None
    #: why calculated values that the step needs are not there, each as a sentence
    undetermined: tuple[str, ...] = ()


@rule("STEP-03", "Nothing is left out")
def all_entered(f: Performing) -> Any:
    """A step is signed only when every value it asks for is there; a blank is not a value."""
    ok = not f.missing
    return passed(ok), ("Every value is entered." if ok else
                        f"{f.step} still needs: {', '.join(f.missing)}. Enter them, then sign."), \
        str(len(f.missing)), "0", (f.step,)


@rule("STEP-04", "Not before it is done")
def not_in_future(f: Performing) -> Any:
    """The time of the work is not after the time of the entry."""
    ok = f.done_at <= f.now
    return passed(ok), (f"Done at {f.done_at:%Y-%m-%d %H:%M} UTC." if ok else
                        f"{f.done_at:%Y-%m-%d %H:%M} UTC has not come yet; it is {f.now:%Y-%m-%d %H:%M} UTC. Enter "
                        "when the work was done."), f"{f.done_at:%Y-%m-%d %H:%M}", f"{f.now:%Y-%m-%d %H:%M}", (f.step,)


@rule("STEP-05", "Late entry says why")
def late_has_reason(f: Performing) -> Any:
    """What is entered more than 15 minutes after it was done says why (ALCOA: contemporaneous)."""
    late = f.now - f.done_at > LATE
    ok = not late or bool(f.reason)
    minutes = int((f.now - f.done_at).total_seconds() // 60)
    return passed(ok), (f"Entered {minutes} min after it was done{': ' + f.reason if late else ''}." if ok else
                        f"This was done {minutes} min ago; more than 15 min is late. Say why it is entered late."), \
        f"{minutes} min", "15 min", (f.step,)


@rule("STEP-11", "Calculated values are determined")
def all_determined(f: Performing | Verifying) -> Any:
    """A step is signed only when every value it has to calculate came out; a missing input is never taken as 0."""
    if f.undetermined:
        need(None, " ".join(f.undetermined))
    return passed(True), "Every calculated value is determined.", "", "", (f.step,)


@rule("STEP-12", "Done after the batch was opened")
def done_after_opening(f: Performing) -> Any:
    """The work of a step is done after its batch record was issued (21 CFR 211.188)."""
    opened = need(f.opened_at, "When the batch was opened is not known.")
    ok = f.done_at >= opened
    return passed(ok), ("Done after the batch was opened." if ok else
                        f"The batch was opened {opened:%Y-%m-%d %H:%M} UTC; the step cannot have been done "
                        f"{f.done_at:%Y-%m-%d %H:%M} UTC. Enter when the work was done."), \
        f"{f.done_at:%Y-%m-%d %H:%M}", f"{opened:%Y-%m-%d %H:%M}", (f.step,)


@rule("STEP-14", "Done after the steps before it")
def done_in_order(f: Performing) -> Any:
    """The work of a step is done no earlier, to the minute, than that of the steps before it: no time of work is chosen
    for what was valid then (21 CFR 211.100(b); ALCOA)."""
    before = f.before_at
    ok = before is None or f.done_at >= before.replace(second=0, microsecond=0)
    return passed(ok), ("No step before it was done later." if ok or before is None else
                        f"A step before {f.step} was done {before:%Y-%m-%d %H:%M} UTC; this one cannot have been done "
                        f"{f.done_at:%Y-%m-%d %H:%M} UTC. Enter when the work was done."), \
        f"{f.done_at:%Y-%m-%d %H:%M}", f"{before:%Y-%m-%d %H:%M}" if before else "", (f.step,)


@dataclass(frozen=True)
class Verifying:
    """A step about to be verified. Readings are label -> (first, second) as kept; None: not read again."""

    step: str
    verifier: str
    entered_by: frozenset[str]
    readings: tuple[tuple[str, Decimal | str | None, Decimal | str | None], ...]
    unknown: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()


@rule("STEP-06", "The verifier entered nothing")
def verifier_apart(f: Verifying) -> Any:
    """Whoever verifies a step has entered none of its values (21 CFR 211.101(d))."""
    ok = f.verifier not in f.entered_by
    return passed(ok), ("The verifier entered none of the values." if ok else
                        f"You entered a value of {f.step} yourself. Another person has to verify it."), \
        f.verifier, "", (f.step,)


@rule("STEP-13", "Everything asked for is read again")
def all_read_again(f: Verifying) -> Any:
    """Whoever verifies reads again whatever the step asks to be read twice, and nothing else."""
    if f.unknown:
        return passed(False), f"{', '.join(f.unknown)} is not asked for again here. Leave it out."
    missing = [label for label, _, second in f.readings if second is None]
    if missing:
        need(None, f"Read again and enter: {', '.join(missing)}.")
    return passed(True), f"{len(f.readings)} values were read again.", "", "", (f.step,)


@rule("STEP-07", "Two readings agree")
def readings_agree(f: Verifying) -> Any:
    """What is read twice is read again without seeing the first, and is exactly the same. A refusal of this rule is
    a mismatch of a blind re-entry, and nothing else is."""
    differ = [label for label, first, second in f.readings if second is not None and first != second]
    return passed(not differ), ("No two readings differ." if not differ else
                                f"The two readings of {', '.join(differ)} differ. Read again; if the first was wrong, "
                                "correct it with a reason."), "", "", (f.step,)


@dataclass(frozen=True)
class Repeating:
    """A step, or the staged part of the process, about to be done once more."""

    step: str
    #: how often the master record allows it; None: once
    allowed: int | None
    done: int
    #: steps of the last time that are not performed yet
    unfinished: tuple[str, ...]
    #: later steps that somebody has begun, which ends the repeats of a single step
    begun_after: tuple[str, ...]


@rule("STEP-08", "A repeat is allowed")
def repeat_allowed(f: Repeating) -> Any:
    """A step is repeated as often as the master record allows, one after the other, before the process goes on."""
    if f.allowed is None:
        return passed(False), f"{f.step} is done once; the master record does not let it repeat.", str(f.done), "1"
    if f.done >= f.allowed:
        return passed(False), f"{f.step} was done {f.done} times; {f.allowed} is the most the master record allows.", \
            str(f.done), str(f.allowed)
    if f.unfinished:
        return passed(False), f"{', '.join(f.unfinished[:4])} comes first: it is not performed yet."
    if f.begun_after:
        return passed(False), f"The process has gone on to {', '.join(f.begun_after[:4])}; {f.step} cannot repeat now."
    return passed(True), f"{f.step} may be done for the {f.done + 1}. time of {f.allowed}.", str(f.done), str(f.allowed)


OPEN = (collection_accepted, collection_of_recipient, recipient_eligible, collection_unused)
COMPLETE = (all_verified, loops_ended)
WORK = (batch_open, in_order, branch_leads_here, loops_ended)
PERFORM = (all_entered, all_determined, not_in_future, late_has_reason, done_after_opening, done_in_order)
VERIFY = (verifier_apart, all_read_again, readings_agree, all_determined)
REPEAT = (repeat_allowed,)
