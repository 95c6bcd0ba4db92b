"""What must be true before a deviation is opened, judged, submitted, closed or voided, and its states. Pure.

CAPA has its rules in `capa_rules.py`, change control in `change_rules.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, rule
from mfg.quality.change_rules import CHANGE_COVERS as CHANGE_COVERS
from mfg.quality.change_rules import ChangeFacts as ChangeFacts
from mfg.quality.classes import CLASSES, SEVERITIES, severity_for

#: What the system drafts is confirmed by a person; what a person opens is confirmed as it is written.
DEVIATION = Moves("deviation", "draft", frozenset(), (
    Move("open deviation", frozenset({"draft"}), "open"),
    Move("confirm deviation", frozenset({"draft"}), "open"),
    Move("classify deviation", frozenset({"open", "classified"}), "classified"),
    Move("classify deviation", frozenset({"investigating"}), "investigating"),
    Move("classify deviation", frozenset({"reopened"}), "reopened"),
    Move("investigate deviation", frozenset({"classified", "investigating", "reopened"}), "investigating"),
    Move("submit deviation", frozenset({"investigating"}), "QA review"),
    Move("return deviation", frozenset({"QA review"}), "investigating"),
    Move("close deviation", frozenset({"QA review"}), "closed"),
    Move("reopen deviation", frozenset({"closed", "void"}), "reopened"),
    Move("void deviation", frozenset({"draft", "open", "classified"}), "void"),
))
#: states in which a deviation holds nothing up
DONE = ("closed", "void")
#: calendar days from opening until it is due (domain dossier 8.1)
DUE = timedelta(days=30)
#: how far the search for others of the same class looks back
RECURRENCE = timedelta(days=365)
#: characters below which a sentence says nothing
SHORTEST = 10
ANSWERS = ("yes", "no", "not known")
GROUNDS = ("duplicate", "recorded in error")


def says(text: str | None, what: str, code: str) -> str:
    """The text, when it says something; a blank one stops the rule."""
    return str(need((text or "").strip() or None, f"{what} of {code} is not written. Write it."))


@dataclass(frozen=True)
class Opening:
    """A deviation about to be opened by a person. `known`: history knows the code it shall touch."""

    within: str
    known: bool


@rule("QLT-03", "A deviation touches something that exists")
def touches_a_record(f: Opening) -> Any:
    """A deviation names a batch, donor or recipient that is on record, or it would hold no dose."""
    return passed(f.known), (f"{f.within} is on record." if f.known else
                             f"“{f.within}” is not a batch, donor or recipient of this facility. Scan or type the "
                             "code of what the deviation touches.")


@dataclass(frozen=True)
class Classifying:
    """A severity about to be judged."""

    code: str
    kind: str
    severity: str


@rule("QLT-04", "A critical class stays critical")
def not_below_its_class(f: Classifying) -> Any:
    """The severity is one of minor, major and critical, and a class that is critical is never judged to be less
    (domain dossier 8.3)."""
    need(f.severity if f.severity in SEVERITIES else None, f"No severity of {f.code} is judged.")
    need(f.kind if f.kind in CLASSES else None, f"“{f.kind}” is not a class of deviation. Choose one of the table.")
    ok = severity_for(f.kind, f.severity) == f.severity
    return passed(ok), (f"{f.kind.capitalize()}, {f.severity}." if ok else
                        f"A deviation of class “{f.kind}” is critical and cannot be judged {f.severity}. If the class "
                        "is wrong, choose the right one and say why."), f.severity, CLASSES[f.kind].severity


@dataclass(frozen=True)
class Answer:
    """"Other batches affected?": the answer of an investigation, the codes it names, and those named before."""

    code: str
    answer: str
    others: tuple[str, ...]
    why: str
    unknown: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()


@rule("QLT-05", "Whether other batches are affected is answered with its reason")
def others_answered(f: Answer) -> Any:
    """“Other batches affected?” is answered yes, with every one of them by a code on record, or no; either with the
    reasoning. “Not known” is neither (21 CFR 211.192)."""
    if f.unknown:
        return Verdict.FAIL, f"{', '.join(f.unknown)}: nothing on record has this code. Scan what is affected."
    named = tuple(dict.fromkeys((*f.others, *f.standing)))
    if f.answer != "yes" and f.others:
        return Verdict.FAIL, (f"{', '.join(f.others)} is named, and the answer is “{f.answer}”. Answer yes, or name "
                              "none.")
    if f.answer == "no" and named:
        return Verdict.FAIL, (f"The answer is no, and {', '.join(named)} stands as affected. Answer yes, or have "
                              "quality assurance take it off first.")
    need(f.answer if f.answer in ("yes", "no") else None,
         f"Whether other batches are affected by {f.code} is not answered yet.")
    why = says(f.why, "The reasoning about other batches", f.code)
    if f.answer == "yes" and not named:
        return Verdict.FAIL, "Other batches are said to be affected, and none is named. Name each by its code."
    ok = len(why) >= SHORTEST
    return passed(ok), (("Affected: " + ", ".join(named) + "." if named else "No other is affected.") if ok else
                        f"“{why}” is too short a reasoning about other batches.")


@dataclass(frozen=True)
class Case:
    """A deviation as its investigation leaves it. Blank is not written; None is not there."""

    code: str
    classified_by: str | None
    findings: str | None = None
    root_cause: str | None = None
    method: str | None = None
    product_impact: str | None = None
    patient_impact: str | None = None


@rule("QLT-06", "The severity is judged before it is investigated")
def severity_judged(f: Case) -> Any:
    """Quality assurance has judged the severity, and again after a reopening (domain dossier 8.1)."""
    need((f.classified_by or "").strip(),
         f"The severity of {f.code} is not judged. Quality assurance classifies it first.")
    return Verdict.PASS, "Judged by quality assurance."


@rule("QLT-07", "Findings, root cause and method are written")
def cause_written(f: Case) -> Any:
    """An investigation that stands tells what was found, the root cause, and the method that led to it
    (21 CFR 211.192)."""
    need((f.findings or "").strip(), f"No investigation of {f.code} stands. Investigate it; after a new "
                                     "judgement, again.")
    says(f.root_cause, "The root cause", f.code)
    says(f.method, "The method that led to the root cause", f.code)
    return Verdict.PASS, f"Root cause by {f.method}."


@rule("QLT-08", "The impact on product and patient is written")
def impact_written(f: Case) -> Any:
    """An investigation that stands tells the impact on the product and, apart from it, on the patient
    (domain dossier 8.1)."""
    says(f.product_impact, "The impact on the product", f.code)
    says(f.patient_impact, "The impact on the patient", f.code)
    return Verdict.PASS, "Written for product and patient."


@dataclass(frozen=True)
class Closing:
    """A deviation about to be closed: who had a hand in it, who closes it, and what was concluded."""

    code: str
    severity: str
    opened_by: str
    closed_by: str
    conclusion: str | None
    #: who confirmed, investigated or submitted it
    worked: tuple[str, ...] = ()
    capas: tuple[str, ...] = ()
    no_capa_why: str = ""


@rule("QLT-01", "Whoever opened or investigated a deviation does not close it")
def closed_by_another(f: Closing) -> Any:
    """A deviation is closed by another person than those who opened, confirmed, investigated or submitted it
    (21 CFR 211.22, 211.192; domain dossier 7.2, exclusion 9)."""
    closer = need(f.closed_by, "It is not known who closes the deviation.")
    if closer == f.opened_by:
        return Verdict.FAIL, (f"{f.code} was opened by the same person, {f.opened_by}. Another person of quality "
                              "assurance has to close it.")
    ok = closer not in f.worked
    return passed(ok), ("Opened, investigated and closed by different people." if ok else
                        f"{closer} worked on {f.code}. Another person of quality assurance has to close it.")


@rule("QLT-02", "A deviation is closed with a conclusion")
def concluded(f: Closing) -> Any:
    """A deviation is closed only with a written conclusion about its effect on the product (21 CFR 211.192)."""
    text = need((f.conclusion or "").strip() or None,
                f"No conclusion is written for {f.code}. Say what was found and what it means for the product.")
    ok = len(text) >= SHORTEST
    return passed(ok), ("A conclusion is written." if ok else
                        f"“{text}” is too short for a conclusion; at least {SHORTEST} characters that say what was "
                        "found and what it means for the product were expected.")


@rule("QLT-09", "A critical deviation leaves a CAPA, or the reason why none")
def capa_or_reason(f: Closing) -> Any:
    """A critical deviation is closed only with a CAPA that was not rejected, or with a written reason why none is
    needed (ICH Q10 3.2.2)."""
    if f.severity != "critical" or f.capas:
        return Verdict.PASS, f"CAPA: {', '.join(f.capas) or 'not demanded'}."
    why = need(f.no_capa_why.strip() or None, f"{f.code} is critical and has no CAPA. Propose one, or write why none "
                                              "is needed.")
    ok = len(why) >= SHORTEST
    return passed(ok), "Why no CAPA is needed is written." if ok else f"“{why}” is too short a reason for no CAPA."


@dataclass(frozen=True)
class NoImpactCase:
    """Quality assurance about to say that one dose is not touched while the investigation goes on."""

    code: str
    severity: str
    classified_by: str | None
    dose: str
    is_dose: bool
    why: str
    found_by: str
    opened_by: str
    worked: tuple[str, ...] = ()


@rule("QLT-10", "Only a minor or major deviation, judged so, may be found without impact")
def may_be_without_impact(f: NoImpactCase) -> Any:
    """“No impact on this dose, investigation continues” is for minor and major deviations whose severity quality
    assurance has judged; a critical one always blocks (domain dossier 8.1)."""
    if f.severity == "critical":
        return Verdict.FAIL, f"{f.code} is critical: it holds every dose it touches until it is closed."
    need(f.classified_by, f"The severity of {f.code} is not judged. Quality assurance classifies it first.")
    if not f.is_dose:
        return Verdict.FAIL, f"“{f.dose}” is not the code of a dose on record. Scan the dose, such as NK-26-014-D2."
    why = says(f.why, "Why the dose is not touched", f.code)
    return passed(len(why) >= SHORTEST), (f"{f.severity.capitalize()}, judged by quality assurance." if
                                          len(why) >= SHORTEST else f"“{why}” is too short a reason.")


@rule("QLT-11", "No impact is found by somebody who had no hand in it")
def found_by_another(f: NoImpactCase) -> Any:
    """Who opened, confirmed, investigated or submitted a deviation does not find a dose untouched by it
    (domain dossier 7.2, exclusion 9)."""
    ok = need(f.found_by, "It is not known who finds it.") not in (f.opened_by, *f.worked)
    return passed(ok), ("Found by another person." if ok else
                        f"{f.found_by} opened or worked on {f.code}. Another person of quality assurance judges it.")


@dataclass(frozen=True)
class Voiding:
    """A deviation about to be voided, and the one it is said to repeat. `severity`: the gravest it ever had."""

    code: str
    within: str
    severity: str
    by_system: bool
    opened_by: str
    voided_by: str
    ground: str
    duplicate_of: str = ""
    other_within: str | None = None
    other_severity: str | None = None
    other_state: str | None = None


@rule("QLT-12", "A deviation that blocked rightly is not voided")
def blocked_wrongly(f: Voiding) -> Any:
    """Void is for what never was: a duplicate of another that touches the same record and weighs as much, or a
    record made in error by a person. What the system found to be critical is investigated (domain dossier 8.1)."""
    if need(f.voided_by, "It is not known who voids it.") == f.opened_by:
        return Verdict.FAIL, f"{f.code} was opened by the same person. Another person of quality assurance voids it."
    need(f.ground if f.ground in GROUNDS else None, f"Why {f.code} is void is not said: {' or '.join(GROUNDS)}.")
    if f.ground == "duplicate":
        return _duplicate(f)
    ok = not (f.by_system and f.severity == "critical")
    return passed(ok), ("Recorded in error." if ok else
                        f"The system found {f.code} at the breach itself, and it is critical. Investigate it, then "
                        "close it.")


def _duplicate(f: Voiding) -> tuple[Any, ...]:
    need(f.duplicate_of, f"Which deviation {f.code} repeats is not said. Give its code.")
    if f.other_state is None or f.duplicate_of == f.code:
        return Verdict.FAIL, f"“{f.duplicate_of}” is not another deviation on record."
    heavier = SEVERITIES.index(f.other_severity or "minor") >= SEVERITIES.index(f.severity)
    ok = f.other_state != "void" and f.other_within == f.within and heavier
    return passed(ok), (f"{f.duplicate_of} tells of the same." if ok else
                        f"{f.duplicate_of} is {f.other_state} and {f.other_severity}, on {f.other_within}; one that is "
                        f"not void, at least {f.severity} and on {f.within} was expected."), f.other_within, f.within


@dataclass(frozen=True)
class Extending:
    """More time about to be given."""

    code: str
    due_at: datetime
    until: datetime
    at: datetime


@rule("QLT-13", "More time ends later than the time there was")
def later_than_before(f: Extending) -> Any:
    """An extension ends after the present due date and after now (domain dossier 8.1: its reason is written)."""
    ok = f.until > f.due_at and f.until > f.at
    return passed(ok), (f"Due {f.until:%Y-%m-%d}." if ok else
                        f"{f.until:%Y-%m-%d %H:%M} UTC gives no more time: {f.code} is due {f.due_at:%Y-%m-%d}, and it "
                        f"is {f.at:%Y-%m-%d %H:%M} UTC now."), f"{f.until:%Y-%m-%d}", f"after {f.due_at:%Y-%m-%d}"


@dataclass(frozen=True)
class Touching:
    """Something about to be added to a deviation."""

    code: str
    state: str


@rule("QLT-14", "What is closed or void is left as it is")
def still_open(f: Touching) -> Any:
    """Nothing is added to a deviation that is closed or void; it is reopened first, with a reason."""
    ok = f.state not in DONE
    return passed(ok), f"{f.code} is {f.state}{'.' if ok else '. Reopen it first.'}"


OPEN = (touches_a_record,)
STILL_OPEN = (still_open,)
CLASSIFY = (not_below_its_class,)
OTHERS = (others_answered,)
INVESTIGATE = (severity_judged,)
SUBMIT = (severity_judged, cause_written, impact_written)
CLOSE = (closed_by_another, concluded, capa_or_reason)
NO_IMPACT = (may_be_without_impact, found_by_another)
VOID = (blocked_wrongly,)
EXTEND = (later_than_before,)
