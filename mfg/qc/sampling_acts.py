"""What is done with a sample after it was drawn: sent, received, refused, stored, disposed of. Each act is one event.

Something wrong with a sample that arrives is kept and opens a deviation in the same act; another sample stops.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.sampling import asked, explained, may_be_explained
from mfg.batches.scans import identified
from mfg.codes.scan import read
from mfg.facts import Refused, Verdict, judge, refuse_unless
from mfg.labelling.standing import label_scanned
from mfg.ledger import Doing, Who, act
from mfg.qc.records import Sample
from mfg.qc.sampling_gather import LAPSE, Tube, tube
from mfg.qc.sampling_plan import standing
from mfg.qc.sampling_records import SampleEvent
from mfg.qc.sampling_rules import (
    ARRIVAL,
    DISPOSE,
    EVENT,
    KIND,
    SAMPLE,
    STORE,
    WITNESS,
    Disposing,
    Happening,
    Storing,
    Witnessing,
)
from mfg.quality.records import draft
from mfg.quality.stops import STOP, identity_stop

#: what the label of a sample is known by: our code, or the square symbol printed for it
SAMPLE_LABEL = ("sample", "023")
ARRIVES = "A sample arrives in time, at its temperature, whole"


def explain_missing_sample(session: Session, who: Who, *, step: str, plan: str) -> str:
    """Sign why a sample of the plan was not taken, with `who.reason`; a deviation opens with it. Returns the step."""
    with act(session, "explain missing sample", on=step, within=step.partition("/")[0], **who.how) as doing:
        one = asked(session, f"{step}/{plan}")
        there = standing(session, one)
        may_be_explained(one, there[-1].row.code if there else None)
        explained(session, doing, one, who.reason.strip())
        doing.signs({"step": step, "sample": plan, "title": one.spec.title, "tests": list(one.spec.tests),
                     "reason": who.reason.strip()})
        doing.result = step
    return doing.result


# --- events -----------------------------------------------------------------------------------------------------


def send_sample(session: Session, who: Who, *, sample: str, place: str, at: datetime | None = None,
                temperature_c: Decimal | None = None, late_reason: str = "", seen: str | None = None) -> str:
    """Give a sample on its way to the laboratory. Returns the sample."""
    with act(session, "send sample", on=sample, **who.how) as doing:
        held = _begun(session, doing, sample, seen)
        _happened(session, doing, held, at, place=place, temperature_c=temperature_c, note=late_reason)
    return doing.result


def receive_sample(session: Session, who: Who, *, sample: str, label: str, place: str, condition: str, seal: str,
                   temperature_c: Decimal | None = None, at: datetime | None = None, late_reason: str = "",
                   seen: str | None = None) -> str:
    """Receive a sample in the laboratory by its label, scanned. Late, warm or damaged it is kept, with a deviation.

    Returns the sample. The label of another sample stops.
    """
    with act(session, "receive sample", on=sample, **who.how) as doing:
        held = _begun(session, doing, sample, seen)
        how = _this_one(session, held, label)
        event = _happened(session, doing, held, at, place=place, temperature_c=temperature_c, condition=condition,
                          seal=seal, how=how, note=late_reason)
        found = judge(ARRIVAL, held.arriving(event))
        refuse_unless(one for one in found if one.verdict is Verdict.CANNOT_DETERMINE)
        wrong = [one.why for one in found if one.verdict is Verdict.FAIL]
        if wrong:
            draft(session, within=held.row.batch, on=sample, kind=LAPSE, by=doing.by.code, at=doing.at,
                  what=f"Receipt of sample {sample}: {' '.join(wrong)} It is kept; what is found in it is an exception "
                       "until this is closed."[:2000], requirement=ARRIVES)
    return doing.result


def refuse_sample(session: Session, who: Who, *, sample: str, place: str, at: datetime | None = None,
                  temperature_c: Decimal | None = None, seen: str | None = None) -> str:
    """Refuse a sample at its receipt, with `who.reason`; a deviation opens with it. Returns the sample."""
    with act(session, "refuse sample", on=sample, **who.how) as doing:
        held = _begun(session, doing, sample, seen)
        _happened(session, doing, held, at, place=place, temperature_c=temperature_c, note=who.reason.strip())
        draft(session, within=held.row.batch, on=sample, kind=LAPSE, by=doing.by.code, at=doing.at,
              what=f"The laboratory refused sample {sample}: {who.reason.strip()}"[:2000],
              requirement=ARRIVES)
    return doing.result


def store_retain(session: Session, who: Who, *, sample: str, label: str, place: str, keep: str,
                 until: datetime | None = None, temperature_c: Decimal | None = None, seen: str | None = None) -> str:
    """Put a sample into the store of retains by its label. Without `until` it is kept as long as the plan says."""
    with act(session, "store retain", on=sample, **who.how) as doing:
        held = _begun(session, doing, sample, seen)
        how, until = _this_one(session, held, label), until or held.kept_until
        refuse_unless(judge(STORE, Storing(sample, keep, until, held.spec.keep if held.spec else "",
                                           held.kept_until)))
        _happened(session, doing, held, None, place=place, temperature_c=temperature_c, how=how, keep=keep,
                  until=until)
    return doing.result


def inspect_retain(session: Session, who: Who, *, sample: str, place: str, note: str,
                   temperature_c: Decimal | None = None, seen: str | None = None) -> str:
    """Look at a retain, and say what was seen. Returns the sample."""
    with act(session, "inspect retain", on=sample, **who.how) as doing:
        held = _begun(session, doing, sample, seen)
        _happened(session, doing, held, None, place=place, temperature_c=temperature_c, note=note)
    return doing.result


def remove_retain(session: Session, who: Who, *, sample: str, label: str, place: str, seen: str | None = None) -> str:
    """Take a retain out of its store by its label, with `who.reason`. Returns the sample."""
    with act(session, "remove retain", on=sample, **who.how) as doing:
        held = _begun(session, doing, sample, seen)
        _happened(session, doing, held, None, place=place, how=_this_one(session, held, label),
                  note=who.reason.strip())
    return doing.result


def dispose_sample(session: Session, who: Who, *, sample: str, label: str, place: str, seen: str | None = None) -> str:
    """Dispose of a sample that is needed no more, by its label, with `who.reason`. Another person witnesses it."""
    with act(session, "dispose sample", on=sample, **who.how) as doing:
        held = _begun(session, doing, sample, seen)
        stored = held.last("stored")
        refuse_unless(judge(DISPOSE, Disposing(
            sample, held.state, held.open_tests, stored.until if stored else None, doing.at,
            stored is None and held.kept_until is not None)))
        _happened(session, doing, held, None, place=place, how=_this_one(session, held, label),
                  note=who.reason.strip())
    return doing.result


def witness_disposal(session: Session, who: Who, *, sample: str, seen: str | None = None) -> str:
    """Sign as the other person who saw a sample disposed of. Returns the sample."""
    with act(session, "witness disposal", on=sample, **who.how) as doing:
        held = _begun(session, doing, sample, seen)
        gone = held.last("disposed of")
        refuse_unless(judge(WITNESS, Witnessing(sample, gone.by if gone else None, doing.by.code)))
        _happened(session, doing, held, None, place=gone.place if gone else "")
    return doing.result


def _begun(session: Session, doing: Doing, sample: str, seen: str | None) -> Tube:
    """The sample as it stands; refused where its state does not allow the verb, or somebody did something meanwhile."""
    held = tube(session, sample)
    doing.within, doing.result = held.row.batch, sample
    if seen is not None and seen != held.seen:
        raise Refused(f"Somebody did something with {sample} while you looked at it; nothing of yours was saved. Look "
                      "at it again.", kind="stale")
    SAMPLE.after(doing.verb.name, held.state)
    return held


def _happened(session: Session, doing: Doing, held: Tube, at: datetime | None, **told: Any) -> SampleEvent:
    """One event more, signed with all that is told of it."""
    at, code = at or doing.at, held.row.code
    refuse_unless(judge(EVENT, Happening(code, held.last_at, at, doing.at, told.get("note", ""))))
    number = len(held.events) + 1
    event = SampleEvent(code=f"{code}/{number}", sample=code, number=number, kind=KIND[doing.verb.name], at=at,
                        entered_at=doing.at, by=doing.by.code, **told)
    session.add(event)
    doing.signs({"sample": code, "event": event.code, "what": event.kind, "at": at, **told})
    return event


# --- the label --------------------------------------------------------------------------------------------------


def _this_one(session: Session, held: Tube, text: str) -> str:
    """How the label of this very sample was read; the label of anything else is a hard stop."""
    code, how = sample_scanned(session, text)
    if code == held.row.code:
        return how
    other = session.get(Sample, code)
    if other is not None and other.batch != held.row.batch:
        raise identity_stop(
            f"Stop. The label says {code}, a sample of {other.batch}; {held.row.code} of {held.row.batch} was "
            "expected. Nothing was recorded but this attempt and its deviation. Set the tube apart and call QA.",
            within=held.row.batch, on=held.row.code, also=other.batch)
    raise Refused(f"Stop. The label says {code}; {held.row.code} was expected. Nothing was recorded. Set the tube "
                  "apart and look for the right one.", kind=STOP)


def sample_scanned(session: Session, text: str) -> tuple[str, str]:
    """(code, "scanned" or "typed") of what a label says. A label that does not stand is refused."""
    if text.startswith(("]", "=", "&")):
        label = label_scanned(session, read(text))
        if label is not None:
            return label.container, "scanned"
    return identified(text, "sample")
