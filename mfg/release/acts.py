"""The decisions over a dose: quality disposition, conditional release, certification, rejection.

Everything is judged inside the turn, over evidence gathered inside the turn, and the hash the person saw must be
that of this evidence. A refusal carries all findings; the attempt stays in history.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from mfg.batches.holds import on_time
from mfg.batches.records import Dose
from mfg.batches.records import dose as dose_of
from mfg.batches.rules import DOSE
from mfg.canonical import canonical
from mfg.codes.own import batch_of
from mfg.db import next_code
from mfg.facts import Finding, Refused, Verdict, judge, refuse_unless
from mfg.ledger import Doing, Who, act
from mfg.release.decide import Judged
from mfg.release.dossier import evidence_of
from mfg.release.gather import decide
from mfg.release.laboratory import refuse_hand, refuse_out_of_control
from mfg.release.records import Decision
from mfg.release.rules import CONDITION, Condition

KIND = {"give disposition": "disposition", "release dose on condition": "released on condition",
        "release dose": "certified", "reject dose": "rejected",
        "release dose exceptionally": "released exceptionally", "revoke release": "revoked"}


def give_disposition(session: Session, who: Who, *, dose: str, seen: str | None = None) -> str:
    """Quality assurance accepts the evidence for this fill. Returns the decision's code."""
    on_time(session)
    with act(session, "give disposition", on=dose, within=batch_around(dose), **who.how) as doing:
        row, judged = judged_as_seen(session, doing, dose, seen)
        refuse_unless(judged.conditional, refusal(dose, "be cleared", judged.conditional))
        keep_decision(session, doing, row, judged, judged.conditional)
    return doing.result


def release_on_condition(session: Session, who: Who, *, dose: str, informed: str, informed_at: datetime | None = None,
                         acknowledged: bool, seen: str | None = None) -> str:
    """Release while a test classed as conditional-after still runs clean. Returns the decision's code.

    `informed` is the role of the physician who was told of the open tests, never a name.
    """
    on_time(session)
    with act(session, "release dose on condition", on=dose, within=batch_around(dose), **who.how) as doing:
        row, judged = judged_as_seen(session, doing, dose, seen)
        told_at = informed_at or doing.at
        open_tests = tuple(f"{one.title} ({one.value}, ends {one.limit})" for one in judged.open_tests)
        facts = Condition(passes(judged.for_release), open_tests, informed, told_at, acknowledged, doing.at)
        findings = (*judged.for_condition, *judge(CONDITION, facts))
        refuse_unless(findings, refusal(dose, "be released on condition", findings))
        keep_decision(session, doing, row, judged, findings, condition=f"Open: {'; '.join(open_tests)}. The {informed} "
                      f"was told {told_at:%Y-%m-%d %H:%M} UTC and has acknowledged it.")
    return doing.result


def release_dose(session: Session, who: Who, *, dose: str, seen: str | None = None) -> str:
    """Certify the dose: every rule passes and nothing is open. Returns the decision's code."""
    on_time(session)
    with act(session, "release dose", on=dose, within=batch_around(dose), **who.how) as doing:
        row, judged = judged_as_seen(session, doing, dose, seen)
        refuse_unless(judged.for_release, refusal(dose, "be released", judged.for_release))
        keep_decision(session, doing, row, judged, judged.for_release)
    return doing.result


def reject_dose(session: Session, who: Who, *, dose: str) -> str:
    """Reject the dose, with a reason. Nothing stands in the way of a rejection, whatever was seen."""
    with act(session, "reject dose", on=dose, within=batch_around(dose), **who.how) as doing:
        row, judged = dose_of(session, dose), decide(session, dose, doing.at)
        keep_decision(session, doing, row, judged, judged.for_release)
    return doing.result


def batch_around(dose: str) -> str:
    """The batch a dose belongs to, read from its code: needed before the turn, to hold people apart."""
    batch = batch_of(dose)
    if batch is None:
        raise Refused(f"“{dose[:80]}” is not the code of a dose; one such as NK-26-014-D2 was expected.",
                      kind="not found")
    return batch


def judged_as_seen(session: Session, doing: Doing, dose: str, seen: str | None) -> tuple[Dose, Judged]:
    """The dose as it is now, judged now, if it can be decided and is what the person saw."""
    row = dose_of(session, dose)
    DOSE.after(doing.verb.name, row.state)
    judged = decide(session, dose, doing.at)
    if seen is None:
        raise Refused(f"Say which evidence you saw: send the hash of the dossier of {dose} that was shown.",
                      kind="input", fields={"seen": ["The hash of the dossier that was shown is needed."]})
    if seen != judged.evidence_hash:
        raise Refused(f"The evidence about {dose} has changed since you looked at it. Nothing was decided. Look at it "
                      "again.", kind="stale")
    refuse_hand(session, doing, row.batch)
    refuse_out_of_control(session, judged.dossier)
    return row, judged


def keep_decision(session: Session, doing: Doing, row: Dose, judged: Judged, findings: tuple[Finding, ...],
                  condition: str = "") -> None:
    """Keep the decision with its facts, findings and hash, sign them, and move the dose."""
    kind = KIND[doing.verb.name]
    row.state = DOSE.after(doing.verb.name, row.state)
    code = next_code(session, Decision, "DEC", 4)
    answers = [one.as_dict() for one in findings]
    session.add(Decision(
        code=code, dose=row.code, attempt=row.attempt, kind=kind, dossier=evidence_of(judged.dossier).decode(),
        dossier_hash=judged.evidence_hash, findings=canonical(answers).decode(), decided_at=doing.at,
        decided_by=doing.by.code, reason=doing.how.reason, condition=condition))
    doing.signs({"decision": code, "kind": kind, "dose": row.code, "attempt": row.attempt,
                 "evidence": judged.evidence_hash, "findings": answers, "condition": condition})
    doing.result = code


def passes(findings: tuple[Finding, ...]) -> bool:
    """Does every one of them pass, and is there any?"""
    return bool(findings) and all(one.verdict is Verdict.PASS for one in findings)


def refusal(dose: str, what: str, findings: tuple[Finding, ...]) -> str:
    """The sentence above the findings of a refusal."""
    fails = [one.rule for one in findings if one.verdict is Verdict.FAIL]
    unknown = [one.rule for one in findings if one.verdict is Verdict.CANNOT_DETERMINE]
    told = [f"{words}: {', '.join(dict.fromkeys(rules))}." for words, rules in
            (("Fails", fails), ("Cannot be determined", unknown)) if rules]
    return " ".join([f"{dose} cannot {what}.", *told])
