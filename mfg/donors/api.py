"""The doors of donors and collections, and what JSON reads of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.codes.isbt128 import din_text
from mfg.donors import acts, collection_acts
from mfg.donors.collection_rules import RECEIPT, TRANSPORT
from mfg.donors.records import (
    DETERMINATIONS,
    RESULTS,
    Collection,
    Consent,
    Determination,
    Donor,
    Marker,
    consents_of,
    markers_of,
    newest_determination,
    pairings_of,
)
from mfg.donors.records import collection as load_collection
from mfg.donors.records import donor as load_donor
from mfg.donors.rules import DONOR, TESTS
from mfg.doors import Door, Pairs, View
from mfg.facts import judge
from mfg.fields import Body, Choice, Moment, Number, Scanned, Words, YesNo
from mfg.trial.records import Recipient

DIN_HINT = "Scan the donation number, or type it with its check character: A9999 26 000123 and the last one."
COI_HINT = "Scan it from the bag, or type it with the character after the dot."


class RegisterDonor(Body):
    """A donor for one recipient. No name: the donor gets a code."""

    recipient = Words("Recipient", limit=80, hint="The subject code, for instance SUB-0001.")
    relation = Words("Relation to the recipient", limit=200, hint="For instance: sister, haploidentical.")


class RecordConsent(Body):
    """A consent, or its withdrawal."""

    text_version = Words("Version of the consent text", limit=80)
    given_at = Moment("Given at")
    withdrawn_at = Moment("Withdrawn at", required=False, hint="Only to record that this consent was withdrawn.")


class RecordMarker(Body):
    """One infection marker, as the laboratory reported it."""

    test = Choice("Test", TESTS)
    result = Choice("Result", RESULTS)
    specimen_at = Moment("Specimen taken at", hint="Not when it was tested: when it was taken.")
    assay = Words("Assay", limit=200)
    kit_lot = Words("Lot of the kit", limit=80)
    laboratory = Words("Laboratory", limit=200)


class DetermineEligibility(Body):
    """The determination and the screening it rests on."""

    verdict = Choice("Determination", DETERMINATIONS)
    collection = Words("For the collection", limit=80, required=False,
                       hint="“eligible” is judged for one collection: its specimens and consent must fit it.")
    screening = Words("Screening for risk factors", kind="textarea",
                      hint="What history, examination and records showed.")
    screened_at = Moment("Screened at")


class RecordCollection(Body):
    """One apheresis."""

    recipient = Words("Recipient", limit=80, hint="The subject code the cells are for.")
    din = Scanned("Donation number (DIN)", takes=("001",), hint=DIN_HINT)
    started_at = Moment("Started at")
    ended_at = Moment("Ended at")
    device = Words("Apheresis device", limit=80)
    volume_ml = Number("Volume in the bag", "mL", above="0", high="2000")
    anticoagulant = Words("Anticoagulant", limit=80, hint="For instance ACD-A.")
    anticoagulant_ml = Number("Anticoagulant in the bag", "mL", low="0", high="2000")
    tnc = Number("Total nucleated cells", "{cells}", above="0", hint="For instance 1.2e10.")
    nk_percent = Number("NK cells of nucleated cells", "%", low="0", high="100", required=False)


class InspectReceipt(Body):
    """What arrived."""

    din = Scanned("Donation number on the bag", takes=("001",), hint=DIN_HINT)
    coi = Scanned("Chain of identity on the bag", takes=("040",), hint=COI_HINT)
    received_at = Moment("Received at")
    transport = Choice("Transport condition ordered", tuple(TRANSPORT))
    transport_low_c = Number("Lowest temperature of the logger", "Cel", low="-200", high="100")
    transport_high_c = Number("Highest temperature of the logger", "Cel", low="-200", high="100")
    seal_intact = YesNo("Is the seal intact?")
    leak_free = YesNo("Is the bag free of leaks?")


def donor_page(code: str) -> str:
    """The page of a donor."""
    return f"/donors/{code}"


def collection_page(code: str) -> str:
    """The page of a collection."""
    return f"/collections/{code}"


def _recipients(session: Session, **_codes: str) -> dict[str, dict[str, Any]]:
    codes = list(session.scalars(select(Recipient.code).order_by(Recipient.code)))
    return {"recipient": {"kind": "choice", "choices": [(code, code) for code in codes]}}


def _listed(session: Session, *, donor: str) -> dict[str, dict[str, Any]]:
    codes = [pair.recipient for pair in pairings_of(session, donor)]
    return {"recipient": {"kind": "choice", "choices": [(code, code) for code in codes]}}


def _collections(session: Session, *, donor: str) -> dict[str, dict[str, Any]]:
    return {"collection": {"kind": "choice", "choices": [(c.code, f"{c.code}, {c.started_at:%Y-%m-%d}")
                                                          for c in collections_of(session, donor)]}}


def collections_of(session: Session, donor: str) -> list[Collection]:
    """The collections of a donor, oldest first."""
    return list(session.scalars(select(Collection).where(Collection.donor == donor).order_by(Collection.code)))


def _shows_donor(session: Session, *, donor: str) -> Pairs:
    row = load_donor(session, donor)
    return [("donor", row.code), ("relation", row.relation),
            ("listed for", ", ".join(pair.recipient for pair in pairings_of(session, donor)))]


def _shows_collection(session: Session, *, collection: str) -> Pairs:
    row = load_collection(session, collection)
    receipt = collection_acts.receipt_of(session, row)
    found = [(f"{f.rule} {f.title}", f"{f.verdict.value}: {f.why}") for f in judge(RECEIPT, receipt)]
    return [("collection", row.code), ("donation number", din_text(row.din)), ("donor", row.donor),
            ("recipient", row.recipient), ("state", row.state), *(found if row.received_at else [])]


def _seen(session: Session, *, collection: str) -> str:
    return str(load_collection(session, collection).version)


ONE, BAG = "/donors/<donor>", "/collections/<collection>"

DOORS: tuple[Door, ...] = (
    Door("register donor", "/donors", acts.register_donor, "Register donor", "Register", donor_page, RegisterDonor,
         intro="The donor is listed for one recipient and is known by its code only.", prepares=_recipients),
    Door("record consent", ONE, acts.record_consent, "Record consent", "Record",
         lambda code: f"/consents/{code}", RecordConsent,
         intro="A withdrawal is recorded with the version and time of the consent it withdraws."),
    Door("record marker", ONE, acts.record_marker, "Record infection marker", "Sign and record",
         lambda code: f"/markers/{code}", RecordMarker, intro="One test of one specimen.", shows=_shows_donor),
    Door("determine eligibility", ONE, acts.determine_eligibility, "Determine eligibility", "Sign determination",
         lambda code: f"/determinations/{code}", DetermineEligibility, shows=_shows_donor, prepares=_collections,
         intro="“eligible” is possible only when every rule passes; the others may always be recorded."),
    Door("record collection", ONE, collection_acts.record_collection, "Record collection", "Sign collection",
         collection_page, RecordCollection, shows=_shows_donor, prepares=_listed),
    Door("inspect receipt", BAG, collection_acts.inspect_receipt, "Inspect receipt", "Sign inspection",
         collection_page, InspectReceipt, shows=_shows_collection, seen=_seen,
         intro="Read both identifiers from the bag itself, not from the paper."),
    Door("accept collection", BAG, collection_acts.accept_collection, "Accept collection", "Verify receipt",
         collection_page, shows=_shows_collection, seen=_seen,
         intro="Look at bag, seal and logger yourself. Who inspected cannot accept."),
    Door("reject collection", BAG, collection_acts.reject_collection, "Reject collection", "Reject",
         collection_page, danger=True, shows=_shows_collection, seen=_seen, intro="For good, with the reason."),
)


def read_donors(session: Session) -> Any:
    """All donors."""
    return [_plain(row) for row in donors(session)]


def read_donor(session: Session, *, donor: str) -> Any:
    """A donor with consents, markers, the determination that counts, and the findings for each collection."""
    newest = newest_determination(session, donor)
    return _plain(load_donor(session, donor)) | {
        "recipients": [pair.recipient for pair in pairings_of(session, donor)],
        "consents": [_plain(row) for row in consents_of(session, donor)],
        "markers": [_plain(row) for row in markers_of(session, donor)],
        "determination": _plain(newest) if newest else None,
        "findings": {row.code: [f.as_dict() for f in judge(DONOR, acts.eligibility_facts(session, donor, row.code))]
                     for row in collections_of(session, donor)},
    }


def read_collections(session: Session) -> Any:
    """All collections."""
    return [_plain(row) for row in collections(session)]


def read_collection(session: Session, *, collection: str) -> Any:
    """A collection with the findings of its receipt."""
    row = load_collection(session, collection)
    findings = judge(RECEIPT, collection_acts.receipt_of(session, row))
    return _plain(row) | {"din_text": din_text(row.din), "findings": [f.as_dict() for f in findings]}


def donors(session: Session) -> list[Donor]:
    """All donors, oldest first."""
    return list(session.scalars(select(Donor).order_by(Donor.code)))


def collections(session: Session) -> list[Collection]:
    """All collections, oldest first."""
    return list(session.scalars(select(Collection).order_by(Collection.code)))


def _plain(row: Donor | Consent | Marker | Determination | Collection) -> dict[str, Any]:
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


VIEWS: tuple[View, ...] = (
    View("/donors", read_donors, "Donors"),
    View("/donors/<donor>", read_donor, "Donor"),
    View("/collections", read_collections, "Collections"),
    View("/collections/<collection>", read_collection, "Collection"),
)
