"""What must be known of a lot before it is received, and before QA approves it; and what suppliers are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, plain, rule
from mfg.materials.rules import STRENGTHS, told
from mfg.units import in_words

SUPPLIER = Moves("supplier", "proposed", frozenset(), (
    Move("qualify supplier", frozenset({"proposed", "conditional", "disqualified"}), "qualified"),
    Move("qualify supplier on condition", frozenset({"proposed", "qualified", "disqualified"}), "conditional"),
    Move("disqualify supplier", frozenset({"proposed", "qualified", "conditional"}), "disqualified"),
))
#: of these the product is made or they touch it, so their suppliers are qualified (domain dossier 8.1)
CRITICAL = frozenset({"bispecific antibody", "medium", "cytokine", "feeder cells", "depletion reagent", "formulation",
                      "bag or set"})
GRADES = ("GMP", "pharmacopoeia", "medical device", "research")
#: UCUM units a lot is counted in: volume, mass, pieces, cells, activity
QUANTITY_UNITS = ("mL", "L", "uL", "g", "kg", "mg", "ug", "1", "{cells}", "[IU]")


@dataclass(frozen=True)
class LotFacts:
    """One lot as received or about to be approved. `at` is now."""

    kind: str
    certificate: str
    strength: Decimal | None
    strength_unit: str | None
    received_at: datetime
    expires_at: datetime
    at: datetime
    quantity: Decimal | None = None
    quantity_unit: str | None = None
    #: None: nobody said; it counts as critical
    critical: bool | None = None
    grade: str = ""
    #: None: nobody said
    animal_origin: bool | None = None
    tse_statement: str = ""
    #: hash of the kept certificate of analysis
    certificate_file: str | None = None
    supplier: str = ""
    #: None when the supplier is not on the list
    supplier_state: str | None = None
    #: (what, as typed, as on the manufacturer's bar code), where the bar code says it
    scanned: tuple[tuple[str, str, str], ...] = ()


@rule("MAT-04", "Received before it is recorded")
def received_in_the_past(f: LotFacts) -> Any:
    """A receipt is recorded after it happened (ALCOA: contemporaneous)."""
    received, now = f"{f.received_at:%Y-%m-%d %H:%M}", f"{f.at:%Y-%m-%d %H:%M}"
    ok = f.received_at <= f.at
    return passed(ok), (f"Received {received} UTC." if ok else f"The lot is said to be received {received} UTC, but it "
                        f"is {now} UTC now. Correct date and time."), received, now


@rule("MAT-05", "Strength stated where a batch needs it")
def strength_stated(f: LotFacts) -> Any:
    """The antibody has its concentration in ug/mL, feeder cells their irradiation in Gy; never one without unit."""
    if (f.strength is None) != (not f.strength_unit):
        return Verdict.FAIL, "Strength and its unit belong together. Give both, or neither."
    wanted = STRENGTHS.get(f.kind)
    if wanted is None:
        return Verdict.PASS, f"A lot of {f.kind} needs no strength."
    strength = need(f.strength, f"A lot of {f.kind} needs its strength in {wanted}. Read it from the certificate.")
    ok = strength > 0 and f.strength_unit == wanted
    said = f"{plain(strength)} {f.strength_unit}"
    return passed(ok), (f"Strength {said}." if ok else
                        f"The strength is given as {said}; more than 0 {wanted} was expected."), said, wanted


@rule("MAT-13", "Quantity and unit belong together")
def quantity_stated(f: LotFacts) -> Any:
    """A quantity is more than nothing and has its unit; a lot without one is received, but no amount is taken of it
    (21 CFR 211.184(a))."""
    if (f.quantity is None) != (not f.quantity_unit):
        return Verdict.FAIL, "Quantity and its unit belong together. Give both, or neither."
    if f.quantity is None:
        return Verdict.PASS, "No quantity is stated; no step can take an amount of this lot."
    said = f"{plain(f.quantity)} {in_words(f.quantity_unit)}".rstrip()
    ok = f.quantity > 0
    return passed(ok), (f"{said} received." if ok else
                        f"The quantity is given as {said}; more than 0 was expected."), said


@rule("MAT-14", "Critical materials are called critical")
def called_critical(f: LotFacts) -> Any:
    """What the product is made of or what touches it is a critical material (domain dossier 8.1)."""
    if f.kind not in CRITICAL:
        return Verdict.PASS, f"A lot of {f.kind} may be critical or not."
    said: bool = need(f.critical, "Whether the material is critical is not said.")
    return passed(said), (f"A lot of {f.kind} is critical." if said else
                          f"A lot of {f.kind} is always critical; it was called not critical. Correct it.")


@rule("MAT-15", "What was typed is what the bar code says")
def as_on_the_bar_code(f: LotFacts) -> Any:
    """Lot number, expiry and kind as typed are those on the manufacturer's bar code (GS1 (01), (10), (17))."""
    differing = [f"The {what} was typed as {typed}; the bar code says {code}." for what, typed, code in f.scanned
                 if typed != code]
    if differing:
        return Verdict.FAIL, " ".join(differing) + " Compare with the label, and correct it or reject the delivery."
    return Verdict.PASS, "Nothing contradicts the bar code." if f.scanned else "No bar code was scanned."


