"""The doors of exceptional releases, of taking a release back and of closing a batch; and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.canonical import plain_data
from mfg.custody.holders import holders
from mfg.doors import Door, Pairs, View
from mfg.facts import Finding, judge
from mfg.fields import Body, Choice, Words
from mfg.ledger import now
from mfg.release import closing, exceptional_acts, revoking
from mfg.release.exceptional_records import ExceptionalRequest, named_tests
from mfg.release.exceptional_records import exceptional_request as request_of
from mfg.release.exceptional_rules import EXCEPTIONAL
from mfg.release.gather import decide
from mfg.release.late_pages import conditional_data

ONE, DOSE = "/exceptional/<request>", "/doses/<dose>"
CONTACTS = ("sponsor", "authority", "sponsor and authority")
ANSWERS = {"agrees": "agrees", "was told, and need not agree": "was told, and need not agree", "no": "does not agree"}


class RequestExceptional(Body):
    """Which tests fail; the urgent need is the reason."""

    tests = Words("Tests that fail", limit=400, hint="Their ids in the specification, parted by commas.")


class Said(Body):
    """What a party says."""

    words = Words("What you state", kind="textarea")


class EvaluateRisk(Said):
    """The risk of giving it and of not giving it."""

    words = Words("The risk of giving it, and of not giving it", kind="textarea")
    evidence = Words("Evidence that was shown", limit=80, hint="The hash of the dossier it is judged over.")


class Contact(Body):
    """Who was asked, and what they answered."""

    whom = Choice("Who was asked", CONTACTS)
    answered = Choice("What was answered", ANSWERS)


def all_requests(session: Session) -> list[ExceptionalRequest]:
    """All requests, the newest first."""
    return list(session.scalars(select(ExceptionalRequest).order_by(ExceptionalRequest.code.desc())))


def judged_request(session: Session, row: ExceptionalRequest) -> tuple[Finding, ...]:
    """Every finding of the exceptional release, as if somebody not known yet decided now."""
    judged = decide(session, row.dose, now())
    return judge(EXCEPTIONAL, exceptional_acts.facts(session, row, judged, "the qualified person"))


def request_data(session: Session, row: ExceptionalRequest) -> dict[str, Any]:
    """One request as plain data."""
    told = {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}
    return told | {"tests": list(named_tests(row))}


def _one(session: Session, request: str) -> dict[str, Any]:
    row = request_of(session, request)
    return request_data(session, row) | {"findings": [one.as_dict() for one in judged_request(session, row)]}


def _shows(session: Session, *, request: str) -> Pairs:
    row = request_of(session, request)
    return [("Request", row.code), ("Dose", f"{row.dose}, fill {row.attempt}"), ("Out of specification", row.tests),
            ("Urgent need", row.need), ("Risk", row.risk_words or "not evaluated yet"),
            ("Authorisation", row.authorised_words or "not given yet"),
            ("Sponsor and authority", row.contact_words or "not told yet"),
            ("Ethics rule", row.ethics_words or "not checked yet"),
            ("Consent of the patient", row.consent_words or "not noted yet")]


def _seen(session: Session, *, request: str) -> str:
    return str(request_of(session, request).version)


def _evidence(session: Session, *, request: str) -> Mapping[str, Mapping[str, Any]]:
    judged = decide(session, request_of(session, request).dose, now())
    return {"evidence": {"value": judged.evidence_hash}}


def _shows_dose(session: Session, *, dose: str) -> Pairs:
    row, judged = dose_of(session, dose), decide(session, dose, now())
    wrong = [f"{one.rule}: {one.why}" for one in judged.conditional if one.verdict.value != "PASS"]
    return [("Dose", f"{dose}, fill {row.attempt}, {row.state}"),
            *(("Does not pass", one) for one in wrong or ["nothing"]),
            *((one.bag, one.where) for one in holders(session, [row]))]


def _seen_dose(session: Session, *, dose: str) -> str:
    return decide(session, dose, now()).evidence_hash


def _version_dose(session: Session, *, dose: str) -> str:
    return str(dose_of(session, dose).version)


def _version_batch(session: Session, *, batch: str) -> str:
    return str(batch_of(session, batch).version)


def _shows_batch(session: Session, *, batch: str) -> Pairs:
    return [("Batch", batch), *((one.rule, one.why) for one in closing.findings(session, batch, now()))]


def request_page(code: str) -> str:
    """The page of a request."""
    return f"/exceptional/{code}"


def _decision(code: str) -> str:
    return f"/decisions/{code}"


def _party(verb: str, call: Any, title: str, main: str, body: type[Body] = Said, **more: Any) -> Door:
    return Door(verb, ONE, call, title, main, request_page, body=body, shows=_shows, seen=_seen, **more)


ASKS = exceptional_acts
LATE_DOORS = (
    Door("revoke release", DOSE, revoking.revoke_release, "Take the release back", "Sign and revoke", _decision,
         shows=_shows_dose, seen=_version_dose, danger=True, intro="The dose is stopped at every door, and everybody "
         "concerned is told. Recall it where a bag has left."),
    Door("close batch", "/batches/<batch>", closing.close_batch, "Close the batch", "Sign and close",
         lambda code: f"/batches/{code}", shows=_shows_batch, seen=_version_batch,
         intro="Possible only when every dose and every sterility test has its end."),
    Door("request exceptional release", DOSE, ASKS.request_exceptional, "Ask for an exceptional release",
         "Sign the request", request_page, body=RequestExceptional, shows=_shows_dose, danger=True,
         intro="Only where the trial protocol allows it; never for growth, identity, expiry or the dose itself. The "
               "reason is the urgent need, and why nothing comparable is there."),
    _party("evaluate exceptional risk", ASKS.evaluate_risk, "Evaluate the risk", "Sign the evaluation", EvaluateRisk,
           prepares=_evidence),
    _party("authorise exceptional release", ASKS.authorise, "Authorise it", "Sign the authorisation", danger=True),
    _party("record sponsor contact", ASKS.record_contact, "Sponsor or authority was asked", "Sign the contact",
           Contact),
    _party("check ethics rule", ASKS.check_ethics, "The rule of the ethics committee", "Sign the check"),
    _party("note patient consent", ASKS.note_consent, "The patient knows and consents", "Sign the note",
           intro="No name. Who told the patient by role, and when."),
    _party("withdraw exceptional request", ASKS.withdraw, "Withdraw the request", "Sign the withdrawal", Body,
           danger=True),
    Door("release dose exceptionally", DOSE, ASKS.release_exceptionally, "Release exceptionally",
         "Sign and release out of specification", _decision, shows=_shows_dose, seen=_seen_dose, danger=True,
         intro="The dose is out of specification, and stays marked so for ever."),
)

LATE_VIEWS = (
    View("/conditional-releases", conditional_data, "All conditional releases and their final outcome"),
    View("/exceptional", lambda session: [request_data(session, row) for row in all_requests(session)],
         "Requests for exceptional releases"),
    View(ONE, _one, "One request with every finding, judged now"),
    View("/batches/<batch>/closing", lambda session, batch: [
        one.as_dict() for one in closing.findings(session, batch_of(session, batch).code, now())],
        "What stands between a batch and its closing"),
)
