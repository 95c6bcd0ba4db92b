"""For tests above the donors: a listed donor, its panel, a collection received and accepted. Made by acts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from mfg.codes.own import coi_text
from mfg.donors import acts, collection_acts
from mfg.trial.records import Recipient
from tests.office import Office

PANEL = ("HIV-1/2 antibody", "HIV-1 NAT", "HBsAg", "anti-HBc total", "HBV NAT", "HCV antibody", "HCV NAT",
         "syphilis", "HTLV-I/II antibody", "CMV antibody")
DIN = "A999926000123"
#: as a scanner sends it: symbol identifier, data identifier, number, flags
SCANNED_DIN = f"]C0={DIN}00"


def registered(office: Office, recipient: str) -> str:
    """A donor listed for the recipient."""
    return office.do(acts.register_donor, office.who("apheresis nurse"), recipient=recipient,
                     relation="sister, haploidentical")


def consented(office: Office, donor: str) -> str:
    """A consent given a day ago."""
    return office.do(acts.record_consent, office.who("apheresis nurse"), donor=donor, text_version="2",
                     given_at=office.now - timedelta(days=1))


def panel_done(office: Office, donor: str, **results: str) -> None:
    """The whole panel, negative, of a specimen taken six hours ago. `results` by test name."""
    for test in PANEL:
        office.do(acts.record_marker, office.who("apheresis nurse"), donor=donor, test=test,
                  result=results.get(test, "negative"), specimen_at=office.now - timedelta(hours=6),
                  assay="An assay", kit_lot="K1", laboratory="A laboratory")


def collected(office: Office, donor: str, recipient: str, **change: Any) -> str:
    """An apheresis of four hours that ended an hour ago."""
    told: dict[str, Any] = {
        "din": SCANNED_DIN, "started_at": office.now - timedelta(hours=5), "ended_at": office.now - timedelta(hours=1),
        "device": "Apheresis 1", "volume_ml": Decimal(120), "anticoagulant": "ACD-A",
        "anticoagulant_ml": Decimal(12), "tnc": Decimal("1.2e10"), "nk_percent": Decimal(14)}
    return office.do(collection_acts.record_collection, office.who("apheresis nurse"), donor=donor,
                     recipient=recipient, **told | change)


def arrival(office: Office, recipient: str, **change: Any) -> dict[str, Any]:
    """What is told of a good receipt; the chain of identity is typed with its check character."""
    with office.look() as session:
        coi = coi_text(session.get_one(Recipient, recipient).coi)
    told = {"din": SCANNED_DIN, "coi": coi, "received_at": office.now, "transport": "2-8 °C",
            "transport_low_c": Decimal("2.5"), "transport_high_c": Decimal("6.1"), "seal_intact": True,
            "leak_free": True}
    return told | change


def inspected(office: Office, collection: str, recipient: str, **change: Any) -> str:
    """The receipt looked at by an operator."""
    return office.do(collection_acts.inspect_receipt, office.who("operator"), collection=collection,
                     **arrival(office, recipient, **change))


def accepted(office: Office, donor: str, recipient: str) -> str:
    """A collection recorded, received, and verified by a second person."""
    code = inspected(office, collected(office, donor, recipient), recipient)
    return office.do(collection_acts.accept_collection, office.who("verifier"), collection=code)


def eligible(office: Office, donor: str, collection: str) -> str:
    """The medical director's “eligible”."""
    return office.do(acts.determine_eligibility, office.who("medical director"), donor=donor, verdict="eligible",
                     screening="No risk factor found.", screened_at=office.now - timedelta(hours=8),
                     collection=collection)


def eligible_donor(office: Office, recipient: str) -> tuple[str, str]:
    """A donor with everything, and its accepted collection: (donor code, collection code)."""
    donor = registered(office, recipient)
    consented(office, donor)
    panel_done(office, donor)
    collection = accepted(office, donor, recipient)
    eligible(office, donor, collection)
    return donor, collection
