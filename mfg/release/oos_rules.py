"""What release asks of out-of-specification results: none open and none confirmed that touches the dose. Pure."""

from __future__ import annotations

from typing import Any

from mfg.facts import Verdict, rule
from mfg.qc.oos_rules import OPEN
from mfg.release.dossier import Deciding, Dossier, OosFacts
from mfg.release.standing import only_scattered


@rule("REL-27", "No OOS is open or confirmed for the dose")
def no_oos(f: Deciding) -> Any:
    """Every out-of-specification result of the dose, of its batch or of cells it was filled from is concluded, and none
    is confirmed: a confirmed one keeps the dose back whatever was tested since, unless its test is for information. A
    failing result whose OOS nobody knows is one that nobody investigated (21 CFR 211.165(f), 211.192)."""
    if f.dossier.oos is None:
        return Verdict.CANNOT_DETERMINE, f"Whether an OOS touches {f.dossier.dose} is not known."
    if lost := _without_oos(f.dossier):
        return Verdict.CANNOT_DETERMINE, (f"{', '.join(lost)} failed, and no OOS of it is known. Quality assurance "
                                          "finds out why."), None, None, lost
    holding = standing_oos(f.dossier)
    told = [f"{one.code} ({one.title}, {one.on}) is " + (f"in {one.state}" if one.state in OPEN else one.state)
            for one in holding]
    ended = ", ".join(f"{one.code} ({one.title})" for one in f.dossier.oos if one.state == "invalidated")
    noted = ", ".join(f"{one.code} ({one.title})" for one in f.dossier.oos
                      if one.state == "confirmed" and one not in holding)
    well = " ".join(words for words, there in (
        (f"Invalidated for a recorded cause: {ended}.", ended),
        (f"Confirmed, of a test for information: {noted}.", noted),
        ("No OOS was opened.", not f.dossier.oos)) if there)
    why = well if not holding else "; ".join(told) + ". " + (
        "A confirmed OOS keeps the dose back." if all(one.state == "confirmed" for one in holding) else
        "Quality assurance concludes it first.")
    return Verdict.FAIL if holding else Verdict.PASS, why, str(len(holding)), "0", \
        tuple(one.code for one in f.dossier.oos)


def standing_oos(dossier: Dossier) -> list[OosFacts]:
    """Every OOS that holds the dose: one under investigation, and a confirmed one of a test that decides."""
    informs = {one.id for one in dossier.tests if one.timing == "characterisation" or not one.mandatory}
    return [one for one in dossier.oos or () if one.state != "invalidated"
            and not (one.state == "confirmed" and one.test in informs)]


def _without_oos(dossier: Dossier) -> tuple[str, ...]:
    """Failing results that no OOS is about, for whichever test; a scattered set outside any slot has a repeat set."""
    known, tests = {one.result for one in dossier.oos or ()}, {one.id: one for one in dossier.tests}
    return tuple(one.code for one in dossier.results if one.verdict == Verdict.FAIL.value and one.code not in known
                 and not (one.test in tests and only_scattered(one, tests[one.test])))


OOS = (no_oos,)
