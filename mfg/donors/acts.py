"""What is done with donors: listing, consent, markers, determination. Collections are in collection_acts.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.donors.records import (
    DETERMINATIONS,
    Collection,
    Consent,
    Determination,
    Donor,
    Marker,
    Pairing,
    consents_of,
    markers_of,
    newest_determination,
)
from mfg.donors.records import collection as load_collection
from mfg.donors.records import donor as load_donor
from mfg.donors.rules import (
    DETERMINATION,
    TESTS,
    TOLD,
    ConsentFact,
    DonorFacts,
    MarkerFact,
    Told,
)
from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Who, act
from mfg.trial.records import recipient as load_recipient


def register_donor(session: Session, who: Who, *, recipient: str, relation: str) -> str:
    """Register a donor and list it for a recipient. Returns the donor code, which means nothing."""
    with act(session, "register donor", on=recipient, **who.how) as doing:
        load_recipient(session, recipient)
        doing.on = doing.within = doing.result = next_code(session, Donor, "DON", 4)
        session.add(Donor(code=doing.on, relation=relation, registered_at=doing.at))
        session.flush()
        session.add(Pairing(donor=doing.on, recipient=recipient, listed_at=doing.at))
    return doing.result


def record_consent(session: Session, who: Who, *, donor: str, text_version: str, given_at: datetime,
                   withdrawn_at: datetime | None = None) -> str:
    """Record a consent, or with `withdrawn_at` its withdrawal as a further row. Returns the consent code."""
    with act(session, "record consent", on=donor, within=donor, **who.how) as doing:
        load_donor(session, donor)
        refuse_unless(judge(TOLD, Told("The consent", given_at, doing.at)))
        if withdrawn_at is not None:
            _withdrawal_fits(given_at, withdrawn_at, doing.at)
        doing.on = doing.result = next_code(session, Consent, "CON")
        session.add(Consent(code=doing.on, donor=donor, text_version=text_version, given_at=given_at,
                            withdrawn_at=withdrawn_at))
    return doing.result


def _withdrawal_fits(given_at: datetime, withdrawn_at: datetime, at: datetime) -> None:
    refuse_unless(judge(TOLD, Told("The withdrawal", withdrawn_at, at)))
    if withdrawn_at < given_at:
        raise Refused(f"The withdrawal ({withdrawn_at:%Y-%m-%d %H:%M} UTC) is before the consent "
                      f"({given_at:%Y-%m-%d %H:%M} UTC). Correct the times.")


def record_marker(session: Session, who: Who, *, donor: str, test: str, result: str, specimen_at: datetime,
                  assay: str, kit_lot: str, laboratory: str) -> str:
    """Record one infection marker as the laboratory reported it. Returns the marker code."""
    with act(session, "record marker", on=donor, within=donor, **who.how) as doing:
        load_donor(session, donor)
        if test not in TESTS:
            raise Refused(f"“{test}” is not a test of the panel. Choose one of: {', '.join(TESTS)}.", kind="input")
        refuse_unless(judge(TOLD, Told("The specimen", specimen_at, doing.at)))
        doing.on = doing.result = next_code(session, Marker, "IDM")
        content = {"donor": donor, "test": test, "result": result, "specimen_at": specimen_at, "assay": assay,
                   "kit_lot": kit_lot, "laboratory": laboratory}
        session.add(Marker(code=doing.on, recorded_at=doing.at, recorded_by=doing.by.code, **content))
        doing.signs(content | {"marker": doing.on})
    return doing.result


def determine_eligibility(session: Session, who: Who, *, donor: str, verdict: str, screening: str,
                          screened_at: datetime, collection: str = "") -> str:
    """The medical director's determination. “eligible” takes every rule for the named collection to pass;
    “ineligible” and “not completed” may always be recorded. Returns the determination code."""
    with act(session, "determine eligibility", on=donor, within=donor, **who.how) as doing:
        load_donor(session, donor)
        if verdict not in DETERMINATIONS:
            raise Refused(f"“{verdict}” is not a determination. Choose one of: {', '.join(DETERMINATIONS)}.",
                          kind="input")
        refuse_unless(judge(TOLD, Told("The screening", screened_at, doing.at)))
        facts = _facts(session, donor, collection or None, screening, screened_at)
        findings = judge(DETERMINATION, facts)
        if verdict == "eligible":
            refuse_unless(findings)
        doing.on = doing.result = next_code(session, Determination, "DET")
        session.add(Determination(code=doing.on, donor=donor, verdict=verdict, screening=screening,
                                  screened_at=screened_at, determined_at=doing.at, determined_by=doing.by.code))
        doing.signs({"determination": doing.on, "donor": donor, "verdict": verdict, "facts": facts,
                     "findings": [finding.as_dict() for finding in findings]})
    return doing.result


def eligibility_facts(session: Session, donor: str, collection: str | None) -> DonorFacts:
    """Everything the rule tuple DONOR needs, seen from one collection; release asks again with it."""
    newest = newest_determination(session, donor)
    if newest is None:
        return _facts(session, donor, collection, None, None)
    return _facts(session, donor, collection, newest.screening, newest.screened_at, newest)


def _facts(session: Session, donor: str, collection: str | None, screening: str | None,
           screened_at: datetime | None, newest: Determination | None = None) -> DonorFacts:
    row = _own_collection(session, donor, collection)
    return DonorFacts(
        donor=donor,
        collection=row.code if row else None,
        started_at=row.started_at if row else None,
        ended_at=row.ended_at if row else None,
        markers=tuple(MarkerFact(m.code, m.test, m.result, m.specimen_at) for m in markers_of(session, donor)),
        consents=tuple(ConsentFact(c.code, c.given_at, c.withdrawn_at) for c in consents_of(session, donor)),
        screening=screening,
        screened_at=screened_at,
        determination=newest.verdict if newest else None,
        determination_code=newest.code if newest else None,
    )


def _own_collection(session: Session, donor: str, code: str | None) -> Collection | None:
    if code is None:
        return None
    row = load_collection(session, code)
    if row.donor != donor:
        raise Refused(f"{code} was collected from {row.donor}, not from {donor}. Name a collection of this donor.",
                      kind="input")
    return row
