"""What release asks of out-of-specification results: none open and none confirmed that touches the dose. Pure."""

from __future__ import annotations

from typing import Any

from mfg.facts import Verdict, rule
from mfg.qc.oos_rules import OPEN
from mfg.release.dossier import Deciding


@rule("REL-27", "No OOS is open or confirmed for the dose")
def no_oos(f: Deciding) -> Any:
    """Every out-of-specification result of the dose, of its batch or of cells it was filled from is concluded, and none
    is confirmed: a confirmed one keeps the dose back whatever was tested since (21 CFR 211.165(f), 211.192)."""
    if f.dossier.oos is None:
        return Verdict.CANNOT_DETERMINE, f"Whether an OOS touches {f.dossier.dose} is not known."
    holding = [one for one in f.dossier.oos if one.state != "invalidated"]
    told = [f"{one.code} ({one.title}, {one.on}) is " + (f"in {one.state}" if one.state in OPEN else one.state)
            for one in holding]
    ended = ", ".join(f"{one.code} ({one.title})" for one in f.dossier.oos if one.state == "invalidated")
    well = f"Invalidated for a recorded cause: {ended}." if ended else "No OOS was opened."
    why = well if not holding else "; ".join(told) + ". " + (
        "A confirmed OOS keeps the dose back." if all(one.state == "confirmed" for one in holding) else
        "Quality assurance concludes it first.")
    return Verdict.FAIL if holding else Verdict.PASS, why, str(len(holding)), "0", \
        tuple(one.code for one in f.dossier.oos)


OOS = (no_oos,)