RECEIPT = (received_in_the_past, strength_stated, quantity_stated, called_critical, as_on_the_bar_code)


@rule("MAT-06", "A certificate is there")
def certified(f: LotFacts) -> Any:
    """A lot is approved against its certificate of analysis, by number and as a kept file (21 CFR 211.84(d))."""
    need(f.certificate, "No certificate is named for this lot. Get it from the supplier.")
    need(f.certificate_file, f"The certificate {f.certificate} is named but not kept. Attach its file.")
    return Verdict.PASS, f"Certificate: {f.certificate}, on file.", f.certificate


@rule("MAT-07", "In date when approved")
def in_date_when_approved(f: LotFacts) -> Any:
    """A lot past its expiry is not approved any more."""
    expires = told(f.expires_at)
    ok = f.at <= f.expires_at
    return passed(ok), (f"In date until {expires}." if ok else f"The lot expired {expires}. Reject it."), \
        told(f.at), expires


@rule("MAT-16", "The supplier is qualified")
def supplier_qualified(f: LotFacts) -> Any:
    """A critical material comes from a qualified or conditionally qualified supplier, and nothing comes from a
    disqualified one (21 CFR 211.84, EU GMP Part IV 7.11, domain dossier 8.1)."""
    if f.supplier_state == "disqualified":
        return Verdict.FAIL, f"{f.supplier} is disqualified. Reject the lot.", f.supplier_state
    if f.critical is False:
        return Verdict.PASS, "The material is not critical."
    state: str = need(f.supplier_state, f"{f.supplier or 'The supplier'} is not on the list of suppliers. Propose it, "
                                        "and have QA qualify it.")
    ok = state in ("qualified", "conditional")
    return passed(ok), (f"{f.supplier} is {state}." if ok else
                        f"{f.supplier} is {state}; a qualified supplier was expected for a critical material. Have QA "
                        "qualify it first."), state, "qualified or conditional"


@rule("MAT-17", "Grade and origin are stated")
def origin_stated(f: LotFacts) -> Any:
    """A critical material states its grade, and anything of animal origin its TSE statement (EU GMP Part IV 7.15,
    EMA/410/01)."""
    animal: bool = need(f.animal_origin, "Whether the material is of animal origin is not said. Ask the supplier.")
    if animal:
        need(f.tse_statement, "The material is of animal origin and names no TSE statement. Get it from the supplier.")
    if f.critical is not False:
        need(f.grade, "The grade of this critical material is not stated. Read it from the certificate.")
    return Verdict.PASS, f"Grade: {f.grade or 'not stated'}; " + (f"animal origin, TSE statement {f.tse_statement}."
                                                                 if animal else "not of animal origin.")


APPROVAL = (strength_stated, certified, in_date_when_approved, supplier_qualified, origin_stated)
