"""An exceptional release: asked for, judged, authorised, told, and signed, each by its own party.

Whatever one of them changes is seen by the others; the release is refused with every finding as long as one is missing.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.holds import on_time
from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.db import next_code
from mfg.facts import Refused, Verdict, judge, refuse_unless
from mfg.ledger import Doing, Entry, Who, act, fresh
from mfg.notices.records import notify
from mfg.qc.oos_records import Oos
from mfg.qc.records import Result
from mfg.quality.records import Deviation
from mfg.recipes.records import specification_in
from mfg.release.acts import batch_around, judged_as_seen, keep_decision, refusal
from mfg.release.decide import Judged
from mfg.release.exceptional_records import (
    SPOKEN,
    ExceptionalRequest,
    named_tests,
    open_request,
    parties_of,
)
from mfg.release.exceptional_records import exceptional_request as request_of
from mfg.release.exceptional_rules import ASK, EXCEPTIONAL, NEVER, REQUEST, Asking, Exceptional, facts_of
from mfg.release.gather import decide
from mfg.verbs import MADE_OR_TESTED

#: who has to speak, told with the request
ASKED = ("qa", "medical director", "principal investigator", "qualified person")


def request_exceptional(session: Session, who: Who, *, dose: str, tests: str) -> str:
    """The treating physician asks for it, with the urgent need as the reason. Returns EXR-0001."""
    with act(session, "request exceptional release", on=dose, within=batch_around(dose), **who.how) as doing:
        row = dose_of(session, dose)
        named = tuple(dict.fromkeys(part.strip() for part in tests.replace(";", ",").split(",") if part.strip()))
        known = tuple(one.id for one in specification_in(session, batch_of(session, row.batch).specification).tests)
        running = open_request(session, dose)
        refuse_unless(judge(ASK, Asking(dose, row.attempt > 0, named, known, running.code if running else None)))
        code = next_code(session, ExceptionalRequest, "EXR", 4)
        asked = ExceptionalRequest(code=code, dose=dose, attempt=row.attempt, tests=", ".join(named),
                                   need=doing.how.reason, requested_by=doing.by.code, requested_at=doing.at,
                                   state=REQUEST.start)
        judged = decide(session, dose, doing.at)
        never = judge(NEVER, facts(session, asked, judged, doing.by.code))
        refuse_unless(never, refusal(dose, "be released exceptionally", never))
        session.add(asked)
        notify(session, to=ASKED, about=code, within=row.batch, at=doing.at, because_of=doing.verb.name,
               what=f"An exceptional release of {dose} is asked for: {doing.how.reason}",
               todo=f"Look at /exceptional/{code} and say what is yours to say, or reject the dose.")
        doing.signs({"request": code, "dose": dose, "attempt": row.attempt, "tests": named,
                     "need": doing.how.reason})
        doing.on = doing.result = code
    return doing.result


def _said(session: Session, doing: Doing, code: str, seen: str | None, part: str, words: str) -> None:
    """What one party says, in its own columns; saying it again takes the place of what was said, history keeps both."""
    row = request_of(session, code)
    fresh(row, seen)
    doing.within = batch_around(row.dose)
    row.state = REQUEST.after(doing.verb.name, row.state)
    for name, value in (("words", words), ("by", doing.by.code), ("at", doing.at)):
        setattr(row, f"{part}_{name}", value)
    doing.signs({"request": row.code, "dose": row.dose, "attempt": row.attempt, "tests": named_tests(row),
                 "need": row.need, "part": SPOKEN[part], "words": words, "evidence": row.risk_evidence})
    doing.result = row.code


def evaluate_risk(session: Session, who: Who, *, request: str, words: str, evidence: str,
                  seen: str | None = None) -> str:
    """Quality assurance evaluates the risk over the evidence that was shown. Returns the request."""
    with act(session, "evaluate exceptional risk", on=request, **who.how) as doing:
        row = request_of(session, request)
        apart(session, doing.by.code, batch_around(row.dose))
        judged = decide(session, row.dose, doing.at)
        if evidence != judged.evidence_hash:
            raise Refused("The evidence has changed since you looked at it. Nothing was said. Look at it again.",
                          kind="stale")
        fresh(row, seen)
        row.risk_evidence = judged.evidence_hash
        _said(session, doing, request, None, "risk", words)
    return doing.result


def apart(session: Session, person: str, batch: str) -> None:
    """Who made or tested anything in the batch does not judge its risk: its batch is known only inside the turn."""
    done = session.scalar(select(Entry.verb).where(
        Entry.person == person, Entry.outcome == "done", Entry.within == batch,
        Entry.verb.in_(MADE_OR_TESTED)).limit(1))
    if done:
        raise Refused(f"You did “{done}” in {batch}. Another person of quality assurance evaluates the risk.",
                      kind="not allowed")


def authorise(session: Session, who: Who, *, request: str, words: str, seen: str | None = None) -> str:
    """The medical director authorises it. Returns the request."""
    with act(session, "authorise exceptional release", on=request, **who.how) as doing:
        _said(session, doing, request, seen, "authorised", words)
    return doing.result


def record_contact(session: Session, who: Who, *, request: str, whom: str, answered: str,
                   seen: str | None = None) -> str:
    """Sponsor or authority was asked, and what they answered. Returns the request."""
    with act(session, "record sponsor contact", on=request, **who.how) as doing:
        if answered == "no":
            raise Refused(f"The {whom} does not agree. The dose is not released; withdraw the request.")
        _said(session, doing, request, seen, "contact", f"{whom}: {answered}")
    return doing.result


def check_ethics(session: Session, who: Who, *, request: str, words: str, seen: str | None = None) -> str:
    """Which rule of the ethics committee allows it. Returns the request."""
    with act(session, "check ethics rule", on=request, **who.how) as doing:
        _said(session, doing, request, seen, "ethics", words)
    return doing.result


def note_consent(session: Session, who: Who, *, request: str, words: str, seen: str | None = None) -> str:
    """The patient was told that the dose is out of specification, and consents. Returns the request."""
    with act(session, "note patient consent", on=request, **who.how) as doing:
        _said(session, doing, request, seen, "consent", words)
    return doing.result


def withdraw(session: Session, who: Who, *, request: str, seen: str | None = None) -> str:
    """Withdraw a request, with the reason. Returns its code."""
    with act(session, "withdraw exceptional request", on=request, **who.how) as doing:
        row = request_of(session, request)
        fresh(row, seen)
        doing.within = batch_around(row.dose)
        row.state = REQUEST.after(doing.verb.name, row.state)
        doing.signs({"request": row.code, "dose": row.dose, "why": doing.how.reason})
        doing.result = row.code
    return doing.result


def release_exceptionally(session: Session, who: Who, *, dose: str, seen: str | None = None) -> str:
    """Release a dose out of specification. Everything is judged again inside the turn. Returns the decision's code."""
    on_time(session)
    with act(session, "release dose exceptionally", on=dose, within=batch_around(dose), **who.how) as doing:
        row, judged = judged_as_seen(session, doing, dose, seen)
        asked = open_request(session, dose)
        if asked is None:
            raise Refused(f"Nobody asks for an exceptional release of {dose}. The treating physician asks first.")
        told = facts(session, asked, judged, doing.by.code)
        found = judge(EXCEPTIONAL, told)
        refuse_unless(found, refusal(dose, "be released exceptionally", found))
        failing = "; ".join(f"{one.title}: {one.finding.why}" for one in told.tests)
        keep_decision(session, doing, row, judged, (*judged.conditional, *found),
                      condition=f"EXCEPTIONAL, asked for in {asked.code}. Out of specification: {failing}"[:2000])
        session.flush()  # the decision is there before the request points at it
        asked.state, asked.decision = REQUEST.after(doing.verb.name, asked.state), doing.result
        notify(session, to=("treating physician", "principal investigator", "medical director", "qa"), about=dose,
               within=row.batch, at=doing.at, because_of=doing.verb.name,
               what=f"{dose} is released exceptionally ({asked.code}). Out of specification: {failing}",
               todo="Give it knowing this. Watch the patient for what the risk evaluation names.")
    return doing.result


def facts(session: Session, asked: ExceptionalRequest, judged: Judged, decider: str) -> Exceptional:
    """A request as the rules see it."""
    failing = [one.code for one in judged.dossier.results if one.verdict == Verdict.FAIL.value]
    return facts_of(judged, named=named_tests(asked), parties=parties_of(asked), decider=decider,
                    confirmed=frozenset(code for code in failing if confirmed(session, code)),
                    attempt_asked=asked.attempt)


def confirmed(session: Session, result: str) -> bool:
    """A failing result is out of specification for certain: reviewed, its OOS concluded as confirmed, and every
    deviation on it closed."""
    row, found = session.get(Result, result), session.scalar(select(Oos.state).where(Oos.result == result))
    opened = list(session.scalars(select(Deviation).where(Deviation.on_code == result)))
    closed = bool(opened) and all(one.state == "closed" for one in opened)
    return row is not None and row.state == "reviewed" and found in (None, "confirmed") and closed
